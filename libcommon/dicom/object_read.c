/* object_read: the bytes of a file as a tree; see object.h. */
#include "dicom/object_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/bytes.h"
#include "base/temp.h"
#include "dicom/dcm.h"
#include "dicom/dictionary.h"

#define UNDEFINED 0xffffffffu
#define ITEM 0xfffee000u
#define ITEM_END 0xfffee00du
#define SEQUENCE_END 0xfffee0ddu
#define PIXEL_DATA 0x7fe00010u
#define RUN_MAX ((size_t)1 << 22)	/* bytes of elements that are read at once */

struct parser {
	struct object *o;
	const char *bytes;
};

struct head {
	uint32_t tag, length;
	char vr[3];		/* "" in implicit VR */
	size_t value;
	bool undefined;
};

static uint32_t
get16(const char *p, enum scan_coding c)
{
	const uint8_t *b = (const uint8_t *)p;

	return c == SCAN_BIG ? bytes_be16(b) : bytes_le16(b);
}

static uint32_t
get32(const char *p, enum scan_coding c)
{
	const uint8_t *b = (const uint8_t *)p;

	return c == SCAN_BIG ? bytes_be32(b) : bytes_le32(b);
}

static int
malformed(uint32_t tag, struct err *e)
{
	return err_set(e, "(%04x,%04x) is longer than what holds it", tag >> 16,
	    tag & 0xffff);
}

/* The header at POS; the scan has checked it, unless a dictionary knew more. */
static int
read_head(const struct parser *p, size_t pos, size_t end, enum scan_coding c,
    struct head *h, struct err *e)
{
	const char *b = p->bytes + pos;
	bool is_long = false;

	memset(h, 0, sizeof *h);
	if (end - pos < 8)
		return err_set(e, "stops inside the header of an element");
	h->tag = get16(b, c) << 16 | get16(b + 2, c);
	if (c == SCAN_IMPLICIT || h->tag >> 16 == 0xfffe) {
		h->length = get32(b + 4, c);
		h->value = pos + 8;
		is_long = true;
	} else {
		memcpy(h->vr, b + 4, 2);
		is_long = scan_vr_is_long(h->vr);
		h->value = pos + (is_long ? 12 : 8);
		if (h->value > end)
			return malformed(h->tag, e);
		h->length = is_long ? get32(b + 8, c) : get16(b + 6, c);
	}
	h->undefined = is_long && h->length == UNDEFINED;
	if (!h->undefined && h->length > end - h->value)
		return malformed(h->tag, e);
	return 0;
}

static int parse_set(struct parser *p, struct item *set, size_t *pos, size_t end,
    bool undefined, enum scan_coding c, unsigned depth, struct err *e);

/* The items of a sequence from *POS on; *POS becomes what follows. */
static int
parse_items(struct parser *p, struct element *el, size_t *pos, size_t end,
    bool undefined, enum scan_coding c, unsigned depth, struct err *e)
{
	struct item *items = NULL;
	size_t n = 0, cap = 0;
	struct head h;
	int got = -1;

	if (depth > SCAN_NESTING_MAX)
		return err_set(e, "sequences are nested more than %d deep",
		    SCAN_NESTING_MAX);
	for (;;) {
		if (!undefined && *pos == end)
			break;
		if (read_head(p, *pos, end, c, &h, e) < 0)
			goto out;
		if (h.tag == SEQUENCE_END && undefined) {
			*pos = h.value;
			break;
		}
		if (h.tag != ITEM) {
			err_set(e, "(%04x,%04x) where an item belongs", h.tag >> 16,
			    h.tag & 0xffff);
			goto out;
		}
		if (array_grow(&items, n, &cap, sizeof *items, e) < 0)
			goto out;
		memset(&items[n], 0, sizeof *items);
		*pos = h.value;
		if (parse_set(p, &items[n++], pos, h.undefined ? end :
		    h.value + h.length, h.undefined, c, depth, e) < 0)
			goto out;
	}
	el->nitems = n;
	el->items = n == 0 ? NULL :
	    (struct item *)(void *)object_dup(p->o, items, n * sizeof *items, e);
	got = n > 0 && el->items == NULL ? -1 : 0;
out:
	free(items);
	return got;
}

