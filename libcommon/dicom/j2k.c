/* j2k: JPEG 2000 frames through OpenJPEG; see j2k.h. */
#include "dicom/j2k.h"

#include <openjpeg.h>
#include <string.h>

/* The bytes of a frame as OpenJPEG's stream; nothing is copied. */
struct source {
	const uint8_t *bytes;
	size_t len, at;
};

struct decoder {
	struct source source;
	opj_stream_t *stream;
	opj_codec_t *codec;
	opj_image_t *image;
};

static OPJ_SIZE_T
source_read(void *to, OPJ_SIZE_T n, void *arg)
{
	struct source *s = arg;

	if (s->at >= s->len)
		return (OPJ_SIZE_T)-1;	/* the end, by its convention */
	if (n > s->len - s->at)
		n = s->len - s->at;
	memcpy(to, s->bytes + s->at, n);
	s->at += n;
	return n;
}

static OPJ_OFF_T
source_skip(OPJ_OFF_T n, void *arg)
{
	struct source *s = arg;

	if (n < 0)
		return -1;
	if ((uint64_t)n > s->len - s->at)
		n = (OPJ_OFF_T)(s->len - s->at);
	s->at += (size_t)n;
	return n;
}

static OPJ_BOOL
source_seek(OPJ_OFF_T to, void *arg)
{
	struct source *s = arg;

	if (to < 0 || (uint64_t)to > s->len)
		return OPJ_FALSE;
	s->at = (size_t)to;
	return OPJ_TRUE;
}

static void
quiet(const char *text, void *arg)
{
	(void)text;
	(void)arg;
}

static void
decoder_close(struct decoder *d)
{
	opj_image_destroy(d->image);
	opj_destroy_codec(d->codec);
	opj_stream_destroy(d->stream);
}

/* Reads the main header. D is closed by the caller, also after a failure. */
static int
decoder_open(struct decoder *d, const uint8_t *code, size_t len, struct err *e)
{
	static const uint8_t jp2[] = { 0, 0, 0, 12, 'j', 'P', ' ', ' ' };
	static const uint8_t raw[] = { 0xff, 0x4f, 0xff, 0x51 };
	opj_dparameters_t p;
	bool wrapped;

	memset(d, 0, sizeof *d);
	wrapped = len >= sizeof jp2 && memcmp(code, jp2, sizeof jp2) == 0;
	if (!wrapped && (len < sizeof raw || memcmp(code, raw, sizeof raw) != 0))
		return err_set(e, "the frame does not begin as a JPEG 2000 codestream");
	d->source.bytes = code;
	d->source.len = len;
	if ((d->stream = opj_stream_default_create(OPJ_TRUE)) == NULL ||
	    (d->codec = opj_create_decompress(wrapped ? OPJ_CODEC_JP2 :
	    OPJ_CODEC_J2K)) == NULL)
		return err_set(e, "out of memory");
	opj_stream_set_read_function(d->stream, source_read);
	opj_stream_set_skip_function(d->stream, source_skip);
	opj_stream_set_seek_function(d->stream, source_seek);
	opj_stream_set_user_data(d->stream, &d->source, NULL);
	opj_stream_set_user_data_length(d->stream, len);
	opj_set_error_handler(d->codec, quiet, NULL);
	opj_set_warning_handler(d->codec, quiet, NULL);
	opj_set_info_handler(d->codec, quiet, NULL);
	opj_set_default_decoder_parameters(&p);
	/* The components as coded: a wrapper's palette is not the image's. */
	p.flags |= OPJ_DPARAMETERS_IGNORE_PCLR_CMAP_CDEF_FLAG;
	if (!opj_setup_decoder(d->codec, &p) ||
	    !opj_decoder_set_strict_mode(d->codec, OPJ_TRUE) ||
	    !opj_read_header(d->stream, d->codec, &d->image))
		return err_set(e, "the JPEG 2000 codestream's header is malformed");
	return 0;
}

