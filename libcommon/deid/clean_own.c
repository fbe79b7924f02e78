/* clean_own: words of the object's own names, ids, places; see clean_internal.h. */
#include "deid/clean_internal.h"

#include <string.h>

#include "base/array.h"
#include "base/utf8.h"
#include "deid/fold.h"

#define TOKENS_MAX 40		/* that one term may be spread over: a UID */
#define TERM_MIN 4		/* bytes of a name that a term is searched for: AP, XA, LI */
#define NEAR_MAX 4		/* bytes between two words of a name */
#define ID_ANYWHERE 6		/* digits; a shorter id must stand alone */
#define DECLINED_MIN 5		/* bytes of a name that is looked for declined */
#define PREFIX_MIN 8		/* bytes of a whole name that a longer word may begin with */
#define SHORT_NUMBER 4		/* digits; what has a unit is no id */

#define SET_OFF_MAX 6		/* bytes between a name that is set off and its neighbour */
#define SET_APART_WORDS 24	/* of a text whose first or last word may be set off */

#define OF_PLACES (1u << NAMES_PLACE | 1u << NAMES_OTHER)
#define OF_NAMES (1u << NAMES_PATIENT | 1u << NAMES_PERSON)

static const struct token *
token_at(const struct clean_pass *p, size_t i)
{
	return i < p->c->tokens.n ? &p->c->tokens.items[i] : NULL;
}

static uint32_t
kinds_of(const struct clean_pass *p, const struct names_term *t)
{
	uint32_t kinds = p->settings->own_only && t->len < TERM_MIN ? 0 : t->kinds;

	if (p->settings->keep_places)
		kinds &= ~(1u << NAMES_PLACE);
	if (p->settings->keep_devices)
		kinds &= ~(1u << NAMES_DEVICE);
	return kinds;
}

static bool
is_unit_after(const struct clean_pass *p, size_t i)
{
	const struct token *next = token_at(p, i + 1);

	return next != NULL && clean_is_near(p, i, 1) && (next->classes & WORD_UNIT) != 0;
}

/* Does a decimal point, an x or the like make the number I a measure? */
static bool
is_measure(const struct clean_pass *p, size_t i)
{
	const struct token *k = token_at(p, i);
	char before = k->from > 0 ? p->text[k->from - 1] : ' ';
	char after = k->to < p->len ? p->text[k->to] : ' ';

	return is_unit_after(p, i) || before == '.' || before == '=' || before == ',' ||
	    after == '%' || (after == '.' && k->to + 1 < p->len &&
	    p->text[k->to + 1] >= '0' && p->text[k->to + 1] <= '9');
}

/* Are tokens I to J joined by nothing, hyphens, apostrophes: one word? */
static bool
is_one_word(const struct clean_pass *p, size_t i, size_t j)
{
	const struct token *k = p->c->tokens.items;
	size_t n;

	for (; i < j; i++) {
		n = k[i + 1].from - k[i].to;
		if (n > 3 || (n > 0 && (memchr(p->text + k[i].to, ' ', n) != NULL ||
		    memchr(p->text + k[i].to, ',', n) != NULL)))
			return false;
	}
	return true;
}

/* An id, a serial number: all of it, not a part of a longer word or number. */
static bool
is_whole_accepted(const struct clean_pass *p, size_t i, size_t j,
    const struct names_term *t)
{
	const struct token *first = token_at(p, i), *next = token_at(p, j + 1);
	bool is_number = i == j && first->kind == TOKEN_NUMBER;

	/* CT1 is a station, CT 1.25 mm is none. */
	if (t->len < ID_ANYWHERE && (first->joined || (next != NULL && next->joined) ||
	    !is_one_word(p, i, j) || (i < j && is_measure(p, j))))
		return false;
	if (is_number && first->letters < SHORT_NUMBER)
		return i > 0 && clean_is_near(p, i - 1, 3) &&
		    (token_at(p, i - 1)->classes & (WORD_LABEL | WORD_NUMBERED)) != 0;
	return !is_number || first->letters > SHORT_NUMBER || !is_measure(p, i);
}

