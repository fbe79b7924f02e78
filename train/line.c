/* line.c - lines of text as a device would burn them in: what they say, and their glyphs drawn with FreeType */
#include <ctype.h>
#include <ftw.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ft2build.h>
#include FT_FREETYPE_H
#include FT_SYNTHESIS_H
#include <zlib.h>

#include "draw.h"

#define FONTS_MAX 4000
#define NEEDED "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789:/.-,#[]()%+="
#define LINE_WIDTH_MAX 1200
#define LINE_HEIGHT_MAX 400
#define TEXT_MAX 160

/* ---- fonts ---- */

/* Letters in a row that a font has or has not; the first is what the texts are made of. */
static const struct script {
	uint32_t first, last;
	int often;
} scripts[] = {{'A', 'z', 0}, {0xc0, 0x17e, 30}, {0x391, 0x3c9, 12}, {0x410, 0x44f, 20}, {0x4e00, 0x8fff, 25},
    {0x3041, 0x3096, 8}, {0x30a1, 0x30f6, 8}, {0xac00, 0xd7a3, 8}, {0xfe8d, 0xfef4, 8}, {0x5d0, 0x5ea, 5},
    {0xe01, 0xe2e, 4}, {0x905, 0x939, 4}};

struct font {
	const char *path;
	uint8_t *bytes;	/* of a compressed file; FreeType would inflate it again and again */
	size_t size;
	int folder, scalable;	/* FOLDER: the first font of the same folder */
	unsigned scripts;
};
static struct font fonts[FONTS_MAX];	/* sorted by path, as FreeType gives no order */
static int font_count;
static char *found[FONTS_MAX];
static int founds;

/* FreeType's objects are for one thread alone. */
static _Thread_local FT_Library library;
static _Thread_local FT_Face faces[FONTS_MAX];

static int
font_found(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)ftw;
	if (type == FTW_F && founds < FONTS_MAX && (strstr(path, ".ttf") || strstr(path, ".otf") || strstr(path, ".otb") ||
	    strstr(path, ".pcf")))
		found[founds++] = strdup(path);
	return 0;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
font_inflate(struct font *f)
{
	gzFile in = strstr(f->path, ".gz") ? gzopen(f->path, "rb") : NULL;
	int got;

	if (in == NULL)
		return;
	do {
		if ((f->bytes = realloc(f->bytes, f->size + (1 << 16))) == NULL)
			abort();
		got = gzread(in, f->bytes + f->size, 1 << 16);
		f->size += got > 0 ? (size_t)got : 0;
	} while (got > 0);
	gzclose(in);
}

static FT_Face
font_open(const struct font *f)
{
	FT_Face face;

	if (library == NULL && FT_Init_FreeType(&library) != 0)
		abort();
	if (f->bytes != NULL)
		return FT_New_Memory_Face(library, f->bytes, (FT_Long)f->size, 0, &face) == 0 ? face : NULL;
	return FT_New_Face(library, f->path, 0, &face) == 0 ? face : NULL;
}

static FT_Face
font_face(int i)
{
	if (faces[i] == NULL && (faces[i] = font_open(&fonts[i])) != NULL)
		FT_Select_Charmap(faces[i], FT_ENCODING_UNICODE);
	return faces[i];
}

static long
ink_of(FT_Face face, unsigned char c)
{
	long sum = 0;

	if (FT_Load_Char(face, c, FT_LOAD_RENDER) != 0 || face->glyph->bitmap.pixel_mode != FT_PIXEL_MODE_GRAY)
		return -1;
	for (unsigned y = 0; y < face->glyph->bitmap.rows; y++)
		for (unsigned x = 0; x < face->glyph->bitmap.width; x++)
			sum += face->glyph->bitmap.buffer[(int)y * face->glyph->bitmap.pitch + (int)x] > 64;
	return sum;
}

/* Has every character that the texts need, and draws letters rather than boxes or pictures. */
static int
font_is_latin(FT_Face face)
{
	for (const char *c = NEEDED; *c; c++)
		if (FT_Get_Char_Index(face, (FT_ULong)*c) == 0)
			return 0;
	if (!FT_IS_SCALABLE(face))
		return 1;
	return ink_of(face, 'M') >= 20 && ink_of(face, '.') * 10 <= ink_of(face, 'M') * 4;
}

