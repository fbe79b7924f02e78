/* clean_people: people whom a title, a role, a kinship or a given name tells. */
#include "deid/clean_internal.h"

#include <string.h>

#define WORDS_MAX 4	/* of a name, initials and particles not counted */
#define TITLES_MAX 8	/* in a row */
#define THING_MIN 8	/* letters of a word that its ending tells to be a thing's */
#define PIECES_MAX 16	/* tokens of one word or of a chain of carets */

/* How sure the words before make it that a name follows. */
enum trust {
	TRUST_NAME,	/* one unknown capital word is a name */
	TRUST_FULL	/* it takes two, an initial, or a given name */
};

static const struct token *
token_at(const struct clean_pass *p, size_t i)
{
	return i < p->c->tokens.n ? &p->c->tokens.items[i] : NULL;
}

static uint32_t
classes(const struct clean_pass *p, size_t i)
{
	return i < p->c->tokens.n ? p->c->tokens.items[i].classes : 0;
}

/* Are the bytes between token I and the next exactly BYTES? */
static bool
is_between(const struct clean_pass *p, size_t i, const char *bytes)
{
	const struct token *k = p->c->tokens.items + i;

	return i + 1 < p->c->tokens.n && k[1].from - k[0].to == strlen(bytes) &&
	    memcmp(p->text + k[0].to, bytes, strlen(bytes)) == 0;
}

/* Between token I and the next: spaces, and marks of MARKS, one at least where WANTED. */
static bool
is_gap(const struct clean_pass *p, size_t i, const char *marks, bool wanted)
{
	const struct token *k = p->c->tokens.items + i;
	uint32_t at;
	bool found = false;

	if (i + 1 >= p->c->tokens.n || k[1].from - k[0].to > 4 || k[1].from == k[0].to)
		return false;
	for (at = k[0].to; at < k[1].from; at++)
		if (p->text[at] != '\0' && strchr(marks, p->text[at]) != NULL)
			found = true;
		else if (p->text[at] != ' ')
			return false;
	return found || !wanted;
}

static bool
is_initial(const struct clean_pass *p, size_t i)
{
	const struct token *k = token_at(p, i);

	return k != NULL && k->kind == TOKEN_WORD && k->letters == 1 &&
	    k->look == LOOK_UPPER && !k->joined &&
	    !clean_is_followed(p, i, "'") && !clean_is_followed(p, i, "\xe2\x80\x99");
}

/*
 * The end of the capital word that begins with token I: after McDonald, O'Neil, Meyer-
 * Schmidt. I itself when it is no name, or is not in capitals though CAPITALS are.
 */
static size_t
name_word(const struct clean_pass *p, size_t i, bool capitals)
{
	const struct token *k = token_at(p, i);
	size_t j = i, letters = 0;

	if (k == NULL || k->kind != TOKEN_WORD || k->look == LOOK_LOWER ||
	    (k->joined && i > 0))
		return i;
	if (k->look == LOOK_UPPER && k->letters > 1 && !capitals)
		return i;
	for (;;) {
		if (j - i == PIECES_MAX)
			return i;
		k = token_at(p, j);
		if ((k->classes & WORDS_NO_NAME & ~WORD_TITLE) != 0 &&
		    (k->classes & WORD_GIVEN) == 0 && k->letters > 1)
			return i;
		if ((k->classes & WORD_TITLE) != 0 && k->letters > 2)
			return i;
		letters += k->letters;
		j++;
		if ((k = token_at(p, j)) == NULL || k->kind != TOKEN_WORD || (!k->joined &&
		    !((is_between(p, j - 1, "-") || is_between(p, j - 1, "'") ||
		    is_between(p, j - 1, "\xe2\x80\x99")) && k->look != LOOK_LOWER)))
			break;
	}
	if (k != NULL && k->joined)	/* T2, B31f */
		return i;
	return letters >= 2 ? j : i;
}

/* Positioning, Characteristics, Interpretation: by its ending the word of a thing. */
static bool
is_thing(const struct clean_pass *p, size_t i)
{
	static const char *const endings[] = { "tion", "tions", "ment", "ments", "istic",
	    "istics", "ology", "graphy", "bility", "ivity", "matic", "tioning", "ioned" };
	const struct token *k = token_at(p, i);
	const char *folded;
	size_t e, n;

	if (k == NULL || k->folded_len < THING_MIN)
		return false;
	folded = token_text(&p->c->tokens, k) + k->folded_len;
	for (e = 0; e < sizeof endings / sizeof endings[0]; e++) {
		n = strlen(endings[e]);
		if (memcmp(folded - n, endings[e], n) == 0)
			return true;
	}
	return false;
}

