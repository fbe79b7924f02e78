/*
 * plain.h - records of a stream of plain images wait for its end, which alone tells how many there are
 */
#ifndef UNPHI_STREAM_PLAIN_H
#define UNPHI_STREAM_PLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"
#include "stream/box.h"

/* Start with a zeroed struct. */
struct plain {
	struct box_record *records;
	size_t count, room;
};
void plain_free(struct plain *p);

/* Takes the contents of R, which is zeroed. Returns 0, or -1 with E filled. */
int plain_add(struct plain *p, struct box_record *r, struct err *e);

/*
 * The stream ended: writes what waits, as records of one file of N frames, and of N images where that is 0. If the stream is not WHOLE - it was cut, or an
 * image has no record - nothing is written: it must not look complete. Nothing waits then. Returns 0, or -1 with E filled.
 */
int plain_end(struct plain *p, FILE *out, uint32_t n, bool whole, struct err *e);

#endif
