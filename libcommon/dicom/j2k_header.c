/* j2k_header: how a JPEG 2000 frame is coded; see j2k_header.h. */
#include "dicom/j2k_header.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"


enum {	/* T.800 Table A.2, T.814 */
	M_SOC = 0xff4f, M_CAP = 0xff50, M_SIZ = 0xff51, M_COD = 0xff52,
	M_COC = 0xff53, M_TLM = 0xff55, M_PRF = 0xff56, M_PLM = 0xff57,
	M_PLT = 0xff58, M_CPF = 0xff59, M_QCD = 0xff5c, M_QCC = 0xff5d,
	M_RGN = 0xff5e, M_POC = 0xff5f, M_PPM = 0xff60, M_PPT = 0xff61,
	M_CRG = 0xff63, M_COM = 0xff64, M_SOT = 0xff90, M_SOD = 0xff93,
	M_EOC = 0xffd9
};

/*
 * A decoder needs memory for samples, code-blocks and precincts, in bytes of
 * OpenJPEG's; a blank image needs no code for them. So much is given to any
 * frame, and so much more for each byte of its code.
 */
static const uint64_t sample_cost = 8, block_cost = 128, precinct_cost = 512;
static const uint64_t free_cost = (uint64_t)1 << 29;
static const uint64_t cost_per_byte = 4096;

/* Time: each packet may have to look at all code-blocks of its precinct. */
static const uint64_t free_visits = (uint64_t)1 << 22;
static const uint64_t visits_per_byte = 64;

/* SOT and SOD: no tile can do without. */
static const size_t tile_part_min = 14;

static const char cut[] = "the JPEG 2000 codestream is cut or malformed";

/* What is valid of one tile, until its own markers say otherwise. */
struct tile_style {
	uint16_t layers;
	struct j2k_coding coding[J2K_MAX_COMPONENTS];
	bool own[J2K_MAX_COMPONENTS];	/* COC wins over COD: A.6.2 */
	bool quantised;
	bool shifted;		/* RGN: its shift may push bits out */
};

struct walk {
	struct j2k_header *h;
	const uint8_t *p;
	size_t at, end;
	struct tile_style main;
	uint8_t *parts, *announced;	/* by tile: parts seen, TNsot */
	uint32_t seen;			/* tiles */
	uint64_t cost, packets, visits;
	size_t bands;			/* of which QCD speaks */
	bool coded, quantised, in_main;
};

static uint64_t
ceil_div(uint64_t a, uint64_t b)
{
	return (a + b - 1) / b;
}

/* -- the JP2 wrapper: T.800 Annex I ---------------------------------------- */

bool
j2k_box_read(const uint8_t *p, size_t at, size_t end, uint32_t *type,
    size_t *from, size_t *to)
{
	uint64_t n;
	size_t head = 8;

	if (end - at < head)
		return false;
	n = bytes_be32(p + at);
	*type = bytes_be32(p + at + 4);
	if (n == 1) {
		head = 16;
		if (end - at < head)
			return false;
		n = (uint64_t)bytes_be32(p + at + 8) << 32 | bytes_be32(p + at + 12);
	} else if (n == 0)
		n = end - at;
	if (n < head || n > end - at)
		return false;
	*from = at + head;
	*to = at + (size_t)n;
	return true;
}

bool
j2k_is_wrapped(const uint8_t *code, size_t len)
{
	static const uint8_t jp2[] = { 0, 0, 0, 12, 'j', 'P', ' ', ' ' };

	return len >= sizeof jp2 && memcmp(code, jp2, sizeof jp2) == 0;
}

/* Is the enumerated colour space of the jp2h box sYCC (I.5.3.3)? */
static int
colour_read(const uint8_t *p, size_t at, size_t end, bool *sycc, struct err *e)
{
	size_t from, to;
	uint32_t type;

	for (; at < end; at = to) {
		if (!j2k_box_read(p, at, end, &type, &from, &to))
			return err_set(e, "the JP2 wrapper is malformed");
		if (type == J2K_BOX_COLOUR && to - from >= 7 && p[from] == 1)
			*sycc = bytes_be32(p + from + 3) == 18;
	}
	return 0;
}

