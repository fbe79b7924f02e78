/* strip.c - see strip.h */
#include "text/strip.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/size.h"

#define PIXELS_MAX 4e6	/* of a scaled strip, which a page of text reaches */
#define SCALE_MAX 8.
#define ROWS_LEAST 4u	/* of ink, to count as a line of text */
#define BOX_EDGE 6u	/* rows that a box is higher than its letters, as the net gives them */
#define MARGIN 12u	/* white around the strip */
#define LEVELS_LEAST 8.	/* between ink and paper */
#define SLANT_MOST .14	/* eight degrees */
#define SLANT_STEP .01
#define SLANT_CLEAR 1.15	/* times what rows differ by when the line is level */

static int
plane_new(uint32_t width, uint32_t height, uint8_t **to, struct err *e)
{
	size_t n;

	if (!size_mul(width, height, &n) || (*to = malloc(n ? n : 1)) == NULL)
		return err_set(e, "out of memory");
	return 0;
}

/* ---- top-hat ---- */

/*
 * The least of the K samples around each of N, by van Herk: the least from each K-th sample forwards in NEXT, backwards
 * in LAST. FLIP of 255 makes it the greatest.
 */
static void
line_least(uint8_t *line, size_t step, size_t n, size_t k, uint8_t flip, uint8_t *next, uint8_t *last)
{
	size_t before = k / 2, all = n + k - 1;

	for (size_t i = 0; i < all; i++) {	/* sample i - before, or the nearest */
		size_t at = i < before ? 0 : i - before < n ? i - before : n - 1;

		next[i] = last[i] = line[at * step] ^ flip;
	}
	for (size_t i = 1; i < all; i++)
		if (i % k != 0 && next[i - 1] < next[i])
			next[i] = next[i - 1];
	for (size_t i = all - 1; i-- > 0;)
		if (i % k != k - 1 && last[i + 1] < last[i])
			last[i] = last[i + 1];
	for (size_t i = 0; i < n; i++)
		line[i * step] = (last[i] < next[i + k - 1] ? last[i] : next[i + k - 1]) ^ flip;
}

/* P less its opening by a square of K: what is lighter than its surroundings and thinner than K. */
static int
plane_tophat(uint8_t *p, uint32_t w, uint32_t h, uint32_t k, struct err *e)
{
	size_t n = (size_t)w * h, side = (size_t)(w > h ? w : h) + k;
	uint8_t *open = malloc(n), *next = malloc(2 * side);

	if (open == NULL || next == NULL) {
		free(open);
		free(next);
		return err_set(e, "out of memory");
	}
	memcpy(open, p, n);
	for (int flip = 0; flip < 256; flip += 255) {
		for (size_t y = 0; y < h; y++)
			line_least(open + y * w, 1, w, k, (uint8_t)flip, next, next + side);
		for (size_t x = 0; x < w; x++)
			line_least(open + x, w, h, k, (uint8_t)flip, next, next + side);
	}
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)(p[i] > open[i] ? p[i] - open[i] : 0);
	free(open);
	free(next);
	return 0;
}

/* ---- scaling ---- */

static double
cubic(double x)	/* Catmull and Rom's */
{
	x = fabs(x);
	return x < 1 ? 1.5 * x * x * x - 2.5 * x * x + 1 : x < 2 ? -.5 * x * x * x + 2.5 * x * x - 4 * x + 2 : 0;
}

/* LINES lines of N samples to M; a line and a sample are so many bytes from the next. */
static void
lines_scale(const uint8_t *in, size_t in_line, size_t in_step, size_t n, uint8_t *out, size_t out_line, size_t out_step,
    size_t m, size_t lines)
{
	double scale = (double)m / (double)n, blur = scale < 1 ? 1 / scale : 1;

	for (size_t i = 0; i < m; i++) {
		double at = ((double)i + .5) / scale - .5, all = 0;
		long from = (long)ceil(at - 2 * blur), to = (long)floor(at + 2 * blur);

		for (long j = from; j <= to; j++)
			all += cubic(((double)j - at) / blur);
		for (size_t l = 0; l < lines; l++) {
			double sum = 0;

			for (long j = from; j <= to; j++) {
				size_t k = j < 0 ? 0 : j >= (long)n ? n - 1 : (size_t)j;

				sum += cubic(((double)j - at) / blur) * in[l * in_line + k * in_step];
			}
			sum /= all;
			out[l * out_line + i * out_step] = (uint8_t)(sum < 0 ? 0 : sum > 255 ? 255 : lrint(sum));
		}
	}
}

