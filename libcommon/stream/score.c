/* score: findings against truth; see score.h. */
#include "stream/score.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/size.h"
#include "stream/box.h"
#include "stream/listing.h"
#include "stream/overlap.h"
#include "stream/presidio.h"

struct key {
	char *name;
	double step;		/* 0: each value by itself */
	json_t *values;		/* to the number of the group */
};

struct group {
	struct score_group shown;
	char *value;
	double number;		/* NAN unless it is one */
	size_t key;
};

/* Share of false area, of so many images. */
struct share {
	double share;
	uint64_t images;
};

struct score {
	struct listing truth, found;
	json_t *bases;		/* base names in the truth */
	struct key keys[SCORE_KEYS_MAX];
	size_t nkeys;
	uint32_t *value;	/* groups of the truth's places, NKEYS each */
	size_t capvalue;
	struct group *groups;
	size_t ngroups, capgroups;
	struct share *shares;
	size_t nshares, capshares;
	uint64_t strangers;
	/* The image at hand. */
	struct overlap *overlap;
	struct overlap_box *boxes;
	size_t *of;		/* the truth's place of each of the lines in BOXES */
	unsigned char *mark;	/* what Presidio's rule makes of BOXES */
	size_t capboxes;
};

/* KEY[:STEP], LEN bytes of it. */
static int
add_key(struct score *s, const char *text, size_t len, struct err *e)
{
	const char *colon = memchr(text, ':', len);
	size_t name_len = colon != NULL ? (size_t)(colon - text) : len;
	struct key *k = &s->keys[s->nkeys];
	char *end;

	if (s->nkeys == SCORE_KEYS_MAX)
		return err_set(e, "more than %u keys to group by", SCORE_KEYS_MAX);
	if (name_len == 0)
		return err_set(e, "a key to group by is empty");
	if ((k->name = strndup(text, name_len)) == NULL || (k->values = json_object()) == NULL)
		goto memory;
	s->nkeys++;
	if (strcmp(k->name, "text") == 0)
		return err_set(e, "lines are not grouped by their text, which is not to be shown");
	if (colon != NULL) {
		k->step = strtod(colon + 1, &end);
		if (end != text + len || end == colon + 1 || !isfinite(k->step) || k->step <= 0)
			return err_set(e, "the width of a class is no positive number");
	}
	return 0;
memory:
	free(k->name);
	return err_set(e, "out of memory");
}

struct score *
score_new(const char *by, struct err *e)
{
	struct score *s = calloc(1, sizeof *s);
	size_t len;

	if (s == NULL) {
		err_set(e, "out of memory");
		return NULL;
	}
	if (listing_new(&s->truth, e) < 0 || listing_new(&s->found, e) < 0 ||
	    (s->overlap = overlap_new(e)) == NULL)
		goto fail;
	if ((s->bases = json_object()) == NULL) {
		err_set(e, "out of memory");
		goto fail;
	}
	for (; by != NULL; by = by[len] == ',' ? by + len + 1 : NULL) {
		len = strcspn(by, ",");
		if (add_key(s, by, len, e) < 0)
			goto fail;
	}
	return s;
fail:
	score_free(s);
	return NULL;
}

void
score_free(struct score *s)
{
	size_t i;

	if (s == NULL)
		return;
	listing_free(&s->truth);
	listing_free(&s->found);
	json_decref(s->bases);
	for (i = 0; i < s->nkeys; i++) {
		free(s->keys[i].name);
		json_decref(s->keys[i].values);
	}
	for (i = 0; i < s->ngroups; i++)
		free(s->groups[i].value);
	free(s->groups);
	free(s->value);
	free(s->shares);
	overlap_free(s->overlap);
	free(s->boxes);
	free(s->of);
	free(s->mark);
	free(s);
}

/* What a box, or its record, says of key K, in the form that groups are named by. */
static char *
value_text(const struct key *k, const struct box *b, const struct box_record *r,
    double *number)
{
	const json_t *v = json_object_get(b->extra, k->name);
	char text[64], *dumped;

	*number = NAN;
	if (strcmp(k->name, "phi") == 0)
		return strdup(b->phi != NULL && b->phi[0] != '\0' ? b->phi : "-");
	if (strcmp(k->name, "view") == 0)
		return strdup(r->view != NULL ? r->view : "-");
	if (v == NULL)
		v = json_object_get(r->extra, k->name);
	if (v == NULL)
		return strdup("-");
	if (json_is_string(v))
		return strdup(json_string_value(v));
	if (!json_is_number(v))
		return (dumped = json_dumps(v, JSON_COMPACT | JSON_ENCODE_ANY)) != NULL ? dumped : NULL;
	*number = json_number_value(v);
	if (k->step > 0) {
		*number = floor(*number / k->step) * k->step;
		snprintf(text, sizeof text, "%.10g-%.10g", *number, *number + k->step);
	} else
		snprintf(text, sizeof text, "%.10g", *number);
	return strdup(text);
}

