/* codestream: what a coded frame says of itself; see codestream.h. */
#include "dicom/codestream.h"

#include <string.h>

#include "base/bytes.h"

#define RESIDUE_MAX 7	/* bytes after EOI: see codestream_tail_is_empty */

enum {
	M_TEM = 0x01, M_SOF15 = 0xcf, M_JPG = 0xc8, M_DAC = 0xcc, M_RST0 = 0xd0,
	M_RST7 = 0xd7, M_SOI = 0xd8
};

static bool
is_frame_header(unsigned m)
{
	return m == JPEG_SOF55 || (m >= JPEG_SOF0 && m <= M_SOF15 && m != JPEG_DHT &&
	    m != M_JPG && m != M_DAC);
}

/* T.81 B.2.2; T.87 C.2.2 is the same. P is what follows the length. */
static int
frame_header(unsigned m, const uint8_t *p, size_t n, struct codestream *c,
    struct err *e)
{
	uint32_t i;

	if (n < 6 || n < 6 + 3 * (size_t)p[5])
		return err_set(e, "the codestream's frame header is too short");
	c->precision = p[0];
	c->height = bytes_be16(p + 1);
	c->width = bytes_be16(p + 3);
	c->components = p[5];
	c->process = (uint8_t)m;
	c->lossless = m == JPEG_SOF3 || m == JPEG_SOF55;
	if (c->height == 0 || c->width == 0)
		return err_set(e, "the codestream states no size");
	if (c->components != 1 && c->components != 3)
		return err_set(e, "the codestream has %u components",
		    (unsigned)c->components);
	if (c->precision < 2 || c->precision > 16)
		return err_set(e, "the codestream has samples of %u bits",
		    (unsigned)c->precision);
	for (i = 0; i < c->components; i++) {
		c->id[i] = p[6 + 3 * i];
		if (p[7 + 3 * i] != p[7])
			c->subsampled = true;
	}
	return 0;
}

/* Where the coded samples that begin at AT end: at a marker, or at LEN. */
static size_t
samples_end(const uint8_t *code, size_t len, size_t at)
{
	const uint8_t *p;

	while (at < len && (p = memchr(code + at, 0xff, len - at)) != NULL) {
		at = (size_t)(p - code) + 1;
		/* T.81 F.1.2.3 stuffs a byte of 0; T.87 A.1 a bit of 0. */
		if (at < len && code[at] >= 0x80 && code[at] != 0xff &&
		    !(code[at] >= M_RST0 && code[at] <= M_RST7))
			return at - 1;
	}
	return len;
}

int
codestream_next(const uint8_t *code, size_t len, size_t *at,
    struct codestream_segment *s, struct err *e)
{
	size_t i = *at, n;
	uint8_t m;

	if (i == 0) {
		if (len < 4 || code[0] != 0xff || code[1] != M_SOI)
			return err_set(e, "the frame does not begin as a JPEG codestream");
		i = 2;
	}
	s->at = i;
	if (i >= len || code[i] != 0xff)
		return err_set(e, "the codestream is cut or malformed");
	while (i < len && code[i] == 0xff)	/* fill bytes are legal */
		i++;
	if (i >= len)
		return err_set(e, "the codestream is cut or malformed");
	m = code[i++];
	s->marker = m;
	s->body = i;
	s->len = 0;
	*at = i;
	if (m == JPEG_EOI)
		return 0;
	if (m == M_TEM || (m >= M_RST0 && m <= M_RST7))
		return 1;	/* stand alone */
	if (m == 0 || m == M_SOI || len - i < 2 || (n = bytes_be16(code + i)) < 2 ||
	    n > len - i)
		return err_set(e, "the codestream is cut or malformed");
	s->body = i + 2;
	s->len = n - 2;
	*at = m == JPEG_SOS ? samples_end(code, len, i + n) : i + n;
	return 1;
}

/*
 * What the scans leave open: for each component and coefficient the lowest bit
 * that was coded (T.81 G.1.1.1), UNSEEN before its first scan.
 */
#define UNSEEN 0xff
struct coverage {
	uint8_t low[3][64];
};

static bool
is_progressive(uint8_t process)
{
	return process == 0xc2 || process == 0xca;	/* Huffman, arithmetic */
}

/* T.81 B.2.3; T.87 C.2.3 has NEAR in place of Ss. */
static int
scan_header(const uint8_t *p, size_t n, struct codestream *c,
    struct coverage *cover, struct err *e)
{
	size_t k = n == 0 ? 0 : 1 + 2 * (size_t)p[0];
	unsigned i, j, z, from = 0, to = 63, low = 0;

