/* clutter.c - things that are not text: what devices draw, what bodies hold, and test patterns */
#include <math.h>

#include "draw.h"

/* What clutter shares: its colour and whether its edges are smooth. */
struct pen {
	struct colour k;
	int soft;
};

static _Thread_local float fields[3][CROP * CROP];

static double
any(struct rng *r)
{
	return rng_real(r, 0, CROP);
}

/* ---- drawn by devices ---- */

static void
ruler(struct rng *r, struct canvas *c, const struct pen *p)
{
	double step = rng_real(r, 3, 30), length = rng_real(r, 2, 9), thick = rng_int(r, 1, 2), at = any(r);
	int upright = rng_chance(r, .5), n = rng_int(r, 5, 60), every = rng_int(r, 4, 10), spine = rng_chance(r, .5);
	double from = rng_real(r, -50, 150), side = rng_chance(r, .5) ? 1 : -1, to = from + (n - 1) * step;

	for (int i = 0; i < n; i++) {
		double q = from + i * step, end = at + side * length * (i % every ? 1 : 1.8);

		if (upright)
			draw_segment(c, at, q, end, q, thick, &p->k, 1, p->soft);
		else
			draw_segment(c, q, at, q, end, thick, &p->k, 1, p->soft);
	}
	if (spine)
		draw_segment(c, upright ? at : from, upright ? from : at, upright ? at : to, upright ? to : at, thick, &p->k, 1, p->soft);
}

static void
cross(struct canvas *c, double x, double y, double size, double thick, int diagonal, const struct pen *p)
{
	double s = diagonal ? size : 0;

	draw_segment(c, x - size, y - s, x + size, y + s, thick, &p->k, 1, p->soft);
	draw_segment(c, x - s, y + size, x + s, y - size, thick, &p->k, 1, p->soft);
}

static void
caliper(struct rng *r, struct canvas *c, const struct pen *p)
{
	double x0 = any(r), y0 = any(r), x1 = any(r), y1 = any(r), size = rng_real(r, 2, 7), thick = rng_int(r, 1, 2);
	double len = hypot(x1 - x0, y1 - y0), gap = rng_real(r, 3, 10);
	int diagonal = rng_chance(r, .4);

	cross(c, x0, y0, size, thick, diagonal, p);
	cross(c, x1, y1, size, thick, diagonal, p);
	if (rng_chance(r, .6))
		for (double t = 0; t < len; t += gap) {
			double x = x0 + (x1 - x0) * t / len, y = y0 + (y1 - y0) * t / len;

			draw_segment(c, x, y, x, y, thick, &p->k, 1, p->soft);
		}
}

/* An ECG, at times on its paper. */
static void
ecg(struct rng *r, struct canvas *c, const struct pen *p)
{
	double y0 = rng_real(r, 20, CROP - 20), height = rng_real(r, 5, 60), period = rng_real(r, 20, 130), last = y0;
	double phase = rng_real(r, 0, period), jitter = rng_real(r, 0, 2), thick = rng_real(r, 1, 2.2), fine = rng_real(r, 4, 12);
	struct colour paper = colour_any(r, c, rng_real(r, 80, 230));

	if (rng_chance(r, .35))
		for (int i = 0; i * fine < CROP; i++) {
			double a = i % 5 ? .25 : .7;

			draw_rectangle(c, (int)(i * fine), 0, (int)(i * fine) + 1, CROP, &paper, a);
			draw_rectangle(c, 0, (int)(i * fine), CROP, (int)(i * fine) + 1, &paper, a);
		}
	for (int lead = rng_chance(r, .3) ? 3 : 1; lead > 0; lead--, y0 = last = rng_real(r, 20, CROP - 20))
		for (int x = 1; x < CROP + 2; x += 2) {
			double t = fmod(x + phase, period) / period, y = y0 + jitter * rng_normal(r) * .5;

			y -= height * (exp(-pow((t - .3) / .02, 2)) - .25 * exp(-pow((t - .34) / .02, 2)) +
			    .2 * exp(-pow((t - .6) / .07, 2)));
			draw_segment(c, x - 2, last, x, y, thick, &p->k, 1, p->soft);
			last = y;
		}
}

