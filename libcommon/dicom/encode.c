/* encode: a frame coded again without loss; see encode.h. */
#include "dicom/encode.h"

#include <string.h>
#include <zlib.h>

#include "base/bytes.h"
#include "dicom/htj2k.h"
#include "dicom/j2k.h"
#include "dicom/jpeg_lossless.h"
#include "dicom/jpeg_ls.h"
#include "dicom/native.h"
#include "dicom/rle.h"

#define HTJ2K "1.2.840.10008.1.2.4.20"	/* .201 to .203 */
#define JPEG_LOSSLESS "1.2.840.10008.1.2.4.70"
#define JPEG_LS "1.2.840.10008.1.2.4.80"

const char *
encode_syntax(const struct pixels *p)
{
	switch (p->coding) {
	case CODING_PLAIN:
	case CODING_DEFLATE:
	case CODING_RLE:
	case CODING_JPEG_LS:	/* near-lossless ones may be lossless too */
	case CODING_J2K:	/* lossy ones as well */
		return p->syntax;
	case CODING_JPEG:
		return p->stream.process == JPEG_SOF3 ? p->syntax : JPEG_LOSSLESS;
	case CODING_NATIVE:
	case CODING_VIDEO:	/* one itself has no frames to be coded */
		break;
	}
	return NULL;
}

/* ITU-T T.87 C.2: a stream without samples that says all that is to be said. */
int
encode_jpeg_ls(struct pixels *p, struct buf *like, struct err *e)
{
	uint8_t b[] = { 0xff, 0xd8,
	    0xff, 0xf7, 0, 17, (uint8_t)p->bits_stored,
	    (uint8_t)(p->rows >> 8), (uint8_t)p->rows,
	    (uint8_t)(p->columns >> 8), (uint8_t)p->columns,
	    3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0,
	    0xff, 0xda, 0, 12, 3, 1, 0, 2, 0, 3, 0,
	    0, 2, 0,		/* NEAR, interleaved by sample, no transform */
	    0xff, 0xd9 };

	buf_clear(like);
	if (codestream_jpeg(b, sizeof b, &p->stream, e) < 0 ||
	    buf_add(like, b, sizeof b, e) < 0)
		return -1;
	p->coding = CODING_JPEG_LS;
	p->syntax = JPEG_LS;
	return 0;
}

void
encode_normalise(const struct pixels *p, uint8_t *frame)
{
	bool j2k = p->coding == CODING_J2K;
	unsigned unused, bits = p->stream.precision;
	size_t at;
	uint32_t v;

	if ((!j2k && p->coding != CODING_JPEG && p->coding != CODING_JPEG_LS) ||
	    bits >= 8 * p->bytes)
		return;
	unused = 32 - bits;
	for (at = 0; at < p->frame_bytes; at += p->bytes) {
		v = bytes_word(frame + at, p->bytes) << unused;
		v = j2k && p->is_signed ? (uint32_t)((int32_t)v >> unused) :
		    v >> unused;
		bytes_put_le(frame + at, v, p->bytes);
	}
}

/* PS3.5 8.2.16: each frame by itself, a raw RFC 1951 stream. */
static int
deflate_frame(const struct buf *in, struct buf *code, struct err *e)
{
	z_stream z = { 0 };
	int got;

	if (deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8,
	    Z_DEFAULT_STRATEGY) != Z_OK)
		return err_set(e, "out of memory");
	if (buf_reserve(code, deflateBound(&z, in->len), e) < 0) {
		deflateEnd(&z);
		return -1;
	}
	z.next_in = (uint8_t *)in->data;
	z.avail_in = (uInt)in->len;
	z.next_out = (uint8_t *)code->data;
	z.avail_out = (uInt)code->cap;
	got = deflate(&z, Z_FINISH);
	code->len = code->cap - z.avail_out;
	deflateEnd(&z);
	return got == Z_STREAM_END ? 0 : err_set(e, "deflate failed");
}

static int
encode_packed(const struct pixels *p, const uint8_t *frame, struct buf *code,
    struct err *e)
{
	struct buf bytes = { 0 };
	size_t bit = 0;
	int got;

	if (p->coding == CODING_PLAIN)
		return native_pack(p, frame, code, &bit, e);
	got = native_pack(p, frame, &bytes, &bit, e);
	if (got == 0 && p->coding == CODING_DEFLATE)
		got = deflate_frame(&bytes, code, e);
	else if (got == 0)	/* RLE: its rows do not end at bytes */
		got = rle_encode((uint8_t *)bytes.data, 1, (uint32_t)bytes.len, 1, 1,
		    code, e);
	buf_free(&bytes);
	return got;
}

/* What LIKE says of itself, but of P's size. */
static int
describe_like(const struct pixels *p, const uint8_t *like, size_t len,
    struct codestream *c, struct err *e)
{
	if ((p->coding == CODING_J2K ? j2k_describe(like, len, c, e) :
	    codestream_jpeg(like, len, c, e)) < 0)
		return -1;
	c->width = p->columns;
	c->height = p->rows;
	return 0;
}

static bool
is_ht(const struct pixels *p)
{
	return strncmp(p->syntax, HTJ2K, strlen(HTJ2K)) == 0;
}

static int
encode_like(const struct pixels *p, const uint8_t *like, size_t len,
    const uint8_t *frame, struct buf *code, struct err *e)
{
	struct codestream c;

	if (describe_like(p, like, len, &c, e) < 0)
		return -1;
	if (p->coding == CODING_J2K && is_ht(p))
		return htj2k_encode(like, len, &c, frame, p->bytes, code, e);
	if (p->coding == CODING_J2K)
		return j2k_encode(like, len, &c, frame, p->bytes, code, e);
	if (p->coding == CODING_JPEG_LS)
		return jpeg_ls_encode(like, len, &c, frame, p->bytes, code, e);
	return jpeg_lossless_encode(like, len, &c, frame, p->bytes, code, e);
}

int
encode_frame(const struct pixels *p, const uint8_t *like, size_t len,
    const uint8_t *frame, struct buf *code, struct err *e)
{
	buf_clear(code);
	switch (p->coding) {
	case CODING_PLAIN:
	case CODING_DEFLATE:
		return encode_packed(p, frame, code, e);
	case CODING_RLE:
		if (p->bits_allocated == 1)
			return encode_packed(p, frame, code, e);
		return rle_encode(frame, p->rows, p->columns, p->samples, p->bytes,
		    code, e);
	case CODING_JPEG:
	case CODING_JPEG_LS:
	case CODING_J2K:
		return encode_like(p, like, len, frame, code, e);
	case CODING_NATIVE:
	case CODING_VIDEO:
		break;
	}
	return err_set(e, "it has no frames that are coded one by one");
}
