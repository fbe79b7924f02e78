/*
 * conv_kernel.h - the text of one kernel; included by conv.c alone, with KERNEL its name and WIDTH floats a vector
 *
 * A tile of pixels times all output channels stays in registers while the taps go by: 12 sums of the 16 registers that
 * both instruction sets have.
 */
#define PASTE2(a, b) a##_##b
#define PASTE(a, b) PASTE2(a, b)
#define VECTOR PASTE(KERNEL, vector)
#define TILE PASTE(KERNEL, tile)
#define ROWS PASTE(KERNEL, rows)

/* A typedef, because gcc takes the attribute in no other place; aligned as float, since steps are any number. */
typedef float VECTOR __attribute__((vector_size(WIDTH * 4), aligned(4)));

/* PIXELS and VECTORS are constants once inlined, so the loops over them unroll into registers. */
static inline __attribute__((always_inline)) void
TILE(const struct conv *c, const float *in, float *out, const float *add, const size_t pixels, const size_t vectors)
{
	VECTOR sum[12], zero = {0};
	const float *w = c->weights;

	for (size_t v = 0; v < vectors; v++) {
		VECTOR b = c->bias ? *(const VECTOR *)(c->bias + v * WIDTH) : zero;
#pragma GCC unroll 12
		for (size_t p = 0; p < pixels; p++)
			sum[p * vectors + v] = b;
	}
	for (size_t t = 0; t < c->taps; t++) {
		const float *from = in + c->tap[t];

		for (size_t i = 0; i < c->run; i++, w += vectors * WIDTH)
#pragma GCC unroll 12
			for (size_t p = 0; p < pixels; p++)
#pragma GCC unroll 8
				for (size_t v = 0; v < vectors; v++)
					sum[p * vectors + v] += from[p * c->in_step + i] *
					    *(const VECTOR *)(w + v * WIDTH);
	}
#pragma GCC unroll 12
	for (size_t p = 0; p < pixels; p++)
#pragma GCC unroll 8
		for (size_t v = 0; v < vectors; v++) {
			VECTOR s = sum[p * vectors + v];
			size_t at = p * c->out_step + v * WIDTH;

			if (c->relu)
				s = (VECTOR)((__typeof__(s > zero))s & (s > zero));
			if (add)
				s += *(const VECTOR *)(add + at);
			*(VECTOR *)(out + at) = s;
		}
}

static inline __attribute__((always_inline)) void
ROWS(const struct conv *c, const size_t pixels, const size_t vectors)
{
	for (size_t y = 0; y < c->height; y++) {
		const float *in = c->in + y * c->in_row;
		float *out = c->out + y * c->out_row;
		const float *add = c->add ? c->add + y * c->out_row : NULL;
		size_t x = 0;

		for (; x + pixels <= c->width; x += pixels)
			TILE(c, in + x * c->in_step, out + x * c->out_step,
			    add ? add + x * c->out_step : NULL, pixels, vectors);
		for (; x < c->width; x++)
			TILE(c, in + x * c->in_step, out + x * c->out_step,
			    add ? add + x * c->out_step : NULL, 1, vectors);
	}
}

static void
KERNEL(const struct conv *c)
{
	switch (c->channels / CONV_LANES) {
	case 1:
		ROWS(c, WIDTH == 8 ? 8 : 6, CONV_LANES / WIDTH);
		break;
	case 2:
		ROWS(c, WIDTH == 8 ? 6 : 3, 2 * CONV_LANES / WIDTH);
		break;
	case 3:
		ROWS(c, WIDTH == 8 ? 4 : 2, 3 * CONV_LANES / WIDTH);
		break;
	default:
		ROWS(c, WIDTH == 8 ? 3 : 1, 4 * CONV_LANES / WIDTH);
	}
}

#undef PASTE2
#undef PASTE
#undef VECTOR
#undef TILE
#undef ROWS
