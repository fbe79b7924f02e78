/* jpeg_ls: JPEG-LS frames through CharLS; see jpeg_ls.h. */
#include "dicom/jpeg_ls.h"

#include <stdlib.h>
#include <string.h>

#include <charls/charls.h>

#include "base/size.h"

/* What CharLS knows of a stream, and how its scans lie. */
struct layout {
	charls_frame_info frame;	/* as CharLS reads it */
	charls_jpegls_decoder *decoder;
	charls_interleave_mode mode;
	size_t samples;		/* of the frame, all components */
	size_t own;		/* bytes of CharLS's words */
};

/* -- streams -------------------------------------------------------------- */

/*
 * CharLS takes the scans as they come; so each of them has to be of all
 * components, or of the next one, and of what it names by its number.
 */
static int
check_scans(const uint8_t *code, size_t len, const struct codestream *c,
    struct err *e)
{
	struct codestream_segment s;
	size_t at = 0;
	unsigned i, done = 0;
	int got;

	while ((got = codestream_next(code, len, &at, &s, e)) == 1) {
		const uint8_t *p = code + s.body;

		/* T.87 C.2.4.1: types 2 and 3 are mapping tables. */
		if (s.marker == JPEG_LSE && (s.len < 1 || p[0] != 1))
			return err_set(e, "JPEG-LS with mapping tables or large sizes "
			    "is not supported");
		if (s.marker != JPEG_SOS)
			continue;
		/* T.87 C.2.3: Ns, Cs and Tm of each, NEAR, ILV, the transform. */
		if (s.len < 1 || (p[0] != 1 && p[0] != c->components) ||
		    s.len != 4 + 2 * (size_t)p[0] || done + p[0] > c->components)
			return err_set(e, "the scans of the codestream are not of "
			    "one or all of its components");
		for (i = 0; i < p[0]; i++, done++)
			if (p[1 + 2 * i] != c->id[done] || p[2 + 2 * i] != 0)
				return err_set(e, "a scan of the codestream is out of "
				    "order");
	}
	if (got == 0 && done != c->components)
		return err_set(e, "the codestream lacks a component");
	return got;
}

/* Opens CODE and checks that it is what C says. Close L in any case. */
static int
open_stream(const uint8_t *code, size_t len, const struct codestream *c,
    struct layout *l, struct err *e)
{
	memset(l, 0, sizeof *l);
	l->own = c->precision > 8 ? 2 : 1;
	if (c->process != JPEG_SOF55)
		return err_set(e, "the codestream is not of JPEG-LS");
	if (c->subsampled)
		return err_set(e, "JPEG-LS with subsampled components is not supported");
	if (!size_mul(c->width, c->height, &l->samples) ||
	    !size_mul(l->samples, c->components, &l->samples))
		return err_set(e, "the codestream is too large");
	if (check_scans(code, len, c, e) < 0)
		return -1;
	if ((l->decoder = charls_jpegls_decoder_create()) == NULL)
		return err_set(e, "out of memory");
	if (charls_jpegls_decoder_set_source_buffer(l->decoder, code, c->end) ||
	    charls_jpegls_decoder_read_header(l->decoder) ||
	    charls_jpegls_decoder_get_frame_info(l->decoder, &l->frame) ||
	    charls_jpegls_decoder_get_interleave_mode(l->decoder, &l->mode))
		return err_set(e, "the codestream's header is not JPEG-LS's");
	if (l->frame.component_count != (int32_t)c->components ||
	    l->frame.bits_per_sample != (int32_t)c->precision)
		return err_set(e, "the codestream states two sorts of samples");
	return 0;
}

static void
close_stream(struct layout *l)
{
	charls_jpegls_decoder_destroy(l->decoder);
}

/* Where CharLS has sample I of an interleaved frame of three components. */
static size_t
place(const struct layout *l, size_t i, uint32_t components)
{
	if (components == 1 || l->mode != CHARLS_INTERLEAVE_MODE_NONE)
		return i;
	return i % components * (l->samples / components) + i / components;
}

/* -- decoding ------------------------------------------------------------- */

