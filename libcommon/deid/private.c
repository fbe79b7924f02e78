/* private: private elements that are known to be safe; see private.h. */
#include "deid/private.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "dicom/scan.h"

#define CHARACTERISTICS	OBJECT_TAG(0x0008, 0x0300)	/* Private Data Element ~ Sequence */
#define GROUP		OBJECT_TAG(0x0008, 0x0301)	/* Private Group Reference */
#define CREATOR		OBJECT_TAG(0x0008, 0x0302)	/* Private Creator Reference */
#define STATUS		OBJECT_TAG(0x0008, 0x0303)	/* Block Identifying Information ~ */
#define NONIDENTIFYING	OBJECT_TAG(0x0008, 0x0304)	/* ~ Private Elements */
#define ACTIONS		OBJECT_TAG(0x0008, 0x0305)	/* Deidentification ~ Sequence */
#define IDENTIFYING	OBJECT_TAG(0x0008, 0x0306)	/* ~ Private Elements */
#define ACTION		OBJECT_TAG(0x0008, 0x0307)	/* Deidentification ~ */

#define WINDOW ((size_t)1 << 20)	/* bytes of a value on disk searched at once */
#define OVERLAP ((size_t)1 << 12)	/* so that no name is cut: NAMES_TEXT_MAX in UTF-16 */

struct safe {
	uint32_t key;		/* (gggg,xxee) as ggggee */
	const char *creator;
	char vr[3];
};

#include "deid/private.inc"	/* safe_elements, safe_creators */

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static bool
is_vr(const char *vr, const char *list)
{
	return strlen(vr) == 2 && strstr(list, vr) != NULL;
}

static struct profile_verdict
verdict(enum profile_action action, const char *rule)
{
	return (struct profile_verdict){ action, rule, ACTION_REMOVE };
}

/* ---- creators and terms */

struct text {
	const char *p;
	size_t len;
};

static struct text
trimmed(const char *p, size_t len)
{
	while (len > 0 && (*p == ' ' || *p == '\0'))
		p++, len--;
	while (len > 0 && (p[len - 1] == ' ' || p[len - 1] == '\0'))
		len--;
	return (struct text){ p, len };
}

/* The next character of T, in lower case, a run of spaces as one; 0 at the end. */
static int
next(struct text *t)
{
	int c;

	if (t->len == 0)
		return 0;
	c = tolower((unsigned char)*t->p);
	do
		t->p++, t->len--;
	while (c == ' ' && t->len > 0 && *t->p == ' ');
	return c;
}

/* Regardless of case and of what PS3.5 6.2 calls not significant. */
static bool
same_text(const char *a, size_t a_len, const char *b, size_t b_len)
{
	struct text s = trimmed(a, a_len), t = trimmed(b, b_len);
	int c;

	if (a == NULL || b == NULL || s.len == 0)
		return false;
	do
		if ((c = next(&s)) != next(&t))
			return false;
	while (c != 0);
	return true;
}

static bool
is_private(uint32_t tag)
{
	uint32_t group = tag >> 16;

	/* PS3.5 7.8.1: these odd groups are nobody's. */
	return (group & 1) != 0 && group > 0x0007 && group != 0xffff;
}

static bool
is_creator(uint32_t tag)
{
	return (tag & 0xffff) >= 0x10 && (tag & 0xffff) <= 0xff;
}

/* ---- what is known */

static int
compare_key(const void *key, const void *member)
{
	uint32_t a = *(const uint32_t *)key, b = ((const struct safe *)member)->key;

	return (a > b) - (a < b);
}

static const struct safe *
find_safe(uint32_t tag, const char *creator, size_t len)
{
	uint32_t key = tag >> 16 << 8 | (tag & 0xff);
	const struct safe *end = safe_elements + COUNT(safe_elements), *s;

	s = bsearch(&key, safe_elements, COUNT(safe_elements), sizeof *s,
	    compare_key);
	while (s != NULL && s > safe_elements && s[-1].key == key)
		s--;
	for (; s != NULL && s < end && s->key == key; s++)
		if (same_text(creator, len, s->creator, strlen(s->creator)))
			return s;
	return NULL;
}