/* Numbers that only a space, a point or a slash makes one: 12.34 is not 1234. */
static bool
is_split_number(const struct clean_pass *p, size_t i, size_t j,
    const struct names_term *t)
{
	const struct token *k = p->c->tokens.items;

	for (; i < j; i++)
		if (k[i].kind == TOKEN_NUMBER && k[i + 1].kind == TOKEN_NUMBER &&
		    t->len <= ID_ANYWHERE)
			return true;
	return false;
}

/* A capital letter, or one of Hebrew or Arabic, which have none. */
static bool
is_capital(const struct clean_pass *p, const struct token *k)
{
	unsigned char first = (unsigned char)p->text[k->from];

	return k->look == LOOK_UPPER || (first >= 0xd6 && first <= 0xdb);
}

static bool
is_dotted(const struct clean_pass *p, size_t i, size_t j)
{
	size_t k;

	for (k = i; k <= j; k++)
		if (token_at(p, k)->letters != 1 || !is_capital(p, token_at(p, k)) ||
		    !clean_is_followed(p, k, "."))
			return false;
	return j > i;
}

/* A.M. is a time of day behind a number, i.v. a way of giving contrast. */
static bool
are_initials(const struct clean_pass *p, size_t i, size_t j)
{
	const struct token *before = i > 0 ? token_at(p, i - 1) : NULL;
	const char *folded = token_text(&p->c->tokens, token_at(p, i));
	size_t n = token_at(p, j)->folded + token_at(p, j)->folded_len -
	    token_at(p, i)->folded;

	if (!is_dotted(p, i, j))
		return false;
	if (before != NULL && before->kind == TOKEN_NUMBER && n == 2 && folded[1] == 'm')
		return false;
	return (lists_find(p->c->lists, token_hash(TOKEN_HASH, folded, n), folded, n) &
	    WORD_ABBREVIATION) == 0;
}

/* 150kV, 1X1X1, V2: a letter that belongs to a number is no initial. */
static bool
is_of_measure(const struct clean_pass *p, size_t i)
{
	const struct token *k = token_at(p, i), *next = token_at(p, i + 1);

	if (next != NULL && next->joined && next->kind == TOKEN_NUMBER)
		return true;
	return k->joined && i > 0 && (k[-1].kind == TOKEN_NUMBER ||
	    (k[-1].joined && i > 1 && k[-2].kind == TOKEN_NUMBER));
}

/* May tokens I to J be term T at all? *IS_WEAK: only beside another word of it. */
static bool
is_accepted(const struct clean_pass *p, size_t i, size_t j, const struct names_term *t,
    bool *is_weak)
{
	uint32_t kinds = kinds_of(p, t);
	const struct token *k = token_at(p, i);

	*is_weak = false;
	if (is_split_number(p, i, j, t))
		return false;
	if ((kinds & ~OF_NAMES) != 0 && (t->parts & NAMES_WHOLE) != 0 &&
	    is_whole_accepted(p, i, j, t)) {
		*is_weak = i == j && (k->classes & (WORDS_NO_NAME | WORD_EPONYM |
		    WORD_EITHER | WORD_PARTICLE)) != 0;
		if (!*is_weak)
			return true;
	}
	if ((kinds & OF_PLACES) != 0 && (t->parts & NAMES_WORD) != 0 && i == j &&
	    k->look != LOOK_LOWER && !k->joined && (i + 1 == p->c->tokens.n || !k[1].joined) &&
	    (k->classes & (WORDS_NO_NAME | WORD_EPONYM | WORD_EITHER | WORD_GIVEN)) == 0)
		return true;
	if ((kinds & OF_NAMES) == 0)
		return false;
	if (k->kind == TOKEN_NUMBER && i == j)
		return false;
	if ((t->parts & NAMES_JOINED) != 0)
		return true;
	if (t->parts == NAMES_LOGIN)
		return token_at(p, j)->to - k->from == t->len;
	if ((t->parts & NAMES_INITIALS) != 0 && (t->parts & (NAMES_FAMILY | NAMES_GIVEN)) == 0) {
		*is_weak = (kinds & 1u << NAMES_PATIENT) == 0 || !are_initials(p, i, j);
		return i < j ? !*is_weak : k->look == LOOK_UPPER;
	}
	if (i < j)
		return is_one_word(p, i, j) || (k->letters <= 3 && t->len >= 6);
	if (k->letters == 1) {
		*is_weak = true;
		return (k->look == LOOK_UPPER && !is_of_measure(p, i)) ||
		    (is_capital(p, k) && clean_is_followed(p, i, "."));
	}
	*is_weak = (k->classes & (WORDS_NO_NAME | WORD_EITHER | WORD_EPONYM |
	    WORD_PARTICLE)) != 0 || (k->letters == 2 && k->look == LOOK_LOWER);
	/* ng is a unit and NG a tube, but Ng is a name. */
	if (k->letters == 2 && k->look == LOOK_TITLE && (k->classes & WORDS_NO_NAME) == WORD_UNIT)
		*is_weak = false;
	return true;
}

