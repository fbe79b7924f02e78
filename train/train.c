/*
 * train.c - train the text net on drawn text; see README
 *
 * Seeded and resumable: sample I depends on the seed and I alone, and gradients are added up in the order of samples, so
 * a run ends with the same weights on any number of threads, interrupted or not.
 */
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "backprop.h"

#define BATCH 8
#define RATE 3e-3
#define WARM_UP 500
#define AVERAGE .999	/* of the weights, which is what is saved */
#define SAVE_EVERY 500
#define TEST_SAMPLES 192	/* numbered down from the top, so never trained on */
#define POINTS_MAX 2000
#define THREADS_MAX 256

struct state {	/* everything that a checkpoint holds */
	uint64_t seed, steps, step;
	double loss;
	float weights[PARAMETERS], mean[PARAMETERS], square[PARAMETERS], average[PARAMETERS];
	struct point points[POINTS_MAX];
	uint64_t npoints;
};
static struct state s = {.seed = 1, .steps = 40000};

static struct parameters net;	/* what the samples of a step are run with */

static void
die(const char *what)
{
	fprintf(stderr, "train: %s: %s\n", what, strerror(errno));
	exit(2);
}

/* ---- many samples at a time ---- */

struct worker {
	pthread_t thread;
	struct backprop *backprop;
	struct net_maps maps;
	struct scene scene;
};

/* A job is a function of one sample; the workers take samples until there are no more. */
static struct {
	struct worker workers[THREADS_MAX];
	int threads;
	pthread_barrier_t begin, end;
	void (*sample)(struct worker *w, uint64_t i);
	uint64_t count;
	atomic_uint_fast64_t next;
} pool;

static void *
work(void *arg)
{
	struct worker *w = arg;

	w->backprop = backprop_new();
	for (;;) {
		pthread_barrier_wait(&pool.begin);
		for (uint64_t i; (i = pool.next++) < pool.count;)
			pool.sample(w, i);
		pthread_barrier_wait(&pool.end);
	}
	return NULL;
}

static void
pool_start(int threads)
{
	pool.threads = threads;
	pthread_barrier_init(&pool.begin, NULL, (unsigned)threads + 1);
	pthread_barrier_init(&pool.end, NULL, (unsigned)threads + 1);
	for (int i = 0; i < threads; i++)
		if ((errno = pthread_create(&pool.workers[i].thread, NULL, work, &pool.workers[i])) != 0)
			die("thread");
}

static void
pool_run(void (*sample)(struct worker *, uint64_t), uint64_t count)
{
	pool.sample = sample;
	pool.count = count;
	pool.next = 0;
	pthread_barrier_wait(&pool.begin);
	pthread_barrier_wait(&pool.end);
}

static struct rng
sample_rng(uint64_t i)
{
	return (struct rng){s.seed * 0x9e3779b97f4a7c15u + i * 0xd1342543de82ef95u};
}

/* ---- training ---- */

static void
weights_start(void)
{
	struct rng r = {s.seed};
	float *w = s.weights;

	for (size_t i = 0; i < NET_LAYERS; i++) {
		const struct net_layer *l = &net_layers[i];
		size_t fan = l->size * l->size * l->in;

		for (size_t k = 0; k < fan * l->out; k++)
			*w++ = (float)(rng_normal(&r) * sqrt(2. / (double)fan));
		for (size_t k = 0; k < l->out; k++)
			*w++ = i == NET_LAYERS - 1 ? -2 : 0;
	}
	memcpy(s.average, s.weights, sizeof s.average);
}

static struct {
	float slopes[BATCH][PARAMETERS];
	double loss[BATCH], total[BATCH];
} batch;

static void
batch_sample(struct worker *w, uint64_t i)
{
	struct rng r = sample_rng(s.step * BATCH + i);

	scene_draw(&r, &w->scene);
	batch.loss[i] = backprop_run(w->backprop, &net, &w->scene, batch.slopes[i], &batch.total[i]);
}