static bool
is_known_creator(const struct element *el)
{
	const char *text;
	size_t i, len;

	text = element_text(el, &len);
	for (i = 0; i < COUNT(safe_creators); i++)
		if (same_text(text, len, safe_creators[i], strlen(safe_creators[i])))
			return true;
	return false;
}

static bool
number_is(const struct object *o, const struct item *set, uint32_t tag,
    uint32_t want)
{
	const struct element *el = item_find(set, tag);
	double v;

	return el != NULL && element_number(o, el, 0, &v) && v == want;
}

/* Does the US element TAG of SET list the low byte of ELEMENT? */
static bool
lists(const struct object *o, const struct item *set, uint32_t tag,
    uint32_t element)
{
	const struct element *el = item_find(set, tag);
	double v;
	size_t i;

	for (i = 0; el != NULL && element_number(o, el, i, &v); i++)
		if (v == (element & 0xff))
			return true;
	return false;
}

static bool
text_is(const struct item *set, uint32_t tag, const char *want)
{
	size_t len;
	const char *text = item_text(set, tag, &len);

	return same_text(text, len, want, strlen(want));
}

/* The item of (0008,0300), of SET or around it, that declares the block, or NULL. */
static const struct item *
find_declared(const struct object *o, const struct item *set, uint32_t group,
    const char *creator, size_t len)
{
	const struct element *el;
	const char *text;
	size_t i, n;

	for (; set != NULL; set = set->parent) {
		el = item_find(set, CHARACTERISTICS);
		for (i = 0; el != NULL && i < el->nitems; i++) {
			text = item_text(&el->items[i], CREATOR, &n);
			if (!el->items[i].gone &&
			    number_is(o, &el->items[i], GROUP, group) &&
			    same_text(text, n, creator, len))
				return &el->items[i];
		}
	}
	return NULL;
}

/* What the Deidentification Action Sequence of the block says of EL, or NULL rule. */
static struct profile_verdict
declared_action(const struct profile *p, const struct object *o,
    const struct item *block, const struct element *el)
{
	const struct element *actions = item_find(block, ACTIONS);
	const struct item *a;
	size_t i;

	for (i = 0; actions != NULL && i < actions->nitems; i++) {
		a = &actions->items[i];
		if (!lists(o, a, IDENTIFYING, el->tag))
			continue;
		if (text_is(a, ACTION, "Z"))
			return verdict(ACTION_EMPTY, "declared");
		if (text_is(a, ACTION, "U") && is_vr(el->vr, "UI"))
			return verdict(p->option[RETAIN_UIDS] ? ACTION_KEEP :
			    ACTION_UID, "declared");
		/* Of bytes and sequences nobody knows what a dummy is. */
		if (text_is(a, ACTION, "D") && !is_vr(el->vr, "SQ UN OB OW UI"))
			return verdict(ACTION_DUMMY, "declared");
		return verdict(ACTION_REMOVE, "declared");
	}
	return verdict(ACTION_KEEP, NULL);
}

/* ---- VRs */

/* Can the bytes of EL, which is UN, be a value of VR? */
static bool
fits(const struct object *o, const struct element *el, const char *vr)
{
	static const struct {
		const char *vrs;
		size_t unit;
	} units[] = {
		{ "US SS", 2 }, { "UL SL FL AT", 4 }, { "FD SV UV", 8 },
	};
	size_t i;

	/* In big endian the bytes of UN have no order that all agree on. */
	if (el->value == NULL || object_scan(o)->coding == SCAN_BIG ||
	    (el->len > UINT16_MAX && !scan_vr_is_long(vr)))
		return false;
	for (i = 0; i < COUNT(units); i++)
		if (is_vr(vr, units[i].vrs))
			return el->len % units[i].unit == 0;
	return true;
}

/* The tag of an item, little endian, which no other value begins with by chance. */
static bool
begins_as_items(const struct element *el)
{
	return el->value != NULL && el->len >= 8 &&
	    memcmp(el->value, "\xfe\xff\x00\xe0", 4) == 0;
}

static void
name_vr(struct object *o, const struct item *set, struct element *el)
{
	const struct safe *known;
	const char *creator;
	size_t len;

	if (!is_private(el->tag) || !is_vr(el->vr, "UN") ||
	    (begins_as_items(el) && element_read_items(o, set, el)) ||
	    (creator = item_creator(set, el->tag, &len)) == NULL ||
	    (known = find_safe(el->tag, creator, len)) == NULL)
		return;
	if (!is_vr(known->vr, "SQ") && fits(o, el, known->vr))
		memcpy(el->vr, known->vr, sizeof el->vr);
}

