/*
 * engine_threshold.c - white and dark text: what differs from the mean around it, both ways, whose connected parts are of
 * a letter's size and follow one another on a line
 */
#include <math.h>
#include <stdlib.h>

#include "text/engine_internal.h"

#define REACH 15	/* pixels around, whose mean is looked at */
#define LEVELS 40	/* grey levels above or below it */
#define LETTER_MIN 5	/* pixels of height */
#define LETTER_MAX 100
#define LETTER_WIDE 6	/* width / height at most: letters that touch */
#define LETTERS_MAX 30000	/* noise has more, and no lines that are worth their time */
#define LINE_LETTERS 3	/* a line has that many */
#define GAP 1.1	/* between letters, of their height */
#define HEIGHTS 2.2	/* of neighbours, the larger to the smaller */
#define SPREAD_HEIGHT .36	/* standard deviation of a line's letters, of their mean height */
#define SPREAD_EDGE .16	/* the same of their tops or of their bottoms */
#define INKED .42	/* share of a line that its letters are wide */
#define GROW 2

struct letter {
	l_int32 x, y, w, h;
	size_t next;	/* on its line, or SIZE_MAX */
};

/* What of PAGE is LEVELS above MEAN, or below it. */
static PIX *
differing(PIX *page, PIX *mean, bool light)
{
	l_int32 width, height;
	PIX *out;

	pixGetDimensions(page, &width, &height, NULL);
	if ((out = pixCreate(width, height, 1)) == NULL)
		return NULL;
	for (l_int32 y = 0; y < height; y++) {
		const l_uint32 *p = pixGetData(page) + (size_t)y * (size_t)pixGetWpl(page);
		const l_uint32 *m = pixGetData(mean) + (size_t)y * (size_t)pixGetWpl(mean);
		l_uint32 *to = pixGetData(out) + (size_t)y * (size_t)pixGetWpl(out);

		for (l_int32 x = 0; x < width; x++) {
			int d = (int)GET_DATA_BYTE(p, x) - (int)GET_DATA_BYTE(m, x);

			if ((light ? d : -d) >= LEVELS)
				SET_DATA_BIT(to, x);
		}
	}
	return out;
}

static int
by_x(const void *a, const void *b)
{
	const struct letter *p = a, *q = b;

	return p->x != q->x ? (p->x > q->x) - (p->x < q->x) : (p->y > q->y) - (p->y < q->y);
}

static size_t
letters_of(BOXA *boxes, struct letter *letters)
{
	size_t n = 0;

	for (l_int32 i = 0; i < boxaGetCount(boxes) && n < LETTERS_MAX; i++) {
		struct letter l = {.next = SIZE_MAX};

		boxaGetBoxGeometry(boxes, i, &l.x, &l.y, &l.w, &l.h);
		if (l.h >= LETTER_MIN && l.h <= LETTER_MAX && l.w <= LETTER_WIDE * l.h)
			letters[n++] = l;
	}
	qsort(letters, n, sizeof *letters, by_x);
	return n;
}

static bool
neighbours(const struct letter *a, const struct letter *b)
{
	l_int32 high = a->h > b->h ? a->h : b->h, low = a->h < b->h ? a->h : b->h;
	l_int32 top = a->y > b->y ? a->y : b->y;
	l_int32 bottom = a->y + a->h < b->y + b->h ? a->y + a->h : b->y + b->h;

	return b->x - (a->x + a->w) <= GAP * high && b->x > a->x && high <= HEIGHTS * low && 2 * (bottom - top) >= low;
}

struct sums {
	double n, of, squares;
};

static void
sums_add(struct sums *s, double v)
{
	s->n++;
	s->of += v;
	s->squares += v * v;
}

static double
deviation(const struct sums *s)
{
	double mean = s->of / s->n, variance = s->squares / s->n - mean * mean;

	return variance > 0 ? sqrt(variance) : 0;
}