/* A Doppler spectrum: columns of grainy brightness that rise and fall with the pulse. */
static void
spectrum(struct rng *r, struct canvas *c, const struct pen *p)
{
	int base = rng_int(r, 60, 240), side = rng_chance(r, .7) ? -1 : 1;
	double period = rng_real(r, 25, 110), height = rng_real(r, 20, 110), level = rng_real(r, 80, 255), phase = any(r);

	for (int x = 0; x < CROP; x++) {
		double t = fmod(x + phase, period) / period, top = height * (.25 + .75 * exp(-3 * t) * fmin(1, t * 12));

		for (int i = 0; i < top; i++) {
			int y = base + side * i;
			struct colour k = gray(clamp(level * (.3 + .7 * i / top) * (.5 + rng_unit(r)), 0, 255));

			if (y >= 0 && y < CROP)
				mix(c, x, y, &k, .9f);
		}
	}
	draw_segment(c, 0, base, CROP, base, 1, &p->k, 1, 0);
}

/* A scale of grays or of colours, stepped or smooth. */
static void
colour_bar(struct rng *r, struct canvas *c, const struct pen *p)
{
	int w = rng_int(r, 5, 34), h = rng_int(r, 25, 220), x0 = rng_int(r, 0, CROP - 5), y0 = rng_int(r, -20, CROP - 30);
	int steps = rng_chance(r, .5) ? 256 : rng_int(r, 3, 24), lying = rng_chance(r, .3), kind = c->planes == 3 ? rng_int(r, 0, 4) : 0;
	double wobble = rng_chance(r, .3) ? rng_real(r, .1, .5) : 0;

	for (int i = 0; i < h; i++) {
		double t = 1 - (double)(i * steps / h) / steps, u = 2 * t - 1;
		struct colour k = gray(255 * (wobble > 0 ? .5 + .5 * sin(t * 20 * wobble * 5) : t));

		if (kind == 1)	/* towards and away */
			k = u > 0 ? (struct colour){{255, clamp(510 * u - 255, 0, 255), 0}} : (struct colour){{0, clamp(-510 * u - 255, 0, 255), 255}};
		else if (kind == 2)
			k = hue(.7 * t, 1, 255);
		else if (kind == 3)
			k = (struct colour){{clamp(765 * t, 0, 255), clamp(765 * t - 255, 0, 255), clamp(765 * t - 510, 0, 255)}};
		if (fabs(u) < .06 && kind == 1)
			k = gray(0);
		if (lying)
			draw_rectangle(c, y0 + i, x0, y0 + i + 1, x0 + w, &k, 1);
		else
			draw_rectangle(c, x0, y0 + i, x0 + w, y0 + i + 1, &k, 1);
	}
	if (rng_chance(r, .4))
		draw_frame(c, lying ? y0 : x0, lying ? x0 : y0, lying ? y0 + h : x0 + w, lying ? x0 + w : y0 + h, 1, &p->k);
	if (rng_chance(r, .3))	/* ticks along it */
		for (int i = 0; i < h; i += rng_int(r, 8, 20))
			draw_rectangle(c, lying ? y0 + i : x0 + w, lying ? x0 + w : y0 + i, lying ? y0 + i + 1 : x0 + w + 4,
			    lying ? x0 + w + 4 : y0 + i + 1, &p->k, 1);
}

