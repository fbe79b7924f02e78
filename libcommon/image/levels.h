/*
 * levels.h - levels of a frame, spread so that none hides beside another
 *
 * Text hides one level off a ground, where no window shows it. A ground is either
 * flat, and then its level holds much of the frame, or noise next to the darkest
 * or brightest level that there is. So a level is shown by how many levels of the
 * frame lie between it and the nearest ground, by logarithm: the first steps away
 * from a ground are large, and those far away never vanish. Only levels that occur
 * count: a padding value far from all others is as near as any.
 */
#ifndef UNPHI_IMAGE_LEVELS_H
#define UNPHI_IMAGE_LEVELS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct levels;	/* of one channel of one frame at a time */

/*
 * For values from LEAST on, of BITS bits: a table up to 16, above 16 a list of
 * all. Returns 0 with *OUT to be freed, or -1 with E filled.
 */
int levels_new(int32_t least, uint32_t bits, struct levels **out, struct err *e);
void levels_free(struct levels *l);	/* NULL is none */

/* A new frame begins. */
void levels_clear(struct levels *l);

/* N values of the frame, each STEP behind the one before; at most 2^32 - 1 in all. */
int levels_add(struct levels *l, const int32_t *v, size_t n, size_t step,
    struct err *e);

/*
 * After the last value. Grounds are levels of a sixteenth of the values at least,
 * or of a sixth where a neighbour has more; and the first and the last level,
 * unless one of those is near. Where no level has such a share the floor is noise:
 * then distances count in the lowest levels that make a quarter of the values, up
 * to 16 of them. Returns 0, or -1 with E filled.
 */
int levels_spread(struct levels *l, struct err *e);

/* After that, of a value that was added: 0 for a ground, 255 farthest from any. */
uint8_t levels_shade(const struct levels *l, int32_t v);

#endif
