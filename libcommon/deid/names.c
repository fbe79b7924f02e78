/* names: what identifies, of one object; see names.h. */
#include "deid/names.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/buf.h"
#include "deid/dates.h"
#include "deid/tokens.h"

#define WORDS_MAX 16		/* of one component of a name that are taken apart */
#define TERM_MAX 128		/* folded bytes; longer ones are written in no text alike */
#define PLACE_WORD_MIN 4	/* letters; shorter words of a place are everywhere */
#define ID_MIN 3		/* letters and digits; shorter ids are every number */
#define ID_DIGITS_MIN 5		/* digits of an id that are noted without its letters */
#define LOGIN_MIN 4		/* letters of a name that stands in a login */
#define PHONE_DIGITS_MIN 7	/* of one with its area's code */
#define COUNTRY_DIGITS_MAX 4	/* before it, a zero among them */
#define SLOTS_MIN 256

struct names {
	struct names_term *terms;
	size_t n, cap;
	struct buf arena;
	uint32_t *slots;	/* 1 + the number of a term */
	size_t mask;
	uint64_t begins[16];	/* a filter of first two bytes, 1024 bits */
	size_t longest;
	unsigned people;
	struct names_date *dates;
	size_t ndates, dates_cap;
	struct tokens tokens;	/* of the value at hand */
	struct buf joined, varied;
};

static unsigned
begin_bit(unsigned char first, unsigned char second)
{
	return (first * 37u + second) & 1023u;
}

bool
names_may_begin(const struct names *d, unsigned char first, unsigned char second)
{
	unsigned bit = begin_bit(first, second);

	return (d->begins[bit >> 6] >> (bit & 63) & 1) != 0;
}

static size_t
slot_of(const struct names *d, uint32_t hash, const char *folded, size_t len)
{
	const struct names_term *t;
	size_t at;

	for (at = hash & d->mask; d->slots[at] != 0; at = (at + 1) & d->mask) {
		t = &d->terms[d->slots[at] - 1];
		if (t->hash == hash && t->len == len &&
		    memcmp(d->arena.data + t->text, folded, len) == 0)
			break;
	}
	return at;
}

const struct names_term *
names_find(const struct names *d, uint32_t hash, const char *folded, size_t len)
{
	size_t at = slot_of(d, hash, folded, len);

	return d->slots[at] == 0 ? NULL : &d->terms[d->slots[at] - 1];
}

const struct names_term *
names_terms(const struct names *d, size_t *n)
{
	*n = d->n;
	return d->terms;
}

const char *
names_text(const struct names *d, const struct names_term *t)
{
	return d->arena.data + t->text;
}

size_t
names_longest(const struct names *d)
{
	return d->longest;
}

bool
names_are_empty(const struct names *d)
{
	return d->n == 0 && d->ndates == 0;
}

const struct names_date *
names_dates(const struct names *d, size_t *n)
{
	*n = d->ndates;
	return d->dates;
}

struct names *
names_new(struct err *e)
{
	struct names *d = calloc(1, sizeof *d);

	if (d == NULL || (d->slots = calloc(SLOTS_MIN, sizeof *d->slots)) == NULL) {
		free(d);
		err_set(e, "out of memory");
		return NULL;
	}
	d->mask = SLOTS_MIN - 1;
	return d;
}

void
names_free(struct names *d)
{
	if (d == NULL)
		return;
	free(d->terms);
	free(d->slots);
	free(d->dates);
	buf_free(&d->arena);
	buf_free(&d->joined);
	buf_free(&d->varied);
	tokens_free(&d->tokens);
	free(d);
}

void
names_clear(struct names *d)
{
	memset(d->slots, 0, (d->mask + 1) * sizeof *d->slots);
	memset(d->begins, 0, sizeof d->begins);
	d->n = d->ndates = d->longest = 0;
	d->people = 0;
	buf_clear(&d->arena);
}

static int
grow_slots(struct names *d, struct err *e)
{
	size_t n = (d->mask + 1) * 2, i, at;
	uint32_t *slots = calloc(n, sizeof *slots);

	if (slots == NULL)
		return err_set(e, "out of memory");
	free(d->slots);
	d->slots = slots;
	d->mask = n - 1;
	for (i = 0; i < d->n; i++) {
		for (at = d->terms[i].hash & d->mask; slots[at] != 0; at = (at + 1) & d->mask)
			;
		slots[at] = (uint32_t)i + 1;
	}
	return 0;
}

