/* ink: laid on a frame so that it is shown as it was meant; see ink.h. */
#include "image/ink.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "image/fill_internal.h"
#include "image/render.h"
#include "stream/pnm.h"

#define LEVELS 1024		/* of gray, as shown */
#define SHADES 32		/* of each primary, by which entries are found again */
#define NOT_YET INT32_MIN

struct ink {
	struct render *r;
	struct fill *f;		/* for its words and values */
	struct pnm picture;	/* of colour, as shown */
	uint8_t *light;
	/* One sample: what each value is shown as, from LEAST on. */
	int32_t least;
	uint32_t n, channels;
	uint16_t *shown;
	int32_t values[LEVELS];	/* gray: the value for each level */
	int32_t *entries;	/* palette: the value for each shade, or NOT_YET */
};

int
ink_new(struct dcm *d, const struct pixels *p, struct ink **out, struct err *e)
{
	struct fill_style style = { .mode = FILL_BLACK };
	struct ink *k = calloc(1, sizeof *k);

	if (k == NULL)
		return err_set(e, "out of memory");
	if (p->samples == 1 && p->bits_stored > 16) {
		err_set(e, "has gray values of %u bits", p->bits_stored);
		goto fail;
	}
	if (render_new(d, p, &k->r, e) < 0 ||
	    (k->f = fill_new(&style, d, p, e)) == NULL)
		goto fail;
	k->shown = malloc(((size_t)3 << 16) * sizeof *k->shown);
	k->entries = malloc(SHADES * SHADES * SHADES * sizeof *k->entries);
	k->light = malloc((size_t)p->columns * p->rows);
	if (k->shown == NULL || k->entries == NULL || k->light == NULL) {
		err_set(e, "out of memory");
		goto fail;
	}
	*out = k;
	return 0;
fail:
	ink_free(k);
	return -1;
}

void
ink_free(struct ink *k)
{
	if (k == NULL)
		return;
	render_free(k->r);
	fill_free(k->f);
	pnm_free(&k->picture);
	free(k->light);
	free(k->shown);
	free(k->entries);
	free(k);
}

bool
ink_is_hard(const struct ink *k)
{
	return k->f->bits == 1 || k->f->bright != NULL;
}

/* ITU-R BT.601 in 1/1000. */
static uint32_t
luma(uint32_t r, uint32_t g, uint32_t b)
{
	return (299 * r + 587 * g + 114 * b + 500) / 1000;
}

/* -- values of one sample ---------------------------------------------------- */

/* Is value I of the table free to be written? */
static bool
is_usable(const struct ink *k, uint32_t i)
{
	int64_t v = (int64_t)k->least + i;

	return !k->f->padded || v < k->f->pad_low || v > k->f->pad_high;
}

/* What the frame shows as one level is told apart by its stored values. */
static void
make_ramp(struct ink *k)
{
	bool turned = k->f->black > k->f->white;
	uint32_t i, level;

	for (i = 0; i < k->n; i++) {
		level = (uint32_t)((uint64_t)i * UINT16_MAX / (k->n - 1));
		k->shown[i] = (uint16_t)(turned ? UINT16_MAX - level : level);
	}
}

static bool
is_flat(const struct ink *k)
{
	uint32_t i;

	for (i = 1; i < k->n; i++)
		if (k->shown[i] != k->shown[0])
			return false;
	return true;
}

static uint32_t
level_of(uint32_t shown)
{
	return (shown * (LEVELS - 1) + UINT16_MAX / 2) / UINT16_MAX;
}

/* The place in the table of the value that is shown as the middle of gray. */
static uint32_t
middle(const struct ink *k)
{
	uint32_t i, best = 0, least = UINT32_MAX, d;

	for (i = 0; i < k->n; i++) {
		d = (uint32_t)abs((int)k->shown[i] - UINT16_MAX / 2);
		if (d < least) {
			least = d;
			best = i;
		}
	}
	return best;
}

