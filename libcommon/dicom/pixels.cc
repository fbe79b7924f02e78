/* pixels: stored values of one frame at a time; see pixels.h. */
#include "dicom/pixels.h"

#include <cstring>
#include <memory>

#include <zlib.h>

#include <dcmtk/dcmdata/dccodec.h>
#include <dcmtk/dcmdata/dcpixseq.h>
#include <dcmtk/dcmdata/dcpxitem.h>

#include "base/size.h"
#include "dicom/codestream.h"
#include "dicom/dcm_internal.hh"
#include "dicom/fragments.h"
#include "dicom/j2k.h"
#include "dicom/jpeg.h"
#include "dicom/jpeg_ls.h"
#include "dicom/native.h"
#include "dicom/rle.h"

/* DCMTK's partial reads and buffers count in 32 bits. */
static const size_t max_code_bytes = 0xfffffffe;

/* PS3.5 Annex A, PS3.6 Annex A. What is not here has no decoder. */
static const struct syntax {
	const char *uid;
	enum pixels_coding coding;
	bool lossy;
	bool big_endian;
} syntaxes[] = {
	{ "1.2.840.10008.1.2", CODING_NATIVE, false, false },
	{ "1.2.840.10008.1.2.1", CODING_NATIVE, false, false },
	{ "1.2.840.10008.1.2.1.98", CODING_PLAIN, false, false },
	{ "1.2.840.10008.1.2.1.99", CODING_NATIVE, false, false },
	{ "1.2.840.10008.1.2.2", CODING_NATIVE, false, true },
	{ "1.2.840.113619.5.2", CODING_NATIVE, false, false },	/* GE, big endian pixels */
	{ "1.2.840.10008.1.2.4.50", CODING_JPEG, true, false },
	{ "1.2.840.10008.1.2.4.51", CODING_JPEG, true, false },
	{ "1.2.840.10008.1.2.4.53", CODING_JPEG, true, false },	/* retired: spectral */
	{ "1.2.840.10008.1.2.4.55", CODING_JPEG, true, false },	/* retired: progressive */
	{ "1.2.840.10008.1.2.4.57", CODING_JPEG, false, false },
	{ "1.2.840.10008.1.2.4.70", CODING_JPEG, false, false },
	{ "1.2.840.10008.1.2.4.80", CODING_JPEG_LS, false, false },
	{ "1.2.840.10008.1.2.4.81", CODING_JPEG_LS, true, false },
	{ "1.2.840.10008.1.2.4.90", CODING_J2K, false, false },
	{ "1.2.840.10008.1.2.4.91", CODING_J2K, true, false },
	{ "1.2.840.10008.1.2.4.201", CODING_J2K, false, false },
	{ "1.2.840.10008.1.2.4.202", CODING_J2K, false, false },
	{ "1.2.840.10008.1.2.4.203", CODING_J2K, true, false },
	{ "1.2.840.10008.1.2.4.100", CODING_VIDEO, true, false },
	{ "1.2.840.10008.1.2.4.100.1", CODING_VIDEO, true, false },
	{ "1.2.840.10008.1.2.4.101", CODING_VIDEO, true, false },
	{ "1.2.840.10008.1.2.4.101.1", CODING_VIDEO, true, false },
	{ "1.2.840.10008.1.2.4.102", CODING_VIDEO, true, false },
	{ "1.2.840.10008.1.2.4.102.1", CODING_VIDEO, true, false },
	{ "1.2.840.10008.1.2.4.103", CODING_VIDEO, true, false },
	{ "1.2.840.10008.1.2.4.103.1", CODING_VIDEO, true, false },
	{ "1.2.840.10008.1.2.4.104", CODING_VIDEO, true, false },
	{ "1.2.840.10008.1.2.4.104.1", CODING_VIDEO, true, false },
	{ "1.2.840.10008.1.2.4.105", CODING_VIDEO, true, false },
	{ "1.2.840.10008.1.2.4.105.1", CODING_VIDEO, true, false },
	{ "1.2.840.10008.1.2.4.106", CODING_VIDEO, true, false },
	{ "1.2.840.10008.1.2.4.106.1", CODING_VIDEO, true, false },
	{ "1.2.840.10008.1.2.4.107", CODING_VIDEO, true, false },
	{ "1.2.840.10008.1.2.4.108", CODING_VIDEO, true, false },
	{ "1.2.840.10008.1.2.5", CODING_RLE, false, false },
	{ "1.2.840.10008.1.2.8.1", CODING_DEFLATE, false, false },
};

