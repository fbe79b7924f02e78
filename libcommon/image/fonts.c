/* fonts: lines of text drawn by fonts of one's choice; see fonts.h. */
#include "image/fonts.h"

#include <cairo-ft.h>
#include <dirent.h>
#include <errno.h>
#include <fontconfig/fontconfig.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/buf.h"

#define FAINT 16		/* of 255: less is no cover */
#define SIDE_MAX 32767		/* cairo's limit */
#define FOLDERS_MAX 32		/* one in another */

struct font {
	char *path;
	long index;		/* in its file */
	FT_Face face;		/* NULL: not opened yet, or of no use */
	cairo_font_face_t *cairo;
	bool useless;
};

struct fonts {
	FT_Library library;
	struct font *font;
	size_t n, cap;
};

struct fonts *
fonts_new(struct err *e)
{
	struct fonts *f = calloc(1, sizeof *f);

	if (f == NULL || FT_Init_FreeType(&f->library) != 0) {
		err_set(e, "out of memory");
		free(f);
		return NULL;
	}
	return f;
}

void
fonts_free(struct fonts *f)
{
	size_t i;

	if (f == NULL)
		return;
	for (i = 0; i < f->n; i++) {
		if (f->font[i].cairo != NULL)
			cairo_font_face_destroy(f->font[i].cairo);
		free(f->font[i].path);
	}
	/* cairo keeps fonts for their next use, with their faces. */
	cairo_debug_reset_static_data();
	FT_Done_FreeType(f->library);
	free(f->font);
	free(f);
}

size_t
fonts_count(const struct fonts *f)
{
	return f->n;
}

/* -- finding them ------------------------------------------------------------ */

static int
add_file(struct fonts *f, const char *path, long index, struct err *e)
{
	struct font *more;

	if (f->n == f->cap) {
		f->cap = f->cap == 0 ? 64 : 2 * f->cap;
		if ((more = realloc(f->font, f->cap * sizeof *more)) == NULL)
			return err_set(e, "out of memory");
		f->font = more;
	}
	f->font[f->n] = (struct font){ .path = strdup(path), .index = index };
	return f->font[f->n++].path == NULL ? err_set(e, "out of memory") : 0;
}

/* Opens font I, if that was not tried yet. Returns whether it can be used. */
static bool
open_font(struct fonts *f, size_t i)
{
	struct font *t = &f->font[i];

	if (t->face != NULL || t->useless)
		return t->face != NULL;
	t->useless = true;
	if (FT_New_Face(f->library, t->path, t->index, &t->face) != 0) {
		t->face = NULL;
		return false;
	}
	if (!FT_IS_SCALABLE(t->face) ||
	    FT_Select_Charmap(t->face, FT_ENCODING_UNICODE) != 0) {
		FT_Done_Face(t->face);
		t->face = NULL;
		return false;
	}
	t->cairo = cairo_ft_font_face_create_for_ft_face(t->face, 0);
	t->useless = false;
	return true;
}

static bool
is_font_name(const char *name)
{
	static const char *const ends[] = { ".ttf", ".otf", ".ttc", ".pfb" };
	size_t n = strlen(name), i;

	for (i = 0; i < sizeof ends / sizeof ends[0]; i++)
		if (n > 4 && strcasecmp(name + n - 4, ends[i]) == 0)
			return true;
	return false;
}

static int add_folder(struct fonts *f, const char *path, unsigned depth,
    struct err *e);

static int
add_entry(struct fonts *f, const char *folder, const char *name, unsigned depth,
    struct err *e)
{
	struct buf path = { 0 };
	struct stat st;
	int got = -1;

	if (buf_add(&path, folder, strlen(folder), e) < 0 ||
	    buf_add(&path, "/", 1, e) < 0 ||
	    buf_add(&path, name, strlen(name), e) < 0)
		goto out;
	if (stat(path.data, &st) < 0)
		got = err_set(e, "%s", strerror(errno));
	else if (S_ISDIR(st.st_mode))
		got = add_folder(f, path.data, depth + 1, e);
	else
		got = is_font_name(name) ? add_file(f, path.data, 0, e) : 0;
out:
	buf_free(&path);
	return got;
}