/* Levels that no value has get that of the nearest which one has. */
static void
fill_gaps(struct ink *k)
{
	int i, j, last = -1;

	for (i = 0; i < LEVELS; i++) {
		if (k->values[i] == NOT_YET)
			continue;
		for (j = last + 1; j < i; j++)
			k->values[j] = last >= 0 && j - last <= i - j ?
			    k->values[last] : k->values[i];
		last = i;
	}
	for (j = last + 1; j < LEVELS; j++)
		k->values[j] = last >= 0 ? k->values[last] : k->least;
}

static void
find_values(struct ink *k)
{
	uint32_t i, mid = middle(k), level;
	int32_t *v;

	for (i = 0; i < LEVELS; i++)
		k->values[i] = NOT_YET;
	for (i = 0; i < k->n; i++) {
		if (!is_usable(k, i))
			continue;
		level = level_of(k->shown[i]);
		v = &k->values[level];
		if (*v == NOT_YET || labs((long)i - (long)mid) <
		    labs((long)*v - k->least - (long)mid))
			*v = k->least + (int32_t)i;
	}
	fill_gaps(k);
}

/* The value whose colour is nearest to RGB. */
static int32_t
nearest_entry(const struct ink *k, const uint8_t rgb[3])
{
	uint64_t sum, least = UINT64_MAX;
	uint32_t i, best = 0;
	int64_t d;
	int c;

	for (i = 0; i < k->n && least > 0; i++) {
		if (!is_usable(k, i))
			continue;
		for (sum = 0, c = 0; c < 3; c++) {
			d = (int64_t)k->shown[3 * i + (uint32_t)c] - rgb[c] * 257;
			sum += (uint64_t)(d * d);
		}
		if (sum < least) {
			least = sum;
			best = i;
		}
	}
	return k->least + (int32_t)best;
}

/* The same, each colour looked for once. */
static int32_t
entry_for(struct ink *k, const uint8_t rgb[3])
{
	size_t at = 0;
	uint8_t shade[3];
	int c;

	for (c = 0; c < 3; c++) {
		at = at * SHADES + rgb[c] * SHADES / 256u;
		shade[c] = (uint8_t)(rgb[c] * SHADES / 256u * 255 / (SHADES - 1));
	}
	if (k->entries[at] == NOT_YET)
		k->entries[at] = nearest_entry(k, shade);
	return k->entries[at];
}

static const uint16_t *
shown_at(const struct ink *k, const uint8_t *pixels, uint32_t x, uint32_t y)
{
	int64_t v = fill_get_value(k->f, pixels, x, y, 0);

	return k->shown + (size_t)(v - k->least) * k->channels;
}

static int
take_table(struct ink *k, uint32_t frame, const uint8_t *pixels, struct err *e)
{
	struct render_table t;
	size_t i;

	if (render_table(k->r, pixels, frame, &t, e) < 0)
		return -1;
	k->least = t.least;
	k->n = t.n;
	k->channels = t.channels;
	memcpy(k->shown, t.shown, (size_t)t.n * t.channels * sizeof *t.shown);
	if (k->channels == 1) {
		if (is_flat(k))
			make_ramp(k);
		find_values(k);
	} else
		for (i = 0; i < SHADES * SHADES * SHADES; i++)
			k->entries[i] = NOT_YET;
	return 0;
}

/* -- all kinds of pixels ----------------------------------------------------- */

int
ink_take(struct ink *k, uint32_t frame, const uint8_t *pixels, struct err *e)
{
	return k->f->samples == 1 ? take_table(k, frame, pixels, e) : 0;
}

uint8_t
ink_luma(const uint8_t rgb[3])
{
	return (uint8_t)luma(rgb[0], rgb[1], rgb[2]);
}

