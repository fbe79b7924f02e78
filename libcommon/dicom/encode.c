/* encode: a frame coded again without loss; see encode.h. */
#include "dicom/encode.h"

#include <string.h>
#include <zlib.h>

#include "dicom/rle.h"


const char *
encode_syntax(const struct pixels *p)
{
	switch (p->coding) {
	case CODING_PLAIN:
	case CODING_DEFLATE:
	case CODING_RLE:
		return p->syntax;
	default:
		return NULL;
	}
}

static size_t
pixels_of(const struct pixels *p)
{
	return (size_t)p->rows * p->columns;
}

/* PS3.5 8.1.1: the first pixel is the least significant bit. */
static void
pack_bits(const uint8_t *frame, size_t n, uint8_t *out)
{
	size_t i;

	memset(out, 0, (n + 7) / 8);
	for (i = 0; i < n; i++)
		out[i / 8] = (uint8_t)(out[i / 8] | (frame[i] & 1) << i % 8);
}

/* RGB RGB RGB to RRR GGG BBB, words of W bytes. */
static void
separate(const uint8_t *frame, size_t n, size_t w, uint8_t *out)
{
	size_t i, k;

	for (k = 0; k < 3; k++)
		for (i = 0; i < n; i++)
			memcpy(out + (k * n + i) * w, frame + (3 * i + k) * w, w);
}

/* A frame as it lies in native pixel data, appended to OUT. */
static int
pack(const struct pixels *p, const uint8_t *frame, struct buf *out,
    struct err *e)
{
	size_t n = p->bits_allocated == 1 ? (pixels_of(p) + 7) / 8 :
	    p->frame_bytes;
	uint8_t *to;

	if (buf_reserve(out, n, e) < 0)
		return -1;
	to = (uint8_t *)out->data + out->len;
	if (p->bits_allocated == 1)
		pack_bits(frame, pixels_of(p), to);
	else if (p->planar)
		separate(frame, pixels_of(p), p->bytes, to);
	else
		memcpy(to, frame, n);
	out->len += n;
	return 0;
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
	int got;

	if (p->coding == CODING_PLAIN)
		return pack(p, frame, code, e);
	got = pack(p, frame, &bytes, e);
	if (got == 0 && p->coding == CODING_DEFLATE)
		got = deflate_frame(&bytes, code, e);
	else if (got == 0)	/* RLE: its rows do not end at bytes */
		got = rle_encode((uint8_t *)bytes.data, 1, (uint32_t)bytes.len, 1, 1,
		    code, e);
	buf_free(&bytes);
	return got;
}

int
encode_frame(const struct pixels *p, const uint8_t *like, size_t len,
    const uint8_t *frame, struct buf *code, struct err *e)
{
	(void)like;
	(void)len;
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
	default:
		return err_set(e, "transfer syntax %s has no encoder", p->syntax);
	}
}
