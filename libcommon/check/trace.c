/* trace: is a value or a UID of the original left anywhere in the bytes? */
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/size.h"
#include "check/check.h"
#include "check/dates.h"
#include "check/folded.h"

enum {
	NEEDLE_MIN = 4,		/* shorter ones are everywhere */
	NEEDLE_MAX = 128,	/* of a longer value its beginning */
	BINARY_MIN = 6,		/* in numbers, four letters come by chance */
	PROSE_MIN = 16,		/* of a description: longer than a phrase */
	NEEDLES_MAX = 200000,
	FILTER_BITS = 16,
	BLOCK = 1 << 20
};

enum kind { KIND_TEXT, KIND_DATE, KIND_DATE_FORM, KIND_TIME, KIND_UID };

struct needle {
	uint32_t tag;		/* whose value, in the original */
	uint32_t next;		/* in its bucket, + 1 */
	uint16_t len;
	unsigned char kind;
	bool kept;		/* also a value that the profile does not touch */
	bool warned;		/* of this value, where it proves nothing */
	bool done;		/* its tag was reported */
	bool plain;		/* ASCII as it stands in the original */
	bool description;	/* of something, and no name or number of anybody */
	bool number;		/* of the patient: no coincidence wherever it stands */
	char text[NEEDLE_MAX];	/* in upper case */
};

/*
 * Values are looked for twice: their bytes in all bytes of the file; and their words,
 * folded, in its text, where one of the two was not ASCII.
 */
struct search {
	const struct subject *s;
	const char *check;
	bool words;
	bool plain;		/* the text at hand is ASCII */
	bool description;	/* the element at hand is cleaned by 113105 */
	bool name;		/* it is a PN */
	struct scopes scopes;	/* of the pass at hand */
	const struct moved *moved;	/* NULL where dates do not move */
	struct needle *needles;
	size_t n, cap;
	uint32_t bucket[1 << FILTER_BITS];	/* needle + 1, by its first bytes */
	unsigned char fold[256];
};

static uint32_t
hash4(const unsigned char *p)
{
	uint32_t v = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	    (uint32_t)p[2] << 8 | p[3];

	return (v * 2654435761u) >> (32 - FILTER_BITS);
}

static struct needle *
known(struct search *q, const char *text, size_t len)
{
	uint32_t i = q->bucket[hash4((const unsigned char *)text)];

	for (; i != 0; i = q->needles[i - 1].next)
		if (q->needles[i - 1].len == len &&
		    memcmp(q->needles[i - 1].text, text, len) == 0)
			return &q->needles[i - 1];
	return NULL;
}

/* The bytes [P, P+LEN) without outer spaces, folded, into TEXT. Its length. */
static size_t
normal(const struct search *q, const char *p, size_t len,
    char text[NEEDLE_MAX])
{
	size_t i;

	for (; len > 0 && *p == ' '; len--)
		p++;
	while (len > 0 && (p[len - 1] == ' ' || p[len - 1] == '\0'))
		len--;
	if (len > NEEDLE_MAX)
		len = NEEDLE_MAX;
	for (i = 0; i < len; i++)
		text[i] = (char)q->fold[(unsigned char)p[i]];
	return len;
}

/* Some words together that are about nobody and no place: protocols, needs, reasons. */
static bool
is_phrase(const struct search *q, uint32_t tag, const char *text, size_t len)
{
	size_t i, spaces = 0;

	for (i = 0; i < len; i++)
		spaces += text[i] == ' ';
	return !q->name && spaces >= 2 && tag >> 16 != 0x0008 && tag >> 16 != 0x0010;
}

/* Has it the digits of an id? A date or a time is none. */
static bool
is_number(const char *text, size_t len)
{
	size_t i, digits = 0;
	struct date d;

	for (i = 0; i < len; i++)
		digits += isdigit((unsigned char)text[i]) != 0;
	return len >= 6 && digits >= 4 && !(len == 8 && dates_read(text, len, &d));
}

