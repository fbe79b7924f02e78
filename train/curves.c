/* curves.c - how training went, as a picture */
#include <cairo.h>
#include <math.h>
#include <stdio.h>

#include "train.h"

#define WIDTH 900
#define HEIGHT 300	/* of one panel */
#define LEFT 70
#define RIGHT 20
#define TOP 36
#define BOTTOM 30

/* One curve: a column of the points, as a share of one or as it is. */
struct curve {
	const char *name;
	double red, green, blue;
	double (*of)(const struct point *p);
};

static double
loss_of(const struct point *p)
{
	return p->loss;
}

static double
test_loss_of(const struct point *p)
{
	return p->test_loss;
}

static double
missed_of(const struct point *p)
{
	return 1 - p->found;
}

static double
wrong_of(const struct point *p)
{
	return p->wrong;
}

static const struct curve curves[2][2] = {
	{{"loss in training", .6, .6, .6, loss_of}, {"loss on images never trained on", 0, .3, .8, test_loss_of}},
	{{"cells of text missed", .8, .1, .1, missed_of}, {"other cells taken for text", .9, .6, 0, wrong_of}},
};

/* The decades that all values of a panel lie in. */
static void
span(const struct curve *both, const struct point *points, int count, double *low, double *high)
{
	*low = 0;
	*high = -9;
	for (int k = 0; k < 2; k++)
		for (int i = 0; i < count; i++) {
			double v = log10(fmax(both[k].of(&points[i]), 1e-6));

			*low = fmin(*low, floor(v));
			*high = fmax(*high, ceil(v));
		}
	if (*high <= *low)
		*high = *low + 1;
}

static void
panel(cairo_t *c, double top, const struct curve *both, const struct point *points, int count, double steps)
{
	double low, high, w = WIDTH - LEFT - RIGHT, h = HEIGHT - TOP - BOTTOM;
	char label[40];

	span(both, points, count, &low, &high);
	cairo_set_line_width(c, 1);
	for (double d = low; d <= high; d++)
		for (int i = 1; i <= 9; i++) {
			double y = top + TOP + h * (1 - (d + log10(i) - low) / (high - low));

			if (y < top + TOP - 1)
				continue;
			cairo_set_source_rgb(c, i == 1 ? .7 : .92, i == 1 ? .7 : .92, i == 1 ? .7 : .92);
			cairo_move_to(c, LEFT, y);
			cairo_line_to(c, LEFT + w, y);
			cairo_stroke(c);
			if (i != 1 && i != 2 && i != 5)
				continue;
			cairo_set_source_rgb(c, .2, .2, .2);
			snprintf(label, sizeof label, "%g", i * pow(10, d));
			cairo_move_to(c, 8, y + 4);
			cairo_show_text(c, label);
		}
	for (int i = 0; i <= 4; i++) {
		cairo_set_source_rgb(c, .2, .2, .2);
		snprintf(label, sizeof label, "%.0f", steps * i / 4);
		cairo_move_to(c, LEFT + w * i / 4 - 16, top + HEIGHT - 10);
		cairo_show_text(c, label);
	}
	for (int k = 0; k < 2; k++) {
		cairo_set_source_rgb(c, both[k].red, both[k].green, both[k].blue);
		cairo_move_to(c, LEFT + 300 * k, top + 22);
		cairo_show_text(c, both[k].name);
		cairo_set_line_width(c, 1.8);
		cairo_new_path(c);	/* the label left a point */
		for (int i = 0; i < count; i++) {
			double v = log10(fmax(both[k].of(&points[i]), 1e-6));

			cairo_line_to(c, LEFT + w * points[i].step / steps, top + TOP + h * (1 - (v - low) / (high - low)));
		}
		cairo_stroke(c);
	}
}

int
curves_draw(const char *path, const struct point *points, int count, double steps)
{
	cairo_surface_t *s = cairo_image_surface_create(CAIRO_FORMAT_RGB24, WIDTH, 2 * HEIGHT);
	cairo_t *c = cairo_create(s);
	int failed;

	cairo_set_source_rgb(c, 1, 1, 1);
	cairo_paint(c);
	cairo_select_font_face(c, "sans-serif", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
	cairo_set_font_size(c, 13);
	for (int k = 0; k < 2; k++)
		panel(c, k * HEIGHT, curves[k], points, count, steps);
	failed = cairo_status(c) != CAIRO_STATUS_SUCCESS || cairo_surface_write_to_png(s, path) != CAIRO_STATUS_SUCCESS;
	cairo_destroy(c);
	cairo_surface_destroy(s);
	return failed ? -1 : 0;
}
