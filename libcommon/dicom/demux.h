/*
 * demux.h - the container of an encapsulated video stream: PS3.5 8.2.5 to 8.2.8
 *
 * FFmpeg's demuxers over the fragments of Pixel Data, which are read where they
 * lie: nothing is joined. The stream may be bare (MPEG-2 video, H.264 or HEVC
 * byte stream), an MPEG-2 program or transport stream, or MP4; which of them is
 * told by its first bytes. No other demuxer, protocol or file is ever opened.
 * For the video modules of this room alone.
 */
#ifndef UNPHI_DICOM_DEMUX_H
#define UNPHI_DICOM_DEMUX_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>

#include "base/err.h"
#include "dicom/scan.h"

/* More than any table of a container or frame of a level that DICOM names
 * wants; what a hostile length makes the libraries ask for fails above it. */
#define DEMUX_ALLOC_MAX ((size_t)512 << 20)

/* AVCodecContext.opaque may point to one: an error is logged here, not shown. */
struct demux_alarm {
	atomic_bool rang;
};

/* Silences FFmpeg's libraries and bounds what they allocate, once. */
void demux_library_start(void);

struct demux;

/* CODEC is what the transfer syntax says. S is borrowed. 0, or -1 with E. */
int demux_open(const struct scan *s, enum AVCodecID codec, struct demux **out,
    struct err *e);
void demux_close(struct demux *m);

/*
 * Reads the next packet of the one picture track into PACKET, which is empty.
 * Returns 1, 0 at the end, -1 with E filled: a damaged container, a second
 * picture track or one of another codec, a packet that is not to be shown.
 */
int demux_read(struct demux *m, AVPacket *packet, struct err *e);

/* The picture track: NULL until its first packet. */
const AVStream *demux_stream(const struct demux *m);

/* Has a track without pictures (sound, text, data) been met? */
bool demux_has_sound(const struct demux *m);
bool demux_has_data(const struct demux *m);

/* The muxer that writes this kind of container. */
const char *demux_muxer(const struct demux *m);
bool demux_is_m2ts(const struct demux *m);	/* its packets are of 192 bytes */

#endif
