/* redact: a DICOM image again, with boxes filled; see redact.h. */
#include "image/redact.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/size.h"
#include "base/temp.h"
#include "dicom/native.h"
#include "dicom/rle.h"
#include "dicom/scan.h"
#include "dicom/splice.h"

#define PIXEL_DATA 0x7fe00010u
#define EXTENDED_OFFSETS 0x7fe00001u
#define EXTENDED_LENGTHS 0x7fe00002u
#define UNDEFINED 0xffffffffu
#define EXPLICIT_LITTLE "1.2.840.10008.1.2.1"
#define RLE "1.2.840.10008.1.2.5"
#define BLOCK ((size_t)1 << 20)	/* bytes compared at a time */

enum how { NATIVE, AS_IT_IS, RLE_FRAMES, DECODED };

struct job {
	struct dcm *d;
	const struct scan *s;
	const struct scan_element *el;	/* Pixel Data */
	const struct pixels *p;
	const struct redact *r;
	struct redact_report *report;
	struct fill *fill;
	struct splice *sp;
	enum how how;
	uint8_t *frame, *other;	/* room for a frame each */
	struct rects boxes;	/* of the frame at hand */
};

static bool
is_pairs(const struct pixels *p)
{
	return p->photometric == PHOTO_YBR_FULL_422 ||
	    p->photometric == PHOTO_YBR_PARTIAL_422;
}

/* What is filled on FRAME, into j->boxes: within the image, edges right. */
static int
boxes_of(struct job *j, uint32_t frame, struct err *e)
{
	const struct pixels *p = j->p;
	struct rects rest = { 0 };
	int got = 0;

	j->boxes.n = 0;
	if (j->r->boxes(j->r->arg, frame, &j->boxes, e) < 0)
		return -1;
	rects_clip(&j->boxes, p->columns, p->rows);
	if (j->r->keep) {
		got = rects_complement(&j->boxes, p->columns, p->rows, &rest, e);
		rects_free(&j->boxes);
		j->boxes = rest;
	}
	if (is_pairs(p))
		rects_even(&j->boxes, p->columns);
	return got;
}

static int
count(struct job *j, struct err *e)
{
	uint64_t area;
	uint32_t f;

	for (f = 1; f <= j->p->frames; f++) {
		if (boxes_of(j, f, e) < 0 || rects_area(&j->boxes, &area, e) < 0)
			return -1;
		j->report->boxes += j->boxes.n;
		j->report->pixels += area;
		j->report->changed += j->boxes.n > 0;
	}
	return 0;
}

/* Embedded overlays, retired: PS3.5-2004 8.1.2. */
static bool
has_overlay_bits(struct dcm *d)
{
	uint32_t group;
	double position;

	for (group = 0x6000; group <= 0x601e; group += 2)
		if (dcm_number(d, DCM_TAG(group, 0x0102), 0, &position) &&
		    position > 0 && !dcm_has(d, DCM_TAG(group, 0x3000)))
			return true;
	return false;
}

static int
mark(struct job *j, struct err *e)
{
	if (splice_text(j->sp, DCM_TAG(0x0028, 0x0301), "CS", "NO", e) < 0)
		return -1;
	return splice_code(j->sp, DCM_TAG(0x0012, 0x0064), "113101", "DCM",
	    "Clean Pixel Data Option", e);
}

/* -- native: the file's bytes, those of the boxes overwritten -------------- */

static int
fill_native_frame(struct job *j, const struct native *n, uint32_t frame,
    struct err *e)
{
	uint32_t (*v)[3];
	const struct rect *r;
	size_t i;
	int got = -1;

	if (fill_needs_frame(j->fill) &&
	    pixels_frame(j->d, j->p, frame, j->frame, e) < 0)
		return -1;
	if ((v = malloc(j->boxes.n * sizeof *v)) == NULL)
		return err_set(e, "out of memory");
	if (fill_values(j->fill, j->frame, &j->boxes, v, e) < 0)
		goto out;
	for (i = 0; i < j->boxes.n; i++) {
		r = &j->boxes.r[i];
		if (native_fill(n, frame, r->x, r->y, r->w, r->h, v[i], e) < 0)
			goto out;
	}
	got = 0;
out:
	free(v);
	return got;
}

