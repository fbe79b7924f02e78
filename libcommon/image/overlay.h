/*
 * overlay.h - overlay planes in elements of their own: PS3.3 C.9.2
 *
 * One-bit pictures of any size that lie over frames at any place. Retired ones in
 * unused bits of Pixel Data have no data here; spare.h knows those bits.
 */
#ifndef UNPHI_IMAGE_OVERLAY_H
#define UNPHI_IMAGE_OVERLAY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "dicom/dcm.h"
#include "dicom/object.h"
#include "dicom/scan.h"

struct overlay {
	int64_t rows, columns, frames;
	int64_t x, y;		/* of its first point, from 0 */
	int64_t first;		/* frame that its first one shows over, from 1 */
	bool over_all;		/* one plane, which may show over every frame */
	uint64_t bits;		/* of all planes; they follow without a gap */
	bool swapped;		/* the bytes of each 16-bit word, in the file */
	const struct scan_element *data;	/* Overlay Data, of D's scan */
};

/* Is TAG in a group of overlays (60xx, even)? */
bool overlay_is(uint32_t tag);

/*
 * The overlay of GROUP, which has data, checked. Refused: values out of their
 * range, elements twice, data shorter than they demand. Returns 0 or -1 with E
 * filled.
 */
int overlay_read(struct dcm *d, uint32_t group, struct overlay *o, struct err *e);

/* The same of an object, as its elements are now; DATA is that of its file. */
int overlay_read_object(const struct object *obj, uint32_t group,
    struct overlay *o, struct err *e);

/* The plane, from 0, that shows over frame FRAME, from 1; -1 for none. */
int64_t overlay_plane(const struct overlay *o, uint32_t frame);

/* Point AT, from 0, of all planes: 0 or 1. BITS is Overlay Data, not swapped. */
static inline unsigned
overlay_point(const uint8_t *bits, uint64_t at)
{
	return (unsigned)bits[at / 8] >> at % 8 & 1u;
}

/*
 * Clears the points [X, X+W) by [Y, Y+H) of PLANE, counted from its own first point
 * and as far as they exist; or those that follow the last plane, and so are of none.
 * Returns how many were set.
 */
uint64_t overlay_clear(const struct overlay *o, uint8_t *bits, int64_t plane,
    int64_t x, int64_t y, int64_t w, int64_t h);
uint64_t overlay_clear_rest(const struct overlay *o, uint8_t *bits);

#endif
