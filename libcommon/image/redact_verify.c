/* redact: the output read back and compared; see redact.h. */
#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/inorder.h"
#include "image/fill.h"
#include "image/jpeg.h"
#include "image/redact_internal.h"

#define BLOCK ((size_t)1 << 20)	/* bytes compared at a time */

/* N bytes of the input from AT on, but for comments, with B's from BT on. */
static int
compare_bytes(const struct job *j, uint64_t at, const struct scan *b,
    uint64_t bt, uint64_t n, struct err *e)
{
	uint8_t *block = malloc(2 * BLOCK);
	size_t len;
	int got = -1;

	if (block == NULL)
		return err_set(e, "out of memory");
	for (; n > 0; n -= len, at += len, bt += len) {
		len = n < BLOCK ? (size_t)n : BLOCK;
		if (scan_read(j->s, at, block, len, e) < 0 ||
		    scan_read(b, bt, block + BLOCK, len, e) < 0)
			goto out;
		redact_blanked(j, at, block, len);
		if (memcmp(block, block + BLOCK, len) != 0) {
			err_set(e, "the output does not read back as it was written");
			goto out;
		}
	}
	got = 0;
out:
	free(block);
	return got;
}

static int
differs(uint32_t frame, struct err *e)
{
	return err_set(e, "frame %" PRIu32 " does not read back as it was written",
	    frame);
}

/* -- frames decoded again, in parallel -------------------------------------- */

struct look {
	const struct job *j;
	const struct pixels *q;
	uint32_t frame;
	struct buf code;
	uint8_t *pixels;
	/* Of job.blocks: */
	struct rects boxes;
	struct buf from;	/* the input's code, which CODE was made of */
	uint8_t *filled;	/* FROM's frame with its boxes filled; for a fill that
				   does not look at the frame, those alone */
};

struct reader {
	struct job *j;
	struct dcm *out;
	uint32_t next;
};

/* The fragments of FRAME were only copied. */
static int
compare_fragments(struct job *j, const struct dcm *out, uint32_t frame,
    struct err *e)
{
	const struct scan *s = dcm_scan(out);
	const struct scan_fragment *a, *b;
	size_t i, first, end, second, until;

	pixels_fragments(j->d, frame, &first, &end);
	pixels_fragments(out, frame, &second, &until);
	if (end - first != until - second)
		return differs(frame, e);
	a = &j->s->fragments[first];
	b = &s->fragments[second];
	for (i = 0; i < end - first; i++)
		if (a[i].length != b[i].length ||
		    compare_bytes(j, a[i].value, s, b[i].value, a[i].length,
		    e) < 0)
			return differs(frame, e);
	return 0;
}

/* The next frame that was coded again; those that were not are compared here. */
static int
fetch(void *arg, void *slot, struct err *e)
{
	struct reader *r = arg;
	struct look *l = slot;
	struct job *j = r->j;

	for (; r->next <= l->q->frames && !j->touched[r->next - 1]; r->next++)
		if (compare_fragments(j, r->out, r->next, e) < 0)
			return -1;
	if (r->next > l->q->frames)
		return 0;
	l->frame = r->next++;
	if (j->blocks && (redact_boxes(j, l->frame, e) < 0 ||
	    rects_copy(&l->boxes, &j->boxes, e) < 0 ||
	    pixels_code(j->d, j->p, l->frame, &l->from, e) < 0))
		return -1;
	return pixels_code(r->out, l->q, l->frame, &l->code, e) < 0 ? -1 : 1;
}

/* Decoded, a flat box is what it was filled with, as far as JPEG can say it. */
static int
compare_flat(const struct look *l, const uint8_t tolerance[3], struct err *e)
{
	size_t n = l->q->samples, columns = l->q->columns, i, c, at;
	uint32_t x, y;

	for (i = 0; i < l->boxes.n; i++) {
		const struct rect *r = &l->boxes.r[i];

		for (y = r->y; y < r->y + r->h; y++)
			for (x = r->x; x < r->x + r->w; x++)
				for (c = 0; c < n; c++) {
					at = (y * columns + x) * n + c;
					if (abs(l->pixels[at] - l->filled[at]) > tolerance[c])
						return differs(l->frame, e);
				}
	}
	return 0;
}

static int
compare_blocks(struct look *l, struct err *e)
{
	const struct job *j = l->j;
	const uint8_t *from = (uint8_t *)l->from.data;
	const uint8_t *code = (uint8_t *)l->code.data;
	uint8_t tolerance[3];
	struct err why;

	if ((redact_needs_frame(j) &&
	    pixels_decode(j->p, from, l->from.len, l->filled, e) < 0) ||
	    jpeg_align(from, l->from.len, &l->boxes, e) < 0 ||
	    redact_apply(j, l->frame, &l->boxes, l->filled, e) < 0 ||
	    pixels_decode(l->q, code, l->code.len, l->pixels, e) < 0)
		return -1;
	if (jpeg_compare(from, l->from.len, code, l->code.len, &l->boxes,
	    l->filled, tolerance, &why) < 0)
		return err_set(e, "frame %" PRIu32 " does not read back as it was "
		    "written: %s", l->frame, why.text);
	return redact_is_flat(j) ? compare_flat(l, tolerance, e) : 0;
}