/* Makes what follows the last frame zero, and counts what was not. */
static int
clear_tail(struct job *j, const struct native *native, struct err *e)
{
	uint64_t at = native_used(j->p), end = j->el->length;
	static const uint8_t zeros[4096];
	uint8_t block[sizeof zeros];
	bool dirty;
	size_t n, i;

	if (native->swapped)	/* the last pixel may be the second of its pair */
		at += at % 2;
	for (; at < end; at += n) {
		n = end - at < sizeof block ? (size_t)(end - at) : sizeof block;
		if (scan_read(j->s, j->el->value + at, block, n, e) < 0)
			return -1;
		for (dirty = false, i = 0; i < n; i++)
			if (block[i] != 0) {
				dirty = true;
				j->report->cleared++;
			}
		if (dirty && splice_patch(j->sp, native->value + at, zeros, n, e) < 0)
			return -1;
	}
	return 0;
}

static int
write_native(struct job *j, int fd, struct err *e)
{
	struct native n;
	uint64_t value;
	uint32_t f;

	if (splice_front(j->sp, fd, e) < 0 ||
	    splice_pixels(j->sp, &value, e) < 0 || splice_back(j->sp, e) < 0 ||
	    native_open(&n, fd, value, j->s, j->el, j->p, e) < 0)
		return -1;
	if (j->report->changed > 0)
		for (f = 1; f <= j->p->frames; f++)
			if (boxes_of(j, f, e) < 0 ||
			    (j->boxes.n > 0 && fill_native_frame(j, &n, f, e) < 0))
				return -1;
	return clear_tail(j, &n, e);
}

/* -- RLE: frames with boxes coded again, the others as they are ------------ */

struct offsets {
	uint8_t *basic;		/* entries of 4 bytes, or NULL */
	uint8_t *extended;	/* of 8 bytes, or NULL */
	uint8_t *lengths;
	uint64_t base;		/* where the first fragment's tag lies */
};

static void
put_le(uint8_t *p, uint64_t v, int bytes)
{
	int i;

	for (i = 0; i < bytes; i++)
		p[i] = (uint8_t)(v >> 8 * i & 0xff);
}

static int
put_item(struct splice *sp, uint32_t tag, uint32_t length, struct err *e)
{
	uint8_t h[8];

	put_le(h, tag >> 16, 2);
	put_le(h + 2, tag & 0xffff, 2);
	put_le(h + 4, length, 4);
	return splice_put(sp, h, sizeof h, e);
}

/*
 * Packs a frame of one byte a pixel into bits from BIT of OUT on (PS3.5 8.1.1),
 * whose first byte holds the bits before that. Returns the bit after the last.
 */
static size_t
pack_bits(const struct pixels *p, const uint8_t *frame, uint8_t *out, size_t bit)
{
	size_t i, n = p->frame_bytes;

	for (i = 0; i < n; i++, bit++) {
		if (bit % 8 == 0)
			out[bit / 8] = 0;
		out[bit / 8] = (uint8_t)(out[bit / 8] | frame[i] << bit % 8);
	}
	return bit;
}

/* Codes FRAME again; CODE is room for it. */
static int
write_rle_frame(struct job *j, uint32_t frame, struct buf *code, struct err *e)
{
	const struct pixels *p = j->p;
	size_t bits;

	buf_clear(code);
	if (pixels_frame(j->d, p, frame, j->frame, e) < 0 ||
	    fill_apply(j->fill, j->frame, &j->boxes, e) < 0)
		return -1;
	if (p->bits_allocated == 1) {	/* its rows do not end at bytes */
		bits = pack_bits(p, j->frame, j->other, 0);
		if (rle_encode(j->other, 1, (uint32_t)((bits + 7) / 8), 1, 1, code,
		    e) < 0)
			return -1;
	} else if (rle_encode(j->frame, p->rows, p->columns, p->samples, p->bytes,
	    code, e) < 0)
		return -1;
	if (code->len >= UNDEFINED)
		return err_set(e, "frame %" PRIu32 " is too large for a fragment",
		    frame);
	if (put_item(j->sp, 0xfffee000, (uint32_t)code->len, e) < 0)
		return -1;
	return splice_put(j->sp, code->data, code->len, e);
}

