/* cine.c - see cine.h */
#include "text/cine.h"

#include <stdlib.h>
#include <string.h>

#define FRAMES_MIN 3u	/* of two, least and greatest are hardly clearer than each */
#define STILL 24	/* grey levels that noise and lossy coding move a pixel which stands still */
#define CONTRAST 24	/* of text and what is under it, in grey levels */
#define INK_STILL .6	/* share of a box's ink that stands still */
#define COVERED .9	/* share of a box that others cover, to do without it */

/* One view of the file. */
struct lane {
	uint32_t frames;	/* that were examined */
	uint32_t next;	/* the one that should come, or 0 when one was left out */
	bool failed;	/* the last one */
	struct pnm last;
	struct box_record boxes;	/* of the last frame */
	bool ranged;	/* what follows is filled: two different frames of 8 bits were seen */
	struct pnm least, greatest;	/* of each sample */
	uint8_t *always;	/* one a pixel: is it in a box of every frame? */
	size_t room;	/* of always */
};

struct cine {
	struct lane lanes[FRAMES_LANES];
};

struct cine *
cine_new(struct err *e)
{
	struct cine *c = calloc(1, sizeof *c);

	if (c == NULL)
		err_set(e, "out of memory");
	return c;
}

void
cine_free(struct cine *c)
{
	if (c == NULL)
		return;
	for (size_t i = 0; i < FRAMES_LANES; i++) {
		struct lane *l = &c->lanes[i];

		pnm_free(&l->last);
		pnm_free(&l->least);
		pnm_free(&l->greatest);
		box_record_free(&l->boxes);
		free(l->always);
	}
	free(c);
}

static bool
same_shape(const struct pnm *a, const struct pnm *b)
{
	return a->width == b->width && a->height == b->height && a->channels == b->channels && a->maxval == b->maxval;
}

static int
boxes_copy(struct box_record *to, const struct box_record *from, struct err *e)
{
	box_clear(to);
	for (size_t i = 0; i < from->nboxes; i++)
		if (box_add_copy(to, &from->boxes[i], e) < 0)
			return -1;
	return 0;
}

/* Sets ROW, of WIDTH bytes, to 1 where a box of R covers row Y. */
static void
row_covered(const struct box_record *r, uint32_t y, uint8_t *row, uint32_t width)
{
	memset(row, 0, width);
	for (size_t i = 0; i < r->nboxes; i++) {
		const struct box *b = &r->boxes[i];

		if (y >= b->y && y < b->y + b->h)
			memset(row + b->x, 1, b->w);
	}
}

static bool
mostly_covered(const struct box_record *r, const struct box *b, uint8_t *row, uint32_t width)
{
	uint64_t n = 0;

	for (uint32_t y = b->y; y < b->y + b->h; y++) {
		row_covered(r, y, row, width);
		for (uint32_t x = b->x; x < b->x + b->w; x++)
			n += row[x];
	}
	return (double)n >= COVERED * (double)b->w * b->h;
}

static bool
unchanged(const struct pnm *a, const struct pnm *b, const struct box *at)
{
	size_t pixel = a->channels * pnm_sample_bytes(a), row = pixel * a->width;

	for (uint32_t y = at->y; y < at->y + at->h; y++) {
		size_t from = y * row + at->x * pixel;

		if (memcmp(a->samples + from, b->samples + from, at->w * pixel) != 0)
			return false;
	}
	return true;
}

static int
carry_over(const struct lane *l, const struct pnm *p, struct box_record *r, uint8_t *row, struct err *e)
{
	for (size_t i = 0; i < l->boxes.nboxes; i++) {
		const struct box *b = &l->boxes.boxes[i];

		if (unchanged(&l->last, p, b) && !mostly_covered(r, b, row, p->width) && box_add_copy(r, b, e) < 0)
			return -1;
	}
	box_sort(r);
	return 0;
}

static bool
boxes_same(const struct box_record *a, const struct box_record *b)
{
	if (a->nboxes != b->nboxes)
		return false;
	for (size_t i = 0; i < a->nboxes; i++) {
		const struct box *p = &a->boxes[i], *q = &b->boxes[i];

		if (p->x != q->x || p->y != q->y || p->w != q->w || p->h != q->h)
			return false;
	}
	return true;
}

