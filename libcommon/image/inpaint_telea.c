/* inpaint: Telea's, by fast marching; see inpaint.h. */
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "image/inpaint.h"

#define RADIUS 5		/* epsilon of the paper */
#define FAR 1e6f
#define PLANES 3u

enum { KNOWN, BAND, INSIDE };

struct entry {
	float t;
	uint32_t x, y;
};

/* The narrow band: a heap by time. What was bettered stays in it, and is skipped. */
struct band {
	struct entry *e;
	size_t n, cap;
};

/* A pixel within the radius of another. */
struct near {
	int dx, dy;
	ptrdiff_t step;		/* to it, in pixels of a plane */
	float x, y;		/* its direction */
	float nearness;		/* 1 by its distance squared */
};

struct march {
	float *v, *t;		/* t: time of arrival, negative outside */
	uint8_t *flag;
	uint32_t count, width, height;
	struct band band;
	struct near near[(2 * RADIUS + 1) * (2 * RADIUS + 1)];
	size_t nnear;
};

/* -- the heap --------------------------------------------------------------- */

/* By place when it is at the same time, so that the order is always the same. */
static bool
before(const struct entry *a, const struct entry *b)
{
	if (a->t != b->t)
		return a->t < b->t;
	return a->y != b->y ? a->y < b->y : a->x < b->x;
}

static int
band_add(struct band *b, float t, uint32_t x, uint32_t y, struct err *e)
{
	struct entry new = { t, x, y }, *p;
	size_t i, up, cap;

	if (b->n == b->cap) {
		cap = b->cap == 0 ? 1024 : 2 * b->cap;
		if ((p = realloc(b->e, cap * sizeof *p)) == NULL)
			return err_set(e, "out of memory");
		b->e = p;
		b->cap = cap;
	}
	for (i = b->n++; i > 0; i = up) {
		up = (i - 1) / 2;
		if (!before(&new, &b->e[up]))
			break;
		b->e[i] = b->e[up];
	}
	b->e[i] = new;
	return 0;
}

static struct entry
band_take(struct band *b)
{
	struct entry first = b->e[0], last = b->e[--b->n];
	size_t i, down;

	for (i = 0; (down = 2 * i + 1) < b->n; i = down) {
		if (down + 1 < b->n && before(&b->e[down + 1], &b->e[down]))
			down++;
		if (!before(&b->e[down], &last))
			break;
		b->e[i] = b->e[down];
	}
	b->e[i] = last;
	return first;
}

/* -- times ------------------------------------------------------------------ */

static size_t
at(const struct march *m, uint32_t x, uint32_t y)
{
	return (size_t)y * m->width + x;
}

/* Of the eikonal equation, from one neighbour along each axis; FAR: none. */
static float
solve(float a, float b)
{
	float d = a - b;

	if (a >= FAR || b >= FAR || d * d >= 1)
		return (a < b ? a : b) + 1;
	return (a + b + sqrtf(2 - d * d)) / 2;
}

/* The time of a neighbour that has one. */
static float
time_of(const struct march *m, int64_t x, int64_t y)
{
	size_t i;

	if (x < 0 || y < 0 || x >= m->width || y >= m->height)
		return FAR;
	i = at(m, (uint32_t)x, (uint32_t)y);
	return m->flag[i] == INSIDE ? FAR : m->t[i];
}

static float
arrival(const struct march *m, uint32_t x, uint32_t y)
{
	float l = time_of(m, (int64_t)x - 1, y), r = time_of(m, (int64_t)x + 1, y);
	float u = time_of(m, x, (int64_t)y - 1), d = time_of(m, x, (int64_t)y + 1);

	return solve(l < r ? l : r, u < d ? u : d);
}

/* -- one pixel -------------------------------------------------------------- */

/*
 * The derivative of P at X of N in steps of STEP, from those neighbours whose
 * FLAG says that they hold something.
 */
