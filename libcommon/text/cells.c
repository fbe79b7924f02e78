/* cells.c - see cells.h */
#include "text/cells.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "text/net.h"

/*
 * From bench/: cells above CELL hold a component together, those above EXTENT are of it, and it is text when its mean and
 * its best cell are sure enough.
 */
#define CELL .15
#define EXTENT .60
#define BEST .75
#define CELLS_MIN 3
#define FILL .66	/* of a component's box; emptier ones are cut in two */
#define GROW_ALONG 4u	/* pixels, on each side of a line */
#define GROW_ACROSS 3u
#define FLAT 8	/* grey levels that noise may differ by where nothing is drawn */
#define TRIM_MARGIN 4u	/* pixels beside the ink */

/* Lines of text within one box: rows of ink, the grey levels it differs by at least, and how many lines. */
#define LINE_ROWS_MIN 5u
#define INK_MIN 24
#define LINES_MAX 64

/* A rectangle of cells, [x0, x1) by [y0, y1). */
struct part {
	uint32_t x0, y0, x1, y1;
};

void
cells_free(struct cells *c)
{
	free(c->label);
	free(c->stack);
	memset(c, 0, sizeof *c);
}

#define WEAK UINT32_MAX	/* no component is numbered so: an image has fewer cells */

/* What a component's cells say together. */
struct component {
	struct part at;
	uint64_t sum;
	uint32_t cells, best;
};

/*
 * Marks the 8-connected component of cell START with MARK. Cells below EXTENT hold it together, but are not of it: they
 * are marked as WEAK.
 */
static struct component
component_mark(struct cells *d, size_t start, uint32_t mark)
{
	uint32_t width = d->sure->width, height = d->sure->height;
	struct component c = {.at = {width, height, 0, 0}};
	size_t depth = 0;

	d->label[start] = mark;
	d->stack[depth++] = (uint32_t)start;
	while (depth > 0) {
		uint32_t cell = d->stack[--depth], x = cell % width, y = cell / width, p = d->sure->pixels[cell];

		if (p < (uint8_t)(EXTENT * 255)) {
			d->label[cell] = WEAK;
		} else {
			c.cells++;
			c.sum += p;
			c.best = p > c.best ? p : c.best;
			c.at.x0 = x < c.at.x0 ? x : c.at.x0;
			c.at.y0 = y < c.at.y0 ? y : c.at.y0;
			c.at.x1 = x + 1 > c.at.x1 ? x + 1 : c.at.x1;
			c.at.y1 = y + 1 > c.at.y1 ? y + 1 : c.at.y1;
		}
		for (uint32_t v = y > 0 ? y - 1 : 0; v <= y + 1 && v < height; v++)
			for (uint32_t u = x > 0 ? x - 1 : 0; u <= x + 1 && u < width; u++) {
				size_t next = (size_t)v * width + u;

				if (d->label[next] == 0 && d->sure->pixels[next] >= (uint8_t)(CELL * 255)) {
					d->label[next] = mark;
					d->stack[depth++] = (uint32_t)next;
				}
			}
	}
	return c;
}

