/* charset: text of DICOM files to UTF-8 and back; see charset.h. */
#include "dicom/charset.h"

#include <ctype.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/size.h"
#include "base/utf8.h"
#include "dicom/charset_tables.h"

enum {
	ESC = 0x1b,
	TERM_MAX = 32,		/* bytes of a term; CS has 16 */
	SHORT_LENGTH_MAX = 65534	/* PS3.5 7.1.2, even */
};

/*
 * Bytes that mean nothing, as characters. Under code extensions: those of a set of one
 * byte from 0xF0000 on, 128 a set; then pairs and lone bytes of sets of two.
 */
#define BYTE_CHAR 0xf700u
#define PRIVATE_SINGLE 0xf0000u
#define PRIVATE_DOUBLE 0xf0800u
enum { PAIRS = 94 * 94, PRIVATE_A_SET = 0x2400 };

enum kind { KIND_ISO, KIND_UTF8, KIND_GB18030, KIND_GBK };

/* Of bytes alone, so that two of them compare by memcmp. */
struct charset {
	unsigned char kind;
	unsigned char extended;		/* escape sequences are known */
	unsigned char g0, g1;		/* active where a value begins */
	unsigned char first_g1;		/* read where no G1 is active: writers forget */
	unsigned char n;
	unsigned char sets[SETS];	/* as declared, each once */
};

struct known {
	struct charset c;
	struct known *next;
};

static const char *const escapes[SETS] = {
	[SET_6] = "(B", [SET_14] = "(J", [SET_100] = "-A", [SET_101] = "-B",
	[SET_109] = "-C", [SET_110] = "-D", [SET_144] = "-L", [SET_127] = "-G",
	[SET_126] = "-F", [SET_138] = "-H", [SET_148] = "-M", [SET_203] = "-b",
	[SET_166] = "-T", [SET_13] = ")I", [SET_87] = "$B", [SET_159] = "$(D",
	[SET_149] = "$)C", [SET_58] = "$)A"
};

static const struct charset utf8 = { .kind = KIND_UTF8, .g0 = SET_6 };
static const struct charset latin1 = { .kind = KIND_ISO, .g0 = SET_6, .g1 = SET_100,
    .n = 1, .sets = { SET_100 } };

static bool
is_double(unsigned s)
{
	return s >= SET_87 && s <= SET_58;
}

static bool
is_g0(unsigned s)
{
	return s == SET_6 || s == SET_14 || s == SET_87 || s == SET_159;
}

/* What one value of (0008,0005) says. */
struct term {
	enum kind kind;
	enum code_set set;	/* of KIND_ISO */
	bool extended;
};

/*
 * The number of a term in capitals without what stands between its parts: ISO_IR 100,
 * ISO 2022 IR 100, also ISO 8859-1. "ISO 2022 58" and "ISO 2022 GBK" were in CP 1234.
 */
static bool
term_of(const char *t, struct term *out)
{
	static const struct {
		const char *name;
		enum code_set set;
	} sets[] = {
		{ "6", SET_6 }, { "13", SET_13 }, { "100", SET_100 }, { "101", SET_101 },
		{ "109", SET_109 }, { "110", SET_110 }, { "144", SET_144 },
		{ "127", SET_127 }, { "126", SET_126 }, { "138", SET_138 },
		{ "148", SET_148 }, { "203", SET_203 }, { "166", SET_166 },
		{ "87", SET_87 }, { "159", SET_159 }, { "149", SET_149 },
		{ "58", SET_58 }, { "88591", SET_100 }, { "88592", SET_101 },
		{ "88593", SET_109 }, { "88594", SET_110 }, { "88595", SET_144 },
		{ "88596", SET_127 }, { "88597", SET_126 }, { "88598", SET_138 },
		{ "88599", SET_148 }, { "885915", SET_203 }, { "885911", SET_166 }
	};

	*out = (struct term){ KIND_ISO, SET_6, false };
	if (strcmp(t, "GB18030") == 0)
		out->kind = KIND_GB18030;
	else if (strcmp(t, "GBK") == 0 || strcmp(t, "ISO2022GBK") == 0)
		out->kind = KIND_GBK;
	else if (strcmp(t, "ISOIR192") == 0 || strcmp(t, "ISO2022IR192") == 0 ||
	    strcmp(t, "UTF8") == 0)
		out->kind = KIND_UTF8;
	if (out->kind != KIND_ISO || t[0] == '\0')
		return true;
	if (strncmp(t, "ISO", 3) != 0)
		return false;
	t += 3;
	if (strncmp(t, "2022", 4) == 0) {
		out->extended = true;
		t += 4;
	}
	if (strncmp(t, "IR", 2) == 0)
		t += 2;
	for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++)
		if (strcmp(t, sets[i].name) == 0) {
			out->set = sets[i].set;
			return true;
		}
	return false;
}

