/* content: names and values of structured reports; see content.h. */
#include "deid/content.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "dicom/scan.h"

#define SOP_CLASS	OBJECT_TAG(0x0008, 0x0016)
#define MODALITY	OBJECT_TAG(0x0008, 0x0060)
#define CODE_VALUE	OBJECT_TAG(0x0008, 0x0100)
#define SCHEME		OBJECT_TAG(0x0008, 0x0102)
#define MEANING		OBJECT_TAG(0x0008, 0x0104)
#define REFERENCED_SOP	OBJECT_TAG(0x0008, 0x1199)
#define UNITS		OBJECT_TAG(0x0040, 0x08ea)
#define ACQUISITION_CONTEXT OBJECT_TAG(0x0040, 0x0555)
#define SPECIMEN_ITEMS	OBJECT_TAG(0x0040, 0x0612)
#define VALUE_TYPE	OBJECT_TAG(0x0040, 0xa040)
#define CONCEPT_NAME	OBJECT_TAG(0x0040, 0xa043)
#define DATE_TIME	OBJECT_TAG(0x0040, 0xa120)
#define DATE		OBJECT_TAG(0x0040, 0xa121)
#define TIME		OBJECT_TAG(0x0040, 0xa122)
#define PERSON_NAME	OBJECT_TAG(0x0040, 0xa123)
#define UID		OBJECT_TAG(0x0040, 0xa124)
#define TEXT_VALUE	OBJECT_TAG(0x0040, 0xa160)
#define FLOATING_VALUE	OBJECT_TAG(0x0040, 0xa161)
#define NUMERATOR	OBJECT_TAG(0x0040, 0xa162)
#define DENOMINATOR	OBJECT_TAG(0x0040, 0xa163)
#define CONCEPT_CODE	OBJECT_TAG(0x0040, 0xa168)
#define MEASURED_VALUE	OBJECT_TAG(0x0040, 0xa300)
#define NUMERIC_VALUE	OBJECT_TAG(0x0040, 0xa30a)
#define CONTENT		OBJECT_TAG(0x0040, 0xa730)
#define REFERENCED_ITEM	OBJECT_TAG(0x0040, 0xdb73)
#define WAVEFORMS	OBJECT_TAG(0x5400, 0x0100)
#define INTERPRETATION	OBJECT_TAG(0x5400, 0x1006)
#define UNFORMATTED_TEXT OBJECT_TAG(0x0070, 0x0006)

#define AGE_MAX 89	/* years; above it there are too few people: HIPAA */
#define STEPS_MAX ((uint64_t)1 << 28)	/* over siblings, of all references */
#define REFERENCE_DEPTH_MAX 64	/* as deep as sequences are (scan.h) */
#define ROUNDS_MAX 64	/* of references to references */

enum type {
	TYPE_NONE, TYPE_TEXT, TYPE_PNAME, TYPE_DATE, TYPE_TIME, TYPE_DATETIME,
	TYPE_UIDREF, TYPE_NUM, TYPE_CODE, TYPE_IMAGE, TYPE_COMPOSITE,
	TYPE_WAVEFORM, TYPE_CONTAINER
};

enum { NOBODY = -1 };	/* is no names_kind: it tells of nobody */

enum code { CODE_K, CODE_X, CODE_X_D, CODE_D, CODE_C };

struct row {
	const char *value, *scheme, *meaning;
	enum type type;
	enum code basic;
	const char *options;	/* one letter for each profile_option up to
				   CLEAN_DESCRIPTORS: K, C, blank */
	int identity;		/* a names_kind, or NOBODY */
};

/* Those of the table by code value; and those of ours, by how a meaning ends. */
#include "deid/content.inc"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* ---- what an item is */

static bool
is_text(const struct item *set, uint32_t tag, const char *word)
{
	size_t len;
	const char *text = item_text(set, tag, &len);

	return text != NULL && len == strlen(word) && memcmp(text, word, len) == 0;
}

