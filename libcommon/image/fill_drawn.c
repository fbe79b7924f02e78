/* fill: boxes that no one colour fills; see fill.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "image/fill_internal.h"
#include "image/inpaint.h"
#include "image/lettering.h"

static int64_t
nearest_value(const struct fill *f, double v)
{
	int64_t n = (int64_t)floor(v + 0.5);

	if (n < fill_value_min(f))
		return fill_value_min(f);
	return n > fill_value_max(f) ? fill_value_max(f) : n;
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
		state = random_next(&state);
	}
	return state;
}

/* -- noise ------------------------------------------------------------------ */

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
			i = random_below(&state, (uint32_t)ring->n);
			fill_put_colour(f, frame, x, y,
			    ring->n == 0 ? &black : &ring->c[i]);
		}
}

/* -- text ------------------------------------------------------------------- */

/* COVER of 255 parts of INK over PAPER. */
static struct colour
mix(const struct fill *f, const struct colour *paper, const struct colour *ink,
    uint8_t cover)
{
	struct colour c = { { 0, 0, 0 } };
	int k;

	if (f->bright != NULL)		/* indexes cannot be mixed */
		return cover < 128 ? *paper : *ink;
	for (k = 0; k < 3; k++)
		c.v[k] = paper->v[k] + (ink->v[k] - paper->v[k]) * cover / 255;
	return c;
}

/*
 * The darkest and lightest that the frame shows outside of the boxes, so that a
 * window computed from the image stays; if they are one, that there can be.
 */
static void
find_inks(const struct fill *f, const uint8_t *frame, const uint8_t *mask,
    struct colour inks[2])
{
	inks[0] = fill_extreme(f, frame, mask, false);
	inks[1] = fill_extreme(f, frame, mask, true);
	if (inks[0].v[0] == inks[1].v[0]) {
		inks[0] = fill_gray(f, f->black);
		inks[1] = fill_gray(f, f->white);
	}
}

static int
text(const struct fill *f, uint32_t number, uint8_t *frame,
    const struct rect *r, const struct colour inks[2], struct ring *ring,
    struct err *e)
{
	struct colour paper = fill_background(f, ring), ink, c;
	uint32_t w = r->w < LETTERING_MAX ? r->w : LETTERING_MAX;
	uint32_t h = r->h < LETTERING_MAX ? r->h : LETTERING_MAX, x, y;
	uint8_t *cover = malloc((size_t)w * h);
	int got;

	if (cover == NULL)
		return err_set(e, "out of memory");
	ink = fill_farther(f, &paper, &inks[0], &inks[1]);
	got = lettering_draw(w, h, f->style.bold, seed_of(number, r), cover, e);
	for (y = 0; got == 0 && y < r->h; y++)
		for (x = 0; x < r->w; x++) {
			c = mix(f, &paper, &ink, cover[(size_t)(y % h) * w + x % w]);
			fill_put_colour(f, frame, r->x + x, r->y + y, &c);
		}
	free(cover);
	return got;
}

/* -- inpainting ------------------------------------------------------------- */

/* Some samples of a part of the frame, as floats: in 4:2:2 the chroma is half as wide. */
struct part {
	uint32_t x, y, w, h;	/* in pixels of the frame */
	uint32_t from, count;	/* samples */
	uint32_t wide;		/* pixels that share a sample */
};

/* All boxes with what inpainting can see around them. */
static struct rect
surroundings(const struct fill *f, const struct rects *boxes)
{
	uint32_t x1 = 0, y1 = 0, margin = 16;	/* even, for pairs */
	struct rect all = { f->width, f->height, 0, 0 };
	const struct rect *r;
	size_t i;

	for (i = 0; i < boxes->n; i++) {
		r = &boxes->r[i];
		all.x = r->x < all.x ? r->x : all.x;
		all.y = r->y < all.y ? r->y : all.y;
		x1 = r->x + r->w > x1 ? r->x + r->w : x1;
		y1 = r->y + r->h > y1 ? r->y + r->h : y1;
	}
	all.x = all.x > margin ? all.x - margin : 0;
	all.y = all.y > margin ? all.y - margin : 0;
	x1 = f->width - x1 > margin ? x1 + margin : f->width;
	y1 = f->height - y1 > margin ? y1 + margin : f->height;
	all.w = x1 - all.x;
	all.h = y1 - all.y;
	return all;
}

