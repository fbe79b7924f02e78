/* clean_bytes: the object's own names in bytes of an unknown encoding; see clean.h. */
#include <string.h>

#include "base/bytes.h"
#include "base/utf8.h"
#include "deid/clean_internal.h"
#include "deid/fold.h"

#define TERM_BYTES 128		/* folded, as in deid/names */
#define WORD_MIN 4		/* characters of a term that is told as a word of its own */
#define ANYWHERE_MIN 6		/* characters of one that is told within longer words */
#define SOLID_MIN 2		/* of scripts without spaces, in which a name is short */
#define GAP_MAX 3		/* separators between two words of a term */

/*
 * A wrong hit costs a blob, a missed one a name. A given word of 4 letters turns up by
 * chance in random bytes once in 26^4 * 2^4 or so places where 8 bits are read, with ends of
 * words on both sides far more rarely; one of 6 letters once in 4 * 10^9, anywhere.
 */

struct bytes {
	const uint8_t *p;
	size_t n;
};

/* How characters lie in the bytes. */
enum coding { BYTES, UTF_16_LE, UTF_16_BE };	/* BYTES: UTF-8, else Latin-1 */

/* The character at AT into *CODE; its bytes, or 0 when there is none in that coding. */
static size_t
read_char(const struct bytes *b, size_t at, enum coding coding, uint32_t *code)
{
	if (at >= b->n)
		return 0;
	if (coding == BYTES) {
		size_t n = utf8_read((const char *)b->p + at, b->n - at, code);

		if (n == 0)
			*code = b->p[at];
		return n == 0 ? 1 : n;
	}
	if (b->n - at < 2)
		return 0;
	*code = coding == UTF_16_LE ? bytes_le16(b->p + at) : bytes_be16(b->p + at);
	return *code >= 0xd800 && *code < 0xe000 ? 0 : 2;
}

static bool
is_letter(uint32_t code)
{
	enum fold_class class = fold_class(code);

	return class == FOLD_UPPER || class == FOLD_LETTER || class == FOLD_DIGIT ||
	    class == FOLD_SOLID;
}

/* Is OTHER a letter that CODE would stand in one word with? Not of another alphabet. */
static bool
is_beside(uint32_t code, uint32_t other)
{
	return is_letter(other) && (code >> 8 == other >> 8 || (code < 0x250 && other < 0x250));
}

static bool
is_letter_before(const struct bytes *b, size_t at, enum coding coding)
{
	size_t n = coding == BYTES ? 1 : 2;
	uint32_t code, before;

	if (at < n)
		return false;
	if (coding == BYTES)	/* the last byte of a longer character is one of a letter */
		return b->p[at - 1] >= 0x80 || is_letter(b->p[at - 1]);
	return read_char(b, at, coding, &code) != 0 &&
	    read_char(b, at - n, coding, &before) != 0 && is_beside(code, before);
}

static bool
is_gap(uint32_t code)
{
	return code > 0 && code < 0x80 && strchr(" ,^-_./'~=", (int)code) != NULL;
}

/* Does what was found, of CHARS characters, tell the object? */
static bool
is_telling(const struct names_term *t, const struct clean_settings *s, size_t chars,
    bool is_solid, bool is_word)
{
	const uint32_t names = 1u << NAMES_PATIENT | 1u << NAMES_PERSON;
	uint32_t kinds = t->kinds & ~((s->keep_places ? 1u << NAMES_PLACE : 0u) |
	    (s->keep_devices ? 1u << NAMES_DEVICE : 0u));

	if ((kinds & names) == 0 && ((kinds & ~names) == 0 || (t->parts & NAMES_WHOLE) == 0))
		return false;
	if ((t->parts & (NAMES_FAMILY | NAMES_GIVEN | NAMES_JOINED | NAMES_WHOLE)) == 0)
		return false;
	return chars >= (is_solid ? SOLID_MIN : is_word ? WORD_MIN : ANYWHERE_MIN);
}

/* Words of the trade are in every blob, whoever is called so. */
static bool
is_of_trade(const struct clean *c, uint32_t hash, const char *folded, size_t n)
{
	return (lists_find(c->lists, hash, folded, n) & (WORDS_NO_NAME | WORD_EPONYM |
	    WORD_EITHER | WORD_PARTICLE)) != 0;
}

/* Is a term at AT, whose first two folded bytes have passed the filter? */
static bool
is_term_at(const struct clean *c, const struct names *d, const struct clean_settings *s,
    const struct bytes *b, size_t at, enum coding coding)
{
	char folded[TERM_BYTES + FOLD_BYTES_MAX];
	const struct names_term *t;
	size_t n = 0, chars = 0, gap = 0, longest = names_longest(d), step, from = at, more;
	bool solid = true, begins = !is_letter_before(b, at, coding);
	uint32_t hash = TOKEN_HASH, code, next;

	for (; n <= longest && n <= TERM_BYTES; at += step) {
		if ((step = read_char(b, at, coding, &code)) == 0)
			return false;
		if (!is_letter(code) && fold_class(code) != FOLD_MARK) {
			if (!is_gap(code) || ++gap > GAP_MAX || at == from)
				return false;
			continue;
		}
		gap = 0;
		more = fold_char(code, folded + n);
		hash = token_hash(hash, folded + n, more);
		n += more;
		chars++;
		solid &= fold_class(code) == FOLD_SOLID;
		if (n > longest || n > TERM_BYTES)
			return false;
		if (chars == 2 && !names_may_begin(d, (unsigned char)folded[0],
		    (unsigned char)folded[1]))
			return false;
		if ((t = names_find(d, hash, folded, n)) == NULL)
			continue;
		if (is_telling(t, s, chars, solid, begins &&
		    !(read_char(b, at + step, coding, &next) != 0 && is_beside(code, next))) &&
		    !is_of_trade(c, hash, folded, n))
			return true;
	}
	return false;
}