static double
rate(void)
{
	double warm = (double)(s.step + 1) / WARM_UP, done = (double)s.step / (double)s.steps;

	return RATE * fmin(1, warm) * (.5 + .5 * cos(done * 3.14159265358979)) + 1e-5;
}

/* Adam, with the gradient clipped to a length of 1. */
static void
weights_move(const float *slope, double length)
{
	double t = (double)s.step + 1, keep = fmin(AVERAGE, t / (t + 10)), clip = length > 1 ? 1 / length : 1;
	double correct = sqrt(1 - pow(.999, t)), by = rate() * correct / (1 - pow(.9, t));

	for (size_t i = 0; i < PARAMETERS; i++) {
		double g = slope[i] * clip;

		s.mean[i] = (float)(.9 * s.mean[i] + .1 * g);
		s.square[i] = (float)(.999 * s.square[i] + .001 * g * g);
		s.weights[i] -= (float)(by * s.mean[i] / (sqrt(s.square[i]) + 1e-8 * correct));
		s.average[i] = (float)(keep * s.average[i] + (1 - keep) * s.weights[i]);
	}
}

static void
step(void)
{
	static float slope[PARAMETERS];
	double total = 0, sum = 0, length = 1e-3;

	parameters_set(&net, s.weights);
	pool_run(batch_sample, BATCH);
	memset(slope, 0, sizeof slope);
	for (int k = 0; k < BATCH; k++) {
		sum += batch.loss[k];
		total += batch.total[k];
		for (size_t i = 0; i < PARAMETERS; i++)
			slope[i] += batch.slopes[k][i];
	}
	for (size_t i = 0; i < PARAMETERS; i++) {
		slope[i] = (float)(slope[i] / total);
		length += (double)slope[i] * slope[i];
	}
	weights_move(slope, sqrt(length));
	s.step++;
	s.loss = s.loss > 0 ? .99 * s.loss + .01 * sum / total : sum / total;
}

/* ---- what is shipped, measured on samples that are never trained on ---- */

static unsigned char shipped[NET_FILE_BYTES];
static struct net_weights shipped_net;
static struct {
	double loss, total, text, found, other, wrong;
} tests[TEST_SAMPLES];

static void
test_sample(struct worker *w, uint64_t i)
{
	struct rng r = sample_rng(-(i + 1));
	const struct net_plane *image = &w->maps.maps[NET_IMAGE], *logit = &w->maps.maps[NET_LOGIT];

	memset(&tests[i], 0, sizeof tests[i]);
	scene_draw(&r, &w->scene);
	if (!net_maps_size(&w->maps, CROP, CROP, 3))
		die("memory");
	for (size_t y = 0; y < CROP; y++)
		for (size_t x = 0; x < CROP * 3; x++)
			image->at[y * image->row + x] = (int16_t)(w->scene.pixels[y * CROP * 3 + x] * NET_SAMPLE);
	net_forward(&shipped_net, &w->maps);
	for (size_t c = 0; c < CELLS * CELLS; c++) {
		double z = ldexp(logit->at[c / CELLS * logit->row + c % CELLS * CONV_LANES], -CONV_POINT);
		double t = w->scene.target[c], weight = w->scene.weight[c];

		tests[i].loss += weight * (fmax(z, 0) - z * t + log1p(exp(-fabs(z))));
		tests[i].total += weight;
		if (weight == 0 || (weight < 1 && t == 0))
			continue;
		tests[i].text += t;
		tests[i].other += 1 - t;
		tests[i].found += z > 0 && t > 0;
		tests[i].wrong += z > 0 && t == 0;
	}
}

