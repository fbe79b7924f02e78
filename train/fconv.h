/* fconv.h - text/conv.h in floating point, for the trainer: the same layout, any number of groups of eight channels */
#ifndef TRAIN_FCONV_H
#define TRAIN_FCONV_H

#include <stdbool.h>
#include <stddef.h>

#include "text/conv.h"

struct fconv {
	const float *in;
	size_t in_row, in_step;
	float *out;
	size_t out_row, out_step;
	const float *add;	/* may be OUT itself */
	size_t add_row, add_step;
	const float *weights;	/* [taps][run][channels] */
	const float *bias;	/* [channels] or NULL */
	size_t width, height;
	ptrdiff_t tap[CONV_TAPS_MAX];
	size_t taps, run;
	size_t channels;	/* 8, 16, 32, 48 or 64 */
	bool relu;
};

void fconv_run(const struct fconv *c);

/*
 * Adds to SUM, laid out as the weights, what each of them contributed: the inputs of C times SLOPE, the gradient of its
 * sums, which lies as C.out does; and to BIAS that of the biases.
 */
void fconv_weights_back(const struct fconv *c, const float *slope, float *sum, float *bias);

#endif