static int
write_rle_frames(struct job *j, struct offsets *o, struct err *e)
{
	size_t first, end;
	const struct scan_fragment *from, *to;
	struct buf code = { 0 };
	uint64_t at;
	uint32_t f;
	int got = -1;

	o->base = splice_at(j->sp);
	for (f = 1; f <= j->p->frames; f++) {
		at = splice_at(j->sp) - o->base;
		if (o->basic != NULL && at > UINT32_MAX) {
			err_set(e, "the frames are too long for their offset table");
			goto out;
		}
		if (o->basic != NULL)
			put_le(o->basic + 4 * (size_t)(f - 1), at, 4);
		if (boxes_of(j, f, e) < 0)
			goto out;
		pixels_fragments(j->d, f, &first, &end);
		from = &j->s->fragments[first];
		to = &j->s->fragments[end - 1];
		if (j->boxes.n > 0 ? write_rle_frame(j, f, &code, e) < 0 :
		    splice_copy(j->sp, from->value - 8,
		    to->value + to->length - from->value + 8, e) < 0)
			goto out;
		if (o->extended != NULL) {
			put_le(o->extended + 8 * (size_t)(f - 1), at, 8);
			put_le(o->lengths + 8 * (size_t)(f - 1),
			    splice_at(j->sp) - o->base - at - 8, 8);
		}
	}
	got = put_item(j->sp, 0xfffee0dd, 0, e);
out:
	buf_free(&code);
	return got;
}

/* Room for the tables that the file has: filled by write_rle_frames. */
static int
reserve_tables(struct job *j, struct offsets *o, struct err *e)
{
	size_t n = j->p->frames;

	if (j->s->table.length > 0 && (o->basic = calloc(n, 4)) == NULL)
		return err_set(e, "out of memory");
	if (scan_find(j->s, EXTENDED_OFFSETS, NULL) == NULL)
		return splice_remove(j->sp, EXTENDED_LENGTHS, e);
	o->extended = calloc(n, 8);
	o->lengths = calloc(n, 8);
	if (o->extended == NULL || o->lengths == NULL)
		return err_set(e, "out of memory");
	if (splice_bytes(j->sp, EXTENDED_OFFSETS, "OV", o->extended, n * 8, e) < 0)
		return -1;
	return splice_bytes(j->sp, EXTENDED_LENGTHS, "OV", o->lengths, n * 8, e);
}

static int
write_rle(struct job *j, int fd, struct err *e)
{
	struct offsets o = { 0 };
	size_t n = j->p->frames;
	uint64_t table;
	int got = -1;

	if (reserve_tables(j, &o, e) < 0 || splice_front(j->sp, fd, e) < 0 ||
	    splice_pixels_head(j->sp, "OB", UNDEFINED, e) < 0 ||
	    put_item(j->sp, 0xfffee000, o.basic == NULL ? 0 : (uint32_t)(n * 4),
	    e) < 0)
		goto out;
	table = splice_at(j->sp);
	if ((o.basic != NULL && splice_put(j->sp, o.basic, n * 4, e) < 0) ||
	    write_rle_frames(j, &o, e) < 0 || splice_back(j->sp, e) < 0)
		goto out;
	if (o.basic != NULL && splice_patch(j->sp, table, o.basic, n * 4, e) < 0)
		goto out;
	if (o.extended != NULL && (splice_patch(j->sp,
	    splice_where(j->sp, EXTENDED_OFFSETS), o.extended, n * 8, e) < 0 ||
	    splice_patch(j->sp, splice_where(j->sp, EXTENDED_LENGTHS), o.lengths,
	    n * 8, e) < 0))
		goto out;
	got = 0;
out:
	free(o.basic);
	free(o.extended);
	free(o.lengths);
	return got;
}

/* -- everything else: decoded ---------------------------------------------- */