static void
shapes(struct rng *r, struct canvas *c, const struct pen *p)
{
	double x = any(r), y = any(r), size = exp(rng_real(r, log(3), log(90))), thick = rng_real(r, 1, 3), a = rng_real(r, 0, 2 * PI);
	double gap = rng_chance(r, .5) ? 0 : rng_real(r, 2, 8), dash = gap > 0 ? rng_real(r, 1, 9) : 300;
	int sides = rng_chance(r, .6) ? 4 : 3;

	switch (rng_int(r, 0, 4)) {
	case 0:
		draw_arc(c, x, y, size, a, rng_chance(r, .6) ? 2 * PI : rng_real(r, .5, 5), thick, &p->k, p->soft);
		break;
	case 1:	/* an arrow */
		draw_segment(c, x, y, x + size * cos(a), y + size * sin(a), thick, &p->k, 1, p->soft);
		draw_segment(c, x, y, x + 6 * cos(a + .5), y + 6 * sin(a + .5), thick, &p->k, 1, p->soft);
		draw_segment(c, x, y, x + 6 * cos(a - .5), y + 6 * sin(a - .5), thick, &p->k, 1, p->soft);
		break;
	case 2:	/* a polygon, often a box around a region */
		a = rng_chance(r, .6) ? PI / 4 : a;
		for (int i = 0; i < sides; i++)
			draw_segment(c, x + size * cos(a + 2 * PI * i / sides), y + size * sin(a + 2 * PI * i / sides),
			    x + size * cos(a + 2 * PI * (i + 1) / sides), y + size * sin(a + 2 * PI * (i + 1) / sides), thick, &p->k, 1,
			    p->soft);
		break;
	case 3:	/* a triangle or disc, filled: markers of scales */
		if (rng_chance(r, .5))
			draw_disc(c, x, y, rng_real(r, 2, 12), rng_real(r, 2, 12), &p->k, 1);
		else
			for (int i = 0, n = rng_int(r, 3, 14); i < n; i++)
				draw_rectangle(c, (int)x - i / 2, (int)y + i, (int)x + i / 2 + 1, (int)y + i + 1, &p->k, 1);
		break;
	default:	/* a line, perhaps dotted */
		for (double t = 0; t < 300; t += dash + gap)
			draw_segment(c, x + t * cos(a), y + t * sin(a), x + (t + dash) * cos(a), y + (t + dash) * sin(a), thick, &p->k, 1,
			    p->soft);
	}
}

/* Frames and fields without words, icons, a pointer. */
static void
widgets(struct rng *r, struct canvas *c, const struct pen *p)
{
	int size = rng_int(r, 6, 40), x0 = rng_int(r, -10, 220), y0 = rng_int(r, -10, 220), n = rng_int(r, 1, 8), lying = rng_chance(r, .5);

	for (int i = 0; i < n; i++) {
		int x = x0 + (lying ? i * (size + 5) : 0), y = y0 + (lying ? 0 : i * (size + 5)), m = size / 2;
		struct colour k = rng_chance(r, .5) ? p->k : colour_any(r, c, rng_real(r, 0, 255));

		if (rng_chance(r, .5))
			draw_frame(c, x, y, x + size, y + size, 1, &p->k);
		switch (rng_int(r, 0, 6)) {
		case 0:
			draw_arc(c, x + m, y + m, size * .35, 0, rng_real(r, 2, 7), rng_real(r, 1, 3), &k, 1);
			break;
		case 1:
			for (int j = 0; j < size * 2 / 3; j++)
				draw_rectangle(c, x + size / 6, y + size / 6 + j, x + size / 6 + j, y + size / 6 + j + 1, &k, 1);
			break;
		case 2:
			draw_rectangle(c, x + size / 4, y + size / 4, x + size * 3 / 4, y + size * 3 / 4, &k, 1);
			break;
		case 3:
			draw_disc(c, x + m, y + m, size * .35, size * rng_real(r, .15, .35), &k, 1);
			break;
		case 4:	/* a knob, a heart, a body's outline: an arc and strokes */
			draw_arc(c, x + m, y + size * .3, size * .2, 0, 2 * PI, 1.2, &k, 1);
			draw_segment(c, x + m, y + size * .5, x + m, y + size, 1.5, &k, 1, 1);
			break;
		default:
			break;
		}
	}
}

/* Sampled by another's clock: dots of a biopsy guide, a field of view's corners, a graticule. */
static void
guides(struct rng *r, struct canvas *c, const struct pen *p)
{
	double x = any(r), y = any(r), a = rng_real(r, .2, 1.4), gap = rng_real(r, 4, 14), wide = rng_real(r, 8, 40);

	if (rng_chance(r, .5)) {
		for (double t = 0; t < 300; t += gap)
			for (int side = 0; side < 2; side++)
				draw_disc(c, x + t * cos(a) + side * wide, y - 60 + t * sin(a), 1.3, 1.3, &p->k, 1);
		return;
	}
	for (double v = fmod(y, wide); v < CROP; v += wide)
		for (double u = fmod(x, wide); u < CROP; u += wide)
			if (gap > 9)
				cross(c, u, v, gap / 5, 1, 0, p);
			else
				draw_disc(c, u, v, 1.2, 1.2, &p->k, 1);
}

