/* detect.c - see detect.h */
#include "text/detect.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/size.h"
#include "text/net.h"

/*
 * From bench/: a cell belongs to a component above CELL; a component is text when its mean and its best cell are sure
 * enough. The mean is what tells text from clutter.
 */
#define CELL .40
#define MEAN .70
#define BEST .80
#define CELLS_MIN 3
#define FILL .75	/* of a component's box; emptier ones are cut in two */
#define GROW_ALONG 4u	/* pixels, on each side of a line */
#define GROW_ACROSS 3u
#define SHORT_SIDE_TWICE 400u
#define SHORT_SIDE_HALF 1200u
/* Tiles: a core, and what surrounds it as far as the net reaches. An image that fits into both is one tile. */
#define TILE_CORE 1024u
#define TILE_MAX (TILE_CORE + 2 * NET_REACH)

/* Lines of text within one box: rows of ink, the grey levels it differs by at least, and how many lines. */
#define LINE_ROWS_MIN 5u
#define INK_MIN 24
#define LINES_MAX 64
/* Grey levels that a pixel's greatest primary is above its luma, and pixels of that kind in a coloured image. */
#define COLOUR 24
#define COLOURED_MIN 20

/* A rectangle of cells, [x0, x1) by [y0, y1). */
struct cells {
	uint32_t x0, y0, x1, y1;
};

struct detect {
	struct net_weights weights;
	struct net_maps maps;
	struct gray scaled, sure;	/* SURE holds probabilities in 255ths, one a cell */
	uint32_t *label;	/* component of each cell, 0 for none */
	uint32_t *stack;
	size_t room;	/* cells that label and stack hold */
};

static void
gray_free(struct gray *g)
{
	free(g->pixels);
	memset(g, 0, sizeof *g);
}

/* Gives G that size; its pixels are then not defined. */
static int
gray_shape(struct gray *g, uint32_t width, uint32_t height, struct err *e)
{
	size_t bytes;
	uint8_t *p;

	if (!size_mul(width, height, &bytes))
		return err_set(e, "the image is too large");
	if (bytes > g->room) {
		if ((p = realloc(g->pixels, bytes)) == NULL)
			return err_set(e, "out of memory");
		g->pixels = p;
		g->room = bytes;
	}
	g->width = width;
	g->height = height;
	return 0;
}

void
picture_free(struct picture *p)
{
	gray_free(&p->luma);
	gray_free(&p->greatest);
}

static uint32_t
sample(const struct pnm *p, size_t i)
{
	return p->maxval < 256 ? p->samples[i] : (uint32_t)p->samples[2 * i] << 8 | p->samples[2 * i + 1];
}

int
picture_fill(struct picture *p, const struct pnm *from, struct err *e)
{
	size_t n = from->bytes / pnm_sample_bytes(from), pixels = n / from->channels, coloured = 0;
	uint32_t low = 0, high = from->maxval;
	uint8_t scaled[256];

	p->coloured = false;
	if (gray_shape(&p->luma, from->width, from->height, e) < 0 ||
	    (from->channels == 3 && gray_shape(&p->greatest, from->width, from->height, e) < 0))
		return -1;
	if (from->maxval > 255) {
		low = UINT32_MAX;
		high = 0;
		for (size_t i = 0; i < n; i++) {
			uint32_t v = sample(from, i);

			low = v < low ? v : low;
			high = v > high ? v : high;
		}
	}
	if (high <= low)
		high = low + 1;
	for (uint32_t i = 0; i < 256; i++)	/* a sample above maxval is white */
		scaled[i] = (uint8_t)(i >= high ? 255 : i * 255 / high);
	for (size_t i = 0; i < pixels; i++) {
		uint32_t v[3] = { 0 };

		for (uint32_t c = 0; c < from->channels; c++) {
			v[c] = sample(from, from->channels * i + c);
			v[c] = from->maxval < 256 ? scaled[v[c]] : (uint32_t)((uint64_t)(v[c] - low) * 255 / (high - low));
		}
		if (from->channels == 1) {
			p->luma.pixels[i] = (uint8_t)v[0];
		} else {	/* ITU-R BT.601, in 1000ths */
			uint32_t luma = (299 * v[0] + 587 * v[1] + 114 * v[2] + 500) / 1000;
			uint32_t most = v[0] > v[1] ? v[0] : v[1];

			most = v[2] > most ? v[2] : most;
			p->luma.pixels[i] = (uint8_t)luma;
			p->greatest.pixels[i] = (uint8_t)most;
			coloured += most > luma + COLOUR;
		}
	}
	p->coloured = coloured >= COLOURED_MIN;
	return 0;
}

