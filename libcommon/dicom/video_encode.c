/* video: coded again after painting; see video.h. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include <libavcodec/bsf.h>
#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>

#include "dicom/video_internal.h"

#define BUFFER 65536
#define QUALITY "16"		/* CRF: hardly to be told from the input by eye */
/* Of luma over black, of 255: what ringing at the edge of a box adds at CRF 16
 * is well below, text is far above. */
#define BLACK_MAX 40

/* ITU-T H.262 Table 8-13, 8-14, Main Profile: bits a second, VBV bits. */
static const struct {
	const char *syntax;
	int rate, buffer;
} mpeg2_levels[] = {
	{ "1.2.840.10008.1.2.4.100", 15000000, 1835008 },	/* Main Level */
	{ "1.2.840.10008.1.2.4.101", 80000000, 9781248 },	/* High Level */
};

struct encoder {
	struct video *v;
	int fd;
	int64_t at, size;
	bool io_failed;
	AVFormatContext *mux;
	AVIOContext *io;
	AVCodecContext *codec;
	AVBSFContext *filter;
	AVStream *stream;
	AVPacket *packet;
};

const char *
video_method(const struct video *v)
{
	switch (v->codec) {
	case AV_CODEC_ID_H264:
		return "ISO_14496_10";
	case AV_CODEC_ID_HEVC:
		return "ISO_23008_2";
	default:
		return "ISO_13818_1";
	}
}

/* -- painting -------------------------------------------------------------- */

static void
fill_plane(AVFrame *f, const AVPixFmtDescriptor *d, int k, uint32_t x,
    uint32_t y, uint32_t w, uint32_t h, unsigned value)
{
	const AVComponentDescriptor *c = &d->comp[k];
	uint8_t *row;
	uint32_t i;

	for (; h > 0; h--, y++) {
		row = f->data[c->plane] + (ptrdiff_t)y * f->linesize[c->plane] +
		    c->offset + (size_t)x * (size_t)c->step;
		for (i = 0; i < w; i++, row += c->step)
			if (c->depth > 8) {
				row[0] = (uint8_t)value;
				row[1] = (uint8_t)(value >> 8);
			} else
				*row = (uint8_t)value;
	}
}

static unsigned
black_of(const AVFrame *f, const AVPixFmtDescriptor *d)
{
	if (d->flags & AV_PIX_FMT_FLAG_RGB || f->color_range == AVCOL_RANGE_JPEG)
		return 0;
	return 16u << (d->comp[0].depth - 8);
}

void
video_black(struct AVFrame *f, uint32_t x, uint32_t y, uint32_t w, uint32_t h)
{
	const AVPixFmtDescriptor *d = av_pix_fmt_desc_get(f->format);
	unsigned sx, sy, value;
	uint32_t x0, y0;
	int k;

	for (k = 0; k < d->nb_components; k++) {
		sx = k == 1 || k == 2 ? d->log2_chroma_w : 0;
		sy = k == 1 || k == 2 ? d->log2_chroma_h : 0;
		value = k == 0 || d->flags & AV_PIX_FMT_FLAG_RGB ? black_of(f, d) :
		    1u << (d->comp[k].depth - 1);
		x0 = x >> sx;
		y0 = y >> sy;
		fill_plane(f, d, k, x0, y0, ((x + w - 1) >> sx) - x0 + 1,
		    ((y + h - 1) >> sy) - y0 + 1, value);
	}
}

bool
video_is_black(const struct video *v, uint32_t x, uint32_t y, uint32_t w,
    uint32_t h)
{
	const AVFrame *f = v->picture;
	const AVPixFmtDescriptor *d = av_pix_fmt_desc_get(f->format);
	const AVComponentDescriptor *c = &d->comp[0];
	unsigned most = black_of(f, d) + (BLACK_MAX << (c->depth - 8)), value;
	const uint8_t *at;
	uint32_t i;

	for (; h > 0; h--, y++) {
		at = f->data[c->plane] + (ptrdiff_t)y * f->linesize[c->plane] +
		    c->offset + (size_t)x * (size_t)c->step;
		for (i = 0; i < w; i++, at += c->step) {
			value = c->depth > 8 ? at[0] | (unsigned)at[1] << 8 : at[0];
			if (value > most)
				return false;
		}
	}
	return true;
}

/* -- the file -------------------------------------------------------------- */

static int
on_write(void *arg, uint8_t *bytes, int size)
{
	struct encoder *n = arg;
	ssize_t put;
	int done;

	for (done = 0; done < size; done += (int)put)
		if ((put = pwrite(n->fd, bytes + done, (size_t)(size - done),
		    n->at + done)) <= 0) {
			n->io_failed = true;
			return AVERROR(EIO);
		}
	n->at += size;
	if (n->at > n->size)
		n->size = n->at;
	return size;
}

static int64_t
on_seek(void *arg, int64_t offset, int whence)
{
	struct encoder *n = arg;

	switch (whence & ~AVSEEK_FORCE) {
	case AVSEEK_SIZE:
		return n->size;
	case SEEK_CUR:
		offset += n->at;
		break;
	case SEEK_END:
		offset += n->size;
		break;
	}
	if (offset < 0)
		return AVERROR(EINVAL);
	return n->at = offset;
}