static const struct syntax *
syntax_of(const struct dcm *d)
{
	for (const struct syntax &s : syntaxes)
		if (d->syntax == s.uid)
			return &s;
	return NULL;
}

static const uint32_t tag_pixel_data = DCM_TAG(0x7fe0, 0x0010);

/* -- the module ----------------------------------------------------------- */

/* A US in [MIN, MAX]; absent, it is OTHERWISE, or refused when that is < 0. */
static int
get_us(struct dcm *d, uint32_t tag, const char *name, uint32_t min,
    uint32_t max, int64_t otherwise, uint32_t *out, struct err *e)
{
	double v;

	if (!dcm_number(d, tag, 0, &v)) {
		if (otherwise < 0 || dcm_string(d, tag, 0) != NULL)
			return err_set(e, "%s is %s", name,
			    dcm_has(d, tag) ? "empty or not a number" : "missing");
		*out = static_cast<uint32_t>(otherwise);
		return 0;
	}
	if (!(v >= min && v <= max) || v != static_cast<double>(static_cast<uint32_t>(v)))
		return err_set(e, "%s is not within %u to %u", name, min, max);
	*out = static_cast<uint32_t>(v);
	return 0;
}

static const struct {
	const char *term;
	uint32_t samples;
	enum pixels_photometric native;
} terms[] = {	/* PS3.3 C.7.6.3.1.2 */
	{ "MONOCHROME1", 1, PHOTO_MONOCHROME1 },
	{ "MONOCHROME2", 1, PHOTO_MONOCHROME2 },
	{ "PALETTE COLOR", 1, PHOTO_PALETTE },
	{ "RGB", 3, PHOTO_RGB },
	{ "YBR_FULL", 3, PHOTO_YBR_FULL },
	{ "YBR_FULL_422", 3, PHOTO_YBR_FULL_422 },
	{ "YBR_PARTIAL_422", 3, PHOTO_YBR_PARTIAL_422 },
	{ "YBR_RCT", 3, PHOTO_RGB },	/* of a codec, which undoes them */
	{ "YBR_ICT", 3, PHOTO_RGB },
};

static int
get_photometric(struct dcm *d, struct pixels *p, struct err *e)
{
	const char *s = dcm_string(d, DCM_TAG(0x0028, 0x0004), 0);

	if (s == NULL)
		return err_set(e, "Photometric Interpretation is missing");
	for (const auto &t : terms)
		if (strcmp(s, t.term) == 0) {
			if (t.samples != p->samples)
				return err_set(e, "Photometric Interpretation "
				    "contradicts %u Samples per Pixel", p->samples);
			p->photometric = t.native;
			return 0;
		}
	return err_set(e, "Photometric Interpretation is none that is known");
}

