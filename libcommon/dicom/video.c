/* video: the frames of MPEG-2, H.264 and HEVC objects; see video.h. */
#include "dicom/video_internal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>

#define SLACK 512u		/* pixels, each way, of a decoder's own rooms */

/* PS3.6 Table A-1; each may end in ".1", its fragmentable form. */
static const struct {
	const char *syntax;
	enum AVCodecID codec;
} syntaxes[] = {
	{ "1.2.840.10008.1.2.4.100", AV_CODEC_ID_MPEG2VIDEO },
	{ "1.2.840.10008.1.2.4.101", AV_CODEC_ID_MPEG2VIDEO },
	{ "1.2.840.10008.1.2.4.102", AV_CODEC_ID_H264 },
	{ "1.2.840.10008.1.2.4.103", AV_CODEC_ID_H264 },
	{ "1.2.840.10008.1.2.4.104", AV_CODEC_ID_H264 },
	{ "1.2.840.10008.1.2.4.105", AV_CODEC_ID_H264 },
	{ "1.2.840.10008.1.2.4.106", AV_CODEC_ID_H264 },
	{ "1.2.840.10008.1.2.4.107", AV_CODEC_ID_HEVC },
	{ "1.2.840.10008.1.2.4.108", AV_CODEC_ID_HEVC },
};

static enum AVCodecID
codec_of(const char *syntax)
{
	size_t i, n;

	for (i = 0; i < sizeof syntaxes / sizeof syntaxes[0]; i++) {
		n = strlen(syntaxes[i].syntax);
		if (strncmp(syntax, syntaxes[i].syntax, n) == 0 &&
		    (syntax[n] == '\0' || strcmp(syntax + n, ".1") == 0))
			return syntaxes[i].codec;
	}
	return AV_CODEC_ID_NONE;
}

bool
video_has_syntax(const char *syntax)
{
	return codec_of(syntax) != AV_CODEC_ID_NONE;
}

/* -- pictures that the decoder would pass over in silence ------------------ */

/* A unit that begins at B: is it part of a second view or layer? */
static bool
is_other_layer(enum AVCodecID codec, const uint8_t *b, size_t n)
{
	unsigned type;

	switch (codec) {
	case AV_CODEC_ID_H264:	/* Table 7-1: auxiliary, MVC, SVC, 3D slices */
		type = n > 0 ? b[0] & 31 : 0;
		return type >= 19 && type <= 21;
	case AV_CODEC_ID_HEVC:	/* 7.3.1.2: slices with nuh_layer_id above 0 */
		return n > 1 && b[0] >> 1 < 32 && ((b[0] & 1) != 0 || b[1] >> 3 != 0);
	default:		/* H.262 6.2.2.5: sequence_scalable_extension */
		return n > 1 && b[0] == 0xb5 && b[1] >> 4 == 5;
	}
}

/* Units after start codes 00 00 01. */
static bool
start_codes_hide(enum AVCodecID codec, const uint8_t *b, size_t n)
{
	const uint8_t *p = b, *end = b + n;

	for (; (p = memchr(p, 1, (size_t)(end - p))) != NULL; p++)
		if (p - b >= 2 && p[-1] == 0 && p[-2] == 0 &&
		    is_other_layer(codec, p + 1, (size_t)(end - p - 1)))
			return true;
	return false;
}

/* Units after lengths of WIDTH bytes, as in MP4. */
static bool
lengths_hide(enum AVCodecID codec, const uint8_t *b, size_t n, size_t width)
{
	size_t len, i;

	while (n > width) {
		for (len = 0, i = 0; i < width; i++)
			len = len << 8 | b[i];
		b += width;
		n -= width;
		if (len > n)	/* the decoder will say so */
			return false;
		if (is_other_layer(codec, b, len))
			return true;
		b += len;
		n -= len;
	}
	return false;
}

