/* text.c - where text stands on an image and how it looks; the labels of the cells */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "draw.h"

#define LINES_MAX 200

/* How a line looks; the lines of one block share it. */
struct look {
	struct colour ink, paper;
	double opacity, paper_opacity;
	enum { PLAIN, OUTLINE, BOXED, SHADOW, UNDERLINED, FRAMED, STYLES } style;
	int margin, soften;
	int quarters;	/* turned by that many times 90 degrees */
	double tilt;
};

/* The lines of the scene so far. */
struct page {
	struct canvas *c;
	int n;
	struct box taken[LINES_MAX];
	char vague[LINES_MAX];	/* too faint to tell: counts neither way */
	double least;	/* contrast of the lines that count */
};

static const struct box whole = {0, 0, CROP, CROP};

/* ---- contrast ---- */

/* The mean colour of what B shows, from some of its pixels; returns the standard deviation of its luma. */
static double
box_stats(const struct canvas *c, const struct box *b, struct colour *mean)
{
	int left = b->x < 0 ? 0 : b->x, right = b->x + b->w > CROP ? CROP : b->x + b->w;
	int top = b->y < 0 ? 0 : b->y, bottom = b->y + b->h > CROP ? CROP : b->y + b->h;
	int step = 1 + (right - left > 64), down = 1 + (bottom - top > 16);
	double sums[3] = {0}, sum = 0, squares = 0, n = 0;

	for (int y = top; y < bottom; y += down)
		for (int x = left; x < right; x += step, n++) {
			struct colour k = {{c->at[0][y][x], c->at[1][y][x], c->at[2][y][x]}};
			double v = luma(c, &k);

			for (int p = 0; p < 3; p++)
				sums[p] += k.v[p];
			sum += v;
			squares += v * v;
		}
	n = fmax(n, 1);
	for (int p = 0; p < 3; p++)
		mean->v[p] = (float)(sums[c->planes == 1 ? 0 : p] / n);
	return sqrt(fmax(0, squares / n - sum / n * sum / n));
}

/* In levels of luma; a difference of chroma counts by half. */
static double
contrast(const struct canvas *c, const struct colour *a, const struct colour *b)
{
	double most = fabs(luma(c, a) - luma(c, b));

	for (int p = 0; p < c->planes && c->planes == 3; p++)
		most = fmax(most, .5 * fabs(a->v[p] - b->v[p]));
	return most;
}

static struct colour
ink_choose(struct rng *r, const struct canvas *c, const struct colour *ground)
{
	static const float usual[][3] = {{255, 255, 0}, {0, 255, 0}, {0, 255, 255}, {255, 0, 0}, {255, 165, 0}, {80, 160, 255},
	    {255, 0, 255}, {255, 220, 120}, {180, 255, 180}, {200, 220, 255}, {0, 0, 160}, {0, 90, 0}};
	double k = rng_unit(r);

	if (c->planes == 3 && k < .12) {	/* the same luma, another hue */
		struct colour other = hue(rng_unit(r), rng_real(r, .6, 1), 255);
		double scale = luma(c, ground) / luma(c, &other);

		for (int p = 0; p < 3; p++)
			other.v[p] = clamp(other.v[p] * scale, 0, 255);
		return other;
	}
	if (c->planes == 3 && k < .5) {
		const float *v = PICK(r, usual);
		double scale = rng_chance(r, .6) ? 1 : rng_real(r, .4, 1);

		return (struct colour){{v[0] * (float)scale, v[1] * (float)scale, v[2] * (float)scale}};
	}
	if (rng_chance(r, .45))
		return gray(luma(c, ground) < 140 ? rng_real(r, 220, 255) : 0);
	return colour_any(r, c, rng_real(r, 0, 255));
}

