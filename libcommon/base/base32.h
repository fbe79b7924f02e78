/*
 * base32.h - numbers in digits that nobody mixes up: 0-9, A-Z less I, L, O, U
 */
#ifndef UNPHI_BASE_BASE32_H
#define UNPHI_BASE_BASE32_H

#include <stdbool.h>

#define BASE32_DIGITS_MAX 25	/* of 5 bits each, in 128 */

/* Writes the last DIGITS digits of N, and a NUL. */
void base32_write(unsigned __int128 n, unsigned digits, char *out);

/* Reads DIGITS digits at TEXT into N. False: one of them is none. */
bool base32_read(const char *text, unsigned digits, unsigned __int128 *n);

#endif
