/*
 * redact.h - a DICOM image again, with boxes filled and nothing else changed
 *
 * Uncompressed: the file's bytes, those of the boxes overwritten. Encapsulated:
 * frames without boxes keep their very fragments; the others are coded again
 * without loss in the same syntax (encode.h), so that no image goes through a
 * lossy coder a second time. Of frames that stay the markers are read, and what
 * they hold beside the picture (comments.h) is counted, or becomes zeros in all
 * frames. Bytes of native Pixel Data after the last frame, which nobody has
 * examined, become zero.
 *
 * The marks of PS3.15 E.3.1 are set, for the caller has proof that every frame
 * was examined: Burned In Annotation (0028,0301) NO and (113101, DCM) in
 * De-identification Method Code Sequence (0012,0064). FILL_TEST and what is drawn
 * hide nothing, so there Burned In Annotation becomes YES instead.
 */
#ifndef UNPHI_IMAGE_REDACT_H
#define UNPHI_IMAGE_REDACT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/outfile.h"
#include "dicom/dcm.h"
#include "dicom/pixels.h"
#include "image/carriers.h"
#include "image/fill.h"
#include "image/rects.h"

/*
 * Adds to OUT, which is empty, what is to be filled on FRAME, from 1; it may
 * reach over the edges. Returns 0, or -1 with E filled.
 */
typedef int redact_fn(void *arg, uint32_t frame, struct rects *out,
    struct err *e);

/*
 * What becomes of a video (video.h) that has something to fill, to cut, or a
 * track that nobody has examined, such as sound. One that has none of these keeps
 * its bytes, once all of it was decoded.
 */
enum redact_video {
	REDACT_VIDEO_REFUSE,
	REDACT_VIDEO_FRAMES,	/* its frames without loss, RGB in JPEG-LS */
	REDACT_VIDEO_LOSSY	/* coded again in its syntax, once more lossy */
};

/*
 * Draws on PIXELS, FRAME from 1 as pixels.h delivers it, within what REDACT_FN gave
 * for it; the same whenever it is called. Returns 0, or -1 with E filled.
 */
typedef int redact_draw_fn(void *arg, uint32_t frame, uint8_t *pixels,
    struct err *e);

struct redact {
	struct fill_style fill;
	/*
	 * Not NULL: this is drawn, in place of a fill. Nothing is hidden then, so
	 * nothing else is swept or cleared, and Burned In Annotation becomes YES.
	 * It may be called in several threads at a time, as JOBS says.
	 */
	redact_draw_fn *draw;
	bool keep;		/* fill all but those rectangles */
	bool verify;		/* read the output back and compare it */
	unsigned jobs;		/* threads that decode and code frames, from 1 */
	enum redact_video video;
	struct carrier_options carriers;
	bool clear_comments;	/* of comments.h, in all frames; else they stay */
	const struct rect *crop;	/* what stays of each frame; NULL: all */
	redact_fn *boxes;
	void *arg;		/* of BOXES and DRAW */
};

/* Start with a zeroed struct; carrier_report_free frees what it holds. */
struct redact_report {
	char syntax_in[65], syntax_out[65];
	uint32_t frames, changed;	/* changed: with something to fill or cut */
	uint64_t boxes, pixels;	/* filled, over all frames; pixels once a frame */
	struct carrier_report carriers;
	bool dropped;		/* for the caller: there is to be no output */
};

/*
 * Writes D, which P describes, to O by R and, if R wants it, reads it back and
 * compares every frame: outside of the boxes equal to D's, inside equal to the
 * fill. O is left to the caller, to commit on 0 and to abandon on -1 with E filled.
 */
int redact_dicom(struct dcm *d, const struct pixels *p, const struct redact *r,
    struct outfile *o, struct redact_report *report, struct err *e);

#endif
