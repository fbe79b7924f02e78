/* rects: sets of rectangles on one image; see rects.h. */
#include "image/rects.h"

#include <stdbool.h>
#include <stdlib.h>

void
rects_free(struct rects *s)
{
	free(s->r);
	s->r = NULL;
	s->n = s->cap = 0;
}

static int
append(struct rects *s, struct rect r, struct err *e)
{
	struct rect *p;
	size_t cap;

	if (s->n == s->cap) {
		cap = s->cap == 0 ? 16 : s->cap * 2;
		if ((p = realloc(s->r, cap * sizeof *p)) == NULL)
			return err_set(e, "out of memory");
		s->r = p;
		s->cap = cap;
	}
	s->r[s->n++] = r;
	return 0;
}

int
rects_add(struct rects *s, struct rect r, struct err *e)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (s->r[i].x == r.x && s->r[i].y == r.y && s->r[i].w == r.w &&
		    s->r[i].h == r.h)
			return 0;
	if (s->n == RECTS_MAX)
		return err_set(e, "more than %zu boxes on one image", RECTS_MAX);
	return append(s, r, e);
}

int
rects_copy(struct rects *out, const struct rects *s, struct err *e)
{
	size_t i;

	for (out->n = 0, i = 0; i < s->n; i++)
		if (append(out, s->r[i], e) < 0)
			return -1;
	return 0;
}

void
rects_clip(struct rects *s, uint32_t width, uint32_t height)
{
	struct rect *r;
	size_t i, n = 0;

	for (i = 0; i < s->n; i++) {
		r = &s->r[i];
		if (r->x >= width || r->y >= height)
			continue;
		if (r->w > width - r->x)
			r->w = width - r->x;
		if (r->h > height - r->y)
			r->h = height - r->y;
		s->r[n++] = *r;
	}
	s->n = n;
}

void
rects_even(struct rects *s, uint32_t width)
{
	uint32_t right;
	size_t i;

	for (i = 0; i < s->n; i++) {
		right = s->r[i].x + s->r[i].w;
		right += right % 2;
		if (right > width)
			right = width;
		s->r[i].x -= s->r[i].x % 2;
		s->r[i].w = right - s->r[i].x;
	}
}

static int
u32_compare(const void *p, const void *q)
{
	uint32_t a = *(const uint32_t *)p, b = *(const uint32_t *)q;

	return (a > b) - (a < b);
}

static int
left_compare(const void *p, const void *q)
{
	const struct rect *a = p, *b = q;

	return (a->x > b->x) - (a->x < b->x);
}

/*
 * Goes down the image in bands in which nothing begins or ends. SORTED is by
 * left edge, so one pass over it gives the covered parts of a band in order.
 */
static int
bands(const struct rects *s, uint32_t width, uint32_t height, bool inside,
    struct rects *out, struct err *e)
{
	struct rect *sorted, band;
	uint32_t *ys, right;
	size_t i, k, n = 0;
	int got = -1;

	out->n = 0;
	sorted = malloc((s->n + 1) * sizeof *sorted);
	ys = malloc((2 * s->n + 2) * sizeof *ys);
	if (sorted == NULL || ys == NULL) {
		err_set(e, "out of memory");
		goto out;
	}
	ys[n++] = 0;
	ys[n++] = height;
	for (i = 0; i < s->n; i++) {
		sorted[i] = s->r[i];
		ys[n++] = s->r[i].y;
		ys[n++] = s->r[i].y + s->r[i].h;
	}
	qsort(sorted, s->n, sizeof *sorted, left_compare);
	qsort(ys, n, sizeof *ys, u32_compare);
	for (k = 0; k + 1 < n; k++) {
		if (ys[k] == ys[k + 1])
			continue;
		band.y = ys[k];
		band.h = ys[k + 1] - ys[k];
		for (right = 0, i = 0; i < s->n; i++) {
			if (sorted[i].y > band.y ||
			    sorted[i].y + sorted[i].h <= band.y ||
			    sorted[i].x + sorted[i].w <= right)
				continue;
			band.x = right;
			if (!inside && sorted[i].x > right) {
				band.w = sorted[i].x - right;
				if (append(out, band, e) < 0)
					goto out;
			}
			if (sorted[i].x > right)
				band.x = sorted[i].x;
			right = sorted[i].x + sorted[i].w;
			band.w = right - band.x;
			if (inside && append(out, band, e) < 0)
				goto out;
		}
		band.x = right;
		band.w = width - right;
		if (!inside && right < width && append(out, band, e) < 0)
			goto out;
	}
	got = 0;
out:
	free(sorted);
	free(ys);
	return got;
}

int
rects_disjoint(const struct rects *s, struct rects *out, struct err *e)
{
	return bands(s, 0, 0, true, out, e);
}

int
rects_complement(const struct rects *s, uint32_t width, uint32_t height,
    struct rects *out, struct err *e)
{
	if (bands(s, width, height, false, out, e) < 0)
		return -1;
	if (out->n > RECTS_MAX)
		return err_set(e, "what is outside of its boxes is in more than %zu "
		    "parts", RECTS_MAX);
	return 0;
}

int
rects_area(const struct rects *s, uint64_t *area, struct err *e)
{
	struct rects parts = { 0 };
	size_t i;
	int got;

	*area = 0;
	got = rects_disjoint(s, &parts, e);
	for (i = 0; i < parts.n; i++)
		*area += (uint64_t)parts.r[i].w * parts.r[i].h;
	rects_free(&parts);
	return got;
}

/* Where, down the image, a rectangle begins (by 1) or has ended (by -1). */
struct edge {
	uint32_t y;
	int by;
	const struct rect *r;
};

static int
edge_compare(const void *p, const void *q)
{
	const struct edge *a = p, *b = q;

	return (a->y > b->y) - (a->y < b->y);
}

int
rects_mask(const struct rects *s, uint32_t width, uint32_t height,
    uint8_t *mask, struct err *e)
{
	struct edge *edges = malloc((2 * s->n + 1) * sizeof *edges);
	int32_t *change = calloc((size_t)width + 1, sizeof *change), depth;
	size_t i, k = 0, n = 0;
	uint32_t x, y;

	if (edges == NULL || change == NULL) {
		free(edges);
		free(change);
		return err_set(e, "out of memory");
	}
	for (i = 0; i < s->n; i++) {
		edges[n++] = (struct edge){ s->r[i].y, 1, &s->r[i] };
		edges[n++] = (struct edge){ s->r[i].y + s->r[i].h, -1, &s->r[i] };
	}
	qsort(edges, n, sizeof *edges, edge_compare);
	for (y = 0; y < height; y++) {
		for (; k < n && edges[k].y <= y; k++) {
			change[edges[k].r->x] += edges[k].by;
			change[edges[k].r->x + edges[k].r->w] -= edges[k].by;
		}
		for (depth = 0, x = 0; x < width; x++) {
			depth += change[x];
			*mask++ = depth > 0;
		}
	}
	free(edges);
	free(change);
	return 0;
}