void
private_name_vrs(struct object *o, struct item *set)
{
	struct element *el;
	size_t i, j;

	for (i = 0; i < set->n; i++) {
		el = &set->elements[i];
		name_vr(o, set, el);
		for (j = 0; j < el->nitems; j++)
			private_name_vrs(o, &el->items[j]);
	}
}

/* ---- decisions */

static bool
is_numeric_text(const struct element *el)
{
	size_t i;

	for (i = 0; i < el->len; i++)
		if (strchr("0123456789+-.eE\\ ", el->value[i]) == NULL)
			return false;
	return el->value != NULL;
}

struct profile_verdict
private_by_vr(const struct profile *p, const struct element *el)
{
	struct profile_verdict v = profile_decide_vr(p, el->vr);

	if (v.rule != NULL)	/* a date, a name, a UID, an age */
		return v;
	if (is_vr(el->vr, "AE CS LO LT SH ST UC UR UT"))
		return verdict(ACTION_CLEAN, "safe private");
	if (is_vr(el->vr, "DS IS"))
		return verdict(is_numeric_text(el) ? ACTION_KEEP : ACTION_REMOVE,
		    "safe private");
	/* What is in a sequence is judged by itself. */
	if (is_vr(el->vr, "US SS UL SL FL FD UV SV AT SQ"))
		return verdict(ACTION_KEEP, "safe private");
	return verdict(ACTION_SEARCH, "safe private");
}

static struct profile_verdict
decide_in_block(const struct profile *p, const struct object *o,
    const struct item *set, const struct element *el, const char *creator,
    size_t len)
{
	const struct safe *known = find_safe(el->tag, creator, len);
	const struct item *block = find_declared(o, set, el->tag >> 16, creator, len);
	struct profile_verdict v;

	if (block != NULL) {
		v = declared_action(p, o, block, el);
		if (v.rule != NULL)
			return v;
	}
	/* A sequence that cannot be read: nobody knows what is in it. */
	if (is_vr(el->vr, "UN") && (begins_as_items(el) ||
	    (known != NULL && is_vr(known->vr, "SQ"))))
		return verdict(ACTION_REMOVE, "private");
	if (known != NULL || (block != NULL && (text_is(block, STATUS, "SAFE") ||
	    lists(o, block, NONIDENTIFYING, el->tag))))
		return private_by_vr(p, el);
	return verdict(ACTION_REMOVE, "private");
}

struct profile_verdict
private_decide(const struct profile *p, const struct object *o,
    const struct item *set, const struct element *el)
{
	const char *creator;
	size_t len;

	if (!is_private(el->tag))
		return verdict(ACTION_REMOVE, "private");
	if (is_creator(el->tag)) {
		if (!is_vr(el->vr, "LO"))
			return verdict(ACTION_REMOVE, "private");
		return verdict(is_known_creator(el) ? ACTION_KEEP : ACTION_SEARCH,
		    "private");
	}
	if ((creator = item_creator(set, el->tag, &len)) == NULL)
		return verdict(ACTION_REMOVE, "private");
	return decide_in_block(p, o, set, el, creator, len);
}

/* ---- bytes */

/* Text by its bytes: no control but white space. */
static bool
looks_like_text(const char *p, size_t n)
{
	size_t i;

	while (n > 0 && p[n - 1] == '\0')
		n--;
	for (i = 0; i < n; i++)
		if ((unsigned char)p[i] < 0x20 && strchr("\t\n\f\r", p[i]) == NULL)
			return false;
	return n > 0;
}

static int
search_text(struct clean *c, const struct names *d,
    const struct clean_settings *s, const char *text, size_t n, struct err *e)
{
	struct buf cleaned = { 0 };
	int got;

	while (n > 0 && text[n - 1] == '\0')
		n--;
	got = clean_text(c, d, s, text, n, &cleaned, e);
	buf_free(&cleaned);
	return got;
}

static const struct scan_element *
find_in_scan(const struct scan *s, uint64_t head)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (s->elements[i].head == head)
			return &s->elements[i];
	return NULL;
}

