/* clean: identifying words taken out of text; see clean.h. */
#include "deid/clean.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/utf8.h"
#include "deid/clean_internal.h"
#include "deid/fold.h"
#include "deid/textdate.h"

#define FILE_MAX_BYTES (4u << 20)	/* of patterns or lists */
#define PASSES_MAX 4		/* until nothing changes any more: mostly the second */
#define AGE_MIN 90
#define AGE_MAX 150
#define HALVES_MAX 4		/* of a double name */
#define TITLES_MAX 8
#define CREDENTIALS_MAX 4
#define PSEUDONYM_DIGITS 16	/* deid/pseudonym.h */

static const char default_lists[] =
#include "deid/clean_lists.inc"
;
static const char default_patterns[] =
#include "deid/clean_patterns.inc"
;

/* ---- patterns and lists */

static int
read_file(const char *name, struct buf *out, struct err *e)
{
	FILE *in = fopen(name, "rb");
	struct err why;
	int got;

	if (in == NULL)
		return err_set(e, "%s: %s", name, strerror(errno));
	if ((got = buf_read(out, in, FILE_MAX_BYTES, &why)) < 0)
		err_set(e, "%s: %s", name, why.text);
	fclose(in);
	return got;
}

int
clean_open(const char *patterns, const char *lists, struct clean **out, struct err *e)
{
	struct clean *c = calloc(1, sizeof *c);
	struct buf own_lists = { 0 }, own_patterns = { 0 };
	int got = -1;

	if (c == NULL)
		return err_set(e, "out of memory");
	if ((lists != NULL && read_file(lists, &own_lists, e) < 0) ||
	    (patterns != NULL && read_file(patterns, &own_patterns, e) < 0))
		goto out;
	if ((lists != NULL ? lists_read(lists, own_lists.data, own_lists.len, &c->lists, e) :
	    lists_read("clean-lists.txt", default_lists, sizeof default_lists - 1,
	    &c->lists, e)) < 0)
		goto out;
	if ((patterns != NULL ? patterns_read(patterns, own_patterns.data,
	    own_patterns.len, c->lists, &c->patterns, e) :
	    patterns_read("clean-patterns.txt", default_patterns,
	    sizeof default_patterns - 1, c->lists, &c->patterns, e)) < 0)
		goto out;
	*out = c;
	c = NULL;
	got = 0;
out:
	buf_free(&own_lists);
	buf_free(&own_patterns);
	clean_close(c);
	return got;
}

void
clean_close(struct clean *c)
{
	if (c == NULL)
		return;
	patterns_free(c->patterns);
	lists_free(c->lists);
	tokens_free(&c->tokens);
	free(c->spans);
	buf_free(&c->kept);
	free(c->hits);
	buf_free(&c->fresh);
	buf_free(&c->again);
	free(c);
}

/* ---- what the finders share */

int
clean_mark(struct clean_pass *p, size_t from, size_t to, const char *bytes, size_t n,
    struct err *e)
{
	struct clean *c = p->c;
	struct clean_span s = { (uint32_t)from, (uint32_t)to, (uint32_t)c->fresh.len,
	    (uint32_t)n };

	if (array_grow(&c->spans, c->nspans, &c->spans_cap, sizeof *c->spans, e) < 0 ||
	    buf_add(&c->fresh, bytes, n, e) < 0)
		return -1;
	c->spans[c->nspans++] = s;
	return 0;
}

/* Why bytes are kept, in clean.kept. */
enum { KEPT_CODE = 1, KEPT_DATE };

static int
keep(struct clean_pass *p, size_t from, size_t to, char why, struct err *e)
{
	struct buf *kept = &p->c->kept;

	if (kept->len == 0) {
		if (buf_reserve(kept, p->len, e) < 0)
			return -1;
		memset(kept->data, 0, p->len);
		kept->len = p->len;
	}
	memset(kept->data + from, why, to - from);
	return 0;
}

static bool
is_kept(const struct clean_pass *p, size_t from, size_t to)
{
	const struct buf *kept = &p->c->kept;

	return kept->len > 0 && (memchr(kept->data + from, KEPT_CODE, to - from) != NULL ||
	    memchr(kept->data + from, KEPT_DATE, to - from) != NULL);
}

