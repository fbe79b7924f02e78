/* background.c - what lies behind text: images of a folder, and drawn likenesses of what that folder lacks */
#include <math.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <png.h>

#include "draw.h"

#define BACKGROUNDS_MAX 5000

struct background {
	int width, height, coloured;
	uint8_t *pixels;	/* RGB where coloured, else gray */
};
static struct background backgrounds[BACKGROUNDS_MAX];
static int background_count;

static _Thread_local float fields[4][CROP * CROP];

/* ---- images ---- */

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* A photograph, reduced to what the scales of fill_one need. */
static int
jpeg_read(const char *path, struct background *b)
{
	struct jpeg_decompress_struct in = {0};
	struct jpeg_error_mgr errors;
	FILE *f = fopen(path, "rb");

	if (f == NULL)
		return 0;
	in.err = jpeg_std_error(&errors);
	jpeg_create_decompress(&in);
	jpeg_stdio_src(&in, f);
	jpeg_read_header(&in, TRUE);
	while (in.image_width / in.scale_denom > 1600 && in.scale_denom < 8)
		in.scale_denom *= 2;
	in.scale_num = 1;
	in.out_color_space = JCS_RGB;
	jpeg_start_decompress(&in);
	*b = (struct background){(int)in.output_width, (int)in.output_height, 1, malloc((size_t)in.output_width * in.output_height * 3)};
	while (b->pixels != NULL && in.output_scanline < in.output_height) {
		JSAMPROW row = b->pixels + (size_t)in.output_scanline * in.output_width * 3;

		jpeg_read_scanlines(&in, &row, 1);
	}
	jpeg_destroy_decompress(&in);
	fclose(f);
	return b->pixels != NULL;
}

static int
png_read(const char *path, struct background *b)
{
	png_image image = {.version = PNG_IMAGE_VERSION};

	if (!png_image_begin_read_from_file(&image, path))
		return 0;
	b->coloured = (image.format & PNG_FORMAT_FLAG_COLOR) != 0;
	image.format = b->coloured ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
	b->width = (int)image.width;
	b->height = (int)image.height;
	return (b->pixels = malloc(PNG_IMAGE_SIZE(image))) != NULL && png_image_finish_read(&image, NULL, b->pixels, 0, NULL);
}

int
backgrounds_load(const char *dir)
{
	char *names[BACKGROUNDS_MAX], path[4096];
	int n = 0;
	DIR *d = opendir(dir);
	struct dirent *entry;

	while (d != NULL && (entry = readdir(d)) != NULL && n < BACKGROUNDS_MAX)
		if (strstr(entry->d_name, ".png") || strstr(entry->d_name, ".jpg"))
			names[n++] = strdup(entry->d_name);
	if (d != NULL)
		closedir(d);
	qsort(names, (size_t)n, sizeof *names, by_name);
	for (int i = 0; i < n && background_count < BACKGROUNDS_MAX; i++) {
		snprintf(path, sizeof path, "%s/%s", dir, names[i]);
		background_count += (strstr(path, ".jpg") ? jpeg_read : png_read)(path, &backgrounds[background_count]);
		free(names[i]);
	}
	return background_count;
}

/* What becomes of a gray value: window, gamma, few levels, inversion, a map of colours. */
struct curve {
	float at[3][256];
};

static struct colour
map_colour(struct rng *r, int map, double v, const struct colour *tint)
{
	double t = v / 255;

	(void)r;
	switch (map) {
	case 0:	/* hot metal */
		return (struct colour){{clamp(3 * v, 0, 255), clamp(3 * v - 255, 0, 255), clamp(3 * v - 510, 0, 255)}};
	case 1:	/* rainbow, blue to red */
		return hue(.7 * (1 - t), 1, t < .1 ? 2550 * t : 255);
	case 2:	/* tint */
		return (struct colour){{(float)t * tint->v[0], (float)t * tint->v[1], (float)t * tint->v[2]}};
	case 3:	/* PET: black, blue, purple, orange, white */
		return (struct colour){{clamp(1.6 * v - 80, 0, 255), clamp(2.5 * v - 380, 0, 255),
		    clamp(v < 110 ? 2 * v : 440 - 2 * v + (v > 215 ? 5 * (v - 215) : 0), 0, 255)}};
	default:	/* tinted shadows and plain lights, as a film's scan */
		return (struct colour){{(float)(v + (1 - t) * tint->v[0] / 5), (float)(v + (1 - t) * tint->v[1] / 5),
		    (float)(v + (1 - t) * tint->v[2] / 5)}};
	}
}