static int
add_hit(struct clean_pass *p, size_t first, size_t last, const struct names_term *t,
    bool is_weak, struct err *e)
{
	struct clean *c = p->c;

	if (array_grow(&c->hits, c->nhits, &c->hits_cap, sizeof *c->hits, e) < 0)
		return -1;
	c->hits[c->nhits++] = (struct clean_hit){ first, last, t, is_weak };
	return 0;
}

/* (555) 321-1234: is it brackets of an area that stand between numbers? */
static bool
is_phone_gap(const struct clean_pass *p, size_t i)
{
	const struct token *k = token_at(p, i);
	size_t n = k[1].from - k->to, at;

	if (k->kind != TOKEN_NUMBER || k[1].kind != TOKEN_NUMBER || n > 3)
		return false;
	for (at = k->to; at < k[1].from; at++)
		if (p->text[at] == '\0' || strchr(" ()-./", p->text[at]) == NULL)
			return false;
	return true;
}

/* The longest term that begins with token I, by its bytes from SKIP on. */
static const struct names_term *
longest_at(const struct clean_pass *p, size_t i, size_t skip, size_t *last, bool *is_weak)
{
	const struct tokens *ts = &p->c->tokens;
	const struct names_term *t, *best = NULL;
	const char *folded = token_text(ts, &ts->items[i]) + skip;
	size_t n = 0, j, longest = names_longest(p->names);
	uint32_t hash = TOKEN_HASH;
	bool weak;

	for (j = i; j < ts->n && j < i + TOKENS_MAX; j++) {
		size_t more = ts->items[j].folded_len - (j == i ? skip : 0);

		if (j > i && !clean_is_near(p, j - 1, 3) && !is_phone_gap(p, j - 1))
			break;
		if (n + more > longest)
			break;
		hash = token_hash(hash, folded + n, more);
		n += more;
		t = names_find(p->names, hash, folded, n);
		if (t != NULL && is_accepted(p, i, j, t, &weak) &&
		    (best == NULL || !weak || *is_weak)) {
			best = t;
			*last = j;
			*is_weak = weak;
		}
	}
	return best;
}

/*
 * A name of the object with another ending: Müllers, Петрухиной. The word without one of
 * the endings is a name, or a name without one of them.
 */
