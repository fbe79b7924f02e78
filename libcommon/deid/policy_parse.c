/* policy_parse: lines made rules, each judged on its own; see policy_internal.h. */
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "deid/policy_internal.h"
#include "dicom/dictionary.h"
#include "dicom/vr.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* A line being read. Functions of it return 0, 1 after a finding, -1 with E filled. */
struct line {
	struct policy *p;
	unsigned number;
	const char *at, *end;
	struct err *e;
};

static const struct {
	const char *word;
	enum policy_action action;
} actions[] = {
	{ "profile", POLICY_NONE }, { "keep", POLICY_KEEP },
	{ "remove", POLICY_REMOVE }, { "empty", POLICY_EMPTY },
	{ "dummy", POLICY_DUMMY }, { "replace", POLICY_REPLACE },
	{ "hash", POLICY_HASH }, { "uid", POLICY_UID },
	{ "shift", POLICY_SHIFT }, { "clean", POLICY_CLEAN },
	{ "round", POLICY_ROUND },
};

const char *
policy_action_word(enum policy_action a)
{
	size_t i;

	for (i = 0; i < COUNT(actions); i++)
		if (actions[i].action == a)
			return actions[i].word;
	return "keep";	/* POLICY_OPEN */
}

int
policy_say(struct policy *p, unsigned line, enum policy_level level,
    struct err *e, const char *fmt, ...)
{
	struct policy_finding *f;
	va_list ap;

	if (p->nfindings >= POLICY_FINDINGS_MAX)
		return 0;
	if (array_grow(&p->findings, p->nfindings, &p->findings_cap, sizeof *f,
	    e) < 0)
		return -1;
	f = &p->findings[p->nfindings++];
	f->line = line;
	f->level = level;
	va_start(ap, fmt);
	vsnprintf(f->text, sizeof f->text, fmt, ap);
	va_end(ap);
	if (p->nfindings == POLICY_FINDINGS_MAX) {
		f->level = POLICY_ERROR;
		snprintf(f->text, sizeof f->text,
		    "too many findings; later ones are not shown");
	}
	return 0;
}

#define BAD(l, ...) \
	(policy_say((l)->p, (l)->number, POLICY_ERROR, (l)->e, __VA_ARGS__) < 0 ? -1 : 1)

/* ---- words */

static bool
is_space(char c)
{
	return c == ' ' || c == '\t';
}

static bool
line_is_done(struct line *l)
{
	while (l->at < l->end && is_space(*l->at))
		l->at++;
	return l->at == l->end || *l->at == '#';
}

/*
 * The next word, to a space that no quotes and no parentheses hold, or to one of
 * the characters STOP. *LEN 0: there is none.
 */
static const char *
next_word(struct line *l, const char *stop, size_t *len)
{
	bool quoted = false, inside = false;
	const char *from;

	*len = 0;
	if (line_is_done(l))
		return l->at;
	for (from = l->at; l->at < l->end; l->at++) {
		if (*l->at == '"')
			quoted = !quoted;
		else if (quoted)
			continue;
		else if (*l->at == '(')
			inside = true;
		else if (*l->at == ')')
			inside = false;
		else if (!inside && (is_space(*l->at) || strchr(stop, *l->at)))
			break;
	}
	*len = (size_t)(l->at - from);
	return from;
}

static bool
is_word(const char *word, size_t len, const char *want)
{
	return strlen(want) == len && memcmp(word, want, len) == 0;
}

/* What a finding may show of a word. */
#define SHOWN(word, len) (int)((len) < 40 ? (len) : 40), (word)

