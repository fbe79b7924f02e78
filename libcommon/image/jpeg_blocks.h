/*
 * jpeg_blocks.h - where the blocks of a DCT-coded JPEG frame lie, and what they hold
 *
 * The arithmetic below jpeg.h, without libjpeg: ITU-T T.81 A.1.1, A.2, A.3. Nobody
 * but jpeg.c includes it.
 */
#ifndef UNPHI_IMAGE_JPEG_BLOCKS_H
#define UNPHI_IMAGE_JPEG_BLOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "dicom/codestream.h"
#include "image/rects.h"

#define JPEG_BLOCK_SIZE 64u	/* coefficients */
#define JPEG_SIDE_MAX 65500u	/* of an image that libjpeg codes */

struct jpeg_grid {
	uint32_t width, height;
	uint32_t n;			/* components */
	uint32_t h[3], v[3], hmax, vmax;
	uint32_t unit_w, unit_h;	/* of pixels that are replaced together */
	uint32_t padded_w, padded_h;	/* to whole MCUs */
	size_t scans;
	size_t blocks;			/* of all components, without padding */
	struct codestream stream;
};

/* Reads it from CODE. Refused: what jpeg.h refuses. Returns 0 or -1. */
int jpeg_grid_read(const uint8_t *code, size_t len, struct jpeg_grid *g,
    struct err *e);

/*
 * Are the coefficients beyond the image in the code, and can they be written?
 * libjpeg writes padding of its own; we let it take the padded image for the
 * image. Scans of one component have no such padding: A.2.2, A.2.4.
 */
bool jpeg_grid_has_padding(const struct jpeg_grid *g);

/* R, which is within the image, grown to whole units: see jpeg_align. */
struct rect jpeg_grid_align(const struct jpeg_grid *g, struct rect r);

/*
 * Is each box within the image and as jpeg_grid_align makes it? Else pixels that
 * nobody filled would be quantised a second time. Returns 0, or -1 with E filled.
 */
int jpeg_grid_check(const struct jpeg_grid *g, const struct rects *boxes,
    struct err *e);

/* Which blocks of a component, COLUMNS by ROWS of them, are replaced. */
struct jpeg_blocks {
	uint32_t columns, rows;
	uint8_t *replaced;
};

/*
 * Marks in B, whose REPLACED the caller frees, those of component C that are in
 * BOXES. Returns 0, or -1 with E filled.
 */
int jpeg_blocks_mark(const struct jpeg_grid *g, uint32_t c,
    const struct rects *boxes, struct jpeg_blocks *b, struct err *e);

/*
 * Block X, Y of component C as FRAME has it (see jpeg_replace), quantised by
 * QUANT. OUT and QUANT are in natural order.
 */
void jpeg_block_of(const struct jpeg_grid *g, uint32_t c, const uint8_t *frame,
    const uint16_t *quant, uint32_t x, uint32_t y, int16_t *out);

#endif
