/* backprop.c - see backprop.h */
#include "backprop.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fconv.h"

#define BORDER 4	/* places, of all planes: the widest dilation */
#define LEVELS 5
#define NONE NET_IMAGE

struct plane {
	size_t width, height, channels, row;
	float *at;
};

struct backprop {
	struct plane value[NET_MAPS], slope[NET_MAPS];
	struct plane gated[LEVELS];	/* gradients of sums before their ReLU, one a level; as wide as is needed */
	struct parameters sums;
	float turned[9 * 64 * 64];
};

static void *
allocate(size_t count, size_t size)
{
	void *p = calloc(count, size);

	if (p == NULL) {
		perror("train");
		exit(2);
	}
	return p;
}

void
parameters_new(struct parameters *p)
{
	size_t at = 0;

	for (size_t i = 0; i < NET_LAYERS; i++)
		at += (net_layers[i].size * net_layers[i].size * net_layers[i].in + 1) * net_padded(&net_layers[i]);
	p->count = at;
	p->memory = allocate(at, sizeof *p->memory);
	at = 0;
	for (size_t i = 0; i < NET_LAYERS; i++) {
		const struct net_layer *l = &net_layers[i];

		p->weights[i] = p->memory + at;
		at += l->size * l->size * l->in * net_padded(l);
		p->bias[i] = p->memory + at;
		at += net_padded(l);
	}
}

void
parameters_clear(struct parameters *p)
{
	memset(p->memory, 0, p->count * sizeof *p->memory);
}

/* One more row than weights: the biases, which follow in both layouts. */
static size_t
layer_rows(const struct net_layer *l)
{
	return l->size * l->size * l->in + 1;
}

void
parameters_set(struct parameters *p, const float *flat)
{
	for (size_t i = 0; i < NET_LAYERS; i++)
		for (size_t row = 0; row < layer_rows(&net_layers[i]); row++, flat += net_layers[i].out)
			memcpy(p->weights[i] + row * net_padded(&net_layers[i]), flat, net_layers[i].out * sizeof *flat);
}

void
parameters_get(const struct parameters *p, float *flat)
{
	for (size_t i = 0; i < NET_LAYERS; i++)
		for (size_t row = 0; row < layer_rows(&net_layers[i]); row++, flat += net_layers[i].out)
			memcpy(flat, p->weights[i] + row * net_padded(&net_layers[i]), net_layers[i].out * sizeof *flat);
}

static void
plane_new(struct plane *p, size_t level, size_t channels)
{
	p->width = p->height = CROP >> level;
	p->channels = channels;
	p->row = (p->width + 2 * BORDER) * channels;
	p->at = (float *)allocate(p->row * (p->height + 2 * BORDER) + CONV_LANES, sizeof *p->at) +
	    BORDER * (p->row + channels);
}

struct backprop *
backprop_new(void)
{
	struct backprop *b = allocate(1, sizeof *b);

	for (enum net_map i = 0; i < NET_MAPS; i++) {
		plane_new(&b->value[i], net_shapes[i].level, net_shapes[i].channels);
		plane_new(&b->slope[i], net_shapes[i].level, net_shapes[i].channels);
	}
	parameters_new(&b->sums);
	return b;
}

static struct fconv
layer_conv(const struct parameters *p, size_t layer, const struct plane *in, const struct plane *out)
{
	const struct net_layer *l = &net_layers[layer];
	size_t stride = l->size % 2 == 0 ? 2 : 1;
	struct fconv c = {.in = in->at, .in_row = in->row * stride, .in_step = in->channels * stride, .out = out->at,
	    .out_row = out->row, .out_step = out->channels, .weights = p->weights[layer], .bias = p->bias[layer],
	    .width = out->width, .height = out->height, .channels = net_padded(l), .relu = l->relu};

	c.taps = net_taps(l, in->row, in->channels, c.tap, &c.run);
	return c;
}

/* ---- forward ---- */

static void
join(const struct plane *small, const struct plane *with, const struct plane *to)
{
	size_t n = small->channels;

	for (size_t y = 0; y < to->height; y++) {
		const float *a = with->at + y * with->row, *b = small->at + y / 2 * small->row;
		float *out = to->at + y * to->row;

		for (size_t x = 0; x < to->width; x++)
			for (size_t i = 0; i < n; i++)
				out[x * n + i] = a[x * n + i] + b[x / 2 * n + i];
	}
}

static void
forward(struct backprop *b, const struct parameters *p)
{
	for (size_t i = 0; i < NET_LAYERS; i++) {
		const struct net_layer *l = &net_layers[i];
		struct fconv c = layer_conv(p, i, &b->value[l->from], &b->value[l->to]);

		if (l->add != NONE) {
			c.add = b->value[l->add].at;
			c.add_row = b->value[l->add].row;
			c.add_step = b->value[l->add].channels;
		}
		fconv_run(&c);
		if (l->join != NONE)
			join(&b->value[l->to], &b->value[l->with], &b->value[l->join]);
	}
}

/* ---- backward ---- */

/* TO = FROM where the ReLU let its value through: its output, less what was added after it, is above 0. */
static void
gate(const struct plane *from, const struct plane *out, const struct plane *add, const struct plane *to)
{
	for (size_t y = 0; y < to->height; y++) {
		const float *o = out->at + y * out->row, *f = from->at + y * from->row;
		const float *a = add ? add->at + y * add->row : NULL;
		float *t = to->at + y * to->row;

		for (size_t i = 0; i < to->width * to->channels; i++)
			t[i] = (a ? o[i] > a[i] : o[i] > 0) ? f[i] : 0;
	}
}

