/* ocr.c - see ocr.h */
#include "text/ocr.h"

#include <leptonica/allheaders.h>
#include <math.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <tesseract/capi.h>

#include "text/strip.h"

#define TEXT_MAX 32768u	/* bytes that a strip may say: more than the letters it has pixels for */
#define LANG_MAX 32u
#define SURE .93	/* a reading below this conf is tried again in another way */
#define POSSIBLE .5	/* below this, ink and paper may have been taken for one another */
#define MEMORY_LINES 2048u
#define MEMORY_BYTES ((size_t)16 << 20)	/* of pixels remembered in all */

struct reading {
	struct strip cut;
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
	bool any;	/* no whitelist: all signs may be read */
	struct ocr_memory *memory;
};

/* Tesseract's own threads fight with ours and gain nothing on one line. Weak: a tesseract without OpenMP lacks it. */
void omp_set_max_active_levels(int) __attribute__((weak));

static bool
is_letter(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

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
	m->bytes -= (size_t)r->cut.width * r->cut.height;
	free(r->cut.pixels);
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
	if (r->text != NULL && r->cut.width == s->width && r->cut.height == s->height &&
	    memcmp(r->cut.pixels, s->pixels, (size_t)s->width * s->height) == 0) {
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
		r->cut = *s;
		r->text = text;
		r->conf = b->conf;
		s->pixels = NULL;
		text = NULL;
	}
	pthread_mutex_unlock(&m->lock);
	free(text);
}

/* ---- the engine ---- */

/* Tesseract is content with the first language of several. */
static bool
lang_loaded(TessBaseAPI *engine, const char *lang)
{
	char **loaded = TessBaseAPIGetLoadedLanguagesAsVector(engine);
	bool all = loaded != NULL;

	while (all && *lang) {
		size_t n = strcspn(lang, "+");
		bool found = *lang == '~';	/* one to leave out */

		for (char **l = loaded; !found && *l; l++)
			found = strlen(*l) == n && memcmp(*l, lang, n) == 0;
		all = found;
		lang += n;
		lang += *lang == '+';
	}
	if (loaded != NULL)
		TessDeleteTextArray(loaded);
	return all;
}

static bool
engine_load(TessBaseAPI *engine, const char *lang)
{
	char *names[] = {(char *)"debug_file"}, *values[] = {(char *)"/dev/null"};	/* it would quote what it reads */

	return TessBaseAPISetVariable(engine, names[0], values[0]) &&	/* and complain of missing languages */
	    TessBaseAPIInit4(engine, NULL, lang, OEM_LSTM_ONLY, NULL, 0, names, values, 1, FALSE) == 0 &&
	    lang_loaded(engine, lang);
}

/* Says which of the languages is missing, and what to install: Debian names packages eng, chi-sim, script-latn. */
static void
lang_explain(const char *lang, struct err *e)
{
	char one[LANG_MAX];

	err_set(e, "tesseract cannot load the language: is its data package installed?");
	while (*lang) {
		size_t n = strcspn(lang, "+"), i;
		TessBaseAPI *engine;
		bool there;

		for (i = 0; i < n && i < sizeof one - 1 && (is_letter(lang[i]) || is_digit(lang[i]) || lang[i] == '_'); i++)
			one[i] = lang[i];
		one[i] = '\0';
		lang += n;
		lang += *lang == '+';
		if (i == 0 || i < n || (engine = TessBaseAPICreate()) == NULL)
			return;	/* no name that we could make a package's of */
		there = engine_load(engine, one);
		TessBaseAPIDelete(engine);
		if (!there) {
			for (char *c = one; *c; c++)
				*c = (char)(*c == '_' ? '-' : *c >= 'A' && *c <= 'Z' ? *c - 'A' + 'a' : *c);
			err_set(e, "tesseract lacks a language: install the package tesseract-ocr-%s", one);
			return;
		}
	}
}

