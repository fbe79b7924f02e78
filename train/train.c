/*
 * train.c - train the text net on drawn text; see README
 *
 * One thread, seeded, resumable: sample I depends on the seed and I alone, so a run that was interrupted ends with the
 * same weights.
 */
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "train.h"

#define BATCH 8
#define RATE 3e-3
#define WARM_UP 300
#define AVERAGE .999	/* of the weights, which is what is saved */
#define SAVE_EVERY 500
#define TEST_SAMPLES 64	/* numbered down from the top, so never trained on */

struct state {	/* everything that a checkpoint holds */
	uint64_t seed, steps, step;
	float weights[NET_WEIGHTS], mean[NET_WEIGHTS], square[NET_WEIGHTS], average[NET_WEIGHTS];
};

/* Gradients of the planes, laid out as the planes, and of the weights. */
static struct net_weights net, gradient;
static struct net_maps maps, back;

static void
die(const char *what)
{
	fprintf(stderr, "train: %s: %s\n", what, strerror(errno));
	exit(2);
}

/* ---- backward ---- */

/* TO = FROM where the ReLU let its value through: its output, less what was added after it, is above 0. */
static void
gate(const struct net_plane *from, const struct net_plane *out, const struct net_plane *add, const struct net_plane *to)
{
	for (size_t y = 0; y < to->height; y++)
		for (size_t i = 0; i < to->width * to->channels; i++) {
			float z = out->at[y * out->row + i] - (add ? add->at[y * add->row + i] : 0);

			to->at[y * to->row + i] = z > 0 ? from->at[y * from->row + i] : 0;
		}
}

typedef float vector __attribute__((vector_size(32), aligned(4)));

/* Adds the weights' gradient over a row for N values of one run, in registers; V vectors of output channels. */
static inline __attribute__((always_inline)) void
weights_row(const struct conv *c, const float *in, const float *slope, float *sum, const size_t n, const size_t v)
{
	vector s[12];

#pragma GCC unroll 12
	for (size_t i = 0; i < n * v; i++)
		s[i] = *(const vector *)(sum + i * 8);
	for (size_t x = 0; x < c->width; x++, in += c->in_step, slope += c->out_step)
#pragma GCC unroll 4
		for (size_t i = 0; i < n; i++)
#pragma GCC unroll 4
			for (size_t j = 0; j < v; j++)
				s[i * v + j] += in[i] * *(const vector *)(slope + j * 8);
#pragma GCC unroll 12
	for (size_t i = 0; i < n * v; i++)
		*(vector *)(sum + i * 8) = s[i];
}

/* Adds the gradients of layer L's weights and biases; SLOPE is the gradient of its sums before the ReLU. */
static void
weights_back(size_t layer, const struct net_plane *in, const struct net_plane *slope)
{
	struct conv c = net_conv(&net, layer, in, slope, NULL);
	float *sum = gradient.weights[layer];

	for (size_t t = 0; t < c.taps; t++)
		for (size_t i = 0; i < c.run; i += 2, sum += 2 * c.channels)
			for (size_t y = 0; y < c.height; y++) {
				const float *from = c.in + y * c.in_row + c.tap[t] + i, *s = slope->at + y * slope->row;

				if (c.channels == 24)
					weights_row(&c, from, s, sum, 2, 3);
				else if (c.channels == 16)
					weights_row(&c, from, s, sum, 2, 2);
				else
					weights_row(&c, from, s, sum, 2, 1);
			}
	for (size_t y = 0; y < slope->height; y++)
		for (size_t x = 0; x < slope->width; x++)
			for (size_t i = 0; i < c.channels; i++)
				gradient.bias[layer][i] += slope->at[y * slope->row + x * slope->channels + i];
}

