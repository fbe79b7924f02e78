/*
 * jpeg_lossless.h - frames coded anew by JPEG process 14, as they were coded
 *
 * ITU-T T.81 Annex H (PS3.5 8.2.1): each sample is predicted from its
 * neighbours, the difference modulo 65536 is coded by a Huffman table.
 * Decoding is jpeg.h's.
 */
#ifndef UNPHI_DICOM_JPEG_LOSSLESS_H
#define UNPHI_DICOM_JPEG_LOSSLESS_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "dicom/codestream.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Appends to CODE a codestream of FRAME that is coded as LIKE is, of which
 * codestream_jpeg said C, whose width and height may have been changed to
 * FRAME's: precision, component identifiers, scans, predictors,
 * and all of its APPn, COM and other segments byte for byte. Different are the
 * Huffman tables, best for these samples; restart intervals, which are dropped;
 * and a point transform, which took bits from LIKE's samples and takes none now.
 *
 * A LIKE of another process gives its identifiers, APPn (JFIF's APP0 excepted)
 * and COM segments; the rest is one scan by predictor 1, fit for the syntax .70.
 *
 * FRAME holds C->height rows of C->width pixels, components interleaved, in
 * little-endian words of WORD bytes (1, 2, 4) of which the low C->precision bits
 * count. Returns 0, or -1 with E filled and CODE's length as it was: LIKE is
 * lossless with subsampled components, or memory is out.
 *
 * CODE may come out of an odd length. Calls may run in parallel.
 */
int jpeg_lossless_encode(const uint8_t *like, size_t like_len,
    const struct codestream *c, const uint8_t *frame, size_t word,
    struct buf *code, struct err *e);

#ifdef __cplusplus
}
#endif
#endif
