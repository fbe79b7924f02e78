/*
 * ink.h - ink laid on a frame so that it is shown as it was meant
 *
 * A colour is what VIEW_VOI of render.h shows, 0 to 255. What goes into the frame
 * are the stored values that are shown so, found backwards through rescale, VOI
 * LUT or window, MONOCHROME1 and palette (the nearest entry), or as YCbCr: PS3.3
 * C.7.6.3.1.2. A gray image takes the luma of a colour. Values stay within Bits
 * Stored, and none is Pixel Padding Value. Of all values that are shown alike that
 * nearest to the middle of the window is taken, so that the range of an image
 * which has no window stays. A frame of one value is taken to be shown from the
 * least to the greatest value that Bits Stored can hold.
 */
#ifndef UNPHI_IMAGE_INK_H
#define UNPHI_IMAGE_INK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "dicom/dcm.h"
#include "dicom/pixels.h"

struct ink;

/*
 * Ink for the frames of D, which P describes; both are borrowed. Refused: gray of
 * more than 16 bits, a palette that cannot be read. Returns 0 with *OUT to be freed
 * by the caller, or -1 with E filled.
 */
int ink_new(struct dcm *d, const struct pixels *p, struct ink **out,
    struct err *e);
void ink_free(struct ink *k);

/* Are there no shades between ink and what is beneath: one bit, a palette? */
bool ink_is_hard(const struct ink *k);

/*
 * Takes PIXELS, frame FRAME as pixels.h delivers it and without ink, for what ink
 * is laid on next. Returns 0 or -1.
 */
int ink_take(struct ink *k, uint32_t frame, const uint8_t *pixels,
    struct err *e);

/* The same, and *LIGHT is Columns times Rows of luma as shown; borrowed. */
int ink_light(struct ink *k, uint32_t frame, const uint8_t *pixels,
    const uint8_t **light, struct err *e);

/* ITU-R BT.601: how light a colour is, 0 to 255. */
uint8_t ink_luma(const uint8_t rgb[3]);

/*
 * Lays RGB on N pixels of a row from (X, Y) on: COVER of 255 parts of it and the
 * rest what PIXELS shows there. Two pixels that share their chroma get that of the
 * lesser cover, so that a pixel without cover stays as it is.
 */
void ink_lay(struct ink *k, uint8_t *pixels, uint32_t x, uint32_t y, uint32_t n,
    const uint8_t *cover, const uint8_t rgb[3]);

#endif