/* IN = ADD + the gradient of the layer's input. SLOPE needs a border as wide as the layer's window. */
static void
input_back(size_t layer, const struct net_plane *slope, const struct net_plane *in, const struct net_plane *add)
{
	static float turned[32 * 9 * 24];
	const struct net_layer *l = &net_layers[layer];
	struct conv forward = net_conv(&net, layer, in, slope, NULL);
	size_t channels = forward.channels, n = forward.run * forward.taps, width = l->in;
	struct conv c = {.in = slope->at, .in_row = slope->row, .in_step = slope->channels, .weights = turned,
	    .width = slope->width, .height = slope->height, .run = channels};

	if (l->size == 2) {	/* each run of the window is written by its own 1x1 convolution */
		for (size_t t = 0; t < forward.taps; t++) {
			for (size_t i = 0; i < forward.run; i++)
				for (size_t o = 0; o < channels; o++)
					turned[o * forward.run + i] = forward.weights[(t * forward.run + i) * channels + o];
			c.out = in->at + forward.tap[t];
			c.out_row = forward.in_row;
			c.out_step = forward.in_step;
			c.add = add ? add->at + forward.tap[t] : NULL;
			c.channels = forward.run;
			c.taps = 1;
			conv_run(&c);
		}
		return;
	}
	for (size_t k = 0; k < n / width; k++)	/* window pixel by window pixel */
		for (size_t i = 0; i < width; i++)
			for (size_t o = 0; o < channels; o++)
				turned[(k * channels + o) * width + i] = forward.weights[(k * width + i) * channels + o];
	c.out = in->at;
	c.out_row = in->row;
	c.out_step = in->channels;
	c.add = add ? add->at : NULL;
	c.channels = width;
	for (ptrdiff_t half = (ptrdiff_t)l->size / 2, y = -half; y <= half; y++)
		for (ptrdiff_t x = -half; x <= half; x++)
			c.tap[c.taps++] = -(y * (ptrdiff_t)slope->row + x * (ptrdiff_t)slope->channels) * (ptrdiff_t)l->dilation;
	conv_run(&c);
}

/* From back.logit to the gradients of all weights, which are added up. */
static void
backward(void)
{
	weights_back(10, &maps.v, &back.logit);
	input_back(10, &back.logit, &back.v, NULL);
	gate(&back.v, &maps.v, NULL, &back.v);
	weights_back(9, &maps.u, &back.v);
	input_back(9, &back.v, &back.u, NULL);
	for (size_t y = 0; y < back.h.height; y++)
		for (size_t x = 0; x < back.h.width; x++)
			for (size_t i = 0; i < 16; i++) {
				const float *u = back.u.at + 2 * y * back.u.row + 2 * x * 16 + i;

				back.h.at[y * back.h.row + x * 16 + i] = u[0] + u[16] + u[back.u.row] + u[back.u.row + 16];
			}
	weights_back(8, &maps.c[NET_STEPS], &back.h);
	input_back(8, &back.h, &back.c[NET_STEPS], NULL);
	for (size_t i = NET_STEPS; i-- > 0;) {
		struct net_plane *spare = &back.c[i >= 2 ? 0 : 4];

		gate(&back.c[i + 1], &maps.c[i + 1], &maps.c[i], spare);
		weights_back(4 + i, &maps.c[i], spare);
		input_back(4 + i, spare, &back.c[i], &back.c[i + 1]);
	}
	gate(&back.c[0], &maps.c[0], NULL, &back.c[0]);
	weights_back(3, &maps.b2, &back.c[0]);
	input_back(3, &back.c[0], &back.b2, &back.u);	/* b2 went into u too */
	gate(&back.b2, &maps.b2, &maps.b1, &back.u);
	weights_back(2, &maps.b1, &back.u);
	input_back(2, &back.u, &back.b1, &back.b2);
	gate(&back.b1, &maps.b1, NULL, &back.b1);
	weights_back(1, &maps.a, &back.b1);
	input_back(1, &back.b1, &back.a, NULL);
	gate(&back.a, &maps.a, NULL, &back.a);
	weights_back(0, &maps.image, &back.a);
}

