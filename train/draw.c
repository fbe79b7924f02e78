/* draw.c - shapes, noise and blur on the canvas */
#include <math.h>
#include <string.h>
#include <threads.h>

#include "draw.h"

struct colour
gray(double v)
{
	return (struct colour){{(float)v, (float)v, (float)v}};
}

struct colour
hue(double turn, double saturation, double value)
{
	struct colour k;

	for (int i = 0; i < 3; i++) {
		double d = fabs(fmod(turn - i / 3. + 1.5, 1) - .5) * 6;	/* how far from the primary, in sixths */

		k.v[i] = (float)(value * (1 - saturation * clamp(d - 1, 0, 1)));
	}
	return k;
}

struct colour
colour_any(struct rng *r, const struct canvas *c, double level)
{
	if (c->planes == 1 || rng_chance(r, .4))
		return gray(level);
	return hue(rng_unit(r), rng_chance(r, .5) ? rng_real(r, .7, 1) : rng_real(r, 0, 1), level);
}

struct colour
colour_calm(struct rng *r, const struct canvas *c, double level)
{
	double turn = rng_chance(r, .5) ? rng_real(r, .52, .72) : rng_unit(r);	/* blue, more than any other */

	if (c->planes == 1 || rng_chance(r, .4))
		return gray(level);
	return hue(turn, rng_chance(r, .7) ? rng_real(r, 0, .5) : rng_real(r, .5, 1), level);
}

struct colour
colour_blend(const struct colour *a, const struct colour *b, double t)
{
	struct colour k;

	for (int i = 0; i < 3; i++)
		k.v[i] = a->v[i] + (float)t * (b->v[i] - a->v[i]);
	return k;
}

double
luma(const struct canvas *c, const struct colour *k)
{
	return c->planes == 1 ? k->v[0] : .299 * k->v[0] + .587 * k->v[1] + .114 * k->v[2];
}

void
draw_segment(struct canvas *c, double x0, double y0, double x1, double y1, double thick, const struct colour *k,
    double opacity, int soft)
{
	float dx = (float)(x1 - x0), dy = (float)(y1 - y0), len2 = dx * dx + dy * dy, reach = (float)thick / 2 + .5f;
	float ax = (float)x0, ay = (float)y0, per = len2 > 0 ? 1 / len2 : 0;
	int top = (int)clamp(floor(fmin(y0, y1) - reach), 0, CROP), bottom = (int)clamp(fmax(y0, y1) + reach + 1, 0, CROP);
	float low = (float)fmin(x0, x1) - reach, high = (float)fmax(x0, x1) + reach + 1;
	float half = fabsf(dy) > .01f ? reach * sqrtf(len2) / fabsf(dy) + fabsf(dx / dy) : 2 * CROP;

	for (int y = top; y < bottom; y++) {
		float middle = fabsf(dy) > .01f ? ax + ((float)y - ay) * dx / dy : ax;
		int left = (int)clamp(fmaxf(low, middle - half - 1), 0, CROP);
		int right = (int)clamp(fminf(high, middle + half + 2), 0, CROP);

		for (int x = left; x < right; x++) {
			float px = (float)x - ax, py = (float)y - ay, t = (px * dx + py * dy) * per, d2;

			t = t < 0 ? 0 : t > 1 ? 1 : t;
			px -= t * dx;
			py -= t * dy;
			d2 = px * px + py * py;
			if (d2 < reach * reach) {
				float a = reach - sqrtf(d2);

				a = !soft ? a >= .5f : a > 1 ? 1 : a;
				mix(c, x, y, k, a * (float)opacity);
			}
		}
	}
}

void
draw_arc(struct canvas *c, double x, double y, double radius, double from, double turn, double thick,
    const struct colour *k, int soft)
{
	int n = 2 + (int)(fabs(turn) * radius / 4);
	double step = turn / n, ax = x + radius * cos(from), ay = y + radius * sin(from);

	for (int i = 1; i <= n; i++) {
		double bx = x + radius * cos(from + i * step), by = y + radius * sin(from + i * step);

		draw_segment(c, ax, ay, bx, by, thick, k, 1, soft);
		ax = bx;
		ay = by;
	}
}

void
draw_disc(struct canvas *c, double x, double y, double rx, double ry, const struct colour *k, double opacity)
{
	int top = (int)clamp(floor(y - ry), 0, CROP), bottom = (int)clamp(y + ry + 1, 0, CROP);
	int left = (int)clamp(floor(x - rx), 0, CROP), right = (int)clamp(x + rx + 1, 0, CROP);
	float soft = (float)fmax(1, fmin(rx, ry));

	for (int v = top; v < bottom; v++)
		for (int u = left; u < right; u++) {
			float a = (float)((u - x) / rx), b = (float)((v - y) / ry), d = a * a + b * b;

			if (d < 1) {
				d = (1 - d) * soft * .6f;
				mix(c, u, v, k, (float)opacity * (d > 1 ? 1 : d));
			}
		}
}

void
draw_rectangle(struct canvas *c, int x0, int y0, int x1, int y1, const struct colour *k, double opacity)
{
	for (int y = y0 < 0 ? 0 : y0; y < y1 && y < CROP; y++)
		for (int x = x0 < 0 ? 0 : x0; x < x1 && x < CROP; x++)
			mix(c, x, y, k, (float)opacity);
}