/* Stripes of a bar code, or a code of squares. */
static void
code(struct rng *r, struct canvas *c, const struct pen *p)
{
	int cell = rng_int(r, 1, 6), x0 = rng_int(r, -20, 200), y0 = rng_int(r, -20, 200), n = rng_int(r, 15, 40), bars = rng_chance(r, .4);
	struct colour dark = gray(rng_real(r, 0, 60)), light = gray(rng_real(r, 180, 255));
	int h = bars ? rng_int(r, 12, 60) : n * cell;

	(void)p;
	draw_rectangle(c, x0 - 2 * cell, y0 - 2 * cell, x0 + (n + 2) * cell, y0 + h + 2 * cell, &light, 1);
	for (int i = 0; i < n; i++)
		for (int j = 0; j < (bars ? 1 : n); j++)
			if (rng_chance(r, .5))
				draw_rectangle(c, x0 + i * cell, y0 + j * cell, x0 + (i + 1) * cell, bars ? y0 + h : y0 + (j + 1) * cell, &dark, 1);
	if (!bars)
		for (int k = 0; k < 3; k++) {
			int x = k == 1 ? x0 + (n - 7) * cell : x0, y = k == 2 ? y0 + (n - 7) * cell : y0;

			draw_rectangle(c, x, y, x + 7 * cell, y + 7 * cell, &light, 1);
			draw_frame(c, x, y, x + 7 * cell, y + 7 * cell, cell, &dark);
			draw_rectangle(c, x + 2 * cell, y + 2 * cell, x + 5 * cell, y + 5 * cell, &dark, 1);
		}
}

/* ---- test patterns ---- */

static void
checkers(struct rng *r, struct canvas *c, const struct pen *p)
{
	int cell = rng_int(r, 1, 28), across = rng_int(r, 2, 24), down = rng_chance(r, .5) ? rng_int(r, 1, 2) : rng_int(r, 2, 24);
	int x0 = rng_int(r, -40, CROP - 10), y0 = rng_int(r, -40, CROP - 10), tall = rng_chance(r, .7) ? cell : rng_int(r, 2, 40);
	struct colour k[2] = {gray(rng_int(r, 0, 100)), gray(rng_int(r, 120, 255))};

	(void)p;
	for (int i = 0; i < across; i++)
		for (int j = 0; j < down; j++)
			draw_rectangle(c, x0 + i * cell, y0 + j * tall, x0 + (i + 1) * cell, y0 + (j + 1) * tall, &k[(i + j) & 1], 1);
}

/* Groups of bars in two directions, as resolution charts have them. */
static void
bars(struct rng *r, struct canvas *c, const struct pen *p)
{
	double wide = rng_real(r, 1, 12), x = any(r), y = any(r), fine = rng_real(r, .75, 1);

	for (int group = rng_int(r, 1, 6); group > 0; group--, wide *= fine) {
		int n = rng_int(r, 3, 14), lying = rng_chance(r, .5), len = (int)(wide * rng_real(r, 4, 12)) + 6, w = (int)fmax(1, wide);

		for (int i = 0; i < n; i++) {
			int at = (int)(i * 2 * fmax(1, wide));

			draw_rectangle(c, (int)x + (lying ? 0 : at), (int)y + (lying ? at : 0), (int)x + (lying ? len : at + w),
			    (int)y + (lying ? at + w : len), &p->k, 1);
		}
		x += lying ? len + 8 : n * 2 * wide + 6;
		if (x > CROP) {
			x = rng_real(r, 0, 60);
			y += rng_real(r, 20, 70);
		}
	}
}