struct name {
	size_t first, end;	/* tokens */
	size_t to;		/* bytes: with an initial's dot */
	size_t words, initials;
	bool has_given;
};

/* A comma behind the first word, as in Doe, Jane. */
static bool
is_turned(const struct clean_pass *p, const struct name *n)
{
	return n->words == 1 && n->initials == 0 && is_between(p, n->end - 1, ", ") &&
	    ((classes(p, n->end) & WORD_GIVEN) != 0 || is_initial(p, n->end));
}

/*
 * The words of a name from token I on: capital words that are not of science, initials, and
 * particles between them. Words all in CAPITALS only where wanted, and one of them where
 * no given name shows that they are a name.
 */
static bool
read_name(const struct clean_pass *p, size_t i, bool capitals, struct name *n)
{
	size_t j, next;

	*n = (struct name){ .first = i, .end = i };
	while (n->words < WORDS_MAX && n->initials < WORDS_MAX) {
		if (n->end > i && !is_between(p, n->end - 1, " ") && !is_turned(p, n) &&
		    !(is_initial(p, n->end - 1) && (is_between(p, n->end - 1, ". ") ||
		    is_between(p, n->end - 1, "."))))
			break;
		j = n->end;
		if (is_initial(p, j)) {
			/* An initial is one by its dot, or by a name behind it. */
			if (!clean_is_followed(p, j, ".") && name_word(p, j + 1, capitals) == j + 1)
				break;
			n->initials++;
			n->end = j + 1;
			continue;
		}
		while (j < i + 3 * WORDS_MAX && (classes(p, j) & WORD_PARTICLE) != 0 &&
		    (is_between(p, j, " ") || is_between(p, j, "-")))
			j++;
		if ((next = name_word(p, j, capitals)) == j)
			break;
		if (j > n->end && n->words == 0 && token_at(p, n->end)->look == LOOK_LOWER &&
		    n->initials == 0 && j - n->end > 3)
			break;
		n->has_given |= (classes(p, j) & WORD_GIVEN) != 0;
		n->words++;
		n->end = next;
	}
	if (n->end == i)
		return false;
	/* Doe,J */
	if (n->words == 1 && n->initials == 0 && is_between(p, n->end - 1, ",") &&
	    is_initial(p, n->end))
		n->end++;
	n->to = token_at(p, n->end - 1)->to;
	if (is_initial(p, n->end - 1) && clean_is_followed(p, n->end - 1, "."))
		n->to++;
	return n->words > 0;
}

static bool
is_sure(const struct name *n, enum trust trust)
{
	return n->has_given || trust == TRUST_NAME || n->words > 1 || n->initials > 0;
}

/* Marks the name from token I on if it is one. *NEXT is the token after it. */
static int
mark_name(struct clean_pass *p, size_t i, bool capitals, enum trust trust, size_t *next,
    struct err *e)
{
	struct name n;

	if (!read_name(p, i, capitals, &n) || !is_sure(&n, trust))
		return 0;
	*next = n.end;
	return clean_mark_name(p, i, n.to, e);
}

static bool
is_upper(const struct clean_pass *p, size_t i)
{
	const struct token *k = token_at(p, i);

	return k != NULL && k->look == LOOK_UPPER && k->letters > 1;
}

/* Dr. Jane Doe; DR SMITH, but not DR CHEST. */
static int
after_title(struct clean_pass *p, size_t i, size_t *next, struct err *e)
{
	size_t j = i + 1;
	struct name n;

	if (!clean_is_title(p, i) || !is_gap(p, i, ".", false))
		return 0;
	while (j - i < TITLES_MAX && clean_is_title(p, j) && is_gap(p, j, ".", false))
		j++;
	if (!read_name(p, j, true, &n))
		return 0;
	/* Of words in capitals behind a title in capitals only the first is surely a name. */
	if (is_upper(p, j) && !n.has_given && n.initials == 0 &&
	    (n.end = name_word(p, j, true)) > j)
		n.to = token_at(p, n.end - 1)->to;
	*next = n.end;
	return clean_mark_name(p, j, n.to, e);
}