/* What was followed is FROM without its comments. */
static int
clear_comments(struct look *l, struct err *e)
{
	struct comments c = { 0 };
	uint8_t *from = (uint8_t *)l->from.data;
	int got = comments_find(l->j->p, from, l->from.len, &c, e);

	if (got == 0)
		comments_clear(&c, from);
	comments_free(&c);
	return got;
}

static int
work(void *slot, unsigned worker, struct err *e)
{
	uint8_t seal[SEAL_BYTES];
	struct look *l = slot;

	(void)worker;
	if (l->j->blocks)
		return l->j->r->clear_comments && clear_comments(l, e) < 0 ? -1 :
		    compare_blocks(l, e);
	if (pixels_decode(l->q, (uint8_t *)l->code.data, l->code.len, l->pixels,
	    e) < 0)
		return -1;
	crypto_generichash(seal, sizeof seal, l->pixels, l->q->frame_bytes, NULL, 0);
	return memcmp(seal, l->j->seals[l->frame - 1], sizeof seal) == 0 ? 0 :
	    differs(l->frame, e);
}

static int
hand(void *arg, void *slot, struct err *e)
{
	(void)arg;	/* work has compared it */
	(void)slot;
	(void)e;
	return 0;
}

static int
compare_coded(struct job *j, struct dcm *out, const struct pixels *q,
    struct err *e)
{
	struct reader r = { j, out, 1 };
	struct inorder o = { .fetch = fetch, .work = work, .hand = hand, .arg = &r };
	size_t n = j->r->jobs > 1 ? 2 * (size_t)j->r->jobs : 1, i;
	struct look *looks = calloc(n, sizeof *looks);
	void **slots = calloc(n, sizeof *slots);
	int got = -1;

	for (i = 0; looks != NULL && slots != NULL && i < n; i++) {
		slots[i] = &looks[i];
		looks[i].j = j;
		looks[i].q = q;
		looks[i].pixels = malloc(q->frame_bytes);
		looks[i].filled = j->blocks ? malloc(q->frame_bytes) : NULL;
		if (looks[i].pixels == NULL ||
		    (j->blocks && looks[i].filled == NULL))
			break;
	}
	if (i < n)
		err_set(e, "out of memory");
	else
		got = inorder_run(&o, j->r->jobs, slots, n, e);
	for (i = 0; looks != NULL && i < n; i++) {
		buf_free(&looks[i].code);
		buf_free(&looks[i].from);
		rects_free(&looks[i].boxes);
		free(looks[i].pixels);
		free(looks[i].filled);
	}
	free(looks);
	free(slots);
	return got;
}

/* -- native frames ---------------------------------------------------------- */

static int
compare_native(struct job *j, struct dcm *out, const struct pixels *q,
    struct err *e)
{
	const struct scan *s = dcm_scan(out);
	const struct scan_element *el = scan_find(s, PIXEL_DATA, NULL);
	uint64_t at = 0, n = q->frame_bytes;
	uint32_t f;

	for (f = 1; f <= q->frames; f++, at += n) {
		if (redact_boxes(j, f, e) < 0)
			return -1;
		if (j->how == NATIVE && j->boxes.n == 0 && !j->touched[f - 1] &&
		    q->bits_allocated != 1) {
			if (compare_bytes(j, j->el->value + at, s, el->value + at, n,
			    e) < 0)
				return differs(f, e);
			continue;
		}
		if (redact_frame(j, f, e) < 0 ||
		    pixels_frame(out, q, f, j->other, e) < 0)
			return -1;
		if (memcmp(j->frame, j->other, q->frame_bytes) != 0)
			return differs(f, e);
	}
	return 0;
}

static int
compare_as_it_is(struct job *j, const struct scan *s, struct err *e)
{
	const struct scan_element *el = scan_find(s, PIXEL_DATA, NULL);

	if (el == NULL || el->length != j->el->length)
		return err_set(e, "the output does not read back as it was written");
	return compare_bytes(j, j->el->value, s, el->value, el->length, e);
}

static bool
same_kind(const struct pixels *a, const struct pixels *b)
{
	return a->rows == b->rows && a->columns == b->columns &&
	    a->frames == b->frames && a->samples == b->samples &&
	    a->bits_allocated == b->bits_allocated &&
	    a->bits_stored == b->bits_stored && a->high_bit == b->high_bit &&
	    a->is_signed == b->is_signed && a->photometric == b->photometric &&
	    a->frame_bytes == b->frame_bytes;
}

static int
compare_file(struct job *j, struct dcm *out, struct err *e)
{
	struct pixels q;

	if (j->how == AS_IT_IS)
		return compare_as_it_is(j, dcm_scan(out), e);
	if (pixels_describe(out, &q, e) < 0)
		return -1;
	if (!same_kind(&j->q, &q))
		return err_set(e, "the output does not describe the same image");
	if (j->how == VIDEO)
		return redact_compare_video(j, out, &q, e);
	return j->how == CODED ? compare_coded(j, out, &q, e) :
	    compare_native(j, out, &q, e);
}

int
redact_read_back(struct job *j, const char *path, struct err *e)
{
	struct dcm *out = NULL;
	int got;

	if (dcm_open(path, &out, e) < 0)
		return -1;
	got = compare_file(j, out, e);
	dcm_close(out);
	return got;
}
