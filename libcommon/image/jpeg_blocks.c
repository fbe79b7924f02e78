/* jpeg_blocks: where blocks lie, and what they hold; see jpeg_blocks.h. */
#include "image/jpeg_blocks.h"

#include <stdlib.h>
#include <string.h>

#include "base/size.h"

#define SIDE 8u			/* of a block */

/* -- where blocks lie ------------------------------------------------------ */

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
read_frame_header(const uint8_t *p, struct jpeg_grid *g, struct err *e)
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
count_blocks(const struct jpeg_grid *g)
{
	size_t n = 0;
	uint32_t i;

	for (i = 0; i < g->n; i++)
		n += (size_t)(up(g->width * g->h[i], SIDE * g->hmax) /
		    (SIDE * g->hmax)) *
		    (up(g->height * g->v[i], SIDE * g->vmax) / (SIDE * g->vmax));
	return n;
}

int
jpeg_grid_read(const uint8_t *code, size_t len, struct jpeg_grid *g,
    struct err *e)
{
	struct codestream_segment s;
	size_t at = 0;

	memset(g, 0, sizeof *g);
	if (codestream_jpeg(code, len, &g->stream, e) < 0)
		return -1;
	if (g->stream.process > JPEG_SOF2 || g->stream.precision != 8)
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

bool
jpeg_grid_has_padding(const struct jpeg_grid *g)
{
	return g->scans == 1 && g->n > 1 && g->padded_w <= JPEG_SIDE_MAX &&
	    g->padded_h <= JPEG_SIDE_MAX;
}

static void
span_align(uint32_t *at, uint32_t *n, uint32_t step, uint32_t max)
{
	uint32_t end = up(*at + *n, step);

	*at -= *at % step;
	*n = (end < max ? end : max) - *at;
}

struct rect
jpeg_grid_align(const struct jpeg_grid *g, struct rect r)
{
	span_align(&r.x, &r.w, g->unit_w, g->width);
	span_align(&r.y, &r.h, g->unit_h, g->height);
	return r;
}

int
jpeg_grid_check(const struct jpeg_grid *g, const struct rects *boxes,
    struct err *e)
{
	size_t i;

	for (i = 0; i < boxes->n; i++) {
		const struct rect *r = &boxes->r[i];
		struct rect a;

		if (r->x < g->width && r->w > 0 && r->w <= g->width - r->x &&
		    r->y < g->height && r->h > 0 && r->h <= g->height - r->y) {
			a = jpeg_grid_align(g, *r);
			if (memcmp(&a, r, sizeof a) == 0)
				continue;
		}
		return err_set(e, "a box ends inside of a block");
	}
	return 0;
}

/*
 * A box at the right or lower edge takes the padding beyond along, which shows
 * the image's edge once more.
 */
static struct rect
rect_of_blocks(const struct jpeg_grid *g, uint32_t c, const struct rect *r)
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

int
jpeg_blocks_mark(const struct jpeg_grid *g, uint32_t c, const struct rects *boxes,
    struct jpeg_blocks *b, struct err *e)
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
static int16_t
flat_dc(int32_t level, uint16_t quantiser)
{
	int32_t dc = 8 * level / FINE, q = quantiser;
	bool clamps = quantiser <= 255;

	if (clamps && level == -128 * FINE)
		return (int16_t)-((-dc + q - 1) / q);
	if (clamps && level == 127 * FINE)
		return (int16_t)((dc + q - 1) / q);
	return (int16_t)round_div(8 * level, (int64_t)q * FINE);
}

/* QUANT is in natural order, as blocks are. */
static void
transform(const int32_t *samples, const uint16_t *quant, int16_t *out)
{
	int32_t rows[JPEG_BLOCK_SIZE];
	uint32_t i, u, v;
	int64_t sum;

	for (i = 1; i < JPEG_BLOCK_SIZE && samples[i] == samples[0]; i++)
		;
	memset(out, 0, JPEG_BLOCK_SIZE * sizeof *out);
	if (i == JPEG_BLOCK_SIZE) {
		out[0] = flat_dc(samples[0], quant[0]);
		return;
	}
	for (i = 0; i < JPEG_BLOCK_SIZE; i++)		/* i: row * 8 + u */
		for (rows[i] = 0, u = 0; u < SIDE; u++)
			rows[i] += samples[i - i % SIDE + u] * basis(i % SIDE, u);
	for (i = 0; i < JPEG_BLOCK_SIZE; i++) {	/* i: v * 8 + u */
		u = i % SIDE;
		for (sum = 0, v = 0; v < SIDE; v++)
			sum += (int64_t)rows[v * SIDE + u] * basis(i / SIDE, v);
		out[i] = (int16_t)round_div(sum, ((int64_t)quant[i] << 32) * FINE);
	}
}

/* The mean of the pixels that sample X, Y of component C spans. */
static int32_t
sample_at(const struct jpeg_grid *g, uint32_t c, const uint8_t *frame,
    uint32_t x, uint32_t y)
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

void
jpeg_block_of(const struct jpeg_grid *g, uint32_t c, const uint8_t *frame,
    const uint16_t *quant, uint32_t x, uint32_t y, int16_t *out)
{
	int32_t samples[JPEG_BLOCK_SIZE];
	uint32_t i;

	for (i = 0; i < JPEG_BLOCK_SIZE; i++)
		samples[i] = sample_at(g, c, frame, x * SIDE + i % SIDE,
		    y * SIDE + i / SIDE);
	transform(samples, quant, out);
}
