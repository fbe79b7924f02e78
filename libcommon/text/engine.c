/* engine.c - see engine.h */
#include "text/engine.h"

#include <stdlib.h>
#include <string.h>

#include "text/cells.h"
#include "text/detect.h"

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
};

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
	if (s->own[i] == NULL && !s->broken[i] &&
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