/* Fills C from the image header; all components must be alike. */
static int
describe(struct decoder *d, struct codestream *c, struct err *e)
{
	opj_codestream_info_v2_t *info;
	const opj_image_t *m = d->image;
	OPJ_UINT32 i;

	memset(c, 0, sizeof *c);
	c->adobe = -1;
	if (m->numcomps != 1 && m->numcomps != 3)
		return err_set(e, "the codestream has %u components",
		    (unsigned)m->numcomps);
	for (i = 0; i < m->numcomps; i++)
		if (m->comps[i].dx != 1 || m->comps[i].dy != 1)
			return err_set(e, "the codestream's components are subsampled");
		else if (m->comps[i].prec != m->comps[0].prec ||
		    m->comps[i].sgnd != m->comps[0].sgnd)
			return err_set(e, "the codestream's components differ in kind");
	if (m->x1 <= m->x0 || m->y1 <= m->y0)
		return err_set(e, "the codestream states no size");
	c->width = m->x1 - m->x0;
	c->height = m->y1 - m->y0;
	c->components = m->numcomps;
	c->precision = m->comps[0].prec;
	c->is_signed = m->comps[0].sgnd != 0;
	c->sycc = m->color_space == OPJ_CLRSPC_SYCC;
	if (c->precision < 1 || c->precision > 31)
		return err_set(e, "the codestream has samples of %u bits",
		    (unsigned)c->precision);
	if ((info = opj_get_cstr_info(d->codec)) != NULL) {
		c->transformed = info->m_default_tile_info.mct != 0;
		opj_destroy_cstr_info(&info);
	}
	return 0;
}

int
j2k_describe(const uint8_t *code, size_t len, struct codestream *c,
    struct err *e)
{
	struct decoder d;
	int got;

	if ((got = decoder_open(&d, code, len, e)) == 0)
		got = describe(&d, c, e);
	decoder_close(&d);
	return got;
}

static void
put_word(uint8_t *out, size_t word, uint32_t v)
{
	out[0] = (uint8_t)v;
	if (word >= 2)
		out[1] = (uint8_t)(v >> 8);
	if (word == 4) {
		out[2] = (uint8_t)(v >> 16);
		out[3] = (uint8_t)(v >> 24);
	}
}

int
j2k_decode(const uint8_t *code, size_t len, const struct codestream *c,
    size_t word, bool extend, void *out, struct err *e)
{
	struct codestream now;
	struct decoder d;
	uint32_t sign, k, v;
	size_t i, n;
	uint8_t *to;
	int got;

	if ((got = decoder_open(&d, code, len, e)) < 0 ||
	    (got = describe(&d, &now, e)) < 0)
		goto out;
	if (now.width != c->width || now.height != c->height ||
	    now.components != c->components || now.precision != c->precision ||
	    now.is_signed != c->is_signed || now.transformed != c->transformed ||
	    c->precision > 8 * word) {
		got = err_set(e, "the codestream differs from that of the first frame");
		goto out;
	}
	if (!opj_decode(d.codec, d.stream, d.image) ||
	    !opj_end_decompress(d.codec, d.stream)) {
		got = err_set(e, "the JPEG 2000 codestream is cut or damaged");
		goto out;
	}
	n = (size_t)c->width * c->height;
	for (k = 0; k < c->components; k++)
		if (d.image->comps[k].data == NULL ||
		    d.image->comps[k].w != c->width ||
		    d.image->comps[k].h != c->height) {
			got = err_set(e, "the codestream decodes to another size");
			goto out;
		}
	sign = extend && !c->is_signed ? (uint32_t)1 << (c->precision - 1) : 0;
	for (k = 0; k < c->components; k++) {
		const OPJ_INT32 *from = d.image->comps[k].data;

		to = (uint8_t *)out + k * word;
		for (i = 0; i < n; i++, to += c->components * word) {
			v = (uint32_t)from[i];
			put_word(to, word, (v ^ sign) - sign);
		}
	}
out:
	decoder_close(&d);
	return got;
}
