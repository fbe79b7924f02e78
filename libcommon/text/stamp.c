/* stamp: lines of text burned into the frames of an image; see stamp.h. */
#include "text/stamp.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "image/ink.h"
#include "text/invent.h"

#define SOP_INSTANCE_UID DCM_TAG(0x0008, 0x0018)

#define GAP 4u			/* pixels between lines, at least */
#define TRIES 40		/* spots for a line */
#define FONT_TRIES 64
#define TEXT_TRIES 8
#define EM_SMALLEST 8.0		/* of sizes relative to the image */
#define PAPER 1			/* in a mask; ink is more */

struct line {
	char *text;
	const char *phi;
	enum stamp_style style;
	struct fonts_look look;
	struct fonts_drawn drawn;
	uint32_t x, y;		/* of DRAWN's upper left pixel */
	double opacity;
	uint8_t ink[3], paper[3];
	uint32_t contrast;
};

struct stamp {
	struct dcm *d;
	const struct pixels *p;
	const struct stamp_options *o;
	struct ink *ink;
	uint8_t *pixels;	/* the frame that is planned */
	const uint8_t *light;	/* and how light it is shown */
	uint64_t state;		/* of the generator */
	uint32_t frame;		/* whose lines these are; 0: of none */
	struct line *lines;
	size_t n;
};

static const char *const style_names[STAMP_STYLES] = {
	"plain", "outline", "box", "shadow"
};

const char *
stamp_style_name(enum stamp_style s)
{
	return style_names[s];
}

int
stamp_new(struct dcm *d, const struct pixels *p, const struct stamp_options *o,
    struct stamp **out, struct err *e)
{
	struct stamp *s;

	if (framelist_count(&o->frames, p->frames, e) == 0)
		return -1;
	if ((s = calloc(1, sizeof *s)) == NULL ||
	    (s->pixels = malloc(p->frame_bytes)) == NULL) {
		free(s);
		return err_set(e, "out of memory");
	}
	s->d = d;
	s->p = p;
	s->o = o;
	if (ink_new(d, p, &s->ink, e) < 0) {
		stamp_free(s);
		return -1;
	}
	*out = s;
	return 0;
}

static void
clear_lines(struct stamp *s)
{
	size_t i;

	for (i = 0; i < s->n; i++) {
		free(s->lines[i].text);
		fonts_drawn_free(&s->lines[i].drawn);
	}
	free(s->lines);
	s->lines = NULL;
	s->n = 0;
	s->frame = 0;
}

void
stamp_free(struct stamp *s)
{
	if (s == NULL)
		return;
	clear_lines(s);
	ink_free(s->ink);
	free(s->pixels);
	free(s);
}

/* -- chance ------------------------------------------------------------------ */

static uint32_t
below(struct stamp *s, uint32_t n)
{
	return random_below(&s->state, n);
}

static uint32_t
from_to(struct stamp *s, uint32_t low, uint32_t high)
{
	return low + below(s, high - low + 1);
}

static double
between(struct stamp *s, double low, double high)
{
	return low + (high - low) * (below(s, 65536) / 65535.0);
}

/*
 * From LOW to HIGH, each doubling as often as any other. By square roots, which
 * are the same on every machine.
 */
static double
octaves(struct stamp *s, double low, double high)
{
	double r = high / low, v = low;
	int i;

	for (i = 0; i < 12; i++) {
		r = sqrt(r);
		if (below(s, 2) == 1)
			v *= r;
	}
	return v;
}

/* One of the bits that are set. */
static unsigned
one_of(struct stamp *s, unsigned bits)
{
	unsigned i, n = 0, at;

	for (i = 0; i < 32; i++)
		n += bits >> i & 1;
	at = below(s, n);
	for (i = 0; i < 32; i++)
		if ((bits >> i & 1) != 0 && at-- == 0)
			break;
	return i;
}

static void
seed(struct stamp *s, uint32_t frame)
{
	const char *uid = dcm_string(s->d, SOP_INSTANCE_UID, 0);

	s->state = s->o->seed;
	for (; uid != NULL && *uid != '\0'; uid++) {
		s->state ^= (unsigned char)*uid;
		s->state = random_next(&s->state);
	}
	s->state ^= frame;
	s->state = random_next(&s->state);
}

