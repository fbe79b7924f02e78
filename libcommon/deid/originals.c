/* originals: what a file said before, encrypted inside of it; see originals.h. */
#include "deid/originals.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"

#define CHARACTER_SET	OBJECT_TAG(0x0008, 0x0005)
#define REMOVED		OBJECT_TAG(0x0012, 0x0062)
#define METHOD		OBJECT_TAG(0x0012, 0x0063)
#define METHOD_CODES	OBJECT_TAG(0x0012, 0x0064)
#define TEMPORAL	OBJECT_TAG(0x0028, 0x0303)
#define ENCRYPTED	OBJECT_TAG(0x0400, 0x0500)
#define SYNTAX		OBJECT_TAG(0x0400, 0x0510)
#define CONTENT		OBJECT_TAG(0x0400, 0x0520)
#define MODIFIED	OBJECT_TAG(0x0400, 0x0550)
#define TRAILING	OBJECT_TAG(0xfffc, 0xfffc)

static const char explicit_little[] = "1.2.840.10008.1.2.1";

/* An element, as LEN encoded bytes at OFFSET. */
struct original {
	uint32_t tag;
	size_t offset, len;
};

struct originals {
	struct original *list;	/* by ascending tag */
	size_t n, cap;
	struct buf bytes;
};

void
originals_free(struct originals *was)
{
	if (was == NULL)
		return;
	free(was->list);
	buf_free(&was->bytes);
	free(was);
}

/* What re-identification sets by itself, and what belongs into no data set. */
static bool
is_left_out(uint32_t tag)
{
	return tag == REMOVED || tag == METHOD || tag == METHOD_CODES ||
	    tag == TRAILING || tag >> 16 < 0x0008 || (tag & 0xffff) == 0;
}

/* Appends one element of a data set to OUT, as explicit VR little endian. */
static int
encode_one(const struct object *o, struct element *el, struct buf *out,
    struct err *e)
{
	struct item alone = { .elements = el, .n = 1 };

	return item_encode(o, &alone, out, e);
}

int
originals_note(struct object *o, struct originals **out, struct err *e)
{
	struct originals *was = calloc(1, sizeof *was);
	struct item *set = object_set(o);
	struct element *el;
	size_t offset;

	if (was == NULL)
		return err_set(e, "out of memory");
	for (el = set->elements; el < set->elements + set->n; el++) {
		if (el->gone || el->disk > 0 || is_left_out(el->tag))
			continue;
		offset = was->bytes.len;
		if (encode_one(o, el, &was->bytes, e) < 0 ||
		    array_grow(&was->list, was->n, &was->cap, sizeof *was->list,
		    e) < 0) {
			originals_free(was);
			return -1;
		}
		was->list[was->n++] = (struct original){ el->tag, offset,
		    was->bytes.len - offset };
	}
	*out = was;
	return 0;
}

/* Does O still say what it said? Uses SCRATCH. Returns 1, 0 or -1. */
static int
is_unchanged(const struct originals *was, const struct original *one,
    struct object *o, struct buf *scratch, struct err *e)
{
	struct element *el = item_find(object_set(o), one->tag);

	if (el == NULL || el->disk > 0)
		return 0;
	buf_clear(scratch);
	if (encode_one(o, el, scratch, e) < 0)
		return -1;
	return scratch->len == one->len &&
	    memcmp(scratch->data, was->bytes.data + one->offset, one->len) == 0;
}

static int
add_head(struct buf *b, const char *start, size_t n, size_t len, struct err *e)
{
	const char little[] = { (char)len, (char)(len >> 8), (char)(len >> 16),
	    (char)(len >> 24) };

	return buf_add(b, start, n, e) < 0 ? -1 : buf_add(b, little, 4, e);
}

/* The data set of PS3.3 table C.12-7 around ELEMENTS, which are encoded. */
static int
wrap(struct buf *b, const struct buf *elements, struct err *e)
{
	static const char sequence[] = "\x00\x04\x50\x05SQ\0\0";
	static const char item[] = "\xfe\xff\x00\xe0";

	if (elements->len > ENVELOPE_CONTENT_MAX)
		return err_set(e, "more than %zu bytes to encrypt",
		    ENVELOPE_CONTENT_MAX);
	return add_head(b, sequence, 8, elements->len + 8, e) < 0 ||
	    add_head(b, item, 4, elements->len, e) < 0 ||
	    buf_add(b, elements->data, elements->len, e) < 0 ? -1 : 0;
}

static int
put_envelope(struct object *o, const struct buf *envelope, struct err *e)
{
	struct item *item = item_add(o, object_set(o), ENCRYPTED, e);

	if (item == NULL ||
	    item_put(o, item, SYNTAX, "UI", explicit_little,
	    strlen(explicit_little), e) == NULL ||
	    item_put(o, item, CONTENT, "OB", envelope->data, envelope->len,
	    e) == NULL)
		return -1;
	return 0;
}