static int
contrast(const struct gray *g, const struct box *b)
{
	int low = 255, high = 0;

	for (uint32_t y = b->y; y < b->y + b->h; y++)
		for (uint32_t x = b->x; x < b->x + b->w; x++) {
			int v = g->pixels[(size_t)y * g->width + x];

			low = v < low ? v : low;
			high = v > high ? v : high;
		}
	return high - low;
}

const struct gray *
picture_best(const struct picture *p, const struct box *b)
{
	return p->coloured && contrast(&p->greatest, b) > contrast(&p->luma, b) + COLOUR ? &p->greatest : &p->luma;
}

struct detect *
detect_new(struct err *e)
{
	struct detect *d = calloc(1, sizeof *d);

	if (d == NULL || !net_weights_new(&d->weights)) {
		err_set(e, "out of memory");
	} else if (!net_shipped(&d->weights)) {
		err_set(e, "the text net that was built in is not one");
	} else {
		return d;
	}
	detect_free(d);
	return NULL;
}

void
detect_free(struct detect *d)
{
	if (d == NULL)
		return;
	net_weights_free(&d->weights);
	net_maps_free(&d->maps);
	gray_free(&d->scaled);
	gray_free(&d->sure);
	free(d->label);
	free(d->stack);
	free(d);
}

/* ---- from pixels to cells ---- */

static uint32_t
up_to_cells(uint32_t n, uint32_t unit)
{
	return (n + unit - 1) / unit * unit;
}

/* Where a tile's core and its surroundings begin and end along one side of LENGTH pixels; FROM is the core's start. */
static void
tile_side(uint32_t length, uint32_t from, uint32_t *core_end, uint32_t *start, uint32_t *end)
{
	bool whole = length <= TILE_MAX;

	*core_end = whole || length - from <= TILE_CORE ? length : from + TILE_CORE;
	*start = from < NET_REACH ? 0 : from - NET_REACH;
	*end = length - *core_end <= NET_REACH ? length : *core_end + NET_REACH;
}

/* Probability in 255ths. Through double, so that no processor's last bit shows. */
static uint8_t
probability(float logit)
{
	return logit < -7 ? 0 : logit > 7 ? 255 : (uint8_t)(255 / (1 + exp(-(double)logit)) + .5);
}

static int
tile_run(struct detect *d, const struct gray *g, uint32_t x0, uint32_t y0, struct err *e)
{
	uint32_t x1, y1, left, right, top, bottom, width, height;
	struct net_maps *m = &d->maps;

	tile_side(g->width, x0, &x1, &left, &right);
	tile_side(g->height, y0, &y1, &top, &bottom);
	width = up_to_cells(right - left, NET_ALIGN);
	height = up_to_cells(bottom - top, NET_ALIGN);
	if (!net_maps_size(m, width, height, false))
		return err_set(e, "out of memory");
	for (uint32_t y = 0; y < height; y++) {
		uint32_t from = top + y < g->height ? top + y : g->height - 1;
		const uint8_t *row = g->pixels + (size_t)from * g->width + left;
		float *to = m->image.at + y * m->image.row;

		for (uint32_t x = 0; x < right - left; x++)
			to[x] = (float)row[x] / 255;
		for (uint32_t x = right - left; x < width; x++)
			to[x] = to[x - 1];
	}
	net_forward(&d->weights, m);
	for (uint32_t y = y0 / NET_CELL; y < (y1 + NET_CELL - 1) / NET_CELL; y++) {
		const float *row = m->logit.at + (y - top / NET_CELL) * m->logit.row;

		for (uint32_t x = x0 / NET_CELL; x < (x1 + NET_CELL - 1) / NET_CELL; x++)
			d->sure.pixels[(size_t)y * d->sure.width + x] =
			    probability(row[(x - left / NET_CELL) * m->logit.channels]);
	}
	return 0;
}