static int
find_group(struct score *s, size_t key, const struct box *b, const struct box_record *r,
    uint32_t *n, struct err *e)
{
	struct key *k = &s->keys[key];
	double number;
	char *value = value_text(k, b, r, &number);
	json_t *known;

	if (value == NULL)
		return err_set(e, "out of memory");
	if ((known = json_object_get(k->values, value)) != NULL) {
		*n = (uint32_t)json_integer_value(known);
		free(value);
		return 0;
	}
	if (s->ngroups == UINT32_MAX ||
	    array_grow(&s->groups, s->ngroups, &s->capgroups, sizeof *s->groups, e) < 0 ||
	    json_object_set_new(k->values, value, json_integer((json_int_t)s->ngroups)) < 0) {
		free(value);
		return err_set(e, "out of memory");
	}
	*n = (uint32_t)s->ngroups;
	s->groups[s->ngroups++] = (struct group){
		.shown = { .key = k->name, .value = value }, .value = value, .number = number, .key = key
	};
	return 0;
}

static int
add_line(struct score *s, const struct box *b, const struct box_record *r, struct err *e)
{
	const json_t *optional = json_object_get(b->extra, "optional");
	struct listing_place *p;
	size_t i, at = s->truth.nplaces * s->nkeys;

	if (optional != NULL && !json_is_boolean(optional))
		return err_set(e, "\"optional\" is neither true nor false");
	if (listing_add_place(&s->truth, b, r, &p, e) < 0)
		return -1;
	p->optional = json_is_true(optional);
	p->phi = b->phi != NULL && b->phi[0] != '\0';
	for (i = 0; i < s->nkeys; i++)
		if (array_grow(&s->value, at + i, &s->capvalue, sizeof *s->value, e) < 0 ||
		    /* What does not count makes no group either; it is never asked for its. */
		    (!p->optional && find_group(s, i, b, r, &s->value[at + i], e) < 0))
			return -1;
	return 0;
}

static int
add_truth(struct score *s, const struct box_record *r, struct err *e)
{
	struct listing_entry *entry;
	size_t i;

	if (listing_add(&s->truth, r, &entry, e) < 0)
		return -1;
	if (json_object_set_new(s->bases, listing_base(r->file), json_true()) < 0)
		return err_set(e, "out of memory");
	for (i = 0; i < r->nboxes; i++)
		if (add_line(s, &r->boxes[i], r, e) < 0)
			return -1;
	entry->n = r->nboxes;
	return 0;
}

static int
add_found(struct score *s, const struct box_record *r, struct err *e)
{
	struct listing_entry *entry;
	struct listing_place *p;
	size_t i;

	/* Not kept: no file of the truth has even this base name. */
	if (json_object_get(s->bases, listing_base(r->file)) == NULL) {
		s->strangers++;
		return 0;
	}
	if (listing_add(&s->found, r, &entry, e) < 0)
		return -1;
	for (i = 0; i < r->nboxes; i++)
		if (listing_add_place(&s->found, &r->boxes[i], r, &p, e) < 0)
			return -1;
	entry->n = r->nboxes;
	return 0;
}

static int
read_list(struct score *s, FILE *in,
    int (*add)(struct score *s, const struct box_record *r, struct err *e), struct err *e)
{
	struct box_record r = { 0 };
	struct err why;
	uint64_t line = 0;
	int got;

	while ((got = box_read(in, &r, &line, e)) > 0)
		if (add(s, &r, &why) < 0) {
			got = err_set(e, "line %" PRIu64 ": %.200s", line, why.text);
			break;
		}
	box_record_free(&r);
	return got;
}

int
score_truth(struct score *s, FILE *in, struct err *e)
{
	return read_list(s, in, add_truth, e);
}

int
score_found(struct score *s, FILE *in, struct err *e)
{
	return read_list(s, in, add_found, e);
}

/*
 * An image to be scored, which stands for IMAGES that are alike. The boxes of the
 * score are its lines, what is optional, what was found, and the first two grown.
 */
struct image {
	const struct listing_file *file;
	uint32_t frame, width, height;
	uint64_t images;
	size_t nlines, noptional, nfound, nboxes;
};