static bool
hides(const struct video *v)
{
	const AVCodecParameters *p = demux_stream(v->demux)->codecpar;
	const uint8_t *x = p->extradata;
	size_t n = (size_t)p->extradata_size, at;

	/* ISO/IEC 14496-15: avcC has the width in byte 4, hvcC in byte 21. */
	at = v->codec == AV_CODEC_ID_H264 ? 4 : 21;
	if (v->codec != AV_CODEC_ID_MPEG2VIDEO && n > at && x[0] == 1)
		return lengths_hide(v->codec, v->packet->data,
		    (size_t)v->packet->size, (size_t)(x[at] & 3) + 1);
	return start_codes_hide(v->codec, v->packet->data,
	    (size_t)v->packet->size);
}

/* -- decoding -------------------------------------------------------------- */

static int
open_decoder(struct video *v, struct err *e)
{
	const AVCodec *codec = avcodec_find_decoder(v->codec);
	AVCodecContext *c;

	if (codec == NULL)
		return err_set(e, "FFmpeg was built without its decoder");
	if ((v->decoder = c = avcodec_alloc_context3(codec)) == NULL ||
	    avcodec_parameters_to_context(c, demux_stream(v->demux)->codecpar) < 0)
		return err_set(e, "out of memory");
	c->codec_id = v->codec;		/* the container may have said MPEG-1 */
	c->pkt_timebase = demux_stream(v->demux)->time_base;
	c->opaque = &v->alarm;
	c->thread_count = 1;
	/* Its scratch rooms are counted too; the exact size is checked later. */
	c->max_pixels = (int64_t)(v->header.columns + SLACK) *
	    (v->header.rows + SLACK);
	/* Whatever is wrong with a frame, it is to be told, not left out. */
	c->err_recognition = AV_EF_CRCCHECK | AV_EF_BUFFER | AV_EF_EXPLODE;
	if (v->codec != AV_CODEC_ID_MPEG2VIDEO)	/* there it forbids stuffing */
		c->err_recognition |= AV_EF_BITSTREAM;
	c->flags |= AV_CODEC_FLAG_OUTPUT_CORRUPT;
	/* The order of output by the standard, not by a guess that can drop. */
	c->strict_std_compliance = FF_COMPLIANCE_STRICT;
	if (avcodec_open2(c, codec, NULL) < 0)
		return err_set(e, "its video cannot be decoded");
	return 0;
}

/* Gives the decoder the next packet. 1, 0 when there was none, -1. */
static int
feed(struct video *v, struct err *e)
{
	int got;

	if (v->drained)
		return 0;
	if ((got = demux_read(v->demux, v->packet, e)) < 0)
		return -1;
	if (v->decoder == NULL && demux_stream(v->demux) != NULL &&
	    open_decoder(v, e) < 0)
		return -1;
	if (got == 0) {
		v->drained = true;
		if (v->decoder != NULL && avcodec_send_packet(v->decoder, NULL) < 0)
			return err_set(e, "its video cannot be decoded to its end");
		return 0;
	}
	v->packets++;
	if (hides(v)) {
		av_packet_unref(v->packet);
		return err_set(e, "its video holds pictures of a second view or "
		    "layer, which no reader shows");
	}
	got = avcodec_send_packet(v->decoder, v->packet);
	av_packet_unref(v->packet);
	if (got < 0)
		return err_set(e, "its video is damaged after frame %" PRIu32, v->at);
	return 1;
}

/* Is the picture at hand whole, and of the header's size? */
static int
check_picture(struct video *v, struct err *e)
{
	const AVFrame *f = v->picture;
	const AVCodecContext *c = v->decoder;

	if (f->flags & AV_FRAME_FLAG_CORRUPT || f->decode_error_flags != 0 ||
	    f->flags & AV_FRAME_FLAG_DISCARD || atomic_load(&v->alarm.rang))
		return err_set(e, "frame %" PRIu32 " of its video is damaged", v->at + 1);
	if (f->width < 0 || f->height < 0 ||
	    (uint32_t)f->width != v->header.columns ||
	    (uint32_t)f->height != v->header.rows)
		return err_set(e, "the video is %dx%d, the header says %" PRIu32
		    "x%" PRIu32, f->width, f->height, v->header.columns,
		    v->header.rows);
	if (c->coded_width - f->width >= (int)VIDEO_MARGIN_MAX ||
	    c->coded_height - f->height >= (int)VIDEO_MARGIN_MAX)
		return err_set(e, "the video is coded as %dx%d and shows less of it",
		    c->coded_width, c->coded_height);
	if (v->at > 0 && (f->format != v->format || f->colorspace != v->matrix ||
	    f->color_range != v->range))
		return err_set(e, "the colour of its video changes its kind");
	return 0;
}