/* Encapsulated pixel data, PS3.5 A.4: *POS becomes what follows its delimiter. */
static int
skip_fragments(struct parser *p, size_t *pos, size_t end, struct err *e)
{
	struct head h;

	for (;;) {
		if (read_head(p, *pos, end, SCAN_EXPLICIT, &h, e) < 0)
			return -1;
		if ((h.tag != ITEM && h.tag != SEQUENCE_END) || h.undefined)
			return err_set(e, "(%04x,%04x) is no fragment: PS3.5 A.4",
			    h.tag >> 16, h.tag & 0xffff);
		*pos = h.value + h.length;
		if (h.tag == SEQUENCE_END)
			return 0;
	}
}

static bool
is_vr(const char *a, const char *b)
{
	return a[0] == b[0] && a[1] == b[1];
}

/*
 * Settles the VR of an element by what the file says and what the dictionary does.
 * Where they cannot both be true, text that is said to be bytes or a sequence that
 * is said to be none, nobody knows what the element is.
 */
static void
settle_vr(struct element *el, const struct head *h, enum scan_coding c)
{
	const struct dictionary_entry *d = (h->tag & 0x10000) != 0 ? NULL :
	    dictionary_find(h->tag);
	const char *known = d != NULL ? d->vr : "";
	bool unsaid = h->vr[0] == '\0' || is_vr(h->vr, "UN");

	el->known = d != NULL;
	/* In big endian the bytes of UN have no order that all agree on. */
	if (unsaid && h->undefined && h->tag != PIXEL_DATA)
		memcpy(el->vr, "SQ", 3);
	else if (unsaid && known[0] != '\0' && (h->vr[0] == '\0' || c != SCAN_BIG))
		memcpy(el->vr, known, 3);
	else if (unsaid)
		memcpy(el->vr, "UN", 3);
	else
		memcpy(el->vr, h->vr, 3);
	if (h->vr[0] == '\0' && (h->tag & 0x1ffff) >= 0x10010 &&
	    (h->tag & 0x1ffff) <= 0x100ff)
		memcpy(el->vr, "LO", 3);	/* Private Creator */
	if (known[0] != '\0' && ((is_vr(known, "SQ") != is_vr(el->vr, "SQ")) ||
	    (vr_is_text(known) != vr_is_text(el->vr))))
		el->known = false;
}

/* Is it a sequence by the dictionary alone? */
static bool
is_guess(const struct head *h)
{
	return !h->undefined && !is_vr(h->vr, "SQ");
}

static int
parse_element(struct parser *p, struct element *el, size_t *pos, size_t end,
    enum scan_coding c, unsigned depth, struct err *e)
{
	enum scan_coding inner = c;
	size_t npending = p->o->npending, at;
	struct err unused;
	struct head h;

	memset(el, 0, sizeof *el);
	if (read_head(p, *pos, end, c, &h, e) < 0)
		return -1;
	el->tag = h.tag;
	settle_vr(el, &h, c);
	if (is_vr(h.vr, "UN"))
		inner = SCAN_IMPLICIT;	/* PS3.5 6.2.2 note 2 */
	at = h.value;
	if (is_vr(el->vr, "SQ")) {
		if (parse_items(p, el, &at, h.undefined ? end : h.value + h.length,
		    h.undefined, inner, depth + 1,
		    is_guess(&h) ? &unused : e) == 0) {
			*pos = at;
			return 0;
		}
		if (!is_guess(&h))
			return -1;
		/* Only the dictionary said so, and it is not. */
		p->o->npending = npending;
		el->known = false;
		el->items = NULL;
		el->nitems = 0;
		memcpy(el->vr, "UN", 3);
	}
	if (h.undefined) {
		at = h.value;
		if (skip_fragments(p, &at, end, e) < 0)
			return -1;
		el->fragments = true;
		memcpy(el->vr, "OB", 3);
	} else
		at = h.value + h.length;
	el->value = p->bytes + h.value;
	el->len = at - h.value;
	*pos = at;
	return 0;
}

