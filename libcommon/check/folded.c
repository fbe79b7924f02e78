/* folded: text of a data set as the validator compares it; see folded.h. */
#include "check/folded.h"

#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "dicom/charset.h"

#define CHARACTER_SET 0x00080005u

/* By code point, each range once. */
static const struct letters {
	uint32_t first, last;
	const char *folded;
} letters[] = {
#include "check/folded.inc"
};

/* The set that (0008,0005) names; the default repertoire where nobody knows it. */
static int
read_set(const struct dataset *d, size_t i, const struct charset **set, struct err *e)
{
	struct buf b = { 0 };
	int got = dataset_text(d, (int64_t)i, &b, e);

	if (got == 0 && (*set = charset_find(b.data, b.len, e)) == NULL &&
	    (*set = charset_find("", 0, e)) == NULL)
		got = -1;
	buf_free(&b);
	return got;
}

static bool
is_in(const struct scope *s, const struct element *x)
{
	return s->parent == x->parent && s->item == x->item;
}

int
scopes_enter(struct scopes *s, const struct dataset *d, size_t i,
    const struct charset **out, struct err *e)
{
	const struct element *x = dataset_at(d, i), *parent;
	const struct charset *set;

	if (s->n == 0) {
		if ((set = charset_find("", 0, e)) == NULL)
			return -1;
		s->at[s->n++] = (struct scope){ DATASET_TOP, 0, set };
	}
	parent = x->parent == DATASET_TOP ? NULL : dataset_at(d, x->parent);
	while (s->n > 1 && !is_in(&s->at[s->n - 1], x) &&
	    (parent == NULL || !is_in(&s->at[s->n - 1], parent)))
		s->n--;
	if (parent != NULL && !is_in(&s->at[s->n - 1], x) &&
	    s->n < sizeof s->at / sizeof s->at[0]) {
		s->at[s->n] = (struct scope){ x->parent, x->item, s->at[s->n - 1].set };
		s->n++;
	}
	if (x->tag == CHARACTER_SET && read_set(d, i, &s->at[s->n - 1].set, e) < 0)
		return -1;
	*out = s->at[s->n - 1].set;
	return 0;
}

static int
by_range(const void *key, const void *member)
{
	uint32_t u = *(const uint32_t *)key;
	const struct letters *l = member;

	return u < l->first ? -1 : u > l->last;
}

static int
add_folded(struct buf *out, uint32_t u, const char *bytes, size_t len,
    struct err *e)
{
	const struct letters *l;
	size_t i;

	if (u >= 0x80) {
		l = bsearch(&u, letters, sizeof letters / sizeof letters[0],
		    sizeof letters[0], by_range);
		if (l != NULL) {
			bytes = l->folded;
			len = strlen(bytes);
		}
	}
	if (buf_add(out, bytes, len, e) < 0)
		return -1;
	for (i = out->len - len; i < out->len; i++)
		if (out->data[i] >= 'a' && out->data[i] <= 'z')
			out->data[i] = (char)(out->data[i] - 'a' + 'A');
	return 0;
}

int
folded_text(const struct dataset *d, size_t i, const char *vr,
    const struct charset *set, struct buf *out, bool *plain, struct err *e)
{
	struct buf raw = { 0 }, text = { 0 };
	uint32_t u;
	size_t k, len;
	int got = -1;

	buf_clear(out);
	if (dataset_text(d, (int64_t)i, &raw, e) < 0 ||
	    charset_decode(set, vr, raw.data, raw.len, &text, e) < 0)
		goto out;
	*plain = true;
	for (k = 0; k < raw.len; k++)
		*plain &= (raw.data[k] & 0x80) == 0 && raw.data[k] != 0x1b;
	for (k = 0, got = 0; got == 0 && k < text.len; k += len) {
		len = utf8_read(text.data + k, text.len - k, &u);
		got = add_folded(out, u, text.data + k, len, e);
	}
out:
	buf_free(&raw);
	buf_free(&text);
	return got;
}
