/* object: a DICOM object in memory, changed to any depth; see object.h. */
#include "dicom/object_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/size.h"
#include "dicom/dictionary.h"

#define CHUNK ((size_t)1 << 16)
#define ALIGN 16u

struct chunk {
	struct chunk *next;
	size_t used, size;
	_Alignas(ALIGN) char bytes[];
};

void *
object_alloc(struct object *o, size_t n, struct err *e)
{
	struct chunk *c = o->chunks;
	size_t want, all;
	void *p;

	if (!size_add(n, ALIGN - 1, &want))
		goto full;
	want -= want % ALIGN;
	if (c == NULL || c->size - c->used < want) {
		if (!size_add(want > CHUNK ? want : CHUNK, sizeof *c, &all) ||
		    (c = malloc(all)) == NULL)
			goto full;
		c->size = all - sizeof *c;
		c->used = 0;
		c->next = o->chunks;
		o->chunks = c;
	}
	p = c->bytes + c->used;
	c->used += want;
	return p;
full:
	err_set(e, "out of memory");
	return NULL;
}

char *
object_dup(struct object *o, const void *bytes, size_t n, struct err *e)
{
	char *p = object_alloc(o, n, e);

	if (p != NULL && n > 0)
		memcpy(p, bytes, n);
	return p;
}

void
object_close(struct object *o)
{
	struct chunk *c, *next;

	if (o == NULL)
		return;
	for (c = o->chunks; c != NULL; c = next) {
		next = c->next;
		free(c);
	}
	scan_close(o->scan);
	free(o->pending);
	free(o);
}

struct item *
object_set(struct object *o)
{
	return &o->set;
}

const struct scan *
object_scan(const struct object *o)
{
	return o->scan;
}

const char *
object_syntax(const struct object *o)
{
	static const char *const plain[] = {
		[SCAN_IMPLICIT] = "1.2.840.10008.1.2",
		[SCAN_EXPLICIT] = "1.2.840.10008.1.2.1",
		[SCAN_BIG] = "1.2.840.10008.1.2.2",
	};

	return o->scan->syntax[0] != '\0' ? o->scan->syntax :
	    plain[o->scan->coding];
}

/* ---- VRs */

static bool
is_listed(const char vr[3], const char *list)
{
	for (; *list != '\0'; list += 3)
		if (list[0] == vr[0] && list[1] == vr[1])
			return true;
	return false;
}

bool
vr_is_text(const char vr[3])
{
	return is_listed(vr, "LO SH DS IS CS UI DA TM PN ST LT UT AE AS DT UC UR ");
}

size_t
vr_unit(const char vr[3])
{
	return is_listed(vr, "US SS OW AT ") ? 2 :
	    is_listed(vr, "UL SL FL OF OL ") ? 4 :
	    is_listed(vr, "FD OD OV SV UV ") ? 8 : 1;
}

/* ---- reading the tree */