/*
 * Takes the elements that are pending from FIRST on as those of SET, which are in
 * ascending order in every file that PS3.5 7.1 allows. Of a tag that occurs twice
 * the first one counts.
 */
static int
take_pending(struct object *o, struct item *set, size_t first, struct err *e)
{
	struct element *els = o->pending + first;
	size_t n = o->npending - first, i;
	bool ordered = true;

	o->npending = first;
	for (i = 1; i < n; i++)
		ordered = ordered && els[i - 1].tag < els[i].tag;
	set->n = set->cap = 0;
	if (ordered && n > 0) {
		set->elements = (struct element *)(void *)object_dup(o, els,
		    n * sizeof *els, e);
		set->n = set->cap = n;
		return set->elements == NULL ? -1 : 0;
	}
	for (i = 0; i < n; i++)
		if (item_find(set, els[i].tag) == NULL &&
		    object_insert(o, set, &els[i], e) == NULL)
			return -1;
	return 0;
}

static int
add_pending(struct object *o, const struct element *el, struct err *e)
{
	if (array_grow(&o->pending, o->npending, &o->pending_cap, sizeof *el, e) < 0)
		return -1;
	o->pending[o->npending++] = *el;
	return 0;
}

/* The elements of a set, to END or (UNDEFINED) to the item's delimiter. */
static int
parse_set(struct parser *p, struct item *set, size_t *pos, size_t end,
    bool undefined, enum scan_coding c, unsigned depth, struct err *e)
{
	size_t first = p->o->npending;
	struct element el;
	struct head h;

	while (undefined || *pos < end) {
		if (undefined) {
			if (read_head(p, *pos, end, c, &h, e) < 0)
				return -1;
			if (h.tag == ITEM_END) {
				*pos = h.value;
				break;
			}
		}
		if (parse_element(p, &el, pos, end, c, depth, e) < 0 ||
		    add_pending(p->o, &el, e) < 0)
			return -1;
	}
	return take_pending(p->o, set, first, e);
}

static void
link_all(struct item *set)
{
	size_t i;

	for (i = 0; i < set->n; i++)
		object_link(set, &set->elements[i]);
}

int
object_parse(struct object *o, struct item *set, const char *bytes, size_t n,
    enum scan_coding coding, unsigned depth, struct err *e)
{
	struct parser p = { o, bytes };
	size_t pos = 0;

	if (parse_set(&p, set, &pos, n, false, coding, depth, e) < 0)
		return -1;
	link_all(set);
	return 0;
}

bool
element_read_items(struct object *o, const struct item *set, struct element *el)
{
	struct parser p = { o, el->value };
	struct element read = { .tag = el->tag, .vr = "SQ", .known = el->known };
	const struct item *around;
	size_t pos = 0;
	unsigned depth = 1;
	struct err unused;

	/* In big endian the bytes of UN have no order that all agree on. */
	if (el->value == NULL || el->fragments || !is_vr(el->vr, "UN") ||
	    o->scan->coding == SCAN_BIG)
		return false;
	for (around = set->parent; around != NULL; around = around->parent)
		depth++;
	if (parse_items(&p, &read, &pos, el->len, false, SCAN_IMPLICIT, depth,
	    &unused) < 0) {
		o->npending = 0;
		return false;
	}
	*el = read;
	object_link(set, el);
	return true;
}

/* ---- a file */

/* What it is by the file and the dictionary, without its value. */
static void
settle(const struct scan *s, const struct scan_element *from, struct element *el)
{
	struct head h = { .tag = from->tag, .undefined = from->undefined };

	memcpy(h.vr, from->vr, sizeof h.vr);
	el->tag = from->tag;
	settle_vr(el, &h, s->coding);
}

