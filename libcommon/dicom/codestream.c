/* codestream: what a coded frame says of itself; see codestream.h. */
#include "dicom/codestream.h"

#include <string.h>

enum {
	M_SOF0 = 0xc0, M_SOF3 = 0xc3, M_DHT = 0xc4, M_JPG = 0xc8, M_DAC = 0xcc,
	M_SOF15 = 0xcf, M_RST0 = 0xd0, M_SOI = 0xd8, M_EOI = 0xd9, M_SOS = 0xda,
	M_APP0 = 0xe0, M_APP14 = 0xee, M_SOF55 = 0xf7, M_TEM = 0x01
};

static uint32_t
be16(const uint8_t *p)
{
	return (uint32_t)p[0] << 8 | p[1];
}

static bool
is_frame_header(unsigned m)
{
	return m == M_SOF55 || (m >= M_SOF0 && m <= M_SOF15 && m != M_DHT &&
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
	c->height = be16(p + 1);
	c->width = be16(p + 3);
	c->components = p[5];
	c->lossless = m == M_SOF3;
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

int
codestream_jpeg(const uint8_t *code, size_t len, struct codestream *c,
    struct err *e)
{
	bool framed = false;
	size_t at = 2, n;
	unsigned m;

	memset(c, 0, sizeof *c);
	c->adobe = -1;
	if (len < 4 || code[0] != 0xff || code[1] != M_SOI)
		return err_set(e, "the frame does not begin as a JPEG codestream");
	for (;;) {
		while (at < len && code[at] == 0xff)	/* fill bytes are legal */
			at++;
		if (at >= len || at < 3 || code[at - 1] != 0xff)
			return err_set(e, "the codestream is cut or malformed");
		m = code[at++];
		if (m == M_TEM || (m >= M_RST0 && m <= M_SOI))
			continue;	/* stand alone */
		if (m == M_EOI || at + 2 > len ||
		    (n = be16(code + at)) < 2 || n > len - at)
			return err_set(e, "the codestream is cut or malformed");
		if (m == M_SOS) {
			if (!framed)
				return err_set(e, "the codestream has no frame header");
			/* T.87 C.2.3: NEAR follows the component list. */
			if (c->lossless && n >= 3 && n >= 4 + 2 * (size_t)code[at + 2])
				c->lossless = code[at + 3 + 2 * code[at + 2]] == 0;
			return 0;
		}
		if (is_frame_header(m)) {
			if (framed)
				return err_set(e, "the codestream has two frame headers");
			if (frame_header(m, code + at + 2, n - 2, c, e) < 0)
				return -1;
			framed = true;
		} else if (m == M_APP0 && n >= 7 &&
		    memcmp(code + at + 2, "JFIF", 5) == 0)
			c->jfif = true;
		else if (m == M_APP14 && n >= 14 &&
		    memcmp(code + at + 2, "Adobe", 5) == 0)
			c->adobe = code[at + 13];
		at += n;
	}
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
	if (c->jfif && !c->lossless)
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
