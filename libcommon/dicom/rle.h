/*
 * rle.h - frames coded by RLE Lossless: PS3.5 Annex G
 *
 * Our own, because DCMTK's has no 1-bit images and hides where a frame ends.
 */
#ifndef UNPHI_DICOM_RLE_H
#define UNPHI_DICOM_RLE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Decodes a frame of COUNT pixels of SAMPLES samples of BYTES bytes into OUT,
 * interleaved little-endian words: COUNT * SAMPLES * BYTES bytes. Refused:
 * another number of segments, segments out of order or beyond LEN, one that
 * ends before COUNT bytes. What a segment holds beyond them is ignored, as
 * encoders pad. Returns 0 or -1 with E filled.
 */
int rle_decode(const uint8_t *code, size_t len, size_t count, size_t samples,
    size_t bytes, uint8_t *out, struct err *e);

#ifdef __cplusplus
}
#endif
#endif