static float
luma(const uint8_t *rgb)
{
	return (.299f * (float)rgb[0] + .587f * (float)rgb[1] + .114f * (float)rgb[2]) / 255;
}

/* The weighted cross entropy of S, summed; adds S's weights to *TOTAL and fills back.logit. */
static double
loss(const struct scene *s, double *total)
{
	double sum = 0;

	for (size_t y = 0; y < CROP; y++)
		for (size_t x = 0; x < CROP; x++)
			maps.image.at[y * maps.image.row + x] = luma(s->pixels + (y * CROP + x) * 3);
	net_forward(&net, &maps);
	for (size_t y = 0; y < CELLS; y++)
		for (size_t x = 0; x < CELLS; x++) {
			double z = maps.logit.at[y * maps.logit.row + x * CONV_LANES], t = s->target[y * CELLS + x];
			double w = s->weight[y * CELLS + x];

			sum += w * (fmax(z, 0) - z * t + log1p(exp(-fabs(z))));
			*total += w;
			back.logit.at[y * back.logit.row + x * CONV_LANES] = (float)(w * (1 / (1 + exp(-z)) - t));
		}
	return sum;
}

static void
gradient_clear(void)
{
	static const float zeros[NET_WEIGHTS];

	net_weights_set(&gradient, zeros);
}

/*
 * Goes along each layer's gradient, both ways: the loss must change by its length. Single weights drown in the rounding
 * of 28,000 others.
 */
static int
gradient_check(uint64_t seed)
{
	static struct scene s;
	static float flat[NET_WEIGHTS], slope[NET_WEIGHTS], moved[NET_WEIGHTS];
	struct rng r = {seed};
	double total = 0, worst = 0;
	size_t at = 0;

	scene_draw(&r, &s);
	net_weights_get(&net, flat);
	gradient_clear();
	loss(&s, &total);
	backward();
	net_weights_get(&gradient, slope);
	for (size_t i = 0; i < NET_LAYERS; i++) {
		const struct net_layer *l = &net_layers[i];
		size_t n = (l->size * l->size * l->in + 1) * l->out;
		double length = 0, change = 0, h = 2e-3;

		for (size_t k = 0; k < n; k++)
			length += (double)slope[at + k] * slope[at + k];
		length = sqrt(length);
		for (int side = -1; side <= 1; side += 2) {
			memcpy(moved, flat, sizeof moved);
			for (size_t k = 0; k < n; k++)
				moved[at + k] = (float)(flat[at + k] + side * h * slope[at + k] / length);
			net_weights_set(&net, moved);
			change += side * loss(&s, &total);
		}
		change /= 2 * h;
		printf("%-6s slope %.4f, measured %.4f\n", l->name, length, change);
		worst = fmax(worst, fabs(change / length - 1));
		at += n;
	}
	return worst < .01 ? 0 : 1;
}

/* ---- training ---- */

static void
weights_start(struct state *s)
{
	struct rng r = {s->seed};
	float *w = s->weights;

	for (size_t i = 0; i < NET_LAYERS; i++) {
		const struct net_layer *l = &net_layers[i];
		size_t fan = l->size * l->size * l->in;

		for (size_t k = 0; k < fan * l->out; k++)
			*w++ = (float)(rng_normal(&r) * sqrt(2. / (double)fan));
		for (size_t k = 0; k < l->out; k++)
			*w++ = i == NET_LAYERS - 1 ? -2 : 0;
	}
	memcpy(s->average, s->weights, sizeof s->average);
}

static double
rate(const struct state *s)
{
	double warm = (double)(s->step + 1) / WARM_UP, done = (double)s->step / (double)s->steps;

	return RATE * fmin(1, warm) * (.5 + .5 * cos(done * 3.14159265358979)) + 1e-5;
}

