/* fill: what goes into a box, in stored values; see fill.h. */
#include <stdlib.h>
#include <string.h>

#include "image/fill_internal.h"

static const char *const names[] = {
	"black", "white", "min", "max", "background", "contrast", "mean", "telea",
	"ns", "noise", "text", "test"
};

bool
fill_mode_parse(const char *name, enum fill_mode *mode)
{
	size_t i;

	for (i = 0; i < FILL_TEST; i++)	/* which is no fill */
		if (strcmp(name, names[i]) == 0) {
			*mode = (enum fill_mode)i;
			return true;
		}
	return false;
}

static const struct {
	const char *name;
	uint8_t rgb[3];
} colours[] = {
	{ "red", { 255, 0, 0 } },
	{ "green", { 0, 255, 0 } },
	{ "blue", { 0, 0, 255 } },
	{ "yellow", { 255, 255, 0 } },
	{ "magenta", { 255, 0, 255 } },
	{ "cyan", { 0, 255, 255 } },
	{ "white", { 255, 255, 255 } },
	{ "gray", { 128, 128, 128 } }
};

bool
fill_colour_parse(const char *name, uint8_t rgb[3])
{
	unsigned long v;
	size_t i;

	for (i = 0; i < sizeof colours / sizeof colours[0]; i++)
		if (strcmp(name, colours[i].name) == 0) {
			memcpy(rgb, colours[i].rgb, 3);
			return true;
		}
	if (name[0] != '#' || strlen(name) != 7 ||
	    strspn(name + 1, "0123456789abcdefABCDEF") != 6)
		return false;
	v = strtoul(name + 1, NULL, 16);
	for (i = 0; i < 3; i++)
		rgb[i] = (uint8_t)(v >> (16 - 8 * i) & 0xff);
	return true;
}

const char *
fill_mode_name(enum fill_mode mode)
{
	return names[mode];
}

/* -- palettes: PS3.3 C.7.9 ------------------------------------------------ */

/* ITU-R BT.709 luma in 1/10000 of a 16-bit entry; it just fits. */
static void
add_colour(struct fill *f, const struct lut *l, uint32_t weight)
{
	uint32_t i;

	for (i = 0; i < l->entries && i < f->count; i++)
		f->bright[i] += weight * l->data[i];
}

static int
read_palette(struct fill *f, struct dcm *d, const struct pixels *p,
    struct err *e)
{
	struct lut_palette *l = &f->palette;
	int got;

	if ((got = lut_palette_read(d, p, l, e)) <= 0)
		return got < 0 ? -1 : err_set(e, "has no palette");
	f->count = l->red.entries;
	f->first = l->red.first;
	if ((f->bright = calloc((size_t)f->count, sizeof *f->bright)) == NULL)
		got = err_set(e, "out of memory");
	else {
		add_colour(f, &l->red, 2126);
		add_colour(f, &l->green, 7152);
		add_colour(f, &l->blue, 722);
	}
	return got < 0 ? -1 : 0;
}

int64_t
fill_value_min(const struct fill *f)
{
	return f->is_signed ? -((int64_t)1 << (f->bits - 1)) : 0;
}

int64_t
fill_value_max(const struct fill *f)
{
	return ((int64_t)1 << (f->is_signed ? f->bits - 1 : f->bits)) - 1;
}

/* The darkest and lightest entries that a stored value can name. */
static void
palette_ends(struct fill *f)
{
	int64_t v, from = f->first, to = f->first + f->count - 1;

	if (from < fill_value_min(f) || from > fill_value_max(f))
		from = fill_value_min(f);
	if (to > fill_value_max(f) || to < from)
		to = fill_value_max(f);
	f->black = f->white = from;
	for (v = from; v <= to; v++) {
		if (fill_brightness(f, v) < fill_brightness(f, f->black))
			f->black = v;
		if (fill_brightness(f, v) > fill_brightness(f, f->white))
			f->white = v;
	}
}

/* -- making one ----------------------------------------------------------- */

static bool
falls(const struct lut *l)
{
	return l->entries > 1 && l->data[0] > l->data[l->entries - 1];
}

/* Is the greatest stored value the darkest? PS3.3 C.11.1, C.11.2. */
static bool
is_turned(struct dcm *d, const struct pixels *p)
{
	bool turned = p->photometric == PHOTO_MONOCHROME1;
	struct lut_grey g = { 0 };

	if (lut_grey_read(d, p, 1, &g, NULL) < 0)
		return turned;	/* a viewer cannot heed it either */
	if (g.modality.entries > 0 ? falls(&g.modality) : g.slope < 0)
		turned = !turned;
	if (falls(&g.voi))
		turned = !turned;
	lut_grey_free(&g);
	return turned;
}