/* The next frame into v->picture: 1, 0 at the end, -1 with E filled. */
static int
next(struct video *v, struct err *e)
{
	int got;

	for (;;) {
		got = v->decoder == NULL ? AVERROR(EAGAIN) :
		    avcodec_receive_frame(v->decoder, v->picture);
		if (got == 0)
			break;
		if (got == AVERROR_EOF)
			return 0;
		if (got != AVERROR(EAGAIN))
			return err_set(e, "its video is damaged after frame %" PRIu32,
			    v->at);
		if ((got = feed(v, e)) < 0 || (got == 0 && v->decoder == NULL))
			return got;
	}
	if (check_picture(v, e) < 0)
		return -1;
	v->format = v->picture->format;
	v->matrix = v->picture->colorspace;
	v->range = v->picture->color_range;
	v->fields |= v->picture->interlaced_frame != 0;
	v->at++;
	if (v->picture->key_frame) {
		if (v->at > 1 && (int)(v->at - v->last_key) > v->keys)
			v->keys = (int)(v->at - v->last_key);
		v->last_key = v->at;
	}
	return 1;
}

/* After the last frame of the header: nothing else may come. */
static int
check_end(struct video *v, struct err *e)
{
	struct err why;
	int got;

	if (v->ended)
		return 0;
	/* The last frame must stay at hand, so the next goes elsewhere. */
	AVFrame *last = v->picture;
	if ((v->picture = av_frame_alloc()) == NULL) {
		v->picture = last;
		return err_set(e, "out of memory");
	}
	got = next(v, &why);
	av_frame_free(&v->picture);
	v->picture = last;
	if (got != 0) {
		v->at = UINT32_MAX;	/* what follows starts again */
		return got < 0 ? err_set(e, "%s", why.text) :
		    err_set(e, "its video has more frames than the %" PRIu32
		    " that its header says", v->header.frames);
	}
	if (atomic_load(&v->alarm.rang))
		return err_set(e, "its video is damaged at its end");
	/* One packet a frame, or one a field: the decoder has left none out. */
	if (v->packets != v->at && !(v->fields && v->packets > v->at &&
	    v->packets <= 2 * (uint64_t)v->at))
		return err_set(e, "its video holds %" PRIu64 " pictures, of which %"
		    PRIu32 " can be decoded", v->packets, v->at);
	v->ended = true;
	return 0;
}

static void
stop(struct video *v)
{
	avcodec_free_context(&v->decoder);
	demux_close(v->demux);
	v->demux = NULL;
	if (v->picture != NULL)
		av_frame_unref(v->picture);
	v->at = 0;
	v->packets = 0;
	v->last_key = 0;
	v->drained = v->ended = false;
	atomic_store(&v->alarm.rang, false);
}

int
video_decode(struct video *v, uint32_t frame, struct err *e)
{
	int got;

	if (frame < 1 || frame > v->header.frames)
		return err_set(e, "has no frame %" PRIu32, frame);
	if (frame < v->at || v->demux == NULL) {
		stop(v);
		if (demux_open(v->s, v->codec, &v->demux, e) < 0)
			return -1;
	}
	while (v->at < frame) {
		if ((got = next(v, e)) < 0)
			v->at = UINT32_MAX;
		if (got == 0) {
			got = err_set(e, "its video ends after frame %" PRIu32
			    ", its header says %" PRIu32, v->at, v->header.frames);
			v->at = UINT32_MAX;
		}
		if (got < 0)
			return -1;
	}
	return frame == v->header.frames ? check_end(v, e) : 0;
}

/* -- colour ---------------------------------------------------------------- */

/* As delivered: 8 bits interleaved, more in planes, which swscale has. */
static enum AVPixelFormat
format_as_delivered(unsigned bits)
{
	switch (bits) {
	case 8:
		return AV_PIX_FMT_RGB24;
	case 10:
		return AV_PIX_FMT_GBRP10LE;
	case 12:
		return AV_PIX_FMT_GBRP12LE;
	default:
		return AV_PIX_FMT_NONE;
	}
}