static const struct names_term *
find_declined(const struct clean_pass *p, const struct token *k)
{
	const char *folded = token_text(&p->c->tokens, k);
	const char *const *endings;
	const struct names_term *t;
	char stem[128];
	size_t n, i, j, len, cut;

	if (k->folded_len < DECLINED_MIN || k->folded_len > sizeof stem / 2 ||
	    k->look == LOOK_LOWER || (k->classes & WORDS_NO_NAME) != 0)
		return NULL;
	endings = lists_suffixes(p->c->lists, &n);
	for (i = 0; i <= n; i++) {
		cut = i == n ? 0 : strlen(endings[i]);
		if (cut + DECLINED_MIN - 1 > k->folded_len || memcmp(folded + k->folded_len - cut,
		    i == n ? "" : endings[i], cut) != 0)
			continue;
		len = k->folded_len - cut;
		t = cut == 0 ? NULL : names_find(p->names,
		    token_hash(TOKEN_HASH, folded, len), folded, len);
		memcpy(stem, folded, len);
		for (j = 0; t == NULL && j < n && len >= DECLINED_MIN; j++) {
			cut = strlen(endings[j]);
			if (cut > sizeof stem - len)
				continue;
			memcpy(stem + len, endings[j], cut);
			t = names_find(p->names, token_hash(TOKEN_HASH, stem, len + cut), stem,
			    len + cut);
		}
		if (t != NULL && (t->kinds & OF_NAMES) != 0 && t->len >= DECLINED_MIN &&
		    (t->parts & (NAMES_FAMILY | NAMES_GIVEN | NAMES_JOINED)) != 0)
			return t;
	}
	return NULL;
}

/* Müllersch.: the beginning of a patient's name, cut off with a full stop. */
static const struct names_term *
find_cut(const struct clean_pass *p, size_t i)
{
	const struct token *k = token_at(p, i);
	const char *folded = token_text(&p->c->tokens, k);
	const struct names_term *t;
	size_t n, j;

	if (k->folded_len < DECLINED_MIN || k->look == LOOK_LOWER || k->joined ||
	    !clean_is_followed(p, i, ".") ||
	    (k->classes & (WORDS_NO_NAME | WORD_EPONYM | WORD_EITHER | WORD_GIVEN)) != 0)
		return NULL;
	t = names_terms(p->names, &n);
	for (j = 0; j < n; j++)
		if ((t[j].kinds & 1u << NAMES_PATIENT) != 0 && (t[j].parts & NAMES_FAMILY) != 0 &&
		    t[j].len > k->folded_len &&
		    memcmp(names_text(p->names, &t[j]), folded, k->folded_len) == 0)
			return &t[j];
	return NULL;
}

/* A whole name that a longer word begins with: doejanechest. */
static const struct names_term *
find_prefix(const struct clean_pass *p, const struct token *k)
{
	const char *folded = token_text(&p->c->tokens, k);
	const struct names_term *t;
	uint32_t hash = token_hash(TOKEN_HASH, folded, PREFIX_MIN - 1);
	size_t n;

	for (n = PREFIX_MIN; n < k->folded_len; n++) {
		hash = token_hash(hash, folded + n - 1, 1);
		t = names_find(p->names, hash, folded, n);
		if (t != NULL && (t->kinds & OF_NAMES) != 0 && (t->parts & NAMES_JOINED) != 0)
			return t;
	}
	return NULL;
}

/* Terms within a run of a script without spaces. */
static int
find_solid(struct clean_pass *p, size_t i, struct err *e)
{
	const struct token *k = token_at(p, i);
	const struct names_term *t, *best;
	char folded[128 + FOLD_BYTES_MAX];
	size_t at, to, n, step, chars, longest = names_longest(p->names), best_to = 0;
	uint32_t code;

	if (longest > 128)
		longest = 128;
	for (at = k->from; at < k->to; at += step) {
		best = NULL;
		step = n = chars = 0;
		for (to = at; to < k->to && n <= longest;) {
			size_t bytes = utf8_read(p->text + to, k->to - to, &code);

			if (bytes == 0)
				return 0;
			if (step == 0)
				step = bytes;
			to += bytes;
			n += fold_char(code, folded + n);
			if (n > longest || ++chars > longest)
				break;
			if (chars == 1 && n > 1 && !names_may_begin(p->names,
			    (unsigned char)folded[0], (unsigned char)folded[1]))
				break;
			t = names_find(p->names, token_hash(TOKEN_HASH, folded, n), folded, n);
			if (t != NULL && kinds_of(p, t) != 0 &&
			    (chars > 1 || (to == k->to && at == k->from))) {
				best = t;
				best_to = to;
			}
		}
		if (best == NULL)
			continue;
		/* One character alone is a word like any other, but beside another name. */
		if (at == k->from && best_to == k->to) {
			if (add_hit(p, i, i, best, k->letters == 1, e) < 0)
				return -1;
		} else if (clean_mark(p, at, best_to, NULL, 0, e) < 0) {
			return -1;
		}
		step = best_to - at;
	}
	return 0;
}

