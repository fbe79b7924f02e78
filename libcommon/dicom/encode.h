/*
 * encode.h - a frame coded again without loss, as the one that it replaces
 *
 * PS3.5 8.2, A.4. Whatever syntax it came in, a frame that was changed is coded
 * in the same one wherever that has a lossless form, with the parameters of the
 * codestream that it replaces.
 */
#ifndef UNPHI_DICOM_ENCODE_H
#define UNPHI_DICOM_ENCODE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "dicom/pixels.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The transfer syntax in which frames of P, which is encapsulated, are coded
 * again without loss: P's own, but JPEG Lossless (.70) for JPEG processes that
 * have no lossless form, which then all frames need. NULL: there is no encoder.
 */
const char *encode_syntax(const struct pixels *p);

/*
 * Makes P, which describes RGB frames that no code stands for (of a video), that
 * of frames in JPEG-LS without loss; LIKE becomes a code for encode_frame to
 * follow. Returns 0, or -1 with E filled.
 */
int encode_jpeg_ls(struct pixels *p, struct buf *like, struct err *e);

/*
 * Sets the bits of FRAME that a codestream does not hold as pixels_decode will
 * deliver them: above its precision, zero or the sign.
 */
void encode_normalise(const struct pixels *p, uint8_t *frame);

/*
 * Replaces the contents of CODE by the code of FRAME, which is as pixels.h
 * delivers it, of P's size; LIKE is the code that it replaces. For many threads
 * at a time. Returns 0 or -1 with E filled.
 */
int encode_frame(const struct pixels *p, const uint8_t *like, size_t len,
    const uint8_t *frame, struct buf *code, struct err *e);

#ifdef __cplusplus
}
#endif
#endif
