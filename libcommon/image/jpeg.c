/* jpeg: boxes of a DCT-coded JPEG frame replaced; see jpeg.h. */
#include "image/jpeg.h"

#include <limits.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/size.h"
#include "dicom/codestream.h"

/* Last: it defines some names of codestream.h as macros, of the same values. */
#include <jpeglib.h>
#include <jerror.h>

#define SIDE 8u			/* of a block */
#define MARKER_SOF2 0xc2
#define MARKER_DAC 0xcc
#define SCAN_TAIL 3u		/* Ss, Se, Ah and Al: T.81 B.2.3 */
#define OUT_STEP ((size_t)1 << 16)

/* -- where blocks lie: T.81 A.1.1, A.2 ------------------------------------- */

struct grid {
	uint32_t width, height;
	uint32_t n;			/* components */
	uint32_t h[3], v[3], hmax, vmax;
	uint32_t unit_w, unit_h;	/* of pixels that are replaced together */
	uint32_t padded_w, padded_h;	/* to whole MCUs */
	size_t scans;
	size_t blocks;			/* of all components, without padding */
	struct codestream stream;
};

static uint32_t
up(uint32_t v, uint32_t step)
{
	return (v + step - 1) / step * step;
}

/* The pixels that a block spans, if the blocks of all components fit in it. */
static uint32_t
unit(const uint32_t *factor, uint32_t n, uint32_t max)
{
	uint32_t i, least = max;
	bool nested = true;

	for (i = 0; i < n; i++)
		if (factor[i] < least)
			least = factor[i];
	for (i = 0; i < n; i++)
		nested = nested && max % factor[i] == 0 && factor[i] % least == 0;
	return SIDE * (nested ? max / least : max);
}

static int
read_frame_header(const uint8_t *p, struct grid *g, struct err *e)
{
	uint32_t i;

	for (i = 0; i < g->n; i++) {
		g->h[i] = p[7 + 3 * i] >> 4;
		g->v[i] = p[7 + 3 * i] & 0xf;
		if (g->h[i] < 1 || g->h[i] > 4 || g->v[i] < 1 || g->v[i] > 4)
			return err_set(e, "the codestream has a sampling factor that "
			    "T.81 does not allow");
		if (g->h[i] > g->hmax)
			g->hmax = g->h[i];
		if (g->v[i] > g->vmax)
			g->vmax = g->v[i];
	}
	return 0;
}

static size_t
count_blocks(const struct grid *g)
{
	size_t n = 0;
	uint32_t i;

	for (i = 0; i < g->n; i++)
		n += (size_t)(up(g->width * g->h[i], SIDE * g->hmax) /
		    (SIDE * g->hmax)) *
		    (up(g->height * g->v[i], SIDE * g->vmax) / (SIDE * g->vmax));
	return n;
}

static int
lay_out(const uint8_t *code, size_t len, struct grid *g, struct err *e)
{
	struct codestream_segment s;
	size_t at = 0;

	memset(g, 0, sizeof *g);
	if (codestream_jpeg(code, len, &g->stream, e) < 0)
		return -1;
	if (g->stream.process > MARKER_SOF2 || g->stream.precision != 8)
		return err_set(e, "the codestream is no 8-bit Huffman-coded DCT");
	if (!codestream_tail_is_empty(code, len, &g->stream))
		return err_set(e, "bytes follow the codestream");
	g->width = g->stream.width;
	g->height = g->stream.height;
	g->n = g->stream.components;
	while (codestream_next(code, len, &at, &s, e) == 1) {
		g->scans += s.marker == JPEG_SOS;
		if (s.marker == g->stream.process &&
		    read_frame_header(code + s.body, g, e) < 0)
			return -1;
	}
	g->unit_w = unit(g->h, g->n, g->hmax);
	g->unit_h = unit(g->v, g->n, g->vmax);
	g->padded_w = up(g->width, SIDE * g->hmax);
	g->padded_h = up(g->height, SIDE * g->vmax);
	g->blocks = count_blocks(g);
	return 0;
}

/*
 * Are the coefficients beyond the image in the code, and can they be written?
 * libjpeg writes padding of its own; we let it take the padded image for the
 * image. Scans of one component have no such padding: A.2.2, A.2.4.
 */
