/* textdate: dates as people write them; see textdate.h. */
#include "deid/textdate.h"

#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "deid/dates.h"
#include "deid/fold.h"

#define YEAR_MIN 1850
#define YEAR_MAX 2150
#define PLAIN_YEAR_MIN 1900	/* of dates that are a month and a year alone */
#define PLAIN_YEAR_MAX 2100
#define PIVOT 40	/* years of two digits up to it are of this century, if nothing tells */
#define LANGUAGE_WORDS 256	/* of a text that are asked for its language */
#define OLD_AGE 89	/* years; the year of birth of who is older goes, too */

typedef const struct textdate_source *source;

static const struct token *
token_at(source s, size_t i)
{
	return i < s->tokens->n ? &s->tokens->items[i] : NULL;
}

static bool
is_number(source s, size_t i, uint32_t min_digits, uint32_t max_digits)
{
	const struct token *k = token_at(s, i);

	return k != NULL && k->kind == TOKEN_NUMBER && k->letters >= min_digits &&
	    k->letters <= max_digits;
}

static int
digits_value(const char *p, size_t n)
{
	int v = 0;

	while (n-- > 0)
		v = v * 10 + (*p++ - '0');
	return v;
}

/* Of a number of at most 8 digits. */
static int
value(source s, size_t i)
{
	const struct token *k = token_at(s, i);

	return digits_value(token_text(s->tokens, k), k->folded_len);
}

static bool
is_word(source s, size_t i, const char *word)
{
	const struct token *k = token_at(s, i);

	return k != NULL && k->folded_len == strlen(word) &&
	    memcmp(token_text(s->tokens, k), word, k->folded_len) == 0;
}

static bool
is_one_of(source s, size_t i, const char *const *words)
{
	for (; *words != NULL; words++)
		if (is_word(s, i, *words))
			return true;
	return false;
}

static uint32_t
classes(source s, size_t i)
{
	const struct token *k = token_at(s, i);

	return k == NULL ? 0 : k->classes;
}

/* The bytes between token I and the next. */
static size_t
between(source s, size_t i, const char **p)
{
	*p = s->text + s->tokens->items[i].to;
	return s->tokens->items[i + 1].from - s->tokens->items[i].to;
}

/* Is it just MARK that stands between token I and the next, spaces after it allowed? */
static bool
is_between(source s, size_t i, char mark)
{
	const char *p;
	size_t n;

	if (i + 1 >= s->tokens->n || (n = between(s, i, &p)) == 0 || n > 3 || *p != mark)
		return false;
	for (n--, p++; n > 0; n--, p++)
		if (*p != ' ' || mark != '.')
			return false;
	return true;
}

/* Are at most MAX bytes between token I and the next, all of them of MARKS? */
static bool
are_between(source s, size_t i, const char *marks, size_t max)
{
	const char *p;
	size_t n;

	if (i + 1 >= s->tokens->n || (n = between(s, i, &p)) > max)
		return false;
	for (; n > 0; n--, p++)
		if (*p == '\0' || strchr(marks, *p) == NULL)
			return false;
	return true;
}

static bool
is_unit_after(source s, size_t last)
{
	if (last + 1 >= s->tokens->n || !are_between(s, last, " -", 1) ||
	    (classes(s, last + 1) & WORD_UNIT) == 0)
		return false;
	/* M and F behind a space are a sex. */
	if (token_at(s, last + 1)->letters == 1 && !token_at(s, last + 1)->joined)
		return false;
	/* The T between a date and a time is no tesla. */
	return !(is_word(s, last + 1, "t") && token_at(s, last + 1)->joined &&
	    is_number(s, last + 2, 2, 6) && token_at(s, last + 2)->joined);
}

static bool
is_after_version(source s, size_t i)
{
	const char *p;

	/* v. 3.5.2021: vom */
	if (i > 0 && is_word(s, i - 1, "v") && between(s, i - 1, &p) == 2 && p[0] == '.' &&
	    p[1] == ' ')
		return false;
	return (i > 0 && (classes(s, i - 1) & WORD_VERSION) != 0) ||
	    (i > 1 && (classes(s, i - 2) & WORD_VERSION) != 0 &&
	    !is_number(s, i - 1, 1, 99));
}

static bool
is_date(int y, int m, int d)
{
	long days;

	return m >= 1 && m <= 12 && dates_to_days(y, m, d, &days);
}

static bool
is_known(source s, int y, int m, int d)
{
	size_t i;

	for (i = 0; i < s->nknown; i++)
		if (s->known[i].year == y && s->known[i].month == m && s->known[i].day == d)
			return true;
	return false;
}

static int
latest_year(source s)
{
	int year = 0;
	size_t i;

	for (i = 0; i < s->nknown; i++)
		if (!s->known[i].is_birth && s->known[i].year > year &&
		    s->known[i].year <= YEAR_MAX)
			year = s->known[i].year;
	return year;
}

/* The year that YY is: that of a known date, or else the latest that is no future. */
static int
century(source s, int yy, int m, int d)
{
	int latest = latest_year(s);

	if (is_known(s, 1900 + yy, m, d))
		return 1900 + yy;
	return yy <= (latest >= 2000 && latest < 2100 ? latest - 2000 + 1 : PIVOT) ?
	    2000 + yy : 1900 + yy;
}

static struct textdate_part
part_of(source s, size_t i)
{
	const struct token *k = token_at(s, i);

	return (struct textdate_part){ k->from, k->to, NULL };
}

