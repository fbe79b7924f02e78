/* dates: were all moved by one number of days (PS3.15 E.3.6), and ages capped? */
#include "check/dates.h"

#include <stdlib.h>
#include <string.h>

#include "base/size.h"

#define BIRTH_DATE 0x00100030u
#define PATIENT_ID 0x00100020u

enum {
	AGE_MAX = 90,		/* years: 45 CFR 164.514(b)(2)(i)(C) */
	VALUES_MAX = 1000000	/* dates of a file that are compared */
};

/* A date that stands in an element, and its days. */
struct dated {
	uint32_t tag;
	long days;
};

struct list {
	struct dated *d;
	size_t n, cap;
};

struct moved {
	struct list all;	/* of the original, by tag */
	bool known;
	long shift;
};

/* Days from 1970-01-01 in the proleptic Gregorian calendar. */
static long
days_of(int year, int month, int day)
{
	int before = month <= 2, y = year - before, m = month + (before ? 9 : -3);
	long era = y / 400, of_era = y - era * 400;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 +
	    (153 * m + 2) / 5 + day - 1 - 719468;
}

static bool
digits(const char *p, size_t n, int *value)
{
	*value = 0;
	for (size_t i = 0; i < n; i++) {
		if (p[i] < '0' || p[i] > '9')
			return false;
		*value = *value * 10 + (p[i] - '0');
	}
	return true;
}