static bool
has_padding(const struct grid *g)
{
	return g->scans == 1 && g->n > 1 && g->padded_w <= JPEG_MAX_DIMENSION &&
	    g->padded_h <= JPEG_MAX_DIMENSION;
}

static void
span_align(uint32_t *at, uint32_t *n, uint32_t step, uint32_t max)
{
	uint32_t end = up(*at + *n, step);

	*at -= *at % step;
	*n = (end < max ? end : max) - *at;
}

static struct rect
aligned(const struct grid *g, struct rect r)
{
	span_align(&r.x, &r.w, g->unit_w, g->width);
	span_align(&r.y, &r.h, g->unit_h, g->height);
	return r;
}

int
jpeg_align(const uint8_t *code, size_t len, struct rects *boxes, struct err *e)
{
	struct grid g;
	size_t i;

	if (lay_out(code, len, &g, e) < 0)
		return -1;
	rects_clip(boxes, g.width, g.height);
	for (i = 0; i < boxes->n; i++)
		boxes->r[i] = aligned(&g, boxes->r[i]);
	return 0;
}

/* Else pixels that nobody filled would be quantised a second time. */
static int
check_boxes(const struct grid *g, const struct rects *boxes, struct err *e)
{
	size_t i;

	for (i = 0; i < boxes->n; i++) {
		const struct rect *r = &boxes->r[i];
		struct rect a;

		if (r->x < g->width && r->w > 0 && r->w <= g->width - r->x &&
		    r->y < g->height && r->h > 0 && r->h <= g->height - r->y) {
			a = aligned(g, *r);
			if (memcmp(&a, r, sizeof a) == 0)
				continue;
		}
		return err_set(e, "a box ends inside of a block");
	}
	return 0;
}

/* Which blocks of component C, COLUMNS by ROWS of them, are replaced. */
struct blocks {
	uint32_t columns, rows;
	uint8_t *replaced;
};

/*
 * A box at the right or lower edge takes the padding beyond along, which shows
 * the image's edge once more.
 */
static struct rect
rect_of_blocks(const struct grid *g, uint32_t c, const struct rect *r)
{
	uint32_t right = r->x + r->w, bottom = r->y + r->h;
	uint32_t w = SIDE * g->hmax, h = SIDE * g->vmax;
	struct rect b = { r->x * g->h[c] / w, r->y * g->v[c] / h, 0, 0 };

	if (right == g->width)
		right = g->padded_w;
	if (bottom == g->height)
		bottom = g->padded_h;
	b.w = (right * g->h[c] + w - 1) / w - b.x;
	b.h = (bottom * g->v[c] + h - 1) / h - b.y;
	return b;
}

static int
mark_blocks(const struct grid *g, uint32_t c, const struct rects *boxes,
    struct blocks *b, struct err *e)
{
	struct rects in_blocks = { 0 };
	size_t i, n;
	int got = -1;

	b->columns = g->padded_w / (SIDE * g->hmax) * g->h[c];
	b->rows = g->padded_h / (SIDE * g->vmax) * g->v[c];
	if (rects_copy(&in_blocks, boxes, e) < 0)
		goto out;
	for (i = 0; i < boxes->n; i++)
		in_blocks.r[i] = rect_of_blocks(g, c, &boxes->r[i]);
	if (!size_mul(b->columns, b->rows, &n) ||
	    (b->replaced = malloc(n)) == NULL)
		err_set(e, "out of memory");
	else
		got = rects_mask(&in_blocks, b->columns, b->rows, b->replaced, e);
out:
	rects_free(&in_blocks);
	return got;
}

/* -- a block of pixels as quantised coefficients: T.81 A.3.3, A.3.4 -------- */

#define FINE 16			/* parts of a level in an averaged sample */

/* 65536 * cos(k * pi / 16) / 2, k in 0 to 8; sqrt(1/8) for u = 0 is k = 4. */
static int32_t
basis(uint32_t u, uint32_t x)
{
	static const int32_t cosine[] = { 32768, 32138, 30274, 27246, 23170, 18205,
	    12540, 6393, 0 };
	uint32_t k = u == 0 ? 4 : (2 * x + 1) * u % 32;

	if (k > 16)
		k = 32 - k;
	return k > 8 ? -cosine[16 - k] : cosine[k];
}

