/*
 * picture.h - an image as detectors see it: 8 bits, gray and coloured
 */
#ifndef UNPHI_TEXT_PICTURE_H
#define UNPHI_TEXT_PICTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "stream/box.h"
#include "stream/pnm.h"

/* An 8-bit image, gray unless it is said to have three CHANNELS; rows follow one another. ROOM bytes are allocated. */
struct gray {
	uint8_t *pixels;
	uint32_t width, height, channels;
	size_t room;
};
/* Start with a zeroed struct. */
void gray_free(struct gray *g);
/* Gives G that size, reusing its memory; its pixels are then not defined. Returns 0, or -1 with E filled. */
int gray_shape(struct gray *g, uint32_t width, uint32_t height, struct err *e);
int gray_shape_rgb(struct gray *g, uint32_t width, uint32_t height, struct err *e);
/* Makes TO a copy of G, reusing its memory. Returns 0, or -1 with E filled. */
int gray_copy(const struct gray *g, struct gray *to, struct err *e);
/*
 * Makes TO an image of as many channels as G, twice as large or BY times smaller. Twice, each new pixel is 9, 3, 3 and 1
 * sixteenths of the four old ones that are nearest; smaller, it is the mean of BY by BY. Returns 0, or -1 with E filled.
 */
int gray_twice(const struct gray *g, struct gray *to, struct err *e);
int gray_shrink(const struct gray *g, uint32_t by, struct gray *to, struct err *e);
/* The greatest less the least value in box B, which lies within G. */
int gray_contrast(const struct gray *g, const struct box *b);

/*
 * An image as detectors see it. Coloured text may be as bright as its ground, so a coloured image also has its red, green
 * and blue, and a second gray one: the greatest of them. Start with a zeroed struct; its memory is reused.
 */
struct picture {
	struct gray luma, greatest, rgb;
	bool coloured;
};
void picture_free(struct picture *p);
/*
 * Fills P from an image. Samples of 16 bits are stretched from least to most: raw values fill little of their range.
 * Returns 0, or -1 with E filled.
 */
int picture_fill(struct picture *p, const struct pnm *from, struct err *e);
/* P with all that it shows: its colours, or its luma when it has none. */
const struct gray *picture_whole(const struct picture *p);
/* The gray image in which box B, which lies within it, shows more contrast. */
const struct gray *picture_best(const struct picture *p, const struct box *b);

#endif