/* The line that starts with letter I, if it looks like text. */
static int
line_put(const struct letter *letters, size_t i, const struct gray *g, struct box_record *r, struct err *e)
{
	struct sums height = {0}, top = {0}, bottom = {0};
	l_int32 x0 = letters[i].x, x1 = x0, y0 = letters[i].y, y1 = y0, inked = 0;

	for (; i != SIZE_MAX; i = letters[i].next) {
		const struct letter *l = &letters[i];

		sums_add(&height, l->h);
		sums_add(&top, l->y);
		sums_add(&bottom, l->y + l->h);
		inked += l->w;
		x1 = l->x + l->w > x1 ? l->x + l->w : x1;
		y0 = l->y < y0 ? l->y : y0;
		y1 = l->y + l->h > y1 ? l->y + l->h : y1;
	}
	if (height.n < LINE_LETTERS || inked < INKED * (x1 - x0) ||
	    deviation(&height) > SPREAD_HEIGHT * height.of / height.n ||
	    fmin(deviation(&top), deviation(&bottom)) > SPREAD_EDGE * height.of / height.n)
		return 0;
	return engine_box(r, x0, y0, x1 - x0, y1 - y0, GROW, g->width, g->height, e);
}

/* Each letter goes on the line of the nearest one before it that has no other next to it yet. */
static int
chain(struct letter *letters, size_t n, const struct gray *g, struct box_record *r, struct err *e)
{
	bool *follows = calloc(n + 1, sizeof *follows);
	size_t first = 0;
	int got = 0;

	if (follows == NULL)
		return err_set(e, "out of memory");
	for (size_t i = 0; i < n; i++) {
		size_t best = SIZE_MAX;

		while (letters[i].x - letters[first].x > (GAP + LETTER_WIDE) * LETTER_MAX)
			first++;
		for (size_t k = first; k < i; k++)
			if (letters[k].next == SIZE_MAX && neighbours(&letters[k], &letters[i]) && (best == SIZE_MAX ||
			    letters[k].x + letters[k].w > letters[best].x + letters[best].w))
				best = k;
		if (best != SIZE_MAX) {
			letters[best].next = i;
			follows[i] = true;
		}
	}
	for (size_t i = 0; i < n && got == 0; i++)
		if (!follows[i])
			got = line_put(letters, i, g, r, e);
	free(follows);
	return got;
}

static int
find_polarity(PIX *page, PIX *mean, bool light, const struct gray *g, struct box_record *r, struct err *e)
{
	PIX *mask = differing(page, mean, light);
	BOXA *boxes = mask == NULL ? NULL : pixConnCompBB(mask, 8);
	struct letter *letters = calloc(LETTERS_MAX, sizeof *letters);
	int got = -1;

	if (boxes == NULL || letters == NULL)
		err_set(e, "out of memory");
	else
		got = chain(letters, letters_of(boxes, letters), g, r, e);
	free(letters);
	boxaDestroy(&boxes);
	pixDestroy(&mask);
	return got;
}

static int
find(const struct gray *g, struct box_record *r, struct err *e)
{
	PIX *page = engine_pix(g, e), *mean = NULL;
	int reach = REACH, got = -1;

	if (page == NULL)
		return -1;
	while (reach > 0 && (2 * (uint32_t)reach + 1 > g->width || 2 * (uint32_t)reach + 1 > g->height))
		reach--;	/* a window may not be larger than the image */
	if ((mean = pixBlockconv(page, reach, reach)) == NULL)
		err_set(e, "leptonica failed");
	else
		got = find_polarity(page, mean, true, g, r, e) < 0 ? -1 : find_polarity(page, mean, false, g, r, e);
	pixDestroy(&mean);
	pixDestroy(&page);
	return got;
}

int
engine_threshold_find(void *own, const struct picture *p, struct box_record *r, struct err *e)
{
	(void)own;
	return engine_each_gray(p, find, r, e);
}