static int
add_needle(struct search *q, uint32_t tag, enum kind kind, const char *p,
    size_t len, struct err *e)
{
	struct needle *grown, *x;
	char text[NEEDLE_MAX];
	size_t cap, bytes;
	uint32_t *b;

	len = normal(q, p, len, text);
	if (len < (kind == KIND_TIME ? 6 : NEEDLE_MIN) ||
	    check_is_dummy(text, len))
		return 0;
	if ((x = known(q, text, len)) != NULL) {
		x->plain &= q->plain;
		if (x->tag >> 16 == 2)	/* (0008,0018) says more than (0002,0003) */
			x->tag = tag;
		return 0;
	}
	if (q->n == NEEDLES_MAX)
		return err_set(e, "the original holds more than %d values",
		    NEEDLES_MAX);
	if (q->n == q->cap) {
		cap = q->cap == 0 ? 64 : q->cap * 2;
		if (!size_mul(cap, sizeof *grown, &bytes) ||
		    (grown = realloc(q->needles, bytes)) == NULL)
			return err_set(e, "out of memory");
		q->needles = grown;
		q->cap = cap;
	}
	b = &q->bucket[hash4((const unsigned char *)text)];
	x = &q->needles[q->n++];
	*x = (struct needle){ .tag = tag, .len = (uint16_t)len,
	    .kind = (unsigned char)kind, .plain = q->plain,
	    .description = q->description || is_phrase(q, tag, text, len),
	    .number = tag >> 16 == 0x0010 && !q->description && is_number(text, len),
	    .next = *b };
	memcpy(x->text, text, len);
	*b = (uint32_t)q->n;
	return 0;
}

/* Calls FN for each value that a backslash separates. */
static int
each_value(struct search *q, uint32_t tag, enum kind kind,
    const struct buf *b, const char *separators,
    int (*fn)(struct search *, uint32_t, enum kind, const char *, size_t,
    struct err *), struct err *e)
{
	size_t from = 0, i;

	for (i = 0; i <= b->len; i++)
		if (i == b->len || strchr(separators, b->data[i]) != NULL) {
			if (i > from &&
			    fn(q, tag, kind, b->data + from, i - from, e) < 0)
				return -1;
			from = i + 1;
		}
	return 0;
}

static bool
in_list(const char *vr, const char *list)
{
	const char *p;

	if (vr[0] == '\0')
		return false;
	for (p = list; *p != '\0'; p += p[2] == '\0' ? 2 : 3)
		if (memcmp(p, vr, 2) == 0)
			return true;
	return false;
}

/* The text of element I of D, as it is compared. */
static int
text_of(struct search *q, const struct dataset *d, size_t i,
    const struct charset *set, struct buf *b, struct err *e)
{
	if (!q->words)
		return dataset_text(d, (int64_t)i, b, e);
	return folded_text(d, i, check_vr(dataset_at(d, i)), set, b, &q->plain, e);
}

/* A date of the original, where another one may have become the same day. */
static int
add_date(struct search *q, uint32_t tag, enum kind kind, const char *p, size_t len,
    bool coincides, struct err *e)
{
	char text[NEEDLE_MAX];
	struct needle *x;

	if (add_needle(q, tag, kind, p, len, e) < 0)
		return -1;
	len = normal(q, p, len, text);
	if (coincides && len >= NEEDLE_MIN && (x = known(q, text, len)) != NULL)
		x->kept = true;
	return 0;
}

/* The usual ways to write a date in words. */
static int
add_forms(struct search *q, uint32_t tag, const struct date *d, bool coincides,
    struct err *e)
{
	static const char *const months[] = { "JAN", "FEB", "MAR", "APR", "MAY",
	    "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC" };
	static const char *const names[] = { "JANUARY", "FEBRUARY", "MARCH", "APRIL",
	    "MAY", "JUNE", "JULY", "AUGUST", "SEPTEMBER", "OCTOBER", "NOVEMBER",
	    "DECEMBER" };
	static const char *const orders[] = { "%1$04d-%2$02d-%3$02d",
	    "%1$04d/%2$02d/%3$02d", "%1$04d.%2$02d.%3$02d", "%3$02d.%2$02d.%1$04d",
	    "%3$d.%2$d.%1$04d", "%3$02d/%2$02d/%1$04d", "%2$02d/%3$02d/%1$04d",
	    "%3$d/%2$d/%1$04d", "%2$d/%3$d/%1$04d", "%3$02d-%2$02d-%1$04d",
	    "%2$02d-%3$02d-%1$04d", "%3$d %4$s %1$04d", "%3$02d-%4$s-%1$04d",
	    "%4$s %3$d, %1$04d", "%4$s %3$d %1$04d", "%3$d %5$s %1$04d",
	    "%3$d. %5$s %1$04d", "%5$s %3$d, %1$04d", "%5$s %3$d %1$04d" };
	char form[32];
	bool plain = q->plain;
	int got = 0, n;

