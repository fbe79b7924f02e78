/* jpeg_ls: JPEG-LS frames decoded and coded; see jpeg_ls.h. */
#include "dicom/jpeg_ls.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/size.h"

#define CONTEXTS 365		/* T.87 A.3.4: three gradients in 9 regions, by sign */
#define LINE_BYTES 10		/* of a sample: LIMIT is 64 bits at most, stuffed */

enum { ILV_NONE, ILV_LINE, ILV_SAMPLE };	/* T.87 table C.6 */

struct context {
	uint32_t a, n;		/* sum of magnitudes, how many */
	int32_t b, c;		/* bias, correction */
};

struct run_context {
	uint32_t a, n, nn;	/* and how many were negative */
};

struct params {			/* T.87 C.2.4.1.1 */
	int32_t maxval, t1, t2, t3, reset;
};

struct bits {
	uint64_t cache;		/* reading, the upper N bits are next; writing, */
	unsigned n;		/* the lower N are not yet out */
	uint8_t last;		/* byte that went before: 0xff takes a bit */
	const uint8_t *from, *end;
	uint8_t *to;
	bool overrun;		/* read beyond the end, or an impossible value */
};

/* One scan: its parameters, and what T.87 A.2 calls the state. */
struct scan {
	const struct codestream *c;
	struct params p;
	int32_t near, range, quant;
	unsigned qbpp, limit;
	unsigned components, first;	/* in the scan; the frame's first of them */
	unsigned mode;
	unsigned transform;		/* HP's, 0 for none */
	uint32_t restart;		/* lines, or 0 */
	struct context context[CONTEXTS];
	struct run_context run[2];
	unsigned run_index[3];
	struct bits bits;
	/* Lines of each component, with a sample more at both sides. */
	int32_t *room, *line[3], *above[3];
	/* Of gradients from -maxval to maxval, the region: A.3.3. */
	int8_t *region;
};

static const uint8_t run_order[32] = {	/* J of A.2.1 */
	0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3,
	4, 4, 5, 5, 6, 6, 7, 7, 8, 9, 10, 11, 12, 13, 14, 15
};

/* -- bits ----------------------------------------------------------------- */

/* At least 32 bits to the cache; beyond the end come zeros. */
static inline void
refill(struct bits *b)
{
	while (b->n <= 56 && b->from < b->end) {
		unsigned width = b->last == 0xff ? 7 : 8;	/* A.1 */

		b->last = *b->from++;
		b->cache |= (uint64_t)b->last << (64 - width - b->n);
		b->n += width;
	}
}

static inline uint32_t
get_bits(struct bits *b, unsigned n)
{
	uint32_t v;

	if (n == 0)
		return 0;
	if (b->n < n) {
		refill(b);
		if (b->n < n) {
			b->overrun = true;
			return 0;
		}
	}
	v = (uint32_t)(b->cache >> (64 - n));
	b->cache <<= n;
	b->n -= n;
	return v;
}

/* Zeros up to a one, which is taken too; MOST at most. */
static inline unsigned
get_zeros(struct bits *b, unsigned most)
{
	unsigned n = 0, z;

	for (;;) {
		if (b->n < 32)
			refill(b);
		z = b->cache == 0 ? 64 : (unsigned)__builtin_clzll(b->cache);
		if (z < b->n) {
			b->cache = b->cache << z << 1;
			b->n -= z + 1;
			n += z;
			break;
		}
		n += b->n;
		b->cache = 0;
		b->n = 0;
		if (b->from == b->end || n > most)
			break;
	}
	if (n > most || (b->n == 0 && z >= 64))
		b->overrun = true;
	return n;
}

static inline void
drain(struct bits *b)
{
	while (b->n >= 8) {
		unsigned width = b->last == 0xff ? 7 : 8;

		b->last = (uint8_t)(b->cache >> (b->n - width) & (0xffu >> (8 - width)));
		b->n -= width;
		*b->to++ = b->last;
	}
}

static inline void
put_bits(struct bits *b, uint32_t v, unsigned n)
{
	b->cache = b->cache << n | v;
	b->n += n;
	if (b->n >= 32)
		drain(b);
}