/* ---- numbers alone */

/* Two numbers and a year: is the day first? */
static bool
is_day_first(source s, char mark, int a, int b, int y)
{
	size_t i;

	if (!is_date(y, b, a))
		return false;
	if (!is_date(y, a, b))
		return true;
	if (is_known(s, y, b, a))
		return true;
	if (is_known(s, y, a, b))
		return false;
	/* What another date of the same text shows. */
	for (i = 0; i + 2 < s->tokens->n && i < 256; i++)
		if (is_number(s, i, 1, 2) && is_number(s, i + 1, 1, 2) &&
		    is_number(s, i + 2, 4, 4) && is_between(s, i, mark) &&
		    is_between(s, i + 1, mark) &&
		    (value(s, i) > 12) != (value(s, i + 1) > 12))
			return value(s, i) > 12;
	return mark != '/';
}

/* Is a chain of numbers, as a version or an address has, longer than FIRST to LAST? */
static bool
is_in_chain(source s, size_t first, size_t last, char mark)
{
	return (first > 0 && is_number(s, first - 1, 1, 99) &&
	    is_between(s, first - 1, mark)) ||
	    (is_number(s, last + 1, 1, 99) && !token_at(s, last + 1)->joined &&
	    is_between(s, last, mark) &&
	    s->text[token_at(s, last)->to + 1] != ' ');
}

static void
set_three(source s, size_t i, size_t year, size_t month, size_t day, struct textdate *t)
{
	t->year = part_of(s, year);
	t->month = part_of(s, month);
	t->day = part_of(s, day);
	t->from = token_at(s, i)->from;
	t->to = token_at(s, i + 2)->to;
	t->next = i + 3;
}

/* A year of two digits at either end. */
static bool
find_short_year(source s, size_t i, char mark, struct textdate *t)
{
	int a = value(s, i), b = value(s, i + 1), c = value(s, i + 2), y;
	uint32_t la = token_at(s, i)->letters, lb = token_at(s, i + 1)->letters;
	bool labelled = i > 0 && (classes(s, i - 1) & WORD_BORN) != 0;

	if (token_at(s, i + 2)->letters != 2 || is_unit_after(s, i + 2))
		return false;
	if (mark != '/' && !labelled &&
	    (mark == '.' ? la + lb < 3 : la + lb < 4))
		return false;
	if (mark != '-' && token_at(s, i)->joined && !labelled)
		return false;
	y = century(s, c, b, a);
	if ((is_date(y, b, a) || is_date(y, a, b)) &&
	    !(la == 2 && lb == 2 && a != c && is_known(s, century(s, a, b, c), b, c))) {
		if (is_day_first(s, mark, a, b, y)) {
			set_three(s, i, i + 2, i + 1, i, t);
			t->y = century(s, c, b, a);
			t->m = b;
			t->d = a;
		} else {
			set_three(s, i, i + 2, i, i + 1, t);
			t->y = century(s, c, a, b);
			t->m = a;
			t->d = b;
		}
		return is_date(t->y, t->m, t->d);
	}
	y = century(s, a, b, c);
	if ((mark == '/' && !is_known(s, y, b, c)) || la != 2 || lb != 2 || !is_date(y, b, c))
		return false;
	set_three(s, i, i, i + 1, i + 2, t);
	t->y = y;
	t->m = b;
	t->d = c;
	return true;
}

static bool
find_three(source s, size_t i, struct textdate *t)
{
	const char *p;
	size_t n;
	char mark;
	int a, b, c;

	if (!is_number(s, i, 1, 4) || !is_number(s, i + 1, 1, 2) ||
	    !is_number(s, i + 2, 1, 4) || (n = between(s, i, &p)) == 0)
		return false;
	mark = *p;
	if (mark == '\0' || strchr("-./_ ", mark) == NULL || !is_between(s, i, mark) ||
	    !is_between(s, i + 1, mark) || is_in_chain(s, i, i + 2, mark))
		return false;
	if (mark == '.' && is_after_version(s, i))
		return false;
	a = value(s, i);
	b = value(s, i + 1);
	c = value(s, i + 2);
	if (mark == ' ' && (token_at(s, i + 1)->letters != 2 ||
	    (token_at(s, i)->letters & 1) != 0 || (token_at(s, i + 2)->letters & 1) != 0 ||
	    token_at(s, i)->letters + token_at(s, i + 2)->letters != 6))
		return false;
	if (token_at(s, i)->letters == 4) {
		if (token_at(s, i + 2)->letters > 2 || a < YEAR_MIN || a > YEAR_MAX ||
		    !is_date(a, b, c))
			return false;
		set_three(s, i, i, i + 1, i + 2, t);
		t->y = a;
		t->m = b;
		t->d = c;
		return true;
	}
	if (token_at(s, i)->letters > 2)
		return false;
	if (token_at(s, i + 2)->letters != 4)
		return mark != ' ' && find_short_year(s, i, mark, t);
	if (c < YEAR_MIN || c > YEAR_MAX || (!is_date(c, b, a) && !is_date(c, a, b)))
		return false;
	t->y = c;
	if (is_day_first(s, mark, a, b, c)) {
		set_three(s, i, i + 2, i + 1, i, t);
		t->m = b;
		t->d = a;
	} else {
		set_three(s, i, i + 2, i, i + 1, t);
		t->m = a;
		t->d = b;
	}
	return true;
}