int
originals_seal(const struct originals *was, struct object *o,
    const struct envelope_to *to, const struct key *k, struct err *e)
{
	struct buf scratch = { 0 }, elements = { 0 }, set = { 0 }, envelope = { 0 };
	const struct original *one;
	bool changed = false;
	int same, got = -1;

	for (one = was->list; one < was->list + was->n; one++) {
		if ((same = is_unchanged(was, one, o, &scratch, e)) < 0)
			goto out;
		changed |= same == 0;
		/* In what character set the others are. */
		if ((same == 0 || one->tag == CHARACTER_SET) &&
		    buf_add(&elements, was->bytes.data + one->offset, one->len,
		    e) < 0)
			goto out;
	}
	if (!changed)
		got = 0;
	else if (wrap(&set, &elements, e) == 0 &&
	    envelope_seal(to, k, set.data, set.len, &envelope, e) == 0)
		got = put_envelope(o, &envelope, e) < 0 ? -1 : 1;
out:
	buf_free(&scratch);
	buf_free(&elements);
	buf_free(&set);
	buf_free(&envelope);
	return got;
}

bool
originals_are_ours(struct element *el, const struct key *k)
{
	const struct element *content;
	bool any = false;
	size_t i;

	for (i = 0; i < el->nitems; i++) {
		content = item_find(&el->items[i], CONTENT);
		el->items[i].gone = el->items[i].n != 2 || content == NULL ||
		    content->value == NULL ||
		    !envelope_is_ours(k, content->value, content->len);
		any |= !el->items[i].gone;
	}
	return any;
}

/* ---- and back */

/*
 * What is in an item of (0400,0500), as the item of a Modified Attributes Sequence;
 * or NULL, if K does not open it.
 */
static const struct item *
open_item(struct object *o, const struct item *from,
    const struct envelope_key *k, struct err *e)
{
	const struct element *content = item_find(from, CONTENT), *modified = NULL;
	struct item set = { 0 };
	struct buf plain = { 0 };
	char syntax[65] = "";
	const char *text;
	size_t n;

	text = item_text(from, SYNTAX, &n);
	if (text == NULL || n >= sizeof syntax || content == NULL ||
	    content->value == NULL) {
		err_set(e, "an item of (0400,0500) holds no encrypted content");
		return NULL;
	}
	memcpy(syntax, text, n);
	if (envelope_open(k, content->value, content->len, &plain, e) == 0) {
		if (item_decode(o, &set, syntax, plain.data, plain.len, e) == 0)
			modified = item_find(&set, MODIFIED);
		if (modified == NULL || modified->nitems != 1)
			err_set(e, "encrypted content is no data set with one item "
			    "of (0400,0550): PS3.3 C.12.1.1.4.1");
	}
	buf_free(&plain);
	return modified != NULL && modified->nitems == 1 ? &modified->items[0] : NULL;
}

static int
restore_item(struct object *o, const struct item *from, struct buf *tags,
    struct err *e)
{
	const struct element *el;

	for (el = from->elements; el < from->elements + from->n; el++) {
		if (is_left_out(el->tag))
			continue;
		if (item_copy(o, object_set(o), o, el, e) < 0 ||
		    buf_add(tags, &el->tag, sizeof el->tag, e) < 0)
			return -1;
	}
	return 0;
}

static void
remove_element(struct item *set, uint32_t tag)
{
	struct element *el = item_find(set, tag);

	if (el != NULL)
		el->gone = true;
}

int
originals_restore(struct object *o, const struct envelope_key *k,
    struct buf *tags, struct err *e)
{
	struct item *set = object_set(o);
	const struct element *encrypted = item_find(set, ENCRYPTED);
	const struct item *from, *items;
	size_t i, n, opened = 0;

	if (encrypted == NULL || encrypted->nitems == 0)
		return err_set(e, "has no Encrypted Attributes Sequence (0400,0500)");
	items = encrypted->items;
	n = encrypted->nitems;
	remove_element(set, ENCRYPTED);
	remove_element(set, METHOD);
	remove_element(set, METHOD_CODES);
	for (i = n; i-- > 0; ) {
		/* An item for others: no key opens all of them. */
		if ((from = open_item(o, &items[i], k, e)) == NULL)
			continue;
		opened++;
		remove_element(set, TEMPORAL);
		if (restore_item(o, from, tags, e) < 0)
			return -1;
	}
	if (opened == 0)
		return -1;	/* and E says why of the last one */
	return item_put(o, set, REMOVED, "CS", "NO", 2, e) == NULL ? -1 : 0;
}