/* A look that can be read on ground of colour MEAN, whose luma has that standard DEVIATION; 0 if none was found. */
static int
look_on(struct rng *r, const struct canvas *c, struct look *k, const struct colour *mean, double deviation)
{
	static const int styles[STYLES] = {70, 8, 8, 7, 3, 4};
	double least = 22 + 1.2 * deviation;

	*k = (struct look){.style = (unsigned)rng_pick(r, styles, STYLES), .margin = rng_int(r, 1, 7)};
	k->opacity = rng_chance(r, .75) ? 1 : rng_real(r, .6, 1);
	k->paper_opacity = rng_chance(r, .6) ? 1 : rng_real(r, .3, 1);
	for (int tries = 0; tries < 10; tries++) {
		struct colour ground = *mean;

		k->paper = rng_chance(r, .5) ? gray(rng_chance(r, .5) ? 0 : 255) : colour_any(r, c, rng_real(r, 0, 255));
		if (k->style == BOXED)
			ground = colour_blend(mean, &k->paper, k->paper_opacity);
		k->ink = ink_choose(r, c, &ground);
		if (k->style == OUTLINE ? contrast(c, &k->ink, &k->paper) * k->opacity >= 60 :
		    contrast(c, &k->ink, &ground) * k->opacity >= (k->style == BOXED ? 25 + deviation * (1 - k->paper_opacity) : least))
			return 1;
	}
	return 0;
}

static int
look_choose(struct rng *r, const struct canvas *c, struct look *k, const struct box *b)
{
	struct colour mean;
	double deviation = box_stats(c, b, &mean);

	return look_on(r, c, k, &mean, deviation);
}

/* Without anything that would reach into the line above or below. */
static int
look_lean(struct rng *r, const struct canvas *c, struct look *k, const struct box *b)
{
	if (!look_choose(r, c, k, b))
		return 0;
	if (k->style == BOXED || k->style == FRAMED || k->style == UNDERLINED)
		k->style = PLAIN;
	return 1;
}

/* ---- lines ---- */

static int
box_free(const struct page *p, const struct box *b, int gap_x, int gap_y)
{
	for (int i = 0; i < p->n; i++) {
		const struct box *t = &p->taken[i];

		if (b->x < t->x + t->w + gap_x && t->x < b->x + b->w + gap_x && b->y < t->y + t->h + gap_y &&
		    t->y < b->y + b->h + gap_y)
			return 0;
	}
	return p->n < LINES_MAX && b->w > 0 && b->h > 0 && b->x < CROP && b->y < CROP && b->x + b->w > 0 && b->y + b->h > 0;
}

static void
outline(struct canvas *c, const struct line *l, const struct box *b, const struct look *k, int by)
{
	struct line thick = {.width = l->width, .height = l->height};
	size_t n = (size_t)l->width * (size_t)l->height;

	if ((thick.ink = malloc(n + 1)) == NULL)
		abort();
	memcpy(thick.ink, l->ink, n);
	line_thicken(&thick, by);
	draw_line(c, &thick, b->x - by, b->y - by, &k->paper, k->opacity);
	free(thick.ink);
}

/* Paints L in look K with its top left at (X, Y) and notes it, if there is room. */
static int
put(struct page *p, const struct line *l, const struct look *k, int x, int y)
{
	struct box b = {x, y, l->width, l->height};
	int m = k->margin, off = 1 + (m & 1);
	struct colour ground;
	double deviation, clear;

	if (!box_free(p, &b, b.h / 3 < 6 ? b.h / 3 : 6, k->style == BOXED || k->style == FRAMED ? m + 2 : 0))
		return 0;
	if (k->style == OUTLINE)
		outline(p->c, l, &b, k, b.h > 30 && m > 4 ? 2 : 1);
	else if (k->style == BOXED)
		draw_rectangle(p->c, x - m, y - m, x + b.w + m, y + b.h + m, &k->paper, k->paper_opacity);
	else if (k->style == SHADOW)
		draw_line(p->c, l, x + off, y + off, &k->paper, k->opacity);
	else if (k->style == UNDERLINED && k->quarters == 0 && k->tilt == 0)
		draw_rectangle(p->c, x, y + l->base + off, x + b.w, y + l->base + off + 1, &k->ink, k->opacity);
	else if (k->style == FRAMED)
		draw_frame(p->c, x - m - 2, y - m - 2, x + b.w + m + 2, y + b.h + m + 2, off, &k->ink);
	deviation = box_stats(p->c, &b, &ground);
	clear = k->style == OUTLINE ? 60 : contrast(p->c, &ground, &k->ink) * k->opacity;
	draw_line(p->c, l, x, y, &k->ink, k->opacity);
	p->vague[p->n] = clear < 20 + .5 * deviation && k->style != OUTLINE;
	if (!p->vague[p->n])
		p->least = fmin(p->least, clear);
	p->taken[p->n++] = b;
	return 1;
}

