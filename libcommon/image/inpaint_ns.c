/* inpaint: by the equations of Navier and Stokes; see inpaint.h. */
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "image/inpaint.h"

#define STEPS 12		/* of the flow, on each level */
#define LARGE ((size_t)1 << 20)	/* covered pixels; what is more takes STEPS / 4 */
#define SWEEPS 3		/* of the Poisson equation, for each of them */
#define DT 0.25f		/* pixels that move 1 pixel, at most, for values of 0 to 1 */
#define VISCOSITY 0.5f
#define EDGE 0.1f		/* changes of vorticity above it diffuse less */
#define RELAX 1.5f		/* over-relaxation */

/* The picture on one level of the pyramid; each has half the one before. */
struct level {
	uint32_t width, height;
	float *v;		/* the picture: 0 to 1 */
	float *w;		/* its vorticity, where it is covered and beside */
	float *next;		/* of w */
	uint8_t *mask;
	uint32_t *x, *y;	/* covered pixels, row by row */
	size_t n;
};

#define LEVELS 33

/* -- levels ----------------------------------------------------------------- */

static void
level_free(struct level *l)
{
	free(l->v);
	free(l->w);
	free(l->next);
	free(l->mask);
	free(l->x);
	free(l->y);
}

static int
level_new(struct level *l, uint32_t width, uint32_t height, struct err *e)
{
	size_t area = (size_t)width * height;

	memset(l, 0, sizeof *l);
	l->width = width;
	l->height = height;
	l->v = malloc(area * sizeof *l->v);
	l->w = calloc(area, sizeof *l->w);
	l->next = calloc(area, sizeof *l->next);
	l->mask = malloc(area);
	if (l->v != NULL && l->w != NULL && l->next != NULL && l->mask != NULL)
		return 0;
	level_free(l);
	return err_set(e, "out of memory");
}

/* Lists what is covered. */
static int
level_list(struct level *l, struct err *e)
{
	size_t i, area = (size_t)l->width * l->height;

	for (l->n = 0, i = 0; i < area; i++)
		l->n += l->mask[i] != 0;
	l->x = malloc((l->n + 1) * sizeof *l->x);
	l->y = malloc((l->n + 1) * sizeof *l->y);
	if (l->x == NULL || l->y == NULL)
		return err_set(e, "out of memory");
	for (l->n = 0, i = 0; i < area; i++)
		if (l->mask[i] != 0) {
			l->x[l->n] = (uint32_t)(i % l->width);
			l->y[l->n++] = (uint32_t)(i / l->width);
		}
	return 0;
}

/* A pixel of C is the mean of those known of four of F; covered if none is. */
static void
shrink(const struct level *f, struct level *c)
{
	uint32_t x, y, u, w, n;
	size_t i, k;
	float sum;

	for (i = 0, y = 0; y < c->height; y++)
		for (x = 0; x < c->width; x++, i++) {
			sum = 0;
			n = 0;
			for (w = 2 * y; w < 2 * y + 2 && w < f->height; w++)
				for (u = 2 * x; u < 2 * x + 2 && u < f->width; u++) {
					k = (size_t)w * f->width + u;
					if (f->mask[k] == 0) {
						sum += f->v[k];
						n++;
					}
				}
			c->mask[i] = n == 0;
			c->v[i] = n == 0 ? 0 : sum / (float)n;
		}
}

/* Of the picture of C at the middle of pixel (X, Y) of the level below. */
static float
between(const struct level *c, uint32_t x, uint32_t y)
{
	uint32_t u = x / 2, w = y / 2, s = u, t = w;
	const float *row = c->v + (size_t)w * c->width, *other;

	if (x % 2 == 0 ? u > 0 : u + 1 < c->width)
		s = x % 2 == 0 ? u - 1 : u + 1;
	if (y % 2 == 0 ? w > 0 : w + 1 < c->height)
		t = y % 2 == 0 ? w - 1 : w + 1;
	other = c->v + (size_t)t * c->width;
	return (9 * row[u] + 3 * row[s] + 3 * other[u] + other[s]) / 16;
}

/* What is covered in F begins as C has it. */
static void
grow(const struct level *c, struct level *f)
{
	size_t i, k;

	for (k = 0; k < f->n; k++) {
		i = (size_t)f->y[k] * f->width + f->x[k];
		f->v[i] = between(c, f->x[k], f->y[k]);
		/* A second derivative, by pixels half as wide. */
		f->w[i] = c->w[(size_t)(f->y[k] / 2) * c->width + f->x[k] / 2] / 4;
	}
}

/* -- the flow ---------------------------------------------------------------- */

/* A neighbour of (X, Y); beyond the edge of the image, itself. */
struct around {
	size_t here, left, right, up, down;
};

static struct around
around(const struct level *l, uint32_t x, uint32_t y)
{
	size_t i = (size_t)y * l->width + x;
	struct around a = { i, i, i, i, i };

	if (x > 0)
		a.left--;
	if (x + 1 < l->width)
		a.right++;
	if (y > 0)
		a.up -= l->width;
	if (y + 1 < l->height)
		a.down += l->width;
	return a;
}