/* What the terms of a value have in common. */
struct source {
	enum names_kind kind;
	uint64_t person;
};

static int
add_term(struct names *d, const struct source *s, uint32_t parts, const char *folded,
    size_t len, struct err *e)
{
	uint32_t hash;
	struct names_term *t;
	unsigned bit;
	size_t at;

	if (len == 0 || len > TERM_MAX)
		return 0;
	hash = token_hash(TOKEN_HASH, folded, len);
	at = slot_of(d, hash, folded, len);
	if (d->slots[at] == 0) {
		if (d->n == NAMES_MAX)
			return err_set(e, "holds more than %d names and ids", NAMES_MAX);
		if (array_grow(&d->terms, d->n, &d->cap, sizeof *d->terms, e) < 0)
			return -1;
		t = &d->terms[d->n];
		*t = (struct names_term){ .hash = hash, .len = (uint32_t)len,
		    .text = (uint32_t)d->arena.len };
		if (buf_add(&d->arena, folded, len, e) < 0)
			return -1;
		d->slots[at] = (uint32_t)++d->n;
		if (d->n * 2 > d->mask && grow_slots(d, e) < 0)
			return -1;
		bit = begin_bit((unsigned char)folded[0],
		    len > 1 ? (unsigned char)folded[1] : 0);
		d->begins[bit >> 6] |= (uint64_t)1 << (bit & 63);
		if (len > d->longest)
			d->longest = len;
	} else {
		t = &d->terms[d->slots[at] - 1];
	}
	t->kinds |= 1u << s->kind;
	t->parts |= parts;
	t->persons |= s->person;
	return 0;
}

/* ---- names of people */

/* A run of folded bytes of d->tokens: a word, or all of a component. */
struct piece {
	const char *text;
	size_t len, initial;	/* initial: bytes of its first character */
	bool solid;
};

struct component {
	struct piece words[WORDS_MAX], whole;
	size_t n;
};

static size_t
first_bytes(const char *text, size_t len)
{
	size_t n = 1;

	while (n < len && ((unsigned char)text[n] & 0xc0) == 0x80)
		n++;
	return n;
}

static struct piece
piece_of(const struct tokens *t, const struct token *first, const struct token *last)
{
	const char *text = token_text(t, first);
	size_t len = last->folded + last->folded_len - first->folded;

	return (struct piece){ text, len, first_bytes(text, len),
	    first->kind == TOKEN_SOLID };
}

static bool
is_apostrophe(const char *p, size_t n)
{
	return (n == 1 && (*p == '\'' || *p == '`')) ||
	    (n == 3 && (memcmp(p, "\xe2\x80\x99", 3) == 0 ||
	    memcmp(p, "\xe2\x80\x98", 3) == 0 || memcmp(p, "\xca\xbc", 2) == 0));
}

/* The words of the tokens FROM to TO; McDonald and O'Bannion are one each. */
static void
take_words(const struct tokens *t, size_t from, size_t to, const char *text,
    struct component *c)
{
	const struct token *k = t->items, *first;
	size_t i;

	c->n = 0;
	if (from == to)
		return;
	c->whole = piece_of(t, &k[from], &k[to - 1]);
	first = &k[from];
	for (i = from; i < to && c->n < WORDS_MAX; i++) {
		if (i + 1 < to && (k[i + 1].joined || is_apostrophe(text + k[i].to,
		    k[i + 1].from - k[i].to)))
			continue;
		if (first != &k[i] || k[i].kind != TOKEN_NUMBER)
			c->words[c->n++] = piece_of(t, first, &k[i]);
		if (i + 1 < to)
			first = &k[i + 1];
	}
}

static int
add_joined(struct names *d, const struct source *s, uint32_t parts,
    const struct piece *a, size_t a_len, const struct piece *b, size_t b_len,
    struct err *e)
{
	buf_clear(&d->joined);
	if (buf_add(&d->joined, a->text, a_len, e) < 0 ||
	    buf_add(&d->joined, b->text, b_len, e) < 0)
		return -1;
	return add_term(d, s, parts, d->joined.data, d->joined.len, e);
}