static int
cells_fill(struct detect *d, const struct gray *g, struct err *e)
{
	uint32_t step_x = g->width <= TILE_MAX ? g->width : TILE_CORE;
	uint32_t step_y = g->height <= TILE_MAX ? g->height : TILE_CORE;

	if (gray_shape(&d->sure, (g->width + NET_CELL - 1) / NET_CELL, (g->height + NET_CELL - 1) / NET_CELL, e) < 0)
		return -1;
	for (uint32_t y = 0; y < g->height; y += step_y)
		for (uint32_t x = 0; x < g->width; x += step_x)
			if (tile_run(d, g, x, y, e) < 0)
				return -1;
	return 0;
}

static uint8_t
pixel_near(const struct gray *g, int64_t x, int64_t y)
{
	x = x < 0 ? 0 : x >= g->width ? (int64_t)g->width - 1 : x;
	y = y < 0 ? 0 : y >= g->height ? (int64_t)g->height - 1 : y;
	return g->pixels[(size_t)y * g->width + (size_t)x];
}

/* Each new pixel is 9, 3, 3 and 1 sixteenths of the four old ones that are nearest. */
static int
scale_twice(const struct gray *g, struct gray *to, struct err *e)
{
	if (gray_shape(to, g->width * 2, g->height * 2, e) < 0)
		return -1;
	for (uint32_t y = 0; y < to->height; y++)
		for (uint32_t x = 0; x < to->width; x++) {
			int64_t u = x / 2, v = y / 2, du = x % 2 ? 1 : -1, dv = y % 2 ? 1 : -1;

			to->pixels[(size_t)y * to->width + x] = (uint8_t)((9 * pixel_near(g, u, v) +
			    3 * pixel_near(g, u + du, v) + 3 * pixel_near(g, u, v + dv) +
			    pixel_near(g, u + du, v + dv) + 8) / 16);
		}
	return 0;
}

static int
scale_half(const struct gray *g, struct gray *to, struct err *e)
{
	if (gray_shape(to, (g->width + 1) / 2, (g->height + 1) / 2, e) < 0)
		return -1;
	for (uint32_t y = 0; y < to->height; y++)
		for (uint32_t x = 0; x < to->width; x++) {
			int64_t u = 2 * (int64_t)x, v = 2 * (int64_t)y;

			to->pixels[(size_t)y * to->width + x] = (uint8_t)((pixel_near(g, u, v) + pixel_near(g, u + 1, v) +
			    pixel_near(g, u, v + 1) + pixel_near(g, u + 1, v + 1) + 2) / 4);
		}
	return 0;
}

/* ---- from cells to boxes ---- */

/* What a component's cells say together. */
struct component {
	struct cells at;
	uint64_t sum;
	uint32_t cells, best;
};