static enum type
type_named(const struct item *set)
{
	static const struct {
		const char *name;
		enum type type;
	} types[] = {
		{ "TEXT", TYPE_TEXT }, { "PNAME", TYPE_PNAME },
		{ "DATE", TYPE_DATE }, { "TIME", TYPE_TIME },
		{ "DATETIME", TYPE_DATETIME }, { "UIDREF", TYPE_UIDREF },
		{ "NUM", TYPE_NUM }, { "NUMERIC", TYPE_NUM },
		{ "CODE", TYPE_CODE }, { "IMAGE", TYPE_IMAGE },
		{ "COMPOSITE", TYPE_COMPOSITE }, { "WAVEFORM", TYPE_WAVEFORM },
		{ "CONTAINER", TYPE_CONTAINER },
	};
	size_t i;

	for (i = 0; i < COUNT(types); i++)
		if (is_text(set, VALUE_TYPE, types[i].name))
			return types[i].type;
	return TYPE_NONE;
}

/* Acquisition Context and annotations of waveforms need not name the type. */
static enum type
type_of(const struct item *set)
{
	static const struct {
		uint32_t tag;
		enum type type;
	} values[] = {
		{ TEXT_VALUE, TYPE_TEXT }, { UNFORMATTED_TEXT, TYPE_TEXT },
		{ PERSON_NAME, TYPE_PNAME }, { DATE, TYPE_DATE },
		{ TIME, TYPE_TIME }, { DATE_TIME, TYPE_DATETIME },
		{ UID, TYPE_UIDREF }, { MEASURED_VALUE, TYPE_NUM },
		{ NUMERIC_VALUE, TYPE_NUM }, { CONCEPT_CODE, TYPE_CODE },
		{ REFERENCED_SOP, TYPE_IMAGE },
	};
	size_t i;

	if (item_find(set, VALUE_TYPE) != NULL)
		return type_named(set);
	for (i = 0; i < COUNT(values); i++)
		if (item_find(set, values[i].tag) != NULL)
			return values[i].type;
	return TYPE_NONE;
}

/* The code of SET's concept name; NULL: SET is no content item. */
static const struct item *
concept_of(const struct item *set)
{
	const struct element *el;

	if (set->parent == NULL || (el = item_find(set, CONCEPT_NAME)) == NULL ||
	    el->nitems == 0)
		return NULL;
	return &el->items[0];
}

/* ---- the table */

/* Types that a value may change into without another meaning. */
static int
family_of(enum type t)
{
	switch (t) {
	case TYPE_DATE:
	case TYPE_TIME:
	case TYPE_DATETIME:
		return TYPE_DATE;
	case TYPE_IMAGE:
	case TYPE_COMPOSITE:
	case TYPE_WAVEFORM:
		return TYPE_IMAGE;
	default:
		return t;
	}
}

/*
 * How well ROW suits a value of type T: 0 for not at all. Text can hold what should
 * have been of any type; a code or number of a concept that is listed as text is
 * of a closed set and says nothing that the table is about.
 */
static int
fit(const struct row *r, enum type t)
{
	return r->type == t ? 3 : family_of(r->type) == family_of(t) ? 2 :
	    t == TYPE_TEXT ? 1 : 0;
}

/* Bytes A of length N against the string B. */
static int
compare(const char *a, size_t n, const char *b)
{
	size_t len = strlen(b);
	int c = memcmp(a, b, n < len ? n : len);

	return c != 0 ? c : (n > len) - (n < len);
}

/* The first row of a code value, which others may follow, or the end. */
static const struct row *
first_row(const char *value, size_t len)
{
	size_t low = 0, high = COUNT(rows), middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (compare(value, len, rows[middle].value) > 0)
			low = middle + 1;
		else
			high = middle;
	}
	return rows + low;
}

/* Designators that other editions of DICOM had for the codes of SRT. */
static bool
is_snomed_rt(const char *scheme, size_t len)
{
	return compare(scheme, len, "SNM3") == 0 ||
	    compare(scheme, len, "99SDM") == 0;
}

static bool
is_known_scheme(const char *scheme, size_t len)
{
	size_t i;

	for (i = 0; i < COUNT(rows); i++)
		if (compare(scheme, len, rows[i].scheme) == 0)
			return true;
	return false;
}

static const struct row *
find_by_code(const struct item *concept, const char *scheme, size_t scheme_len,
    enum type t)
{
	const struct row *r, *best = NULL;
	size_t len;
	const char *value = item_text(concept, CODE_VALUE, &len);