/* Zeros to the end of the byte; a last 0xff is followed by another byte. */
static void
put_end(struct bits *b)
{
	unsigned width;

	drain(b);
	width = b->last == 0xff ? 7 : 8;
	if (b->n > 0 || width == 7)
		*b->to++ = (uint8_t)(b->cache << (width - b->n)) & (0xffu >> (8 - width));
}

/* -- parameters ----------------------------------------------------------- */

static int32_t
clamp_threshold(int32_t v, int32_t low, int32_t maxval)
{
	return v > maxval || v < low ? low : v;
}

static int32_t
larger(int32_t a, int32_t b)
{
	return a > b ? a : b;
}

/* C.2.4.1.1.1: what is 0 gets its default. */
static void
set_defaults(struct params *p, unsigned precision, int32_t near)
{
	int32_t f, d1 = 3, d2 = 7, d3 = 21;

	if (p->maxval == 0)
		p->maxval = (int32_t)((1u << precision) - 1);
	if (p->maxval >= 128) {
		f = ((p->maxval < 4095 ? p->maxval : 4095) + 128) / 256;
		d1 = f * (d1 - 2) + 2 + 3 * near;
		d2 = f * (d2 - 3) + 3 + 5 * near;
		d3 = f * (d3 - 4) + 4 + 7 * near;
	} else {
		f = 256 / (p->maxval + 1);
		d1 = larger(2, d1 / f + 3 * near);
		d2 = larger(3, d2 / f + 5 * near);
		d3 = larger(4, d3 / f + 7 * near);
	}
	if (p->t1 == 0)
		p->t1 = clamp_threshold(d1, near + 1, p->maxval);
	if (p->t2 == 0)
		p->t2 = clamp_threshold(d2, p->t1, p->maxval);
	if (p->t3 == 0)
		p->t3 = clamp_threshold(d3, p->t2, p->maxval);
	if (p->reset == 0)
		p->reset = 64;
}

/* C.2.4.1.1, table C.1. */
static bool
are_valid(const struct params *p, unsigned precision, int32_t near)
{
	return p->maxval >= 1 && p->maxval < 1 << precision &&
	    near <= 255 && near <= p->maxval / 2 &&
	    p->t1 >= near + 1 && p->t1 <= p->t2 && p->t2 <= p->t3 &&
	    p->t3 <= p->maxval && p->reset >= 3 &&
	    p->reset <= larger(255, p->maxval);
}

/* Bits that V values need. */
static unsigned
log2_ceil(int32_t v)
{
	return v <= 1 ? 0 : 32 - (unsigned)__builtin_clz((unsigned)v - 1);
}

static int
region_of(const struct scan *s, int32_t d)
{
	int32_t m = d < 0 ? -d : d;
	int q = m <= s->near ? 0 : m < s->p.t1 ? 1 : m < s->p.t2 ? 2 :
	    m < s->p.t3 ? 3 : 4;

	return d < 0 ? -q : q;
}

/* A.2.1, at the begin of a scan and after a restart marker. */
static void
reset_state(struct scan *s)
{
	uint32_t a = (uint32_t)larger(2, (s->range + 32) / 64);
	size_t n = (size_t)s->c->width + 2;
	unsigned i;

	for (i = 0; i < CONTEXTS; i++)
		s->context[i] = (struct context){ a, 1, 0, 0 };
	for (i = 0; i < 2; i++)
		s->run[i] = (struct run_context){ a, 1, 0 };
	memset(s->run_index, 0, sizeof s->run_index);
	memset(s->room, 0, 6 * n * sizeof *s->room);
}

