/* render: stored values to display values; see render.h. */
#include "image/render.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dicom/lut.h"
#include "image/beside.h"
#include "image/levels.h"

struct render {
	struct dcm *d;
	const struct pixels *p;
	struct lut_palette palette;
	bool coloured;		/* by its palette */
	bool padded;
	int32_t pad_low, pad_high;
	struct lut_grey grey;	/* of the frame at hand */
	/*
	 * Display values by stored value, from LEAST on, three each for a
	 * palette. Above 16 bits grey works out each pixel, colour drops the
	 * lowest bits.
	 */
	uint16_t *map;
	uint32_t depth;		/* Bits Stored, at most 16 */
	int32_t least;		/* that the stored bits can say */
	int32_t *row, *rgb;	/* a row as stored, and as RGB */
	struct levels *levels[3];	/* of VIEW_LOW, by channel */
	struct beside *beside;		/* of VIEW_OVERLAY */
};

/* The least and the greatest of something, of all that was seen. */
struct range {
	double min, max;
	bool any;
};

static const char *const names[] = {
	[VIEW_VOI] = "voi", [VIEW_FULL] = "full", [VIEW_RAW] = "raw",
	[VIEW_LOW] = "low", [VIEW_OVERLAY] = "overlay"
};

const char *
render_view_name(enum render_view v)
{
	return names[v];
}

bool
render_view_parse(const char *name, size_t n, enum render_view *v)
{
	size_t i;

	for (i = 0; i < sizeof names / sizeof names[0]; i++)
		if (strlen(names[i]) == n && memcmp(names[i], name, n) == 0) {
			*v = (enum render_view)i;
			return true;
		}
	return false;
}

/* -- stored values -------------------------------------------------------- */

static bool
is_colour(const struct pixels *p)
{
	return p->samples == 3;
}

static uint32_t
word(const uint8_t *in, size_t bytes)
{
	switch (bytes) {
	case 1:
		return in[0];
	case 2:
		return in[0] | (uint32_t)in[1] << 8;
	default:
		return in[0] | (uint32_t)in[1] << 8 | (uint32_t)in[2] << 16 |
		    (uint32_t)in[3] << 24;
	}
}

/* Bits Stored up to High Bit, the sign extended: PS3.5 8.1.1. */
static void
unpack(const struct pixels *p, const uint8_t *in, size_t n, int32_t *out)
{
	unsigned shift = p->high_bit + 1 - p->bits_stored;
	uint32_t mask = p->bits_stored >= 32 ? UINT32_MAX :
	    ((uint32_t)1 << p->bits_stored) - 1;
	uint32_t sign = p->is_signed ? (uint32_t)1 << (p->bits_stored - 1) : 0;
	size_t i;

	/* Unsigned values of 32 bits have their top bit flipped: see value(). */
	if (p->bits_stored >= 32 && !p->is_signed)
		for (i = 0; i < n; i++, in += p->bytes)
			out[i] = (int32_t)(word(in, p->bytes) ^ 0x80000000u);
	else
		for (i = 0; i < n; i++, in += p->bytes)
			out[i] = (int32_t)(((word(in, p->bytes) >> shift & mask) ^
			    sign) - sign);
}

/* The number that an unpacked value stands for. */
static double
value(const struct pixels *p, int32_t v)
{
	return p->bits_stored >= 32 && !p->is_signed ?
	    (double)v + 2147483648.0 : (double)v;
}

/* A sample counted from the least that its bits can say. */
static int64_t
from_zero(const struct pixels *p, int32_t v)
{
	/* Of 32 bits unsigned the top bit was flipped: see unpack(). */
	return p->is_signed || p->bits_stored >= 32 ?
	    (int64_t)v + ((int64_t)1 << (p->bits_stored - 1)) : v;
}

