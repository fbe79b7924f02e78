/* patterns: expressions that find identifying text; see patterns.h. */
#include "deid/patterns.h"

#include <stdlib.h>
#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/array.h"
#include "base/buf.h"
#include "deid/checkdigit.h"

/* Enough for the longest match of ours many times over, and soon at its end. */
#define MATCH_LIMIT 200000
#define DEPTH_LIMIT 2000
#define HEAP_LIMIT 4096		/* KiB */
#define STACK_START (32u << 10)
#define STACK_MAX (512u << 10)
#define LINE_FIELDS 4

struct pattern {
	enum pattern_kind kind;
	struct patterns_seen when;	/* at least */
	checkdigit_test *check;
	bool is_unknown, is_named;	/* checks: no word of science; one that is not */
	pcre2_code *code;
	bool is_fast;			/* JIT has been asked for */
};

struct patterns {
	struct pattern *items;
	size_t n, cap;
	const struct lists *lists;
	pcre2_match_data *data;
	pcre2_match_context *context;
	pcre2_jit_stack *stack;
	struct tokens tokens;
};

struct field {
	const char *p;
	size_t n;
};

static bool
is_field(const struct field *f, const char *text)
{
	return f->n == strlen(text) && memcmp(f->p, text, f->n) == 0;
}

static bool
skip_prefix(struct field *f, const char *prefix)
{
	size_t n = strlen(prefix);

	if (f->n < n || memcmp(f->p, prefix, n) != 0)
		return false;
	f->p += n;
	f->n -= n;
	return true;
}

static int
read_kind(const struct field *f, enum pattern_kind *out, struct err *e)
{
	static const char *const names[] = { "keep", "id", "numbered", "form",
	    "place", "age" };
	size_t i;

	for (i = 0; i < sizeof names / sizeof names[0]; i++)
		if (is_field(f, names[i])) {
			*out = (enum pattern_kind)i;
			return 0;
		}
	return err_set(e, "no such kind");
}

static int
read_condition(struct field f, struct patterns_seen *out, struct err *e)
{
	uint32_t class;
	size_t *number, i;

	if (is_field(&f, "solid")) {
		out->solid = true;
		return 0;
	}
	if (is_field(&f, "old")) {
		out->old = true;
		return 0;
	}
	if (is_field(&f, "house")) {
		out->house = true;
		return 0;
	}
	if (skip_prefix(&f, "char=") && f.n == 1 && (unsigned char)*f.p < 0x80) {
		out->chars[*f.p >> 6] |= (uint64_t)1 << (*f.p & 63);
		return 0;
	}
	if (skip_prefix(&f, "word=")) {
		if ((class = lists_class(f.p, f.n)) == 0)
			return err_set(e, "no such list");
		out->classes |= class;
		return 0;
	}
	number = skip_prefix(&f, "digits=") ? &out->digits :
	    skip_prefix(&f, "run=") ? &out->run : NULL;
	if (number == NULL || f.n == 0 || f.n > 3)
		return err_set(e, "no such condition");
	for (i = 0, *number = 0; i < f.n; i++) {
		if (f.p[i] < '0' || f.p[i] > '9')
			return err_set(e, "no such condition");
		*number = *number * 10 + (size_t)(f.p[i] - '0');
	}
	return 0;
}

static int
read_conditions(struct field f, struct patterns_seen *out, struct err *e)
{
	struct field one;
	const char *comma;

	if (is_field(&f, "-"))
		return 0;
	for (;;) {
		one = f;
		if ((comma = memchr(f.p, ',', f.n)) != NULL)
			one.n = (size_t)(comma - f.p);
		if (read_condition(one, out, e) < 0)
			return -1;
		if (comma == NULL)
			return 0;
		f.n -= one.n + 1;
		f.p = comma + 1;
	}
}