/* A pixel that the boxes of R do not cover is not always covered. */
static void
always_narrow(struct lane *l, const struct box_record *r, uint8_t *row)
{
	for (uint32_t y = 0; y < l->last.height; y++) {
		uint8_t *to = l->always + (size_t)y * l->last.width;

		row_covered(r, y, row, l->last.width);
		for (uint32_t x = 0; x < l->last.width; x++)
			to[x] &= row[x];
	}
}

/* The second frame is about to come: the first one is all that there was. */
static int
range_start(struct lane *l, uint8_t *row, struct err *e)
{
	const struct pnm *p = &l->last;
	size_t pixels = (size_t)p->width * p->height;
	uint8_t *always;

	if (pnm_shape(&l->least, p->width, p->height, p->channels, p->maxval, e) < 0 ||
	    pnm_shape(&l->greatest, p->width, p->height, p->channels, p->maxval, e) < 0)
		return -1;
	memcpy(l->least.samples, p->samples, p->bytes);
	memcpy(l->greatest.samples, p->samples, p->bytes);
	if (pixels > l->room) {
		if ((always = realloc(l->always, pixels)) == NULL)
			return err_set(e, "out of memory");
		l->always = always;
		l->room = pixels;
	}
	memset(l->always, 1, pixels);
	always_narrow(l, &l->boxes, row);
	l->ranged = true;
	return 0;
}

/* A typedef, because gcc takes the attribute in no other place. */
typedef uint8_t bytes16 __attribute__((vector_size(16), aligned(1), may_alias));

static void
range_widen(struct pnm *least, struct pnm *greatest, const struct pnm *p)
{
	uint8_t *low = least->samples, *high = greatest->samples, *v = p->samples;
	size_t i = 0;

	for (; i + 16 <= p->bytes; i += 16) {
		bytes16 s = *(const bytes16 *)(v + i), l = *(const bytes16 *)(low + i), h = *(const bytes16 *)(high + i);
		bytes16 less = (bytes16)(s < l), more = (bytes16)(s > h);

		*(bytes16 *)(low + i) = (s & less) | (l & ~less);
		*(bytes16 *)(high + i) = (s & more) | (h & ~more);
	}
	for (; i < p->bytes; i++) {
		low[i] = v[i] < low[i] ? v[i] : low[i];
		high[i] = v[i] > high[i] ? v[i] : high[i];
	}
}

static int
follow(struct lane *l, const struct pnm *p, struct box_record *r, struct err *e)
{
	uint8_t *row = malloc(p->width);
	int got;

	if (row == NULL)
		return err_set(e, "out of memory");
	got = carry_over(l, p, r, row, e);
	if (got == 0 && p->maxval < 256 && !l->ranged)
		got = range_start(l, row, e);
	if (got == 0 && l->ranged) {
		range_widen(&l->least, &l->greatest, p);
		if (!boxes_same(&l->boxes, r))
			always_narrow(l, r, row);
	}
	free(row);
	return got;
}

/* The lane of F, which a new file empties; memory is kept. */
static struct lane *
lane_of(struct cine *c, const struct frame *f)
{
	struct lane *l = &c->lanes[f->lane];

	for (size_t i = 0; f->first && i < FRAMES_LANES; i++) {
		c->lanes[i].frames = 0;
		c->lanes[i].ranged = false;
		c->lanes[i].next = 1;
		c->lanes[i].failed = false;
		box_clear(&c->lanes[i].boxes);
	}
	l->next = l->next == f->image.key.frame ? l->next + 1 : 0;
	return l;
}

void
cine_failed(struct cine *c, const struct frame *f)
{
	struct lane *l = lane_of(c, f);

	l->failed = true;
	l->next = 0;
}

int
cine_frame(struct cine *c, struct frame *f, struct box_record *r, struct err *e)
{
	struct lane *l = lane_of(c, f);
	struct pnm *p = &f->image, old = l->last;

	if (f->repeat) {
		if (l->failed)
			return err_set(e, "the same image as one that could not be examined");
		l->frames++;
		return boxes_copy(r, &l->boxes, e);
	}
	l->failed = false;
	if (l->frames > 0 && !same_shape(&l->last, p)) {
		l->frames = 0;
		l->ranged = false;
	}
	if (l->frames > 0 && follow(l, p, r, e) < 0)
		return -1;
	l->last = *p;
	memset(&l->last.key, 0, sizeof l->last.key);
	p->samples = old.samples;
	p->cap = old.cap;
	l->frames++;
	return boxes_copy(&l->boxes, r, e);
}

