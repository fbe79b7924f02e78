/* graphics: overlays and curves without what is written in them; see graphics.h. */
#include "deid/graphics.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/size.h"
#include "dicom/scan.h"
#include "image/overlay.h"

#define OVERLAY_BYTES_MAX ((size_t)256 << 20)
#define POINTS_MAX ((int64_t)1 << 26)	/* of a plane: a byte each to look at */
#define MARGIN 3	/* points around a line: strokes that the net cut */

#define DATA(group)	OBJECT_TAG(group, 0x3000)

static bool
is_curve(uint32_t tag)
{
	return tag >= 0x50000000u && tag < 0x50ff0000u && (tag >> 16) % 2 == 0;
}

bool
graphics_is_data(uint32_t tag)
{
	return (overlay_is(tag) || is_curve(tag)) && (tag & 0xffff) == 0x3000;
}

static int
remove_group(const struct graphics *g, struct item *set, uint32_t group,
    const char *rule, struct err *e)
{
	size_t i;

	for (i = 0; i < set->n; i++)
		if (set->elements[i].tag >> 16 == group)
			set->elements[i].gone = true;
	return audit(g->log, set, DATA(group), rule, "remove", e);
}

/* ---- overlays */

/* Overlay Data as the file has it, in *BITS to be freed. */
static int
read_bits(const struct object *o, const struct overlay *v, uint8_t **bits,
    struct err *e)
{
	size_t len = (size_t)v->data->length;

	if ((*bits = malloc(len + 1)) == NULL)
		return err_set(e, "out of memory");
	return scan_read(object_scan(o), v->data->value, *bits, len, e);
}

/* Shows PLANE as INK on what INK is not; false: nothing is drawn. */
static bool
show_plane(const uint8_t *bits, int64_t plane, size_t points, uint8_t ink,
    uint8_t *gray)
{
	uint64_t at = (uint64_t)plane * points;
	unsigned any = 0;
	size_t i;

	for (i = 0; i < points; i++) {
		gray[i] = overlay_point(bits, at + i) ? ink : (uint8_t)~ink;
		any |= overlay_point(bits, at + i);
	}
	return any != 0;
}

static int
find_text(const struct graphics *g, const struct overlay *v,
    const uint8_t *bits, int64_t plane, uint8_t *gray, struct rects *boxes,
    struct err *e)
{
	static const uint8_t inks[] = { 255, 0 };	/* one misses what the other shows */
	size_t points = (size_t)(v->rows * v->columns), i;

	boxes->n = 0;
	for (i = 0; i < sizeof inks; i++)
		if (show_plane(bits, plane, points, inks[i], gray) &&
		    g->find(g->find_arg, gray, (uint32_t)v->columns,
		    (uint32_t)v->rows, boxes, e) < 0)
			return -1;
	return 0;
}

static int
clear_text(const struct graphics *g, const struct overlay *v, uint8_t *bits,
    uint64_t *cleared, struct err *e)
{
	uint8_t *gray = malloc((size_t)(v->rows * v->columns));
	struct rects boxes = { 0 };
	int64_t plane;
	int got = gray == NULL ? err_set(e, "out of memory") : 0;
	size_t i;

	for (plane = 0; got == 0 && plane < v->frames; plane++) {
		got = find_text(g, v, bits, plane, gray, &boxes, e);
		for (i = 0; got == 0 && i < boxes.n; i++)
			*cleared += overlay_clear(v, bits, plane,
			    (int64_t)boxes.r[i].x - MARGIN,
			    (int64_t)boxes.r[i].y - MARGIN,
			    (int64_t)boxes.r[i].w + 2 * MARGIN,
			    (int64_t)boxes.r[i].h + 2 * MARGIN);
	}
	rects_free(&boxes);
	free(gray);
	return got;
}

static int
clean_overlay(struct object *o, const struct graphics *g, uint32_t group,
    struct err *e)
{
	struct item *set = object_set(o);
	struct element *el = item_find(set, DATA(group));
	struct overlay v;
	struct err why;
	uint8_t *bits;
	uint64_t cleared = 0;
	int got = -1;