static int
search_on_disk(const struct object *o, const struct element *el,
    const struct clean *c, const struct names *d,
    const struct clean_settings *s, struct err *e)
{
	const struct scan_element *at = find_in_scan(object_scan(o), el->head);
	uint64_t pos = 0;
	char *window;
	size_t n;
	int found = 0;

	if (at == NULL || el->fragments)
		return 1;
	if ((window = malloc(WINDOW)) == NULL)
		return err_set(e, "out of memory");
	for (; found == 0 && pos < at->length; pos += WINDOW - OVERLAP) {
		n = at->length - pos < WINDOW ? (size_t)(at->length - pos) : WINDOW;
		if (scan_read(object_scan(o), at->value + pos, window, n, e) < 0)
			found = -1;
		else
			found = clean_is_in_bytes(c, d, s, window, n);
	}
	free(window);
	return found;
}

int
private_search(const struct object *o, const struct element *el,
    struct clean *c, const struct names *d, const struct clean_settings *s,
    struct err *e)
{
	struct clean_settings own = *s;

	/* A creator has its maker's name, who may be where a phantom was scanned. */
	if (el->tag == CREATOR || (is_private(el->tag) && is_creator(el->tag)))
		own.keep_places = own.keep_devices = true;
	if (el->value == NULL)
		return search_on_disk(o, el, c, d, &own, e);
	if (clean_is_in_bytes(c, d, &own, el->value, el->len))
		return 1;
	/* Of a number no pattern can tell whether it is a telephone's. */
	return looks_like_text(el->value, el->len) && !is_vr(el->vr, "DS IS") ?
	    search_text(c, d, &own, el->value, el->len, e) : 0;
}

/* ---- what is left */

/* Is there an element of a block that CREATOR has in GROUP, in SET or in what is in it? */
static bool
has_block(const struct item *set, uint32_t group, const char *creator, size_t len)
{
	const struct element *el;
	const char *text;
	size_t i, j, n;

	for (i = 0; i < set->n; i++) {
		el = &set->elements[i];
		if (el->gone)
			continue;
		if (el->tag >> 16 == group && !is_creator(el->tag) &&
		    (text = item_creator(set, el->tag, &n)) != NULL &&
		    same_text(text, n, creator, len))
			return true;
		for (j = 0; j < el->nitems; j++)
			if (!el->items[j].gone &&
			    has_block(&el->items[j], group, creator, len))
				return true;
	}
	return false;
}

/* Items that describe a block of which nothing is left go; then what is empty. */
static void
settle_characteristics(const struct object *o, const struct item *set,
    struct element *all)
{
	const struct element *group;
	struct item *block;
	const char *creator;
	size_t i, len, left = 0;
	double number;

	for (i = 0; i < all->nitems; i++) {
		block = &all->items[i];
		creator = item_text(block, CREATOR, &len);
		group = item_find(block, GROUP);
		block->gone = group == NULL ||
		    !element_number(o, group, 0, &number) ||
		    !has_block(set, (uint32_t)number, creator, len);
		left += !block->gone;
	}
	all->gone = left == 0;
}

/* Is an element of the block that CREATOR reserves in SET still there? */
static bool
is_in_use(const struct item *set, const struct element *creator)
{
	uint32_t block = (creator->tag & 0xffff0000u) | (creator->tag & 0xff) << 8;
	size_t i;

	for (i = 0; i < set->n && set->elements[i].tag <= (block | 0xff); i++)
		if (set->elements[i].tag >= block && !set->elements[i].gone)
			return true;
	return false;
}

int
private_settle(const struct object *o, struct item *set,
    int (*removed)(const struct element *el, void *arg, struct err *e), void *arg,
    struct err *e)
{
	struct element *el;
	size_t i;

	for (i = 0; i < set->n; i++) {
		el = &set->elements[i];
		if (el->gone)
			continue;
		if (el->tag == CHARACTERISTICS)
			settle_characteristics(o, set, el);
		else if (is_private(el->tag) && is_creator(el->tag))
			el->gone = !is_in_use(set, el);
		if (el->gone && removed != NULL && removed(el, arg, e) < 0)
			return -1;
	}
	return 0;
}
