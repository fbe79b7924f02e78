/*
 * conv_kernel.h - the text of one kernel; included by conv.c alone
 *
 * Before: KERNEL is its name; SUMS a type that holds the sums of eight output channels of a pixel, SUMS_LOAD(bias) and
 * SUMS_ADD(sums, pair, weights) work on it, where PAIR points to two values of the input; SUMS_STORE(sums, c, add, out)
 * shifts, saturates, and stores; SUMS_MAX of them stay in registers.
 */
#define PASTE2(a, b) a##_##b
#define PASTE(a, b) PASTE2(a, b)
#define TILE PASTE(KERNEL, tile)
#define ROWS PASTE(KERNEL, rows)

/* PIXELS and GROUPS are constants once inlined, so the loops over them unroll into registers. */
static inline __attribute__((always_inline)) void
TILE(const struct conv *c, const int16_t *in, int16_t *out, const int16_t *add, const size_t pixels, const size_t groups)
{
	SUMS sums[SUMS_MAX];
	const int16_t *w = c->weights;

#pragma GCC unroll 12
	for (size_t p = 0; p < pixels; p++)
#pragma GCC unroll 8
		for (size_t g = 0; g < groups; g++)
			sums[p * groups + g] = SUMS_LOAD(c->bias + g * CONV_LANES);
	for (size_t t = 0; t < c->taps; t++) {
		const int16_t *from = in + c->tap[t];

		for (size_t i = 0; i < c->run; i += 2, w += groups * 2 * CONV_LANES)
#pragma GCC unroll 12
			for (size_t p = 0; p < pixels; p++)
#pragma GCC unroll 8
				for (size_t g = 0; g < groups; g++)
					sums[p * groups + g] = SUMS_ADD(sums[p * groups + g], from + p * c->in_step + i,
					    w + g * 2 * CONV_LANES);
	}
#pragma GCC unroll 12
	for (size_t p = 0; p < pixels; p++)
#pragma GCC unroll 8
		for (size_t g = 0; g < groups; g++)
			SUMS_STORE(sums[p * groups + g], c, add ? add + p * c->out_step + g * CONV_LANES : NULL,
			    out + p * c->out_step + g * CONV_LANES);
}

static inline __attribute__((always_inline)) void
ROWS(const struct conv *c, const size_t groups)
{
	const size_t pixels = SUMS_MAX / groups > 8 ? 8 : SUMS_MAX / groups ? SUMS_MAX / groups : 1;

	for (size_t y = 0; y < c->height; y++) {
		const int16_t *in = c->in + y * c->in_row, *add = c->add ? c->add + y * c->add_row : NULL;
		int16_t *out = c->out + y * c->out_row;
		size_t x = 0;

		for (; x + pixels <= c->width; x += pixels)
			TILE(c, in + x * c->in_step, out + x * c->out_step, add ? add + x * c->out_step : NULL, pixels, groups);
		for (; x < c->width; x++)
			TILE(c, in + x * c->in_step, out + x * c->out_step, add ? add + x * c->out_step : NULL, 1, groups);
	}
}

static void
KERNEL(const struct conv *c)
{
	switch (c->channels / CONV_LANES) {
	case 1:
		ROWS(c, 1);
		break;
	case 2:
		ROWS(c, 2);
		break;
	case 4:
		ROWS(c, 4);
		break;
	default:
		ROWS(c, 6);
	}
}

#undef PASTE2
#undef PASTE
#undef TILE
#undef ROWS
#undef KERNEL
#undef SUMS
#undef SUMS_LOAD
#undef SUMS_ADD
#undef SUMS_STORE
#undef SUMS_MAX
