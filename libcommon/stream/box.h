/*
 * box.h - box lists: what was found in each image examined, one line an image
 *
 * Whole pixels, origin at the top left of the stored frame, y downwards; a box
 * covers [x, x+w) by [y, y+h). Frames count from 1, as Referenced Frame Number
 * (0008,1160) does; 0 stands for every frame. The line format is box-list(5).
 * The same keys, less the boxes, travel in the header comment of a frame.
 */
#ifndef UNPHI_STREAM_BOX_H
#define UNPHI_STREAM_BOX_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/err.h"

#define BOX_COORD_MAX 65535u	/* Rows and Columns are US: PS3.3 C.7.6.3 */
#define BOX_LINE_MAX ((size_t)64 << 20)	/* bytes; more is not a box list */

struct box {
	uint32_t x, y, w, h;	/* w and h at least 1; x+w, y+h <= BOX_COORD_MAX+1 */
	char *text;		/* what was read, or NULL */
	double conf;		/* 0 to 1; negative when not given */
	char *phi;		/* kind of PHI, or NULL */
	json_t *extra;		/* keys that we do not know, or NULL */
};

struct box_record {
	char *file;		/* as given to the source; never NULL once read */
	char *by;		/* the program that made the record */
	uint32_t image, images;	/* 1 <= image <= images */
	uint32_t frame, frames;	/* 0 <= frame <= frames, 1 <= frames */
	char *view;		/* or NULL */
	uint32_t width, height;	/* Columns and Rows of the stored frame */
	struct box *boxes;
	size_t nboxes, capboxes;
	json_t *extra;		/* keys that we do not know, or NULL */
};

/* Start with a zeroed record. These free what R holds; R is zeroed again. */
void box_record_free(struct box_record *r);

/* Replaces the string *FIELD by a copy of S (or NULL). Returns 0 or -1. */
int box_set(char **field, const char *s, struct err *e);

/* Copies all but the boxes. Returns 0, or -1 with DST unchanged. */
int box_record_copy_keys(struct box_record *dst, const struct box_record *src,
    struct err *e);

/*
 * Adds a box by its geometry, with no text; B may be NULL where the caller does
 * not want its address, which holds until the next call. Returns 0 or -1.
 */
int box_add(struct box_record *r, uint32_t x, uint32_t y, uint32_t w,
    uint32_t h, struct box **b, struct err *e);

/* Adds a copy of box FROM, with all that is known of it. Returns 0 or -1. */
int box_add_copy(struct box_record *r, const struct box *from, struct err *e);

/* Frees the boxes, keeps the rest. */
void box_clear(struct box_record *r);

/* Frees box I; the last one takes its place. */
void box_drop(struct box_record *r, size_t i);

/* Sorts boxes by y, x, h, w: the order that does not depend on their maker. */
void box_sort(struct box_record *r);

/*
 * Cuts the boxes to WIDTH by HEIGHT of the record and removes those that lie
 * outside altogether.
 */
void box_clip(struct box_record *r);

/*
 * Reads the next record into R, replacing its contents. Returns 1 for a record,
 * which may hold no boxes; 0 at the end of the stream; -1 with E filled when a
 * line is malformed, too long or cut. LINE counts lines, for E.
 */
int box_read(FILE *in, struct box_record *r, uint64_t *line, struct err *e);

/*
 * Writes R as one line in one write, and flushes unless OUT is a regular file.
 * Returns 0, or -1 with E filled.
 */
int box_write(FILE *out, const struct box_record *r, struct err *e);

/* The keys of one JSON text, no boxes demanded: the header of a frame. */
int box_keys_parse(const char *text, size_t len, struct box_record *r,
    struct err *e);
int box_keys_format(const struct box_record *r, struct buf *out, struct err *e);

#endif