static int
find_hits(struct clean_pass *p, struct err *e)
{
	const struct tokens *ts = &p->c->tokens;
	const struct names_term *t;
	const struct token *k;
	const char *folded;
	size_t i, last, skip;
	bool is_weak;

	p->c->nhits = 0;
	for (i = 0; i < ts->n; i = last + 1) {
		k = &ts->items[i];
		last = i;
		if (k->kind == TOKEN_SOLID) {
			if (find_solid(p, i, e) < 0)
				return -1;
			continue;
		}
		folded = token_text(ts, k);
		is_weak = false;
		t = NULL;
		/* The next token's bytes lie behind this one's: a term may go on there. */
		if (names_may_begin(p->names, (unsigned char)folded[0], (unsigned char)folded[1]) ||
		    names_may_begin(p->names, (unsigned char)folded[0], 0))
			t = longest_at(p, i, 0, &last, &is_weak);
		if (t == NULL && k->kind == TOKEN_NUMBER && folded[0] == '0') {
			for (skip = 0; skip < k->folded_len && folded[skip] == '0'; skip++)
				;
			if (skip < k->folded_len)
				t = longest_at(p, i, skip, &last, &is_weak);
		}
		if (t == NULL && k->kind == TOKEN_WORD && names_may_begin(p->names,
		    (unsigned char)folded[0], (unsigned char)folded[1])) {
			if ((t = find_declined(p, k)) == NULL)
				t = find_cut(p, i);
			if (t == NULL && k->folded_len > PREFIX_MIN &&
			    k->to - k->from == k->folded_len && (t = find_prefix(p, k)) != NULL) {
				if (clean_mark(p, k->from, k->from + t->len, NULL, 0, e) < 0)
					return -1;
				t = NULL;
			}
			last = i;
		}
		if (t != NULL && add_hit(p, i, last, t, is_weak, e) < 0)
			return -1;
	}
	return 0;
}

/* ---- words that are names only where they look like names */

static bool
is_same_person(const struct clean_hit *a, const struct clean_hit *b)
{
	return (a->term->persons & b->term->persons) != 0;
}

static bool
are_near(const struct clean_pass *p, const struct clean_hit *a, const struct clean_hit *b)
{
	return a->last + 1 == b->first && clean_is_near(p, a->last, NEAR_MAX);
}

/* L Foot is a left foot, whoever is called Linda Foot. */
static bool
is_side(const struct clean_pass *p, const struct clean_hit *h)
{
	const struct token *k = token_at(p, h->first);
	char c = *token_text(&p->c->tokens, k);

	return k->letters == 1 && (c == 'l' || c == 'r') &&
	    !clean_is_followed(p, h->first, ".");
}

/* G. and a name in capitals, whatever word that is. */
static bool
is_initial_of(const struct clean_pass *p, const struct clean_hit *a,
    const struct clean_hit *b)
{
	return token_at(p, a->first)->letters == 1 && clean_is_followed(p, a->first, ".") &&
	    (b->term->parts & NAMES_FAMILY) != 0 && token_at(p, b->first)->look != LOOK_LOWER;
}

static bool
is_full_name(const struct clean_pass *p, const struct clean_hit *a,
    const struct clean_hit *b)
{
	return ((a->term->parts & NAMES_FAMILY) != 0 && (b->term->parts & NAMES_GIVEN) != 0) ||
	    ((a->term->parts & NAMES_GIVEN) != 0 && (b->term->parts & NAMES_FAMILY) != 0) ||
	    is_initial_of(p, a, b) || is_initial_of(p, b, a);
}