static void
deliver(const struct layout *l, const struct codestream *c, const uint8_t *in,
    uint8_t *out, size_t word)
{
	uint16_t v;
	size_t i, k;

	for (i = 0; i < l->samples; i++, out += word) {
		const uint8_t *p = in + place(l, i, c->components) * l->own;

		if (l->own == 1)
			v = *p;
		else
			memcpy(&v, p, sizeof v);
		out[0] = (uint8_t)v;
		for (k = 1; k < word; k++)
			out[k] = k == 1 ? (uint8_t)(v >> 8) : 0;
	}
}

static int
decode(struct layout *l, const struct codestream *c, size_t word, uint8_t *out,
    struct err *e)
{
	bool alike = l->own == word && (c->components == 1 ||
	    l->mode != CHARLS_INTERLEAVE_MODE_NONE);
	uint8_t *room = out;
	size_t bytes;
	int got = 0;

	if (l->own > word || !size_mul(l->samples, l->own, &bytes))
		return err_set(e, "the codestream is too large");
	if (!alike && (room = malloc(bytes)) == NULL)
		return err_set(e, "out of memory");
	if (charls_jpegls_decoder_decode_to_buffer(l->decoder, room, bytes, 0))
		got = err_set(e, "the codestream is cut or damaged");
	else if (!alike || word > 1)	/* in place it orders bytes */
		deliver(l, c, room, out, word);
	if (!alike)
		free(room);
	return got;
}

int
jpeg_ls_decode(const uint8_t *code, size_t len, const struct codestream *c,
    size_t word, void *out, struct err *e)
{
	struct layout l;
	int got = open_stream(code, len, c, &l, e);

	if (got == 0 && (l.frame.width != c->width ||
	    l.frame.height != c->height))
		got = err_set(e, "the codestream states two sizes");
	if (got == 0)
		got = decode(&l, c, word, out, e);
	close_stream(&l);
	return got;
}

/* -- encoding ------------------------------------------------------------- */

/* FRAME as CharLS wants it, without foreign bits, and its largest sample. */
static void *
arrange(const struct layout *l, const struct codestream *c,
    const uint8_t *frame, size_t word, unsigned *largest)
{
	unsigned mask = (1u << c->precision) - 1, v;
	uint8_t *to = malloc(l->samples * l->own);
	uint16_t v16;
	size_t i;

	*largest = 0;
	for (i = 0; to != NULL && i < l->samples; i++, frame += word) {
		size_t at = place(l, i, c->components) * l->own;

		v = (word == 1 ? *frame : frame[0] | (unsigned)frame[1] << 8) & mask;
		*largest = v > *largest ? v : *largest;
		v16 = (uint16_t)v;
		if (l->own == 1)
			to[at] = (uint8_t)v;
		else
			memcpy(to + at, &v16, sizeof v16);
	}
	return to;
}

/* Makes an encoder that does as L does. NULL when out of memory or refused. */
static charls_jpegls_encoder *
make_encoder(const struct layout *l, const struct codestream *c,
    unsigned largest)
{
	charls_frame_info f = { c->width, c->height, (int32_t)c->precision,
	    (int32_t)c->components };
	charls_jpegls_pc_parameters preset;
	charls_color_transformation transform;
	charls_jpegls_encoder *enc = charls_jpegls_encoder_create();
	int32_t near;

	if (enc == NULL ||
	    charls_jpegls_encoder_set_frame_info(enc, &f) ||
	    charls_jpegls_encoder_set_interleave_mode(enc, l->mode) ||
	    charls_jpegls_decoder_get_near_lossless(l->decoder, 0, &near) ||
	    charls_jpegls_decoder_get_preset_coding_parameters(l->decoder, 0,
	    &preset) || charls_jpegls_decoder_get_color_transformation(l->decoder,
	    &transform) || charls_jpegls_encoder_set_color_transformation(enc,
	    transform))
		goto fail;
	/* All zero stands for the defaults; MAXVAL alone may be given too. */
	if (near == 0 && (preset.maximum_sample_value == 0 ||
	    largest <= (unsigned)preset.maximum_sample_value) &&
	    charls_jpegls_encoder_set_preset_coding_parameters(enc, &preset))
		goto fail;
	return enc;
fail:
	charls_jpegls_encoder_destroy(enc);
	return NULL;
}