	q->plain = false;	/* as it stands in no header */
	for (size_t i = 0; got == 0 && i < sizeof orders / sizeof orders[0]; i++) {
		n = snprintf(form, sizeof form, orders[i], d->year, d->month, d->day,
		    months[d->month - 1], names[d->month - 1]);
		got = add_date(q, tag, KIND_DATE_FORM, form, (size_t)n, coincides, e);
	}
	q->plain = plain;
	return got;
}

static int
take_date(struct search *q, uint32_t tag, enum kind kind, const char *p,
    size_t len, struct err *e)
{
	struct date d;
	bool coincides;

	if (!dates_read(p, len, &d))	/* a year is in many texts */
		return len < 8 ? 0 : add_needle(q, tag, kind, p, len, e);
	coincides = q->moved != NULL && moved_explains(q->moved, d.days);
	if (add_date(q, tag, kind, p, len, coincides, e) < 0)
		return -1;
	return q->words && !check_is_dummy(p, len) ?
	    add_forms(q, tag, &d, coincides, e) : 0;
}

/* What the profile takes away, unless it is a term or a description. */
static int
take_value(struct search *q, size_t i, const struct charset *set, struct err *e)
{
	const struct dataset *d = q->s->original;
	const struct element *x = dataset_at(d, i);
	const struct row *r = row_find(x->tag);
	const char *vr = check_vr(x);
	enum action a = row_action(r, q->s->claims);
	bool private = (x->tag >> 16) % 2 != 0, name = strcmp(vr, "PN") == 0;
	bool date = strcmp(vr, "DA") == 0 || strcmp(vr, "DT") == 0;
	bool moved = date && a == ACTION_CLEAN;
	bool description = r != NULL && r->option[OPTION_DESCRIPTORS] != ' ';
	struct buf b = { 0 };
	int got = 0;

	q->description = description && !name;
	q->name = name;

	/* A name is one wherever it stands. */
	if (x->sequence || x->length == 0 || (!name && !moved && (private ||
	    a == ACTION_KEEP || a == ACTION_CLEAN)))
		return 0;
	if (text_of(q, d, i, set, &b, e) < 0)
		got = -1;
	else if (name) {
		if ((got = each_value(q, x->tag, KIND_TEXT, &b, "\\", add_needle,
		    e)) == 0)
			got = each_value(q, x->tag, KIND_TEXT, &b, "\\=^ ", add_needle,
			    e);
	} else if (date)
		got = each_value(q, x->tag, KIND_DATE, &b, "\\", take_date, e);
	else if (strcmp(vr, "TM") == 0)
		got = each_value(q, x->tag, KIND_TIME, &b, "\\", add_needle, e);
	else if (in_list(vr, "LT ST UT UR")) {
		if (b.len >= (description ? PROSE_MIN : NEEDLE_MIN))
			got = add_needle(q, x->tag, KIND_TEXT, b.data, b.len, e);
	} else if (in_list(vr, "AE LO SH UC") &&
	    (!description || b.len >= PROSE_MIN))
		got = each_value(q, x->tag, KIND_TEXT, &b, "\\", add_needle, e);
	buf_free(&b);
	return got;
}

static int
mark_kept(struct search *q, uint32_t tag, enum kind kind, const char *p,
    size_t len, struct err *e)
{
	char text[NEEDLE_MAX];
	struct needle *x;

	(void)tag;
	(void)kind;
	(void)e;
	len = normal(q, p, len, text);
	if (len >= NEEDLE_MIN && (x = known(q, text, len)) != NULL)
		x->kept = true;
	return 0;
}