/* The value at P up to a backslash. Returns its bytes, or -1. */
static int
term_read(const char *p, size_t len, struct term *out)
{
	char compact[TERM_MAX + 1];
	size_t i, n = 0;

	for (i = 0; i < len && p[i] != '\\'; i++) {
		if (strchr(" _-", p[i]) != NULL)	/* and a NUL, of padding */
			continue;
		if (n == TERM_MAX)
			return -1;
		compact[n++] = (char)toupper((unsigned char)p[i]);
	}
	compact[n] = '\0';
	return term_of(compact, out) && i <= TERM_MAX ? (int)i : -1;
}

static void
add_set(struct charset *c, enum code_set s)
{
	if (s != SET_6 && memchr(c->sets, s, c->n) == NULL)
		c->sets[c->n++] = (unsigned char)s;
}

static void
add_term(struct charset *c, const struct term *t, bool first)
{
	if (t->kind != KIND_ISO) {	/* stands alone: what others say is void */
		if (first || (c->n == 0 && c->g0 == SET_6))
			c->kind = (unsigned char)t->kind;
		return;
	}
	if (t->set == SET_13)
		add_set(c, SET_14);
	add_set(c, t->set);
	if (first && t->set == SET_13)
		c->g0 = SET_14;
	if (first && t->set != SET_6 && t->set < SET_87)
		c->g1 = (unsigned char)t->set;
	if (c->first_g1 == SET_NONE && !is_g0(t->set))
		c->first_g1 = (unsigned char)t->set;
}

static int
declared_read(const char *p, size_t len, struct charset *c, struct err *e)
{
	struct term t;
	bool first = true;
	size_t at = 0;
	int got;

	*c = (struct charset){ .kind = KIND_ISO, .g0 = SET_6 };
	for (;; first = false) {
		if ((got = term_read(p + at, len - at, &t)) < 0)
			return err_set(e, "(0008,0005) names no character set of "
			    "PS3.3 C.12.1.1.2");
		if (c->kind == KIND_ISO)
			add_term(c, &t, first);
		c->extended |= t.extended || !first || is_double(t.set);
		at += (size_t)got;
		if (at == len)
			break;
		at++;
	}
	if (c->kind != KIND_ISO)
		*c = (struct charset){ .kind = c->kind, .g0 = SET_6 };
	else if (c->n == 0)
		c->extended = false;
	return 0;
}

/* LOCK is held. */
static const struct charset *
known_find(const struct charset *want, struct err *e)
{
	static struct known *all;
	struct known *k;

	for (k = all; k != NULL; k = k->next)
		if (memcmp(&k->c, want, sizeof *want) == 0)
			return &k->c;
	if (tables_load(SET_100, e) < 0)	/* what is not declared may be it */
		return NULL;
	if (want->kind >= KIND_GB18030 && tables_load(SET_18030, e) < 0)
		return NULL;
	for (size_t i = 0; i < want->n; i++)
		if (tables_load(want->sets[i], e) < 0)
			return NULL;
	if ((k = malloc(sizeof *k)) == NULL) {
		err_set(e, "out of memory");
		return NULL;
	}
	*k = (struct known){ *want, all };
	all = k;
	return &k->c;
}

const struct charset *
charset_find(const char *declared, size_t len, struct err *e)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	const struct charset *found;
	struct charset want;

	if (declared_read(declared, len, &want, e) < 0)
		return NULL;
	pthread_mutex_lock(&lock);
	found = known_find(&want, e);
	pthread_mutex_unlock(&lock);
	return found;
}

static bool
is_ascii(const char *p, size_t n)
{
	const uint64_t high = UINT64_C(0x8080808080808080);
	uint64_t word;
	size_t i;

	for (i = 0; n - i >= sizeof word; i += sizeof word) {
		memcpy(&word, p + i, sizeof word);
		if ((word & high) != 0)
			return false;
	}
	for (; i < n; i++)
		if (((unsigned char)p[i] & 0x80) != 0)
			return false;
	return true;
}