/* Where TAG is in SET, or would be. */
static size_t
position(const struct item *set, uint32_t tag)
{
	size_t low = 0, high = set->n, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (set->elements[middle].tag < tag)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct element *
item_find(const struct item *set, uint32_t tag)
{
	size_t i = position(set, tag);

	return i < set->n && set->elements[i].tag == tag &&
	    !set->elements[i].gone ? &set->elements[i] : NULL;
}

const char *
element_text(const struct element *el, size_t *len)
{
	size_t n = el->len;

	*len = 0;
	if (el->value == NULL || !vr_is_text(el->vr))
		return NULL;
	while (n > 0 && (el->value[n - 1] == ' ' || el->value[n - 1] == '\0'))
		n--;
	*len = n;
	return n > 0 ? el->value : NULL;
}

const char *
item_text(const struct item *set, uint32_t tag, size_t *len)
{
	const struct element *el = item_find(set, tag);

	*len = 0;
	return el != NULL ? element_text(el, len) : NULL;
}

const char *
item_creator(const struct item *set, uint32_t tag, size_t *len)
{
	uint32_t block = (tag & 0xff00) >> 8;

	*len = 0;
	if ((tag & 0x10000) == 0 || block < 0x10)
		return NULL;
	return item_text(set, (tag & 0xffff0000u) | block, len);
}

const char *
item_charset(const struct item *set, size_t *len)
{
	const struct element *el = NULL;

	for (; set != NULL && el == NULL; set = set->parent)
		el = item_find(set, OBJECT_TAG(0x0008, 0x0005));
	*len = 0;
	return el != NULL ? element_text(el, len) : NULL;
}

static uint64_t
number_bits(const struct object *o, const char *value, size_t unit)
{
	const uint8_t *p = (const uint8_t *)value;
	uint64_t bits = 0;
	size_t i;

	for (i = 0; i < unit; i++)
		bits |= (uint64_t)p[o->scan->coding == SCAN_BIG ? unit - 1 - i : i] <<
		    8 * i;
	return bits;
}

/* Value INDEX of a DS or IS. */
static bool
number_in_text(const struct element *el, size_t index, double *out)
{
	const char *p = el->value, *end = p + el->len, *stop;
	char text[32], *after;
	size_t n;

	for (;; index--, p = stop + 1) {
		if ((stop = memchr(p, '\\', (size_t)(end - p))) == NULL)
			stop = end;
		if (index == 0)
			break;
		if (stop == end)
			return false;
	}
	if ((n = (size_t)(stop - p)) == 0 || n >= sizeof text)
		return false;
	memcpy(text, p, n);
	text[n] = '\0';
	*out = strtod(text, &after);
	while (*after == ' ')
		after++;
	return after != text && *after == '\0' && *out - *out == 0;
}

bool
element_number(const struct object *o, const struct element *el, size_t index,
    double *out)
{
	size_t unit = vr_unit(el->vr);
	uint64_t bits;
	const char *p;
	float f;

	if (el->value == NULL)
		return false;
	if (is_listed(el->vr, "DS IS "))
		return number_in_text(el, index, out);
	if (unit == 1 || el->vr[0] == 'O' || index >= el->len / unit)
		return false;
	p = el->value + index * unit;
	if (is_listed(el->vr, "AT ")) {
		if (index >= el->len / 4)
			return false;
		p = el->value + index * 4;
		*out = (double)(number_bits(o, p, 2) << 16 |
		    number_bits(o, p + 2, 2));
		return true;
	}
	bits = number_bits(o, p, unit);
	if (is_listed(el->vr, "SS "))
		*out = (int16_t)bits;
	else if (is_listed(el->vr, "SL "))
		*out = (int32_t)bits;
	else if (is_listed(el->vr, "SV "))
		*out = (double)(int64_t)bits;
	else if (is_listed(el->vr, "FL ")) {
		uint32_t low = (uint32_t)bits;
		memcpy(&f, &low, sizeof f);
		*out = f;
	} else if (is_listed(el->vr, "FD "))
		memcpy(out, &bits, sizeof *out);
	else
		*out = (double)bits;
	return *out - *out == 0;
}

/* ---- changing the tree */

void
object_link(const struct item *set, const struct element *el)
{
	size_t i, j;

	for (i = 0; i < el->nitems; i++) {
		el->items[i].parent = set;
		el->items[i].sequence = el->tag;
		for (j = 0; j < el->items[i].n; j++)
			if (el->items[i].elements[j].nitems > 0)
				object_link(&el->items[i], &el->items[i].elements[j]);
	}
}

struct element *
object_insert(struct object *o, struct item *set, const struct element *el,
    struct err *e)
{
	size_t at = position(set, el->tag), cap, bytes;
	struct element *grown;

	if (at == set->n || set->elements[at].tag != el->tag) {
		if (set->n == set->cap) {
			cap = set->cap == 0 ? 8 : set->cap * 2;
			if (!size_mul(cap, sizeof *grown, &bytes)) {
				err_set(e, "out of memory");
				return NULL;
			}
			if ((grown = object_alloc(o, bytes, e)) == NULL)
				return NULL;
			if (set->n > 0)
				memcpy(grown, set->elements, set->n * sizeof *grown);
			set->elements = grown;
			set->cap = cap;
		}
		memmove(&set->elements[at + 1], &set->elements[at],
		    (set->n - at) * sizeof *grown);
		set->n++;
	}
	set->elements[at] = *el;
	object_link(set, &set->elements[at]);
	return &set->elements[at];
}

int
element_set(struct object *o, struct element *el, const void *bytes, size_t n,
    struct err *e)
{
	char *value;

	if ((value = object_alloc(o, n + 1, e)) == NULL)
		return -1;
	if (n > 0)
		memcpy(value, bytes, n);
	/* PS3.5 6.2: text is padded by a space, but UI by a NUL. */
	if (n % 2 == 1)
		value[n++] = vr_is_text(el->vr) && !is_listed(el->vr, "UI ") ?
		    ' ' : '\0';
	el->value = value;
	el->len = n;
	el->disk = 0;
	el->fragments = false;
	el->items = NULL;
	el->nitems = 0;
	return 0;
}

struct element *
item_put(struct object *o, struct item *set, uint32_t tag, const char *vr,
    const void *bytes, size_t n, struct err *e)
{
	struct element *el = item_find(set, tag), fresh = { .tag = tag };

	if (el == NULL) {
		memcpy(fresh.vr, vr, 2);
		fresh.known = dictionary_find(tag) != NULL;
		el = object_insert(o, set, &fresh, e);
	}
	return el != NULL && element_set(o, el, bytes, n, e) == 0 ? el : NULL;
}

struct item *
item_add(struct object *o, struct item *set, uint32_t tag, struct err *e)
{
	struct element *el = item_find(set, tag);
	const struct element fresh = { .tag = tag, .vr = "SQ", .known = true };
	struct item *grown;
	size_t bytes;

	if (el == NULL && (el = object_insert(o, set, &fresh, e)) == NULL)
		return NULL;
	if (strcmp(el->vr, "SQ") != 0) {
		err_set(e, "(%04x,%04x) is not a sequence", tag >> 16, tag & 0xffff);
		return NULL;
	}
	if (!size_mul(el->nitems + 1, sizeof *grown, &bytes)) {
		err_set(e, "out of memory");
		return NULL;
	}
	if ((grown = object_alloc(o, bytes, e)) == NULL)
		return NULL;
	if (el->nitems > 0)
		memcpy(grown, el->items, bytes - sizeof *grown);
	memset(&grown[el->nitems++], 0, sizeof *grown);
	el->items = grown;
	object_link(set, el);
	return &grown[el->nitems - 1];
}

void
vr_swap(const char vr[3], char *value, size_t len)
{
	size_t unit = vr_unit(vr), i, j;
	char low;

	for (i = 0; i + unit <= len; i += unit)
		for (j = 0; j < unit / 2; j++) {
			low = value[i + j];
			value[i + j] = value[i + unit - 1 - j];
			value[i + unit - 1 - j] = low;
		}
}

/* A number's bytes are in the order of the object that it is in. */
static char *
copy_value(struct object *o, const struct object *from,
    const struct element *el, struct err *e)
{
	char *value = object_dup(o, el->value, el->len, e);

	if (value != NULL &&
	    (o->scan->coding == SCAN_BIG) != (from->scan->coding == SCAN_BIG))
		vr_swap(el->vr, value, el->len);
	return value;
}

static int
copy_element(struct object *o, const struct object *from, struct element *to,
    const struct element *el, struct err *e)
{
	size_t i, j;
	struct item *in;

	*to = *el;
	if (el->disk > 0)
		return err_set(e, "(%04x,%04x) is too large to be copied",
		    el->tag >> 16, el->tag & 0xffff);
	if (el->value != NULL &&
	    (to->value = copy_value(o, from, el, e)) == NULL)
		return -1;
	if (el->nitems == 0)
		return 0;
	if ((to->items = object_alloc(o, el->nitems * sizeof *in, e)) == NULL)
		return -1;
	for (i = 0; i < el->nitems; i++) {
		in = &to->items[i];
		*in = el->items[i];
		in->cap = in->n;
		if ((in->elements = object_alloc(o, in->n * sizeof *to, e)) == NULL)
			return -1;
		for (j = 0; j < in->n; j++)
			if (copy_element(o, from, &in->elements[j],
			    &el->items[i].elements[j], e) < 0)
				return -1;
	}
	return 0;
}

int
item_copy(struct object *o, struct item *set, const struct object *from,
    const struct element *el, struct err *e)
{
	struct element copy;

	if (copy_element(o, from, &copy, el, e) < 0)
		return -1;
	return object_insert(o, set, &copy, e) == NULL ? -1 : 0;
}
