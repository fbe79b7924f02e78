/* pixels: they changed inside the boxes, and nowhere else. */
#include "dicom/pixels.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/size.h"
#include "check/check.h"
#include "check/mcu.h"

enum { BOXES_OF_FRAME_MAX = 65534, MANY = 65535 };

/* Both files, one frame of each at a time. */
struct pair {
	struct dcm *a, *b;	/* original, output */
	struct pixels pa, pb;
	unsigned char *fa, *fb;
	uint16_t *owner;	/* of each pixel: 0, box number, MANY */
	unsigned char *may;	/* of each pixel: may it differ? */
	struct buf code;
	struct mcu mcu;		/* of the frame that is compared */
	size_t pixels, pixel_bytes;
};

struct owners {
	struct pair *p;
	uint32_t n;		/* boxes so far */
};

static void
own(const struct box *b, void *arg)
{
	struct owners *o = arg;
	uint32_t x, y, right = b->x + b->w, bottom = b->y + b->h;
	uint16_t *at;

	if (o->n < BOXES_OF_FRAME_MAX)
		o->n++;
	if (right > o->p->pa.columns)
		right = o->p->pa.columns;
	if (bottom > o->p->pa.rows)
		bottom = o->p->pa.rows;
	for (y = b->y; y < bottom; y++)
		for (x = b->x; x < right; x++) {
			at = &o->p->owner[(size_t)y * o->p->pa.columns + x];
			*at = *at == 0 ? (uint16_t)o->n : MANY;
		}
}

/* Boxes were kept: what lies in none of them was to be filled, as one. */
static void
own_all_but(struct owners *o)
{
	size_t i;

	for (i = 0; i < o->p->pixels; i++)
		o->p->owner[i] = o->p->owner[i] == 0;
	o->n = 1;
}

/* The pixels that a coder changes with those of an owner. */
static void
spread(struct pair *p)
{
	uint32_t w = p->mcu.width, h = p->mcu.height, far = p->mcu.reach;
	uint32_t x, y, x0, x1, y0, y1, i, j;
	bool touched;

	memset(p->may, 0, p->pixels);
	for (y = 0; y < p->pa.rows; y += h)
		for (x = 0; x < p->pa.columns; x += w) {
			x1 = p->pa.columns - x < w ? p->pa.columns : x + w;
			y1 = p->pa.rows - y < h ? p->pa.rows : y + h;
			touched = false;
			for (j = y; j < y1 && !touched; j++)
				for (i = x; i < x1 && !touched; i++)
					touched = p->owner[(size_t)j * p->pa.columns + i] != 0;
			if (!touched)
				continue;
			x0 = x < far ? 0 : x - far;
			y0 = y < far ? 0 : y - far;
			x1 = p->pa.columns - x1 < far ? p->pa.columns : x1 + far;
			y1 = p->pa.rows - y1 < far ? p->pa.rows : y1 + far;
			for (j = y0; j < y1; j++)
				memset(p->may + (size_t)j * p->pa.columns + x0, 1, x1 - x0);
		}
}

/* What is known of one box after its pixels were seen. */
struct box_state {
	size_t first[2];	/* its first pixel that is in no other box; native 4:2:2
				   alternates Y Y and Cb Cr, and has one of each */
	bool seen[2], changed, uneven_before, uneven;
};

static int
compare_boxes(const struct subject *s, struct pair *p, uint32_t frame,
    uint32_t nboxes, struct err *e)
{
	struct box_state *state = calloc((size_t)nboxes + 1, sizeof *state), *b;
	size_t i, k, n = p->pixel_bytes, unfilled = 0, uneven = 0;
	/* Smoothing brings in chroma from outside, but no luma. */
	size_t flat = p->mcu.reach > 0 ? p->pa.bytes : n;

	if (state == NULL)
		return err_set(e, "out of memory");
	for (i = 0; i < p->pixels; i++) {
		if (p->owner[i] == 0 || p->owner[i] == MANY)
			continue;
		b = &state[p->owner[i]];
		k = p->pa.samples == 3 && n == 2 ? i % 2 : 0;
		if (!b->seen[k]) {
			b->seen[k] = true;
			b->first[k] = i;
		}
		b->changed |= memcmp(p->fa + i * n, p->fb + i * n, n) != 0;
		b->uneven |= memcmp(p->fb + i * n, p->fb + b->first[k] * n, flat) != 0;
		b->uneven_before |= memcmp(p->fa + i * n, p->fa + b->first[k] * n, n) != 0;
	}
	for (i = 1; i <= nboxes; i++) {
		b = &state[i];
		unfilled += !b->changed && b->uneven_before;
		uneven += b->changed && b->uneven;
	}
	free(state);
	if (unfilled > 0 && check_say(s, "pixels", LEVEL_ERROR, -1, e,
	    "frame %" PRIu32 ": %zu of %" PRIu32 " boxes still show what they "
	    "showed", frame, unfilled, nboxes) < 0)
		return -1;
	if (uneven > 0)
		return check_say(s, "pixels", LEVEL_WARNING, -1, e,
		    "frame %" PRIu32 ": %zu of %" PRIu32 " boxes changed, but are not "
		    "of one value", frame, uneven, nboxes);
	return 0;
}