static void
curve_choose(struct rng *r, const struct canvas *c, struct curve *k)
{
	double gain = rng_chance(r, .3) ? rng_real(r, .4, 1.3) : 1, gamma = exp(rng_real(r, -.6, .6));
	double low = rng_chance(r, .2) ? rng_real(r, 0, 80) : 0, high = rng_chance(r, .2) ? rng_real(r, 150, 250) : 255;
	int invert = rng_chance(r, .15), levels = rng_chance(r, .06) ? rng_int(r, 2, 5) : 256, turn_at = rng_int(r, 20, 200);
	int map = c->planes == 3 && rng_chance(r, .3) ? rng_int(r, 0, 4) : -1;
	struct colour tint = hue(rng_unit(r), rng_real(r, .1, .9), 255);

	for (int i = 0; i < 256; i++) {
		double v = clamp(255 * gain * pow(clamp((i - low) / (high - low), 0, 1), gamma), 0, 255);
		struct colour to;

		if (levels == 2)	/* one bit */
			v = i < turn_at ? 0 : 255;
		else if (levels < 256)
			v = floor(v * levels / 256) * 255 / (levels - 1);
		v = invert ? 255 - clamp(v, 0, 255) : clamp(v, 0, 255);
		to = map < 0 ? gray(v) : map_colour(r, map, v, &tint);
		for (int p = 0; p < 3; p++)
			k->at[p][i] = to.v[p];
	}
}

static inline float
sample(const uint8_t *p, int step, int row, float fx, float fy)
{
	float a = p[0] + fx * (float)(p[step] - p[0]), b = p[row] + fx * (float)(p[row + step] - p[row]);

	return a + fy * (b - a);
}

/* Where a crop lies in an image. */
struct crop {
	double x0, y0, scale;
	int flips, edge;	/* EDGE: the gray beyond the image */
	const float *bend_x, *bend_y;	/* NULL, or by how many pixels it is bent */
	double bend;
};

static void
image_copy(struct canvas *c, const struct background *b, const struct crop *k, const struct curve *curve)
{
	int step = b->coloured ? 3 : 1, row = b->width * step;
	float per = (float)(1 / k->scale);

	for (int y = 0; y < CROP; y++)
		for (int x = 0; x < CROP; x++) {
			int u = k->flips & 4 ? y : x, v = k->flips & 4 ? x : y, i = y * CROP + x, ix, iy;
			float fx = (float)k->x0 + (float)(k->flips & 1 ? CROP - 1 - u : u) * per;
			float fy = (float)k->y0 + (float)(k->flips & 2 ? CROP - 1 - v : v) * per;
			const uint8_t *p;

			if (k->bend_x != NULL) {
				fx += (float)k->bend * k->bend_x[i];
				fy += (float)k->bend * k->bend_y[i];
			}
			if (!(fx >= 0 && fy >= 0 && fx < (float)(b->width - 1) && fy < (float)(b->height - 1))) {
				for (int q = 0; q < c->planes; q++)
					c->at[q][y][x] = (float)k->edge;
				continue;
			}
			ix = (int)fx;
			iy = (int)fy;
			fx -= (float)ix;
			fy -= (float)iy;
			p = b->pixels + iy * row + ix * step;
			if (step == 1) {
				float value = sample(p, step, row, fx, fy), f;
				int whole = (int)value;

				f = value - (float)whole;
				for (int q = 0; q < c->planes; q++) {
					const float *at = curve->at[q] + whole;

					c->at[q][y][x] = at[0] + f * (at[whole < 255] - at[0]);
				}
			} else if (c->planes == 3) {
				for (int q = 0; q < 3; q++)
					c->at[q][y][x] = curve->at[q][(int)sample(p + q, step, row, fx, fy)];
			} else {
				c->at[0][y][x] = curve->at[0][(int)(.299f * sample(p, step, row, fx, fy) +
				    .587f * sample(p + 1, step, row, fx, fy) + .114f * sample(p + 2, step, row, fx, fy))];
			}
		}
}

