/* png: an image as the bytes of a PNG file; see png.h. */
#include "image/png.h"

#include <setjmp.h>
#include <stdlib.h>

#include <png.h>

void
png_shrink(struct pnm *p, uint32_t side)
{
	uint32_t w = p->width, h = p->height, c, x, y, i, j, x1, y1;
	uint64_t sum, n;
	size_t to = 0, channels = p->channels;

	if (w <= side && h <= side)
		return;
	if (w > h) {
		h = (uint32_t)((uint64_t)h * side / w);
		w = side;
	} else {
		w = (uint32_t)((uint64_t)w * side / h);
		h = side;
	}
	w = w == 0 ? 1 : w;
	h = h == 0 ? 1 : h;
	/* What is written lies never behind what is still to be read. */
	for (y = 0; y < h; y++)
		for (x = 0; x < w; x++)
			for (c = 0; c < p->channels; c++) {
				sum = n = 0;
				y1 = (uint32_t)((uint64_t)(y + 1) * p->height / h);
				x1 = (uint32_t)((uint64_t)(x + 1) * p->width / w);
				for (j = (uint32_t)((uint64_t)y * p->height / h); j < y1; j++)
					for (i = (uint32_t)((uint64_t)x * p->width / w); i < x1;
					    i++, n++)
						sum += p->samples[((size_t)j * p->width + i) *
						    channels + c];
				p->samples[to++] = (uint8_t)((sum + n / 2) / n);
			}
	p->width = w;
	p->height = h;
	p->bytes = to;
}

struct target {
	struct buf *out;
	struct err *e;
	int failed;
};

static void
take_bytes(png_structp png, png_bytep bytes, png_size_t n)
{
	struct target *t = png_get_io_ptr(png);

	if (!t->failed && buf_add(t->out, bytes, n, t->e) < 0)
		t->failed = 1;
}

static void
take_flush(png_structp png)
{
	(void)png;
}

int
png_encode(const struct pnm *p, struct buf *out, struct err *e)
{
	struct target t = { out, e, 0 };
	png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL,
	    NULL, NULL);
	png_infop info = png != NULL ? png_create_info_struct(png) : NULL;
	size_t row = (size_t)p->width * p->channels;
	uint32_t y;

	if (info == NULL) {
		png_destroy_write_struct(&png, NULL);
		return err_set(e, "out of memory");
	}
	if (setjmp(png_jmpbuf(png)) != 0) {
		png_destroy_write_struct(&png, &info);
		return err_set(e, "the PNG library failed");
	}
	png_set_write_fn(png, &t, take_bytes, take_flush);
	png_set_compression_level(png, 9);
	png_set_IHDR(png, info, p->width, p->height, 8,
	    p->channels == 3 ? PNG_COLOR_TYPE_RGB : PNG_COLOR_TYPE_GRAY,
	    PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
	    PNG_FILTER_TYPE_DEFAULT);
	png_write_info(png, info);
	for (y = 0; y < p->height; y++)
		png_write_row(png, p->samples + y * row);
	png_write_end(png, info);
	png_destroy_write_struct(&png, &info);
	return t.failed ? -1 : 0;
}