/* Shrinks C to its cells marked MARK; returns how many there are. */
static uint64_t
part_tight(const struct cells *d, struct part *c, uint32_t mark)
{
	struct part t = {c->x1, c->y1, c->x0, c->y0};
	uint64_t n = 0;

	for (uint32_t y = c->y0; y < c->y1; y++)
		for (uint32_t x = c->x0; x < c->x1; x++)
			if (d->label[(size_t)y * d->sure->width + x] == mark) {
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
part_area(const struct part *c)
{
	return (uint64_t)(c->x1 - c->x0) * (c->y1 - c->y0);
}

/* CONF is the component's mean; DOWN pixels of the image, which is WIDTH by HEIGHT, are UP pixels of cells. */
static int
box_emit(const struct part *p, const struct scale *s, double conf, uint32_t width, uint32_t height,
    struct box_record *r, struct err *e)
{
	bool tall = p->y1 - p->y0 > p->x1 - p->x0;
	uint64_t line = (uint64_t)(tall ? p->x1 - p->x0 : p->y1 - p->y0) * NET_CELL * s->down / s->up;
	int64_t grow_x = tall ? GROW_ACROSS : GROW_ALONG, grow_y = tall ? GROW_ALONG : GROW_ACROSS;
	int64_t x0 = (int64_t)p->x0 * NET_CELL - grow_x, x1 = (int64_t)p->x1 * NET_CELL + grow_x;
	int64_t y0 = (int64_t)p->y0 * NET_CELL - grow_y, y1 = (int64_t)p->y1 * NET_CELL + grow_y;
	struct box *b;

	if (line < s->line_min || line > s->line_max)
		return 0;
	x0 = x0 < 0 ? 0 : x0 * s->down / s->up;
	y0 = y0 < 0 ? 0 : y0 * s->down / s->up;
	x1 = (x1 * s->down + s->up - 1) / s->up;
	y1 = (y1 * s->down + s->up - 1) / s->up;
	x1 = x1 > width ? width : x1;
	y1 = y1 > height ? height : y1;
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
component_cut(struct cells *d, struct part c, uint32_t mark, const struct scale *s, double conf, uint32_t width,
    uint32_t height, struct box_record *r, struct err *e)
{
	uint64_t n = part_tight(d, &c, mark), least = part_area(&c);
	struct part best[2];

	if (n == 0)
		return 0;
	if ((double)n < FILL * (double)least) {
		bool found = false;

		for (uint32_t at = 1; at < (c.y1 - c.y0) + (c.x1 - c.x0) - 1; at++) {
			struct part a = c, b = c;
			uint32_t high = c.y1 - c.y0;

			if (at == high)
				continue;
			if (at < high)
				a.y1 = b.y0 = c.y0 + at;
			else
				a.x1 = b.x0 = c.x0 + (at - high);
			if (part_tight(d, &a, mark) == 0 || part_tight(d, &b, mark) == 0)
				continue;
			if (part_area(&a) + part_area(&b) < least) {
				least = part_area(&a) + part_area(&b);
				best[0] = a;
				best[1] = b;
				found = true;
			}
		}
		if (found)
			return component_cut(d, best[0], mark, s, conf, width, height, r, e) < 0 ? -1 :
			    component_cut(d, best[1], mark, s, conf, width, height, r, e);
	}
	return box_emit(&c, s, conf, width, height, r, e);
}

int
cells_lines(struct cells *d, const struct gray *sure, const struct scale *s, uint32_t width, uint32_t height,
    struct box_record *r, struct err *e)
{
	size_t n = (size_t)sure->width * sure->height;
	uint32_t mark = 0;

	d->sure = sure;
	if (n >= WEAK)
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

		if (d->label[i] != 0 || d->sure->pixels[i] < (uint8_t)(CELL * 255))
			continue;
		c = component_mark(d, i, ++mark);
		mean = c.cells > 0 ? (double)c.sum / c.cells / 255 : 0;
		if (c.cells >= CELLS_MIN && mean >= s->mean && c.best >= (uint32_t)(BEST * 255) &&
		    component_cut(d, c.at, mark, s, mean, width, height, r, e) < 0)
			return -1;
	}
	return 0;
}

void
lines_unite(struct box_record *r)
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
	ink = gray_contrast(g, b) * 4 / 10;
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

int
lines_split(const struct picture *p, struct box_record *r, struct err *e)
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

/* The least and greatest value of each channel so far. */
struct range {
	uint8_t low[3], high[3];
};

/* Widens F by the pixels of part A of G; returns whether they are all still alike. */
static bool
range_flat(struct range *f, const struct gray *g, const struct part *a)
{
	bool flat = true;

	for (uint32_t y = a->y0; y < a->y1; y++)
		for (uint32_t x = a->x0; x < a->x1; x++)
			for (uint32_t c = 0; c < g->channels; c++) {
				uint8_t v = g->pixels[((size_t)y * g->width + x) * g->channels + c];

				f->low[c] = v < f->low[c] ? v : f->low[c];
				f->high[c] = v > f->high[c] ? v : f->high[c];
			}
	for (uint32_t c = 0; c < g->channels; c++)
		flat = flat && f->high[c] - f->low[c] <= FLAT;
	return flat;
}

/* Part A without the flat strip on one side, where SIDE points into A; FORWARD from its lower end. */
static void
side_trim(const struct gray *g, struct part *a, uint32_t *side, bool forward)
{
	struct range f = {{255, 255, 255}, {0, 0, 0}};
	bool upright = side == &a->x0 || side == &a->x1;
	uint32_t length = upright ? a->x1 - a->x0 : a->y1 - a->y0, n = 0;

	for (; n < length; n++) {
		struct part strip = *a;
		uint32_t at = (upright ? a->x0 : a->y0) + (forward ? n : length - 1 - n);

		*(upright ? &strip.x0 : &strip.y0) = at;
		*(upright ? &strip.x1 : &strip.y1) = at + 1;
		if (!range_flat(&f, g, &strip))
			break;
	}
	if (n == length || n <= TRIM_MARGIN)	/* a box without any ink stays: the net saw something */
		return;
	*side = forward ? *side + n - TRIM_MARGIN : *side - (n - TRIM_MARGIN);
}

void
lines_trim(const struct picture *p, struct box_record *r)
{
	const struct gray *g = picture_whole(p);

	for (size_t i = 0; i < r->nboxes; i++) {
		struct box *b = &r->boxes[i];
		struct part a = {b->x, b->y, b->x + b->w, b->y + b->h};

		side_trim(g, &a, &a.x0, true);
		side_trim(g, &a, &a.x1, false);
		side_trim(g, &a, &a.y0, true);
		side_trim(g, &a, &a.y1, false);
		b->x = a.x0;
		b->y = a.y0;
		b->w = a.x1 - a.x0;
		b->h = a.y1 - a.y0;
	}
}
