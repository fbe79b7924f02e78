/*
 * fill.h - what goes into a box, in stored values that are right for the data
 *
 * A fill is chosen by what a viewer shows, then expressed as stored values:
 *
 * black, white: the darkest and the lightest value that Bits Stored can hold.
 *     MONOCHROME1, a negative Rescale Slope and a falling Modality or VOI LUT turn
 *     them round; signed data go from -2^(n-1); a palette gives the index of its
 *     darkest and its lightest entry; in YBR the luma is 0 or full (16 or 235 in YBR_PARTIAL) and the
 *     chroma neutral.
 * min, max: the smallest and largest value (YBR: luma) that the frame holds, so
 *     that a window computed from the image stays. RGB: of all three samples, as
 *     a gray. Palette: the darkest and lightest entry that the frame uses.
 * background: the commonest value of the pixels that touch the box from outside
 *     and lie in no box; of several equally common ones the smallest; black when
 *     there is no such pixel.
 * contrast: black or white, whichever is farther from background.
 * mean: the mean of those pixels, sample by sample, halves rounded upwards; of
 *     those with Pixel Padding Value only if there are no others; black when
 *     there is none. A palette has no mean: background.
 * telea, ns: what inpaint.h makes of the pixels that lie in no box, sample by
 *     sample, rounded; black when there is none. Indexes of a palette are no
 *     quantity: background.
 * noise: each pixel is one of those, chosen by a generator whose seed is the
 *     number of the frame and the place and size of the box, and nothing else.
 *     Padding and black as for mean.
 * text: lines of filler words (lettering.h) on background, as dark or as light as
 *     anything in the frame but outside of boxes, whichever is farther from it.
 *     The generator's seed is that of noise.
 * test: shows where boxes are, and leaves what is in them to be read: a border
 *     and diagonal lines in a colour, where many boxes meet around all of them.
 *     Gray: between the smallest and the largest value of the frame, as light as
 *     the colour. Palette: the nearest entry.
 *
 * Every fill but min, max and test is a function of the number of the frame, the
 * pixels outside of the boxes, and the boxes: what was in them has no part.
 *
 * Inside a box the bits outside of Bits Stored are cleared, so that nothing
 * hides there; above the high bit of signed data they repeat the sign, because
 * many readers take the whole word.
 */
#ifndef UNPHI_IMAGE_FILL_H
#define UNPHI_IMAGE_FILL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "dicom/dcm.h"
#include "dicom/pixels.h"
#include "image/rects.h"
#include "stream/pnm.h"

enum fill_mode {
	FILL_BLACK, FILL_WHITE, FILL_MIN, FILL_MAX, FILL_BACKGROUND, FILL_CONTRAST,
	FILL_MEAN,		/* to here one value for all of a box */
	FILL_TELEA, FILL_NS, FILL_NOISE, FILL_TEXT, FILL_TEST
};

struct fill_style {
	enum fill_mode mode;
	bool bold;		/* FILL_TEXT */
	uint8_t rgb[3];		/* FILL_TEST */
};

/*
 * The mode of that name; its name. Returns true, or false for no such mode, as
 * "test" is none, for it hides nothing.
 */
bool fill_mode_parse(const char *name, enum fill_mode *mode);
const char *fill_mode_name(enum fill_mode mode);

/*
 * A colour: red, green, blue, yellow, magenta, cyan, white, gray or #RRGGBB.
 * Returns true, or false for anything else.
 */
bool fill_colour_parse(const char *name, uint8_t rgb[3]);

struct fill;

/*
 * A fill for the frames of D as pixels_frame delivers them, or for the images of
 * a PNM stream that look like P. Refused: a palette that cannot be read.
 */
struct fill *fill_new(const struct fill_style *style, struct dcm *d,
    const struct pixels *p, struct err *e);
struct fill *fill_new_pnm(const struct fill_style *style, const struct pnm *p,
    struct err *e);
void fill_free(struct fill *f);

/* Does it look at the frame? */
bool fill_needs_frame(const struct fill *f);

/* Has each box one value, which fill_values tells? */
bool fill_is_flat(const struct fill *f);

/*
 * The words, not yet in any byte order, that fill each of BOXES: one a sample,
 * or luma and the two chroma. V holds BOXES->n of them. FRAME is as pixels.h
 * delivers it, before any box was filled; NULL will do if fill_needs_frame is
 * false. For a flat fill. Returns 0 or -1.
 */
int fill_values(const struct fill *f, const uint8_t *frame,
    const struct rects *boxes, uint32_t (*v)[3], struct err *e);

/*
 * Fills all BOXES, which lie within FRAME, NUMBER NUMBER from 1, in order: later
 * ones on top. Where the data are 4:2:2, their edges are even (rects_even). May
 * run in many threads at a time. Returns 0 or -1.
 */
int fill_apply(const struct fill *f, uint32_t number, uint8_t *frame,
    const struct rects *boxes, struct err *e);

#endif
