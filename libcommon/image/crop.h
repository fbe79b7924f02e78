/*
 * crop.h - the matrix cut, and every coordinate that goes with it
 *
 * A crop is a rectangle of the stored frames, all of them. What speaks of places
 * in the matrix moves along: Image Position (Patient) at the top and in
 * functional groups, ultrasound regions and their reference pixels, shutters,
 * collimators, overlay origins. Spacing and pixel aspect do not change.
 */
#ifndef UNPHI_IMAGE_CROP_H
#define UNPHI_IMAGE_CROP_H

#include <stdint.h>

#include "base/err.h"
#include "dicom/dcm.h"
#include "dicom/pixels.h"
#include "dicom/splice.h"
#include "image/rects.h"

/*
 * OUT becomes P cut to R. Refused: a rectangle that is not within the image;
 * odd edges where two pixels share their chroma. Returns 0 or -1 with E filled.
 */
int crop_pixels(const struct pixels *p, const struct rect *r,
    struct pixels *out, struct err *e);

/* Cuts FRAME, which P describes, in place. */
void crop_frame(const struct pixels *p, const struct rect *r, uint8_t *frame);

/*
 * Edits the header of D, by SP. Refused: whole-slide tiles and volumes, whose
 * positions are a grid; positions without the orientation and spacing that
 * would move them. Returns 0 or -1 with E filled.
 */
int crop_header(struct dcm *d, const struct rect *r, struct splice *sp,
    struct err *e);

#endif
