/*
 * carriers.h - what shows a picture, or holds one, beside Pixel Data
 *
 * Overlay planes (PS3.3 C.9.2), curves and their sound (retired), the icon
 * (C.7.6.1.1.6), images inside of sequences, files of pictures in values, mostly
 * of private elements, graphics (C.10.5), the preamble (PS3.10 7.1), trailing padding
 * (PS3.10 7.2). All of it is swept in one pass over the structure of a file, and
 * each find is a line of a report.
 */
#ifndef UNPHI_IMAGE_CARRIERS_H
#define UNPHI_IMAGE_CARRIERS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "dicom/dcm.h"
#include "dicom/pixels.h"
#include "dicom/splice.h"
#include "image/rects.h"

enum carrier_overlays { OVERLAYS_REMOVE, OVERLAYS_REDACT, OVERLAYS_KEEP };
enum carrier_nested { NESTED_BLANK, NESTED_REMOVE };

struct carrier_options {
	enum carrier_overlays overlays;
	enum carrier_nested nested;	/* images inside of standard sequences */
	bool keep_graphics;
};

/* What became of one carrier: N of UNIT. Strings are static. */
struct carrier_line {
	const char *carrier;
	uint32_t tag;
	const char *action, *unit;
	uint64_t n;
};

/* Start with a zeroed struct; the owner frees it. */
struct carrier_report {
	struct carrier_line *lines;
	size_t n;
};

int carrier_add(struct carrier_report *r, const struct carrier_line *line,
    struct err *e);
void carrier_report_free(struct carrier_report *r);

/*
 * Adds to OUT, which is empty, what is to be cleared of frame FRAME, from 1: boxes
 * within the image. Returns 0, or -1 with E filled.
 */
typedef int carrier_fn(void *arg, uint32_t frame, struct rects *out,
    struct err *e);

/*
 * Is it a picture of a slide's label, or of the whole slide with it (PS3.3
 * C.8.12.4.1.1 Image Type, C.8.12.8 Specimen Label in Image)?
 */
bool carriers_is_label(struct dcm *d);

/*
 * Edits SP, the splice of D. Overlays: removed with all of their group; or kept
 * but for the points that lie in a box of BOXES, called with ARG, on any frame
 * that they may show over, or outside of the matrix, or after the last plane; or
 * kept. Curves, icons, graphics, trailing padding and pixels of groups 7Fxx but
 * Pixel Data are removed; so are elements whose value is a picture, those of file
 * meta information among them, and private sequences that hold one. A picture in
 * another sequence becomes zeros, or goes with the whole sequence. The preamble
 * becomes zeros. Refused: a coded picture in a standard sequence that is to become
 * zeros; an overlay that is not as long as it says. Returns 0 or -1 with E filled.
 */
int carriers_sweep(struct dcm *d, const struct pixels *p,
    const struct rect *area, const struct carrier_options *o, carrier_fn *boxes,
    void *arg, struct splice *sp, struct carrier_report *report, struct err *e);

#endif