static void
measure(void)
{
	double loss = 0, total = 0, text = 0, found = 0, other = 0, wrong = 0;

	net_weights_free(&shipped_net);
	if (quantise(s.average, shipped) < 0 || !net_weights_load(&shipped_net, shipped, sizeof shipped)) {
		errno = ERANGE;
		die("weights");
	}
	pool_run(test_sample, TEST_SAMPLES);
	for (int i = 0; i < TEST_SAMPLES; i++) {
		loss += tests[i].loss;
		total += tests[i].total;
		text += tests[i].text;
		found += tests[i].found;
		other += tests[i].other;
		wrong += tests[i].wrong;
	}
	if (s.npoints == POINTS_MAX) {	/* every other one will do */
		for (uint64_t i = 0; i < POINTS_MAX / 2; i++)
			s.points[i] = s.points[2 * i + 1];
		s.npoints /= 2;
	}
	s.points[s.npoints++] = (struct point){(double)s.step, s.loss, loss / total, found / text, wrong / other};
}

/* ---- files ---- */

static void
file_write(const char *path, const char *head, const void *bytes, size_t count)
{
	char name[4096];
	FILE *f;

	snprintf(name, sizeof name, "%s.new", path);
	if ((f = fopen(name, "wb")) == NULL || fputs(head, f) == EOF || fwrite(bytes, count, 1, f) != 1 ||
	    fclose(f) != 0 || rename(name, path) != 0)
		die(path);
}

static void
save(const char *checkpoint, const char *out, const char *picture)
{
	const struct point *p = &s.points[s.npoints - 1];
	char head[600];

	file_write(checkpoint, "", &s, sizeof s);
	snprintf(head, sizeof head, "unphi text net 2\nmade by train/, see its README; 16-bit weights after the blank line\n"
	    "seed %llu, %llu of %llu steps of %d crops of %dx%d\n"
	    "loss %.4f, cells of text found %.4f, other cells taken for text %.5f\n\n", (unsigned long long)s.seed,
	    (unsigned long long)s.step, (unsigned long long)s.steps, BATCH, CROP, CROP, p->test_loss, p->found, p->wrong);
	file_write(out, head, shipped, sizeof shipped);
	if (curves_draw(picture, s.points, (int)s.npoints, (double)s.steps) < 0)
		die(picture);
}

static void
resume(const char *checkpoint)
{
	uint64_t seed = s.seed, steps = s.steps;
	FILE *f = fopen(checkpoint, "rb");

	if (f == NULL)
		return;
	if (fread(&s, sizeof s, 1, f) != 1 || s.seed != seed || s.npoints > POINTS_MAX) {
		fprintf(stderr, "train: %s: not a checkpoint of this seed; remove it to begin anew\n", checkpoint);
		exit(2);
	}
	s.steps = steps;
	fclose(f);
	printf("resumed at step %llu\n", (unsigned long long)s.step);
}

/* ---- looking and checking ---- */

/* Writes sample I as a PPM with its labels beside it, for people who want to look. */
static void
show(uint64_t i)
{
	static struct scene scene;
	struct rng r = sample_rng(i);

	scene_draw(&r, &scene);
	printf("P6\n%d %d\n255\n", CROP * 2, CROP);
	for (int y = 0; y < CROP; y++) {
		fwrite(scene.pixels + y * CROP * 3, 3, CROP, stdout);
		for (int x = 0; x < CROP; x++) {
			int c = y / (int)NET_CELL * CELLS + x / (int)NET_CELL;
			int v = scene.target[c] > 0 ? 255 - (scene.weight[c] == 0 ? 100 : 0) : scene.weight[c] == 1 ? 0 : 60;

			for (int k = 0; k < 3; k++)
				putchar(v);
		}
	}
}

/* How much the loss of SCENE changes along N values of SLOPE from AT on, a step of H either way, a unit of length. */
static double
change_along(struct backprop *b, const struct scene *scene, const float *slope, size_t at, size_t n, double h)
{
	static float moved[PARAMETERS];
	double change = 0, total;

	for (int side = -1; side <= 1; side += 2) {
		memcpy(moved, s.weights, sizeof moved);
		for (size_t k = at; k < at + n; k++)
			moved[k] += (float)(side * h * slope[k]);
		parameters_set(&net, moved);
		change += side * backprop_run(b, &net, scene, NULL, &total);
	}
	return change / (2 * h);
}