static bool
is_utf8(const char *p, size_t n)
{
	uint32_t u;
	size_t i, len;

	for (i = 0; i < n; i += len)
		if ((len = utf8_read(p + i, n - i, &u)) == 0)
			return false;
	return true;
}

const struct charset *
charset_of_bytes(const struct charset *c, const char *bytes, size_t n)
{
	if (c->kind != KIND_ISO || c->n > 0 || is_ascii(bytes, n))
		return c;
	return is_utf8(bytes, n) ? &utf8 : &latin1;
}

/* Does a text of ASCII mean the same in C? */
static bool
is_same(const struct charset *c, const char *p, size_t n)
{
	return c->g0 == SET_6 && is_ascii(p, n) &&
	    (!c->extended || n == 0 || memchr(p, ESC, n) == NULL);
}

/* What delimits the values of a VR, and the parts of a value: PS3.5 6.1.2.5.3. */
struct delimiters {
	bool backslash, name;
};

static struct delimiters
delimiters_of(const char vr[3])
{
	return (struct delimiters){
		strcmp(vr, "LT") != 0 && strcmp(vr, "ST") != 0 && strcmp(vr, "UT") != 0,
		strcmp(vr, "PN") == 0
	};
}

static bool
delimits(struct delimiters d, uint32_t u)
{
	return (u < 0x20 && u != ESC) || (d.backslash && u == '\\') ||
	    (d.name && (u == '^' || u == '='));
}

struct reading {
	const struct charset *c;
	struct delimiters d;
	const unsigned char *p, *end;
	unsigned g0, g1;
};

/* The escape sequence at P, if C knows it: bytes of it, or 0. */
static size_t
escape_read(struct reading *r)
{
	size_t left = (size_t)(r->end - r->p) - 1, len;
	unsigned s;

	for (s = SET_6; s < SETS; s++) {
		if (escapes[s] == NULL || (len = strlen(escapes[s])) > left ||
		    memcmp(r->p + 1, escapes[s], len) != 0)
			continue;
		if (s > SET_14 && memchr(r->c->sets, (int)s, r->c->n) == NULL)
			return 0;
		if (is_g0(s))
			r->g0 = s;
		else
			r->g1 = s;
		return len + 1;
	}
	return 0;
}

/* A character of a set of two bytes; what makes none is private to the set. */
static size_t
double_read(const struct reading *r, unsigned s, uint32_t *u)
{
	unsigned high = is_g0(s) ? 0 : 0x80, a = r->p[0] ^ high, b;

	b = r->end - r->p > 1 ? r->p[1] ^ high : 0;
	if (a < 0x21 || a > 0x7e || b < 0x21 || b > 0x7e) {
		*u = PRIVATE_DOUBLE + (s - SET_87) * PRIVATE_A_SET + PAIRS + (a & 0x7f);
		return 1;
	}
	if ((*u = tables_char(s, a << 8 | b)) == 0)
		*u = PRIVATE_DOUBLE + (s - SET_87) * PRIVATE_A_SET +
		    (a - 0x21) * 94 + (b - 0x21);
	return 2;
}

static uint32_t
ascii_char(const struct reading *r, unsigned char b)
{
	if (r->g0 == SET_14 && b == '\\' && !r->d.backslash)
		return 0xa5;
	return r->g0 == SET_14 && b == '~' ? 0x203e : b;
}

static size_t
iso_read(struct reading *r, uint32_t *u)
{
	unsigned char b = r->p[0];
	unsigned s;

	if (b >= 0x21 && b <= 0x7e && is_double(r->g0))
		return double_read(r, r->g0, u);
	if (b < 0x80) {
		*u = ascii_char(r, b);
		if (delimits(r->d, b)) {
			r->g0 = r->c->g0;
			r->g1 = r->c->g1;
		}
		return 1;
	}
	s = r->g1 != SET_NONE ? r->g1 : r->c->first_g1;
	*u = BYTE_CHAR + b;
	if (b < 0xa0 || s == SET_NONE)
		return 1;
	if (is_double(s))
		return double_read(r, s, u);
	if ((*u = tables_char(s, b)) == 0)
		*u = r->c->extended ? PRIVATE_SINGLE + s * 0x80 + (b & 0x7f) :
		    BYTE_CHAR + b;
	return 1;
}