/* The full-range formats of old are the same planes; RANGE tells it. */
static enum AVPixelFormat
plain_format(enum AVPixelFormat f, bool *full)
{
	static const enum AVPixelFormat full_range[][2] = {
		{ AV_PIX_FMT_YUVJ420P, AV_PIX_FMT_YUV420P },
		{ AV_PIX_FMT_YUVJ422P, AV_PIX_FMT_YUV422P },
		{ AV_PIX_FMT_YUVJ444P, AV_PIX_FMT_YUV444P },
	};
	size_t i;

	for (i = 0; i < sizeof full_range / sizeof full_range[0]; i++)
		if (f == full_range[i][0]) {
			*full = true;
			return full_range[i][1];
		}
	return f;
}

/* swscale's name of the matrix; -1 when it has none. */
static int
matrix_of(enum AVColorSpace c)
{
	switch (c) {
	case AVCOL_SPC_BT709:
		return SWS_CS_ITU709;
	case AVCOL_SPC_UNSPECIFIED:
	case AVCOL_SPC_BT470BG:
	case AVCOL_SPC_SMPTE170M:
	case AVCOL_SPC_RGB:		/* no matrix is used */
		return SWS_CS_ITU601;
	case AVCOL_SPC_FCC:
		return SWS_CS_FCC;
	case AVCOL_SPC_SMPTE240M:
		return SWS_CS_SMPTE240M;
	case AVCOL_SPC_BT2020_NCL:
		return SWS_CS_BT2020;
	default:
		return -1;
	}
}

/* Where chroma lies between the luma of 4:2:0: 1/256 of a luma pixel. */
static void
chroma_place(enum AVChromaLocation l, int64_t *x, int64_t *y)
{
	*x = l == AVCHROMA_LOC_CENTER || l == AVCHROMA_LOC_TOP ||
	    l == AVCHROMA_LOC_BOTTOM ? 128 : 0;
	*y = l == AVCHROMA_LOC_TOPLEFT || l == AVCHROMA_LOC_TOP ? 0 :
	    l == AVCHROMA_LOC_BOTTOMLEFT || l == AVCHROMA_LOC_BOTTOM ? 256 : 128;
}

static int
set_options(struct SwsContext *c, const AVFrame *f, enum AVPixelFormat from,
    enum AVPixelFormat to)
{
	const AVPixFmtDescriptor *d = av_pix_fmt_desc_get(from);
	int64_t x, y;

	chroma_place(f->chroma_location, &x, &y);
	if (av_opt_set_int(c, "srcw", f->width, 0) < 0 ||
	    av_opt_set_int(c, "srch", f->height, 0) < 0 ||
	    av_opt_set_int(c, "src_format", from, 0) < 0 ||
	    av_opt_set_int(c, "dstw", f->width, 0) < 0 ||
	    av_opt_set_int(c, "dsth", f->height, 0) < 0 ||
	    av_opt_set_int(c, "dst_format", to, 0) < 0 ||
	    av_opt_set_int(c, "sws_flags", SWS_BICUBIC | SWS_ACCURATE_RND |
	    SWS_FULL_CHR_H_INT | SWS_FULL_CHR_H_INP | SWS_BITEXACT, 0) < 0)
		return -1;
	if (d->log2_chroma_w > 0 &&
	    av_opt_set_int(c, "src_h_chr_pos", x, 0) < 0)
		return -1;
	return d->log2_chroma_h > 0 ?
	    av_opt_set_int(c, "src_v_chr_pos", y, 0) : 0;
}

