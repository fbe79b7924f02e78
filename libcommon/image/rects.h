/*
 * rects.h - sets of rectangles on one image
 *
 * A rectangle covers [x, x+w) by [y, y+h) in whole pixels, w and h at least 1.
 */
#ifndef UNPHI_IMAGE_RECTS_H
#define UNPHI_IMAGE_RECTS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* On one image; area and complement cost the square of it. */
#define RECTS_MAX ((size_t)8192)

struct rect {
	uint32_t x, y, w, h;
};

/* Start with a zeroed struct. */
struct rects {
	struct rect *r;
	size_t n, cap;
};

void rects_free(struct rects *s);

/* Adds a rectangle, unless it is there already. Returns 0 or -1. */
int rects_add(struct rects *s, struct rect r, struct err *e);

/* Replaces the contents of OUT. Returns 0 or -1. */
int rects_copy(struct rects *out, const struct rects *s, struct err *e);

/* Cuts all to WIDTH by HEIGHT; what lies outside altogether goes. */
void rects_clip(struct rects *s, uint32_t width, uint32_t height);

/*
 * Moves left and right edges outwards to even columns, no further than WIDTH:
 * where two pixels share their chroma, both of them are filled or none.
 */
void rects_even(struct rects *s, uint32_t width);

/*
 * Replaces the contents of OUT by rectangles that do not overlap: those that
 * cover what S covers, or the rest of WIDTH by HEIGHT. S is clipped to that.
 */
int rects_disjoint(const struct rects *s, struct rects *out, struct err *e);
int rects_complement(const struct rects *s, uint32_t width, uint32_t height,
    struct rects *out, struct err *e);

/*
 * Makes each byte of MASK, WIDTH by HEIGHT of them row by row, 1 where S covers
 * it, else 0. Costs the area and the edges, however many overlap. Returns 0 or -1.
 */
int rects_mask(const struct rects *s, uint32_t width, uint32_t height,
    uint8_t *mask, struct err *e);

/* Pixels covered, counted once. Returns 0 or -1. */
int rects_area(const struct rects *s, uint64_t *area, struct err *e);

#endif