/* Row Y, unpacked into R->row: Columns times Samples per Pixel values. */
static const int32_t *
row_of(struct render *r, const void *stored, uint32_t y)
{
	const struct pixels *p = r->p;
	size_t n = (size_t)p->columns * (pixels_is_422(p) ? 2 : p->samples), x;
	int32_t *row = r->row, y0, y1, cb, cr;

	unpack(p, (const uint8_t *)stored + y * n * p->bytes, n, row);
	if (!pixels_is_422(p))
		return row;
	/* Y Y Cb Cr to Y Cb Cr Y Cb Cr, from the right: it grows. */
	for (x = p->columns / 2; x-- > 0;) {
		y0 = row[4 * x];
		y1 = row[4 * x + 1];
		cb = row[4 * x + 2];
		cr = row[4 * x + 3];
		row[6 * x] = y0;
		row[6 * x + 3] = y1;
		row[6 * x + 1] = row[6 * x + 4] = cb;
		row[6 * x + 2] = row[6 * x + 5] = cr;
	}
	return row;
}

/* -- samples of the result ------------------------------------------------ */

static uint8_t *
put(uint8_t *out, uint32_t maxval, uint32_t v)
{
	if (maxval > 255)
		*out++ = (uint8_t)(v >> 8);
	*out++ = (uint8_t)v;
	return out;
}

/* X of 0 to 1 as a level; beyond, the nearer end. NaN is black. */
static uint32_t
level(double x, uint32_t maxval)
{
	if (!(x > 0))
		return 0;
	return x >= 1 ? maxval : (uint32_t)(x * maxval + 0.5);
}

/* Where X lies between A and B; a flat frame is black. */
static double
between(double x, double a, double b)
{
	return b > a ? (x - a) / (b - a) : 0;
}

/* -- grey ----------------------------------------------------------------- */

static uint32_t
lookup(const struct lut *l, double x)
{
	double i = x - l->first;

	if (!(i > 0))
		return l->data[0];
	return i >= l->entries - 1 ? l->data[l->entries - 1] :
	    l->data[(uint32_t)i];
}

/* PS3.3 C.11.1. */
static double
modality(const struct lut_grey *g, double x)
{
	return g->modality.entries != 0 ? lookup(&g->modality, x) :
	    x * g->slope + g->intercept;
}

/* PS3.3 C.11.2.1.2 and C.11.2.1.3, the result from 0 to 1. */
static double
windowed(const struct lut_grey *g, double x)
{
	double c = g->centre, w = g->width;

	if (g->function == LUT_SIGMOID)
		return 1 / (1 + exp(-4 * (x - c) / w));
	/* LINEAR wants a width of at least 1: below, the other's is meant. */
	if (g->function == LUT_LINEAR && w >= 1) {
		if (x <= c - 0.5 - (w - 1) / 2)
			return 0;
		if (x > c - 0.5 + (w - 1) / 2)
			return 1;
		return (x - (c - 0.5)) / (w - 1) + 0.5;
	}
	return (x - c) / w + 0.5;
}

/* The display value, 0 to 1, of the stored value X. RANGE of what was said. */
static double
shown(const struct render *r, enum render_view v, const struct range *range,
    double x)
{
	const struct lut_grey *g = &r->grey;
	double y;

	if (v == VIEW_FULL)
		y = between(x, range->min, range->max);
	else if (g->voi.entries != 0)
		y = lookup(&g->voi, floor(modality(g, x) + 0.5)) /
		    (double)(((uint32_t)1 << g->voi.bits) - 1);
	else if (g->windowed)
		y = windowed(g, modality(g, x));
	else
		y = between(modality(g, x), range->min, range->max);
	return r->p->photometric == PHOTO_MONOCHROME1 ? 1 - y : y;
}

static void
widen(struct range *range, double x)
{
	if (!range->any || x < range->min)
		range->min = x;
	if (!range->any || x > range->max)
		range->max = x;
	range->any = true;
}