/* "CHEST" as a name of somebody is no proof where it is also the body part. */
static int
mark_value(struct search *q, size_t i, const struct charset *set, struct err *e)
{
	const struct dataset *d = q->s->original;
	const struct element *x = dataset_at(d, i);
	struct buf b = { 0 };
	int got;

	if (x->sequence || x->length < NEEDLE_MIN || x->length > 1024 ||
	    (x->tag >> 16) % 2 != 0 || strcmp(x->vr, "PN") == 0 ||
	    row_action(row_find(x->tag), q->s->claims) != ACTION_KEEP)
		return 0;
	if ((got = text_of(q, d, i, set, &b, e)) == 0)
		got = each_value(q, x->tag, KIND_TEXT, &b, "\\", mark_kept, e);
	buf_free(&b);
	return got;
}

/*
 * Has a text the form of a UID? A decimal number has one point at most, a
 * version of software few. The first arc is 0, 1 or 2: PS3.5 9.1.
 */
static bool
is_uid(const char *p, size_t len)
{
	size_t i, dots = 0;

	if (len < 8 || p[0] > '2' || p[1] != '.')
		return false;
	for (i = 0; i < len; i++) {
		if (p[i] == '.')
			dots++;
		else if (!isdigit((unsigned char)p[i]))
			return false;
	}
	return dots >= 4;
}

static int
add_uid(struct search *q, uint32_t tag, enum kind kind, const char *p,
    size_t len, struct err *e)
{
	static const char standard[] = "1.2.840.10008.";

	if (len >= sizeof standard - 1 &&
	    memcmp(p, standard, sizeof standard - 1) == 0)
		return 0;
	return add_needle(q, tag, kind, p, len, e);
}

static int
add_if_uid(struct search *q, uint32_t tag, enum kind kind, const char *p,
    size_t len, struct err *e)
{
	return is_uid(p, len) ? add_uid(q, tag, kind, p, len, e) : 0;
}

static int
take_uid(struct search *q, size_t i, const struct charset *set, struct err *e)
{
	/*
	 * UIDs of software, coding schemes and mappings: of no instance. What is
	 * left of them from the original, `meta` and `profile` say.
	 */
	static const uint32_t of_definitions[] = { 0x00020010, 0x00020012,
	    0x00020100, 0x0008010c, 0x0008010d, 0x00080117, 0x00080118 };
	const struct dataset *d = q->s->original;
	const struct element *x = dataset_at(d, i);
	struct buf b = { 0 };
	bool version = false;
	size_t k;
	int got;

	(void)set;
	if (x->sequence || x->length == 0 || x->length > 65536 ||
	    (x->vr[0] != '\0' && !in_list(x->vr, "UI UN LO SH UC LT ST UT")))
		return 0;
	for (k = 0; k < sizeof of_definitions / sizeof of_definitions[0]; k++)
		if (x->tag == of_definitions[k])
			return 0;
	if (x->tag >> 16 & 1 && (q->s->claims & CLAIM(OPTION_SAFE_PRIVATE)) != 0) {
		if (dataset_text(d, check_creator_of(d, i), &b, e) == 0)
			row_is_safe_private(x->tag, b.data, &version);
		if (version) {
			buf_free(&b);
			return 0;
		}
	}
	if ((got = dataset_text(d, (int64_t)i, &b, e)) == 0)
		got = each_value(q, x->tag, KIND_UID, &b, "\\",
		    strcmp(x->vr, "UI") == 0 ? add_uid : add_if_uid, e);
	buf_free(&b);
	return got;
}

/*
 * Is the byte BESIDE a letter that would make another word of N? Scripts whose UTF-8
 * begins with E0 or more have no spaces between words, or few.
 */
static bool
is_letter(const struct needle *n, int beside)
{
	unsigned char first = (unsigned char)n->text[0];

	return isalnum(beside) || (beside >= 0x80 && first >= 0x80 && first < 0xe0);
}

/* May the value of N stand between the bytes BEFORE and AFTER? */
static bool
apart(const struct needle *n, int before, int after)
{
	bool left = isalnum(before) || before == '.';

	switch (n->kind) {
	case KIND_UID:
		return !isdigit(before) && before != '.' && !isdigit(after) &&
		    after != '.';
	case KIND_DATE:		/* a time may follow */
		return !left;
	case KIND_DATE_FORM:
	case KIND_TIME:
		return !left && !isdigit(after);
	default:
		return (unsigned char)n->text[0] >= 0xe0 ||
		    (!is_letter(n, before) && !is_letter(n, after));
	}
}