static float
slope(const float *p, const uint8_t *flag, uint32_t x, uint32_t n, size_t step)
{
	bool left = x > 0 && flag[-(ptrdiff_t)step] != INSIDE;
	bool right = x + 1 < n && flag[step] != INSIDE;

	if (left && right)
		return (p[step] - p[-(ptrdiff_t)step]) / 2;
	if (right)
		return p[step] - p[0];
	return left ? p[0] - p[-(ptrdiff_t)step] : 0;
}

/* How much Q, which lies at N from P, says about it: (3) of the paper. */
static float
weight(const struct march *m, size_t p, size_t q, const struct near *n, float nx,
    float ny)
{
	float direction = fabsf(n->x * nx + n->y * ny);
	float level = 1 + fabsf(m->t[q] - m->t[p]);

	if (direction < 0.01f)	/* across, where nothing else may be known */
		direction = 0.000001f;
	return direction * n->nearness / level;
}

struct sums {
	float value, weight, low, high;
};

/* What Q says about it: its value, carried on by its gradient to P. */
static void
add(const struct march *m, size_t q, uint32_t x, uint32_t y,
    const struct near *n, float by, struct sums *s)
{
	size_t area = (size_t)m->width * m->height;
	const float *v = m->v + q;
	uint32_t k;

	for (k = 0; k < m->count; k++, v += area, s++) {
		s->value += by * (*v - (float)n->dx * slope(v, m->flag + q, x,
		    m->width, 1) - (float)n->dy * slope(v, m->flag + q, y, m->height,
		    m->width));
		s->weight += by;
		s->low = *v < s->low ? *v : s->low;
		s->high = *v > s->high ? *v : s->high;
	}
}

/* (2) of the paper; all planes have the same weights. */
static void
inpaint(struct march *m, uint32_t x, uint32_t y)
{
	size_t p = at(m, x, y), q, area = (size_t)m->width * m->height, i;
	float nx = slope(m->t + p, m->flag + p, x, m->width, 1);
	float ny = slope(m->t + p, m->flag + p, y, m->height, m->width);
	const struct near *n = m->near;
	struct sums s[PLANES];
	uint32_t k;
	float v;

	for (k = 0; k < m->count; k++)
		s[k] = (struct sums){ 0, 0, INFINITY, -INFINITY };
	for (i = 0; i < m->nnear; i++, n++) {
		if ((n->dx < 0 && x < (uint32_t)-n->dx) ||
		    (n->dy < 0 && y < (uint32_t)-n->dy) ||
		    x + (uint32_t)n->dx >= m->width || y + (uint32_t)n->dy >= m->height)
			continue;
		q = (size_t)((ptrdiff_t)p + n->step);
		if (m->flag[q] != INSIDE)
			add(m, q, x + (uint32_t)n->dx, y + (uint32_t)n->dy, n,
			    weight(m, p, q, n, nx, ny), s);
	}
	for (k = 0; k < m->count; k++) {
		v = s[k].value / s[k].weight;
		m->v[p + k * area] = v < s[k].low ? s[k].low :
		    v > s[k].high ? s[k].high : v;
	}
}

static void
list_near(struct march *m)
{
	struct near *n = m->near;
	int dx, dy;
	float squared;

	for (dy = -RADIUS; dy <= RADIUS; dy++)
		for (dx = -RADIUS; dx <= RADIUS; dx++) {
			squared = (float)(dx * dx + dy * dy);
			if (squared == 0 || squared > RADIUS * RADIUS)
				continue;
			*n++ = (struct near){ dx, dy,
			    (ptrdiff_t)dy * m->width + dx,
			    (float)dx / sqrtf(squared), (float)dy / sqrtf(squared),
			    1 / squared };
		}
	m->nnear = (size_t)(n - m->near);
}

/* -- marching --------------------------------------------------------------- */

