/*
 * changes.h - where an image differs from the one before it
 */
#ifndef UNPHI_TEXT_CHANGES_H
#define UNPHI_TEXT_CHANGES_H

#include <stddef.h>
#include <stdint.h>

#include "text/picture.h"

/* A rectangle of pixels, [x0, x1) by [y0, y1). */
struct region {
	uint32_t x0, y0, x1, y1;
};
#define CHANGES_MAX 16u

/*
 * Fills OUT with rectangles, up to CHANGES_MAX, that cover all pixels in which B differs from A, and returns how many.
 * They are few and not larger than need be when to look at one costs its area grown by REACH pixels on each side. All
 * of B when A is of another size or kind.
 */
size_t changes_find(const struct gray *a, const struct gray *b, uint32_t reach, struct region out[CHANGES_MAX]);

#endif
