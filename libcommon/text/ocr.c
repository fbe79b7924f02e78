/* ocr.c - see ocr.h */
#include "text/ocr.h"

#include <leptonica/allheaders.h>
#include <math.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <tesseract/capi.h>

#include "base/size.h"

#define LETTER 36	/* pixels that a capital is scaled to */
#define SCALE_MAX 6.f
#define PIXELS_MAX 16e6f	/* of a scaled strip, which a page of text reaches */
#define MARGIN 12	/* white around the line, in scaled pixels */
#define INK_LEAST 24	/* grey levels that ink differs from its paper */
#define ROWS_LEAST 5u	/* of ink, to count as a line of text of its own */
#define SURE .6	/* a reading below this conf is tried again in another way */
#define MEMORY_LINES 2048u
#define MEMORY_BYTES ((size_t)16 << 20)	/* of pixels remembered in all */

/* A line as it goes to the engine, less the scaling: dark on light. */
struct strip {
	uint8_t *pixels;
	uint32_t width, height;
	uint32_t letter;	/* rows of ink of a line of text */
	bool block;	/* of more than one line */
};

struct reading {
	struct strip strip;
	char *text;
	double conf;
};

struct ocr_memory {
	pthread_mutex_t lock;
	struct reading readings[MEMORY_LINES];	/* by hash; a newer one takes the place */
	size_t bytes;
};

struct ocr {
	TessBaseAPI *engine;
	int psm;
	struct ocr_memory *memory;
};

/* Tesseract's own threads fight with ours and gain nothing on one line. Weak: a tesseract without OpenMP lacks it. */
void omp_set_max_active_levels(int) __attribute__((weak));

/* ---- memory ---- */

struct ocr_memory *
ocr_memory_new(struct err *e)
{
	struct ocr_memory *m = calloc(1, sizeof *m);

	if (m == NULL || pthread_mutex_init(&m->lock, NULL) != 0) {
		free(m);
		err_set(e, "out of memory");
		return NULL;
	}
	return m;
}

static void
reading_free(struct ocr_memory *m, struct reading *r)
{
	m->bytes -= (size_t)r->strip.width * r->strip.height;
	free(r->strip.pixels);
	free(r->text);
	memset(r, 0, sizeof *r);
}

void
ocr_memory_free(struct ocr_memory *m)
{
	if (m == NULL)
		return;
	for (size_t i = 0; i < MEMORY_LINES; i++)
		reading_free(m, &m->readings[i]);
	pthread_mutex_destroy(&m->lock);
	free(m);
}

/* FNV-1a; a collision costs a reading, never a wrong answer, since the pixels are compared. */
static struct reading *
memory_place(struct ocr_memory *m, const struct strip *s)
{
	uint64_t h = 0xcbf29ce484222325u ^ s->width;

	for (size_t i = 0; i < (size_t)s->width * s->height; i++)
		h = (h ^ s->pixels[i]) * 0x100000001b3u;
	return &m->readings[(h ^ h >> 32) % MEMORY_LINES];
}

/* Returns 1 when S was read before, 0 when not, -1 out of memory. */
static int
memory_recall(struct ocr_memory *m, const struct strip *s, struct box *b, struct err *e)
{
	const struct reading *r = memory_place(m, s);
	int got = 0;

	pthread_mutex_lock(&m->lock);
	if (r->text != NULL && r->strip.width == s->width && r->strip.height == s->height &&
	    memcmp(r->strip.pixels, s->pixels, (size_t)s->width * s->height) == 0) {
		got = box_set(&b->text, r->text, e) < 0 ? -1 : 1;
		b->conf = r->conf;
	}
	pthread_mutex_unlock(&m->lock);
	return got;
}

/* Takes the pixels of S over when there is room for them. */
static void
memory_keep(struct ocr_memory *m, struct strip *s, const struct box *b)
{
	struct reading *r = memory_place(m, s);
	size_t bytes = (size_t)s->width * s->height;
	char *text = strdup(b->text);

	if (text == NULL)
		return;
	pthread_mutex_lock(&m->lock);
	reading_free(m, r);
	if (bytes <= MEMORY_BYTES - m->bytes) {
		m->bytes += bytes;
		r->strip = *s;
		r->text = text;
		r->conf = b->conf;
		s->pixels = NULL;
		text = NULL;
	}
	pthread_mutex_unlock(&m->lock);
	free(text);
}

/* ---- the engine ---- */

