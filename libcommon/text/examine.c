/* examine.c - see examine.h */
#include "text/examine.h"

#include <stdlib.h>

struct examiner {
	const struct examine_options *o;
	struct engines *engines;
	struct ocr *ocr;	/* loaded when the first line wants reading */
	struct picture picture;
};

struct examiner *
examiner_new(const struct examine_options *o, struct err *e)
{
	struct examiner *x = calloc(1, sizeof *x);

	if (x == NULL) {
		err_set(e, "out of memory");
		return NULL;
	}
	x->o = o;
	if ((x->engines = engines_new(&o->engines, &o->reading, e)) == NULL) {
		free(x);
		return NULL;
	}
	return x;
}

void
examiner_free(struct examiner *x)
{
	if (x == NULL)
		return;
	engines_free(x->engines);
	ocr_free(x->ocr);
	picture_free(&x->picture);
	free(x);
}

static int
read_lines(struct examiner *x, struct box_record *r, struct err *e)
{
	for (size_t i = 0; i < r->nboxes; i++) {
		struct box *b = &r->boxes[i];

		if (b->text != NULL)	/* found by reading */
			continue;
		if (x->ocr == NULL && (x->ocr = ocr_new(&x->o->reading, x->o->memory, e)) == NULL)
			return -1;
		if (ocr_read(x->ocr, &x->picture, b, e) < 0)
			return -1;
	}
	return 0;
}

int
examine(struct examiner *x, const struct pnm *p, struct box_record *r, struct engine_failures *f, struct err *e)
{
	box_clear(r);
	if (picture_fill(&x->picture, p, e) < 0 || engines_find(x->engines, &x->picture, x->o->strict, r, f, e) < 0 ||
	    (!x->o->no_text && read_lines(x, r, e) < 0))
		return -1;
	for (size_t i = r->nboxes; i-- > 0;) {
		if (x->o->no_text && box_set(&r->boxes[i].text, NULL, e) < 0)
			return -1;
		if (r->boxes[i].conf >= 0 && r->boxes[i].conf < x->o->conf_min)
			box_drop(r, i);
	}
	box_sort(r);
	return 0;
}