/* A line as K wants it: turned, tilted, softened. */
static int
line_make(struct rng *r, const struct type *t, enum topic topic, const struct look *k, struct line *l)
{
	if (!line_draw(r, t, topic, l))
		return 0;
	if (k->tilt != 0)
		line_tilt(l, k->tilt);
	line_turn(l, k->quarters);
	line_soften(l, k->soften);
	return l->width > 0;
}

static int
size_choose(struct rng *r)
{
	if (rng_chance(r, .5))
		return (int)exp(rng_real(r, log(8), log(24)));
	return rng_chance(r, .85) ? (int)exp(rng_real(r, log(7), log(64))) : (int)exp(rng_real(r, log(45), log(150)));
}

static int
spot(struct rng *r, int size, int cut)
{
	if (cut || size > CROP - 2)
		return rng_int(r, -size * 2 / 3, CROP - size / 3 - 1);
	return rng_int(r, 0, CROP - size);
}

static enum topic
topic_choose(struct rng *r)
{
	static const int often[TOPICS] = {62, 12, 8, 6, 7, 5};

	return (enum topic)rng_pick(r, often, TOPICS);
}

/* ---- layouts ---- */

static _Thread_local struct line line;	/* its memory serves all lines */

static void
blocks(struct rng *r, struct page *p)
{
	for (int n = rng_int(r, 1, 6); n > 0; n--) {
		int size = size_choose(r), lines = rng_chance(r, .35) ? rng_int(r, 2, 8) : 1, cut = rng_chance(r, .12), x = 0, y = 0;
		double lead = rng_real(r, 1, 1.7);
		enum topic topic = topic_choose(r);
		struct look k = {0}, turned = {0};
		struct type t;

		if (!type_choose(r, &t, size))
			continue;
		if (rng_chance(r, .06))
			turned.tilt = rng_real(r, -8, 8) * PI / 180;
		if (rng_chance(r, .05) && lines == 1)
			turned.quarters = rng_chance(r, .85) ? rng_int(r, 0, 1) * 2 + 1 : 2;
		for (int i = 0; i < lines; i++) {
			struct box b;

			if (!line_make(r, &t, topic, &turned, &line))
				continue;
			b = (struct box){x, y - line.base, line.width, line.height};
			if (i == 0) {
				x = b.x = spot(r, b.w, cut);
				b.y = spot(r, b.h, cut);
				y = b.y + line.base;
			}
			if ((i == 0 || rng_chance(r, .08)) && !look_choose(r, p->c, &k, &b))
				break;
			k.tilt = turned.tilt;
			k.quarters = turned.quarters;
			put(p, &line, &k, b.x, b.y);
			y += (int)(t.size * t.factor * lead + (turned.tilt != 0 ? b.h * .7 : 0)) + 1 + (k.style >= BOXED ? k.margin : 0);
		}
	}
}

/* What a viewer writes into a corner: lines flush with the edge that they are near. */
static void
corners(struct rng *r, struct page *p)
{
	struct look k = {0};
	struct type t;
	struct box all = whole;
	int size = (int)exp(rng_real(r, log(8), log(26)));

	if (!type_choose(r, &t, size))
		return;
	if (rng_chance(r, .4) || !look_lean(r, p->c, &k, &all))	/* white whatever is behind it, as most viewers do */
		k = (struct look){.ink = gray(rng_real(r, 200, 255)), .style = rng_chance(r, .4) ? SHADOW : PLAIN, .opacity = 1};
	for (int corner = 0; corner < 4; corner++) {
		int edge = rng_int(r, 0, 12), lead = (int)(size * rng_real(r, 1.05, 1.5)) + 1, n = rng_chance(r, .7) ? rng_int(r, 1, 8) : 0;
		int y = corner & 2 ? CROP - edge - n * lead + lead : edge + lead;

		for (int i = 0; i < n; i++, y += lead)
			if (line_make(r, &t, rng_chance(r, .15) ? NUMBER : ANY, &k, &line))
				put(p, &line, &k, corner & 1 ? CROP - edge - line.width : edge, y - line.base);
	}
}