/* Finds the one codestream, from *AT to *END, in the boxes. */
static int
unwrap(const uint8_t *p, size_t *at, size_t *end, bool *sycc, struct err *e)
{
	size_t from, to, i, stop = *end, found = 0;
	uint32_t type;

	for (i = 0; i < stop; i = to) {
		if (found > 0 && (stop - i) < 8) {	/* padding */
			for (to = i; to < stop; to++)
				if (p[to] != 0x00 && p[to] != 0xff)
					return err_set(e, "bytes follow the JP2 wrapper");
			break;
		}
		if (!j2k_box_read(p, i, stop, &type, &from, &to))
			return err_set(e, "the JP2 wrapper is cut or malformed");
		if (type == J2K_BOX_HEADER) {
			if (colour_read(p, from, to, sycc, e) < 0)
				return -1;
		} else if (type == J2K_BOX_CODE) {
			if (found++ > 0)
				return err_set(e, "the JP2 wrapper holds two codestreams");
			*at = from;
			*end = to;
		}
	}
	return found == 1 ? 0 :
	    err_set(e, "the JP2 wrapper holds no codestream");
}

/* -- marker segments; P is what follows the length, N its bytes ------------ */

static int
read_siz(struct j2k_header *h, const uint8_t *p, size_t n, struct err *e)
{
	uint64_t across, down;
	uint32_t i;

	if (n < 36)
		return err_set(e, "%s", cut);
	h->profile = (uint16_t)bytes_be16(p);
	h->x1 = bytes_be32(p + 2);
	h->y1 = bytes_be32(p + 6);
	h->x0 = bytes_be32(p + 10);
	h->y0 = bytes_be32(p + 14);
	h->tile_w = bytes_be32(p + 18);
	h->tile_h = bytes_be32(p + 22);
	h->tile_x0 = bytes_be32(p + 26);
	h->tile_y0 = bytes_be32(p + 30);
	h->components = bytes_be16(p + 34);
	if (h->components != 1 && h->components != J2K_MAX_COMPONENTS)
		return err_set(e, "the codestream has %u components",
		    (unsigned)h->components);
	if (n != 36 + 3 * (size_t)h->components)
		return err_set(e, "%s", cut);
	for (i = 0; i < h->components; i++) {
		if (p[37 + 3 * i] != 1 || p[38 + 3 * i] != 1)
			return err_set(e, "the codestream's components are subsampled");
		if (p[36 + 3 * i] != p[36])
			return err_set(e, "the codestream's components differ in kind");
	}
	h->precision = (p[36] & 0x7fu) + 1;
	h->is_signed = (p[36] & 0x80) != 0;
	/* A.5.1, B.3: the first tile holds a part of the image. */
	if (h->x1 <= h->x0 || h->y1 <= h->y0 || h->x1 > INT32_MAX ||
	    h->y1 > INT32_MAX)
		return err_set(e, "the codestream states no size");
	if (h->tile_w == 0 || h->tile_h == 0 || h->tile_x0 > h->x0 ||
	    h->tile_y0 > h->y0 || (uint64_t)h->tile_x0 + h->tile_w <= h->x0 ||
	    (uint64_t)h->tile_y0 + h->tile_h <= h->y0)
		return err_set(e, "the codestream's tiles are malformed");
	across = ceil_div((uint64_t)h->x1 - h->tile_x0, h->tile_w);
	down = ceil_div((uint64_t)h->y1 - h->tile_y0, h->tile_h);
	if (across * down > 65535 ||	/* A.4.2 */
	    across * down > h->len / tile_part_min)
		return err_set(e, "the codestream is too short for its tiles");
	h->tiles = (uint32_t)(across * down);
	return 0;
}

/* SPcod, SPcoc: Table A.20. SIZED says that precinct sizes follow. */
static int
read_coding(const uint8_t *p, size_t n, bool sized, struct j2k_coding *c,
    struct err *e)
{
	unsigned r;

