/* fill_internal.h - what the files of fill, and ink, share; nobody else includes it */
#ifndef UNPHI_IMAGE_FILL_INTERNAL_H
#define UNPHI_IMAGE_FILL_INTERNAL_H

#include <stddef.h>

#include "dicom/lut.h"
#include "image/fill.h"

/* How the words of a frame lie and what they mean. */
struct fill {
	struct fill_style style;
	uint32_t width, height;
	uint32_t samples;
	size_t bytes;		/* of a word */
	bool big;		/* most significant byte first: PNM */
	bool pairs;		/* Y Y Cb Cr for two pixels */
	bool chroma;		/* samples 1 and 2 are chroma */
	uint32_t bits, shift;	/* Bits Stored, and unused bits below them */
	bool is_signed;
	int64_t black, white;	/* values, not words */
	int64_t neutral;	/* chroma */
	int64_t chroma_span;	/* from the least to the greatest of it */
	bool padded;		/* Pixel Padding Value, to its limit */
	int64_t pad_low, pad_high;
	/* Palette: brightness of each entry; values below and above it are clamped. */
	uint32_t *bright;
	struct lut_palette palette;
	int64_t first, count;
};

/* One pixel, as values: gray or index, or all three samples. */
struct colour {
	int64_t v[3];
};

/* The pixels that touch a box from outside and lie in no box. */
struct ring {
	struct colour *c;
	size_t n;
};

/* -- words and values ------------------------------------------------------ */

static inline uint32_t
fill_word_of(const struct fill *f, int64_t v)
{
	uint32_t width = (uint32_t)f->bytes * 8, high = f->shift + f->bits;
	uint64_t mask = ((uint64_t)1 << f->bits) - 1;
	uint64_t w = ((uint64_t)v & mask) << f->shift;

	if (f->is_signed && v < 0 && high < width)
		w |= (((uint64_t)1 << (width - high)) - 1) << high;
	return (uint32_t)w;
}

static inline int64_t
fill_value_of(const struct fill *f, uint32_t w)
{
	uint64_t v = (uint64_t)w >> f->shift & (((uint64_t)1 << f->bits) - 1);

	if (f->is_signed && (v >> (f->bits - 1) & 1) != 0)
		return (int64_t)v - ((int64_t)1 << f->bits);
	return (int64_t)v;
}

/* Index of the word of sample K at (X, Y). */
static inline size_t
fill_word_at(const struct fill *f, uint32_t x, uint32_t y, uint32_t k)
{
	size_t row = (size_t)y * f->width;

	if (!f->pairs)
		return (row + x) * f->samples + k;
	return (row + (x & ~1u)) * 2 + (k == 0 ? x & 1 : k + 1);
}

static inline uint32_t
fill_get_word(const struct fill *f, const uint8_t *frame, size_t i)
{
	const uint8_t *p = frame + i * f->bytes;
	uint32_t w = 0;
	size_t b;

	for (b = 0; b < f->bytes; b++)
		w |= (uint32_t)p[b] << 8 * (f->big ? f->bytes - 1 - b : b);
	return w;
}

static inline void
fill_put_word(const struct fill *f, uint8_t *frame, size_t i, uint32_t w)
{
	uint8_t *p = frame + i * f->bytes;
	size_t b;

	for (b = 0; b < f->bytes; b++)
		p[b] = (uint8_t)(w >> 8 * (f->big ? f->bytes - 1 - b : b) & 0xff);
}

static inline int64_t
fill_get_value(const struct fill *f, const uint8_t *frame, uint32_t x, uint32_t y,
    uint32_t k)
{
	return fill_value_of(f, fill_get_word(f, frame,
	    fill_word_at(f, x, y, k)));
}

static inline uint32_t
fill_samples(const struct fill *f)
{
	return f->chroma ? 3 : f->samples;
}

static inline void
fill_put_colour(const struct fill *f, uint8_t *frame, uint32_t x, uint32_t y,
    const struct colour *c)
{
	uint32_t k, samples = fill_samples(f);

	for (k = 0; k < samples; k++)
		fill_put_word(f, frame, fill_word_at(f, x, y, k),
		    fill_word_of(f, c->v[k]));
}

/* Of a palette's entry. */
static inline uint32_t
fill_brightness(const struct fill *f, int64_t v)
{
	int64_t i = v - f->first;

	return f->bright[i < 0 ? 0 : i >= f->count ? f->count - 1 : i];
}

/* -- in fill.c -------------------------------------------------------------- */

int64_t fill_value_min(const struct fill *f);
int64_t fill_value_max(const struct fill *f);

/* 1 for each pixel of the frame that lies in a box; the caller's to free. */
uint8_t *fill_mask(const struct fill *f, const struct rects *boxes,
    struct err *e);

/* -- colours, in fill_flat.c ------------------------------------------------ */

struct colour fill_gray(const struct fill *f, int64_t v);

/* As FILL_MIN and FILL_MAX, of the pixels that MASK, if not NULL, leaves free. */
struct colour fill_extreme(const struct fill *f, const uint8_t *frame,
    const uint8_t *mask, bool largest);

/* Replaces RING, which starts zeroed and is freed by free(ring->c). */
int fill_ring(const struct fill *f, const uint8_t *frame, const uint8_t *mask,
    const struct rect *r, struct ring *ring, struct err *e);

/* Takes padding out of RING, if anything else is in it. */
void fill_ring_unpad(const struct fill *f, struct ring *ring);

/* As FILL_BACKGROUND. Sorts RING. */
struct colour fill_background(const struct fill *f, struct ring *ring);

/* DARK or LIGHT, whichever FROM differs from more; LIGHT of equals. */
struct colour fill_farther(const struct fill *f, const struct colour *from,
    const struct colour *dark, const struct colour *light);

/* -- what is not flat, in fill_drawn.c -------------------------------------- */

/* RGB in three samples. */
struct colour fill_colour(const struct fill *f, const uint8_t rgb[3]);

/* fill_apply for those; boxes lie within the frame. */
int fill_draw(const struct fill *f, uint32_t number, uint8_t *frame,
    const struct rects *boxes, struct err *e);

#endif