/* Operator: Jane Doe; Pt Doe; ref J. Doe. */
static int
after_role(struct clean_pass *p, size_t i, size_t *next, struct err *e)
{
	bool colon = is_gap(p, i, ":=", true), sure;
	size_t j = i + 1;
	struct name n;

	if (!colon && !is_gap(p, i, ".", false))
		return 0;
	while (j - i < TITLES_MAX && clean_is_title(p, j) && is_gap(p, j, ".", false))
		j++;
	if (!colon && is_thing(p, j) && !(read_name(p, j, true, &n) && n.has_given))
		return 0;
	sure = colon || (token_at(p, i)->look == LOOK_LOWER && !is_upper(p, j));
	return mark_name(p, j, colon || !is_upper(p, i), sure ? TRUST_NAME : TRUST_FULL, next, e);
}

static bool
is_word(const struct clean_pass *p, size_t i, const char *word)
{
	const struct token *k = token_at(p, i);

	return k != NULL && k->folded_len == strlen(word) &&
	    memcmp(token_text(&p->c->tokens, k), word, k->folded_len) == 0;
}

/* wife Jane Doe; mother: Jane; his daughter (Jane Doe); Tochter Anna */
static int
after_kin(struct clean_pass *p, size_t i, size_t *next, struct err *e)
{
	static const char *const links[] = { "is", "named", "called", "name", "namens",
	    "heisst", "ist", "nommee", "nomme", "llamada", "llamado", "di", "nome", NULL };
	bool marked = is_gap(p, i, ":,(", true);
	size_t j = i + 1, k;

	if (!is_gap(p, i, ":,(", false))
		return 0;
	for (k = 0; links[k] != NULL; k++)
		if (is_word(p, j, links[k])) {
			j++;
			break;
		}
	/* Where nouns have capitals, one may be anything. */
	return mark_name(p, j, false, token_at(p, i)->look == LOOK_LOWER && !marked ?
	    TRUST_NAME : TRUST_FULL, next, e);
}

/* dictated by Jane Doe, signed electronically by: DOE */
static int
after_signed(struct clean_pass *p, size_t i, size_t *next, struct err *e)
{
	size_t j = i + 1;

	while (j < i + 3 && (classes(p, j) & WORD_BY) == 0)
		j++;
	if ((classes(p, j) & WORD_BY) == 0 || !is_gap(p, j, ":", false))
		return 0;
	j++;
	while (j - i < TITLES_MAX && clean_is_title(p, j) && is_gap(p, j, ".", false))
		j++;
	return mark_name(p, j, true, TRUST_NAME, next, e);
}

/* by: Doe; by J. Doe; by Jane Doe. Not: by Monte Carlo. */
static int
after_by(struct clean_pass *p, size_t i, size_t *next, struct err *e)
{
	bool colon = is_gap(p, i, ":", true);
	struct name n;

	if (!is_gap(p, i, ":", false) || !read_name(p, i + 1, colon, &n) ||
	    (!colon && !n.has_given && n.initials == 0))
		return 0;
	*next = n.end;
	return clean_mark_name(p, i + 1, n.to, e);
}

/*
 * Name: jane doe. Any words up to a mark, a number or a word of science; not those of a
 * protocol's name.
 */
static int
after_name(struct clean_pass *p, size_t i, size_t *next, struct err *e)
{
	size_t j, words = 0;
	const struct token *k;

	if (!is_gap(p, i, ":=", true))
		return 0;
	if (i > 0 && clean_is_near(p, i - 1, 1) &&
	    (classes(p, i - 1) & (WORD_NAME | WORD_ROLE | WORD_KIN)) == 0)
		return 0;
	for (j = i + 1; (k = token_at(p, j)) != NULL && words < WORDS_MAX; j++) {
		if (k->kind == TOKEN_NUMBER || (k->kind == TOKEN_WORD && k->letters > 1 &&
		    (k->classes & WORDS_NO_NAME & ~WORD_TITLE) != 0 &&
		    (k->classes & (WORD_GIVEN | WORD_PARTICLE)) == 0))
			break;
		if (j > i + 1 && !k->joined && !is_gap(p, j - 1, ",-'.^", false) &&
		    !is_between(p, j - 1, "^"))
			break;
		words += k->letters > 1 && !k->joined;
	}
	if (words == 0)
		return 0;
	*next = j;
	while (i > 0 && clean_is_near(p, i - 1, 1) &&
	    (classes(p, i - 1) & (WORD_NAME | WORD_ROLE)) != 0)
		i--;
	return clean_mark_name(p, i, token_at(p, j - 1)->to, e);
}