struct ocr *
ocr_new(const struct ocr_options *w, struct ocr_memory *m, struct err *e)
{
	struct ocr *o = calloc(1, sizeof *o);

	setMsgSeverity(L_SEVERITY_NONE);
	if (omp_set_max_active_levels != NULL)
		omp_set_max_active_levels(0);
	if (o == NULL || (o->engine = TessBaseAPICreate()) == NULL) {
		err_set(e, "out of memory");
	} else if (!engine_load(o->engine, w->lang)) {
		lang_explain(w->lang, e);
	} else {
		TessBaseAPISetVariable(o->engine, "tessedit_do_invert", "0");
		if (w->whitelist != NULL)
			TessBaseAPISetVariable(o->engine, "tessedit_char_whitelist", w->whitelist);
		else
			TessBaseAPISetVariable(o->engine, "tessedit_char_blacklist", "€£¥¢©®™§«»“”‘’—");	/* typographers' */
		o->psm = w->psm;
		o->any = w->whitelist == NULL;
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

/* ---- reading a strip ---- */

/* For leptonica's pixDestroy; NULL out of memory. */
static PIX *
strip_pix(const struct strip *s)
{
	PIX *p = pixCreate((l_int32)s->width, (l_int32)s->height, 8);

	if (p == NULL)
		return NULL;
	for (uint32_t y = 0; y < s->height; y++)
		for (uint32_t x = 0; x < s->width; x++)
			pixSetPixel(p, (l_int32)x, (l_int32)y, s->pixels[(size_t)y * s->width + x]);
	return p;
}

/*
 * A number read with letters that look like digits: 24-MAY-O2 has one in its last part. Parts of a word are what lies
 * between signs.
 */
static void
part_digits(char *part, size_t n)
{
	static const char like[] = "O0o0@0l1I1|1";
	size_t digits = 0, odd = 0;

	for (size_t i = 0; i < n; i++) {
		digits += is_digit(part[i]);
		odd += strchr("Oo@lI|", part[i]) != NULL;
	}
	if (digits == 0 || digits + odd != n)
		return;
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; like[j]; j += 2)
			if (part[i] == like[j])
				part[i] = like[j + 1];
}

/* One space between words, and at the ends no signs that edges of panels read as; no control bytes. */
static void
text_tidy(char *t)
{
	static const char edges[] = " |_~`\"\\";
	size_t len = 0, from = 0;

	for (size_t i = 0; t[i]; i++) {
		bool space = (unsigned char)t[i] <= ' ' || t[i] == 0x7f;

		if (!space || (len > 0 && t[len - 1] != ' '))
			t[len++] = space ? ' ' : t[i];
	}
	while (len > 0 && strchr(edges, t[len - 1]) != NULL)
		len--;
	while (from < len && strchr(edges, t[from]) != NULL)
		from++;
	memmove(t, t + from, len - from);
	t[len - from] = '\0';
}

/* Makes of what tesseract says what was written: carets that it took for the signs most like them, letters in numbers. */
static void
text_correct(char *t)
{
	size_t len = strlen(t), part = 0;

	for (size_t i = 1; i + 1 < len; i++)
		if ((t[i] == '*' || t[i] == '"') && is_letter(t[i - 1]) && is_letter(t[i + 1]))
			t[i] = '^';
	for (size_t i = 0; i <= len; i++)
		if (i == len || strchr(" .,:;/-#()[]<>=", t[i]) != NULL) {
			part_digits(t + part, i - part);
			part = i + 1;
		}
}

/* How much of the line the text can account for: few letters in a long line are not its text, however sure they are. */
static double
share_read(const struct strip *s, const char *text)
{
	double letters = 0, room = s->block ? 1 : (double)s->width / s->letter - 1;

	for (; *text; text++)
		letters += (*text & 0xc0) != 0x80;	/* of UTF-8 */
	return 1.1 * letters >= room ? 1 : 1.1 * letters / room;
}

/* What one reading says. */
struct said {
	char *text;
	double conf;
};

/* Appends MORE to TEXT, of TEXT_MAX bytes in all, if it fits. */
static void
text_add(char *text, size_t *len, const char *more)
{
	size_t n = strlen(more);

	if (n >= TEXT_MAX - *len)
		return;
	memcpy(text + *len, more, n + 1);
	*len += n;
}

/*
 * The text of what the engine has recognised, symbol by symbol, with the carets of S put back where they were. What is
 * longer than TEXT_MAX is cut.
 */
static int
said_gather(struct ocr *o, const struct strip *s, struct said *to, struct err *e)
{
	TessResultIterator *at = TessBaseAPIGetIterator(o->engine);
	const TessPageIterator *page = at ? TessResultIteratorGetPageIteratorConst(at) : NULL;
	char text[TEXT_MAX] = "";
	size_t len = 0, caret = 0;
	int last = 0;

	if (at != NULL)
		do {
			char *symbol = TessResultIteratorGetUTF8Text(at, RIL_SYMBOL);
			int left = 0, top, right = 0, bottom;
			bool space;	/* but not before a narrow 1 */

			if (symbol == NULL)
				continue;
			TessPageIteratorBoundingBox(page, RIL_SYMBOL, &left, &top, &right, &bottom);
			space = TessPageIteratorIsAtBeginningOf(page, RIL_WORD) &&
			    !(len > 0 && is_digit(text[len - 1]) && is_digit(*symbol) && left >= last &&
			    left - last < (int)s->letter * 2 / 5);
			last = right;
			if (caret < s->ncarets && s->caret[caret] < (uint32_t)(left + right) / 2) {
				text_add(text, &len, o->any ? "^" : " ");
				caret++;
			} else if (len > 0 && space) {
				text_add(text, &len, " ");
			}
			text_add(text, &len, symbol);
			TessDeleteText(symbol);
		} while (TessResultIteratorNext(at, RIL_SYMBOL));
	for (; caret < s->ncarets && o->any; caret++)
		text_add(text, &len, "^");
	TessResultIteratorDelete(at);
	text_tidy(text);
	if (o->any)
		text_correct(text);
	to->conf = len > s->ncarets ? TessBaseAPIMeanTextConf(o->engine) / 100. * share_read(s, text) : 0;
	if ((to->text = strdup(text)) == NULL)
		return err_set(e, "out of memory");
	return 0;
}

static int
strip_read(struct ocr *o, const struct strip *s, struct said *to, struct err *e)
{
	int mode = o->psm ? o->psm : s->block ? PSM_SINGLE_BLOCK : PSM_SINGLE_LINE, got;
	PIX *pix = strip_pix(s);

	if (pix == NULL)
		return err_set(e, "out of memory");
	TessBaseAPISetPageSegMode(o->engine, (TessPageSegMode)mode);
	TessBaseAPISetImage2(o->engine, pix);
	TessBaseAPISetSourceResolution(o->engine, 300);
	got = TessBaseAPIRecognize(o->engine, NULL) != 0 ? err_set(e, "tesseract failed") : said_gather(o, s, to, e);
	TessBaseAPIClear(o->engine);
	pixDestroy(&pix);
	return got;
}

/* ---- reading a line ---- */

/* Reads CUT in one more way; the surer reading stays in BEST. */
static int
way_try(struct ocr *o, const struct strip *cut, const struct strip_way *way, struct said *best, struct err *e)
{
	struct said one = {0};
	struct strip s = {0};
	int got;

	if ((got = strip_make(cut, way, &s, e)) == 0 && (got = strip_read(o, &s, &one, e)) == 0 && one.conf > best->conf) {
		free(best->text);
		*best = one;
		one.text = NULL;
	}
	free(one.text);
	free(s.pixels);
	return got;
}

/*
 * Reads CUT as it stands, and again in other ways as long as no reading is sure: thin strokes, stained paper, merged or
 * faint letters each have one that serves them.
 */
static int
cut_read(struct ocr *o, const struct strip *cut, struct said *best, struct err *e)
{
	static const struct strip_way ways[] = {
		{.letter = 34, .stroke = .5, .white = .25, .black = .85},
		{.letter = 44, .stroke = .5, .white = .25, .black = .85},
		{.letter = 34, .stroke = .5, .white = .5, .black = .8},
		{.letter = 34, .stroke = 0, .white = .25, .black = .85},
		{.letter = 26, .stroke = .8, .white = .25, .black = .85},
	};
	struct strip_way way = ways[0];
	struct said other = {.conf = -1};
	double slant = 0;
	int got;

	way.light = strip_light(cut);
	got = way_try(o, cut, &way, best, e);
	if (got == 0 && best->conf < POSSIBLE) {
		way.light = !way.light;
		if ((got = way_try(o, cut, &way, &other, e)) == 0 && other.conf > best->conf) {
			free(best->text);
			*best = other;
			other.text = NULL;
		} else {
			way.light = !way.light;
		}
		free(other.text);
	}
	if (got == 0 && best->conf < SURE)
		got = strip_slant(cut, way.light, &slant, e);
	for (size_t i = 0; got == 0 && best->conf < SURE && i < sizeof ways / sizeof *ways; i++) {
		bool light = way.light;

		if (i == 0 && slant == 0)
			continue;
		way = ways[i];
		way.light = light;
		way.slant = slant;
		got = way_try(o, cut, &way, best, e);
	}
	return got;
}

/* A tall cut holds a line that runs upwards or downwards, or one tall letter. */
static int
cut_read_turned(struct ocr *o, const struct strip *cut, struct said *best, struct err *e)
{
	int got = 0;

	for (int clockwise = 1; got == 0 && clockwise >= 0 && best->conf < SURE; clockwise--) {
		struct strip turned = {0};

		if ((got = strip_turn(cut, clockwise, &turned, e)) == 0)
			got = cut_read(o, &turned, best, e);
		free(turned.pixels);
	}
	return got == 0 && best->conf < SURE ? cut_read(o, cut, best, e) : got;
}

int
ocr_read(struct ocr *o, const struct picture *p, struct box *b, struct err *e)
{
	struct said best = {.conf = -1};
	struct strip cut;
	int got;

	if (strip_cut(p, b, &cut, e) < 0)
		return -1;
	if ((got = memory_recall(o->memory, &cut, b, e)) == 0) {
		got = b->h > b->w + b->w / 2 ? cut_read_turned(o, &cut, &best, e) : cut_read(o, &cut, &best, e);
		if (got == 0) {
			free(b->text);
			b->text = best.text;
			b->conf = best.conf;
			best.text = NULL;
			memory_keep(o->memory, &cut, b);
		}
	}
	free(best.text);
	free(cut.pixels);
	return got < 0 ? -1 : 0;
}