/* What follows from S's mode, components, parameters and NEAR. */
static int
start_scan(struct scan *s, struct err *e)
{
	size_t n = (size_t)s->c->width + 2, regions;
	unsigned bpp, k;
	int32_t d;

	set_defaults(&s->p, s->c->precision, s->near);
	if (!are_valid(&s->p, s->c->precision, s->near))
		return err_set(e, "the codestream's coding parameters are none of JPEG-LS");
	s->quant = 2 * s->near + 1;
	s->range = (s->p.maxval + 2 * s->near) / s->quant + 1;
	s->qbpp = log2_ceil(s->range);
	bpp = log2_ceil(s->p.maxval + 1);
	bpp = bpp < 2 ? 2 : bpp;
	s->limit = 2 * (bpp + (bpp < 8 ? 8 : bpp));
	regions = 2 * (size_t)s->p.maxval + 1;
	if ((s->room == NULL && (s->room = calloc(6 * n, sizeof *s->room)) == NULL) ||
	    (s->region = realloc(s->region, regions)) == NULL)
		return err_set(e, "out of memory");
	for (d = -s->p.maxval; d <= s->p.maxval; d++)
		s->region[d + s->p.maxval] = (int8_t)region_of(s, d);
	for (k = 0; k < 3; k++) {
		s->line[k] = s->room + 2 * k * n + 1;
		s->above[k] = s->room + (2 * k + 1) * n + 1;
	}
	reset_state(s);
	return 0;
}

/* -- the model: one sample, coded or decoded -------------------------------- */

/* A.5.3, A.7.1.1: the code of V by parameter K within LIMIT bits. */
static inline void
put_golomb(struct scan *s, uint32_t v, unsigned k, unsigned limit)
{
	unsigned zeros = limit - s->qbpp - 1;
	uint32_t high = k < 32 ? v >> k : 0;
	bool escape = high >= zeros;

	for (zeros = escape ? zeros : high; zeros >= 31; zeros -= 31)
		put_bits(&s->bits, 0, 31);
	put_bits(&s->bits, 1, zeros + 1);
	if (escape)
		put_bits(&s->bits, (v - 1) & ((1u << s->qbpp) - 1), s->qbpp);
	else if (k > 0)
		put_bits(&s->bits, v & ((1u << k) - 1), k);
}

static inline uint32_t
get_golomb(struct scan *s, unsigned k, unsigned limit)
{
	unsigned escape = limit - s->qbpp - 1;
	uint32_t high = get_zeros(&s->bits, escape);

	if (high >= escape)
		return get_bits(&s->bits, s->qbpp) + 1;
	return high << k | get_bits(&s->bits, k);
}

/* A.5.1, A.7.1.1. */
static inline unsigned
golomb_parameter(uint32_t n, uint32_t a)
{
	unsigned k = 0;

	while (((uint64_t)n << k) < a)
		k++;
	return k;
}

/* A.4.4, A.4.5: what becomes of prediction PX and quantised error ERR. */
static inline int32_t
reconstruct(const struct scan *s, int32_t px, int32_t err)
{
	int32_t x = px + err * s->quant;

	if (x < -s->near)
		x += s->range * s->quant;
	else if (x > s->p.maxval + s->near)
		x -= s->range * s->quant;
	return x < 0 ? 0 : x > s->p.maxval ? s->p.maxval : x;
}

/* A.4.5: ERR modulo RANGE, around 0. Only frames without loss are coded. */
static inline int32_t
reduce(const struct scan *s, int32_t err)
{
	if (err < 0)
		err += s->range;
	return err >= (s->range + 1) / 2 ? err - s->range : err;
}

/* A decoded error that no coder writes? Then it is 0, so that sums stay small. */
static inline int32_t
checked(struct scan *s, int32_t err)
{
	if (err <= s->range / 2 && err >= -(s->range / 2))
		return err;
	s->bits.overrun = true;
	return 0;
}

/* A.6. */
static inline void
update(const struct scan *s, struct context *q, int32_t err)
{
	int32_t n;

	q->b += err * s->quant;
	q->a += (uint32_t)(err < 0 ? -err : err);
	if (q->n == (uint32_t)s->p.reset) {
		q->a >>= 1;
		q->b = q->b >= 0 ? q->b >> 1 : -((1 - q->b) >> 1);
		q->n >>= 1;
	}
	n = (int32_t)++q->n;
	if (q->b <= -n) {
		q->b += n;
		q->c -= q->c > -128;
		if (q->b <= -n)
			q->b = -n + 1;
	} else if (q->b > 0) {
		q->b -= n;
		q->c += q->c < 127;
		if (q->b > 0)
			q->b = 0;
	}
}

