/*
 * fold.h - what case and accents leave of a character
 *
 * Folded text is full Unicode case folding without accents, compatible forms (full
 * width, ligatures) as plain ones and katakana as hiragana: share/letters.tsv. So "ß"
 * and "SS", "Ή" and "η", "é" and "E" are one.
 */
#ifndef UNPHI_DEID_FOLD_H
#define UNPHI_DEID_FOLD_H

#include <stddef.h>
#include <stdint.h>

enum fold_class {
	FOLD_OTHER,	/* spaces, punctuation, symbols, control characters */
	FOLD_UPPER,	/* an upper case letter */
	FOLD_LETTER,	/* a lower case letter, or one of a script without case */
	FOLD_SOLID,	/* of a script that has no spaces between words: Han, kana, Hangul, Thai */
	FOLD_MARK,	/* an accent, which folds to nothing */
	FOLD_DIGIT
};

#define FOLD_BYTES_MAX 8	/* what one character folds to, with its NUL */

enum fold_class fold_class(uint32_t code);

/* Writes what CODE folds to, UTF-8 without a NUL; returns its length, 0 for an accent. */
size_t fold_char(uint32_t code, char out[FOLD_BYTES_MAX]);

/* The upper case of CODE, of the alphabets of Europe; another character is itself. */
uint32_t fold_upper(uint32_t code);

#endif