/* Jane Doe, JANE DOE, Doe, Jane. */
static int
after_given(struct clean_pass *p, size_t i, size_t *next, struct err *e)
{
	struct name n;
	size_t before;

	if (token_at(p, i)->look == LOOK_LOWER || token_at(p, i)->joined ||
	    (classes(p, i) & WORD_EPONYM) != 0)
		return 0;
	/* Doe, Jane */
	if (i > 0 && is_between(p, i - 1, ", ")) {
		for (before = i - 1; before > 0 && i - before < PIECES_MAX &&
		    (token_at(p, before)->joined || is_between(p, before - 1, "-") || is_between(p, before - 1, "'")); before--)
			;
		if (token_at(p, before)->letters > 2 && name_word(p, before,
		    is_upper(p, i)) == i && read_name(p, i, is_upper(p, i), &n)) {
			*next = n.end;
			return clean_mark_name(p, before, n.to, e);
		}
	}
	if (!read_name(p, i, is_upper(p, i), &n) || n.words < 2 ||
	    token_at(p, n.end - 1)->letters < 2)
		return 0;
	*next = n.end;
	return clean_mark_name(p, i, n.to, e);
}

static bool
is_caret(const struct clean_pass *p, size_t i)
{
	return is_between(p, i, "^") || is_between(p, i, "^^");
}

/* DOE^JANE^A where a part is a given name; HEAD^ROUTINE is none. */
static int
in_carets(struct clean_pass *p, size_t i, size_t *next, struct err *e)
{
	size_t first = i, last = i, j;
	bool has_given = false;

	while (first > 0 && i - first < PIECES_MAX && is_caret(p, first - 1))
		first--;
	while (last - i < PIECES_MAX && is_caret(p, last))
		last++;
	for (j = first; j <= last; j++) {
		if (token_at(p, j)->kind == TOKEN_NUMBER || (classes(p, j) & WORDS_NO_NAME &
		    ~WORD_TITLE) != 0)
			return 0;
		has_given |= (classes(p, j) & WORD_GIVEN) != 0;
	}
	if (!has_given || first == last)
		return 0;
	*next = last + 1;
	return clean_mark_name(p, first, token_at(p, last)->to, e);
}

/* Jane Doe, MD: the words before. */
static int
before_credential(struct clean_pass *p, size_t i, struct err *e)
{
	size_t first = i, start;
	struct name n;

	if (token_at(p, i)->look == LOOK_LOWER || i == 0 || !is_between(p, i - 1, ", "))
		return 0;
	while (first > 0 && i - first < 2 * WORDS_MAX &&
	    token_at(p, first - 1)->kind == TOKEN_WORD && (first == i || clean_is_near(p, first - 1, 2)))
		first--;
	for (start = first; start < i; start++)
		if (read_name(p, start, true, &n) && n.end == i &&
		    (n.words > 1 || n.initials > 0 || !is_upper(p, start)))
			return clean_mark_name(p, start, token_at(p, i)->to, e);
	return 0;
}

int
clean_people(struct clean_pass *p, struct err *e)
{
	static const struct {
		uint32_t class;
		int (*find)(struct clean_pass *p, size_t i, size_t *next, struct err *e);
	} finders[] = {
		{ WORD_TITLE, after_title }, { WORD_NAME, after_name },
		{ WORD_SIGNED, after_signed }, { WORD_BY, after_by }, { WORD_ROLE, after_role },
		{ WORD_KIN, after_kin }, { WORD_GIVEN, in_carets },
		{ WORD_GIVEN, after_given },
	};
	const uint32_t all = WORD_TITLE | WORD_NAME | WORD_SIGNED | WORD_ROLE | WORD_KIN |
	    WORD_BY | WORD_GIVEN | WORD_CREDENTIAL;
	size_t i, f, next, marked;

	if ((p->c->seen.classes & all) == 0)
		return 0;
	for (i = 0; i < p->c->tokens.n; i = next) {
		next = i + 1;
		if ((classes(p, i) & all) == 0)
			continue;
		if ((classes(p, i) & WORD_CREDENTIAL) != 0 && before_credential(p, i, e) < 0)
			return -1;
		marked = p->c->nspans;
		for (f = 0; f < sizeof finders / sizeof finders[0] &&
		    p->c->nspans == marked; f++)
			if ((classes(p, i) & finders[f].class) != 0 &&
			    finders[f].find(p, i, &next, e) < 0)
				return -1;
	}
	return 0;
}