static int
add_component(struct names *d, const struct source *s, uint32_t part,
    const struct component *c, struct err *e)
{
	const struct piece *w;
	size_t i;

	for (i = 0; i < c->n; i++) {
		w = &c->words[i];
		if (add_term(d, s, w->len == w->initial && !w->solid ? NAMES_INITIAL : part,
		    w->text, w->len, e) < 0 ||
		    (!w->solid && add_term(d, s, NAMES_INITIAL, w->text, w->initial, e) < 0))
			return -1;
	}
	return c->n > 1 ? add_term(d, s, NAMES_JOINED, c->whole.text, c->whole.len, e) : 0;
}

/* AM, MA: given names and family, and family first. */
static int
add_initials(struct names *d, const struct source *s, const struct component *family,
    const struct component *given, struct err *e)
{
	const struct piece *end = &family->words[family->n - 1];
	struct piece last = { family->words[0].text, family->words[0].initial, 0, false };
	struct piece all = { 0 };
	struct buf b = { 0 };
	size_t i;
	int got = -1;

	for (i = 0; i < given->n; i++)
		if (buf_add(&b, given->words[i].text, given->words[i].initial, e) < 0)
			goto out;
	all.text = b.data;
	if ((given->n > 1 && add_term(d, s, NAMES_INITIALS, all.text, b.len, e) < 0) ||
	    add_joined(d, s, NAMES_INITIALS, &all, b.len, &last, last.len, e) < 0 ||
	    add_joined(d, s, NAMES_INITIALS, &last, last.len, &all, b.len, e) < 0 ||
	    add_joined(d, s, NAMES_INITIALS, &all, given->words[0].initial, &last,
	    last.len, e) < 0 ||
	    add_joined(d, s, NAMES_INITIALS, &last, last.len, &all,
	    given->words[0].initial, e) < 0)
		goto out;
	/* E.B. is Emile van den Berg */
	if (family->n > 1 && (add_joined(d, s, NAMES_INITIALS, &all, given->words[0].initial,
	    end, end->initial, e) < 0 || add_joined(d, s, NAMES_INITIALS, end, end->initial,
	    &all, given->words[0].initial, e) < 0))
		goto out;
	got = 0;
out:
	buf_free(&b);
	return got;
}

/* What is written of two components together: SmithJohn, jsmith. */
static int
add_pairs(struct names *d, const struct source *s, const struct component *family,
    const struct component *given, struct err *e)
{
	const struct piece *f = &family->whole, *g = &given->whole, *g1 = &given->words[0];

	if (add_joined(d, s, NAMES_JOINED, f, f->len, g, g->len, e) < 0 ||
	    add_joined(d, s, NAMES_JOINED, g, g->len, f, f->len, e) < 0 ||
	    add_joined(d, s, NAMES_JOINED, f, f->len, g1, g1->len, e) < 0 ||
	    add_joined(d, s, NAMES_JOINED, g1, g1->len, f, f->len, e) < 0)
		return -1;
	if (f->solid)
		return 0;
	if (f->len >= LOGIN_MIN &&
	    (add_joined(d, s, NAMES_LOGIN, g1, g1->initial, f, f->len, e) < 0 ||
	    add_joined(d, s, NAMES_LOGIN, f, f->len, g1, g1->initial, e) < 0))
		return -1;
	return s->kind == NAMES_PATIENT ? add_initials(d, s, family, given, e) : 0;
}

/*
 * A component group: family^given^middle^prefix^suffix (PS3.5 6.2.1). Prefix and suffix
 * are titles. Without a caret all words may be either; a comma is taken for a caret.
 */
static int
add_group(struct names *d, const struct source *s, const char *text, size_t len,
    struct err *e)
{
	const struct tokens *t = &d->tokens;
	struct component family, given;
	char mark = memchr(text, '^', len) != NULL ? '^' : ',';
	size_t ends[2] = { 0, 0 }, i, at = 0, component = 0;
	int got;