/* The expression with its lists in place of their names. */
static int
expand(const struct lists *l, const struct field *f, struct buf *out, struct err *e)
{
	const char *p = f->p, *end = f->p + f->n, *close;
	uint32_t class;

	while (p < end) {
		close = *p == '{' ? memchr(p, '}', (size_t)(end - p)) : NULL;
		if (close != NULL && p[1] >= 'a' && p[1] <= 'z' &&
		    !(p > f->p && (p[-1] == 'p' || p[-1] == 'P'))) {
			if ((class = lists_class(p + 1, (size_t)(close - p - 1))) == 0)
				return err_set(e, "no such list in the expression");
			if (lists_alternatives(l, class, out, e) < 0)
				return -1;
			p = close + 1;
		} else if (buf_add(out, p++, 1, e) < 0) {
			return -1;
		}
	}
	return 0;
}

static int
compile(struct patterns *p, const struct field *f, struct pattern *out, struct err *e)
{
	struct buf text = { 0 };
	PCRE2_UCHAR why[128];
	PCRE2_SIZE where;
	int code, got = -1;

	if (f->n == 0)
		return err_set(e, "no expression");
	if (expand(p->lists, f, &text, e) < 0)
		goto out;
	out->code = pcre2_compile((PCRE2_SPTR)text.data, text.len, PCRE2_UTF | PCRE2_UCP |
	    PCRE2_NEVER_BACKSLASH_C, &code, &where, NULL);
	if (out->code == NULL) {
		pcre2_get_error_message(code, why, sizeof why);
		err_set(e, "%s", (const char *)why);
		goto out;
	}
	got = 0;
out:
	buf_free(&text);
	return got;
}

static int
read_line(struct patterns *p, const char *line, size_t n, struct err *e)
{
	struct field f[LINE_FIELDS];
	struct pattern item = { 0 };
	const char *end = line + n, *tab;
	size_t i;

	if (n == 0 || *line == '#')
		return 0;
	for (i = 0; i < LINE_FIELDS; i++, line = tab + 1) {
		tab = i + 1 < LINE_FIELDS ? memchr(line, '\t', (size_t)(end - line)) : end;
		if (tab == NULL)
			return err_set(e, "not four fields");
		f[i] = (struct field){ line, (size_t)(tab - line) };
	}
	if (read_kind(&f[0], &item.kind, e) < 0 || read_conditions(f[1], &item.when, e) < 0)
		return -1;
	item.is_unknown = is_field(&f[2], "unknown");
	item.is_named = is_field(&f[2], "named");
	item.check = checkdigit_find(f[2].p, f[2].n);
	if (item.check == NULL && !item.is_unknown && !item.is_named && !is_field(&f[2], "-"))
		return err_set(e, "no such check");
	if (array_grow(&p->items, p->n, &p->cap, sizeof *p->items, e) < 0 ||
	    compile(p, &f[3], &item, e) < 0)
		return -1;
	p->items[p->n++] = item;
	return 0;
}

static int
make_context(struct patterns *p, struct err *e)
{
	p->data = pcre2_match_data_create(2, NULL);
	p->context = pcre2_match_context_create(NULL);
	p->stack = pcre2_jit_stack_create(STACK_START, STACK_MAX, NULL);
	if (p->data == NULL || p->context == NULL || p->stack == NULL)
		return err_set(e, "out of memory");
	pcre2_set_match_limit(p->context, MATCH_LIMIT);
	pcre2_set_depth_limit(p->context, DEPTH_LIMIT);
	pcre2_set_heap_limit(p->context, HEAP_LIMIT);
	pcre2_jit_stack_assign(p->context, NULL, p->stack);
	return 0;
}

int
patterns_read(const char *name, const char *text, size_t len,
    const struct lists *lists, struct patterns **out, struct err *e)
{
	struct patterns *p = calloc(1, sizeof *p);
	const char *end = text + len, *stop;
	struct err why;
	size_t line;
	int got = -1;

	if (p == NULL)
		return err_set(e, "out of memory");
	p->lists = lists;
	if (make_context(p, e) < 0)
		goto out;
	for (line = 1; text < end; text = stop + 1, line++) {
		if ((stop = memchr(text, '\n', (size_t)(end - text))) == NULL)
			stop = end;
		if (read_line(p, text, (size_t)(stop - text), &why) < 0) {
			err_set(e, "%s:%zu: %s", name, line, why.text);
			goto out;
		}
	}
	*out = p;
	p = NULL;
	got = 0;
out:
	patterns_free(p);
	return got;
}