static int
plane_scale(const uint8_t *in, uint32_t w, uint32_t h, uint8_t **out, uint32_t to_w, uint32_t to_h, struct err *e)
{
	uint8_t *mid;

	if (plane_new(to_w, h, &mid, e) < 0)
		return -1;
	if (plane_new(to_w, to_h, out, e) < 0) {
		free(mid);
		return -1;
	}
	lines_scale(in, w, 1, w, mid, to_w, 1, to_w, h);
	lines_scale(mid, 1, to_w, h, *out, 1, to_w, to_h, to_w);
	free(mid);
	return 0;
}

/* ---- levels ---- */

/* The means of the two classes that P falls into by Otsu's threshold. */
static void
plane_classes(const uint8_t *p, size_t n, double *low, double *high)
{
	size_t histogram[256] = {0}, below = 0;
	double all = 0, sum = 0, best = -1;

	for (size_t i = 0; i < n; i++) {
		histogram[p[i]]++;
		all += p[i];
	}
	*low = *high = all / (double)n;
	for (size_t v = 0; v < 255; v++) {
		double a, b, between;

		below += histogram[v];
		sum += (double)v * (double)histogram[v];
		if (below == 0 || below == n)
			continue;
		a = sum / (double)below;
		b = (all - sum) / (double)(n - below);
		between = (double)below * (double)(n - below) * (b - a) * (b - a);
		if (between > best) {
			best = between;
			*low = a;
			*high = b;
		}
	}
}

/* ---- from a box to a cut ---- */

/* The direction in which the colours of box B spread most, by power iteration; brighter is further along it. */
static void
colour_axis(const struct gray *rgb, const struct box *b, double mean[3], double axis[3])
{
	double sum[3] = {0}, square[3][3] = {{0}}, n = (double)b->w * b->h;

	for (uint32_t y = b->y; y < b->y + b->h; y++)
		for (uint32_t x = b->x; x < b->x + b->w; x++) {
			const uint8_t *p = rgb->pixels + 3 * ((size_t)y * rgb->width + x);

			for (int i = 0; i < 3; i++) {
				sum[i] += p[i];
				for (int j = 0; j < 3; j++)
					square[i][j] += (double)p[i] * p[j];
			}
		}
	for (int i = 0; i < 3; i++)
		mean[i] = sum[i] / n;
	axis[0] = .5;	/* nothing of interest is at a right angle to it */
	axis[1] = .7;
	axis[2] = .3;
	for (int round = 0; round < 24; round++) {
		double next[3], length = 0;

		for (int i = 0; i < 3; i++) {
			next[i] = 0;
			for (int j = 0; j < 3; j++)
				next[i] += (square[i][j] / n - mean[i] * mean[j]) * axis[j];
			length += next[i] * next[i];
		}
		if (length < 1e-9)
			return;	/* one colour */
		for (int i = 0; i < 3; i++)
			axis[i] = next[i] / sqrt(length);
	}
	if (axis[0] + axis[1] + axis[2] < 0)
		for (int i = 0; i < 3; i++)
			axis[i] = -axis[i];
}