static int64_t
round_div(int64_t v, int64_t by)
{
	return v < 0 ? -((-v + by / 2) / by) : (v + by / 2) / by;
}

/* LEVEL is of all 64 samples, less 128, in FINE parts. */
static JCOEF
flat_dc(int32_t level, UINT16 quantiser)
{
	int32_t dc = 8 * level / FINE, q = quantiser;
	bool clamps = quantiser <= 255;

	if (clamps && level == -128 * FINE)
		return (JCOEF)-((-dc + q - 1) / q);
	if (clamps && level == 127 * FINE)
		return (JCOEF)((dc + q - 1) / q);
	return (JCOEF)round_div(8 * level, (int64_t)q * FINE);
}

/* QUANT is in natural order, as blocks are. */
static void
transform(const int32_t *samples, const UINT16 *quant, JCOEF *out)
{
	int32_t rows[DCTSIZE2];
	uint32_t i, u, v;
	int64_t sum;

	for (i = 1; i < DCTSIZE2 && samples[i] == samples[0]; i++)
		;
	memset(out, 0, DCTSIZE2 * sizeof *out);
	if (i == DCTSIZE2) {
		out[0] = flat_dc(samples[0], quant[0]);
		return;
	}
	for (i = 0; i < DCTSIZE2; i++)		/* i: row * 8 + u */
		for (rows[i] = 0, u = 0; u < SIDE; u++)
			rows[i] += samples[i - i % SIDE + u] * basis(i % SIDE, u);
	for (i = 0; i < DCTSIZE2; i++) {	/* i: v * 8 + u */
		u = i % SIDE;
		for (sum = 0, v = 0; v < SIDE; v++)
			sum += (int64_t)rows[v * SIDE + u] * basis(i / SIDE, v);
		out[i] = (JCOEF)round_div(sum, ((int64_t)quant[i] << 32) * FINE);
	}
}

/* The mean of the pixels that sample X, Y of component C spans. */
static int32_t
sample_at(const struct grid *g, uint32_t c, const uint8_t *frame, uint32_t x,
    uint32_t y)
{
	uint32_t left = x * g->hmax / g->h[c], top = y * g->vmax / g->v[c];
	uint32_t right = ((x + 1) * g->hmax + g->h[c] - 1) / g->h[c];
	uint32_t bottom = ((y + 1) * g->vmax + g->v[c] - 1) / g->v[c];
	uint32_t i, j, sx, sy, sum = 0, n = (right - left) * (bottom - top);

	for (j = top; j < bottom; j++)
		for (i = left; i < right; i++) {
			sx = i < g->width ? i : g->width - 1;
			sy = j < g->height ? j : g->height - 1;
			sum += frame[((size_t)sy * g->width + sx) * g->n + c];
		}
	return (int32_t)((sum * FINE + n / 2) / n) - 128 * FINE;
}

/* Block X, Y of component C as FRAME has it. */
static void
block_of(const struct grid *g, uint32_t c, const uint8_t *frame,
    const UINT16 *quant, uint32_t x, uint32_t y, JCOEF *out)
{
	int32_t samples[DCTSIZE2];
	uint32_t i;

	for (i = 0; i < DCTSIZE2; i++)
		samples[i] = sample_at(g, c, frame, x * SIDE + i % SIDE,
		    y * SIDE + i / SIDE);
	transform(samples, quant, out);
}

/* -- libjpeg, which here neither prints nor exits -------------------------- */

struct guard {
	struct jpeg_error_mgr manager;	/* first: libjpeg knows only this */
	jmp_buf jump;
	struct err *e;
};

/* The text is libjpeg's own, with numbers at most. */
static void
give_up(j_common_ptr c)
{
	struct guard *g = (struct guard *)c->err;
	char text[JMSG_LENGTH_MAX];

	g->manager.format_message(c, text);
	err_set(g->e, "the codestream is refused: %s", text);
	longjmp(g->jump, 1);
}