static void
fill_one(struct rng *r, struct canvas *c)
{
	const struct background *b = &backgrounds[rng_int(r, 0, background_count - 1)];
	struct crop k = {.scale = exp(rng_real(r, log(.5), log(2.6))), .flips = rng_int(r, 0, 7)};
	int pad = rng_chance(r, .12);
	struct curve curve;
	double span;

	if (rng_chance(r, .08))
		k.scale *= rng_real(r, 1.5, 4);
	span = CROP / k.scale;
	k.edge = rng_chance(r, .7) ? 0 : rng_int(r, 0, 255);
	curve_choose(r, c, &curve);
	k.x0 = b->width > span && !pad ? rng_real(r, 0, b->width - span) : rng_real(r, -.5, .5) * span + (b->width - span) / 2;
	k.y0 = b->height > span && !pad ? rng_real(r, 0, b->height - span) :
	    rng_real(r, -.5, .5) * span + (b->height - span) / 2;
	if (rng_chance(r, .12)) {
		noise_field(r, fields[0], 40, 40);
		noise_field(r, fields[1], 40, 40);
		k.bend_x = fields[0];
		k.bend_y = fields[1];
		k.bend = rng_real(r, 2, 14) / k.scale;
	}
	image_copy(c, b, &k, &curve);
}

static void
fill_image(struct rng *r, struct canvas *c)
{
	static _Thread_local struct canvas other;

	if (background_count == 0)
		return;
	fill_one(r, c);
	if (rng_chance(r, .12)) {	/* two images, one shining through the other */
		int wave = rng_int(r, 30, 200);

		other.planes = c->planes;
		fill_one(r, &other);
		noise_field(r, fields[0], wave, wave);
		for (int p = 0; p < c->planes; p++)
			for (int i = 0; i < CROP * CROP; i++) {
				float *at = plane(c, p) + i;

				*at += clamp(.5 + 2 * fields[0][i], 0, 1) * (plane(&other, p)[i] - *at);
			}
	}
	if (rng_chance(r, .2)) {	/* as a coil or a heel would shade it */
		double depth = rng_real(r, .1, .5);

		noise_field(r, fields[0], 150, 150);
		for (int p = 0; p < c->planes; p++)
			for (int i = 0; i < CROP * CROP; i++)
				plane(c, p)[i] = clamp(plane(c, p)[i] * (1 + depth * fields[0][i]), 0, 255);
	}
}

/* ---- drawn ---- */

static void
fill_flat(struct rng *r, struct canvas *c)
{
	double level = rng_chance(r, .5) ? 0 : rng_chance(r, .3) ? 255 : rng_real(r, 0, 255);
	struct colour k = colour_calm(r, c, level);
	float dx = rng_chance(r, .3) ? (float)rng_real(r, -.5, .5) : 0, dy = rng_chance(r, .3) ? (float)rng_real(r, -.5, .5) : 0;

	for (int p = 0; p < c->planes; p++)
		for (int y = 0; y < CROP; y++)
			for (int x = 0; x < CROP; x++)
				c->at[p][y][x] = clamp(k.v[p] + dx * (float)x + dy * (float)y, 0, 255);
}