/* A.4, A.5: a sample IX in context Q; decoding, IX is not looked at. */
static inline int32_t
regular(struct scan *s, bool decoding, int q, int32_t ra, int32_t rb, int32_t rc,
    int32_t ix)
{
	int32_t sign = q < 0 ? -1 : 1, low = ra < rb ? ra : rb;
	int32_t high = ra < rb ? rb : ra, px, err;
	struct context *ctx = &s->context[q < 0 ? -q : q];
	unsigned k = golomb_parameter(ctx->n, ctx->a);
	bool turned = s->near == 0 && k == 0 && 2 * ctx->b <= -(int32_t)ctx->n;
	uint32_t m;

	px = rc >= high ? low : rc <= low ? high : ra + rb - rc;
	px += sign * ctx->c;
	px = px < 0 ? 0 : px > s->p.maxval ? s->p.maxval : px;
	if (decoding) {
		m = get_golomb(s, k, s->limit);
		err = (int32_t)(m >> 1);
		err = checked(s, (m & 1) == 0 ? err : -err - 1);
		if (turned)
			err = -err - 1;
		update(s, ctx, err);
		return reconstruct(s, px, sign * err);
	}
	err = reduce(s, sign * (ix - px));
	m = turned ? (err >= 0 ? 2 * (uint32_t)err + 1 : 2 * (uint32_t)-(err + 1)) :
	    err >= 0 ? 2 * (uint32_t)err : 2 * (uint32_t)-err - 1;
	put_golomb(s, m, k, s->limit);
	update(s, ctx, err);
	return ix;
}

/* A.7.2: the sample that ends a run, of TYPE 1 when its neighbours are alike. */
static inline int32_t
interruption(struct scan *s, bool decoding, unsigned type, unsigned order,
    int32_t ra, int32_t rb, int32_t ix)
{
	struct run_context *ctx = &s->run[type];
	int32_t px = type ? ra : rb, sign = !type && ra > rb ? -1 : 1, err;
	unsigned k = golomb_parameter(ctx->n, ctx->a + (type ? ctx->n >> 1 : 0));
	unsigned limit = s->limit - order - 1;
	bool often = 2 * ctx->nn >= ctx->n, map;
	uint32_t m;

	if (decoding) {
		m = get_golomb(s, k, limit);
		map = (m + type) & 1;
		err = (int32_t)((m + type + map) / 2);
		err = checked(s, map == (k != 0 || often) ? -err : err);
	} else {
		err = reduce(s, sign * (ix - px));
		map = err > 0 ? k == 0 && !often : err < 0 && (k != 0 || often);
		m = 2 * (uint32_t)(err < 0 ? -err : err) - type - map;
		put_golomb(s, m, k, limit);
	}
	ctx->nn += err < 0;
	ctx->a += (m + 1 - type) >> 1;
	if (ctx->n == (uint32_t)s->p.reset) {
		ctx->a >>= 1;
		ctx->n >>= 1;
		ctx->nn >>= 1;
	}
	ctx->n++;
	return decoding ? reconstruct(s, px, sign * err) : ix;
}

/* A.7.1: the length of a run, at most MOST, by the counter INDEX. */
static inline uint32_t
get_run(struct scan *s, unsigned *index, uint32_t most)
{
	uint32_t n = 0, step;

	while (n < most && !s->bits.overrun && get_bits(&s->bits, 1) == 1) {
		step = 1u << run_order[*index];
		if (step <= most - n && *index < 31)
			++*index;
		n += step < most - n ? step : most - n;
	}
	if (n < most)
		n += get_bits(&s->bits, run_order[*index]);
	if (n > most)
		s->bits.overrun = true;
	return s->bits.overrun ? most : n;
}

