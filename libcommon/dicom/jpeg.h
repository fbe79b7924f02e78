/*
 * jpeg.h - JPEG frames of any process decoded, through DCMTK's copies of libjpeg
 *
 * ITU-T T.81, PS3.5 8.2.1: DCT of 8 and 12 bits, lossless of 2 to 16. libjpeg
 * makes up what a damaged stream lacks and warns; here its first warning is a
 * refusal.
 */
#ifndef UNPHI_DICOM_JPEG_H
#define UNPHI_DICOM_JPEG_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "dicom/codestream.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Decodes CODE, of which codestream_jpeg said C, into OUT: components
 * interleaved, upsampled, not converted to another colour, in little-endian
 * words of WORD bytes (1, 2, 4), the bits above C->precision 0. OUT holds
 * width * height * components * WORD bytes and is undefined after a failure.
 * Refused: a stream that is cut anywhere, or of whose samples libjpeg has any
 * complaint; a process that it cannot decode. A flipped bit that makes another
 * valid stream cannot be known. Returns 0, or -1 with E filled. Calls may run
 * in parallel.
 */
int jpeg_decode(const uint8_t *code, size_t len, const struct codestream *c,
    size_t word, void *out, struct err *e);

#ifdef __cplusplus
}
#endif
#endif
