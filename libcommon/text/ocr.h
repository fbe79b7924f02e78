/*
 * ocr.h - what a line of text says, read by tesseract
 *
 * The line is cut out and made easy to read (strip.h), and read in one way; where that reading is not sure, in others,
 * and the surest counts. What was read once is remembered by its very pixels, so a still overlay on many frames is read
 * once; the answer does not depend on what was read before.
 */
#ifndef UNPHI_TEXT_OCR_H
#define UNPHI_TEXT_OCR_H

#include "base/err.h"
#include "stream/box.h"
#include "text/picture.h"

/* Readings by pixels, of a bounded number of lines; shared by all threads. Neither returns NULL but out of memory. */
struct ocr_memory;
struct ocr_memory *ocr_memory_new(struct err *e);
void ocr_memory_free(struct ocr_memory *m);

/* What the user asks of tesseract, in its own terms. */
struct ocr_options {
	const char *lang;	/* such as "eng" or "eng+deu" */
	const char *whitelist;	/* the characters that text is made of, or NULL for any */
	int psm;	/* page segmentation mode for every line, or 0 to choose by what the line looks like */
};

/* One engine, one a thread. W and M are borrowed. */
struct ocr;
struct TessBaseAPI;
struct ocr *ocr_new(const struct ocr_options *w, struct ocr_memory *m, struct err *e);
void ocr_free(struct ocr *o);
/* The engine itself, borrowed, and the mode that the user asked for or 0: for whole pages. */
struct TessBaseAPI *ocr_tesseract(struct ocr *o);
int ocr_psm(const struct ocr *o);

/*
 * Reads what lies in box B of P and sets its text, which may be empty, and its conf, 0 to 1. Returns 0, or -1 with E
 * filled.
 */
int ocr_read(struct ocr *o, const struct picture *p, struct box *b, struct err *e);

#endif