/* The vorticity of a pixel that is known, from the picture around it. */
static void
set_known(struct level *l, size_t i)
{
	struct around a;

	if (l->mask[i] != 0)
		return;
	a = around(l, (uint32_t)(i % l->width), (uint32_t)(i / l->width));
	l->w[i] = l->v[a.left] + l->v[a.right] + l->v[a.up] + l->v[a.down] -
	    4 * l->v[i];
}

/* What flows in through the border. */
static void
set_border(struct level *l)
{
	struct around a;
	size_t k;

	for (k = 0; k < l->n; k++) {
		a = around(l, l->x[k], l->y[k]);
		set_known(l, a.left);
		set_known(l, a.right);
		set_known(l, a.up);
		set_known(l, a.down);
	}
}

/* Towards a neighbour: less across an edge of the vorticity (Perona-Malik). */
static float
diffuse(float d)
{
	return d / (1 + d * d / (EDGE * EDGE));
}

/* One step of w: carried along the isophotes, upwind, and diffused. */
static void
flow(struct level *l)
{
	struct around a;
	float vx, vy, w, carried, spread;
	size_t k;

	for (k = 0; k < l->n; k++) {
		a = around(l, l->x[k], l->y[k]);
		vx = -(l->v[a.down] - l->v[a.up]) / 2;
		vy = (l->v[a.right] - l->v[a.left]) / 2;
		w = l->w[a.here];
		carried = vx * (vx > 0 ? w - l->w[a.left] : l->w[a.right] - w) +
		    vy * (vy > 0 ? w - l->w[a.up] : l->w[a.down] - w);
		spread = diffuse(l->w[a.left] - w) + diffuse(l->w[a.right] - w) +
		    diffuse(l->w[a.up] - w) + diffuse(l->w[a.down] - w);
		l->next[a.here] = w + DT * (VISCOSITY * spread - carried);
	}
	for (k = 0; k < l->n; k++) {
		a.here = (size_t)l->y[k] * l->width + l->x[k];
		l->w[a.here] = l->next[a.here];
	}
}

/* One sweep towards a picture of that vorticity. */
static void
solve(struct level *l)
{
	struct around a;
	float mean;
	size_t k;

	for (k = 0; k < l->n; k++) {
		a = around(l, l->x[k], l->y[k]);
		mean = (l->v[a.left] + l->v[a.right] + l->v[a.up] + l->v[a.down] -
		    l->w[a.here]) / 4;
		l->v[a.here] += RELAX * (mean - l->v[a.here]);
	}
}

static void
settle(struct level *l)
{
	int i, k, steps = l->n > LARGE ? STEPS / 4 : STEPS;

	for (i = 0; i < steps; i++) {
		set_border(l);
		flow(l);
		for (k = 0; k < SWEEPS; k++)
			solve(l);
	}
}

/* -- all levels --------------------------------------------------------------- */

static int
run(struct level *l, struct err *e)
{
	int n = 0, got = 0;

	while (got == 0 && (got = level_list(&l[n], e)) == 0 && l[n].n > 0) {
		got = level_new(&l[n + 1], (l[n].width + 1) / 2,
		    (l[n].height + 1) / 2, e);
		if (got == 0) {
			shrink(&l[n], &l[n + 1]);
			n++;
		}
	}
	for (; n > 0; n--) {
		if (got == 0) {
			grow(&l[n], &l[n - 1]);
			settle(&l[n - 1]);
		}
		level_free(&l[n]);
	}
	return got;
}

/* The smallest and the largest value that is known. */
static void
find_range(const float *v, const uint8_t *mask, size_t area, float *low,
    float *high)
{
	size_t i;

	*low = INFINITY;
	*high = -INFINITY;
	for (i = 0; i < area; i++)
		if (mask[i] == 0) {
			*low = v[i] < *low ? v[i] : *low;
			*high = v[i] > *high ? v[i] : *high;
		}
}

static int
inpaint_plane(float *v, uint32_t width, uint32_t height, const uint8_t *mask,
    struct err *e)
{
	size_t i, area = (size_t)width * height;
	struct level l[LEVELS];
	float low, high, scale;
	int got;

	if (level_new(&l[0], width, height, e) < 0)
		return -1;
	memcpy(l[0].mask, mask, area);
	find_range(v, mask, area, &low, &high);
	scale = high > low ? high - low : 1;
	for (i = 0; i < area; i++)
		l[0].v[i] = mask[i] != 0 ? 0 : (v[i] - low) / scale;
	got = run(l, e);
	for (i = 0; got == 0 && i < area; i++)
		if (mask[i] != 0)
			v[i] = fminf(fmaxf(l[0].v[i] * scale + low, low), high);
	level_free(&l[0]);
	return got;
}

int
inpaint_ns(float *v, uint32_t count, uint32_t width, uint32_t height,
    const uint8_t *mask, struct err *e)
{
	uint32_t k;

	for (k = 0; k < count; k++)
		if (inpaint_plane(v + (size_t)k * width * height, width, height, mask,
		    e) < 0)
			return -1;
	return 0;
}
