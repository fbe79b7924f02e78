/* video_internal.h - what the video modules of this room share */
#ifndef UNPHI_DICOM_VIDEO_INTERNAL_H
#define UNPHI_DICOM_VIDEO_INTERNAL_H

#include "dicom/demux.h"
#include "dicom/video.h"

struct SwsContext;

struct video {
	const struct scan *s;
	struct video_header header;
	const char *syntax;	/* static */
	enum AVCodecID codec;
	struct demux *demux;
	AVCodecContext *decoder;
	struct demux_alarm alarm;
	AVPacket *packet;
	AVFrame *picture;	/* frame AT, as it was decoded */
	AVFrame *rgb;		/* room to convert it */
	struct SwsContext *sws;
	uint32_t at;		/* frames decoded; 0 before the first */
	uint64_t packets;	/* of pictures, read */
	bool fields;		/* a frame may come in two packets */
	bool drained, ended;
	enum AVPixelFormat format;	/* of all frames, as are */
	enum AVColorSpace matrix;	/* these two */
	enum AVColorRange range;
	unsigned bits;
	int keys;		/* greatest distance between key frames */
	uint32_t last_key;
};

/* Decodes frame FRAME into v->picture, without converting it. 0, or -1 with E. */
int video_decode(struct video *v, uint32_t frame, struct err *e);

#endif