/* Prepares to convert frames like the first, which is at hand. */
static int
open_scaler(struct video *v, struct err *e)
{
	const AVFrame *f = v->picture;
	const AVPixFmtDescriptor *d = av_pix_fmt_desc_get(f->format);
	bool full = f->color_range == AVCOL_RANGE_JPEG;
	enum AVPixelFormat from, to;
	int matrix = matrix_of(f->colorspace);

	if (d == NULL || d->nb_components < 1 || d->flags &
	    (AV_PIX_FMT_FLAG_HWACCEL | AV_PIX_FMT_FLAG_PAL) || matrix < 0)
		return err_set(e, "the colour of its video is of no supported kind");
	v->bits = (unsigned)d->comp[0].depth;
	from = plain_format(f->format, &full);
	if ((to = format_as_delivered(v->bits)) == AV_PIX_FMT_NONE ||
	    !sws_isSupportedInput(from))
		return err_set(e, "the %u bits of its video are not supported",
		    v->bits);
	if ((v->sws = sws_alloc_context()) == NULL ||
	    set_options(v->sws, f, from, to) < 0 ||
	    sws_init_context(v->sws, NULL, NULL) < 0)
		return err_set(e, "its video cannot be converted to RGB");
	/* Grey has no coefficients, and then this fails and means nothing. */
	sws_setColorspaceDetails(v->sws, sws_getCoefficients(matrix), full,
	    sws_getCoefficients(SWS_CS_DEFAULT), 1, 0, 1 << 16, 1 << 16);
	v->rgb->format = to;
	v->rgb->width = f->width;
	v->rgb->height = f->height;
	if (av_frame_get_buffer(v->rgb, 64) < 0)
		return err_set(e, "out of memory");
	return 0;
}

/* R, G and B of row Y from planes of 16-bit words. */
static void
weave(const AVFrame *f, uint32_t y, uint32_t columns, uint8_t *out)
{
	static const size_t plane[] = { 2, 0, 1 };	/* they are G, B, R */
	uint32_t x;
	size_t k;

	for (x = 0; x < columns; x++)
		for (k = 0; k < 3; k++, out += 2)
			memcpy(out, f->data[plane[k]] +
			    (ptrdiff_t)y * f->linesize[plane[k]] + 2 * (size_t)x, 2);
}

int
video_frame(struct video *v, uint32_t frame, void *out, struct err *e)
{
	const struct video_header *h = &v->header;
	size_t row = (size_t)h->columns * 3 * (v->bits > 8 ? 2 : 1);
	uint8_t *to = out;
	uint32_t y;

	if (video_decode(v, frame, e) < 0)
		return -1;
	if (out == NULL)
		return 0;
	if (sws_scale(v->sws, (const uint8_t *const *)v->picture->data,
	    v->picture->linesize, 0, v->picture->height, v->rgb->data,
	    v->rgb->linesize) != v->picture->height)
		return err_set(e, "frame %" PRIu32 " cannot be converted to RGB",
		    frame);
	for (y = 0; y < h->rows; y++, to += row)
		if (v->bits > 8)
			weave(v->rgb, y, h->columns, to);
		else
			memcpy(to, v->rgb->data[0] +
			    (ptrdiff_t)y * v->rgb->linesize[0], row);
	return 0;
}

/* -- opening --------------------------------------------------------------- */

int
video_open(const struct scan *s, const char *syntax,
    const struct video_header *h, struct video **out, struct err *e)
{
	struct video *v;

	if ((v = calloc(1, sizeof *v)) == NULL)
		return err_set(e, "out of memory");
	v->s = s;
	v->header = *h;
	v->syntax = syntax;
	v->codec = codec_of(syntax);
	if ((v->packet = av_packet_alloc()) == NULL ||
	    (v->picture = av_frame_alloc()) == NULL ||
	    (v->rgb = av_frame_alloc()) == NULL)
		err_set(e, "out of memory");
	else if (v->codec == AV_CODEC_ID_NONE)
		err_set(e, "its transfer syntax is no video");
	else if (video_decode(v, 1, e) == 0 && open_scaler(v, e) == 0) {
		*out = v;
		return 0;
	}
	video_close(v);
	return -1;
}

void
video_close(struct video *v)
{
	if (v == NULL)
		return;
	stop(v);
	av_packet_free(&v->packet);
	av_frame_free(&v->picture);
	av_frame_free(&v->rgb);
	sws_freeContext(v->sws);
	free(v);
}

unsigned
video_bits(const struct video *v)
{
	return v->bits;
}

bool
video_has_sound(const struct video *v)
{
	return v->demux != NULL && demux_has_sound(v->demux);
}

bool
video_has_data(const struct video *v)
{
	return v->demux != NULL && demux_has_data(v->demux);
}