bool
dates_read(const char *p, size_t len, struct date *d)
{
	static const int lengths[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	size_t dot;

	while (len > 0 && *p == ' ')
		p++, len--;
	/* YYYY.MM.DD is from before DICOM 3: PS3.5 6.2. */
	dot = len >= 10 && p[4] == '.' && p[7] == '.';
	if (len < 8 || !digits(p, 4, &d->year) || !digits(p + 4 + dot, 2, &d->month) ||
	    !digits(p + 6 + 2 * dot, 2, &d->day))
		return false;
	if (d->year < 1 || d->month < 1 || d->month > 12 || d->day < 1 ||
	    d->day > lengths[d->month - 1])
		return false;
	d->days = days_of(d->year, d->month, d->day);
	return true;
}

/* What tools write where nothing is known, and nobody need move. */
static bool
is_unset(const struct date *d)
{
	return d->month == 1 && d->day == 1 &&
	    (d->year == 1 || d->year == 1900 || d->year == 1970);
}

static int
add(struct list *l, uint32_t tag, long days, struct err *e)
{
	struct dated *grown;
	size_t cap, bytes;

	if (l->n == VALUES_MAX)
		return 0;
	if (l->n == l->cap) {
		cap = l->cap == 0 ? 64 : l->cap * 2;
		if (!size_mul(cap, sizeof *grown, &bytes) ||
		    (grown = realloc(l->d, bytes)) == NULL)
			return err_set(e, "out of memory");
		l->d = grown;
		l->cap = cap;
	}
	l->d[l->n++] = (struct dated){ tag, days };
	return 0;
}

static bool
has_dates(const struct dataset *d, size_t i)
{
	const struct element *x = dataset_at(d, i);
	const char *vr = check_vr(x);

	return !x->sequence && x->length >= 8 &&
	    (strcmp(vr, "DA") == 0 || strcmp(vr, "DT") == 0);
}

/* Appends the dates of element I of D. */
static int
read_dates(const struct dataset *d, size_t i, struct list *l, struct err *e)
{
	struct buf b = { 0 };
	struct date date;
	size_t from = 0, to;
	int got;

	if ((got = dataset_text(d, (int64_t)i, &b, e)) == 0)
		for (to = 0; got == 0 && to <= b.len; to++)
			if (to == b.len || b.data[to] == '\\') {
				if (dates_read(b.data + from, to - from, &date) &&
				    !is_unset(&date))
					got = add(l, dataset_at(d, i)->tag, date.days, e);
				from = to + 1;
			}
	buf_free(&b);
	return got;
}

static int
by_tag(const void *p, const void *q)
{
	const struct dated *a = p, *b = q;

	if (a->tag != b->tag)
		return a->tag < b->tag ? -1 : 1;
	return (a->days > b->days) - (a->days < b->days);
}

static int
by_days(const void *p, const void *q)
{
	const struct dated *a = p, *b = q;

	return (a->days > b->days) - (a->days < b->days);
}

/* The difference that most pairs have. */
static bool
most_frequent(struct list *pairs, long *shift)
{
	size_t i, run = 0, best = 0;

	if (pairs->n == 0)	/* and no array */
		return false;
	qsort(pairs->d, pairs->n, sizeof *pairs->d, by_days);
	for (i = 0; i < pairs->n; i++) {
		run = i > 0 && pairs->d[i].days == pairs->d[i - 1].days ? run + 1 : 1;
		if (run > best) {
			best = run;
			*shift = pairs->d[i].days;
		}
	}
	return true;
}

/* What moved between an element and its original; a date that stayed says nothing. */
static int
add_pairs(const struct subject *s, size_t i, int64_t original,
    struct list *pairs, struct err *e)
{
	struct list now = { 0 }, before = { 0 };
	size_t k;
	int got = -1;

	if (read_dates(s->set, i, &now, e) == 0 &&
	    read_dates(s->original, (size_t)original, &before, e) == 0)
		for (got = 0, k = 0; got == 0 && k < now.n && now.n == before.n; k++)
			if (now.d[k].days != before.d[k].days)
				got = add(pairs, 0, now.d[k].days - before.d[k].days, e);
	free(now.d);
	free(before.d);
	return got;
}

/* The days by which most dates differ from the original's. */
static int
find_shift(const struct subject *s, struct moved *m, struct err *e)
{
	struct list pairs = { 0 };
	int64_t *of;
	size_t i;
	int got = 0;

	if (check_match(s, &of, e) < 0)
		return -1;
	for (i = 0; got == 0 && i < dataset_count(s->set); i++)
		if (of[i] >= 0 && dataset_at(s->set, i)->tag != BIRTH_DATE &&
		    has_dates(s->set, i))
			got = add_pairs(s, i, of[i], &pairs, e);
	if (got == 0)
		m->known = most_frequent(&pairs, &m->shift);
	free(of);
	free(pairs.d);
	return got;
}

static int
all_dates(const struct dataset *d, struct list *l, struct err *e)
{
	size_t i;

	for (i = 0; i < dataset_count(d); i++)
		if (has_dates(d, i) && read_dates(d, i, l, e) < 0)
			return -1;
	return 0;
}

int
moved_new(const struct subject *s, struct moved **out, struct err *e)
{
	struct moved *m = calloc(1, sizeof *m);

	if (m == NULL)
		return err_set(e, "out of memory");
	if (all_dates(s->original, &m->all, e) < 0 || find_shift(s, m, e) < 0) {
		moved_free(m);
		return -1;
	}
	if (m->all.n > 0)
		qsort(m->all.d, m->all.n, sizeof *m->all.d, by_tag);
	*out = m;
	return 0;
}

void
moved_free(struct moved *m)
{
	if (m != NULL)
		free(m->all.d);
	free(m);
}

bool
moved_explains(const struct moved *m, long days)
{
	size_t i;

	for (i = 0; m->known && i < m->all.n; i++)
		if (m->all.d[i].days == days - m->shift)
			return true;
	return false;
}

static bool
was(const struct moved *o, uint32_t tag, long days)
{
	struct dated want = { tag, days };

	return o->all.n > 0 &&
	    bsearch(&want, o->all.d, o->all.n, sizeof want, by_tag) != NULL;
}

static bool
was_any(const struct moved *o, uint32_t tag)
{
	size_t i;

	for (i = 0; i < o->all.n; i++)
		if (o->all.d[i].tag == tag)
			return true;
	return false;
}

/* Are dates of this element moved? Some option may keep it, or the profile take it. */
static bool
is_moved(const struct subject *s, uint32_t tag)
{
	const struct row *r = row_find(tag);
	enum action a = row_action(r, s->claims);

	return tag >> 16 != 2 && tag != BIRTH_DATE &&
	    (r == NULL || a == ACTION_CLEAN || a == ACTION_KEEP);
}

static int
judge_date(const struct subject *s, size_t i, long days,
    const struct moved *o, struct err *e)
{
	uint32_t tag = dataset_at(s->set, i)->tag;

	if (o->known && was(o, tag, days - o->shift))
		return 0;
	if (was(o, tag, days))
		return check_say(s, "dates", s->was_clean ? LEVEL_WARNING :
		    LEVEL_ERROR, (int64_t)i, e, "holds the original's date, and 113107 "
		    "moves it%s", s->was_clean ?
		    "; the original says that it is de-identified" : "");
	if (o->known && was_any(o, tag))
		return check_say(s, "dates", LEVEL_ERROR, (int64_t)i, e,
		    "did not move by the days by which other dates did");
	return 0;
}

static int
judge_dates(const struct subject *s, const struct moved *o, struct err *e)
{
	struct list l = { 0 };
	size_t i, k;
	int got = 0;

	for (i = 0; got == 0 && i < dataset_count(s->set); i++) {
		if (!has_dates(s->set, i) || !is_moved(s, dataset_at(s->set, i)->tag))
			continue;
		l.n = 0;
		got = read_dates(s->set, i, &l, e);
		for (k = 0; got == 0 && k < l.n; k++)
			got = judge_date(s, i, l.d[k].days, o, e);
	}
	free(l.d);
	return got;
}

/* Not even moved: whoever learns the shift would have it, PS3.15 Table E.1-1. */
static int
judge_birth(const struct subject *s, const struct moved *o, struct err *e)
{
	int64_t i = dataset_find(s->set, BIRTH_DATE);
	struct list l = { 0 };
	int got = 0;

	if (i >= 0 && o->known && (got = read_dates(s->set, (size_t)i, &l, e)) == 0 &&
	    l.n > 0 && was(o, BIRTH_DATE, l.d[0].days - o->shift))
		got = check_say(s, "dates", LEVEL_ERROR, i, e,
		    "is the birth date, moved as the others are, and no option keeps it");
	free(l.d);
	return got;
}

/* The shift of each patient that was seen in this run, by old and by new id. */
struct patients {
	struct patient {
		uint64_t id;	/* of what it was made from, nothing else is kept */
		long shift;
	} *p;
	size_t n, cap;
};

struct patients *
patients_new(struct err *e)
{
	struct patients *p = calloc(1, sizeof *p);

	if (p == NULL)
		err_set(e, "out of memory");
	return p;
}

void
patients_free(struct patients *p)
{
	if (p != NULL)
		free(p->p);
	free(p);
}

static uint64_t
id_of(const char *space, const struct buf *b)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);
	size_t i;

	for (i = 0; space[i] != '\0'; i++)
		h = (h ^ (unsigned char)space[i]) * UINT64_C(0x100000001b3);
	for (i = 0; i < b->len; i++)
		h = (h ^ (unsigned char)b->data[i]) * UINT64_C(0x100000001b3);
	return h;
}