static void
steps(struct rng *r, struct canvas *c, const struct pen *p)
{
	int w = rng_int(r, 12, 60), n = rng_int(r, 3, 12), x0 = rng_int(r, -20, 150), y0 = rng_int(r, -20, 200), up = rng_chance(r, .5);

	for (int i = 0; i < n; i++) {
		struct colour k = gray(255. * i / n), inner = gray(clamp(255. * i / n + rng_real(r, -14, 14), 0, 255));
		int x = x0 + (up ? 0 : i * w), y = y0 + (up ? i * w : 0);

		draw_rectangle(c, x, y, x + w, y + w, &k, 1);
		if (w > 25)
			draw_rectangle(c, x + w / 3, y + w / 3, x + w * 2 / 3, y + w * 2 / 3, &inner, 1);
	}
	if (rng_chance(r, .5))
		draw_frame(c, x0 - 1, y0 - 1, x0 + (up ? 1 : n) * w + 1, y0 + (up ? n : 1) * w + 1, 1, &p->k);
}

/* ---- of the body and of what is put into it ---- */

/* Branches as power Doppler, angiography and retinas show them. */
static void
branch(struct rng *r, struct canvas *c, double x, double y, double a, double thick, double length, const struct colour *k, double opacity, int left)
{
	for (double t = 0; t < length && x > -30 && x < CROP + 30 && y > -30 && y < CROP + 30; t += 6) {
		double nx, ny;

		a += rng_normal(r) * .22;
		nx = x + 6 * cos(a);
		ny = y + 6 * sin(a);
		draw_segment(c, x, y, nx, ny, thick * rng_real(r, .8, 1.1), k, opacity, 1);
		x = nx;
		y = ny;
		if (left > 0 && rng_chance(r, .2))
			branch(r, c, x, y, a + (rng_chance(r, .5) ? 1 : -1) * rng_real(r, .4, 1.1), thick * rng_real(r, .4, .8), length * rng_real(r, .3, .8),
			    k, opacity, left - 1);
	}
}

static void
vessels(struct rng *r, struct canvas *c, const struct pen *p)
{
	static const struct colour edge = {{200, 40, 20}}, core = {{255, 180, 40}};
	double opacity = rng_real(r, .25, 1), thick = rng_real(r, 1.2, 8);
	int power = rng_chance(r, .4);	/* power Doppler: from red at the walls to yellow within */

	for (int n = rng_int(r, 1, 4); n > 0; n--) {
		double x = any(r), y = any(r), a = rng_real(r, 0, 2 * PI), length = rng_real(r, 60, 260);
		struct rng again = *r;

		branch(r, c, x, y, a, thick, length, power ? &edge : &p->k, power ? 1 : opacity, 3);
		if (power)	/* the same way once more */
			branch(&again, c, x, y, a, thick / 2, length, &core, 1, 3);
	}
}

/* Colour or power Doppler in its region: thresholded flow in the colours of its map, often with a box around it. */
static void
doppler(struct rng *r, struct canvas *c, const struct pen *p)
{
	double wave = exp(rng_real(r, log(4), log(35))), fill = rng_real(r, -.3, .3), turn = rng_real(r, -20, 200), ragged = rng_real(r, 0, .9);
	int x0 = rng_int(r, -40, 150), y0 = rng_int(r, -40, 150), x1 = x0 + rng_int(r, 50, 220), y1 = y0 + rng_int(r, 50, 220);
	int power = rng_chance(r, .5), ridges = rng_chance(r, .5), levels = rng_chance(r, .4) ? rng_int(r, 3, 12) : 256;

	noise_field(r, fields[0], wave, wave);
	noise_field(r, fields[1], wave / 2 < 1.6 ? 1.6 : wave / 2, wave / 3 < 1.6 ? 1.6 : wave / 3);
	noise_field(r, fields[2], 50, 50);
	for (int y = y0 < 0 ? 0 : y0; y < y1 && y < CROP; y++)
		for (int x = x0 < 0 ? 0 : x0; x < x1 && x < CROP; x++) {
			int i = y * CROP + x;
			double v = ridges ? .7 - 4 * fabs(fields[0][i]) : fields[0][i], t;
			struct colour k;

			v += ragged * fields[1][i] + .5 * fields[2][i] - fill;
			if (v < .12)
				continue;
			t = clamp(v * 1.4, 0, 1);
			t = floor(t * levels) / levels;
			if (power)
				k = (struct colour){{(float)(140 + 115 * t), (float)(255 * t * t), (float)(turn > 150 ? 160 * t : 60 * t * t)}};
			else if (fields[2][i] + .5 * fields[1][i] > 0)
				k = (struct colour){{255, (float)(255 * t), (float)(turn < 0 ? 180 * t * t : 0)}};
			else
				k = (struct colour){{0, (float)(255 * t * t), 255}};
			if (c->planes == 1)
				k = gray(.3 * k.v[0] + .59 * k.v[1] + .11 * k.v[2]);
			mix(c, x, y, &k, 1);
		}
	if (rng_chance(r, .6))
		draw_frame(c, x0, y0, x1, y1, 1, &p->k);
}