/* The least and greatest of each row are enough: all maps here are monotone. */
static struct range
stored_range(struct render *r, const void *stored, bool skip_padding)
{
	const struct pixels *p = r->p;
	size_t x, n = (size_t)p->columns * p->samples;
	int32_t min = INT32_MAX, max = INT32_MIN;
	struct range range = { 0, 0, false };
	const int32_t *row;
	uint32_t y;

	for (y = 0; y < p->rows; y++) {
		row = row_of(r, stored, y);
		for (x = 0; x < n; x++) {
			if (skip_padding && row[x] >= r->pad_low &&
			    row[x] <= r->pad_high)
				continue;
			if (row[x] < min)
				min = row[x];
			if (row[x] > max)
				max = row[x];
		}
	}
	if (min <= max) {
		widen(&range, value(p, min));
		widen(&range, value(p, max));
	}
	return range;
}

/* The same after the modality transform, whose table need not be monotone. */
static struct range
modality_range(struct render *r, const void *stored)
{
	struct range in = stored_range(r, stored, r->padded), out = { 0, 0, false };
	double x;

	if (!in.any)	/* all of it is padding: then it is worth a look */
		in = stored_range(r, stored, false);
	if (r->grey.modality.entries == 0) {
		widen(&out, modality(&r->grey, in.min));
		widen(&out, modality(&r->grey, in.max));
		return out;
	}
	/* More than its table covers would only repeat an end. */
	for (x = in.min; x <= in.max && x < in.min + 65536.0 * 2; x++)
		widen(&out, modality(&r->grey, x));
	widen(&out, modality(&r->grey, in.max));
	return out;
}

static struct range
range_for(struct render *r, const void *stored, enum render_view v)
{
	struct range one_bit = { 0, 1, true }, none = { 0, 0, false };

	if (r->p->bits_stored == 1)	/* a frame of ones alone is white */
		return one_bit;
	if (v == VIEW_FULL)
		return stored_range(r, stored, false);
	if (r->grey.voi.entries != 0 || r->grey.windowed)
		return none;
	return modality_range(r, stored);
}

/* Makes R->map what the stored values FROM to TO are shown as. */
static void
map_grey(struct render *r, enum render_view v, const struct range *range,
    int32_t from, int32_t to, uint32_t maxval)
{
	int32_t i;

	for (i = from; i <= to; i++)
		r->map[i - r->least] = (uint16_t)level(shown(r, v, range, i),
		    maxval);
}

static void
render_grey(struct render *r, const void *stored, enum render_view v,
    uint32_t maxval, struct pnm *out)
{
	const struct pixels *p = r->p;
	struct range range = range_for(r, stored, v), used;
	bool mapped = p->bits_stored <= 16;
	uint8_t *to = out->samples;
	const int32_t *row;
	uint32_t x, y;

	if (mapped) {	/* of the levels that the frame has */
		used = stored_range(r, stored, false);
		map_grey(r, v, &range, (int32_t)used.min, (int32_t)used.max,
		    maxval);
	}
	for (y = 0; y < p->rows; y++) {
		row = row_of(r, stored, y);
		for (x = 0; x < p->columns; x++)
			to = put(to, maxval, mapped ?
			    r->map[row[x] - r->least] :
			    level(shown(r, v, &range, value(p, row[x])), maxval));
	}
}

/* -- what hides between levels -------------------------------------------- */

/*
 * The stored sample that channel K of the view shows. Luma is green, which weighs
 * most to who makes it grey again.
 */
static size_t
sample_of(const struct pixels *p, size_t k)
{
	static const size_t ybr[] = { 1, 0, 2 };

	return is_colour(p) && p->photometric != PHOTO_RGB ? ybr[k] : k;
}

static int
spread_levels(struct render *r, const void *stored, struct err *e)
{
	const struct pixels *p = r->p;
	const int32_t *row;
	uint32_t y;
	size_t k;

	for (k = 0; k < p->samples; k++) {
		if (r->levels[k] == NULL && levels_new(r->least, p->bits_stored,
		    &r->levels[k], e) < 0)
			return -1;
		levels_clear(r->levels[k]);
	}
	for (y = 0; y < p->rows; y++) {
		row = row_of(r, stored, y);
		for (k = 0; k < p->samples; k++)
			if (levels_add(r->levels[k], row + sample_of(p, k),
			    p->columns, p->samples, e) < 0)
				return -1;
	}
	for (k = 0; k < p->samples; k++)
		if (levels_spread(r->levels[k], e) < 0)
			return -1;
	return 0;
}