/* Level -1: data were damaged, and libjpeg made something up. */
static void
hear(j_common_ptr c, int level)
{
	int code = c->err->msg_code;

	/* Of fields that nothing here depends on. */
	if (level < 0 && code != JWRN_JFIF_MAJOR && code != JWRN_ADOBE_XFORM &&
	    code != JWRN_NOT_SEQUENTIAL)
		give_up(c);
}

static void
say_nothing(j_common_ptr c)
{
	(void)c;
}

static void
guard_init(struct guard *g, struct err *e)
{
	jpeg_std_error(&g->manager);
	g->manager.error_exit = give_up;
	g->manager.emit_message = hear;
	g->manager.output_message = say_nothing;
	g->e = e;
}

struct coded {
	struct jpeg_decompress_struct d;
	jvirt_barray_ptr *coefficients;
	const uint8_t *code;
	size_t len;
};

/* B.2.4.1 allows none of 0, libjpeg does. */
static void
check_quantisers(struct coded *c)
{
	struct guard *g = (struct guard *)c->d.err;
	int i, k;

	for (i = 0; i < c->d.num_components; i++)
		for (k = 0; k < DCTSIZE2; k++)
			if (c->d.comp_info[i].quant_table == NULL ||
			    c->d.comp_info[i].quant_table->quantval[k] == 0) {
				err_set(g->e, "the codestream has a quantiser of 0");
				longjmp(g->jump, 1);
			}
}

/* Calls that may jump. */
static void
read_coefficients(struct coded *c)
{
	jpeg_mem_src(&c->d, c->code, (unsigned long)c->len);
	jpeg_read_header(&c->d, TRUE);
	c->coefficients = jpeg_read_coefficients(&c->d);
	check_quantisers(c);
}

static JBLOCKROW
block_row(struct coded *c, uint32_t component, uint32_t y, bool writable)
{
	return c->d.mem->access_virt_barray((j_common_ptr)&c->d,
	    c->coefficients[component], y, 1, writable)[0];
}

/* -- the new stream -------------------------------------------------------- */

struct work {
	struct guard guard;
	const struct grid *grid;
	const struct rects *boxes;
	const uint8_t *frame;
	struct coded in;
	struct jpeg_compress_struct c;
	struct jpeg_destination_mgr to;
	jpeg_scan_info *scans;
	struct blocks blocks;
	struct buf coded;		/* as libjpeg writes it */
};

static void
room(j_compress_ptr c)
{
	struct work *w = c->client_data;

	if (buf_reserve(&w->coded, OUT_STEP, w->guard.e) < 0)
		longjmp(w->guard.jump, 1);
	w->to.next_output_byte = (JOCTET *)w->coded.data + w->coded.len;
	w->to.free_in_buffer = OUT_STEP;
}

static boolean
next_room(j_compress_ptr c)
{
	struct work *w = c->client_data;

	w->coded.len += OUT_STEP;
	room(c);
	return TRUE;
}

static void
last_room(j_compress_ptr c)
{
	struct work *w = c->client_data;

	w->coded.len += OUT_STEP - w->to.free_in_buffer;
}

static void
replace_component(struct work *w, uint32_t c)
{
	const UINT16 *quant = w->in.d.comp_info[c].quant_table->quantval;
	const uint8_t *replaced = w->blocks.replaced;
	uint32_t x, y;
	JBLOCKROW row;

	for (y = 0; y < w->blocks.rows; y++, replaced += w->blocks.columns) {
		row = block_row(&w->in, c, y, true);
		for (x = 0; x < w->blocks.columns; x++)
			if (replaced[x])
				block_of(w->grid, c, w->frame, quant, x, y, row[x]);
	}
}

static void
replace_blocks(struct work *w)
{
	uint32_t c;

	for (c = 0; c < w->grid->n; c++) {
		if (mark_blocks(w->grid, c, w->boxes, &w->blocks, w->guard.e) < 0)
			longjmp(w->guard.jump, 1);
		replace_component(w, c);
		free(w->blocks.replaced);
		w->blocks.replaced = NULL;
	}
}

