/* j2k_packets: did an encoder leave anything out; see j2k_packets.h. */
#include "dicom/j2k_packets.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

/* 38 bits, 2 for a band, 1 for RCT, 7 of guard: no sample has more. */
static const unsigned max_planes = 48;

/* A tag tree: B.10.2. Leaves first, then each level of parents, to the root. */
struct tree {
	uint32_t w, h;
	uint16_t *low;		/* by node: the value is this at least */
	bool *known;		/* by node: the value is LOW */
};

struct block {
	bool included;
	uint8_t zeros;		/* bit-planes that are missing at the top */
	uint8_t length_bits;	/* Lblock: B.10.7.1 */
	uint16_t passes;
};

struct band {
	uint32_t w, h;		/* code-blocks */
	unsigned planes;	/* Mb: E.1 */
	struct block *blocks;
	struct tree inclusion, zeros;
};

/* The code-blocks of one precinct in a component, and where it is. */
struct precinct {
	uint32_t component, index;
	unsigned resolution;
	uint64_t x, y;		/* on the reference grid: B.12.1.3 */
	unsigned bands;
	struct band band[3];
};

struct reader {
	const uint8_t *p;
	size_t at, end;
	unsigned byte, left;	/* bits of BYTE that are not read yet */
	bool beyond;		/* tried to read at END */
};

/* -- bits of a packet header: B.10.1 ------------------------------------------ */

static unsigned
get_bit(struct reader *r)
{
	if (r->left == 0) {
		/* After 0xff there is a bit that was stuffed. */
		r->left = r->byte == 0xff ? 7 : 8;
		if (r->at == r->end) {
			r->beyond = true;
			r->byte = 0;
		} else
			r->byte = r->p[r->at++];
	}
	return r->byte >> --r->left & 1;
}

static uint32_t
get_bits(struct reader *r, unsigned n)
{
	uint32_t v = 0;

	while (n-- > 0)
		v = v << 1 | get_bit(r);
	return v;
}

/* The header ends on a byte; a last 0xff has a stuffed byte. */
static void
end_bits(struct reader *r)
{
	if (r->byte == 0xff && r->at < r->end)
		r->at++;
	r->byte = r->left = 0;
}

/* -- tag trees ------------------------------------------------------------------ */

static size_t
tree_nodes(uint32_t w, uint32_t h)
{
	size_t n = (size_t)w * h;

	while (w > 1 || h > 1) {
		w = (w + 1) / 2;
		h = (h + 1) / 2;
		n += (size_t)w * h;
	}
	return n;
}

static bool
tree_new(struct tree *t, uint32_t w, uint32_t h)
{
	size_t n = tree_nodes(w, h);

	t->w = w;
	t->h = h;
	t->low = calloc(n + 1, sizeof *t->low);
	t->known = calloc(n + 1, sizeof *t->known);
	return t->low != NULL && t->known != NULL;
}

static void
tree_free(struct tree *t)
{
	free(t->low);
	free(t->known);
}

/* Reads on until the leaf at X, Y is known or is LIMIT at least. Is it below? */
static bool
tree_below(struct tree *t, uint32_t x, uint32_t y, unsigned limit,
    struct reader *r)
{
	size_t path[33], base = 0;
	uint32_t w = t->w, h = t->h;
	unsigned depth = 0;
	uint16_t low = 0;

	for (;;) {	/* from the leaf to the root */
		path[depth++] = base + (size_t)y * w + x;
		if (w == 1 && h == 1)
			break;
		base += (size_t)w * h;
		w = (w + 1) / 2;
		h = (h + 1) / 2;
		x /= 2;
		y /= 2;
	}
	while (depth-- > 0) {
		uint16_t *node = &t->low[path[depth]];

		if (*node < low)
			*node = low;
		while (!t->known[path[depth]] && *node < limit) {
			if (get_bit(r))
				t->known[path[depth]] = true;
			else
				(*node)++;
		}
		low = *node;
	}
	return t->known[path[0]] && low < limit;
}

/* -- a tile's precincts ----------------------------------------------------------- */

static uint64_t
ceil_shift(uint64_t v, unsigned n)
{
	return (v + ((uint64_t)1 << n) - 1) >> n;
}

/* Of [FROM, TO), what is within part INDEX of 2^EXPONENT: its parts of 2^SIZE. */
static uint32_t
blocks_in(uint64_t from, uint64_t to, uint64_t index, unsigned exponent,
    unsigned size)
{
	uint64_t a = index << exponent, b = (index + 1) << exponent;

	a = a < from ? from : a;
	b = b > to ? to : b;
	return a >= b ? 0 : (uint32_t)(((b - 1) >> size) - (a >> size) + 1);
}

