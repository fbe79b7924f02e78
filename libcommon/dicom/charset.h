/*
 * charset.h - text of DICOM files to UTF-8 and back
 *
 * Every Specific Character Set (0008,0005) of PS3.3 C.12.1.1.2: single-byte ones,
 * those with ISO 2022 code extensions (several values, escape sequences, which
 * begin anew at the delimiters that PS3.5 6.1.2.5.3 names), and those without (UTF-8,
 * GB18030, GBK). Decoding never fails: a byte that means nothing in the declared
 * set becomes U+F700 plus the byte, and encoding gives it back, so that what is not
 * understood passes through unharmed. Bytes above 127 where nothing is declared
 * are read as UTF-8 if they are, else as ISO_IR 100.
 */
#ifndef UNPHI_DICOM_CHARSET_H
#define UNPHI_DICOM_CHARSET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

struct charset;

/*
 * The character set that DECLARED, the LEN bytes of (0008,0005), names; LEN 0 for
 * the default repertoire. The same declaration gives the same object, which lives
 * as long as the process. Refused: a term that the standard does not have. Returns
 * NULL with E filled.
 */
const struct charset *charset_find(const char *declared, size_t len, struct err *e);

/*
 * Appends the N bytes of an element of VR as UTF-8 to OUT; and the reverse. Backslashes,
 * and ^ and = in names (PN), delimit. Encoding uses the declared sets in their order,
 * with escapes as PS3.5 6.1.2.5 wants them; it returns 1 when a character is in none
 * of them, with '?' in its place; else both return 0, or -1 with E filled, out of memory.
 */
int charset_decode(const struct charset *c, const char vr[3], const char *bytes,
    size_t n, struct buf *out, struct err *e);
int charset_encode(const struct charset *c, const char vr[3], const char *utf8,
    size_t n, struct buf *out, struct err *e);

#endif