static unsigned
font_scripts(FT_Face face)
{
	unsigned set = 0;

	if (FT_Select_Charmap(face, FT_ENCODING_UNICODE) != 0)
		return 0;
	if (FT_IS_SCALABLE(face) ? FT_Set_Pixel_Sizes(face, 0, 20) != 0 :
	    face->num_fixed_sizes == 0 || face->available_sizes[0].height < 7)
		return 0;
	for (int i = 1; i < COUNT(scripts); i++) {
		uint32_t third = (scripts[i].last - scripts[i].first) / 3;

		if (FT_Get_Char_Index(face, scripts[i].first + 2) && FT_Get_Char_Index(face, scripts[i].first + third) &&
		    FT_Get_Char_Index(face, scripts[i].first + 2 * third))
			set |= 1u << i;
	}
	return set | (unsigned)font_is_latin(face);
}

static int
same_folder(const char *a, const char *b)
{
	size_t n = (size_t)(strrchr(a, '/') - a);

	return strncmp(a, b, n + 1) == 0 && strchr(b + n + 1, '/') == NULL;
}

int
fonts_load(const char *const *dirs, int n)
{
	for (int i = 0; i < n; i++)
		nftw(dirs[i], font_found, 16, FTW_PHYS);
	qsort(found, (size_t)founds, sizeof *found, by_name);
	for (int i = 0; i < founds; i++) {
		struct font *f = &fonts[font_count];
		FT_Face face;

		*f = (struct font){.path = found[i], .folder = font_count};
		font_inflate(f);
		if ((face = font_open(f)) != NULL) {
			f->scalable = FT_IS_SCALABLE(face) != 0;
			f->scripts = font_scripts(face);
		}
		if (font_count > 0 && same_folder(f[-1].path, f->path))
			f->folder = f[-1].folder;
		if (f->scripts != 0) {
			faces[font_count++] = face;
			continue;
		}
		if (face != NULL)
			FT_Done_Face(face);
		free(f->bytes);
	}
	return font_count;
}

/* ---- what lines say ---- */

static const char *const surnames[] = {"SMITH", "Johnson", "GARCIA", "Mueller", "NGUYEN", "O'Brien", "Kowalski", "OKAFOR",
    "Fernandez", "LINDQVIST", "Tanaka", "DUBOIS", "ANONYMOUS", "Test", "DOE", "Van der Berg", "IVANOVA", "Rossi"};
static const char *const given[] = {"JOHN", "Maria", "WEI", "Anna", "PEDRO", "Fatima", "IVAN", "Grace", "OLGA", "Samuel",
    "J.", "A", "M.", "Li"};
static const char *const places[] = {"ST MARY HOSPITAL", "City General", "Univ. Klinik Bern", "HOPITAL SUD",
    "MEMORIAL MED CTR", "Radiology Dept", "Imaging Center", "Women's Clinic", "VA MEDICAL CENTER", "Echo Lab", "UZ Gent"};
static const char *const labels[] = {"kVp", "mA", "mAs", "W", "L", "WL:", "WW:", "TIS", "MI", "FR", "Depth", "SE", "IM",
    "DFOV", "Zoom", "TR", "TE", "FA", "Thk", "Gain", "PRF", "HR", "Freq", "DR", "Dyn", "2D", "THI", "CF", "PW", "Vel",
    "Dist", "Area", "Vol", "LVIDd", "EF", "BPD", "GA", "EFW", "Tilt", "Exp", "Loc", "ROI", "Mean", "SD", "Angle", "AcqTm",
    "Scale", "Ref", "Slice", "Img", "Series", "Study", "Page", "Lat", "Persist", "Map", "SV", "WF", "P"};
static const char *const units[] = {"", "cm", "mm", "Hz", "bpm", "%", "dB", "cm/s", "kV", "mA", "ms", "MHz", "HU", "mGy",
    "cm2", "ml", "sec", "deg", " cm", " mm", " %", "w", "d"};