/* A report, a form or a list: columns of small text, perhaps with rules, on a paper of its own. */
static void
dense(struct rng *r, struct page *p)
{
	int size = rng_chance(r, .75) ? rng_int(r, 8, 14) : rng_int(r, 7, 22), lead = (int)(size * rng_real(r, 1, 1.9)) + 1;
	int columns = rng_int(r, 1, 4), rules = rng_chance(r, .3), left = rng_int(r, -40, 30), top = rng_int(r, -10, 60), bottom;
	int x[5] = {left}, page = rng_chance(r, .75), even = rng_chance(r, .5);
	struct type t, strong;
	struct colour rule;
	struct look k;
	struct box b;

	if (p->n > 0)
		page = 0;	/* paper would cover what stands there */
	bottom = rng_chance(r, .6) ? CROP : rng_int(r, top + 60, CROP + 60);
	for (int i = 1; i <= 4; i++)
		x[i] = i == columns ? CROP + rng_int(r, -60, 60) : x[i - 1] + rng_int(r, 5 * size, CROP * 5 / 4 / columns);
	b = (struct box){left, top, CROP - left, bottom - top};
	if (page) {
		struct colour paper = colour_calm(r, p->c, rng_chance(r, .6) ? rng_real(r, 190, 255) : rng_real(r, 0, 90));

		draw_rectangle(p->c, left - 8, top - 8, rng_chance(r, .7) ? CROP : x[columns] + 8, bottom + 8, &paper, 1);
	}
	if (!type_choose(r, &t, size) || !type_choose(r, &strong, size) || !look_lean(r, p->c, &k, &b))
		return;
	rule = colour_blend(&k.ink, &k.paper, rng_real(r, 0, .7));
	for (int y = top + lead; y < bottom; y += lead) {
		if (rng_chance(r, .08))
			continue;
		if (rules)
			draw_rectangle(p->c, left, y + lead / 4 + 1, x[columns], y + lead / 4 + 2, &rule, .7);
		for (int i = 0; i < columns; i++) {
			enum topic topic = columns == 1 ? (rng_chance(r, .6) ? SENTENCE : ANY) : i == 0 ? LABEL : topic_choose(r);

			if (rng_chance(r, .07) || !line_make(r, i == 0 && even ? &strong : &t, topic, &k, &line))
				continue;
			if (columns > 1 && line.width > x[i + 1] - x[i] - size / 2 && i + 1 < columns)
				continue;	/* too long for its column */
			put(p, &line, &k, x[i] + 3, y - line.base);
		}
	}
	if (rules && rng_chance(r, .6))
		for (int i = 0; i <= columns; i++)
			draw_rectangle(p->c, x[i] - 2, top, x[i] - 1, bottom, &rule, .7);
}

static void
icon(struct rng *r, struct canvas *c, int x, int y, int size, const struct colour *k)
{
	switch (rng_int(r, 0, 4)) {
	case 0:
		draw_frame(c, x, y, x + size, y + size, 1, k);
		if (rng_chance(r, .5)) {
			draw_segment(c, x + 2, y + size / 2, x + size / 2, y + size - 3, 1.5, k, 1, 1);
			draw_segment(c, x + size / 2, y + size - 3, x + size - 2, y + 2, 1.5, k, 1, 1);
		}
		break;
	case 1:
		draw_arc(c, x + size / 2., y + size / 2., size / 2., 0, 2 * PI, 1.2, k, 1);
		if (rng_chance(r, .5))
			draw_disc(c, x + size / 2., y + size / 2., size / 4., size / 4., k, 1);
		break;
	case 2:
		for (int i = 0; i < size; i++)
			draw_rectangle(c, x + i / 2, y + i, x + size - i / 2, y + i + 1, k, 1);
		break;
	case 3:
		draw_rectangle(c, x, y, x + size, y + size, k, 1);
		break;
	default:
		draw_disc(c, x + size / 2., y + size / 2., size / 2., size / 2., k, 1);
	}
}