/* PS3.5 Annex J.3: four bytes count what two do not have, then the planes from 1 on. */
static size_t
four_read(const unsigned char *p, const unsigned char *end, uint32_t *u)
{
	enum { PLANES = 189000 };	/* 90308130 */
	unsigned index;

	if (end - p < 4 || p[1] > '9' || p[2] < 0x81 || p[2] == 0xff ||
	    p[3] < '0' || p[3] > '9')
		return 0;
	index = (p[0] - 0x81u) * 12600 + (p[1] - 0x30u) * 1260 +
	    (p[2] - 0x81u) * 10 + (p[3] - 0x30u);
	if (index >= PLANES && index - PLANES <= 0xfffff)
		*u = 0x10000 + index - PLANES;
	else if (!tables_four_char(index, u))
		return 0;
	return 4;
}

static size_t
gb_read(const struct reading *r, uint32_t *u)
{
	const unsigned char *p = r->p;

	if (p[0] < 0x80) {
		*u = p[0];
		return 1;
	}
	if (p[0] == 0x80 || p[0] == 0xff || r->end - p < 2)
		return 0;
	if (p[1] >= 0x40 && p[1] != 0x7f && p[1] != 0xff) {
		*u = tables_char(SET_18030, (unsigned)p[0] << 8 | p[1]);
		return 2;
	}
	return r->c->kind == KIND_GB18030 && p[1] >= '0' ?
	    four_read(p, r->end, u) : 0;
}

/* The next character. One that would be taken for a byte is read as its bytes. */
static size_t
char_read(struct reading *r, uint32_t *u)
{
	size_t len;

	if (r->c->kind == KIND_ISO)
		return iso_read(r, u);
	len = r->c->kind == KIND_UTF8 ?
	    utf8_read((const char *)r->p, (size_t)(r->end - r->p), u) :
	    gb_read(r, u);
	if (len > 0 && (*u & ~0xffu) != BYTE_CHAR)
		return len;
	*u = BYTE_CHAR + r->p[0];
	return 1;
}

int
charset_decode(const struct charset *c, const char vr[3], const char *bytes,
    size_t n, struct buf *out, struct err *e)
{
	struct reading r;
	size_t room, len;
	uint32_t u;

	if (is_same(c, bytes, n))
		return buf_add(out, bytes, n, e);
	c = charset_of_bytes(c, bytes, n);
	if (!size_mul(n, UTF8_MAX, &room))	/* no byte makes more than that */
		return err_set(e, "out of memory");
	if (buf_reserve(out, room, e) < 0)
		return -1;
	r = (struct reading){ c, delimiters_of(vr), (const unsigned char *)bytes,
	    (const unsigned char *)bytes + n, c->g0, c->g1 };
	while (r.p < r.end) {
		if (*r.p == ESC && c->extended && (len = escape_read(&r)) > 0) {
			r.p += len;
			continue;
		}
		r.p += char_read(&r, &u);
		out->len += utf8_write(out->data + out->len, u);
	}
	out->data[out->len] = '\0';
	return 0;
}

struct writing {
	const struct charset *c;
	struct delimiters d;
	struct buf *out;
	struct err *e;
	unsigned g0, g1;	/* SET_NONE: say again which */
	bool lost;
};

static int
put(struct writing *w, unsigned byte)
{
	char b = (char)byte;

	return buf_add(w->out, &b, 1, w->e);
}

static int
put_pair(struct writing *w, unsigned code)
{
	return put(w, code >> 8) < 0 ? -1 : put(w, code & 0xff);
}

/* Makes S active. */
static int
designate(struct writing *w, unsigned s)
{
	unsigned *g = is_g0(s) ? &w->g0 : &w->g1;

	if (*g == s)
		return 0;
	*g = s;
	if (put(w, ESC) < 0)
		return -1;
	return buf_add(w->out, escapes[s], strlen(escapes[s]), w->e);
}

/* What is active where a value begins must be where it ends: PS3.5 6.1.2.5.3. */
static int
reset(struct writing *w)
{
	if (designate(w, w->c->g0) < 0 ||
	    (w->c->g1 != SET_NONE && designate(w, w->c->g1) < 0))
		return -1;
	w->g1 = w->c->g1;
	return 0;
}

static int
put_code(struct writing *w, unsigned s, unsigned code)
{
	if (designate(w, s) < 0)
		return -1;
	if (!is_double(s))
		return put(w, code);
	return put_pair(w, is_g0(s) ? code : code | 0x8080);
}