	memset(c, 0, sizeof *c);
	if (n < 5 || p[0] > J2K_MAX_LEVELS || n != 5 + (sized ? p[0] + 1u : 0))
		return err_set(e, "%s", cut);
	c->levels = p[0];
	if (p[1] > 8 || p[2] > 8 || p[1] + p[2] > 8)
		return err_set(e, "the codestream's code-blocks are malformed");
	c->block_w = (uint8_t)(p[1] + 2);
	c->block_h = (uint8_t)(p[2] + 2);
	c->style = p[3];
	if (p[4] > 1)
		return err_set(e, "the codestream's wavelet is not known");
	c->reversible = p[4] == 1;
	for (r = 0; r <= c->levels; r++) {
		c->precinct_w[r] = sized ? p[5 + r] & 15 : 15;
		c->precinct_h[r] = sized ? p[5 + r] >> 4 : 15;
		/* Only the lowest resolution is one band: B.6. */
		if (r > 0 && (c->precinct_w[r] == 0 || c->precinct_h[r] == 0))
			return err_set(e, "the codestream's precincts are malformed");
		if (c->precinct_w[r] != 15 || c->precinct_h[r] != 15)
			c->precincts = true;
	}
	return 0;
}

static int
read_cod(struct walk *w, struct tile_style *t, const uint8_t *p, size_t n,
    struct err *e)
{
	struct j2k_header *h = w->h;
	struct j2k_coding c;
	uint32_t i;

	if (n < 5 || p[1] > 4 || bytes_be16(p + 2) == 0 || p[4] > 1 ||
	    (p[4] == 1 && h->components != 3))
		return err_set(e, "%s", cut);
	if (read_coding(p + 5, n - 5, p[0] & 1, &c, e) < 0)
		return -1;
	t->layers = (uint16_t)bytes_be16(p + 2);
	for (i = 0; i < h->components; i++)
		if (!t->own[i])
			t->coding[i] = c;
	if (w->in_main) {
		h->sop = (p[0] & 2) != 0;
		h->eph = (p[0] & 4) != 0;
		h->progression = p[1];
		h->layers = t->layers;
		h->transformed = p[4] == 1;
		h->coding = c;
		w->coded = true;
	} else if ((p[4] == 1) != h->transformed)
		/* One colour for all of the frame. */
		return err_set(e, "the codestream's tiles differ in colour");
	return 0;
}

static int
read_coc(const struct walk *w, struct tile_style *t, const uint8_t *p, size_t n,
    struct err *e)
{
	if (n < 2 || p[0] >= w->h->components)
		return err_set(e, "%s", cut);
	t->own[p[0]] = true;
	return read_coding(p + 2, n - 2, p[1] & 1, &t->coding[p[0]], e);
}

/* QCD without quantisation, exponents alone: A.6.4, E.1. */
static void
read_planes(struct walk *w, const uint8_t *p, size_t n)
{
	size_t i;

	w->bands = 0;
	for (i = 1; i < n && w->bands < sizeof w->h->planes; i++)
		w->h->planes[w->bands++] =
		    (uint8_t)((p[0] >> 5) + (p[i] >> 3) - ((p[0] >> 5) + (p[i] >> 3) > 0));
}

/* Are other things said of some tile or component, or of some packets? */
static bool
is_exception(const struct walk *w, unsigned m)
{
	return m == M_COC || m == M_QCC || m == M_RGN || m == M_POC ||
	    m == M_PPM || m == M_PPT ||
	    (!w->in_main && (m == M_COD || m == M_QCD));
}

/* One marker segment of the main header, or of a tile's; 0 or -1. */
static int
read_segment(struct walk *w, struct tile_style *t, unsigned m, const uint8_t *p,
    size_t n, struct err *e)
{
	if (is_exception(w, m))
		w->h->uniform = false;
	switch (m) {
	case M_COD:
		return read_cod(w, t, p, n, e);
	case M_COC:
		return read_coc(w, t, p, n, e);
	case M_QCD:
	case M_QCC:
		if (n < (m == M_QCD ? 2 : 3))
			return err_set(e, "%s", cut);
		w->quantised = true;
		if ((p[m == M_QCD ? 0 : 1] & 31) != 0)	/* Table A.28 */
			t->quantised = true;
		if (m == M_QCD && w->in_main)
			read_planes(w, p, n);
		return 0;
	case M_RGN:
		t->shifted = true;
		return 0;
	case M_TLM:
	case M_PLM:
	case M_PLT:
		if (m == M_TLM)
			w->h->tlm = true;
		else
			w->h->plt = true;
		return 0;
	case M_CAP: case M_CPF: case M_PRF: case M_POC:
	case M_PPM: case M_PPT: case M_CRG: case M_COM:
		return 0;
	default:
		return err_set(e, "the codestream's marker %04x is not supported", m);
	}
}

