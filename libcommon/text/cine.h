/*
 * cine.h - the frames of one file in time: what was found and has not changed is not lost
 *
 * Frames are given in order, one at a time; memory does not grow with their number. Views are followed each by itself.
 *
 * A box of one frame whose pixels are the same in the next one is a box of that one too, even if what is around it
 * makes the detector doubt. And text that stands still before what moves is clearest in the least (light text) or the
 * greatest (dark text) value that each pixel ever had: these two images are examined at the end.
 */
#ifndef UNPHI_TEXT_CINE_H
#define UNPHI_TEXT_CINE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "stream/box.h"
#include "stream/frames.h"

struct cine;
struct cine *cine_new(struct err *e);
void cine_free(struct cine *c);

/*
 * The next frame is F, whose boxes are those of R, to which those are added that stay; a repeated frame has those of
 * the frame that it repeats. The samples of F are C's then: F gets other memory for them. Returns 0; -1 with E filled
 * when F repeats a frame that has failed.
 */
int cine_frame(struct cine *c, struct frame *f, struct box_record *r, struct err *e);
/* The next frame is F, which could not be examined. */
void cine_failed(struct cine *c, const struct frame *f);

/*
 * Adds to R the boxes of still text that not every frame of this file had, as EXAMINE(ARG, ...) finds them in an image.
 * Returns 0, or -1 with E filled.
 */
int cine_still(struct cine *c, int (*examine)(void *arg, const struct pnm *p, struct box_record *r, struct err *e),
    void *arg, struct box_record *r, struct err *e);
/* Were each of 1..FRAMES examined, in order, in every view that was seen? Then what stands still is on every frame. */
bool cine_whole(const struct cine *c, uint32_t frames);

#endif
