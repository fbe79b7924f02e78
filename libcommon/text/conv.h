/*
 * conv.h - one convolution over channels-last planes of 16-bit integers, the inner loop of the text net
 *
 * Values are fixed point with CONV_POINT bits behind the point, from -64 up to 64; more saturate. Every layer is a sum
 * over "taps": runs of values that lie next to one another in the input. A 3x3 convolution is three runs of three
 * pixels, or nine of one where it is dilated; a 2x2 space-to-depth followed by a 1x1 convolution is two runs of two
 * pixels. Planes have borders of zeros, so that no tap needs a test.
 *
 * Sums are 32-bit integers that the weights keep from overflowing (CONV_SUM_MAX), so all kernels give the same values.
 */
#ifndef UNPHI_TEXT_CONV_H
#define UNPHI_TEXT_CONV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONV_POINT 9
#define CONV_TAPS_MAX 9
#define CONV_LANES 8u	/* output channels come in groups of eight; pad the weights with zeros */
/* For each output channel: the sum of |weight| times 32768, and |bias|, may be at most this. */
#define CONV_SUM_MAX (INT32_MAX - (1 << 20))

struct conv {
	const int16_t *in;	/* input under the first output pixel */
	size_t in_row, in_step;	/* values to the next row, the next pixel */
	int16_t *out;
	size_t out_row, out_step;
	const int16_t *add;	/* added after the ReLU, or NULL; its places are as wide as those of out */
	size_t add_row;
	const int16_t *weights;	/* [taps][run / 2][channels][2] */
	const int32_t *bias;	/* [channels], in the unit of the sums; rounding included */
	unsigned shift;	/* how many bits more than CONV_POINT a sum has behind the point */
	size_t width, height;	/* output pixels */
	ptrdiff_t tap[CONV_TAPS_MAX];	/* values from an output pixel's input to the run's first */
	size_t taps, run;	/* RUN is even */
	size_t channels;	/* 8, 16, 32 or 48 */
	bool relu;
};

/* Computes one convolution. Output and input may not overlap. */
void conv_run(const struct conv *c);

/*
 * Chooses the kernel: "auto", "plain", and "avx2", "sse2" or "neon" where there are such. Call before any thread
 * starts. Returns false when NAME is unknown, or this processor lacks it.
 */
bool conv_choose(const char *name);

#endif
