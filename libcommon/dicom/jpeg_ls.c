/* jpeg_ls: JPEG-LS frames decoded and coded; see jpeg_ls.h. */
#include "dicom/jpeg_ls.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/size.h"
#include "dicom/jpeg_ls_scan.h"

/* A frame on its way through its scans. */
struct frame {
	const struct codestream *c;
	struct jpeg_ls_scan scan;
	unsigned first;			/* component of the scan at hand */
	unsigned transform;		/* HP's, 0 for none */
	uint32_t restart;		/* lines, or 0 */
};

/* -- colour and words ----------------------------------------------------- */

/*
 * HP's transforms, modulo the range of a sample: three differences to green and
 * to one another, moved by half of the range. V holds R, G, B.
 */
static void
transform_colour(unsigned which, unsigned precision, int32_t *v)
{
	int32_t half = 1 << (precision - 1), mask = 2 * half - 1;
	int32_t r = v[0], g = v[1], b = v[2];

	if (which == 3) {
		v[1] = (b - g + half) & mask;
		v[2] = (r - g + half) & mask;
		v[0] = (g + ((v[1] + v[2]) >> 2) - half / 2) & mask;
		return;
	}
	v[0] = (r - g + half) & mask;
	v[2] = (which == 1 ? b - g + half : b - ((r + g) >> 1) + half) & mask;
}

static void
restore_colour(unsigned which, unsigned precision, int32_t *v)
{
	int32_t half = 1 << (precision - 1), mask = 2 * half - 1;
	int32_t a = v[0], b = v[1], c = v[2];

	if (which == 3) {
		v[1] = (a - ((b + c) >> 2) + half / 2) & mask;
		v[0] = (c + v[1] - half) & mask;
		v[2] = (b + v[1] - half) & mask;
		return;
	}
	v[0] = (a + b - half) & mask;
	v[2] = (which == 1 ? c + b - half : c + ((v[0] + b) >> 1) - half) & mask;
}

/* The lines to row Y of the frame OUT, in words of WORD bytes. */
static void
store_line(const struct frame *f, uint8_t *out, size_t word, size_t y)
{
	size_t n = f->c->components, x, i;
	unsigned k;
	int32_t v[3];

	out += y * f->c->width * n * word + f->first * word;
	for (x = 0; x < f->c->width; x++, out += n * word) {
		for (k = 0; k < f->scan.components; k++)
			v[k] = f->scan.line[k][x];
		if (f->transform != 0)
			restore_colour(f->transform, f->c->precision, v);
		for (k = 0; k < f->scan.components; k++) {
			out[k * word] = (uint8_t)v[k];
			for (i = 1; i < word; i++)
				out[k * word + i] = i == 1 ? (uint8_t)(v[k] >> 8) : 0;
		}
	}
}

/* N components of the pixel at IN, as they are coded; *TOP is at least each. */
static inline void
load_pixel(const struct frame *f, const uint8_t *in, size_t word, unsigned n,
    int32_t *v, int32_t *top)
{
	int32_t mask = (int32_t)((1u << f->c->precision) - 1);
	unsigned k;

	for (k = 0; k < n; k++, in += word)
		v[k] = (in[0] | (word == 1 ? 0 : in[1] << 8)) & mask;
	if (f->transform != 0 && n == 3)
		transform_colour(f->transform, f->c->precision, v);
	for (k = 0; k < n; k++)
		*top = v[k] > *top ? v[k] : *top;
}

/* Row Y of FRAME to the lines. Returns its largest sample. */
static int32_t
load_line(struct frame *f, const uint8_t *frame, size_t word, size_t y)
{
	size_t n = f->c->components, x;
	int32_t v[3], top = 0;
	unsigned k;

	frame += y * f->c->width * n * word + f->first * word;
	for (x = 0; x < f->c->width; x++, frame += n * word) {
		load_pixel(f, frame, word, f->scan.components, v, &top);
		for (k = 0; k < f->scan.components; k++)
			f->scan.line[k][x] = v[k];
	}
	return top;
}

/* -- scans ---------------------------------------------------------------- */

/*
 * C.2.3. P is the scan header's N bytes after its length. F->first is the
 * component that has to come: all in one scan, or each in its own, in order.
 */
static int
read_scan_header(struct frame *f, const uint8_t *p, size_t n, struct err *e)
{
	struct jpeg_ls_scan *s = &f->scan;
	unsigned i;

	s->components = n == 0 ? 0 : p[0];
	if ((s->components != 1 && s->components != f->c->components) ||
	    n != 4 + 2 * (size_t)s->components ||
	    f->first + s->components > f->c->components)
		return err_set(e, "the scans of the codestream are not of one or all "
		    "of its components");
	for (i = 0; i < s->components; i++)
		if (p[1 + 2 * i] != f->c->id[f->first + i] || p[2 + 2 * i] != 0)
			return err_set(e, "a scan of the codestream is out of order, or "
			    "has a mapping table");
	s->near = p[1 + 2 * i];
	s->mode = s->components == 1 ? ILV_NONE : p[2 + 2 * i];
	if (s->mode > ILV_SAMPLE || (s->components == 3 && s->mode == ILV_NONE) ||
	    p[3 + 2 * i] != 0)
		return err_set(e, "a scan of the codestream is interleaved in no known "
		    "way");
	if (f->transform != 0 && (s->components != 3 ||
	    (f->c->precision != 8 && f->c->precision != 16)))
		return err_set(e, "the codestream has a colour transform that does not "
		    "fit");
	return 0;
}

