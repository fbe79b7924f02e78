/* demux: the container of an encapsulated video stream; see demux.h. */
#include "dicom/demux.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libavutil/error.h>
#include <libavutil/log.h>
#include <libavutil/mem.h>

#define BUFFER 65536		/* bytes that are read ahead */
#define HEAD 1024		/* bytes that tell the container */

struct demux {
	const struct scan *s;
	uint64_t *start;	/* of each fragment in the stream; and the end */
	uint64_t at;		/* in the stream */
	size_t fragment;	/* that holds it */
	bool io_failed;
	enum AVCodecID codec;
	const char *muxer;
	bool m2ts;
	AVFormatContext *ctx;
	AVIOContext *io;
	int track;		/* of pictures; -1 until it is known */
	bool sound, data;
};

/* -- the libraries --------------------------------------------------------- */

/* Messages may quote the stream. Errors of a decoder of ours are remembered. */
static void
on_message(void *object, int level, const char *fmt, va_list args)
{
	struct demux_alarm *alarm;

	/* What a decoder makes up is told as mere information. */
	bool concealed = strncmp(fmt, "concealing ", 11) == 0;

	(void)args;
	if (object == NULL || (level > AV_LOG_ERROR && !concealed) ||
	    *(const AVClass **)object != avcodec_get_class())
		return;
	if ((alarm = ((AVCodecContext *)object)->opaque) != NULL)
		atomic_store(&alarm->rang, true);
}

static void
start(void)
{
	av_log_set_callback(on_message);
	av_max_alloc(DEMUX_ALLOC_MAX);
}

void
demux_library_start(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, start);
}

/* -- the fragments as one stream ------------------------------------------- */

static uint64_t
stream_size(const struct demux *m)
{
	return m->start[m->s->nfragments];
}

static int
index_fragments(struct demux *m, struct err *e)
{
	size_t i, n = m->s->nfragments;

	if ((m->start = calloc(n + 1, sizeof *m->start)) == NULL)
		return err_set(e, "out of memory");
	for (i = 0; i < n; i++)	/* the sum cannot exceed the file's size */
		m->start[i + 1] = m->start[i] + m->s->fragments[i].length;
	return 0;
}

/* Sets m->fragment to the one that holds m->at, which is below the end. */
static void
find_fragment(struct demux *m)
{
	size_t low = 0, high = m->s->nfragments, middle;

	if (m->at >= m->start[m->fragment] && m->at < m->start[m->fragment + 1])
		return;
	while (high - low > 1) {
		middle = low + (high - low) / 2;
		if (m->start[middle] <= m->at)
			low = middle;
		else
			high = middle;
	}
	m->fragment = low;
}

static int
on_read(void *arg, uint8_t *out, int size)
{
	struct demux *m = arg;
	uint64_t in, n;

	if (m->at >= stream_size(m))
		return AVERROR_EOF;
	find_fragment(m);
	in = m->at - m->start[m->fragment];
	n = m->s->fragments[m->fragment].length - in;
	if (n > (uint64_t)size)
		n = (uint64_t)size;
	if (scan_read(m->s, m->s->fragments[m->fragment].value + in, out,
	    (size_t)n, NULL) < 0) {
		m->io_failed = true;
		return AVERROR(EIO);
	}
	m->at += n;
	return (int)n;
}

static int64_t
on_seek(void *arg, int64_t offset, int whence)
{
	struct demux *m = arg;
	int64_t size = (int64_t)stream_size(m), base;

	switch (whence & ~AVSEEK_FORCE) {
	case AVSEEK_SIZE:
		return size;
	case SEEK_SET:
		base = 0;
		break;
	case SEEK_CUR:
		base = (int64_t)m->at;
		break;
	case SEEK_END:
		base = size;
		break;
	default:
		return AVERROR(EINVAL);
	}
	if (offset < -base || offset > size - base)
		return AVERROR(EINVAL);
	m->at = (uint64_t)(base + offset);
	return base + offset;
}

/* -- the container --------------------------------------------------------- */

static size_t
read_head(struct demux *m, uint8_t *head)
{
	size_t n = 0;
	int got;

	while (n < HEAD && (got = on_read(m, head + n, (int)(HEAD - n))) > 0)
		n += (size_t)got;
	m->at = 0;
	return n;
}