static bool
is_dct(const struct pixels *p)
{
	return p->coding == CODING_JPEG && !p->stream.lossless;
}

/*
 * A DCT JPEG that is one still differs by whole units. One that was decoded and
 * coded without loss has no such excuse.
 */
static int
read_mcu(struct pair *p, uint32_t frame, struct err *e)
{
	p->mcu = (struct mcu){ 1, 1, 0 };
	if (pixels_is_422(&p->pa))
		p->mcu.width = 2;	/* native: two pixels share their chroma */
	if (!is_dct(&p->pa) || !is_dct(&p->pb))
		return 0;
	if (pixels_code(p->a, &p->pa, frame, &p->code, e) < 0)
		return -1;
	if (mcu_of_jpeg((const uint8_t *)p->code.data, p->code.len, &p->mcu) < 0)
		return err_set(e, "frame %" PRIu32 ": no frame header of a JPEG with "
		    "a DCT", frame);
	return 0;
}

/* Is the word Y the word X less what is no sample of it, or as it was? */
static bool
same_word(const struct pixels *p, uint32_t x, uint32_t y)
{
	uint32_t sample = (UINT32_MAX >> (32 - p->bits_stored)) <<
	    (p->high_bit + 1 - p->bits_stored);
	uint32_t above = ~(UINT32_MAX >> (31 - p->high_bit)) &
	    UINT32_MAX >> (32 - 8 * p->bytes);

	if (((x ^ y) & sample) != 0)
		return false;
	y &= ~sample;
	return y == 0 || (p->is_signed && y == above && (x >> p->high_bit & 1));
}

/* Pixels equal but for unused bits, which px-redact clears. */
static bool
same_pixel(const struct pair *p, size_t i)
{
	const unsigned char *a = p->fa + i * p->pixel_bytes;
	const unsigned char *b = p->fb + i * p->pixel_bytes;
	uint32_t x, y;
	size_t at, k;

	if (memcmp(a, b, p->pixel_bytes) == 0)
		return true;
	if (p->pa.bits_allocated == 1)
		return false;
	for (at = 0; at < p->pixel_bytes; at += p->pa.bytes) {
		for (x = y = 0, k = p->pa.bytes; k-- > 0;) {
			x = x << 8 | a[at + k];
			y = y << 8 | b[at + k];
		}
		if (x != y && !same_word(&p->pa, x, y))
			return false;
	}
	return true;
}

static int
compare_frame(const struct subject *s, struct pair *p, uint32_t frame,
    struct err *e)
{
	struct owners o = { p, 0 };
	size_t i, outside = 0, first = 0;

	if (pixels_frame(p->a, &p->pa, frame, p->fa, e) < 0 ||
	    pixels_frame(p->b, &p->pb, frame, p->fb, e) < 0)
		return -1;
	memset(p->owner, 0, p->pixels * sizeof *p->owner);
	if (s->boxes != NULL)
		complete_boxes(s->boxes, frame, own, &o);
	if (s->keep)
		own_all_but(&o);
	if (o.n == 0 && memcmp(p->fa, p->fb, p->pa.frame_bytes) == 0)
		return 0;
	if (read_mcu(p, frame, e) < 0)
		return -1;
	spread(p);
	for (i = 0; i < p->pixels; i++)
		if (!p->may[i] && !same_pixel(p, i) && outside++ == 0)
			first = i;
	if (outside > 0 && check_say(s, "pixels", LEVEL_ERROR, -1, e,
	    "frame %" PRIu32 ": %zu pixels changed outside of the boxes, the first "
	    "at %zu,%zu", frame, outside, first % p->pa.columns,
	    first / p->pa.columns) < 0)
		return -1;
	return o.n > 0 ? compare_boxes(s, p, frame, o.n, e) : 0;
}

static bool
same_geometry(const struct pixels *a, const struct pixels *b)
{
	return a->rows == b->rows && a->columns == b->columns &&
	    a->frames == b->frames && a->samples == b->samples &&
	    a->bits_allocated == b->bits_allocated &&
	    a->bits_stored == b->bits_stored && a->is_signed == b->is_signed &&
	    a->bytes == b->bytes && a->frame_bytes == b->frame_bytes;
}

static int
compare_frames(const struct subject *s, struct pair *p, struct err *e)
{
	uint32_t frame;
	size_t bytes;
	int got = 0;

	if (!same_geometry(&p->pa, &p->pb))
		return check_say(s, "pixels", LEVEL_ERROR, -1, e,
		    "rows, columns, frames, samples or bits differ from the "
		    "original's");
	if (p->pa.photometric != p->pb.photometric && check_say_tag(s, "pixels",
	    LEVEL_ERROR, 0x00280004, e,
	    "the pixels mean another colour than in the original") < 0)
		return -1;
	if (!size_mul(p->pa.rows, p->pa.columns, &p->pixels) || p->pixels == 0 ||
	    !size_mul(p->pixels, sizeof *p->owner, &bytes))
		return err_set(e, "the image is too large");
	/* 4:2:2 gives two bytes a pixel; all others whole samples. */
	p->pixel_bytes = p->pa.frame_bytes / p->pixels;
	p->fa = malloc(p->pa.frame_bytes);
	p->fb = malloc(p->pb.frame_bytes);
	p->owner = malloc(bytes);
	p->may = malloc(p->pixels);
	if (p->fa == NULL || p->fb == NULL || p->owner == NULL || p->may == NULL)
		return err_set(e, "out of memory");
	for (frame = 1; got == 0 && frame <= p->pa.frames; frame++)
		got = compare_frame(s, p, frame, e);
	return got;
}

