/*
 * htj2k.h - frames coded by High-Throughput JPEG 2000, through OpenJPH
 *
 * ITU-T T.814; PS3.5 10.18. OpenJPEG (j2k.h) describes and decodes
 * these too; it has no encoder.
 */
#ifndef UNPHI_DICOM_HTJ2K_H
#define UNPHI_DICOM_HTJ2K_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "dicom/codestream.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * As j2k_encode, with HT code-blocks. LIKE need not have them. Code in the order
 * RPCL always has TLM, as transfer syntax .202 demands; it demands also that the
 * lowest resolution is 64 or less on a side, which is left to LIKE. Not copied:
 * SOP, EPH and PLT markers, code-block styles. Refused: more than
 * HTJ2K_ENCODE_MAX_BITS.
 */
#define HTJ2K_ENCODE_MAX_BITS 24	/* beyond 26, assertions fail */
int htj2k_encode(const uint8_t *like, size_t like_len,
    const struct codestream *c, const uint8_t *frame, size_t word,
    struct buf *code, struct err *e);

#ifdef __cplusplus
}
#endif
#endif
