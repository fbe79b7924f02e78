/*
 * examine.h - an image examined as the user wants it: text found by engines, and read
 */
#ifndef UNPHI_TEXT_EXAMINE_H
#define UNPHI_TEXT_EXAMINE_H

#include <stdbool.h>

#include "base/err.h"
#include "stream/box.h"
#include "stream/pnm.h"
#include "text/engine.h"
#include "text/ocr.h"

struct examine_options {
	struct engine_list engines;
	bool strict;	/* an engine that fails is the frame's failure */
	bool no_text;	/* boxes are not read, and have no text */
	struct ocr_options reading;
	double conf_min;	/* boxes of less are left out; those without are not */
	struct ocr_memory *memory;
};

/* Engines and all memory for one thread; each part is made when it is first wanted. O is borrowed. */
struct examiner;
struct examiner *examiner_new(const struct examine_options *o, struct err *e);
void examiner_free(struct examiner *x);

/* Fills R with the boxes of image P, sorted, and F with the engines that failed. Returns 0, or -1 with E filled. */
int examine(struct examiner *x, const struct pnm *p, struct box_record *r, struct engine_failures *f, struct err *e);

#endif