/* Screws, clips, sutures, beads, wires, needles: bright and hard-edged. */
static void
metal(struct rng *r, struct canvas *c, const struct pen *p)
{
	double x = any(r), y = any(r), a = rng_real(r, 0, 2 * PI), thick = rng_real(r, 2, 9), len = rng_real(r, 15, 120), bend = rng_real(r, -.15, .15);
	double s = sin(a), co = cos(a);

	switch (rng_int(r, 0, 4)) {
	case 0:	/* a screw */
		draw_segment(c, x, y, x + len * co, y + len * s, thick, &p->k, 1, 1);
		for (double t = 0; t < len; t += 4)
			draw_segment(c, x + t * co - s * thick, y + t * s + co * thick, x + t * co + s * thick, y + t * s - co * thick, 1.5, &p->k,
			    .8, 1);
		draw_disc(c, x, y, thick, thick, &p->k, 1);
		break;
	case 1:	/* a catheter with its beads */
	case 2:
		for (double t = 0; t < 3 * len; t += 5, a += bend + .1 * rng_normal(r)) {
			draw_segment(c, x, y, x + 5 * cos(a), y + 5 * sin(a), thick / 3, &p->k, .8, 1);
			x += 5 * cos(a);
			y += 5 * sin(a);
			if (bend > 0 && (int)t % 20 == 0)
				draw_disc(c, x, y, thick / 2 + 1, thick / 2 + 1, &p->k, 1);
		}
		break;
	case 3:	/* sutures or clips in a row */
		for (int i = 0, n = rng_int(r, 3, 14); i < n; i++) {
			double t = a + rng_real(r, -.6, .6) + 1.2, u = x + i * 11 * co, v = y + i * 11 * s;

			draw_segment(c, u, v, u + 7 * cos(t), v + 7 * sin(t), 1.6, &p->k, 1, 1);
			draw_segment(c, u, v, u - 3 * sin(t), v + 3 * cos(t), 1.6, &p->k, 1, 1);
		}
		break;
	default:
		draw_segment(c, x, y, x + 3 * len * co, y + 3 * len * s, rng_real(r, 1, 3), &p->k, 1, 1);
	}
}

/* Calcifications, dots of counts, dust on a scan, highlights: many small spots in a cloud. */
static void
spots(struct rng *r, struct canvas *c, const struct pen *p)
{
	double x = any(r), y = any(r), spread = rng_real(r, 10, 90), most = rng_real(r, 1, 5);

	for (int n = rng_int(r, 10, 250); n > 0; n--) {
		double u = x + spread * rng_normal(r), v = y + spread * rng_normal(r);

		draw_segment(c, u, v, u + rng_real(r, -most, most), v + rng_real(r, -1, 1), rng_real(r, 1, most), &p->k, rng_real(r, .4, 1), 1);
	}
}

/* Letter-like strokes that make no lines. */
static void
curls(struct rng *r, struct canvas *c, const struct pen *p)
{
	for (int n = rng_int(r, 20, 130); n > 0; n--)
		draw_arc(c, any(r), any(r), rng_real(r, 2, 12), rng_real(r, 0, 2 * PI), rng_real(r, .5, 5), rng_real(r, .8, 2.5), &p->k, 1);
}

/* ---- textures over all or a part of the canvas ---- */

