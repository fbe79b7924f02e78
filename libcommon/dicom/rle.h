/*
 * rle.h - frames coded by RLE Lossless: PS3.5 Annex G
 *
 * Our own, because DCMTK's has no 1-bit images and hides where a frame ends.
 */
#ifndef UNPHI_DICOM_RLE_H
#define UNPHI_DICOM_RLE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Decodes a frame of COUNT pixels of SAMPLES samples of BYTES bytes into OUT,
 * interleaved little-endian words: COUNT * SAMPLES * BYTES bytes. Refused:
 * another number of segments, segments out of order or beyond LEN, one that
 * ends before COUNT bytes; and bytes beyond them, or between the header and the
 * first segment, that are not padding (0, or 128, which says nothing: G.3.2).
 * Returns 0 or -1 with E filled.
 */
int rle_decode(const uint8_t *code, size_t len, size_t count, size_t samples,
    size_t bytes, uint8_t *out, struct err *e);

/*
 * Appends the coded FRAME to OUT: ROWS by COLUMNS pixels of SAMPLES interleaved
 * little-endian words of BYTES bytes each, as pixels.h delivers them. Each byte
 * of each sample is a segment, most significant first (G.2); no run crosses the
 * end of a row (G.3.1). SAMPLES * BYTES is 15 at most. Returns 0, or -1 with E
 * filled.
 */
int rle_encode(const uint8_t *frame, uint32_t rows, uint32_t columns,
    uint32_t samples, size_t bytes, struct buf *out, struct err *e);

#ifdef __cplusplus
}
#endif
#endif