static bool
varied(const struct needle *n)
{
	size_t i, distinct = 0;

	for (i = 0; i < n->len; i++)
		distinct += memchr(n->text, n->text[i], i) == NULL;
	return distinct >= 3;
}

/*
 * One word of letters that is not about the patient: an institution called as
 * the maker of its scanner is.
 */
static bool
is_weak(const struct needle *n)
{
	size_t i;

	for (i = 0; i < n->len; i++)
		if (!isalpha((unsigned char)n->text[i]))
			return false;
	return n->tag >> 16 != 0x0010 || n->tag == 0x00100021;	/* who gives the ids */
}

/* Has element AT the value that the original has? */
static int
is_as_before(const struct search *q, size_t at, bool *same, struct err *e)
{
	const struct dataset *d = q->s->set, *o = q->s->original;
	uint32_t tag = dataset_at(d, at)->tag;
	struct buf a = { 0 }, b = { 0 };
	size_t i;
	int got;

	*same = false;
	got = dataset_text(d, (int64_t)at, &a, e);
	for (i = 0; got == 0 && !*same && i < dataset_count(o); i++)
		if (dataset_at(o, i)->tag == tag &&
		    (got = dataset_text(o, (int64_t)i, &b, e)) == 0)
			*same = a.len == b.len && memcmp(a.data, b.data, a.len) == 0;
	buf_free(&a);
	buf_free(&b);
	return got;
}

static bool
is_text(const struct element *x)
{
	return x->vr[0] == '\0' ? x->length <= 65536 : !in_list(x->vr,
	    "OB OD OF OL OV OW US SS UL SL FL FD AT SV UV UN") || x->length <= 64;
}

/*
 * May N be in element AT all the same? Where an option keeps the value as it is, or the
 * original was de-identified, where a description is in another that is cleaned, and where
 * a word proves little.
 */
static int
is_excused(const struct search *q, const struct needle *n, size_t at,
    bool *excused, struct err *e)
{
	const struct element *x = dataset_at(q->s->set, at);
	const struct row *r = row_find(x->tag);
	enum action a = row_action(r, q->s->claims);

	*excused = a == ACTION_CLEAN && n->description;
	/* Device Observer UID: Table E.3.4-1. */
	if (x->tag == 0x0040a124 && (q->s->claims & CLAIM(OPTION_STRUCTURED)) != 0 &&
	    (q->s->claims & CLAIM(OPTION_DEVICE)) != 0)
		*excused = true;
	if (x->sequence || !is_text(x) || (!q->s->was_clean && (a != ACTION_KEEP ||
	    (r == NULL && !is_weak(n)))))
		return 0;
	return is_as_before(q, at, excused, e);
}

/*
 * Is a name that is a word of medicine ("Stone") written as that word: in small letters,
 * or where a text begins or has no small ones? OFFSET is its first byte.
 */
static int
reads_as_term(const struct search *q, const struct needle *n, size_t at,
    uint64_t offset, bool *term, struct err *e)
{
	const struct element *x = dataset_at(q->s->set, at);
	size_t i, small = 0, spaces = 0;
	struct buf b = { 0 };
	int got;

	*term = row_is_term(n->text, n->len) && !x->sequence && is_text(x);
	if (!*term || q->words || offset == x->value)
		return 0;
	if ((got = dataset_text(q->s->set, (int64_t)at, &b, e)) == 0) {
		for (i = 0; i < b.len; i++) {
			small += islower((unsigned char)b.data[i]) != 0;
			spaces += b.data[i] == ' ';
		}
		i = (size_t)(offset - x->value);
		*term = (small == 0 && spaces >= 2) ||
		    (i < b.len && islower((unsigned char)b.data[i]));
	}
	buf_free(&b);
	return got;
}

/* Why N in element AT proves little, in words; or NULL. */
static int
excuse_of(const struct search *q, const struct needle *n, size_t at,
    uint64_t offset, const char **why, struct err *e)
{
	bool excused, term;

	*why = NULL;
	if (n->kept && !n->number) {
		*why = "; an element that is kept has the same value";
		return 0;
	}
	if (is_excused(q, n, at, &excused, e) < 0 ||
	    reads_as_term(q, n, at, offset, &term, e) < 0)
		return -1;
	if (term)
		*why = "; it is a word of medicine, too";
	else if (excused)
		*why = q->s->was_clean ? ", as in the original, which says that it is "
		    "de-identified" : ", which the profile keeps";
	return 0;
}