/* A screen: panels, fields, lines between them. */
static void
fill_panels(struct rng *r, struct canvas *c)
{
	fill_flat(r, c);
	for (int n = rng_int(r, 1, 7); n > 0; n--) {
		struct colour k = colour_calm(r, c, rng_real(r, 0, 255)), edge = colour_calm(r, c, rng_real(r, 0, 255));
		int x = rng_int(r, -60, CROP), y = rng_int(r, -60, CROP), w = rng_int(r, 20, 300), h = rng_int(r, 10, 200);

		draw_rectangle(c, x, y, x + w, y + h, &k, rng_chance(r, .8) ? 1 : .5);
		if (rng_chance(r, .5))
			draw_frame(c, x, y, x + w, y + h, rng_int(r, 1, 2), &edge);
	}
}

static void
fill_paper(struct rng *r, struct canvas *c)
{
	double level = rng_real(r, 170, 255), depth = rng_chance(r, .5) ? 0 : rng_real(r, 2, 14), wave = rng_real(r, 2, 40);
	struct colour k = colour_calm(r, c, level);

	noise_field(r, fields[0], wave, wave);
	for (int p = 0; p < c->planes; p++)
		for (int i = 0; i < CROP * CROP; i++)
			plane(c, p)[i] = clamp(.5 * (k.v[p] + level) + depth * fields[0][i], 0, 255);
}

/* Ultrasound: speckle, its grain across the beam, brighter and darker tissue, the sector's black surroundings. */
static void
fill_ultrasound(struct rng *r, struct canvas *c)
{
	double grain = rng_real(r, 1.6, 5), across = grain * rng_real(r, 1, 3.5), level = rng_real(r, 15, 130);
	double wave = rng_real(r, 25, 110);
	double ax = rng_real(r, -100, 350), ay = rng_real(r, -320, -10), near = rng_real(r, 0, 300), far = near + rng_real(r, 120, 450);
	double wide = rng_real(r, .3, .9), contrast = rng_real(r, .5, 1.6);
	int sector = rng_chance(r, .6);
	float lo = (float)(near * near), hi = (float)(far * far), slope = (float)tan(wide);
	struct colour tint = c->planes == 3 && rng_chance(r, .25) ? hue(rng_unit(r), .35, 1) : gray(1);

	noise_field(r, fields[0], across, grain);
	noise_field(r, fields[1], across, grain);
	noise_field(r, fields[2], wave, wave * .7);
	noise_field(r, fields[3], wave / 4, wave / 6);
	for (int y = 0; y < CROP; y++)
		for (int x = 0; x < CROP; x++) {
			int i = y * CROP + x;
			float a = fields[0][i], b = fields[1][i], t = 1 + 1.3f * fields[2][i] + .5f * fields[3][i];
			float v = (float)level * (t < .05f ? .05f : t) * (.15f + (float)contrast * (a * a + b * b) * 1.3f);
			float dx = (float)(x - ax), dy = (float)(y - ay), d2 = dx * dx + dy * dy;

			if (sector && (d2 < lo || d2 > hi || fabsf(dx) > slope * dy))
				v = 0;
			v = v > 255 ? 255 : v;
			for (int p = 0; p < c->planes; p++)
				c->at[p][y][x] = v * tint.v[p];
		}
}

