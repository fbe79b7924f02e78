/* overlay: overlay planes in elements of their own; see overlay.h. */
#include "image/overlay.h"

#include <string.h>

bool
overlay_is(uint32_t tag)
{
	return tag >= 0x60000000u && tag < 0x60ff0000u && (tag >> 16) % 2 == 0;
}

/* A number of GROUP within [MIN, MAX], or OTHERWISE if absent; or *OK is false. */
static int64_t
within(struct dcm *d, uint32_t group, uint32_t element, uint32_t i, int32_t min,
    int32_t max, int32_t otherwise, bool *ok)
{
	double v;

	if (!dcm_number(d, group << 16 | element, i, &v))
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

int
overlay_read(struct dcm *d, uint32_t group, struct overlay *o, struct err *e)
{
	const struct scan *s = dcm_scan(d);
	bool ok = !has_repeats(s, group);

	o->data = scan_find(s, group << 16 | 0x3000, NULL);
	o->rows = within(d, group, 0x0010, 0, 1, 65535, 0, &ok);
	o->columns = within(d, group, 0x0011, 0, 1, 65535, 0, &ok);
	o->frames = within(d, group, 0x0015, 0, 1, INT32_MAX, 1, &ok);
	o->y = within(d, group, 0x0050, 0, INT16_MIN, INT16_MAX, 1, &ok) - 1;
	o->x = within(d, group, 0x0050, 1, INT16_MIN, INT16_MAX, 1, &ok) - 1;
	o->first = within(d, group, 0x0051, 0, 1, INT32_MAX, 1, &ok);
	/* One that names no frame some readers show over all of them. */
	o->over_all = o->frames == 1 && !dcm_has(d, group << 16 | 0x0051);
	within(d, group, 0x0100, 0, 1, 1, 1, &ok);
	if (!ok || o->data == NULL || o->data->undefined)
		return err_set(e, "the overlay (%04x,3000) is none of PS3.3 C.9.2",
		    group);
	o->bits = (uint64_t)(o->rows * o->columns) * (uint64_t)o->frames;
	if ((o->bits + 7) / 8 > o->data->length)
		return err_set(e, "the overlay (%04x,3000) is shorter than its rows "
		    "and columns", group);
	o->swapped = s->coding == SCAN_BIG && memcmp(o->data->vr, "OB", 2) != 0;
	return 0;
}

int64_t
overlay_plane(const struct overlay *o, uint32_t frame)
{
	int64_t n = o->over_all ? 0 : (int64_t)frame - o->first;

	return n >= 0 && n < o->frames ? n : -1;
}
