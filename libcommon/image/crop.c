/* crop: the matrix cut, with its coordinates; see crop.h. */
#include "image/crop.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "dicom/nested.h"
#include "dicom/scan.h"

#define ROWS DCM_TAG(0x0028, 0x0010)
#define COLUMNS DCM_TAG(0x0028, 0x0011)
#define PIXEL_SPACING DCM_TAG(0x0028, 0x0030)
#define POSITION DCM_TAG(0x0020, 0x0032)
#define ORIENTATION DCM_TAG(0x0020, 0x0037)
#define PLANE_POSITION DCM_TAG(0x0020, 0x9113)
#define PLANE_ORIENTATION DCM_TAG(0x0020, 0x9116)
#define PIXEL_MEASURES DCM_TAG(0x0028, 0x9110)
#define SHARED_GROUPS DCM_TAG(0x5200, 0x9229)
#define FRAME_GROUPS DCM_TAG(0x5200, 0x9230)
#define REGIONS DCM_TAG(0x0018, 0x6011)
#define VALUES_MAX 1024u	/* of one element: vertices of a polygon */

enum axis { COLUMN, ROW, ROW_COLUMN };	/* ROW_COLUMN: pairs */

/* Places in the matrix, counted from 1: PS3.3 C.7.6.11, C.8.7.3. */
static const struct place {
	uint32_t tag;
	enum axis axis;
} places[] = {
	{ DCM_TAG(0x0018, 0x1602), COLUMN },	/* shutters */
	{ DCM_TAG(0x0018, 0x1604), COLUMN },
	{ DCM_TAG(0x0018, 0x1606), ROW },
	{ DCM_TAG(0x0018, 0x1608), ROW },
	{ DCM_TAG(0x0018, 0x1610), ROW_COLUMN },
	{ DCM_TAG(0x0018, 0x1620), ROW_COLUMN },
	{ DCM_TAG(0x0018, 0x1702), COLUMN },	/* collimators */
	{ DCM_TAG(0x0018, 0x1704), COLUMN },
	{ DCM_TAG(0x0018, 0x1706), ROW },
	{ DCM_TAG(0x0018, 0x1708), ROW },
	{ DCM_TAG(0x0018, 0x1710), ROW_COLUMN },
	{ DCM_TAG(0x0018, 0x1720), ROW_COLUMN },
};

#define NPLACES (sizeof places / sizeof places[0])

/* -- pixels ----------------------------------------------------------------- */

static size_t
pixel_bytes(const struct pixels *p)
{
	return p->frame_bytes / ((size_t)p->rows * p->columns);
}

int
crop_pixels(const struct pixels *p, const struct rect *r, struct pixels *out,
    struct err *e)
{
	if (r->w == 0 || r->h == 0 || r->x >= p->columns || r->y >= p->rows ||
	    r->w > p->columns - r->x || r->h > p->rows - r->y)
		return err_set(e, "the crop is not within its %u columns and %u rows",
		    p->columns, p->rows);
	if (pixels_is_422(p) && (r->x % 2 != 0 || r->w % 2 != 0))
		return err_set(e, "its pixels share their chroma two by two: the crop "
		    "wants an even X and an even W");
	*out = *p;
	out->columns = r->w;
	out->rows = r->h;
	out->frame_bytes = (size_t)r->w * r->h * pixel_bytes(p);
	out->stream.width = r->w;
	out->stream.height = r->h;
	return 0;
}

void
crop_frame(const struct pixels *p, const struct rect *r, uint8_t *frame)
{
	size_t bytes = pixel_bytes(p), row = p->columns * bytes, n = r->w * bytes;
	const uint8_t *from = frame + r->y * row + r->x * bytes;
	uint32_t y;

	for (y = 0; y < r->h; y++, frame += n, from += row)
		memmove(frame, from, n);
}

/* -- one place after another ------------------------------------------------ */

static double
moved(const struct rect *r, enum axis axis, uint32_t i, double v)
{
	bool column = axis == COLUMN || (axis == ROW_COLUMN && i % 2 == 1);

	return v - (column ? r->x : r->y);
}

/* DS and IS: 16 and 12 characters, PS3.5 6.2. */
static int
add_decimal(struct buf *b, double v, struct err *e)
{
	char s[32];
	int digits = 16;

	do
		snprintf(s, sizeof s, "%.*g", digits, v);
	while (strlen(s) > 16 && --digits > 0);
	if (b->len > 0 && buf_add(b, "\\", 1, e) < 0)
		return -1;
	return buf_add(b, s, strlen(s), e);
}