static const char *const words[] = {"LEFT", "RIGHT", "Supine", "PRONE", "AP", "PORTABLE", "ERECT", "Lossy", "COMPRESSED",
    "Sagittal", "AXIAL", "Kidney", "LIVER", "Cardiac", "4CH", "PLAX", "Adult", "OB", "Abdomen", "Thyroid", "Carotid",
    "Freeze", "Menu", "Measure", "Scout", "T1", "T2", "FLAIR", "CINE", "Head", "First", "Feet", "Chest", "Spine", "Contrast",
    "Not", "for", "diagnosis", "Final", "Report", "Dose", "Total", "Time", "Patient", "Name", "Birth", "Sex", "Female",
    "Male", "Age", "Physician", "Operator", "Exam", "Date", "Accession", "Number", "Hospital", "Comment"};
static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    "JAN", "MAY", "OCT", "March", "July"};

static void
say_date(struct rng *r, char *t)
{
	int y = rng_int(r, 1920, 2030), m = rng_int(r, 1, 12), d = rng_int(r, 1, 31);

	switch (rng_int(r, 0, 5)) {
	case 0:
		sprintf(t, "%04d-%02d-%02d", y, m, d);
		break;
	case 1:
		sprintf(t, "%02d/%02d/%04d", m, d, y);
		break;
	case 2:
		sprintf(t, "%02d.%02d.%04d", d, m, y);
		break;
	case 3:
		sprintf(t, "%04d%02d%02d", y, m, d);
		break;
	case 4:
		sprintf(t, "%d %s %d", d, PICK(r, months), y);
		break;
	default:
		sprintf(t, "%s %02d, %d", PICK(r, months), d, y);
	}
}

static void
say_word(struct rng *r, char *t)
{
	static const char vowels[] = "aeiouy", others[] = "bcdfghjklmnpqrstvwxz";
	int n = rng_int(r, 2, 9), upper = rng_int(r, 0, 2);

	for (int i = 0; i < n; i++) {
		char c = rng_chance(r, .42) ? vowels[rng_int(r, 0, 5)] : others[rng_int(r, 0, 19)];

		*t++ = upper == 2 || (upper == 1 && i == 0) ? (char)toupper(c) : c;
	}
	*t = '\0';
}

