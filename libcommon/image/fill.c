/* fill: what goes into a box, in stored values; see fill.h. */
#include "image/fill.h"

#include <stdlib.h>
#include <string.h>

#include "dicom/lut.h"

/* How the words of a frame lie and what they mean. */
struct fill {
	enum fill_mode mode;
	uint32_t width, height;
	uint32_t samples;
	size_t bytes;		/* of a word */
	bool big;		/* most significant byte first: PNM */
	bool pairs;		/* Y Y Cb Cr for two pixels */
	bool chroma;		/* samples 1 and 2 are chroma */
	uint32_t bits, shift;	/* Bits Stored, and unused bits below them */
	bool is_signed;
	int64_t black, white;	/* values, not words */
	int64_t neutral;	/* chroma */
	/* Palette: brightness of each entry; values below and above it are clamped. */
	uint32_t *bright;
	int64_t first, count;
};

static const char *const names[] = {
	"black", "white", "min", "max", "background", "contrast"
};

bool
fill_mode_parse(const char *name, enum fill_mode *mode)
{
	size_t i;

	for (i = 0; i < sizeof names / sizeof names[0]; i++)
		if (strcmp(name, names[i]) == 0) {
			*mode = (enum fill_mode)i;
			return true;
		}
	return false;
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
	struct lut_palette l = { 0 };
	int got;

	if ((got = lut_palette_read(d, p, &l, e)) <= 0)
		return got < 0 ? -1 : err_set(e, "has no palette");
	f->count = l.red.entries;
	f->first = l.red.first;
	if ((f->bright = calloc((size_t)f->count, sizeof *f->bright)) == NULL)
		got = err_set(e, "out of memory");
	else {
		add_colour(f, &l.red, 2126);
		add_colour(f, &l.green, 7152);
		add_colour(f, &l.blue, 722);
	}
	lut_palette_free(&l);
	return got < 0 ? -1 : 0;
}

static uint32_t
brightness(const struct fill *f, int64_t v)
{
	int64_t i = v - f->first;

	return f->bright[i < 0 ? 0 : i >= f->count ? f->count - 1 : i];
}

static int64_t
value_min(const struct fill *f)
{
	return f->is_signed ? -((int64_t)1 << (f->bits - 1)) : 0;
}

static int64_t
value_max(const struct fill *f)
{
	return ((int64_t)1 << (f->is_signed ? f->bits - 1 : f->bits)) - 1;
}