static int
render_low(struct render *r, const void *stored, uint32_t maxval,
    struct pnm *out, struct err *e)
{
	const struct pixels *p = r->p;
	uint8_t *to = out->samples;
	const int32_t *row;
	uint32_t x, y;
	size_t k;

	if (spread_levels(r, stored, e) < 0)
		return -1;
	for (y = 0; y < p->rows; y++) {
		row = row_of(r, stored, y);
		for (x = 0; x < p->columns; x++, row += p->samples)
			for (k = 0; k < p->samples; k++)
				to = put(to, maxval, maxval / 255 * levels_shade(
				    r->levels[k], row[sample_of(p, k)]));
	}
	return 0;
}

/* -- colour --------------------------------------------------------------- */

/*
 * C.7.6.3.1.2: ITU-R BT.601, as 16-bit fractions, rounded as libjpeg rounds, so
 * that a decoder which converts by itself gives the same pixels.
 */
struct ybr {
	int64_t y, cr_r, cb_g, cr_g, cb_b;
};

static const struct ybr full = { 65536, 91881, 22554, 46802, 116130 };
/* Luma from 16 to 235, chroma from 16 to 240: times 255/219 and 255/224. */
static const struct ybr partial = { 76309, 104597, 25675, 53279, 132201 };

static int32_t
clip(int64_t x, int64_t max)
{
	/* x is a sum of 16-bit fractions; >> of a negative one rounds down. */
	x >>= 16;
	return (int32_t)(x < 0 ? 0 : x > max ? max : x);
}

/* The samples of a row as RGB of R->depth bits. */
static void
rgb_row(struct render *r, const int32_t *row, int32_t *rgb)
{
	const struct pixels *p = r->p;
	const struct ybr *k = p->photometric == PHOTO_YBR_PARTIAL_422 ?
	    &partial : &full;
	unsigned drop = p->bits_stored - r->depth;
	int64_t max = ((int64_t)1 << r->depth) - 1;
	int64_t mid = (int64_t)1 << (r->depth - 1);
	int64_t black = k == &partial ? 16 : 0, y, cb, cr;
	size_t x;

	if (p->photometric == PHOTO_RGB) {
		for (x = 0; x < (size_t)3 * p->columns; x++)
			rgb[x] = (int32_t)(from_zero(p, row[x]) >> drop);
		return;
	}
	for (x = 0; x < p->columns; x++, row += 3, rgb += 3) {
		y = ((from_zero(p, row[0]) >> drop) - black) * k->y + 32768;
		cb = (from_zero(p, row[1]) >> drop) - mid;
		cr = (from_zero(p, row[2]) >> drop) - mid;
		rgb[0] = clip(y + k->cr_r * cr, max);
		rgb[1] = clip(y - k->cb_g * cb - k->cr_g * cr, max);
		rgb[2] = clip(y + k->cb_b * cb, max);
	}
}

/*
 * The same for what nearly all colour is: 8-bit samples shown as they are. It
 * is here for speed alone, half of the time of a JPEG cine.
 */
static bool
render_plain_colour(const struct pixels *p, const uint8_t *in, uint8_t *out)
{
	size_t n = (size_t)p->columns * p->rows;
	int32_t y, cb, cr;

	if (p->bytes != 1 || p->bits_stored != 8 || p->is_signed)
		return false;
	if (p->photometric == PHOTO_RGB) {
		memcpy(out, in, 3 * n);
		return true;
	}
	if (p->photometric != PHOTO_YBR_FULL)
		return false;
	for (; n > 0; n--, in += 3, out += 3) {
		y = in[0] * (int32_t)full.y + 32768;
		cb = in[1] - 128;
		cr = in[2] - 128;
		out[0] = (uint8_t)clip(y + (int32_t)full.cr_r * cr, 255);
		out[1] = (uint8_t)clip(y - (int32_t)full.cb_g * cb -
		    (int32_t)full.cr_g * cr, 255);
		out[2] = (uint8_t)clip(y + (int32_t)full.cb_b * cb, 255);
	}
	return true;
}