/* The pixel (X, Y), if it is there and not done, gets a time, and its value. */
static int
reach(struct march *m, int64_t x, int64_t y, bool fill, struct err *e)
{
	uint32_t u = (uint32_t)x, w = (uint32_t)y;
	float t;
	size_t i;

	if (x < 0 || y < 0 || x >= m->width || y >= m->height)
		return 0;
	i = at(m, u, w);
	if (m->flag[i] == KNOWN)
		return 0;
	t = arrival(m, u, w);
	if (m->flag[i] == BAND && (m->t[i] <= 0 || t >= m->t[i]))
		return 0;
	m->t[i] = t;
	if (m->flag[i] == INSIDE && fill)
		inpaint(m, u, w);
	m->flag[i] = BAND;
	return band_add(&m->band, t, u, w, e);
}

/* Until nothing is left that is reached before END. */
static int
march(struct march *m, float end, bool fill, struct err *e)
{
	struct entry n;
	size_t i;

	while (m->band.n > 0) {
		n = band_take(&m->band);
		i = at(m, n.x, n.y);
		if (n.t >= end)
			break;
		if (m->flag[i] == KNOWN)
			continue;
		m->flag[i] = KNOWN;
		if (reach(m, (int64_t)n.x - 1, n.y, fill, e) < 0 ||
		    reach(m, (int64_t)n.x + 1, n.y, fill, e) < 0 ||
		    reach(m, n.x, (int64_t)n.y - 1, fill, e) < 0 ||
		    reach(m, n.x, (int64_t)n.y + 1, fill, e) < 0)
			return -1;
	}
	m->band.n = 0;
	return 0;
}

static bool
touches(const struct march *m, const uint8_t *mask, uint32_t x, uint32_t y)
{
	size_t i = at(m, x, y);

	return (x > 0 && mask[i - 1] != 0) ||
	    (x + 1 < m->width && mask[i + 1] != 0) ||
	    (y > 0 && mask[i - m->width] != 0) ||
	    (y + 1 < m->height && mask[i + m->width] != 0);
}

/*
 * Sets out from the uncovered pixels that touch a covered one, at the time 0,
 * over those whose byte of MASK is COVERED or is not.
 */
static int
start(struct march *m, const uint8_t *mask, bool covered, struct err *e)
{
	uint32_t x, y;
	size_t i;

	for (i = 0, y = 0; y < m->height; y++)
		for (x = 0; x < m->width; x++, i++) {
			if (mask[i] == 0 && touches(m, mask, x, y)) {
				m->t[i] = 0;
				m->flag[i] = BAND;
				if (band_add(&m->band, 0, x, y, e) < 0)
					return -1;
			} else if ((mask[i] != 0) == covered) {
				m->t[i] = FAR;
				m->flag[i] = INSIDE;
			} else
				m->flag[i] = KNOWN;
		}
	return 0;
}

/* First outwards, for times of the pixels that weights ask about. */
static int
run(struct march *m, const uint8_t *mask, struct err *e)
{
	size_t i, area = (size_t)m->width * m->height;

	for (i = 0; i < area; i++)
		m->t[i] = FAR;
	list_near(m);
	if (start(m, mask, false, e) < 0 || march(m, 2 * RADIUS, false, e) < 0)
		return -1;
	for (i = 0; i < area; i++)
		m->t[i] = mask[i] == 0 && m->t[i] < FAR ? -m->t[i] : -2 * RADIUS;
	if (start(m, mask, true, e) < 0)
		return -1;
	return march(m, FAR, true, e);
}

int
inpaint_telea(float *v, uint32_t count, uint32_t width, uint32_t height,
    const uint8_t *mask, struct err *e)
{
	size_t area = (size_t)width * height;
	struct march m = { .v = v, .count = count, .width = width,
	    .height = height };
	int got = -1;

	m.t = malloc(area * sizeof *m.t);
	m.flag = malloc(area);
	if (m.t == NULL || m.flag == NULL)
		err_set(e, "out of memory");
	else
		got = run(&m, mask, e);
	free(m.t);
	free(m.flag);
	free(m.band.e);
	return got;
}
