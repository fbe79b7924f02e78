/*
 * pnm.h - frames as concatenated PNM images (Netpbm's pgm(5) and ppm(5))
 *
 * P5 gray and P6 colour, binary, maxval 1 to 65535; samples above 255 are two
 * bytes, most significant first. One comment line "# unphi {JSON}" in the
 * header carries the record keys of box-list(5); an image without it is plain.
 */
#ifndef UNPHI_STREAM_PNM_H
#define UNPHI_STREAM_PNM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"
#include "stream/box.h"

#define PNM_MAX_BYTES ((size_t)1 << 32)	/* of samples in one image */

struct pnm {
	uint32_t width, height;	/* 1 to BOX_COORD_MAX */
	uint32_t maxval;	/* 1 to 65535 */
	uint32_t channels;	/* 1 or 3 */
	uint8_t *samples;	/* as in the file: rows of interleaved samples */
	size_t bytes, cap;	/* of samples; memory is reused between reads */
	bool plain;		/* no unphi comment: key is not filled */
	struct box_record key;	/* of the comment; no boxes */
};

/* Start with a zeroed struct. */
void pnm_free(struct pnm *p);

/*
 * Makes P an image of that size with room for its samples, whose contents are
 * not defined; the key is left alone. Returns 0, or -1 with E filled.
 */
int pnm_shape(struct pnm *p, uint32_t width, uint32_t height, uint32_t channels,
    uint32_t maxval, struct err *e);

/*
 * Reads the next image into P, replacing its contents. Returns 1 for an image,
 * 0 at the end of the stream, -1 with E filled when it is malformed or cut.
 */
int pnm_read(FILE *in, struct pnm *p, struct err *e);

/* Writes P, with its key unless plain. Returns 0, or -1 with E filled. */
int pnm_write(FILE *out, const struct pnm *p, struct err *e);

/* Bytes of one sample: 1, or 2 when maxval is above 255. */
static inline size_t
pnm_sample_bytes(const struct pnm *p)
{
	return p->maxval > 255 ? 2 : 1;
}

#endif