static void
render_colour(struct render *r, const void *stored, enum render_view v,
    uint32_t maxval, struct pnm *out)
{
	const struct pixels *p = r->p;
	size_t x, n = (size_t)p->columns * 3;
	int32_t i, max = (int32_t)(((uint32_t)1 << r->depth) - 1);
	struct range range = { 0, max, v != VIEW_FULL };
	uint8_t *to = out->samples;
	uint32_t y;

	if (v == VIEW_VOI && maxval == 255 &&
	    render_plain_colour(p, stored, out->samples))
		return;
	if (v == VIEW_FULL)
		for (y = 0; y < p->rows; y++) {
			rgb_row(r, row_of(r, stored, y), r->rgb);
			for (x = 0; x < n; x++)
				widen(&range, r->rgb[x]);
		}
	for (i = 0; i <= max; i++)
		r->map[i] = (uint16_t)level(between(i, range.min, range.max),
		    maxval);
	for (y = 0; y < p->rows; y++) {
		rgb_row(r, row_of(r, stored, y), r->rgb);
		for (x = 0; x < n; x++)
			to = put(to, maxval, r->map[r->rgb[x]]);
	}
}

/* A palette's entry as a level. */
static uint16_t
entry(const struct lut *l, int32_t v, uint32_t maxval)
{
	return (uint16_t)level(lookup(l, v) /
	    (double)(((uint32_t)1 << l->bits) - 1), maxval);
}

/* C.7.9; below a supplemental palette's first entry the image is grey. */
static void
map_palette(struct render *r, const void *stored, int32_t from, int32_t to,
    uint32_t maxval)
{
	const struct lut_palette *l = &r->palette;
	struct range range = { 0, 0, false };
	uint16_t *m;
	int32_t i;

	if (l->supplemental)
		range = range_for(r, stored, VIEW_VOI);
	for (i = from; i <= to; i++) {
		m = r->map + 3 * (size_t)(i - r->least);
		if (l->supplemental && i < l->red.first)
			m[0] = m[1] = m[2] = (uint16_t)level(shown(r, VIEW_VOI,
			    &range, i), maxval);
		else {
			m[0] = entry(&l->red, i, maxval);
			m[1] = entry(&l->green, i, maxval);
			m[2] = entry(&l->blue, i, maxval);
		}
	}
}

static void
render_palette(struct render *r, const void *stored, uint32_t maxval,
    struct pnm *out)
{
	const struct pixels *p = r->p;
	struct range used = stored_range(r, stored, false);
	uint8_t *to = out->samples;
	const int32_t *row;
	uint32_t x, y;
	uint16_t *m;

	map_palette(r, stored, (int32_t)used.min, (int32_t)used.max, maxval);
	for (y = 0; y < p->rows; y++) {
		row = row_of(r, stored, y);
		for (x = 0; x < p->columns; x++) {
			m = r->map + 3 * (size_t)(row[x] - r->least);
			to = put(to, maxval, m[0]);
			to = put(to, maxval, m[1]);
			to = put(to, maxval, m[2]);
		}
	}
}

/* -- raw ------------------------------------------------------------------ */

static void
render_raw(struct render *r, const void *stored, struct pnm *out)
{
	const struct pixels *p = r->p;
	size_t x, n = (size_t)p->columns * p->samples;
	uint8_t *to = out->samples;
	const int32_t *row;
	uint32_t y;

	for (y = 0; y < p->rows; y++) {
		row = row_of(r, stored, y);
		for (x = 0; x < n; x++)
			to = put(to, out->maxval,
			    (uint32_t)from_zero(p, row[x]));
	}
}

/* -- the whole ------------------------------------------------------------ */

int
render_new(struct dcm *d, const struct pixels *p, struct render **out,
    struct err *e)
{
	struct render *r;
	int got;