/* Reads the attributes and checks each, and then one against another. */
static int
read_module(struct dcm *d, struct pixels *p, struct err *e)
{
	uint32_t planar, sign;
	const char *s;

	if (get_us(d, DCM_TAG(0x0028, 0x0010), "Rows", 1, 65535, -1, &p->rows, e) < 0 ||
	    get_us(d, DCM_TAG(0x0028, 0x0011), "Columns", 1, 65535, -1, &p->columns, e) < 0 ||
	    get_us(d, DCM_TAG(0x0028, 0x0002), "Samples per Pixel", 1, 3, 1, &p->samples, e) < 0 ||
	    get_us(d, DCM_TAG(0x0028, 0x0008), "Number of Frames", 1, 0x7fffffff, 1, &p->frames, e) < 0 ||
	    get_us(d, DCM_TAG(0x0028, 0x0100), "Bits Allocated", 1, 64, -1, &p->bits_allocated, e) < 0 ||
	    get_us(d, DCM_TAG(0x0028, 0x0101), "Bits Stored", 1, p->bits_allocated,
	    -1, &p->bits_stored, e) < 0 ||
	    get_us(d, DCM_TAG(0x0028, 0x0102), "High Bit", p->bits_stored - 1,
	    p->bits_allocated - 1, p->bits_stored - 1, &p->high_bit, e) < 0 ||
	    get_us(d, DCM_TAG(0x0028, 0x0103), "Pixel Representation", 0, 1, 0, &sign, e) < 0 ||
	    get_us(d, DCM_TAG(0x0028, 0x0006), "Planar Configuration", 0, 1, 0, &planar, e) < 0)
		return -1;
	if (p->samples == 2)
		return err_set(e, "Samples per Pixel is neither 1 nor 3");
	if (p->bits_allocated != 1 && p->bits_allocated != 8 &&
	    p->bits_allocated != 16 && p->bits_allocated != 32)
		return err_set(e, "Bits Allocated of %u are not supported",
		    p->bits_allocated);
	if (p->bits_allocated == 1 && p->samples != 1)
		return err_set(e, "colour of 1 bit is not supported");
	p->is_signed = sign == 1;
	p->planar = p->samples == 3 && planar == 1;
	s = dcm_string(d, DCM_TAG(0x0028, 0x2110), 0);
	p->lossy = s != NULL && strcmp(s, "01") == 0;
	/* A video is delivered as RGB, whatever its tag: video.h. */
	return p->coding == CODING_VIDEO ? 0 : get_photometric(d, p, e);
}

bool
pixels_is_422(const struct pixels *p)
{
	return p->photometric == PHOTO_YBR_FULL_422 ||
	    p->photometric == PHOTO_YBR_PARTIAL_422;
}

/* Sizes of a frame as delivered. */
static int
measure(struct pixels *p, struct err *e)
{
	size_t n;

	p->bytes = p->bits_allocated <= 8 ? 1 : p->bits_allocated / 8;
	if (!size_mul(p->rows, p->columns, &n) ||
	    !size_mul(n, pixels_is_422(p) ? 2 : p->samples, &n) ||
	    !size_mul(n, p->bytes, &n) || n > max_code_bytes)
		return err_set(e, "a frame of %ux%u is too large", p->columns, p->rows);
	p->frame_bytes = n;
	return 0;
}

static int
check_422(const struct pixels *p, struct err *e)
{
	if (pixels_is_422(p) && (p->columns % 2 != 0 || p->bits_allocated != 8 || p->planar))
		return err_set(e, "4:2:2 wants an even number of columns, "
		    "8 bits and interleaved samples");
	return 0;
}

/* -- native pixel data ---------------------------------------------------- */

/* Bits of one frame in the file; frames of 1 bit follow without a gap. */
static size_t
native_bits(const struct pixels *p)
{
	if (p->bits_allocated == 1)
		return static_cast<size_t>(p->rows) * p->columns;
	return p->frame_bytes * 8;	/* cannot overflow: see max_code_bytes */
}

static int
native_describe(uint64_t length, bool big_endian, struct pixels *p, struct err *e)
{
	size_t bits;

	/*
	 * Some decompressors leave the tag as it was. Data that are long enough
	 * for 4:4:4 are that: 4:2:2 would leave a third of them over.
	 */
	if (pixels_is_422(p) && length / 3 / p->frames >=
	    static_cast<size_t>(p->rows) * p->columns * p->bytes) {
		p->photometric = PHOTO_YBR_FULL;
		if (measure(p, e) < 0)
			return -1;
	}
	if (check_422(p, e) < 0)
		return -1;
	/*
	 * PS3.5 8.1.1 makes an OW of two words, the lower one first; some write
	 * one big-endian number. A guess would turn a picture into noise.
	 */
	if (big_endian && p->bits_allocated == 32)
		return err_set(e, "32-bit pixels in big endian are not supported: "
		    "writers disagree on the order of their words");
	if (!size_mul(native_bits(p), p->frames, &bits) ||
	    bits / 8 + (bits % 8 != 0) > length)
		return err_set(e, "pixel data is shorter than %u frames of %ux%u",
		    p->frames, p->columns, p->rows);
	p->excess = length - (bits / 8 + (bits % 8 != 0));
	return 0;
}

