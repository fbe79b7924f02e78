/* detect.c - see detect.h */
#include "text/detect.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "text/cells.h"
#include "text/changes.h"
#include "text/net.h"

/*
 * At which sizes the net sees an image, by its short side, and what height of lines it is then believed for. A quarter
 * shows letters over 64 pixels, but also makes clutter look like letters, and in small images organs do: there it has
 * to be surer.
 */
static const struct scale scales[] = {
	{1, 1, 0, 255, 0, UINT32_MAX, .82},
	{2, 1, 0, 255, 0, UINT32_MAX, .82},
	{1, 1, 256, UINT32_MAX, 0, UINT32_MAX, .74},
	{2, 1, 256, 399, 0, UINT32_MAX, .74},
	{1, 4, 512, UINT32_MAX, 64, UINT32_MAX, .93},
};
#define SCALES (sizeof scales / sizeof *scales)

/* Tiles: a core, and what surrounds it as far as the net reaches. An image that fits into both is one tile. */
#define TILE_CORE 2048u
#define TILE_MAX (TILE_CORE + 2 * NET_REACH)

#define SURE_LOGITS (16 << CONV_POINT)	/* from -8 up to 8 */

/* The last image that was seen, and its probabilities: what has not changed in the next one is not computed again. */
struct sight {
	struct gray image;
	struct gray sure[SCALES];
	bool valid;
};

struct detect {
	struct net_weights weights;
	struct net_maps maps;
	struct gray scaled;
	struct cells cells;
	uint8_t sure[SURE_LOGITS];
	struct sight seen;
};

/* Probabilities in 255ths of all logits that are not as good as sure. */
static void
sure_fill(struct detect *d)
{
	for (int i = 0; i < SURE_LOGITS; i++)
		d->sure[i] = (uint8_t)(255 / (1 + exp(-ldexp(i - SURE_LOGITS / 2, -CONV_POINT))) + .5);
}

static uint8_t
sure_of(const struct detect *d, int logit)
{
	int i = logit + SURE_LOGITS / 2;

	return d->sure[i < 0 ? 0 : i >= SURE_LOGITS ? SURE_LOGITS - 1 : i];
}

struct detect *
detect_new(struct err *e)
{
	struct detect *d = calloc(1, sizeof *d);

	if (d == NULL) {
		err_set(e, "out of memory");
	} else if (!net_shipped(&d->weights)) {
		err_set(e, "the text net that was built in is not one");
	} else {
		sure_fill(d);
		return d;
	}
	detect_free(d);
	return NULL;
}

static void
sight_free(struct sight *s)
{
	gray_free(&s->image);
	for (size_t i = 0; i < SCALES; i++)
		gray_free(&s->sure[i]);
}

void
detect_free(struct detect *d)
{
	if (d == NULL)
		return;
	net_weights_free(&d->weights);
	net_maps_free(&d->maps);
	gray_free(&d->scaled);
	cells_free(&d->cells);
	sight_free(&d->seen);
	free(d);
}

static uint32_t
up_to_cells(uint32_t n, uint32_t unit)
{
	return (n + unit - 1) / unit * unit;
}

/*
 * One side, of LENGTH pixels, of a tile whose core starts at FROM and is to reach UNTIL: where the core and its
 * surroundings, as far as the net reaches, begin and end.
 */
static void
tile_side(uint32_t length, uint32_t from, uint32_t until, uint32_t *core_end, uint32_t *start, uint32_t *end)
{
	*start = from < NET_REACH ? 0 : from - NET_REACH;
	*end = length - until <= NET_REACH ? length : until + NET_REACH;
	*core_end = until;
	if (*end - *start > TILE_MAX) {
		*core_end = from + TILE_CORE;
		*end = length - *core_end <= NET_REACH ? length : *core_end + NET_REACH;
	}
}

