/* j2k: JPEG 2000 frames through OpenJPEG; see j2k.h. */
#include "dicom/j2k.h"

#include <openjpeg.h>
#include <string.h>

#include "base/bytes.h"
#include "dicom/j2k_header.h"
#include "dicom/j2k_packets.h"

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
	bool damaged;		/* by a warning */
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

/*
 * Damage that OpenJPEG would decode around is damage. But tile-parts, which some
 * encoders do not count well, were counted in j2k_header.
 */
static void
note_damage(const char *text, void *arg)
{
	if (strstr(text, "TPsot") == NULL)
		*(bool *)arg = true;
}

/* Begins to read H's codestream. D is closed by the caller, also on failure. */
static int
decoder_open(struct decoder *d, const struct j2k_header *h, struct err *e)
{
	opj_dparameters_t p;

	memset(d, 0, sizeof *d);
	d->source.bytes = h->code;
	d->source.len = h->len;
	if ((d->stream = opj_stream_default_create(OPJ_TRUE)) == NULL ||
	    (d->codec = opj_create_decompress(OPJ_CODEC_J2K)) == NULL)
		return err_set(e, "out of memory");
	opj_stream_set_read_function(d->stream, source_read);
	opj_stream_set_skip_function(d->stream, source_skip);
	opj_stream_set_seek_function(d->stream, source_seek);
	opj_stream_set_user_data(d->stream, &d->source, NULL);
	opj_stream_set_user_data_length(d->stream, h->len);
	opj_set_error_handler(d->codec, quiet, NULL);
	opj_set_warning_handler(d->codec, note_damage, &d->damaged);
	opj_set_info_handler(d->codec, quiet, NULL);
	opj_set_default_decoder_parameters(&p);
	if (!opj_setup_decoder(d->codec, &p) ||
	    !opj_decoder_set_strict_mode(d->codec, OPJ_TRUE) ||
	    !opj_read_header(d->stream, d->codec, &d->image))
		return err_set(e, "the JPEG 2000 codestream's header is malformed");
	return 0;
}

int
j2k_describe(const uint8_t *code, size_t len, struct codestream *c,
    struct err *e)
{
	struct j2k_header h;
	int whole;

	if (j2k_header_read(code, len, &h, e) < 0 ||
	    (whole = j2k_packets_check(&h, e)) < 0)
		return -1;
	if (h.precision > 31)
		return err_set(e, "the codestream has samples of %u bits",
		    (unsigned)h.precision);
	memset(c, 0, sizeof *c);
	c->adobe = -1;
	c->width = h.x1 - h.x0;
	c->height = h.y1 - h.y0;
	c->components = h.components;
	c->precision = h.precision;
	c->is_signed = h.is_signed;
	c->transformed = h.transformed;
	c->sycc = h.sycc;
	c->lossless = h.reversible && whole == 1;
	return 0;
}

int
j2k_decode(const uint8_t *code, size_t len, const struct codestream *c,
    size_t word, bool extend, void *out, struct err *e)
{
	struct j2k_header h;
	struct decoder d;
	uint32_t sign, k, v;
	size_t i, n;
	uint8_t *to;
	int got;

	if (j2k_header_read(code, len, &h, e) < 0 || j2k_packets_check(&h, e) < 0)
		return -1;
	if (!j2k_header_is_of(&h, c) || c->precision > 8 * word)
		return err_set(e, "the codestream differs from that of the first frame");
	if ((got = decoder_open(&d, &h, e)) < 0)
		goto out;
	if (!opj_decode(d.codec, d.stream, d.image) ||
	    !opj_end_decompress(d.codec, d.stream) || d.damaged) {
		got = err_set(e, "the JPEG 2000 codestream is cut or damaged");
		goto out;
	}
	n = (size_t)c->width * c->height;
	for (k = 0; k < c->components; k++)
		if (d.image->numcomps != c->components ||
		    d.image->comps[k].data == NULL ||
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
			bytes_put_le(to, (v ^ sign) - sign, word);
		}
	}
out:
	decoder_close(&d);
	return got;
}

/* -- encoding --------------------------------------------------------------- */

/* OpenJPEG writes here, and comes back to fill in lengths. */
struct sink {
	struct buf bytes;
	size_t at;
};

static OPJ_BOOL
sink_seek(OPJ_OFF_T to, void *arg)
{
	struct sink *s = arg;

	if (to < 0 || (uint64_t)to > s->bytes.len)
		return OPJ_FALSE;
	s->at = (size_t)to;
	return OPJ_TRUE;
}

static OPJ_OFF_T
sink_skip(OPJ_OFF_T n, void *arg)
{
	struct sink *s = arg;

	return sink_seek((OPJ_OFF_T)s->at + n, arg) ? n : -1;
}

static OPJ_SIZE_T
sink_write(void *from, OPJ_SIZE_T n, void *arg)
{
	struct sink *s = arg;
	size_t over = s->bytes.len - s->at;

	over = over < n ? over : n;
	if (over > 0)
		memcpy(s->bytes.data + s->at, from, over);
	if (buf_add(&s->bytes, (uint8_t *)from + over, n - over, NULL) < 0)
		return (OPJ_SIZE_T)-1;
	s->at += n;
	return n;
}

