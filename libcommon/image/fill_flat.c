/* fill: the one colour that fills a box; see fill.h. */
#include <stdlib.h>
#include <string.h>

#include "image/fill_internal.h"

struct colour
fill_gray(const struct fill *f, int64_t v)
{
	struct colour c = { { v, v, v } };

	if (f->chroma)
		c.v[1] = c.v[2] = f->neutral;
	return c;
}

struct colour
fill_extreme(const struct fill *f, const uint8_t *frame, const uint8_t *mask,
    bool largest)
{
	uint32_t k, samples = f->chroma ? 1 : f->samples;
	int64_t v, key, best = 0, best_key = 0;
	bool first = true;
	uint32_t x, y;

	for (y = 0; y < f->height; y++)
		for (x = 0; x < f->width; x++) {
			if (mask != NULL && mask[(size_t)y * f->width + x] != 0)
				continue;
			for (k = 0; k < samples; k++) {
				v = fill_get_value(f, frame, x, y, k);
				key = f->bright != NULL ? fill_brightness(f, v) : v;
				if (first || (largest ? key > best_key :
				    key < best_key)) {
					best = v;
					best_key = key;
					first = false;
				}
			}
		}
	return fill_gray(f, best);
}

static int
colour_compare(const void *p, const void *q)
{
	const struct colour *a = p, *b = q;
	int k;

	for (k = 0; k < 3; k++)
		if (a->v[k] != b->v[k])
			return a->v[k] < b->v[k] ? -1 : 1;
	return 0;
}

static void
ring_add(const struct fill *f, const uint8_t *frame, const uint8_t *mask,
    uint32_t x, uint32_t y, struct ring *ring)
{
	struct colour *c = &ring->c[ring->n];
	uint32_t k, samples = fill_samples(f);

	if (mask[(size_t)y * f->width + x] != 0)
		return;
	memset(c, 0, sizeof *c);
	for (k = 0; k < samples; k++)
		c->v[k] = fill_get_value(f, frame, x, y, k);
	ring->n++;
}

int
fill_ring(const struct fill *f, const uint8_t *frame, const uint8_t *mask,
    const struct rect *r, struct ring *ring, struct err *e)
{
	uint32_t x0 = r->x > 0 ? r->x - 1 : 0, y0 = r->y > 0 ? r->y - 1 : 0;
	uint32_t x1 = r->x + r->w < f->width ? r->x + r->w : f->width - 1;
	uint32_t y1 = r->y + r->h < f->height ? r->y + r->h : f->height - 1;
	struct colour *c;
	uint32_t x, y;

	c = realloc(ring->c, (2 * ((size_t)r->w + r->h) + 8) * sizeof *c);
	if (c == NULL)
		return err_set(e, "out of memory");
	ring->c = c;
	ring->n = 0;
	for (x = x0; x <= x1; x++) {
		if (y0 < r->y)
			ring_add(f, frame, mask, x, y0, ring);
		if (y1 == r->y + r->h)
			ring_add(f, frame, mask, x, y1, ring);
	}
	for (y = r->y; y < r->y + r->h; y++) {
		if (x0 < r->x)
			ring_add(f, frame, mask, x0, y, ring);
		if (x1 == r->x + r->w)
			ring_add(f, frame, mask, x1, y, ring);
	}
	return 0;
}

void
fill_ring_unpad(const struct fill *f, struct ring *ring)
{
	size_t i, n = 0;

	if (!f->padded)
		return;
	for (i = 0; i < ring->n; i++)
		n += ring->c[i].v[0] < f->pad_low || ring->c[i].v[0] > f->pad_high;
	if (n == 0)
		return;
	for (n = 0, i = 0; i < ring->n; i++)
		if (ring->c[i].v[0] < f->pad_low || ring->c[i].v[0] > f->pad_high)
			ring->c[n++] = ring->c[i];
	ring->n = n;
}