static int
report(struct search *q, struct needle *n, uint64_t offset, struct err *e)
{
	const struct dataset *d = q->s->set;
	int64_t in = dataset_at_offset(d, offset);
	const struct element *x = in >= 0 ? dataset_at(d, (size_t)in) : NULL;
	enum level level = LEVEL_ERROR;
	char path[DATASET_PATH_MAX] = "no element";
	const char *why = NULL;
	size_t i;

	if (n->kind == KIND_DATE && x != NULL && q->moved != NULL &&
	    in_list(check_vr(x), "DA DT"))
		return 0;	/* the check of dates has judged it */
	if (x != NULL && !is_text(x)) {
		if (n->len < BINARY_MIN || !varied(n))
			return 0;
		/* Numbers may happen to spell; comments in a codestream do not. */
		if (!x->fragments)
			level = LEVEL_WARNING;
	}
	if (in >= 0)
		dataset_path(d, (size_t)in, path);
	if (x != NULL && excuse_of(q, n, (size_t)in, offset, &why, e) < 0)
		return -1;
	if (why != NULL)
		level = LEVEL_WARNING;
	/* One error for a tag: what else it held is the same leak. */
	if (level == LEVEL_WARNING && n->warned)
		return 0;
	n->warned = true;
	for (i = 0; level == LEVEL_ERROR && i < q->n; i++)
		if (q->needles[i].tag == n->tag)
			q->needles[i].done = true;
	return check_say_tag(q->s, q->check, level, n->tag, e,
	    "%s of the original's (%04X,%04X) is at byte %" PRIu64 ", in %s%s",
	    n->kind == KIND_UID ? "a UID" : "a value", n->tag >> 16,
	    n->tag & 0xffff, offset, path, why != NULL ? why : "");
}

/* Tests every needle that may begin at P; LEFT bytes follow, from OFFSET. */
static int
test_at(struct search *q, const unsigned char *p, size_t left,
    uint64_t offset, int before, struct err *e)
{
	unsigned char folded[NEEDLE_MAX];
	uint32_t i = q->bucket[hash4((unsigned char[]){ q->fold[p[0]],
	    q->fold[p[1]], q->fold[p[2]], q->fold[p[3]] })];
	struct needle *n;
	size_t k, have = 0;

	for (; i != 0; i = n->next) {
		n = &q->needles[i - 1];
		if (n->done || n->len > left || (q->words && q->plain && n->plain))
			continue;
		for (; have < n->len; have++)
			folded[have] = q->fold[p[have]];
		k = n->len;
		if (memcmp(folded, n->text, k) == 0 &&
		    apart(n, before, k < left ? p[k] : -1) &&
		    report(q, n, offset, e) < 0)
			return -1;
	}
	return 0;
}

/* The whole file from its preamble to its last byte, a block at a time. */
static int
scan(struct search *q, struct err *e)
{
	uint64_t at = 0, size = dataset_size(q->s->set);
	size_t i, len = 0, stop;
	unsigned char *b;
	int64_t got;
	int before = -1, status = -1;

	if ((b = malloc(BLOCK + NEEDLE_MAX + 1)) == NULL)
		return err_set(e, "out of memory");
	while (at < size) {
		got = dataset_bytes(q->s->set, at + len, b + len,
		    BLOCK + NEEDLE_MAX + 1 - len, e);
		if (got < 0)
			goto out;
		len += (size_t)got;
		/* A needle at STOP or later is seen whole in the next block. */
		stop = at + len >= size ? len : len - NEEDLE_MAX - 1;
		for (i = 0; i < stop && len - i >= NEEDLE_MIN; i++) {
			if (q->bucket[hash4((unsigned char[]){ q->fold[b[i]],
			    q->fold[b[i + 1]], q->fold[b[i + 2]],
			    q->fold[b[i + 3]] })] != 0 &&
			    test_at(q, b + i, len - i, at + i, before, e) < 0)
				goto out;
			before = b[i];
		}
		if (at + len >= size)
			break;
		memmove(b, b + stop, len - stop);
		at += stop;
		len -= stop;
	}
	status = 0;
out:
	free(b);
	return status;
}