static opj_image_t *
image_new(const struct j2k_header *h, const struct codestream *c,
    const uint8_t *frame, size_t word)
{
	opj_image_cmptparm_t part[J2K_MAX_COMPONENTS];
	opj_image_t *m;
	size_t i, n = (size_t)c->width * c->height;
	uint32_t k;

	memset(part, 0, sizeof part);
	for (k = 0; k < c->components; k++) {
		part[k].dx = part[k].dy = 1;
		part[k].w = c->width;
		part[k].h = c->height;
		part[k].prec = c->precision;
		part[k].sgnd = c->is_signed;
	}
	m = opj_image_create(c->components, part, c->components == 1 ?
	    OPJ_CLRSPC_GRAY : OPJ_CLRSPC_UNSPECIFIED);
	if (m == NULL)
		return NULL;
	m->x0 = h->x0;
	m->y0 = h->y0;
	m->x1 = h->x1;
	m->y1 = h->y1;
	for (k = 0; k < c->components; k++)
		for (i = 0; i < n; i++)
			m->comps[k].data[i] =
			    j2k_sample(frame + (i * c->components + k) * word, word, c);
	return m;
}

/* OpenJPEG's words for how H is coded. */
static void
parameters(const struct j2k_header *h, opj_cparameters_t *p)
{
	const struct j2k_coding *c = &h->coding;
	unsigned i, levels = j2k_header_levels(h);

	opj_set_default_encoder_parameters(p);
	if (h->profile <= OPJ_PROFILE_1)
		p->rsiz = h->profile;
	p->tile_size_on = OPJ_TRUE;
	p->cp_tx0 = (int)h->tile_x0;
	p->cp_ty0 = (int)h->tile_y0;
	p->cp_tdx = (int)h->tile_w;
	p->cp_tdy = (int)h->tile_h;
	p->csty = (h->sop ? 2 : 0) | (h->eph ? 4 : 0) | (c->precincts ? 1 : 0);
	p->prog_order = (OPJ_PROG_ORDER)h->progression;
	p->tcp_numlayers = 1;
	p->tcp_rates[0] = 0;	/* all of it */
	p->cp_disto_alloc = 1;
	p->tcp_mct = h->transformed;
	p->numresolution = (int)levels + 1;
	p->cblockw_init = 1 << c->block_w;
	p->cblockh_init = 1 << c->block_h;
	p->mode = c->style & J2K_STYLE_PART_1;
	p->irreversible = 0;
	if (c->precincts) {
		p->res_spec = (int)levels + 1;
		for (i = 0; i <= levels; i++) {	/* highest resolution first */
			p->prcw_init[i] = 1 << c->precinct_w[c->levels - i];
			p->prch_init[i] = 1 << c->precinct_h[c->levels - i];
		}
	}
}

/* Writes M as H is coded to S. */
static int
compress(opj_image_t *m, const struct j2k_header *h, struct sink *s,
    struct err *e)
{
	static const char *const lengths[] = { "PLT=YES", NULL };
	opj_cparameters_t p;
	opj_codec_t *codec = opj_create_compress(OPJ_CODEC_J2K);
	opj_stream_t *stream = opj_stream_default_create(OPJ_FALSE);
	int got = -1;

	if (codec == NULL || stream == NULL) {
		err_set(e, "out of memory");
		goto out;
	}
	opj_stream_set_write_function(stream, sink_write);
	opj_stream_set_skip_function(stream, sink_skip);
	opj_stream_set_seek_function(stream, sink_seek);
	opj_stream_set_user_data(stream, s, NULL);
	opj_set_error_handler(codec, quiet, NULL);
	opj_set_warning_handler(codec, quiet, NULL);
	opj_set_info_handler(codec, quiet, NULL);
	parameters(h, &p);
	if (opj_setup_encoder(codec, &p, m) &&
	    (!h->plt || opj_encoder_set_extra_options(codec, lengths)) &&
	    opj_start_compress(codec, m, stream) && opj_encode(codec, stream) &&
	    opj_end_compress(codec, stream))
		got = 0;
	else
		err_set(e, "the frame cannot be coded in JPEG 2000");
out:
	opj_stream_destroy(stream);
	opj_destroy_codec(codec);
	return got;
}

/* What makes code long: OpenJPEG has room for little more than the samples. */
static void
simplify(struct j2k_header *h)
{
	h->sop = h->eph = h->plt = false;
	h->coding.block_w = h->coding.block_h = 6;
	h->coding.style = 0;
	h->coding.precincts = false;
}

int
j2k_encode(const uint8_t *like, size_t like_len, const struct codestream *c,
    const uint8_t *frame, size_t word, struct buf *code, struct err *e)
{
	struct j2k_header h;
	struct sink s = { .at = 0 };
	opj_image_t *m;
	int got;

	if (j2k_header_read(like, like_len, &h, e) < 0)
		return -1;
	h.x1 = h.x0 + c->width;	/* which may be a part of LIKE's */
	h.y1 = h.y0 + c->height;
	if (!j2k_header_is_of(&h, c) || c->precision > 8 * word)
		return err_set(e, "the codestream differs from that of the first frame");
	if (c->precision > J2K_ENCODE_MAX_BITS)
		return err_set(e, "%u bits cannot be coded in JPEG 2000",
		    (unsigned)c->precision);
	if ((m = image_new(&h, c, frame, word)) == NULL)
		return err_set(e, "out of memory");
	if ((got = compress(m, &h, &s, e)) < 0) {
		simplify(&h);
		opj_image_destroy(m);	/* its samples were handed over */
		buf_clear(&s.bytes);
		s.at = 0;
		if ((m = image_new(&h, c, frame, word)) != NULL)
			got = compress(m, &h, &s, e);
	}
	opj_image_destroy(m);
	if (got == 0)
		got = j2k_header_finish((uint8_t *)s.bytes.data, s.bytes.len, h.tlm,
		    code, e);
	buf_free(&s.bytes);
	return got;
}