/* The length of a separator of words at P, or 0. */
static size_t
separator(const char *p, size_t n)
{
	static const char *const wide[] = { "\xe2\x80\x99", "\xe2\x80\x98", "\xe2\x80\x90",
	    "\xe2\x80\x91", "\xe3\x80\x80", "\xe3\x83\xbb", "\xc2\xa0" };
	size_t i, len;

	if (*p != '\0' && strchr(" ,^-_./~'`\\", *p) != NULL)
		return 1;
	for (i = 0; (unsigned char)*p >= 0x80 && i < sizeof wide / sizeof wide[0]; i++) {
		len = strlen(wide[i]);
		if (len <= n && memcmp(p, wide[i], len) == 0)
			return len;
	}
	return 0;
}

bool
clean_is_near(const struct clean_pass *p, size_t i, size_t max)
{
	const struct token *k = p->c->tokens.items + i;
	uint32_t at, to = k[1].from;
	size_t n;

	if (i + 1 >= p->c->tokens.n || to - k->to > max)
		return false;
	for (at = k->to; at < to; at += (uint32_t)n)
		if ((n = separator(p->text + at, to - at)) == 0)
			return false;
	return true;
}

bool
clean_is_followed(const struct clean_pass *p, size_t i, const char *bytes)
{
	const struct token *k = p->c->tokens.items + i;
	size_t n = strlen(bytes);

	return p->len - k->to >= n && memcmp(p->text + k->to, bytes, n) == 0;
}

/* M. DUPONT; M. Jean Dupont. But M. Crohn is morbus, m. biceps a muscle. */
static bool
is_monsieur(const struct clean_pass *p, size_t i)
{
	const struct token *k = p->c->tokens.items + i, *next = k + 1;

	return k->look == LOOK_UPPER && clean_is_followed(p, i, ". ") &&
	    i + 1 < p->c->tokens.n && next->letters > 2 &&
	    (next->classes & (WORDS_NO_NAME | WORD_EPONYM)) == 0 &&
	    (next->look == LOOK_UPPER || (next->classes & WORD_GIVEN) != 0);
}

bool
clean_is_title(const struct clean_pass *p, size_t i)
{
	const struct token *k = p->c->tokens.items + i, *next = k + 1;

	if (i >= p->c->tokens.n || (k->classes & WORD_TITLE) == 0)
		return false;
	if (k->kind != TOKEN_WORD || k->letters > 3)
		return true;
	if (k->folded_len == 1)
		return is_monsieur(p, i);
	if (i > 0 && k[-1].kind == TOKEN_NUMBER)	/* 6 Fr. */
		return false;
	/* Sig.ra, Dott.ssa */
	if (k->look == LOOK_LOWER && i > 0 && (k[-1].classes & WORD_TITLE) != 0 &&
	    clean_is_followed(p, i - 1, ".") && k->from == k[-1].to + 1)
		return true;
	if (clean_is_followed(p, i, "."))
		return k->look != LOOK_LOWER || k->folded_len > 1;
	if (k->look == LOOK_TITLE)
		return true;
	/* DR SMITH; but MR is a modality and MS a disease. */
	return k->look == LOOK_UPPER && i + 1 < p->c->tokens.n &&
	    *token_text(&p->c->tokens, k) == 'd' && next->look == LOOK_UPPER &&
	    next->letters > 2 && (next->classes & WORDS_NO_NAME) == 0;
}

static bool
is_hyphen(const struct clean_pass *p, size_t i)
{
	const struct token *k = p->c->tokens.items + i;

	return i + 1 < p->c->tokens.n && k[1].from - k->to == 1 && p->text[k->to] == '-';
}

/* May token I be the other half of a double name: a capital word of no other meaning? */
static bool
is_other_half(const struct clean_pass *p, size_t i)
{
	const struct token *k = p->c->tokens.items + i;

	return k->kind == TOKEN_WORD && k->look != LOOK_LOWER && k->letters > 2 && !k->joined &&
	    (i + 1 == p->c->tokens.n || !k[1].joined) &&
	    (k->classes & WORDS_NO_NAME) == 0;
}

