/*
 * jpeg_ls_scan.h - the samples of one scan of JPEG-LS, a line at a time
 *
 * ITU-T T.87 Annex A, and B for scans of several components. What jpeg_ls.c is
 * built on: it knows segments, components and colour, this knows coding. Nobody
 * else includes it.
 */
#ifndef UNPHI_DICOM_JPEG_LS_SCAN_H
#define UNPHI_DICOM_JPEG_LS_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "dicom/codestream.h"

#define JPEG_LS_CONTEXTS 365	/* A.3.4: three gradients in 9 regions, by sign */
#define JPEG_LS_SAMPLE_BYTES 10	/* of code: LIMIT is 64 bits at most, stuffed */

enum { ILV_NONE, ILV_LINE, ILV_SAMPLE };	/* table C.6 */

struct jpeg_ls_params {		/* C.2.4.1.1; what is 0 has its default */
	int32_t maxval, t1, t2, t3, reset;
};

struct jpeg_ls_context {
	uint32_t a, n;		/* sum of magnitudes, how many */
	int32_t b, c;		/* bias, correction */
};

struct jpeg_ls_run_context {
	uint32_t a, n, nn;	/* and how many were negative */
};

struct jpeg_ls_bits {
	uint64_t cache;		/* reading, the upper N bits are next; writing, */
	unsigned n;		/* the lower N are not yet out */
	uint8_t last;		/* byte that went before: 0xff takes a bit */
	const uint8_t *from, *end;
	uint8_t *to;
	bool overrun;		/* read beyond the end, or an impossible value */
};

/* Start with a zeroed struct; the owner frees it with jpeg_ls_scan_free. */
struct jpeg_ls_scan {
	/* The caller's, before it starts the scan: */
	const struct codestream *c;	/* width and precision */
	struct jpeg_ls_params p;
	int32_t near;			/* only 0 is encoded */
	unsigned components, mode;	/* in the scan, 1 or 3 */
	/*
	 * The line at hand of each component. Samples of what is encoded are
	 * within p.maxval; what is decoded always is.
	 */
	int32_t *line[3];
	/* What T.87 A.2 calls the state: */
	int32_t range, quant;
	unsigned qbpp, limit;
	struct jpeg_ls_context context[JPEG_LS_CONTEXTS];
	struct jpeg_ls_run_context run[2];
	unsigned run_index[3];
	struct jpeg_ls_bits bits;
	int32_t *room, *above[3];	/* lines have a sample more at both sides */
	int8_t *region;			/* of gradients from -maxval on: A.3.3 */
};

/* Sets all but what is the caller's. Returns 0, or -1 with E filled. */
int jpeg_ls_scan_start(struct jpeg_ls_scan *s, struct err *e);
void jpeg_ls_scan_free(struct jpeg_ls_scan *s);

/*
 * Decodes from AT on, up to the next marker or END, from the state of a scan's
 * begin. Returns where the code ends.
 */
const uint8_t *jpeg_ls_scan_read(struct jpeg_ls_scan *s, const uint8_t *at,
    const uint8_t *end);

/* The next line. False: the code ended before, or no coder writes it. */
bool jpeg_ls_scan_decode(struct jpeg_ls_scan *s);

/* Was all of the code read, and no more? */
bool jpeg_ls_scan_is_read(struct jpeg_ls_scan *s);

/*
 * Encodes a line at TO, where JPEG_LS_SAMPLE_BYTES for each of its samples and
 * two more are free; the LAST one ends the scan. Returns where the code goes on.
 */
uint8_t *jpeg_ls_scan_encode(struct jpeg_ls_scan *s, uint8_t *to, bool last);

/* After each line that was decoded or encoded: on to the next. */
void jpeg_ls_scan_next(struct jpeg_ls_scan *s);

#endif
