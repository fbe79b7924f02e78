/* picture.c - see picture.h */
#include "text/picture.h"

#include <stdlib.h>
#include <string.h>

#include "base/size.h"

/* Levels that red, green and blue differ by, and pixels of that kind in a coloured image. */
#define COLOUR 24
#define COLOURED_MIN 20

void
gray_free(struct gray *g)
{
	free(g->pixels);
	memset(g, 0, sizeof *g);
}

static int
shape(struct gray *g, uint32_t width, uint32_t height, uint32_t channels, struct err *e)
{
	size_t bytes;
	uint8_t *p;

	if (!size_mul(width, height, &bytes) || !size_mul(bytes, channels, &bytes))
		return err_set(e, "the image is too large");
	if (bytes > g->room) {
		if ((p = realloc(g->pixels, bytes)) == NULL)
			return err_set(e, "out of memory");
		g->pixels = p;
		g->room = bytes;
	}
	g->width = width;
	g->height = height;
	g->channels = channels;
	return 0;
}

int
gray_shape(struct gray *g, uint32_t width, uint32_t height, struct err *e)
{
	return shape(g, width, height, 1, e);
}

int
gray_shape_rgb(struct gray *g, uint32_t width, uint32_t height, struct err *e)
{
	return shape(g, width, height, 3, e);
}

int
gray_copy(const struct gray *g, struct gray *to, struct err *e)
{
	if (shape(to, g->width, g->height, g->channels, e) < 0)
		return -1;
	memcpy(to->pixels, g->pixels, (size_t)g->width * g->height * g->channels);
	return 0;
}

void
picture_free(struct picture *p)
{
	gray_free(&p->luma);
	gray_free(&p->greatest);
	gray_free(&p->rgb);
}

static uint32_t
sample(const struct pnm *p, size_t i)
{
	return p->maxval < 256 ? p->samples[i] : (uint32_t)p->samples[2 * i] << 8 | p->samples[2 * i + 1];
}

/* Which samples are black and white, and what those of 8 bits become. */
struct levels {
	uint32_t low, high;
	uint8_t scaled[256];
};

static void
levels_find(struct levels *l, const struct pnm *p)
{
	l->low = 0;
	l->high = p->maxval;
	if (p->maxval > 255) {
		l->low = UINT32_MAX;
		l->high = 0;
		for (size_t i = 0; i < p->bytes / 2; i++) {
			uint32_t v = sample(p, i);

			l->low = v < l->low ? v : l->low;
			l->high = v > l->high ? v : l->high;
		}
	}
	if (l->high <= l->low)
		l->high = l->low + 1;
	for (uint32_t i = 0; i < 256; i++)	/* a sample above maxval is white */
		l->scaled[i] = (uint8_t)(i >= l->high ? 255 : i * 255 / l->high);
}

static uint32_t
level(const struct levels *l, const struct pnm *p, size_t i)
{
	return p->maxval < 256 ? l->scaled[p->samples[i]] :
	    (uint32_t)((uint64_t)(sample(p, i) - l->low) * 255 / (l->high - l->low));
}

static int
fill_gray(struct picture *p, const struct pnm *from, const struct levels *l, struct err *e)
{
	size_t n = (size_t)from->width * from->height;

	if (gray_shape(&p->luma, from->width, from->height, e) < 0)
		return -1;
	if (from->maxval == 255)
		memcpy(p->luma.pixels, from->samples, n);
	else
		for (size_t i = 0; i < n; i++)
			p->luma.pixels[i] = (uint8_t)level(l, from, i);
	return 0;
}

