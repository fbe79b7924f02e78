/* complete: the completeness rule; see complete.h. */
#include "stream/complete.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/size.h"

struct complete_file {
	struct box_record *records;
	size_t n, cap;
	bool at_odds;		/* records contradict each other */
	struct complete_file *next;	/* in its chain */
};

struct complete {
	struct complete_file **files;	/* by first mention */
	size_t n, cap;
	struct complete_file **chains;	/* hashed by name */
	size_t nchains;			/* a power of two */
};

struct complete *
complete_new(struct err *e)
{
	struct complete *c = calloc(1, sizeof *c);

	if (c == NULL)
		err_set(e, "out of memory");
	return c;
}

void
complete_free(struct complete *c)
{
	struct complete_file *f;
	size_t i, j;

	if (c == NULL)
		return;
	for (i = 0; i < c->n; i++) {
		f = c->files[i];
		for (j = 0; j < f->n; j++)
			box_record_free(&f->records[j]);
		free(f->records);
		free(f);
	}
	free(c->files);
	free(c->chains);
	free(c);
}

static size_t
hash(const char *s)	/* FNV-1a */
{
	uint64_t h = 14695981039346656037u;

	for (; *s != '\0'; s++)
		h = (h ^ (unsigned char)*s) * 1099511628211u;
	return (size_t)(h ^ h >> 32);
}

static struct complete_file *
find(const struct complete *c, const char *name)
{
	struct complete_file *f;

	if (c->nchains == 0)
		return NULL;
	for (f = c->chains[hash(name) & (c->nchains - 1)]; f != NULL; f = f->next)
		if (strcmp(complete_name(f), name) == 0)
			return f;
	return NULL;
}

static void
chain(struct complete *c, struct complete_file *f)
{
	struct complete_file **head =
	    &c->chains[hash(complete_name(f)) & (c->nchains - 1)];

	f->next = *head;
	*head = f;
}

/* Doubles the room for files and hashes those that are there anew. */
static int
grow(struct complete *c, struct err *e)
{
	struct complete_file **files, **chains;
	size_t cap, i;

	cap = c->cap == 0 ? 64 : c->cap * 2;
	if ((files = realloc(c->files, cap * sizeof(*files))) == NULL)
		return err_set(e, "out of memory");
	c->files = files;
	if ((chains = calloc(cap, sizeof(*chains))) == NULL)
		return err_set(e, "out of memory");
	free(c->chains);
	c->chains = chains;
	c->nchains = c->cap = cap;
	for (i = 0; i < c->n; i++)
		chain(c, c->files[i]);
	return 0;
}

static int
append(struct complete_file *f, struct box_record *r, struct err *e)
{
	struct box_record *records;
	size_t cap, bytes;

	if (f->n == f->cap) {
		cap = f->cap == 0 ? 1 : f->cap * 2;
		if (!size_mul(cap, sizeof *records, &bytes) ||
		    (records = realloc(f->records, bytes)) == NULL)
			return err_set(e, "out of memory");
		f->records = records;
		f->cap = cap;
	}
	f->records[f->n++] = *r;
	memset(r, 0, sizeof *r);
	return 0;
}

int
complete_add(struct complete *c, struct box_record *r, struct err *e)
{
	struct complete_file *f = find(c, r->file);
	const struct box_record *first;

	if (f != NULL) {
		first = &f->records[0];
		if (r->frames != first->frames || r->width != first->width ||
		    r->height != first->height)
			f->at_odds = true;
		return append(f, r, e);
	}
	if (c->n == c->cap && grow(c, e) < 0)
		return -1;
	if ((f = calloc(1, sizeof *f)) == NULL)
		return err_set(e, "out of memory");
	if (append(f, r, e) < 0) {
		free(f);
		return -1;
	}
	c->files[c->n++] = f;
	chain(c, f);
	return 0;
}

int
complete_read(struct complete *c, FILE *in, struct err *e)
{
	struct box_record r = { 0 };
	uint64_t line = 0;
	int got;

	while ((got = box_read(in, &r, &line, e)) > 0)
		if (complete_add(c, &r, e) < 0) {
			got = -1;
			break;
		}
	box_record_free(&r);
	return got;
}

