/*
 * charset.h - text of DICOM files to UTF-8 and back
 *
 * Every Specific Character Set (0008,0005) of PS3.3 C.12.1.1.2: single-byte ones,
 * those with ISO 2022 code extensions (several values, escape sequences, which
 * begin anew at the delimiters that PS3.5 6.1.2.5.3 names), and those without (UTF-8,
 * GB18030, GBK). Decoding never fails, and what it yields encodes to the same bytes,
 * or under code extensions to the same text with escapes as the standard wants them:
 * what is not understood passes through unharmed.
 *
 * A byte that means nothing in the declared set becomes U+F700 plus the byte; where
 * code extensions let the bytes mean one thing in one set and another in the next, what
 * means nothing becomes a private character from U+F0000 on, which knows its set.
 *
 * A backslash in the UTF-8 is a delimiter wherever one is possible: the byte 5C within
 * a character of GBK or JIS is none. The 5C of JIS X 0201 is a yen sign (U+00A5) in
 * ST, LT and UT, where it cannot delimit.
 */
#ifndef UNPHI_DICOM_CHARSET_H
#define UNPHI_DICOM_CHARSET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

#ifdef __cplusplus
extern "C" {
#endif

struct charset;

/*
 * The character set that DECLARED, the LEN bytes of (0008,0005), names; LEN 0 for
 * the default repertoire. The same declaration gives the same object, which lives
 * as long as the process. Terms are taken in any case and with any of space, '_' and
 * '-' between their parts. Refused: a term that the standard does not have. Returns
 * NULL with E filled.
 */
const struct charset *charset_find(const char *declared, size_t len, struct err *e);

/*
 * The set in which the N BYTES of one element are read: C; but where only the default
 * repertoire is declared and bytes are above 127, ISO_IR 192 if they are UTF-8, else
 * ISO_IR 100. Decoding does so by itself; to give such an element another text, encode
 * with what this returned for its old bytes: C has no characters above 127.
 */
const struct charset *charset_of_bytes(const struct charset *c, const char *bytes,
    size_t n);

/*
 * Appends the N bytes of an element of VR as UTF-8 to OUT; and the reverse. Backslashes,
 * and ^ and = in names (PN), delimit. Encoding uses the set that is active, then the
 * declared ones in their order, with escapes as PS3.5 6.1.2.5 wants them; it returns 1
 * when a character is in none of them, with '?' in its place; else both return 0, or
 * -1 with E filled, out of memory.
 */
int charset_decode(const struct charset *c, const char vr[3], const char *bytes,
    size_t n, struct buf *out, struct err *e);
int charset_encode(const struct charset *c, const char vr[3], const char *utf8,
    size_t n, struct buf *out, struct err *e);

/*
 * Appends to OUT, encoded, what a text that was changed may be as the value of an
 * element of VR (PS3.5 Table 6.2-1): each value cut to the characters that the VR allows
 * (AE, CS, SH 16; LO 64; PN 64 a group; ST 1024; LT 10240), CS in upper case, control
 * characters that the VR has none of as spaces, no spaces where values end or before
 * them, and the whole within the 65,534 bytes of a 16-bit length, last values left out.
 * Other VRs are only encoded. Returns as charset_encode does.
 */
int charset_fit(const struct charset *c, const char vr[3], const char *utf8,
    size_t n, struct buf *out, struct err *e);

#ifdef __cplusplus
}
#endif
#endif
