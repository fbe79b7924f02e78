/*
 * net.h - the text net: how likely each 4x4-pixel cell of an image is text
 *
 * A fully convolutional net of 28,273 weights in three resolutions, trained by train/ on text drawn by a program. Zero
 * padding, no normalisation; "s2d" is 2x2 space-to-depth, "d" the dilation. Input: luma / 255, padded by replication
 * to a multiple of 8.
 *
 *	1/2	s2d, a = ReLU 3x3 conv 4 to 8
 *	1/4	s2d, b1 = ReLU 1x1 conv 32 to 16; b2 = b1 + ReLU 3x3 conv
 *	1/8	s2d, c = ReLU 1x1 conv 64 to 24; four times c += ReLU 3x3 conv, d = 1, 2, 4, 8
 *	1/4	h = 1x1 conv 24 to 16 of c, each value 2x2 times, + b2; ReLU 3x3 conv; 1x1 conv to a logit
 *
 * The trainer uses this forward pass too, so that what was trained is what runs.
 */
#ifndef UNPHI_TEXT_NET_H
#define UNPHI_TEXT_NET_H

#include <stdbool.h>
#include <stddef.h>

#include "text/conv.h"

#define NET_CELL 4u	/* pixels a side */
#define NET_ALIGN 8u	/* widths and heights are multiples of this */
/* A pixel farther than this from a cell does not change it: 15 steps of dilation at 1/8, and the layers around. */
#define NET_REACH 144u
#define NET_STEPS 4u	/* dilated layers */
#define NET_LAYERS 11u
#define NET_WEIGHTS 28273u

/* One layer: SIZE is a side of its window in input pixels; a side of 2 steps by 2. */
struct net_layer {
	const char *name;
	size_t size, dilation, in, out;
	bool relu;
};
extern const struct net_layer net_layers[NET_LAYERS];

/* Weights as the kernel reads them: output channels padded to CONV_LANES. */
struct net_weights {
	float *weights[NET_LAYERS];	/* [size * size][in][padded out] */
	float *bias[NET_LAYERS];
};
size_t net_padded(const struct net_layer *l);
/*
 * Spreads NET_WEIGHTS floats (layer by layer: weights [tap][in][out], then biases) into W, or gathers them. W is
 * allocated once by net_weights_new, which returns false out of memory.
 */
bool net_weights_new(struct net_weights *w);
void net_weights_free(struct net_weights *w);
void net_weights_set(struct net_weights *w, const float *flat);
void net_weights_get(const struct net_weights *w, float *flat);

/* A plane of WIDTH x HEIGHT pixels of C floats in a border of zeros. */
struct net_plane {
	float *at;	/* the top left pixel */
	size_t width, height, channels, border, row;
	float *memory;
};

/* What one forward pass computes; c[i] share two planes unless KEEP, which the backward pass needs. */
struct net_maps {
	struct net_plane image, a, b1, b2, c[NET_STEPS + 1], h, u, v, logit;
	bool keep;
	size_t room;	/* floats that memory holds */
	float *memory;
};
/*
 * Lays out maps for an image of WIDTH x HEIGHT, multiples of NET_ALIGN, reusing the memory of M, which starts as zeros.
 * Returns false when the size overflows or memory is short; M is then still fit for another call.
 */
bool net_maps_size(struct net_maps *m, size_t width, size_t height, bool keep);
void net_maps_free(struct net_maps *m);

/* From m->image to m->logit, whose first channel is the logit of each cell. */
void net_forward(const struct net_weights *w, struct net_maps *m);

/* Layer L as a convolution from plane IN to plane OUT, + ADD or NULL; the trainer turns it around. */
struct conv net_conv(const struct net_weights *w, size_t layer, const struct net_plane *in, const struct net_plane *out,
    const struct net_plane *add);

/* Fills W with the weights built in from share/text-net.bin; false when that file is not one, or out of memory. */
bool net_shipped(struct net_weights *w);

#endif
