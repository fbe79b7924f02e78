/* net.c - see net.h */
#include "text/net.h"

#include <stdlib.h>
#include <string.h>

const struct net_shape net_shapes[NET_MAPS] = {
	[NET_IMAGE] = {3, 0, 2},
	[NET_A] = {8, 1, 0},
	[NET_B1] = {16, 2, 1},
	[NET_B2] = {16, 2, 0},
	[NET_C0] = {32, 3, 1},
	[NET_C1] = {32, 3, 2},
	[NET_C2] = {32, 3, 0},
	[NET_D0] = {48, 4, 1},
	[NET_D1] = {48, 4, 2},
	[NET_D2] = {48, 4, 4},
	[NET_D3] = {48, 4, 1},
	[NET_D4] = {48, 4, 0},
	[NET_E0] = {32, 3, 1},
	[NET_E1] = {32, 3, 0},
	[NET_U] = {16, 2, 1},
	[NET_V] = {16, 2, 0},
	[NET_LOGIT] = {CONV_LANES, 2, 0},
	[NET_G] = {32, 4, 0},
	[NET_H] = {16, 3, 0},
};

#define NONE NET_IMAGE
const struct net_layer net_layers[NET_LAYERS] = {
	{"a", NET_IMAGE, NET_A, NONE, 6, 1, 3, 8, true, NONE, NONE},	/* s2d and 3x3: a window of 6 that steps by 2 */
	{"b1", NET_A, NET_B1, NONE, 2, 1, 8, 16, true, NONE, NONE},
	{"b2", NET_B1, NET_B2, NET_B1, 3, 1, 16, 16, true, NONE, NONE},
	{"c0", NET_B2, NET_C0, NONE, 2, 1, 16, 32, true, NONE, NONE},
	{"c1", NET_C0, NET_C1, NET_C0, 3, 1, 32, 32, true, NONE, NONE},
	{"c2", NET_C1, NET_C2, NET_C1, 3, 2, 32, 32, true, NONE, NONE},
	{"d0", NET_C2, NET_D0, NONE, 2, 1, 32, 48, true, NONE, NONE},
	{"d1", NET_D0, NET_D1, NET_D0, 3, 1, 48, 48, true, NONE, NONE},
	{"d2", NET_D1, NET_D2, NET_D1, 3, 2, 48, 48, true, NONE, NONE},
	{"d3", NET_D2, NET_D3, NET_D2, 3, 4, 48, 48, true, NONE, NONE},
	{"d4", NET_D3, NET_D4, NET_D3, 3, 1, 48, 48, true, NONE, NONE},
	{"g", NET_D4, NET_G, NONE, 1, 1, 48, 32, false, NET_C2, NET_E0},
	{"e1", NET_E0, NET_E1, NET_E0, 3, 1, 32, 32, true, NONE, NONE},
	{"h", NET_E1, NET_H, NONE, 1, 1, 32, 16, false, NET_B2, NET_U},
	{"v", NET_U, NET_V, NONE, 3, 1, 16, 16, true, NONE, NONE},
	{"logit", NET_V, NET_LOGIT, NONE, 1, 1, 16, 1, false, NONE, NONE},
};

size_t
net_padded(const struct net_layer *l)
{
	return (l->out + CONV_LANES - 1) / CONV_LANES * CONV_LANES;
}

size_t
net_taps(const struct net_layer *l, size_t row, size_t channels, ptrdiff_t tap[CONV_TAPS_MAX], size_t *run)
{
	/* Where the window starts: 2 above and left for the 6x6 one, the dilation for 3x3, nothing for 2x2 and 1x1. */
	ptrdiff_t before = l->size == 6 ? 2 : l->size == 3 ? (ptrdiff_t)l->dilation : 0;
	bool one_run = l->dilation == 1;	/* a row of the window lies in one piece */
	size_t n = 0;

	*run = one_run ? l->size * channels : channels;
	for (size_t y = 0; y < l->size; y++)
		for (size_t x = 0; x < (one_run ? 1 : l->size); x++)
			tap[n++] = ((ptrdiff_t)(y * l->dilation) - before) * (ptrdiff_t)row +
			    ((ptrdiff_t)(x * l->dilation) - before) * (ptrdiff_t)channels;
	return n;
}

/* ---- weights ---- */

static size_t
layer_places(const struct net_layer *l)
{
	return l->size * l->size;
}

/* Where the weight of input value I (of PLACES * IN) and output channel O is, as the kernel reads it. */
static size_t
weight_at(const struct net_layer *l, size_t i, size_t o)
{
	return (i / 2 * net_padded(l) + o) * 2 + i % 2;
}

static uint32_t
bytes_take(const unsigned char **from, unsigned count)
{
	uint32_t v = 0;

	for (unsigned i = 0; i < count; i++)
		v |= (uint32_t)*(*from)++ << 8 * i;
	return v;
}