static double
step(struct state *s)
{
	static struct scene scene;
	static float slope[NET_WEIGHTS];
	double total = 0, sum = 0, norm = 0, t = (double)s->step + 1, keep = fmin(AVERAGE, t / (t + 10));

	net_weights_set(&net, s->weights);
	gradient_clear();
	for (uint64_t i = 0; i < BATCH; i++) {
		struct rng r = {s->seed * 0x9e3779b97f4a7c15u + (s->step * BATCH + i) * 0xd1342543de82ef95u};

		scene_draw(&r, &scene);
		sum += loss(&scene, &total);
		backward();
	}
	net_weights_get(&gradient, slope);
	for (size_t i = 0; i < NET_WEIGHTS; i++) {
		slope[i] = (float)(slope[i] / total);
		norm += (double)slope[i] * slope[i];
	}
	norm = sqrt(norm) > 1 ? 1 / sqrt(norm) : 1;
	for (size_t i = 0; i < NET_WEIGHTS; i++) {
		double g = slope[i] * norm;

		s->mean[i] = (float)(.9 * s->mean[i] + .1 * g);
		s->square[i] = (float)(.999 * s->square[i] + .001 * g * g);
		s->weights[i] -= (float)(rate(s) * (s->mean[i] / (1 - pow(.9, t))) /
		    (sqrt(s->square[i] / (1 - pow(.999, t))) + 1e-8));
		s->average[i] = (float)(keep * s->average[i] + (1 - keep) * s->weights[i]);
	}
	s->step++;
	return sum / total;
}

/* How well the averaged weights do on samples that are never trained on: shares of cells. */
static void
measure(const struct state *s, char *figures, size_t size)
{
	static struct scene scene;
	double total = 0, sum = 0, hit = 0, text = 0, wrong = 0, other = 0;

	net_weights_set(&net, s->average);
	for (uint64_t i = 1; i <= TEST_SAMPLES; i++) {
		struct rng r = {s->seed * 0x9e3779b97f4a7c15u - i * 0xd1342543de82ef95u};

		scene_draw(&r, &scene);
		sum += loss(&scene, &total);
		for (size_t c = 0; c < CELLS * CELLS; c++) {
			int says = maps.logit.at[c / CELLS * maps.logit.row + c % CELLS * CONV_LANES] > 0;

			if (scene.weight[c] == 0 || (scene.weight[c] < 1 && scene.target[c] == 0))
				continue;
			text += scene.target[c];
			other += 1 - scene.target[c];
			hit += says && scene.target[c] > 0;
			wrong += says && scene.target[c] == 0;
		}
	}
	snprintf(figures, size, "loss %.4f, cells of text found %.4f, other cells taken for text %.5f", sum / total,
	    hit / text, wrong / other);
}

static void
save(const struct state *s, const char *checkpoint, const char *out, const char *figures)
{
	char name[4096];
	FILE *f;

	snprintf(name, sizeof name, "%s.new", checkpoint);
	if ((f = fopen(name, "wb")) == NULL || fwrite(s, sizeof *s, 1, f) != 1 || fclose(f) != 0 ||
	    rename(name, checkpoint) != 0)
		die(checkpoint);
	snprintf(name, sizeof name, "%s.new", out);
	if ((f = fopen(name, "wb")) == NULL)
		die(out);
	fprintf(f, "unphi text net 1\nmade by train/, see its README; %d floats, little-endian, after the blank line\n"
	    "seed %llu, %llu of %llu steps of %d crops of %dx%d\n%s\n\n", (int)NET_WEIGHTS, (unsigned long long)s->seed,
	    (unsigned long long)s->step, (unsigned long long)s->steps, BATCH, CROP, CROP, figures);
	if (fwrite(s->average, sizeof s->average, 1, f) != 1 || fclose(f) != 0 || rename(name, out) != 0)
		die(out);
}

