/* jpeg: JPEG frames of any process decoded; see jpeg.h. */
#include "dicom/jpeg.h"

#include <cstring>
#include <vector>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmjpeg/djcparam.h>
#include <dcmtk/dcmjpeg/djdijg12.h>
#include <dcmtk/dcmjpeg/djdijg16.h>
#include <dcmtk/dcmjpeg/djdijg8.h>

#include "base/size.h"
#include "dicom/dcm_internal.hh"

/* DCMTK counts bytes in 32 bits. */
static const size_t max_bytes = 0xfffffff0;

/* libjpeg tells of damage that it patched by messages of level -1. */
template <class Decoder> class strict : public Decoder {
public:
	using Decoder::Decoder;
	void emitMessage(int level) const override { warnings += level < 0; }
	mutable size_t warnings = 0;
};

/*
 * How often libjpeg warns of headers, which says nothing of the samples: scans
 * of a sequential process whose spectral selection is not 0 to 63 (written by
 * some, ignored by all), versions of JFIF other than 1.
 */
static size_t
header_warnings(const uint8_t *code, size_t len, const struct codestream *c)
{
	bool sequential = c->process == JPEG_SOF0 || c->process == JPEG_SOF1;
	struct codestream_segment s;
	size_t at = 0, n = 0, k;

	while (codestream_next(code, len, &at, &s, NULL) == 1) {
		const uint8_t *p = code + s.body;

		if (s.marker == JPEG_APP0 && s.len >= 14 &&
		    memcmp(p, "JFIF", 5) == 0)
			n += p[5] != 1;
		if (!sequential || s.marker != JPEG_SOS || s.len == 0)
			continue;
		k = 1 + 2 * static_cast<size_t>(p[0]);
		n += s.len >= k + 3 && (p[k] != 0 || p[k + 1] != 63 || p[k + 2] != 0);
	}
	return n;
}

template <class Decoder> static int
decode_by(const uint8_t *code, size_t len, const struct codestream *c, void *out,
    size_t out_len, struct err *e)
{
	static const DJCodecParameter as_coded(ECC_lossyYCbCr, EDC_never,
	    EUC_default, EPC_default);
	strict<Decoder> d(as_coded, OFFalse);
	OFCondition got = d.init();

	if (got.good())	/* the code is only read, though not const */
		got = d.decode(const_cast<Uint8 *>(code), static_cast<Uint32>(len),
		    static_cast<Uint8 *>(out), static_cast<Uint32>(out_len), OFFalse);
	if (got == EJ_Suspension)
		return err_set(e, "the codestream is cut");
	if (got.bad())	/* the text is libjpeg's own, with numbers at most */
		return err_set(e, "%s", got.text());
	if (d.warnings != header_warnings(code, len, c))
		return err_set(e, "the codestream is damaged");
	return 0;
}

/* N samples of the host's words of FROM bytes to little-endian ones of TO. */
static void
spread(const uint8_t *in, size_t from, uint8_t *out, size_t to, size_t n)
{
	uint16_t v;

	if (to > from)
		memset(out, 0, n * to);
	for (; n > 0; n--, in += from, out += to) {
		if (from == 1) {
			*out = *in;
			continue;
		}
		memcpy(&v, in, sizeof v);
		out[0] = static_cast<uint8_t>(v);
		out[1] = static_cast<uint8_t>(v >> 8);
	}
}

int
jpeg_decode(const uint8_t *code, size_t len, const struct codestream *c,
    size_t word, void *out, struct err *e)
{
	return guarded(e, [&] {
		size_t n, bytes, own = c->precision > 8 ? 2 : 1;
		uint8_t *to = static_cast<uint8_t *>(out);
		std::vector<uint8_t> room;

		if (own > word || !size_mul(c->width, c->height, &n) ||
		    !size_mul(n, c->components, &n) || !size_mul(n, own, &bytes) ||
		    bytes > max_bytes || len > max_bytes)
			return err_set(e, "the codestream is too large");
		if (own != word) {
			room.resize(bytes);
			to = room.data();
		}
		int got = c->precision <= 8 ?
		    decode_by<DJDecompressIJG8Bit>(code, len, c, to, bytes, e) :
		    c->precision <= 12 ?
		    decode_by<DJDecompressIJG12Bit>(code, len, c, to, bytes, e) :
		    decode_by<DJDecompressIJG16Bit>(code, len, c, to, bytes, e);
		if (got == 0 && (own != word || own == 2))
			spread(to, own, static_cast<uint8_t *>(out), word, n);
		return got;
	});
}