static int
set_decimals(struct splice *sp, uint32_t tag, const char vr[2], struct buf *b,
    struct err *e)
{
	if (b->len % 2 != 0 && buf_add(b, " ", 1, e) < 0)
		return -1;
	return splice_bytes(sp, tag, vr, b->data, b->len, e);
}

static int
move_top(struct dcm *d, const struct rect *r, const struct place *p,
    struct splice *sp, struct err *e)
{
	struct buf b = { 0 };
	double v;
	uint32_t i;
	int got = 0;

	for (i = 0; got == 0 && dcm_number(d, p->tag, i, &v); i++)
		got = add_decimal(&b, moved(r, p->axis, i, v), e);
	if (got == 0 && i > 0)
		got = set_decimals(sp, p->tag, "IS", &b, e);
	buf_free(&b);
	return got;
}

static int
move_nested(const struct nested *item, const struct rect *r,
    const struct place *p, struct err *e)
{
	double v[VALUES_MAX];
	uint32_t n;

	for (n = 0; n < VALUES_MAX && nested_number(item, p->tag, n, &v[n]); n++)
		v[n] = moved(r, p->axis, n, v[n]);
	if (n == VALUES_MAX)
		return err_set(e, "(%04x,%04x) has too many values to be moved",
		    p->tag >> 16, p->tag & 0xffff);
	return n == 0 ? 0 : nested_set(item, p->tag, v, n, e);
}

/* -- Image Position (Patient): PS3.3 C.7.6.2.1.1 ---------------------------- */

struct plane {
	double position[3], orientation[6], spacing[2];
};

/* The first R->x columns and R->y rows are gone. */
static void
move_position(const struct rect *r, struct plane *p)
{
	int i;

	for (i = 0; i < 3; i++)
		p->position[i] += p->orientation[i] * p->spacing[1] * r->x +
		    p->orientation[3 + i] * p->spacing[0] * r->y;
}

static bool
top_numbers(struct dcm *d, uint32_t tag, double *v, uint32_t n)
{
	uint32_t i;

	for (i = 0; i < n; i++)
		if (!dcm_number(d, tag, i, &v[i]))
			return false;
	return true;
}

static int
move_top_position(struct dcm *d, const struct rect *r, struct splice *sp,
    struct err *e)
{
	struct buf b = { 0 };
	struct plane p;
	int got = 0, i;

	if (!dcm_has(d, POSITION))
		return 0;
	if (!top_numbers(d, POSITION, p.position, 3) ||
	    !top_numbers(d, ORIENTATION, p.orientation, 6) ||
	    !top_numbers(d, PIXEL_SPACING, p.spacing, 2))
		return err_set(e, "Image Position (0020,0032) cannot be moved without "
		    "orientation and pixel spacing");
	move_position(r, &p);
	for (i = 0; got == 0 && i < 3; i++)
		got = add_decimal(&b, p.position[i], e);
	if (got == 0)
		got = set_decimals(sp, POSITION, "DS", &b, e);
	buf_free(&b);
	return got;
}

static bool
nested_numbers(const struct nested *item, uint32_t tag, double *v, uint32_t n)
{
	uint32_t i;

	for (i = 0; i < n; i++)
		if (!nested_number(item, tag, i, &v[i]))
			return false;
	return true;
}

struct groups {
	const struct rect *r;
	struct nested shared;
	bool has_shared;
};

/* Of the frame's own functional groups GROUP, or else of the shared ones. */
static bool
of_group(const struct groups *g, const struct nested *group, uint32_t sequence,
    uint32_t tag, double *v, uint32_t n)
{
	struct nested child;

	if (nested_child(group, sequence, &child))
		return nested_numbers(&child, tag, v, n);
	return g->has_shared && nested_child(&g->shared, sequence, &child) &&
	    nested_numbers(&child, tag, v, n);
}

static int
group_item(void *arg, struct nested *item, enum nested_verdict *verdict,
    struct err *e)
{
	struct groups *g = arg;
	struct nested position;
	struct plane p;
	size_t i;

	(void)verdict;
	for (i = 0; i < NPLACES; i++)
		if (move_nested(item, g->r, &places[i], e) < 0)
			return -1;
	if (!nested_child(item, PLANE_POSITION, &position) ||
	    !nested_numbers(&position, POSITION, p.position, 3))
		return 0;
	if (!of_group(g, item, PLANE_ORIENTATION, ORIENTATION, p.orientation, 6) ||
	    !of_group(g, item, PIXEL_MEASURES, PIXEL_SPACING, p.spacing, 2))
		return err_set(e, "Image Position (0020,0032) of a frame cannot be "
		    "moved without orientation and pixel spacing");
	move_position(g->r, &p);
	return nested_set(&position, POSITION, p.position, 3, e);
}