static inline void
put_run(struct scan *s, unsigned *index, uint32_t n, uint32_t most)
{
	bool to_end = n == most;

	while (n >= 1u << run_order[*index]) {
		put_bits(&s->bits, 1, 1);
		n -= 1u << run_order[*index];
		*index += *index < 31;
	}
	if (!to_end)
		put_bits(&s->bits, n, run_order[*index] + 1u);
	else if (n > 0)
		put_bits(&s->bits, 1, 1);
}

/* -- lines ---------------------------------------------------------------- */

/* A.3: the context of sample X of component K. */
static inline int
context_at(const struct scan *s, unsigned k, uint32_t x)
{
	const int32_t *above = s->above[k] + x;
	const int8_t *region = s->region + s->p.maxval;

	return 81 * region[above[1] - above[0]] + 9 * region[above[0] - above[-1]] +
	    region[above[-1] - s->line[k][(ptrdiff_t)x - 1]];
}

/* Components FROM to TO, as one: their run from X on. Returns where it ends. */
static inline uint32_t
run(struct scan *s, bool decoding, unsigned from, unsigned to, uint32_t x)
{
	uint32_t width = s->c->width, n = 0, i;
	unsigned *index = &s->run_index[from], type, k;
	int32_t *line, ra, rb;

	if (decoding)
		n = get_run(s, index, width - x);
	else {
		for (; x + n < width; n++) {
			for (k = from; k < to && s->line[k][x + n] ==
			    s->line[k][(ptrdiff_t)x - 1]; k++)
				;
			if (k < to)
				break;
		}
		put_run(s, index, n, width - x);
	}
	for (k = from; k < to && decoding; k++)
		for (line = s->line[k] + x, i = 0; i < n; i++)
			line[i] = line[-1];
	x += n;
	if (x == width)
		return x;
	for (k = from; k < to; k++) {
		line = s->line[k] + x;
		ra = line[-1];
		rb = s->above[k][x];
		/* Several components have type 0 alone: B.3. */
		type = to - from == 1 && abs(ra - rb) <= s->near;
		line[0] = interruption(s, decoding, type, run_order[*index], ra, rb,
		    line[0]);
	}
	*index -= *index > 0;
	return x + 1;
}

/* The line of components FROM to TO, whose samples take turns. */
static inline void
code_line(struct scan *s, bool decoding, unsigned from, unsigned to)
{
	uint32_t width = s->c->width, x;
	int q[3], any;
	unsigned k;

	for (k = from; k < to; k++) {
		int32_t *line = s->line[k], *above = s->above[k];

		above[width] = above[width - 1];
		line[-1] = above[0];
	}
	for (x = 0; x < width;) {
		for (any = 0, k = from; k < to; k++)
			any |= q[k] = context_at(s, k, x);
		if (any == 0) {
			x = run(s, decoding, from, to, x);
			continue;
		}
		for (k = from; k < to; k++) {
			int32_t *line = s->line[k] + x, *above = s->above[k] + x;

			line[0] = regular(s, decoding, q[k], line[-1], above[0],
			    above[-1], line[0]);
		}
		x++;
	}
}

/* Separate functions, so that each is compiled for its purpose alone. */
static void
decode_line(struct scan *s)
{
	unsigned k;

	if (s->mode == ILV_SAMPLE)
		code_line(s, true, 0, 3);
	else
		for (k = 0; k < s->components; k++)
			code_line(s, true, k, k + 1);
}

static void
encode_line(struct scan *s)
{
	unsigned k;

	if (s->mode == ILV_SAMPLE)
		code_line(s, false, 0, 3);
	else
		for (k = 0; k < s->components; k++)
			code_line(s, false, k, k + 1);
}

static void
next_line(struct scan *s)
{
	int32_t *t;
	unsigned k;

	for (k = 0; k < s->components; k++) {
		t = s->above[k];
		s->above[k] = s->line[k];
		s->line[k] = t;
	}
}

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
store_line(const struct scan *s, uint8_t *out, size_t word, size_t y)
{
	size_t n = s->c->components, x, i;
	unsigned k;
	int32_t v[3];

	out += y * s->c->width * n * word + s->first * word;
	for (x = 0; x < s->c->width; x++, out += n * word) {
		for (k = 0; k < s->components; k++)
			v[k] = s->line[k][x];
		if (s->transform != 0)
			restore_colour(s->transform, s->c->precision, v);
		for (k = 0; k < s->components; k++) {
			out[k * word] = (uint8_t)v[k];
			for (i = 1; i < word; i++)
				out[k * word + i] = i == 1 ? (uint8_t)(v[k] >> 8) : 0;
		}
	}
}