/* The bytes of pixel data of any kind, where no decoder is needed or known. */
static int
compare_bytes(const struct subject *s, uint32_t tag, bool *same,
    struct err *e)
{
	int64_t i = dataset_find(s->original, tag), j = dataset_find(s->set, tag);
	const struct element *a, *b;
	unsigned char x[16384], y[16384];
	uint64_t at;
	size_t n;

	*same = i < 0 && j < 0;
	if (i < 0 || j < 0)
		return 0;
	a = dataset_at(s->original, (size_t)i);
	b = dataset_at(s->set, (size_t)j);
	if (a->length != b->length)
		return 0;
	for (at = 0; at < a->length; at += n) {
		n = a->length - at < sizeof x ? (size_t)(a->length - at) : sizeof x;
		if (dataset_bytes(s->original, a->value + at, x, n, e) != (int64_t)n ||
		    dataset_bytes(s->set, b->value + at, y, n, e) != (int64_t)n)
			return err_set(e, "pixel data cannot be read");
		if (memcmp(x, y, n) != 0)
			return 0;
	}
	*same = true;
	return 0;
}

static size_t
count_boxes(const struct complete_file *f)
{
	size_t i, n = 0;

	for (i = 0; f != NULL && i < complete_nrecords(f); i++)
		n += complete_record(f, i)->nboxes;
	return n;
}

static int
compare_undecoded(const struct subject *s, const struct err *why,
    struct err *e)
{
	static const uint32_t tags[] = { 0x7fe00008, 0x7fe00009, 0x7fe00010 };
	bool same = true;
	size_t k;

	for (k = 0; same && k < 3; k++)
		if (compare_bytes(s, tags[k], &same, e) < 0)
			return -1;
	if (!same)
		return check_say(s, "pixels", LEVEL_ERROR, -1, e,
		    "the pixel data differ, and cannot be compared: %s", why->text);
	if (count_boxes(s->boxes) > 0 || s->keep)
		return check_say(s, "pixels", LEVEL_ERROR, -1, e,
		    "there are boxes, and the pixel data are those of the original");
	return 0;
}

/* One video made from another: nothing of it is as it was. */
static int
compare_videos(const struct subject *s, struct err *e)
{
	struct err why;
	bool same;

	if (compare_bytes(s, 0x7fe00010, &same, e) < 0)
		return -1;
	if (same) {
		err_set(&why, "they are a video");
		return compare_undecoded(s, &why, e);
	}
	return check_say(s, "pixels", LEVEL_WARNING, -1, e,
	    "a video that was coded again: its pixels cannot be compared");
}

int
check_pixels(const struct subject *s, struct err *e)
{
	struct pair p = { 0 };
	struct err why;
	int got = -1;

	if (s->boxes_given && s->boxes == NULL &&
	    dataset_find(s->original, 0x7fe00010) >= 0 && check_say(s, "pixels",
	    LEVEL_WARNING, -1, e, "the box list does not speak of this file") < 0)
		return -1;
	if (s->boxes != NULL && complete_check(s->boxes, &why) < 0 &&
	    check_say(s, "pixels", LEVEL_ERROR, -1, e,
	    "the box list is not complete: %s", why.text) < 0)
		return -1;
	if (dcm_open(s->original_path, &p.a, &why) < 0 ||
	    dcm_open(s->path, &p.b, &why) < 0) {
		got = compare_undecoded(s, &why, e);
		goto out;
	}
	if (dcm_pixels(p.a) != dcm_pixels(p.b)) {
		got = check_say(s, "pixels", LEVEL_ERROR, -1, e,
		    "pixel data of one kind in the original, of another here");
		goto out;
	}
	err_set(&why, "they are not whole numbers");
	if (dcm_pixels(p.a) != DCM_PIXELS_INT ||
	    pixels_describe(p.a, &p.pa, &why) < 0 ||
	    pixels_describe(p.b, &p.pb, &why) < 0)
		got = compare_undecoded(s, &why, e);
	else if (p.pa.coding == CODING_VIDEO && p.pb.coding == CODING_VIDEO)
		got = compare_videos(s, e);
	else if ((got = compare_frames(s, &p, &why)) < 0) {
		/* A frame that no decoder takes in either file is no difference. */
		got = compare_undecoded(s, &why, e);
	}
out:
	free(p.fa);
	free(p.fb);
	free(p.owner);
	free(p.may);
	buf_free(&p.code);
	dcm_close(p.a);
	dcm_close(p.b);
	return got;
}