/* What a term can begin with: nearly all places are passed over by it alone. */
struct starts {
	bool byte[256];		/* of a character of 8 bits, or the first of several */
	bool high[256];		/* the high byte of one of 16 bits beyond ASCII */
};

static void
find_starts(const struct names *d, struct starts *s)
{
	/* Letters of Latin, Greek, Cyrillic, full and half width lie beside what they fold to. */
	static const uint8_t kin[] = { 0x00, 0x01, 0x02, 0x1e, 0xff };
	const struct names_term *t;
	char folded[FOLD_BYTES_MAX];
	bool firsts[256] = { false };
	size_t n, i;
	uint32_t code;

	*s = (struct starts){ 0 };
	t = names_terms(d, &n);
	for (i = 0; i < n; i++) {
		if (utf8_read(names_text(d, &t[i]), t[i].len, &code) == 0)
			continue;
		firsts[(unsigned char)*names_text(d, &t[i])] = true;
		s->high[code >> 8 & 0xff] = true;
		s->high[0x1f] |= code >> 8 == 0x03;
		s->high[0xff] |= code >> 8 == 0x30;
	}
	for (i = 0; i < sizeof kin; i++)
		s->high[kin[i]] = true;
	for (code = 0; code < 256; code++)
		s->byte[code] = code >= 0x80 || (is_letter(code) &&
		    fold_char(code, folded) > 0 && firsts[(unsigned char)folded[0]]);
}

/* Can the character at AT begin a term, by its first two letters? */
static bool
may_begin(const struct names *d, const struct bytes *b, size_t at, enum coding coding)
{
	char first[FOLD_BYTES_MAX], second[FOLD_BYTES_MAX];
	uint32_t code, next;
	size_t step, n;

	if ((step = read_char(b, at, coding, &code)) == 0 || !is_letter(code) ||
	    (n = fold_char(code, first)) == 0)
		return false;
	if (n > 1)
		return names_may_begin(d, (unsigned char)first[0], (unsigned char)first[1]);
	/* A separator may stand between the two: O'Bannion. */
	if (read_char(b, at + step, coding, &next) == 0)
		return false;
	return is_gap(next) || fold_char(next, second) == 0 ||
	    names_may_begin(d, (unsigned char)first[0], (unsigned char)second[0]);
}

static bool
is_name_at(const struct clean *c, const struct names *d, const struct clean_settings *s,
    const struct bytes *b, const struct starts *starts, size_t at)
{
	uint8_t x = b->p[at], y = at + 1 < b->n ? b->p[at + 1] : 0;

	if (starts->byte[x] && may_begin(d, b, at, BYTES) &&
	    is_term_at(c, d, s, b, at, BYTES))
		return true;
	if ((y == 0 ? starts->byte[x] : starts->high[y]) &&
	    may_begin(d, b, at, UTF_16_LE) && is_term_at(c, d, s, b, at, UTF_16_LE))
		return true;
	return (x == 0 ? starts->byte[y] : starts->high[x]) &&
	    may_begin(d, b, at, UTF_16_BE) && is_term_at(c, d, s, b, at, UTF_16_BE);
}

/* ---- dates: YYYYMMDD, or with one byte between year, month and day */

static bool
is_date_at(const struct names_date *dates, size_t n, const struct clean_settings *s,
    const struct bytes *b, size_t at, size_t width)
{
	size_t i = 0, gaps = 0, j;
	long day = 0;	/* YYYYMMDD as a number */

	for (; i < 8; at += width) {
		if (at + width > b->n || (width == 2 && b->p[at + 1] != 0))
			return false;
		if (b->p[at] >= '0' && b->p[at] <= '9') {
			day = day * 10 + (b->p[at] - '0');
			i++;
		} else if ((i != 4 && i != 6) || ++gaps > 2 || b->p[at] == 0 ||
		    strchr("-./", b->p[at]) == NULL) {
			return false;
		}
	}
	for (j = 0; j < n; j++)
		if ((dates[j].is_birth || s->dates != CLEAN_DATES_KEEP) &&
		    day == (dates[j].year * 100L + dates[j].month) * 100 + dates[j].day)
			return true;
	return false;
}

bool
clean_is_in_bytes(const struct clean *c, const struct names *d,
    const struct clean_settings *s, const void *bytes, size_t n)
{
	const struct bytes b = { bytes, n };
	const struct names_date *dates;
	struct starts starts;
	size_t at, ndates;

	if (names_are_empty(d))
		return false;
	dates = names_dates(d, &ndates);
	find_starts(d, &starts);
	for (at = 0; at < n; at++) {
		if (ndates > 0 && (b.p[at] == '1' || b.p[at] == '2') &&
		    (is_date_at(dates, ndates, s, &b, at, 1) ||
		    is_date_at(dates, ndates, s, &b, at, 2)))
			return true;
		if (is_name_at(c, d, s, &b, &starts, at))
			return true;
	}
	return false;
}