/* Smith's, Doe-Jones, Jane Doe, M.D.: where all that belongs to a name ends. */
static size_t
name_end(const struct clean_pass *p, size_t first, size_t to)
{
	const struct tokens *t = &p->c->tokens;
	size_t last = first, i;

	while (last + 1 < t->n && t->items[last + 1].to <= to)
		last++;
	if (t->items[last].to != to)
		return to;
	for (i = 0; i < HALVES_MAX && is_hyphen(p, last) && is_other_half(p, last + 1); i++)
		to = t->items[++last].to;
	if (last + 1 == t->n)
		return to;
	if (t->items[last + 1].letters == 1 && *token_text(t, &t->items[last + 1]) == 's' &&
	    (clean_is_followed(p, last, "'s") || clean_is_followed(p, last, "\xe2\x80\x99s")))
		return t->items[last + 1].to;
	if (clean_is_followed(p, last, ", M.D."))
		return to + strlen(", M.D.");
	for (i = 0; i < CREDENTIALS_MAX && last + 1 < t->n && clean_is_near(p, last, 2) &&
	    (t->items[last + 1].classes & WORD_CREDENTIAL) != 0 &&
	    t->items[last + 1].look != LOOK_LOWER; i++) {
		last++;
		if (last + 1 < t->n && t->items[last + 1].joined)	/* PhD */
			last++;
		to = t->items[last].to;
	}
	return to;
}

int
clean_mark_name(struct clean_pass *p, size_t first, size_t to, struct err *e)
{
	const size_t from = first;

	while (first > 0 && from - first < HALVES_MAX && is_hyphen(p, first - 1) &&
	    is_other_half(p, first - 1))
		first--;
	while (first > 0 && from - first < HALVES_MAX + TITLES_MAX &&
	    clean_is_title(p, first - 1) && clean_is_near(p, first - 1, 2))
		first--;
	return clean_mark(p, p->c->tokens.items[first].from, name_end(p, first, to), NULL, 0, e);
}

/* ---- dates */

static bool
is_word_date(const struct clean_pass *p, size_t i)
{
	static const char *const words[] = { "date", "fecha", "data", "datum" };
	const struct token *k = p->c->tokens.items + i;
	size_t w;

	for (w = 0; w < sizeof words / sizeof words[0]; w++)
		if (k->folded_len == strlen(words[w]) &&
		    memcmp(token_text(&p->c->tokens, k), words[w], k->folded_len) == 0)
			return true;
	return false;
}

/* Where the label before token I begins, if it has one: "date of birth: ". */
static size_t
label_before(const struct clean_pass *p, size_t i)
{
	const struct token *k = p->c->tokens.items;
	size_t first = i, n, at;

	while (first > 0 && (k[first - 1].classes & WORD_BORN) != 0) {
		n = k[first].from - k[first - 1].to;
		for (at = k[first - 1].to; n > 0 && n <= 4 && at < k[first].from; at++)
			if (p->text[at] == '\0' || strchr(" :.,=*/-", p->text[at]) == NULL)
				return k[first].from;
		if (n > 4)
			break;
		first--;
	}
	/* date of birth, fecha de nacimiento */
	if (first < i && first > 1 && (k[first - 1].classes & WORD_STOP) != 0 &&
	    clean_is_near(p, first - 1, 1) && clean_is_near(p, first - 2, 1) &&
	    is_word_date(p, first - 2))
		first -= 2;
	return k[first].from;
}