/* Buttons, fields and menus with their words, icons and check boxes. */
static void
menu(struct rng *r, struct page *p)
{
	int size = rng_int(r, 8, 20), w = rng_int(r, 4 * size, 13 * size), h = (int)(size * rng_real(r, 1.3, 2.6));
	int gap = rng_int(r, 0, 8), x0 = rng_int(r, -20, 120), y0 = rng_int(r, -5, 160), columns = rng_int(r, 1, 5);
	int rows = rng_int(r, 1, 8), icons = rng_chance(r, .35), frames = rng_chance(r, .6), middle = rng_chance(r, .5);
	struct colour face = colour_calm(r, p->c, rng_real(r, 0, 255)), edge = colour_any(r, p->c, rng_real(r, 0, 255));
	struct type t;
	struct look k;

	if (p->c->planes == 3 && rng_chance(r, .4))	/* the blue of so many consoles */
		face = hue(rng_real(r, .55, .7), rng_real(r, .3, 1), rng_real(r, 60, 240));
	if (!type_choose(r, &t, size) || !look_on(r, p->c, &k, &face, 0))
		return;
	k.style = rng_chance(r, .15) ? SHADOW : PLAIN;
	for (int i = 0; i < rows * columns; i++) {
		int x = x0 + i % columns * (w + gap), y = y0 + i / columns * (h + gap), inset = icons ? size + 6 : 3;
		struct box cell = {x, y, w, h};

		if (!box_free(p, &cell, 0, 0))
			continue;
		draw_rectangle(p->c, x, y, x + w, y + h, &face, 1);
		if (frames)
			draw_frame(p->c, x, y, x + w, y + h, 1, &edge);
		if (icons)
			icon(r, p->c, x + 2, y + (h - size) / 2, size - 1, rng_chance(r, .5) ? &k.ink : &edge);
		if (line_make(r, &t, rng_chance(r, .6) ? LABEL : topic_choose(r), &k, &line) && line.width < w - inset - 2)
			put(p, &line, &k, x + (middle && !icons ? (w - line.width) / 2 : inset), y + (h - line.height) / 2);
	}
}

/* Ticks with numbers: depth scales, axes of graphs, colour bars' ends. */
static void
axis(struct rng *r, struct page *p)
{
	int size = rng_int(r, 7, 18), upright = rng_chance(r, .6), at = rng_int(r, 0, CROP - 1), side = rng_chance(r, .5) ? 1 : -1;
	int every = rng_int(r, 1, 10), tick = rng_int(r, 2, 9), spine = rng_chance(r, .5);
	double step = rng_real(r, 3, 30), from = rng_real(r, -40, 60);
	struct box b = upright ? (struct box){at - 20, 0, 40, CROP} : (struct box){0, at - 20, CROP, 40};
	struct type t;
	struct look k;

	while (every * step < 1.5 * size)
		every++;
	if (!type_choose(r, &t, size) || !look_lean(r, p->c, &k, &b))
		return;
	for (int i = 0; from + i * step < CROP; i++) {
		int q = (int)(from + i * step), len = i % every ? tick : 2 * tick, to = at + side * len;

		if (upright)
			draw_segment(p->c, at, q, to, q, 1, &k.ink, 1, 0);
		else
			draw_segment(p->c, q, at, q, to, 1, &k.ink, 1, 0);
		if (i % every || !line_make(r, &t, NUMBER, &k, &line))
			continue;
		to += side * 4;
		if (upright)
			put(p, &line, &k, side > 0 ? to : to - line.width, q - line.height / 2);
		else
			put(p, &line, &k, q - line.width / 2, side > 0 ? to : to - line.height);
	}
	if (spine && upright)
		draw_segment(p->c, at, from, at, CROP, 1, &k.ink, 1, 0);
	else if (spine)
		draw_segment(p->c, from, at, CROP, at, 1, &k.ink, 1, 0);
}

