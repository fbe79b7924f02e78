/* beside: bits beside the samples, as a picture; see beside.h. */
#include "image/beside.h"

#include <stdlib.h>
#include <string.h>

#include "image/overlay.h"
#include "image/spare.h"

#define GROUPS_MAX 128	/* 6000 to 60FE */
#define ROW_BYTES_MAX (65535 / 8 + 4)	/* of an overlay, whole words */

struct beside {
	struct dcm *d;
	const struct pixels *p;
	struct spare spare;
	struct overlay overlays[GROUPS_MAX];
	size_t noverlays;
	size_t pixels;
	uint32_t *kind;		/* of each pixel: which combination of bits */
	uint32_t nkinds;
	uint8_t *words;		/* of the frame, without what spare bits hold */
	uint8_t *row;		/* of an overlay */
};

int
beside_new(struct dcm *d, const struct pixels *p, struct beside **out,
    struct err *e)
{
	const struct scan *s = dcm_scan(d);
	struct beside *b = calloc(1, sizeof *b);
	uint32_t group;
	int got = -1;

	if (b == NULL)
		return err_set(e, "out of memory");
	b->d = d;
	b->p = p;
	b->spare = spare_of(d, p);
	b->pixels = (size_t)p->columns * p->rows;
	for (group = 0x6000; group <= 0x60fe; group += 2)
		if (scan_find(s, group << 16 | 0x3000, NULL) != NULL &&
		    overlay_read(d, group, &b->overlays[b->noverlays++], e) < 0)
			goto out;
	b->kind = malloc(b->pixels * sizeof *b->kind);
	b->words = malloc(p->frame_bytes);
	b->row = malloc(ROW_BYTES_MAX);
	got = b->kind == NULL || b->words == NULL || b->row == NULL ?
	    err_set(e, "out of memory") : 0;
out:
	if (got == 0)
		*out = b;
	else
		beside_free(b);
	return got;
}

void
beside_free(struct beside *b)
{
	if (b == NULL)
		return;
	free(b->kind);
	free(b->words);
	free(b->row);
	free(b);
}

/*
 * Takes one more plane in: each pixel's kind was doubled, and 1 added where the
 * plane has a bit. Numbers the kinds that there are now from 0 again.
 */
static int
renumber(struct beside *b, struct err *e)
{
	uint32_t *now = calloc((size_t)b->nkinds * 2, sizeof *now);
	size_t i;
	uint32_t n = 0;

	if (now == NULL)
		return err_set(e, "out of memory");
	for (i = 0; i < b->pixels; i++)
		now[b->kind[i]] = 1;
	for (i = 0; i < (size_t)b->nkinds * 2; i++)
		if (now[i] != 0)
			now[i] = n++;
	for (i = 0; i < b->pixels; i++)
		b->kind[i] = now[b->kind[i]];
	b->nkinds = n;
	free(now);
	return 0;
}

/* One more plane begins: each pixel's kind is doubled. */
static int
next_plane(struct beside *b, struct err *e)
{
	size_t i;

	if (b->nkinds > UINT32_MAX / 2)
		return err_set(e, "has too many bits beside its samples");
	for (i = 0; i < b->pixels; i++)
		b->kind[i] *= 2;
	return 0;
}

/* Row R of PLANE, from 0, where it lies over the frame. */
static int
take_row(struct beside *b, const struct overlay *o, int64_t plane, int64_t r,
    struct err *e)
{
	uint64_t bit = (uint64_t)((plane * o->rows + r) * o->columns), at;
	uint64_t from = bit / 8 & ~(uint64_t)1;
	uint64_t end = (bit + (uint64_t)o->columns + 15) / 16 * 2;
	uint32_t *kind = b->kind + (size_t)(o->y + r) * b->p->columns;
	int64_t c, x;

	if (end > o->data->length)
		end = o->data->length;
	if (scan_read(dcm_scan(b->d), o->data->value + from, b->row,
	    (size_t)(end - from), e) < 0)
		return -1;
	for (c = 0; c < o->columns; c++, bit++) {
		x = o->x + c;
		at = (bit / 8 - from) ^ (o->swapped ? 1 : 0);
		if (x >= 0 && x < b->p->columns)
			kind[x] += b->row[at] >> bit % 8 & 1;
	}
	return 0;
}

static int
take_overlay(struct beside *b, const struct overlay *o, uint32_t frame,
    struct err *e)
{
	int64_t plane = overlay_plane(o, frame), r;

	if (plane < 0)
		return 0;
	if (next_plane(b, e) < 0)
		return -1;
	for (r = 0; r < o->rows; r++)
		if (o->y + r >= 0 && o->y + r < b->p->rows &&
		    take_row(b, o, plane, r, e) < 0)
			return -1;
	return renumber(b, e);
}

/* Bit BIT of each word; the words of one pixel count together. */
static int
take_bit(struct beside *b, const uint8_t *stored, unsigned bit, struct err *e)
{
	size_t step = b->p->frame_bytes / b->pixels, i, k;
	unsigned any;

	if (next_plane(b, e) < 0)
		return -1;
	for (i = 0; i < b->pixels; i++) {
		for (any = 0, k = bit / 8; k < step; k += b->p->bytes)
			any |= stored[i * step + k] ^ b->words[i * step + k];
		b->kind[i] += any >> bit % 8 & 1;
	}
	return renumber(b, e);
}

int
beside_shade(struct beside *b, const void *stored, uint32_t frame,
    uint8_t *shade, struct err *e)
{
	size_t i;
	unsigned bit;

	memset(b->kind, 0, b->pixels * sizeof *b->kind);
	b->nkinds = 1;
	for (i = 0; i < b->noverlays; i++)
		if (take_overlay(b, &b->overlays[i], frame, e) < 0)
			return -1;
	memcpy(b->words, stored, b->p->frame_bytes);
	if (spare_clear(&b->spare, b->words, b->p->frame_bytes) > 0)
		for (bit = 0; bit < b->spare.bits; bit++)
			if ((b->spare.sample >> bit & 1) == 0 &&
			    take_bit(b, stored, bit, e) < 0)
				return -1;
	for (i = 0; i < b->pixels; i++)
		shade[i] = (uint8_t)(b->nkinds < 2 ? 0 :
		    (uint64_t)b->kind[i] * 255 / (b->nkinds - 1));
	return 0;
}