/* The string in quotes, in which \" stands for one; *OUT is to be freed. */
static int
take_quoted(struct line *l, char **out, size_t *len)
{
	char *copy;
	size_t n = 0;

	if (line_is_done(l) || *l->at != '"')
		return BAD(l, "a value in double quotes is wanted");
	if ((copy = malloc((size_t)(l->end - l->at))) == NULL)
		return err_set(l->e, "out of memory");
	for (l->at++; l->at < l->end && *l->at != '"'; l->at++) {
		if (*l->at == '\\' && l->at + 1 < l->end && l->at[1] == '"')
			l->at++;
		copy[n++] = *l->at;
	}
	copy[n] = '\0';
	if (l->at == l->end) {
		free(copy);
		return BAD(l, "a quote is not closed");
	}
	l->at++;
	*out = copy;
	*len = n;
	return 0;
}

/* ---- keywords */

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* How many letters must change to make B of A; case does not count. */
static unsigned
distance(const char *a, size_t na, const char *b)
{
	unsigned row[POLICY_WORD_MAX], before, above, best;
	size_t nb = strlen(b), i, j;

	for (j = 0; j <= nb; j++)
		row[j] = (unsigned)j;
	for (i = 1; i <= na; i++) {
		before = row[0];
		row[0] = (unsigned)i;
		for (j = 1; j <= nb; j++) {
			above = row[j];
			best = before + (lower(a[i - 1]) != lower(b[j - 1]));
			if (above + 1 < best)
				best = above + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
			before = above;
		}
	}
	return row[nb];
}

/* The keyword of the dictionary that is most like the word, or NULL. */
static const char *
nearest_keyword(const char *word, size_t len)
{
	const struct dictionary_entry *d;
	const char *found = NULL;
	unsigned best = (unsigned)len / 3 + 2, n;
	size_t other;

	for (d = dictionary_next(NULL); d != NULL; d = dictionary_next(d)) {
		other = strlen(d->keyword);
		if (other >= POLICY_WORD_MAX || other + best <= len ||
		    len + best <= other)
			continue;
		if ((n = distance(word, len, d->keyword)) < best) {
			best = n;
			found = d->keyword;
		}
	}
	return found;
}

bool
policy_glob(const char *glob, const char *text, size_t len)
{
	const char *end = text + len, *star = NULL, *from = NULL;

	while (text < end) {
		if (*glob == '*') {
			star = ++glob;
			from = text;
		} else if (*glob != '\0' && (*glob == *text ||
		    (*glob == '?' && *text != '*'))) {
			glob++;
			text++;
		} else if (star != NULL) {
			glob = star;
			text = ++from;
		} else {
			return false;
		}
	}
	while (*glob == '*')
		glob++;
	return *glob == '\0';
}

static bool
is_glob(const char *text)
{
	return strpbrk(text, "*?") != NULL;
}

static int
keyword_part(struct line *l, const char *word, size_t len, struct part *out)
{
	const struct dictionary_entry *d;
	const char *near;
	size_t i;

	for (i = 0; i < len; i++)
		if (!(lower(word[i]) >= 'a' && lower(word[i]) <= 'z') &&
		    !(word[i] >= '0' && word[i] <= '9') && word[i] != '*' &&
		    word[i] != '?')
			return BAD(l, "\"%.*s\" is no selector", SHOWN(word, len));
	if ((out->text = strndup(word, len)) == NULL)
		return err_set(l->e, "out of memory");
	out->kind = PART_KEYWORD;
	if (is_glob(out->text)) {
		for (d = dictionary_next(NULL); d != NULL; d = dictionary_next(d))
			if (policy_glob(out->text, d->keyword, strlen(d->keyword)))
				return 0;
		return BAD(l, "no keyword of PS3.6 is like \"%.*s\"",
		    SHOWN(word, len));
	}
	if ((d = dictionary_keyword(out->text)) == NULL) {
		near = l->p->nfindings < 100 ? nearest_keyword(word, len) : NULL;
		return BAD(l, "\"%.*s\" is no keyword of PS3.6%s%s%s",
		    SHOWN(word, len), near != NULL ? "; is it " : "",
		    near != NULL ? near : "", near != NULL ? "?" : "");
	}
	/* Rows of repeating groups have many tags; they are known by their keyword. */
	if (dictionary_find(d->tag ^ 0x20000) == d ||
	    dictionary_find(d->tag ^ 0x10) == d || dictionary_find(d->tag ^ 1) == d)
		return 0;
	*out = (struct part){ .kind = PART_TAG, .tag = d->tag, .mask = 0xffffffff,
	    .text = out->text };
	return 0;
}