/* N components of the pixel at IN, as they are coded. Returns the largest. */
static inline int32_t
load_pixel(const struct scan *s, const uint8_t *in, size_t word, unsigned n,
    int32_t *v)
{
	int32_t mask = (int32_t)((1u << s->c->precision) - 1), top = 0;
	unsigned k;

	for (k = 0; k < n; k++, in += word)
		v[k] = (in[0] | (word == 1 ? 0 : in[1] << 8)) & mask;
	if (s->transform != 0 && n == 3)
		transform_colour(s->transform, s->c->precision, v);
	for (k = 0; k < n; k++)
		top = larger(top, v[k]);
	return top;
}

/* Row Y of FRAME to the lines. Returns its largest sample. */
static int32_t
load_line(struct scan *s, const uint8_t *frame, size_t word, size_t y)
{
	size_t n = s->c->components, x;
	int32_t v[3], top = 0;
	unsigned k;

	frame += y * s->c->width * n * word + s->first * word;
	for (x = 0; x < s->c->width; x++, frame += n * word) {
		top = larger(top, load_pixel(s, frame, word, s->components, v));
		for (k = 0; k < s->components; k++)
			s->line[k][x] = v[k];
	}
	return top;
}

/* -- scans ---------------------------------------------------------------- */

/*
 * C.2.3. P is the scan header's N bytes after its length. S->first is the
 * component that has to come: all in one scan, or each in its own, in order.
 */
static int
read_scan_header(struct scan *s, const uint8_t *p, size_t n, struct err *e)
{
	unsigned i;

	s->components = n == 0 ? 0 : p[0];
	if ((s->components != 1 && s->components != s->c->components) ||
	    n != 4 + 2 * (size_t)s->components ||
	    s->first + s->components > s->c->components)
		return err_set(e, "the scans of the codestream are not of one or all "
		    "of its components");
	for (i = 0; i < s->components; i++)
		if (p[1 + 2 * i] != s->c->id[s->first + i] || p[2 + 2 * i] != 0)
			return err_set(e, "a scan of the codestream is out of order, or "
			    "has a mapping table");
	s->near = p[1 + 2 * i];
	s->mode = s->components == 1 ? ILV_NONE : p[2 + 2 * i];
	if (s->mode > ILV_SAMPLE || (s->components == 3 && s->mode == ILV_NONE) ||
	    p[3 + 2 * i] != 0)
		return err_set(e, "a scan of the codestream is interleaved in no known "
		    "way");
	if (s->transform != 0 && (s->components != 3 ||
	    (s->c->precision != 8 && s->c->precision != 16)))
		return err_set(e, "the codestream has a colour transform that does not "
		    "fit");
	return 0;
}

/* What is told before a scan: LSE, DRI, HP's APP8. */
static int
read_segment(struct scan *s, const uint8_t *p, unsigned marker, size_t n,
    struct err *e)
{
	if (marker == JPEG_LSE) {
		/* C.2.4: types 2 and 3 are mapping tables, 4 are larger sizes. */
		if (n != 11 || p[0] != 1)
			return err_set(e, "JPEG-LS with mapping tables or large sizes "
			    "is not supported");
		s->p = (struct params){ (int32_t)bytes_be16(p + 1),
		    (int32_t)bytes_be16(p + 3), (int32_t)bytes_be16(p + 5),
		    (int32_t)bytes_be16(p + 7), (int32_t)bytes_be16(p + 9) };
	} else if (marker == JPEG_DRI) {
		if (n < 2 || n > 4)
			return err_set(e, "the codestream's restart interval is malformed");
		for (s->restart = 0; n > 0; n--)
			s->restart = s->restart << 8 | *p++;
	} else if (marker == JPEG_APP8 && n == 5 && memcmp(p, "mrfx", 4) == 0) {
		s->transform = p[4];
		if (s->transform > 3)
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
	    !size_mul(n, c->components * (size_t)LINE_BYTES, &n))
		return err_set(e, "the codestream is too large");
	return 0;
}

