/*
 * stamp.h - lines of text burned into the frames of an image
 *
 * Where lines go, what they say and how they look is chosen by a generator whose
 * seed is the caller's, the image's SOP Instance UID (0008,0018) and, where each
 * frame has its own, the number of the frame. They are written by redact.h, for
 * which stamp_boxes and stamp_draw are made, and lie within the frame, apart from
 * one another.
 */
#ifndef UNPHI_TEXT_STAMP_H
#define UNPHI_TEXT_STAMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "dicom/dcm.h"
#include "dicom/pixels.h"
#include "image/fonts.h"
#include "image/rects.h"
#include "stream/box.h"
#include "stream/framelist.h"
#include "stream/pnm.h"

#define STAMP_LINES_MAX 256u
#define STAMP_LEGIBLE 45	/* levels of 255 that ink differs by if it can */

struct stamp_text {
	const char *text;	/* UTF-8 */
	const char *phi;	/* its kind, or NULL */
};

enum stamp_style {
	STAMP_PLAIN, STAMP_OUTLINE, STAMP_BOX, STAMP_SHADOW,
	STAMP_STYLES
};
const char *stamp_style_name(enum stamp_style s);

enum stamp_place { STAMP_CORNERS, STAMP_RANDOM, STAMP_POINT };
enum stamp_polarity { STAMP_AUTO, STAMP_LIGHT, STAMP_DARK };

/* Of each of them one is chosen for each line. */
struct stamp_options {
	uint64_t seed;
	struct fonts *fonts;	/* at least one */
	const struct stamp_text *texts;	/* to be stamped, each of them once; */
	size_t ntexts;		/* 0: invented ones of */
	unsigned kinds;		/* invent.h, 1 << kind, so many of them: */
	uint32_t lines_min, lines_max;
	double size_min, size_max;	/* of an em, small ones as often as large: */
	bool relative;		/* per cent of the shorter side, else pixels */
	unsigned places;	/* 1 << stamp_place */
	double x, y;		/* STAMP_POINT: per cent of the way to the edges */
	enum stamp_polarity polarity;
	uint32_t contrast_min, contrast_max;	/* levels of 255; 0: all there is */
	double opacity_min, opacity_max;	/* 0 to 1 */
	const uint8_t (*colours)[3];	/* none: gray, by polarity and contrast */
	size_t ncolours;
	const int *angles;	/* degrees anticlockwise, at least one */
	size_t nangles;
	unsigned styles;	/* 1 << stamp_style */
	bool soft, hard;	/* edges; both, or one of them */
	struct framelist frames;	/* that are stamped */
	bool per_frame;		/* else the same lines on all of those */
};

struct stamp;

/*
 * Stamps for the frames of D, which P describes; all is borrowed. Refused: what
 * ink.h refuses, and frames that are not there. Returns 0 with *OUT to be freed by the caller, or -1.
 */
int stamp_new(struct dcm *d, const struct pixels *p,
    const struct stamp_options *o, struct stamp **out, struct err *e);
void stamp_free(struct stamp *s);

/*
 * For redact.h, with a struct stamp as ARG: what is drawn on, and drawing it. Not
 * for several threads. Refused: a given text that no font can write, or that has
 * no room; of invented ones such lines are left out.
 */
int stamp_boxes(void *arg, uint32_t frame, struct rects *out, struct err *e);
int stamp_draw(void *arg, uint32_t frame, uint8_t *pixels, struct err *e);

/*
 * Adds a box for each line of FRAME to R: the bound of its letters, with text, phi
 * and the keys size (of an em, in pixels), style, angle unless it is 0, and contrast: of
 * 255 levels how many the ink is beyond nine tenths of what lies around it.
 */
int stamp_truth(struct stamp *s, uint32_t frame, struct box_record *r,
    struct err *e);

/*
 * Makes OUT, but for its key, the mask of FRAME: 0 where nothing was drawn, 1 for
 * what is around letters (outline, shadow, box), 2 to 255 for their ink by how much
 * of the pixel it covers. So all that is above 1 has the boxes of stamp_truth for
 * its bounds.
 */
int stamp_mask(struct stamp *s, uint32_t frame, struct pnm *out, struct err *e);

#endif