/* X-ray: thick and thin, ribs or bones with their trabeculae, the grain of the plate, collimator edges. */
static void
fill_radiograph(struct rng *r, struct canvas *c)
{
	double level = rng_real(r, 50, 190), deep = rng_real(r, 20, 90), bone = rng_chance(r, .5) ? rng_real(r, 4, 40) : 0;
	double wave = rng_real(r, 2.5, 9), grain = rng_chance(r, .6) ? rng_real(r, 1, 14) : 0;
	int ribs = rng_chance(r, .5) ? rng_int(r, 2, 9) : 0;

	noise_field(r, fields[0], 120, 120);
	noise_field(r, fields[1], 35, 60);
	noise_field(r, fields[2], wave, wave * rng_real(r, 1, 2));
	for (int y = 0; y < CROP; y++) {
		const float *n = normals(r);

		for (int x = 0; x < CROP; x++) {
			int i = y * CROP + x;
			float ridge = 1 - 5 * fabsf(fields[2][i]), in = fields[1][i] * 3;

			in = in < 0 ? 0 : in > 1 ? 1 : in;
			ridge = ridge < -.4f ? -.4f : ridge;
			c->at[0][y][x] = clamp(level + deep * fields[0][i] + .5 * deep * in + bone * in * ridge + grain * n[x], 0, 255);
		}
	}
	for (int p = 1; p < c->planes; p++)
		memcpy(c->at[p], c->at[0], sizeof c->at[0]);
	for (double y = rng_real(r, -40, 60), gap = rng_real(r, 25, 60), x = rng_real(r, -100, 350); ribs > 0; ribs--, y += gap) {
		struct colour k = gray(clamp(level + rng_real(r, 20, 80), 0, 255));
		double radius = rng_real(r, 120, 300), a = rng_real(r, .9, 1.3);

		for (int edge = 0; edge < 2; edge++)
			draw_arc(c, x, y - radius + edge * gap * .3, radius, PI / 2 - a, 2 * a, 2.5, &k, 1);
	}
	if (rng_chance(r, .3)) {	/* collimated: nothing, or all, beyond an edge */
		double a = rng_chance(r, .6) ? rng_int(r, 0, 3) * PI / 2 + rng_real(r, -.1, .1) : rng_real(r, 0, 2 * PI);
		double at = rng_real(r, 20, 120), outside = rng_chance(r, .7) ? rng_real(r, 0, 30) : 255;

		for (int y = 0; y < CROP; y++)
			for (int x = 0; x < CROP; x++) {
				double d = clamp((x - CROP / 2.) * cos(a) + (y - CROP / 2.) * sin(a) - at, 0, 1);

				for (int p = 0; p < c->planes && d > 0; p++)
					c->at[p][y][x] += (float)(d * (outside - c->at[p][y][x]));
			}
	}
}

/* What a camera sees: skin, mucosa or a stained section, with vessels, nuclei and highlights. */
static void
fill_tissue(struct rng *r, struct canvas *c)
{
	double turn = rng_chance(r, .6) ? rng_real(r, -.03, .09) : rng_real(r, .75, .95);
	struct colour a = hue(turn + 1, rng_real(r, .2, .75), rng_real(r, 90, 255)), b, vein = hue(turn + .97, .9, rng_real(r, 60, 160));
	int nuclei = rng_chance(r, .4) ? rng_int(r, 20, 260) : 0, lights = rng_chance(r, .5) ? rng_int(r, 3, 60) : 0;
	double depth = rng_chance(r, .5) ? rng_real(r, .2, .9) : 0, size = rng_real(r, 2, 9);
	struct colour dark = hue(rng_real(r, .65, .85), .6, rng_real(r, 60, 150)), white = gray(255);

	b = colour_blend(&a, &vein, rng_real(r, .2, .8));
	if (c->planes == 1)
		a = gray(luma(&(struct canvas){.planes = 3}, &a)), b = gray(a.v[0] * .6), vein = gray(a.v[0] * .4), dark = gray(60);
	noise_field(r, fields[0], 90, 90);
	noise_field(r, fields[1], 30, 30);
	noise_field(r, fields[2], rng_real(r, 3, 10), rng_real(r, 3, 10));
	for (int y = 0; y < CROP; y++)
		for (int x = 0; x < CROP; x++) {
			int i = y * CROP + x;
			float t = .5f + .5f * fields[0][i] + .3f * fields[1][i] + .1f * fields[2][i], ridge = 1 - 9 * fabsf(fields[1][i]);

			ridge = ridge < 0 ? 0 : ridge * (float)depth;
			t = t < 0 ? 0 : t > 1 ? 1 : t;
			for (int p = 0; p < c->planes; p++) {
				float v = a.v[p] + t * (b.v[p] - a.v[p]);

				c->at[p][y][x] = v + ridge * (vein.v[p] - v);
			}
		}
	while (nuclei-- > 0)
		draw_disc(c, rng_real(r, 0, CROP), rng_real(r, 0, CROP), size * rng_real(r, .5, 1.5), size * rng_real(r, .5, 1.5), &dark,
		    rng_real(r, .4, 1));
	while (lights-- > 0) {
		double x = rng_real(r, 0, CROP), y = rng_real(r, 0, CROP), far = rng_real(r, 0, 10), t = rng_real(r, 0, 2 * PI);

		draw_segment(c, x, y, x + far * cos(t), y + far * sin(t), rng_real(r, 1, 5), &white, rng_real(r, .5, 1), 1);
	}
	if (rng_chance(r, .3)) {	/* the round field of an endoscope */
		double x0 = rng_real(r, 0, CROP), y0 = rng_real(r, 0, CROP), radius = rng_real(r, 100, 220);

		for (int y = 0; y < CROP; y++)
			for (int x = 0; x < CROP; x++)
				for (int p = 0; p < c->planes; p++)
					if ((x - x0) * (x - x0) + (y - y0) * (y - y0) > radius * radius)
						c->at[p][y][x] = 0;
	}
}