/* Letters of metal that lay on the film: thick, blurred, tilted by how they lay, with a rim or beads; probes' signs. */
static void
markers(struct rng *r, struct page *p)
{
	for (int n = rng_int(r, 1, 3); n > 0; n--) {
		struct look k = {0}, turned = {.soften = rng_int(r, 0, 3)};
		struct type t;
		struct box b;
		double rim;

		if (!type_choose(r, &t, (int)exp(rng_real(r, log(9), log(130)))))
			continue;
		t.bold = rng_chance(r, .5);
		t.mono = 0;
		turned.tilt = (rng_chance(r, .4) ? rng_real(r, -15, 15) : rng_chance(r, .15) ? rng_real(r, -60, 60) : 0) * PI / 180;
		turned.quarters = rng_chance(r, .12) ? rng_int(r, 1, 3) : 0;
		if (!line_make(r, &t, rng_chance(r, .6) ? MARKER : rng_chance(r, .7) ? LETTER : NUMBER, &turned, &line))
			continue;
		b = (struct box){spot(r, line.width, 0), spot(r, line.height, 0), line.width, line.height};
		rim = hypot(b.w, b.h) * .6 + 2;
		if (!box_free(p, &b, 4, 4))
			continue;
		if (rng_chance(r, .15)) {	/* on a disc, as a probe's sign is */
			struct colour disc = colour_any(r, p->c, rng_real(r, 0, 255));

			draw_disc(p->c, b.x + b.w / 2., b.y + b.h / 2., rim, rim, &disc, 1);
		}
		if (!look_lean(r, p->c, &k, &b))
			continue;
		if (rng_chance(r, .25))
			draw_arc(p->c, b.x + b.w / 2., b.y + b.h / 2., rim, 0, 2 * PI, rng_real(r, 1, 4), &k.ink, 1);
		else if (rng_chance(r, .2))
			draw_frame(p->c, b.x - 5, b.y - 5, b.x + b.w + 5, b.y + b.h + 5, rng_int(r, 1, 3), &k.ink);
		for (int bead = rng_chance(r, .15) ? rng_int(r, 1, 4) : 0; bead > 0; bead--)
			draw_disc(p->c, b.x + b.w / 2. + rng_real(r, -9, 9), b.y + b.h + rng_real(r, 5, 14), 2.5, 2.5, &k.ink, .9);
		put(p, &line, &k, b.x, b.y);
	}
}

/* A banner across the image with text in it. */
static void
banner(struct rng *r, struct page *p)
{
	int size = (int)exp(rng_real(r, log(8), log(32))), h = (int)(size * rng_real(r, 1.2, 3.2));
	int y = rng_chance(r, .5) ? 0 : rng_int(r, 0, CROP - h), x = rng_int(r, -30, 30);
	struct colour face = p->c->planes == 3 && rng_chance(r, .6) ? hue(rng_real(r, .5, .75), rng_real(r, .3, 1), rng_real(r, 40, 255)) :
	    colour_calm(r, p->c, rng_real(r, 0, 255));
	struct box b = {0, y, CROP, h};
	struct type t;
	struct look k;

	if (!box_free(p, &b, 0, 0))
		return;
	draw_rectangle(p->c, 0, y, CROP, y + h, &face, rng_chance(r, .8) ? 1 : rng_real(r, .4, 1));
	if (!type_choose(r, &t, size) || !look_lean(r, p->c, &k, &b))
		return;
	for (int rows = h > 2 * size + 4 ? 2 : 1, row = 0; row < rows; row++)
		for (int at = x; at < CROP; at += line.width + rng_int(r, size, size * 6)) {
			if (!line_make(r, &t, topic_choose(r), &k, &line))
				break;
			put(p, &line, &k, at, y + (row + 1) * h / (rows + 1) + size / 3 - line.base);
		}
}

