/*
 * engine_strips.c - header and footer: strips of the whole width at the top and at the bottom
 *
 * They are at least a tenth of the height, and reach as far as the anatomy - the largest part of the image that is no
 * background - is away, but not farther than a quarter, which is where scripts for margins stop.
 */
#include <stdlib.h>

#include "text/engine_internal.h"

#define LEAST 10	/* the strip's height is that of the image by this */
#define MOST 4
#define BLOCK 8u	/* pixels a side, whose mean is looked at: wide enough to blur letters */
#define DIFFERENT 12	/* grey levels from the background */
#define ANATOMY_MIN 20	/* the anatomy's blocks are all of them by this, at least */

/* The mean of each block of G. */
static int
blocks_fill(const struct gray *g, struct gray *blocks, struct err *e)
{
	if (gray_shape(blocks, (g->width + BLOCK - 1) / BLOCK, (g->height + BLOCK - 1) / BLOCK, e) < 0)
		return -1;
	for (uint32_t v = 0; v < blocks->height; v++)
		for (uint32_t u = 0; u < blocks->width; u++) {
			uint32_t sum = 0, n = 0;

			for (uint32_t y = v * BLOCK; y < (v + 1) * BLOCK && y < g->height; y++)
				for (uint32_t x = u * BLOCK; x < (u + 1) * BLOCK && x < g->width; x++, n++)
					sum += g->pixels[(size_t)y * g->width + x];
			blocks->pixels[(size_t)v * blocks->width + u] = (uint8_t)(sum / n);
		}
	return 0;
}

/* How much each block differs from the commonest value, which is that of the background. */
static void
blocks_differ(struct gray *blocks)
{
	size_t histogram[256] = {0}, n = (size_t)blocks->width * blocks->height;
	int most = 0;

	for (size_t i = 0; i < n; i++)
		histogram[blocks->pixels[i]]++;
	for (int v = 1; v < 256; v++)
		if (histogram[v] > histogram[most])
			most = v;
	for (size_t i = 0; i < n; i++)
		blocks->pixels[i] = (uint8_t)abs(blocks->pixels[i] - most);
}

/* The rows of G that its largest part that is no background spans; all of them when there is none to speak of. */
static int
anatomy_rows(const struct gray *g, uint32_t *top, uint32_t *bottom, struct err *e)
{
	struct gray blocks = {0};
	PIX *page = NULL, *mask = NULL;
	BOXA *boxes = NULL;
	PIXA *parts = NULL;
	l_int32 most = 0;
	int got = -1;

	*top = 0;
	*bottom = g->height;
	if (blocks_fill(g, &blocks, e) < 0)
		goto out;
	blocks_differ(&blocks);
	if ((page = engine_pix(&blocks, e)) == NULL)
		goto out;
	if ((mask = pixThresholdToBinary(page, DIFFERENT)) == NULL ||
	    pixInvert(mask, mask) == NULL || (boxes = pixConnComp(mask, &parts, 4)) == NULL) {
		err_set(e, "leptonica failed");
		goto out;
	}
	for (l_int32 i = 0; i < boxaGetCount(boxes); i++) {
		PIX *part = pixaGetPix(parts, i, L_CLONE);
		l_int32 n = 0, y, h;

		pixCountPixels(part, &n, NULL);
		pixDestroy(&part);
		if (n <= most || (size_t)n * ANATOMY_MIN < (size_t)blocks.width * blocks.height)
			continue;
		most = n;
		boxaGetBoxGeometry(boxes, i, NULL, &y, NULL, &h);
		*top = (uint32_t)y * BLOCK;
		*bottom = (uint32_t)(y + h) * BLOCK;
	}
	if (*bottom > g->height)
		*bottom = g->height;
	got = 0;
out:
	gray_free(&blocks);
	pixDestroy(&page);
	pixDestroy(&mask);
	boxaDestroy(&boxes);
	pixaDestroy(&parts);
	return got;
}

static uint32_t
strip_height(uint32_t height, uint32_t clear)
{
	uint32_t least = (height + LEAST - 1) / LEAST, most = (height + MOST - 1) / MOST;

	return clear < least ? least : clear > most ? most : clear;
}

int
engine_strips_find(void *own, const struct picture *p, struct box_record *r, struct err *e)
{
	const struct gray *g = &p->luma;
	uint32_t top, bottom, head, foot;

	(void)own;
	if (anatomy_rows(g, &top, &bottom, e) < 0)
		return -1;
	head = strip_height(g->height, top);
	foot = strip_height(g->height, g->height - bottom);
	if (head + foot >= g->height)	/* of a few rows */
		return box_add(r, 0, 0, g->width, g->height, NULL, e);
	return box_add(r, 0, 0, g->width, head, NULL, e) < 0 ? -1 :
	    box_add(r, 0, g->height - foot, g->width, foot, NULL, e);
}
