/*
 * strip.h - a line of text made easy to read: upright, dark on white, of one height, without what lies under it
 *
 * Ink is taken for what is thinner than a letter is high: a morphological top-hat leaves the strokes and takes anatomy,
 * panels and gradients away, whatever their levels. What is then too small for a letter, or beside the line, goes too.
 */
#ifndef UNPHI_TEXT_STRIP_H
#define UNPHI_TEXT_STRIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "stream/box.h"
#include "text/picture.h"

#define STRIP_CARETS 8u

/* 8 bits gray, rows follow one another. PIXELS is the owner's to free. */
struct strip {
	uint8_t *pixels;
	uint32_t width, height;
	/* What strip_make sees besides. */
	bool block;	/* of more than one line */
	uint32_t letter;	/* pixels that a capital is high */
	uint32_t top, bottom;	/* rows that the line takes */
	uint32_t caret[STRIP_CARETS];	/* columns where a ^ was, which tesseract's data rarely knows, from the left */
	size_t ncarets;
};

/* How to make a strip. */
struct strip_way {
	bool light;	/* ink is lighter than its paper */
	uint32_t letter;	/* pixels that a capital becomes */
	double stroke;	/* of the letter's height, which no stroke is as thick as; 0 for one level of paper everywhere */
	double white, black;	/* shares of the way from paper to ink, below and above which all is white or black */
	double slant;	/* rows that the line falls in each column to its right: taken out */
};

/*
 * Cuts box B out of P, which it must lie within: of a coloured image, the gray one in which its colours differ most.
 * Returns 0, or -1 with E filled.
 */
int strip_cut(const struct picture *p, const struct box *b, struct strip *s, struct err *e);

/* Turns a cut by a quarter, clockwise or not. Returns 0, or -1 with E filled. */
int strip_turn(const struct strip *cut, bool clockwise, struct strip *s, struct err *e);

/* Whether ink seems to be lighter than its paper. */
bool strip_light(const struct strip *cut);

/* The slant of a line, for strip_way: that at which its rows differ most, or 0 when none is clear. */
int strip_slant(const struct strip *cut, bool light, double *slant, struct err *e);

/* Makes of a CUT a strip to be read. Returns 0, or -1 with E filled. */
int strip_make(const struct strip *cut, const struct strip_way *way, struct strip *s, struct err *e);

#endif