	if ((got = tokens_read(&d->tokens, text, len, e)) <= 0)
		return got;
	/* Tokens up to ENDS[0] are the family, up to ENDS[1] given and middle names. */
	for (i = 0; i < t->n; i++) {
		for (; at < t->items[i].from; at++)
			component += text[at] == mark;
		if (component == 0)
			ends[0] = i + 1;
		if (component <= (mark == '^' ? 2 : 1))
			ends[1] = i + 1;
	}
	take_words(t, 0, ends[0], text, &family);
	take_words(t, ends[0], ends[1], text, &given);
	if (given.n == 0 && family.n > 1 && memchr(text, mark, len) == NULL) {
		/* Nobody says which; take the first for the family, all for both. */
		if (add_component(d, s, NAMES_FAMILY | NAMES_GIVEN, &family, e) < 0)
			return -1;
		take_words(t, 0, 1, text, &family);
		take_words(t, 1, ends[0], text, &given);
		return family.n > 0 && given.n > 0 ?
		    add_pairs(d, s, &family, &given, e) : 0;
	}
	if (add_component(d, s, NAMES_FAMILY, &family, e) < 0 ||
	    add_component(d, s, NAMES_GIVEN, &given, e) < 0)
		return -1;
	return family.n > 0 && given.n > 0 ? add_pairs(d, s, &family, &given, e) : 0;
}

/* Pairs of a text and what it is replaced with; the text is folded already or not. */
struct spelling {
	const char *from, *to;
};

static const struct spelling longer[] = {
	{ "ä", "ae" }, { "ö", "oe" }, { "ü", "ue" }, { "Ä", "Ae" }, { "Ö", "Oe" },
	{ "Ü", "Ue" }, { "ø", "oe" }, { "Ø", "Oe" }, { "å", "aa" }, { "Å", "Aa" },
	{ NULL, NULL }
};
static const struct spelling shorter[] = {
	{ "ae", "a" }, { "oe", "o" }, { "ue", "u" }, { "aa", "a" }, { "AE", "A" },
	{ "OE", "O" }, { "UE", "U" }, { "AA", "A" }, { "Ae", "A" }, { "Oe", "O" },
	{ "Ue", "U" }, { "Aa", "A" }, { NULL, NULL }
};
/* As passports have them. */
static const struct spelling latin[] = {
	{ "а", "a" }, { "б", "b" }, { "в", "v" }, { "г", "g" }, { "д", "d" }, { "е", "e" },
	{ "ё", "e" }, { "ж", "zh" }, { "з", "z" }, { "и", "i" }, { "й", "i" },
	{ "к", "k" }, { "л", "l" }, { "м", "m" }, { "н", "n" }, { "о", "o" },
	{ "п", "p" }, { "р", "r" }, { "с", "s" }, { "т", "t" }, { "у", "u" },
	{ "ф", "f" }, { "х", "kh" }, { "ц", "ts" }, { "ч", "ch" }, { "ш", "sh" },
	{ "щ", "shch" }, { "ъ", "" }, { "ы", "y" }, { "ь", "" }, { "э", "e" },
	{ "ю", "yu" }, { "я", "ya" }, { "α", "a" }, { "β", "v" }, { "γ", "g" },
	{ "δ", "d" }, { "ε", "e" }, { "ζ", "z" }, { "η", "i" }, { "θ", "th" },
	{ "ι", "i" }, { "κ", "k" }, { "λ", "l" }, { "μ", "m" }, { "ν", "n" },
	{ "ξ", "x" }, { "ου", "ou" }, { "ο", "o" }, { "π", "p" }, { "ρ", "r" },
	{ "σ", "s" }, { "τ", "t" }, { "υ", "y" }, { "φ", "f" }, { "χ", "ch" },
	{ "ψ", "ps" }, { "ω", "o" }, { NULL, NULL }
};

/* TEXT in another spelling into d->varied. Returns 1 if it differs, 0, or -1. */
static int
respell(struct names *d, const struct spelling *table, const char *text, size_t len,
    struct err *e)
{
	const struct spelling *s;
	size_t i = 0, n;
	int differs = 0;

	buf_clear(&d->varied);
	while (i < len) {
		for (s = table; s->from != NULL; s++) {
			n = strlen(s->from);
			if (n <= len - i && memcmp(text + i, s->from, n) == 0)
				break;
		}
		n = s->from == NULL ? 1 : strlen(s->from);
		if (buf_add(&d->varied, s->from == NULL ? text + i : s->to,
		    s->from == NULL ? 1 : strlen(s->to), e) < 0)
			return -1;
		differs |= s->from != NULL;
		i += n;
	}
	return differs;
}