	if (c->process == 0)
		return err_set(e, "the codestream has no frame header");
	if (k < 3 || n < k + 3)
		return err_set(e, "the codestream's scan header is too short");
	if (c->process == JPEG_SOF55 ? p[k] != 0 : (p[k + 2] & 0xf) != 0)
		c->lossless = false;
	if (is_progressive(c->process)) {
		from = p[k];
		to = p[k + 1];
		low = p[k + 2] & 0xf;
	}
	for (i = 0; i < p[0]; i++)
		for (j = 0; j < c->components; j++)
			for (z = from; c->id[j] == p[1 + 2 * i] && z <= to && z < 64; z++)
				cover->low[j][z] = (uint8_t)low;
	return 0;
}

/*
 * Decoders show zeros for what no scan brought, without a word. So this is how
 * a stream looks that was cut between two scans.
 */
static int
check_coverage(const struct codestream *c, const struct coverage *cover,
    struct err *e)
{
	unsigned i, z;

	for (i = 0; i < c->components; i++)
		for (z = 0; z < 64; z++)
			if (cover->low[i][z] != 0)
				return err_set(e, "the codestream lacks a scan");
	return 0;
}

int
codestream_jpeg(const uint8_t *code, size_t len, struct codestream *c,
    struct err *e)
{
	struct codestream_segment s;
	struct coverage cover;
	size_t at = 0;
	int got;

	memset(c, 0, sizeof *c);
	memset(&cover, UNSEEN, sizeof cover);
	c->adobe = -1;
	while ((got = codestream_next(code, len, &at, &s, e)) == 1) {
		const uint8_t *p = code + s.body;

		if (s.marker == JPEG_SOS) {
			if (scan_header(p, s.len, c, &cover, e) < 0)
				return -1;
		} else if (is_frame_header(s.marker)) {
			if (c->process != 0)
				return err_set(e, "the codestream has two frame headers");
			if (frame_header(s.marker, p, s.len, c, e) < 0)
				return -1;
		} else if (s.marker == JPEG_APP0 && s.len >= 5 &&
		    memcmp(p, "JFIF", 5) == 0)
			c->jfif = true;
		else if (s.marker == JPEG_APP14 && s.len >= 12 &&
		    memcmp(p, "Adobe", 5) == 0)
			c->adobe = p[11];
	}
	if (got < 0 || check_coverage(c, &cover, e) < 0)
		return -1;
	if (c->process == 0)
		return err_set(e, "the codestream has no frame header");
	c->end = at;
	return 0;
}

void
codestream_put_size(const struct codestream *c, char *p)
{
	p[1] = (char)(c->height >> 8);
	p[2] = (char)c->height;
	p[3] = (char)(c->width >> 8);
	p[4] = (char)c->width;
}

bool
codestream_tail_is_empty(const uint8_t *code, size_t len,
    const struct codestream *c)
{
	size_t i;

	if (len - c->end <= RESIDUE_MAX)
		return true;
	for (i = c->end; i < len; i++)
		if ((code[i] != 0 && code[i] != 0xff) || code[i] != code[c->end])
			return false;
	return true;
}

bool
codestream_jpeg_is_ybr(const struct codestream *c, bool tagged_ybr)
{
	if (c->components != 3)
		return false;
	/* T.872 6.5.3: its one purpose is to say so: 0 none, 1 YCbCr. */
	if (c->adobe == 0 || c->adobe == 1)
		return c->adobe == 1;
	/* Only colour differences are worth less than the other component. */
	if (c->subsampled)
		return true;
	/* Encoders that name their components mean it. */
	if (memcmp(c->id, "RGB", 3) == 0)
		return false;
	/*
	 * T.871 allows YCbCr alone. It is about the DCT processes: lossless
	 * streams with a JFIF marker were seen with RGB, as tagged.
	 */
	if (c->jfif && c->process != JPEG_SOF3)
		return true;
	return tagged_ybr;
}

bool
codestream_j2k_is_ybr(const struct codestream *c, bool tagged_full)
{
	if (c->components != 3)
		return false;
	/*
	 * Its decoder has made RGB of what it transformed. A tag of YBR_RCT or
	 * YBR_ICT without a transform in the stream is a wrong tag for RGB.
	 */
	if (c->transformed)
		return false;
	return c->sycc || tagged_full;
}