/* Sequences and text are to be looked into, however long they are. */
static bool
stays_on_disk(const struct scan *s, const struct scan_element *from)
{
	struct element el = { 0 };

	if (from->tag == PIXEL_DATA)
		return true;
	if (!from->undefined && from->length <= OBJECT_VALUE_MAX)
		return false;
	settle(s, from, &el);
	return !is_vr(el.vr, "SQ") && !vr_is_text(el.vr);
}

/* The value of an element is not read: the file is as good. */
static int
add_on_disk(struct object *o, const struct scan_element *from, struct err *e)
{
	struct element el = { .disk = from->length, .head = from->head };

	settle(o->scan, from, &el);
	el.fragments = from->undefined;
	if (from->length == 0)
		el.value = "";
	return add_pending(o, &el, e);
}

/* Elements I and on that lie together and are to be read; their bytes. */
static size_t
run_of(const struct scan *s, size_t i, size_t *bytes, struct err *e)
{
	uint64_t from = s->elements[i].head, to;
	size_t n;

	for (n = 0; i + n < s->n && !stays_on_disk(s, &s->elements[i + n]); n++) {
		to = s->elements[i + n].value + s->elements[i + n].length;
		if (n > 0 && (to - from > RUN_MAX ||
		    s->elements[i + n].head != from + *bytes))
			break;
		if (to - from > OBJECT_SEQUENCE_MAX) {
			err_set(e, "(%04x,%04x) has more than %zu bytes",
			    s->elements[i + n].tag >> 16,
			    s->elements[i + n].tag & 0xffff, OBJECT_SEQUENCE_MAX);
			return 0;
		}
		*bytes = (size_t)(to - from);
	}
	return n;
}

static int
read_run(struct object *o, size_t first, size_t n, size_t bytes, struct err *e)
{
	const struct scan_element *from = &o->scan->elements[first];
	char *buffer = object_alloc(o, bytes, e);
	struct parser p = { o, buffer };
	struct element el;
	size_t i, pos, end;

	if (buffer == NULL ||
	    scan_read(o->scan, from->head, buffer, bytes, e) < 0)
		return -1;
	for (i = 0; i < n; i++) {
		pos = (size_t)(from[i].head - from->head);
		end = (size_t)(from[i].value + from[i].length - from->head);
		if (parse_element(&p, &el, &pos, end, o->scan->coding, 0, e) < 0 ||
		    add_pending(o, &el, e) < 0)
			return -1;
	}
	return 0;
}

static int
read_all(struct object *o, struct err *e)
{
	const struct scan *s = o->scan;
	size_t i, n, bytes = 0;

	for (i = s->nmeta; i < s->n; i += n) {
		n = 1;
		if (stays_on_disk(s, &s->elements[i])) {
			if (add_on_disk(o, &s->elements[i], e) < 0)
				return -1;
			continue;
		}
		bytes = 0;
		if ((n = run_of(s, i, &bytes, e)) == 0 ||
		    read_run(o, i, n, bytes, e) < 0)
			return -1;
	}
	if (take_pending(o, &o->set, 0, e) < 0)
		return -1;
	link_all(&o->set);
	return 0;
}

static int
open_path(struct object *o, const char *path, struct err *e)
{
	struct err probing;
	int got;

	got = scan_open(path, &o->scan, e);
	/* Of what is no DICOM at all the scan finds the oddest things to say. */
	if ((got < 0 || !o->scan->preamble) && dcm_probe(path, &probing) == 0)
		return err_set(e, "not a DICOM file");
	return got < 0 ? -1 : read_all(o, e);
}

int
object_open(const char *path, struct object **out, struct err *e)
{
	struct object *o;
	char name[32];
	int got = -1, fd = -1;

	if ((o = calloc(1, sizeof *o)) == NULL)
		return err_set(e, "out of memory");
	if (strcmp(path, "-") != 0)
		got = open_path(o, path, e);
	else if ((fd = temp_spool(stdin, e)) >= 0) {
		snprintf(name, sizeof name, "/dev/fd/%d", fd);
		got = open_path(o, name, e);
		close(fd);
	}
	if (got < 0)
		object_close(o);
	else
		*out = o;
	return got;
}