/* What is told before a scan: LSE, DRI, HP's APP8. */
static int
read_segment(struct frame *f, const uint8_t *p, unsigned marker, size_t n,
    struct err *e)
{
	if (marker == JPEG_LSE) {
		/* C.2.4: types 2 and 3 are mapping tables, 4 are larger sizes. */
		if (n != 11 || p[0] != 1)
			return err_set(e, "JPEG-LS with mapping tables or large sizes "
			    "is not supported");
		f->scan.p = (struct jpeg_ls_params){ (int32_t)bytes_be16(p + 1),
		    (int32_t)bytes_be16(p + 3), (int32_t)bytes_be16(p + 5),
		    (int32_t)bytes_be16(p + 7), (int32_t)bytes_be16(p + 9) };
	} else if (marker == JPEG_DRI) {
		if (n < 2 || n > 4)
			return err_set(e, "the codestream's restart interval is malformed");
		for (f->restart = 0; n > 0; n--)
			f->restart = f->restart << 8 | *p++;
	} else if (marker == JPEG_APP8 && n == 5 && memcmp(p, "mrfx", 4) == 0) {
		f->transform = p[4];
		if (f->transform > 3)
			return err_set(e, "the codestream has an unknown colour transform");
	}
	return 0;
}

static int
check_process(const struct codestream *c, size_t word, struct err *e)
{
	size_t n;

	if (c->process != JPEG_SOF55)
		return err_set(e, "the codestream is not of JPEG-LS");
	if (c->subsampled)
		return err_set(e, "JPEG-LS with subsampled components is not supported");
	if (c->precision > 8 * word || !size_mul(c->width, c->height, &n) ||
	    !size_mul(n, c->components * (size_t)JPEG_LS_SAMPLE_BYTES, &n))
		return err_set(e, "the codestream is too large");
	return 0;
}

/* -- decoding ------------------------------------------------------------- */

/* Behind the fill bytes that may be before a marker: T.81 B.1.1.2. */
static const uint8_t *
skip_fill(const uint8_t *p, const uint8_t *end)
{
	while (end - p >= 2 && p[0] == 0xff && p[1] == 0xff)
		p++;
	return p;
}

static int
decode_scan(struct frame *f, const uint8_t *at, const uint8_t *end, uint8_t *out,
    size_t word, struct err *e)
{
	struct jpeg_ls_scan *s = &f->scan;
	uint32_t y, marks = 0;

	if (jpeg_ls_scan_start(s, e) < 0)
		return -1;
	at = jpeg_ls_scan_read(s, at, end);
	for (y = 0; y < f->c->height; y++) {
		if (y > 0 && f->restart > 0 && y % f->restart == 0) {
			at = skip_fill(at, end);
			if (!jpeg_ls_scan_is_read(s) || end - at < 2 ||
			    at[1] != 0xd0 + marks++ % 8)
				return err_set(e, "the codestream is damaged at a restart");
			at = jpeg_ls_scan_read(s, at + 2, end);
		}
		if (!jpeg_ls_scan_decode(s))
			return err_set(e, "the codestream is cut or damaged");
		store_line(f, out, word, y);
		jpeg_ls_scan_next(s);
	}
	/* END is the marker's, so a fill byte just before it is the last one. */
	if (!jpeg_ls_scan_is_read(s) || end - skip_fill(at, end) > 1)
		return err_set(e, "the codestream has more code than samples");
	return 0;
}

int
jpeg_ls_decode(const uint8_t *code, size_t len, const struct codestream *c,
    size_t word, void *out, struct err *e)
{
	struct codestream_segment g;
	struct frame f = { .c = c, .scan = { .c = c } };
	size_t at = 0;
	int got, done = check_process(c, word, e);

	while (done == 0 && (got = codestream_next(code, len, &at, &g, e)) != 0)
		if (got < 0)
			done = -1;
		else if (g.marker != JPEG_SOS)
			done = read_segment(&f, code + g.body, g.marker, g.len, e);
		else if ((done = read_scan_header(&f, code + g.body, g.len, e)) == 0) {
			struct jpeg_ls_params told = f.scan.p;

			done = decode_scan(&f, code + g.body + g.len, code + at, out,
			    word, e);
			f.scan.p = told;
			f.first += f.scan.components;
		}
	if (done == 0 && f.first != c->components)
		done = err_set(e, "the codestream lacks a component");
	jpeg_ls_scan_free(&f.scan);
	return done;
}

/* -- encoding ------------------------------------------------------------- */

