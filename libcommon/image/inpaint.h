/*
 * inpaint.h - what a picture might show where it is covered
 *
 * Values are floats, row by row, COUNT planes of them, at most 3, one after the
 * other. MASK has a byte a pixel, not 0 where it is covered; all planes share it.
 * What the covered pixels hold at the start has no part in the result, and no
 * result lies outside of the values around. Something has to be uncovered.
 */
#ifndef UNPHI_IMAGE_INPAINT_H
#define UNPHI_IMAGE_INPAINT_H

#include <stdint.h>

#include "base/err.h"

/*
 * A. Telea, "An Image Inpainting Technique Based on the Fast Marching Method",
 * Journal of Graphics Tools 9(1), 2004: from the border inwards, each pixel the
 * weighted mean of what is known within 5 pixels of it, carried on along its
 * gradient. Costs n log n in the covered pixels. Returns 0, or -1 out of memory.
 */
int inpaint_telea(float *v, uint32_t count, uint32_t width, uint32_t height,
    const uint8_t *mask, struct err *e);

/*
 * M. Bertalmio, A. L. Bertozzi and G. Sapiro, "Navier-Stokes, Fluid Dynamics, and
 * Image and Video Inpainting", CVPR 2001: the picture is the stream function of
 * a flow; its Laplacian, the vorticity, is carried along the isophotes into what
 * is covered and diffuses there, and the picture is solved for from it. From
 * coarse to fine, a fixed number of steps at each: costs n in the pixels.
 * Returns 0, or -1 out of memory.
 */
int inpaint_ns(float *v, uint32_t count, uint32_t width, uint32_t height,
    const uint8_t *mask, struct err *e);

#endif