static double
texture_value(int kind, const float *a, const float *b, double along, double across, double wave, int hard)
{
	double v;

	switch (kind) {
	case 0:	/* band-limited */
		return .7 * *a + .5 * *b;
	case 1:	/* ridges: trabeculae, vessels, lung markings */
		v = 1 - 5 * fabs(*a);
		return v < -.4 ? -.4 : v;
	case 2:	/* blobs */
		return *a * *b > .12;
	case 3:	/* letter-sized islands */
		return *a + .4 * *b > .45;
	case 4:	/* grating, of sines or bars */
		v = sin(2 * PI * along / wave);
		return hard ? (v > 0 ? 1 : -1) : v;
	case 5:	/* one bit of noise: a threshold of anatomy */
		return *a + 2 * *b > 0 ? 1 : -1;
	default:	/* grid */
		return fmod(fabs(along) + 500, wave * 2) < 1.2 || fmod(fabs(across) + 500, wave * 2) < 1.2;
	}
}

static void
texture(struct rng *r, struct canvas *c, const struct pen *p)
{
	double amp = rng_real(r, 15, 120), angle = rng_real(r, 0, PI), wave = exp(rng_real(r, log(2.5), log(24)));
	int kind = rng_int(r, 0, 6), part = rng_int(r, 0, 2), left = rng_int(r, -40, 160), top = rng_int(r, -40, 160);
	int right = left + rng_int(r, 20, 200), bottom = top + rng_int(r, 12, 200), hard = rng_chance(r, .5);
	double chirp = rng_chance(r, .4) ? rng_real(r, 0, .01) : 0, co, s;
	double warp = rng_chance(r, .4) ? rng_real(r, 5, 60) : 0;	/* folia, fibres, fingers rather than charts */
	float sign = rng_chance(r, .5) ? 1 : -1;

	(void)p;
	if (kind >= 4 && rng_chance(r, .6))	/* upright or lying, as test patterns are */
		angle = rng_chance(r, .5) ? 0 : PI / 2;
	co = cos(angle);
	s = sin(angle);
	noise_field(r, fields[2], 60, 60);
	noise_field(r, fields[0], wave, wave * (rng_chance(r, .3) ? rng_real(r, .6, 1.6) : 1));
	noise_field(r, fields[1], fmax(1.5, wave / 2), fmax(1.5, wave / 2));
	if (part != 2)
		left = top = 0, right = bottom = CROP;
	for (int y = top < 0 ? 0 : top; y < bottom && y < CROP; y++)
		for (int x = left < 0 ? 0 : left; x < right && x < CROP; x++) {
			int i = y * CROP + x;
			double along = co * x + s * y, across = co * y - s * x;
			float v;

			along += warp * fields[2][i];
			along *= 1 + chirp * fabs(along);
			v = (float)texture_value(kind, &fields[0][i], &fields[1][i], along, across, wave, hard);
			if (part == 1)
				v *= clamp(fields[2][i] * 4, 0, 1);
			for (int q = 0; q < c->planes; q++) {
				float *at = &c->at[q][y][x], sum = *at + sign * (float)amp * v;

				*at = sum < 0 ? 0 : sum > 255 ? 255 : sum;
			}
		}
}

void
clutter_draw(struct rng *r, struct canvas *c)
{
	static const struct kind {
		void (*draw)(struct rng *, struct canvas *, const struct pen *);
		int often;
	} kinds[] = {{texture, 22}, {shapes, 10}, {ruler, 8}, {caliper, 5}, {ecg, 5}, {spectrum, 3}, {colour_bar, 8}, {widgets, 6},
	    {guides, 4}, {code, 3}, {checkers, 6}, {bars, 5}, {steps, 3}, {vessels, 10}, {doppler, 14}, {metal, 6}, {spots, 6}, {curls, 4}};
	int often[COUNT(kinds)];
	struct pen p = {colour_any(r, c, rng_chance(r, .5) ? rng_int(r, 180, 255) : rng_int(r, 0, 255)), rng_chance(r, .6)};

	for (int i = 0; i < COUNT(kinds); i++)
		often[i] = kinds[i].often;
	kinds[rng_pick(r, often, COUNT(kinds))].draw(r, c, &p);
}
