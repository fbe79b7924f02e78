/* jpeg_lossless: frames coded by JPEG process 14; see jpeg_lossless.h. */
#include "dicom/jpeg_lossless.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/size.h"

#define CATEGORIES 17		/* SSSS of 0 to 16: T.81 table H.2 */
#define TABLES 4		/* Td of 0 to 3 */
#define MAX_CODE_BITS 16
/* A code of 16 bits and 15 more, each byte stuffed with another. */
#define MAX_SAMPLE_BYTES 8

struct huffman {
	uint64_t count[CATEGORIES];
	uint8_t length[CATEGORIES];	/* bits of its code, 0 for none */
	uint32_t code[CATEGORIES];
};

/* One scan: some of the components, which share a predictor. */
struct scan_spec {
	unsigned n;			/* components */
	unsigned component[3];		/* place within the pixel */
	unsigned table[3];		/* Td */
	unsigned predictor;		/* Ss: T.81 table H.1 */
};

/* -- Huffman tables ------------------------------------------------------- */

/* Of the nodes not yet joined, the one of the lowest weight, or -1. */
static int
lightest(const uint64_t *weight, const int *parent, int n)
{
	int i, best = -1;

	for (i = 0; i < n; i++)
		if (parent[i] < 0 && weight[i] > 0 &&
		    (best < 0 || weight[i] <= weight[best]))
			best = i;
	return best;
}

/*
 * Huffman's code lengths for WEIGHT, of which none is above MAX_CODE_BITS, or
 * false. The last place is the code of all ones, which T.81 C forbids: it takes
 * part with the lowest weight, so that no other code is longer.
 */
static bool
code_lengths(const uint64_t *count, uint8_t *length)
{
	uint64_t weight[2 * (CATEGORIES + 1)] = { 0 };
	int parent[2 * (CATEGORIES + 1)];
	int i, a, b, k, n = CATEGORIES + 1;

	/* Scaled, so that the forbidden code weighs less than any. */
	for (i = 0; i < CATEGORIES; i++)
		weight[i] = 2 * count[i];
	weight[CATEGORIES] = 1;
	for (i = 0; i < 2 * (CATEGORIES + 1); i++)
		parent[i] = -1;
	for (;; n++) {
		a = lightest(weight, parent, n);
		parent[a] = n;
		if ((b = lightest(weight, parent, n)) < 0)
			break;
		parent[b] = n;
		weight[n] = weight[a] + weight[b];
	}
	parent[a] = -1;		/* the root */
	for (i = 0; i < CATEGORIES; i++) {
		for (length[i] = 0, k = i; count[i] > 0 && parent[k] >= 0; k = parent[k])
			length[i]++;
		if (length[i] > MAX_CODE_BITS)
			return false;
	}
	return true;
}

/*
 * The best table for H's counts, as good as. With 18 places a code is longer
 * than 16 bits only for counts that grow as Fibonacci's numbers do; these are
 * levelled until it is not.
 */
static void
make_table(struct huffman *h)
{
	uint64_t count[CATEGORIES];
	uint32_t code = 0;
	int i, n;

	memcpy(count, h->count, sizeof count);
	while (!code_lengths(count, h->length))
		for (i = 0; i < CATEGORIES; i++)
			count[i] = (count[i] + 1) / 2;
	/* T.81 C.2: by length, then in the order of the categories. */
	for (n = 1; n <= MAX_CODE_BITS; n++, code <<= 1)
		for (i = 0; i < CATEGORIES; i++)
			if (h->length[i] == n)
				h->code[i] = code++;
}

/* T.81 B.2.4.2. */
static int
write_table(const struct huffman *h, unsigned id, struct buf *code, struct err *e)
{
	uint8_t b[5 + MAX_CODE_BITS + CATEGORIES] = { 0xff, JPEG_DHT, 0, 0, (uint8_t)id };
	size_t at = 5 + MAX_CODE_BITS;
	int i, n;

	for (n = 1; n <= MAX_CODE_BITS; n++)
		for (i = 0; i < CATEGORIES; i++)
			if (h->length[i] == n) {
				b[4 + n]++;
				b[at++] = (uint8_t)i;
			}
	b[3] = (uint8_t)(at - 2);
	return buf_add(code, b, at, e);
}

/* -- prediction ----------------------------------------------------------- */

/*
 * T.81 H.1.2.1 for a row of N samples, of which those STEP apart are of one
 * component. ROW and ABOVE (NULL in the first row) have STEP samples more in
 * front. DIFF receives the differences modulo 65536.
 */