/* RRR GGG BBB to RGB RGB RGB, words of W bytes. */
static void
interleave(const uint8_t *in, uint8_t *out, size_t pixels, size_t w)
{
	for (size_t k = 0; k < 3; k++)
		for (size_t i = 0; i < pixels; i++)
			memcpy(out + (3 * i + k) * w, in + (k * pixels + i) * w, w);
}

/* PS3.5 8.1.1: the first pixel is the least significant bit, from BIT on. */
static void
spread_bits(const uint8_t *in, size_t bit, size_t n, uint8_t *out)
{
	for (; n > 0; n--, bit++)
		*out++ = in[bit / 8] >> (bit % 8) & 1;
}

/* A frame as it lies in native pixel data, from BIT of IN on, to OUT. */
static void
deliver(const struct pixels *p, const uint8_t *in, size_t bit, uint8_t *out)
{
	if (p->bits_allocated == 1)
		spread_bits(in, bit, native_bits(p), out);
	else if (p->planar)
		interleave(in, out, static_cast<size_t>(p->rows) * p->columns,
		    p->bytes);
	else
		memcpy(out, in, p->frame_bytes);
}

static int
native_frame(struct dcm *d, const struct pixels *p, uint32_t frame, uint8_t *out,
    struct err *e)
{
	size_t n = native_bits(p), bit = n * (frame - 1), at = bit / 8;
	const struct scan_element *el = scan_find(d->scan, tag_pixel_data, NULL);

	/* From disk: DCMTK's partial reads of odd numbers of swapped bytes fail. */
	if (el == NULL)
		return err_set(e, "has no pixel data");
	if (p->bits_allocated != 1 && !p->planar)
		return native_read(d->scan, el, at, out, p->frame_bytes, e);
	std::vector<uint8_t> in((bit % 8 + n + 7) / 8);
	if (native_read(d->scan, el, at, in.data(), in.size(), e) < 0)
		return -1;
	deliver(p, in.data(), bit % 8, out);
	return 0;
}

/* -- encapsulated pixel data: from fragments to code ---------------------- */

static int
index_frames(struct dcm *d, const struct pixels *p, struct err *e)
{
	d->first.clear();	/* until it is right */
	if (d->scan->nfragments < p->frames)	/* bounds what is allocated next */
		return err_set(e, "holds %zu fragments for %u frames",
		    d->scan->nfragments, p->frames);
	std::vector<size_t> first(static_cast<size_t>(p->frames) + 1);
	if (fragments_index(d->scan, p->coding, p->frames, first.data(), e) < 0)
		return -1;
	d->first.swap(first);
	return 0;
}

int
pixels_code(struct dcm *d, const struct pixels *p, uint32_t frame,
    struct buf *code, struct err *e)
{
	const struct scan_fragment *f = d->scan->fragments;
	size_t i, total = 0;

	if (d->first.size() != static_cast<size_t>(p->frames) + 1 || frame < 1 ||
	    frame > p->frames)
		return err_set(e, "frame %u was not described", frame);
	for (i = d->first[frame - 1]; i < d->first[frame]; i++)
		if (!size_add(total, f[i].length, &total) || total > max_code_bytes)
			return err_set(e, "the code of frame %u is too long", frame);
	buf_clear(code);
	if (buf_reserve(code, total, e) < 0)
		return -1;
	for (i = d->first[frame - 1]; i < d->first[frame]; i++) {
		if (scan_read(d->scan, f[i].value, code->data + code->len,
		    f[i].length, e) < 0)
			return -1;
		code->len += f[i].length;
	}
	return 0;
}

