/*
 * jpeg.h - boxes of a DCT-coded JPEG frame replaced, coefficient by coefficient
 *
 * ITU-T T.81, 8 bits, Huffman-coded: baseline, extended sequential, progressive
 * (SOF0, SOF1, SOF2). The quantised coefficients of the blocks that touch a box
 * are replaced in every component; all others are coded again as they are, so
 * nothing outside goes through a second loss. Refused: other processes, other
 * than 1 or 3 components, anything of which libjpeg has a complaint but those
 * of header fields without meaning (a JFIF version, an Adobe transform, the
 * spectral selection of a sequential scan), and bytes behind EOI that are more
 * than a residue (codestream.h).
 *
 * Every function returns 0, or -1 with E filled, and may be called in many
 * threads at a time. Memory is bounded by the code's length: a block of 64
 * coefficients takes at least one bit (the code of its DC: T.81 F.1.2.1, G.1.2.1),
 * or the code is refused before anything is allocated.
 */
#ifndef UNPHI_IMAGE_JPEG_H
#define UNPHI_IMAGE_JPEG_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "image/rects.h"

/*
 * Cuts BOXES to the image and moves their edges outwards until no block of any
 * component lies half in a box: to whole MCUs (A.2.4), or to less where no
 * component needs as much; no further than the image. So much has to be filled
 * in the frame before jpeg_replace.
 *
 * Pixels beyond may look changed, though no coefficient is: where components
 * are subsampled, libjpeg and its descendants (DCMTK, GDCM, Pillow) interpolate
 * between chroma samples, so one of these more takes part. That is why
 * jpeg_compare looks at coefficients.
 */
int jpeg_align(const uint8_t *code, size_t len, struct rects *boxes,
    struct err *e);

/*
 * Replaces the contents of OUT by CODE with all blocks in BOXES, which are as
 * jpeg_align made them, taken from FRAME: width * height pixels, components
 * interleaved, of a byte each, as decoded and without conversion of colour.
 * Where components are subsampled its samples are averaged; beyond the right
 * and lower edges the last ones are repeated.
 *
 * A block of one level has a DC alone. Decoded, the level is off by no more than
 * a sixteenth of its quantiser (half a step of DC / 8) and by rounding. At 0 and
 * 255 the DC is rounded outwards, where decoders clamp: black and white are
 * exact for quantisers up to 255, which is all that SOF0 allows.
 *
 * Segments stay as they are, in their order, but for Huffman tables, which are
 * made anew as the coefficients need them; so do the process, the scans and the
 * restart interval. What follows EOI goes. Coefficients that pad MCUs beyond the
 * image, which no decoder shows, stay too where there is one scan; else they
 * repeat the DC of their neighbour.
 */
int jpeg_replace(const uint8_t *code, size_t len, const struct rects *boxes,
    const uint8_t *frame, struct buf *out, struct err *e);

/*
 * Is B what jpeg_replace makes of A with BOXES, which are as jpeg_align made
 * them, and FRAME? That is: all segments but Huffman tables are the same, the
 * scans too, and so is every coefficient outside; inside, they are those of FRAME,
 * or with NULL are not looked at.
 *
 * TOLERANCE then tells, for each component, how far decoded samples may lie from
 * the level of a flat box: a sixteenth of its quantiser, rounded up, and 1 for a
 * decoder's own rounding; 255, which is anything, where its samples are fewer and
 * decoders interpolate.
 */
int jpeg_compare(const uint8_t *a, size_t alen, const uint8_t *b, size_t blen,
    const struct rects *boxes, const uint8_t *frame, uint8_t tolerance[3],
    struct err *e);

#endif
