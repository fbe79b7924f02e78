/*
 * net: does the text net say the same on every kernel, and in tiles what it says of the whole?
 *
 *	net kernels KERNEL...	all planes of a net of random weights, value by value
 *	net tiles REACH		cells of a tile that is seen with REACH pixels around it
 *	net weights WEIGHT CUT	are weights all of WEIGHT, without the last CUT bytes of their file, taken?
 *
 * Status 0 when they are the same, or taken; 1 when not, 2 on trouble.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "text/net.h"

static uint64_t
chance(void)
{
	static uint64_t state = 1;

	return random_next(&state);
}

static void
put(unsigned char **to, int v, int count)
{
	for (int i = 0; i < count; i++)
		*(*to)++ = (unsigned char)((unsigned)v >> 8 * i);
}

/* Weights that keep values large and of both signs from the first layer to the last, so that they saturate too. */
static int
random_net(struct net_weights *w)
{
	static unsigned char bytes[NET_FILE_BYTES];
	unsigned char *p = bytes;

	for (size_t n = 0; n < NET_LAYERS; n++) {
		const struct net_layer *l = &net_layers[n];

		put(&p, 11, 1);
		for (size_t i = 0; i < l->out; i++)
			put(&p, (int)(chance() % 200000) - 100000, 4);
		for (size_t i = 0; i < l->size * l->size * l->in * l->out; i++)
			put(&p, (int)(chance() % 301) - 150, 2);
	}
	return net_weights_load(w, bytes, sizeof bytes);
}

static void
image_fill(struct net_maps *m, const unsigned char *from, size_t row)
{
	const struct net_plane *image = &m->maps[NET_IMAGE];

	for (size_t y = 0; y < image->height; y++)
		for (size_t x = 0; x < image->width * image->channels; x++)
			image->at[y * image->row + x] = (int16_t)(from[y * row + x] * NET_SAMPLE);
}

/* The values of plane I from row Y0 and place X0 on, as many as OTHER has, are those of OTHER. */
static int
same(const struct net_maps *m, enum net_map i, size_t x0, size_t y0, const struct net_plane *other, size_t from, size_t count)
{
	const struct net_plane *p = &m->maps[i];

	for (size_t y = from; y < from + count; y++)
		if (memcmp(p->at + (y0 + y) * p->row + (x0 + from) * p->channels, other->at + y * other->row + from * p->channels,
		    count * p->channels * sizeof *p->at) != 0)
			return 0;
	return 1;
}

static int
kernels(int count, char *names[])
{
	static unsigned char pixels[112 * 112 * 3];
	struct net_weights w;
	int status = 0;

	for (int k = 0; k < count; k++)
		if (!conv_choose(names[k]))
			return 2;
	if (!random_net(&w))
		return 2;
	for (size_t i = 0; i < sizeof pixels; i++)
		pixels[i] = (unsigned char)chance();
	for (size_t channels = 1; channels <= 3; channels += 2) {
		struct net_maps first = {0}, other = {0};

		for (int k = 0; k < count; k++) {
			struct net_maps *m = k == 0 ? &first : &other;

			conv_choose(names[k]);
			if (!net_maps_size(m, 112, 112, channels))
				return 2;
			image_fill(m, pixels, 112 * channels);
			net_forward(&w, m);
			for (enum net_map i = NET_B1; i < NET_G; i++)
				status |= !same(m, i, 0, 0, &first.maps[i], 0, first.maps[i].width);
		}
		net_maps_free(&first);
		net_maps_free(&other);
	}
	net_weights_free(&w);
	return status;
}

static int
tiles(size_t reach)
{
	static unsigned char pixels[640 * 640];
	struct net_maps whole = {0}, tile = {0};
	struct net_weights w;
	size_t side = 64 + 2 * reach, start = 320 - 32 - reach;
	int status;

	if (reach % NET_ALIGN != 0 || reach > 288 || !random_net(&w) || !net_maps_size(&whole, 640, 640, 1) ||
	    !net_maps_size(&tile, side, side, 1))
		return 2;
	for (size_t i = 0; i < sizeof pixels; i++)
		pixels[i] = (unsigned char)chance();
	image_fill(&whole, pixels, 640);
	image_fill(&tile, pixels + start * 640 + start, 640);
	net_forward(&w, &whole);
	net_forward(&w, &tile);
	status = !same(&whole, NET_LOGIT, start / NET_CELL, start / NET_CELL, &tile.maps[NET_LOGIT], reach / NET_CELL,
	    64 / NET_CELL);
	net_maps_free(&whole);
	net_maps_free(&tile);
	net_weights_free(&w);
	return status;
}

static int
weights(int weight, size_t cut)
{
	static unsigned char bytes[NET_FILE_BYTES];
	unsigned char *p = bytes;
	struct net_weights w;

	for (size_t n = 0; n < NET_LAYERS; n++) {
		const struct net_layer *l = &net_layers[n];

		put(&p, 11, 1);
		for (size_t i = 0; i < l->out; i++)
			put(&p, 0, 4);
		for (size_t i = 0; i < l->size * l->size * l->in * l->out; i++)
			put(&p, weight, 2);
	}
	if (cut > sizeof bytes)
		return 2;
	if (!net_weights_load(&w, bytes, sizeof bytes - cut))
		return 1;
	net_weights_free(&w);
	return 0;
}

int
main(int argc, char *argv[])
{
	if (argc > 3 && strcmp(argv[1], "kernels") == 0)
		return kernels(argc - 2, argv + 2);
	if (argc == 3 && strcmp(argv[1], "tiles") == 0)
		return tiles(strtoul(argv[2], NULL, 10));
	if (argc == 4 && strcmp(argv[1], "weights") == 0)
		return weights(atoi(argv[2]), strtoul(argv[3], NULL, 10));
	fputs("usage: net kernels KERNEL KERNEL...\n       net tiles REACH\n       net weights WEIGHT CUT\n", stderr);
	return 2;
}