/* -- ultrasound regions: PS3.3 C.8.5.5 -------------------------------------- */

struct span {
	uint32_t min, max, reference;	/* tags, from 0, bounds included */
};

/* Cuts one axis of a region. Returns 1, 0 when nothing of it is left, or -1. */
static int
cut_region(const struct nested *item, const struct span *s, double from,
    double length, struct err *e)
{
	double min, max, ref, cut = 0;

	if (!nested_number(item, s->min, 0, &min) ||
	    !nested_number(item, s->max, 0, &max))
		return err_set(e, "an ultrasound region has no bounds");
	min -= from;
	max -= from;
	if (max < 0 || min >= length)
		return 0;
	if (min < 0) {
		cut = -min;
		min = 0;
	}
	if (max > length - 1)
		max = length - 1;
	if (nested_set(item, s->min, &min, 1, e) < 0 ||
	    nested_set(item, s->max, &max, 1, e) < 0)
		return -1;
	/* It counts from the region's corner, and others count from it. */
	if (!nested_number(item, s->reference, 0, &ref))
		return 1;
	ref -= cut;
	return nested_set(item, s->reference, &ref, 1, e) < 0 ? -1 : 1;
}

static int
region(void *arg, struct nested *item, enum nested_verdict *verdict,
    struct err *e)
{
	static const struct span x = { DCM_TAG(0x0018, 0x6018),
	    DCM_TAG(0x0018, 0x601c), DCM_TAG(0x0018, 0x6020) };
	static const struct span y = { DCM_TAG(0x0018, 0x601a),
	    DCM_TAG(0x0018, 0x601e), DCM_TAG(0x0018, 0x6022) };
	const struct rect *r = arg;
	double unused;
	int got;

	if (!nested_number(item, x.min, 0, &unused))
		return 0;	/* an item inside of a region */
	if ((got = cut_region(item, &x, r->x, r->w, e)) > 0)
		got = cut_region(item, &y, r->y, r->h, e);
	if (got == 0)
		*verdict = NESTED_DROP;
	return got < 0 ? -1 : 0;
}

/* -- the header ------------------------------------------------------------- */

static int
move_sequence(struct dcm *d, uint32_t tag, nested_fn *fn, void *arg,
    struct splice *sp, struct err *e)
{
	struct buf value = { 0 };
	int got = nested_edit(d, tag, fn, arg, &value, e);

	if (got > 0)
		got = value.len > 0 ?
		    splice_bytes(sp, tag, "SQ", value.data, value.len, e) :
		    splice_remove(sp, tag, e);
	buf_free(&value);
	return got;
}

/* Row and column of the overlay's first point, from 1: PS3.3 C.9.2. */
static int
move_overlays(struct dcm *d, const struct rect *r, struct splice *sp,
    struct err *e)
{
	uint32_t group, tag;
	double row, column;

	for (group = 0x6000; group <= 0x60fe; group += 2) {
		tag = DCM_TAG(group, 0x0050);
		if (!dcm_number(d, tag, 0, &row) || !dcm_number(d, tag, 1, &column))
			continue;
		row -= r->y;
		column -= r->x;
		if (row < INT16_MIN || column < INT16_MIN)
			return err_set(e, "an overlay would begin too far outside");
		if (splice_ss(sp, tag, (int16_t)row, (int16_t)column, e) < 0)
			return -1;
	}
	return 0;
}

int
crop_header(struct dcm *d, const struct rect *r, struct splice *sp,
    struct err *e)
{
	struct groups g = { .r = r };
	size_t i;

	if (dcm_has(d, DCM_TAG(0x0048, 0x0006)))
		return err_set(e, "tiles of a whole slide cannot be cropped");
	if (splice_us(sp, ROWS, (uint16_t)r->h, e) < 0 ||
	    splice_us(sp, COLUMNS, (uint16_t)r->w, e) < 0 ||
	    move_top_position(d, r, sp, e) < 0)
		return -1;
	for (i = 0; i < NPLACES; i++)
		if (move_top(d, r, &places[i], sp, e) < 0)
			return -1;
	g.has_shared = nested_top(d, SHARED_GROUPS, &g.shared);
	if (move_sequence(d, SHARED_GROUPS, group_item, &g, sp, e) < 0 ||
	    move_sequence(d, FRAME_GROUPS, group_item, &g, sp, e) < 0 ||
	    move_sequence(d, REGIONS, region, (void *)r, sp, e) < 0)
		return -1;
	return move_overlays(d, r, sp, e);
}