static int
reserve(struct score *s, size_t n, struct err *e)
{
	struct overlap_box *boxes;
	unsigned char *mark;
	size_t bytes, *of;

	if (n <= s->capboxes)
		return 0;
	n += n / 2;
	if (!size_mul(n, sizeof *boxes, &bytes))
		return err_set(e, "out of memory");
	if ((boxes = realloc(s->boxes, bytes)) != NULL)
		s->boxes = boxes;
	if ((of = realloc(s->of, n * sizeof *of)) != NULL)
		s->of = of;
	if ((mark = realloc(s->mark, n)) != NULL)
		s->mark = mark;
	if (boxes == NULL || of == NULL || mark == NULL)
		return err_set(e, "out of memory");
	s->capboxes = n;
	return 0;
}

/* Adds the places of P that are lines, or optional, and have an area. */
static void
add_boxes(struct score *s, struct image *im, const struct listing_part *p, bool optional,
    unsigned what)
{
	const struct listing_entry *entry;
	const struct listing_place *place;
	size_t i, j;

	for (i = 0; (entry = listing_part_entry(p, i)) != NULL; i++)
		for (j = entry->first; j < entry->first + entry->n; j++) {
			place = &p->list->places[j];
			if (place->optional != optional || place->w == 0 || place->h == 0)
				continue;
			s->of[im->nboxes] = j;
			s->boxes[im->nboxes++] = (struct overlap_box){
				.x = place->x, .y = place->y, .w = place->w, .h = place->h, .what = what
			};
		}
}

static uint32_t
least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* Adds N of the boxes, from FIRST on, grown by SCORE_PAD within the image. */
static void
add_grown(struct score *s, struct image *im, size_t first, size_t n, unsigned what)
{
	struct overlap_box *b, grown;
	uint32_t left, top;
	size_t i;

	for (i = first; i < first + n; i++) {
		b = &s->boxes[i];
		left = least(b->x, SCORE_PAD);
		top = least(b->y, SCORE_PAD);
		grown = (struct overlap_box){ .x = b->x - left, .y = b->y - top, .what = what };
		grown.w = least(left + b->w + SCORE_PAD, im->width - grown.x);
		grown.h = least(top + b->h + SCORE_PAD, im->height - grown.y);
		s->boxes[im->nboxes++] = grown;
	}
}

static int
lay_out(struct score *s, struct image *im, const struct listing_part *truth, const struct listing_part *found,
    struct err *e)
{
	size_t ntruth = listing_part_places(truth), nfound = listing_part_places(found);

	if (ntruth > SCORE_BOXES_MAX || nfound > SCORE_BOXES_MAX)
		return err_set(e, "frame %" PRIu32 ": more than %u boxes", im->frame, SCORE_BOXES_MAX);
	if (reserve(s, 2 * ntruth + nfound, e) < 0)
		return -1;
	add_boxes(s, im, truth, false, OVERLAP_ASK);
	im->nlines = im->nboxes;
	add_boxes(s, im, truth, true, 0);
	im->noptional = im->nboxes - im->nlines;
	add_boxes(s, im, found, false, OVERLAP_A | OVERLAP_ASK);
	im->nfound = im->nboxes - im->nlines - im->noptional;
	add_grown(s, im, 0, im->nlines, OVERLAP_B);
	add_grown(s, im, im->nlines, im->noptional, OVERLAP_C);
	return 0;
}

static uint64_t
covered_by_a(const struct overlap_box *b)
{
	uint64_t sum = 0;
	unsigned set;

	for (set = 0; set < OVERLAP_SETS; set++)
		sum += (set & OVERLAP_A) != 0 ? b->inside[set] : 0;
	return sum;
}

static void
add_up(struct score_lines *sum, const struct score_lines *one)
{
	sum->lines += one->lines;
	sum->found += one->found;
	sum->matched += one->matched;
	sum->area += one->area;
	sum->covered += one->covered;
}

/* ONE is what became of the truth's place number AT. */
static void
count_line(struct score *s, size_t at, const struct score_lines *one, struct score_result *r)
{
	size_t i;

	add_up(&r->all, one);
	if (s->truth.places[at].phi)
		add_up(&r->phi, one);
	for (i = 0; i < s->nkeys; i++)
		add_up(&s->groups[s->value[at * s->nkeys + i]].shown.lines, one);
}

static int
tell(int (*say)(void *arg, const struct score_place *p, struct err *e), void *arg,
    const struct image *im, const struct overlap_box *b, uint64_t pixels, struct err *e)
{
	const struct score_place p = {
		.file = im->file->name, .frame = im->frame, .x = b->x, .y = b->y, .w = b->w,
		.h = b->h, .share = (double)pixels / ((double)b->w * b->h)
	};

	return say(arg, &p, e);
}