/* 05/2021, 05.2021, 2021-05. */
static bool
find_two(source s, size_t i, struct textdate *t)
{
	size_t year, month;
	const char *p;
	char mark;

	if (!is_number(s, i, 1, 4) || !is_number(s, i + 1, 2, 4) || between(s, i, &p) != 1)
		return false;
	mark = *p;
	if (mark != '/' && mark != '-' && mark != '.')
		return false;
	year = token_at(s, i)->letters == 4 ? i : i + 1;
	month = year == i ? i + 1 : i;
	if (token_at(s, year)->letters != 4 || token_at(s, month)->letters > 2 ||
	    value(s, year) < PLAIN_YEAR_MIN || value(s, year) > PLAIN_YEAR_MAX ||
	    value(s, month) < 1 || value(s, month) > 12)
		return false;
	/* TR/TE 2000/12 and decimals are no dates. */
	if ((year == i && mark == '/' && value(s, month) > 9) ||
	    (year == i && mark == '.') ||
	    (token_at(s, month)->letters < 2 && (mark != '/' || year == i)))
		return false;
	if (is_in_chain(s, i, i + 1, mark) || is_in_chain(s, i, i + 1, '.') ||
	    is_in_chain(s, i, i + 1, '/') || is_in_chain(s, i, i + 1, '-') ||
	    is_unit_after(s, i + 1) || is_after_version(s, i) || token_at(s, i)->joined)
		return false;
	t->year = part_of(s, year);
	t->month = part_of(s, month);
	t->y = value(s, year);
	t->m = value(s, month);
	t->from = token_at(s, i)->from;
	t->to = token_at(s, i + 1)->to;
	t->next = i + 2;
	return true;
}

/* am 3.2., vom 12.11., on 3/4: a day and a month behind a word that wants a date. */
static bool
find_day_only(source s, size_t i, struct textdate *t)
{
	static const char *const dotted[] = { "am", "vom", "zum", "den", "dem", "bis", "ab",
	    "seit", "des", "und", NULL };
	static const char *const slashed[] = { "on", "dated", "le", "el", "il", NULL };
	bool is_dotted;

	if (i == 0 || !is_number(s, i, 1, 2) || !is_number(s, i + 1, 1, 2) ||
	    !are_between(s, i - 1, " ", 1))
		return false;
	is_dotted = is_between(s, i, '.') && token_at(s, i + 1)->to < s->len &&
	    s->text[token_at(s, i + 1)->to] == '.' && is_one_of(s, i - 1, dotted);
	if (!is_dotted && !(is_between(s, i, '/') && (is_one_of(s, i - 1, slashed) ||
	    ((classes(s, i - 1) & WORD_WEEKDAY) != 0 &&
	    token_at(s, i - 1)->look == LOOK_TITLE))))
		return false;
	if (is_in_chain(s, i, i + 1, '.') || is_in_chain(s, i, i + 1, '/') ||
	    is_unit_after(s, i + 1))
		return false;
	t->day = part_of(s, is_dotted || value(s, i) > 12 ? i : i + 1);
	t->month = part_of(s, is_dotted || value(s, i) > 12 ? i + 1 : i);
	t->d = value(s, is_dotted || value(s, i) > 12 ? i : i + 1);
	t->m = value(s, is_dotted || value(s, i) > 12 ? i + 1 : i);
	t->from = token_at(s, i)->from;
	t->to = token_at(s, i + 1)->to + is_dotted;
	t->next = i + 2;
	return is_date(2000, t->m, t->d);
}

static bool
is_time(const char *p, size_t n)
{
	return digits_value(p, 2) < 24 && digits_value(p + 2, 2) < 60 &&
	    (n == 4 || digits_value(p + 4, 2) <= 60);
}

/* The rest of a Nordic personal number: 480203-1234. It says whose birth date it is. */
static void
take_serial(source s, size_t i, struct textdate *t)
{
	if (!is_number(s, i + 1, 3, 4) || !are_between(s, i, "-+/", 1) ||
	    token_at(s, i + 1)->joined)
		return;
	t->next = i + 2;
	if (token_at(s, i + 2) != NULL && token_at(s, i + 2)->joined &&
	    token_at(s, i + 2)->letters == 1)
		t->next++;
	t->to = token_at(s, t->next - 1)->to;
	t->is_birth = true;
}

/* DDMMYY, MMDDYY or YYMMDD that is a date of this object: six digits prove nothing. */
static bool
find_six(source s, size_t i, struct textdate *t)
{
	static const struct {
		int y, m, d;
	} orders[] = { { 0, 2, 4 }, { 4, 2, 0 }, { 4, 0, 2 } };
	const struct token *k = token_at(s, i);
	const char *p = token_text(s->tokens, k);
	int yy, m, d;
	size_t o, j;

	for (o = 0; o < 3; o++) {
		yy = digits_value(p + orders[o].y, 2);
		m = digits_value(p + orders[o].m, 2);
		d = digits_value(p + orders[o].d, 2);
		for (j = 0; j < s->nknown; j++)
			if (s->known[j].year % 100 == yy && s->known[j].month == m &&
			    s->known[j].day == d && k->to - k->from == 6) {
				t->year = (struct textdate_part){ k->from + (uint32_t)orders[o].y,
				    k->from + (uint32_t)orders[o].y + 2, NULL };
				t->month = (struct textdate_part){ k->from + (uint32_t)orders[o].m,
				    k->from + (uint32_t)orders[o].m + 2, NULL };
				t->day = (struct textdate_part){ k->from + (uint32_t)orders[o].d,
				    k->from + (uint32_t)orders[o].d + 2, NULL };
				t->y = s->known[j].year;
				t->m = m;
				t->d = d;
				take_serial(s, i, t);
				return true;
			}
	}
	return false;
}