void
pixels_fragments(const struct dcm *d, uint32_t frame, size_t *first, size_t *end)
{
	*first = d->first[frame - 1];
	*end = d->first[frame];
}

/* -- encapsulated pixel data: decoding ------------------------------------ */

static const uint8_t *
bytes_of(const struct buf *b)
{
	return reinterpret_cast<const uint8_t *>(b->data);
}

static int
describe_code(enum pixels_coding coding, const uint8_t *code, size_t len,
    struct codestream *c, struct err *e)
{
	if (coding == CODING_J2K)
		return j2k_describe(code, len, c, e);
	if (codestream_jpeg(code, len, c, e) < 0)
		return -1;
	/* No decoder shows it: a second picture could hide there. */
	if (!codestream_tail_is_empty(code, len, c))
		return err_set(e, "%zu bytes that are not padding follow the end of "
		    "the codestream", len - c->end);
	return 0;
}

/* Does the codestream agree with what the header says of the image? */
static int
check_code(const struct pixels *p, const struct codestream *c, struct err *e)
{
	if (c->width != p->columns || c->height != p->rows)
		return err_set(e, "the codestream is %ux%u, the header says %ux%u",
		    c->width, c->height, p->columns, p->rows);
	if (c->components != p->samples)
		return err_set(e, "the codestream has %u components, the header "
		    "says %u", c->components, p->samples);
	if (c->precision > 8 * p->bytes)
		return err_set(e, "the codestream's %u bits do not fit in the "
		    "%u bits that are allocated", c->precision, p->bits_allocated);
	return 0;
}

/* What the decoder's three components are; see codestream.h. */
static enum pixels_photometric
code_colour(enum pixels_coding coding, const struct codestream *c,
    enum pixels_photometric tagged)
{
	bool ybr = tagged == PHOTO_YBR_FULL || tagged == PHOTO_YBR_FULL_422 ||
	    tagged == PHOTO_YBR_PARTIAL_422;

	if (coding == CODING_JPEG)
		ybr = codestream_jpeg_is_ybr(c, ybr);
	else if (coding == CODING_J2K)
		ybr = codestream_j2k_is_ybr(c, ybr);
	return ybr ? PHOTO_YBR_FULL : PHOTO_RGB;
}

static int
coded_describe(struct dcm *d, struct pixels *p, struct err *e)
{
	if (p->bits_allocated == 1 && (p->coding == CODING_JPEG ||
	    p->coding == CODING_JPEG_LS))
		return err_set(e, "1-bit images in this transfer syntax are not "
		    "supported");
	if (index_frames(d, p, e) < 0)
		return -1;
	if (p->coding == CODING_PLAIN || p->coding == CODING_DEFLATE)
		return check_422(p, e);
	if (p->coding != CODING_RLE) {
		if (pixels_code(d, p, 1, &d->code, e) < 0 ||
		    describe_code(p->coding, bytes_of(&d->code), d->code.len,
		    &p->stream, e) < 0 || check_code(p, &p->stream, e) < 0)
			return -1;
		/* Samples are right-aligned unless whole words were coded. */
		if (p->stream.precision <= p->bits_stored)
			p->high_bit = p->bits_stored - 1;
		/* The header of some says unsigned; what is decoded has a sign. */
		if (p->stream.is_signed)
			p->is_signed = true;
	}
	if (p->samples == 3)
		p->photometric = code_colour(p->coding, &p->stream, p->photometric);
	return 0;
}

/* C is what CODE says of itself; is it a frame of the image that P describes? */
static int
check_frame(const struct pixels *p, const uint8_t *code, size_t len,
    struct codestream *c, struct err *e)
{
	if (describe_code(p->coding, code, len, c, e) < 0 || check_code(p, c, e) < 0)
		return -1;
	if (c->precision != p->stream.precision ||
	    c->process != p->stream.process ||
	    c->is_signed != p->stream.is_signed ||
	    c->transformed != p->stream.transformed || (p->samples == 3 &&
	    code_colour(p->coding, c, p->photometric) != p->photometric))
		return err_set(e, "the codestream differs from that of the first frame");
	return 0;
}

