/*
 * engine_ocr.c - tesseract on the whole page, as scripts around it do: its words, joined to lines
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <tesseract/capi.h>

#include "text/engine_internal.h"

#define WORD_CONF 0	/* of 100: a word that it doubts is still text, as scripts around it have it */
#define SIDE_BEST 1000	/* pixels that the shorter side is scaled up to: small letters want it */
#define SCALE_MAX 3
#define PIXELS_MAX 32e6	/* of the scaled page */
#define GROW 2	/* pixels around a line */

void *
engine_ocr_open(const struct ocr_options *w, struct err *e)
{
	return ocr_new(w, NULL, e);
}

void
engine_ocr_close(void *own)
{
	ocr_free(own);
}

/* A line of words that follow one another. */
struct line {
	int x0, y0, x1, y1, words;
	double conf;	/* the sum of its words' */
	char *text;
};

static int
line_put(struct line *l, double scale, const struct gray *g, struct box_record *r, struct err *e)
{
	l_int32 x = (l_int32)(l->x0 / scale), y = (l_int32)(l->y0 / scale);
	int got = 0;

	if (l->words > 0) {
		size_t n = r->nboxes;

		got = engine_box(r, x, y, (l_int32)(l->x1 / scale) + 1 - x, (l_int32)(l->y1 / scale) + 1 - y, GROW, g->width,
		    g->height, e);
		if (got == 0 && r->nboxes > n) {
			r->boxes[n].conf = l->conf / l->words / 100;
			r->boxes[n].text = l->text;
			l->text = NULL;
		}
	}
	free(l->text);
	memset(l, 0, sizeof *l);
	return got;
}

/* Takes the bytes of WORD to the line's text. */
static int
line_add(struct line *l, const char *word, float conf, int x0, int y0, int x1, int y1, struct err *e)
{
	size_t n = l->text == NULL ? 0 : strlen(l->text);
	char *text = realloc(l->text, n + strlen(word) + 2);

	if (text == NULL)
		return err_set(e, "out of memory");
	l->text = text;
	if (n > 0)
		text[n++] = ' ';
	for (; *word; word++)	/* control bytes never reach a box list */
		if ((unsigned char)*word > ' ' && *word != 0x7f)
			text[n++] = *word;
	text[n] = '\0';
	l->x0 = l->words == 0 || x0 < l->x0 ? x0 : l->x0;
	l->y0 = l->words == 0 || y0 < l->y0 ? y0 : l->y0;
	l->x1 = x1 > l->x1 ? x1 : l->x1;
	l->y1 = y1 > l->y1 ? y1 : l->y1;
	l->words++;
	l->conf += conf;
	return 0;
}

static int
words_to_lines(TessResultIterator *at, double scale, const struct gray *g, struct box_record *r, struct err *e)
{
	const TessPageIterator *page = TessResultIteratorGetPageIteratorConst(at);
	struct line l = {0};
	int got = 0;

	do {
		int x0, y0, x1, y1;
		float conf = TessResultIteratorConfidence(at, RIL_WORD);
		char *word = TessResultIteratorGetUTF8Text(at, RIL_WORD);

		if (word != NULL && *word != '\0' && *word != ' ' && conf >= WORD_CONF &&
		    TessPageIteratorBoundingBox(page, RIL_WORD, &x0, &y0, &x1, &y1)) {
			/* Columns far from one another are lines of their own. */
			if (l.words > 0 && (TessPageIteratorIsAtBeginningOf(page, RIL_TEXTLINE) ||
			    x0 - l.x1 > 2 * (y1 - y0) || y0 >= l.y1 || y1 <= l.y0))
				got = line_put(&l, scale, g, r, e);
			if (got == 0)
				got = line_add(&l, word, conf, x0, y0, x1, y1, e);
		}
		TessDeleteText(word);
	} while (got == 0 && TessResultIteratorNext(at, RIL_WORD));
	if (got == 0)
		return line_put(&l, scale, g, r, e);
	free(l.text);
	return -1;
}

int
engine_ocr_find(void *own, const struct picture *p, struct box_record *r, struct err *e)
{
	TessBaseAPI *engine = ocr_tesseract(own);
	const struct gray *g = &p->luma;
	uint32_t side = g->width < g->height ? g->width : g->height;
	double scale = (double)SIDE_BEST / side, most = sqrt(PIXELS_MAX / ((double)g->width * g->height));
	PIX *page = engine_pix(g, e), *scaled;
	TessResultIterator *at;
	int got = 0;

	if (page == NULL)
		return -1;
	scale = scale > SCALE_MAX ? SCALE_MAX : scale < 1 ? 1 : scale;
	scale = scale > most ? most : scale;
	scaled = pixScale(page, (l_float32)scale, (l_float32)scale);
	pixDestroy(&page);
	if (scaled == NULL)
		return err_set(e, "out of memory");
	TessBaseAPISetVariable(engine, "tessedit_do_invert", "1");	/* light text on dark is usual */
	TessBaseAPISetPageSegMode(engine, ocr_psm(own) ? (TessPageSegMode)ocr_psm(own) : PSM_SPARSE_TEXT);
	TessBaseAPISetImage2(engine, scaled);
	TessBaseAPISetSourceResolution(engine, 300);
	if (TessBaseAPIRecognize(engine, NULL) != 0) {
		got = err_set(e, "tesseract failed");
	} else if ((at = TessBaseAPIGetIterator(engine)) != NULL) {	/* or there is no text */
		got = words_to_lines(at, scale, g, r, e);
		TessResultIteratorDelete(at);
	}
	TessBaseAPIClear(engine);
	pixDestroy(&scaled);
	return got;
}