/* Codes SAMPLES into TO, growing it as needed; *N is the length. */
static int
encode(const struct layout *l, const struct codestream *c, const void *samples,
    unsigned largest, struct buf *to, struct err *e)
{
	/* T.87 A.2.1: a sample costs at most LIMIT bits, 64 for 16 bits. */
	size_t room, most = l->samples * 8 + 65536, n;
	charls_jpegls_encoder *enc;
	charls_jpegls_errc got;

	for (room = l->samples * l->own + 65536;; room *= 2) {
		if (buf_reserve(to, room, e) < 0)
			return -1;
		if ((enc = make_encoder(l, c, largest)) == NULL)
			return err_set(e, "cannot be coded as its original is");
		if ((got = charls_jpegls_encoder_set_destination_buffer(enc, to->data,
		    room)) == CHARLS_JPEGLS_ERRC_SUCCESS &&
		    (got = charls_jpegls_encoder_encode_from_buffer(enc, samples,
		    l->samples * l->own, 0)) == CHARLS_JPEGLS_ERRC_SUCCESS)
			got = charls_jpegls_encoder_get_bytes_written(enc, &n);
		charls_jpegls_encoder_destroy(enc);
		if (got == CHARLS_JPEGLS_ERRC_SUCCESS) {
			to->len = n;
			return 0;
		}
		if (got != CHARLS_JPEGLS_ERRC_DESTINATION_BUFFER_TOO_SMALL || room > most)
			return err_set(e, "cannot be coded as JPEG-LS");
	}
}

static int
copy_segment(const uint8_t *from, const struct codestream_segment *s,
    struct buf *to, struct err *e)
{
	return buf_add(to, from + s->at, s->body + s->len - s->at, e);
}

/* LIKE's APPn and COM. */
static int
copy_extras(const uint8_t *like, size_t like_len, struct buf *code, struct err *e)
{
	struct codestream_segment s;
	size_t at = 0;
	int got;

	while ((got = codestream_next(like, like_len, &at, &s, e)) == 1)
		if (((s.marker >= JPEG_APP0 && s.marker <= JPEG_APP15) ||
		    s.marker == JPEG_COM) && copy_segment(like, &s, code, e) < 0)
			return -1;
	return got;
}

/* What CharLS wrote in RAW but its APPn, with C's component identifiers. */
static int
copy_scans(const struct buf *raw, const struct codestream *c, struct buf *code,
    struct err *e)
{
	const uint8_t *p = (const uint8_t *)raw->data;
	struct codestream_segment s;
	size_t at = 0, i, n;
	unsigned done = 0;
	char *to;
	int got;

	while ((got = codestream_next(p, raw->len, &at, &s, e)) == 1) {
		if (s.marker >= JPEG_APP0 && s.marker <= JPEG_APP15)
			continue;
		if (buf_add(code, p + s.at, at - s.at, e) < 0)
			return -1;
		to = code->data + code->len - (at - s.body);
		if (s.marker == JPEG_SOF55)
			for (i = 0; i < c->components; i++)
				to[6 + 3 * i] = (char)c->id[i];
		n = s.marker == JPEG_SOS ? p[s.body] : 0;
		for (i = 0; i < n && done < c->components; i++)
			to[1 + 2 * i] = (char)c->id[done++];
	}
	return got;
}

int
jpeg_ls_encode(const uint8_t *like, size_t like_len,
    const struct codestream *c, const uint8_t *frame, size_t word,
    struct buf *code, struct err *e)
{
	static const uint8_t soi[] = { 0xff, 0xd8 }, eoi[] = { 0xff, JPEG_EOI };
	size_t before = code->len;
	struct buf raw = { 0 };
	unsigned largest;
	struct layout l;
	void *samples = NULL;
	int got = open_stream(like, like_len, c, &l, e);

	if (got == 0 && c->precision > 8 * word)
		got = err_set(e, "the codestream is too large");
	if (got == 0 && (samples = arrange(&l, c, frame, word, &largest)) == NULL)
		got = err_set(e, "out of memory");
	if (got == 0 && ((got = encode(&l, c, samples, largest, &raw, e)) < 0 ||
	    (got = buf_add(code, soi, sizeof soi, e)) < 0 ||
	    (got = copy_extras(like, like_len, code, e)) < 0 ||
	    (got = copy_scans(&raw, c, code, e)) < 0 ||
	    (got = buf_add(code, eoi, sizeof eoi, e)) < 0))
		code->len = before;
	free(samples);
	buf_free(&raw);
	close_stream(&l);
	return got;
}