/* The darkest and lightest entries that a stored value can name. */
static void
palette_ends(struct fill *f)
{
	int64_t v, from = f->first, to = f->first + f->count - 1;

	if (from < value_min(f) || from > value_max(f))
		from = value_min(f);
	if (to > value_max(f) || to < from)
		to = value_max(f);
	f->black = f->white = from;
	for (v = from; v <= to; v++) {
		if (brightness(f, v) < brightness(f, f->black))
			f->black = v;
		if (brightness(f, v) > brightness(f, f->white))
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
fill_new(enum fill_mode mode, struct dcm *d, const struct pixels *p,
    struct err *e)
{
	struct fill *f = calloc(1, sizeof *f);

	if (f == NULL) {
		err_set(e, "out of memory");
		return NULL;
	}
	f->mode = mode;
	f->width = p->columns;
	f->height = p->rows;
	f->samples = p->samples;
	f->bytes = p->bytes;
	f->pairs = p->photometric == PHOTO_YBR_FULL_422 ||
	    p->photometric == PHOTO_YBR_PARTIAL_422;
	f->chroma = f->pairs || p->photometric == PHOTO_YBR_FULL;
	f->bits = p->bits_stored;
	f->shift = p->high_bit + 1 - p->bits_stored;
	f->is_signed = p->is_signed;
	f->neutral = f->is_signed ? 0 : (int64_t)1 << (f->bits - 1);
	f->black = value_min(f);
	f->white = value_max(f);
	if (p->photometric == PHOTO_YBR_PARTIAL_422) {
		f->black = 16;
		f->white = 235;
	}
	if (p->photometric == PHOTO_PALETTE) {
		if (read_palette(f, d, p, e) < 0) {
			fill_free(f);
			return NULL;
		}
		palette_ends(f);
	} else if (p->samples == 1 && is_turned(d, p)) {
		f->black = value_max(f);
		f->white = value_min(f);
	}
	return f;
}

struct fill *
fill_new_pnm(enum fill_mode mode, const struct pnm *p, struct err *e)
{
	struct fill *f = calloc(1, sizeof *f);

	if (f == NULL) {
		err_set(e, "out of memory");
		return NULL;
	}
	f->mode = mode;
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
	free(f);
}

bool
fill_needs_frame(const struct fill *f)
{
	return f->mode != FILL_BLACK && f->mode != FILL_WHITE;
}

/* -- words and values ----------------------------------------------------- */

static uint32_t
word_of(const struct fill *f, int64_t v)
{
	uint32_t width = (uint32_t)f->bytes * 8, high = f->shift + f->bits;
	uint64_t mask = ((uint64_t)1 << f->bits) - 1;
	uint64_t w = ((uint64_t)v & mask) << f->shift;

	if (f->is_signed && v < 0 && high < width)
		w |= (((uint64_t)1 << (width - high)) - 1) << high;
	return (uint32_t)w;
}

static int64_t
value_of(const struct fill *f, uint32_t w)
{
	uint64_t v = (uint64_t)w >> f->shift & (((uint64_t)1 << f->bits) - 1);

	if (f->is_signed && (v >> (f->bits - 1) & 1) != 0)
		return (int64_t)v - ((int64_t)1 << f->bits);
	return (int64_t)v;
}

/* Index of the word of sample K at (X, Y). */
static size_t
word_at(const struct fill *f, uint32_t x, uint32_t y, uint32_t k)
{
	size_t row = (size_t)y * f->width;

	if (!f->pairs)
		return (row + x) * f->samples + k;
	return (row + (x & ~1u)) * 2 + (k == 0 ? x & 1 : k + 1);
}

static uint32_t
get_word(const struct fill *f, const uint8_t *frame, size_t i)
{
	const uint8_t *p = frame + i * f->bytes;
	uint32_t w = 0;
	size_t b;

	for (b = 0; b < f->bytes; b++)
		w |= (uint32_t)p[b] << 8 * (f->big ? f->bytes - 1 - b : b);
	return w;
}

static void
put_word(const struct fill *f, uint8_t *frame, size_t i, uint32_t w)
{
	uint8_t *p = frame + i * f->bytes;
	size_t b;

	for (b = 0; b < f->bytes; b++)
		p[b] = (uint8_t)(w >> 8 * (f->big ? f->bytes - 1 - b : b) & 0xff);
}

static int64_t
get_value(const struct fill *f, const uint8_t *frame, uint32_t x, uint32_t y,
    uint32_t k)
{
	return value_of(f, get_word(f, frame, word_at(f, x, y, k)));
}

/* -- choosing ------------------------------------------------------------- */

struct colour {
	int64_t v[3];
};

static struct colour
gray(const struct fill *f, int64_t v)
{
	struct colour c = { { v, v, v } };

	if (f->chroma)
		c.v[1] = c.v[2] = f->neutral;
	return c;
}

static struct colour
extreme(const struct fill *f, const uint8_t *frame, bool largest)
{
	uint32_t k, samples = f->chroma ? 1 : f->samples;
	int64_t v, key, best = 0, best_key = 0;
	bool first = true;
	uint32_t x, y;

	for (y = 0; y < f->height; y++)
		for (x = 0; x < f->width; x++)
			for (k = 0; k < samples; k++) {
				v = get_value(f, frame, x, y, k);
				key = f->bright != NULL ? brightness(f, v) : v;
				if (first || (largest ? key > best_key :
				    key < best_key)) {
					best = v;
					best_key = key;
					first = false;
				}
			}
	return gray(f, best);
}

static bool
covered(const struct rects *boxes, uint32_t x, uint32_t y)
{
	const struct rect *r;
	size_t i;

	for (i = 0; i < boxes->n; i++) {
		r = &boxes->r[i];
		if (x >= r->x && x - r->x < r->w && y >= r->y && y - r->y < r->h)
			return true;
	}
	return false;
}

static int
colour_compare(const void *p, const void *q)
{
	const struct colour *a = p, *b = q;
	int k;

	for (k = 0; k < 3; k++)
		if (a->v[k] != b->v[k])
			return a->v[k] < b->v[k] ? -1 : 1;
	return 0;
}

struct ring {
	const struct fill *f;
	const uint8_t *frame;
	const struct rects *boxes;
	struct colour *c;
	size_t n;
};

static void
ring_add(struct ring *g, uint32_t x, uint32_t y)
{
	uint32_t k, samples = g->f->chroma ? 3 : g->f->samples;

	if (covered(g->boxes, x, y))
		return;
	memset(&g->c[g->n], 0, sizeof g->c[0]);
	for (k = 0; k < samples; k++)
		g->c[g->n].v[k] = get_value(g->f, g->frame, x, y, k);
	g->n++;
}

static int
background(const struct fill *f, const uint8_t *frame,
    const struct rects *boxes, size_t i, struct colour *out, struct err *e)
{
	struct rect r = boxes->r[i];
	uint32_t x0 = r.x > 0 ? r.x - 1 : 0, y0 = r.y > 0 ? r.y - 1 : 0;
	uint32_t x1 = r.x + r.w < f->width ? r.x + r.w : f->width - 1;
	uint32_t y1 = r.y + r.h < f->height ? r.y + r.h : f->height - 1;
	struct ring g = { .f = f, .frame = frame, .boxes = boxes };
	size_t run, k, best = 0;
	uint32_t x, y;

	g.c = malloc((2 * ((size_t)r.w + r.h) + 8) * sizeof *g.c);
	if (g.c == NULL)
		return err_set(e, "out of memory");
	for (x = x0; x <= x1; x++) {
		if (y0 < r.y)
			ring_add(&g, x, y0);
		if (y1 == r.y + r.h)
			ring_add(&g, x, y1);
	}
	for (y = r.y; y < r.y + r.h; y++) {
		if (x0 < r.x)
			ring_add(&g, x0, y);
		if (x1 == r.x + r.w)
			ring_add(&g, x1, y);
	}
	*out = gray(f, f->black);
	qsort(g.c, g.n, sizeof *g.c, colour_compare);
	for (run = 1, k = 0; k < g.n; k++, run++) {
		if (k > 0 && colour_compare(&g.c[k], &g.c[k - 1]) != 0)
			run = 1;
		if (run > best) {
			best = run;
			*out = g.c[k];
		}
	}
	free(g.c);
	return 0;
}

static struct colour
contrast(const struct fill *f, const struct colour *c)
{
	uint32_t k, samples = f->chroma ? 1 : f->samples;
	int64_t low = 0, high = 0;	/* distances from black and from white */

	if (f->bright != NULL) {
		low = (int64_t)brightness(f, c->v[0]) - brightness(f, f->black);
		high = (int64_t)brightness(f, f->white) - brightness(f, c->v[0]);
	} else
		for (k = 0; k < samples; k++) {
			low += llabs(c->v[k] - f->black);
			high += llabs(f->white - c->v[k]);
		}
	return gray(f, low > high ? f->black : f->white);
}

static int
choose(const struct fill *f, const uint8_t *frame, const struct rects *boxes,
    size_t i, uint32_t v[3], struct err *e)
{
	struct colour c;
	int k;

	switch (f->mode) {
	case FILL_WHITE:
		c = gray(f, f->white);
		break;
	case FILL_MIN:
	case FILL_MAX:
		c = extreme(f, frame, f->mode == FILL_MAX);
		break;
	case FILL_BACKGROUND:
	case FILL_CONTRAST:
		if (background(f, frame, boxes, i, &c, e) < 0)
			return -1;
		if (f->mode == FILL_CONTRAST)
			c = contrast(f, &c);
		break;
	default:
		c = gray(f, f->black);
	}
	for (k = 0; k < 3; k++)
		v[k] = word_of(f, c.v[k]);
	return 0;
}

int
fill_values(const struct fill *f, const uint8_t *frame,
    const struct rects *boxes, uint32_t (*v)[3], struct err *e)
{
	size_t i;

	for (i = 0; i < boxes->n; i++)
		/* The whole frame decides these, and is slow to ask again. */
		if (i > 0 && (f->mode == FILL_MIN || f->mode == FILL_MAX))
			memcpy(v[i], v[0], sizeof v[i]);
		else if (choose(f, frame, boxes, i, v[i], e) < 0)
			return -1;
	return 0;
}

static void
fill_one(const struct fill *f, uint8_t *frame, const struct rect *r,
    const uint32_t v[3])
{
	uint32_t x, y, k, samples = f->chroma ? 3 : f->samples;

	for (y = r->y; y < r->y + r->h; y++)
		for (x = r->x; x < r->x + r->w; x++)
			for (k = 0; k < samples; k++)
				put_word(f, frame, word_at(f, x, y, k), v[k]);
}

int
fill_apply(const struct fill *f, uint8_t *frame, const struct rects *boxes,
    struct err *e)
{
	uint32_t (*v)[3];
	size_t i;
	int got = -1;

	/* All values first: each looks at the frame as it was. */
	if ((v = malloc((boxes->n + 1) * sizeof *v)) == NULL)
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

void
fill_extend(const struct fill *f, uint8_t *frame)
{
	size_t i, n = (size_t)f->width * f->height * f->samples;

	for (i = 0; i < n; i++)
		put_word(f, frame, i,
		    word_of(f, value_of(f, get_word(f, frame, i))));
}
