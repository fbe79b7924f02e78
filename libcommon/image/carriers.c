/* carriers: what shows a picture beside Pixel Data; see carriers.h. */
#include "image/carriers.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "dicom/scan.h"
#include "image/overlay.h"

#define ICON 0x00880200u
#define GRAPHICS 0x00700001u
#define COMPOUND_GRAPHICS 0x00700209u
#define TRAILING_PADDING 0xfffcfffcu
#define PRIVATE_CREATOR 0x00020100u
#define PRIVATE_INFORMATION 0x00020102u
#define PREAMBLE_BYTES 128u
#define OVERLAY_BYTES_MAX ((size_t)256 << 20)
#define MAGIC_BYTES 132u	/* "DICM" comes after a preamble */

struct sweep {
	struct dcm *d;
	const struct scan *s;
	const struct pixels *p;
	const struct rect *area;
	const struct carrier_options *o;
	carrier_fn *boxes;
	void *arg;
	struct splice *sp;
	struct carrier_report *report;
	/* The top-level sequence at hand: */
	uint32_t top;
	bool found;		/* a picture in it */
};

/* -- the report ------------------------------------------------------------- */

int
carrier_add(struct carrier_report *r, const struct carrier_line *line,
    struct err *e)
{
	struct carrier_line *p = realloc(r->lines, (r->n + 1) * sizeof *p);

	if (p == NULL)
		return err_set(e, "out of memory");
	r->lines = p;
	p[r->n++] = *line;
	return 0;
}

void
carrier_report_free(struct carrier_report *r)
{
	free(r->lines);
	r->lines = NULL;
	r->n = 0;
}

static int
report(struct sweep *w, const char *carrier, uint32_t tag, const char *action,
    const char *unit, uint64_t n, struct err *e)
{
	struct carrier_line line = { carrier, tag, action, unit, n };

	return carrier_add(w->report, &line, e);
}

static int
remove_element(struct sweep *w, const char *carrier, uint32_t tag, struct err *e)
{
	if (splice_remove(w->sp, tag, e) < 0)
		return -1;
	return report(w, carrier, tag, "removed", "elements", 1, e);
}

/* -- kinds of elements ------------------------------------------------------ */

static bool
in_groups(uint32_t tag, uint32_t first, uint32_t last)
{
	uint32_t group = tag >> 16;

	return group >= first && group <= last && group % 2 == 0;
}

static bool
is_curve(uint32_t tag)
{
	return in_groups(tag, 0x5000, 0x50fe);
}

/* Coefficients, and Variable Pixel Data of the ACR-NEMA days: PS3.6 Annex C. */
static bool
is_other_pixels(uint32_t tag)
{
	return in_groups(tag, 0x7f00, 0x7ffe) && tag != 0x7fe00001 &&
	    tag != 0x7fe00002 && tag != 0x7fe00010 && (tag & 0xffff) != 0;
}

static bool
is_pixels(uint32_t tag)
{
	return tag == 0x7fe00010 || is_other_pixels(tag) ||
	    ((overlay_is(tag) || is_curve(tag)) && (tag & 0xffff) == 0x3000);
}

static bool
is_private(uint32_t tag)
{
	return tag >> 16 & 1;
}

/* Pixels and palettes (PS3.3 C.7.6.3.1.5, .6) may begin with any bytes. */
static bool
holds_samples(uint32_t tag)
{
	return tag >> 16 == 0x7fe0 || (tag >= 0x00281201 && tag <= 0x00281224);
}