/* Packets of SIZE bytes whose byte AT is the sync byte: ITU-T H.222.0 2.4.3.2. */
static bool
has_sync(const uint8_t *head, size_t n, size_t at, size_t size)
{
	size_t seen = 0;

	for (; at < n; at += size, seen++)
		if (head[at] != 0x47)
			return false;
	return seen > 0;
}

static bool
is_mp4(const uint8_t *head, size_t n)
{
	static const char *const boxes[] = { "ftyp", "moov", "mdat", "free",
	    "skip", "wide", "styp" };
	size_t i;

	for (i = 0; n >= 8 && i < sizeof boxes / sizeof boxes[0]; i++)
		if (memcmp(head + 4, boxes[i], 4) == 0)
			return true;
	return false;
}

static const struct {
	enum AVCodecID codec;
	const char *bare, *muxer;	/* (de)muxers of a stream without container */
	const char *name;
} codecs[] = {
	{ AV_CODEC_ID_MPEG2VIDEO, "mpegvideo", "mpeg2video", "MPEG-2" },
	{ AV_CODEC_ID_H264, "h264", "h264", "H.264" },
	{ AV_CODEC_ID_HEVC, "hevc", "hevc", "HEVC" },
};

static size_t
codec_index(enum AVCodecID codec)
{
	size_t i = 0;

	while (codecs[i].codec != codec)
		i++;
	return i;
}

/* The demuxer for what begins with HEAD; NULL when it is none that DICOM has. */
static const char *
container(struct demux *m, const uint8_t *head, size_t n)
{
	size_t i = codec_index(m->codec);

	if (is_mp4(head, n)) {
		m->muxer = "mp4";
		return "mov";
	}
	if (has_sync(head, n, 0, 188)) {
		m->muxer = "mpegts";
		return "mpegts";
	}
	if (has_sync(head, n, 4, 192)) {	/* as on Blu-ray discs */
		m->muxer = "mpegts";
		m->m2ts = true;
		return "mpegts";
	}
	if (n >= 4 && memcmp(head, "\0\0\1\xba", 4) == 0) {
		m->muxer = "vob";
		return "mpeg";
	}
	if (n >= 4 && (memcmp(head, "\0\0\1", 3) == 0 ||
	    memcmp(head, "\0\0\0\1", 4) == 0)) {
		m->muxer = codecs[i].muxer;
		return codecs[i].bare;
	}
	return NULL;
}

/* A container that names another file does not get it. */
static int
open_nothing(AVFormatContext *ctx, AVIOContext **io, const char *url, int flags,
    AVDictionary **options)
{
	(void)ctx;
	(void)io;
	(void)url;
	(void)flags;
	(void)options;
	return AVERROR(EPERM);
}

static int
open_container(struct demux *m, struct err *e)
{
	AVDictionary *options = NULL;
	uint8_t head[HEAD], *buffer;
	const char *name;
	int got;

	if ((name = container(m, head, read_head(m, head))) == NULL)
		return err_set(e, m->io_failed ? "pixel data cannot be read" :
		    "its video is in no container that DICOM allows: "
		    "PS3.5 8.2.5 to 8.2.8");
	if ((buffer = av_malloc(BUFFER)) == NULL)
		return err_set(e, "out of memory");
	m->io = avio_alloc_context(buffer, BUFFER, 0, m, on_read, NULL, on_seek);
	if (m->io == NULL) {
		av_free(buffer);
		return err_set(e, "out of memory");
	}
	if ((m->ctx = avformat_alloc_context()) == NULL)
		return err_set(e, "out of memory");
	m->ctx->pb = m->io;
	m->ctx->io_open = open_nothing;
	m->ctx->flags |= AVFMT_FLAG_CUSTOM_IO | AVFMT_FLAG_NOBUFFER;
	/* Every picture that is there, also those that an edit list hides. */
	if (av_dict_set(&options, "protocol_whitelist", "", 0) < 0 ||
	    av_dict_set(&options, "format_whitelist",
	    "mpegvideo,mpeg,mpegts,mov,h264,hevc", 0) < 0 ||
	    av_dict_set(&options, "enable_drefs", "0", 0) < 0 ||
	    av_dict_set(&options, "ignore_editlist", "1", 0) < 0 ||
	    av_dict_set(&options, "ignore_chapters", "1", 0) < 0) {
		av_dict_free(&options);
		return err_set(e, "out of memory");
	}
	/* On failure it frees the context and sets it to NULL. */
	got = avformat_open_input(&m->ctx, "", av_find_input_format(name), &options);
	av_dict_free(&options);
	if (got < 0)
		return err_set(e, "the container of its video is damaged");
	return 0;
}