static int
component_by_id(const struct codestream *c, uint8_t id)
{
	uint32_t i;

	for (i = 0; i < c->components; i++)
		if (c->id[i] == id)
			return (int)i;
	return -1;	/* which libjpeg refuses */
}

/* codestream_jpeg has checked the length. */
static jpeg_scan_info
scan_of(const struct codestream *c, const uint8_t *p)
{
	const uint8_t *tail = p + 1 + 2 * (size_t)p[0];
	jpeg_scan_info s = { .comps_in_scan = p[0], .Se = DCTSIZE2 - 1 };
	int i;

	for (i = 0; i < p[0] && i < MAX_COMPS_IN_SCAN; i++)
		s.component_index[i] = component_by_id(c, p[1 + 2 * i]);
	if (c->process == MARKER_SOF2) {
		s.Ss = tail[0];
		s.Se = tail[1];
		s.Ah = tail[2] >> 4;
		s.Al = tail[2] & 0xf;
	}
	return s;
}

/* The scans of the input, so that those of the output can take their places. */
static int
list_scans(struct work *w, struct err *e)
{
	const struct grid *g = w->grid;
	struct codestream_segment s;
	size_t at = 0, n = 0;

	if (g->scans > INT_MAX ||
	    (w->scans = calloc(g->scans, sizeof *w->scans)) == NULL)
		return err_set(e, "out of memory");
	while (codestream_next(w->in.code, w->in.len, &at, &s, e) == 1)
		if (s.marker == JPEG_SOS)
			w->scans[n++] = scan_of(&g->stream, w->in.code + s.body);
	return 0;
}

static void
write_coefficients(struct work *w)
{
	jpeg_copy_critical_parameters(&w->in.d, &w->c);
	w->c.client_data = w;
	w->c.dest = &w->to;
	w->c.optimize_coding = TRUE;
	w->c.restart_interval = w->in.d.restart_interval;
	w->c.write_JFIF_header = FALSE;
	w->c.write_Adobe_marker = FALSE;
	w->c.scan_info = w->scans;
	w->c.num_scans = (int)w->grid->scans;
	if (has_padding(w->grid)) {
		w->c.image_width = w->grid->padded_w;
		w->c.image_height = w->grid->padded_h;
	}
	jpeg_write_coefficients(&w->c, w->in.coefficients);
	jpeg_finish_compress(&w->c);
}

static int
transcode(struct work *w)
{
	if (setjmp(w->guard.jump) != 0)
		return -1;
	jpeg_create_decompress(&w->in.d);
	jpeg_create_compress(&w->c);
	read_coefficients(&w->in);
	replace_blocks(w);
	write_coefficients(w);
	return 0;
}

/* -- the old segments around the new scans --------------------------------- */

static bool
is_table_of_codes(uint8_t marker)
{
	return marker == JPEG_DHT || marker == MARKER_DAC;
}

/* Appends the tables and the scan that follow *AT in FROM; TAIL is the scan's. */
static int
add_scan(const struct buf *from, size_t *at, const uint8_t *tail,
    struct buf *out, struct err *e)
{
	const uint8_t *code = (const uint8_t *)from->data;
	struct codestream_segment s;
	size_t body;
	int got;

	while ((got = codestream_next(code, from->len, at, &s, e)) == 1) {
		body = s.body + s.len;
		if (is_table_of_codes(s.marker) &&
		    buf_add(out, code + s.at, body - s.at, e) < 0)
			return -1;
		if (s.marker != JPEG_SOS)
			continue;
		if (buf_add(out, code + s.at, body - SCAN_TAIL - s.at, e) < 0 ||
		    buf_add(out, tail, SCAN_TAIL, e) < 0)
			return -1;
		return buf_add(out, code + body, *at - body, e);
	}
	return got < 0 ? -1 : err_set(e, "libjpeg wrote fewer scans");
}