void
draw_frame(struct canvas *c, int x0, int y0, int x1, int y1, int thick, const struct colour *k)
{
	draw_rectangle(c, x0, y0, x1, y0 + thick, k, 1);
	draw_rectangle(c, x0, y1 - thick, x1, y1, k, 1);
	draw_rectangle(c, x0, y0, x0 + thick, y1, k, 1);
	draw_rectangle(c, x1 - thick, y0, x1, y1, k, 1);
}

void
draw_line(struct canvas *c, const struct line *l, int x0, int y0, const struct colour *k, double opacity)
{
	int left = x0 < 0 ? -x0 : 0, right = x0 + l->width > CROP ? CROP - x0 : l->width;
	int top = y0 < 0 ? -y0 : 0, bottom = y0 + l->height > CROP ? CROP - y0 : l->height;
	float scale = (float)opacity / 255;

	for (int y = top; y < bottom; y++)
		for (int x = left; x < right; x++)
			if (l->ink[y * l->width + x])
				mix(c, x0 + x, y0 + y, k, (float)l->ink[y * l->width + x] * scale);
}

/* ---- noise ---- */

/* The four weights of a cubic B-spline at F of its interval; larger than one in sum, as it levels the knots. */
static void
spline(float f, float w[4])
{
	float g = 1 - f, scale = 1.5f / 6;

	w[0] = scale * g * g * g;
	w[1] = scale * (3 * f * f * f - 6 * f * f + 4);
	w[2] = scale * (3 * g * g * g - 6 * g * g + 4);
	w[3] = scale * f * f * f;
}

void
noise_field(struct rng *r, float *field, double wave_x, double wave_y)
{
	static _Thread_local float knots[CROP], across[4][CROP], weights[CROP][4];
	static _Thread_local int cell[CROP];
	int n = (int)(CROP / wave_x) + 5, row = -4;
	double from_x = rng_unit(r), from_y = rng_unit(r);

	for (int x = 0; x < CROP; x++) {
		double f = from_x + x / wave_x;

		cell[x] = (int)f;
		spline((float)(f - cell[x]), weights[x]);
	}
	for (int y = 0; y < CROP; y++) {
		double f = from_y + y / wave_y;
		float w[4];

		for (; row < (int)f; row++) {	/* ROW is the first of the four rows of knots */
			float *fresh = across[(row + 4) & 3];

			for (int i = 0; i < n; i++)
				knots[i] = (float)(int)(rng_next(r) >> 40) * 0x1p-23f - 1;
			for (int x = 0; x < CROP; x++) {
				const float *k = knots + cell[x], *v = weights[x];

				fresh[x] = v[0] * k[0] + v[1] * k[1] + v[2] * k[2] + v[3] * k[3];
			}
		}
		spline((float)(f - (int)f), w);
		{
			const float *a = across[row & 3], *b = across[(row + 1) & 3], *c = across[(row + 2) & 3], *d = across[(row + 3) & 3];

			for (int x = 0; x < CROP; x++)
				field[y * CROP + x] = w[0] * a[x] + w[1] * b[x] + w[2] * c[x] + w[3] * d[x];
		}
	}
}

static float normal_table[1 << 16];
static once_flag normal_once = ONCE_FLAG_INIT;

static void
normal_fill(void)
{
	struct rng r = {1};

	for (int i = 0; i < COUNT(normal_table); i++)
		normal_table[i] = (float)rng_normal(&r);
}

const float *
normals(struct rng *r)
{
	call_once(&normal_once, normal_fill);
	return normal_table + rng_int(r, 0, COUNT(normal_table) - CROP);
}

/* ---- blur ---- */

static void
blur_rows(float plane[CROP][CROP], double sigma)
{
	float k1 = (float)exp(-.5 / (sigma * sigma)), k2 = (float)exp(-2 / (sigma * sigma)), sum = 1 + 2 * k1 + 2 * k2;
	float k0 = 1 / sum, row[CROP + 4];

	k1 /= sum;
	k2 /= sum;
	for (int y = 0; y < CROP; y++) {
		memcpy(row + 2, plane[y], sizeof plane[y]);
		row[0] = row[1] = row[2];
		row[CROP + 2] = row[CROP + 3] = row[CROP + 1];
		for (int x = 0; x < CROP; x++)
			plane[y][x] = k0 * row[x + 2] + k1 * (row[x + 1] + row[x + 3]) + k2 * (row[x] + row[x + 4]);
	}
}

static void
blur_columns(float plane[CROP][CROP], double sigma)
{
	static _Thread_local float copy[CROP][CROP];
	float k1 = (float)exp(-.5 / (sigma * sigma)), k2 = (float)exp(-2 / (sigma * sigma)), sum = 1 + 2 * k1 + 2 * k2;

	memcpy(copy, plane, sizeof copy);
	for (int y = 0; y < CROP; y++) {
		const float *a = copy[y < 2 ? 0 : y - 2], *b = copy[y < 1 ? 0 : y - 1], *m = copy[y];
		const float *d = copy[y > CROP - 2 ? CROP - 1 : y + 1], *e = copy[y > CROP - 3 ? CROP - 1 : y + 2];

		for (int x = 0; x < CROP; x++)
			plane[y][x] = (m[x] + k1 * (b[x] + d[x]) + k2 * (a[x] + e[x])) / sum;
	}
}

void
canvas_blur(struct canvas *c, double across, double down)
{
	for (int p = 0; p < c->planes; p++) {
		if (across > 0)
			blur_rows(c->at[p], across);
		if (down > 0)
			blur_columns(c->at[p], down);
	}
}