const struct complete_file *
complete_find(const struct complete *c, const char *file)
{
	return find(c, file);
}

size_t
complete_count(const struct complete *c)
{
	return c->n;
}

const struct complete_file *
complete_at(const struct complete *c, size_t i)
{
	return c->files[i];
}

const char *
complete_name(const struct complete_file *f)
{
	return f->records[0].file;
}

uint32_t
complete_frames(const struct complete_file *f)
{
	return f->records[0].frames;
}

uint32_t
complete_width(const struct complete_file *f)
{
	return f->records[0].width;
}

uint32_t
complete_height(const struct complete_file *f)
{
	return f->records[0].height;
}

size_t
complete_nrecords(const struct complete_file *f)
{
	return f->n;
}

const struct box_record *
complete_record(const struct complete_file *f, size_t i)
{
	return &f->records[i];
}

/*
 * Both checks below mark numbers off in a sorted list, so that a count from a
 * hostile stream never decides how much memory is asked for.
 */
struct seen {
	const char *by;
	uint32_t images, image;
};

static int
seen_compare(const void *p, const void *q)
{
	const struct seen *a = p, *b = q;
	int c = strcmp(a->by, b->by);

	return c != 0 ? c : (a->image > b->image) - (a->image < b->image);
}

int
complete_arrived(const struct complete_file *f, struct err *e)
{
	struct seen *s;
	uint32_t next = 1;
	size_t i;
	int got = 0;

	if (f->at_odds)
		return err_set(e, "its records disagree on frames, width or height");
	if ((s = calloc(f->n, sizeof *s)) == NULL)
		return err_set(e, "out of memory");
	for (i = 0; i < f->n; i++)
		s[i] = (struct seen){ f->records[i].by, f->records[i].images,
		    f->records[i].image };
	qsort(s, f->n, sizeof *s, seen_compare);
	for (i = 0; got == 0 && i < f->n; i++) {
		bool starts = i == 0 || strcmp(s[i].by, s[i - 1].by) != 0;
		bool ends = i + 1 == f->n || strcmp(s[i].by, s[i + 1].by) != 0;

		if (starts)
			next = 1;
		else if (s[i].images != s[i - 1].images)
			got = err_set(e, "its records disagree on the number of images");
		if (s[i].image == next)
			next++;
		else if (s[i].image > next)
			got = err_set(e, "image %" PRIu32 " of %" PRIu32
			    " did not arrive", next, s[i].images);
		if (got == 0 && ends && next <= s[i].images)
			got = err_set(e, "image %" PRIu32 " of %" PRIu32
			    " did not arrive", next, s[i].images);
	}
	free(s);
	return got;
}

static int
u32_compare(const void *p, const void *q)
{
	uint32_t a = *(const uint32_t *)p, b = *(const uint32_t *)q;

	return (a > b) - (a < b);
}

int
complete_check(const struct complete_file *f, struct err *e)
{
	uint32_t *frames, next = 1;
	size_t i;
	int got = 0;

	if (complete_arrived(f, e) < 0)
		return -1;
	if ((frames = calloc(f->n, sizeof *frames)) == NULL)
		return err_set(e, "out of memory");
	for (i = 0; i < f->n; i++)
		frames[i] = f->records[i].frame;
	qsort(frames, f->n, sizeof *frames, u32_compare);
	if (frames[0] != 0) {
		for (i = 0; i < f->n && frames[i] <= next; i++)
			if (frames[i] == next)
				next++;
		/* All of 1..frames were met when next is one beyond, or wrapped. */
		if (next != 0 && next <= complete_frames(f))
			got = err_set(e, "frame %" PRIu32 " of %" PRIu32
			    " was not examined", next, complete_frames(f));
	}
	free(frames);
	return got;
}

void
complete_boxes(const struct complete_file *f, uint32_t frame,
    void (*fn)(const struct box *b, void *arg), void *arg)
{
	const struct box_record *r;
	size_t i, j;

	for (i = 0; i < f->n; i++) {
		r = &f->records[i];
		if (r->frame != 0 && r->frame != frame)
			continue;
		for (j = 0; j < r->nboxes; j++)
			fn(&r->boxes[j], arg);
	}
}
