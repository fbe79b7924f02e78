/*
 * net.h - the text net: how likely each 4x4-pixel cell of an image is text
 *
 * A fully convolutional net of 127,000 weights in four resolutions, trained by train/ on text drawn by a program. Zero
 * padding, no normalisation; "s2d" is 2x2 space-to-depth, "d" the dilation, "up" each value 2x2 times. Input: red,
 * green, blue / 256, padded by replication to a multiple of 16.
 *
 *	1/2	a = ReLU 3x3 conv of s2d, 12 to 8
 *	1/4	b1 = ReLU 1x1 conv of s2d, 32 to 16; b2 = b1 + ReLU 3x3 conv
 *	1/8	c0 = ReLU 1x1 conv of s2d, 64 to 32; twice c += ReLU 3x3 conv, d = 1, 2
 *	1/16	d0 = ReLU 1x1 conv of s2d, 128 to 48; four times d += ReLU 3x3 conv, d = 1, 2, 4, 1
 *	1/8	e0 = c2 + up 1x1 conv 48 to 32 of d4; e1 = e0 + ReLU 3x3 conv
 *	1/4	u = b2 + up 1x1 conv 32 to 16 of e1; v = ReLU 3x3 conv; 1x1 conv to a logit
 *
 * It runs in integers (conv.h), so that every processor gives the same answer. A gray image is one channel, whose
 * answer is that of three equal ones. The trainer follows the same tables in floating point.
 */
#ifndef UNPHI_TEXT_NET_H
#define UNPHI_TEXT_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "text/conv.h"

#define NET_CELL 4u	/* pixels a side */
#define NET_ALIGN 16u	/* widths and heights are multiples of this */
/* A pixel farther than this from a cell does not change it; a multiple of NET_ALIGN. */
#define NET_REACH 192u
#define NET_LAYERS 16u
#define NET_WEIGHTS 126832u
#define NET_BIASES 473u

/* The planes of values between layers; G and H, before they are joined, are the trainer's alone. */
enum net_map { NET_IMAGE, NET_A, NET_B1, NET_B2, NET_C0, NET_C1, NET_C2, NET_D0, NET_D1, NET_D2, NET_D3, NET_D4, NET_E0,
	NET_E1, NET_U, NET_V, NET_LOGIT, NET_G, NET_H, NET_MAPS };
/* LEVEL is the binary logarithm of the pixels a side that one place stands for. */
struct net_shape {
	size_t channels, level, border;
};
extern const struct net_shape net_shapes[NET_MAPS];

/*
 * TO = a convolution of FROM, + ADD after the ReLU unless that is NET_IMAGE. SIZE is a side of its window in places of
 * FROM; one of even size steps by 2. Where JOIN is not NET_IMAGE, JOIN = WITH + up of TO.
 */
struct net_layer {
	const char *name;
	enum net_map from, to, add;
	size_t size, dilation, in, out;
	bool relu;
	enum net_map with, join;
};
extern const struct net_layer net_layers[NET_LAYERS];

/* A layer's taps (see conv.h) in an input plane of ROW values a row and CHANNELS a place; returns how many. */
size_t net_taps(const struct net_layer *l, size_t row, size_t channels, ptrdiff_t tap[CONV_TAPS_MAX], size_t *run);
/* Output channels padded to CONV_LANES. */
size_t net_padded(const struct net_layer *l);

/* Weights as the kernel reads them. */
struct net_weights {
	int16_t *weights[NET_LAYERS], *gray;	/* GRAY: of the first layer, for images of one channel */
	int32_t *bias[NET_LAYERS];
	unsigned shift[NET_LAYERS];
	void *memory;
};
/*
 * Layer by layer: a byte of SHIFT, the biases as 32-bit integers with CONV_POINT + SHIFT bits behind the point, the
 * weights [window place][in][out] as 16-bit integers with SHIFT bits behind it; least significant byte first.
 * Returns false when that is not such a net, sums could overflow, or out of memory.
 */
#define NET_FILE_BYTES (NET_LAYERS + 4 * NET_BIASES + 2 * NET_WEIGHTS)
bool net_weights_load(struct net_weights *w, const unsigned char *bytes, size_t count);
void net_weights_free(struct net_weights *w);
/* Loads the weights built in from share/text-net.bin. */
bool net_shipped(struct net_weights *w);

struct net_plane {
	int16_t *at;	/* the top left place */
	size_t width, height, channels, border, row;
	size_t start;	/* of its memory, border included, in that of the maps */
};

/* What one forward pass computes; some planes share memory. Start with a zeroed struct. */
struct net_maps {
	struct net_plane maps[NET_MAPS];
	size_t room;	/* values that memory holds */
	int16_t *memory;
};
/*
 * Lays out maps for an image of WIDTH x HEIGHT, multiples of NET_ALIGN, of 1 or 3 CHANNELS, reusing the memory of M.
 * Returns false when the size overflows or memory is short; M is then still fit for another call.
 */
bool net_maps_size(struct net_maps *m, size_t width, size_t height, size_t channels);
void net_maps_free(struct net_maps *m);

/*
 * From the NET_IMAGE map, which holds samples times NET_SAMPLE, to the NET_LOGIT map, whose first channel is the logit
 * of each cell with CONV_POINT bits behind the point.
 */
#define NET_SAMPLE 2	/* 1 << CONV_POINT, / 256 */
void net_forward(const struct net_weights *w, struct net_maps *m);

#endif
