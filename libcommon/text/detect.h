/*
 * detect.h - where text is in an image: the text net, its answers made into boxes of lines
 *
 * The net sees the image at its own size; at twice when its short side is below 400 pixels, which finds text under 7
 * pixels; at half when it is above 1200, which finds text over 70. Large images are seen in tiles that overlap so far
 * that the answers are those of the whole.
 */
#ifndef UNPHI_TEXT_DETECT_H
#define UNPHI_TEXT_DETECT_H

#include <stdint.h>

#include "base/err.h"
#include "stream/box.h"
#include "stream/pnm.h"

/* An 8-bit gray image; rows follow one another. */
struct gray {
	uint8_t *pixels;
	uint32_t width, height;
	size_t room;
};
void gray_free(struct gray *g);
/* Gives G that size; its memory, zeros at first, is reused and its pixels are not defined. Returns 0, or -1. */
int gray_shape(struct gray *g, uint32_t width, uint32_t height, struct err *e);
/*
 * Makes G the luma of P. Samples of 16 bits are stretched from least to most: raw values fill little of their range.
 * Returns 0, or -1 with E filled.
 */
int gray_from_pnm(struct gray *g, const struct pnm *p, struct err *e);

/* The net with its working memory; one a thread. */
struct detect;
struct detect *detect_new(struct err *e);
void detect_free(struct detect *d);
/*
 * Adds a box to R for each line of text in G, with the net's own confidence; boxes lie within the image and are sorted.
 * Returns 0, or -1 with E filled.
 */
int detect_find(struct detect *d, const struct gray *g, struct box_record *r, struct err *e);

#endif