struct colour
fill_background(const struct fill *f, struct ring *ring)
{
	struct colour best = fill_gray(f, f->black);
	size_t run = 1, most = 0, k;

	qsort(ring->c, ring->n, sizeof *ring->c, colour_compare);
	for (k = 0; k < ring->n; k++, run++) {
		if (k > 0 && colour_compare(&ring->c[k], &ring->c[k - 1]) != 0)
			run = 1;
		if (run > most) {
			most = run;
			best = ring->c[k];
		}
	}
	return best;
}

/* Rounded to the nearest, halves upwards. */
static int64_t
divide(int64_t sum, int64_t n)
{
	int64_t twice = 2 * sum + n, q = twice / (2 * n);

	return twice % (2 * n) < 0 ? q - 1 : q;
}

static struct colour
mean(const struct fill *f, struct ring *ring)
{
	struct colour c = { { 0, 0, 0 } };
	size_t i;
	int k;

	fill_ring_unpad(f, ring);
	if (ring->n == 0)
		return fill_gray(f, f->black);
	for (i = 0; i < ring->n; i++)
		for (k = 0; k < 3; k++)
			c.v[k] += ring->c[i].v[k];
	for (k = 0; k < 3; k++)
		c.v[k] = divide(c.v[k], (int64_t)ring->n);
	return c;
}

/* How much lighter A is than B, or darker. */
static int64_t
difference(const struct fill *f, const struct colour *a, const struct colour *b)
{
	uint32_t k, samples = f->chroma ? 1 : f->samples;
	int64_t sum = 0;

	if (f->bright != NULL)
		return llabs((int64_t)fill_brightness(f, a->v[0]) -
		    fill_brightness(f, b->v[0]));
	for (k = 0; k < samples; k++)
		sum += llabs(a->v[k] - b->v[k]);
	return sum;
}

struct colour
fill_farther(const struct fill *f, const struct colour *from,
    const struct colour *dark, const struct colour *light)
{
	return difference(f, from, dark) > difference(f, from, light) ? *dark :
	    *light;
}

static bool
looks_at_ring(const struct fill *f)
{
	return f->style.mode == FILL_BACKGROUND ||
	    f->style.mode == FILL_CONTRAST || f->style.mode == FILL_MEAN;
}

static struct colour
choose(const struct fill *f, const uint8_t *frame, struct ring *ring)
{
	struct colour black = fill_gray(f, f->black);
	struct colour white = fill_gray(f, f->white), c;

	switch (f->style.mode) {
	case FILL_WHITE:
		return white;
	case FILL_MIN:
	case FILL_MAX:
		return fill_extreme(f, frame, NULL, f->style.mode == FILL_MAX);
	case FILL_BACKGROUND:
		return fill_background(f, ring);
	case FILL_CONTRAST:
		c = fill_background(f, ring);
		return fill_farther(f, &c, &black, &white);
	case FILL_MEAN:
		return mean(f, ring);
	default:
		return black;
	}
}

int
fill_values(const struct fill *f, const uint8_t *frame,
    const struct rects *boxes, uint32_t (*v)[3], struct err *e)
{
	struct ring ring = { 0 };
	uint8_t *mask = NULL;
	struct colour c;
	int k, got = -1;
	size_t i;

	if (looks_at_ring(f) && (mask = fill_mask(f, boxes, e)) == NULL)
		return -1;
	for (i = 0; i < boxes->n; i++) {
		if (mask != NULL && fill_ring(f, frame, mask, &boxes->r[i], &ring,
		    e) < 0)
			goto out;
		if (i > 0 && mask == NULL) {	/* one for the whole frame */
			memcpy(v[i], v[0], sizeof v[i]);
			continue;
		}
		c = choose(f, frame, &ring);
		for (k = 0; k < 3; k++)
			v[i][k] = fill_word_of(f, c.v[k]);
	}
	got = 0;
out:
	free(ring.c);
	free(mask);
	return got;
}