int
demux_open(const struct scan *s, enum AVCodecID codec, struct demux **out,
    struct err *e)
{
	struct demux *m;

	demux_library_start();
	if ((m = calloc(1, sizeof *m)) == NULL)
		return err_set(e, "out of memory");
	m->s = s;
	m->codec = codec;
	m->track = -1;
	if (s->nfragments == 0 ? err_set(e, "has no fragment") < 0 :
	    index_fragments(m, e) < 0 || open_container(m, e) < 0) {
		demux_close(m);
		return -1;
	}
	*out = m;
	return 0;
}

void
demux_close(struct demux *m)
{
	if (m == NULL)
		return;
	avformat_close_input(&m->ctx);
	if (m->io != NULL)
		av_freep(&m->io->buffer);
	avio_context_free(&m->io);
	free(m->start);
	free(m);
}

/* Every track that is known by now: one of pictures, of the right codec. */
static int
check_tracks(struct demux *m, struct err *e)
{
	const AVCodecParameters *p;
	unsigned i;

	for (i = 0; i < m->ctx->nb_streams; i++) {
		p = m->ctx->streams[i]->codecpar;
		if (p->codec_type == AVMEDIA_TYPE_AUDIO)
			m->sound = true;
		else if (p->codec_type != AVMEDIA_TYPE_VIDEO)
			m->data = true;
		else if (m->track < 0)
			m->track = (int)i;
		else if (m->track != (int)i)
			return err_set(e, "its video has more than one track of "
			    "pictures");
	}
	return 0;
}

static int
check_codec(const struct demux *m, struct err *e)
{
	enum AVCodecID id = m->ctx->streams[m->track]->codecpar->codec_id;

	/* MPEG-1 is what MPEG-2 looks like until its first extension. */
	if (id != m->codec && !(m->codec == AV_CODEC_ID_MPEG2VIDEO &&
	    id == AV_CODEC_ID_MPEG1VIDEO))
		return err_set(e, "its video is not coded as %s, as its transfer "
		    "syntax says", codecs[codec_index(m->codec)].name);
	return 0;
}

int
demux_read(struct demux *m, AVPacket *packet, struct err *e)
{
	int got;

	for (;;) {
		got = av_read_frame(m->ctx, packet);
		if (m->io_failed)
			return err_set(e, "pixel data cannot be read");
		if (check_tracks(m, e) < 0)
			return -1;
		if (got == AVERROR_EOF)
			return m->track >= 0 ? 0 :
			    err_set(e, "its video has no track of pictures");
		if (got < 0)
			return err_set(e, "the container of its video is damaged");
		if (packet->stream_index == m->track)
			break;
		av_packet_unref(packet);
	}
	if (check_codec(m, e) < 0)
		return -1;
	if (packet->flags & AV_PKT_FLAG_CORRUPT)
		return err_set(e, "the container of its video is cut or damaged");
	if (packet->flags & AV_PKT_FLAG_DISCARD)
		return err_set(e, "its video holds pictures that are not to be shown");
	return 1;
}

const AVStream *
demux_stream(const struct demux *m)
{
	return m->track < 0 ? NULL : m->ctx->streams[m->track];
}

bool
demux_has_sound(const struct demux *m)
{
	return m->sound;
}

bool
demux_has_data(const struct demux *m)
{
	return m->data;
}

const char *
demux_muxer(const struct demux *m)
{
	return m->muxer;
}

bool
demux_is_m2ts(const struct demux *m)
{
	return m->m2ts;
}