void
patterns_free(struct patterns *p)
{
	size_t i;

	if (p == NULL)
		return;
	for (i = 0; i < p->n; i++)
		pcre2_code_free(p->items[i].code);
	free(p->items);
	pcre2_match_data_free(p->data);
	pcre2_match_context_free(p->context);
	pcre2_jit_stack_free(p->stack);
	tokens_free(&p->tokens);
	free(p);
}

static bool
may_match(const struct patterns_seen *w, const struct patterns_seen *seen)
{
	return seen->digits >= w->digits && seen->run >= w->run &&
	    (seen->classes & w->classes) == w->classes &&
	    (seen->chars[0] & w->chars[0]) == w->chars[0] &&
	    (seen->chars[1] & w->chars[1]) == w->chars[1] &&
	    seen->solid >= w->solid && seen->old >= w->old && seen->house >= w->house;
}

size_t
patterns_worth(const struct patterns *p, size_t i, bool that_keep,
    const struct patterns_seen *seen)
{
	for (; i < p->n; i++)
		if ((p->items[i].kind == PATTERN_KEEP) == that_keep &&
		    may_match(&p->items[i].when, seen))
			return i;
	return PATTERNS_END;
}

/* Words of three letters or more in TEXT that are in CLASSES, or are not; -1 out of memory. */
static int
count_words(struct patterns *p, const char *text, size_t len, uint32_t classes, bool in)
{
	const struct token *k;
	size_t i;
	int n = 0;

	if (tokens_read(&p->tokens, text, len, NULL) <= 0)
		return -1;
	for (i = 0; i < p->tokens.n; i++) {
		k = &p->tokens.items[i];
		n += k->kind == TOKEN_WORD && k->letters > 2 && ((lists_find(p->lists, k->hash,
		    token_text(&p->tokens, k), k->folded_len) & classes) != 0) == in;
	}
	return n;
}

/* The check that asks for words: 1, 0, or -1 out of memory. */
static int
is_of_words(struct patterns *p, const struct pattern *item, const char *text, size_t len)
{
	const char *comma = memchr(text, ',', len);
	int n;

	if (item->is_named) {
		n = count_words(p, text, len, WORD_SCIENCE | WORD_STOP | WORD_HOSPITAL |
		    WORD_STREET | WORD_PARTICLE, false);
		return n < 0 ? -1 : n > 0;
	}
	if (comma != NULL && comma > text)
		len = (size_t)(comma - text);
	n = count_words(p, text, len, WORD_SCIENCE | WORD_DISEASE | WORD_UNIT, true);
	return n < 0 ? -1 : n == 0;
}

int
patterns_next(struct patterns *p, size_t i, const char *text, size_t len,
    size_t *at, struct patterns_match *m)
{
	struct pattern *item = &p->items[i];
	PCRE2_SIZE *ends = pcre2_get_ovector_pointer(p->data);
	size_t from, to;
	int got;

	if (!item->is_fast) {
		/* When first used, for most runs need few. Without JIT it is slow but right. */
		pcre2_jit_compile(item->code, PCRE2_JIT_COMPLETE);
		item->is_fast = true;
	}
	for (;;) {
		got = pcre2_match(item->code, (PCRE2_SPTR)text, len, *at,
		    PCRE2_NO_UTF_CHECK | PCRE2_NOTEMPTY, p->data, p->context);
		if (got == PCRE2_ERROR_NOMATCH)
			return 0;
		if (got < 0)
			return -1;
		from = ends[0];
		to = ends[1];
		*at = to;
		if ((got == 2 || got == 0) && ends[2] != PCRE2_UNSET) {
			from = ends[2];
			to = ends[3];
		}
		if (from >= to)	/* \K in a lookahead can do that */
			return -1;
		if (item->check != NULL && !item->check(text + from, to - from))
			continue;
		if (item->is_unknown || item->is_named) {
			if ((got = is_of_words(p, item, text + from, to - from)) < 0)
				return -1;
			if (got == 0)
				continue;
		}
		*m = (struct patterns_match){ item->kind, from, to };
		return 1;
	}
}