/* Notes the shift of ID, or says whether it is the one that was noted. */
static int
same_shift(struct patients *p, uint64_t id, long shift, bool *same, struct err *e)
{
	struct patient *grown;
	size_t i, cap, bytes;

	*same = true;
	for (i = 0; i < p->n; i++)
		if (p->p[i].id == id) {
			*same = p->p[i].shift == shift;
			return 0;
		}
	if (p->n == p->cap) {
		cap = p->cap == 0 ? 64 : p->cap * 2;
		if (!size_mul(cap, sizeof *grown, &bytes) ||
		    (grown = realloc(p->p, bytes)) == NULL)
			return err_set(e, "out of memory");
		p->p = grown;
		p->cap = cap;
	}
	p->p[p->n++] = (struct patient){ id, shift };
	return 0;
}

static int
judge_patient(const struct subject *s, const struct dataset *d,
    const char *space, long shift, struct err *e)
{
	struct buf b = { 0 };
	bool same = true;
	int got = dataset_text(d, dataset_find(d, PATIENT_ID), &b, e);

	if (got == 0 && b.len > 0 && !check_is_dummy(b.data, b.len))
		got = same_shift(s->patients, id_of(space, &b), shift, &same, e);
	buf_free(&b);
	if (got == 0 && !same)
		got = check_say(s, "dates", LEVEL_ERROR, -1, e,
		    "dates moved by other days than in another file of this patient");
	return got;
}

static int
judge_moved(const struct subject *s, const struct moved *o, struct err *e)
{
	if (judge_dates(s, o, e) < 0 || judge_birth(s, o, e) < 0)
		return -1;
	if (!o->known || s->patients == NULL)
		return 0;
	if (judge_patient(s, s->original, "old", o->shift, e) < 0)
		return -1;
	return judge_patient(s, s->set, "new", o->shift, e);
}

static int
judge_ages(const struct subject *s, struct err *e)
{
	struct buf b = { 0 };
	int years, got = 0;
	size_t i, at;

	for (i = 0; got == 0 && i < dataset_count(s->set); i++) {
		if (strcmp(check_vr(dataset_at(s->set, i)), "AS") != 0 ||
		    (got = dataset_text(s->set, (int64_t)i, &b, e)) < 0)
			continue;
		for (at = 0; got == 0 && at + 4 <= b.len; at += 5)
			if (digits(b.data + at, 3, &years) && b.data[at + 3] == 'Y' &&
			    years > AGE_MAX)
				got = check_say(s, "dates", LEVEL_ERROR, (int64_t)i, e,
				    "is an age above 090Y");
	}
	buf_free(&b);
	return got;
}

int
check_dates(const struct subject *s, struct err *e)
{
	struct moved *m;
	int got;

	if (judge_ages(s, e) < 0)
		return -1;
	if (s->original == NULL || (s->claims & CLAIM(OPTION_MODIFIED_DATES)) == 0)
		return 0;
	if (moved_new(s, &m, e) < 0)
		return -1;
	got = judge_moved(s, m, e);
	moved_free(m);
	return got;
}
