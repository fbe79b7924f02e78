/* pixels: stored values of one frame at a time; see pixels.h. */
#include "dicom/pixels.h"

#include <cstring>
#include <memory>

#include <zlib.h>

#include <dcmtk/dcmdata/dccodec.h>
#include <dcmtk/dcmdata/dcpixel.h>
#include <dcmtk/dcmdata/dcpixseq.h>
#include <dcmtk/dcmdata/dcpxitem.h>

#include "base/size.h"
#include "dicom/codestream.h"
#include "dicom/dcm_internal.hh"
#include "dicom/j2k.h"
#include "dicom/native.h"
#include "dicom/rle.h"

/* DCMTK's partial reads and buffers count in 32 bits. */
static const size_t max_code_bytes = 0xfffffffe;

enum coding {
	CODING_NATIVE,
	CODING_PLAIN, CODING_DEFLATE,	/* a fragment is a native frame */
	CODING_RLE, CODING_JPEG, CODING_JPEG_LS, CODING_J2K
};

/* PS3.5 Annex A, PS3.6 Annex A. What is not here has no decoder. */
static const struct syntax {
	const char *uid;
	enum coding coding;
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
	p->lossy = p->lossy || (s != NULL && strcmp(s, "01") == 0);
	return get_photometric(d, p, e);
}

static bool
is_422(const struct pixels *p)
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
	    !size_mul(n, is_422(p) ? 2 : p->samples, &n) ||
	    !size_mul(n, p->bytes, &n) || n > max_code_bytes)
		return err_set(e, "a frame of %ux%u is too large", p->columns, p->rows);
	p->frame_bytes = n;
	return 0;
}