static int
count_lines(struct score *s, const struct image *im, const struct score_watch *watch,
    struct score_result *r, struct err *e)
{
	const struct overlap_box *b;
	struct score_lines one;
	uint64_t area, covered;
	bool found;
	size_t i;

	for (i = 0; i < im->nlines; i++) {
		b = &s->boxes[i];
		area = (uint64_t)b->w * b->h;
		covered = covered_by_a(b);
		found = covered * 10 >= area * 9;
		one = (struct score_lines){
			.lines = im->images, .found = found ? im->images : 0,
			.matched = (s->mark[i] & PRESIDIO_POSITIVE) != 0 ? im->images : 0,
			.area = (double)im->images * (double)area,
			.covered = (double)im->images * (double)covered
		};
		count_line(s, s->of[i], &one, r);
		if (!found && watch != NULL && tell(watch->missed, watch->arg, im, b, covered, e) < 0)
			return -1;
	}
	return 0;
}

/* Lines outside of the image: there, and not to be found. */
static int
count_outside(struct score *s, const struct image *im, const struct listing_part *truth,
    const struct score_watch *watch, struct score_result *r, struct err *e)
{
	const struct score_lines one = { .lines = im->images };
	const struct listing_entry *entry;
	const struct listing_place *p;
	size_t i, j;

	for (i = 0; (entry = listing_part_entry(truth, i)) != NULL; i++)
		for (j = entry->first; j < entry->first + entry->n; j++) {
			p = &s->truth.places[j];
			if (p->optional || (p->w > 0 && p->h > 0))
				continue;
			count_line(s, j, &one, r);
			if (watch != NULL && watch->missed(watch->arg, &(struct score_place){
			    im->file->name, im->frame, p->x, p->y, p->w, p->h, 0 }, e) < 0)
				return -1;
		}
	return 0;
}

static int
count_found(struct score *s, const struct image *im, const uint64_t all[OVERLAP_SETS],
    const struct score_watch *watch, struct score_result *r, struct err *e)
{
	const struct overlap_box *b;
	size_t i, found = im->nlines + im->noptional;

	r->right += (double)im->images * (double)(all[OVERLAP_A | OVERLAP_B] +
	    all[OVERLAP_A | OVERLAP_B | OVERLAP_C]);
	r->wrong += (double)im->images * (double)all[OVERLAP_A];
	for (i = 0; i < found + im->nfound; i++)
		if ((s->mark[i] & PRESIDIO_POSITIVE) != 0) {
			r->positives += im->images;
			r->true_positives += i < im->nlines ? im->images : 0;
		}
	if (array_grow(&s->shares, s->nshares, &s->capshares, sizeof *s->shares, e) < 0)
		return -1;
	s->shares[s->nshares++] = (struct share){
		(double)all[OVERLAP_A] / ((double)im->width * im->height), im->images
	};
	for (i = found; watch != NULL && i < found + im->nfound; i++) {
		b = &s->boxes[i];
		if (b->inside[OVERLAP_A] > 0 &&
		    tell(watch->wrong, watch->arg, im, b, b->inside[OVERLAP_A], e) < 0)
			return -1;
	}
	return 0;
}

/* The size that all records of the image agree on. */
static int
find_size(struct image *im, const struct listing_part *truth, const struct listing_part *found, struct err *e)
{
	const struct listing_part *const parts[] = { truth, found };
	const struct listing_entry *entry;
	size_t i, j;

	for (i = 0; i < 2; i++)
		for (j = 0; (entry = listing_part_entry(parts[i], j)) != NULL; j++) {
			if (im->width == 0) {
				im->width = entry->width;
				im->height = entry->height;
			}
			if (entry->width != im->width || entry->height != im->height)
				return err_set(e, "frame %" PRIu32 ": records contradict each other on its size",
				    im->frame);
		}
	return 0;
}

static int
score_image(struct score *s, struct image *im, const struct listing_part *truth,
    const struct listing_part *found, const struct score_watch *watch, struct score_result *r,
    struct err *e)
{
	uint64_t all[OVERLAP_SETS];

	if (find_size(im, truth, found, e) < 0 || lay_out(s, im, truth, found, e) < 0 ||
	    overlap_measure(s->overlap, s->boxes, im->nboxes, all, e) < 0)
		return -1;
	presidio_mark(s->boxes, im->nlines, im->noptional, im->nfound, s->mark);
	r->images += im->images;
	if (found->nevery + found->nown == 0)
		r->absent += im->images;
	return count_lines(s, im, watch, r, e) < 0 ||
	    count_outside(s, im, truth, watch, r, e) < 0 ||
	    count_found(s, im, all, watch, r, e) < 0 ? -1 : 0;
}

