/* train.h - what the parts of the trainer share; see README */
#ifndef TRAIN_H
#define TRAIN_H

#include <stdint.h>

#include "text/net.h"

#define CROP 256	/* pixels a side of a training image */
#define CELLS (CROP / (int)NET_CELL)

/* Random numbers: splitmix64, so that sample I of seed S is the same on every machine and after every resumption. */
struct rng {
	uint64_t state;
};
uint64_t rng_next(struct rng *r);
double rng_unit(struct rng *r);	/* [0, 1) */
double rng_real(struct rng *r, double from, double to);
int rng_int(struct rng *r, int from, int to);	/* both ends included */
double rng_normal(struct rng *r);
int rng_chance(struct rng *r, double p);
int rng_pick(struct rng *r, const int *weights, int n);	/* an index, as often as its weight says */

/* One training image, RGB, with what the net should say of each cell. */
struct scene {
	uint8_t pixels[CROP * CROP * 3];
	float target[CELLS * CELLS], weight[CELLS * CELLS];
};

/* Both before any thread draws: what they load is read only afterwards. */
int fonts_load(const char *const *dirs, int n);	/* returns how many are fit for use */
int backgrounds_load(const char *dir);	/* returns how many PNG and JPEG images there are now */

/* Safe in several threads. What it draws depends on R alone. */
void scene_draw(struct rng *r, struct scene *s);

/* How training went: one point a measurement. */
struct point {
	double step, loss, test_loss, found, wrong;	/* shares of cells of text found, and of others taken for text */
};
/* Draws POINTS as a PNG of curves; returns 0, or -1. */
int curves_draw(const char *path, const struct point *points, int count, double steps);

/* Rounds flat parameters (see backprop.h) to BYTES of the file that net_weights_load reads. Returns 0, or -1. */
int quantise(const float *flat, unsigned char bytes[NET_FILE_BYTES]);

#endif