	if ((r = calloc(1, sizeof *r)) == NULL)
		return err_set(e, "out of memory");
	r->d = d;
	r->p = p;
	r->depth = p->bits_stored < 16 ? p->bits_stored : 16;
	if ((r->row = calloc((size_t)p->columns * 3, sizeof *r->row)) == NULL ||
	    (r->rgb = calloc((size_t)p->columns * 3, sizeof *r->rgb)) == NULL ||
	    (r->map = calloc((size_t)3 << r->depth, sizeof *r->map)) == NULL) {
		got = err_set(e, "out of memory");
		goto fail;
	}
	if (p->is_signed && p->bits_stored <= 16)
		r->least = -((int32_t)1 << (p->bits_stored - 1));
	if ((got = lut_palette_read(d, p, &r->palette, e)) < 0)
		goto fail;
	r->coloured = got == 1;
	r->padded = p->bits_stored <= 16 &&
	    lut_padding(d, p, &r->pad_low, &r->pad_high);
	*out = r;
	return 0;
fail:
	render_free(r);
	return got;
}

void
render_free(struct render *r)
{
	if (r == NULL)
		return;
	lut_palette_free(&r->palette);
	lut_grey_free(&r->grey);
	beside_free(r->beside);
	levels_free(r->levels[0]);
	levels_free(r->levels[1]);
	levels_free(r->levels[2]);
	free(r->map);
	free(r->row);
	free(r->rgb);
	free(r);
}

int
render_check(struct render *r, enum render_view v, struct err *e)
{
	if (v == VIEW_OVERLAY && r->beside == NULL)
		return beside_new(r->d, r->p, &r->beside, e);
	if (v == VIEW_RAW && r->p->bits_stored > 16)
		return err_set(e, "stored values of %u bits do not fit in a PNM image",
		    r->p->bits_stored);
	return 0;
}

int
render_table(struct render *r, const void *stored, uint32_t frame,
    struct render_table *out, struct err *e)
{
	const struct pixels *p = r->p;
	struct range range;
	int32_t most;

	if (p->samples != 1 || p->bits_stored > 16)
		return err_set(e, "has no table of %u samples of %u bits",
		    p->samples, p->bits_stored);
	if ((!r->coloured || r->palette.supplemental) &&
	    lut_grey_read(r->d, p, frame, &r->grey, e) < 0)
		return -1;
	out->least = r->least;
	out->n = (uint32_t)1 << p->bits_stored;
	out->channels = r->coloured ? 3 : 1;
	out->shown = r->map;
	most = r->least + (int32_t)(out->n - 1);
	if (r->coloured)
		map_palette(r, stored, r->least, most, UINT16_MAX);
	else {
		range = range_for(r, stored, VIEW_VOI);
		map_grey(r, VIEW_VOI, &range, r->least, most, UINT16_MAX);
	}
	return 0;
}

int
render_frame(struct render *r, const void *stored, uint32_t frame,
    enum render_view v, uint32_t maxval, struct pnm *out, struct err *e)
{
	const struct pixels *p = r->p;
	bool palette = r->coloured && v == VIEW_VOI;
	uint32_t channels = 1;

	if (render_check(r, v, e) < 0)
		return -1;
	if (palette || (is_colour(p) && v != VIEW_OVERLAY))
		channels = 3;
	if (v == VIEW_RAW)
		maxval = p->bits_stored > 8 ? 65535 : 255;
	if (v == VIEW_OVERLAY)
		maxval = 255;
	if (v == VIEW_VOI && p->samples == 1 && (!palette ||
	    r->palette.supplemental) &&
	    lut_grey_read(r->d, p, frame, &r->grey, e) < 0)
		return -1;
	if (pnm_shape(out, p->columns, p->rows, channels, maxval, e) < 0)
		return -1;
	if (v == VIEW_RAW)
		render_raw(r, stored, out);
	else if (v == VIEW_OVERLAY)
		return beside_shade(r->beside, stored, frame, out->samples, e);
	else if (v == VIEW_LOW)
		return render_low(r, stored, maxval, out, e);
	else if (palette)
		render_palette(r, stored, maxval, out);
	else if (is_colour(p))
		render_colour(r, stored, v, maxval, out);
	else
		render_grey(r, stored, v, maxval, out);
	return 0;
}