/* Does the value begin as files of pictures do? 1, 0, or -1. */
static int
is_picture(const struct scan *s, const struct scan_element *el, struct err *e)
{
	static const struct {
		size_t at, n;
		const char *bytes;
	} magic[] = {
		{ 0, 3, "\xff\xd8\xff" }, { 0, 4, "\x89PNG" }, { 0, 4, "GIF8" },
		{ 0, 4, "II*\0" }, { 0, 4, "MM\0*" }, { 128, 4, "DICM" },
		{ 0, 4, "II+\0" }, { 0, 4, "MM\0+" }, { 0, 5, "%PDF-" },
		{ 0, 4, "\xff\x4f\xff\x51" }, { 4, 8, "jP  \r\n\x87\n" },
	};
	uint8_t b[MAGIC_BYTES];
	size_t n = el->length < sizeof b ? (size_t)el->length : sizeof b, i;

	if (el->undefined || n < 4 || (el->vr[0] != '\0' &&
	    el->vr[0] != 'O' && memcmp(el->vr, "UN", 2) != 0))
		return 0;
	if (scan_read(s, el->value, b, n, e) < 0)
		return -1;
	for (i = 0; i < sizeof magic / sizeof magic[0]; i++)
		if (n >= magic[i].at + magic[i].n && memcmp(b + magic[i].at,
		    magic[i].bytes, magic[i].n) == 0)
			return 1;
	return 0;
}

/* Of implicit VR, or of UN, only the first item tells: PS3.5 7.5. 1, 0 or -1. */
static int
is_sequence(const struct scan *s, const struct scan_element *el, struct err *e)
{
	static const uint8_t item[] = { 0xfe, 0xff, 0x00, 0xe0 };
	uint8_t b[4];

	if (memcmp(el->vr, "SQ", 2) == 0)
		return 1;
	if (el->tag >> 16 == 0x7fe0 || (el->vr[0] != '\0' &&
	    memcmp(el->vr, "UN", 2) != 0))
		return 0;
	if (el->undefined)
		return 1;
	if (el->length < 8)
		return 0;
	if (scan_read(s, el->value, b, sizeof b, e) < 0)
		return -1;
	return memcmp(b, item, sizeof b) == 0;
}

/* -- pictures inside of sequences ------------------------------------------- */

/* A picture at any depth of a sequence that stays. */
static int
blank(struct sweep *w, const struct scan_element *el, struct err *e)
{
	if (el->undefined)
		return err_set(e, "(%04x,%04x) holds a coded image, which cannot be "
		    "made zero; --nested remove takes the sequence out",
		    w->top >> 16, w->top & 0xffff);
	if (splice_blank(w->sp, el->value, el->length, e) < 0)
		return -1;
	return report(w, "nested image", el->tag, "zeroed", "bytes", el->length, e);
}

static int
nested(void *arg, const struct scan_element *el, const uint32_t *path,
    unsigned depth, struct err *e)
{
	struct sweep *w = arg;
	int got = is_pixels(el->tag);

	(void)path;
	(void)depth;
	if (got == 0 && (got = is_picture(w->s, el, e)) < 0)
		return -1;
	if (got == 0)
		return 0;
	w->found = true;
	if (is_private(w->top) || w->o->nested == NESTED_REMOVE)
		return 0;	/* all of the sequence goes */
	return blank(w, el, e);
}

static int
sweep_sequence(struct sweep *w, const struct scan_element *el, struct err *e)
{
	struct err unused;

	w->top = el->tag;
	w->found = false;
	if (scan_sequence(w->s, el, nested, w, e) < 0) {
		/* Without a VR it only looked like one; its bytes are its own. */
		if (memcmp(el->vr, "SQ", 2) == 0 || el->undefined || scan_sequence(w->s, el, NULL, NULL,
		    &unused) == 0)
			return -1;
		return 0;
	}
	if (w->found && (is_private(el->tag) || w->o->nested == NESTED_REMOVE))
		return remove_element(w, "nested image", el->tag, e);
	return 0;
}

/* -- overlays: PS3.3 C.9.2 -------------------------------------------------- */

static int
read_overlay(struct sweep *w, uint32_t group, struct overlay *o, struct err *e)
{
	struct err why;

	if (overlay_read(w->d, group, o, &why) < 0)
		return err_set(e, "%s; --overlays remove takes it out", why.text);
	if (o->data->length > OVERLAY_BYTES_MAX)
		return err_set(e, "the overlay (%04x,3000) is too large to be "
		    "redacted; --overlays remove takes it out", group);
	return 0;
}