static const char *
term_of(enum pixels_photometric p)
{
	switch (p) {
	case PHOTO_MONOCHROME1:
		return "MONOCHROME1";
	case PHOTO_MONOCHROME2:
		return "MONOCHROME2";
	case PHOTO_PALETTE:
		return "PALETTE COLOR";
	case PHOTO_RGB:
		return "RGB";
	case PHOTO_YBR_FULL:
		return "YBR_FULL";
	case PHOTO_YBR_FULL_422:
		return "YBR_FULL_422";
	case PHOTO_YBR_PARTIAL_422:
		return "YBR_PARTIAL_422";
	}
	return "";
}

/* Everything that describes Pixel Data, together: PS3.3 C.7.6.3, C.7.6.1.1.5. */
static int
describe_native(struct job *j, struct err *e)
{
	const struct pixels *p = j->p;
	const char *lossy;

	if (splice_syntax(j->sp, EXPLICIT_LITTLE, e) < 0 ||
	    splice_text(j->sp, DCM_TAG(0x0028, 0x0004), "CS",
	    term_of(p->photometric), e) < 0 ||
	    splice_us(j->sp, DCM_TAG(0x0028, 0x0100), (uint16_t)p->bits_allocated,
	    e) < 0 ||
	    splice_us(j->sp, DCM_TAG(0x0028, 0x0101), (uint16_t)p->bits_stored,
	    e) < 0 ||
	    splice_us(j->sp, DCM_TAG(0x0028, 0x0102), (uint16_t)p->high_bit,
	    e) < 0)
		return -1;
	if (p->samples == 3 &&
	    splice_us(j->sp, DCM_TAG(0x0028, 0x0006), 0, e) < 0)
		return -1;
	lossy = dcm_string(j->d, DCM_TAG(0x0028, 0x2110), 0);
	if (p->lossy && (lossy == NULL || strcmp(lossy, "01") != 0) &&
	    splice_text(j->sp, DCM_TAG(0x0028, 0x2110), "CS", "01", e) < 0)
		return -1;
	if (splice_remove(j->sp, EXTENDED_OFFSETS, e) < 0 ||
	    splice_remove(j->sp, EXTENDED_LENGTHS, e) < 0)
		return -1;
	return splice_remove(j->sp, 0x7fe00000, e);
}

/* A decoded frame with its boxes filled, in j->frame. */
static int
decode_and_fill(struct job *j, uint32_t frame, struct err *e)
{
	if (pixels_frame(j->d, j->p, frame, j->frame, e) < 0 ||
	    fill_apply(j->fill, j->frame, &j->boxes, e) < 0)
		return -1;
	/* A codestream holds Bits Stored alone; readers of words want the sign. */
	if (j->how == DECODED && j->p->is_signed)
		fill_extend(j->fill, j->frame);
	return 0;
}

static int
write_decoded(struct job *j, int fd, struct err *e)
{
	const struct pixels *p = j->p;
	uint64_t bytes = native_used(p);
	size_t n, bit = 0;
	uint32_t f;

	if (bytes > UNDEFINED - 2)
		return err_set(e, "the decoded frames are longer than an element "
		    "can be: PS3.5 7.1");
	if (describe_native(j, e) < 0 || splice_front(j->sp, fd, e) < 0 ||
	    splice_pixels_head(j->sp, p->bits_allocated > 8 ? "OW" : "OB",
	    (uint32_t)(bytes + bytes % 2), e) < 0)
		return -1;
	for (f = 1; f <= p->frames; f++) {
		if (boxes_of(j, f, e) < 0 || decode_and_fill(j, f, e) < 0)
			return -1;
		if (p->bits_allocated != 1) {
			if (splice_put(j->sp, j->frame, p->frame_bytes, e) < 0)
				return -1;
			continue;
		}
		/* Frames follow without a gap: the last bits wait for the next. */
		bit = pack_bits(p, j->frame, j->other, bit);
		n = f == p->frames ? (bit + 7) / 8 : bit / 8;
		if (splice_put(j->sp, j->other, n, e) < 0)
			return -1;
		if (f < p->frames)
			j->other[0] = j->other[n];
		bit %= 8;
	}
	if (bytes % 2 != 0 && splice_put(j->sp, "", 1, e) < 0)
		return -1;
	return splice_back(j->sp, e);
}