#define PREDICT(expr)							\
	for (i = 0; i < n; i++) {					\
		int a = row[(ptrdiff_t)i - step];			\
		int b = above[i];					\
		int c = above[(ptrdiff_t)i - step];			\
		(void)a, (void)b, (void)c;				\
		diff[i] = (uint16_t)(row[i] - (expr));			\
	}

static void
predict(unsigned predictor, const uint16_t *row, const uint16_t *above,
    size_t n, ptrdiff_t step, uint16_t *diff)
{
	size_t i;

	switch (predictor) {
	case 1: PREDICT(a) break;
	case 2: PREDICT(b) break;
	case 3: PREDICT(c) break;
	case 4: PREDICT(a + b - c) break;
	case 5: PREDICT(a + ((b - c) >> 1)) break;
	case 6: PREDICT(b + ((a - c) >> 1)) break;
	default: PREDICT((a + b) >> 1) break;
	}
}
#undef PREDICT

/* The samples of S in row Y of FRAME. */
static void
load_row(const struct codestream *c, const struct scan_spec *s,
    const uint8_t *frame, size_t word, size_t y, uint16_t *row)
{
	uint16_t mask = (uint16_t)((1u << c->precision) - 1);
	size_t pixel = word * c->components, x;
	unsigned k;

	for (k = 0; k < s->n; k++) {
		const uint8_t *p = frame + y * c->width * pixel +
		    s->component[k] * word;
		uint16_t *to = row + k;

		if (word == 1)
			for (x = 0; x < c->width; x++, p += pixel, to += s->n)
				*to = *p & mask;
		else
			for (x = 0; x < c->width; x++, p += pixel, to += s->n)
				*to = (uint16_t)(p[0] | p[1] << 8) & mask;
	}
}

/*
 * The differences of all rows to DIFF. The first row is predicted from the
 * left, the first column from above, the first sample is half of the range:
 * H.1.2.1. So two rows, each with a pixel in front, hold what is needed.
 */
static int
differences(const struct codestream *c, const struct scan_spec *s,
    const uint8_t *frame, size_t word, uint16_t *diff, struct err *e)
{
	size_t n = (size_t)c->width * s->n, y, k;
	uint16_t *rows = calloc(2 * (n + s->n), sizeof *rows), *row, *above, *t;

	if (rows == NULL)
		return err_set(e, "out of memory");
	row = rows + s->n;
	above = row + n + s->n;
	for (y = 0; y < c->height; y++, diff += n) {
		load_row(c, s, frame, word, y, row);
		for (k = 0; k < s->n && y == 0; k++)
			rows[k] = (uint16_t)(1u << (c->precision - 1));
		predict(y == 0 ? 1 : s->predictor, row, above, n, (ptrdiff_t)s->n, diff);
		for (k = 0; k < s->n && y > 0; k++)
			diff[k] = (uint16_t)(row[k] - above[k]);
		t = above;
		above = row;
		row = t;
	}
	free(rows);
	return 0;
}

/* -- samples -------------------------------------------------------------- */

/* SSSS of a difference modulo 65536: bits of its magnitude, 16 for 32768. */
static inline unsigned
category(uint16_t diff)
{
	int d = (int16_t)diff;
	unsigned m = (unsigned)(d < 0 ? -d : d);

	return m == 0 ? 0 : 32 - (unsigned)__builtin_clz(m);
}

struct bits {
	uint64_t word;		/* the low N bits are not yet out */
	unsigned n;		/* below 32 between samples */
	uint8_t *to;
};

/* The upper 4 bytes of the 32 or more bits there are; 0xff is followed by 0. */
static inline void
flush_word(struct bits *b)
{
	uint32_t w = (uint32_t)(b->word >> (b->n - 32));
	int i;

	b->n -= 32;
	/* Is any byte 0xff? Then its complement is 0. */
	if (((~w - 0x01010101u) & w & 0x80808080u) == 0) {
		b->to[0] = (uint8_t)(w >> 24);
		b->to[1] = (uint8_t)(w >> 16);
		b->to[2] = (uint8_t)(w >> 8);
		b->to[3] = (uint8_t)w;
		b->to += 4;
		return;
	}
	for (i = 24; i >= 0; i -= 8) {
		*b->to = (uint8_t)(w >> i);
		if (*b->to++ == 0xff)
			*b->to++ = 0;
	}
}