/* Clears points [x, x+w) by [y, y+h) of the matrix; returns how many were set. */
static uint64_t
clear_points(const struct overlay *o, uint8_t *bits, int64_t frame, int64_t x,
    int64_t y, int64_t w, int64_t h)
{
	return overlay_clear(o, bits, frame, x - o->x, y - o->y, w, h);
}

/* What lies over nothing that stays nobody has looked at. */
static uint64_t
clear_outside(const struct rect *area, const struct overlay *o, uint8_t *bits,
    int64_t frame)
{
	const int64_t far = 1 << 20, x = area->x, y = area->y;

	return clear_points(o, bits, frame, -far, -far, 2 * far, far + y) +
	    clear_points(o, bits, frame, -far, y + area->h, 2 * far, far) +
	    clear_points(o, bits, frame, -far, -far, far + x, 2 * far) +
	    clear_points(o, bits, frame, x + area->w, -far, far, 2 * far);
}

/* Plane FRAME, from 0, over frame IMAGE, from 1. */
static int
clear_boxes(struct sweep *w, const struct overlay *o, uint8_t *bits,
    int64_t frame, int64_t image, uint64_t *n, struct err *e)
{
	struct rects boxes = { 0 };
	size_t i;
	int got = w->boxes(w->arg, (uint32_t)image, &boxes, e);

	for (i = 0; got == 0 && i < boxes.n; i++)
		*n += clear_points(o, bits, frame, boxes.r[i].x, boxes.r[i].y,
		    boxes.r[i].w, boxes.r[i].h);
	rects_free(&boxes);
	return got;
}

static int
clear_overlay(struct sweep *w, const struct overlay *o, uint8_t *bits,
    uint64_t *n, struct err *e)
{
	const struct rect none = { 0, 0, 0, 0 };
	int64_t f, image, last;

	for (f = 0; f < o->frames; f++) {
		image = o->over_all ? 1 : o->first + f;
		last = o->over_all ? w->p->frames : image;
		if (last > w->p->frames) {	/* it lies over no frame */
			*n += clear_outside(&none, o, bits, f);
			continue;
		}
		*n += clear_outside(w->area, o, bits, f);
		for (; image <= last; image++)
			if (clear_boxes(w, o, bits, f, image, n, e) < 0)
				return -1;
	}
	*n += overlay_clear_rest(o, bits);
	return 0;
}

static int
redact_overlay(struct sweep *w, uint32_t group, struct err *e)
{
	struct overlay o;
	uint8_t *bits;
	uint64_t n = 0;
	size_t len;
	int got = -1;

	if (read_overlay(w, group, &o, e) < 0)
		return -1;
	len = (size_t)o.data->length;
	if ((bits = malloc(len)) == NULL)
		return err_set(e, "out of memory");
	if (scan_read(w->s, o.data->value, bits, len, e) < 0)
		goto out;
	if (o.swapped)
		bytes_swap_pairs(bits, len);
	if (clear_overlay(w, &o, bits, &n, e) < 0)
		goto out;
	if (o.swapped)
		bytes_swap_pairs(bits, len);
	if (n > 0 && splice_bytes(w->sp, o.data->tag,
	    o.data->vr[0] == '\0' ? "OW" : o.data->vr, bits, len, e) < 0)
		goto out;
	got = report(w, "overlay", o.data->tag, "redacted", "points", n, e);
out:
	free(bits);
	return got;
}

/* All elements of the group, N of them from element I on. */
static int
remove_group(struct sweep *w, const char *carrier, size_t i, size_t n,
    struct err *e)
{
	uint32_t group = w->s->elements[i].tag >> 16;
	size_t k;

	for (k = i; k < i + n; k++)
		if (splice_remove(w->sp, w->s->elements[k].tag, e) < 0)
			return -1;
	return report(w, carrier, group << 16 | 0x3000, "removed", "elements", n, e);
}

static int
sweep_overlay(struct sweep *w, size_t i, size_t n, struct err *e)
{
	uint32_t group = w->s->elements[i].tag >> 16;
	bool embedded = scan_find(w->s, group << 16 | 0x3000, NULL) == NULL;

	/* The bits of an embedded one are cleared, so nothing is left to tell of. */
	if (w->o->overlays == OVERLAYS_REMOVE || embedded)
		return remove_group(w, "overlay", i, n, e);
	if (w->o->overlays == OVERLAYS_REDACT)
		return redact_overlay(w, group, e);
	return report(w, "overlay", group << 16 | 0x3000, "kept", "elements", n, e);
}

