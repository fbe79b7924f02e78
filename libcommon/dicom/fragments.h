/*
 * fragments.h - which fragments of encapsulated Pixel Data make which frame
 *
 * PS3.5 A.4 and PS3.3 C.7.6.3.1.8 (Extended Offset Table). Decided here alone,
 * for all who read frames or write them again.
 */
#ifndef UNPHI_DICOM_FRAGMENTS_H
#define UNPHI_DICOM_FRAGMENTS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "dicom/pixels.h"
#include "dicom/scan.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Groups the fragments of S into FRAMES frames by their number, the Basic Offset
 * Table, the Extended Offset Table, or by where a codestream begins. FIRST
 * holds FRAMES + 1 numbers: frame I (from 0) has the fragments FIRST[I] up to
 * FIRST[I + 1] of s->fragments. Every fragment belongs to a frame and every frame
 * has one. Refused: tables that point elsewhere, and a codestream that begins
 * inside of a frame: a picture that the header does not count.
 */
int fragments_index(const struct scan *s, enum pixels_coding coding,
    uint32_t frames, size_t *first, struct err *e);

#ifdef __cplusplus
}
#endif
#endif