	if (value == NULL)
		return NULL;
	for (r = first_row(value, len); r < rows + COUNT(rows) &&
	    compare(value, len, r->value) == 0; r++)
		if (compare(scheme, scheme_len, r->scheme) == 0 &&
		    fit(r, t) > (best != NULL ? fit(best, t) : 0))
			best = r;
	return best;
}

/* Local codes carry the words of the standard's, in whatever case. */
static const struct row *
find_by_meaning(const struct item *concept, enum type t)
{
	const struct row *r, *best = NULL;
	size_t len;
	const char *meaning = item_text(concept, MEANING, &len);

	if (meaning == NULL)
		return NULL;
	for (r = rows; r < rows + COUNT(rows); r++)
		if (strlen(r->meaning) == len &&
		    strncasecmp(meaning, r->meaning, len) == 0 &&
		    fit(r, t) > (best != NULL ? fit(best, t) : 0))
			best = r;
	return best;
}

/* Does TEXT end in WORDS, whatever their case, with no letter or digit before? */
static bool
ends_in(const char *text, size_t len, const char *words)
{
	size_t n = strlen(words);

	return len >= n && strncasecmp(text + len - n, words, n) == 0 &&
	    (len == n || strchr(" -_/.'(", text[len - n - 1]) != NULL);
}

/* "Patient" of "Patient's ID number": a concept is named by what it is of. */
static size_t
without_last_words(const char *text, size_t len)
{
	static const char *const last[] = { "name", "id", "identifier", "number",
	    "no", "code", "'s" };
	size_t i = 0;

	while (i < COUNT(last))
		if (len > strlen(last[i]) && (last[i][0] == '\'' ?
		    memcmp(text + len - 2, "'s", 2) == 0 : ends_in(text, len, last[i]))) {
			len -= strlen(last[i]);
			while (len > 0 && strchr(" -_/.", text[len - 1]) != NULL)
				len--;
			i = 0;
		} else
			i++;
	return len;
}

static const struct row *
find_by_ending(const struct item *concept)
{
	size_t i, len, short_len;
	const char *meaning = item_text(concept, MEANING, &len);

	if (meaning == NULL)
		return NULL;
	short_len = without_last_words(meaning, len);
	for (i = 0; i < COUNT(endings); i++)
		if (ends_in(meaning, len, endings[i].meaning) ||
		    ends_in(meaning, short_len, endings[i].meaning))
			return &endings[i];
	return NULL;
}

/* Is the code one that a site made up? */
static bool
is_local(const struct item *code)
{
	size_t len;
	const char *scheme = item_text(code, SCHEME, &len);

	return scheme == NULL || (!is_snomed_rt(scheme, len) &&
	    !is_known_scheme(scheme, len));
}

/*
 * The row for SET's value, of type T. Text that no row speaks of is judged by what it
 * is called; a code too, if both its name and itself are local.
 */
static const struct row *
find_row(const struct item *set, const struct item *concept, enum type t)
{
	const struct row *r = NULL;
	const struct element *el;
	size_t len;
	const char *scheme = item_text(concept, SCHEME, &len);

	if (is_local(concept))
		r = find_by_meaning(concept, t);
	else if (is_snomed_rt(scheme, len))
		r = find_by_code(concept, "SRT", 3, t);
	else
		r = find_by_code(concept, scheme, len, t);
	if (r != NULL)
		return r;
	if (t == TYPE_CODE && is_local(concept) &&
	    (el = item_find(set, CONCEPT_CODE)) != NULL && el->nitems > 0 &&
	    is_local(&el->items[0]))
		return find_by_ending(concept);
	return t == TYPE_TEXT ? find_by_ending(concept) : NULL;
}

/* Of options that differ the stronger protection holds. */
static enum code
resolve(const struct row *r, const bool option[PROFILE_OPTIONS])
{
	enum code c = r->basic;
	int i;

	for (i = 0; r->options[i] != '\0'; i++) {
		if (option[i] && r->options[i] == 'C')
			return CODE_C;
		if (option[i] && r->options[i] == 'K')
			c = CODE_K;
	}
	return c;
}

/* ---- decisions on values */

