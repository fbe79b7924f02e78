/*
 * complete.h - may a sink act on a file? The completeness rule, in one place
 *
 * A file is complete when for every source (the key `by`) that spoke of it,
 * images 1..images all arrived, and together the records cover every frame:
 * each of 1..frames, or one record with frame 0. Records of one file that
 * contradict each other (images of one source; frames, width, height of any)
 * make it incomplete for good.
 */
#ifndef UNPHI_STREAM_COMPLETE_H
#define UNPHI_STREAM_COMPLETE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"
#include "stream/box.h"

struct complete;	/* all that was said, by file, in order of first mention */
struct complete_file;	/* what was said of one file */

struct complete *complete_new(struct err *e);
void complete_free(struct complete *c);

/* Takes the contents of R, which is zeroed. Returns 0, or -1 out of memory. */
int complete_add(struct complete *c, struct box_record *r, struct err *e);

/*
 * Reads records from IN to its end into C. Returns 0; -1 with E filled when a
 * line is malformed or cut: then nothing that C holds may be acted upon.
 */
int complete_read(struct complete *c, FILE *in, struct err *e);

/* The file of that name, or NULL when no record speaks of it. */
const struct complete_file *complete_find(const struct complete *c,
    const char *file);

/* Files by order of first mention. */
size_t complete_count(const struct complete *c);
const struct complete_file *complete_at(const struct complete *c, size_t i);

/* What all records of the file agree on. */
const char *complete_name(const struct complete_file *f);
uint32_t complete_frames(const struct complete_file *f);
uint32_t complete_width(const struct complete_file *f);
uint32_t complete_height(const struct complete_file *f);

/* All records of the file, in order of arrival. */
size_t complete_nrecords(const struct complete_file *f);
const struct box_record *complete_record(const struct complete_file *f,
    size_t i);

/* Returns 0 when every image of every source arrived; else -1 and the reason. */
int complete_arrived(const struct complete_file *f, struct err *e);

/* As complete_arrived, and every frame is covered. */
int complete_check(const struct complete_file *f, struct err *e);

/*
 * Calls FN for each box that applies to FRAME (1..frames), those of frame 0
 * included, in order of arrival.
 */
void complete_boxes(const struct complete_file *f, uint32_t frame,
    void (*fn)(const struct box *b, void *arg), void *arg);

#endif