/* Of one layer, which was checked to hold BYTES enough; false when its sums could overflow. */
static bool
layer_load(struct net_weights *w, size_t layer, const unsigned char **from)
{
	const struct net_layer *l = &net_layers[layer];
	size_t values = layer_places(l) * l->in;
	int64_t sums[64] = {0};

	if ((w->shift[layer] = bytes_take(from, 1)) < 1 || w->shift[layer] > 15)
		return false;
	for (size_t o = 0; o < l->out; o++) {
		w->bias[layer][o] = (int32_t)bytes_take(from, 4);
		sums[o] = llabs((int64_t)w->bias[layer][o]);
		if (sums[o] > CONV_SUM_MAX)
			return false;
		w->bias[layer][o] += 1 << (w->shift[layer] - 1);	/* rounds */
	}
	for (size_t i = 0; i < values; i++)
		for (size_t o = 0; o < l->out; o++) {
			int16_t v = (int16_t)bytes_take(from, 2);

			w->weights[layer][weight_at(l, i, o)] = v;
			sums[o] += (int64_t)abs(v) << 15;
		}
	for (size_t o = 0; o < l->out; o++)
		if (sums[o] > CONV_SUM_MAX)
			return false;
	return true;
}

/* The first layer's weights for gray images: those of red, green and blue added up. */
static bool
gray_fill(struct net_weights *w)
{
	const struct net_layer *l = &net_layers[0];

	for (size_t p = 0; p < layer_places(l); p++)
		for (size_t o = 0; o < l->out; o++) {
			int32_t sum = 0;

			for (size_t c = 0; c < l->in; c++)
				sum += w->weights[0][weight_at(l, p * l->in + c, o)];
			if (sum < INT16_MIN || sum > INT16_MAX)
				return false;
			w->gray[weight_at(l, p, o)] = (int16_t)sum;
		}
	return true;
}

bool
net_weights_load(struct net_weights *w, const unsigned char *bytes, size_t count)
{
	size_t weights = layer_places(&net_layers[0]) * net_padded(&net_layers[0]), biases = 0;
	int32_t *b;
	int16_t *p;
	bool ok = count == NET_FILE_BYTES;

	for (size_t i = 0; i < NET_LAYERS; i++) {
		weights += layer_places(&net_layers[i]) * net_layers[i].in * net_padded(&net_layers[i]);
		biases += net_padded(&net_layers[i]);
	}
	memset(w, 0, sizeof *w);
	if (!ok || (w->memory = calloc(1, biases * sizeof *b + weights * sizeof *p)) == NULL)
		return false;
	b = w->memory;
	w->gray = p = (int16_t *)(b + biases);
	p += layer_places(&net_layers[0]) * net_padded(&net_layers[0]);
	for (size_t i = 0; i < NET_LAYERS && ok; i++) {
		w->bias[i] = b;
		w->weights[i] = p;
		b += net_padded(&net_layers[i]);
		p += layer_places(&net_layers[i]) * net_layers[i].in * net_padded(&net_layers[i]);
		ok = layer_load(w, i, &bytes);
	}
	if (ok && gray_fill(w))
		return true;
	net_weights_free(w);
	return false;
}

void
net_weights_free(struct net_weights *w)
{
	free(w->memory);
	memset(w, 0, sizeof *w);
}

/* The trained weights as a file inside of the program: lines that say where they are from, an empty line, the weights. */
__asm__(".pushsection .rodata\n"
    "net_file: .incbin \"share/text-net.bin\"\n"
    "net_file_end: .byte 0\n"
    ".popsection\n");
extern const char net_file[] __attribute__((visibility("hidden")));
extern const char net_file_end[] __attribute__((visibility("hidden")));

bool
net_shipped(struct net_weights *w)
{
	const char *start = strstr(net_file, "\n\n");

	return start != NULL && start + 2 <= net_file_end &&
	    net_weights_load(w, (const unsigned char *)start + 2, (size_t)(net_file_end - start - 2));
}

/* ---- planes ---- */

/*
 * Sets the shapes of maps FIRST to LAST for an image of that size, and their places one after another from *USED values
 * on; false when that overflows.
 */
static bool
planes_shape(struct net_maps *m, enum net_map first, enum net_map last, size_t width, size_t height, size_t *used)
{
	for (enum net_map i = first; i <= last; i++) {
		struct net_plane *p = &m->maps[i];
		size_t rows, values;

		p->border = net_shapes[i].border;
		p->width = width >> net_shapes[i].level;
		p->height = height >> net_shapes[i].level;
		p->row = (p->width + 2 * p->border) * p->channels;
		p->start = *used;
		rows = p->height + 2 * p->border;
		if (__builtin_mul_overflow(p->row, rows, &values) || __builtin_add_overflow(*used, values, used))
			return false;
	}
	return true;
}

