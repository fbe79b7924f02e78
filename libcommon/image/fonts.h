/*
 * fonts.h - fonts by family, file or folder, and lines of text drawn by them
 *
 * Scalable fonts alone. FreeType reads them, fontconfig finds families, cairo
 * draws; the same text, font and libraries give the same pixels.
 */
#ifndef UNPHI_IMAGE_FONTS_H
#define UNPHI_IMAGE_FONTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define FONTS_EM_MIN 4u		/* pixels: below, letters are none */
#define FONTS_EM_MAX 1024u
#define FONTS_TEXT_MAX 512u	/* bytes of a line */

struct fonts;

struct fonts *fonts_new(struct err *e);
void fonts_free(struct fonts *f);

/*
 * Adds NAME. With a slash or the name of a file: that file, or all fonts below that
 * folder (.ttf, .otf, .ttc, .pfb) in the order of their names. Else a family as
 * fontconfig knows it, also "DejaVu Sans:bold", or serif, sans-serif, monospace.
 * Refused: what is no scalable font, a folder without one, a family that is not
 * installed. Returns 0, or -1 with E filled.
 */
int fonts_add(struct fonts *f, const char *name, struct err *e);

size_t fonts_count(const struct fonts *f);

/* Has font I, from 0, a letter for each character of TEXT, which is UTF-8? */
bool fonts_can(struct fonts *f, size_t i, const char *text);

struct fonts_look {
	uint32_t em;		/* the font's size in pixels */
	double angle;		/* degrees anticlockwise */
	bool hard;		/* each pixel all ink or none */
	/* Of the paper around and under the letters: */
	uint32_t outline;	/* this many pixels around them; 0: none */
	uint32_t shadow;	/* they once more, so far down and to the right */
	uint32_t box;		/* 1 + pixels of a box beyond them; 0: none */
};

/* A line drawn: how much of each pixel is covered, 0 to 255, row by row. */
struct fonts_drawn {
	uint32_t w, h;		/* of all that is covered */
	uint8_t *ink, *paper;	/* W times H each: letters, and what is under them */
	uint32_t ink_x, ink_y, ink_w, ink_h;	/* the bound of INK that is not 0 */
};

/*
 * Draws TEXT by font I. What is covered by less than a 16th is not covered. OUT is
 * replaced; start with a zeroed struct and free it by fonts_drawn_free. Refused: no
 * UTF-8, text without ink, a drawing of more than 65535 columns or rows. Returns 0,
 * or -1 with E filled.
 */
int fonts_draw(struct fonts *f, size_t i, const char *text,
    const struct fonts_look *look, struct fonts_drawn *out, struct err *e);
void fonts_drawn_free(struct fonts_drawn *d);

#endif