static int
open_muxer(struct encoder *n, struct err *e)
{
	uint8_t *buffer;

	if (avformat_alloc_output_context2(&n->mux, NULL,
	    demux_muxer(n->v->demux), NULL) < 0)
		return err_set(e, "FFmpeg was built without its container");
	if ((buffer = av_malloc(BUFFER)) == NULL)
		return err_set(e, "out of memory");
	n->io = avio_alloc_context(buffer, BUFFER, 1, n, NULL, on_write, on_seek);
	if (n->io == NULL) {
		av_free(buffer);
		return err_set(e, "out of memory");
	}
	n->mux->pb = n->io;
	n->mux->flags |= AVFMT_FLAG_CUSTOM_IO | AVFMT_FLAG_BITEXACT;
	if (demux_is_m2ts(n->v->demux) &&
	    av_opt_set(n->mux->priv_data, "mpegts_m2ts_mode", "1", 0) < 0)
		return err_set(e, "its container cannot be written");
	return 0;
}

/* -- the codec ------------------------------------------------------------- */

static AVRational
frame_rate(const struct video *v)
{
	AVRational usual = { 25, 1 };
	AVRational r = demux_stream(v->demux)->avg_frame_rate;

	if (r.num <= 0 || r.den <= 0)
		r = v->decoder->framerate;
	return r.num > 0 && r.den > 0 ? r : usual;
}

/* All that the decoder knows of the pictures; v->picture is the last. */
static void
copy_settings(const struct video *v, AVCodecContext *c)
{
	const AVFrame *f = v->picture;
	const AVCodecContext *from = v->decoder;

	c->width = f->width;
	c->height = f->height;
	c->sample_aspect_ratio = f->sample_aspect_ratio;
	c->pix_fmt = f->format;
	c->color_range = f->color_range;
	c->colorspace = f->colorspace;
	c->color_primaries = f->color_primaries;
	c->color_trc = f->color_trc;
	c->chroma_sample_location = f->chroma_location;
	c->framerate = frame_rate(v);
	c->time_base = av_inv_q(c->framerate);
	c->gop_size = v->keys > 0 ? v->keys : (int)v->header.frames;
	c->max_b_frames = from->has_b_frames > 0 ? 2 : 0;
	c->field_order = AV_FIELD_PROGRESSIVE;
	if (v->fields) {
		c->flags |= AV_CODEC_FLAG_INTERLACED_DCT | AV_CODEC_FLAG_INTERLACED_ME;
		c->field_order = f->top_field_first ? AV_FIELD_TT : AV_FIELD_BB;
	}
}

static void
set_mpeg2(const struct video *v, AVCodecContext *c)
{
	size_t i = 0, n = strlen(mpeg2_levels[0].syntax);

	if (strncmp(v->syntax, mpeg2_levels[0].syntax, n) != 0)
		i = 1;
	c->bit_rate = c->rc_max_rate = mpeg2_levels[i].rate;
	c->rc_buffer_size = mpeg2_levels[i].buffer;
	c->qmin = 1;
}

static int
open_codec(struct encoder *n, struct err *e)
{
	static const char x265[] = "crf=" QUALITY ":pools=none:frame-threads=1:"
	    "info=0:hash=1:log-level=none";	/* hashes prove the pictures */
	const struct video *v = n->v;
	const char *name = v->codec == AV_CODEC_ID_H264 ? "libx264" :
	    v->codec == AV_CODEC_ID_HEVC ? "libx265" : "mpeg2video";
	const AVCodec *codec = avcodec_find_encoder_by_name(name);
	AVDictionary *o = NULL;
	AVCodecContext *c;
	int got = 0;

	if (codec == NULL)
		return err_set(e, "FFmpeg was built without its encoder");
	if (v->fields && v->codec == AV_CODEC_ID_HEVC)
		return err_set(e, "interlaced HEVC cannot be coded again");
	if ((n->codec = c = avcodec_alloc_context3(codec)) == NULL)
		return err_set(e, "out of memory");
	copy_settings(v, c);
	c->thread_count = 1;
	c->flags |= AV_CODEC_FLAG_BITEXACT;
	if (n->mux->oformat->flags & AVFMT_GLOBALHEADER)
		c->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
	if (v->codec == AV_CODEC_ID_MPEG2VIDEO)
		set_mpeg2(v, c);
	else if (v->codec == AV_CODEC_ID_HEVC)
		got = av_dict_set(&o, "x265-params", x265, 0);
	else {
		c->profile = v->decoder->profile;
		c->level = v->decoder->level;
		got = av_dict_set(&o, "crf", QUALITY, 0);
	}
	if (got >= 0)
		got = avcodec_open2(c, codec, &o);
	av_dict_free(&o);
	return got < 0 ? err_set(e, "no encoder takes a video of its kind") : 0;
}

