/* quantise.c - parameters as the integers that text/net.h runs with */
#include <math.h>
#include <stdlib.h>

#include "train.h"

#define SHIFT_MAX 14

static unsigned char *
put(unsigned char *to, int64_t v, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		*to++ = (unsigned char)((uint64_t)v >> 8 * i);
	return to;
}

static int64_t
rounded(float v, int shift)
{
	return llround(ldexp((double)v, shift));
}

/* Whether layer L at FLAT keeps the limits of conv.h with SHIFT bits behind the point. */
static int
shift_fits(const struct net_layer *l, const float *flat, int shift)
{
	size_t places = l->size * l->size;

	for (size_t o = 0; o < l->out; o++) {
		int64_t sum = llabs(rounded(flat[places * l->in * l->out + o], shift + CONV_POINT));

		for (size_t p = 0; p < places; p++) {
			int64_t gray = 0;	/* a gray image has one weight for all channels */

			for (size_t i = 0; i < l->in; i++) {
				int64_t w = rounded(flat[(p * l->in + i) * l->out + o], shift);

				gray += w;
				sum += llabs(w) << 15;
				if (llabs(w) > INT16_MAX)
					return 0;
			}
			if (l->from == NET_IMAGE && llabs(gray) > INT16_MAX)
				return 0;
		}
		if (sum > CONV_SUM_MAX)
			return 0;
	}
	return 1;
}

int
quantise(const float *flat, unsigned char bytes[NET_FILE_BYTES])
{
	for (size_t n = 0; n < NET_LAYERS; n++) {
		const struct net_layer *l = &net_layers[n];
		size_t weights = l->size * l->size * l->in * l->out;
		int shift = SHIFT_MAX;

		while (shift > 0 && !shift_fits(l, flat, shift))
			shift--;
		if (shift == 0)
			return -1;
		bytes = put(bytes, shift, 1);
		for (size_t i = 0; i < l->out; i++)
			bytes = put(bytes, rounded(flat[weights + i], shift + CONV_POINT), 4);
		for (size_t i = 0; i < weights; i++)
			bytes = put(bytes, rounded(flat[i], shift), 2);
		flat += weights + l->out;
	}
	return 0;
}
