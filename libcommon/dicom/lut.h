/*
 * lut.h - what the header says on how stored values become grey or colour
 *
 * Modality LUT (PS3.3 C.11.1), VOI LUT (C.11.2), their functional groups in
 * enhanced objects (C.7.6.16.2.9, C.7.6.16.2.10), Palette Color Lookup Table
 * (C.7.9). Values only: nothing is applied here.
 */
#ifndef UNPHI_DICOM_LUT_H
#define UNPHI_DICOM_LUT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "dicom/dcm.h"
#include "dicom/pixels.h"

#ifdef __cplusplus
extern "C" {
#endif

struct lut {
	uint32_t entries;	/* 1 to 65536; 0 when there is no table */
	int32_t first;		/* the input that entry 0 is for */
	uint32_t bits;		/* of an entry: 1 to 16 */
	uint16_t *data;
};

enum lut_function {	/* VOI LUT Function (0028,1056): PS3.3 C.11.2.1.2-3 */
	LUT_LINEAR, LUT_LINEAR_EXACT, LUT_SIGMOID
};

struct lut_grey {
	struct lut modality;	/* or, without entries: */
	double slope, intercept;
	struct lut voi;		/* or, without entries, if windowed: */
	bool windowed;
	double centre, width;	/* width above 0 */
	enum lut_function function;
};

/*
 * What applies to FRAME (from 1): the per-frame functional group, else the
 * shared one, else the top level; the first VOI LUT, else the first window.
 * A window without a positive width is none. OUT is replaced and to be freed by
 * lut_grey_free; start with a zeroed struct. Refused: a table that is shorter
 * than its descriptor says, a slope of 0. Returns 0, or -1 with OUT empty.
 */
int lut_grey_read(struct dcm *d, const struct pixels *p, uint32_t frame,
    struct lut_grey *out, struct err *e);
void lut_grey_free(struct lut_grey *g);

struct lut_palette {
	struct lut red, green, blue;	/* same entries, first and bits */
	/*
	 * Supplemental (C.7.6.19): MONOCHROME2, coloured from FIRST on, grey
	 * below.
	 */
	bool supplemental;
};

/*
 * The palette, its segments expanded (C.7.9.2). Returns 1; 0 when the image has
 * none and needs none; -1 with E filled when it is missing, contradicts itself
 * or is shorter than said. Start with a zeroed struct.
 */
int lut_palette_read(struct dcm *d, const struct pixels *p,
    struct lut_palette *out, struct err *e);
void lut_palette_free(struct lut_palette *l);

/* Pixel Padding Value (0028,0120) to its Range Limit (0028,0121), if any. */
bool lut_padding(struct dcm *d, const struct pixels *p, int32_t *low,
    int32_t *high);

#ifdef __cplusplus
}
#endif
#endif
