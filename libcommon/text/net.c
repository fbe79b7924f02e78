/* net.c - see net.h */
#include "text/net.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define BORDER_WIDEST 8u

const struct net_layer net_layers[NET_LAYERS] = {
	{"a", 6, 1, 1, 8, true},	/* s2d and 3x3: a window of 6 pixels that steps by 2 */
	{"b1", 2, 1, 8, 16, true},
	{"b2", 3, 1, 16, 16, true},
	{"c0", 2, 1, 16, 24, true},
	{"c1", 3, 1, 24, 24, true},
	{"c2", 3, 2, 24, 24, true},
	{"c3", 3, 4, 24, 24, true},
	{"c4", 3, 8, 24, 24, true},
	{"h", 1, 1, 24, 16, false},
	{"v", 3, 1, 16, 16, true},
	{"logit", 1, 1, 16, 1, false},
};

size_t
net_padded(const struct net_layer *l)
{
	return (l->out + CONV_LANES - 1) / CONV_LANES * CONV_LANES;
}

bool
net_weights_new(struct net_weights *w)
{
	size_t total = 0;
	float *p;

	for (size_t i = 0; i < NET_LAYERS; i++)
		total += (net_layers[i].size * net_layers[i].size * net_layers[i].in + 1) * net_padded(&net_layers[i]);
	if ((p = calloc(total, sizeof *p)) == NULL)
		return false;
	for (size_t i = 0; i < NET_LAYERS; i++) {
		const struct net_layer *l = &net_layers[i];

		w->weights[i] = p;
		w->bias[i] = p + l->size * l->size * l->in * net_padded(l);
		p = w->bias[i] + net_padded(l);
	}
	return true;
}

void
net_weights_free(struct net_weights *w)
{
	free(w->weights[0]);
	memset(w, 0, sizeof *w);
}

void
net_weights_set(struct net_weights *w, const float *flat)
{
	for (size_t i = 0; i < NET_LAYERS; i++) {
		const struct net_layer *l = &net_layers[i];

		/* One more row than weights: the biases, which follow in both layouts. */
		for (size_t row = 0; row <= l->size * l->size * l->in; row++, flat += l->out)
			memcpy(w->weights[i] + row * net_padded(l), flat, l->out * sizeof *flat);
	}
}

void
net_weights_get(const struct net_weights *w, float *flat)
{
	for (size_t i = 0; i < NET_LAYERS; i++) {
		const struct net_layer *l = &net_layers[i];

		for (size_t row = 0; row <= l->size * l->size * l->in; row++, flat += l->out)
			memcpy(flat, w->weights[i] + row * net_padded(l), l->out * sizeof *flat);
	}
}

/* Sets P's shape and takes its place from *USED floats; false when that overflows. */
static bool
plane_shape(struct net_plane *p, size_t width, size_t height, size_t channels, size_t border, size_t *used)
{
	size_t floats;

	p->width = width;
	p->height = height;
	p->channels = channels;
	p->border = border;
	p->row = (width + 2 * border) * channels;
	if (__builtin_mul_overflow(p->row, height + 2 * border, &floats) ||
	    __builtin_add_overflow(*used, floats + CONV_LANES, used))
		return false;
	return true;
}

static void
plane_place(struct net_plane *p, float **memory)
{
	size_t floats = p->row * (p->height + 2 * p->border);

	p->memory = *memory;
	p->at = *memory + p->border * (p->row + p->channels);
	*memory += floats + CONV_LANES;	/* a last vector may reach over the end */
	memset(p->memory, 0, floats * sizeof *p->memory);
}

bool
net_maps_size(struct net_maps *m, size_t width, size_t height, bool keep)
{
	struct net_plane *all[] = {&m->image, &m->a, &m->b1, &m->b2, &m->h, &m->u, &m->v, &m->logit, &m->c[0],
	    &m->c[1], &m->c[2], &m->c[3], &m->c[4]};
	size_t used = 0, n = sizeof all / sizeof *all - (keep ? 0 : NET_STEPS - 1);
	size_t w4 = width / 4, h4 = height / 4, w8 = width / 8, h8 = height / 8, bytes;
	float *place;

	if (m->memory != NULL && m->image.width == width && m->image.height == height && m->keep == keep)
		return true;	/* the borders are still zeros */
	if (width == 0 || height == 0 || width % NET_ALIGN || height % NET_ALIGN || width > UINT32_MAX ||
	    height > UINT32_MAX)
		return false;
	if (!plane_shape(&m->image, width, height, 1, 2, &used) ||
	    !plane_shape(&m->a, width / 2, height / 2, 8, 0, &used) ||
	    !plane_shape(&m->b1, w4, h4, 16, 1, &used) || !plane_shape(&m->b2, w4, h4, 16, 1, &used) ||
	    !plane_shape(&m->h, w8, h8, 16, 0, &used) || !plane_shape(&m->u, w4, h4, 16, 1, &used) ||
	    !plane_shape(&m->v, w4, h4, 16, 1, &used) || !plane_shape(&m->logit, w4, h4, CONV_LANES, 0, &used))
		return false;
	for (size_t i = 0; i < (keep ? NET_STEPS + 1 : 2); i++)
		if (!plane_shape(&m->c[i], w8, h8, 24, BORDER_WIDEST, &used))
			return false;
	if (__builtin_mul_overflow(used, sizeof *m->memory, &bytes))
		return false;
	if (used > m->room) {
		free(m->memory);
		m->room = 0;
		m->image.width = 0;
		if ((m->memory = malloc(bytes)) == NULL)
			return false;
		m->room = used;
	}
	m->keep = keep;
	place = m->memory;
	for (size_t i = 0; i < n; i++)
		plane_place(all[i], &place);
	for (size_t i = 2; !keep && i <= NET_STEPS; i++)
		m->c[i] = m->c[i % 2];
	return true;
}

