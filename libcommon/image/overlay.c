/* overlay: overlay planes in elements of their own; see overlay.h. */
#include "image/overlay.h"

#include <string.h>

#include "dicom/scan.h"

bool
overlay_is(uint32_t tag)
{
	return tag >= 0x60000000u && tag < 0x60ff0000u && (tag >> 16) % 2 == 0;
}

/* Where the numbers of an overlay come from: one of a dcm, or of an object. */
struct source {
	struct dcm *d;
	const struct object *o;
	const struct scan *s;
	uint32_t group;
};

static bool
number(const struct source *src, uint32_t element, uint32_t i, double *v)
{
	uint32_t tag = src->group << 16 | element;
	const struct element *el;

	if (src->d != NULL)
		return dcm_number(src->d, tag, i, v);
	/* Finding in an object changes nothing. */
	el = item_find(object_set((struct object *)src->o), tag);
	return el != NULL && element_number(src->o, el, i, v);
}

static bool
has(const struct source *src, uint32_t element)
{
	uint32_t tag = src->group << 16 | element;

	return src->d != NULL ? dcm_has(src->d, tag) :
	    item_find(object_set((struct object *)src->o), tag) != NULL;
}

/* A number within [MIN, MAX], or OTHERWISE if absent; or *OK is false. */
static int64_t
within(const struct source *src, uint32_t element, uint32_t i, int32_t min,
    int32_t max, int32_t otherwise, bool *ok)
{
	double v;

	if (!number(src, element, i, &v))
		v = otherwise;
	if (v >= min && v <= max)
		return (int64_t)v;
	*ok = false;
	return 0;
}

/* Readers choose differently between two elements of one tag. */
static bool
has_repeats(const struct scan *s, uint32_t group)
{
	size_t i, n;

	for (i = s->nmeta; !s->ordered && i < s->n; i++)
		if (s->elements[i].tag >> 16 == group) {
			scan_find(s, s->elements[i].tag, &n);
			if (n > 1)
				return true;
		}
	return false;
}

static int
read_from(const struct source *src, struct overlay *o, struct err *e)
{
	bool ok = !has_repeats(src->s, src->group);

	o->data = scan_find(src->s, src->group << 16 | 0x3000, NULL);
	o->rows = within(src, 0x0010, 0, 1, 65535, 0, &ok);
	o->columns = within(src, 0x0011, 0, 1, 65535, 0, &ok);
	o->frames = within(src, 0x0015, 0, 1, INT32_MAX, 1, &ok);
	o->y = within(src, 0x0050, 0, INT16_MIN, INT16_MAX, 1, &ok) - 1;
	o->x = within(src, 0x0050, 1, INT16_MIN, INT16_MAX, 1, &ok) - 1;
	o->first = within(src, 0x0051, 0, 1, INT32_MAX, 1, &ok);
	/* One that names no frame some readers show over all of them. */
	o->over_all = o->frames == 1 && !has(src, 0x0051);
	within(src, 0x0100, 0, 1, 1, 1, &ok);
	if (!ok || o->data == NULL || o->data->undefined)
		return err_set(e, "the overlay (%04x,3000) is none of PS3.3 C.9.2",
		    src->group);
	o->bits = (uint64_t)(o->rows * o->columns) * (uint64_t)o->frames;
	if ((o->bits + 7) / 8 > o->data->length)
		return err_set(e, "the overlay (%04x,3000) is shorter than its rows "
		    "and columns", src->group);
	o->swapped = src->s->coding == SCAN_BIG &&
	    memcmp(o->data->vr, "OB", 2) != 0;
	return 0;
}

int
overlay_read(struct dcm *d, uint32_t group, struct overlay *o, struct err *e)
{
	struct source src = { .d = d, .s = dcm_scan(d), .group = group };

	return read_from(&src, o, e);
}

int
overlay_read_object(const struct object *obj, uint32_t group,
    struct overlay *o, struct err *e)
{
	struct source src = { .o = obj, .s = object_scan(obj), .group = group };

	return read_from(&src, o, e);
}

int64_t
overlay_plane(const struct overlay *o, uint32_t frame)
{
	int64_t n = o->over_all ? 0 : (int64_t)frame - o->first;

	return n >= 0 && n < o->frames ? n : -1;
}

uint64_t
overlay_clear(const struct overlay *o, uint8_t *bits, int64_t plane,
    int64_t x, int64_t y, int64_t w, int64_t h)
{
	int64_t x1 = x + w, y1 = y + h, r, c;
	uint64_t n = 0, at;

	x = x < 0 ? 0 : x;
	y = y < 0 ? 0 : y;
	x1 = x1 > o->columns ? o->columns : x1;
	y1 = y1 > o->rows ? o->rows : y1;
	for (r = y; r < y1; r++)
		for (c = x; c < x1; c++) {
			at = (uint64_t)((plane * o->rows + r) * o->columns + c);
			n += overlay_point(bits, at);
			bits[at / 8] = (uint8_t)(bits[at / 8] & ~(1u << at % 8));
		}
	return n;
}

uint64_t
overlay_clear_rest(const struct overlay *o, uint8_t *bits)
{
	uint64_t at, n = 0;

	for (at = o->bits; at < 8 * o->data->length; at++) {
		n += overlay_point(bits, at);
		bits[at / 8] = (uint8_t)(bits[at / 8] & ~(1u << at % 8));
	}
	return n;
}