/* The band's side that the samples [FROM, TO) of a tile have: B.5. */
static void
band_side(uint64_t from, uint64_t to, unsigned level, bool high, uint64_t *a,
    uint64_t *b)
{
	uint64_t half = high ? (uint64_t)1 << (level - 1) : 0;

	*a = (from + ((uint64_t)1 << level) - 1 - half) >> level;
	*b = (to + ((uint64_t)1 << level) - 1 - half) >> level;
}

/* Makes the bands of the precinct at column I, row J of its resolution. */
static bool
precinct_new(struct precinct *p, const struct j2k_header *h,
    const struct j2k_rect *tile, uint64_t i, uint64_t j)
{
	const struct j2k_coding *c = &h->coding;
	unsigned r = p->resolution, k, halved = r > 0;
	unsigned level = c->levels - r + halved;
	unsigned pw = c->precinct_w[r] - halved, ph = c->precinct_h[r] - halved;
	unsigned bw = c->block_w < pw ? c->block_w : pw;
	unsigned bh = c->block_h < ph ? c->block_h : ph;

	p->bands = r > 0 ? 3 : 1;
	for (k = 0; k < p->bands; k++) {	/* LL, or HL, LH, HH */
		struct band *b = &p->band[k];
		uint64_t x0, x1, y0, y1;

		band_side(tile->x0, tile->x1, level, r > 0 && k != 1, &x0, &x1);
		band_side(tile->y0, tile->y1, level, r > 0 && k != 0, &y0, &y1);
		b->w = blocks_in(x0, x1, i, pw, bw);
		b->h = blocks_in(y0, y1, j, ph, bh);
		b->planes = h->planes[r > 0 ? 3 * (r - 1) + 1 + k : 0];
		if (b->w == 0 || b->h == 0)
			b->w = b->h = 0;
		else if ((b->blocks = calloc((size_t)b->w * b->h,
		    sizeof *b->blocks)) == NULL ||
		    !tree_new(&b->inclusion, b->w, b->h) ||
		    !tree_new(&b->zeros, b->w, b->h))
			return false;
	}
	return true;
}

static void
precincts_free(struct precinct *p, size_t n)
{
	size_t i;
	unsigned k;

	for (i = 0; p != NULL && i < n; i++)
		for (k = 0; k < p[i].bands; k++) {
			free(p[i].band[k].blocks);
			tree_free(&p[i].band[k].inclusion);
			tree_free(&p[i].band[k].zeros);
		}
	free(p);
}

/* Where, on one axis, precinct K of a resolution is on the reference grid. */
static uint64_t
place(uint64_t tile, uint64_t start, uint64_t k, unsigned exponent,
    unsigned down)
{
	if (k == start >> exponent && (start & (((uint64_t)1 << exponent) - 1)) != 0)
		return tile;
	return k << (exponent + down);
}

/* All precincts of a tile, NULL out of memory. */
static struct precinct *
precincts_new(const struct j2k_header *h, const struct j2k_rect *tile, size_t *n)
{
	const struct j2k_coding *c = &h->coding;
	struct precinct *all = NULL, *more;
	size_t room = 0;
	unsigned r;
	uint32_t k;

	*n = 0;
	for (r = 0; r <= c->levels; r++) {
		unsigned down = c->levels - r, pw = c->precinct_w[r], ph = c->precinct_h[r];
		uint64_t x0 = ceil_shift(tile->x0, down), x1 = ceil_shift(tile->x1, down);
		uint64_t y0 = ceil_shift(tile->y0, down), y1 = ceil_shift(tile->y1, down);
		uint64_t i, j;

		if (x0 == x1 || y0 == y1)
			continue;
		for (k = 0; k < h->components; k++)
		for (j = y0 >> ph; j <= (y1 - 1) >> ph; j++)
		for (i = x0 >> pw; i <= (x1 - 1) >> pw; i++) {
			struct precinct *p;

			if (*n == room) {
				room = room == 0 ? 64 : 2 * room;
				if ((more = realloc(all, room * sizeof *all)) == NULL)
					goto out;
				all = more;
			}
			p = &all[(*n)++];
			memset(p, 0, sizeof *p);
			p->component = k;
			p->resolution = r;
			p->index = (uint32_t)((j - (y0 >> ph)) *
			    (((x1 - 1) >> pw) - (x0 >> pw) + 1) + i - (x0 >> pw));
			p->x = place(tile->x0, x0, i, pw, down);
			p->y = place(tile->y0, y0, j, ph, down);
			if (!precinct_new(p, h, tile, i, j))
				goto out;
		}
	}
	return all;
out:
	precincts_free(all, *n);
	return NULL;
}