/*
 * Reads marker segments up to, and past, the marker LAST. Those that say how
 * samples are coded are for FIRST headers of a tile alone (A.3).
 */
static int
read_segments(struct walk *w, struct tile_style *t, unsigned last, bool first,
    struct err *e)
{
	unsigned m;
	size_t n;

	for (;;) {
		if (w->end - w->at < 2)
			return err_set(e, "%s", cut);
		m = bytes_be16(w->p + w->at);
		if (m == last && w->in_main)
			return 0;	/* SOT is a part of its tile-part */
		w->at += 2;
		if (m == last)
			return 0;
		if (w->end - w->at < 2 || (n = bytes_be16(w->p + w->at)) < 2 ||
		    n > w->end - w->at)
			return err_set(e, "%s", cut);
		if (!first && (m == M_COD || m == M_COC || m == M_QCD ||
		    m == M_QCC || m == M_RGN))
			return err_set(e, "%s", cut);
		if (read_segment(w, t, m, w->p + w->at + 2, n - 2, e) < 0)
			return -1;
		w->at += n;
	}
}

/* -- what a tile asks for --------------------------------------------------- */

/* Parts of 2^EXPONENT that [FROM, TO) touches. */
static uint64_t
parts_of(uint64_t from, uint64_t to, unsigned exponent)
{
	return to <= from ? 0 :
	    ((to - 1) >> exponent) - (from >> exponent) + 1;
}

struct j2k_rect
j2k_header_tile(const struct j2k_header *h, uint32_t tile)
{
	uint32_t across = (uint32_t)ceil_div((uint64_t)h->x1 - h->tile_x0, h->tile_w);
	uint64_t x0 = h->tile_x0 + (uint64_t)(tile % across) * h->tile_w;
	uint64_t y0 = h->tile_y0 + (uint64_t)(tile / across) * h->tile_h;
	uint64_t x1 = x0 + h->tile_w, y1 = y0 + h->tile_h;

	return (struct j2k_rect){
		x0 < h->x0 ? h->x0 : x0, y0 < h->y0 ? h->y0 : y0,
		x1 > h->x1 ? h->x1 : x1, y1 > h->y1 ? h->y1 : y1
	};
}

/* Adds the cost of tile T of the image, coded as S says: B.3, B.5 to B.7. */
static void
add_cost(struct walk *w, uint32_t t, const struct tile_style *s)
{
	const struct j2k_header *h = w->h;
	struct j2k_rect tile = j2k_header_tile(h, t);
	uint64_t n;
	uint32_t i;
	unsigned r;

	w->cost += (tile.x1 - tile.x0) * (tile.y1 - tile.y0) * h->components *
	    sample_cost;
	for (i = 0; i < h->components; i++) {
		const struct j2k_coding *c = &s->coding[i];

		for (r = 0; r <= c->levels; r++) {
			unsigned down = c->levels - r, band = r > 0;
			uint64_t scale = (uint64_t)1 << down;
			uint64_t rx0 = ceil_div(tile.x0, scale), rx1 = ceil_div(tile.x1, scale);
			uint64_t ry0 = ceil_div(tile.y0, scale), ry1 = ceil_div(tile.y1, scale);
			unsigned bw = c->precinct_w[r] - band, bh = c->precinct_h[r] - band;

			n = parts_of(rx0, rx1, c->precinct_w[r]) *
			    parts_of(ry0, ry1, c->precinct_h[r]);
			w->packets += n * s->layers;
			w->cost += n * precinct_cost;
			/* Blocks are no larger than the precinct's bands. */
			bw = bw < c->block_w ? bw : c->block_w;
			bh = bh < c->block_h ? bh : c->block_h;
			n = parts_of(rx0, rx1, bw) * parts_of(ry0, ry1, bh);
			w->cost += n * block_cost;
			w->visits += n * s->layers;
		}
	}
}

/* -- tile-parts ------------------------------------------------------------- */