/* Marks the 8-connected component of cell START with MARK. */
static struct component
component_mark(struct detect *d, size_t start, uint32_t mark)
{
	uint32_t width = d->sure.width, height = d->sure.height;
	struct component c = {.at = {width, height, 0, 0}};
	size_t depth = 0;

	d->label[start] = mark;
	d->stack[depth++] = (uint32_t)start;
	while (depth > 0) {
		uint32_t cell = d->stack[--depth], x = cell % width, y = cell / width, p = d->sure.pixels[cell];

		c.cells++;
		c.sum += p;
		c.best = p > c.best ? p : c.best;
		c.at.x0 = x < c.at.x0 ? x : c.at.x0;
		c.at.y0 = y < c.at.y0 ? y : c.at.y0;
		c.at.x1 = x + 1 > c.at.x1 ? x + 1 : c.at.x1;
		c.at.y1 = y + 1 > c.at.y1 ? y + 1 : c.at.y1;
		for (uint32_t v = y > 0 ? y - 1 : 0; v <= y + 1 && v < height; v++)
			for (uint32_t u = x > 0 ? x - 1 : 0; u <= x + 1 && u < width; u++) {
				size_t next = (size_t)v * width + u;

				if (d->label[next] == 0 && d->sure.pixels[next] >= (uint8_t)(CELL * 255)) {
					d->label[next] = mark;
					d->stack[depth++] = (uint32_t)next;
				}
			}
	}
	return c;
}

/* Shrinks C to its cells marked MARK; returns how many there are. */
static uint64_t
cells_tight(const struct detect *d, struct cells *c, uint32_t mark)
{
	struct cells t = {c->x1, c->y1, c->x0, c->y0};
	uint64_t n = 0;

	for (uint32_t y = c->y0; y < c->y1; y++)
		for (uint32_t x = c->x0; x < c->x1; x++)
			if (d->label[(size_t)y * d->sure.width + x] == mark) {
				t.x0 = x < t.x0 ? x : t.x0;
				t.x1 = x + 1 > t.x1 ? x + 1 : t.x1;
				t.y0 = y < t.y0 ? y : t.y0;
				t.y1 = y + 1;
				n++;
			}
	*c = t;
	return n;
}

static uint64_t
cells_area(const struct cells *c)
{
	return (uint64_t)(c->x1 - c->x0) * (c->y1 - c->y0);
}

/* SCALE is 1, 2 or 0 for a half; CONF is the component's mean. */
static int
box_emit(const struct cells *c, uint32_t scale, double conf, const struct gray *g, struct box_record *r, struct err *e)
{
	bool tall = c->y1 - c->y0 > c->x1 - c->x0;
	int64_t grow_x = tall ? GROW_ACROSS : GROW_ALONG, grow_y = tall ? GROW_ALONG : GROW_ACROSS;
	int64_t x0 = (int64_t)c->x0 * NET_CELL - grow_x, x1 = (int64_t)c->x1 * NET_CELL + grow_x;
	int64_t y0 = (int64_t)c->y0 * NET_CELL - grow_y, y1 = (int64_t)c->y1 * NET_CELL + grow_y;
	struct box *b;

	x0 = x0 < 0 ? 0 : scale == 2 ? x0 / 2 : scale == 0 ? x0 * 2 : x0;
	y0 = y0 < 0 ? 0 : scale == 2 ? y0 / 2 : scale == 0 ? y0 * 2 : y0;
	x1 = scale == 2 ? (x1 + 1) / 2 : scale == 0 ? x1 * 2 : x1;
	y1 = scale == 2 ? (y1 + 1) / 2 : scale == 0 ? y1 * 2 : y1;
	x1 = x1 > g->width ? g->width : x1;
	y1 = y1 > g->height ? g->height : y1;
	if (x1 <= x0 || y1 <= y0)
		return 0;
	if (box_add(r, (uint32_t)x0, (uint32_t)y0, (uint32_t)(x1 - x0), (uint32_t)(y1 - y0), &b, e) < 0)
		return -1;
	b->conf = conf;
	return 0;
}

/*
 * A component that fills little of its box - a slanted line, or lines that touch - is cut where its two parts' boxes
 * cover least, again and again.
 */
static int
component_cut(struct detect *d, struct cells c, uint32_t mark, uint32_t scale, double conf, const struct gray *g,
    struct box_record *r, struct err *e)
{
	uint64_t n = cells_tight(d, &c, mark), least = cells_area(&c);
	struct cells best[2];