/* TEXT folded character by character, separators as they are, into d->joined. */
static int
fold_text(struct names *d, const char *text, size_t len, struct err *e)
{
	const struct token *k;
	size_t i, at = 0;
	int got = tokens_read(&d->tokens, text, len, e);

	buf_clear(&d->joined);
	if (got <= 0)
		return got;
	for (i = 0; i < d->tokens.n; i++) {
		k = &d->tokens.items[i];
		if (buf_add(&d->joined, text + at, k->from - at, e) < 0 ||
		    buf_add(&d->joined, token_text(&d->tokens, k), k->folded_len, e) < 0)
			return -1;
		at = k->to;
	}
	return buf_add(&d->joined, text + at, len - at, e) < 0 ? -1 : 1;
}

static bool
has_alphabet_beyond_latin(const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)	/* lead bytes of U+0370 to U+047F */
		if ((unsigned char)text[i] >= 0xcd && (unsigned char)text[i] <= 0xd1)
			return true;
	return false;
}

static int
add_spellings(struct names *d, const struct source *s, const char *text, size_t len,
    struct err *e)
{
	int got;

	if (add_group(d, s, text, len, e) < 0)
		return -1;
	if ((got = respell(d, longer, text, len, e)) > 0)
		got = add_group(d, s, d->varied.data, d->varied.len, e);
	if (got >= 0 && (got = respell(d, shorter, text, len, e)) > 0)
		got = add_group(d, s, d->varied.data, d->varied.len, e);
	if (got < 0 || !has_alphabet_beyond_latin(text, len))
		return got < 0 ? -1 : 0;
	if ((got = fold_text(d, text, len, e)) > 0 &&
	    (got = respell(d, latin, d->joined.data, d->joined.len, e)) > 0)
		got = add_group(d, s, d->varied.data, d->varied.len, e);
	return got < 0 ? -1 : 0;
}

static int
add_person(struct names *d, struct source *s, const char *text, size_t len,
    struct err *e)
{
	const char *end = text + len, *stop;

	s->person = (uint64_t)1 << (d->people++ & 63);
	for (;; text = stop + 1) {
		if ((stop = memchr(text, '=', (size_t)(end - text))) == NULL)
			stop = end;
		if (add_spellings(d, s, text, (size_t)(stop - text), e) < 0)
			return -1;
		if (stop == end)
			return 0;
	}
}

/* ---- all else */

static int
add_id(struct names *d, const struct source *s, const char *text, size_t len,
    struct err *e)
{
	const struct tokens *t = &d->tokens;
	const char *folded;
	size_t n, i, skip = 0;
	int got = tokens_read(&d->tokens, text, len, e);

	if (got <= 0 || t->n == 0 || (n = t->folded.len) < ID_MIN)
		return got < 0 ? -1 : 0;
	folded = t->folded.data;
	if (add_term(d, s, NAMES_WHOLE, folded, n, e) < 0)
		return -1;
	/* Its digits alone, and without the zeros before them. */
	buf_clear(&d->joined);
	for (i = 0; i < n; i++)
		if (folded[i] >= '0' && folded[i] <= '9' &&
		    buf_add(&d->joined, folded + i, 1, e) < 0)
			return -1;
	while (skip < d->joined.len && d->joined.data[skip] == '0')
		skip++;
	if (d->joined.len - skip < (d->joined.len == n ? ID_MIN : ID_DIGITS_MIN))
		return 0;
	return add_term(d, s, NAMES_WHOLE, d->joined.data + skip, d->joined.len - skip, e);
}

static int
add_date(struct names *d, enum names_kind kind, const char *text, size_t len,
    struct err *e)
{
	int digits[8];
	struct names_date date;
	size_t i, n = 0;
	long days;