/* 20210514, 202105141030, 20210514103000 as one run of ASCII digits. */
static bool
find_run(source s, size_t i, struct textdate *t)
{
	const struct token *k = token_at(s, i);
	const char *p = token_text(s->tokens, k);

	if (k->kind != TOKEN_NUMBER || k->to - k->from != k->letters)
		return false;
	/* Not within a decimal or a UID. */
	if ((i > 0 && is_number(s, i - 1, 1, 99) && is_between(s, i - 1, '.')) ||
	    (is_number(s, i + 1, 1, 99) && is_between(s, i, '.') &&
	    token_at(s, i + 1)->letters != 6))
		return false;
	t->from = k->from;
	t->to = k->to;
	t->next = i + 1;
	if (k->letters == 6)
		return find_six(s, i, t);
	if (k->letters != 8 && k->letters != 12 && k->letters != 14)
		return false;
	t->y = digits_value(p, 4);
	t->m = digits_value(p + 4, 2);
	t->d = digits_value(p + 6, 2);
	if (t->y < YEAR_MIN || t->y > YEAR_MAX || !is_date(t->y, t->m, t->d) ||
	    (k->letters > 8 && !is_time(p + 8, k->letters - 8)) || is_unit_after(s, i))
		return false;
	t->year = (struct textdate_part){ k->from, k->from + 4, NULL };
	t->month = (struct textdate_part){ k->from + 4, k->from + 6, NULL };
	t->day = (struct textdate_part){ k->from + 6, k->from + 8, NULL };
	return true;
}

/* Behind a label of birth dates, with a short word between or none: born in. */
static bool
is_after_born(source s, size_t i)
{
	return (i > 0 && (classes(s, i - 1) & WORD_BORN) != 0) ||
	    (i > 1 && (classes(s, i - 2) & WORD_BORN) != 0 &&
	    token_at(s, i - 1)->kind == TOKEN_WORD && token_at(s, i - 1)->letters <= 3);
}

/* The year of birth of who is over 89. */
static bool
find_birth_year(source s, size_t i, struct textdate *t)
{
	int y, latest = latest_year(s);
	size_t j;

	if (!is_number(s, i, 4, 4))
		return false;
	y = value(s, i);
	for (j = 0; j < s->nknown; j++)
		if (s->known[j].is_birth && s->known[j].year == y && latest - y > OLD_AGE)
			break;
	if (j == s->nknown && (!is_after_born(s, i) || y < YEAR_MIN || latest - y <= OLD_AGE))
		return false;
	if (is_unit_after(s, i) || (i > 0 && is_number(s, i - 1, 1, 99) &&
	    are_between(s, i - 1, ".", 1)))
		return false;
	t->year = part_of(s, i);
	t->y = y;
	t->from = t->year.from;
	t->to = t->year.to;
	t->next = i + 1;
	t->is_birth = true;
	return true;
}

/* ---- names of months */

static const char *const english_months[] = { "jan", "feb", "mar", "apr", "may", "jun",
    "jul", "aug", "sep", "oct", "nov", "dec", NULL };

/* Has the text a word of a language that writes months small? */
static bool
is_romance(source s)
{
	static const char *const words[] = { "de", "del", "el", "la", "le", "les", "los", "las",
	    "du", "des", "il", "di", "della", "dal", "da", "em", "op", "het", "een", "van", "och",
	    "med", "den", "dnia", "z", "con", "sin", "y", NULL };
	size_t i;

	for (i = 0; i < s->tokens->n && i < LANGUAGE_WORDS; i++)
		if (token_at(s, i)->look == LOOK_LOWER && is_one_of(s, i, words))
			return true;
	return false;
}

/*
 * The row that has the word of token I: capital words are of languages that write them
 * so, which come first in the file, others rather of one that does not.
 */
static bool
take_word(source s, size_t i, uint32_t class, struct textdate_part *part, int *number)
{
	const struct token *k = token_at(s, i);
	const char *const *forms;
	uint32_t code;
	bool wants_capital, is_english;
	size_t n, len;
	int at;

	/* 14may21 is English where nothing tells another language. */
	is_english = k->look == LOOK_LOWER && class == WORD_MONTH &&
	    is_one_of(s, i, english_months) && !is_romance(s);
	wants_capital = k->look != LOOK_LOWER || is_english;

	*part = part_of(s, i);
	for (n = 0; (at = lists_calendar(s->lists, class, token_text(s->tokens, k),
	    k->folded_len, n, &forms)) >= 0; n++) {
		if (n == 0) {
			part->forms = forms;
			*number = at + 1;
		}
		len = utf8_read(forms[at], strlen(forms[at]), &code);
		/* of May the row of Jan, not of January */
		if (is_english && strlen(forms[0]) != k->folded_len)
			continue;
		if (len > 0 && (fold_class(code) == FOLD_UPPER) == wants_capital) {
			part->forms = forms;
			*number = at + 1;
			break;
		}
	}
	return n > 0 || at >= 0;
}

static bool
is_month(source s, size_t i)
{
	return (classes(s, i) & WORD_MONTH) != 0;
}

