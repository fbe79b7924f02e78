/*
 * utf8.h - UTF-8, read and written one character at a time
 */
#ifndef UNPHI_BASE_UTF8_H
#define UNPHI_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define UTF8_MAX 4	/* bytes of a character */

/*
 * The character at P, of which N bytes are there, into *U. Returns its bytes, or 0
 * when they are no UTF-8: cut, overlong, a surrogate, above U+10FFFF (RFC 3629).
 */
size_t utf8_read(const char *p, size_t n, uint32_t *u);

/* Are all N bytes at P such characters? */
bool utf8_is_valid(const char *p, size_t n);

/* Writes U to P, which has room for UTF8_MAX bytes. Returns how many it took. */
size_t utf8_write(char *p, uint32_t u);

#ifdef __cplusplus
}
#endif
#endif
