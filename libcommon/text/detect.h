/*
 * detect.h - where text is in an image: the text net, its answers made into boxes of lines
 *
 * The net sees the image at its own size; at twice when its short side is below 400 pixels, which finds text under 7
 * pixels; at a quarter when it is 512 and more, for lines of 64 pixels and more. Large images are seen in tiles that
 * overlap so far that the answers are those of the whole.
 */
#ifndef UNPHI_TEXT_DETECT_H
#define UNPHI_TEXT_DETECT_H

#include "base/err.h"
#include "stream/box.h"
#include "text/picture.h"

/*
 * The net with its working memory; one a thread. It remembers the last image: what another one has in common with it
 * costs nothing, and the answers are the same.
 */
struct detect;
struct detect *detect_new(struct err *e);
void detect_free(struct detect *d);
/*
 * Adds a box to R for each line of text in P, with the net's own confidence; boxes lie within the image and are sorted.
 * Returns 0, or -1 with E filled.
 */
int detect_find(struct detect *d, const struct picture *p, struct box_record *r, struct err *e);

#endif