/* What no set had a meaning for: after a lone byte its set is said again. */
static int
put_private(struct writing *w, uint32_t u)
{
	unsigned s, place;

	if (u < PRIVATE_DOUBLE) {
		s = (u - PRIVATE_SINGLE) / 0x80;
		if (memchr(w->c->sets, (int)s, w->c->n) == NULL)
			return 1;
		return put_code(w, s, 0x80 | (u & 0x7f));
	}
	s = SET_87 + (u - PRIVATE_DOUBLE) / PRIVATE_A_SET;
	place = (u - PRIVATE_DOUBLE) % PRIVATE_A_SET;
	if (memchr(w->c->sets, (int)s, w->c->n) == NULL || place >= PAIRS + 0x80)
		return 1;
	if (place < PAIRS)
		return put_code(w, s, (place / 94 + 0x21) << 8 | (place % 94 + 0x21));
	if (designate(w, s) < 0 ||
	    put(w, (place - PAIRS) | (is_g0(s) ? 0 : 0x80)) < 0)
		return -1;
	*(is_g0(s) ? &w->g0 : &w->g1) = SET_NONE;
	return 0;
}

static int
put_ascii(struct writing *w, uint32_t u)
{
	unsigned s = w->g0;

	if (u == ESC && w->c->extended) {
		w->g0 = SET_NONE;	/* what follows shall not complete it */
		return put(w, u);
	}
	if (delimits(w->d, u))
		return reset(w) < 0 ? -1 : put(w, u);
	if (s != SET_6 && s != SET_14)
		s = w->c->g0;
	/* The two that JIS X 0201 has not: where there is no other set, its own. */
	if (s == SET_14 && (u == '\\' || u == '~') && w->c->extended)
		s = SET_6;
	return designate(w, s) < 0 ? -1 : put(w, u);
}

static unsigned
code_in(const struct writing *w, unsigned s, uint32_t u)
{
	if (s == SET_14)
		return u == 0xa5 && !w->d.backslash ? '\\' : u == 0x203e ? '~' : 0;
	return s <= SET_6 ? 0 : tables_code(s, u);
}

/* 1: no set has it. */
static int
iso_write(struct writing *w, uint32_t u)
{
	unsigned code, s;

	if (u < 0x80)
		return put_ascii(w, u);
	if (w->c->extended && u >= PRIVATE_SINGLE &&
	    u < PRIVATE_DOUBLE + 4 * PRIVATE_A_SET)
		return put_private(w, u);
	if ((code = code_in(w, w->g0, u)) != 0)
		return put_code(w, w->g0, code);
	if ((code = code_in(w, w->g1, u)) != 0)
		return put_code(w, w->g1, code);
	for (size_t i = 0; i < w->c->n; i++) {
		s = w->c->sets[i];
		if ((code = code_in(w, s, u)) != 0)
			return put_code(w, s, code);
	}
	/* Read without being declared, as ASCII is. */
	if (w->c->extended && (code = code_in(w, SET_14, u)) != 0)
		return put_code(w, SET_14, code);
	return 1;
}

static int
gb_write(struct writing *w, uint32_t u)
{
	unsigned index, code;

	if (u < 0x80)
		return put(w, u);
	if ((code = tables_code(SET_18030, u)) != 0)
		return put_pair(w, code);
	if (w->c->kind == KIND_GBK)
		return 1;
	if (u >= 0x10000)
		index = 189000 + (u - 0x10000);
	else if (!tables_four_index(u, &index))
		return 1;
	if (put_pair(w, (0x81 + index / 12600) << 8 | (0x30 + index / 1260 % 10)) < 0)
		return -1;
	return put_pair(w, (0x81 + index / 10 % 126) << 8 | (0x30 + index % 10));
}

static int
char_write(struct writing *w, uint32_t u, const char *utf8_bytes, size_t len)
{
	if ((u & ~0xffu) == BYTE_CHAR)
		return put(w, u & 0xff);
	switch (w->c->kind) {
	case KIND_UTF8:
		return buf_add(w->out, utf8_bytes, len, w->e);
	case KIND_ISO:
		return iso_write(w, u);
	default:
		return gb_write(w, u);
	}
}