int
strip_cut(const struct picture *p, const struct box *b, struct strip *s, struct err *e)
{
	const struct gray *g = &p->luma;
	double mean[3] = {0}, axis[3] = {0};

	memset(s, 0, sizeof *s);
	if (b->w == 0 || b->h == 0 || b->x >= g->width || b->y >= g->height || b->w > g->width - b->x ||
	    b->h > g->height - b->y)
		return err_set(e, "a box outside of its image");
	if (plane_new(b->w, b->h, &s->pixels, e) < 0)
		return -1;
	s->width = b->w;
	s->height = b->h;
	if (p->coloured)
		colour_axis(&p->rgb, b, mean, axis);
	for (uint32_t y = 0; y < b->h; y++)
		for (uint32_t x = 0; x < b->w; x++) {
			size_t at = (size_t)(b->y + y) * g->width + b->x + x;
			double v = g->pixels[at];

			if (p->coloured) {	/* the axis is as long as the diagonal of the cube of colours at most */
				v = 128;
				for (int c = 0; c < 3; c++)
					v += axis[c] * (p->rgb.pixels[3 * at + (size_t)c] - mean[c]) * .58;
			}
			s->pixels[(size_t)y * b->w + x] = (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : lrint(v));
		}
	return 0;
}

int
strip_turn(const struct strip *cut, bool clockwise, struct strip *s, struct err *e)
{
	memset(s, 0, sizeof *s);
	if (plane_new(cut->height, cut->width, &s->pixels, e) < 0)
		return -1;
	s->width = cut->height;
	s->height = cut->width;
	for (uint32_t y = 0; y < s->height; y++)
		for (uint32_t x = 0; x < s->width; x++) {
			uint32_t u = clockwise ? y : cut->width - 1 - y, v = clockwise ? cut->height - 1 - x : x;

			s->pixels[(size_t)y * s->width + x] = cut->pixels[(size_t)v * cut->width + u];
		}
	return 0;
}

bool
strip_light(const struct strip *s)
{
	size_t light = 0, rim = 0;
	double low, high;

	plane_classes(s->pixels, (size_t)s->width * s->height, &low, &high);
	for (uint32_t y = 0; y < s->height; y++)	/* paper is what is at the rim */
		for (uint32_t x = 0; x < s->width; x++)
			if (y < 2 || y + 2 >= s->height || x < 2 || x + 2 >= s->width) {
				rim++;
				light += 2 * s->pixels[(size_t)y * s->width + x] > low + high;
			}
	return 2 * light < rim;
}

/* ---- pieces of ink ---- */

#define INK 128	/* and darker, in a strip */

/* Pixels of ink that touch one another; RIGHT and BOTTOM are beyond them. */
struct piece {
	uint32_t left, right, top, bottom;
	size_t pixels;
};

/* Follows the ink from pixel AT; its pixels go into LIST, and off MARK. */
static void
piece_follow(const struct strip *s, uint8_t *mark, uint32_t *list, uint32_t at, struct piece *p)
{
	size_t next = 0, end = 0;

	*p = (struct piece){.left = s->width, .top = s->height};
	list[end++] = at;
	mark[at] = 0;
	while (next < end) {
		uint32_t x = list[next] % s->width, y = list[next] / s->width;

		next++;
		p->left = x < p->left ? x : p->left;
		p->right = x + 1 > p->right ? x + 1 : p->right;
		p->top = y < p->top ? y : p->top;
		p->bottom = y + 1 > p->bottom ? y + 1 : p->bottom;
		for (uint32_t v = y ? y - 1 : 0; v <= y + 1 && v < s->height; v++)
			for (uint32_t u = x ? x - 1 : 0; u <= x + 1 && u < s->width; u++) {
				uint32_t i = v * s->width + u;

				if (mark[i]) {
					mark[i] = 0;
					list[end++] = i;
				}
			}
	}
	p->pixels = end;
}

/* White, with its soft edge. */
static void
piece_erase(struct strip *s, const uint32_t *list, const struct piece *p)
{
	for (size_t i = 0; i < p->pixels; i++) {
		uint32_t x = list[i] % s->width, y = list[i] / s->width;

		for (uint32_t v = y ? y - 1 : 0; v <= y + 1 && v < s->height; v++)
			for (uint32_t u = x ? x - 1 : 0; u <= x + 1 && u < s->width; u++)
				s->pixels[(size_t)v * s->width + u] = 255;
	}
}