bool
cine_whole(const struct cine *c, uint32_t frames)
{
	for (size_t i = 0; i < FRAMES_LANES; i++)
		if (c->lanes[i].next != 1 && (c->lanes[i].next == 0 || c->lanes[i].next - 1 != frames))
			return false;
	return true;
}

/* ---- still text ---- */

static int
luma(const struct pnm *p, size_t pixel)
{
	const uint8_t *s = p->samples + pixel * p->channels;

	return (p->channels == 1 ? s[0] : (299 * s[0] + 587 * s[1] + 114 * s[2] + 500) / 1000) * 255 / (int)p->maxval;
}

static bool
is_still(const struct lane *l, size_t pixel)
{
	size_t n = l->least.channels;

	for (size_t i = pixel * n; i < (pixel + 1) * n; i++)
		if ((l->greatest.samples[i] - l->least.samples[i]) * 255 > STILL * (int)l->least.maxval)
			return false;
	return true;
}

/* Does what is light in box B of least, or dark in that of greatest, stand still? */
static bool
ink_stands_still(const struct lane *l, const struct box *b, bool light)
{
	const struct pnm *p = light ? &l->least : &l->greatest;
	uint64_t histogram[256] = {0}, n = (uint64_t)b->w * b->h, sum = 0, ink = 0, still = 0;
	int paper = 0, end = light ? 255 : 0;

	for (uint32_t y = b->y; y < b->y + b->h; y++)
		for (uint32_t x = b->x; x < b->x + b->w; x++)
			histogram[luma(p, (size_t)y * p->width + x) & 255]++;
	while (2 * (sum += histogram[paper]) < n)
		paper++;
	for (sum = 0; 100 * (sum += histogram[end]) < n; end += light ? -1 : 1)	/* a stray pixel is not the ink's value */
		;
	if ((light ? end - paper : paper - end) < CONTRAST)
		return false;
	for (uint32_t y = b->y; y < b->y + b->h; y++)
		for (uint32_t x = b->x; x < b->x + b->w; x++) {
			size_t at = (size_t)y * p->width + x;
			int v = luma(p, at);

			if (light ? 2 * v <= paper + end : 2 * v >= paper + end)
				continue;
			ink++;
			still += is_still(l, at);
		}
	return (double)still >= INK_STILL * (double)ink;
}

static bool
always_covered(const struct lane *l, const struct box *b)
{
	uint64_t n = 0;

	for (uint32_t y = b->y; y < b->y + b->h; y++)
		for (uint32_t x = b->x; x < b->x + b->w; x++)
			n += l->always[(size_t)y * l->last.width + x];
	return (double)n >= COVERED * (double)b->w * b->h;
}

static bool
anything_moves(const struct lane *l)
{
	for (size_t i = 0; i < (size_t)l->least.width * l->least.height; i++)
		if (!is_still(l, i))
			return true;
	return false;
}

static int
lane_still(const struct lane *l, int (*examine)(void *arg, const struct pnm *p, struct box_record *r, struct err *e),
    void *arg, struct box_record *found, uint8_t *row, struct box_record *r, struct err *e)
{
	if (l->frames < FRAMES_MIN || !l->ranged || !anything_moves(l))
		return 0;
	for (int light = 0; light < 2; light++) {
		if (examine(arg, light ? &l->least : &l->greatest, found, e) < 0)
			return -1;
		for (size_t i = 0; i < found->nboxes; i++)
			if (!always_covered(l, &found->boxes[i]) && ink_stands_still(l, &found->boxes[i], light) &&
			    !mostly_covered(r, &found->boxes[i], row, l->last.width) && box_add_copy(r, &found->boxes[i], e) < 0)
				return -1;
	}
	return 0;
}

int
cine_still(struct cine *c, int (*examine)(void *arg, const struct pnm *p, struct box_record *r, struct err *e),
    void *arg, struct box_record *r, struct err *e)
{
	struct box_record found = {0};
	uint8_t *row = malloc(BOX_COORD_MAX + 1);
	int got = row == NULL ? err_set(e, "out of memory") : 0;

	for (size_t i = 0; i < FRAMES_LANES && got == 0; i++)
		got = lane_still(&c->lanes[i], examine, arg, &found, row, r, e);
	box_record_free(&found);
	free(row);
	box_sort(r);
	return got;
}