/* -- the pass --------------------------------------------------------------- */

static int
sweep_element(struct sweep *w, const struct scan_element *el, struct err *e)
{
	int got;

	if (el->tag == ICON)
		return remove_element(w, "icon", el->tag, e);
	if (el->tag == GRAPHICS || el->tag == COMPOUND_GRAPHICS)
		return w->o->keep_graphics ? report(w, "graphics", el->tag, "kept",
		    "elements", 1, e) : remove_element(w, "graphics", el->tag, e);
	if (el->tag == TRAILING_PADDING)
		return remove_element(w, "trailing padding", el->tag, e);
	if (is_other_pixels(el->tag))
		return remove_element(w, "second image", el->tag, e);
	if ((got = is_sequence(w->s, el, e)) != 0)
		return got < 0 ? -1 : sweep_sequence(w, el, e);
	if (holds_samples(el->tag) || (got = is_picture(w->s, el, e)) == 0)
		return 0;
	if (got < 0)
		return -1;
	/* Of the two neither may be there alone: PS3.10 7.1. */
	if (el->tag == PRIVATE_INFORMATION &&
	    splice_remove(w->sp, PRIVATE_CREATOR, e) < 0)
		return -1;
	return remove_element(w, is_private(el->tag) ? "private image" :
	    "image in a value", el->tag, e);
}

static int
sweep_preamble(struct sweep *w, struct err *e)
{
	uint8_t b[PREAMBLE_BYTES];
	size_t i, n = 0;

	if (!w->s->preamble)
		return 0;
	if (scan_read(w->s, 0, b, sizeof b, e) < 0)
		return -1;
	for (i = 0; i < sizeof b; i++)
		n += b[i] != 0;
	if (n == 0)
		return 0;
	if (splice_blank(w->sp, 0, sizeof b, e) < 0)
		return -1;
	return report(w, "preamble", 0, "zeroed", "bytes", n, e);
}

int
carriers_sweep(struct dcm *d, const struct pixels *p,
    const struct rect *area, const struct carrier_options *o, carrier_fn *boxes,
    void *arg, struct splice *sp, struct carrier_report *r, struct err *e)
{
	struct sweep w = { .d = d, .s = dcm_scan(d), .p = p, .area = area, .o = o,
	    .boxes = boxes, .arg = arg, .sp = sp, .report = r };
	const struct scan_element *el = w.s->elements;
	size_t i, n;
	int got;

	if (sweep_preamble(&w, e) < 0)
		return -1;
	for (i = 0; i < w.s->n; i += n) {
		n = 1;
		if (!overlay_is(el[i].tag) && !is_curve(el[i].tag)) {
			if (sweep_element(&w, &el[i], e) < 0)
				return -1;
			continue;
		}
		while (i + n < w.s->n && el[i + n].tag >> 16 == el[i].tag >> 16)
			n++;
		got = is_curve(el[i].tag) ? remove_group(&w, "curve", i, n, e) :
		    sweep_overlay(&w, i, n, e);
		if (got < 0)
			return -1;
	}
	return 0;
}

/* -- whole slides ----------------------------------------------------------- */

bool
carriers_is_label(struct dcm *d)
{
	const char *s = dcm_string(d, DCM_TAG(0x0008, 0x0016), 0);

	if (s == NULL || strncmp(s, "1.2.840.10008.5.1.4.1.1.77.1.6", 30) != 0)
		return false;
	s = dcm_string(d, DCM_TAG(0x0008, 0x0008), 2);
	if (s != NULL && (strcmp(s, "LABEL") == 0 || strcmp(s, "OVERVIEW") == 0))
		return true;
	s = dcm_string(d, DCM_TAG(0x0048, 0x0010), 0);
	return s != NULL && strcmp(s, "YES") == 0;
}