static int
join(const struct work *w, struct buf *out, struct err *e)
{
	static const uint8_t soi[] = { 0xff, 0xd8 }, eoi[] = { 0xff, JPEG_EOI };
	const uint8_t *code = w->in.code;
	struct codestream_segment s;
	size_t at = 0, from = 0, end;
	int got;

	if (buf_add(out, soi, sizeof soi, e) < 0)
		return -1;
	while ((got = codestream_next(code, w->in.len, &at, &s, e)) == 1) {
		end = s.body + s.len;
		if (s.marker == JPEG_SOS ?
		    add_scan(&w->coded, &from, code + end - SCAN_TAIL, out, e) < 0 :
		    !is_table_of_codes(s.marker) &&
		    buf_add(out, code + s.at, end - s.at, e) < 0)
			return -1;
	}
	return got < 0 ? -1 : buf_add(out, eoi, sizeof eoi, e);
}

/* One interval is all that libjpeg tells; and it is for all scans. */
static int
check_restarts(const uint8_t *code, size_t len, struct err *e)
{
	struct codestream_segment s;
	bool scanned = false;
	size_t at = 0;
	int got;

	while ((got = codestream_next(code, len, &at, &s, e)) == 1) {
		if (s.marker == JPEG_DRI && scanned)
			return err_set(e, "the restart interval changes between scans");
		scanned = scanned || s.marker == JPEG_SOS;
	}
	return got;
}

static int
check(const uint8_t *code, size_t len, const struct rects *boxes,
    struct grid *g, struct err *e)
{
	if (lay_out(code, len, g, e) < 0 || check_boxes(g, boxes, e) < 0)
		return -1;
	if (g->blocks / 8 > len)
		return err_set(e, "the codestream is too short for its size");
	return check_restarts(code, len, e);
}

static int
replace(struct work *w, struct buf *out, struct err *e)
{
	guard_init(&w->guard, e);
	w->in.d.err = w->c.err = &w->guard.manager;
	w->to.init_destination = room;
	w->to.empty_output_buffer = next_room;
	w->to.term_destination = last_room;
	buf_clear(out);
	if (list_scans(w, e) < 0 || transcode(w) < 0 || join(w, out, e) < 0) {
		buf_clear(out);
		return -1;
	}
	return 0;
}

int
jpeg_replace(const uint8_t *code, size_t len, const struct rects *boxes,
    const uint8_t *frame, struct buf *out, struct err *e)
{
	struct grid g;
	struct work *w;
	int got;

	if (check(code, len, boxes, &g, e) < 0)
		return -1;
	if ((w = calloc(1, sizeof *w)) == NULL)
		return err_set(e, "out of memory");
	w->grid = &g;
	w->boxes = boxes;
	w->frame = frame;
	w->in.code = code;
	w->in.len = len;
	got = replace(w, out, e);
	jpeg_destroy_compress(&w->c);
	jpeg_destroy_decompress(&w->in.d);
	buf_free(&w->coded);
	free(w->blocks.replaced);
	free(w->scans);
	free(w);
	return got;
}

/* -- two streams compared -------------------------------------------------- */

struct pair {
	struct guard guard;
	const struct grid *grid;
	const struct rects *boxes;
	const uint8_t *frame;
	struct coded a, b;
	struct blocks blocks;
};

/* The next segment that is no table of codes. */
static int
next_kept(const struct coded *c, size_t *at, struct codestream_segment *s,
    struct err *e)
{
	int got;

	while ((got = codestream_next(c->code, c->len, at, s, e)) == 1 &&
	    is_table_of_codes(s->marker))
		;
	return got;
}

/* Which table a component uses is the coder's to choose. */
static bool
same_scan(const uint8_t *p, const uint8_t *q, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		bool selector = i >= 2 && i % 2 == 0 && i + SCAN_TAIL < n;

		if (!selector && p[i] != q[i])
			return false;
	}
	return true;
}

static int
compare_segments(const struct pair *p, struct err *e)
{
	const struct coded *a = &p->a, *b = &p->b;
	struct codestream_segment s, t;
	size_t at = 0, bt = 0;
	int got;

	while ((got = next_kept(a, &at, &s, e)) == 1) {
		if ((got = next_kept(b, &bt, &t, e)) < 0)
			return -1;
		if (got == 0 || s.marker != t.marker || s.len != t.len ||
		    !(s.marker == JPEG_SOS ?
		    same_scan(a->code + s.body, b->code + t.body, s.len) :
		    memcmp(a->code + s.body, b->code + t.body, s.len) == 0))
			return err_set(e, "a segment of the codestream has changed");
	}
	if (got == 0 && (got = next_kept(b, &bt, &t, e)) == 1)
		return err_set(e, "a segment of the codestream has been added");
	/* The new one has at most the zero that makes its fragment even. */
	if (got == 0 && (b->len - bt > 1 || (b->len > bt && b->code[bt] != 0)))
		return err_set(e, "bytes follow the codestream");
	return got;
}