/* The type by which EL is judged: text is text, whatever its item says it has. */
static enum type
type_for(const struct item *set, const struct element *el)
{
	return el->tag == TEXT_VALUE ? TYPE_TEXT : type_of(set);
}

static const char *const rule_names[] = { "K", "X", "X/D", "D", "C" };

/* Does TAG hold the value of an item of type T? */
static bool
is_value(uint32_t tag, enum type t)
{
	switch (tag) {
	case TEXT_VALUE:
	case UNFORMATTED_TEXT:
		return t == TYPE_TEXT;
	case PERSON_NAME:
		return t == TYPE_PNAME;
	case DATE:
	case TIME:
	case DATE_TIME:
		return family_of(t) == TYPE_DATE;
	case UID:
		return t == TYPE_UIDREF;
	case MEASURED_VALUE:
	case NUMERIC_VALUE:
	case FLOATING_VALUE:
	case NUMERATOR:
	case DENOMINATOR:
		return t == TYPE_NUM;
	case CONCEPT_CODE:
		return t == TYPE_CODE;
	default:
		return false;
	}
}

/* What D makes of a value; of a number type 2 permits nothing (PS3.3 C.18.1). */
static enum profile_action
dummy_of(uint32_t tag)
{
	switch (tag) {
	case UID:
		return ACTION_UID;
	case MEASURED_VALUE:
		return ACTION_EMPTY;
	case FLOATING_VALUE:
	case NUMERATOR:
	case DENOMINATOR:
		return ACTION_REMOVE;
	default:
		return ACTION_DUMMY;
	}
}

bool
content_decide(const bool option[PROFILE_OPTIONS], const struct item *set,
    const struct element *el, struct profile_verdict *v)
{
	const struct item *concept;
	const struct row *r;
	enum type t;
	enum code c;

	if ((el->tag >> 16 != 0x0040 && el->tag != UNFORMATTED_TEXT) ||
	    (concept = concept_of(set)) == NULL ||
	    !is_value(el->tag, t = type_for(set, el)))
		return false;
	if ((r = find_row(set, concept, t)) == NULL) {
		*v = (struct profile_verdict){ ACTION_CLEAN, "content", ACTION_DUMMY };
		return t == TYPE_TEXT && el->tag == TEXT_VALUE;
	}
	c = resolve(r, option);
	v->rule = rule_names[c];
	v->otherwise = dummy_of(el->tag);
	if (c == CODE_K)
		v->action = ACTION_KEEP;
	else if (c == CODE_C)
		v->action = family_of(t) == TYPE_DATE ? ACTION_SHIFT : ACTION_CLEAN;
	else
		v->action = v->otherwise;
	return true;
}

bool
content_identifies(const struct item *set, const struct element *el,
    enum names_kind *kind)
{
	const struct item *concept;
	const struct row *r;
	enum type t;

	if ((el->tag != TEXT_VALUE && el->tag != PERSON_NAME && el->tag != DATE) ||
	    (concept = concept_of(set)) == NULL ||
	    !is_value(el->tag, t = type_for(set, el)) ||
	    (r = find_row(set, concept, t)) == NULL || r->identity == NOBODY)
		return false;
	/* A birth date in words is looked for as it is. */
	*kind = r->identity == NAMES_BIRTH && el->tag != DATE ? NAMES_OTHER :
	    (enum names_kind)r->identity;
	return true;
}

/* ---- items that go */

struct work {
	struct object *o;
	const bool *option;
	const struct audit *log;
	bool refers;		/* there are relationships by reference */
	bool changed;		/* in this round */
	uint64_t steps;
};

static size_t
count_items(const struct element *el)
{
	size_t i, n = 0;

	for (i = 0; i < el->nitems; i++)
		n += !el->items[i].gone;
	return n;
}

static bool
has_children(const struct item *set)
{
	const struct element *el = item_find(set, CONTENT);

	return el != NULL && count_items(el) > 0;
}

static bool
must_go(const struct work *w, const struct item *set)
{
	const struct item *concept = concept_of(set);
	enum type t = type_of(set);
	const struct row *r;

	return concept != NULL && t != TYPE_NONE &&
	    (r = find_row(set, concept, t)) != NULL &&
	    resolve(r, w->option) == CODE_X &&
	    (t == TYPE_CONTAINER || !has_children(set));
}

