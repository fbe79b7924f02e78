/*
 * jpeg_ls.h - JPEG-LS frames decoded, and coded anew as they were
 *
 * ITU-T T.87 (PS3.5 8.2.3), 2 to 16 bits, 1 or 3 components, with the colour
 * transforms that HP's codec marks in APP8 ("mrfx"). Not through CharLS: built
 * with its assertions, as distributions do, it ends the process on some input.
 */
#ifndef UNPHI_DICOM_JPEG_LS_H
#define UNPHI_DICOM_JPEG_LS_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "dicom/codestream.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Decodes CODE, of which codestream_jpeg said C, into OUT: components
 * interleaved, the colour transform undone, in little-endian words of WORD bytes
 * (1, 2, 4), the bits above C->precision 0. OUT holds width * height *
 * components * WORD bytes and is undefined after a failure. Refused: a stream
 * that is cut or has more code than samples, mapping tables, scans of some of
 * the components or in another order. Returns 0, or -1 with E filled. Calls may
 * run in parallel.
 */
int jpeg_ls_decode(const uint8_t *code, size_t len, const struct codestream *c,
    size_t word, void *out, struct err *e);

/*
 * Appends to CODE a codestream of FRAME without loss that is coded as LIKE is,
 * of which codestream_jpeg said C, whose width and height may have been changed
 * to FRAME's: interleaving, preset parameters, colour transform, component
 * identifiers, and all other segments byte for byte. Dropped are restart
 * intervals, and preset parameters that were for NEAR above 0 or cannot hold a
 * sample of FRAME.
 *
 * FRAME is as jpeg_ls_decode delivers; bits above C->precision do not count.
 * Returns 0, or -1 with E filled and CODE's length as it was. CODE may come out
 * of an odd length. Calls may run in parallel.
 */
int jpeg_ls_encode(const uint8_t *like, size_t like_len,
    const struct codestream *c, const uint8_t *frame, size_t word,
    struct buf *code, struct err *e);

#ifdef __cplusplus
}
#endif
#endif