/* SMALL = TO, summed over 2x2 places */
static void
join_back(const struct plane *to, const struct plane *small)
{
	size_t n = small->channels;

	for (size_t y = 0; y < small->height; y++)
		for (size_t x = 0; x < small->width; x++) {
			const float *t = to->at + 2 * y * to->row + 2 * x * n;
			float *s = small->at + y * small->row + x * n;

			for (size_t i = 0; i < n; i++)
				s[i] = t[i] + t[n + i] + t[to->row + i] + t[to->row + n + i];
		}
}

/* IN = ADD + the gradient of the layer's input. SLOPE has a border of zeros as wide as the layer's window. */
static void
input_back(struct backprop *b, const struct parameters *p, size_t layer, const struct plane *slope, const struct plane *in,
    const struct plane *add)
{
	const struct net_layer *l = &net_layers[layer];
	struct fconv forth = layer_conv(p, layer, in, slope);
	size_t channels = forth.channels, width = l->in;
	struct fconv c = {.in = slope->at, .in_row = slope->row, .in_step = slope->channels, .weights = b->turned,
	    .width = slope->width, .height = slope->height, .run = channels};
	size_t group = l->size == 2 ? forth.run : width;	/* inputs that one convolution writes */

	for (size_t k = 0; k < l->size * l->size * width / group; k++)
		for (size_t i = 0; i < group; i++)
			for (size_t o = 0; o < channels; o++)
				b->turned[(k * channels + o) * group + i] = forth.weights[(k * group + i) * channels + o];
	c.channels = group;
	c.add_row = add ? add->row : 0;
	c.add_step = in->channels;
	if (l->size == 2) {	/* each row of the window is written by its own 1x1 convolution */
		c.out_row = c.add_row = forth.in_row;
		c.out_step = c.add_step = forth.in_step;
		c.taps = 1;
		for (size_t t = 0; t < forth.taps; t++, c.weights += channels * group) {
			c.out = in->at + forth.tap[t];
			c.add = add ? add->at + forth.tap[t] : NULL;
			fconv_run(&c);
		}
		return;
	}
	c.out = in->at;
	c.out_row = in->row;
	c.out_step = in->channels;
	c.add = add ? add->at : NULL;
	for (ptrdiff_t half = (ptrdiff_t)l->size / 2, y = -half; y <= half; y++)
		for (ptrdiff_t x = -half; x <= half; x++)
			c.tap[c.taps++] = -(y * (ptrdiff_t)slope->row + x * (ptrdiff_t)slope->channels) * (ptrdiff_t)l->dilation;
	fconv_run(&c);
}

/* From the slope of NET_LOGIT to the sums of all parameters' gradients. */
static void
backward(struct backprop *b, const struct parameters *p)
{
	bool done[NET_MAPS] = {false};

	parameters_clear(&b->sums);
	for (size_t i = NET_LAYERS; i-- > 0;) {
		const struct net_layer *l = &net_layers[i];
		struct plane *slope = &b->slope[l->to], gated;
		const struct plane *from = &b->value[l->from], *add = NULL;
		struct fconv c;

		if (l->join != NONE) {
			join_back(&b->slope[l->join], slope);
			memcpy(b->slope[l->with].at, b->slope[l->join].at,
			    ((slope->height * 2 - 1) * b->slope[l->join].row + slope->width * 2 * slope->channels) * sizeof *slope->at);
			done[l->with] = true;
		}
		gated = *slope;
		if (l->relu) {	/* the value is not needed again: its plane, whose border is zeros, takes the gated slope */
			gated = b->value[l->to];
			gate(slope, &b->value[l->to], l->add == NONE ? NULL : &b->value[l->add], &gated);
		}
		c = layer_conv(p, i, from, &gated);
		fconv_weights_back(&c, gated.at, b->sums.weights[i], b->sums.bias[i]);
		if (l->from == NET_IMAGE)
			continue;
		if (l->add != NONE)
			add = slope;	/* what was added passes the slope on: it is the input itself */
		else if (done[l->from])
			add = &b->slope[l->from];
		input_back(b, p, i, &gated, &b->slope[l->from], add);
		done[l->from] = true;
	}
}

double
backprop_run(struct backprop *b, const struct parameters *p, const struct scene *s, float *slopes, double *total)
{
	const struct plane *image = &b->value[NET_IMAGE], *logit = &b->value[NET_LOGIT], *back = &b->slope[NET_LOGIT];
	double sum = 0;

	for (size_t y = 0; y < CROP; y++)
		for (size_t x = 0; x < CROP * 3; x++)
			image->at[y * image->row + x] = (float)s->pixels[y * CROP * 3 + x] / 256;
	forward(b, p);
	*total = 0;
	for (size_t y = 0; y < CELLS; y++)
		for (size_t x = 0; x < CELLS; x++) {
			double z = logit->at[y * logit->row + x * CONV_LANES], t = s->target[y * CELLS + x];
			double w = s->weight[y * CELLS + x];

			sum += w * (fmax(z, 0) - z * t + log1p(exp(-fabs(z))));
			*total += w;
			back->at[y * back->row + x * CONV_LANES] = (float)(w * (1 / (1 + exp(-z)) - t));
		}
	if (slopes != NULL) {
		backward(b, p);
		parameters_get(&b->sums, slopes);
	}
	return sum;
}