/* Reads the tile-part at AT, past its last byte: A.4.2. */
static int
read_tile_part(struct walk *w, struct err *e)
{
	const uint8_t *p = w->p + w->at;
	struct tile_style style = w->main;
	uint32_t tile, i;
	size_t start = w->at, n;

	if (w->end - w->at < tile_part_min || bytes_be16(p) != M_SOT ||
	    bytes_be16(p + 2) != 10)
		return err_set(e, "%s", cut);
	tile = bytes_be16(p + 4);
	n = bytes_be32(p + 6);
	if (n == 0)	/* up to EOC, which unpadded code ends with */
		n = w->end - 2 - w->at;
	if (tile >= w->h->tiles || n < tile_part_min || n > w->end - 2 - w->at ||
	    p[10] != w->parts[tile] || p[10] == 255)
		return err_set(e, "%s", cut);
	if (p[11] != 0)
		w->announced[tile] = p[11];
	memset(style.own, 0, sizeof style.own);
	w->at += 12;
	if (read_segments(w, &style, M_SOD, p[10] == 0, e) < 0)
		return -1;
	if (w->at - start > n)
		return err_set(e, "%s", cut);
	w->at = start + n;
	if (w->parts[tile]++ > 0)
		return 0;
	w->seen++;
	add_cost(w, tile, &style);
	if (style.quantised || style.shifted)
		w->h->reversible = false;
	for (i = 0; i < w->h->components; i++)
		if (!style.coding[i].reversible)
			w->h->reversible = false;
	return 0;
}

bool
j2k_header_part(const struct j2k_header *h, size_t *at, struct j2k_part *part)
{
	const uint8_t *p = h->code;
	size_t start = *at == 0 ? h->first_part : *at, i, n;

	if (bytes_be16(p + start) == M_EOC)
		return false;
	n = bytes_be32(p + start + 6);
	if (n == 0)
		n = h->len - 2 - start;
	for (i = start + 12; bytes_be16(p + i) != M_SOD;)
		i += 2 + (size_t)bytes_be16(p + i + 2);
	part->tile = bytes_be16(p + start + 4);
	part->bytes = p + i + 2;
	part->len = n - (i + 2 - start);
	*at = start + n;
	return true;
}

/* All tile-parts up to EOC; W's arrays have room for every tile. */
static int
read_tiles(struct walk *w, struct err *e)
{
	uint32_t i;

	for (;;) {
		if (w->end - w->at < 2)
			return err_set(e, "%s", cut);
		if (bytes_be16(w->p + w->at) == M_EOC)
			break;
		if (read_tile_part(w, e) < 0)
			return -1;
	}
	if (w->seen != w->h->tiles)
		return err_set(e, "the codestream lacks a tile");
	for (i = 0; i < w->h->tiles; i++)
		if (w->parts[i] < w->announced[i])
			return err_set(e, "the codestream lacks a part of a tile");
	w->at += 2;
	if (w->at != w->end)
		return err_set(e, "bytes follow the JPEG 2000 codestream");
	/* A packet is a byte at least: B.9. */
	if (w->packets > w->h->len)
		return err_set(e, "the codestream is too short for its packets");
	if (w->cost > free_cost + cost_per_byte * w->h->len ||
	    w->visits > free_visits + visits_per_byte * w->h->len)
		return err_set(e, "the codestream is too short for its size");
	return 0;
}

static int
read_main(struct walk *w, struct err *e)
{
	const uint8_t *p = w->p + w->at;
	size_t n;

	if (w->end - w->at < 6 || bytes_be16(p) != M_SOC ||
	    bytes_be16(p + 2) != M_SIZ ||
	    (n = bytes_be16(p + 4)) < 2 || n > w->end - w->at - 4)
		return err_set(e, "the frame does not begin as a JPEG 2000 codestream");
	if (read_siz(w->h, p + 6, n - 2, e) < 0)
		return -1;
	w->at += 4 + n;
	w->in_main = true;
	if (read_segments(w, &w->main, M_SOT, true, e) < 0)
		return -1;
	w->in_main = false;
	if (!w->coded || !w->quantised)
		return err_set(e, "%s", cut);
	w->h->first_part = w->at - (size_t)(w->h->code - w->p);
	if (w->bands < 3 * (size_t)w->h->coding.levels + 1)
		w->h->uniform = false;
	return 0;
}