	if (el == NULL || g->find == NULL || overlay_read_object(o, group, &v, &why) < 0 ||
	    v.data->length > OVERLAY_BYTES_MAX || v.rows * v.columns > POINTS_MAX)
		return remove_group(g, set, group, "overlay", e);
	if (read_bits(o, &v, &bits, e) < 0)
		goto out;
	if (v.swapped)
		bytes_swap_pairs(bits, (size_t)v.data->length);
	if (clear_text(g, &v, bits, &cleared, e) < 0)
		goto out;
	cleared += overlay_clear_rest(&v, bits);
	if (v.swapped)
		bytes_swap_pairs(bits, (size_t)v.data->length);
	got = cleared == 0 ? 0 :
	    element_set(o, el, bits, (size_t)v.data->length, e) < 0 ? -1 :
	    audit(g->log, set, el->tag, "C", "clean", e);
out:
	free(bits);
	return got;
}

/* ---- curves: PS3.3-2004 C.10.2 */

/* Bytes of one value, by Data Value Representation; 0: none of the standard's. */
static size_t
value_size(const struct object *o, const struct item *set, uint32_t group)
{
	static const size_t sizes[] = { 2, 2, 4, 8, 4 };	/* US SS FL FD SL */
	const struct element *el = item_find(set, OBJECT_TAG(group, 0x0103));
	double v;

	return el != NULL && element_number(o, el, 0, &v) && v >= 0 &&
	    v < (double)(sizeof sizes / sizeof sizes[0]) ? sizes[(size_t)v] : 0;
}

static size_t
count_of(const struct object *o, const struct item *set, uint32_t group,
    uint32_t element)
{
	const struct element *el = item_find(set, OBJECT_TAG(group, element));
	double v;

	return el != NULL && element_number(o, el, 0, &v) && v >= 1 && v <= UINT16_MAX ?
	    (size_t)v : 0;
}

/*
 * Is it a list of numbers, of a type that the standard defined, and as long as it says?
 * What else lies in a curve may be sound, or a picture.
 */
static bool
is_list_of_numbers(const struct object *o, const struct item *set,
    uint32_t group)
{
	static const char *const types[] = { "TAC", "PROF", "HIST", "ROI", "TABL",
	    "FILT", "POLY", "ECG", "PRESSURE", "FLOW", "PHYSIO", "RESP" };
	const struct element *data = item_find(set, DATA(group));
	size_t len, i, bytes;
	const char *type = item_text(set, OBJECT_TAG(group, 0x0020), &len);

	if (data == NULL || data->value == NULL || type == NULL ||
	    !size_mul(count_of(o, set, group, 0x0005),
	    count_of(o, set, group, 0x0010) * value_size(o, set, group), &bytes) ||
	    bytes == 0 || data->len != bytes + bytes % 2)
		return false;
	for (i = 0; i < sizeof types / sizeof types[0]; i++)
		if (strlen(types[i]) == len && memcmp(type, types[i], len) == 0)
			return true;
	return false;
}

/* ---- all of them */

/* No object has a plane in a sequence: what looks like one nobody shows. */
static int
remove_nested(const struct graphics *g, struct item *set, struct err *e)
{
	struct element *el;
	size_t i, j;

	for (i = 0; i < set->n; i++) {
		el = &set->elements[i];
		if (el->gone)
			continue;
		if (set->parent != NULL && (overlay_is(el->tag) || is_curve(el->tag)) &&
		    remove_group(g, set, el->tag >> 16, "nested", e) < 0)
			return -1;
		for (j = 0; j < el->nitems; j++)
			if (remove_nested(g, &el->items[j], e) < 0)
				return -1;
	}
	return 0;
}

int
graphics_clean(struct object *o, const struct graphics *g, struct err *e)
{
	struct item *set = object_set(o);
	struct element *el;
	uint32_t group, last = 0;
	size_t i;

	if (remove_nested(g, set, e) < 0)
		return -1;
	for (i = 0; i < set->n; i++) {
		el = &set->elements[i];
		group = el->tag >> 16;
		if (el->gone || group == last)
			continue;
		last = group;
		if (overlay_is(el->tag) && clean_overlay(o, g, group, e) < 0)
			return -1;
		if (is_curve(el->tag) && !is_list_of_numbers(o, set, group) &&
		    remove_group(g, set, group, "curve", e) < 0)
			return -1;
	}
	return 0;
}