/* -- ink --------------------------------------------------------------------- */

/*
 * How light it is beneath a line, of 255: nine tenths are LOW or more, nine tenths
 * HIGH or less.
 */
struct ground {
	double low, mean, high;
};

static struct ground
look_beneath(const struct stamp *s, const struct line *l)
{
	uint32_t counts[256] = { 0 }, x, y, x0 = l->x + l->drawn.ink_x;
	uint32_t y0 = l->y + l->drawn.ink_y, i, sum = 0;
	uint32_t n = l->drawn.ink_w * l->drawn.ink_h;
	struct ground g = { 0, 0, 0 };

	for (y = y0; y < y0 + l->drawn.ink_h; y++)
		for (x = x0; x < x0 + l->drawn.ink_w; x++)
			counts[s->light[(size_t)y * s->p->columns + x]]++;
	for (i = 0; i < 256; i++) {
		g.mean += (double)counts[i] * i / n;
		if (sum <= n / 10)
			g.low = i;
		if (sum < n - n / 10)
			g.high = i;
		sum += counts[i];
	}
	return g;
}

/* What the ink is laid on: the ground, or paper that lets some of it through. */
static struct ground
ground_of(const struct line *l, struct ground g, double paper)
{
	double o = l->opacity;

	if (l->style != STAMP_BOX)
		return g;
	g.low = g.low * (1 - o) + paper * o;
	g.mean = g.mean * (1 - o) + paper * o;
	g.high = g.high * (1 - o) + paper * o;
	return g;
}

static double
contrast_of(const struct line *l, const struct ground *g, double ink)
{
	double light = ink - g->high, dark = g->low - ink;

	return l->opacity * fmax(0, fmax(light, dark));
}

static void
set_gray(uint8_t rgb[3], double level)
{
	memset(rgb, (int)(level + 0.5), 3);
}

/*
 * Inks L light or dark so that it differs by WANTED levels, or as much as it can.
 * Returns whether that is enough.
 */
static bool
ink_so(struct line *l, const struct ground *beneath, bool light, double wanted)
{
	double paper = light ? 0 : 255, ink, enough = wanted;
	struct ground g = ground_of(l, *beneath, paper);

	ink = light ? g.high + wanted / l->opacity : g.low - wanted / l->opacity;
	ink = fmin(255, fmax(0, ink));
	if (wanted >= 255) {	/* all there is */
		ink = light ? 255 : 0;
		enough = STAMP_LEGIBLE;
	}
	set_gray(l->ink, ink);
	set_gray(l->paper, paper);
	l->contrast = (uint32_t)(contrast_of(l, &g, l->ink[0]) + 0.5);
	return l->contrast + 0.5 >= enough;
}

static void
ink_colour(struct line *l, const struct ground *beneath, const uint8_t rgb[3])
{
	double luma = ink_luma(rgb), paper = luma >= 128 ? 0 : 255;
	struct ground g = ground_of(l, *beneath, paper);

	memcpy(l->ink, rgb, 3);
	set_gray(l->paper, paper);
	l->contrast = (uint32_t)(contrast_of(l, &g, luma) + 0.5);
}

/* What was chosen for a line before its spot. */
struct wish {
	double contrast;	/* 255: all there is */
	const uint8_t *colour;	/* or NULL */
};

/* Returns whether the line can be read where it is, or need not. */
static bool
ink_line(struct stamp *s, struct line *l, const struct wish *w)
{
	struct ground g = look_beneath(s, l);
	bool light = g.mean < 128;

	if (w->colour != NULL) {
		ink_colour(l, &g, w->colour);
		return true;
	}
	if (s->o->polarity != STAMP_AUTO)
		return ink_so(l, &g, s->o->polarity == STAMP_LIGHT, w->contrast);
	if (ink_so(l, &g, light, w->contrast) ||
	    ink_so(l, &g, !light, w->contrast))
		return true;
	ink_so(l, &g, light, w->contrast);
	return false;
}

/* -- spots ------------------------------------------------------------------- */

