/*
 * score.h - how well the boxes that were found cover the lines that there are
 *
 * An image is a frame of a file that the truth speaks of; where it does so by
 * frame 0, each of its frames is. What truth and findings say of frame 0 is
 * added to every frame, and several records of a frame are united. Files match
 * by their full names; of those left over, by base name, where just one on each
 * side has it.
 *
 * A line of the truth is found when nine tenths of its box, cut to the image, are
 * covered by boxes, however many. Found area is false where it is outside of the
 * truth's boxes grown by SCORE_PAD. Boxes of the truth marked "optional": true
 * count neither way. box-score(1) has the definitions in full.
 */
#ifndef UNPHI_STREAM_SCORE_H
#define UNPHI_STREAM_SCORE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"

#define SCORE_PAD 6u		/* pixels; what a box that is drawn a little wide may cover */
#define SCORE_BOXES_MAX 65536u	/* on one image; that evaluator's rule costs the square of it */
#define SCORE_KEYS_MAX 8u	/* keys to group by */

/* Lines, and what became of them. */
struct score_lines {
	uint64_t lines, found;
	uint64_t matched;	/* by Presidio's rule */
	double area, covered;	/* pixels */
};

struct score_result {
	uint64_t images, absent;	/* absent: images without a record of findings */
	uint64_t ambiguous;	/* files whose base name is not theirs alone */
	uint64_t strangers;	/* records of files that are not in the truth */
	struct score_lines all, phi;
	double right, wrong;	/* pixels found within lines grown by SCORE_PAD; and false ones */
	double false_mean, false_p90, false_max;	/* share of an image */
	uint64_t positives, true_positives;	/* by Presidio's rule */
	const char *file;	/* borrowed: the one that made score_sum fail, or NULL */
};

/* Lines that share the value of a key. */
struct score_group {
	const char *key, *value;	/* "-" for those without */
	struct score_lines lines;
};

/* What to tell of each line that was missed and each box with false area. */
struct score_place {
	const char *file;
	uint32_t frame;		/* 0 for all frames that no record tells apart */
	uint32_t x, y, w, h;
	double share;		/* of its area: covered, or false */
};
struct score_watch {
	int (*missed)(void *arg, const struct score_place *p, struct err *e);
	int (*wrong)(void *arg, const struct score_place *p, struct err *e);
	void *arg;
};

struct score;
/*
 * BY lists keys of the truth's boxes, or records, to group lines by: KEY, or
 * KEY:STEP for numbers in classes of that width; NULL for none. Returns NULL with
 * E filled when it is malformed, and for the key "text", which is never shown.
 */
struct score *score_new(const char *by, struct err *e);
void score_free(struct score *s);

/* All of the truth first, then all that was found. Return 0, or -1 with E filled. */
int score_truth(struct score *s, FILE *in, struct err *e);
int score_found(struct score *s, FILE *in, struct err *e);

/* Once, at the end. WATCH may be NULL; its failure is passed on. Returns 0 or -1. */
int score_sum(struct score *s, const struct score_watch *watch, struct score_result *r,
    struct err *e);

/* After that: groups by key, in the order of BY, and value; NULL at I past the last. */
const struct score_group *score_group(const struct score *s, size_t i);

#endif
