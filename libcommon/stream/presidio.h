/*
 * presidio.h - what Presidio's evaluator of image redaction counts as positive
 *
 * The rule of DicomImagePiiVerifyEngine.eval_dicom_instance at its defaults, for
 * which what was found is both the text that was read and the PHI in it.
 */
#ifndef UNPHI_STREAM_PRESIDIO_H
#define UNPHI_STREAM_PRESIDIO_H

#include <stddef.h>

#include "stream/overlap.h"

#define PRESIDIO_TOLERANCE 50u	/* pixels, in each of left, top, width and height */
#define PRESIDIO_SAME 5u	/* pixels; boxes found that are taken for one */

/* What a box is. */
enum {
	PRESIDIO_POSITIVE = 1,	/* in the list of positives; a line: a true one */
	PRESIDIO_DUPLICATE = 2	/* of one found before */
};

/*
 * Fills MARK for each of BOXES: first the lines, its ground truth; then what is
 * optional, never positive, nor is a box found that is like it alone; then what was
 * found. Costs the square of their numbers.
 */
void presidio_mark(const struct overlap_box *boxes, size_t nlines, size_t noptional,
    size_t nfound, unsigned char *mark);

#endif