struct ocr *
ocr_new(const struct ocr_options *w, struct ocr_memory *m, struct err *e)
{
	char *names[] = {(char *)"debug_file"}, *values[] = {(char *)"/dev/null"};	/* it would quote what it reads */
	struct ocr *o = calloc(1, sizeof *o);

	setMsgSeverity(L_SEVERITY_NONE);
	if (omp_set_max_active_levels != NULL)
		omp_set_max_active_levels(0);
	if (o == NULL || (o->engine = TessBaseAPICreate()) == NULL) {
		err_set(e, "out of memory");
	} else if (!TessBaseAPISetVariable(o->engine, names[0], values[0]) ||	/* and complain of missing languages */
	    TessBaseAPIInit4(o->engine, NULL, w->lang, OEM_LSTM_ONLY, NULL, 0, names, values, 1, FALSE) != 0) {
		err_set(e, "tesseract cannot load the language: is its data package installed?");
	} else {
		TessBaseAPISetVariable(o->engine, "tessedit_do_invert", "0");
		if (w->whitelist != NULL)
			TessBaseAPISetVariable(o->engine, "tessedit_char_whitelist", w->whitelist);
		o->psm = w->psm;
		o->memory = m;
		return o;
	}
	ocr_free(o);
	return NULL;
}

void
ocr_free(struct ocr *o)
{
	if (o == NULL)
		return;
	if (o->engine != NULL)
		TessBaseAPIDelete(o->engine);
	free(o);
}

struct TessBaseAPI *
ocr_tesseract(struct ocr *o)
{
	return o->engine;
}

int
ocr_psm(const struct ocr *o)
{
	return o->psm;
}

/* ---- from a box to a strip ---- */

/* The value that a SHARE of the pixels lies at or below. */
static int
quantile(const size_t *histogram, size_t n, double share)
{
	size_t sum = 0;
	int v = 0;

	for (; v < 255; v++)
		if ((double)(sum += histogram[v]) > share * (double)n)
			break;
	return v;
}

/* Cuts S to its ink - what is much darker than its paper - and sees how tall a line is, and if there are several. */
static void
strip_trim(struct strip *s, int ink)
{
	uint32_t left = s->width, right = 0, top = s->height, bottom = 0, run = 0, runs = 0, rows = 0;

	for (uint32_t y = 0; y <= s->height; y++) {
		bool any = false;

		for (uint32_t x = 0; y < s->height && x < s->width; x++)
			if (s->pixels[(size_t)y * s->width + x] < ink) {
				any = true;
				left = x < left ? x : left;
				right = x + 1 > right ? x + 1 : right;
			}
		if (any) {
			top = y < top ? y : top;
			bottom = y + 1;
			run++;
		} else {
			if (run >= ROWS_LEAST) {
				runs++;
				rows += run;
			}
			run = 0;
		}
	}
	s->block = runs > 1;
	s->letter = runs > 0 ? rows / runs : s->height < ROWS_LEAST ? ROWS_LEAST : s->height;
	if (right <= left || bottom <= top)
		return;
	for (uint32_t y = top; y < bottom; y++)
		memmove(s->pixels + (size_t)(y - top) * (right - left), s->pixels + (size_t)y * s->width + left, right - left);
	s->width = right - left;
	s->height = bottom - top;
}

/* TURN: 0 as it is, 1 a quarter turn clockwise, for text that runs upwards, 3 the other way. */
static int
strip_cut(const struct gray *g, const struct box *b, int turn, double paper, struct strip *s, struct err *e)
{
	size_t n = (size_t)b->w * b->h, histogram[256] = {0};
	int low, middle, high, span;
	bool light;

	if ((s->pixels = malloc(n)) == NULL)
		return err_set(e, "out of memory");
	s->width = turn ? b->h : b->w;
	s->height = turn ? b->w : b->h;
	for (uint32_t y = 0; y < s->height; y++)
		for (uint32_t x = 0; x < s->width; x++) {
			uint32_t u = turn == 0 ? x : turn == 1 ? y : b->w - 1 - y;
			uint32_t v = turn == 0 ? y : turn == 1 ? b->h - 1 - x : x;
			uint8_t p = g->pixels[(size_t)(b->y + v) * g->width + b->x + u];

			s->pixels[(size_t)y * s->width + x] = p;
			histogram[p]++;
		}
	low = quantile(histogram, n, .01);
	middle = quantile(histogram, n, .5);
	high = quantile(histogram, n, .99);
	light = high - middle > middle - low;	/* ink is rarer than paper */
	middle = quantile(histogram, n, light ? paper : 1 - paper);
	span = light ? high - middle : middle - low;
	span = span < INK_LEAST ? INK_LEAST : span;
	for (size_t i = 0; i < n; i++) {	/* paper to 255, ink to 0 */
		int v = light ? s->pixels[i] - middle : middle - s->pixels[i];

		v = v < 0 ? 0 : v > span ? span : v;
		s->pixels[i] = (uint8_t)(255 - v * 255 / span);
	}
	strip_trim(s, 255 - (INK_LEAST * 255 / span > 100 ? INK_LEAST * 255 / span : 100));
	return 0;
}