static int
mark_date(struct clean_pass *p, const struct textdate_source *s, size_t i,
    const struct textdate *t, struct err *e)
{
	size_t from = t->from, fresh = p->c->fresh.len;
	int got;

	/* Whatever becomes of it, a date is no part of a longer number. */
	if (keep(p, t->from, t->to, KEPT_DATE, e) < 0)
		return -1;
	if (p->dates == CLEAN_DATES_KEEP && !t->is_birth)
		return 0;
	if (p->dates == CLEAN_DATES_SHIFT && !t->is_birth) {
		if ((got = textdate_shift(s, t, p->settings->shift, &p->c->fresh, e)) < 0)
			return -1;
		if (got > 0) {
			if (clean_mark(p, t->from, t->to, NULL, 0, e) < 0)
				return -1;
			p->c->spans[p->c->nspans - 1].fresh_from = (uint32_t)fresh;
			p->c->spans[p->c->nspans - 1].fresh = (uint32_t)(p->c->fresh.len - fresh);
			return 0;
		}
	}
	if (t->from == p->c->tokens.items[i].from)
		from = label_before(p, i);
	return clean_mark(p, from, t->bare_to, NULL, 0, e);
}

static int
find_dates(struct clean_pass *p, struct err *e)
{
	struct textdate_source s = { .text = p->text, .len = p->len,
	    .tokens = &p->c->tokens, .lists = p->c->lists };
	struct textdate t;
	size_t i, next;

	s.has_words = (p->c->seen.classes & WORD_MONTH) != 0;
	s.has_signs = p->c->seen.solid;
	if (p->c->seen.digits < (s.has_words || s.has_signs ? 1 : 2))
		return 0;
	s.known = names_dates(p->names, &s.nknown);
	for (i = 0; i < p->c->tokens.n; i = next) {
		next = i + 1;
		if (!textdate_find(&s, i, &t) || is_kept(p, t.from, t.to))
			continue;
		next = t.next;
		if (mark_date(p, &s, i, &t, e) < 0)
			return -1;
	}
	return 0;
}

/* ---- patterns */

/* Is it a pseudonym of ours (deid/pseudonym.h), by its form? */
static bool
is_pseudonym(const char *text, size_t len)
{
	size_t i, letters = 0;

	for (i = 0; i < len && len == PSEUDONYM_DIGITS; i++) {
		if (strchr("0123456789ABCDEFGHJKMNPQRSTVWXYZ", text[i]) == NULL || text[i] == '\0')
			return false;
		letters += text[i] > '9';
	}
	return len == PSEUDONYM_DIGITS && letters > 0;
}

static int
mark_age(struct clean_pass *p, const struct patterns_match *m, struct err *e)
{
	long age = 0;
	size_t i;

	for (i = m->from; i < m->to; i++)
		if (p->text[i] >= '0' && p->text[i] <= '9' && age < 1000)
			age = age * 10 + (p->text[i] - '0');
	/* An age in words has no digit. */
	if (p->text[m->from] < '0' || p->text[m->from] > '9')
		age = AGE_MIN;
	if (age < AGE_MIN || age > AGE_MAX)
		return 0;
	if (p->text[m->from] == '0')	/* VR AS: 094Y */
		return m->to - m->from == 3 && age > AGE_MIN ?
		    clean_mark(p, m->from, m->to, "090", 3, e) : 0;
	return clean_mark(p, m->from, m->to, "over 89", 7, e);
}

/*
 * Is a date all that has digits but for the time behind its T? Then it
 * is the number of nothing: exam 14/05/2021, room 2021-05-14T10.
 */
static bool
is_date_alone(const struct clean_pass *p, size_t from, size_t to)
{
	const struct buf *kept = &p->c->kept;
	size_t i;

	if (!is_kept(p, from, to))
		return false;
	for (i = from; i < to && kept->data[i] != KEPT_DATE; i++)
		if (p->text[i] >= '0' && p->text[i] <= '9')
			return false;
	while (i < to && kept->data[i] == KEPT_DATE)
		i++;
	return i == to || p->text[i] == 'T';
}

static int
mark_match(struct clean_pass *p, const struct patterns_match *m, struct err *e)
{
	switch (m->kind) {
	case PATTERN_KEEP:
		return keep(p, m->from, m->to, KEPT_CODE, e);
	case PATTERN_AGE:
		return mark_age(p, m, e);
	case PATTERN_PLACE:
		if (p->settings->keep_places)
			return 0;
		break;
	case PATTERN_FORM:
		if (is_kept(p, m->from, m->to) ||
		    is_pseudonym(p->text + m->from, m->to - m->from))
			return 0;
		break;
	case PATTERN_NUMBERED:
		if (is_date_alone(p, m->from, m->to))
			return 0;
		break;
	case PATTERN_ID:
		break;
	}
	return clean_mark(p, m->from, m->to, NULL, 0, e);
}