/* x264 leaves its settings in the stream, as SEI; so does nobody else here. */
static int
open_filter(struct encoder *n, struct err *e)
{
	if (av_bsf_list_parse_str(n->v->codec == AV_CODEC_ID_H264 ?
	    "filter_units=remove_types=6" : "null", &n->filter) < 0 ||
	    avcodec_parameters_from_context(n->filter->par_in, n->codec) < 0)
		return err_set(e, "out of memory");
	n->filter->time_base_in = n->codec->time_base;
	if (av_bsf_init(n->filter) < 0)
		return err_set(e, "its stream cannot be filtered");
	return 0;
}

static int
open_encoder(struct encoder *n, struct err *e)
{
	if (open_muxer(n, e) < 0 || open_codec(n, e) < 0 || open_filter(n, e) < 0)
		return -1;
	if ((n->packet = av_packet_alloc()) == NULL ||
	    (n->stream = avformat_new_stream(n->mux, NULL)) == NULL ||
	    avcodec_parameters_copy(n->stream->codecpar, n->filter->par_out) < 0)
		return err_set(e, "out of memory");
	n->stream->time_base = n->codec->time_base;
	n->stream->avg_frame_rate = n->codec->framerate;
	n->stream->sample_aspect_ratio = n->codec->sample_aspect_ratio;
	if (avformat_write_header(n->mux, NULL) < 0)
		return err_set(e, "its container cannot be written");
	return 0;
}

static void
close_encoder(struct encoder *n)
{
	av_packet_free(&n->packet);
	av_bsf_free(&n->filter);
	avcodec_free_context(&n->codec);
	avformat_free_context(n->mux);
	if (n->io != NULL)
		av_freep(&n->io->buffer);
	avio_context_free(&n->io);
}

/* -- frames ---------------------------------------------------------------- */

static int
write_packets(struct encoder *n, struct err *e)
{
	int got;

	while ((got = av_bsf_receive_packet(n->filter, n->packet)) == 0) {
		n->packet->stream_index = n->stream->index;
		av_packet_rescale_ts(n->packet, n->codec->time_base,
		    n->stream->time_base);
		if (av_interleaved_write_frame(n->mux, n->packet) < 0)
			return err_set(e, n->io_failed ?
			    "the temporary file cannot be written" :
			    "the video cannot be coded again");
	}
	return got == AVERROR(EAGAIN) || got == AVERROR_EOF ? 0 :
	    err_set(e, "the video cannot be coded again");
}

/* Codes PICTURE, or what is left at the end when it is NULL. */
static int
code(struct encoder *n, AVFrame *picture, struct err *e)
{
	int got;

	if (avcodec_send_frame(n->codec, picture) < 0)
		return err_set(e, "the video cannot be coded again");
	while ((got = avcodec_receive_packet(n->codec, n->packet)) == 0) {
		if (n->packet->duration == 0)
			n->packet->duration = 1;
		if (av_bsf_send_packet(n->filter, n->packet) < 0)
			return err_set(e, "the video cannot be coded again");
		if (write_packets(n, e) < 0)
			return -1;
	}
	if (got == AVERROR(EAGAIN))
		return 0;
	if (got != AVERROR_EOF || av_bsf_send_packet(n->filter, NULL) < 0)
		return err_set(e, "the video cannot be coded again");
	return write_packets(n, e);
}

/* The decoded picture as the encoder gets it: nothing but pixels. */
static AVFrame *
bare_picture(const struct video *v, uint32_t frame, struct err *e)
{
	AVFrame *f = av_frame_clone(v->picture);

	if (f == NULL || av_frame_make_writable(f) < 0) {
		av_frame_free(&f);
		err_set(e, "out of memory");
		return NULL;
	}
	while (f->nb_side_data > 0)	/* captions among them */
		av_frame_remove_side_data(f, f->side_data[0]->type);
	av_dict_free(&f->metadata);
	f->pict_type = AV_PICTURE_TYPE_NONE;
	f->key_frame = 0;
	f->pts = frame - 1;
	return f;
}

static int
code_frames(struct encoder *n, video_paint_fn *paint, void *arg, struct err *e)
{
	uint32_t frame, frames = n->v->header.frames;
	AVFrame *f;
	int got = 0;

	for (frame = 1; got == 0 && frame <= frames; frame++) {
		if (video_decode(n->v, frame, e) < 0 ||
		    (f = bare_picture(n->v, frame, e)) == NULL)
			return -1;
		got = paint(arg, frame, f, e);
		if (got == 0)
			got = code(n, f, e);
		av_frame_free(&f);
	}
	if (got < 0 || code(n, NULL, e) < 0)
		return -1;
	if (av_write_trailer(n->mux) < 0)
		return err_set(e, "the temporary file cannot be written");
	return 0;
}

int
video_encode(struct video *v, int fd, video_paint_fn *paint, void *arg,
    uint64_t *bytes, struct err *e)
{
	struct encoder n = { .v = v, .fd = fd };
	int got = -1;

	/* All of it once before: then its key frames and fields are known. */
	if (video_decode(v, v->header.frames, e) == 0 &&
	    open_encoder(&n, e) == 0)
		got = code_frames(&n, paint, arg, e);
	close_encoder(&n);
	if (got == 0)
		*bytes = (uint64_t)n.size;
	return got;
}