/* How far apart the outer pixels of ink are in rows FROM to TO of P; MIDDLE: is there ink in its middle? */
static uint32_t
piece_width(const struct strip *s, const struct piece *p, uint32_t from, uint32_t to, bool *middle)
{
	uint32_t first = p->right, last = p->left, centre = (p->left + p->right) / 2;

	*middle = false;
	for (uint32_t y = from; y < to; y++)
		for (uint32_t x = p->left; x < p->right; x++)
			if (s->pixels[(size_t)y * s->width + x] < INK) {
				first = x < first ? x : first;
				last = x + 1 > last ? x + 1 : last;
				*middle = *middle || x == centre || x + 1 == centre;
			}
	return last > first ? last - first : 0;
}

/* A caret is in the upper half, a point above, and below two feet with nothing between. */
static bool
piece_is_caret(const struct strip *s, const struct piece *p)
{
	uint32_t w = p->right - p->left, h = p->bottom - p->top, part = h > 4 ? h / 4 : 1, above, below;
	bool point, between;

	if (p->bottom > (s->top + s->bottom) / 2 + s->letter / 8 || h * 6 < s->letter || w * 5 < s->letter || w > s->letter ||
	    h > w * 3 / 2)
		return false;
	above = piece_width(s, p, p->top, p->top + part, &point);
	below = piece_width(s, p, p->bottom - part, p->bottom, &between);
	return point && !between && above * 3 <= below * 2 && below * 4 >= w * 3;
}

/* Takes out of S what is not of its line, what is too small for a dot, and carets, which it notes. */
static int
strip_clean(struct strip *s, struct err *e)
{
	uint32_t n = s->width * s->height, *list = malloc(n * sizeof *list);
	uint8_t *mark = malloc(n);
	struct piece p;

	if (list == NULL || mark == NULL) {
		free(list);
		free(mark);
		return err_set(e, "out of memory");
	}
	for (uint32_t i = 0; i < n; i++)
		mark[i] = s->pixels[i] < INK;
	for (uint32_t x = 0; x < s->width; x++)	/* from the left, as carets are listed */
		for (uint32_t y = 0; y < s->height; y++)
			if (mark[y * s->width + x]) {
				piece_follow(s, mark, list, y * s->width + x, &p);
				if (s->ncarets < STRIP_CARETS && piece_is_caret(s, &p))
					s->caret[s->ncarets++] = (p.left + p.right) / 2;
				else if (p.bottom > s->top && p.top < s->bottom &&
				    p.pixels * 250 >= (size_t)s->letter * s->letter)
					continue;
				piece_erase(s, list, &p);
			}
	free(list);
	free(mark);
	return 0;
}

/* ---- from a cut to a strip ---- */

/* Where the line is in a cut. */
struct place {
	uint32_t left, right, top, bottom;
	uint32_t letter;	/* rows of a capital */
	bool block;	/* there are several lines */
};

/* Rows that hold ink in number, and those beside them that hold any: strokes that rise and fall. */
static void
place_rows(const size_t *count, uint32_t h, struct place *r)
{
	size_t most = 0, sum = 0, best = 0;
	uint32_t from = 0, bands = 0, core, up = 0, down = 0;

	for (uint32_t y = 0; y < h; y++)
		most = count[y] > most ? count[y] : most;
	for (uint32_t y = 0; y <= h; y++) {
		if (y < h && count[y] > 0 && count[y] * 8 >= most) {
			from = sum == 0 ? y : from;
			sum += count[y];
			continue;
		}
		if (sum > 0 && y - from >= ROWS_LEAST) {
			bands++;
			if (sum > best) {
				best = sum;
				r->top = from;
				r->bottom = y;
			}
		}
		sum = 0;
	}
	core = r->bottom - r->top;
	r->letter = core;
	if (best == 0)
		return;
	for (; r->top > 0 && count[r->top - 1] > 0 && up < core * 2 / 5; up++)
		r->top--;
	for (; r->bottom < h && count[r->bottom] > 0 && down < core * 2 / 5; down++)
		r->bottom++;
	r->letter = core + (up > core / 4 ? core / 4 : up);
	r->block = bands > 1;
}

