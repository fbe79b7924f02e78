/*
 * j2k.h - JPEG 2000 and HTJ2K frames through OpenJPEG
 *
 * A raw codestream (T.800 Annex A), as PS3.5 8.2.4 demands, or one in a JP2
 * wrapper, which is met in files all the same. DCMTK has no decoder for these.
 */
#ifndef UNPHI_DICOM_J2K_H
#define UNPHI_DICOM_J2K_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "dicom/codestream.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Reads all markers and packet headers: j2k_header.h, j2k_packets.h say what is
 * refused. C->lossless is of this frame alone: after redaction the frames of a
 * lossy image may be of both kinds. Returns 0, or -1 with E filled.
 */
int j2k_describe(const uint8_t *code, size_t len, struct codestream *c,
    struct err *e);

/*
 * Decodes a frame that agrees with C, interleaved, into OUT: little-endian
 * words of WORD bytes (1, 2, 4) that hold C's precision; EXTEND repeats the top
 * bit of unsigned samples above the precision, for a header that calls them
 * signed. OUT holds width * height * components * WORD bytes. Refused: what
 * j2k_describe refuses, and damage that OpenJPEG notices, be it by a warning
 * only. Bytes changed within a code-block are seldom noticed: they have no check
 * of their own. Returns 0 or -1 with E filled.
 */
int j2k_decode(const uint8_t *code, size_t len, const struct codestream *c,
    size_t word, bool extend, void *out, struct err *e);

/*
 * Appends to CODE the FRAME coded reversibly by Part 1 (5/3 wavelet; RCT where
 * LIKE transforms its components): words as j2k_decode delivers them, of which
 * the low C->precision bits count. The frame is coded as LIKE is, another one
 * of the same image or of a part of it: tiles, code-blocks, levels, precincts,
 * progression, image offset, SOP, EPH, PLT and TLM markers. It has one layer, one
 * part a tile, and no JP2 wrapper (PS3.5 8.2.4), so Photometric Interpretation
 * must say what a wrapper said. Not copied: regions of interest, changes of
 * progression, what is particular to a component or tile; small code-blocks and
 * markers for which OpenJPEG has no room. Refused: a LIKE that is not of C's
 * kind, more than J2K_ENCODE_MAX_BITS, code longer than the samples (noise of 1
 * bit). May run in several threads. Returns 0, or -1 with E filled and CODE
 * unchanged.
 */
#define J2K_ENCODE_MAX_BITS 22	/* its coder has 32-bit words */
int j2k_encode(const uint8_t *like, size_t like_len, const struct codestream *c,
    const uint8_t *frame, size_t word, struct buf *code, struct err *e);

#ifdef __cplusplus
}
#endif
#endif