static bool
is_free(const struct stamp *s, const struct line *l)
{
	const struct line *o;
	size_t i;

	for (i = 0; i < s->n; i++) {
		o = &s->lines[i];
		if (l->x < o->x + o->drawn.w + GAP && o->x < l->x + l->drawn.w + GAP &&
		    l->y < o->y + o->drawn.h + GAP && o->y < l->y + l->drawn.h + GAP)
			return false;
	}
	return true;
}

/* Moves L along the edge away from the lines that it lies on. */
static bool
stack(const struct stamp *s, struct line *l, bool up)
{
	uint32_t room = s->p->rows - l->drawn.h;

	while (!is_free(s, l)) {
		if (up ? l->y == 0 : l->y >= room)
			return false;
		l->y += up ? -1u : 1u;
	}
	return true;
}

/* A spot for L, which fits into the image. Returns whether it is free. */
static bool
spot(struct stamp *s, struct line *l)
{
	uint32_t right = s->p->columns - l->drawn.w, down = s->p->rows - l->drawn.h;
	uint32_t margin = l->look.em / 2 + 1, corner;
	unsigned place = one_of(s, s->o->places);

	margin = margin < right / 2 ? margin : right / 2;
	margin = margin < down / 2 ? margin : down / 2;
	switch (place) {
	case STAMP_CORNERS:
		corner = below(s, 4);
		l->x = corner & 1 ? right - margin : margin;
		l->y = corner & 2 ? down - margin : margin;
		return stack(s, l, corner & 2);
	case STAMP_RANDOM:
		l->x = below(s, right + 1);
		l->y = below(s, down + 1);
		return is_free(s, l);
	default:
		l->x = (uint32_t)(right * s->o->x / 100 + 0.5);
		l->y = (uint32_t)(down * s->o->y / 100 + 0.5);
		return stack(s, l, s->o->y > 50);
	}
}

/* -- lines ------------------------------------------------------------------- */

/* A font that can write TEXT, by chance; or fonts_count. */
static size_t
choose_font(struct stamp *s, const char *text)
{
	size_t n = fonts_count(s->o->fonts), i, font;

	for (i = 0; i < FONT_TRIES; i++) {
		font = below(s, (uint32_t)n);
		if (fonts_can(s->o->fonts, font, text))
			return font;
	}
	return n;
}

/* The text of line I into L, and a font for it. */
static int
choose_text(struct stamp *s, size_t i, struct line *l, size_t *font,
    struct err *e)
{
	size_t n = fonts_count(s->o->fonts);
	const char *text;
	char room[INVENT_TEXT_MAX];
	int tries = 0;

	do {
		if (i < s->o->ntexts) {
			text = s->o->texts[i].text;
			l->phi = s->o->texts[i].phi;
		} else {
			l->phi = invent_phi(invent_line(&s->state, s->o->kinds,
			    room));
			text = room;
		}
		*font = choose_font(s, text);
	} while (*font == n && s->o->ntexts == 0 && ++tries < TEXT_TRIES);
	if (*font == n)
		return err_set(e, "line %zu: no font has all of its characters",
		    i + 1);
	l->text = strdup(text);
	return l->text == NULL ? err_set(e, "out of memory") : 0;
}

static double
pixels_of(const struct stamp *s, double size)
{
	uint32_t side = s->p->columns < s->p->rows ? s->p->columns : s->p->rows;

	if (s->o->relative)
		size = fmax(EM_SMALLEST, size * side / 100);
	return fmin(FONTS_EM_MAX, fmax(FONTS_EM_MIN, size));
}

/* How it looks, for which EM, STYLE and whether it is hard are chosen. */
static void
set_look(struct line *l)
{
	uint32_t thin = 1 + l->look.em / 20;

	l->look.outline = l->style == STAMP_OUTLINE ? thin : 0;
	l->look.shadow = l->style == STAMP_SHADOW ? thin : 0;
	l->look.box = l->style == STAMP_BOX ? 3 + l->look.em / 8 : 0;
}