static void
say_one(struct rng *r, char *t)
{
	static const char all[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789:/.-,#[]()%+=  ";
	static const char *const birth[] = {"DOB: ", "Born ", "", "Date: ", "Study "}, *const ids[] = {"ID: ", "MRN ", "#", "",
	    "Pat-Nr ", "ACC "};
	char one[40], two[40];
	double k = rng_unit(r);
	int n;

	if (k < .16) {
		sprintf(t, "%s%s%s", PICK(r, surnames), rng_chance(r, .5) ? ", " : " ", PICK(r, given));
	} else if (k < .27) {
		say_date(r, one);
		sprintf(t, "%s%s", PICK(r, birth), one);
	} else if (k < .36) {
		sprintf(t, "%s%d", PICK(r, ids), rng_int(r, 1000, 999999999));
	} else if (k < .42) {
		strcpy(t, PICK(r, places));
	} else if (k < .48) {
		sprintf(t, "%02d:%02d:%02d%s", rng_int(r, 0, 23), rng_int(r, 0, 59), rng_int(r, 0, 59),
		    rng_chance(r, .25) ? " PM" : "");
	} else if (k < .60) {
		sprintf(t, "%s %.*f%s", PICK(r, labels), rng_int(r, 0, 2), rng_real(r, 0, 400), PICK(r, units));
	} else if (k < .66) {
		sprintf(t, "%.*f%s", rng_int(r, 0, 2), rng_real(r, -10, 300), PICK(r, units));
	} else if (k < .78) {
		for (*t = '\0', n = rng_int(r, 1, 4); n > 0; n--)
			strcat(strcat(t, PICK(r, words)), n > 1 ? " " : "");
	} else if (k < .88) {
		say_word(r, one);
		say_word(r, two);
		sprintf(t, "%s%s%s", one, rng_chance(r, .3) ? "^" : " ", rng_chance(r, .7) ? two : "");
	} else if (k < .93) {	/* film markers, axis labels */
		n = rng_int(r, 1, 3);
		for (int i = 0; i < n; i++)
			t[i] = "ABCDEFHLMPRSTWX0123456789"[rng_int(r, 0, 24)];
		t[n] = '\0';
	} else {
		n = rng_int(r, 3, 24);
		for (int i = 0; i < n; i++)
			t[i] = all[rng_int(r, 0, (int)sizeof all - 2)];
		t[n] = '\0';
	}
	if (rng_chance(r, .12))
		for (char *c = t; *c; c++)
			*c = (char)toupper((unsigned char)*c);
}

/* Depth scales, keyboards of menus, axes: little to go by. */
static void
say_number(struct rng *r, char *t)
{
	static const char *const forms[] = {"%d", "%d", "%d", "x%d", "-%d", "%d%%", "%d:", "M%d", "+%d", "%dcm", "(%d)", "T%d"};

	if (rng_chance(r, .3))
		sprintf(t, "%.*f", rng_int(r, 1, 2), rng_real(r, -2, rng_chance(r, .5) ? 3 : 200));
	else
		sprintf(t, PICK(r, forms), rng_int(r, 0, rng_chance(r, .4) ? 9 : rng_chance(r, .7) ? 99 : 999));
}

static void
say_sentence(struct rng *r, char *t)
{
	int n = rng_int(r, 3, 14);
	char one[40];

	for (*t = '\0'; n > 0 && strlen(t) < TEXT_MAX - 60; n--) {
		if (rng_chance(r, .5))
			strcpy(one, PICK(r, words));
		else
			say_word(r, one);
		strcat(strcat(t, one), n == 1 ? "." : rng_chance(r, .08) ? ", " : " ");
	}
}

static void
say_letters(struct rng *r, char *t, int from, int to)
{
	int n = rng_int(r, from, to);

	for (int i = 0; i < n; i++)
		t[i] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789acdefghmnprstuxyLRLRAPHF"[rng_int(r, 0, 59)];
	t[n] = '\0';
}

static void
say_marker(struct rng *r, char *t)
{
	static const char *const markers[] = {"L", "R", "L", "R", "LT", "RT", "LCC", "RMLO", "R CC", "L MLO", "AP", "PA", "R-CC",
	    "LEFT", "RIGHT", "L3", "R7", "STAT", "E", "S", "A", "P", "H", "F", "I", "AH", "PF"};

	strcpy(t, PICK(r, markers));
}

static void
say_topic(struct rng *r, enum topic topic, char *t)
{
	char more[TEXT_MAX];

	switch (topic) {
	case NUMBER:
		say_number(r, t);
		return;
	case SENTENCE:
		say_sentence(r, t);
		return;
	case LETTER:
		say_letters(r, t, 1, rng_chance(r, .6) ? 1 : 3);
		return;
	case MARKER:
		say_marker(r, t);
		return;
	case LABEL:
		strcpy(t, rng_chance(r, .5) ? PICK(r, words) : PICK(r, labels));
		strcat(t, rng_chance(r, .4) ? ":" : "");
		return;
	default:
		break;
	}
	say_one(r, t);
	if (rng_chance(r, .2)) {
		say_one(r, more);
		if (strlen(t) + strlen(more) < 60)
			strcat(strcat(t, rng_chance(r, .3) ? "  " : " "), more);
	}
}

/* As code points; of another script, words of its letters. Returns how many. */
static int
say(struct rng *r, const struct type *type, enum topic topic, uint32_t *codes)
{
	const struct script *s = &scripts[type->script];
	char text[2 * TEXT_MAX];
	int n = 0;

	if (type->script > 0 && rng_chance(r, .8)) {
		int want = topic == LETTER || topic == MARKER || topic == NUMBER ? 1 : rng_int(r, 1, 14);

		while (n < want) {
			codes[n] = rng_chance(r, n ? .14 : 0) ? ' ' : s->first + (uint32_t)rng_int(r, 0, (int)(s->last - s->first));
			if (type->script == 1 && rng_chance(r, .6))	/* accents stand among plain letters */
				codes[n] = (uint32_t)rng_int(r, 'a', 'z');
			n++;
		}
		return n;
	}
	say_topic(r, topic, text);
	for (const char *c = text; *c; c++)
		codes[n++] = (unsigned char)*c;
	return n;
}

/* ---- glyphs ---- */

static _Thread_local struct sheet {	/* as large as the largest line; clean outside of the bounds */
	uint8_t at[LINE_HEIGHT_MAX][LINE_WIDTH_MAX];
	int left, top, right, bottom;
} sheet;

#define GLYPHS 512
static _Thread_local struct glyph {
	uint32_t code;
	int left, top, width, height, advance;
	uint8_t *ink;
} glyphs[GLYPHS];	/* those of glyph_type, so that a page of text draws each letter once */
static _Thread_local struct type glyph_type;

static int
glyphs_start(const struct type *t)
{
	FT_Face face = font_face(t->font);

	if (face == NULL || (fonts[t->font].scalable ? FT_Set_Pixel_Sizes(face, 0, (FT_UInt)t->size) :
	    FT_Select_Size(face, t->strike)) != 0)
		return 0;
	if (memcmp(t, &glyph_type, sizeof *t) == 0)
		return 1;
	for (int i = 0; i < GLYPHS; i++) {
		free(glyphs[i].ink);
		glyphs[i] = (struct glyph){0};
	}
	glyph_type = *t;
	return 1;
}

static const struct glyph *
glyph_get(uint32_t code)
{
	struct glyph *g = &glyphs[code % GLYPHS];
	FT_Face face = faces[glyph_type.font];
	const FT_Bitmap *b = &face->glyph->bitmap;

	if (g->code == code)
		return g;
	if (FT_Get_Char_Index(face, code) == 0)	/* it would draw a box */
		return NULL;
	if (FT_Load_Char(face, code, glyph_type.mono ? FT_LOAD_TARGET_MONO : FT_LOAD_TARGET_NORMAL) != 0)
		return NULL;
	if (glyph_type.bold)
		FT_GlyphSlot_Embolden(face->glyph);
	if (FT_Render_Glyph(face->glyph, glyph_type.mono ? FT_RENDER_MODE_MONO : FT_RENDER_MODE_NORMAL) != 0)
		return NULL;
	free(g->ink);
	*g = (struct glyph){code, face->glyph->bitmap_left, face->glyph->bitmap_top, (int)b->width, (int)b->rows,
	    (int)(face->glyph->advance.x >> 6), malloc((size_t)b->width * b->rows + 1)};
	if (g->ink == NULL)
		abort();
	for (int y = 0; y < g->height; y++)
		for (int x = 0; x < g->width; x++) {
			const uint8_t *row = b->buffer + y * b->pitch;

			g->ink[y * g->width + x] = b->pixel_mode == FT_PIXEL_MODE_MONO ?
			    (uint8_t)((row[x / 8] >> (7 - x % 8) & 1) * 255) : row[x];
		}
	return g;
}

static void
glyph_blit(const struct glyph *g, int x0, int y0)
{
	x0 += g->left;
	y0 -= g->top;
	if (x0 < 0 || y0 < 0 || x0 + g->width > LINE_WIDTH_MAX || y0 + g->height > LINE_HEIGHT_MAX)
		return;
	for (int y = 0; y < g->height; y++)
		for (int x = 0; x < g->width; x++) {
			uint8_t *at = &sheet.at[y0 + y][x0 + x], v = g->ink[y * g->width + x];

			if (v > *at)
				*at = v;
		}
	sheet.left = x0 < sheet.left ? x0 : sheet.left;
	sheet.top = y0 < sheet.top ? y0 : sheet.top;
	sheet.right = x0 + g->width > sheet.right ? x0 + g->width : sheet.right;
	sheet.bottom = y0 + g->height > sheet.bottom ? y0 + g->height : sheet.bottom;
}

static void
line_size(struct line *l, int width, int height)
{
	l->width = width;
	l->height = height;
	if ((l->ink = realloc(l->ink, (size_t)width * (size_t)height + 1)) == NULL)
		abort();
}

/* Makes L's bitmap as large as its ink. */
static int
line_trim(struct line *l)
{
	int left = l->width, right = -1, top = l->height, bottom = -1, width = l->width;

	for (int y = 0; y < l->height; y++)
		for (int x = 0; x < width; x++)
			if (l->ink[y * width + x] > 40) {
				left = x < left ? x : left;
				right = x > right ? x : right;
				top = y < top ? y : top;
				bottom = y;
			}
	if (right < 0)
		return 0;
	l->base -= top;
	l->width = right - left + 1;
	l->height = bottom - top + 1;
	for (int y = 0; y < l->height; y++)
		memmove(l->ink + y * l->width, l->ink + (y + top) * width + left, (size_t)l->width);
	return 1;
}

/* Moves the sheet's ink into L, enlarged FACTOR times, with or without smoothing. */
static int
line_cut(struct line *l, int base, int factor, int smooth)
{
	int left = sheet.left, top = sheet.top, width = sheet.right - left, height = sheet.bottom - top;

	if (width <= 0 || height <= 0)
		return 0;
	line_size(l, width * factor, height * factor);
	l->base = (base - top) * factor;
	for (int y = 0; y < l->height; y++)
		for (int x = 0; x < l->width; x++) {
			int cx = left + x / factor, cy = top + y / factor, v = sheet.at[cy][cx];

			if (smooth && factor == 2) {	/* the mean of the nearest four, as a scaler would */
				int nx = cx + (x % 2 ? 1 : -1), ny = cy + (y % 2 ? 1 : -1);

				nx = nx < left || nx >= sheet.right ? cx : nx;
				ny = ny < top || ny >= sheet.bottom ? cy : ny;
				v = (9 * v + 3 * sheet.at[cy][nx] + 3 * sheet.at[ny][cx] + sheet.at[ny][nx]) / 16;
			}
			l->ink[y * l->width + x] = (uint8_t)v;
		}
	for (int y = top; y < sheet.bottom; y++)
		memset(&sheet.at[y][left], 0, (size_t)width);
	return line_trim(l);
}

/* Every folder, and within it every font, is as likely: some folders hold fifty fonts of a family. */
static int
font_choose(struct rng *r, int script, int scalable)
{
	for (int tries = 0; tries < 400; tries++) {
		int i = rng_int(r, 0, font_count - 1), first = fonts[i].folder, n = 0;

		if (rng_chance(r, .5)) {
			while (first + n < font_count && fonts[first + n].folder == first)
				n++;
			if (rng_chance(r, 1 - 4. / (n + 3)))
				continue;
			i = first + rng_int(r, 0, n - 1);
		}
		if ((fonts[i].scripts >> script & 1) && (fonts[i].scalable == scalable || script > 0))
			return i;
	}
	return -1;
}

/* The strike of a bitmap font that is nearest to SIZE. */
static int
strike_choose(FT_Face face, int size)
{
	int best = 0;

	for (int i = 1; i < face->num_fixed_sizes; i++)
		if (abs(face->available_sizes[i].height - size) < abs(face->available_sizes[best].height - size))
			best = i;
	return best;
}

int
type_choose(struct rng *r, struct type *t, int size)
{
	int often[COUNT(scripts)], scalable = size > 22 || rng_chance(r, size > 16 ? .85 : .6);

	*t = (struct type){.size = size, .factor = 1, .mono = rng_chance(r, .3), .smooth = rng_chance(r, .5)};
	if (rng_chance(r, .07)) {
		for (int i = 0; i < COUNT(scripts); i++)
			often[i] = scripts[i].often;
		t->script = rng_pick(r, often, COUNT(scripts));
	}
	if ((t->font = font_choose(r, t->script, scalable)) < 0 || font_face(t->font) == NULL)
		return 0;
	if (fonts[t->font].scalable) {
		t->bold = rng_chance(r, .08);
		if (rng_chance(r, .08) && size >= 14)
			t->factor = 2;
		else if (rng_chance(r, .04) && size >= 24)
			t->factor = 3;
		t->size = size / t->factor;
	} else {
		t->strike = strike_choose(faces[t->font], size);
		if (size > 1.7 * faces[t->font]->available_sizes[t->strike].height)
			t->factor = size > 2.6 * faces[t->font]->available_sizes[t->strike].height ? 3 : 2;
		else if (rng_chance(r, .1))
			t->factor = rng_int(r, 2, 3);
		t->size = faces[t->font]->available_sizes[t->strike].height;
	}
	t->spacing = rng_chance(r, .1) ? rng_int(r, 1, 3) : rng_chance(r, .03) ? size / (2 * t->factor) : 0;
	return 1;
}

int
line_draw(struct rng *r, const struct type *t, enum topic topic, struct line *l)
{
	uint32_t codes[2 * TEXT_MAX];
	int n = say(r, t, topic, codes), x = 100, base = LINE_HEIGHT_MAX / 2 + 60;

	if (!glyphs_start(t))
		return 0;
	sheet.left = LINE_WIDTH_MAX;
	sheet.top = LINE_HEIGHT_MAX;
	sheet.right = sheet.bottom = 0;
	for (int i = 0; i < n && x < LINE_WIDTH_MAX - 200; i++) {
		const struct glyph *g = glyph_get(codes[i]);

		if (g == NULL)
			continue;
		glyph_blit(g, x, base);
		x += g->advance + t->spacing;
	}
	return line_cut(l, base, t->factor, t->smooth);
}

/* ---- what becomes of a line ---- */

void
line_turn(struct line *l, int quarters)
{
	struct line old = *l;

	if ((quarters &= 3) == 0)
		return;
	l->ink = NULL;
	line_size(l, quarters & 1 ? old.height : old.width, quarters & 1 ? old.width : old.height);
	for (int y = 0; y < l->height; y++)
		for (int x = 0; x < l->width; x++) {
			int u = quarters == 1 ? old.width - 1 - y : quarters == 2 ? old.width - 1 - x : y;
			int v = quarters == 1 ? x : quarters == 2 ? old.height - 1 - y : old.height - 1 - x;

			l->ink[y * l->width + x] = old.ink[v * old.width + u];
		}
	l->base = l->height;
	free(old.ink);
}

void
line_tilt(struct line *l, double angle)
{
	struct line old = *l;
	double c = cos(angle), s = sin(angle);

	l->ink = NULL;
	line_size(l, (int)(old.width * c + old.height * fabs(s)) + 3, (int)(old.height * c + old.width * fabs(s)) + 3);
	for (int y = 0; y < l->height; y++)
		for (int x = 0; x < l->width; x++) {
			double u = x - l->width / 2., v = y - l->height / 2., fx = c * u + s * v + old.width / 2.;
			double fy = c * v - s * u + old.height / 2., sum = 0;
			int ix = (int)floor(fx), iy = (int)floor(fy);

			for (int k = 0; k < 4; k++) {
				int px = ix + (k & 1), py = iy + (k >> 1);

				if (px >= 0 && py >= 0 && px < old.width && py < old.height)
					sum += (k & 1 ? fx - ix : 1 - fx + ix) * (k >> 1 ? fy - iy : 1 - fy + iy) *
					    old.ink[py * old.width + px];
			}
			l->ink[y * l->width + x] = (uint8_t)sum;
		}
	l->base = l->height;
	free(old.ink);
	if (!line_trim(l))
		l->width = l->height = 0;
}

/* Room of BY pixels on each side. */
static void
line_pad(struct line *l, int by)
{
	struct line old = *l;

	l->ink = NULL;
	line_size(l, old.width + 2 * by, old.height + 2 * by);
	memset(l->ink, 0, (size_t)l->width * (size_t)l->height);
	for (int y = 0; y < old.height; y++)
		memcpy(l->ink + (y + by) * l->width + by, old.ink + y * old.width, (size_t)old.width);
	l->base += by;
	free(old.ink);
}

void
line_thicken(struct line *l, int by)
{
	line_pad(l, by);
	for (int times = 0; times < by; times++) {	/* the maximum of three, both ways, in place */
		for (int y = 0; y < l->height; y++)
			for (int x = 0, before = 0; x < l->width; x++) {
				uint8_t *at = l->ink + y * l->width + x;
				int now = *at, after = x + 1 < l->width ? at[1] : 0, most = before > after ? before : after;

				before = now;
				*at = (uint8_t)(now > most ? now : most);
			}
		for (int x = 0; x < l->width; x++)
			for (int y = 0, before = 0; y < l->height; y++) {
				uint8_t *at = l->ink + y * l->width + x;
				int now = *at, after = y + 1 < l->height ? at[l->width] : 0, most = before > after ? before : after;

				before = now;
				*at = (uint8_t)(now > most ? now : most);
			}
	}
}

void
line_soften(struct line *l, int times)
{
	while (times-- > 0) {
		for (int y = 0; y < l->height; y++)
			for (int x = 0, before = 0; x < l->width; x++) {
				uint8_t *at = l->ink + y * l->width + x;
				int now = *at;

				*at = (uint8_t)((before + 2 * now + (x + 1 < l->width ? at[1] : 0)) / 4);
				before = now;
			}
		for (int x = 0; x < l->width; x++)
			for (int y = 0, before = 0; y < l->height; y++) {
				uint8_t *at = l->ink + y * l->width + x;
				int now = *at;

				*at = (uint8_t)((before + 2 * now + (y + 1 < l->height ? at[l->width] : 0)) / 4);
				before = now;
			}
	}
}