	if (n == 0)
		return 0;
	if ((double)n < FILL * (double)least) {
		bool found = false;

		for (uint32_t at = 1; at < (c.y1 - c.y0) + (c.x1 - c.x0) - 1; at++) {
			struct cells a = c, b = c;
			uint32_t high = c.y1 - c.y0;

			if (at == high)
				continue;
			if (at < high)
				a.y1 = b.y0 = c.y0 + at;
			else
				a.x1 = b.x0 = c.x0 + (at - high);
			if (cells_tight(d, &a, mark) == 0 || cells_tight(d, &b, mark) == 0)
				continue;
			if (cells_area(&a) + cells_area(&b) < least) {
				least = cells_area(&a) + cells_area(&b);
				best[0] = a;
				best[1] = b;
				found = true;
			}
		}
		if (found)
			return component_cut(d, best[0], mark, scale, conf, g, r, e) < 0 ? -1 :
			    component_cut(d, best[1], mark, scale, conf, g, r, e);
	}
	return box_emit(&c, scale, conf, g, r, e);
}

static int
cells_to_boxes(struct detect *d, uint32_t scale, const struct gray *g, struct box_record *r, struct err *e)
{
	size_t n = (size_t)d->sure.width * d->sure.height;
	uint32_t mark = 0;

	if (n > UINT32_MAX)
		return err_set(e, "the image is too large");
	if (n > d->room) {
		free(d->label);
		free(d->stack);
		d->room = 0;
		d->label = malloc(n * sizeof *d->label);
		d->stack = malloc(n * sizeof *d->stack);
		if (d->label == NULL || d->stack == NULL)
			return err_set(e, "out of memory");
		d->room = n;
	}
	memset(d->label, 0, n * sizeof *d->label);
	for (size_t i = 0; i < n; i++) {
		struct component c;
		double mean;

		if (d->label[i] != 0 || d->sure.pixels[i] < (uint8_t)(CELL * 255))
			continue;
		c = component_mark(d, i, ++mark);
		mean = (double)c.sum / c.cells / 255;
		if (c.cells >= CELLS_MIN && mean >= MEAN && c.best >= (uint32_t)(BEST * 255) &&
		    component_cut(d, c.at, mark, scale, mean, g, r, e) < 0)
			return -1;
	}
	return 0;
}

/* Two scales see the same line: boxes that mostly lie in one another become one, unless that would cover much else. */
static void
boxes_unite(struct box_record *r)
{
	for (size_t i = 0; i < r->nboxes; i++)
		for (size_t j = i + 1; j < r->nboxes;) {
			struct box *a = &r->boxes[i], *b = &r->boxes[j];
			uint32_t ax = a->x + a->w, ay = a->y + a->h, bx = b->x + b->w, by = b->y + b->h;
			uint32_t x0 = a->x < b->x ? a->x : b->x, x1 = ax > bx ? ax : bx;
			uint32_t y0 = a->y < b->y ? a->y : b->y, y1 = ay > by ? ay : by;
			double w = (double)(ax < bx ? ax : bx) - (double)(a->x > b->x ? a->x : b->x);
			double h = (double)(ay < by ? ay : by) - (double)(a->y > b->y ? a->y : b->y);
			double area_a = (double)a->w * a->h, area_b = (double)b->w * b->h, both = w * h;

			if (w <= 0 || h <= 0 || both < .5 * (area_a < area_b ? area_a : area_b) ||
			    (double)(x1 - x0) * (y1 - y0) > 1.3 * (area_a + area_b - both)) {
				j++;
				continue;
			}
			a->x = x0;
			a->y = y0;
			a->w = x1 - x0;
			a->h = y1 - y0;
			a->conf = a->conf > b->conf ? a->conf : b->conf;
			box_drop(r, j);
			j = i + 1;	/* the larger box may reach others */
		}
}