/* Finds the line in W x H samples P, of which those of INK and above are ink. */
static int
place_find(const uint8_t *p, uint32_t w, uint32_t h, double ink, struct place *r, struct err *e)
{
	size_t *count = calloc(h, sizeof *count);
	uint32_t left = w, right = 0;

	if (count == NULL)
		return err_set(e, "out of memory");
	*r = (struct place){.right = w, .bottom = h};
	for (uint32_t y = 0; y < h; y++)
		for (uint32_t x = 0; x < w; x++)
			count[y] += p[(size_t)y * w + x] >= ink;
	place_rows(count, h, r);
	free(count);
	if (r->block) {
		r->top = 0;
		r->bottom = h;
	}
	for (uint32_t y = r->top; y < r->bottom; y++)
		for (uint32_t x = 0; x < w; x++)
			if (p[(size_t)y * w + x] >= ink) {
				left = x < left ? x : left;
				right = x + 1 > right ? x + 1 : right;
			}
	if (right > left) {
		r->left = left;
		r->right = right;
	}
	return 0;
}

/* Part of a cut, its ink light, its line level: columns are shifted about the middle one. */
static void
part_copy(const struct strip *cut, bool light, double slant, uint32_t left, uint32_t right, uint32_t top, uint32_t bottom,
    uint8_t *to)
{
	uint8_t flip = light ? 0 : 255;

	for (uint32_t y = top; y < bottom; y++)
		for (uint32_t x = left; x < right; x++) {
			double at = y + slant * ((double)x - cut->width / 2.), below;
			uint32_t v, under;

			at = at < 0 ? 0 : at > cut->height - 1 ? cut->height - 1 : at;
			v = (uint32_t)at;
			under = v + 1 < cut->height ? v + 1 : v;
			below = at - v;
			*to++ = flip ^ (uint8_t)lrint((1 - below) * cut->pixels[(size_t)v * cut->width + x] +
			    below * cut->pixels[(size_t)under * cut->width + x]);
		}
}

/* W x H at P, ink light, become what is thinner than WAY's strokes in letters of that height. */
static int
paper_take(uint8_t *p, uint32_t w, uint32_t h, const struct strip_way *way, double letter, struct err *e)
{
	if (way->stroke <= 0)
		return 0;
	return plane_tophat(p, w, h, letter * way->stroke < 3 ? 3 : (uint32_t)(letter * way->stroke + .5), e);
}

/* How high letters are in a box that holds one line of them. */
static double
letter_guess(const struct strip *cut)
{
	return cut->height > 2 * BOX_EDGE ? cut->height - BOX_EDGE : cut->height / 2.;
}

/* Levels W x H at P, ink light, as dark ink with its margin in S. */
static int
strip_fill(const uint8_t *p, uint32_t w, uint32_t h, const struct strip_way *way, struct strip *s, struct err *e)
{
	double low, high, white, black;

	plane_classes(p, (size_t)w * h, &low, &high);
	high = high < low + LEVELS_LEAST ? low + LEVELS_LEAST : high;
	white = low + way->white * (high - low);
	black = low + way->black * (high - low);
	s->width = w + 2 * MARGIN;
	s->height = h + 2 * MARGIN;
	if (plane_new(s->width, s->height, &s->pixels, e) < 0)
		return -1;
	memset(s->pixels, 255, (size_t)s->width * s->height);
	for (uint32_t y = 0; y < h; y++)
		for (uint32_t x = 0; x < w; x++) {
			double v = (p[(size_t)y * w + x] - white) / (black - white);

			v = v < 0 ? 0 : v > 1 ? 1 : v;
			s->pixels[(size_t)(y + MARGIN) * s->width + x + MARGIN] = (uint8_t)(255 - lrint(255 * v));
		}
	return 0;
}

static uint32_t
less(uint32_t a, uint32_t b)
{
	return a > b ? a - b : 0;
}