/* -- or none of it --------------------------------------------------------- */

static int
write_as_it_is(struct job *j, int fd, struct err *e)
{
	uint64_t value;

	if (splice_front(j->sp, fd, e) < 0 || splice_pixels(j->sp, &value, e) < 0)
		return -1;
	return splice_back(j->sp, e);
}

/* -- reading back ---------------------------------------------------------- */

static int
compare_bytes(const struct scan *a, uint64_t at, const struct scan *b,
    uint64_t bt, uint64_t n, struct err *e)
{
	uint8_t *block = malloc(2 * BLOCK);
	size_t len;
	int got = -1;

	if (block == NULL)
		return err_set(e, "out of memory");
	for (; n > 0; n -= len, at += len, bt += len) {
		len = n < BLOCK ? (size_t)n : BLOCK;
		if (scan_read(a, at, block, len, e) < 0 ||
		    scan_read(b, bt, block + BLOCK, len, e) < 0)
			goto out;
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

/* The bytes of FRAME, from 1, that were only copied. */
static int
compare_frame_bytes(struct job *j, const struct dcm *out, uint32_t frame,
    struct err *e)
{
	const struct scan *s = dcm_scan(out);
	const struct scan_element *el = scan_find(s, PIXEL_DATA, NULL);
	const struct scan_fragment *a, *b;
	size_t i, first, end, second, until;
	uint64_t at;

	if (j->how == NATIVE) {
		at = (uint64_t)j->p->frame_bytes * (frame - 1);
		return compare_bytes(j->s, j->el->value + at, s, el->value + at,
		    j->p->frame_bytes, e);
	}
	pixels_fragments(j->d, frame, &first, &end);
	pixels_fragments(out, frame, &second, &until);
	a = &j->s->fragments[first];
	b = &s->fragments[second];
	if (end - first != until - second)
		return err_set(e, "frame %" PRIu32 " does not read back as it was",
		    frame);
	for (i = 0; i < end - first; i++)
		if (a[i].length != b[i].length ||
		    compare_bytes(j->s, a[i].value, s, b[i].value, a[i].length,
		    e) < 0)
			return err_set(e, "frame %" PRIu32
			    " does not read back as it was", frame);
	return 0;
}

static int
compare_frame(struct job *j, struct dcm *out, const struct pixels *q,
    uint32_t frame, struct err *e)
{
	if (decode_and_fill(j, frame, e) < 0 ||
	    pixels_frame(out, q, frame, j->other, e) < 0)
		return -1;
	if (memcmp(j->frame, j->other, j->p->frame_bytes) != 0)
		return err_set(e, "frame %" PRIu32
		    " does not read back as it was written", frame);
	return 0;
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
compare_frames(struct job *j, struct dcm *out, struct err *e)
{
	bool bytes = j->how == RLE_FRAMES ||
	    (j->how == NATIVE && j->p->bits_allocated != 1);
	struct pixels q;
	uint32_t f;

	if (pixels_describe(out, &q, e) < 0)
		return -1;
	if (!same_kind(j->p, &q))
		return err_set(e, "the output does not describe the same image");
	for (f = 1; f <= q.frames; f++)
		if (boxes_of(j, f, e) < 0 || (j->boxes.n == 0 && bytes ?
		    compare_frame_bytes(j, out, f, e) :
		    compare_frame(j, out, &q, f, e)) < 0)
			return -1;
	return 0;
}

/* Decodes what now lies in the output against what lies in the input. */
static int
read_back(struct job *j, struct outfile *o, struct err *e)
{
	const char *path = outfile_temp(o);
	const struct scan_element *el;
	struct dcm *out = NULL;
	char by_fd[64];
	int got = -1;

	if (path == NULL) {
		snprintf(by_fd, sizeof by_fd, "/proc/self/fd/%d",
		    fileno(outfile_stream(o)));
		path = by_fd;
	}
	if (dcm_open(path, &out, e) < 0)
		goto out;
	if (j->how != AS_IT_IS) {
		got = compare_frames(j, out, e);
		goto out;
	}
	el = scan_find(dcm_scan(out), PIXEL_DATA, NULL);
	if (el == NULL || el->length != j->el->length)
		err_set(e, "the output does not read back as it was written");
	else
		got = compare_bytes(j->s, j->el->value, dcm_scan(out), el->value,
		    el->length, e);
out:
	dcm_close(out);
	return got;
}

/* -- all of it -------------------------------------------------------------- */

static int
write_one(struct job *j, int fd, struct err *e)
{
	switch (j->how) {
	case NATIVE:
		return write_native(j, fd, e);
	case AS_IT_IS:
		return write_as_it_is(j, fd, e);
	case RLE_FRAMES:
		return write_rle(j, fd, e);
	case DECODED:
		return write_decoded(j, fd, e);
	}
	return -1;
}

/* A deflated data set is edited before it is deflated again. */
static int
write_file(struct job *j, struct outfile *o, struct err *e)
{
	int plain, got, fd = fileno(outfile_stream(o));

	if (!j->s->deflated)
		return write_one(j, fd, e);
	if ((plain = temp_open(e)) < 0)
		return -1;
	got = write_one(j, plain, e);
	if (got == 0)
		got = splice_deflate(j->sp, plain, fd, e);
	close(plain);
	return got;
}

/* Of two Rows, DCMTK believes the first and others the last: PS3.5 7.1. */
static int
refuse_repeats(const struct scan *s, struct err *e)
{
	uint32_t tag;
	size_t i, n;

	for (i = s->nmeta; !s->ordered && i < s->n; i++) {
		tag = s->elements[i].tag;
		if (tag >> 16 != 0x0028 && tag >> 16 != 0x7fe0)
			continue;
		scan_find(s, tag, &n);
		if (n > 1)
			return err_set(e, "holds (%04x,%04x) twice", tag >> 16,
			    tag & 0xffff);
	}
	return 0;
}

static int
prepare(struct job *j, struct err *e)
{
	struct redact_report *t = j->report;
	size_t n;

	memset(t, 0, sizeof *t);
	if ((j->el = scan_find(j->s, PIXEL_DATA, NULL)) == NULL)
		return err_set(e, "has no pixel data");
	if (refuse_repeats(j->s, e) < 0)
		return -1;
	if (has_overlay_bits(j->d))	/* in no view, so in nobody's sight */
		return err_set(e, "unused bits of its pixels hold an overlay "
		    "(60xx,0102), which no record can be about");
	strncpy(t->syntax_in, dcm_syntax(j->d), sizeof t->syntax_in - 1);
	t->frames = j->p->frames;
	if (count(j, e) < 0)
		return -1;
	j->how = !j->p->encapsulated ? NATIVE : t->changed == 0 ? AS_IT_IS :
	    strcmp(t->syntax_in, RLE) == 0 ? RLE_FRAMES : DECODED;
	strcpy(t->syntax_out, j->how == DECODED ? EXPLICIT_LITTLE : t->syntax_in);
	/* One more for the bits that pack_bits leaves over. */
	if (!size_mul(j->p->frame_bytes + 1, 2, &n) ||
	    (j->frame = malloc(n)) == NULL)
		return err_set(e, "out of memory");
	j->other = j->frame + j->p->frame_bytes;
	if ((j->sp = splice_new(j->s, e)) == NULL)
		return -1;
	if (t->changed > 0 &&
	    (j->fill = fill_new(j->r->mode, j->d, j->p, e)) == NULL)
		return -1;
	return mark(j, e);
}

int
redact_dicom(struct dcm *d, const struct pixels *p, const struct redact *r,
    struct outfile *o, struct redact_report *report, struct err *e)
{
	struct job j = { .d = d, .s = dcm_scan(d), .p = p, .r = r,
	    .report = report };
	int got = -1;

	if (prepare(&j, e) == 0 && write_file(&j, o, e) == 0)
		got = read_back(&j, o, e);
	fill_free(j.fill);
	splice_free(j.sp);
	rects_free(&j.boxes);
	free(j.frame);
	return got;
}