/* -- their order: B.12.1, layers aside ---------------------------------------------- */

static int
compare(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

/* Resolution, component, precinct. */
static int
by_component(const void *a, const void *b)
{
	const struct precinct *p = a, *q = b;
	int d;

	if ((d = compare(p->resolution, q->resolution)) != 0 ||
	    (d = compare(p->component, q->component)) != 0)
		return d;
	return compare(p->index, q->index);
}

/* Resolution, precinct, component. */
static int
by_precinct(const void *a, const void *b)
{
	const struct precinct *p = a, *q = b;
	int d;

	if ((d = compare(p->resolution, q->resolution)) != 0 ||
	    (d = compare(p->index, q->index)) != 0)
		return d;
	return compare(p->component, q->component);
}

static int
by_resolution(const struct precinct *p, const struct precinct *q)
{
	int d = compare(p->resolution, q->resolution);

	return d != 0 ? d : compare(p->index, q->index);
}

static int
by_place(const struct precinct *p, const struct precinct *q)
{
	int d = compare(p->y, q->y);

	return d != 0 ? d : compare(p->x, q->x);
}

/* Place, component, resolution. */
static int
by_place_first(const void *a, const void *b)
{
	const struct precinct *p = a, *q = b;
	int d;

	if ((d = by_place(p, q)) != 0 ||
	    (d = compare(p->component, q->component)) != 0)
		return d;
	return by_resolution(p, q);
}

/* Component, place, resolution. */
static int
by_component_first(const void *a, const void *b)
{
	const struct precinct *p = a, *q = b;
	int d;

	if ((d = compare(p->component, q->component)) != 0 ||
	    (d = by_place(p, q)) != 0)
		return d;
	return by_resolution(p, q);
}

/* -- packets -------------------------------------------------------------------------- */

/* B.10.6 */
static unsigned
get_passes(struct reader *r)
{
	unsigned n;

	if (!get_bit(r))
		return 1;
	if (!get_bit(r))
		return 2;
	if ((n = get_bits(r, 2)) < 3)
		return 3 + n;
	if ((n = get_bits(r, 5)) < 31)
		return 6 + n;
	return 37 + get_bits(r, 7);
}

/* Passes, of at most LEFT, that share a codeword segment with pass DONE: B.10.7. */
static unsigned
segment_passes(unsigned style, unsigned done, unsigned left)
{
	unsigned n = left;

	if (style & J2K_STYLE_HT)	/* the cleanup pass, its refinements */
		n = done == 0 ? 1 : left;
	else if (style & J2K_STYLE_TERMINATE)
		n = 1;
	else if (style & J2K_STYLE_BYPASS)	/* raw ones by two: D.6 */
		n = done < 10 ? 10 - done : (done - 10) % 3 < 2 ? 2 - (done - 10) % 3 : 1;
	return n < left ? n : left;
}

static unsigned
log2_floor(unsigned n)
{
	unsigned v = 0;

	while (n >>= 1)
		v++;
	return v;
}

/* What a packet header of LAYER says of block X, Y; adds to BODY its bytes. */
static void
read_block(struct reader *r, const struct j2k_header *h, struct band *b,
    uint32_t x, uint32_t y, unsigned layer, uint64_t *body)
{
	struct block *k = &b->blocks[(size_t)y * b->w + x];
	unsigned left, n, zeros = 0;

	if (k->included ? !get_bit(r) :
	    !tree_below(&b->inclusion, x, y, layer + 1, r))
		return;
	if (!k->included) {
		while (!tree_below(&b->zeros, x, y, zeros + 1, r))
			if (++zeros > max_planes) {
				r->beyond = true;
				return;
			}
		k->included = true;
		k->zeros = (uint8_t)zeros;
		k->length_bits = 3;
	}
	left = get_passes(r);
	while (get_bit(r) && !r->beyond && k->length_bits < 32)
		k->length_bits++;
	while (left > 0 && !r->beyond) {
		n = segment_passes(h->coding.style, k->passes, left);
		if (k->length_bits + log2_floor(n) > 32) {
			r->beyond = true;	/* no segment is so long */
			return;
		}
		*body += get_bits(r, k->length_bits + log2_floor(n));
		k->passes = (uint16_t)(k->passes + n);
		left -= n;
	}
}

/* Reads a packet; false when it ends beyond the tile. */
static bool
read_packet(struct reader *r, const struct j2k_header *h, struct precinct *p,
    unsigned layer)
{
	uint64_t body = 0;
	uint32_t x, y;
	unsigned k;

	if (r->end - r->at >= 6 && r->p[r->at] == 0xff && r->p[r->at + 1] == 0x91)
		r->at += 6;	/* SOP: A.8.1 */
	if (get_bit(r))
		for (k = 0; k < p->bands; k++)
			for (y = 0; y < p->band[k].h; y++)
				for (x = 0; x < p->band[k].w && !r->beyond; x++)
					read_block(r, h, &p->band[k], x, y, layer, &body);
	end_bits(r);
	if (r->end - r->at >= 2 && r->p[r->at] == 0xff && r->p[r->at + 1] == 0x92)
		r->at += 2;	/* EPH: A.8.2 */
	if (r->beyond || body > r->end - r->at)
		return false;
	r->at += (size_t)body;
	return true;
}

/*
 * Has B all of its bit-planes? D.3: the first one has one pass, each other one
 * three. T.814: the cleanup pass of HT codes all planes down to one, two more
 * passes the next.
 */
static bool
is_whole(const struct block *b, unsigned planes, unsigned style)
{
	if (!b->included)
		return true;
	if (b->zeros >= planes)
		return false;
	planes -= b->zeros;
	if (style & J2K_STYLE_HT)
		return planes <= 2 && b->passes == 3 * planes - 2;
	/* The last may be left out when it finds all samples coded already. */
	return 3 * planes - 2 - b->passes <= 1;
}

static bool
is_complete(const struct precinct *p, unsigned style)
{
	unsigned k;
	size_t i;

	for (k = 0; k < p->bands; k++)
		for (i = 0; i < (size_t)p->band[k].w * p->band[k].h; i++)
			if (!is_whole(&p->band[k].blocks[i], p->band[k].planes, style))
				return false;
	return true;
}

/* Reads the packets of all layers of N precincts; false as read_packet. */
static bool
read_layers(struct reader *r, const struct j2k_header *h, struct precinct *p,
    size_t n, bool layers_first)
{
	size_t outer = layers_first ? h->layers : n, inner = layers_first ? n : h->layers;
	size_t i, j;

	for (i = 0; i < outer; i++)
		for (j = 0; j < inner; j++)
			if (r->at == r->end || !read_packet(r, h,
			    &p[layers_first ? j : i], (unsigned)(layers_first ? i : j)))
				return false;
	return true;
}

static bool
read_in_order(struct reader *r, const struct j2k_header *h, struct precinct *p,
    size_t n)
{
	static int (*const orders[])(const void *, const void *) = {
		by_component, by_component, by_precinct, by_place_first,
		by_component_first
	};
	size_t from, to;
	bool got = true;

	qsort(p, n, sizeof *p, orders[h->progression]);
	if (h->progression != J2K_RLCP)
		return read_layers(r, h, p, n, h->progression == J2K_LRCP);
	for (from = 0; from < n && got; from = to) {
		for (to = from; to < n && p[to].resolution == p[from].resolution;)
			to++;
		got = read_layers(r, h, p + from, to - from, true);
	}
	return got;
}

/* The packets of one tile, all of its parts in CODE. As j2k_packets_check. */
static int
check_tile(const struct j2k_header *h, uint32_t tile, const struct buf *code,
    struct err *e)
{
	struct reader r = { .p = (const uint8_t *)code->data, .end = code->len };
	struct j2k_rect rect = j2k_header_tile(h, tile);
	struct precinct *p;
	size_t i, n;
	int got = 1;

	if ((p = precincts_new(h, &rect, &n)) == NULL)
		return err_set(e, "out of memory");
	if (!read_in_order(&r, h, p, n))
		got = err_set(e, "a JPEG 2000 packet is cut or damaged");
	else if (r.at != r.end)
		got = err_set(e, "bytes follow the last packet of a JPEG 2000 tile");
	for (i = 0; i < n && got == 1; i++)
		if (!is_complete(&p[i], h->coding.style))
			got = 0;
	precincts_free(p, n);
	return got;
}

int
j2k_packets_check(const struct j2k_header *h, struct err *e)
{
	struct buf *tiles;
	struct j2k_part part;
	size_t at = 0;
	uint32_t i;
	int got = 1, one;

	if (!h->uniform)
		return 0;
	if ((tiles = calloc(h->tiles, sizeof *tiles)) == NULL)
		return err_set(e, "out of memory");
	while (got >= 0 && j2k_header_part(h, &at, &part))
		if (buf_add(&tiles[part.tile], part.bytes, part.len, e) < 0)
			got = -1;
	for (i = 0; i < h->tiles && got >= 0; i++)
		if ((one = check_tile(h, i, &tiles[i], e)) < got)
			got = one;
	for (i = 0; i < h->tiles; i++)
		buf_free(&tiles[i]);
	free(tiles);
	return got;
}