static int
is_visible(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

/* alphasort asks the locale. */
static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int
add_folder(struct fonts *f, const char *path, unsigned depth, struct err *e)
{
	struct dirent **list;
	int n, i, got = 0;

	if (depth > FOLDERS_MAX)
		return err_set(e, "has more than %d folders in one another",
		    FOLDERS_MAX);
	if ((n = scandir(path, &list, is_visible, by_name)) < 0)
		return err_set(e, "%s", strerror(errno));
	for (i = 0; i < n; i++) {
		if (got == 0)
			got = add_entry(f, path, list[i]->d_name, depth, e);
		free(list[i]);
	}
	free(list);
	return got;
}

/* fontconfig always answers, with another family if it must. */
static bool
is_family(const FcPattern *asked, const FcPattern *match)
{
	static const char *const any[] = { "serif", "sans-serif", "sans",
	    "monospace", "mono" };
	FcChar8 *want, *have;
	size_t i;
	int k;

	if (FcPatternGetString(asked, FC_FAMILY, 0, &want) != FcResultMatch)
		return false;
	for (i = 0; i < sizeof any / sizeof any[0]; i++)
		if (strcasecmp((char *)want, any[i]) == 0)
			return true;
	for (k = 0; FcPatternGetString(match, FC_FAMILY, k, &have) ==
	    FcResultMatch; k++)
		if (FcStrCmpIgnoreCase(want, have) == 0)
			return true;
	return false;
}

static int
add_family(struct fonts *f, const char *name, struct err *e)
{
	FcPattern *asked = FcNameParse((const FcChar8 *)name), *p = NULL, *match;
	FcResult result;
	FcChar8 *file;
	int got, index = 0;

	if (asked == NULL || (p = FcPatternDuplicate(asked)) == NULL) {
		if (asked != NULL)
			FcPatternDestroy(asked);
		return err_set(e, "is no name of a font");
	}
	FcConfigSubstitute(NULL, p, FcMatchPattern);
	FcDefaultSubstitute(p);
	match = FcFontMatch(NULL, p, &result);
	if (match == NULL || !is_family(asked, match) ||
	    FcPatternGetString(match, FC_FILE, 0, &file) != FcResultMatch)
		got = err_set(e, "no font of that family is installed");
	else {
		FcPatternGetInteger(match, FC_INDEX, 0, &index);
		got = add_file(f, (char *)file, index, e);
	}
	if (match != NULL)
		FcPatternDestroy(match);
	FcPatternDestroy(p);
	FcPatternDestroy(asked);
	return got;
}

int
fonts_add(struct fonts *f, const char *name, struct err *e)
{
	size_t before = f->n;
	struct stat st;

	if (stat(name, &st) < 0) {
		if (strchr(name, '/') != NULL)
			return err_set(e, "%s", strerror(errno));
		if (add_family(f, name, e) < 0)
			return -1;
	} else if (S_ISDIR(st.st_mode)) {
		if (add_folder(f, name, 0, e) < 0)
			return -1;
		return f->n > before ? 0 : err_set(e, "holds no fonts");
	} else if (add_file(f, name, 0, e) < 0)
		return -1;
	return open_font(f, before) ? 0 : err_set(e, "is no scalable font");
}

bool
fonts_can(struct fonts *f, size_t i, const char *text)
{
	const FcChar8 *s = (const FcChar8 *)text;
	int len = (int)strlen(text), n;
	FcChar32 c;

	if (!open_font(f, i))
		return false;
	for (; len > 0; s += n, len -= n) {
		if ((n = FcUtf8ToUcs4(s, &c, len)) <= 0)
			return false;
		if (FT_Get_Char_Index(f->font[i].face, c) == 0)
			return false;
	}
	return true;
}

/* -- drawing ----------------------------------------------------------------- */

/* A context that draws by FONT as LOOK says, turned about its origin. */
static cairo_t *
begin(cairo_surface_t *s, cairo_font_face_t *font, const struct fonts_look *look)
{
	cairo_font_options_t *o = cairo_font_options_create();
	cairo_t *c = cairo_create(s);

	/* Whatever the user's screen is set to, the same pixels. */
	cairo_font_options_set_antialias(o, look->hard ? CAIRO_ANTIALIAS_NONE :
	    CAIRO_ANTIALIAS_GRAY);
	cairo_font_options_set_hint_style(o, look->hard ? CAIRO_HINT_STYLE_FULL :
	    CAIRO_HINT_STYLE_NONE);
	cairo_font_options_set_hint_metrics(o, CAIRO_HINT_METRICS_OFF);
	cairo_set_font_options(c, o);
	cairo_font_options_destroy(o);
	cairo_set_antialias(c, look->hard ? CAIRO_ANTIALIAS_NONE :
	    CAIRO_ANTIALIAS_GRAY);
	cairo_set_font_face(c, font);
	cairo_set_font_size(c, look->em);
	cairo_set_line_join(c, CAIRO_LINE_JOIN_ROUND);
	return c;
}

/* Where the text lies about its origin, and what is around it. */
struct extent {
	double cos, sin;	/* of its turn, clockwise as y is downwards */
	double x0, y0, x1, y1;	/* of the letters, unturned */
	double left, top;	/* of the surface, from the origin */
	int w, h;
};

/* Right angles exactly, wherever it runs. */
static void
set_turn(struct extent *m, double degrees)
{
	double a = -degrees * acos(-1) / 180;
	double right = fmod(degrees / 90, 4);

	m->cos = cos(a);
	m->sin = sin(a);
	if (right == floor(right)) {
		m->cos = round(m->cos);
		m->sin = round(m->sin);
	}
}

static void
turn(cairo_t *c, const struct extent *m, double x, double y)
{
	cairo_matrix_t t;

	cairo_matrix_init(&t, m->cos, m->sin, -m->sin, m->cos, x - m->left,
	    y - m->top);
	cairo_set_matrix(c, &t);
}

/* Room for the letters turned, with all that goes around them. */
static int
measure(cairo_font_face_t *font, const char *text, const struct fonts_look *look,
    struct extent *m, struct err *e)
{
	cairo_surface_t *s = cairo_image_surface_create(CAIRO_FORMAT_A8, 1, 1);
	cairo_t *c = begin(s, font, look);
	double margin = 4 + look->outline + look->shadow + look->box;
	double x, y, right = 0, bottom = 0;
	cairo_text_extents_t t;
	cairo_status_t status;
	int i;

	cairo_text_extents(c, text, &t);
	status = cairo_status(c);
	cairo_destroy(c);
	cairo_surface_destroy(s);
	if (status != CAIRO_STATUS_SUCCESS)
		return err_set(e, "text cannot be drawn: %s",
		    cairo_status_to_string(status));
	set_turn(m, look->angle);
	*m = (struct extent){ .cos = m->cos, .sin = m->sin, .x0 = t.x_bearing, .y0 = t.y_bearing,
	    .x1 = t.x_bearing + t.width, .y1 = t.y_bearing + t.height };
	for (i = 0; i < 4; i++) {
		x = i & 1 ? m->x1 + margin : m->x0 - margin;
		y = i & 2 ? m->y1 + margin : m->y0 - margin;
		m->left = fmin(m->left, x * m->cos - y * m->sin);
		m->top = fmin(m->top, x * m->sin + y * m->cos);
		right = fmax(right, x * m->cos - y * m->sin);
		bottom = fmax(bottom, x * m->sin + y * m->cos);
	}
	m->left = floor(m->left);
	m->top = floor(m->top);
	if (!(right - m->left < SIDE_MAX) || !(bottom - m->top < SIDE_MAX))
		return err_set(e, "text is too long to be drawn");
	m->w = (int)ceil(right - m->left) + 1;
	m->h = (int)ceil(bottom - m->top) + 1;
	return 0;
}

static void
draw_paper(cairo_t *c, const char *text, const struct fonts_look *look,
    const struct extent *m)
{
	double pad = (double)look->box - 1;

	if (look->box > 0) {
		cairo_rectangle(c, floor(m->x0 - pad), floor(m->y0 - pad),
		    ceil(m->x1 + pad) - floor(m->x0 - pad),
		    ceil(m->y1 + pad) - floor(m->y0 - pad));
		cairo_fill(c);
	}
	if (look->outline > 0) {
		cairo_move_to(c, 0, 0);
		cairo_text_path(c, text);
		cairo_set_line_width(c, 2.0 * look->outline);
		cairo_stroke(c);
	}
	if (look->shadow > 0) {	/* downwards on the image, however turned */
		turn(c, m, look->shadow, look->shadow);
		cairo_move_to(c, 0, 0);
		cairo_show_text(c, text);
	}
}

/* One layer, M->w times M->h, into OUT. */
static int
draw_layer(cairo_font_face_t *font, const char *text,
    const struct fonts_look *look, const struct extent *m, bool paper,
    uint8_t *out, struct err *e)
{
	cairo_surface_t *s = cairo_image_surface_create(CAIRO_FORMAT_A8, m->w,
	    m->h);
	cairo_t *c = begin(s, font, look);
	const uint8_t *from;
	int i, stride, got = 0;

	turn(c, m, 0, 0);
	if (paper)
		draw_paper(c, text, look, m);
	else {
		cairo_move_to(c, 0, 0);
		cairo_show_text(c, text);
	}
	cairo_surface_flush(s);
	from = cairo_image_surface_get_data(s);
	stride = cairo_image_surface_get_stride(s);
	if (cairo_status(c) != CAIRO_STATUS_SUCCESS || from == NULL)
		got = err_set(e, "text cannot be drawn: %s",
		    cairo_status_to_string(cairo_status(c)));
	for (i = 0; got == 0 && i < m->h; i++, from += stride)
		memcpy(out + (size_t)i * (size_t)m->w, from, (size_t)m->w);
	cairo_destroy(c);
	cairo_surface_destroy(s);
	return got;
}

static void
drop_faint(uint8_t *cover, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (cover[i] < FAINT)
			cover[i] = 0;
}

/* The bound of what is not 0 in A or, if it is not NULL, B. */
static bool
bound(const uint8_t *a, const uint8_t *b, uint32_t w, uint32_t h, uint32_t r[4])
{
	uint32_t x, y, x0 = w, y0 = h, x1 = 0, y1 = 0;
	size_t i = 0;

	for (y = 0; y < h; y++)
		for (x = 0; x < w; x++, i++) {
			if (a[i] == 0 && (b == NULL || b[i] == 0))
				continue;
			x0 = x < x0 ? x : x0;
			x1 = x + 1 > x1 ? x + 1 : x1;
			y0 = y < y0 ? y : y0;
			y1 = y + 1;
		}
	r[0] = x0;
	r[1] = y0;
	r[2] = x1 - x0;
	r[3] = y1 - y0;
	return x1 > 0;
}

/* Cuts both layers, WIDTH columns each, to R. */
static void
cut(struct fonts_drawn *d, uint32_t width, const uint32_t r[4])
{
	uint32_t y;
	size_t from, to;

	for (y = 0; y < r[3]; y++) {
		from = (size_t)(r[1] + y) * width + r[0];
		to = (size_t)y * r[2];
		memmove(d->ink + to, d->ink + from, r[2]);
		memmove(d->paper + to, d->paper + from, r[2]);
	}
	d->w = r[2];
	d->h = r[3];
}

int
fonts_draw(struct fonts *f, size_t i, const char *text,
    const struct fonts_look *look, struct fonts_drawn *out, struct err *e)
{
	cairo_font_face_t *font;
	struct fonts_drawn d = { 0 };
	uint32_t r[4], width, height;
	struct extent m;
	size_t n;

	if (!open_font(f, i))
		return err_set(e, "is no scalable font");
	font = f->font[i].cairo;
	if (measure(font, text, look, &m, e) < 0)
		return -1;
	width = (uint32_t)m.w;
	height = (uint32_t)m.h;
	n = (size_t)width * height;
	if ((d.ink = malloc(n)) == NULL || (d.paper = malloc(n)) == NULL) {
		err_set(e, "out of memory");
		goto fail;
	}
	if (draw_layer(font, text, look, &m, false, d.ink, e) < 0 ||
	    draw_layer(font, text, look, &m, true, d.paper, e) < 0)
		goto fail;
	drop_faint(d.ink, n);
	drop_faint(d.paper, n);
	if (!bound(d.ink, NULL, width, height, r)) {
		err_set(e, "text has no ink");
		goto fail;
	}
	bound(d.ink, d.paper, width, height, r);
	cut(&d, width, r);
	bound(d.ink, NULL, d.w, d.h, r);
	d.ink_x = r[0];
	d.ink_y = r[1];
	d.ink_w = r[2];
	d.ink_h = r[3];
	fonts_drawn_free(out);
	*out = d;
	return 0;
fail:
	fonts_drawn_free(&d);
	return -1;
}

void
fonts_drawn_free(struct fonts_drawn *d)
{
	free(d->ink);
	free(d->paper);
	memset(d, 0, sizeof *d);
}