static inline void
put_sample(struct bits *b, const struct huffman *h, uint16_t diff)
{
	unsigned s = category(diff);
	/* The low bits of the difference, less 1 if negative; 16 has none: H.1.2.2. */
	unsigned extra = s & 15, value = diff - (diff >> 15);

	b->word = b->word << h->length[s] | h->code[s];
	b->word = b->word << extra | (value & ((1u << extra) - 1));
	b->n += h->length[s] + extra;
	if (b->n >= 32)
		flush_word(b);
}

/* What is left, filled with ones: F.1.2.3. */
static void
flush_rest(struct bits *b)
{
	unsigned fill = (8 - b->n % 8) % 8;

	b->word = b->word << fill | ((1u << fill) - 1);
	for (b->n += fill; b->n > 0; b->n -= 8) {
		*b->to = (uint8_t)(b->word >> (b->n - 8));
		if (*b->to++ == 0xff)
			*b->to++ = 0;
	}
}

/* The coded samples of one scan: N a row, of S->n components in turn. */
static int
write_samples(const struct codestream *c, const struct scan_spec *s,
    const struct huffman *tables, const uint16_t *diff, struct buf *code,
    struct err *e)
{
	size_t n = (size_t)c->width * s->n, y, i;
	struct bits b = { 0 };

	for (y = 0; y < c->height; y++) {
		if (buf_reserve(code, (n + 1) * MAX_SAMPLE_BYTES, e) < 0)
			return -1;
		b.to = (uint8_t *)code->data + code->len;
		if (s->n == 1)
			for (i = 0; i < n; i++)
				put_sample(&b, &tables[s->table[0]], *diff++);
		else
			for (i = 0; i < n; i += 3) {
				put_sample(&b, &tables[s->table[0]], *diff++);
				put_sample(&b, &tables[s->table[1]], *diff++);
				put_sample(&b, &tables[s->table[2]], *diff++);
			}
		if (y + 1 == c->height)
			flush_rest(&b);
		code->len = (size_t)(b.to - (uint8_t *)code->data);
	}
	return 0;
}

/* -- scans ---------------------------------------------------------------- */

/*
 * T.81 B.2.3. P is the scan header's N bytes after its length. SEEN has a bit
 * for each component that a scan before has had.
 */
static int
read_scan(const struct codestream *c, const uint8_t *p, size_t n,
    struct scan_spec *s, unsigned *seen, struct err *e)
{
	unsigned i, k;

	s->n = n == 0 ? 0 : p[0];
	if ((s->n != 1 && s->n != c->components) || n != 4 + 2 * (size_t)s->n)
		return err_set(e, "a scan of the codestream has %u components", s->n);
	for (i = 0; i < s->n; i++) {
		for (k = 0; k < c->components && c->id[k] != p[1 + 2 * i]; k++)
			;
		s->component[i] = k;
		s->table[i] = p[2 + 2 * i] >> 4;
		if (k == c->components || s->table[i] >= TABLES)
			return err_set(e, "a scan of the codestream names what there is not");
		if (*seen >> k & 1)
			return err_set(e, "the codestream has a component twice");
		*seen |= 1u << k;
	}
	s->predictor = p[1 + 2 * s->n];
	if (s->predictor < 1 || s->predictor > 7)
		return err_set(e, "the codestream has predictor %u", s->predictor);
	return 0;
}

/* Tables, header and samples of the scan whose header in LIKE is P. */
static int
write_scan(const struct codestream *c, const uint8_t *p, size_t n,
    const uint8_t *frame, size_t word, uint16_t *diff, unsigned *seen,
    struct buf *code, struct err *e)
{
	struct huffman tables[TABLES] = { 0 };
	uint8_t head[4] = { 0xff, JPEG_SOS, (uint8_t)((n + 2) >> 8), (uint8_t)(n + 2) };
	struct scan_spec s = { 0 };
	size_t i, total;
	unsigned k, used = 0;

	if (read_scan(c, p, n, &s, seen, e) < 0 ||
	    differences(c, &s, frame, word, diff, e) < 0)
		return -1;
	total = (size_t)c->width * c->height;
	for (k = 0; k < s.n; k++) {
		uint64_t *count = tables[s.table[k]].count;

		used |= 1u << s.table[k];
		for (i = 0; i < total; i++)
			count[category(diff[i * s.n + k])]++;
	}
	for (k = 0; k < TABLES; k++)
		if (used >> k & 1) {
			make_table(&tables[k]);
			if (write_table(&tables[k], k, code, e) < 0)
				return -1;
		}
	if (buf_add(code, head, sizeof head, e) < 0 || buf_add(code, p, n, e) < 0)
		return -1;
	code->data[code->len - 1] = 0;		/* Ah, and Al: no point transform */
	return write_samples(c, &s, tables, diff, code, e);
}