/* Disease words and the like beside an eponym or a usual word. */
static bool
is_of_science(const struct clean_pass *p, const struct clean_hit *h)
{
	const struct token *next = token_at(p, h->last + 1);
	const struct token *before = h->first > 0 ? token_at(p, h->first - 1) : NULL;

	/* Wilson's disease */
	if (next != NULL && next->letters == 1 && *token_text(&p->c->tokens, next) == 's' &&
	    next->from - token_at(p, h->last)->to <= 3)
		next = token_at(p, h->last + 2);
	if (next != NULL && (next->classes & (WORD_DISEASE | WORD_EPONYM)) != 0 &&
	    next->from - token_at(p, h->last)->to <= 6)
		return true;
	return before != NULL && clean_is_near(p, h->first - 1, 2) &&
	    (before->classes & (WORD_OF_DISEASE | WORD_EPONYM)) != 0;
}

/* Without another word of the name beside it. */
static bool
is_name_alone(const struct clean_pass *p, const struct clean_hit *h)
{
	const struct token *k = token_at(p, h->first), *before;

	if (h->first != h->last || k->letters < 2 ||
	    (h->term->parts & (NAMES_FAMILY | NAMES_GIVEN)) == 0)
		return false;
	before = h->first > 0 ? token_at(p, h->first - 1) : NULL;
	if (before != NULL && k->look != LOOK_LOWER && clean_is_near(p, h->first - 1, 3) &&
	    (clean_is_title(p, h->first - 1) || (before->classes & WORD_BY) != 0))
		return true;
	if ((k->classes & WORDS_NO_NAME) != 0)
		return false;
	if ((k->classes & WORD_EITHER) != 0)
		return k->look != LOOK_LOWER && !is_of_science(p, h);
	if ((k->classes & WORD_EPONYM) != 0)
		return !is_of_science(p, h);
	return false;
}

/* One of MARKS, or " - ", among spaces alone between token I and the next? */
static bool
is_set_off(const struct clean_pass *p, size_t i, const char *marks)
{
	const char *at = p->text + token_at(p, i)->to;
	size_t n = token_at(p, i + 1)->from - token_at(p, i)->to, j, spaces = 0;
	bool found = false, is_dash = false;

	for (j = 0; j < n && n <= SET_OFF_MAX; j++)
		if (at[j] == ' ')
			spaces++;
		else if (at[j] == '-' || (unsigned char)at[j] >= 0x80)
			is_dash = true;
		else if (at[j] != '\0' && strchr(marks, at[j]) != NULL)
			found = true;
		else if (at[j] != '.' && at[j] != ')')
			return false;
	return found || (is_dash && spaces >= 2);
}

/* pt=NAME, patient: name, Patient Name; but Patient Head First is how one lies. */
static bool
is_told_patient(const struct clean_pass *p, const struct clean_hit *h)
{
	static const char *const words[] = { "pt", "pat", "patient", "patientin", "paciente",
	    "paziente", "pacjent", "pacjentka" };
	const struct token *k = token_at(p, h->first), *next = token_at(p, h->last + 1), *role;
	size_t w;

	if (h->first == 0)
		return false;
	role = token_at(p, h->first - 1);
	for (w = 0; w < sizeof words / sizeof words[0]; w++)
		if (role->folded_len == strlen(words[w]) &&
		    memcmp(token_text(&p->c->tokens, role), words[w], role->folded_len) == 0)
			break;
	if (w == sizeof words / sizeof words[0])
		return false;
	if (is_set_off(p, h->first - 1, "=:"))
		return true;
	if (!clean_is_near(p, h->first - 1, 1) || k->look == LOOK_LOWER)
		return false;
	if (role->look == LOOK_UPPER || (k->look == LOOK_UPPER && k->letters < 3))
		return false;
	return next == NULL || next->kind != TOKEN_WORD || next->look == LOOK_LOWER ||
	    !clean_is_near(p, h->last, 1) || (next->classes & WORDS_NO_NAME) == 0;
}

