/*
 * engine_edge.c - edges and contours, as OpenCV scripts find text: gradient, threshold, closing along the line, and
 * contours of a line's size and shape
 */
#include "text/engine_internal.h"

#define GRADIENT 40	/* least difference of grey levels within a 3x3 window */
#define CLOSE_ALONG 11	/* pixels that letters of a line lie apart at most; odd */
#define CLOSE_ACROSS 3
#define OPEN 3	/* thinner than this is a line or a scale, not text */
#define HEIGHT_MIN 6
#define HEIGHT_MAX 90
#define ASPECT_MIN 1.2	/* width / height */
#define FILL_MIN .55	/* of the contour's box */
#define GROW 2

static PIX *
edges(PIX *page)
{
	PIX *gradient = pixMorphGradient(page, 3, 3, 0), *dark = NULL, *strong = NULL, *closed = NULL, *opened = NULL;

	if (gradient != NULL && (dark = pixThresholdToBinary(gradient, GRADIENT)) != NULL &&
	    (strong = pixInvert(NULL, dark)) != NULL &&
	    (closed = pixCloseSafeBrick(NULL, strong, CLOSE_ALONG, CLOSE_ACROSS)) != NULL)
		opened = pixOpenBrick(NULL, closed, OPEN, OPEN);
	pixDestroy(&gradient);
	pixDestroy(&dark);
	pixDestroy(&strong);
	pixDestroy(&closed);
	return opened;
}

static int
contours(BOXA *boxes, PIXA *shapes, const struct gray *g, struct box_record *r, struct err *e)
{
	for (l_int32 i = 0; i < boxaGetCount(boxes); i++) {
		PIX *shape = pixaGetPix(shapes, i, L_CLONE);
		l_int32 x, y, w, h;
		l_float32 fill = 0;

		boxaGetBoxGeometry(boxes, i, &x, &y, &w, &h);
		pixForegroundFraction(shape, &fill);
		pixDestroy(&shape);
		if (h < HEIGHT_MIN || h > HEIGHT_MAX || w < ASPECT_MIN * h || (double)fill < FILL_MIN)
			continue;
		if (engine_box(r, x, y, w, h, GROW, g->width, g->height, e) < 0)
			return -1;
	}
	return 0;
}

static int
find(const struct gray *g, struct box_record *r, struct err *e)
{
	PIX *page = engine_pix(g, e), *mask;
	PIXA *shapes = NULL;
	BOXA *boxes = NULL;
	int got = -1;

	if (page == NULL)
		return -1;
	if ((mask = edges(page)) == NULL || (boxes = pixConnComp(mask, &shapes, 8)) == NULL)
		err_set(e, "leptonica failed");
	else
		got = contours(boxes, shapes, g, r, e);
	boxaDestroy(&boxes);
	pixaDestroy(&shapes);
	pixDestroy(&mask);
	pixDestroy(&page);
	return got;
}

int
engine_edge_find(void *own, const struct picture *p, struct box_record *r, struct err *e)
{
	(void)own;
	return engine_each_gray(p, find, r, e);
}
