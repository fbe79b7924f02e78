/* jpeg_ls_scan: the samples of one scan of JPEG-LS; see jpeg_ls_scan.h. */
#include "dicom/jpeg_ls_scan.h"

#include <stdlib.h>
#include <string.h>

static const uint8_t run_order[32] = {	/* J of A.2.1 */
	0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3,
	4, 4, 5, 5, 6, 6, 7, 7, 8, 9, 10, 11, 12, 13, 14, 15
};

/* -- bits ----------------------------------------------------------------- */

/* At least 32 bits to the cache; beyond the end come zeros. */
static inline void
refill(struct jpeg_ls_bits *b)
{
	while (b->n <= 56 && b->from < b->end) {
		unsigned width = b->last == 0xff ? 7 : 8;	/* A.1 */

		b->last = *b->from++;
		b->cache |= (uint64_t)b->last << (64 - width - b->n);
		b->n += width;
	}
}

static inline uint32_t
get_bits(struct jpeg_ls_bits *b, unsigned n)
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
get_zeros(struct jpeg_ls_bits *b, unsigned most)
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
drain(struct jpeg_ls_bits *b)
{
	while (b->n >= 8) {
		unsigned width = b->last == 0xff ? 7 : 8;

		b->last = (uint8_t)(b->cache >> (b->n - width) & (0xffu >> (8 - width)));
		b->n -= width;
		*b->to++ = b->last;
	}
}

static inline void
put_bits(struct jpeg_ls_bits *b, uint32_t v, unsigned n)
{
	b->cache = b->cache << n | v;
	b->n += n;
	if (b->n >= 32)
		drain(b);
}

/* Zeros to the end of the byte; a last 0xff is followed by another byte. */
static void
put_end(struct jpeg_ls_bits *b)
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
set_defaults(struct jpeg_ls_params *p, unsigned precision, int32_t near)
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
are_valid(const struct jpeg_ls_params *p, unsigned precision, int32_t near)
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
region_of(const struct jpeg_ls_scan *s, int32_t d)
{
	int32_t m = d < 0 ? -d : d;
	int q = m <= s->near ? 0 : m < s->p.t1 ? 1 : m < s->p.t2 ? 2 :
	    m < s->p.t3 ? 3 : 4;

	return d < 0 ? -q : q;
}

/* A.2.1, at the begin of a scan and after a restart marker. */
static void
reset_state(struct jpeg_ls_scan *s)
{
	uint32_t a = (uint32_t)larger(2, (s->range + 32) / 64);
	size_t n = (size_t)s->c->width + 2;
	unsigned i;

	for (i = 0; i < JPEG_LS_CONTEXTS; i++)
		s->context[i] = (struct jpeg_ls_context){ a, 1, 0, 0 };
	for (i = 0; i < 2; i++)
		s->run[i] = (struct jpeg_ls_run_context){ a, 1, 0 };
	memset(s->run_index, 0, sizeof s->run_index);
	memset(s->room, 0, 6 * n * sizeof *s->room);
}

int
jpeg_ls_scan_start(struct jpeg_ls_scan *s, struct err *e)
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
	memset(&s->bits, 0, sizeof s->bits);
	reset_state(s);
	return 0;
}

void
jpeg_ls_scan_free(struct jpeg_ls_scan *s)
{
	free(s->room);
	free(s->region);
}

/* -- the model: one sample, coded or decoded -------------------------------- */

/* A.5.3, A.7.1.1: the code of V by parameter K within LIMIT bits. */
static inline void
put_golomb(struct jpeg_ls_scan *s, uint32_t v, unsigned k, unsigned limit)
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
get_golomb(struct jpeg_ls_scan *s, unsigned k, unsigned limit)
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
reconstruct(const struct jpeg_ls_scan *s, int32_t px, int32_t err)
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
reduce(const struct jpeg_ls_scan *s, int32_t err)
{
	if (err < 0)
		err += s->range;
	return err >= (s->range + 1) / 2 ? err - s->range : err;
}