/* Frames that are counted by frame 0 must be the same for all who speak of the file. */
static int
check_frames(const struct listing_file *f, const struct listing_entry *entries, uint32_t frames,
    struct err *e)
{
	size_t i;

	for (i = 0; f != NULL && i < f->n; i++)
		if (entries[f->first + i].frames != frames)
			return err_set(e, "records contradict each other on its number of frames");
	return 0;
}

static int
score_file(struct score *s, const struct listing_file *f, const struct score_watch *watch,
    struct score_result *r, struct err *e)
{
	struct listing_part truth, found;
	uint32_t frame, frames, told = 0;
	struct image im;

	listing_part_start(&truth, &s->truth, f);
	listing_part_start(&found, &s->found, f->partner);
	frames = s->truth.entries[f->first].frames;
	if (truth.nevery > 0 && (check_frames(f, s->truth.entries, frames, e) < 0 ||
	    check_frames(f->partner, s->found.entries, frames, e) < 0))
		return -1;
	while (truth.nnext > 0 || (truth.nevery > 0 && found.nnext > 0)) {
		frame = truth.nnext > 0 ? truth.next->frame : found.next->frame;
		if (truth.nevery > 0 && found.nnext > 0 && found.next->frame < frame)
			frame = found.next->frame;
		listing_part_move(&truth, frame);
		listing_part_move(&found, frame);
		im = (struct image){ .file = f, .frame = frame, .images = 1 };
		if (score_image(s, &im, &truth, &found, watch, r, e) < 0)
			return -1;
		told++;
	}
	if (truth.nevery == 0 || told == frames)
		return 0;
	truth.nown = found.nown = 0;
	im = (struct image){ .file = f, .images = frames - told };
	return score_image(s, &im, &truth, &found, watch, r, e);
}

static int
compare_shares(const void *p, const void *q)
{
	const struct share *a = p, *b = q;

	return (a->share > b->share) - (a->share < b->share);
}

/* The share of image number N, from 0, in ascending order. */
static double
share_at(const struct score *s, uint64_t n)
{
	size_t i = 0;

	while (n >= s->shares[i].images)
		n -= s->shares[i++].images;
	return s->shares[i].share;
}

static void
sum_shares(struct score *s, struct score_result *r)
{
	double sum = 0, at, low;
	size_t i;

	if (s->nshares == 0)
		return;
	qsort(s->shares, s->nshares, sizeof *s->shares, compare_shares);
	for (i = 0; i < s->nshares; i++)
		sum += s->shares[i].share * (double)s->shares[i].images;
	r->false_mean = sum / (double)r->images;
	r->false_max = s->shares[s->nshares - 1].share;
	/* Between the two images that nine tenths of the way falls between. */
	at = .9 * (double)(r->images - 1);
	low = share_at(s, (uint64_t)at);
	r->false_p90 = low + (at - floor(at)) * (share_at(s, (uint64_t)ceil(at)) - low);
}

/* By key, then numbers before words. */
static int
compare_groups(const void *p, const void *q)
{
	const struct group *a = p, *b = q;

	if (a->key != b->key)
		return a->key > b->key ? 1 : -1;
	if (isnan(a->number) != isnan(b->number))
		return isnan(a->number) ? 1 : -1;
	if (!isnan(a->number) && a->number != b->number)
		return a->number > b->number ? 1 : -1;
	return strcmp(a->value, b->value);
}

int
score_sum(struct score *s, const struct score_watch *watch, struct score_result *r,
    struct err *e)
{
	size_t i;

	memset(r, 0, sizeof *r);
	listing_sort(&s->truth);
	listing_sort(&s->found);
	if (listing_match(&s->truth, &s->found, &r->ambiguous, e) < 0)
		return -1;
	for (i = 0; i < s->truth.nfiles; i++)
		if (score_file(s, &s->truth.files[i], watch, r, e) < 0) {
			r->file = s->truth.files[i].name;
			return -1;
		}
	r->strangers = s->strangers;
	for (i = 0; i < s->found.nfiles; i++)
		if (s->found.files[i].partner == NULL)
			r->strangers += s->found.files[i].n;
	sum_shares(s, r);
	if (s->ngroups > 1)
		qsort(s->groups, s->ngroups, sizeof *s->groups, compare_groups);
	return 0;
}

const struct score_group *
score_group(const struct score *s, size_t i)
{
	return i < s->ngroups ? &s->groups[i].shown : NULL;
}
