/* changes.c - see changes.h */
#include "text/changes.h"

#include <stdbool.h>
#include <string.h>

#define TILE 64u	/* pixels a side that are compared together */

static uint32_t
least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static uint32_t
most(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

static struct region
joined(const struct region *a, const struct region *b)
{
	struct region r = {least(a->x0, b->x0), least(a->y0, b->y0), most(a->x1, b->x1), most(a->y1, b->y1)};

	return r;
}

static uint64_t
cost(const struct region *r, const struct gray *g, uint32_t reach)
{
	uint64_t w = least(r->x1 + reach, g->width) - (r->x0 < reach ? 0 : r->x0 - reach);
	uint64_t h = least(r->y1 + reach, g->height) - (r->y0 < reach ? 0 : r->y0 - reach);

	return w * h;
}

static bool
same_rows(const struct gray *a, const struct gray *b, const struct region *r)
{
	size_t n = (size_t)(r->x1 - r->x0) * a->channels;

	for (uint32_t y = r->y0; y < r->y1; y++) {
		size_t at = ((size_t)y * a->width + r->x0) * a->channels;

		if (memcmp(a->pixels + at, b->pixels + at, n) != 0)
			return false;
	}
	return true;
}

/* Adds R, on top of the region before it when it continues that downwards; the last one takes what has no room. */
static size_t
add(struct region *out, size_t n, const struct region *r)
{
	for (size_t i = 0; i < n; i++)
		if (out[i].x0 == r->x0 && out[i].x1 == r->x1 && out[i].y1 == r->y0) {
			out[i].y1 = r->y1;
			return n;
		}
	if (n < CHANGES_MAX) {
		out[n] = *r;
		return n + 1;
	}
	out[n - 1] = joined(&out[n - 1], r);
	return n;
}

/* Joins what costs less together. */
static size_t
join(struct region *out, size_t n, const struct gray *g, uint32_t reach)
{
	for (size_t i = 0; i < n; i++)
		for (size_t k = i + 1; k < n;) {
			struct region both = joined(&out[i], &out[k]);

			if (cost(&both, g, reach) > cost(&out[i], g, reach) + cost(&out[k], g, reach)) {
				k++;
				continue;
			}
			out[i] = both;
			out[k] = out[--n];
			k = i + 1;	/* the larger one may take others in */
		}
	return n;
}

size_t
changes_find(const struct gray *a, const struct gray *b, uint32_t reach, struct region out[CHANGES_MAX])
{
	struct region all = {0, 0, b->width, b->height};
	uint64_t sum = 0;
	size_t n = 0, before;

	if (a->width != b->width || a->height != b->height || a->channels != b->channels) {
		out[0] = all;
		return 1;
	}
	for (uint32_t y = 0; y < b->height; y += TILE) {
		struct region run = {0, y, b->width, least(y + TILE, b->height)};

		if (same_rows(a, b, &run))
			continue;
		run.x1 = 0;	/* tiles that differ, next to one another, are one */
		for (uint32_t x = 0; x < b->width; x += TILE) {
			struct region tile = {x, y, least(x + TILE, b->width), run.y1};

			if (same_rows(a, b, &tile))
				continue;
			if (run.x1 != x && run.x1 > run.x0)
				n = add(out, n, &run);
			if (run.x1 != x || run.x1 == 0)
				run.x0 = x;
			run.x1 = tile.x1;
		}
		n = add(out, n, &run);
	}
	do {
		before = n;
		n = join(out, n, b, reach);
	} while (n < before);
	for (size_t i = 0; i < n; i++)
		sum += cost(&out[i], b, reach);
	if (sum >= (uint64_t)b->width * b->height) {
		out[0] = all;
		return 1;
	}
	return n;
}
