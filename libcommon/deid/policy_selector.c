/* policy_selector: keywords, tags and paths that name elements; see policy_internal.h. */
#include <stdlib.h>
#include <string.h>

#include "deid/policy_internal.h"
#include "dicom/dictionary.h"
#include "dicom/vr.h"

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

bool
policy_is_glob(const char *text)
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
			return POLICY_BAD(l, "\"%.*s\" is no selector", POLICY_SHOWN(word, len));
	if ((out->text = strndup(word, len)) == NULL)
		return err_set(l->e, "out of memory");
	out->kind = PART_KEYWORD;
	if (policy_is_glob(out->text)) {
		for (d = dictionary_next(NULL); d != NULL; d = dictionary_next(d))
			if (policy_glob(out->text, d->keyword, strlen(d->keyword)))
				return 0;
		return POLICY_BAD(l, "no keyword of PS3.6 is like \"%.*s\"",
		    POLICY_SHOWN(word, len));
	}
	if ((d = dictionary_keyword(out->text)) == NULL) {
		near = l->p->nfindings < 100 ? nearest_keyword(word, len) : NULL;
		return POLICY_BAD(l, "\"%.*s\" is no keyword of PS3.6%s%s%s",
		    POLICY_SHOWN(word, len), near != NULL ? "; is it " : "",
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
	while (*p < end && policy_is_space(**p))
		++*p;
	while (end > *p && policy_is_space(end[-1]))
		end--;
	return (size_t)(end - *p);
}

static int
private_part(struct line *l, const char *creator, size_t len, struct part *out)
{
	if (len < 2 || creator[0] != '"' || creator[len - 1] != '"' ||
	    memchr(creator + 1, '"', len - 2) != NULL)
		return POLICY_BAD(l, "a private creator is wanted in double quotes");
	if (len == 2 || len - 2 > 64)
		return POLICY_BAD(l, "a private creator has 1 to 64 characters (LO)");
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
		return POLICY_BAD(l, "a tag is (gggg,eeee)");
	n = trim(&p, comma);
	second = comma + 1;
	m = trim(&second, end);
	if (m == 0 || *second != '"') {
		if (!tag_fields(p, n, second, m, out))
			return POLICY_BAD(l, "a tag is (gggg,eeee), four digits or x each");
		return 0;
	}
	for (comma = end; comma > second && *comma != ','; comma--)
		;
	last = comma + 1;
	if (comma == second || !hex_field(p, n, 4, &group, &gm))
		return POLICY_BAD(l, "a private tag is (gggg,\"creator\",ee)");
	m = trim(&last, end);
	if (!hex_field(last, m, 2, &el, &em))
		return POLICY_BAD(l, "of a private element the last two digits are wanted");
	out->tag = group << 16 | el;
	out->mask = gm << 16 | (m == 1 ? 0 : em);
	if ((gm & 1) != 0 && (group & 1) == 0)
		return POLICY_BAD(l, "private elements are in odd groups (PS3.5 7.8)");
	return private_part(l, second, trim(&second, comma), out);
}

/* ---- selectors */

static bool
begins(const char *word, size_t len, const char *with)
{
	size_t n = strlen(with);

	return len >= n && memcmp(word, with, n) == 0;
}

int
policy_take_part(struct line *l, const char *word, size_t len, struct part *out)
{
	*out = (struct part){ .kind = PART_ANY };
	if (len >= POLICY_WORD_MAX)
		return POLICY_BAD(l, "a selector is too long");
	if (policy_is_word(word, len, "*"))
		return 0;
	if (policy_is_word(word, len, "**")) {
		out->kind = PART_DEEP;
		return 0;
	}
	if (begins(word, len, "vr:")) {
		out->kind = PART_VR;
		memcpy(out->vr, word + 3, len == 5 ? 2 : 0);
		return vr_exists(out->vr) ? 0 : POLICY_BAD(l,
		    "\"%.*s\" is no VR of PS3.5", POLICY_SHOWN(word + 3, len - 3));
	}
	if (begins(word, len, "group:"))
		return tag_fields(word + 6, len - 6, "*", 1, out) ? 0 :
		    POLICY_BAD(l, "a group has four digits, of which x may be some");
	if (policy_is_word(word, len, "private")) {
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

void
policy_free_part(struct part *part)
{
	free(part->text);
	part->text = NULL;
}

void
policy_free_selector(struct selector *s)
{
	while (s->n > 0)
		policy_free_part(&s->parts[--s->n]);
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

int
policy_take_selector(struct line *l, const char *word, size_t len, struct selector *out)
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
			return POLICY_BAD(l, "a path has an empty part");
		if (out->n > POLICY_PARTS_MAX)
			return POLICY_BAD(l, "a path has more than %d parts",
			    POLICY_PARTS_MAX);
		got = policy_take_part(l, word, (size_t)(stop - word),
		    &out->parts[out->n]);
		out->n++;
		if (got != 0)
			return got;
		if (stop == end)
			break;
		if (out->parts[out->n - 1].kind == PART_VR)
			return POLICY_BAD(l, "vr: selects no sequence of a path");
	}
	/* Below a sequence is at least one step. */
	if (out->parts[out->n - 1].kind == PART_DEEP)
		out->parts[out->n++] = (struct part){ .kind = PART_ANY };
	return 0;
}
