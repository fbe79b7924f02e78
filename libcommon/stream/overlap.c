/* overlap: exact areas of boxes within boxes; see overlap.h. */
#include "stream/overlap.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/size.h"

#define SETS 3u

/* Where, from top to bottom, a box begins or ends. */
struct event {
	uint32_t y;
	bool begins;
	size_t box;
};

/* What begins less what ends at an edge, for each set. */
struct step {
	int32_t by[SETS];
};

struct overlap {
	struct event *events;	/* two for each box */
	uint32_t *edges;	/* left and right ones, ascending, each once */
	size_t nedges;
	struct step *steps;	/* at each edge, of the boxes in this strip */
	/* For each edge the width to its left, by the sets that cover it. */
	uint64_t (*widths)[OVERLAP_SETS];
	size_t *asking;		/* boxes in this strip that ask */
	size_t cap;		/* boxes that there is memory for */
};

struct overlap *
overlap_new(struct err *e)
{
	struct overlap *o = calloc(1, sizeof *o);

	if (o == NULL)
		err_set(e, "out of memory");
	return o;
}

static void
release(struct overlap *o)
{
	free(o->events);
	free(o->edges);
	free(o->steps);
	free(o->widths);
	free(o->asking);
	memset(o, 0, sizeof *o);
}

void
overlap_free(struct overlap *o)
{
	if (o == NULL)
		return;
	release(o);
	free(o);
}

static int
reserve(struct overlap *o, size_t n, struct err *e)
{
	size_t cap;

	if (n <= o->cap)
		return 0;
	if (!size_mul(n, 2, &cap))
		return err_set(e, "out of memory");
	release(o);
	/* Twice what is asked for boxes: room to grow; and each has two edges. */
	o->events = calloc(cap, 2 * sizeof *o->events);
	o->edges = calloc(cap, 2 * sizeof *o->edges);
	o->steps = calloc(cap, 2 * sizeof *o->steps);
	o->widths = calloc(cap, 2 * sizeof *o->widths);
	o->asking = calloc(cap, sizeof *o->asking);
	if (o->events == NULL || o->edges == NULL || o->steps == NULL ||
	    o->widths == NULL || o->asking == NULL) {
		release(o);
		return err_set(e, "out of memory");
	}
	o->cap = cap;
	return 0;
}

static int
compare_edges(const void *p, const void *q)
{
	uint32_t a = *(const uint32_t *)p, b = *(const uint32_t *)q;

	return (a > b) - (a < b);
}

static int
compare_events(const void *p, const void *q)
{
	const struct event *a = p, *b = q;

	return (a->y > b->y) - (a->y < b->y);
}

static void
find_edges(struct overlap *o, const struct overlap_box *boxes, size_t n)
{
	size_t i, kept = 0;

	for (i = 0; i < n; i++) {
		o->edges[2 * i] = boxes[i].x;
		o->edges[2 * i + 1] = boxes[i].x + boxes[i].w;
		o->events[2 * i] = (struct event){ boxes[i].y, true, i };
		o->events[2 * i + 1] = (struct event){ boxes[i].y + boxes[i].h, false, i };
	}
	qsort(o->edges, 2 * n, sizeof *o->edges, compare_edges);
	qsort(o->events, 2 * n, sizeof *o->events, compare_events);
	for (i = 0; i < 2 * n; i++)
		if (kept == 0 || o->edges[i] != o->edges[kept - 1])
			o->edges[kept++] = o->edges[i];
	o->nedges = kept;
}

static size_t
edge_at(const struct overlap *o, uint32_t x)
{
	const uint32_t *p = bsearch(&x, o->edges, o->nedges, sizeof x, compare_edges);

	return (size_t)(p - o->edges);
}

/* A box enters the strips or leaves them. */
static void
apply(struct overlap *o, const struct event *event, const struct overlap_box *boxes,
    size_t *nasking)
{
	const struct overlap_box *b = &boxes[event->box];
	size_t left = edge_at(o, b->x), right = edge_at(o, b->x + b->w), i;
	int32_t by = event->begins ? 1 : -1;

	for (i = 0; i < SETS; i++)
		if ((b->what & 1u << i) != 0) {
			o->steps[left].by[i] += by;
			o->steps[right].by[i] -= by;
		}
	if ((b->what & OVERLAP_ASK) == 0)
		return;
	if (event->begins) {
		o->asking[(*nasking)++] = event->box;
		return;
	}
	for (i = 0; o->asking[i] != event->box; i++)
		;
	o->asking[i] = o->asking[--*nasking];
}

/* Adds up one row of the strip from the left. */
static void
measure_row(struct overlap *o)
{
	uint64_t sum[OVERLAP_SETS] = { 0 };
	int32_t depth[SETS] = { 0 };
	unsigned set;
	size_t i, j;

	for (i = 0; i < o->nedges; i++) {
		memcpy(o->widths[i], sum, sizeof sum);
		if (i + 1 == o->nedges)
			break;
		for (set = 0, j = 0; j < SETS; j++) {
			depth[j] += o->steps[i].by[j];
			set |= depth[j] > 0 ? 1u << j : 0;
		}
		sum[set] += o->edges[i + 1] - o->edges[i];
	}
}

int
overlap_measure(struct overlap *o, struct overlap_box *boxes, size_t n,
    uint64_t all[OVERLAP_SETS], struct err *e)
{
	struct overlap_box *b;
	size_t i, j, left, right, nasking = 0;
	uint64_t rows;
	unsigned set;

	memset(all, 0, OVERLAP_SETS * sizeof *all);
	if (n == 0)
		return 0;
	if (reserve(o, n, e) < 0)
		return -1;
	for (i = 0; i < n; i++)
		memset(boxes[i].inside, 0, sizeof boxes[i].inside);
	find_edges(o, boxes, n);
	memset(o->steps, 0, o->nedges * sizeof *o->steps);
	for (i = 0; i + 1 < 2 * n; i++) {
		apply(o, &o->events[i], boxes, &nasking);
		rows = o->events[i + 1].y - o->events[i].y;
		if (rows == 0)
			continue;
		measure_row(o);
		for (set = 1; set < OVERLAP_SETS; set++)
			all[set] += rows * o->widths[o->nedges - 1][set];
		for (j = 0; j < nasking; j++) {
			b = &boxes[o->asking[j]];
			left = edge_at(o, b->x);
			right = edge_at(o, b->x + b->w);
			for (set = 0; set < OVERLAP_SETS; set++)
				b->inside[set] += rows * (o->widths[right][set] - o->widths[left][set]);
		}
	}
	return 0;
}
