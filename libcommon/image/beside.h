/*
 * beside.h - the bits of a file that lie beside its samples, as a picture
 *
 * Overlay planes (overlay.h) and bits of pixel words that hold no sample (spare.h)
 * show text that no rendering of samples shows.
 */
#ifndef UNPHI_IMAGE_BESIDE_H
#define UNPHI_IMAGE_BESIDE_H

#include <stdint.h>

#include "base/err.h"
#include "dicom/dcm.h"
#include "dicom/pixels.h"

struct beside;

/*
 * Reads what the header of D, which P describes, says of its overlays. Refused:
 * an overlay that overlay.h refuses. Returns 0 with *OUT to be freed, which
 * borrows D and P, or -1 with E filled.
 */
int beside_new(struct dcm *d, const struct pixels *p, struct beside **out,
    struct err *e);
void beside_free(struct beside *b);	/* NULL is none */

/*
 * Shades each of the Columns times Rows pixels of frame FRAME, whose stored words
 * are STORED: each combination of bits that occurs in the
 * frame has a shade of its own, evenly spread up to 255. So no plane can hide in
 * another. Points of an overlay beyond the frame are not shown. Returns 0, or -1
 * with E filled.
 */
int beside_shade(struct beside *b, const void *stored, uint32_t frame,
    uint8_t *shade, struct err *e);

#endif
