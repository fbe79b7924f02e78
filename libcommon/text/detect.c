/* detect.c - see detect.h */
#include "text/detect.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "text/cells.h"
#include "text/net.h"

/* At which sizes the net sees an image, by its short side, and what height of lines it is then believed for. */
static const struct scale scales[] = {
	{1, 1, 0, UINT32_MAX, 0, UINT32_MAX},
	{2, 1, 0, 399, 0, UINT32_MAX},
	{1, 2, 1201, UINT32_MAX, 0, UINT32_MAX},
};

/* Tiles: a core, and what surrounds it as far as the net reaches. An image that fits into both is one tile. */
#define TILE_CORE 1024u
#define TILE_MAX (TILE_CORE + 2 * NET_REACH)

#define SURE_LOGITS (16 << CONV_POINT)	/* from -8 up to 8 */

struct detect {
	struct net_weights weights;
	struct net_maps maps;
	struct gray scaled;
	struct cells cells;
	uint8_t sure[SURE_LOGITS];
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

void
detect_free(struct detect *d)
{
	if (d == NULL)
		return;
	net_weights_free(&d->weights);
	net_maps_free(&d->maps);
	gray_free(&d->scaled);
	cells_free(&d->cells);
	free(d);
}

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

static int
tile_run(struct detect *d, const struct gray *g, uint32_t x0, uint32_t y0, struct err *e)
{
	uint32_t x1, y1, left, right, top, bottom, width, height;
	struct net_maps *m = &d->maps;
	const struct net_plane *image, *logit;

	tile_side(g->width, x0, &x1, &left, &right);
	tile_side(g->height, y0, &y1, &top, &bottom);
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
			d->cells.sure.pixels[(size_t)y * d->cells.sure.width + x] =
			    sure_of(d, row[(x - left / NET_CELL) * logit->channels]);
	}
	return 0;
}

static int
cells_fill(struct detect *d, const struct gray *g, struct err *e)
{
	uint32_t step_x = g->width <= TILE_MAX ? g->width : TILE_CORE;
	uint32_t step_y = g->height <= TILE_MAX ? g->height : TILE_CORE;

	if (gray_shape(&d->cells.sure, (g->width + NET_CELL - 1) / NET_CELL, (g->height + NET_CELL - 1) / NET_CELL, e) < 0)
		return -1;
	for (uint32_t y = 0; y < g->height; y += step_y)
		for (uint32_t x = 0; x < g->width; x += step_x)
			if (tile_run(d, g, x, y, e) < 0)
				return -1;
	return 0;
}

static int
scales_search(struct detect *d, const struct gray *g, struct box_record *r, struct err *e)
{
	uint32_t side = g->width < g->height ? g->width : g->height;

	for (size_t i = 0; i < sizeof scales / sizeof *scales; i++) {
		const struct scale *s = &scales[i];
		const struct gray *seen = s->up == s->down ? g : &d->scaled;

		if (side < s->side_min || side > s->side_max)
			continue;
		if ((s->up > s->down && gray_twice(g, &d->scaled, e) < 0) ||
		    (s->up < s->down && gray_half(g, &d->scaled, e) < 0) || cells_fill(d, seen, e) < 0 ||
		    cells_lines(&d->cells, s, g->width, g->height, r, e) < 0)
			return -1;
	}
	return 0;
}

int
detect_find(struct detect *d, const struct picture *p, struct box_record *r, struct err *e)
{
	if (scales_search(d, p->coloured ? &p->rgb : &p->luma, r, e) < 0)
		return -1;
	lines_unite(r);
	if (lines_split(p, r, e) < 0)
		return -1;
	box_sort(r);
	return 0;
}
