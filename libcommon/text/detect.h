/*
 * detect.h - where text is in an image: the text net, its answers made into boxes of lines
 *
 * The net sees the image at its own size; at twice when its short side is below 400 pixels, which finds text under 7
 * pixels; at half when it is above 1200, which finds text over 70. Large images are seen in tiles that overlap so far
 * that the answers are those of the whole.
 */
#ifndef UNPHI_TEXT_DETECT_H
#define UNPHI_TEXT_DETECT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "stream/box.h"
#include "stream/pnm.h"

/* An 8-bit gray image; rows follow one another. ROOM bytes are allocated. */
struct gray {
	uint8_t *pixels;
	uint32_t width, height;
	size_t room;
};

/*
 * An image as the net sees it. Coloured text may be as bright as its ground, so a coloured image has a second gray one:
 * the greatest of red, green and blue. Start with a zeroed struct; its memory is reused.
 */
struct picture {
	struct gray luma, greatest;
	bool coloured;
};
void picture_free(struct picture *p);
/*
 * Fills P from an image. Samples of 16 bits are stretched from least to most: raw values fill little of their range.
 * Returns 0, or -1 with E filled.
 */
int picture_fill(struct picture *p, const struct pnm *from, struct err *e);
/* The gray image in which box B, which lies within it, shows more contrast. */
const struct gray *picture_best(const struct picture *p, const struct box *b);

/* The net with its working memory; one a thread. */
struct detect;
struct detect *detect_new(struct err *e);
void detect_free(struct detect *d);
/*
 * Adds a box to R for each line of text in P, with the net's own confidence; boxes lie within the image and are sorted.
 * Returns 0, or -1 with E filled.
 */
int detect_find(struct detect *d, const struct picture *p, struct box_record *r, struct err *e);

#endif
