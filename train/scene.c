/* scene.c - training images: a background, things that are not text, lines of text, and what a device's way adds */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

#include "draw.h"

/* ---- what happens to the whole image ---- */

/* Through JPEG and back; a gray scene as one component. */
static void
jpeg(uint8_t *pixels, int planes, int quality, int subsample)
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
	out.input_components = planes;
	out.in_color_space = planes == 3 ? JCS_RGB : JCS_GRAYSCALE;
	jpeg_set_defaults(&out);
	jpeg_set_quality(&out, quality, TRUE);
	if (planes == 3 && !subsample)
		out.comp_info[0].h_samp_factor = out.comp_info[0].v_samp_factor = 1;
	jpeg_start_compress(&out, TRUE);
	while (out.next_scanline < CROP) {
		row = pixels + out.next_scanline * CROP * (unsigned)planes;
		jpeg_write_scanlines(&out, &row, 1);
	}
	jpeg_finish_compress(&out);
	jpeg_destroy_compress(&out);
	jpeg_create_decompress(&in);
	jpeg_mem_src(&in, bytes, n);
	jpeg_read_header(&in, TRUE);
	jpeg_start_decompress(&in);
	while (in.output_scanline < CROP) {
		row = pixels + in.output_scanline * CROP * (unsigned)planes;
		jpeg_read_scanlines(&in, &row, 1);
	}
	jpeg_finish_decompress(&in);
	jpeg_destroy_decompress(&in);
	free(bytes);
}

/* Scaled down to N pixels a side and up again, as captures and converters do. */
static void
rescale(struct canvas *c, int n, int nearest)
{
	static _Thread_local float small[CROP][CROP];
	float step = (float)CROP / (float)n;

	for (int p = 0; p < c->planes; p++) {
		for (int y = 0; y < n; y++)
			for (int x = 0; x < n; x++) {
				float fx = ((float)x + .5f) * step - .5f, fy = ((float)y + .5f) * step - .5f;
				int ix = (int)fx, iy = (int)fy, jx = ix + 1 < CROP ? ix + 1 : ix, jy = iy + 1 < CROP ? iy + 1 : iy;
				float a = c->at[p][iy][ix], b = c->at[p][iy][jx], d = c->at[p][jy][ix], e = c->at[p][jy][jx];

				fx -= (float)ix;
				fy -= (float)iy;
				small[y][x] = (1 - fy) * (a + fx * (b - a)) + fy * (d + fx * (e - d));
			}
		for (int y = 0; y < CROP; y++)
			for (int x = 0; x < CROP; x++) {
				float fx = fmaxf(0, ((float)x + .5f) / step - .5f), fy = fmaxf(0, ((float)y + .5f) / step - .5f);
				int ix = nearest ? (int)(fx + .5f) : (int)fx, iy = nearest ? (int)(fy + .5f) : (int)fy, jx, jy;

				ix = ix < n ? ix : n - 1;
				iy = iy < n ? iy : n - 1;
				jx = ix + 1 < n ? ix + 1 : ix;
				jy = iy + 1 < n ? iy + 1 : iy;
				fx = nearest ? 0 : fx - (float)ix;
				fy = nearest ? 0 : fy - (float)iy;
				c->at[p][y][x] = (1 - fy) * (small[iy][ix] + fx * (small[iy][jx] - small[iy][ix])) +
				    fy * (small[jy][ix] + fx * (small[jy][jx] - small[jy][ix]));
			}
	}
}

/* Video: the odd rows are from another moment, or darker. */
static void
interlace(struct rng *r, struct canvas *c)
{
	int shift = rng_int(r, 0, 1);
	float gain = shift ? 1 : (float)rng_real(r, .55, .9);

	for (int p = 0; p < c->planes; p++)
		for (int y = 1; y < CROP; y += 2)
			for (int x = CROP - 1; x >= 0; x--)
				c->at[p][y][x] = gain * c->at[p][y][x >= shift ? x - shift : x];
}

/* A palette of few colours, dithered in fours. */
static void
dither(struct rng *r, struct canvas *c)
{
	static const float order[4][4] = {{0, 8, 2, 10}, {12, 4, 14, 6}, {3, 11, 1, 9}, {15, 7, 13, 5}};
	float step = 255 / (float)rng_int(r, 4, 24);

	for (int p = 0; p < c->planes; p++)
		for (int y = 0; y < CROP; y++)
			for (int x = 0; x < CROP; x++)
				c->at[p][y][x] = floorf(c->at[p][y][x] / step + (order[y & 3][x & 3] + .5f) / 16) * step;
}

static void
gamma_change(struct rng *r, struct canvas *c)
{
	float curve[256], gamma = (float)exp(rng_real(r, -.35, .35));

	for (int i = 0; i < 256; i++)
		curve[i] = 255 * powf((float)i / 255, gamma);
	for (int p = 0; p < c->planes; p++)
		for (int i = 0; i < CROP * CROP; i++)
			plane(c, p)[i] = curve[(int)clamp(plane(c, p)[i], 0, 255)];
}