/* Takes EL out, of which no item stays; Acquisition Context may be empty (type 2). */
static int
remove_empty(const struct work *w, const struct item *set, struct element *el,
    struct err *e)
{
	if (el->tag == ACQUISITION_CONTEXT)
		return 0;
	el->gone = true;
	return audit(w->log, set, el->tag, "no items", "remove", e);
}

static int cap_age(const struct work *w, struct item *set, struct err *e);
static int prune_items(struct work *w, struct item *set, struct element *el,
    struct err *e);

static int
prune(struct work *w, struct item *set, struct err *e)
{
	size_t i;

	for (i = 0; i < set->n; i++)
		if (!set->elements[i].gone && set->elements[i].nitems > 0 &&
		    prune_items(w, set, &set->elements[i], e) < 0)
			return -1;
	return 0;
}

static int
prune_items(struct work *w, struct item *set, struct element *el, struct err *e)
{
	size_t i, left = count_items(el);
	struct item *it;

	for (i = 0; i < el->nitems; i++) {
		it = &el->items[i];
		if (it->gone)
			continue;
		if (prune(w, it, e) < 0 || cap_age(w, it, e) < 0)
			return -1;
		w->refers |= item_find(it, REFERENCED_ITEM) != NULL;
		/* A step of preparation has one item at least (type 1). */
		if (!must_go(w, it) || (left == 1 && el->tag == SPECIMEN_ITEMS))
			continue;
		it->gone = true;
		left--;
		if (audit(w->log, set, el->tag, "X", "remove item", e) < 0)
			return -1;
	}
	return left == 0 ? remove_empty(w, set, el, e) : 0;
}

/* ---- ages over 89, in years or parts of one (UCUM) */

/* How many of its unit a year has; 0: it is no unit of an age. */
static double
in_a_year(const struct item *set)
{
	static const struct {
		const char *unit;
		double n;
	} units[] = { { "a", 1 }, { "mo", 12 }, { "wk", 52.2 }, { "d", 365.25 } };
	const struct element *el = item_find(set, UNITS);
	size_t i;

	for (i = 0; el != NULL && el->nitems > 0 && i < COUNT(units); i++)
		if (is_text(&el->items[0], CODE_VALUE, units[i].unit))
			return units[i].n;
	return 0;
}

/* Years are ages whatever the concept; less than years, if it says so. */
static bool
is_age(const struct item *concept, double parts)
{
	return parts == 1 || (parts > 1 && find_by_code(concept, "DCM", 3,
	    TYPE_NUM) != NULL && is_text(concept, CODE_VALUE, "121033"));
}

static int
cap_age(const struct work *w, struct item *set, struct err *e)
{
	const struct item *concept = concept_of(set);
	struct element *el = item_find(set, MEASURED_VALUE);
	struct item *value = el == NULL ? set : el->nitems > 0 ? &el->items[0] : NULL;
	double n, parts;
	char text[24];

	if (concept == NULL || value == NULL ||
	    (el = item_find(value, NUMERIC_VALUE)) == NULL ||
	    !is_age(concept, parts = in_a_year(value)) ||
	    !element_number(w->o, el, 0, &n) || n <= (AGE_MAX + 1) * parts)
		return 0;
	snprintf(text, sizeof text, "%.0f", (AGE_MAX + 1) * parts);
	if (element_set(w->o, el, text, strlen(text), e) < 0)
		return -1;
	if ((el = item_find(value, FLOATING_VALUE)) != NULL)
		el->gone = true;
	return audit(w->log, value, NUMERIC_VALUE, "age", "dummy", e);
}

/* ---- relationships by reference: a way through the tree, by ordinals (C.17.3.2.5) */

enum target { TARGET_STAYS, TARGET_GONE, TARGET_NONE };