static bool
is_extra(uint8_t marker)
{
	return (marker >= JPEG_APP0 && marker <= JPEG_APP15) || marker == JPEG_COM;
}

/* All of LIKE's segments in their order; only its scans and tables are new. */
static int
write_alike(const uint8_t *like, size_t like_len, const struct codestream *c,
    const uint8_t *frame, size_t word, uint16_t *diff, struct buf *code,
    struct err *e)
{
	struct codestream_segment s;
	unsigned seen = 0;
	size_t at = 0;
	int got;

	while ((got = codestream_next(like, like_len, &at, &s, e)) == 1) {
		if (s.marker == JPEG_DHT || s.marker == JPEG_DRI)
			continue;
		if (s.marker == JPEG_SOS)
			got = write_scan(c, like + s.body, s.len, frame, word, diff,
			    &seen, code, e);
		else
			got = buf_add(code, like + s.at, s.body + s.len - s.at, e);
		if (got < 0)
			return -1;
		if (s.marker == JPEG_SOF3)
			codestream_put_size(c, code->data + code->len - s.len);
	}
	if (got == 0 && seen != (1u << c->components) - 1)
		return err_set(e, "the codestream lacks a component");
	return got;
}

/*
 * The same for a LIKE of another process: its APPn and COM, but for JFIF's APP0
 * (T.871 is of DCT alone); then one scan by predictor 1, which .70 demands.
 */
static int
write_anew(const uint8_t *like, size_t like_len, const struct codestream *c,
    const uint8_t *frame, size_t word, uint16_t *diff, struct buf *code,
    struct err *e)
{
	uint8_t n = (uint8_t)c->components, sof[19] = { 0xff, JPEG_SOF3, 0,
	    (uint8_t)(8 + 3 * n), (uint8_t)c->precision,
	    (uint8_t)(c->height >> 8), (uint8_t)c->height,
	    (uint8_t)(c->width >> 8), (uint8_t)c->width, n };
	uint8_t scan[10] = { n };
	struct codestream_segment s;
	unsigned seen = 0;
	size_t at = 0;
	uint8_t k;
	int got;

	while ((got = codestream_next(like, like_len, &at, &s, e)) == 1)
		if (is_extra(s.marker) && s.marker != JPEG_APP0 &&
		    buf_add(code, like + s.at, s.body + s.len - s.at, e) < 0)
			return -1;
	if (got < 0)
		return -1;
	for (k = 0; k < n; k++) {
		sof[10 + 3 * k] = scan[1 + 2 * k] = c->id[k];
		sof[11 + 3 * k] = 0x11;			/* not subsampled */
		scan[2 + 2 * k] = (uint8_t)(k << 4);	/* a table each */
	}
	scan[1 + 2 * n] = 1;
	if (buf_add(code, sof, 10 + 3 * (size_t)n, e) < 0)
		return -1;
	return write_scan(c, scan, 4 + 2 * (size_t)n, frame, word, diff, &seen, code,
	    e);
}

int
jpeg_lossless_encode(const uint8_t *like, size_t like_len,
    const struct codestream *c, const uint8_t *frame, size_t word,
    struct buf *code, struct err *e)
{
	static const uint8_t soi[] = { 0xff, 0xd8 }, eoi[] = { 0xff, JPEG_EOI };
	size_t n, before = code->len;
	uint16_t *diff;
	int got;

	if (c->process == JPEG_SOF3 && c->subsampled)
		return err_set(e, "lossless JPEG with subsampled components is not "
		    "supported");
	if (c->precision > 8 * word || !size_mul(c->width, c->height, &n) ||
	    !size_mul(n, c->components, &n) || !size_mul(n, sizeof *diff, &n))
		return err_set(e, "the codestream is too large");
	if ((diff = malloc(n)) == NULL)
		return err_set(e, "out of memory");
	if ((got = buf_add(code, soi, sizeof soi, e)) == 0)
		got = (c->process == JPEG_SOF3 ? write_alike : write_anew)(like,
		    like_len, c, frame, word, diff, code, e);
	if (got == 0)
		got = buf_add(code, eoi, sizeof eoi, e);
	free(diff);
	if (got < 0)
		code->len = before;
	return got;
}