static void
compare_row(struct pair *p, uint32_t c, uint32_t y, uint32_t columns)
{
	const UINT16 *quant = p->a.d.comp_info[c].quant_table->quantval;
	const uint8_t *replaced = p->blocks.replaced +
	    (size_t)y * p->blocks.columns;
	JBLOCKROW a = block_row(&p->a, c, y, false);
	JBLOCKROW b = block_row(&p->b, c, y, false);
	JBLOCK filled = { 0 };
	uint32_t x;

	for (x = 0; x < columns; x++) {
		if (replaced[x] && p->frame == NULL)
			continue;
		if (replaced[x])
			block_of(p->grid, c, p->frame, quant, x, y, filled);
		if (memcmp(replaced[x] ? filled : a[x], b[x], sizeof filled) == 0)
			continue;
		err_set(p->guard.e, "a coefficient %s the boxes is not what it has "
		    "to be", replaced[x] ? "in" : "outside of");
		longjmp(p->guard.jump, 1);
	}
}

static void
compare_component(struct pair *p, uint32_t c)
{
	const jpeg_component_info *info = &p->a.d.comp_info[c];
	bool padding = has_padding(p->grid);
	uint32_t columns = padding ? p->blocks.columns : info->width_in_blocks;
	uint32_t rows = padding ? p->blocks.rows : info->height_in_blocks, y;

	for (y = 0; y < rows; y++)
		compare_row(p, c, y, columns);
}

static int
compare_coefficients(struct pair *p)
{
	uint32_t c;

	if (setjmp(p->guard.jump) != 0)
		return -1;
	jpeg_create_decompress(&p->a.d);
	jpeg_create_decompress(&p->b.d);
	read_coefficients(&p->a);
	read_coefficients(&p->b);
	for (c = 0; c < p->grid->n; c++) {
		if (mark_blocks(p->grid, c, p->boxes, &p->blocks, p->guard.e) < 0)
			return -1;
		compare_component(p, c);
		free(p->blocks.replaced);
		p->blocks.replaced = NULL;
	}
	return 0;
}

static void
tell_tolerance(const struct pair *p, uint8_t tolerance[3])
{
	const struct grid *g = p->grid;
	uint32_t i, off;

	for (i = 0; i < g->n; i++) {
		off = (p->a.d.comp_info[i].quant_table->quantval[0] + 15u) / 16 + 1;
		if (g->h[i] != g->hmax || g->v[i] != g->vmax || off > UINT8_MAX)
			off = UINT8_MAX;
		tolerance[i] = (uint8_t)off;
	}
}

int
jpeg_compare(const uint8_t *a, size_t alen, const uint8_t *b, size_t blen,
    const struct rects *boxes, const uint8_t *frame, uint8_t tolerance[3],
    struct err *e)
{
	struct grid g, other;
	struct pair *p;
	int got;

	if (check(a, alen, boxes, &g, e) < 0 || check(b, blen, boxes, &other, e) < 0)
		return -1;
	if ((p = calloc(1, sizeof *p)) == NULL)
		return err_set(e, "out of memory");
	p->grid = &g;
	p->boxes = boxes;
	p->frame = frame;
	p->a.code = a;
	p->a.len = alen;
	p->b.code = b;
	p->b.len = blen;
	guard_init(&p->guard, e);
	p->a.d.err = p->b.d.err = &p->guard.manager;
	if ((got = compare_segments(p, e)) == 0 &&
	    (got = compare_coefficients(p)) == 0)
		tell_tolerance(p, tolerance);
	jpeg_destroy_decompress(&p->a.d);
	jpeg_destroy_decompress(&p->b.d);
	free(p->blocks.replaced);
	free(p);
	return got;
}