static bool
is_day(source s, size_t i)
{
	return is_number(s, i, 1, 2) && value(s, i) >= 1 && value(s, i) <= 31;
}

static bool
is_year(source s, size_t i)
{
	return is_number(s, i, 4, 4) && value(s, i) >= YEAR_MIN && value(s, i) <= YEAR_MAX;
}

static const char *const ordinals[] = { "st", "nd", "rd", "th", "er", "ste", "de", "e", "a", NULL };
static const char *const links[] = { "of", "de", "del", "di", "d", "do", "the", NULL };
/* Months of three letters that are a month where no year stands beside them. */
static const char *const short_months[] = { "jan", "feb", "mar", "apr", "may", "jun",
    "jul", "aug", "sep", "oct", "nov", "dec", "mai", "мая", "май", NULL };

/* Those of them that in capitals are nothing else: no SEP, MAR, DEC, OCT. */
static const char *const capital_months[] = { "jan", "feb", "apr", "may", "mai", "jun",
    "jul", "aug", "nov", NULL };

/* Without a year a word is a month only if it is nothing else. */
static bool
is_month_alone(source s, size_t month)
{
	const struct token *k = token_at(s, month);

	if (k->letters <= 3 && !is_one_of(s, month, short_months))
		return false;
	if (k->look == LOOK_TITLE)
		return true;
	if (k->look == LOOK_UPPER)
		return k->letters > 3 || is_one_of(s, month, capital_months);
	return (k->letters > 3 && !is_word(s, month, "march")) || is_word(s, month, "mai") ||
	    is_word(s, month, "мая");
}

/* A year after token I: token number, or 0. Of two digits only behind a mark or a day. */
static size_t
year_after(source s, size_t i, bool has_day)
{
	size_t j = i + 1;
	const char *p;
	size_t n;

	if (j < s->tokens->n && is_one_of(s, j, links) && are_between(s, i, " ,.", 2) &&
	    are_between(s, j, " ", 1))
		j++;
	if (j >= s->tokens->n || !are_between(s, j - 1, " ,.-/'_", 3))
		return 0;
	if (is_year(s, j))
		return j;
	if (!is_number(s, j, 2, 2) || is_unit_after(s, j) ||
	    (is_number(s, j + 1, 1, 99) && (is_between(s, j, ':') || is_between(s, j, '.'))) ||
	    is_between(s, j, '%'))
		return 0;
	n = between(s, j - 1, &p);
	if (n == 0)	/* 14MAY21 */
		return has_day ? j : 0;
	if (has_day && n == 2 && p[0] == '.' && value(s, j) > 31)	/* 26. Okt. 56 */
		return j;
	return p[n - 1] == '\'' || *p == '-' || *p == '/' || (has_day && n == 1) ? j : 0;
}

static void
set_year(source s, size_t i, int m, int d, struct textdate *t)
{
	if (i == 0)
		return;
	t->year = part_of(s, i);
	t->y = token_at(s, i)->letters == 4 ? value(s, i) : century(s, value(s, i), m, d);
	t->to = t->year.to;
	t->next = i + 1;
}

/* After a day, token I: its ordinal's letters, if any. Returns the next token. */
static size_t
take_ordinal(source s, size_t i, struct textdate *t)
{
	if (i + 1 < s->tokens->n && token_at(s, i + 1)->joined && is_one_of(s, i + 1, ordinals)) {
		t->ordinal = part_of(s, i + 1);
		return i + 2;
	}
	return i + 1;
}

/* 14 May 2021, 14. Mai 21, 14 de mayo de 2021, 14th of May. */
static bool
find_day_month(source s, size_t i, struct textdate *t)
{
	size_t month, year;

	if (!is_day(s, i) || (i > 0 && is_number(s, i - 1, 1, 99) &&
	    (is_between(s, i - 1, '.') || is_between(s, i - 1, '/'))))
		return false;
	month = take_ordinal(s, i, t);
	if (month < s->tokens->n && is_one_of(s, month, links) && !is_month(s, month) &&
	    are_between(s, month - 1, " ", 1))
		month++;
	if (!is_month(s, month) || !are_between(s, month - 1, " .,-/_'\xc2\xba\xb0", 3) ||
	    !take_word(s, month, WORD_MONTH, &t->month, &t->m))
		return false;
	t->day = part_of(s, i);
	t->d = value(s, i);
	t->from = t->day.from;
	t->to = t->month.to;
	t->next = month + 1;
	year = year_after(s, month, true);
	if (year == 0 && (!is_month_alone(s, month) || is_unit_after(s, month)))
		return false;
	set_year(s, year, t->m, t->d, t);
	return is_date(t->y != 0 ? t->y : 2000, t->m, t->d);
}

