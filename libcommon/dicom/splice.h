/*
 * splice.h - a DICOM file written again as its own bytes, but for named edits
 *
 * Nothing is parsed into values and encoded anew: the output is byte ranges of
 * the original with top-level elements replaced, inserted or removed between
 * them, so that all else keeps its bytes, its order and its quirks. An edit that
 * would change nothing is no edit, and the retired group length (gggg,0000) of
 * a group that changes is dropped (PS3.5 7.2); (0002,0000) is made right.
 *
 * Output goes to a file descriptor that can be written anywhere, in three parts:
 * splice_front, then Pixel Data (7FE0,0010) either way, then splice_back.
 */
#ifndef UNPHI_DICOM_SPLICE_H
#define UNPHI_DICOM_SPLICE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "dicom/scan.h"

#define SPLICE_SEQUENCE_MAX ((size_t)1 << 20)	/* bytes of one to be added to */

struct splice;

/* S is borrowed for the life of the splice. Returns NULL out of memory. */
struct splice *splice_new(const struct scan *s, struct err *e);
void splice_free(struct splice *p);

/*
 * Each sets the value of a top-level element, replacing it where it is or
 * inserting it before the first greater tag. Refused: a tag that occurs twice.
 * The value is encoded as the data set is. Return 0, or -1 with E filled.
 */
int splice_text(struct splice *p, uint32_t tag, const char vr[2],
    const char *text, struct err *e);	/* CS, LO, SH, UI: padded to even */
int splice_us(struct splice *p, uint32_t tag, uint16_t value, struct err *e);
int splice_ss(struct splice *p, uint32_t tag, int16_t a, int16_t b,
    struct err *e);	/* two values */
int splice_bytes(struct splice *p, uint32_t tag, const char vr[2],
    const void *bytes, size_t n, struct err *e);	/* as they are */

/* Removes a top-level element, every one of that tag. Absent: no edit. */
int splice_remove(struct splice *p, uint32_t tag, struct err *e);

/*
 * Makes N bytes at OFFSET of the original zero wherever they are copied: part of
 * a value whose length stays. Where an edit sets that value splice_front refuses.
 */
#define SPLICE_BLANKS_MAX ((size_t)4096)
int splice_blank(struct splice *p, uint64_t offset, uint64_t n, struct err *e);

/*
 * Adds an item with Code Value, Coding Scheme Designator and Code Meaning
 * (PS3.3 8.8) to the sequence TAG, which is made if absent, unless an item with
 * that value and scheme is there.
 */
int splice_code(struct splice *p, uint32_t tag, const char *value,
    const char *scheme, const char *meaning, struct err *e);

/* Sets Transfer Syntax UID (0002,0010). Refused without file meta information. */
int splice_syntax(struct splice *p, const char *uid, struct err *e);

/* Writes all that comes before Pixel Data to FD, from its byte 0 on. */
int splice_front(struct splice *p, int fd, struct err *e);

/* Writes Pixel Data as it is; *VALUE is where in FD its value begins. */
int splice_pixels(struct splice *p, uint64_t *value, struct err *e);

/* Writes the header of another one; LENGTH 0xffffffff is undefined length. */
int splice_pixels_head(struct splice *p, const char vr[2], uint32_t length,
    struct err *e);

/*
 * Encapsulated, writes the head of an item of LENGTH bytes: the offset table or a
 * fragment; and after the last one their end (PS3.5 A.4).
 */
int splice_item(struct splice *p, uint32_t length, struct err *e);
int splice_items_end(struct splice *p, struct err *e);

/* Writes more of it: bytes, or bytes of the original. */
int splice_put(struct splice *p, const void *bytes, size_t n, struct err *e);
int splice_copy(struct splice *p, uint64_t offset, uint64_t n, struct err *e);

/* Writes all that comes after Pixel Data, zero bytes after the end included. */
int splice_back(struct splice *p, struct err *e);

/* Where the next byte goes. */
uint64_t splice_at(const struct splice *p);

/* Where in FD the value of the edited element TAG lies, once written; else 0. */
uint64_t splice_where(const struct splice *p, uint32_t tag);

/* Overwrites bytes that were written before; or N of them by zeros. */
int splice_patch(struct splice *p, uint64_t at, const void *bytes, size_t n,
    struct err *e);
int splice_zero(struct splice *p, uint64_t at, uint64_t n, struct err *e);

/*
 * What was written to PLAIN, a deflated original's splice, becomes a file with
 * a deflated data set in FD (PS3.5 A.5), from its byte 0 on.
 */
int splice_deflate(const struct splice *p, int plain, int fd, struct err *e);

#endif