/* Expressions that keep, or all others. Returns 1; 0 when one ran out of its limits; -1. */
static int
find_patterns(struct clean_pass *p, bool that_keep, struct err *e)
{
	struct patterns *x = p->c->patterns;
	struct patterns_match m;
	size_t i, at;
	int got;

	for (i = 0; (i = patterns_worth(x, i, that_keep, &p->c->seen)) != PATTERNS_END; i++) {
		for (at = 0; (got = patterns_next(x, i, p->text, p->len, &at, &m)) > 0;)
			if (mark_match(p, &m, e) < 0)
				return -1;
		if (got < 0)
			return 0;
	}
	return 1;
}

/* ---- what is left */

static int
by_place(const void *a, const void *b)
{
	const struct clean_span *x = a, *y = b;

	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	if (x->to != y->to)
		return x->to > y->to ? -1 : 1;
	return (x->fresh > y->fresh) - (x->fresh < y->fresh);
}


static bool
is_space_mark(char c)
{
	return c == ' ' || c == '\t';
}

static bool
is_mark(char c)
{
	return c != '\0' && strchr(" \t,;:-_^/|#=\\", c) != NULL;
}

/* Brackets and quotes that hold nothing else go, too. */
static bool
widen_brackets(const struct clean_pass *p, uint32_t *from, uint32_t *to)
{
	static const struct {
		const char *open, *close;
	} pairs[] = { { "(", ")" }, { "[", "]" }, { "{", "}" }, { "<", ">" }, { "\"", "\"" },
	    { "'", "'" }, { "\xe2\x80\x9c", "\xe2\x80\x9d" }, { "\xe2\x80\x9e", "\xe2\x80\x9c" },
	    { "\xc2\xab", "\xc2\xbb" }, { "\xef\xbc\x88", "\xef\xbc\x89" },
	    { "\xe3\x80\x8c", "\xe3\x80\x8d" } };
	size_t a = *from, b = *to, i, n, m;

	while (a > 0 && is_mark(p->text[a - 1]))
		a--;
	while (b < p->len && is_mark(p->text[b]))
		b++;
	for (i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
		n = strlen(pairs[i].open);
		m = strlen(pairs[i].close);
		if (a >= n && memcmp(p->text + a - n, pairs[i].open, n) == 0 &&
		    p->len - b >= m && memcmp(p->text + b, pairs[i].close, m) == 0) {
			*from = (uint32_t)(a - n);
			*to = (uint32_t)(b + m);
			return true;
		}
	}
	return false;
}

/* Are there only separators between two spans that go, so that they are one? */
static bool
is_one_gap(const struct clean_pass *p, size_t from, size_t to)
{
	size_t n;

	if (to - from > 4)
		return false;
	for (; from < to; from += n)
		if ((n = separator(p->text + from, to - from)) == 0 &&
		    (n = is_mark(p->text[from])) == 0)
			return false;
	return true;
}

/* Sorted, and those that touch or overlap made one. What is replaced stays on its own. */
static void
merge_spans(struct clean_pass *p)
{
	struct clean_span *s = p->c->spans, *last;
	size_t n = 0, i;

	qsort(s, p->c->nspans, sizeof *s, by_place);
	for (i = 0; i < p->c->nspans; i++) {
		last = n > 0 ? &s[n - 1] : NULL;
		if (last != NULL && s[i].from < last->to) {
			/* Of two that overlap that goes which is not replaced. */
			if (s[i].to > last->to) {
				last->to = s[i].to;
				last->fresh = 0;
			} else if (s[i].fresh == 0 && s[i].to == last->to) {
				last->fresh = 0;
			}
			continue;
		}
		if (last != NULL && last->fresh == 0 && s[i].fresh == 0 &&
		    is_one_gap(p, last->to, s[i].from)) {
			last->to = s[i].to;
			continue;
		}
		s[n++] = s[i];
	}
	p->c->nspans = n;
}

