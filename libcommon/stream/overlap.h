/*
 * overlap.h - how much of boxes on one image lies in other boxes, exactly
 *
 * Boxes are counted, not drawn: edges divide the image into cells that each lie
 * inside or outside of a box as a whole, so cost follows the square of the number
 * of boxes, never beyond the area, and not the size of the image.
 */
#ifndef UNPHI_STREAM_OVERLAP_H
#define UNPHI_STREAM_OVERLAP_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* What a box is, any of these. */
enum {
	OVERLAP_A = 1,		/* a box of the set A, B or C */
	OVERLAP_B = 2,
	OVERLAP_C = 4,
	OVERLAP_SETS = 8,
	OVERLAP_ASK = 8		/* its INSIDE is wanted */
};

struct overlap_box {
	uint32_t x, y, w, h;	/* covers [x, x+w) by [y, y+h); w and h at least 1 */
	unsigned what;
	/* Filled: pixels of this box, by the sets that cover them: [A | B] for A and B but not C. */
	uint64_t inside[OVERLAP_SETS];
};

struct overlap;			/* memory that is used again for the next image */
struct overlap *overlap_new(struct err *e);
void overlap_free(struct overlap *o);

/*
 * Fills INSIDE of the boxes that ask for it, and ALL, the pixels covered by any
 * set, by the sets that cover them; ALL[0] is left 0. Returns 0, or -1 with E
 * filled.
 */
int overlap_measure(struct overlap *o, struct overlap_box *boxes, size_t n,
    uint64_t all[OVERLAP_SETS], struct err *e);

#endif