static void
choose_look(struct stamp *s, struct line *l, struct wish *w)
{
	const struct stamp_options *o = s->o;
	unsigned edges = (o->soft ? 1u : 0) | (o->hard ? 2u : 0);
	double low = pixels_of(s, o->size_min), high = pixels_of(s, o->size_max);

	l->look.em = (uint32_t)(octaves(s, low, high) + 0.5);
	l->look.angle = o->angles[below(s, (uint32_t)o->nangles)];
	l->look.hard = one_of(s, edges) == 1 || ink_is_hard(s->ink);
	l->style = (enum stamp_style)one_of(s, o->styles);
	l->opacity = between(s, o->opacity_min, o->opacity_max);
	w->contrast = o->contrast_max == 0 ? 255 :
	    from_to(s, o->contrast_min, o->contrast_max);
	w->colour = o->ncolours == 0 ? NULL :
	    o->colours[below(s, (uint32_t)o->ncolours)];
	set_look(l);
}

/*
 * Draws L so that it fits into the image; an invented one gets smaller for that, as
 * far as sizes may go. Returns 1, 0 when it cannot fit, -1.
 */
static int
draw_line(struct stamp *s, size_t font, struct line *l, struct err *e)
{
	double low = floor(pixels_of(s, s->o->size_min) + 0.5);
	const struct pixels *p = s->p;

	for (;;) {
		if (fonts_draw(s->o->fonts, font, l->text, &l->look, &l->drawn, e) < 0)
			return -1;
		if (l->drawn.w <= p->columns && l->drawn.h <= p->rows)
			return 1;
		if (s->o->ntexts > 0 || l->look.em <= low)
			return 0;
		l->look.em = (uint32_t)fmax(low, l->look.em * 3 / 4);
		set_look(l);
	}
}

/*
 * A spot for L, and ink that can be read there; a given text takes a free one where
 * it cannot. Returns whether there is one.
 */
static bool
place_line(struct stamp *s, struct line *l, const struct wish *w)
{
	bool any = false;
	struct line best = *l;
	int i;

	for (i = 0; i < TRIES; i++) {
		if (!spot(s, l))
			continue;
		if (ink_line(s, l, w))
			return true;
		if (!any || l->contrast > best.contrast)
			best = *l;
		any = true;
	}
	*l = best;
	return any && s->o->ntexts > 0;
}

/* Adds line I of the frame at hand. */
static int
add_line(struct stamp *s, size_t i, struct err *e)
{
	struct line l = { .text = NULL };
	struct wish w;
	size_t font;
	int got = -1;

	if (choose_text(s, i, &l, &font, e) < 0)
		return -1;
	choose_look(s, &l, &w);
	if ((got = draw_line(s, font, &l, e)) == 1 && place_line(s, &l, &w)) {
		s->lines[s->n++] = l;
		return 0;
	}
	if (got >= 0)
		got = s->o->ntexts == 0 ? 0 :
		    err_set(e, "line %zu: no room for it", i + 1);
	free(l.text);
	fonts_drawn_free(&l.drawn);
	return got;
}

/* The lines of FRAME into s->lines, unless they are there. */
static int
plan(struct stamp *s, uint32_t frame, struct err *e)
{
	const struct stamp_options *o = s->o;
	size_t n, i;

	if (!o->per_frame)
		frame = framelist_nth(&o->frames, 0);
	if (s->frame == frame)
		return 0;
	clear_lines(s);
	if (pixels_frame(s->d, s->p, frame, s->pixels, e) < 0 ||
	    ink_light(s->ink, frame, s->pixels, &s->light, e) < 0)
		return -1;
	seed(s, frame);
	n = o->ntexts > 0 ? o->ntexts : from_to(s, o->lines_min, o->lines_max);
	if ((s->lines = calloc(n + 1, sizeof *s->lines)) == NULL)
		return err_set(e, "out of memory");
	for (i = 0; i < n; i++)
		if (add_line(s, i, e) < 0)
			return -1;
	s->frame = frame;
	return 0;
}

/* -- what is made of them ---------------------------------------------------- */

int
stamp_boxes(void *arg, uint32_t frame, struct rects *out, struct err *e)
{
	struct stamp *s = arg;
	const struct line *l;
	size_t i;

	if (!framelist_has(&s->o->frames, frame))
		return 0;
	if (plan(s, frame, e) < 0)
		return -1;
	for (i = 0; i < s->n; i++) {
		l = &s->lines[i];
		if (rects_add(out, (struct rect){ l->x, l->y, l->drawn.w,
		    l->drawn.h }, e) < 0)
			return -1;
	}
	return 0;
}