/* Returns whether a span has grown by its brackets. */
static bool
widen_all(struct clean_pass *p)
{
	struct clean_span *s = p->c->spans;
	bool grown = false;
	size_t i;

	for (i = 0; i < p->c->nspans; i++)
		while (s[i].fresh == 0 && widen_brackets(p, &s[i].from, &s[i].to))
			grown = true;
	return grown;
}

static bool
is_line_end(const struct clean_pass *p, size_t at)
{
	return at == p->len || p->text[at] == '\n' || p->text[at] == '\r';
}

/*
 * The separators that a removed span leaves without a word on one of their sides: of those
 * before and those behind it one run stays.
 */
static void
widen(const struct clean_pass *p, size_t floor, size_t *from, size_t *to)
{
	size_t a, b;

	for (a = *from; a > floor && is_mark(p->text[a - 1]); a--)
		;
	for (b = *to; b < p->len && is_mark(p->text[b]); b++)
		;
	if (a == 0 || p->text[a - 1] == '\n' || p->text[a - 1] == '\r') {
		*to = b;	/* nothing before it in its line */
		*from = a;
	} else if (is_line_end(p, b)) {
		*from = a;
		*to = b;
	} else if (a == *from) {
		/* Behind a bracket or a dot the spaces that follow go; behind a word they stay. */
		if (memchr("([{.", p->text[a - 1], 4) != NULL)
			while (*to < b && is_space_mark(p->text[*to]))
				(*to)++;
	} else if (b == *to) {
		/* Before a dot, a bracket the spaces go; before a word they stay. */
		if (memchr(".,;:!?)]}", p->text[b], 9) != NULL)
			*from = a;
	} else if (*to - b == 0 || is_space_mark(p->text[*to])) {
		*to = b;	/* one run of two: that with a mark, or the first */
	} else {
		for (; a < *from && is_space_mark(p->text[a]); a++)
			;
		if (a == *from) {	/* spaces alone before it */
			while (*from > floor && is_space_mark(p->text[*from - 1]))
				(*from)--;
		} else {
			*to = b;
		}
	}
}

static bool
has_word(const char *text, size_t len)
{
	uint32_t code;
	size_t i, n;

	for (i = 0; i < len; i += n) {
		if ((n = utf8_read(text + i, len - i, &code)) == 0)
			return true;
		if (fold_class(code) != FOLD_OTHER && fold_class(code) != FOLD_MARK)
			return true;
		if (code >= 0x80 && code != 0xa0 && code < 0x2000)
			return true;	/* a sign may be all that is told */
	}
	return false;
}

static int
write_rest(struct clean_pass *p, struct buf *out, struct err *e)
{
	const struct clean_span *s;
	size_t at = 0, i, from, to;

	buf_clear(out);
	for (i = 0; i < p->c->nspans; i++) {
		s = &p->c->spans[i];
		from = s->from;
		to = s->to;
		if (s->fresh == 0)
			widen(p, at, &from, &to);
		if (from < at)
			from = at;
		if (to < at)
			to = at;
		if (i + 1 < p->c->nspans && to > s[1].from)
			to = s[1].from;
		if (buf_add(out, p->text + at, from - at, e) < 0 ||
		    buf_add(out, p->c->fresh.data + s->fresh_from, s->fresh, e) < 0)
			return -1;
		at = to;
	}
	if (buf_add(out, p->text + at, p->len - at, e) < 0)
		return -1;
	if (!has_word(out->data, out->len))
		buf_clear(out);
	return 0;
}

/* ---- a text */

/* A number of at most three digits, from AGE_MIN to AGE_MAX. */
static bool
is_old(const char *p, size_t n)
{
	int v = 0;

	if (n < 2 || n > 3)
		return false;
	while (n-- > 0)
		v = v * 10 + (*p++ - '0');
	return v >= AGE_MIN && v <= AGE_MAX;
}

/*
 * NAC is a word of PET, and the Spanish label of a birth date only behind F. or fecha, or
 * before a mark.
 */
