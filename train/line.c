/* line.c - lines of text as a device would burn them in: what they say, and their glyphs drawn with FreeType */
#include <ctype.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ft2build.h>
#include FT_FREETYPE_H
#include FT_SYNTHESIS_H

#include "train.h"

#define FACES_MAX 4000
#define NEEDED "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789:/.-,#[]()%+="
#define LINE_WIDTH_MAX 1200
#define LINE_HEIGHT_MAX 192
#define TEXT_MAX 128
#define PICK(r, list) list[rng_int(r, 0, (int)(sizeof list / sizeof *list) - 1)]

static FT_Library library;
static FT_Face scalable[FACES_MAX], bitmap[FACES_MAX];
static int scalables, bitmaps;
static char *found[FACES_MAX];
static int founds;

uint64_t
rng_next(struct rng *r)
{
	uint64_t z = r->state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

double
rng_unit(struct rng *r)
{
	return (double)(rng_next(r) >> 11) * 0x1p-53;
}

double
rng_real(struct rng *r, double from, double to)
{
	return from + (to - from) * rng_unit(r);
}

int
rng_int(struct rng *r, int from, int to)
{
	return from + (int)(rng_next(r) % (uint64_t)(to - from + 1));
}

/* The sum of twelve uniforms: close enough to normal, and the same everywhere. */
double
rng_normal(struct rng *r)
{
	double sum = -6;

	for (int i = 0; i < 12; i++)
		sum += rng_unit(r);
	return sum;
}

int
rng_chance(struct rng *r, double p)
{
	return rng_unit(r) < p;
}

static int
font_found(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)ftw;
	if (type == FTW_F && founds < FACES_MAX && (strstr(path, ".ttf") || strstr(path, ".otf") || strstr(path, ".pcf")))
		found[founds++] = strdup(path);
	return 0;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static long
ink_of(FT_Face face, unsigned char c)
{
	long sum = 0;

	if (FT_Load_Char(face, c, FT_LOAD_RENDER) != 0 || face->glyph->bitmap.pixel_mode != FT_PIXEL_MODE_GRAY)
		return -1;
	for (unsigned y = 0; y < face->glyph->bitmap.rows; y++)
		for (unsigned x = 0; x < face->glyph->bitmap.width; x++)
			sum += face->glyph->bitmap.buffer[(int)y * face->glyph->bitmap.pitch + (int)x] > 128;
	return sum;
}

/* Fit for use: has every character that the texts need, and draws letters rather than boxes or pictures. */
static int
font_fits(FT_Face face)
{
	if (FT_Select_Charmap(face, FT_ENCODING_UNICODE) != 0)
		return 0;
	for (const char *c = NEEDED; *c; c++)
		if (FT_Get_Char_Index(face, (FT_ULong)*c) == 0)
			return 0;
	if (!FT_IS_SCALABLE(face))
		return face->num_fixed_sizes > 0 && face->available_sizes[0].height >= 7;
	if (FT_Set_Pixel_Sizes(face, 0, 20) != 0)
		return 0;
	return ink_of(face, 'M') >= 20 && ink_of(face, '.') * 10 <= ink_of(face, 'M') * 4;
}

int
fonts_load(const char *const *dirs, int n)
{
	if (FT_Init_FreeType(&library) != 0)
		return 0;
	for (int i = 0; i < n; i++)
		nftw(dirs[i], font_found, 16, FTW_PHYS);
	qsort(found, (size_t)founds, sizeof *found, by_name);
	for (int i = 0; i < founds; i++) {
		FT_Face face;

		if (FT_New_Face(library, found[i], 0, &face) != 0)
			continue;
		if (!font_fits(face))
			FT_Done_Face(face);
		else if (FT_IS_SCALABLE(face))
			scalable[scalables++] = face;
		else
			bitmap[bitmaps++] = face;
	}
	return scalables + bitmaps;
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

static void
say(struct rng *r, char *t)
{
	char more[TEXT_MAX];

	say_one(r, t);
	if (rng_chance(r, .2)) {
		say_one(r, more);
		if (strlen(t) + strlen(more) < 60)
			strcat(strcat(t, rng_chance(r, .3) ? "  " : " "), more);
	}
}

/* ---- glyphs ---- */

static uint8_t canvas[LINE_HEIGHT_MAX][LINE_WIDTH_MAX];

static void
glyph_blit(FT_GlyphSlot g, int x0, int y0)
{
	const FT_Bitmap *b = &g->bitmap;

	for (int y = 0; y < (int)b->rows; y++)
		for (int x = 0; x < (int)b->width; x++) {
			const uint8_t *row = b->buffer + y * b->pitch;
			int v = b->pixel_mode == FT_PIXEL_MODE_MONO ? (row[x / 8] >> (7 - x % 8) & 1) * 255 : row[x];
			int at_x = x0 + g->bitmap_left + x, at_y = y0 - g->bitmap_top + y;

			if (at_x >= 0 && at_x < LINE_WIDTH_MAX && at_y >= 0 && at_y < LINE_HEIGHT_MAX &&
			    v > canvas[at_y][at_x])
				canvas[at_y][at_x] = (uint8_t)v;
		}
}

/* Cuts the ink out of the canvas and enlarges it FACTOR times, with or without smoothing. */
static int
line_cut(struct line *l, int factor, int smooth)
{
	int left = LINE_WIDTH_MAX, right = -1, top = LINE_HEIGHT_MAX, bottom = -1;

	for (int y = 0; y < LINE_HEIGHT_MAX; y++)
		for (int x = 0; x < LINE_WIDTH_MAX; x++)
			if (canvas[y][x] > 40) {
				left = x < left ? x : left;
				right = x > right ? x : right;
				top = y < top ? y : top;
				bottom = y;
			}
	if (right < 0)
		return 0;
	l->width = (right - left + 1) * factor;
	l->height = (bottom - top + 1) * factor;
	if ((l->ink = realloc(l->ink, (size_t)l->width * (size_t)l->height)) == NULL)
		abort();
	for (int y = 0; y < l->height; y++)
		for (int x = 0; x < l->width; x++) {
			int cx = left + x / factor, cy = top + y / factor, v = canvas[cy][cx];

			if (smooth && factor == 2) {	/* the mean of the nearest four, as a scaler would */
				int dx = x % 2 ? 1 : -1, dy = y % 2 ? 1 : -1;
				int nx = cx + dx < left || cx + dx > right ? cx : cx + dx;
				int ny = cy + dy < top || cy + dy > bottom ? cy : cy + dy;

				v = (9 * v + 3 * canvas[cy][nx] + 3 * canvas[ny][cx] + canvas[ny][nx]) / 16;
			}
			l->ink[y * l->width + x] = (uint8_t)v;
		}
	return 1;
}

int
line_draw(struct rng *r, struct line *l, int size)
{
	int scaled = scalables > 0 && (bitmaps == 0 || rng_chance(r, .68)), mono = rng_chance(r, .3), factor = 1, smooth;
	FT_Face face = scaled ? scalable[rng_int(r, 0, scalables - 1)] : bitmap[rng_int(r, 0, bitmaps - 1)];
	int spacing = rng_chance(r, .1) ? rng_int(r, 1, 3) : 0, x = 8, base, bold = 0;
	char text[2 * TEXT_MAX];

	say(r, text);
	smooth = rng_chance(r, .5);
	if (scaled) {
		factor = rng_chance(r, .08) ? 2 : 1;
		if (FT_Set_Pixel_Sizes(face, 0, (FT_UInt)(size / factor)) != 0)
			return 0;
		base = size + 40;
		bold = rng_chance(r, .08);
	} else {
		if (FT_Select_Size(face, rng_int(r, 0, face->num_fixed_sizes - 1)) != 0)
			return 0;
		if (face->size->metrics.y_ppem < 13 && rng_chance(r, .2))
			factor = rng_int(r, 2, 3);
		base = 100;
	}
	memset(canvas, 0, sizeof canvas);
	for (const char *c = text; *c && x < LINE_WIDTH_MAX - 100; c++) {
		if (FT_Load_Char(face, (FT_ULong)(unsigned char)*c, mono ? FT_LOAD_TARGET_MONO : FT_LOAD_TARGET_NORMAL) != 0)
			continue;
		if (bold)
			FT_GlyphSlot_Embolden(face->glyph);
		if (FT_Render_Glyph(face->glyph, mono ? FT_RENDER_MODE_MONO : FT_RENDER_MODE_NORMAL) != 0)
			continue;
		glyph_blit(face->glyph, x, base);
		x += (int)(face->glyph->advance.x >> 6) + spacing;
	}
	return line_cut(l, factor, smooth);
}