/* A decoded error that no coder writes? Then it is 0, so that sums stay small. */
static inline int32_t
checked(struct jpeg_ls_scan *s, int32_t err)
{
	if (err <= s->range / 2 && err >= -(s->range / 2))
		return err;
	s->bits.overrun = true;
	return 0;
}

/* A.6. */
static inline void
update(const struct jpeg_ls_scan *s, struct jpeg_ls_context *q, int32_t err)
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
regular(struct jpeg_ls_scan *s, bool decoding, int q, int32_t ra, int32_t rb,
    int32_t rc, int32_t ix)
{
	int32_t sign = q < 0 ? -1 : 1, low = ra < rb ? ra : rb;
	int32_t high = ra < rb ? rb : ra, px, err;
	struct jpeg_ls_context *ctx = &s->context[q < 0 ? -q : q];
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
interruption(struct jpeg_ls_scan *s, bool decoding, unsigned type, unsigned order,
    int32_t ra, int32_t rb, int32_t ix)
{
	struct jpeg_ls_run_context *ctx = &s->run[type];
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
get_run(struct jpeg_ls_scan *s, unsigned *index, uint32_t most)
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
put_run(struct jpeg_ls_scan *s, unsigned *index, uint32_t n, uint32_t most)
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
context_at(const struct jpeg_ls_scan *s, unsigned k, uint32_t x)
{
	const int32_t *above = s->above[k] + x;
	const int8_t *region = s->region + s->p.maxval;

	return 81 * region[above[1] - above[0]] + 9 * region[above[0] - above[-1]] +
	    region[above[-1] - s->line[k][(ptrdiff_t)x - 1]];
}

/* Components FROM to TO, as one: their run from X on. Returns where it ends. */
static inline uint32_t
run(struct jpeg_ls_scan *s, bool decoding, unsigned from, unsigned to, uint32_t x)
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
code_line(struct jpeg_ls_scan *s, bool decoding, unsigned from, unsigned to)
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
decode_line(struct jpeg_ls_scan *s)
{
	unsigned k;

	if (s->mode == ILV_SAMPLE)
		code_line(s, true, 0, 3);
	else
		for (k = 0; k < s->components; k++)
			code_line(s, true, k, k + 1);
}

static void
encode_line(struct jpeg_ls_scan *s)
{
	unsigned k;

	if (s->mode == ILV_SAMPLE)
		code_line(s, false, 0, 3);
	else
		for (k = 0; k < s->components; k++)
			code_line(s, false, k, k + 1);
}

/* -- a scan --------------------------------------------------------------- */

const uint8_t *
jpeg_ls_scan_read(struct jpeg_ls_scan *s, const uint8_t *at, const uint8_t *end)
{
	struct jpeg_ls_bits *b = &s->bits;
	const uint8_t *p;

	reset_state(s);
	memset(b, 0, sizeof *b);
	b->from = at;
	for (p = at; p < end && (p = memchr(p, 0xff, (size_t)(end - p))) != NULL; p++)
		if (end - p < 2 || p[1] >= 0x80)	/* no data ends in 0xff */
			break;
	b->end = p != NULL && p < end ? p : end;
	return b->end;
}

bool
jpeg_ls_scan_decode(struct jpeg_ls_scan *s)
{
	decode_line(s);
	return !s->bits.overrun;
}

bool
jpeg_ls_scan_is_read(struct jpeg_ls_scan *s)
{
	struct jpeg_ls_bits *b = &s->bits;

	refill(b);
	/* Zeros fill the last byte: A.1. */
	return !b->overrun && b->from == b->end && b->n < 8 && b->cache == 0;
}

uint8_t *
jpeg_ls_scan_encode(struct jpeg_ls_scan *s, uint8_t *to, bool last)
{
	s->bits.to = to;
	encode_line(s);
	if (last)
		put_end(&s->bits);
	return s->bits.to;
}

void
jpeg_ls_scan_next(struct jpeg_ls_scan *s)
{
	int32_t *t;
	unsigned k;

	for (k = 0; k < s->components; k++) {
		t = s->above[k];
		s->above[k] = s->line[k];
		s->line[k] = t;
	}
}
