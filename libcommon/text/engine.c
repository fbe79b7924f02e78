/* engine.c - see engine.h */
#include "text/engine.h"

#include <stdlib.h>
#include <string.h>

#include "text/cells.h"
#include "text/detect.h"
#include "text/engine_internal.h"

static void *
net_open(const struct ocr_options *w, struct err *e)
{
	(void)w;
	return detect_new(e);
}

static void
net_close(void *own)
{
	detect_free(own);
}

static int
net_find(void *own, const struct picture *p, struct box_record *r, struct err *e)
{
	return detect_find(own, p, r, e);
}

const struct engine engine_table[ENGINES] = {
	{"net", "a small neural net; the default", net_open, net_close, net_find},
	{"ocr", "tesseract on the whole image", engine_ocr_open, engine_ocr_close, engine_ocr_find},
	{"edge", "edges and contours", NULL, NULL, engine_edge_find},
	{"threshold", "white and dark letters on a line", NULL, NULL, engine_threshold_find},
	{"strips", "header and footer, whatever is in them", NULL, NULL, engine_strips_find},
};

PIX *
engine_pix(const struct gray *g, struct err *e)
{
	PIX *p = g->width > INT32_MAX || g->height > INT32_MAX ? NULL :
	    pixCreate((l_int32)g->width, (l_int32)g->height, 8);

	if (p == NULL) {
		err_set(e, "the image is too large for leptonica");
		return NULL;
	}
	for (uint32_t y = 0; y < g->height; y++) {
		l_uint32 *row = pixGetData(p) + (size_t)y * (size_t)pixGetWpl(p);

		for (uint32_t x = 0; x < g->width; x++)
			SET_DATA_BYTE(row, x, g->pixels[(size_t)y * g->width + x]);
	}
	return p;
}

int
engine_box(struct box_record *r, l_int32 x, l_int32 y, l_int32 w, l_int32 h, l_int32 grow, uint32_t width,
    uint32_t height, struct err *e)
{
	int64_t x0 = (int64_t)x - grow, y0 = (int64_t)y - grow, x1 = (int64_t)x + w + grow, y1 = (int64_t)y + h + grow;

	x0 = x0 < 0 ? 0 : x0;
	y0 = y0 < 0 ? 0 : y0;
	x1 = x1 > width ? width : x1;
	y1 = y1 > height ? height : y1;
	if (x1 <= x0 || y1 <= y0)
		return 0;
	return box_add(r, (uint32_t)x0, (uint32_t)y0, (uint32_t)(x1 - x0), (uint32_t)(y1 - y0), NULL, e);
}

int
engine_each_gray(const struct picture *p, int (*find)(const struct gray *g, struct box_record *r, struct err *e),
    struct box_record *r, struct err *e)
{
	return find(&p->luma, r, e) < 0 || (p->coloured && find(&p->greatest, r, e) < 0) ? -1 : 0;
}

int
engine_parse(const char *names, struct engine_list *l, struct err *e)
{
	struct engine_list wanted = {.count = 0};

	for (const char *s = names;; s++) {
		size_t n = strcspn(s, ","), i = 0;

		while (i < ENGINES && (strlen(engine_table[i].name) != n || memcmp(engine_table[i].name, s, n) != 0))
			i++;
		if (i == ENGINES)
			return err_set(e, "no such engine");
		for (size_t k = 0; k < wanted.count; k++)
			if (wanted.at[k] == i)
				return err_set(e, "an engine is named twice");
		wanted.at[wanted.count++] = i;
		s += n;
		if (*s == '\0')
			break;
	}
	*l = wanted;
	return 0;
}

struct engines {
	const struct engine_list *list;
	const struct ocr_options *reading;
	void *own[ENGINES];
	bool broken[ENGINES];	/* it could not be opened, and is not tried again */
	struct err why[ENGINES];
};

struct engines *
engines_new(const struct engine_list *l, const struct ocr_options *w, struct err *e)
{
	struct engines *s = calloc(1, sizeof *s);

	if (s == NULL) {
		err_set(e, "out of memory");
		return NULL;
	}
	setMsgSeverity(L_SEVERITY_NONE);	/* leptonica's own diagnostics */
	s->list = l;
	s->reading = w;
	return s;
}

void
engines_free(struct engines *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < ENGINES; i++)
		if (s->own[i] != NULL)
			engine_table[i].close(s->own[i]);
	free(s);
}

/* Engine I of the table. What it found before it failed is as true as the rest. */
static int
engine_run(struct engines *s, size_t i, const struct picture *p, struct box_record *r, struct err *e)
{
	if (s->own[i] == NULL && !s->broken[i] && engine_table[i].open != NULL &&
	    (s->own[i] = engine_table[i].open(s->reading, &s->why[i])) == NULL)
		s->broken[i] = true;
	if (s->broken[i]) {
		*e = s->why[i];
		return -1;
	}
	return engine_table[i].find(s->own[i], p, r, e);
}

int
engines_find(struct engines *s, const struct picture *p, bool strict, struct box_record *r,
    struct engine_failures *f, struct err *e)
{
	size_t done = 0;

	memset(f, 0, sizeof *f);
	for (size_t k = 0; k < s->list->count; k++) {
		size_t i = s->list->at[k];

		if (engine_run(s, i, p, r, &f->why[i]) == 0) {
			done++;
			continue;
		}
		f->failed[i] = true;
		if (strict || (done == 0 && k + 1 == s->list->count)) {
			*e = f->why[i];
			return -1;
		}
	}
	if (s->list->count > 1)
		lines_unite(r);
	box_sort(r);
	return 0;
}