/* Writes scene I as a PPM with its labels beside it, for people who want to look. */
static void
show(uint64_t seed, uint64_t i)
{
	static struct scene s;
	struct rng r = {seed * 0x9e3779b97f4a7c15u + i * 0xd1342543de82ef95u};

	scene_draw(&r, &s);
	printf("P6\n%d %d\n255\n", CROP * 2, CROP);
	for (int y = 0; y < CROP; y++) {
		fwrite(s.pixels + y * CROP * 3, 3, CROP, stdout);
		for (int x = 0; x < CROP; x++) {
			int c = y / 4 * CELLS + x / 4;

			for (int p = 0; p < 3; p++)
				putchar(s.target[c] > 0 ? 255 - (s.weight[c] == 0 ? 100 : 0) : s.weight[c] == 1 ? 0 : 60);
		}
	}
}

int
main(int argc, char *argv[])
{
	static const char usage[] = "usage: train [-s seed] [-n steps] [-c checkpoint] [-o weights] [-f fonts]... backgrounds...\n"
	    "       train -g backgrounds...        check the gradients\n"
	    "       train -p sample backgrounds... print a sample as PPM\n";
	static struct state s = {.seed = 1, .steps = 20000};
	const char *dirs[16] = {"/usr/share/fonts"}, *checkpoint = "train.state", *out = "text-net.bin";
	int c, fonts = 0, images = 0, check = 0;
	long sample = -1;
	char figures[200];
	double mean = 0;
	time_t begun;
	FILE *f;

	while ((c = getopt(argc, argv, "s:n:c:o:f:p:g")) != -1)
		switch (c) {
		case 's':
			s.seed = strtoull(optarg, NULL, 10);
			break;
		case 'n':
			s.steps = strtoull(optarg, NULL, 10);
			break;
		case 'c':
			checkpoint = optarg;
			break;
		case 'o':
			out = optarg;
			break;
		case 'f':
			if (fonts < 16)
				dirs[fonts++] = optarg;
			break;
		case 'p':
			sample = strtol(optarg, NULL, 10);
			break;
		case 'g':
			check = 1;
			break;
		default:
			fputs(usage, stderr);
			return 2;
		}
	fonts = fonts_load(dirs, fonts ? fonts : 1);
	for (; optind < argc; optind++)
		images = backgrounds_load(argv[optind]);
	fprintf(stderr, "%d fonts, %d backgrounds\n", fonts, images);
	if (fonts == 0 || s.steps == 0) {
		fputs(usage, stderr);
		return 2;
	}
	if (sample >= 0) {
		show(s.seed, (uint64_t)sample);
		return 0;
	}
	if (!net_weights_new(&net) || !net_weights_new(&gradient) || !net_maps_size(&maps, CROP, CROP, true) ||
	    !net_maps_size(&back, CROP, CROP, true))
		die("memory");
	weights_start(&s);
	if (check) {
		net_weights_set(&net, s.weights);
		return gradient_check(s.seed);
	}
	if ((f = fopen(checkpoint, "rb")) != NULL) {
		uint64_t steps = s.steps;

		if (fread(&s, sizeof s, 1, f) != 1)
			die(checkpoint);
		s.steps = steps;
		fclose(f);
		printf("resumed at step %llu\n", (unsigned long long)s.step);
	}
	begun = time(NULL);
	for (uint64_t first = s.step; s.step < s.steps;) {
		double now = step(&s);

		mean = mean > 0 ? .98 * mean + .02 * now : now;
		if (s.step % 100 == 0) {
			printf("step %llu loss %.4f, %.1f crops a second\n", (unsigned long long)s.step, mean,
			    BATCH * (double)(s.step - first) / ((double)(time(NULL) - begun) + .5));
			fflush(stdout);
		}
		if (s.step % SAVE_EVERY == 0 || s.step == s.steps) {
			measure(&s, figures, sizeof figures);
			printf("step %llu: %s\n", (unsigned long long)s.step, figures);
			save(&s, checkpoint, out, figures);
		}
	}
	return 0;
}