/*
 * Goes along each layer's gradient, both ways: the loss must change by its length. Single weights drown in the rounding
 * of 127,000 others. The longer a step, the more corners of ReLUs lie on the way; the shorter, the more is rounding: one
 * of three must be right. Noise goes into the image, for flat ground takes a corner everywhere at once.
 */
static int
gradient_check(void)
{
	static const double steps[] = {1e-3, 4e-4, 1.5e-4};
	static float slope[PARAMETERS];
	static struct scene scene;
	struct backprop *b = backprop_new();
	struct rng r = sample_rng(0);
	double total = 0, worst = 0;
	size_t at = 0;

	scene_draw(&r, &scene);
	for (size_t i = 0; i < sizeof scene.pixels; i++)
		scene.pixels[i] = (uint8_t)((scene.pixels[i] + rng_int(&r, 0, 255)) / 2);
	parameters_set(&net, s.weights);
	backprop_run(b, &net, &scene, slope, &total);
	for (size_t i = 0; i < NET_LAYERS; i++) {
		const struct net_layer *l = &net_layers[i];
		size_t n = (l->size * l->size * l->in + 1) * l->out;
		double length = 0, best = 1;

		for (size_t k = at; k < at + n; k++)
			length += (double)slope[k] * slope[k];
		length = sqrt(length);
		for (size_t k = at; k < at + n; k++)
			slope[k] = (float)(slope[k] / length);
		printf("%-6s slope %.4f, measured", net_layers[i].name, length);
		for (size_t k = 0; k < sizeof steps / sizeof *steps; k++) {
			double change = change_along(b, &scene, slope, at, n, steps[k]);

			printf(" %.4f", change);
			best = fmin(best, fabs(change / length - 1));
		}
		putchar('\n');
		worst = fmax(worst, best);
		at += n;
	}
	return worst < .02 ? 0 : 1;
}

static void
train(const char *checkpoint, const char *out, const char *picture)
{
	uint64_t first = s.step;
	time_t begun = time(NULL);

	while (s.step < s.steps) {
		step();
		if (s.step % SAVE_EVERY != 0 && s.step != s.steps)
			continue;
		measure();
		printf("step %llu loss %.4f, on other images %.4f, cells of text found %.4f, others taken for text %.5f, "
		    "%.1f crops a second\n", (unsigned long long)s.step, s.loss, s.points[s.npoints - 1].test_loss,
		    s.points[s.npoints - 1].found, s.points[s.npoints - 1].wrong,
		    BATCH * (double)(s.step - first) / ((double)(time(NULL) - begun) + .5));
		fflush(stdout);
		save(checkpoint, out, picture);
	}
}

int
main(int argc, char *argv[])
{
	static const char usage[] =
	    "usage: train [-j threads] [-s seed] [-n steps] [-c checkpoint] [-o weights] [-p curves] [-f fonts]... folder...\n"
	    "       train -g folder...         check the gradients\n"
	    "       train -i sample folder...  print a sample as PPM\n";
	const char *dirs[16] = {"/usr/share/fonts"}, *checkpoint = "train.state", *out = "text-net.bin", *picture = "train.png";
	int c, fonts = 0, images = 0, check = 0, threads = (int)sysconf(_SC_NPROCESSORS_ONLN);
	long sample = -1;

	while ((c = getopt(argc, argv, "j:s:n:c:o:p:f:i:g")) != -1)
		switch (c) {
		case 'j':
			threads = atoi(optarg);
			break;
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
		case 'p':
			picture = optarg;
			break;
		case 'f':
			if (fonts < 16)
				dirs[fonts++] = optarg;
			break;
		case 'i':
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
	if (fonts == 0 || images == 0 || s.steps == 0 || threads < 1 || threads > THREADS_MAX) {
		fputs(usage, stderr);
		return 2;
	}
	if (sample >= 0) {
		show((uint64_t)sample);
		return 0;
	}
	parameters_new(&net);
	weights_start();
	if (check)
		return gradient_check();
	resume(checkpoint);
	pool_start(threads);
	train(checkpoint, out, picture);
	return 0;
}
