/*
 * conv.h - one convolution over channels-last planes, the inner loop of the text net
 *
 * Every layer is a sum over "taps": runs of floats that lie next to one another in the input. A 3x3 convolution is nine
 * runs of one pixel each, a 2x2 space-to-depth followed by a 1x1 convolution is two runs of two pixels, and so on; the
 * kernel needs no other case. Planes have zero borders, so that no tap needs a test.
 *
 * All kernels add and multiply in the same order without fused operations, so that they give the same bits.
 */
#ifndef UNPHI_TEXT_CONV_H
#define UNPHI_TEXT_CONV_H

#include <stdbool.h>
#include <stddef.h>

#define CONV_TAPS_MAX 9
#define CONV_LANES 8u	/* output channels come in groups of eight; pad the weights with zeros */

struct conv {
	const float *in;	/* input under the first output pixel */
	size_t in_row, in_step;	/* floats to the next row, the next pixel */
	float *out;
	size_t out_row, out_step;
	const float *add;	/* laid out as out and added after the ReLU, or NULL; may be out itself */
	const float *weights;	/* [taps][run][channels] */
	const float *bias;	/* [channels] or NULL */
	size_t width, height;	/* output pixels */
	ptrdiff_t tap[CONV_TAPS_MAX];	/* floats from an output pixel's input to the run's first value */
	size_t taps, run;
	size_t channels;	/* 8, 16, 24 or 32 */
	bool relu;
};

/* Computes one convolution. Output and input may not overlap. */
void conv_run(const struct conv *c);

/*
 * Chooses the kernel: "auto", "plain" or "avx2". Call before any thread starts. Returns false when NAME is unknown, or
 * this processor lacks it.
 */
bool conv_choose(const char *name);

#endif
