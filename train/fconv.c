/* fconv.c - see fconv.h; a tile of pixels times all output channels stays in registers while the taps go by */
#include "fconv.h"

/* A typedef, because gcc takes the attribute in no other place; aligned as float, since steps are any number. */
typedef float vector __attribute__((vector_size(32), aligned(4)));

/* PIXELS and VECTORS are constants once inlined, so the loops over them unroll into registers. */
static inline __attribute__((always_inline)) void
tile(const struct fconv *c, const float *in, float *out, const float *add, const size_t pixels, const size_t vectors)
{
	vector sum[12], zero = {0};
	const float *w = c->weights;

	for (size_t v = 0; v < vectors; v++) {
		vector b = c->bias ? *(const vector *)(c->bias + v * 8) : zero;
#pragma GCC unroll 12
		for (size_t p = 0; p < pixels; p++)
			sum[p * vectors + v] = b;
	}
	for (size_t t = 0; t < c->taps; t++) {
		const float *from = in + c->tap[t];

		for (size_t i = 0; i < c->run; i++, w += vectors * 8)
#pragma GCC unroll 12
			for (size_t p = 0; p < pixels; p++)
#pragma GCC unroll 8
				for (size_t v = 0; v < vectors; v++)
					sum[p * vectors + v] += from[p * c->in_step + i] * *(const vector *)(w + v * 8);
	}
#pragma GCC unroll 12
	for (size_t p = 0; p < pixels; p++)
#pragma GCC unroll 8
		for (size_t v = 0; v < vectors; v++) {
			vector s = sum[p * vectors + v];

			if (c->relu)
				s = (vector)((__typeof__(s > zero))s & (s > zero));
			if (add)
				s += *(const vector *)(add + p * c->add_step + v * 8);
			*(vector *)(out + p * c->out_step + v * 8) = s;
		}
}

static inline __attribute__((always_inline)) void
rows(const struct fconv *c, const size_t pixels, const size_t vectors)
{
	for (size_t y = 0; y < c->height; y++) {
		const float *in = c->in + y * c->in_row, *add = c->add ? c->add + y * c->add_row : NULL;
		float *out = c->out + y * c->out_row;
		size_t x = 0;

		for (; x + pixels <= c->width; x += pixels)
			tile(c, in + x * c->in_step, out + x * c->out_step, add ? add + x * c->add_step : NULL, pixels, vectors);
		for (; x < c->width; x++)
			tile(c, in + x * c->in_step, out + x * c->out_step, add ? add + x * c->add_step : NULL, 1, vectors);
	}
}

void
fconv_run(const struct fconv *c)
{
	switch (c->channels) {
	case 8:
		rows(c, 8, 1);
		break;
	case 16:
		rows(c, 6, 2);
		break;
	case 32:
		rows(c, 3, 4);
		break;
	case 48:
		rows(c, 2, 6);
		break;
	default:
		rows(c, 1, 8);
	}
}

/* Adds the gradient of N values of one run over a row, in registers; V vectors of output channels. */
static inline __attribute__((always_inline)) void
row_back(const struct fconv *c, const float *in, const float *slope, float *sum, const size_t n, const size_t v)
{
	vector s[12];

#pragma GCC unroll 12
	for (size_t i = 0; i < n * v; i++)
		s[i] = *(const vector *)(sum + i * 8);
	for (size_t x = 0; x < c->width; x++, in += c->in_step, slope += c->out_step)
#pragma GCC unroll 6
		for (size_t i = 0; i < n; i++)
#pragma GCC unroll 6
			for (size_t j = 0; j < v; j++)
				s[i * v + j] += in[i] * *(const vector *)(slope + j * 8);
#pragma GCC unroll 12
	for (size_t i = 0; i < n * v; i++)
		*(vector *)(sum + i * 8) = s[i];
}

void
fconv_weights_back(const struct fconv *c, const float *slope, float *sum, float *bias)
{
	/* Runs are multiples of 18, or of 8 where there are 8 outputs; of 16 otherwise. */
	size_t n = c->channels == 48 ? 2 : c->channels == 32 ? 2 : c->channels == 16 ? 4 : c->run % 6 ? 8 : 6;

	for (size_t y = 0; y < c->height; y++) {
		const float *row = c->in + y * c->in_row, *s = slope + y * c->out_row;
		float *to = sum;

		for (size_t t = 0; t < c->taps; t++)
			for (size_t i = 0; i < c->run; i += n, to += n * c->channels)
				switch (c->channels) {
				case 8:
					if (n == 6)
						row_back(c, row + c->tap[t] + i, s, to, 6, 1);
					else
						row_back(c, row + c->tap[t] + i, s, to, 8, 1);
					break;
				case 16:
					row_back(c, row + c->tap[t] + i, s, to, 4, 2);
					break;
				case 32:
					row_back(c, row + c->tap[t] + i, s, to, 2, 4);
					break;
				default:
					row_back(c, row + c->tap[t] + i, s, to, 2, 6);
				}
		for (size_t x = 0; x < c->width; x++)
			for (size_t i = 0; i < c->channels; i++)
				bias[i] += s[x * c->out_step + i];
	}
}