int
charset_encode(const struct charset *c, const char vr[3], const char *text,
    size_t n, struct buf *out, struct err *e)
{
	struct writing w = { c, delimiters_of(vr), out, e, c->g0, c->g1, false };
	size_t i, len;
	uint32_t u;
	int got;

	if (is_same(c, text, n))
		return buf_add(out, text, n, e);
	for (i = 0; i < n; i += len) {
		if ((len = utf8_read(text + i, n - i, &u)) == 0) {
			len = 1;
			got = 1;
		} else
			got = char_write(&w, u, text + i, len);
		if (got > 0) {
			w.lost = true;
			got = char_write(&w, '?', "?", 1);
		}
		if (got < 0)
			return -1;
	}
	if (c->kind == KIND_ISO && reset(&w) < 0)
		return -1;
	return w.lost;
}

/* What PS3.5 Table 6.2-1 allows a VR; a group of PN counts by itself. */
struct limits {
	const char *vr;
	size_t chars;		/* 0: any number */
	bool lines;		/* TAB, LF, FF, CR; spaces before the text mean something */
};

static const struct limits limits[] = {
	{ "AE", 16, false }, { "CS", 16, false }, { "SH", 16, false },
	{ "LO", 64, false }, { "PN", 64, false }, { "UC", 0, false },
	{ "ST", 1024, true }, { "LT", 10240, true }, { "UT", 0, true }
};

static uint32_t
allowed(const struct limits *l, uint32_t u)
{
	if (u < 0x20 && !(l->lines && u != 0 && strchr("\t\n\f\r", (int)u) != NULL))
		return ' ';
	if (strcmp(l->vr, "CS") != 0)
		return u;
	if (u >= 'a' && u <= 'z')
		return u - 'a' + 'A';
	return (u >= 'A' && u <= 'Z') || (u >= '0' && u <= '9') || u == ' ' ? u : '_';
}

static void
trim_end(struct buf *b, size_t from)
{
	while (b->len > from && b->data[b->len - 1] == ' ')
		b->len--;
}

/* The part of a text that has a limit of its own: up to STOP, or END. */
static const char *
part_fit(const struct limits *l, const char *p, const char *end,
    const char *stops, struct buf *out)
{
	size_t from = out->len, chars = 0, len;
	uint32_t u;

	for (; p < end && (*p == '\0' || strchr(stops, *p) == NULL); p += len) {
		if ((len = utf8_read(p, (size_t)(end - p), &u)) == 0) {
			len = 1;
			u = '?';
		}
		u = allowed(l, u);
		if ((l->chars > 0 && chars == l->chars) ||
		    (u == ' ' && chars == 0 && !l->lines))
			continue;
		out->len += utf8_write(out->data + out->len, u);
		chars++;
	}
	trim_end(out, from);
	return p;
}

static int
text_fit(const struct limits *l, const char *p, size_t n, struct buf *out,
    struct err *e)
{
	const char *end = p + n, *stops = l->lines ? "" :
	    strcmp(l->vr, "PN") == 0 ? "\\=" : "\\";

	if (buf_reserve(out, n, e) < 0)	/* no character becomes longer */
		return -1;
	while ((p = part_fit(l, p, end, stops, out)) < end)
		out->data[out->len++] = *p++;
	return 0;
}

/* Shortens TEXT, of which BYTES were encoded, to where that will be few enough. */
static void
text_cut(const struct limits *l, struct buf *text, size_t bytes)
{
	size_t keep = (size_t)((uint64_t)text->len * SHORT_LENGTH_MAX / bytes), i;

	for (i = keep; !l->lines && i > 0 && text->data[i] != '\\'; i--)
		;
	if (i > 0)
		keep = i;
	while (keep > 0 && ((unsigned char)text->data[keep] & 0xc0) == 0x80)
		keep--;
	text->len = keep;
	trim_end(text, 0);
}

int
charset_fit(const struct charset *c, const char vr[3], const char *utf8_text,
    size_t n, struct buf *out, struct err *e)
{
	const struct limits *l = NULL;
	struct buf text = { 0 };
	size_t before = out->len;
	int got;

	for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++)
		if (strcmp(limits[i].vr, vr) == 0)
			l = &limits[i];
	if (l == NULL)
		return charset_encode(c, vr, utf8_text, n, out, e);
	got = text_fit(l, utf8_text, n, &text, e);
	while (got >= 0) {
		got = charset_encode(c, vr, text.data, text.len, out, e);
		if (got < 0 || l->chars == 0 || out->len - before <= SHORT_LENGTH_MAX)
			break;
		text_cut(l, &text, out->len - before);
		out->len = before;
	}
	buf_free(&text);
	return got;
}