/* May 14, 2021; May 14th; May-14-2021; May 2021; Sep-21. */
static bool
find_month_first(source s, size_t i, struct textdate *t)
{
	const struct token *k = token_at(s, i);
	size_t year, last;

	if (!is_month(s, i) || (k->joined && i > 0 && !is_number(s, i - 1, 1, 99)) ||
	    !take_word(s, i, WORD_MONTH, &t->month, &t->m))
		return false;
	t->from = t->month.from;
	if (is_day(s, i + 1) && are_between(s, i, " .-", 2) && !is_unit_after(s, i + 1) &&
	    !(is_number(s, i + 2, 1, 99) && is_between(s, i + 1, '.'))) {
		last = take_ordinal(s, i + 1, t) - 1;
		year = year_after(s, last, false);
		if (year != 0 || (is_month_alone(s, i) && k->look != LOOK_LOWER &&
		    !is_between(s, i, '-'))) {
			t->day = part_of(s, i + 1);
			t->d = value(s, i + 1);
			t->to = token_at(s, last)->to;
			t->next = last + 1;
			set_year(s, year, t->m, t->d, t);
			return is_date(t->y != 0 ? t->y : 2000, t->m, t->d);
		}
		t->ordinal = (struct textdate_part){ 0 };
	}
	year = year_after(s, i, false);
	if (year == 0 || (k->look == LOOK_LOWER && k->letters <= 3 &&
	    !is_one_of(s, i, short_months)))
		return false;
	set_year(s, year, t->m, 1, t);
	return t->y >= PLAIN_YEAR_MIN && t->y <= PLAIN_YEAR_MAX;
}

/* 14.V.2021 */
static bool
find_roman(source s, size_t i, struct textdate *t)
{
	static const char *const numerals[] = { "I", "II", "III", "IV", "V", "VI", "VII", "VIII",
	    "IX", "X", "XI", "XII", NULL };
	const struct token *k = token_at(s, i + 1);
	const char *p;
	char mark;

	if (!is_day(s, i) || token_at(s, i)->joined || !is_year(s, i + 2) || k->kind != TOKEN_WORD ||
	    k->look != LOOK_UPPER || between(s, i, &p) == 0)
		return false;
	mark = *p;
	if (mark == '\0' || strchr("./-", mark) == NULL || !is_between(s, i, mark) ||
	    !is_between(s, i + 1, mark))
		return false;
	for (t->m = 0; numerals[t->m] != NULL; t->m++)
		if (strlen(numerals[t->m]) == k->to - k->from &&
		    memcmp(numerals[t->m], s->text + k->from, k->to - k->from) == 0)
			break;
	if (numerals[t->m++] == NULL)
		return false;
	set_three(s, i, i + 2, i + 1, i, t);
	t->month.forms = numerals;
	t->y = value(s, i + 2);
	t->d = value(s, i);
	return is_date(t->y, t->m, t->d);
}

/* The first day of 14-16 May 2021; the rest is a date of its own. */
static bool
find_range(source s, size_t i, struct textdate *t)
{
	struct textdate last = { 0 };
	const char *p;
	size_t n;

	/* L4-5 is no range of days. */
	if (!is_day(s, i) || token_at(s, i)->joined || !is_day(s, i + 1) || (n = between(s, i, &p)) == 0 ||
	    !((n == 1 && *p == '-') || (n == 3 && memcmp(p, "\xe2\x80\x93", 3) == 0) ||
	    (n == 3 && memcmp(p, " - ", 3) == 0)) ||
	    value(s, i) >= value(s, i + 1) || (i > 0 && is_number(s, i - 1, 1, 99) &&
	    are_between(s, i - 1, "./-", 1)) || !find_day_month(s, i + 1, &last))
		return false;
	t->day = part_of(s, i);
	t->y = last.y;
	t->m = last.m;
	t->d = value(s, i);
	t->until = last.d;
	t->from = t->day.from;
	t->to = t->day.to;
	t->next = i + 1;
	return true;
}

/* 2021-May-14, 2021 May 14. */
static bool
find_year_month(source s, size_t i, struct textdate *t)
{
	if (!is_year(s, i) || !is_month(s, i + 1) || !is_day(s, i + 2) ||
	    !are_between(s, i, " -/._", 2) || !are_between(s, i + 1, " -/._", 2) ||
	    !take_word(s, i + 1, WORD_MONTH, &t->month, &t->m) || is_unit_after(s, i + 2))
		return false;
	t->year = part_of(s, i);
	t->day = part_of(s, i + 2);
	t->y = value(s, i);
	t->d = value(s, i + 2);
	t->from = t->year.from;
	t->to = t->day.to;
	t->next = i + 3;
	return is_date(t->y, t->m, t->d);
}

/* ---- East Asia */

static const char *const year_signs[] = { "年", "년", NULL };
static const char *const month_signs[] = { "月", "월", NULL };
static const char *const day_signs[] = { "日", "일", "号", NULL };

/* A number of at most MAX digits and one of SIGNS after it: the sign's end, or 0. */
static uint32_t
sign_after(source s, size_t i, uint32_t max, const char *const *signs)
{
	const struct token *k = token_at(s, i + 1);
	size_t n;

	if (!is_number(s, i, 1, max) || k == NULL || k->kind != TOKEN_SOLID ||
	    !are_between(s, i, " ", 1))
		return 0;
	for (; *signs != NULL; signs++) {
		n = strlen(*signs);
		if (k->to - k->from >= n && memcmp(s->text + k->from, *signs, n) == 0)
			return k->from + (uint32_t)n;
	}
	return 0;
}

/* Is the next number the one right after byte TO, a space allowed? */
static bool
continues(source s, size_t i, uint32_t to)
{
	const struct token *k = token_at(s, i);

	return k != NULL && (k->from == to || (k->from == to + 1 && s->text[to] == ' '));
}

