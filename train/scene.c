/* scene.c - training images: a background, things that are not text, lines of text, and what a scanner's way adds */
#include <math.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <png.h>

#include "train.h"

#define BACKGROUNDS_MAX 5000
#define LINES_MAX 24
#define PI 3.14159265358979323846

struct background {
	int width, height;
	uint8_t *pixels;
};
static struct background backgrounds[BACKGROUNDS_MAX];
static int background_count;

/* The scene being drawn: floats 0..255, so that nothing rounds before the end. */
static float canvas[CROP][CROP];

static float
clamp(double v, double low, double high)
{
	return (float)(v < low ? low : v > high ? high : v);
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int
backgrounds_load(const char *dir)
{
	char *names[BACKGROUNDS_MAX], path[4096];
	int n = 0;
	DIR *d = opendir(dir);
	struct dirent *entry;

	while (d != NULL && (entry = readdir(d)) != NULL && n < BACKGROUNDS_MAX)
		if (strstr(entry->d_name, ".png"))
			names[n++] = strdup(entry->d_name);
	if (d != NULL)
		closedir(d);
	qsort(names, (size_t)n, sizeof *names, by_name);
	for (int i = 0; i < n && background_count < BACKGROUNDS_MAX; i++) {
		png_image image = {.version = PNG_IMAGE_VERSION};
		struct background *b = &backgrounds[background_count];

		snprintf(path, sizeof path, "%s/%s", dir, names[i]);
		if (!png_image_begin_read_from_file(&image, path))
			continue;
		image.format = PNG_FORMAT_GRAY;
		b->width = (int)image.width;
		b->height = (int)image.height;
		if ((b->pixels = malloc(PNG_IMAGE_SIZE(image))) != NULL &&
		    png_image_finish_read(&image, NULL, b->pixels, 0, NULL))
			background_count++;
	}
	return background_count;
}

/* ---- backgrounds ---- */

static void
fill_image(struct rng *r)
{
	const struct background *b = &backgrounds[rng_int(r, 0, background_count - 1)];
	double scale = exp(rng_real(r, log(.57), log(2.3))), gamma = exp(rng_real(r, -.5, .5));
	double span = CROP / scale, x0, y0, gain = rng_chance(r, .3) ? rng_real(r, .4, 1.2) : 1;
	int flips = rng_int(r, 0, 7), pad = rng_chance(r, .15), edge = rng_chance(r, .7) ? 0 : rng_int(r, 0, 255);
	int invert = rng_chance(r, .15);
	float curve[256];

	int levels = rng_chance(r, .06) ? rng_int(r, 2, 5) : 256, turn_at = rng_int(r, 20, 200);

	for (int i = 0; i < 256; i++) {
		curve[i] = clamp(255 * gain * pow(i / 255., gamma), 0, 255);
		if (levels == 2)	/* one bit */
			curve[i] = i < turn_at ? 0 : 255;
		else if (levels < 256)
			curve[i] = floorf(curve[i] * (float)levels / 256) * 255 / (float)(levels - 1);
		if (invert)
			curve[i] = 255 - curve[i];
	}
	x0 = b->width > span && !pad ? rng_real(r, 0, b->width - span) : rng_real(r, -.5, .5) * span + (b->width - span) / 2;
	y0 = b->height > span && !pad ? rng_real(r, 0, b->height - span) :
	    rng_real(r, -.5, .5) * span + (b->height - span) / 2;
	for (int y = 0; y < CROP; y++)
		for (int x = 0; x < CROP; x++) {
			int u = flips & 4 ? y : x, v = flips & 4 ? x : y;
			double fx = x0 + (flips & 1 ? CROP - 1 - u : u) / scale, fy = y0 + (flips & 2 ? CROP - 1 - v : v) / scale;
			int ix = (int)floor(fx), iy = (int)floor(fy);
			const uint8_t *p;

			if (ix < 0 || iy < 0 || ix >= b->width - 1 || iy >= b->height - 1) {
				canvas[y][x] = (float)edge;
				continue;
			}
			fx -= ix;
			fy -= iy;
			p = b->pixels + iy * b->width + ix;
			canvas[y][x] = (float)((1 - fy) * ((1 - fx) * curve[p[0]] + fx * curve[p[1]]) +
			    fy * ((1 - fx) * curve[p[b->width]] + fx * curve[p[b->width + 1]]));
		}
}

static void
fill_flat(struct rng *r)
{
	double v = rng_chance(r, .5) ? 0 : rng_chance(r, .3) ? 255 : rng_real(r, 0, 255);
	double dx = rng_chance(r, .3) ? rng_real(r, -.5, .5) : 0, dy = rng_chance(r, .3) ? rng_real(r, -.5, .5) : 0;

	for (int y = 0; y < CROP; y++)
		for (int x = 0; x < CROP; x++)
			canvas[y][x] = clamp(v + dx * x + dy * y, 0, 255);
}

/* ---- textures ---- */

/* Smooth noise of one wavelength, in [-1, 1]. */
static void
noise_field(struct rng *r, float *field, double wave)
{
	static float knots[CROP + 4][CROP + 4];
	int n = (int)(CROP / wave) + 3;

	for (int y = 0; y < n; y++)
		for (int x = 0; x < n; x++)
			knots[y][x] = (float)rng_real(r, -1, 1);
	for (int y = 0; y < CROP; y++)
		for (int x = 0; x < CROP; x++) {
			int ix = (int)(x / wave), iy = (int)(y / wave);
			double fx = x / wave - ix, fy = y / wave - iy;

			fx = fx * fx * (3 - 2 * fx);
			fy = fy * fy * (3 - 2 * fy);
			field[y * CROP + x] = (float)((1 - fy) * ((1 - fx) * knots[iy][ix] + fx * knots[iy][ix + 1]) +
			    fy * ((1 - fx) * knots[iy + 1][ix] + fx * knots[iy + 1][ix + 1]));
		}
}

static void
segment(double x0, double y0, double x1, double y1, double thick, double value, double opacity, int soft)
{
	double dx = x1 - x0, dy = y1 - y0, len2 = dx * dx + dy * dy, reach = thick / 2 + 1;
	int left = (int)clamp(fmin(x0, x1) - reach, 0, CROP), right = (int)clamp(fmax(x0, x1) + reach + 1, 0, CROP);
	int top = (int)clamp(fmin(y0, y1) - reach, 0, CROP), bottom = (int)clamp(fmax(y0, y1) + reach + 1, 0, CROP);

	for (int y = top; y < bottom; y++)
		for (int x = left; x < right; x++) {
			double t = len2 > 0 ? clamp(((x - x0) * dx + (y - y0) * dy) / len2, 0, 1) : 0;
			double d = hypot(x - x0 - t * dx, y - y0 - t * dy), a = clamp(thick / 2 + .5 - d, 0, 1);

			if (!soft)
				a = a >= .5;
			canvas[y][x] += (float)(a * opacity * (value - canvas[y][x]));
		}
}

static void
arc(double x, double y, double radius, double from, double turn, double thick, double value, int soft)
{
	int n = 2 + (int)(fabs(turn) * radius / 3);

	for (int i = 0; i < n; i++) {
		double a = from + turn * i / n, b = from + turn * (i + 1) / n;

		segment(x + radius * cos(a), y + radius * sin(a), x + radius * cos(b), y + radius * sin(b), thick, value, 1, soft);
	}
}

static void
texture(struct rng *r)
{
	static float a[CROP * CROP], b[CROP * CROP], mask[CROP * CROP];
	double amp = rng_real(r, 15, 120), angle = rng_real(r, 0, PI), wave = exp(rng_real(r, log(2.5), log(24)));
	double c, s, sign = rng_chance(r, .5) ? 1 : -1;
	int kind = rng_int(r, 0, 6), part = rng_int(r, 0, 2), left = rng_int(r, -40, 160), top = rng_int(r, -40, 160);
	int right = left + rng_int(r, 20, 200), bottom = top + rng_int(r, 12, 200);
	double chirp = rng_chance(r, .4) ? rng_real(r, 0, .01) : 0;

	if (chirp > 0 && rng_chance(r, .7))	/* upright or lying, as test patterns are */
		angle = rng_chance(r, .5) ? 0 : PI / 2;
	c = cos(angle);
	s = sin(angle);
	if (kind == 6) {	/* curls: letter-like strokes that make no lines */
		for (int n = rng_int(r, 20, 150); n > 0; n--)
			arc(rng_real(r, 0, CROP), rng_real(r, 0, CROP), rng_real(r, 2, 12), rng_real(r, 0, 2 * PI),
			    rng_real(r, .5, 5), rng_real(r, .8, 2.5), clamp(128 + sign * amp, 0, 255), 1);
		return;
	}
	noise_field(r, mask, 60);
	noise_field(r, a, wave);
	noise_field(r, b, wave / (kind == 0 ? 2 : 1) < 2 ? 2 : wave / (kind == 0 ? 2 : 1));
	for (int y = 0; y < CROP; y++)
		for (int x = 0; x < CROP; x++) {
			int i = y * CROP + x;
			double v, along = c * x + s * y, across = c * y - s * x;

			switch (kind) {
			case 0:	/* band-limited */
				v = .7 * a[i] + .5 * b[i];
				break;
			case 1:	/* ridges: trabeculae, vessels */
				v = 1 - 5 * fabs(a[i]);
				v = v < -.4 ? -.4 : v;
				break;
			case 2:	/* blobs */
				v = a[i] * b[i] > .12 ? 1 : 0;
				break;
			case 3:	/* grating, of sines or bars; a test pattern's gets finer on the way */
				along = chirp > 0 ? along * (1 + chirp * fabs(along)) : along;
				v = sin(2 * PI * along / wave);
				v = mask[0] > 0 ? v : v > 0 ? 1 : -1;
				break;
			case 4:	/* pixels of noise */
				v = rng_real(r, -1, 1);
				v = mask[0] > 0 ? v : v > 0 ? 1 : -1;
				break;
			default:	/* grid */
				v = fmod(fabs(along) + 500, wave * 2) < 1.2 || fmod(fabs(across) + 500, wave * 2) < 1.2 ? 1 : 0;
			}
			if (part == 1)
				v *= clamp(mask[i] * 4, 0, 1);
			else if (part == 2)
				v *= x >= left && x < right && y >= top && y < bottom;
			canvas[y][x] = clamp(canvas[y][x] + sign * amp * v, 0, 255);
		}
}

/* ---- things that devices draw which are not text ---- */

static void
ruler(struct rng *r, double value, int soft)
{
	double step = rng_real(r, 3, 30), length = rng_real(r, 2, 9), thick = rng_int(r, 1, 2), at = rng_real(r, 0, CROP);
	int upright = rng_chance(r, .5), n = rng_int(r, 5, 60), every = rng_int(r, 4, 10), spine = rng_chance(r, .5);
	double from = rng_real(r, -50, 150), side = rng_chance(r, .5) ? 1 : -1;

	for (int i = 0; i < n; i++) {
		double p = from + i * step, len = side * length * (i % every ? 1 : 1.8);

		if (upright)
			segment(at, p, at + len, p, thick, value, 1, soft);
		else
			segment(p, at, p, at + len, thick, value, 1, soft);
	}
	if (spine && upright)
		segment(at, from, at, from + (n - 1) * step, thick, value, 1, soft);
	else if (spine)
		segment(from, at, from + (n - 1) * step, at, thick, value, 1, soft);
}

static void
caliper(struct rng *r, double value, int soft)
{
	double x0 = rng_real(r, 0, CROP), y0 = rng_real(r, 0, CROP), x1 = rng_real(r, 0, CROP), y1 = rng_real(r, 0, CROP);
	double size = rng_real(r, 2, 7), thick = rng_int(r, 1, 2), len = hypot(x1 - x0, y1 - y0), gap = rng_real(r, 3, 10);
	double x = x0, y = y0;
	int diagonal = rng_chance(r, .4);

	for (int end = 0; end < 2; end++, x = x1, y = y1)
		if (diagonal) {
			segment(x - size, y - size, x + size, y + size, thick, value, 1, soft);
			segment(x - size, y + size, x + size, y - size, thick, value, 1, soft);
		} else {
			segment(x - size, y, x + size, y, thick, value, 1, soft);
			segment(x, y - size, x, y + size, thick, value, 1, soft);
		}
	if (rng_chance(r, .6))
		for (double t = 0; t < len; t += gap) {
			double px = x + (x0 - x) * t / len, py = y + (y0 - y) * t / len;

			segment(px, py, px, py, thick, value, 1, soft);
		}
}

static void
trace(struct rng *r, double value, int soft)
{
	double y0 = rng_real(r, 20, CROP - 20), height = rng_real(r, 5, 45), period = rng_real(r, 25, 120), last = y0;
	double phase = rng_real(r, 0, period), jitter = rng_real(r, 0, 2);

	for (int x = 1; x < CROP; x += 2) {
		double t = fmod(x + phase, period) / period, y = y0 + jitter * rng_normal(r) * .5;

		y -= height * (exp(-pow((t - .3) / .02, 2)) - .25 * exp(-pow((t - .34) / .02, 2)) +
		    .2 * exp(-pow((t - .6) / .07, 2)));
		segment(x - 2, last, x, y, 1.2, value, 1, soft);
		last = y;
	}
}

static void
bar(struct rng *r)
{
	int w = rng_int(r, 6, 30), h = rng_int(r, 40, 220), x0 = rng_int(r, 0, CROP - w), y0 = rng_int(r, 0, CROP - 40);
	int steps = rng_chance(r, .5) ? 256 : rng_int(r, 3, 20), lying = rng_chance(r, .3), frame = rng_chance(r, .4);

	for (int i = 0; i < h; i++)
		for (int j = 0; j < w; j++) {
			int x = lying ? y0 + i : x0 + j, y = lying ? x0 + j : y0 + i;
			int edge = i == 0 || j == 0 || i == h - 1 || j == w - 1;

			if (x < CROP && y < CROP)
				canvas[y][x] = frame && edge ? 220.f : (float)(255 - 255 * (i * steps / h) / steps);
		}
}

static void
checkers(struct rng *r)
{
	int cell = rng_int(r, 2, 14), n = rng_int(r, 3, 10), x0 = rng_int(r, 0, CROP), y0 = rng_int(r, 0, CROP);
	float v[2] = {(float)rng_int(r, 0, 100), (float)rng_int(r, 120, 255)};

	for (int y = y0; y < y0 + n * cell && y < CROP; y++)
		for (int x = x0; x < x0 + n * cell && x < CROP; x++)
			canvas[y][x] = v[((x - x0) / cell + (y - y0) / cell) & 1];
}

static void
speckle(struct rng *r, double value)
{
	double x = rng_real(r, 0, CROP), y = rng_real(r, 0, CROP), spread = rng_real(r, 10, 90);

	for (int n = rng_int(r, 20, 300); n > 0; n--) {
		double px = x + spread * rng_normal(r), py = y + spread * rng_normal(r);

		segment(px, py, px + rng_real(r, -1, 1), py + rng_real(r, -1, 1), rng_real(r, 1, 3), value, 1, 1);
	}
}

static void
shapes(struct rng *r, double value, int soft)
{
	double x = rng_real(r, 0, CROP), y = rng_real(r, 0, CROP), size = exp(rng_real(r, log(3), log(90)));
	double thick = rng_real(r, 1, 3), a = rng_real(r, 0, 2 * PI);
	int sides;

	switch (rng_int(r, 0, 3)) {
	case 0:
		arc(x, y, size, a, rng_chance(r, .6) ? 2 * PI : rng_real(r, .5, 5), thick, value, soft);
		break;
	case 1:	/* an arrow */
		segment(x, y, x + size * cos(a), y + size * sin(a), thick, value, 1, soft);
		segment(x, y, x + 6 * cos(a + .5), y + 6 * sin(a + .5), thick, value, 1, soft);
		segment(x, y, x + 6 * cos(a - .5), y + 6 * sin(a - .5), thick, value, 1, soft);
		break;
	case 2:	/* a polygon, often a box around a region */
		sides = rng_chance(r, .6) ? 4 : 3;
		a = rng_chance(r, .6) ? PI / 4 : a;
		for (int i = 0; i < sides; i++)
			segment(x + size * cos(a + 2 * PI * i / sides), y + size * sin(a + 2 * PI * i / sides),
			    x + size * cos(a + 2 * PI * (i + 1) / sides), y + size * sin(a + 2 * PI * (i + 1) / sides), thick,
			    value, 1, soft);
		break;
	default:	/* a line, perhaps dotted */
		for (double t = 0, gap = rng_chance(r, .5) ? 0 : rng_real(r, 2, 8), dash = gap > 0 ? rng_real(r, 1, 9) : 300;
		    t < 300; t += dash + gap)
			segment(x + t * cos(a), y + t * sin(a), x + (t + dash) * cos(a), y + (t + dash) * sin(a), thick, value, 1,
			    soft);
	}
}

static void
distract(struct rng *r)
{
	for (int n = rng_int(r, 1, 4); n > 0; n--) {
		double value = rng_chance(r, .5) ? rng_int(r, 180, 255) : rng_int(r, 0, 255);
		int soft = rng_chance(r, .6);

		switch (rng_int(r, 0, 8)) {
		case 0:
		case 1:
			ruler(r, value, soft);
			break;
		case 2:
			caliper(r, value, soft);
			break;
		case 3:
			trace(r, value, soft);
			break;
		case 4:
			bar(r);
			break;
		case 5:
			checkers(r);
			break;
		case 6:
			speckle(r, value);
			break;
		default:
			shapes(r, value, soft);
		}
	}
}

/* ---- text ---- */

struct box {
	int x, y, w, h;
};

static double
box_stats(const struct box *b, double *deviation)
{
	double sum = 0, squares = 0;
	int n = 0;

	for (int y = b->y < 0 ? 0 : b->y; y < b->y + b->h && y < CROP; y++)
		for (int x = b->x < 0 ? 0 : b->x; x < b->x + b->w && x < CROP; x++, n++) {
			sum += canvas[y][x];
			squares += canvas[y][x] * canvas[y][x];
		}
	if (n == 0)
		n = 1;
	*deviation = sqrt(fmax(0, squares / n - sum / n * sum / n));
	return sum / n;
}

static void
rectangle(int x0, int y0, int x1, int y1, double value, double opacity)
{
	for (int y = y0 < 0 ? 0 : y0; y < y1 && y < CROP; y++)
		for (int x = x0 < 0 ? 0 : x0; x < x1 && x < CROP; x++)
			canvas[y][x] += (float)(opacity * (value - canvas[y][x]));
}

static void
blit(const struct line *l, int x0, int y0, int grow, double value, double opacity)
{
	for (int y = -grow; y < l->height + grow; y++)
		for (int x = -grow; x < l->width + grow; x++) {
			int best = 0, px = x0 + x, py = y0 + y;

			if (px < 0 || py < 0 || px >= CROP || py >= CROP)
				continue;
			for (int v = y - grow < 0 ? 0 : y - grow; v <= y + grow && v < l->height; v++)
				for (int u = x - grow < 0 ? 0 : x - grow; u <= x + grow && u < l->width; u++)
					best = l->ink[v * l->width + u] > best ? l->ink[v * l->width + u] : best;
			canvas[py][px] += (float)(best / 255. * opacity * (value - canvas[py][px]));
		}
}

/* How a line looks; the lines of one block share it. */
struct look {
	double ink, paper, opacity, paper_opacity;
	int style, margin;	/* 0 plain, 1 outline, 2 box, 3 shadow */
};

static int
look_choose(struct rng *r, struct look *k, const struct box *b)
{
	double deviation, mean = box_stats(b, &deviation), least = 20 + 2.2 * deviation;

	k->style = rng_chance(r, .66) ? 0 : rng_int(r, 1, 3);
	k->opacity = rng_chance(r, .7) ? 1 : rng_real(r, .6, 1);
	k->paper_opacity = rng_chance(r, .6) ? 1 : rng_real(r, .3, 1);
	k->margin = rng_int(r, 1, 7);
	for (int tries = 0; tries < 8; tries++) {
		k->ink = rng_chance(r, .4) ? 255 : rng_chance(r, .2) ? 0 : rng_real(r, 0, 255);
		k->paper = k->ink > 120 ? rng_real(r, 0, k->ink - 60) : rng_real(r, k->ink + 60, 255);
		if (rng_chance(r, .6))
			k->paper = k->ink > 120 ? 0 : 255;
		if (k->style == 2)
			mean += k->paper_opacity * (k->paper - mean);
		if (fabs(k->ink - mean) * k->opacity >= (k->style == 0 || k->style == 3 ? least : 35))
			return 1;
	}
	return 0;
}

static void
line_paint(const struct line *l, const struct look *k, const struct box *b)
{
	if (k->style == 1)
		blit(l, b->x, b->y, 1, k->paper, k->opacity);
	else if (k->style == 2)
		rectangle(b->x - k->margin, b->y - k->margin, b->x + b->w + k->margin, b->y + b->h + k->margin, k->paper,
		    k->paper_opacity);
	else if (k->style == 3)
		blit(l, b->x + 1 + (k->margin & 1), b->y + 1 + (k->margin & 1), 0, k->paper, k->opacity);
	blit(l, b->x, b->y, 0, k->ink, k->opacity);
}

static int
box_free(const struct box *b, const struct box *taken, int n)
{
	for (int i = 0; i < n; i++)
		if (b->x < taken[i].x + taken[i].w + 6 && taken[i].x < b->x + b->w + 6 &&
		    b->y < taken[i].y + taken[i].h + 3 && taken[i].y < b->y + b->h + 3)
			return 0;
	return 1;
}

static int
spot(struct rng *r, int size, int cut)
{
	if (cut || size > CROP - 2)
		return rng_int(r, -size * 2 / 3, CROP - size / 3 - 1);
	return rng_int(r, 0, CROP - size);
}

/* Draws lines and labels the cells; IGNORED is set where a cut line shows too little to tell. */
static void
texts(struct rng *r, struct scene *s)
{
	static struct line line;
	struct box taken[LINES_MAX];
	int n = 0, blocks = rng_chance(r, .15) ? 0 : rng_int(r, 1, 6);

	while (blocks-- > 0 && n < LINES_MAX) {
		int size = (int)exp(rng_real(r, log(8), log(61))), lines = rng_chance(r, .3) ? rng_int(r, 2, 7) : 1;
		int x = 0, y = 0, cut = rng_chance(r, .12);
		struct look look = {0};

		if (rng_chance(r, .4))
			size = rng_int(r, 8, 18);
		for (int i = 0; i < lines && n < LINES_MAX; i++) {
			struct box b;

			if (!line_draw(r, &line, size))
				continue;
			b = (struct box){x, y, line.width, line.height};
			if (i == 0) {
				x = b.x = spot(r, b.w, cut);
				y = b.y = spot(r, b.h, cut);
			}
			y += (int)(b.h * rng_real(r, 1.25, 1.8)) + 3;
			if (b.y >= CROP || !box_free(&b, taken, n))
				continue;
			if ((i == 0 || rng_chance(r, .2)) && !look_choose(r, &look, &b))
				break;
			line_paint(&line, &look, &b);
			taken[n++] = b;
		}
	}
	for (int i = 0; i < CELLS * CELLS; i++) {
		s->target[i] = 0;
		s->weight[i] = 1;
	}
	for (int pass = 0; pass < 3; pass++)	/* rings first, so that they never hide another line's own cells */
		for (int i = 0; i < n; i++) {
			int l = taken[i].x, t = taken[i].y, rt = l + taken[i].w, bt = t + taken[i].h;
			int cl = l < 0 ? 0 : l, ct = t < 0 ? 0 : t, cr = rt > CROP ? CROP : rt, cb = bt > CROP ? CROP : bt;
			int hidden = (cb - ct) * 2 < taken[i].h || (cr - cl) < taken[i].h / 2;
			float weight = clamp(120. * 16 / (fmax(1, cr - cl) * fmax(1, cb - ct)), 1, 5);

			for (int y = 0; y < CELLS; y++)
				for (int x = 0; x < CELLS; x++) {
					int w = (x * 4 + 4 < cr ? x * 4 + 4 : cr) - (x * 4 > cl ? x * 4 : cl);
					int h = (y * 4 + 4 < cb ? y * 4 + 4 : cb) - (y * 4 > ct ? y * 4 : ct);
					int inside = w > 0 && h > 0 ? w * h : 0, at = y * CELLS + x;

					if (pass == 0 && x * 4 + 4 > l - 3 && x * 4 < rt + 3 && y * 4 + 4 > t - 3 && y * 4 < bt + 3)
						s->weight[at] = .4f;
					else if (pass == 1 && inside > 0)
						s->weight[at] = 0;
					else if (pass == 2 && inside >= 8) {
						s->target[at] = 1;
						s->weight[at] = hidden ? 0 : weight;
					}
				}
		}
}

/* ---- what happens to the whole image ---- */

static void
blur(double sigma)
{
	static float copy[CROP][CROP];
	double k1 = exp(-.5 / (sigma * sigma)), k2 = exp(-2 / (sigma * sigma)), sum = 1 + 2 * k1 + 2 * k2;

	for (int pass = 0; pass < 2; pass++) {
		memcpy(copy, canvas, sizeof copy);
		for (int y = 0; y < CROP; y++)
			for (int x = 0; x < CROP; x++) {
				double v = copy[y][x];

				for (int d = 1; d <= 2; d++) {
					int a = (pass ? y : x) - d, b = (pass ? y : x) + d;

					a = a < 0 ? 0 : a;
					b = b >= CROP ? CROP - 1 : b;
					v += (d == 1 ? k1 : k2) * (pass ? copy[a][x] + copy[b][x] : copy[y][a] + copy[y][b]);
				}
				canvas[y][x] = (float)(v / sum);
			}
	}
}

static void
jpeg(uint8_t *pixels, int quality)
{
	struct jpeg_compress_struct out = {0};
	struct jpeg_decompress_struct in = {0};
	struct jpeg_error_mgr errors;
	unsigned char *bytes = NULL;
	unsigned long n = 0;
	JSAMPROW row;

	out.err = in.err = jpeg_std_error(&errors);
	jpeg_create_compress(&out);
	jpeg_mem_dest(&out, &bytes, &n);
	out.image_width = out.image_height = CROP;
	out.input_components = 1;
	out.in_color_space = JCS_GRAYSCALE;
	jpeg_set_defaults(&out);
	jpeg_set_quality(&out, quality, TRUE);
	jpeg_start_compress(&out, TRUE);
	while (out.next_scanline < CROP) {
		row = pixels + out.next_scanline * CROP;
		jpeg_write_scanlines(&out, &row, 1);
	}
	jpeg_finish_compress(&out);
	jpeg_destroy_compress(&out);
	jpeg_create_decompress(&in);
	jpeg_mem_src(&in, bytes, n);
	jpeg_read_header(&in, TRUE);
	jpeg_start_decompress(&in);
	while (in.output_scanline < CROP) {
		row = pixels + in.output_scanline * CROP;
		jpeg_read_scanlines(&in, &row, 1);
	}
	jpeg_finish_decompress(&in);
	jpeg_destroy_decompress(&in);
	free(bytes);
}

/* A quarter turn of everything, either way: text runs upwards or downwards. */
static void
turn(struct scene *s, int left)
{
	static struct scene old;

	old = *s;
	for (int y = 0; y < CROP; y++)
		for (int x = 0; x < CROP; x++)
			s->pixels[y * CROP + x] = left ? old.pixels[x * CROP + CROP - 1 - y] : old.pixels[(CROP - 1 - x) * CROP + y];
	for (int y = 0; y < CELLS; y++)
		for (int x = 0; x < CELLS; x++) {
			int from = left ? x * CELLS + CELLS - 1 - y : (CELLS - 1 - x) * CELLS + y;

			s->target[y * CELLS + x] = old.target[from];
			s->weight[y * CELLS + x] = old.weight[from];
		}
}

void
scene_draw(struct rng *r, struct scene *s)
{
	double noise;
	int invert;

	if (background_count > 0 && rng_chance(r, .85))
		fill_image(r);
	else
		fill_flat(r);
	if (rng_chance(r, .22))
		texture(r);
	if (rng_chance(r, .45))
		distract(r);
	texts(r, s);
	if (rng_chance(r, .25))
		blur(rng_real(r, .35, 1.1));
	noise = rng_chance(r, .3) ? rng_real(r, 1, 10) : 0;
	invert = rng_chance(r, .15);
	for (int y = 0; y < CROP; y++)
		for (int x = 0; x < CROP; x++) {
			double v = canvas[y][x] + (noise > 0 ? noise * rng_normal(r) : 0);

			v = invert ? 255 - v : v;
			s->pixels[y * CROP + x] = (uint8_t)clamp(v + .5, 0, 255);
		}
	if (rng_chance(r, .15))
		turn(s, rng_chance(r, .5));
	if (rng_chance(r, .3))
		jpeg(s->pixels, rng_int(r, 40, 95));
}