/* Lays what COVER, N bytes, says of RGB on a row; makes COVER less by OPACITY. */
static void
lay(struct stamp *s, uint8_t *pixels, uint32_t x, uint32_t y, uint32_t n,
    uint8_t *cover, const struct line *l, const uint8_t rgb[3])
{
	uint32_t i;

	for (i = 0; i < n; i++)
		if (cover[i] > 0)
			cover[i] = (uint8_t)ceil(cover[i] * l->opacity);
	ink_lay(s->ink, pixels, x, y, n, cover, rgb);
}

int
stamp_draw(void *arg, uint32_t frame, uint8_t *pixels, struct err *e)
{
	struct stamp *s = arg;
	const struct line *l;
	uint8_t *row;
	uint32_t y;
	size_t i;

	if (plan(s, frame, e) < 0 || ink_take(s->ink, frame, pixels, e) < 0)
		return -1;
	if ((row = malloc(s->p->columns)) == NULL)
		return err_set(e, "out of memory");
	for (i = 0; i < s->n; i++) {
		l = &s->lines[i];
		for (y = 0; y < l->drawn.h; y++) {
			memcpy(row, l->drawn.paper + (size_t)y * l->drawn.w,
			    l->drawn.w);
			lay(s, pixels, l->x, l->y + y, l->drawn.w, row, l, l->paper);
			memcpy(row, l->drawn.ink + (size_t)y * l->drawn.w,
			    l->drawn.w);
			lay(s, pixels, l->x, l->y + y, l->drawn.w, row, l, l->ink);
		}
	}
	free(row);
	return 0;
}

static json_t *
details(const struct line *l)
{
	json_t *o = json_pack("{s:I s:s}", "size", (json_int_t)l->look.em, "style",
	    style_names[l->style]);

	if (o != NULL && l->look.angle != 0)
		json_object_set_new(o, "angle",
		    json_integer((json_int_t)l->look.angle));
	if (o != NULL)
		json_object_set_new(o, "contrast", json_integer(l->contrast));
	return o;
}

int
stamp_truth(struct stamp *s, uint32_t frame, struct box_record *r, struct err *e)
{
	const struct line *l;
	struct box *b;
	size_t i;

	if (!framelist_has(&s->o->frames, frame))
		return 0;
	if (plan(s, frame, e) < 0)
		return -1;
	for (i = 0; i < s->n; i++) {
		l = &s->lines[i];
		if (box_add(r, l->x + l->drawn.ink_x, l->y + l->drawn.ink_y,
		    l->drawn.ink_w, l->drawn.ink_h, &b, e) < 0 ||
		    box_set(&b->text, l->text, e) < 0 ||
		    box_set(&b->phi, l->phi, e) < 0)
			return -1;
		if ((b->extra = details(l)) == NULL)
			return err_set(e, "out of memory");
	}
	return 0;
}

static void
mask_line(const struct line *l, uint32_t columns, uint8_t *mask)
{
	const uint8_t *ink = l->drawn.ink, *paper = l->drawn.paper;
	uint32_t x, y;
	uint8_t *at;

	for (y = 0; y < l->drawn.h; y++) {
		at = mask + (size_t)(l->y + y) * columns + l->x;
		for (x = 0; x < l->drawn.w; x++, ink++, paper++)
			if (*ink > 0)	/* never as little as PAPER: fonts.h */
				at[x] = *ink;
			else if (*paper > 0)
				at[x] = PAPER;
	}
}

int
stamp_mask(struct stamp *s, uint32_t frame, struct pnm *out, struct err *e)
{
	size_t i;

	if (pnm_shape(out, s->p->columns, s->p->rows, 1, 255, e) < 0)
		return -1;
	memset(out->samples, 0, out->bytes);
	if (!framelist_has(&s->o->frames, frame))
		return 0;
	if (plan(s, frame, e) < 0)
		return -1;
	for (i = 0; i < s->n; i++)
		mask_line(&s->lines[i], s->p->columns, out->samples);
	return 0;
}