/* The era before token I, if any: its first year less one, and where it begins. */
static int
era_before(source s, size_t i, uint32_t *from)
{
	static const struct {
		const char *name;
		int before;
	} eras[] = { { "令和", 2018 }, { "平成", 1988 }, { "昭和", 1925 }, { "大正", 1911 },
	    { "明治", 1867 } };
	const struct token *k = i > 0 ? token_at(s, i - 1) : NULL;
	size_t e, n;

	if (k == NULL || k->kind != TOKEN_SOLID || !are_between(s, i - 1, " ", 1))
		return 0;
	for (e = 0; e < sizeof eras / sizeof eras[0]; e++) {
		n = strlen(eras[e].name);
		if (k->to - k->from >= n && memcmp(s->text + k->to - n, eras[e].name, n) == 0) {
			*from = k->to - (uint32_t)n;
			return eras[e].before;
		}
	}
	return 0;
}

/* 2021年5月14日, 2021年5月, 5月14日, 令和3年5月14日. */
static bool
find_signs(source s, size_t i, struct textdate *t)
{
	uint32_t end, from;
	int era;

	t->from = token_at(s, i)->from;
	if ((end = sign_after(s, i, 4, year_signs)) != 0) {
		t->year = part_of(s, i);
		t->y = value(s, i);
		if (token_at(s, i)->letters <= 2) {
			if ((era = era_before(s, i, &from)) == 0)
				return false;
			t->y += era;
			t->from = t->year.from = from;
		}
		i += 2;
		if (!continues(s, i, end))
			return false;
	}
	if ((t->to = sign_after(s, i, 2, month_signs)) == 0)
		return false;
	t->month = part_of(s, i);
	t->m = value(s, i);
	t->next = i + 2;
	if (continues(s, i + 2, t->to) && (end = sign_after(s, i + 2, 2, day_signs)) != 0) {
		t->day = part_of(s, i + 2);
		t->d = value(s, i + 2);
		t->to = end;
		t->next = i + 4;
	}
	return (t->y != 0 || t->d != 0) &&
	    is_date(t->y != 0 ? t->y : 2000, t->m, t->d != 0 ? t->d : 1);
}

/* ---- all of them */

/* A weekday before token I, with an article or none. */
static void
take_weekday(source s, size_t i, struct textdate *t)
{
	size_t j = i;
	int number;

	if (j == 0 || t->d == 0)
		return;
	j--;
	if ((classes(s, j) & WORD_WEEKDAY) == 0 && j > 0 && token_at(s, j)->letters <= 3 &&
	    token_at(s, j)->kind == TOKEN_WORD && are_between(s, j, " ", 1))
		j--;
	if ((classes(s, j) & WORD_WEEKDAY) == 0 || !are_between(s, j, " ,.", 3))
		return;
	/* 3 mo are months. */
	if (j > 0 && token_at(s, j - 1)->kind == TOKEN_NUMBER &&
	    token_at(s, j)->look == LOOK_LOWER && are_between(s, j - 1, " -", 1))
		return;
	if (take_word(s, j, WORD_WEEKDAY, &t->weekday, &number))
		t->from = t->weekday.from;
}

static bool
is_birth_of_patient(source s, const struct textdate *t)
{
	size_t j;

	for (j = 0; j < s->nknown; j++)
		if (s->known[j].is_birth && t->y == s->known[j].year && t->d != 0 &&
		    ((t->m == s->known[j].month && t->d == s->known[j].day) ||
		    (t->month.forms == NULL && t->d == s->known[j].month &&
		    t->m == s->known[j].day)))
			return true;
	return false;
}

/* The dash of a range, the T of an ISO time, and what Slavic languages write behind a year. */
static uint32_t
bare_end(source s, const struct textdate *t)
{
	const struct token *k = token_at(s, t->next), *before = token_at(s, t->next - 1);

	if (t->until != 0)
		return k->from;
	if (k == NULL || before->to != t->to || k->letters != 1)
		return t->to;
	if (k->joined && is_word(s, t->next, "t") && is_number(s, t->next + 1, 2, 6) &&
	    token_at(s, t->next + 1)->joined)
		return k->to;
	if (t->y != 0 && k->from - t->to <= 1 && k->to < s->len && s->text[k->to] == '.' &&
	    (is_word(s, t->next, "г") || is_word(s, t->next, "р") || is_word(s, t->next, "r")))
		return k->to + 1 + (is_word(s, t->next + 1, "р") && s->len - k->to > 3 &&
		    s->text[k->to + 3] == '.' ? 3 : 0);
	return t->to;
}

bool
textdate_find(source s, size_t i, struct textdate *out)
{
	static const struct {
		bool (*find)(source s, size_t i, struct textdate *t);
		enum { ALWAYS, WORDS, SIGNS } when;
		uint32_t max;		/* digits of a number that it begins with */
	} finders[] = { { find_run, ALWAYS, 14 }, { find_three, ALWAYS, 4 },
	    { find_year_month, WORDS, 4 }, { find_range, WORDS, 2 }, { find_day_month, WORDS, 2 },
	    { find_month_first, WORDS, 0 }, { find_signs, SIGNS, 4 },
	    { find_two, ALWAYS, 4 }, { find_roman, ALWAYS, 2 },
	    { find_day_only, ALWAYS, 2 }, { find_birth_year, ALWAYS, 4 } };
	const struct token *k = token_at(s, i);
	struct textdate t;
	size_t f;

	if (k == NULL || (k->kind != TOKEN_NUMBER && (k->classes & WORD_MONTH) == 0))
		return false;
	for (f = 0; f < sizeof finders / sizeof finders[0]; f++) {
		if ((finders[f].when == WORDS && !s->has_words) ||
		    (finders[f].when == SIGNS && !s->has_signs) ||
		    (k->kind == TOKEN_NUMBER ? k->letters > finders[f].max : finders[f].max > 0))
			continue;
		t = (struct textdate){ 0 };
		if (!finders[f].find(s, i, &t))
			continue;
		take_weekday(s, i, &t);
		t.is_birth |= is_birth_of_patient(s, &t) || is_after_born(s, i);
		t.bare_to = bare_end(s, &t);
		*out = t;
		return true;
	}
	return false;
}