/* S scaled and with a margin, for leptonica's pixDestroy; NULL out of memory. */
static PIX *
strip_pix(const struct strip *s)
{
	float scale = (float)LETTER / (float)s->letter, most = sqrtf(PIXELS_MAX / ((float)s->width * (float)s->height));
	PIX *plain = pixCreate((l_int32)s->width, (l_int32)s->height, 8), *scaled = NULL, *out = NULL;

	if (plain == NULL)
		return NULL;
	for (uint32_t y = 0; y < s->height; y++)
		for (uint32_t x = 0; x < s->width; x++)
			pixSetPixel(plain, (l_int32)x, (l_int32)y, s->pixels[(size_t)y * s->width + x]);
	scale = scale > SCALE_MAX ? SCALE_MAX : scale;
	scale = scale > most ? most : scale;
	if ((scaled = pixScale(plain, scale, scale)) != NULL)
		out = pixAddBorder(scaled, MARGIN, 255);
	pixDestroy(&plain);
	pixDestroy(&scaled);
	return out;
}

/* Line ends to spaces, and none at the ends; control bytes never reach a box list. */
static void
text_tidy(char *t)
{
	char *to = t;

	for (char *c = t; *c; c++) {
		bool space = (unsigned char)*c <= ' ' || *c == 0x7f;

		if (!space)
			*to++ = *c;
		else if (to > t && to[-1] != ' ')
			*to++ = ' ';
	}
	if (to > t && to[-1] == ' ')
		to--;
	*to = '\0';
}

/* How much of the line the text can account for: few letters in a long line are not its text, however sure they are. */
static double
share_read(const struct strip *s, const char *text)
{
	double letters = 0, room = s->block ? 1 : (double)s->width / s->letter;

	for (; *text; text++)
		letters += (*text & 0xc0) != 0x80;	/* of UTF-8 */
	return 1.1 * letters >= room ? 1 : 1.1 * letters / room;
}

static int
strip_read(struct ocr *o, struct strip *s, struct box *b, struct err *e)
{
	PIX *pix;
	char *text;
	int got = memory_recall(o->memory, s, b, e);

	if (got != 0)
		return got < 0 ? -1 : 0;
	if ((pix = strip_pix(s)) == NULL)
		return err_set(e, "out of memory");
	TessBaseAPISetPageSegMode(o->engine, o->psm ? (TessPageSegMode)o->psm : s->block ? PSM_SINGLE_BLOCK : PSM_SINGLE_LINE);
	TessBaseAPISetImage2(o->engine, pix);
	TessBaseAPISetSourceResolution(o->engine, 300);
	if ((text = TessBaseAPIGetUTF8Text(o->engine)) == NULL) {
		got = err_set(e, "tesseract failed");
	} else {
		text_tidy(text);
		b->conf = *text ? TessBaseAPIMeanTextConf(o->engine) / 100. * share_read(s, text) : 0;
		got = box_set(&b->text, text, e);
	}
	TessDeleteText(text);
	TessBaseAPIClear(o->engine);
	pixDestroy(&pix);
	if (got == 0)
		memory_keep(o->memory, s, b);
	return got;
}

int
ocr_read(struct ocr *o, const struct gray *g, struct box *b, struct err *e)
{
	static const struct { int turn; double paper; } tries[] = {{3, .62}, {1, .62}, {0, .62}, {0, .8}};
	bool tall = b->h > b->w + b->w / 2;
	struct box best = *b;
	int got = 0;

	if (b->w == 0 || b->h == 0 || b->x >= g->width || b->y >= g->height || b->w > g->width - b->x ||
	    b->h > g->height - b->y)
		return err_set(e, "a box outside of its image");
	best.text = NULL;
	best.conf = -1;
	/*
	 * A tall box holds a line that runs upwards or downwards, or one tall letter; anatomy under the text wants more of
	 * it taken for paper. The surest reading wins.
	 */
	for (size_t i = tall ? 0 : 2; got == 0 && i < sizeof tries / sizeof *tries; i++) {
		struct strip s = {0};
		struct box one = *b;

		if (i > 2 && best.conf >= SURE)
			break;
		one.text = NULL;
		if ((got = strip_cut(g, b, tries[i].turn, tries[i].paper, &s, e)) == 0)
			got = strip_read(o, &s, &one, e);
		free(s.pixels);
		if (got == 0 && one.conf > best.conf) {
			free(best.text);
			best.text = one.text;
			best.conf = one.conf;
		} else {
			free(one.text);
		}
	}
	if (got < 0) {
		free(best.text);
		return -1;
	}
	free(b->text);
	b->text = best.text;
	b->conf = best.conf;
	return 0;
}