static int
decode_jpeg(const struct pixels *p, const uint8_t *code, size_t len, void *out,
    struct err *e)
{
	struct codestream c;

	if (check_frame(p, code, len, &c, e) < 0)
		return -1;
	return p->coding == CODING_JPEG_LS ?
	    jpeg_ls_decode(code, len, &c, p->bytes, out, e) :
	    jpeg_decode(code, len, &c, p->bytes, out, e);
}

/* Frames of 1 bit are coded as their packed bytes: PS3.5 8.2.2, 8.2.16. */
static int
decode_rle(const struct pixels *p, const uint8_t *code, size_t len, uint8_t *out,
    struct err *e)
{
	size_t n = static_cast<size_t>(p->rows) * p->columns;

	if (p->bits_allocated != 1)
		return rle_decode(code, len, n, p->samples,
		    p->bytes, out, e);
	std::vector<uint8_t> bits((n + 7) / 8);
	if (rle_decode(code, len, bits.size(), 1, 1,
	    bits.data(), e) < 0)
		return -1;
	deliver(p, bits.data(), 0, out);
	return 0;
}

static bool
is_padding(const uint8_t *code, size_t len, size_t from)
{
	for (; from < len; from++)
		if (code[from] != 0)
			return false;
	return true;
}

/* PS3.5 8.2.16: each frame by itself, a raw RFC 1951 stream. */
static int
decode_deflate(const struct pixels *p, const uint8_t *code, size_t len,
    uint8_t *out, struct err *e)
{
	size_t n = (native_bits(p) + 7) / 8;
	std::vector<uint8_t> bytes(n + 1);	/* with padding to an even length */
	z_stream z = {};
	int got;

	z.next_in = const_cast<uint8_t *>(code);
	z.avail_in = static_cast<uInt>(len);
	z.next_out = bytes.data();
	z.avail_out = static_cast<uInt>(bytes.size());
	if (inflateInit2(&z, -MAX_WBITS) != Z_OK)
		return err_set(e, "out of memory");
	got = inflate(&z, Z_FINISH);
	inflateEnd(&z);
	if (got != Z_STREAM_END || z.avail_out > 1 ||
	    (z.avail_out == 0 && bytes[n] != 0))
		return err_set(e, "its deflated stream is not that of a frame");
	if (!is_padding(code, len, len - z.avail_in))
		return err_set(e, "bytes that are not padding follow its deflated "
		    "stream");
	deliver(p, bytes.data(), 0, out);
	return 0;
}

static int
decode(const struct pixels *p, const uint8_t *code, size_t len, uint8_t *out,
    struct err *e)
{
	switch (p->coding) {
	case CODING_PLAIN:
		if (len < (native_bits(p) + 7) / 8)
			return err_set(e, "it is shorter than a frame");
		if (!is_padding(code, len, (native_bits(p) + 7) / 8))
			return err_set(e, "bytes that are not padding follow it");
		deliver(p, code, 0, out);
		return 0;
	case CODING_DEFLATE:
		return decode_deflate(p, code, len, out, e);
	case CODING_RLE:
		return decode_rle(p, code, len, out, e);
	case CODING_JPEG:
	case CODING_JPEG_LS:
		return decode_jpeg(p, code, len, out, e);
	default:
		return j2k_decode(code, len, &p->stream, p->bytes,
		    p->is_signed, out, e);
	}
}

static int
coded_frame(struct dcm *d, const struct pixels *p, uint32_t frame, uint8_t *out,
    struct err *e)
{
	struct err why;

	if (pixels_code(d, p, frame, &d->code, e) < 0)
		return -1;
	if (decode(p, bytes_of(&d->code), d->code.len, out, &why) < 0)
		return err_set(e, "frame %u: %s", frame, why.text);
	return 0;
}