/* The text of all elements, in its character set, folded. */
static int
scan_words(struct search *q, struct err *e)
{
	const struct dataset *d = q->s->set;
	const struct charset *set;
	struct buf b = { 0 };
	size_t i, k;
	int got = 0;

	q->scopes.n = 0;
	for (i = 0; got == 0 && i < dataset_count(d); i++) {
		const struct element *x = dataset_at(d, i);

		if ((got = scopes_enter(&q->scopes, d, i, &set, e)) < 0)
			break;
		if (x->sequence || x->length < NEEDLE_MIN ||
		    (x->vr[0] == '\0' ? x->length > 65536 : !in_list(check_vr(x),
		    "AE CS LO LT PN SH ST UC UR UT UN")) ||
		    (got = text_of(q, d, i, set, &b, e)) < 0)
			continue;
		for (k = 0; got == 0 && k + NEEDLE_MIN <= b.len; k++)
			got = test_at(q, (const unsigned char *)b.data + k, b.len - k,
			    x->value, k > 0 ? (unsigned char)b.data[k - 1] : -1, e);
	}
	buf_free(&b);
	return got;
}

typedef int take_fn(struct search *, size_t, const struct charset *, struct err *);

static int
take_all(struct search *q, take_fn *take, struct err *e)
{
	const struct dataset *d = q->s->original;
	const struct charset *set;
	size_t i;

	q->scopes.n = 0;
	for (i = 0; i < dataset_count(d); i++)
		if (scopes_enter(&q->scopes, d, i, &set, e) < 0 ||
		    take(q, i, set, e) < 0)
			return -1;
	return 0;
}

/* Looks for what TAKE takes; in words, unless NOT found its tag before. */
static int
trace(struct search *q, take_fn *take, const struct search *bytes, struct err *e)
{
	size_t i, k;

	for (i = 0; i < 256; i++)
		q->fold[i] = (unsigned char)(i >= 'a' && i <= 'z' ? i - 32 : i);
	q->plain = true;
	if (take_all(q, take, e) < 0 ||
	    (take != take_uid && take_all(q, mark_value, e) < 0))
		return -1;
	if (bytes == NULL)
		return q->n > 0 ? scan(q, e) : 0;
	for (i = 0; i < bytes->n; i++)
		for (k = 0; bytes->needles[i].done && k < q->n; k++)
			if (q->needles[k].tag == bytes->needles[i].tag)
				q->needles[k].done = true;
	return q->n > 0 ? scan_words(q, e) : 0;
}

static struct search *
search_new(const struct subject *s, const char *check, struct err *e)
{
	struct search *q = calloc(1, sizeof *q);

	if (q == NULL) {
		err_set(e, "out of memory");
		return NULL;
	}
	q->s = s;
	q->check = check;
	return q;
}

static void
search_free(struct search *q)
{
	if (q != NULL)
		free(q->needles);
	free(q);
}

int
check_uids(const struct subject *s, struct err *e)
{
	struct search *q;
	int got;

	if (s->claims & CLAIM(OPTION_UIDS))
		return check_say(s, "uids", LEVEL_INFO, -1, e,
		    "not checked: 113110 retains UIDs");
	if ((q = search_new(s, "uids", e)) == NULL)
		return -1;
	got = trace(q, take_uid, NULL, e);
	search_free(q);
	return got;
}

int
check_values(const struct subject *s, struct err *e)
{
	struct search *bytes = search_new(s, "values", e);
	struct search *words = search_new(s, "values", e);
	struct moved *moved = NULL;
	int got = -1;

	if (bytes == NULL || words == NULL)
		goto out;
	if ((s->claims & CLAIM(OPTION_MODIFIED_DATES)) != 0 &&
	    moved_new(s, &moved, e) < 0)
		goto out;
	bytes->moved = words->moved = moved;
	words->words = true;
	if ((got = trace(bytes, take_value, NULL, e)) == 0)
		got = trace(words, take_value, bytes, e);
out:
	moved_free(moved);
	search_free(bytes);
	search_free(words);
	return got;
}