static void
free_scan(struct scan *s)
{
	free(s->room);
	free(s->region);
}

/* -- decoding ------------------------------------------------------------- */

/* From AT on, up to the next marker or END. */
static void
start_reading(struct bits *b, const uint8_t *at, const uint8_t *end)
{
	const uint8_t *p;

	memset(b, 0, sizeof *b);
	b->from = at;
	for (p = at; p < end && (p = memchr(p, 0xff, (size_t)(end - p))) != NULL; p++)
		if (end - p < 2 || p[1] >= 0x80)	/* no data ends in 0xff */
			break;
	b->end = p != NULL && p < end ? p : end;
}

/* Behind the fill bytes that may be before a marker: T.81 B.1.1.2. */
static const uint8_t *
skip_fill(const uint8_t *p, const uint8_t *end)
{
	while (end - p >= 2 && p[0] == 0xff && p[1] == 0xff)
		p++;
	return p;
}

/* Was all of it read, and no more? Zeros fill the last byte: A.1. */
static bool
is_read(struct bits *b)
{
	refill(b);
	return !b->overrun && b->from == b->end && b->n < 8 && b->cache == 0;
}

static int
decode_scan(struct scan *s, const uint8_t *at, const uint8_t *end, uint8_t *out,
    size_t word, struct err *e)
{
	uint32_t y, marks = 0;

	if (start_scan(s, e) < 0)
		return -1;
	start_reading(&s->bits, at, end);
	for (y = 0; y < s->c->height; y++) {
		if (y > 0 && s->restart > 0 && y % s->restart == 0) {
			at = skip_fill(s->bits.end, end);
			if (!is_read(&s->bits) || end - at < 2 ||
			    at[1] != 0xd0 + marks++ % 8)
				return err_set(e, "the codestream is damaged at a restart");
			start_reading(&s->bits, at + 2, end);
			reset_state(s);
		}
		decode_line(s);
		if (s->bits.overrun)
			return err_set(e, "the codestream is cut or damaged");
		store_line(s, out, word, y);
		next_line(s);
	}
	/* END is the marker's, so a fill byte just before it is the last one. */
	if (!is_read(&s->bits) || end - skip_fill(s->bits.end, end) > 1)
		return err_set(e, "the codestream has more code than samples");
	return 0;
}

int
jpeg_ls_decode(const uint8_t *code, size_t len, const struct codestream *c,
    size_t word, void *out, struct err *e)
{
	struct codestream_segment g;
	struct scan s = { .c = c };
	size_t at = 0;
	int got, done = check_process(c, word, e);

	while (done == 0 && (got = codestream_next(code, len, &at, &g, e)) != 0)
		if (got < 0)
			done = -1;
		else if (g.marker != JPEG_SOS)
			done = read_segment(&s, code + g.body, g.marker, g.len, e);
		else if ((done = read_scan_header(&s, code + g.body, g.len, e)) == 0) {
			struct params told = s.p;

			done = decode_scan(&s, code + g.body + g.len, code + at, out,
			    word, e);
			s.p = told;
			s.first += s.components;
		}
	if (done == 0 && s.first != c->components)
		done = err_set(e, "the codestream lacks a component");
	free_scan(&s);
	return done;
}

/* -- encoding ------------------------------------------------------------- */

static int
encode_scan(struct scan *s, const uint8_t *frame, size_t word, struct buf *code,
    struct err *e)
{
	uint32_t y;

