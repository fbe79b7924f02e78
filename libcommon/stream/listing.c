/* listing: box lists kept small, side by side; see listing.h. */
#include "stream/listing.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"

int
listing_new(struct listing *l, struct err *e)
{
	return (l->names = json_object()) != NULL ? 0 : err_set(e, "out of memory");
}

void
listing_free(struct listing *l)
{
	size_t i;

	for (i = 0; i < l->nfiles; i++)
		free(l->files[i].name);
	free(l->files);
	free(l->entries);
	free(l->places);
	json_decref(l->names);
}

const char *
listing_base(const char *file)
{
	const char *slash = strrchr(file, '/');

	return slash != NULL ? slash + 1 : file;
}

static int
number_put(json_t *object, const char *key, size_t n, struct err *e)
{
	if (json_object_set_new(object, key, json_integer((json_int_t)n)) < 0)
		return err_set(e, "out of memory");
	return 0;
}

/* The number of the file in L, which gets it if it is new. */
static int
file_number(struct listing *l, const char *name, size_t *n, struct err *e)
{
	json_t *known = json_object_get(l->names, name);
	char *copy;

	if (known != NULL) {
		*n = (size_t)json_integer_value(known);
		return 0;
	}
	if (array_grow(&l->files, l->nfiles, &l->capfiles, sizeof *l->files, e) < 0 ||
	    number_put(l->names, name, l->nfiles, e) < 0)
		return -1;
	if ((copy = strdup(name)) == NULL)
		return err_set(e, "out of memory");
	*n = l->nfiles;
	l->files[l->nfiles++] = (struct listing_file){ .name = copy };
	return 0;
}

int
listing_add(struct listing *l, const struct box_record *r, struct listing_entry **out, struct err *e)
{
	size_t file = 0;

	if (array_grow(&l->entries, l->nentries, &l->capentries, sizeof *l->entries, e) < 0 ||
	    file_number(l, r->file, &file, e) < 0)
		return -1;
	l->entries[l->nentries] = (struct listing_entry){
		.file = file, .order = l->nentries, .frame = r->frame, .frames = r->frames,
		.width = r->width, .height = r->height, .first = l->nplaces
	};
	*out = &l->entries[l->nentries++];
	return 0;
}

/* What of LEN from AT on is below END. */
static uint32_t
cut(uint32_t at, uint32_t len, uint32_t end)
{
	return at >= end ? 0 : len < end - at ? len : end - at;
}

int
listing_add_place(struct listing *l, const struct box *b, const struct box_record *r,
    struct listing_place **out, struct err *e)
{
	if (array_grow(&l->places, l->nplaces, &l->capplaces, sizeof *l->places, e) < 0)
		return -1;
	l->places[l->nplaces] = (struct listing_place){
		.x = b->x, .y = b->y, .w = cut(b->x, b->w, r->width), .h = cut(b->y, b->h, r->height)
	};
	*out = &l->places[l->nplaces++];
	return 0;
}

/* By file, frame and order of arrival. */
static int
compare_entries(const void *p, const void *q)
{
	const struct listing_entry *a = p, *b = q;

	if (a->file != b->file)
		return a->file > b->file ? 1 : -1;
	if (a->frame != b->frame)
		return a->frame > b->frame ? 1 : -1;
	return (a->order > b->order) - (a->order < b->order);
}

void
listing_sort(struct listing *l)
{
	struct listing_file *f;
	size_t i;

	if (l->nentries > 1)
		qsort(l->entries, l->nentries, sizeof *l->entries, compare_entries);
	for (i = l->nentries; i-- > 0; ) {
		f = &l->files[l->entries[i].file];
		f->first = i;
		f->n++;
	}
}

static int
compare_bases(const void *p, const void *q)
{
	const struct listing_file *const *a = p, *const *b = q;

	return strcmp(listing_base((*a)->name), listing_base((*b)->name));
}

/* Files of L without a partner by base name. The caller frees it. */
static struct listing_file **
left_over(const struct listing *l, size_t *n, struct err *e)
{
	struct listing_file **left = malloc((l->nfiles + 1) * sizeof(struct listing_file *));
	size_t i;

	if (left == NULL) {
		err_set(e, "out of memory");
		return NULL;
	}
	*n = 0;
	for (i = 0; i < l->nfiles; i++)
		if (l->files[i].partner == NULL)
			left[(*n)++] = &l->files[i];
	if (*n > 1)
		qsort(left, *n, sizeof(struct listing_file *), compare_bases);
	return left;
}

/* How many of N files in LEFT share the base name of the first. */
static size_t
run_length(struct listing_file *const *left, size_t n)
{
	size_t run = 1;

	while (run < n && compare_bases(&left[0], &left[run]) == 0)
		run++;
	return run;
}

static void
match_bases(struct listing_file *const *truth, size_t ntruth, struct listing_file *const *found,
    size_t nfound, uint64_t *ambiguous)
{
	size_t runs, run;
	int order;

	while (ntruth > 0 && nfound > 0) {
		order = compare_bases(truth, found);
		runs = order <= 0 ? run_length(truth, ntruth) : 0;
		run = order >= 0 ? run_length(found, nfound) : 0;
		if (runs == 1 && run == 1) {
			(*truth)->partner = *found;
			(*found)->partner = *truth;
		} else if (order == 0)
			*ambiguous += runs;
		truth += runs;
		ntruth -= runs;
		found += run;
		nfound -= run;
	}
}

int
listing_match(struct listing *a, struct listing *b, uint64_t *ambiguous, struct err *e)
{
	struct listing_file **truth, **found = NULL;
	size_t i, ntruth, nfound;
	const json_t *same;

	for (i = 0; i < a->nfiles; i++)
		if ((same = json_object_get(b->names, a->files[i].name)) != NULL) {
			a->files[i].partner = &b->files[json_integer_value(same)];
			a->files[i].partner->partner = &a->files[i];
		}
	if ((truth = left_over(a, &ntruth, e)) == NULL ||
	    (found = left_over(b, &nfound, e)) == NULL) {
		free(truth);
		return -1;
	}
	match_bases(truth, ntruth, found, nfound, ambiguous);
	free(truth);
	free(found);
	return 0;
}

size_t
listing_part_places(const struct listing_part *p)
{
	size_t i, n = 0;

	for (i = 0; i < p->nevery; i++)
		n += p->every[i].n;
	for (i = 0; i < p->nown; i++)
		n += p->own[i].n;
	return n;
}

const struct listing_entry *
listing_part_entry(const struct listing_part *p, size_t i)
{
	return i < p->nevery ? &p->every[i] : i - p->nevery < p->nown ? &p->own[i - p->nevery] : NULL;
}

void
listing_part_start(struct listing_part *p, const struct listing *l,
    const struct listing_file *f)
{
	*p = (struct listing_part){ .list = l };
	if (f == NULL)
		return;
	p->every = &l->entries[f->first];
	while (p->nevery < f->n && p->every[p->nevery].frame == 0)
		p->nevery++;
	p->next = p->every + p->nevery;
	p->nnext = f->n - p->nevery;
}

void
listing_part_move(struct listing_part *p, uint32_t frame)
{
	p->nown = 0;
	while (p->nnext > 0 && p->next->frame < frame) {
		p->next++;
		p->nnext--;
	}
	p->own = p->next;
	while (p->nnext > 0 && p->next->frame == frame) {
		p->nown++;
		p->next++;
		p->nnext--;
	}
}