	/* YYYYMMDD, or the old YYYY.MM.DD. */
	for (i = 0; i < len && n < 8; i++)
		if (text[i] >= '0' && text[i] <= '9')
			digits[n++] = text[i] - '0';
		else if (text[i] != '.')
			break;
	if (n < 8)
		return 0;
	date = (struct names_date){
	    .year = digits[0] * 1000 + digits[1] * 100 + digits[2] * 10 + digits[3],
	    .month = digits[4] * 10 + digits[5], .day = digits[6] * 10 + digits[7],
	    .is_birth = kind == NAMES_BIRTH };
	if (!dates_to_days(date.year, date.month, date.day, &days))
		return 0;
	if (d->ndates == NAMES_MAX)
		return err_set(e, "holds more than %d dates", NAMES_MAX);
	if (array_grow(&d->dates, d->ndates, &d->dates_cap, sizeof *d->dates, e) < 0)
		return -1;
	d->dates[d->ndates++] = date;
	return 0;
}

/* A part of an address or the like, between commas. */
static int
add_part(struct names *d, const struct source *s, const char *text, size_t len,
    struct err *e)
{
	const struct tokens *t = &d->tokens;
	int got = tokens_read(&d->tokens, text, len, e);
	const struct token *k;
	size_t i;

	if (got <= 0 || t->n == 0 || t->folded.len < ID_MIN)
		return got < 0 ? -1 : 0;
	if (add_term(d, s, NAMES_WHOLE, t->folded.data, t->folded.len, e) < 0)
		return -1;
	/* The words of a mail's address are everywhere. */
	for (i = 0; i < t->n && memchr(text, '@', len) == NULL; i++) {
		k = &t->items[i];
		if (k->kind == TOKEN_WORD && k->letters >= PLACE_WORD_MIN && !k->joined &&
		    (i + 1 == t->n || !k[1].joined) &&
		    add_term(d, s, NAMES_WORD, token_text(t, k), k->folded_len, e) < 0)
			return -1;
	}
	return 0;
}

/* A telephone number: with its country's code, with its area's, without. */
static int
add_phone(struct names *d, const struct source *s, const char *text, size_t len,
    struct err *e)
{
	size_t i;

	buf_clear(&d->joined);
	for (i = 0; i < len; i++) {
		if (((unsigned char)text[i] | 0x20) >= 'a')
			return 0;
		if (text[i] >= '0' && text[i] <= '9' &&
		    buf_add(&d->joined, text + i, 1, e) < 0)
			return -1;
	}
	for (i = 0; i <= COUNTRY_DIGITS_MAX && i + PHONE_DIGITS_MIN <= d->joined.len; i++)
		if (add_term(d, s, NAMES_WHOLE, d->joined.data + i, d->joined.len - i, e) < 0)
			return -1;
	return 0;
}

static int
add_parts(struct names *d, const struct source *s, const char *text, size_t len,
    struct err *e)
{
	size_t from = 0, i;

	for (i = 0; i <= len; i++)
		if (i == len || strchr(",;\r\n()", text[i]) != NULL) {
			if (add_part(d, s, text + from, i - from, e) < 0)
				return -1;
			from = i + 1;
		}
	return s->kind == NAMES_OTHER ? add_phone(d, s, text, len, e) : 0;
}

static int
add_value(struct names *d, enum names_kind kind, const char *text, size_t len,
    struct err *e)
{
	struct source s = { kind, 0 };

	if (len > NAMES_TEXT_MAX)
		for (len = NAMES_TEXT_MAX; len > 0 &&
		    ((unsigned char)text[len] & 0xc0) == 0x80; len--)
			;
	switch (kind) {
	case NAMES_PATIENT:
	case NAMES_PERSON:
		return add_person(d, &s, text, len, e);
	case NAMES_BIRTH:
	case NAMES_DATE:
		return add_date(d, kind, text, len, e);
	case NAMES_PLACE:
	case NAMES_OTHER:
		return add_parts(d, &s, text, len, e);
	case NAMES_ID:
	case NAMES_UID:
	case NAMES_DEVICE:
		break;
	}
	return add_id(d, &s, text, len, e);
}

int
names_add(struct names *d, enum names_kind kind, const char *text, size_t len,
    struct err *e)
{
	const char *end = text + len, *stop;

	for (;; text = stop + 1) {
		if ((stop = memchr(text, '\\', (size_t)(end - text))) == NULL)
			stop = end;
		if (add_value(d, kind, text, (size_t)(stop - text), e) < 0)
			return -1;
		if (stop == end)
			return 0;
	}
}
