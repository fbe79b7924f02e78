/*
 * charset_tables.h - the characters of coded character sets, both ways
 *
 * For charset.c alone. From share/charsets.txt, which is inside of the program:
 * the system's iconv differs between systems, and may lack sets.
 */
#ifndef UNPHI_DICOM_CHARSET_TABLES_H
#define UNPHI_DICOM_CHARSET_TABLES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/* By what they are designated to and their bytes (PS3.3 Tables C.12-2 to C.12-5). */
enum code_set {
	SET_NONE,
	SET_6, SET_14,		/* G0, one byte: ASCII and JIS X 0201 Romaji; no tables */
	SET_100, SET_101, SET_109, SET_110, SET_144, SET_127, SET_126, SET_138,
	SET_148, SET_203, SET_166, SET_13,	/* G1, one byte */
	SET_87, SET_159,	/* G0, two bytes */
	SET_149, SET_58,	/* G1, two bytes */
	SET_18030,		/* two bytes and four, by itself: GB 18030, GBK */
	SETS
};

/* Reads the table of S, once; not by two threads at a time. 0, or -1 with E filled. */
int tables_load(enum code_set s, struct err *e);

/*
 * The character of CODE, or 0: a byte of a0-ff; two bytes without their high bits;
 * two bytes of GB 18030. And the code of a character, or 0.
 */
unsigned tables_char(enum code_set s, unsigned code);
unsigned tables_code(enum code_set s, uint32_t character);

/* GB 18030 of four bytes below U+10000, counted from 81308130; false for none. */
bool tables_four_char(unsigned index, uint32_t *character);
bool tables_four_index(uint32_t character, unsigned *index);

#endif