/* Sheets of small images, as films and capture screens have them. */
static void
fill_film(struct rng *r, struct canvas *c)
{
	int pitch = rng_int(r, 50, 200), x0 = rng_int(r, 0, 100), y0 = rng_int(r, 0, 100), border = rng_int(r, 2, 14);
	struct colour k = gray(rng_chance(r, .7) ? rng_real(r, 0, 60) : rng_real(r, 60, 255));

	fill_image(r, c);
	for (int at = x0 - pitch; at < CROP; at += pitch)
		draw_rectangle(c, at, 0, at + border, CROP, &k, 1);
	for (int at = y0 - pitch; at < CROP; at += pitch)
		draw_rectangle(c, 0, at, CROP, at + border, &k, 1);
}

/* Noise alone: a blank frame, a detector's test, counts of a gamma camera. */
static void
fill_noise(struct rng *r, struct canvas *c)
{
	double level = rng_real(r, 0, 200), depth = rng_real(r, 3, 70), wave = rng_real(r, 1.5, 6);
	int counts = rng_chance(r, .4), smooth = rng_chance(r, .4), own = c->planes == 3 && rng_chance(r, .5);

	for (int p = 0; p < c->planes; p++) {
		if (p > 0 && !own) {
			memcpy(c->at[p], c->at[0], sizeof c->at[0]);
			continue;
		}
		if (smooth)
			noise_field(r, fields[0], wave, wave);
		for (int y = 0; y < CROP; y++) {
			const float *n = normals(r);

			for (int x = 0; x < CROP; x++) {
				double v = smooth ? 2 * fields[0][y * CROP + x] : n[x];

				c->at[p][y][x] = counts ? (v > 1.2 ? clamp(depth * v * 2, 0, 255) : 0) : clamp(level + depth * v, 0, 255);
			}
		}
	}
}

void
background_draw(struct rng *r, struct canvas *c)
{
	static const struct kind {
		void (*fill)(struct rng *, struct canvas *);
		int often;
	} kinds[] = {{fill_image, 46}, {fill_flat, 10}, {fill_panels, 7}, {fill_paper, 4}, {fill_ultrasound, 12}, {fill_radiograph, 9},
	    {fill_tissue, 5}, {fill_film, 4}, {fill_noise, 3}};
	int often[COUNT(kinds)];

	for (int i = 0; i < COUNT(kinds); i++)
		often[i] = kinds[i].fill == fill_tissue && c->planes == 3 ? 15 : kinds[i].often;
	kinds[rng_pick(r, often, COUNT(kinds))].fill(r, c);
}