/*
 * Where the rows of box B in G show several lines of text with blank rows between them: the rows to cut at, at most
 * MAX. Rows of vertical text show its letters, so tall boxes stay whole.
 */
static size_t
box_line_cuts(const struct gray *g, const struct box *b, uint32_t *cuts, size_t max)
{
	uint32_t histogram[256] = {0}, run = 0, tallest = 0, last = 0;
	int paper = 0, ink;
	size_t n = 0;

	if (2 * b->h > 3 * b->w)
		return 0;
	for (uint32_t y = b->y; y < b->y + b->h; y++)
		for (uint32_t x = b->x; x < b->x + b->w; x++)
			histogram[g->pixels[(size_t)y * g->width + x]]++;
	for (uint64_t sum = histogram[0]; 2 * sum < (uint64_t)b->w * b->h; sum += histogram[paper])
		paper++;
	ink = contrast(g, b) * 4 / 10;
	ink = ink < INK_MIN ? INK_MIN : ink;
	for (int pass = 0; pass < 2; pass++, run = 0)	/* the tallest run of rows with ink, then cuts between tall ones */
		for (uint32_t y = b->y; y <= b->y + b->h; y++) {
			bool any = false;

			for (uint32_t x = b->x; y < b->y + b->h && x < b->x + b->w && !any; x++)
				any = abs(g->pixels[(size_t)y * g->width + x] - paper) > ink;
			if (any) {
				run++;
				continue;
			}
			if (pass == 0) {
				tallest = run > tallest ? run : tallest;
			} else if (run >= LINE_ROWS_MIN && 10 * run >= 4 * tallest) {
				if (last > 0 && n < max)
					cuts[n++] = (last + y - run) / 2;
				last = y;
			}
			run = 0;
		}
	return n;
}

/* Boxes that hold several lines become one a line, without a gap: they cover what they covered. */
static int
boxes_to_lines(const struct picture *p, struct box_record *r, struct err *e)
{
	for (size_t i = 0, count = r->nboxes; i < count; i++) {
		uint32_t cuts[LINES_MAX], bottom = r->boxes[i].y + r->boxes[i].h;
		size_t n = box_line_cuts(picture_best(p, &r->boxes[i]), &r->boxes[i], cuts, LINES_MAX);

		for (size_t k = 0; k < n; k++) {
			uint32_t end = k + 1 < n ? cuts[k + 1] : bottom;
			struct box from = r->boxes[i], *b;

			if (box_add(r, from.x, cuts[k], from.w, end - cuts[k], &b, e) < 0)
				return -1;
			b->conf = from.conf;
		}
		if (n > 0)
			r->boxes[i].h = cuts[0] - r->boxes[i].y;
	}
	return 0;
}

static int
gray_search(struct detect *d, const struct gray *g, struct box_record *r, struct err *e)
{
	uint32_t side = g->width < g->height ? g->width : g->height;

	if (cells_fill(d, g, e) < 0 || cells_to_boxes(d, 1, g, r, e) < 0)
		return -1;
	if (side < SHORT_SIDE_TWICE && (scale_twice(g, &d->scaled, e) < 0 || cells_fill(d, &d->scaled, e) < 0 ||
	    cells_to_boxes(d, 2, g, r, e) < 0))
		return -1;
	if (side > SHORT_SIDE_HALF && (scale_half(g, &d->scaled, e) < 0 || cells_fill(d, &d->scaled, e) < 0 ||
	    cells_to_boxes(d, 0, g, r, e) < 0))
		return -1;
	return 0;
}

int
detect_find(struct detect *d, const struct picture *p, struct box_record *r, struct err *e)
{
	if (gray_search(d, &p->luma, r, e) < 0 || (p->coloured && gray_search(d, &p->greatest, r, e) < 0))
		return -1;
	boxes_unite(r);
	if (boxes_to_lines(p, r, e) < 0)
		return -1;
	box_sort(r);
	return 0;
}
