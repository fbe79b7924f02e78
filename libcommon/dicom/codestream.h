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

struct codestream {
	uint32_t width, height;
	uint32_t components;
	uint32_t precision;	/* bits of a sample */
	bool is_signed;		/* JPEG 2000 alone can say so */
	bool transformed;	/* JPEG 2000: its decoder undoes RCT or ICT */
	bool sycc;		/* JP2 wrapper: the components are YCbCr */
	bool lossless;		/* JPEG process 14, JPEG-LS with NEAR = 0 */
	/* JPEG, ITU-T T.81, T.871, T.872: */
	bool jfif;		/* APP0 JFIF */
	int adobe;		/* transform of APP14 Adobe, or -1 */
	bool subsampled;	/* components differ in sampling */
	uint8_t id[3];		/* component identifiers */
};

/*
 * Reads the markers of a JPEG (T.81) or JPEG-LS (T.87) stream up to its first
 * scan. Returns 0, or -1 with E filled: no SOI, a segment that ends beyond the
 * bytes, no frame header, sizes of 0 (a height given later by DNL too), parts
 * that are not a DICOM image (2 or more than 4 components).
 */
int codestream_jpeg(const uint8_t *code, size_t len, struct codestream *c,
    struct err *e);

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