/* Follows OLD from the root, and makes NEW of it; both have N ordinals. */
static enum target
follow(struct work *w, const struct element *ref, size_t n, uint32_t new[])
{
	const struct item *set = object_set(w->o);
	const struct element *el;
	double v;
	size_t i, at;

	new[0] = 1;
	for (i = 1; i < n; i++) {
		if ((el = item_find(set, CONTENT)) == NULL)
			return TARGET_GONE;
		if (!element_number(w->o, ref, i, &v) || v < 1 ||
		    v > (double)el->nitems)
			return TARGET_NONE;
		w->steps += (uint64_t)v;
		set = &el->items[(size_t)v - 1];
		if (set->gone)
			return TARGET_GONE;
		for (new[i] = 1, at = 0; at < (size_t)v - 1; at++)
			new[i] += !el->items[at].gone;
	}
	return TARGET_STAYS;
}

static int
set_reference(const struct work *w, struct element *ref, size_t n,
    const uint32_t new[], struct err *e)
{
	bool big = object_scan(w->o)->coding == SCAN_BIG;
	unsigned char bytes[4 * REFERENCE_DEPTH_MAX];
	size_t i, j;

	for (i = 0; i < n; i++)
		for (j = 0; j < 4; j++)
			bytes[4 * i + j] = (unsigned char)(new[i] >>
			    (big ? 24 - 8 * j : 8 * j));
	return element_set(w->o, ref, bytes, 4 * n, e);
}

/* Takes IT out if what it refers to is gone; else, if WRITE, puts it right. */
static int
put_right(struct work *w, struct item *it, bool write, struct err *e)
{
	struct element *ref = item_find(it, REFERENCED_ITEM);
	uint32_t new[REFERENCE_DEPTH_MAX];
	size_t n;

	if (ref == NULL)
		return 0;
	n = ref->len / 4;
	if (n == 0 || n > REFERENCE_DEPTH_MAX)
		return 0;	/* refers to nothing that can be */
	switch (follow(w, ref, n, new)) {
	case TARGET_GONE:
		it->gone = w->changed = true;
		return audit(w->log, it->parent, it->sequence, "reference",
		    "remove item", e);
	case TARGET_STAYS:
		return write ? set_reference(w, ref, n, new, e) : 0;
	default:
		return 0;
	}
}

static int
put_all_right(struct work *w, struct item *set, bool write, struct err *e)
{
	struct element *el = item_find(set, CONTENT);
	struct item *it;
	size_t i;

	for (i = 0; el != NULL && i < el->nitems; i++) {
		it = &el->items[i];
		if (it->gone)
			continue;
		if (put_right(w, it, write, e) < 0 ||
		    (!it->gone && put_all_right(w, it, write, e) < 0))
			return -1;
		if (w->steps > STEPS_MAX)
			return err_set(e, "content items refer to one another too often");
	}
	return el != NULL && count_items(el) == 0 ?
	    remove_empty(w, set, el, e) : 0;
}

/* An item that refers to one which is gone goes, and it may be another's last child. */
int
content_prune(struct object *o, const bool option[PROFILE_OPTIONS],
    const struct audit *log, struct err *e)
{
	struct work w = { .o = o, .option = option, .log = log };
	int round;

	for (round = 0; round < ROUNDS_MAX; round++) {
		w.changed = false;
		if (prune(&w, object_set(o), e) < 0)
			return -1;
		if (!w.refers)
			return 0;
		if (put_all_right(&w, object_set(o), false, e) < 0)
			return -1;
		if (!w.changed)
			return put_all_right(&w, object_set(o), true, e);
	}
	return err_set(e, "content items refer to one another in too long a chain");
}

/* ---- voices */

int
content_refuse_voice(const struct object *o, struct err *e)
{
	const struct item *set = object_set((struct object *)o);
	const struct element *el = item_find(set, WAVEFORMS);
	size_t i;

	if (is_text(set, SOP_CLASS, "1.2.840.10008.5.1.4.1.1.9.4.1") ||
	    is_text(set, SOP_CLASS, "1.2.840.10008.5.1.4.1.1.9.4.2") ||
	    is_text(set, MODALITY, "AU"))
		return err_set(e, "is sound, and a voice cannot be cleaned");
	/* 8 bits by mu-law and A-law are codings of speech: C.10.9.1.5. */
	for (i = 0; el != NULL && i < el->nitems; i++)
		if (is_text(&el->items[i], INTERPRETATION, "MB") ||
		    is_text(&el->items[i], INTERPRETATION, "AB"))
			return err_set(e, "has a waveform (5400,0100) that is speech, "
			    "which cannot be cleaned");
	return 0;
}