/* A film of many small images: a few lines of tiny text in the corners of each. */
static void
captions(struct rng *r, struct page *p)
{
	int size = rng_int(r, 7, 13), pitch_x = rng_int(r, 60, 200), pitch_y = rng_int(r, 50, 180), x0 = rng_int(r, -60, 10);
	int lines = rng_int(r, 1, 7), lead = (int)(size * rng_real(r, 1, 1.4)) + 1, y0 = rng_int(r, -60, 10), edge = rng_int(r, 1, 6);
	int corners_used = rng_int(r, 1, 15);
	struct type t;
	struct look k;
	struct box all = whole;

	if (!type_choose(r, &t, size))
		return;
	if (rng_chance(r, .3) || !look_lean(r, p->c, &k, &all))
		k = (struct look){.ink = gray(rng_real(r, 150, 255)), .opacity = 1};
	for (int y = y0; y < CROP; y += pitch_y)
		for (int x = x0; x < CROP; x += pitch_x)
			for (int i = 0; i < 4 * lines; i++) {
				int corner = i / lines, at = edge + (i % lines + 1) * lead;

				if (!(corners_used >> corner & 1) || at > pitch_y * 2 / 3 || rng_chance(r, .1) ||
				    !line_make(r, &t, topic_choose(r), &k, &line) || line.width > pitch_x - edge)
					continue;
				put(p, &line, &k, corner & 1 ? x + pitch_x - edge - line.width : x + edge,
				    (corner & 2 ? y + pitch_y - at + size * 2 / 3 : y + at) - line.base);
			}
}

/* ---- labels ---- */

void
scene_unlabelled(struct scene *s)
{
	for (int i = 0; i < CELLS * CELLS; i++) {
		s->target[i] = 0;
		s->weight[i] = 1;
	}
}

/* PASS 0 the ring, 1 the cells touched, 2 those that are text: in that order, so that no ring hides another line. */
static void
label(struct scene *s, const struct box *b, int vague, int pass)
{
	int l = b->x < 0 ? 0 : b->x, t = b->y < 0 ? 0 : b->y;
	int r = b->x + b->w > CROP ? CROP : b->x + b->w, m = b->y + b->h > CROP ? CROP : b->y + b->h;
	int cut_h = (m - t) * 2 < b->h && m - t < 24, cut_w = r - l < b->h / 2 && r - l < b->w;
	float weight = clamp(120. * 16 / (fmax(1, r - l) * fmax(1, m - t)), 1, 5);

	for (int y = (t - 3) / 4 < 0 ? 0 : (t - 3) / 4; y < CELLS && y * 4 < m + 3; y++)
		for (int x = (l - 3) / 4 < 0 ? 0 : (l - 3) / 4; x < CELLS && x * 4 < r + 3; x++) {
			int w = (x * 4 + 4 < r ? x * 4 + 4 : r) - (x * 4 > l ? x * 4 : l);
			int h = (y * 4 + 4 < m ? y * 4 + 4 : m) - (y * 4 > t ? y * 4 : t);
			int inside = w > 0 && h > 0 ? w * h : 0, at = y * CELLS + x;

			if (pass == 0 && x * 4 + 4 > l - 3 && y * 4 + 4 > t - 3)
				s->weight[at] = .4f;
			else if (pass == 1 && inside > 0)
				s->weight[at] = 0;
			else if (pass == 2 && inside >= 8) {
				s->target[at] = 1;
				s->weight[at] = vague || cut_h || cut_w ? 0 : weight;
			}
		}
}

double
text_draw(struct rng *r, struct canvas *c, struct scene *s)
{
	static const struct layout {
		void (*draw)(struct rng *, struct page *);
		int often;
	} layouts[] = {{blocks, 38}, {corners, 12}, {dense, 17}, {captions, 7}, {menu, 9}, {axis, 7}, {markers, 7}, {banner, 6}};
	static _Thread_local struct page p;
	int often[COUNT(layouts)];

	p.c = c;
	p.n = 0;
	p.least = 255;
	for (int i = 0; i < COUNT(layouts); i++)
		often[i] = layouts[i].often;
	for (int n = rng_chance(r, .3) ? 2 : 1; n > 0; n--)
		layouts[rng_pick(r, often, COUNT(layouts))].draw(r, &p);
	scene_unlabelled(s);
	for (int pass = 0; pass < 3; pass++)
		for (int i = 0; i < p.n; i++)
			label(s, &p.taken[i], p.vague[i], pass);
	return p.least;
}
