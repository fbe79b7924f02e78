/*
 * comments.h - what a frame's code holds that is no part of the picture
 *
 * Text, EXIF, thumbnails, names of encoders: COM and APPn of JPEG and JPEG-LS
 * (T.81 B.2.4.5, B.2.4.6) and segments of reserved markers, COM of JPEG 2000
 * (T.800 A.9.2), boxes beside the codestream of a JP2 wrapper (T.800 Annex I).
 * No view shows them, so nobody has examined them.
 */
#ifndef UNPHI_DICOM_COMMENTS_H
#define UNPHI_DICOM_COMMENTS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "dicom/pixels.h"

/* N bytes of the code from AT on: a body, or what of it means nothing. */
struct comment {
	size_t at, n;
};

/* In their order. Start with a zeroed struct; the owner frees it. */
struct comments {
	struct comment *list;
	size_t n, cap;
	uint64_t bytes;		/* of all of them */
};

/*
 * Replaces OUT by the comments of CODE, which pixels_check takes. Those of zeros
 * alone are left out: they say nothing any more. What decoders heed is none:
 * APP0 JFIF but for its thumbnail, APP14 Adobe, APP8 of SPIFF and "mrfx", and the
 * boxes of JP2 that describe its samples. Returns 0, or -1 with E filled.
 */
int comments_find(const struct pixels *p, const uint8_t *code, size_t len,
    struct comments *out, struct err *e);

/* Makes them zeros in CODE; lengths stay, so nothing moves. */
void comments_clear(const struct comments *c, uint8_t *code);

void comments_free(struct comments *c);

#endif