static size_t
larger(size_t a, size_t b)
{
	return a > b ? a : b;
}

bool
net_maps_size(struct net_maps *m, size_t width, size_t height, size_t channels)
{
	size_t used = 0, early, late, bytes;

	if (width == 0 || height == 0 || width % NET_ALIGN || height % NET_ALIGN || width > UINT32_MAX ||
	    height > UINT32_MAX)
		return false;
	for (enum net_map i = 0; i < NET_G; i++)
		m->maps[i].channels = i == NET_IMAGE ? channels : net_shapes[i].channels;
	if (!planes_shape(m, NET_LOGIT, NET_LOGIT, width, height, &used) ||
	    !planes_shape(m, NET_B1, NET_B2, width, height, &used))
		return false;
	/* The rest lies one over another: image and A; what follows B2, up to E1; U and V, which need B2 and E1 alone. */
	early = late = used;
	if (!planes_shape(m, NET_IMAGE, NET_A, width, height, &early) ||
	    !planes_shape(m, NET_U, NET_V, width, height, &late) ||
	    !planes_shape(m, NET_C0, NET_E0, width, height, &used))
		return false;
	used = larger(used, late);
	if (!planes_shape(m, NET_E1, NET_E1, width, height, &used))
		return false;
	used = larger(used, early);
	if (__builtin_mul_overflow(used, sizeof *m->memory, &bytes))
		return false;
	if (used > m->room) {
		free(m->memory);
		m->room = 0;
		if ((m->memory = malloc(bytes)) == NULL)
			return false;
		m->room = used;
	}
	for (enum net_map i = 0; i < NET_G; i++) {
		struct net_plane *p = &m->maps[i];

		p->at = m->memory + p->start + p->border * (p->row + p->channels);
	}
	return true;
}

void
net_maps_free(struct net_maps *m)
{
	free(m->memory);
	memset(m, 0, sizeof *m);
}

/* Memory is shared, so what a border held may be anything. */
static void
border_clear(const struct net_plane *p)
{
	size_t side = p->border * p->channels * sizeof *p->at;
	int16_t *row = p->at - p->border * (p->row + p->channels);

	if (side == 0)
		return;
	memset(row, 0, p->border * p->row * sizeof *row);
	for (size_t y = 0; y < p->height; y++) {
		row = p->at + y * p->row;
		memset(row - p->border * p->channels, 0, side);
		memset(row + p->width * p->channels, 0, side);
	}
	memset(p->at + p->height * p->row - p->border * p->channels, 0, p->border * p->row * sizeof *row);
}

/* ---- forward ---- */

/* OUT = the convolution of layer L, + ADD unless that is NULL. */
static void
plane_run(const struct net_weights *w, size_t layer, const struct net_plane *in, const struct net_plane *out,
    const struct net_plane *add)
{
	const struct net_layer *l = &net_layers[layer];
	size_t stride = l->size % 2 == 0 ? 2 : 1;
	struct conv c = {.in = in->at, .in_row = in->row * stride, .in_step = in->channels * stride, .out = out->at,
	    .out_row = out->row, .out_step = out->channels, .weights = w->weights[layer], .bias = w->bias[layer],
	    .shift = w->shift[layer], .width = out->width, .height = out->height, .channels = net_padded(l),
	    .relu = l->relu};

	if (layer == 0 && in->channels == 1)
		c.weights = w->gray;
	c.taps = net_taps(l, in->row, in->channels, c.tap, &c.run);
	if (add != NULL) {
		c.add = add->at;
		c.add_row = add->row;
	}
	if (out->width <= in->width) {
		conv_run(&c);
		return;
	}
	/* Up: each place of the output is one of four that are alike, but for what is added. */
	c.width = in->width;
	c.height = in->height;
	c.out_row *= 2;
	c.out_step *= 2;
	c.add_row *= 2;
	for (size_t i = 0; i < 4; i++) {
		c.out = out->at + i / 2 * out->row + i % 2 * out->channels;
		c.add = add->at + i / 2 * add->row + i % 2 * add->channels;
		conv_run(&c);
	}
}

void
net_forward(const struct net_weights *w, struct net_maps *m)
{
	border_clear(&m->maps[NET_IMAGE]);
	for (size_t i = 0; i < NET_LAYERS; i++) {
		const struct net_layer *l = &net_layers[i];
		enum net_map to = l->join != NONE ? l->join : l->to, add = l->join != NONE ? l->with : l->add;

		border_clear(&m->maps[to]);
		plane_run(w, i, &m->maps[l->from], &m->maps[to], add != NONE ? &m->maps[add] : NULL);
	}
}