static int
fill_colour(struct picture *p, const struct pnm *from, const struct levels *l, struct err *e)
{
	size_t n = (size_t)from->width * from->height, coloured = 0;

	if (gray_shape(&p->luma, from->width, from->height, e) < 0 ||
	    gray_shape(&p->greatest, from->width, from->height, e) < 0 ||
	    gray_shape_rgb(&p->rgb, from->width, from->height, e) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		uint32_t r = level(l, from, 3 * i), g = level(l, from, 3 * i + 1), b = level(l, from, 3 * i + 2);
		uint32_t most = r > g ? r : g, least = r < g ? r : g;

		most = b > most ? b : most;
		least = b < least ? b : least;
		p->luma.pixels[i] = (uint8_t)((299 * r + 587 * g + 114 * b + 500) / 1000);	/* ITU-R BT.601 */
		p->greatest.pixels[i] = (uint8_t)most;
		p->rgb.pixels[3 * i] = (uint8_t)r;
		p->rgb.pixels[3 * i + 1] = (uint8_t)g;
		p->rgb.pixels[3 * i + 2] = (uint8_t)b;
		coloured += most > least + COLOUR;
	}
	p->coloured = coloured >= COLOURED_MIN;
	return 0;
}

int
picture_fill(struct picture *p, const struct pnm *from, struct err *e)
{
	struct levels l;

	levels_find(&l, from);
	p->coloured = false;
	return from->channels == 1 ? fill_gray(p, from, &l, e) : fill_colour(p, from, &l, e);
}

const struct gray *
picture_whole(const struct picture *p)
{
	return p->coloured ? &p->rgb : &p->luma;
}

int
gray_contrast(const struct gray *g, const struct box *b)
{
	int low = 255, high = 0;

	for (uint32_t y = b->y; y < b->y + b->h; y++)
		for (uint32_t x = b->x; x < b->x + b->w; x++) {
			int v = g->pixels[(size_t)y * g->width + x];

			low = v < low ? v : low;
			high = v > high ? v : high;
		}
	return high - low;
}

const struct gray *
picture_best(const struct picture *p, const struct box *b)
{
	return p->coloured && gray_contrast(&p->greatest, b) > gray_contrast(&p->luma, b) + COLOUR ? &p->greatest : &p->luma;
}

/* Channel C of the pixel at X, Y, or of the nearest one that there is. */
static uint8_t
sample_near(const struct gray *g, int64_t x, int64_t y, uint32_t c)
{
	x = x < 0 ? 0 : x >= g->width ? (int64_t)g->width - 1 : x;
	y = y < 0 ? 0 : y >= g->height ? (int64_t)g->height - 1 : y;
	return g->pixels[((size_t)y * g->width + (size_t)x) * g->channels + c];
}

int
gray_twice(const struct gray *g, struct gray *to, struct err *e)
{
	uint8_t *out;

	if (shape(to, g->width * 2, g->height * 2, g->channels, e) < 0)
		return -1;
	out = to->pixels;
	for (uint32_t y = 0; y < to->height; y++)
		for (uint32_t x = 0; x < to->width; x++)
			for (uint32_t c = 0; c < g->channels; c++) {
				int64_t u = x / 2, v = y / 2, du = x % 2 ? 1 : -1, dv = y % 2 ? 1 : -1;

				*out++ = (uint8_t)((9 * sample_near(g, u, v, c) + 3 * sample_near(g, u + du, v, c) +
				    3 * sample_near(g, u, v + dv, c) + sample_near(g, u + du, v + dv, c) + 8) / 16);
			}
	return 0;
}

int
gray_shrink(const struct gray *g, uint32_t by, struct gray *to, struct err *e)
{
	uint8_t *out;

	if (shape(to, (g->width + by - 1) / by, (g->height + by - 1) / by, g->channels, e) < 0)
		return -1;
	out = to->pixels;
	for (uint32_t y = 0; y < to->height; y++)
		for (uint32_t x = 0; x < to->width; x++)
			for (uint32_t c = 0; c < g->channels; c++) {
				uint32_t sum = by * by / 2;

				for (uint32_t v = 0; v < by; v++)
					for (uint32_t u = 0; u < by; u++)
						sum += sample_near(g, (int64_t)x * by + u, (int64_t)y * by + v, c);
				*out++ = (uint8_t)(sum / (by * by));
			}
	return 0;
}