/* The sum of squares of what the rows of P hold when they fall by SLANT: great when they are the line's own. */
static double
rows_differ(const uint8_t *p, uint32_t w, uint32_t h, double slant, double *rows)
{
	double sum = 0;

	memset(rows, 0, h * sizeof *rows);
	for (uint32_t x = 0; x < w; x++) {
		long shift = lrint(slant * ((double)x - w / 2.));

		for (uint32_t y = 0; y < h; y++)
			if ((long)y >= shift && (long)y - shift < (long)h)
				rows[(long)y - shift] += p[(size_t)y * w + x];
	}
	for (uint32_t y = 0; y < h; y++)
		sum += rows[y] * rows[y];
	return sum;
}

int
strip_slant(const struct strip *cut, bool light, double *slant, struct err *e)
{
	struct strip_way way = {.stroke = .5};
	double *rows = malloc(cut->height * sizeof *rows), level, best;
	uint8_t *work = malloc((size_t)cut->width * cut->height);
	int got = -1;

	*slant = 0;
	if (rows == NULL || work == NULL) {
		err_set(e, "out of memory");
	} else {
		part_copy(cut, light, 0, 0, cut->width, 0, cut->height, work);
		if ((got = paper_take(work, cut->width, cut->height, &way, letter_guess(cut), e)) == 0) {
			level = rows_differ(work, cut->width, cut->height, 0, rows);
			best = level * SLANT_CLEAR;
			for (double s = -SLANT_MOST; s <= SLANT_MOST; s += SLANT_STEP)
				if (rows_differ(work, cut->width, cut->height, s, rows) > best) {
					best = rows_differ(work, cut->width, cut->height, s, rows);
					*slant = s;
				}
		}
	}
	free(rows);
	free(work);
	return got;
}

int
strip_make(const struct strip *cut, const struct strip_way *way, struct strip *s, struct err *e)
{
	uint32_t w = cut->width, h = cut->height, left, right, top, bottom, tw, th, edge;
	uint8_t *work, *scaled = NULL;
	double low, high, scale;
	struct place r = {0};
	int got = -1;

	memset(s, 0, sizeof *s);
	if (plane_new(w, h, &work, e) < 0)
		return -1;
	part_copy(cut, way->light, way->slant, 0, w, 0, h, work);
	if (paper_take(work, w, h, way, letter_guess(cut), e) < 0)
		goto out;
	plane_classes(work, (size_t)w * h, &low, &high);
	if (place_find(work, w, h, (low + high) / 2, &r, e) < 0)
		goto out;
	edge = r.letter / 4 + 1;
	left = less(r.left, edge);
	right = r.right + edge < w ? r.right + edge : w;
	edge = r.letter / 6 + 1;
	top = less(r.top, edge);
	bottom = r.bottom + edge < h ? r.bottom + edge : h;
	scale = fmin((double)way->letter / r.letter, SCALE_MAX);
	scale = fmin(scale, sqrt(PIXELS_MAX / ((double)(right - left) * (bottom - top))));
	tw = (uint32_t)fmax(1, round((right - left) * scale));
	th = (uint32_t)fmax(1, round((bottom - top) * scale));
	/* The levels as they were are scaled, and the paper taken away from that: edges stay soft. */
	part_copy(cut, way->light, way->slant, left, right, top, bottom, work);
	if (plane_scale(work, right - left, bottom - top, &scaled, tw, th, e) < 0 ||
	    paper_take(scaled, tw, th, way, r.letter * scale, e) < 0 || strip_fill(scaled, tw, th, way, s, e) < 0)
		goto out;
	s->block = r.block;
	s->letter = (uint32_t)fmax(1, round(r.letter * scale));
	s->top = MARGIN + (uint32_t)((r.top - top) * scale);
	s->bottom = MARGIN + (uint32_t)((r.bottom - top) * scale);
	got = s->block ? 0 : strip_clean(s, e);
out:
	free(work);
	free(scaled);
	return got;
}