int
j2k_header_read(const uint8_t *code, size_t len, struct j2k_header *out,
    struct err *e)
{
	struct j2k_header h = { .reversible = true, .uniform = true };
	struct walk w = { .h = &h, .p = code, .end = len };
	int got = -1;

	if (j2k_is_wrapped(code, len) && unwrap(code, &w.at, &w.end, &h.sycc,
	    e) < 0)
		return -1;
	/* Padding to an even length; EOC ends in neither byte. */
	while (w.end > w.at && (code[w.end - 1] == 0x00 || code[w.end - 1] == 0xff))
		w.end--;
	h.code = code + w.at;
	h.len = w.end - w.at;
	if (read_main(&w, e) < 0)
		return -1;
	w.parts = calloc(h.tiles, 1);
	w.announced = calloc(h.tiles, 1);
	if (w.parts == NULL || w.announced == NULL)
		err_set(e, "out of memory");
	else
		got = read_tiles(&w, e);
	free(w.parts);
	free(w.announced);
	if (got == 0)
		*out = h;
	return got;
}

bool
j2k_header_is_of(const struct j2k_header *h, const struct codestream *c)
{
	return h->x1 - h->x0 == c->width && h->y1 - h->y0 == c->height &&
	    h->components == c->components && h->precision == c->precision &&
	    h->is_signed == c->is_signed && h->transformed == c->transformed;
}

unsigned
j2k_header_levels(const struct j2k_header *h)
{
	uint32_t w = h->x1 - h->x0, d = h->y1 - h->y0, side;
	unsigned n = 0;

	w = w < h->tile_w ? w : h->tile_w;
	d = d < h->tile_h ? d : h->tile_h;
	side = w < d ? w : d;
	while (n < h->coding.levels && (uint64_t)2 << n <= side)
		n++;
	return n;
}

/* -- what an encoder made --------------------------------------------------- */

/* Appends TLM for the tile-parts from AT on: A.7.1. */
static int
add_tlm(const uint8_t *p, size_t at, size_t end, struct buf *out, struct err *e)
{
	enum { EACH = 6, MOST = (65535 - 4) / EACH };
	uint8_t head[] = { M_TLM >> 8, M_TLM & 255, 0, 0, 0, 0x60 }, entry[EACH];
	size_t i, n, left = 0, part = at;
	unsigned segments = 0;

	for (i = at; end - i >= tile_part_min && bytes_be16(p + i) == M_SOT;
	    i += n, left++)
		if ((n = bytes_be32(p + i + 6)) < tile_part_min || n > end - i)
			return err_set(e, "the encoder's tile-parts are malformed");
	for (; left > 0; left -= n) {
		n = left < MOST ? left : MOST;
		if (segments > 255)
			return err_set(e, "the codestream has too many tile-parts");
		head[2] = (uint8_t)((4 + EACH * n) >> 8);
		head[3] = (uint8_t)(4 + EACH * n);
		head[4] = (uint8_t)segments++;
		if (buf_add(out, head, sizeof head, e) < 0)
			return -1;
		for (i = 0; i < n; i++, part += bytes_be32(p + part + 6)) {
			memcpy(entry, p + part + 4, 2);
			memcpy(entry + 2, p + part + 6, 4);
			if (buf_add(out, entry, sizeof entry, e) < 0)
				return -1;
		}
	}
	return 0;
}

int
j2k_header_finish(const uint8_t *code, size_t len, bool tlm, struct buf *out,
    struct err *e)
{
	size_t at = 2, n, before = out->len;

	if (len < 4 || bytes_be16(code) != M_SOC || buf_add(out, code, 2, e) < 0)
		goto bad;
	for (; bytes_be16(code + at) != M_SOT; at += n) {
		if (len - at < 6 || (n = 2 + (size_t)bytes_be16(code + at + 2)) < 4 ||
		    n > len - at - 2)
			goto bad;
		if (bytes_be16(code + at) != M_COM &&
		    bytes_be16(code + at) != M_TLM &&
		    buf_add(out, code + at, n, e) < 0)
			goto bad;
	}
	if ((tlm && add_tlm(code, at, len, out, e) < 0) ||
	    buf_add(out, code + at, len - at, e) < 0)
		goto bad;
	return 0;
bad:
	out->len = before;
	return err_set(e, "the encoded JPEG 2000 codestream is malformed");
}
