/*
 * png.h - an image as the bytes of a PNG file
 *
 * 8 bits, grey or RGB, without a time, a gamma or any text: the same image
 * gives the same bytes.
 */
#ifndef UNPHI_IMAGE_PNG_H
#define UNPHI_IMAGE_PNG_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "stream/pnm.h"

/*
 * Makes P smaller, in its own memory, until neither side exceeds SIDE: each
 * new pixel is the mean of those that it covers. Maxval at most 255.
 */
void png_shrink(struct pnm *p, uint32_t side);

/* Appends P, maxval 255, as a PNG file to OUT. Returns 0 or -1. */
int png_encode(const struct pnm *p, struct buf *out, struct err *e);

#endif