static int
encode_scan(struct frame *f, const uint8_t *frame, size_t word, struct buf *code,
    struct err *e)
{
	struct jpeg_ls_scan *s = &f->scan;
	size_t room = ((size_t)f->c->width * s->components + 2) *
	    JPEG_LS_SAMPLE_BYTES;
	uint8_t *to;
	uint32_t y;

	if (jpeg_ls_scan_start(s, e) < 0)
		return -1;
	for (y = 0; y < f->c->height; y++) {
		if (buf_reserve(code, room, e) < 0)
			return -1;
		if (load_line(f, frame, word, y) > s->p.maxval)
			return err_set(e, "cannot be coded as its original is");
		to = (uint8_t *)code->data + code->len;
		code->len += (size_t)(jpeg_ls_scan_encode(s, to,
		    y + 1 == f->c->height) - to);
		jpeg_ls_scan_next(s);
	}
	return 0;
}

/* The scan whose header in LIKE is P: its header for NEAR 0, and its samples. */
static int
write_scan(struct frame *f, const uint8_t *p, size_t n, const uint8_t *frame,
    size_t word, struct buf *code, struct err *e)
{
	uint8_t head[4] = { 0xff, JPEG_SOS, 0, (uint8_t)(n + 2) };

	if (read_scan_header(f, p, n, e) < 0 ||
	    buf_add(code, head, sizeof head, e) < 0 || buf_add(code, p, n, e) < 0)
		return -1;
	code->data[code->len - 3] = 0;
	f->scan.near = 0;
	return encode_scan(f, frame, word, code, e);
}

/*
 * Can LIKE's parameters serve for FRAME without loss? Not if they were for NEAR
 * above 0, or if a sample exceeds MAXVAL. F receives what is told before the
 * first scan, where alone a colour transform can be.
 */
static int
can_keep(const uint8_t *like, size_t len, struct frame *f, const uint8_t *frame,
    size_t word, bool *keep, struct err *e)
{
	int32_t least = INT32_MAX, top = 0, v[3];
	size_t i, at = 0, n = f->c->components;
	struct codestream_segment g;
	unsigned transform = 0;
	bool begun = false;
	int got;

	while ((got = codestream_next(like, len, &at, &g, e)) == 1) {
		begun = begun || g.marker == JPEG_SOS;
		if (read_segment(f, like + g.body, g.marker, g.len, e) < 0)
			return -1;
		if (g.marker == JPEG_LSE && f->scan.p.maxval != 0 &&
		    f->scan.p.maxval < least)
			least = f->scan.p.maxval;
		if (!begun)
			transform = f->transform;
	}
	f->transform = transform;
	for (i = (size_t)f->c->width * f->c->height; i > 0 && least < INT32_MAX; i--) {
		load_pixel(f, frame, word, (unsigned)n, v, &top);
		frame += n * word;
	}
	*keep = f->c->lossless && top <= least;
	return got;
}

/* All of LIKE's segments in their order; only its scans are new. */
static int
write_alike(const uint8_t *like, size_t len, struct frame *f, const uint8_t *frame,
    size_t word, bool keep, struct buf *code, struct err *e)
{
	struct jpeg_ls_params told = { 0 };
	struct codestream_segment g;
	size_t at = 0;
	int got;

	while ((got = codestream_next(like, len, &at, &g, e)) == 1) {
		if (g.marker == JPEG_SOS) {
			f->scan.p = told;
			got = write_scan(f, like + g.body, g.len, frame, word, code, e);
			f->first += f->scan.components;
		} else if (g.marker != JPEG_DRI && (g.marker != JPEG_LSE || keep))
			got = buf_add(code, like + g.at, g.body + g.len - g.at, e);
		if (got >= 0 && g.marker == JPEG_LSE && keep) {
			got = read_segment(f, like + g.body, g.marker, g.len, e);
			told = f->scan.p;
		}
		if (got < 0)
			return -1;
		if (g.marker == JPEG_SOF55)
			codestream_put_size(f->c, code->data + code->len - g.len);
	}
	if (got == 0 && f->first != f->c->components)
		return err_set(e, "the codestream lacks a component");
	return got;
}

int
jpeg_ls_encode(const uint8_t *like, size_t like_len,
    const struct codestream *c, const uint8_t *frame, size_t word,
    struct buf *code, struct err *e)
{
	static const uint8_t soi[] = { 0xff, 0xd8 }, eoi[] = { 0xff, JPEG_EOI };
	size_t before = code->len;
	struct frame f = { .c = c, .scan = { .c = c } };
	int got = check_process(c, word, e);
	bool keep;

	if (got == 0)
		got = can_keep(like, like_len, &f, frame, word, &keep, e);
	if (got == 0)
		got = buf_add(code, soi, sizeof soi, e);
	if (got == 0)
		got = write_alike(like, like_len, &f, frame, word, keep, code, e);
	if (got == 0)
		got = buf_add(code, eoi, sizeof eoi, e);
	jpeg_ls_scan_free(&f.scan);
	if (got < 0)
		code->len = before;
	return got;
}
