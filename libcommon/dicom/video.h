/*
 * video.h - the frames of MPEG-2, H.264 and HEVC objects, one after the other
 *
 * Pixel Data of the transfer syntaxes 1.2.840.10008.1.2.4.100 to .108 and their
 * fragmentable forms is one video stream (PS3.5 8.2.5 to 8.2.11), not a code for
 * each frame: a frame is decoded from those before it. Fragments are read where
 * they lie, whatever their sizes.
 *
 * Frames are delivered as RGB, for that is what a viewer shows: 4:2:0 is
 * brought to full size by bicubic interpolation, and the stream's own matrix
 * and range decide; a stream that names no matrix has that of ITU-R BT.601, as
 * YBR_PARTIAL_420 (PS3.3 C.7.6.3.1.2). The fields of an interlaced frame stay
 * woven, pixels that are not square stay so, and what the coded picture holds
 * outside of its cropping rectangle is not shown.
 *
 * Nothing that was damaged is shown as if it were whole: a frame in which
 * anything was concealed, missing or could not be decoded is refused, as is a
 * picture that the decoder would have left out in silence. HEVC notices damage
 * inside of a slice only where the stream has picture hashes (SEI).
 */
#ifndef UNPHI_DICOM_VIDEO_H
#define UNPHI_DICOM_VIDEO_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "dicom/scan.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A picture may be coded up to this much larger than it is shown, each way:
 * blocks are of up to 64 pixels. What lies there is in nobody's sight. */
#define VIDEO_MARGIN_MAX 64u

struct video;

/* What the header says, and the stream is held to. */
struct video_header {
	uint32_t columns, rows, frames;
};

/*
 * Opens the video of S in the transfer syntax SYNTAX, both borrowed, and decodes
 * its first frame. Refused: a container that DICOM does not allow, another codec,
 * more than one track of pictures, another size. Returns 0 with *OUT to be
 * closed, or -1 with E filled.
 */
int video_open(const struct scan *s, const char *syntax,
    const struct video_header *h, struct video **out, struct err *e);
void video_close(struct video *v);

/* Is SYNTAX one of them? */
bool video_has_syntax(const char *syntax);

/* Bits of a sample as delivered: 8 in a byte, or 9 to 16 in two. */
unsigned video_bits(const struct video *v);

/*
 * Tracks beside the pictures, which nobody has examined: sound, and text or
 * data. Known for certain when the last frame was decoded.
 */
bool video_has_sound(const struct video *v);
bool video_has_data(const struct video *v);

/*
 * Decodes frame FRAME, from 1, into OUT (which may be NULL): rows of pixels of
 * 3 samples R, G, B, little-endian words. The frames before it are decoded on
 * the way, from the first one again if FRAME lies behind. The last frame that
 * the header counts is delivered only if the stream ends with it, so whoever has
 * it knows that there is no other. Returns 0, or -1 with E filled.
 */
int video_frame(struct video *v, uint32_t frame, void *out, struct err *e);

/* -- coded again, in the same codec and kind of container ------------------- */

/* The term of (0028,2114) for its codec: PS3.3 C.7.6.1.1.5.1. */
const char *video_method(const struct video *v);

struct AVFrame;

/* Paints FRAME before it is coded, by video_black. Returns 0, or -1 with E. */
typedef int video_paint_fn(void *arg, uint32_t frame, struct AVFrame *picture,
    struct err *e);

/*
 * Makes W by H pixels at (X, Y), which are within the picture, black; and what
 * chroma they share with their neighbours colourless.
 */
void video_black(struct AVFrame *picture, uint32_t x, uint32_t y, uint32_t w,
    uint32_t h);

/*
 * Decodes all frames, paints them and codes them again into FD, an empty file,
 * *BYTES of them. Profile, level, frame rate, distance of key frames, shape of
 * pixels, order of fields and colour stay; sound, text, data and what the stream
 * says beside its pictures go. The quality is near that of the input (CRF 16; of
 * MPEG-2, all that the level allows), and the same input gives the same bytes.
 * Returns 0, or -1 with E filled.
 */
int video_encode(struct video *v, int fd, video_paint_fn *paint, void *arg,
    uint64_t *bytes, struct err *e);

/*
 * Is the luma of W by H pixels at (X, Y) of the frame that was decoded last that
 * of black, as near as a lossy coder leaves it?
 */
bool video_is_black(const struct video *v, uint32_t x, uint32_t y, uint32_t w,
    uint32_t h);

#ifdef __cplusplus
}
#endif
#endif