static bool
is_no_label(const struct clean_pass *p, size_t i)
{
	const struct token *k = p->c->tokens.items + i;
	const char *folded = token_text(&p->c->tokens, k);

	if (k->look != LOOK_UPPER || k->folded_len != 3 || memcmp(folded, "nac", 3) != 0 ||
	    clean_is_followed(p, i, ":") || clean_is_followed(p, i, "."))
		return false;
	return i == 0 || !(k[-1].folded_len == 1 ? *token_text(&p->c->tokens, k - 1) == 'f' :
	    is_word_date(p, i - 1));
}

static void
classify(struct clean_pass *p)
{
	struct clean *c = p->c;
	struct token *k;
	unsigned char u;
	size_t i;

	c->seen = (struct patterns_seen){ .digits = c->tokens.digits,
	    .run = c->tokens.longest_number };
	for (i = 0; i < c->tokens.n; i++) {
		k = &c->tokens.items[i];
		if (k->kind == TOKEN_NUMBER) {
			c->seen.old |= is_old(token_text(&c->tokens, k), k->folded_len);
			c->seen.house |= i > 0 && !k->joined && k[-1].letters >= 5 &&
			    k[-1].look == LOOK_TITLE;
			continue;
		}
		k->classes = lists_find(c->lists, k->hash, token_text(&c->tokens, k),
		    k->folded_len);
		if ((k->classes & WORD_BORN) != 0 && is_no_label(p, i))
			k->classes &= ~WORD_BORN;
		c->seen.classes |= k->classes;
		c->seen.solid |= k->kind == TOKEN_SOLID;
	}
	for (i = 0; i < p->len; i++) {
		u = (unsigned char)p->text[i];
		if (u < 0x80)
			c->seen.chars[u >> 6] |= (uint64_t)1 << (u & 63);
	}
}

/* Returns 1 with OUT what is left, 0 when nothing goes, -1 out of memory. */
static int
run_pass(struct clean_pass *p, struct buf *out, struct err *e)
{
	struct clean *c = p->c;
	int got;

	c->nspans = 0;
	buf_clear(&c->kept);
	buf_clear(&c->fresh);
	if ((got = tokens_read(&c->tokens, p->text, p->len, e)) < 0)
		return -1;
	if (got == 0) {		/* no UTF-8: nobody can say what it tells */
		buf_clear(out);
		return 1;
	}
	classify(p);
	if (p->settings->own_only)
		got = clean_own(p, e) < 0 ? -1 : 1;
	else if ((got = find_patterns(p, true, e)) > 0) {
		if (clean_own(p, e) < 0 || find_dates(p, e) < 0 || clean_people(p, e) < 0)
			return -1;
		got = find_patterns(p, false, e);
	}
	if (got < 0)
		return -1;
	if (got == 0) {		/* a pattern ran out of its limits */
		buf_clear(out);
		return 1;
	}
	if (c->nspans == 0)
		return 0;
	merge_spans(p);
	if (widen_all(p))
		merge_spans(p);
	return write_rest(p, out, e) < 0 ? -1 : 1;
}

int
clean_text(struct clean *c, const struct names *d, const struct clean_settings *s,
    const char *text, size_t len, struct buf *out, struct err *e)
{
	struct clean_pass p = { .c = c, .names = d, .settings = s, .dates = s->dates,
	    .text = text, .len = len };
	struct buf swap;
	int got, pass;

	buf_clear(out);
	if (len == 0)
		return 0;
	if (len > CLEAN_TEXT_MAX)
		return 1;
	if ((got = run_pass(&p, out, e)) <= 0)
		return got;
	/* What has come together may tell again; dates have moved already. */
	if (p.dates == CLEAN_DATES_SHIFT)
		p.dates = CLEAN_DATES_KEEP;
	for (pass = 1; pass < PASSES_MAX && out->len > 0; pass++) {
		p.text = out->data;
		p.len = out->len;
		if ((got = run_pass(&p, &c->again, e)) < 0)
			return -1;
		if (got == 0)
			break;
		swap = *out;
		*out = c->again;
		c->again = swap;
	}
	return 1;
}
