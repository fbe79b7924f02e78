/* draw.h - the canvas that scenes are drawn on, and what is drawn on it; see README */
#ifndef DRAW_H
#define DRAW_H

#include "train.h"

#define PI 3.14159265358979323846
#define COUNT(list) ((int)(sizeof (list) / sizeof *(list)))
#define PICK(r, list) list[rng_int(r, 0, COUNT(list) - 1)]

/* Floats of 0..255, so that nothing rounds before the end; a gray scene has one plane. */
struct canvas {
	int planes;
	float at[3][CROP][CROP];
};
struct colour {
	float v[3];	/* red, green, blue; a gray canvas takes the first */
};
struct box {
	int x, y, w, h;
};
/* One line of text as coverage: the bitmap is exactly as large as its ink. */
struct line {
	int width, height, base;	/* BASE: rows from the top to the baseline */
	uint8_t *ink;	/* [height][width], the line's own memory, reused by the next call */
};
/* How the lines of one block are set. */
struct type {
	int font, strike, size, mono, bold, spacing, factor, smooth, script;
};
enum topic { ANY, NUMBER, LABEL, SENTENCE, LETTER, MARKER, TOPICS };

static inline float
clamp(double v, double low, double high)
{
	return (float)(v < low ? low : v > high ? high : v);
}

/* Plane P's CROP x CROP values in a row. */
static inline float *
plane(struct canvas *c, int p)
{
	return (float *)c->at[p];
}

static inline void
mix(struct canvas *c, int x, int y, const struct colour *k, float a)
{
	for (int p = 0; p < c->planes; p++)
		c->at[p][y][x] += a * (k->v[p] - c->at[p][y][x]);
}

/* draw.c: shapes may leave the canvas; thickness and coordinates are pixels, opacity 0..1 */
struct colour gray(double v);
struct colour hue(double turn, double saturation, double value);	/* TURN 0..1: red, green, blue, red */
struct colour colour_any(struct rng *r, const struct canvas *c, double level);	/* its largest sample is LEVEL */
struct colour colour_calm(struct rng *r, const struct canvas *c, double level);	/* as grounds of screens have */
struct colour colour_blend(const struct colour *a, const struct colour *b, double t);
double luma(const struct canvas *c, const struct colour *k);
void draw_segment(struct canvas *c, double x0, double y0, double x1, double y1, double thick, const struct colour *k,
    double opacity, int soft);
void draw_arc(struct canvas *c, double x, double y, double radius, double from, double turn, double thick,
    const struct colour *k, int soft);
void draw_disc(struct canvas *c, double x, double y, double rx, double ry, const struct colour *k, double opacity);
void draw_rectangle(struct canvas *c, int x0, int y0, int x1, int y1, const struct colour *k, double opacity);
void draw_frame(struct canvas *c, int x0, int y0, int x1, int y1, int thick, const struct colour *k);
void draw_line(struct canvas *c, const struct line *l, int x0, int y0, const struct colour *k, double opacity);
/* Smooth noise, mostly in [-1, 1]; FIELD has CROP x CROP values, the waves are 1.5 pixels and more. */
void noise_field(struct rng *r, float *field, double wave_x, double wave_y);
const float *normals(struct rng *r);	/* CROP normal deviates, borrowed for good */
void canvas_blur(struct canvas *c, double across, double down);	/* sigmas up to 2; 0: not */

/* line.c */
int type_choose(struct rng *r, struct type *t, int size);
int line_draw(struct rng *r, const struct type *t, enum topic topic, struct line *l);	/* 0: no ink */
void line_turn(struct line *l, int quarters);
void line_tilt(struct line *l, double angle);
void line_thicken(struct line *l, int by);
void line_soften(struct line *l, int times);

/* background.c, clutter.c, text.c */
void background_draw(struct rng *r, struct canvas *c);
void clutter_draw(struct rng *r, struct canvas *c);
/* Draws text and labels the cells; returns the least contrast of a line in levels, 255 without text. */
double text_draw(struct rng *r, struct canvas *c, struct scene *s);
void scene_unlabelled(struct scene *s);	/* no text anywhere */

#endif