static void
look_at_table(struct ink *k, const uint8_t *pixels)
{
	const uint16_t *s;
	uint32_t x, y;
	size_t i = 0;

	for (y = 0; y < k->f->height; y++)
		for (x = 0; x < k->f->width; x++, i++) {
			s = shown_at(k, pixels, x, y);
			k->light[i] = (uint8_t)((k->channels == 1 ? s[0] :
			    luma(s[0], s[1], s[2])) / 257);
		}
}

int
ink_light(struct ink *k, uint32_t frame, const uint8_t *pixels,
    const uint8_t **light, struct err *e)
{
	size_t i, n = (size_t)k->f->width * k->f->height;

	if (ink_take(k, frame, pixels, e) < 0)
		return -1;
	*light = k->light;
	if (k->f->samples == 1) {
		look_at_table(k, pixels);
		return 0;
	}
	if (render_frame(k->r, pixels, frame, VIEW_VOI, 255, &k->picture, e) < 0)
		return -1;
	for (i = 0; i < n; i++)
		k->light[i] = ink_luma(k->picture.samples + 3 * i);
	return 0;
}

/* COVER of 255 parts of TO, the rest of FROM. */
static int64_t
mix(int64_t from, int64_t to, uint8_t cover)
{
	return (from * (255 - cover) + to * cover + 127) / 255;
}

static void
lay_value(struct ink *k, uint8_t *pixels, uint32_t x, uint32_t y, uint8_t cover,
    const uint8_t rgb[3])
{
	const uint16_t *s = shown_at(k, pixels, x, y);
	uint8_t mixed[3];
	int32_t v;
	int c;

	if (k->channels == 1)
		v = k->values[level_of((uint32_t)mix(s[0],
		    (int64_t)luma(rgb[0], rgb[1], rgb[2]) * 257, cover))];
	else {
		for (c = 0; c < 3; c++)
			mixed[c] = (uint8_t)(mix(s[c], rgb[c] * 257, cover) / 257);
		v = entry_for(k, mixed);
	}
	fill_put_word(k->f, pixels, fill_word_at(k->f, x, y, 0),
	    fill_word_of(k->f, v));
}

static void
lay_sample(const struct ink *k, uint8_t *pixels, uint32_t x, uint32_t y,
    uint32_t sample, uint8_t cover, const struct colour *c)
{
	int64_t least = fill_value_min(k->f);
	int64_t v = fill_get_value(k->f, pixels, x, y, sample) - least;

	/* From the least value on: only then halves are rounded one way. */
	v = least + mix(v, c->v[sample] - least, cover);
	fill_put_word(k->f, pixels, fill_word_at(k->f, x, y, sample),
	    fill_word_of(k->f, v));
}

static void
lay_colour(const struct ink *k, uint8_t *pixels, uint32_t x, uint32_t y,
    uint32_t n, const uint8_t *cover, const struct colour *c)
{
	uint8_t chroma, mate;
	uint32_t i, s;
	bool first;

	for (i = 0; i < n; i++) {
		if (cover[i] == 0)
			continue;
		chroma = cover[i];
		lay_sample(k, pixels, x + i, y, 0, cover[i], c);
		if (k->f->pairs) {
			first = (x + i) % 2 == 0;
			mate = first ? (i + 1 < n ? cover[i + 1] : 0) :
			    (i > 0 ? cover[i - 1] : 0);
			/* Once for both, by the second of them. */
			chroma = first ? 0 : mate < chroma ? mate : chroma;
		}
		for (s = 1; s < 3 && chroma > 0; s++)
			lay_sample(k, pixels, x + i, y, s, chroma, c);
	}
}

void
ink_lay(struct ink *k, uint8_t *pixels, uint32_t x, uint32_t y, uint32_t n,
    const uint8_t *cover, const uint8_t rgb[3])
{
	struct colour c;
	uint32_t i;

	if (k->f->samples == 1) {
		for (i = 0; i < n; i++)
			if (cover[i] != 0)
				lay_value(k, pixels, x + i, y, cover[i], rgb);
		return;
	}
	c = fill_colour(k->f, rgb);
	lay_colour(k, pixels, x, y, n, cover, &c);
}