struct fill *
fill_new(const struct fill_style *style, struct dcm *d, const struct pixels *p,
    struct err *e)
{
	struct fill *f = calloc(1, sizeof *f);
	int32_t low = 0, high = 0;

	if (f == NULL) {
		err_set(e, "out of memory");
		return NULL;
	}
	f->style = *style;
	f->width = p->columns;
	f->height = p->rows;
	f->samples = p->samples;
	f->bytes = p->bytes;
	f->pairs = pixels_is_422(p);
	f->chroma = f->pairs || p->photometric == PHOTO_YBR_FULL;
	f->bits = p->bits_stored;
	f->shift = p->high_bit + 1 - p->bits_stored;
	f->is_signed = p->is_signed;
	f->neutral = f->is_signed ? 0 : (int64_t)1 << (f->bits - 1);
	f->black = fill_value_min(f);
	f->white = fill_value_max(f);
	f->chroma_span = f->white - f->black;
	f->padded = p->samples == 1 && lut_padding(d, p, &low, &high);
	f->pad_low = low;
	f->pad_high = high;
	if (p->photometric == PHOTO_YBR_PARTIAL_422) {
		f->black = 16;
		f->white = 235;
		f->chroma_span = 224;
	}
	if (p->photometric == PHOTO_PALETTE) {
		if (read_palette(f, d, p, e) < 0) {
			fill_free(f);
			return NULL;
		}
		palette_ends(f);
		/* Indexes are no quantity. */
		if (f->style.mode >= FILL_MEAN && f->style.mode <= FILL_NS)
			f->style.mode = FILL_BACKGROUND;
	} else if (p->samples == 1 && is_turned(d, p)) {
		f->black = fill_value_max(f);
		f->white = fill_value_min(f);
	}
	return f;
}

struct fill *
fill_new_pnm(const struct fill_style *style, const struct pnm *p,
    struct err *e)
{
	struct fill *f = calloc(1, sizeof *f);

	if (f == NULL) {
		err_set(e, "out of memory");
		return NULL;
	}
	f->style = *style;
	f->width = p->width;
	f->height = p->height;
	f->samples = p->channels;
	f->bytes = pnm_sample_bytes(p);
	f->big = true;
	f->bits = (uint32_t)f->bytes * 8;
	f->white = p->maxval;
	return f;
}

void
fill_free(struct fill *f)
{
	if (f == NULL)
		return;
	free(f->bright);
	lut_palette_free(&f->palette);
	free(f);
}

bool
fill_needs_frame(const struct fill *f)
{
	return f->style.mode != FILL_BLACK && f->style.mode != FILL_WHITE;
}

bool
fill_is_flat(const struct fill *f)
{
	return f->style.mode <= FILL_MEAN;
}

uint8_t *
fill_mask(const struct fill *f, const struct rects *boxes, struct err *e)
{
	uint8_t *mask = malloc((size_t)f->width * f->height);

	if (mask == NULL)
		err_set(e, "out of memory");
	else if (rects_mask(boxes, f->width, f->height, mask, e) < 0) {
		free(mask);
		mask = NULL;
	}
	return mask;
}

static void
fill_one(const struct fill *f, uint8_t *frame, const struct rect *r,
    const uint32_t v[3])
{
	uint32_t x, y, k, samples = fill_samples(f);

	for (y = r->y; y < r->y + r->h; y++)
		for (x = r->x; x < r->x + r->w; x++)
			for (k = 0; k < samples; k++)
				fill_put_word(f, frame, fill_word_at(f, x, y, k), v[k]);
}

int
fill_apply(const struct fill *f, uint32_t number, uint8_t *frame,
    const struct rects *boxes, struct err *e)
{
	uint32_t (*v)[3];
	size_t i;
	int got = -1;

	if (boxes->n == 0)
		return 0;
	if (!fill_is_flat(f))
		return fill_draw(f, number, frame, boxes, e);
	/* All values first: each looks at the frame as it was. */
	if ((v = malloc(boxes->n * sizeof *v)) == NULL)
		return err_set(e, "out of memory");
	if (fill_values(f, frame, boxes, v, e) < 0)
		goto out;
	for (i = 0; i < boxes->n; i++)
		fill_one(f, frame, &boxes->r[i], v[i]);
	got = 0;
out:
	free(v);
	return got;
}
