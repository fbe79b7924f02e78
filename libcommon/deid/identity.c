/* identity: a file's names and ids, to be found in its text; see identity.h. */
#include "deid/identity.h"

#include <stdlib.h>
#include <string.h>

#include "base/size.h"

struct identity_term {
	char *text;	/* in upper case */
	size_t len;
};

/* Of ASCII alone, whatever the locale: bytes above may be parts of others. */
static char
upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

static bool
is_alnum(char c)
{
	c = upper(c);
	return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool
equal(const char *text, const char *upper_text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (upper(text[i]) != upper_text[i])
			return false;
	return true;
}

static int
add_term(struct identity *d, const char *text, size_t len, struct err *e)
{
	struct identity_term *grown;
	size_t i, cap, bytes;
	char *copy;

	while (len > 0 && *text == ' ') {
		text++;
		len--;
	}
	while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\0'))
		len--;
	if (len < IDENTITY_MIN)
		return 0;
	for (i = 0; i < d->n; i++)
		if (d->terms[i].len == len && equal(text, d->terms[i].text, len))
			return 0;
	if (d->n == IDENTITIES_MAX)
		return err_set(e, "holds more than %d names and ids", IDENTITIES_MAX);
	if (d->n == d->cap) {
		cap = d->cap == 0 ? 16 : d->cap * 2;
		if (!size_mul(cap, sizeof *grown, &bytes) ||
		    (grown = realloc(d->terms, bytes)) == NULL)
			return err_set(e, "out of memory");
		d->terms = grown;
		d->cap = cap;
	}
	if ((copy = malloc(len)) == NULL)
		return err_set(e, "out of memory");
	for (i = 0; i < len; i++)
		copy[i] = upper(text[i]);
	d->terms[d->n++] = (struct identity_term){ copy, len };
	return 0;
}

static int
add_parts(struct identity *d, const char *text, size_t len,
    const char *separators, struct err *e)
{
	size_t from = 0, i;

	for (i = 0; i <= len; i++)
		if (i == len || (text[i] != '\0' && strchr(separators, text[i]))) {
			if (add_term(d, text + from, i - from, e) < 0)
				return -1;
			from = i + 1;
		}
	return 0;
}

int
identity_add(struct identity *d, const char *text, size_t len, bool is_name,
    struct err *e)
{
	if (add_parts(d, text, len, "\\", e) < 0)
		return -1;
	return is_name ? add_parts(d, text, len, "\\=^ ", e) : 0;
}

bool
identity_in(const struct identity *d, const char *text, size_t len)
{
	const struct identity_term *t;
	size_t i, at;

	for (i = 0; i < d->n; i++) {
		t = &d->terms[i];
		for (at = 0; at + t->len <= len; at++)
			if (upper(text[at]) == t->text[0] &&
			    equal(text + at, t->text, t->len) &&
			    (at == 0 || !is_alnum(text[at - 1])) &&
			    (at + t->len == len || !is_alnum(text[at + t->len])))
				return true;
	}
	return false;
}

void
identity_free(struct identity *d)
{
	size_t i;

	for (i = 0; i < d->n; i++)
		free(d->terms[i].text);
	free(d->terms);
	*d = (struct identity){ 0 };
}