/* ---- moved */

/* WORD in the case of the bytes of PART. */
static int
add_word(source s, const struct textdate_part *part, const char *word, struct buf *out,
    struct err *e)
{
	size_t len = strlen(word), i, n, uppers = 0, letters = 0;
	bool first_is_upper = false;
	char bytes[FOLD_BYTES_MAX];
	uint32_t code;

	for (i = part->from; i < part->to; i += n) {
		if ((n = utf8_read(s->text + i, part->to - i, &code)) == 0)
			break;
		if (fold_class(code) == FOLD_UPPER) {
			uppers++;
			first_is_upper |= letters == 0;
		}
		letters++;
	}
	for (i = 0; i < len; i += n) {
		if ((n = utf8_read(word + i, len - i, &code)) == 0)
			break;
		if ((i == 0 && first_is_upper) || uppers == letters)
			code = fold_upper(code);
		else if (code >= 'A' && code <= 'Z' && !first_is_upper)
			code += 'a' - 'A';
		if (buf_add(out, bytes, utf8_write(bytes, code), e) < 0)
			return -1;
	}
	return 0;
}

/* Are numbers of one digit written with a zero before them? */
static bool
is_padded(source s, const struct textdate *t)
{
	uint32_t day = t->day.to - t->day.from, month = t->month.to - t->month.from;

	if (t->month.forms != NULL || t->until != 0)	/* 05 May */
		return day == 2 && s->text[t->day.from] == '0';
	return (t->month.to == 0 || month == 2) && (t->day.to == 0 || day == 2);
}

static int
add_number(int v, int width, struct buf *out, struct err *e)
{
	char text[16];
	int n = snprintf(text, sizeof text, "%0*d", width, v);

	return buf_add(out, text, (size_t)n, e);
}

static const char *
english_ordinal(int d)
{
	if (d / 10 == 1)
		return "th";
	return d % 10 == 1 ? "st" : d % 10 == 2 ? "nd" : d % 10 == 3 ? "rd" : "th";
}

struct moved {
	int y, m, d, weekday;
	bool padded;
};

static int
add_part(source s, const struct textdate *t, const struct textdate_part *p,
    const struct moved *v, struct buf *out, struct err *e)
{
	uint32_t digits = p->to - p->from;

	if (p == &t->weekday)
		return add_word(s, p, p->forms[v->weekday], out, e);
	if (p == &t->year)
		return digits == 2 ? add_number(v->y % 100, 2, out, e) :
		    add_number(v->y, 4, out, e);
	if (p == &t->month)
		return p->forms != NULL ? add_word(s, p, p->forms[v->m - 1], out, e) :
		    add_number(v->m, v->padded ? 2 : 1, out, e);
	if (p == &t->day)
		return add_number(v->d, v->padded ? 2 : 1, out, e);
	/* Of the ordinals only the English and the French depend on the number. */
	if (digits == 2 && strchr("snrt", s->text[p->from] | 0x20) != NULL) {
		struct textdate_part as = { p->from, p->to, NULL };

		return add_word(s, &as, english_ordinal(v->d), out, e);
	}
	if (digits == 2 && (s->text[p->from] | 0x20) == 'e' && v->d != 1)
		return 0;
	return buf_add(out, s->text + p->from, digits, e);
}

int
textdate_shift(source s, const struct textdate *t, int days, struct buf *out,
    struct err *e)
{
	const struct textdate_part *parts[] = { &t->weekday, &t->year, &t->month, &t->day,
	    &t->ordinal }, *p, *next;
	struct moved v = { .padded = is_padded(s, t) };
	uint32_t at = t->from;
	size_t i, start = out->len;
	long day;
	int y = t->y, month, last;

	if (y == 0 && (y = latest_year(s)) == 0)
		y = 2000;
	if (!dates_to_days(y, t->m != 0 ? t->m : 7, t->d != 0 ? t->d : 15, &day) &&
	    !dates_to_days(2000, t->m, t->d, &day))
		return 0;
	day += days;
	dates_from_days(day, &v.y, &v.m, &v.d);
	if (v.y < 1 || v.y > 9999)
		return 0;
	/* Of days in two months now the last alone is told. */
	if (t->until != 0) {
		dates_from_days(day + t->until - t->d, &y, &month, &last);
		if (month != v.m)
			return 0;
	}
	v.weekday = (int)(((day + 3) % 7 + 7) % 7);	/* 1970-01-01 was a Thursday */
	for (;;) {
		next = NULL;
		for (i = 0; i < sizeof parts / sizeof parts[0]; i++) {
			p = parts[i];
			if (p->to != 0 && p->from >= at && (next == NULL || p->from < next->from))
				next = p;
		}
		if (buf_add(out, s->text + at, (next == NULL ? t->to : next->from) - at, e) < 0)
			goto failed;
		if (next == NULL)
			return 1;
		if (add_part(s, t, next, &v, out, e) < 0)
			goto failed;
		at = next->to;
	}
failed:
	out->len = start;
	return -1;
}