static int
inpaint_part(const struct fill *f, uint8_t *frame, const uint8_t *mask,
    const struct part *p, struct err *e)
{
	uint32_t w = p->w / p->wide, k, x, y;
	size_t area = (size_t)w * p->h, i;
	float *v = malloc(area * p->count * sizeof *v);
	uint8_t *covered = malloc(area);
	int got = -1;

	if (v == NULL || covered == NULL) {
		err_set(e, "out of memory");
		goto out;
	}
	for (i = 0, y = p->y; y < p->y + p->h; y++)
		for (x = p->x; x < p->x + p->w; x += p->wide, i++) {
			covered[i] = mask[(size_t)y * f->width + x];
			for (k = 0; k < p->count; k++)
				v[k * area + i] = covered[i] != 0 ? 0 :
				    (float)fill_get_value(f, frame, x, y, p->from + k);
		}
	got = f->style.mode == FILL_TELEA ?
	    inpaint_telea(v, p->count, w, p->h, covered, e) :
	    inpaint_ns(v, p->count, w, p->h, covered, e);
	for (i = 0, y = p->y; got == 0 && y < p->y + p->h; y++)
		for (x = p->x; x < p->x + p->w; x += p->wide, i++)
			for (k = 0; covered[i] != 0 && k < p->count; k++)
				fill_put_word(f, frame,
				    fill_word_at(f, x, y, p->from + k),
				    fill_word_of(f, nearest_value(f,
				    (double)v[k * area + i])));
out:
	free(v);
	free(covered);
	return got;
}

static void
blacken(const struct fill *f, uint8_t *frame)
{
	struct colour black = fill_gray(f, f->black);
	uint32_t x, y;

	for (y = 0; y < f->height; y++)
		for (x = 0; x < f->width; x++)
			fill_put_colour(f, frame, x, y, &black);
}

static int
inpaint(const struct fill *f, uint8_t *frame, const uint8_t *mask,
    const struct rects *boxes, struct err *e)
{
	struct rect r = surroundings(f, boxes);
	struct part p = { r.x, r.y, r.w, r.h, 0, fill_samples(f), 1 };

	if (memchr(mask, 0, (size_t)f->width * f->height) == NULL) {
		blacken(f, frame);	/* there is nothing to go by */
		return 0;
	}
	if (!f->pairs)
		return inpaint_part(f, frame, mask, &p, e);
	p.count = 1;
	if (inpaint_part(f, frame, mask, &p, e) < 0)
		return -1;
	p.from = 1;
	p.count = 2;
	p.wide = 2;
	return inpaint_part(f, frame, mask, &p, e);
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

/* Y, Cb and Cr of ITU-R BT.601: 0 to 1, and -0.5 to 0.5. */
static void
to_ybr(const uint8_t rgb[3], double ybr[3])
{
	double r = rgb[0] / 255.0, g = rgb[1] / 255.0, b = rgb[2] / 255.0;

	ybr[0] = 0.299 * r + 0.587 * g + 0.114 * b;
	ybr[1] = (b - ybr[0]) / 1.772;
	ybr[2] = (r - ybr[0]) / 1.402;
}

static int64_t
between(const struct fill *f, int64_t low, int64_t high, double part)
{
	return nearest_value(f, (double)low + (double)(high - low) * part);
}

struct colour
fill_colour(const struct fill *f, const uint8_t rgb[3])
{
	struct colour c;
	double ybr[3];
	int k;

	to_ybr(rgb, ybr);
	for (k = 0; k < 3; k++)
		c.v[k] = f->chroma ? nearest_value(f, (double)f->neutral +
		    (double)f->chroma_span * ybr[k]) :
		    between(f, f->black, f->white, rgb[k] / 255.0);
	if (f->chroma)
		c.v[0] = between(f, f->black, f->white, ybr[0]);
	return c;
}

static struct colour
test_colour(const struct fill *f, const uint8_t *frame)
{
	const uint8_t *rgb = f->style.rgb;
	struct colour c = { { 0, 0, 0 } }, low, high;
	bool turned = f->black > f->white;
	double ybr[3];

	if (f->bright != NULL)
		c.v[0] = nearest_entry(f, rgb);
	else if (f->samples == 3)
		c = fill_colour(f, rgb);
	else {
		to_ybr(rgb, ybr);
		low = fill_extreme(f, frame, NULL, turned);
		high = fill_extreme(f, frame, NULL, !turned);
		if (low.v[0] == high.v[0]) {
			low.v[0] = f->black;
			high.v[0] = f->white;
		}
		c.v[0] = between(f, low.v[0], high.v[0], ybr[0]);
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
	struct colour inks[2];
	size_t i;
	int got = 0;

	if (f->style.mode == FILL_TEXT)
		find_inks(f, frame, mask, inks);
	for (i = 0; got == 0 && i < boxes->n; i++) {
		/* Rings are in no box, so they are as they were. */
		got = fill_ring(f, frame, mask, &boxes->r[i], &ring, e);
		if (got == 0 && f->style.mode == FILL_TEXT)
			got = text(f, number, frame, &boxes->r[i], inks, &ring, e);
		else if (got == 0)
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
	case FILL_TELEA:
	case FILL_NS:
		got = inpaint(f, frame, mask, boxes, e);
		break;
	default:
		got = draw_boxes(f, number, frame, mask, boxes, e);
	}
	free(mask);
	return got;
}
