/* fill: boxes that no one colour fills; see fill.h. */
#include <stdlib.h>
#include <string.h>

#include "image/fill_internal.h"

/* -- noise ------------------------------------------------------------------ */

/* Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014. */
static uint64_t
next_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

/* Of the frame's number and the box alone: nothing covered has a part in it. */
static uint64_t
seed_of(uint32_t number, const struct rect *r)
{
	uint32_t of[5] = { number, r->x, r->y, r->w, r->h };
	uint64_t state = 0;
	size_t i;

	for (i = 0; i < 5; i++) {
		state ^= of[i];
		state = next_random(&state);
	}
	return state;
}

static void
noise(const struct fill *f, uint32_t number, uint8_t *frame,
    const struct rect *r, struct ring *ring)
{
	struct colour black = fill_gray(f, f->black);
	uint64_t state = seed_of(number, r);
	uint32_t x, y;
	size_t i;

	fill_ring_unpad(f, ring);
	for (y = r->y; y < r->y + r->h; y++)
		for (x = r->x; x < r->x + r->w; x++) {
			i = (size_t)((next_random(&state) >> 32) * ring->n >> 32);
			fill_put_colour(f, frame, x, y,
			    ring->n == 0 ? &black : &ring->c[i]);
		}
}

/* -- test ------------------------------------------------------------------- */

#define BORDER 2u		/* pixels */
#define HATCH 16u		/* columns from one diagonal line to the next */

/* How far entry I of the palette is from RGB, squared. */
static uint64_t
distance(const struct fill *f, size_t i, const uint8_t rgb[3])
{
	const struct lut *l[3] = { &f->palette.red, &f->palette.green,
	    &f->palette.blue };
	uint64_t sum = 0;
	int64_t d;
	int k;

	for (k = 0; k < 3; k++) {
		d = (int64_t)l[k]->data[i] * 255 -
		    (int64_t)rgb[k] * ((1 << l[k]->bits) - 1);
		sum += (uint64_t)(d * d);
	}
	return sum;
}

static int64_t
nearest_entry(const struct fill *f, const uint8_t rgb[3])
{
	int64_t i, best = f->black;
	uint64_t d, least = UINT64_MAX;

	for (i = 0; i < f->count; i++) {
		if (f->first + i < fill_value_min(f) ||
		    f->first + i > fill_value_max(f))
			continue;
		d = distance(f, (size_t)i, rgb);
		if (d < least) {
			least = d;
			best = f->first + i;
		}
	}
	return best;
}

/* Y, Cb and Cr of ITU-R BT.601, 0 to 255 and -127.5 to 127.5, times 1000. */
static void
to_ybr(const uint8_t rgb[3], int64_t ybr[3])
{
	ybr[0] = 299 * rgb[0] + 587 * rgb[1] + 114 * rgb[2];
	ybr[1] = (rgb[2] * 1000 - ybr[0]) * 1000 / 1772;
	ybr[2] = (rgb[0] * 1000 - ybr[0]) * 1000 / 1402;
}

static int64_t
between(int64_t low, int64_t high, int64_t part, int64_t whole)
{
	return low + (high - low) * part / whole;
}

static struct colour
test_colour(const struct fill *f, const uint8_t *frame)
{
	const uint8_t *rgb = f->style.rgb;
	struct colour c = { { 0, 0, 0 } }, low, high;
	bool turned = f->black > f->white;
	int64_t ybr[3];
	int k;

	to_ybr(rgb, ybr);
	if (f->bright != NULL)
		c.v[0] = nearest_entry(f, rgb);
	else if (f->chroma)
		for (k = 0; k < 3; k++)
			c.v[k] = k == 0 ? between(f->black, f->white, ybr[0], 255000) :
			    f->neutral + (f->white - f->black) * ybr[k] / 255000;
	else if (f->samples == 3)
		for (k = 0; k < 3; k++)
			c.v[k] = between(f->black, f->white, rgb[k], 255);
	else {
		low = fill_extreme(f, frame, turned);
		high = fill_extreme(f, frame, !turned);
		if (low.v[0] == high.v[0]) {
			low.v[0] = f->black;
			high.v[0] = f->white;
		}
		c.v[0] = between(low.v[0], high.v[0], ybr[0], 255000);
	}
	return c;
}

/* Is a pixel without a box, or the edge of the image, BORDER or less away? */
static bool
is_border(const struct fill *f, const uint8_t *mask, uint32_t x, uint32_t y)
{
	uint32_t u, v;

	if (x < BORDER || y < BORDER || f->width - x <= BORDER ||
	    f->height - y <= BORDER)
		return true;
	for (v = y - BORDER; v <= y + BORDER; v++)
		for (u = x - BORDER; u <= x + BORDER; u++)
			if (mask[(size_t)v * f->width + u] == 0)
				return true;
	return false;
}

static void
test(const struct fill *f, uint8_t *frame, const uint8_t *mask)
{
	struct colour c = test_colour(f, frame);
	uint32_t x, y;

	for (y = 0; y < f->height; y++)
		for (x = 0; x < f->width; x++)
			if (mask[(size_t)y * f->width + x] != 0 &&
			    ((x + y) % HATCH == 0 || is_border(f, mask, x, y)))
				fill_put_colour(f, frame, x, y, &c);
}

/* -- all of them ------------------------------------------------------------- */

/* Box by box, each by its ring. */
static int
draw_boxes(const struct fill *f, uint32_t number, uint8_t *frame,
    const uint8_t *mask, const struct rects *boxes, struct err *e)
{
	struct ring ring = { 0 };
	size_t i;
	int got = 0;

	for (i = 0; got == 0 && i < boxes->n; i++) {
		/* Rings are in no box, so they are as they were. */
		got = fill_ring(f, frame, mask, &boxes->r[i], &ring, e);
		if (got == 0)
			noise(f, number, frame, &boxes->r[i], &ring);
	}
	free(ring.c);
	return got;
}

int
fill_draw(const struct fill *f, uint32_t number, uint8_t *frame,
    const struct rects *boxes, struct err *e)
{
	uint8_t *mask = fill_mask(f, boxes, e);
	int got = 0;

	if (mask == NULL)
		return -1;
	switch (f->style.mode) {
	case FILL_TEST:
		test(f, frame, mask);
		break;
	default:
		got = draw_boxes(f, number, frame, mask, boxes, e);
	}
	free(mask);
	return got;
}