static bool
has_one(const struct clean_pass *p, char mark)
{
	const char *at = memchr(p->text, mark, p->len);

	return at != NULL && memchr(at + 1, mark, p->len - (size_t)(at + 1 - p->text)) == NULL;
}

/* A LONG T2, I LONG */
static bool
is_article(const struct clean_pass *p, const struct clean_hit *initial,
    const struct clean_hit *name)
{
	char c = *token_text(&p->c->tokens, token_at(p, initial->first));

	return initial < name && (c == 'a' || c == 'i' || c == 'x');
}

/* How many tokens, all of those from FIRST to END, are a date in numbers; 0 if none is. */
static size_t
date_tokens(const struct clean_pass *p, size_t first, size_t end)
{
	size_t i, n = end - first;

	for (i = first; i < end; i++)
		if (token_at(p, i)->kind != TOKEN_NUMBER)
			return 0;
	return n == 3 || (n == 1 && token_at(p, first)->letters == 8) ? n : 0;
}

/* LONG F at the start of a text or at its end; but LONG L has two sides. */
static bool
are_name_and_initial(const struct clean_pass *p, const struct clean_hit *a,
    const struct clean_hit *b)
{
	const struct clean_hit *name = token_at(p, a->first)->letters > 1 ? a : b;
	const struct clean_hit *initial = name == a ? b : a;
	const struct token *k = token_at(p, name->first), *letter = token_at(p, initial->first);
	const struct token *next = token_at(p, b->last + 1);

	return !p->settings->own_only && (a->first == 0 || next == NULL) && is_same_person(a, b) &&
	    (name->term->kinds & 1u << NAMES_PATIENT) != 0 && name->first == name->last &&
	    (name->term->parts & NAMES_FAMILY) != 0 && k->look != LOOK_LOWER && k->letters > 2 &&
	    letter->letters == 1 && letter->look == LOOK_UPPER && !is_side(p, initial) &&
	    !is_article(p, initial, name) && !is_of_science(p, name) &&
	    (next == NULL || !next->joined);
}

/* CT Thorax w contrast Long; but mit Stein, with Stone. */
static bool
is_capital_after_small(const struct clean_pass *p, size_t i)
{
	const struct token *before = token_at(p, i - 1);

	return token_at(p, i)->look == LOOK_TITLE && before->kind == TOKEN_WORD &&
	    before->look == LOOK_LOWER && before->letters > 2 &&
	    (before->classes & WORD_STOP) == 0 && clean_is_near(p, i - 1, 1);
}

/*
 * The patient's own name, whatever word it is, where it is no part of a run of words: the
 * whole value, or what a mark sets off at its end (CT Thorax - LONG) or its start.
 */
static bool
is_set_apart(const struct clean_pass *p, const struct clean_hit *h)
{
	const struct token *k = token_at(p, h->first);
	size_t start = date_tokens(p, 0, h->first), end = h->last + 1;

	if (p->settings->own_only || (h->term->kinds & 1u << NAMES_PATIENT) == 0 ||
	    (h->term->parts & (NAMES_FAMILY | NAMES_GIVEN)) == 0 || h->first != h->last ||
	    k->kind != TOKEN_WORD || k->letters < 2)
		return false;
	end += date_tokens(p, end, p->c->tokens.n);
	if (h->first == start && end == p->c->tokens.n)
		return true;
	if (is_told_patient(p, h))
		return true;
	if ((h->term->parts & NAMES_FAMILY) == 0 || k->letters < 3 ||
	    p->c->tokens.n > SET_APART_WORDS ||
	    is_of_science(p, h) || (k->look == LOOK_LOWER && (k->classes & WORD_STOP) != 0))
		return false;
	/* kernel: bone, but CT Thorax: BONE */
	if (end == p->c->tokens.n && h->first > 0)
		return is_capital_after_small(p, h->first) || is_set_off(p, h->first - 1, h->first > 1 ? "/;:(|" : "/;(|") ||
		    (k->look != LOOK_LOWER && has_one(p, ',') &&
		    is_set_off(p, h->first - 1, ","));
	return h->first == start && h->last + 1 < p->c->tokens.n && (is_set_off(p, h->last, ";|") ||
	    (k->look != LOOK_LOWER && has_one(p, ',') && is_set_off(p, h->last, ",")));
}

