/*
 * pixels.h - stored values of one frame at a time, decoded
 *
 * Image Pixel Module: PS3.3 C.7.6.3. A frame is delivered as its stored
 * values: little-endian words of BYTES bytes in the order of the file, colour
 * samples interleaved (as Planar Configuration 0), not windowed, not rescaled,
 * the palette not applied. Bits outside of Bits Stored are as in the file.
 * Only one frame is in memory at a time.
 */
#ifndef UNPHI_DICOM_PIXELS_H
#define UNPHI_DICOM_PIXELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "dicom/codestream.h"
#include "dicom/dcm.h"

#ifdef __cplusplus
extern "C" {
#endif

enum pixels_photometric {
	PHOTO_MONOCHROME1,
	PHOTO_MONOCHROME2,
	PHOTO_PALETTE,
	PHOTO_RGB,
	PHOTO_YBR_FULL,		/* 4:4:4, as decoded from any of the YBR forms */
	PHOTO_YBR_FULL_422,	/* native 4:2:2: Y Y Cb Cr, two bytes a pixel */
	PHOTO_YBR_PARTIAL_422	/* native, retired */
};

enum pixels_coding {
	CODING_NATIVE,			/* not encapsulated */
	CODING_PLAIN, CODING_DEFLATE,	/* a fragment is a native frame */
	CODING_RLE,
	CODING_JPEG,			/* ITU-T T.81, all its processes */
	CODING_JPEG_LS, CODING_J2K,	/* CODING_J2K: and HTJ2K */
	CODING_VIDEO			/* one stream: video.h */
};

struct pixels {
	const char *syntax;		/* Transfer Syntax UID, static */
	enum pixels_coding coding;
	struct codestream stream;	/* the first frame's: JPEG, JPEG-LS, J2K */
	uint32_t rows, columns, frames;
	uint32_t samples;		/* 1 or 3 */
	uint32_t bits_allocated;	/* 1, 8, 16, 32 */
	uint32_t bits_stored, high_bit;
	bool is_signed;			/* of the frames as delivered; a signed
					   codestream wins over the header */
	bool planar;			/* as stored; frames arrive interleaved */
	bool encapsulated;		/* coding is not CODING_NATIVE */
	bool lossy;			/* (0028,2110) is 01, or the syntax is lossy
					   and not one frame, coded losslessly */
	/*
	 * Bytes of native pixel data after the last frame, 1 for an even length
	 * included. Nothing shows them, so nobody may pass them on as examined.
	 */
	size_t excess;
	/*
	 * Of the frames as pixels_frame delivers them; for colour that is coded,
	 * what the codestream says wins over the header (codestream.h).
	 */
	enum pixels_photometric photometric;
	size_t bytes;			/* of one stored word: 1, 2, 4 */
	size_t frame_bytes;
};

/* Do the pixels of a frame, as delivered, share their chroma two by two? */
bool pixels_is_422(const struct pixels *p);

/* The video (video.h) of D, once it was described; NULL of other images. */
struct video;
struct video *pixels_video(struct dcm *d);

/*
 * Reads and checks the module. Refused: sizes of 0, values that contradict each
 * other, pixel data shorter than they demand, fragments that do not make so
 * many frames or that begin one which is not counted, a first codestream of
 * another size, a transfer syntax without a decoder (named). Returns 0 or -1
 * with E filled. Call it before pixels_frame, once for each open file.
 */
int pixels_describe(struct dcm *d, struct pixels *p, struct err *e);

/*
 * Decodes frame FRAME (from 1) into OUT, which holds P->frame_bytes (or, for a
 * video, is NULL: then it is only decoded). Frames may
 * be asked for in any order, at the same cost but for video, where one behind the
 * last asked for costs all those before it. The last frame of a video is had only
 * when the stream ends with it. One-bit images arrive as one
 * byte a pixel, 0 or 1. Refused: a codestream that is cut, damaged, or of
 * another size or colour than the first. Returns 0 or -1 with E filled.
 */
int pixels_frame(struct dcm *d, const struct pixels *p, uint32_t frame,
    void *out, struct err *e);

/*
 * The two halves of it for an encapsulated frame: its code, which is the joined
 * bytes of its fragments in place of what CODE held, and the frame of it. The
 * second needs no file, and may run in many threads at a time. Not of video, whose
 * frames have no code of their own.
 */
int pixels_code(struct dcm *d, const struct pixels *p, uint32_t frame,
    struct buf *code, struct err *e);
int pixels_decode(const struct pixels *p, const uint8_t *code, size_t len,
    void *out, struct err *e);

/* Is a frame's code a codestream of markers: JPEG, JPEG-LS, JPEG 2000? */
bool pixels_has_markers(const struct pixels *p);

/*
 * Is CODE one that pixels_decode takes? Of such code only markers and what lies
 * behind them are looked at; other code is decoded. For code that is only copied,
 * and for many threads at a time. Returns 0 or -1 with E filled.
 */
int pixels_check(const struct pixels *p, const uint8_t *code, size_t len,
    struct err *e);

/*
 * The fragments of FRAME, as numbers of the scan's: *FIRST up to *END. P was
 * described from D, and is encapsulated.
 */
void pixels_fragments(const struct dcm *d, uint32_t frame, size_t *first,
    size_t *end);

#ifdef __cplusplus
}
#endif
#endif