/* Fills SURE for the tile of G whose core starts at X0, Y0, and is the rest of region R if that is not too large. */
static int
tile_run(struct detect *d, const struct gray *g, const struct region *r, uint32_t x0, uint32_t y0, struct gray *sure,
    uint32_t *x_end, uint32_t *y_end, struct err *e)
{
	uint32_t x1, y1, left, right, top, bottom, width, height;
	struct net_maps *m = &d->maps;
	const struct net_plane *image, *logit;

	tile_side(g->width, x0, r->x1, &x1, &left, &right);
	tile_side(g->height, y0, r->y1, &y1, &top, &bottom);
	*x_end = x1;
	*y_end = y1;
	width = up_to_cells(right - left, NET_ALIGN);
	height = up_to_cells(bottom - top, NET_ALIGN);
	if (!net_maps_size(m, width, height, g->channels))
		return err_set(e, "out of memory");
	image = &m->maps[NET_IMAGE];
	logit = &m->maps[NET_LOGIT];
	for (uint32_t y = 0; y < height; y++) {
		uint32_t from = top + y < g->height ? top + y : g->height - 1;
		const uint8_t *row = g->pixels + ((size_t)from * g->width + left) * g->channels;
		size_t own = (size_t)(right - left) * g->channels, all = (size_t)width * g->channels;
		int16_t *to = image->at + y * image->row;

		for (size_t x = 0; x < own; x++)
			to[x] = (int16_t)(row[x] * NET_SAMPLE);
		for (size_t x = own; x < all; x++)
			to[x] = to[x - g->channels];
	}
	net_forward(&d->weights, m);
	for (uint32_t y = y0 / NET_CELL; y < (y1 + NET_CELL - 1) / NET_CELL; y++) {
		const int16_t *row = logit->at + (y - top / NET_CELL) * logit->row;

		for (uint32_t x = x0 / NET_CELL; x < (x1 + NET_CELL - 1) / NET_CELL; x++)
			sure->pixels[(size_t)y * sure->width + x] =
			    sure_of(d, row[(x - left / NET_CELL) * logit->channels]);
	}
	return 0;
}

/* Fills SURE for what of G region R of it makes different. */
static int
region_run(struct detect *d, const struct gray *g, const struct region *r, struct gray *sure, struct err *e)
{
	uint32_t x_end = r->x1, y_end = r->y1;

	for (uint32_t y = r->y0; y < r->y1; y = y_end)
		for (uint32_t x = r->x0; x < r->x1; x = x_end)
			if (tile_run(d, g, r, x, y, sure, &x_end, &y_end, e) < 0)
				return -1;
	return 0;
}

/* One side, FROM to UNTIL, of what changes when that of an image does, which is seen as LENGTH pixels at scale S. */
static void
reached(const struct scale *s, uint32_t length, uint32_t *from, uint32_t *until)
{
	uint64_t reach = NET_REACH + (s->up == s->down ? 0 : 2);	/* pixels of another scale are of several */
	uint64_t start = (uint64_t)*from * s->up / s->down, end = ((uint64_t)*until * s->up + s->down - 1) / s->down + reach;

	*from = start < reach ? 0 : (uint32_t)(start - reach) / NET_ALIGN * NET_ALIGN;
	end = (end + NET_ALIGN - 1) / NET_ALIGN * NET_ALIGN;
	*until = end > length ? length : (uint32_t)end;
}

/* G is seen anew in REGIONS at scale I. */
static int
scale_run(struct detect *d, struct sight *t, size_t i, const struct gray *g, const struct region *regions, size_t n,
    struct err *e)
{
	const struct scale *s = &scales[i];
	const struct gray *seen = s->up == s->down ? g : &d->scaled;

	if (n > 0 && ((s->up > s->down && gray_twice(g, &d->scaled, e) < 0) ||
	    (s->up < s->down && gray_shrink(g, s->down, &d->scaled, e) < 0) ||
	    gray_shape(&t->sure[i], (seen->width + NET_CELL - 1) / NET_CELL, (seen->height + NET_CELL - 1) / NET_CELL,
	    e) < 0))
		return -1;
	for (size_t k = 0; k < n; k++) {
		struct region r = regions[k];

		reached(s, seen->width, &r.x0, &r.x1);
		reached(s, seen->height, &r.y0, &r.y1);
		if (region_run(d, seen, &r, &t->sure[i], e) < 0)
			return -1;
	}
	return 0;
}

static int
search(struct detect *d, const struct gray *g, struct box_record *r, struct err *e)
{
	uint32_t side = g->width < g->height ? g->width : g->height;
	struct sight *t = &d->seen;
	struct region regions[CHANGES_MAX] = {{0, 0, g->width, g->height}};
	/* What is around a change changes too, and is seen by what is around that. */
	size_t n = t->valid ? changes_find(&t->image, g, 2 * NET_REACH, regions) : 1;

	t->valid = false;
	for (size_t i = 0; i < SCALES; i++)
		if (side >= scales[i].side_min && side <= scales[i].side_max &&
		    (scale_run(d, t, i, g, regions, n, e) < 0 ||
		    cells_lines(&d->cells, &t->sure[i], &scales[i], g->width, g->height, r, e) < 0))
			return -1;
	if (n > 0 && gray_copy(g, &t->image, e) < 0)
		return -1;
	t->valid = true;
	return 0;
}

int
detect_find(struct detect *d, const struct picture *p, struct box_record *r, struct err *e)
{
	if (search(d, picture_whole(p), r, e) < 0)
		return -1;
	lines_unite(r);
	if (lines_split(p, r, e) < 0)
		return -1;
	lines_trim(p, r);
	box_sort(r);
	return 0;
}
