/*
 * codestream.h - what a coded frame says of itself, against the header
 *
 * The header's attributes are copied, edited and guessed by many hands; the
 * codestream is what the decoder will follow. Size, number of components and
 * colour are therefore read from it before it is decoded.
 */
#ifndef UNPHI_DICOM_CODESTREAM_H
#define UNPHI_DICOM_CODESTREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {	/* second bytes of markers: T.81 table B.1, T.87 table C.1 */
	JPEG_SOF0 = 0xc0, JPEG_SOF1 = 0xc1, JPEG_SOF2 = 0xc2, JPEG_SOF3 = 0xc3,
	JPEG_DHT = 0xc4,
	JPEG_EOI = 0xd9, JPEG_SOS = 0xda, JPEG_DRI = 0xdd, JPEG_APP0 = 0xe0, JPEG_APP8 = 0xe8,
	JPEG_APP14 = 0xee, JPEG_APP15 = 0xef, JPEG_SOF55 = 0xf7, JPEG_LSE = 0xf8,
	JPEG_COM = 0xfe
};

struct codestream {
	uint32_t width, height;
	uint32_t components;
	uint32_t precision;	/* bits of a sample */
	bool is_signed;		/* JPEG 2000 alone can say so */
	bool transformed;	/* JPEG 2000: its decoder undoes RCT or ICT */
	bool sycc;		/* JP2 wrapper: the components are YCbCr */
	bool lossless;		/* JPEG SOF3 without a point transform,
					   JPEG-LS with NEAR = 0, in all scans;
					   JPEG 2000: nothing was left out, as far as
					   j2k_packets.h can tell */
	/* JPEG, ITU-T T.81, T.871, T.872: */
	uint8_t process;	/* second byte of the frame header's marker:
				   JPEG_SOF3, ... */
	size_t end;		/* offset of what follows EOI */
	bool jfif;		/* APP0 JFIF */
	int adobe;		/* transform of APP14 Adobe, or -1 */
	bool subsampled;	/* components differ in sampling */
	uint8_t id[3];		/* component identifiers */
};

/*
 * Reads the markers of a JPEG (T.81) or JPEG-LS (T.87) stream up to EOI, over
 * all scans. Returns 0, or -1 with E filled: no SOI, a segment that ends beyond
 * the bytes, no EOI, scans that lack a component or a part of its coefficients'
 * bits, no frame header or two, sizes of 0 (a height given later by
 * DNL too), parts that are not a DICOM image (components other than 1 or 3).
 */
int codestream_jpeg(const uint8_t *code, size_t len, struct codestream *c,
    struct err *e);

/*
 * One marker segment: BODY is the offset of what follows its length field, of
 * LEN bytes; AT that of its marker. A marker without a length has LEN 0.
 */
struct codestream_segment {
	uint8_t marker;
	size_t at, body, len;
};

/*
 * Walks the segments of a JPEG or JPEG-LS stream. Begin with *AT = 0. Returns 1
 * with the next in S, and *AT behind it, behind the coded samples too after
 * JPEG_SOS; 0 at EOI, with *AT behind that; -1 with E filled when the bytes end
 * before or are none that T.81 B.1 allows.
 */
int codestream_next(const uint8_t *code, size_t len, size_t *at,
    struct codestream_segment *s, struct err *e);

/* Writes C's size into P, the body of a JPEG frame header: T.81 B.2.2. */
void codestream_put_size(const struct codestream *c, char *p);

/*
 * Is what follows EOI, if anything does, of no meaning? That is zeros or fill
 * bytes (0xff), by whole bytes, and up to 7 bytes of any kind: encoders that
 * write words of 8 leave the rest of a buffer there, and others pad with a
 * space. No picture fits in these; all else may be a picture or a text.
 */
bool codestream_tail_is_empty(const uint8_t *code, size_t len,
    const struct codestream *c);

/*
 * Are the three components of a JPEG frame YCbCr? TAGGED_YBR is what
 * Photometric Interpretation says. See the function for the order of proofs.
 */
bool codestream_jpeg_is_ybr(const struct codestream *c, bool tagged_ybr);

/* The same for JPEG 2000, after its decoder has undone its own transform. */
bool codestream_j2k_is_ybr(const struct codestream *c, bool tagged_full);

#ifdef __cplusplus
}
#endif
#endif
