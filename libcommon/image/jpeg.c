/* jpeg: boxes of a DCT-coded JPEG frame replaced; see jpeg.h. */
#include "image/jpeg.h"

#include <limits.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dicom/codestream.h"
#include "image/jpeg_blocks.h"

/* Last: it defines some names of codestream.h as macros, of the same values. */
#include <jpeglib.h>
#include <jerror.h>

#define MARKER_DAC 0xcc
#define SCAN_TAIL 3u		/* Ss, Se, Ah and Al: T.81 B.2.3 */
#define OUT_STEP ((size_t)1 << 16)

_Static_assert(DCTSIZE2 == JPEG_BLOCK_SIZE &&
    JPEG_MAX_DIMENSION == JPEG_SIDE_MAX, "what jpeg_blocks knows of libjpeg");

int
jpeg_align(const uint8_t *code, size_t len, struct rects *boxes, struct err *e)
{
	struct jpeg_grid g;
	size_t i;

	if (jpeg_grid_read(code, len, &g, e) < 0)
		return -1;
	rects_clip(boxes, g.width, g.height);
	for (i = 0; i < boxes->n; i++)
		boxes->r[i] = jpeg_grid_align(&g, boxes->r[i]);
	return 0;
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
	const struct jpeg_grid *grid;
	const struct rects *boxes;
	const uint8_t *frame;
	struct coded in;
	struct jpeg_compress_struct c;
	struct jpeg_destination_mgr to;
	jpeg_scan_info *scans;
	struct jpeg_blocks blocks;
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
				jpeg_block_of(w->grid, c, w->frame, quant, x, y, row[x]);
	}
}

static void
replace_blocks(struct work *w)
{
	uint32_t c;

	for (c = 0; c < w->grid->n; c++) {
		if (jpeg_blocks_mark(w->grid, c, w->boxes, &w->blocks, w->guard.e) < 0)
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
	if (c->process == JPEG_SOF2) {
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
	const struct jpeg_grid *g = w->grid;
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
	if (jpeg_grid_has_padding(w->grid)) {
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
    struct jpeg_grid *g, struct err *e)
{
	if (jpeg_grid_read(code, len, g, e) < 0 || jpeg_grid_check(g, boxes, e) < 0)
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
	struct jpeg_grid g;
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
	const struct jpeg_grid *grid;
	const struct rects *boxes;
	const uint8_t *frame;
	struct coded a, b;
	struct jpeg_blocks blocks;
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
			jpeg_block_of(p->grid, c, p->frame, quant, x, y, filled);
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
	bool padding = jpeg_grid_has_padding(p->grid);
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
		if (jpeg_blocks_mark(p->grid, c, p->boxes, &p->blocks, p->guard.e) < 0)
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
	const struct jpeg_grid *g = p->grid;
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
	struct jpeg_grid g, other;
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