void
net_maps_free(struct net_maps *m)
{
	free(m->memory);
	memset(m, 0, sizeof *m);
}

struct conv
net_conv(const struct net_weights *w, size_t layer, const struct net_plane *in, const struct net_plane *out,
    const struct net_plane *add)
{
	const struct net_layer *l = &net_layers[layer];
	size_t stride = l->size % 2 == 0 ? 2 : 1;
	struct conv c = {.in = in->at, .in_row = in->row * stride, .in_step = in->channels * stride,
	    .out = out->at, .out_row = out->row, .out_step = out->channels, .add = add ? add->at : NULL,
	    .weights = w->weights[layer], .bias = w->bias[layer], .width = out->width, .height = out->height,
	    .channels = net_padded(l), .relu = l->relu};
	/* Where the window starts: 2 above and left for the 6x6 one, the dilation for 3x3, nothing for 2x2 and 1x1. */
	ptrdiff_t before = l->size == 6 ? 2 : l->size == 3 ? (ptrdiff_t)l->dilation : 0;
	bool one_run = l->dilation == 1;	/* a row of the window lies in one piece */

	c.run = one_run ? l->size * l->in : l->in;
	for (size_t y = 0; y < l->size; y++)
		for (size_t x = 0; x < (one_run ? 1 : l->size); x++)
			c.tap[c.taps++] = ((ptrdiff_t)(y * l->dilation) - before) * (ptrdiff_t)in->row +
			    ((ptrdiff_t)(x * l->dilation) - before) * (ptrdiff_t)in->channels;
	return c;
}

static void
layer_run(const struct net_weights *w, size_t layer, const struct net_plane *in, const struct net_plane *out,
    const struct net_plane *add)
{
	struct conv c = net_conv(w, layer, in, out, add);

	conv_run(&c);
}

/* u = b2 + h, each value of h 2x2 times */
static void
head_join(struct net_maps *m)
{
	for (size_t y = 0; y < m->u.height; y++) {
		float *u = m->u.at + y * m->u.row;
		const float *b2 = m->b2.at + y * m->b2.row, *h = m->h.at + y / 2 * m->h.row;

		for (size_t x = 0; x < m->u.width; x++)
			for (size_t i = 0; i < m->u.channels; i++)
				u[x * 16 + i] = b2[x * 16 + i] + h[x / 2 * 16 + i];
	}
}

void
net_forward(const struct net_weights *w, struct net_maps *m)
{
	layer_run(w, 0, &m->image, &m->a, NULL);
	layer_run(w, 1, &m->a, &m->b1, NULL);
	layer_run(w, 2, &m->b1, &m->b2, &m->b1);
	layer_run(w, 3, &m->b2, &m->c[0], NULL);
	for (size_t i = 0; i < NET_STEPS; i++)
		layer_run(w, 4 + i, &m->c[i], &m->c[i + 1], &m->c[i]);
	layer_run(w, 8, &m->c[NET_STEPS], &m->h, NULL);
	head_join(m);
	layer_run(w, 9, &m->u, &m->v, NULL);
	layer_run(w, 10, &m->v, &m->logit, NULL);
}

/*
 * The trained weights as a file inside of the program: lines of text that say where they are from, an empty line, then
 * NET_WEIGHTS floats, least significant byte first.
 */
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
	float *flat;

	if (start == NULL || (size_t)(net_file_end - start - 2) != NET_WEIGHTS * sizeof *flat ||
	    (flat = malloc(NET_WEIGHTS * sizeof *flat)) == NULL)
		return false;
	for (size_t i = 0; i < NET_WEIGHTS; i++) {
		const unsigned char *b = (const unsigned char *)start + 2 + 4 * i;
		uint32_t bits = (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;

		memcpy(&flat[i], &bits, sizeof bits);
	}
	net_weights_set(w, flat);
	free(flat);
	return true;
}