/* H, which is weak, goes when A beside it goes, or when the two are a whole name. */
static bool
is_proven_by(const struct clean_pass *p, const struct clean_hit *h,
    const struct clean_hit *a)
{
	const struct token *k = token_at(p, h->first);

	if (!is_same_person(h, a) || is_side(p, h))
		return false;
	/* Li Xu, li. Knie */
	if ((k->look == LOOK_LOWER) != (token_at(p, a->first)->look == LOOK_LOWER) &&
	    (a->is_weak || k->look == LOOK_LOWER))
		return false;
	return !a->is_weak || (is_full_name(p, h, a) && !is_side(p, a));
}

static void
judge_weak(struct clean_pass *p)
{
	struct clean_hit *h = p->c->hits;
	size_t n = p->c->nhits, i;

	for (i = 0; i < n; i++)
		if (h[i].is_weak && (is_name_alone(p, &h[i]) || is_set_apart(p, &h[i])))
			h[i].is_weak = false;
	for (i = 0; i + 1 < n; i++)
		if (are_near(p, &h[i], &h[i + 1])) {
			if (h[i].is_weak && h[i + 1].is_weak && clean_is_near(p, h[i].last, 1) &&
			    are_name_and_initial(p, &h[i], &h[i + 1]))
				h[i].is_weak = h[i + 1].is_weak = false;
			if (h[i].is_weak && is_proven_by(p, &h[i], &h[i + 1]))
				h[i].is_weak = false;
			if (h[i + 1].is_weak && is_proven_by(p, &h[i + 1], &h[i]))
				h[i + 1].is_weak = false;
		}
	for (i = n; i-- > 1;)
		if (h[i - 1].is_weak && are_near(p, &h[i - 1], &h[i]) &&
		    is_proven_by(p, &h[i - 1], &h[i]))
			h[i - 1].is_weak = false;
}

/* The end of what goes with token LAST: the dot of an initial, of a name cut short. */
static size_t
end_of(const struct clean_pass *p, const struct clean_hit *h)
{
	const struct token *k = token_at(p, h->last);
	bool is_cut = h->first == h->last && h->term->len > k->folded_len && memcmp(
	    names_text(p->names, h->term), token_text(&p->c->tokens, k), k->folded_len) == 0;

	return k->to + ((is_cut || (k->letters == 1 && is_capital(p, k))) &&
	    (h->term->kinds & OF_NAMES) != 0 && clean_is_followed(p, h->last, "."));
}

/* Where what goes with a telephone number begins: its + and the bracket of its area. */
static size_t
start_of(const struct clean_pass *p, const struct clean_hit *h)
{
	size_t from = token_at(p, h->first)->from, to = token_at(p, h->last)->to;

	if ((h->term->kinds & 1u << NAMES_OTHER) == 0 || h->first == h->last ||
	    token_at(p, h->first)->kind != TOKEN_NUMBER)
		return from;
	if (from > 0 && p->text[from - 1] == '(' && memchr(p->text + from, ')', to - from) != NULL)
		from--;
	return from - (from > 0 && p->text[from - 1] == '+');
}

int
clean_own(struct clean_pass *p, struct err *e)
{
	const struct clean_hit *h;
	size_t i;
	int got;

	if (names_are_empty(p->names))
		return 0;
	if (find_hits(p, e) < 0)
		return -1;
	judge_weak(p);
	for (i = 0; i < p->c->nhits; i++) {
		h = &p->c->hits[i];
		if (h->is_weak)
			continue;
		got = (h->term->kinds & OF_NAMES) != 0 ?
		    clean_mark_name(p, h->first, end_of(p, h), e) :
		    clean_mark(p, start_of(p, h), end_of(p, h), NULL, 0, e);
		if (got < 0)
			return -1;
	}
	return 0;
}