/* LEAST is the contrast of the faintest line: it must outlive what is done. */
static void
degrade(struct rng *r, struct canvas *c, double least)
{
	int faint = least < 45;

	if (rng_chance(r, .05))
		rescale(c, rng_int(r, faint ? 190 : 140, 240), rng_chance(r, .25));
	if (rng_chance(r, .1))
		gamma_change(r, c);
	if (rng_chance(r, .22)) {
		double sigma = rng_real(r, .35, faint ? .7 : 1.1);

		canvas_blur(c, sigma, rng_chance(r, .8) ? sigma : 0);
	}
	if (rng_chance(r, .025))
		interlace(r, c);
	if (rng_chance(r, .02) && !faint)
		dither(r, c);
}

/* To bytes, with the noise that a detector or a channel adds. */
static void
develop(struct rng *r, const struct canvas *c, uint8_t *pixels, double least)
{
	double deep = rng_chance(r, .3) ? rng_real(r, 1, rng_chance(r, .2) ? 24 : 9) : 0;
	float noise = (float)fmin(deep, least / 5);
	int own = rng_chance(r, .5), invert = rng_chance(r, .15);

	for (int y = 0; y < CROP; y++) {
		const float *n[3] = {normals(r), NULL, NULL};

		n[1] = own ? normals(r) : n[0];
		n[2] = own ? normals(r) : n[0];
		for (int p = 0; p < c->planes; p++)
			for (int x = 0; x < CROP; x++) {
				float v = c->at[p][y][x] + noise * n[p][x];

				v = invert ? 255.5f - v : v + .5f;
				pixels[(y * CROP + x) * c->planes + p] = (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
			}
	}
}

/* A quarter turn of everything, either way: text runs upwards or downwards. */
static void
turn(struct scene *s, int left)
{
	static _Thread_local struct scene old;

	old = *s;
	for (int y = 0; y < CROP; y++)
		for (int x = 0; x < CROP; x++)
			memcpy(s->pixels + (y * CROP + x) * 3, old.pixels +
			    (left ? x * CROP + CROP - 1 - y : (CROP - 1 - x) * CROP + y) * 3, 3);
	for (int y = 0; y < CELLS; y++)
		for (int x = 0; x < CELLS; x++) {
			int from = left ? x * CELLS + CELLS - 1 - y : (CELLS - 1 - x) * CELLS + y;

			s->target[y * CELLS + x] = old.target[from];
			s->weight[y * CELLS + x] = old.weight[from];
		}
}

/* The quarter at cell (X0, Y0), twice as large: what the net sees of small images, which it looks at enlarged. */
static void
zoom(struct scene *s, int x0, int y0)
{
	static _Thread_local struct scene old;

	old = *s;
	for (int y = 0; y < CROP; y++)
		for (int x = 0; x < CROP; x++) {	/* each lies a quarter of a pixel beside the old one's middle */
			int u = x0 * 4 + x / 2, v = y0 * 4 + y / 2, nu = x & 1 ? u + 1 : u - 1, nv = y & 1 ? v + 1 : v - 1;

			nu = nu < 0 ? 0 : nu >= CROP ? CROP - 1 : nu;
			nv = nv < 0 ? 0 : nv >= CROP ? CROP - 1 : nv;
			for (int p = 0; p < 3; p++)
				s->pixels[(y * CROP + x) * 3 + p] = (uint8_t)((9 * old.pixels[(v * CROP + u) * 3 + p] +
				    3 * old.pixels[(v * CROP + nu) * 3 + p] + 3 * old.pixels[(nv * CROP + u) * 3 + p] +
				    old.pixels[(nv * CROP + nu) * 3 + p] + 8) / 16);
		}
	for (int y = 0; y < CELLS; y++)
		for (int x = 0; x < CELLS; x++) {
			s->target[y * CELLS + x] = old.target[(y0 + y / 2) * CELLS + x0 + x / 2];
			s->weight[y * CELLS + x] = old.weight[(y0 + y / 2) * CELLS + x0 + x / 2];
		}
}

static void
widen(uint8_t *pixels)
{
	for (int i = CROP * CROP - 1; i >= 0; i--)
		pixels[3 * i] = pixels[3 * i + 1] = pixels[3 * i + 2] = pixels[i];
}

void
scene_draw(struct rng *r, struct scene *s)
{
	static _Thread_local struct canvas c;
	int bare = rng_chance(r, .25);
	double least = 255;

	c.planes = rng_chance(r, .35) ? 3 : 1;
	background_draw(r, &c);
	if (rng_chance(r, bare ? .85 : .5))
		for (int n = rng_int(r, 1, bare ? 5 : 3); n > 0; n--)
			clutter_draw(r, &c);
	if (bare)
		scene_unlabelled(s);
	else
		least = text_draw(r, &c, s);
	degrade(r, &c, least);
	develop(r, &c, s->pixels, least);
	if (rng_chance(r, .3))
		jpeg(s->pixels, c.planes, rng_int(r, least < 45 ? 65 : 35, 95), least >= 45 && rng_chance(r, .6));
	if (c.planes == 1)
		widen(s->pixels);
	if (rng_chance(r, .05))
		zoom(s, rng_int(r, 0, CELLS / 2), rng_int(r, 0, CELLS / 2));
	if (rng_chance(r, .2))
		turn(s, rng_chance(r, .5));
}
