/*
 * frames.h - the frames of a stream in order, told apart by file and view
 */
#ifndef UNPHI_STREAM_FRAMES_H
#define UNPHI_STREAM_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"
#include "stream/pnm.h"

/* Views of a file that are followed; if there are more, some share the last place. */
#define FRAMES_LANES 4u

/* Start with a zeroed struct. */
struct frame {
	/*
	 * Its key is always filled. A plain image is named by its stream and counted; its images and frames are 0, since how
	 * many come is not known yet.
	 */
	struct pnm image;
	size_t lane;	/* the place of its view */
	bool first;	/* of its file */
	bool repeat;	/* pixel for pixel the frame before it in its lane */
};
void frame_free(struct frame *f);

struct frames;
struct frames *frames_new(struct err *e);
void frames_free(struct frames *s);
/* Another stream begins: its plain images are counted from 1. */
void frames_start(struct frames *s);
/* NAME is the file of plain images. Returns 1 for a frame, 0 at the end of the stream, -1 with E filled. */
int frames_read(struct frames *s, FILE *in, const char *name, struct frame *f, struct err *e);

#endif