static int
check_422(const struct pixels *p, struct err *e)
{
	if (is_422(p) && (p->columns % 2 != 0 || p->bits_allocated != 8 || p->planar))
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
native_describe(DcmElement *el, bool big_endian, struct pixels *p, struct err *e)
{
	size_t bits;

	/*
	 * Some decompressors leave the tag as it was. Data that are long enough
	 * for 4:4:4 are that: 4:2:2 would leave a third of them over.
	 */
	if (is_422(p) && el->getLengthField() / 3 / p->frames >=
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
	    bits / 8 + (bits % 8 != 0) > el->getLengthField())
		return err_set(e, "pixel data is shorter than %u frames of %ux%u",
		    p->frames, p->columns, p->rows);
	p->excess = el->getLengthField() - (bits / 8 + (bits % 8 != 0));
	return 0;
}

static int
read_bytes(struct dcm *d, DcmElement *el, size_t at, void *out, size_t n,
    struct err *e)
{
	if (el->getPartialValue(out, static_cast<Uint32>(at),
	    static_cast<Uint32>(n), &d->cache, EBO_LittleEndian).bad())
		return err_set(e, "pixel data cannot be read at byte %zu", at);
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
	d->code.resize((bit % 8 + n + 7) / 8);
	if (native_read(d->scan, el, at, d->code.data(), d->code.size(), e) < 0)
		return -1;
	deliver(p, d->code.data(), bit % 8, out);
	return 0;
}

/* -- encapsulated pixel data: which fragments make a frame ---------------- */

static int
read_fragment(struct dcm *d, DcmPixelItem *item, uint8_t *out, size_t n,
    struct err *e)
{
	return n == 0 ? 0 : read_bytes(d, item, 0, out, n, e);
}

/* An offset table's entries: 4 bytes (PS3.5 A.4) or 8 (extended). */
static uint64_t
offset_at(const std::vector<uint8_t> &table, size_t i, size_t width)
{
	uint64_t v = 0;

	for (size_t k = width; k-- > 0;)
		v = v << 8 | table[i * width + k];
	return v;
}

/*
 * Frames begin where TABLE says, counted from the first fragment's item tag;
 * each entry must be the start of a fragment, and they must ascend.
 */
static int
index_by_table(struct dcm *d, uint32_t frames, const std::vector<uint8_t> &table,
    size_t width, struct err *e)
{
	uint64_t at = 0;
	size_t i, frame = 0;

	if (table.size() / width != frames)
		return err_set(e, "the offset table has %zu entries for %u frames",
		    table.size() / width, frames);
	for (i = 0; i < d->fragments.size(); i++) {
		if (frame < frames && offset_at(table, frame, width) == at) {
			d->first.push_back(i);
			frame++;
		}
		at += 8 + static_cast<uint64_t>(d->fragments[i]->getLengthField());
	}
	if (frame != frames || d->first[0] != 0)
		return err_set(e, "the offset table points between fragments");
	return 0;
}

/* Does fragment I begin a codestream? 1 yes, 0 no, -1 failure. */
static int
begins(struct dcm *d, size_t i, enum coding coding, struct err *e)
{
	static const uint8_t jpeg[] = { 0xff, 0xd8, 0xff };
	static const uint8_t j2k[] = { 0xff, 0x4f, 0xff, 0x51 };
	const uint8_t *magic = coding == CODING_J2K ? j2k : jpeg;
	size_t n = coding == CODING_J2K ? sizeof j2k : sizeof jpeg;
	uint8_t b[4];

	if (d->fragments[i]->getLengthField() < n)
		return 0;
	if (read_fragment(d, d->fragments[i], b, n, e) < 0)
		return -1;
	return memcmp(b, magic, n) == 0;
}

/* Without a table: a frame begins where a codestream does. */
static int
index_by_content(struct dcm *d, uint32_t frames, enum coding coding,
    struct err *e)
{
	size_t i;
	int got;

	for (i = 0; i < d->fragments.size(); i++)
		if ((got = begins(d, i, coding, e)) < 0)
			return -1;
		else if (got == 1)
			d->first.push_back(i);
	if (d->first.size() != frames || d->first[0] != 0)
		return err_set(e, "holds %zu fragments that begin a frame, for %u frames",
		    d->first.size(), frames);
	return 0;
}

/*
 * A codestream that begins inside a frame is a picture that the header does not
 * count and no decoder would show.
 */
static int
check_hidden(struct dcm *d, enum coding coding, struct err *e)
{
	size_t i, frame = 0;
	int got;

	for (i = 0; i < d->fragments.size(); i++)
		if (frame < d->first.size() && d->first[frame] == i)
			frame++;
		else if ((got = begins(d, i, coding, e)) != 0)
			return got < 0 ? -1 : err_set(e, "fragment %zu begins a frame "
			    "that the header does not count", i + 1);
	return 0;
}

static bool
is_native_frame(enum coding coding)
{
	return coding == CODING_PLAIN || coding == CODING_DEFLATE;
}

/* Fills d->fragments and d->first (one more than frames: the end). */
static int
index_frames(struct dcm *d, DcmElement *el, uint32_t frames, enum coding coding,
    struct err *e)
{
	DcmPixelData *pixels = dynamic_cast<DcmPixelData *>(el);
	const DcmRepresentationParameter *param = NULL;
	E_TransferSyntax xfer = EXS_Unknown;
	DcmPixelSequence *seq = NULL;
	DcmPixelItem *item = NULL;
	DcmElement *extended = NULL;
	std::vector<uint8_t> table;

	d->fragments.clear();
	d->first.clear();
	if (pixels != NULL)
		pixels->getOriginalRepresentationKey(xfer, param);
	if (pixels == NULL || pixels->getEncapsulatedRepresentation(xfer, param,
	    seq).bad() || seq == NULL || seq->card() < 1)
		return err_set(e, "pixel data is not encapsulated as its transfer "
		    "syntax demands");
	for (unsigned long i = 1; i < seq->card(); i++) {
		if (seq->getItem(item, i).bad() || item == NULL)
			return err_set(e, "a fragment of pixel data is missing");
		d->fragments.push_back(item);
	}
	if (d->fragments.size() < frames)
		return err_set(e, "holds %zu fragments for %u frames",
		    d->fragments.size(), frames);
	if (d->fragments.size() == frames)
		for (size_t i = 0; i < frames; i++)
			d->first.push_back(i);
	else if (coding == CODING_RLE || coding == CODING_DEFLATE)	/* PS3.5 A.4.2 */
		return err_set(e, "holds %zu fragments for %u frames",
		    d->fragments.size(), frames);
	else if (frames == 1)
		d->first.push_back(0);
	else {
		if (seq->getItem(item, 0).bad() || item == NULL)
			return err_set(e, "the offset table is missing");
		table.resize(item->getLengthField());
		if (!table.empty()) {
			if (read_fragment(d, item, table.data(), table.size(), e) < 0 ||
			    index_by_table(d, frames, table, 4, e) < 0)
				return -1;
		} else if (d->file.getDataset()->findAndGetElement(DcmTagKey(0x7fe0,
		    0x0001), extended).good() && extended->getLengthField() > 0) {
			table.resize(extended->getLengthField());
			if (read_bytes(d, extended, 0, table.data(), table.size(), e) < 0 ||
			    index_by_table(d, frames, table, 8, e) < 0)
				return -1;
		} else if (coding == CODING_PLAIN)
			return err_set(e, "holds %zu fragments for %u frames and no "
			    "offset table", d->fragments.size(), frames);
		else if (index_by_content(d, frames, coding, e) < 0)
			return -1;
	}
	if (coding != CODING_PLAIN && d->fragments.size() != frames &&
	    check_hidden(d, coding, e) < 0)
		return -1;
	d->first.push_back(d->fragments.size());
	return 0;
}

/* Joins the fragments of FRAME in TO, which has an odd byte's padding still. */
static int
join(struct dcm *d, uint32_t frame, std::vector<uint8_t> &to, struct err *e)
{
	size_t i, n, at = 0, total = 0;

	for (i = d->first[frame - 1]; i < d->first[frame]; i++)
		if (!size_add(total, d->fragments[i]->getLengthField(), &total) ||
		    total > max_code_bytes)
			return err_set(e, "the code of frame %u is too long", frame);
	to.resize(total);
	for (i = d->first[frame - 1]; i < d->first[frame]; i++, at += n) {
		n = d->fragments[i]->getLengthField();
		if (read_fragment(d, d->fragments[i], to.data() + at, n, e) < 0)
			return -1;
	}
	return 0;
}

/* -- encapsulated pixel data: decoding ------------------------------------ */

static int
describe_code(enum coding coding, const std::vector<uint8_t> &code,
    struct codestream *c, struct err *e)
{
	return coding == CODING_J2K ?
	    j2k_describe(code.data(), code.size(), c, e) :
	    codestream_jpeg(code.data(), code.size(), c, e);
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
code_colour(enum coding coding, const struct codestream *c,
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
coded_describe(struct dcm *d, DcmElement *el, enum coding coding,
    struct pixels *p, struct err *e)
{
	if (p->bits_allocated == 1 && (coding == CODING_JPEG ||
	    coding == CODING_JPEG_LS))
		return err_set(e, "1-bit images in this transfer syntax are not "
		    "supported");
	if (index_frames(d, el, p->frames, coding, e) < 0)
		return -1;
	if (is_native_frame(coding))
		return check_422(p, e);
	if (coding != CODING_RLE) {
		if (join(d, 1, d->code, e) < 0 ||
		    describe_code(coding, d->code, &d->stream, e) < 0 ||
		    check_code(p, &d->stream, e) < 0)
			return -1;
		/* Samples are right-aligned unless whole words were coded. */
		if (d->stream.precision <= p->bits_stored)
			p->high_bit = p->bits_stored - 1;
		/* The header of some says unsigned; what is decoded has a sign. */
		if (d->stream.is_signed)
			p->is_signed = true;
	}
	if (p->samples == 3)
		p->photometric = code_colour(coding, &d->stream, p->photometric);
	return 0;
}

/*
 * Decodes d->code by DCMTK. It gets a data set of our making that holds this
 * one frame: nothing that we have not checked is left for it to believe.
 */
static int
decode_dcmtk(struct dcm *d, const struct pixels *p, uint32_t bits,
    uint32_t stored, void *out, size_t n, struct err *e)
{
	DcmPixelSequence seq(DcmTag(DCM_PixelData, EVR_OB));
	DcmDataset set;
	Uint8 *room = NULL;
	Uint32 fragment = 1;
	OFString model;
	const char *photo = p->samples == 1 ? "MONOCHROME2" : "RGB";

	if (d->code.size() > 0xfffffff0)
		return err_set(e, "the code of a frame is too long");
	/* The empty offset table, then all of the code as one fragment. */
	auto table = std::make_unique<DcmPixelItem>(DcmTag(DCM_Item, EVR_OB));
	auto item = std::make_unique<DcmPixelItem>(DcmTag(DCM_Item, EVR_OB));
	if (item->createUint8Array(static_cast<Uint32>(d->code.size()), room).bad() ||
	    room == NULL || seq.insert(table.get()).bad())
		return err_set(e, "out of memory");
	table.release();
	if (seq.insert(item.get()).bad())
		return err_set(e, "out of memory");
	item.release();
	memcpy(room, d->code.data(), d->code.size());
	if (set.putAndInsertUint16(DCM_Rows, static_cast<Uint16>(p->rows)).bad() ||
	    set.putAndInsertUint16(DCM_Columns, static_cast<Uint16>(p->columns)).bad() ||
	    set.putAndInsertUint16(DCM_SamplesPerPixel, static_cast<Uint16>(p->samples)).bad() ||
	    set.putAndInsertUint16(DCM_BitsAllocated, static_cast<Uint16>(bits)).bad() ||
	    set.putAndInsertUint16(DCM_BitsStored, static_cast<Uint16>(stored)).bad() ||
	    set.putAndInsertUint16(DCM_HighBit, static_cast<Uint16>(stored - 1)).bad() ||
	    set.putAndInsertUint16(DCM_PixelRepresentation, 0).bad() ||
	    set.putAndInsertUint16(DCM_PlanarConfiguration, 0).bad() ||
	    set.putAndInsertString(DCM_PhotometricInterpretation, photo).bad() ||
	    set.putAndInsertString(DCM_NumberOfFrames, "1").bad())
		return err_set(e, "out of memory");
	OFCondition c = DcmCodecList::decodeFrame(DcmXfer(d->syntax.c_str()), NULL,
	    &seq, &set, 0, fragment, out, static_cast<Uint32>(n), model);
	if (c.bad())	/* its text names the codec's trouble, no values */
		return err_set(e, "%s", c.text());
	return 0;
}

static int
decode_jpeg(struct dcm *d, const struct pixels *p, enum coding coding, void *out,
    struct err *e)
{
	struct codestream c;
	size_t n = static_cast<size_t>(p->rows) * p->columns * p->samples;

	if (describe_code(coding, d->code, &c, e) < 0 || check_code(p, &c, e) < 0)
		return -1;
	if (c.precision != d->stream.precision || (p->samples == 3 &&
	    code_colour(coding, &c, p->photometric) != p->photometric))
		return err_set(e, "the codestream differs from that of the first frame");
	size_t word = c.precision > 8 ? 2 : 1;
	if (word == p->bytes)
		return decode_dcmtk(d, p, static_cast<uint32_t>(8 * word), c.precision,
		    out, p->frame_bytes, e);
	std::vector<uint8_t> narrow(n * word);
	if (decode_dcmtk(d, p, static_cast<uint32_t>(8 * word), c.precision,
	    narrow.data(), narrow.size(), e) < 0)
		return -1;
	memset(out, 0, p->frame_bytes);
	for (size_t i = 0; i < n; i++)
		memcpy(static_cast<uint8_t *>(out) + i * p->bytes, &narrow[i * word], word);
	return 0;
}

/* Frames of 1 bit are coded as their packed bytes: PS3.5 8.2.2, 8.2.16. */
static int
decode_rle(struct dcm *d, const struct pixels *p, uint8_t *out, struct err *e)
{
	size_t n = static_cast<size_t>(p->rows) * p->columns;

	if (p->bits_allocated != 1)
		return rle_decode(d->code.data(), d->code.size(), n, p->samples,
		    p->bytes, out, e);
	std::vector<uint8_t> bits((n + 7) / 8);
	if (rle_decode(d->code.data(), d->code.size(), bits.size(), 1, 1,
	    bits.data(), e) < 0)
		return -1;
	deliver(p, bits.data(), 0, out);
	return 0;
}

/* PS3.5 8.2.16: each frame by itself, a raw RFC 1951 stream. */
static int
decode_deflate(struct dcm *d, const struct pixels *p, uint8_t *out,
    struct err *e)
{
	std::vector<uint8_t> bytes((native_bits(p) + 7) / 8);
	z_stream z = {};
	int got;

	z.next_in = d->code.data();
	z.avail_in = static_cast<uInt>(d->code.size());
	z.next_out = bytes.data();
	z.avail_out = static_cast<uInt>(bytes.size());
	if (inflateInit2(&z, -MAX_WBITS) != Z_OK)
		return err_set(e, "out of memory");
	got = inflate(&z, Z_FINISH);
	inflateEnd(&z);
	/* Beyond the frame there may be its padding to an even length. */
	if (z.avail_out != 0 || (got != Z_STREAM_END && got != Z_BUF_ERROR))
		return err_set(e, "its deflated stream is cut or damaged");
	deliver(p, bytes.data(), 0, out);
	return 0;
}

static int
decode(struct dcm *d, const struct pixels *p, enum coding coding, uint8_t *out,
    struct err *e)
{
	switch (coding) {
	case CODING_PLAIN:
		if (d->code.size() < (native_bits(p) + 7) / 8)
			return err_set(e, "it is shorter than a frame");
		deliver(p, d->code.data(), 0, out);
		return 0;
	case CODING_DEFLATE:
		return decode_deflate(d, p, out, e);
	case CODING_RLE:
		return decode_rle(d, p, out, e);
	case CODING_JPEG:
	case CODING_JPEG_LS:
		return decode_jpeg(d, p, coding, out, e);
	default:
		return j2k_decode(d->code.data(), d->code.size(), &d->stream, p->bytes,
		    p->is_signed, out, e);
	}
}

static int
coded_frame(struct dcm *d, const struct pixels *p, enum coding coding,
    uint32_t frame, uint8_t *out, struct err *e)
{
	struct err why;

	if (d->first.size() != static_cast<size_t>(p->frames) + 1)
		return err_set(e, "the frames were not described");
	if (join(d, frame, d->code, &why) < 0 || decode(d, p, coding, out, &why) < 0)
		return err_set(e, "frame %u: %s", frame, why.text);
	return 0;
}

/* -- both ----------------------------------------------------------------- */

int
pixels_describe(struct dcm *d, struct pixels *out, struct err *e)
{
	return guarded(e, [&] {
		const struct syntax *s = syntax_of(d);
		struct pixels p = {};
		DcmElement *el = NULL;
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
		p.encapsulated = s->coding != CODING_NATIVE;
		p.lossy = s->lossy;
		if (d->file.getDataset()->findAndGetElement(DCM_PixelData, el).bad() ||
		    el == NULL)
			return err_set(e, "has no pixel data");
		if (read_module(d, &p, e) < 0 || measure(&p, e) < 0)
			return -1;
		if (p.encapsulated)
			got = coded_describe(d, el, s->coding, &p, e);
		else
			got = native_describe(el, s->big_endian, &p, e);
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
		const struct syntax *s = syntax_of(d);

		if (s == NULL || frame < 1 || frame > p->frames)
			return err_set(e, "has no frame %u", frame);
		uint8_t *to = static_cast<uint8_t *>(out);
		return p->encapsulated ? coded_frame(d, p, s->coding, frame, to, e) :
		    native_frame(d, p, frame, to, e);
	});
}