	if (start_scan(s, e) < 0)
		return -1;
	memset(&s->bits, 0, sizeof s->bits);
	for (y = 0; y < s->c->height; y++) {
		if (buf_reserve(code, ((size_t)s->c->width * s->components + 2) *
		    LINE_BYTES, e) < 0)
			return -1;
		s->bits.to = (uint8_t *)code->data + code->len;
		if (load_line(s, frame, word, y) > s->p.maxval)
			return err_set(e, "cannot be coded as its original is");
		encode_line(s);
		next_line(s);
		if (y + 1 == s->c->height)
			put_end(&s->bits);
		code->len = (size_t)(s->bits.to - (uint8_t *)code->data);
	}
	return 0;
}

/* The scan whose header in LIKE is P: its header for NEAR 0, and its samples. */
static int
write_scan(struct scan *s, const uint8_t *p, size_t n, const uint8_t *frame,
    size_t word, struct buf *code, struct err *e)
{
	uint8_t head[4] = { 0xff, JPEG_SOS, 0, (uint8_t)(n + 2) };

	if (read_scan_header(s, p, n, e) < 0 ||
	    buf_add(code, head, sizeof head, e) < 0 || buf_add(code, p, n, e) < 0)
		return -1;
	code->data[code->len - 3] = 0;
	s->near = 0;
	return encode_scan(s, frame, word, code, e);
}

/*
 * Can LIKE's parameters serve for FRAME without loss? Not if they were for NEAR
 * above 0, or if a sample exceeds MAXVAL. S receives what is told before the
 * first scan, where alone a colour transform can be.
 */
static int
can_keep(const uint8_t *like, size_t len, struct scan *s, const uint8_t *frame,
    size_t word, bool *keep, struct err *e)
{
	int32_t least = INT32_MAX, top = 0, v[3];
	size_t i, at = 0, n = s->c->components;
	struct codestream_segment g;
	unsigned transform = 0;
	bool begun = false;
	int got;

	while ((got = codestream_next(like, len, &at, &g, e)) == 1) {
		begun = begun || g.marker == JPEG_SOS;
		if (read_segment(s, like + g.body, g.marker, g.len, e) < 0)
			return -1;
		if (g.marker == JPEG_LSE && s->p.maxval != 0 && s->p.maxval < least)
			least = s->p.maxval;
		if (!begun)
			transform = s->transform;
	}
	s->transform = transform;
	for (i = (size_t)s->c->width * s->c->height; i > 0 && least < INT32_MAX; i--) {
		top = larger(top, load_pixel(s, frame, word, (unsigned)n, v));
		frame += n * word;
	}
	*keep = s->c->lossless && top <= least;
	return got;
}

/* All of LIKE's segments in their order; only its scans are new. */
static int
write_alike(const uint8_t *like, size_t len, struct scan *s, const uint8_t *frame,
    size_t word, bool keep, struct buf *code, struct err *e)
{
	struct params told = { 0 };
	struct codestream_segment g;
	size_t at = 0;
	int got;

	while ((got = codestream_next(like, len, &at, &g, e)) == 1) {
		if (g.marker == JPEG_SOS) {
			s->p = told;
			got = write_scan(s, like + g.body, g.len, frame, word, code, e);
			s->first += s->components;
		} else if (g.marker != JPEG_DRI && (g.marker != JPEG_LSE || keep))
			got = buf_add(code, like + g.at, g.body + g.len - g.at, e);
		if (got >= 0 && g.marker == JPEG_LSE && keep) {
			got = read_segment(s, like + g.body, g.marker, g.len, e);
			told = s->p;
		}
		if (got < 0)
			return -1;
		if (g.marker == JPEG_SOF55)
			codestream_put_size(s->c, code->data + code->len - g.len);
	}
	if (got == 0 && s->first != s->c->components)
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
	struct scan s = { .c = c };
	int got = check_process(c, word, e);
	bool keep;

	if (got == 0)
		got = can_keep(like, like_len, &s, frame, word, &keep, e);
	if (got == 0)
		got = buf_add(code, soi, sizeof soi, e);
	if (got == 0)
		got = write_alike(like, like_len, &s, frame, word, keep, code, e);
	if (got == 0)
		got = buf_add(code, eoi, sizeof eoi, e);
	free_scan(&s);
	if (got < 0)
		code->len = before;
	return got;
}
