/* backprop.h - the net of text/net.h in floating point, forward and backward, for one training image at a time */
#ifndef TRAIN_BACKPROP_H
#define TRAIN_BACKPROP_H

#include "train.h"

#define PARAMETERS (NET_WEIGHTS + NET_BIASES)

/*
 * All parameters: layer by layer the weights [window place][in][out], then the biases; and the same as the kernel wants
 * them, outputs padded to CONV_LANES.
 */
struct parameters {
	float *memory, *weights[NET_LAYERS], *bias[NET_LAYERS];
	size_t count;
};
void parameters_new(struct parameters *p);
void parameters_clear(struct parameters *p);
void parameters_set(struct parameters *p, const float *flat);
void parameters_get(const struct parameters *p, float *flat);

/* The planes of one image, their gradients, and the sum of gradients of the parameters; one a thread. */
struct backprop;
struct backprop *backprop_new(void);
/*
 * Runs scene S through P forward, and back unless SLOPES is NULL, which gets the gradient of the loss. Returns the
 * weighted cross entropy, summed over the cells; *TOTAL is the sum of their weights.
 */
double backprop_run(struct backprop *b, const struct parameters *p, const struct scene *s, float *slopes, double *total);

#endif
