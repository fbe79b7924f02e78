/*
 * cells.h - boxes of lines from how likely each cell of an image is text
 */
#ifndef UNPHI_TEXT_CELLS_H
#define UNPHI_TEXT_CELLS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "stream/box.h"
#include "text/picture.h"

/* Working memory. Start with a zeroed struct. */
struct cells {
	const struct gray *sure;
	uint32_t *label;	/* component of each cell, 0 for none */
	uint32_t *stack;
	size_t room;	/* cells that label and stack hold */
};
void cells_free(struct cells *c);

/*
 * At which size cells see an image: UP pixels for DOWN of the image's, for images whose short side is within SIDE_MIN
 * to SIDE_MAX; lines are taken that are LINE_MIN to LINE_MAX high. All in pixels of the image.
 */
struct scale {
	uint32_t up, down;
	uint32_t side_min, side_max;
	uint32_t line_min, line_max;
	double mean;	/* probability of a line's cells, at least; what tells text from clutter */
};

/*
 * Adds to R a box, with its confidence, for each group of cells that is text. SURE holds probabilities in 255ths, one a
 * cell of NET_CELL pixels, of an image of WIDTH by HEIGHT seen at scale S. Returns 0, or -1 with E filled.
 */
int cells_lines(struct cells *c, const struct gray *sure, const struct scale *s, uint32_t width, uint32_t height,
    struct box_record *r, struct err *e);

/* Two scales see the same line: boxes that mostly lie in one another become one, unless that would cover much else. */
void lines_unite(struct box_record *r);

/*
 * Boxes that hold several lines of P become one a line, without a gap: they cover what they covered. Returns 0, or -1
 * with E filled.
 */
int lines_split(const struct picture *p, struct box_record *r, struct err *e);

/*
 * Takes from each side of the boxes the rows and columns of P in which nothing is drawn, all of one value but for noise,
 * less a margin: the net's cells and doubts are coarser than that.
 */
void lines_trim(const struct picture *p, struct box_record *r);

#endif