/* ---- tags */

/* WANT hexadecimal digits, x and * for any; or one * for all of them. */
static bool
hex_field(const char *p, size_t len, size_t want, uint32_t *value,
    uint32_t *mask)
{
	size_t i;
	char c;

	*value = *mask = 0;
	if (len == 1 && *p == '*')
		return true;
	for (i = 0; i < len; i++) {
		c = lower(p[i]);
		*value <<= 4;
		*mask <<= 4;
		if (c == 'x' || c == '*')
			continue;
		*mask |= 0xf;
		if (c >= '0' && c <= '9')
			*value |= (uint32_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			*value |= (uint32_t)(c - 'a' + 10);
		else
			return false;
	}
	return len == want;
}

static bool
tag_fields(const char *group, size_t group_len, const char *element,
    size_t element_len, struct part *out)
{
	uint32_t g, gm, el, em;

	if (!hex_field(group, group_len, 4, &g, &gm) ||
	    !hex_field(element, element_len, 4, &el, &em))
		return false;
	*out = (struct part){ .kind = PART_TAG, .tag = g << 16 | el,
	    .mask = gm << 16 | em, .even = (gm & 0xf) != 0xf };
	return true;
}

/* P to END without the spaces around it. */
static size_t
trim(const char **p, const char *end)
{
	while (*p < end && is_space(**p))
		++*p;
	while (end > *p && is_space(end[-1]))
		end--;
	return (size_t)(end - *p);
}

static int
private_part(struct line *l, const char *creator, size_t len, struct part *out)
{
	if (len < 2 || creator[0] != '"' || creator[len - 1] != '"' ||
	    memchr(creator + 1, '"', len - 2) != NULL)
		return BAD(l, "a private creator is wanted in double quotes");
	if (len == 2 || len - 2 > 64)
		return BAD(l, "a private creator has 1 to 64 characters (LO)");
	if ((out->text = strndup(creator + 1, len - 2)) == NULL)
		return err_set(l->e, "out of memory");
	out->kind = PART_PRIVATE;
	return 0;
}

/* (gggg,eeee) or (gggg,"creator",ee). */
static int
tag_part(struct line *l, const char *word, size_t len, struct part *out)
{
	const char *p = word + 1, *end = word + len - 1, *comma, *second, *last;
	uint32_t group, gm, el, em;
	size_t n, m;

	if (len < 2 || *end != ')' || (comma = memchr(p, ',', (size_t)(end - p))) ==
	    NULL)
		return BAD(l, "a tag is (gggg,eeee)");
	n = trim(&p, comma);
	second = comma + 1;
	m = trim(&second, end);
	if (m == 0 || *second != '"') {
		if (!tag_fields(p, n, second, m, out))
			return BAD(l, "a tag is (gggg,eeee), four digits or x each");
		return 0;
	}
	for (comma = end; comma > second && *comma != ','; comma--)
		;
	last = comma + 1;
	if (comma == second || !hex_field(p, n, 4, &group, &gm))
		return BAD(l, "a private tag is (gggg,\"creator\",ee)");
	m = trim(&last, end);
	if (!hex_field(last, m, 2, &el, &em))
		return BAD(l, "of a private element the last two digits are wanted");
	out->tag = group << 16 | el;
	out->mask = gm << 16 | (m == 1 ? 0 : em);
	if ((gm & 1) != 0 && (group & 1) == 0)
		return BAD(l, "private elements are in odd groups (PS3.5 7.8)");
	return private_part(l, second, trim(&second, comma), out);
}

/* ---- selectors */

static bool
begins(const char *word, size_t len, const char *with)
{
	size_t n = strlen(with);

	return len >= n && memcmp(word, with, n) == 0;
}

static int
take_part(struct line *l, const char *word, size_t len, struct part *out)
{
	*out = (struct part){ .kind = PART_ANY };
	if (len >= POLICY_WORD_MAX)
		return BAD(l, "a selector is too long");
	if (is_word(word, len, "*"))
		return 0;
	if (is_word(word, len, "**")) {
		out->kind = PART_DEEP;
		return 0;
	}
	if (begins(word, len, "vr:")) {
		out->kind = PART_VR;
		memcpy(out->vr, word + 3, len == 5 ? 2 : 0);
		return vr_exists(out->vr) ? 0 : BAD(l,
		    "\"%.*s\" is no VR of PS3.5", SHOWN(word + 3, len - 3));
	}
	if (begins(word, len, "group:"))
		return tag_fields(word + 6, len - 6, "*", 1, out) ? 0 :
		    BAD(l, "a group has four digits, of which x may be some");
	if (is_word(word, len, "private")) {
		out->kind = PART_PRIVATE;
		return (out->text = strdup("*")) != NULL ? 0 :
		    err_set(l->e, "out of memory");
	}
	if (begins(word, len, "private:"))
		return private_part(l, word + 8, len - 8, out);
	if (*word == '(')
		return tag_part(l, word, len, out);
	if (len == 8 && tag_fields(word, 4, word + 4, 4, out))
		return 0;
	return keyword_part(l, word, len, out);
}

static void
free_part(struct part *part)
{
	free(part->text);
	part->text = NULL;
}

static void
free_selector(struct selector *s)
{
	while (s->n > 0)
		free_part(&s->parts[--s->n]);
}

/* The end of the part of a path that is at P: a slash outside of quotes. */
static const char *
part_end(const char *p, const char *end)
{
	bool quoted = false;

	for (; p < end && (quoted || *p != '/'); p++)
		quoted ^= *p == '"';
	return p;
}

static int
take_selector(struct line *l, const char *word, size_t len, struct selector *out)
{
	const char *end = word + len, *stop;
	int got;

	out->n = 0;
	if (*word == '/')
		word++;
	else
		out->parts[out->n++] = (struct part){ .kind = PART_DEEP };
	for (;; word = stop + 1) {
		stop = part_end(word, end);
		if (stop == word)
			return BAD(l, "a path has an empty part");
		if (out->n > POLICY_PARTS_MAX)
			return BAD(l, "a path has more than %d parts",
			    POLICY_PARTS_MAX);
		got = take_part(l, word, (size_t)(stop - word),
		    &out->parts[out->n]);
		out->n++;
		if (got != 0)
			return got;
		if (stop == end)
			break;
		if (out->parts[out->n - 1].kind == PART_VR)
			return BAD(l, "vr: selects no sequence of a path");
	}
	/* Below a sequence is at least one step. */
	if (out->parts[out->n - 1].kind == PART_DEEP)
		out->parts[out->n++] = (struct part){ .kind = PART_ANY };
	return 0;
}

/* ---- actions */

static int
take_rounding(struct line *l, struct rounding *out)
{
	const char *word;
	char text[32], *end;
	size_t len;

	word = next_word(l, "", &len);
	*out = (struct rounding){ ROUND_STEP, 1 };
	if (is_word(word, len, "year"))
		out->unit = ROUND_YEAR;
	else if (is_word(word, len, "month"))
		out->unit = ROUND_MONTH;
	else {
		snprintf(text, sizeof text, "%.*s", (int)(len < 31 ? len : 31), word);
		out->step = strtod(text, &end);
		if (len == 0 || len > 31 || *end != '\0' ||
		    strspn(text, "0123456789.") != len ||
		    !(out->step >= ROUND_STEP_MIN && out->step <= ROUND_STEP_MAX))
			return BAD(l, "round wants year, month or a step");
	}
	return 0;
}

static int
take_action(struct line *l, struct rule *r)
{
	const char *word;
	size_t len, i;

	word = next_word(l, "", &len);
	for (i = 0; i < COUNT(actions); i++)
		if (is_word(word, len, actions[i].word))
			break;
	if (len == 0)
		return BAD(l, "an action is missing");
	if (i == COUNT(actions))
		return BAD(l, "\"%.*s\" is no action", SHOWN(word, len));
	r->action = actions[i].action;
	if (r->is_default && r->action != POLICY_NONE &&
	    r->action != POLICY_REMOVE)
		return BAD(l, "default is remove or profile");
	if (r->action == POLICY_REPLACE)
		return take_quoted(l, &r->value, &r->len);
	if (r->action == POLICY_ROUND)
		return take_rounding(l, &r->rounding);
	return 0;
}

/* ---- conditions */

static void
free_condition(struct condition *c)
{
	while (c->n > 0) {
		c->n--;
		free_part(&c->terms[c->n].what);
		free(c->terms[c->n].value);
		pcre2_code_free(c->terms[c->n].regex);
	}
}

static int
take_attribute(struct line *l, struct term *t)
{
	const struct dictionary_entry *d;
	const char *word;
	size_t len;
	int got;

	word = next_word(l, "=!~", &len);
	if (len == 0)
		return BAD(l, "a condition wants an attribute");
	if ((got = take_part(l, word, len, &t->what)) != 0)
		return got;
	if (t->what.kind == PART_PRIVATE)
		return (t->what.mask == 0xffff00ff && !is_glob(t->what.text)) ? 0 :
		    BAD(l, "a condition wants one attribute, not several");
	if (t->what.kind != PART_TAG || t->what.mask != 0xffffffff)
		return BAD(l, "a condition wants one attribute, not several");
	if (t->what.tag >> 16 < 8 && t->what.tag >> 16 != 4)
		return BAD(l, "group %04X is in no data set", t->what.tag >> 16);
	if ((d = dictionary_find(t->what.tag)) != NULL) {
		memcpy(t->vr, d->vr, sizeof t->vr);
		t->single = strcmp(d->vm, "1") == 0;
	}
	return 0;
}

static int
take_regex(struct line *l, struct term *t)
{
	PCRE2_UCHAR why[100];
	PCRE2_SIZE at;
	int code;

	t->regex = pcre2_compile((PCRE2_SPTR)t->value, t->len, PCRE2_UTF, &code, &at,
	    NULL);
	if (t->regex != NULL)
		return 0;
	pcre2_get_error_message(code, why, sizeof why);
	return BAD(l, "the pattern is wrong at character %zu: %s", (size_t)at + 1,
	    (char *)why);
}

/* A SOP Class may be named. */
static int
name_to_uid(struct line *l, struct term *t)
{
	const char *found;
	char *uid;

	if (strspn(t->value, "0123456789.") == t->len)
		return 0;
	if ((found = policy_sop_class(t->value)) == NULL)
		return BAD(l, "\"%.*s\" is no UID, and no SOP Class of PS3.6",
		    SHOWN(t->value, t->len));
	if ((uid = strdup(found)) == NULL)
		return err_set(l->e, "out of memory");
	free(t->value);
	t->value = uid;
	t->len = strlen(uid);
	return 0;
}

static bool
is_one_of(const char vr[3], const char *list)
{
	return vr[0] != '\0' && strstr(list, vr) != NULL;
}

/* What VALUE must be so that the comparison can ever hold. */
static int
check_comparison(struct line *l, struct term *t)
{
	const char *fault;
	int got;

	if (is_one_of(t->vr, "SQ OB OD OF OL OV OW UN AT"))
		return BAD(l, "an attribute of VR %s can be tested by exists and "
		    "absent alone", t->vr);
	if (t->test == TERM_MATCH)
		return is_one_of(t->vr, "US SS UL SL FL FD SV UV") ?
		    BAD(l, "an attribute of VR %s has no text for a pattern", t->vr) :
		    take_regex(l, t);
	if (t->len == 0)
		return BAD(l, "no value is empty; say absent");
	if (strcmp(t->vr, "UI") == 0 && (got = name_to_uid(l, t)) != 0)
		return got;
	if (t->vr[0] == '\0')
		return 0;
	if (!is_one_of(t->vr, "LT ST UT UR") && strchr(t->value, '\\') != NULL)
		return BAD(l, "values are compared one by one; no value has a "
		    "backslash");
	fault = vr_fault(vr_is_binary(t->vr) ? "DS" : t->vr, t->value, t->len);
	return fault == NULL ? 0 :
	    BAD(l, "the comparison can never hold: a value of VR %s %s", t->vr, fault);
}

/* A value, in quotes or one word. */
static int
take_value(struct line *l, struct term *t)
{
	const char *word;
	size_t len;

	if (line_is_done(l))
		return BAD(l, "a condition wants a value");
	if (*l->at == '"')
		return take_quoted(l, &t->value, &t->len);
	word = next_word(l, "", &len);
	if ((t->value = strndup(word, len)) == NULL)
		return err_set(l->e, "out of memory");
	t->len = len;
	return 0;
}

static int
take_term(struct line *l, struct term *t)
{
	const char *word;
	size_t len;
	int got;

	if ((got = take_attribute(l, t)) != 0)
		return got;
	if (line_is_done(l))
		return BAD(l, "a condition wants =, !=, ~, !~, exists or absent");
	t->negated = *l->at == '!';
	if (t->negated)
		l->at++;
	if (l->at < l->end && (*l->at == '=' || *l->at == '~')) {
		t->test = *l->at++ == '=' ? TERM_EQUAL : TERM_MATCH;
		if ((got = take_value(l, t)) != 0)
			return got;
		return check_comparison(l, t);
	}
	word = next_word(l, "", &len);
	t->test = TERM_EXISTS;
	if (t->negated || (!is_word(word, len, "exists") &&
	    !is_word(word, len, "absent")))
		return BAD(l, "a condition wants =, !=, ~, !~, exists or absent");
	t->negated = is_word(word, len, "absent");
	return 0;
}

static int
take_condition(struct line *l, struct condition *c)
{
	const char *word;
	size_t len;
	int got;

	for (;;) {
		if (c->n == POLICY_TERMS_MAX)
			return BAD(l, "more than %d conditions", POLICY_TERMS_MAX);
		if ((got = take_term(l, &c->terms[c->n++])) != 0)
			return got;
		word = next_word(l, "", &len);
		if (len == 0)
			return 0;
		if (!is_word(word, len, "and"))
			return BAD(l, "\"%.*s\" follows the condition",
			    SHOWN(word, len));
	}
}

static bool
same_term(const struct term *a, const struct term *b)
{
	return a->test == b->test && a->negated == b->negated &&
	    a->what.kind == b->what.kind && a->what.tag == b->what.tag &&
	    a->len == b->len &&
	    (a->len == 0 || memcmp(a->value, b->value, a->len) == 0) &&
	    (a->what.kind != PART_PRIVATE ||
	    strcmp(a->what.text, b->what.text) == 0);
}

/* The index of the condition, which is P's then; one that is there already serves. */
static int
add_condition(struct line *l, struct condition *c, size_t *out)
{
	struct policy *p = l->p;
	size_t i, k;

	for (i = 0; i < p->nconditions; i++) {
		for (k = 0; k < c->n && c->n == p->conditions[i].n; k++)
			if (!same_term(&c->terms[k], &p->conditions[i].terms[k]))
				break;
		if (k == c->n) {
			*out = i;
			free_condition(c);
			return 0;
		}
	}
	if (array_grow(&p->conditions, p->nconditions, &p->conditions_cap, sizeof *c,
	    l->e) < 0) {
		free_condition(c);
		return -1;
	}
	p->conditions[p->nconditions] = *c;
	*out = p->nconditions++;
	return 0;
}

/* ---- one rule on its own */

bool
policy_is_protected(uint32_t tag)
{
	static const uint32_t list[] = {
		0x00080005,	/* Specific Character Set */
		0x00080016,	/* SOP Class UID */
		0x00120062, 0x00120063, 0x00120064, 0x00280303,	/* our marks */
		/* What PS3.3 C.7.6.3 reads pixels by. */
		0x00280002, 0x00280004, 0x00280006, 0x00280008, 0x00280010,
		0x00280011, 0x00280100, 0x00280101, 0x00280102, 0x00280103,
		0x00420011,	/* Encapsulated Document: not by a rule */
		0x04000500,	/* Encrypted Attributes: not by a rule */
		0x4ffe0001, 0xfffafffa,	/* signatures, of what was */
		0xfffcfffc,	/* trailing padding */
	};
	uint32_t group = tag >> 16, el = tag & 0xffff;
	size_t i;

	for (i = 0; i < COUNT(list); i++)
		if (list[i] == tag)
			return true;
	return group < 8 || group == 0x7fe0 || group == 0xfffe || el == 0 ||
	    ((group & 1) != 0 && el <= 0xff);
}

bool
policy_fits(const struct rule *r, uint32_t tag, const char *vr)
{
	switch (r->action) {
	case POLICY_NONE:
	case POLICY_KEEP:
		return true;
	case POLICY_REMOVE:
	case POLICY_EMPTY:
	case POLICY_DUMMY:
		/* What the object is found by is replaced, not taken away. */
		return tag != 0x00080018 && tag != 0x0020000d && tag != 0x0020000e;
	case POLICY_REPLACE:
		return tag != 0x00080018 && tag != 0x0020000d &&
		    tag != 0x0020000e && vr_fault(vr, r->value, r->len) == NULL;
	case POLICY_HASH:
		return is_one_of(vr, "AE CS LO LT PN SH ST UC UT");
	case POLICY_UID:
		return strcmp(vr, "UI") == 0;
	case POLICY_SHIFT:
		return is_one_of(vr, "DA DT TM");
	case POLICY_CLEAN:
		return is_one_of(vr, "LO LT SH ST UC UT");
	case POLICY_ROUND:
		return round_fits(&r->rounding, vr);
	default:
		return false;
	}
}

bool
policy_lets_through(enum policy_action a)
{
	return a == POLICY_KEEP || a == POLICY_SHIFT || a == POLICY_CLEAN ||
	    a == POLICY_ROUND || a == POLICY_OPEN;
}

/* The rule's action on an attribute whose VR, and tag or 0, the line tells. */
static int
check_action(struct line *l, const struct rule *r, uint32_t tag, const char *vr)
{
	if (policy_fits(r, tag, vr))
		return 0;
	if (r->action == POLICY_REPLACE && !vr_is_binary(vr) &&
	    vr_fault(vr, r->value, r->len) != NULL)
		return BAD(l, "the value is none of VR %s: it %s", vr,
		    vr_fault(vr, r->value, r->len));
	if (tag == 0x00080018 || tag == 0x0020000d || tag == 0x0020000e)
		return BAD(l, "what the object is found by can be kept or replaced "
		    "by uid alone");
	return BAD(l, "%s is not for VR %s", policy_action_word(r->action), vr);
}

static int
check_tag(struct line *l, const struct rule *r, const struct part *part)
{
	const struct dictionary_entry *d;
	uint32_t group = part->tag >> 16;
	bool whole = part->mask == 0xffffffff;

	if ((part->mask >> 16) == 0xffff && group < 8)
		return BAD(l, "group %04X is no part of what is given away; no rule "
		    "is for it", group);
	if (whole && policy_is_protected(part->tag))
		return BAD(l, "(%04X,%04X) is not for a policy to decide", group,
		    part->tag & 0xffff);
	if ((part->mask >> 16 & 1) != 0 && (group & 1) != 0)
		return policy_lets_through(r->action) && policy_say(l->p, l->number,
		    POLICY_WARNING, l->e, "whose private element that is depends on "
		    "the file; say (%04X,\"creator\",ee)", group) < 0 ? -1 : 0;
	if (!whole)
		return 0;
	if ((d = dictionary_find(part->tag)) == NULL)
		return policy_say(l->p, l->number, POLICY_WARNING, l->e,
		    "(%04X,%04X) is no attribute of PS3.6", group,
		    part->tag & 0xffff);
	return check_action(l, r, part->tag, d->vr);
}

static int
check_rule(struct line *l, const struct rule *r)
{
	const struct dictionary_entry *d;
	const struct part *last;

	if (r->is_default)
		return 0;
	last = &r->selector.parts[r->selector.n - 1];
	if (last->kind == PART_TAG)
		return check_tag(l, r, last);
	if (last->kind == PART_VR)
		return check_action(l, r, 0, last->vr);
	if (last->kind == PART_KEYWORD && (d = dictionary_keyword(last->text)) != NULL)
		return check_action(l, r, 0, d->vr);
	return 0;
}

/* ---- the file */

static void
free_rule(struct rule *r)
{
	free_selector(&r->selector);
	free(r->value);
}

static int
take_rule(struct line *l, struct rule *r)
{
	struct condition c = { 0 };
	const char *word;
	size_t len;
	int got;

	r->line = l->number;
	r->condition = NO_CONDITION;
	word = next_word(l, "", &len);
	r->is_default = is_word(word, len, "default");
	if (!r->is_default &&
	    (got = take_selector(l, word, len, &r->selector)) != 0)
		return got;
	if ((got = take_action(l, r)) != 0)
		return got;
	word = next_word(l, "", &len);
	if (len > 0) {
		if (!is_word(word, len, "if"))
			return BAD(l, "\"%.*s\" follows the action",
			    SHOWN(word, len));
		if ((got = take_condition(l, &c)) != 0) {
			free_condition(&c);
			return got;
		}
		if (add_condition(l, &c, &r->condition) < 0)
			return -1;
	}
	return check_rule(l, r);
}

static int
take_line(struct line *l)
{
	struct policy *p = l->p;
	struct rule r = { 0 };
	const char *c;
	int got;

	for (c = l->at; c < l->end; c++)
		if (((unsigned char)*c < ' ' && *c != '\t') || *c == 0x7f)
			return BAD(l, "a control character");
	if (line_is_done(l))
		return 0;
	got = take_rule(l, &r);
	if (got == 0 && p->nrules == POLICY_RULES_MAX)
		got = BAD(l, "more than %d rules", POLICY_RULES_MAX);
	if (got == 0)
		got = array_grow(&p->rules, p->nrules, &p->rules_cap, sizeof r, l->e);
	if (got != 0) {
		free_rule(&r);
		return got;
	}
	p->rules[p->nrules++] = r;
	p->has_paths |= r.selector.n > 2 ||
	    (r.selector.n == 2 && r.selector.parts[0].kind != PART_DEEP);
	return 0;
}

int
policy_parse(struct policy *p, const char *text, size_t len, struct err *e)
{
	const char *end = text + len, *stop;
	struct line l = { .p = p, .e = e };

	for (; text < end; text = stop + 1) {
		if ((stop = memchr(text, '\n', (size_t)(end - text))) == NULL)
			stop = end;
		l.number++;
		l.at = text;
		l.end = stop > text && stop[-1] == '\r' ? stop - 1 : stop;
		if (take_line(&l) < 0)
			return -1;
	}
	return 0;
}

void
policy_close(struct policy *p)
{
	size_t i;

	if (p == NULL)
		return;
	for (i = 0; i < p->nrules; i++)
		free_rule(&p->rules[i]);
	for (i = 0; i < p->nconditions; i++)
		free_condition(&p->conditions[i]);
	free(p->rules);
	free(p->conditions);
	free(p->findings);
	free(p->memos);
	free(p->candidates);
	pcre2_match_data_free(p->match);
	pcre2_match_context_free(p->limits);
	buf_free(&p->decoded);
	free(p);
}