int
pixels_decode(const struct pixels *p, const uint8_t *code, size_t len, void *out,
    struct err *e)
{
	return guarded(e, [&] {
		return decode(p, code, len, static_cast<uint8_t *>(out), e);
	});
}

int
pixels_check(const struct pixels *p, const uint8_t *code, size_t len,
    struct err *e)
{
	struct codestream c;

	if (pixels_has_markers(p))
		return check_frame(p, code, len, &c, e);
	return guarded(e, [&] {	/* the others are as soon decoded */
		std::vector<uint8_t> unused(p->frame_bytes);

		return decode(p, code, len, unused.data(), e);
	});
}

bool
pixels_has_markers(const struct pixels *p)
{
	return p->coding == CODING_JPEG || p->coding == CODING_JPEG_LS ||
	    p->coding == CODING_J2K;
}

/* -- video ---------------------------------------------------------------- */

static int
video_describe(struct dcm *d, struct pixels *p, struct err *e)
{
	struct video_header h = { p->columns, p->rows, p->frames };

	if (p->samples != 3)
		return err_set(e, "Samples per Pixel of a video is not 3");
	video_close(d->video);
	d->video = NULL;
	d->video_close = video_close;
	if (video_open(d->scan, p->syntax, &h, &d->video, e) < 0)
		return -1;
	p->photometric = PHOTO_RGB;
	p->bits_stored = video_bits(d->video);
	p->bits_allocated = p->bits_stored > 8 ? 16 : 8;
	p->high_bit = p->bits_stored - 1;
	p->planar = p->is_signed = false;
	return 0;
}

struct video *
pixels_video(struct dcm *d)
{
	return d->video;
}

/* -- both ----------------------------------------------------------------- */

int
pixels_describe(struct dcm *d, struct pixels *out, struct err *e)
{
	return guarded(e, [&] {
		const struct syntax *s = syntax_of(d);
		struct pixels p = {};
		const struct scan_element *el;
		int got;

		switch (dcm_pixels(d)) {
		case DCM_PIXELS_NONE:
			return err_set(e, "has no pixel data");
		case DCM_PIXELS_FLOAT:
			return err_set(e, "has floating-point pixel data, which is "
			    "not supported");
		case DCM_PIXELS_INT:
			break;
		}
		if (s == NULL)
			return err_set(e, "transfer syntax %s has no decoder",
			    dcm_syntax_name(d));
		p.syntax = s->uid;
		p.coding = s->coding;
		p.encapsulated = s->coding != CODING_NATIVE;
		if ((el = scan_find(d->scan, tag_pixel_data, NULL)) == NULL)
			return err_set(e, "has no pixel data");
		if (d->scan->encapsulated != p.encapsulated)
			return err_set(e, "pixel data is not encapsulated as its "
			    "transfer syntax demands");
		if (read_module(d, &p, e) < 0 || measure(&p, e) < 0)
			return -1;
		if (p.coding == CODING_VIDEO)
			got = video_describe(d, &p, e);
		else if (p.encapsulated)
			got = coded_describe(d, &p, e);
		else
			got = native_describe(el->length, s->big_endian, &p, e);
		/* Of several frames, only the first has been looked at. */
		if (s->lossy && !(p.frames == 1 && p.stream.lossless))
			p.lossy = true;
		/* Colour known, sizes are those of what is delivered. */
		if (got < 0 || measure(&p, e) < 0)
			return -1;
		*out = p;
		return 0;
	});
}

int
pixels_frame(struct dcm *d, const struct pixels *p, uint32_t frame, void *out,
    struct err *e)
{
	return guarded(e, [&] {
		if (frame < 1 || frame > p->frames)
			return err_set(e, "has no frame %u", frame);
		uint8_t *to = static_cast<uint8_t *>(out);
		if (p->coding == CODING_VIDEO)
			return d->video == NULL ?
			    err_set(e, "the video was not described") :
			    video_frame(d->video, frame, to, e);
		return p->encapsulated ? coded_frame(d, p, frame, to, e) :
		    native_frame(d, p, frame, to, e);
	});
}
