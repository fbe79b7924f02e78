/* dates: DA, DT and TM moved by days, and ages; see dates.h. */
#include "deid/dates.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* ---- the calendar */

enum { YEAR_MIN = 1, YEAR_MAX = 9999 };

static bool
is_leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int
days_of_month(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return days[month - 1] + (month == 2 && is_leap(year) ? 1 : 0);
}

/* Days from 0001-01-01 to the first of YEAR, which is 1 or more. */
static long
days_before_year(int year)
{
	long y = year - 1;

	return y * 365 + y / 4 - y / 100 + y / 400;
}

#define EPOCH 719162L	/* days_before_year(1970) */

bool
dates_to_days(int year, int month, int day, long *days)
{
	long n;
	int m;

	if (year < YEAR_MIN || year > YEAR_MAX || month < 1 || month > 12 ||
	    day < 1 || day > days_of_month(year, month))
		return false;
	n = days_before_year(year) - EPOCH + day - 1;
	for (m = 1; m < month; m++)
		n += days_of_month(year, m);
	*days = n;
	return true;
}

bool
dates_from_days(long days, int *year, int *month, int *day)
{
	int y, m = 1;
	long n;

	if (days < -EPOCH || days >= days_before_year(YEAR_MAX + 1) - EPOCH)
		return false;
	n = days + EPOCH;
	y = (int)(n * 400 / 146097) + 1;	/* days in 400 years; may be one off */
	while (days_before_year(y) > n)
		y--;
	while (days_before_year(y + 1) <= n)
		y++;
	n -= days_before_year(y);
	while (n >= days_of_month(y, m))
		n -= days_of_month(y, m++);
	*year = y;
	*month = m;
	*day = (int)n + 1;
	return true;
}

int
dates_patient_shift(const struct key *k, const char *patient, size_t len)
{
	unsigned char mac[KEY_MAC_BYTES];
	uint64_t n = 0;
	int i;

	key_mac(k, "shift", patient, len, mac);
	for (i = 0; i < 8; i++)
		n = n << 8 | mac[i];
	return -(int)(DATES_SHIFT_MIN +
	    n % (DATES_SHIFT_MAX - DATES_SHIFT_MIN + 1));
}

/* ---- one date or time, from P on; each moves P behind what it has read */

enum { PATIENT_YEAR_MIN = 1900, PATIENT_YEAR_MAX = 9998 };

struct text {
	const char *p, *end;
};

struct date {
	int year, month, day;	/* month and day are 0 where there is none */
};

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
take_number(struct text *t, int digits, int *n)
{
	int i, value = 0;

	if (t->end - t->p < digits)
		return false;
	for (i = 0; i < digits; i++) {
		if (!is_digit(t->p[i]))
			return false;
		value = value * 10 + (t->p[i] - '0');
	}
	t->p += digits;
	*n = value;
	return true;
}

static bool
take_char(struct text *t, char c)
{
	if (t->p == t->end || *t->p != c)
		return false;
	t->p++;
	return true;
}

/* YYYY[MM[DD]], and if OLD_FORMS YYYY.MM.DD, YYYY-MM-DD, YYYY/MM/DD. */
static bool
take_date(struct text *t, bool old_forms, struct date *d)
{
	struct text dotted;
	char point;

	*d = (struct date){ 0 };
	if (!take_number(t, 4, &d->year))
		return false;
	dotted = *t;
	if (old_forms && t->end - t->p == 6 && strchr(".-/", *t->p) != NULL) {
		point = *t->p;
		if (take_char(&dotted, point) && take_number(&dotted, 2, &d->month) &&
		    take_char(&dotted, point) && take_number(&dotted, 2, &d->day)) {
			*t = dotted;
			return d->month != 0 && d->day != 0;
		}
		*d = (struct date){ .year = d->year };
	}
	if (!take_number(t, 2, &d->month))
		return true;
	if (!take_number(t, 2, &d->day))
		return d->month != 0;
	return d->month != 0 && d->day != 0;
}

/* The day that stands for D: its middle, or our dummy if that began with it. */
static struct date
day_of(struct date d)
{
	if (d.year == 1900 && d.month <= 1 && d.day <= 1)
		return (struct date){ 1900, 1, 1 };
	if (d.month == 0)
		return (struct date){ d.year, 7, 2 };
	if (d.day == 0)
		d.day = 16;
	return d;
}

/* Moves D, whole or partial. False: it is no date, or would leave the calendar. */
static bool
move(struct date *d, int days)
{
	struct date day = day_of(*d);
	long n;

	if (day.year < PATIENT_YEAR_MIN || day.year > PATIENT_YEAR_MAX ||
	    !dates_to_days(day.year, day.month, day.day, &n))
		return false;
	if ((day.year == 1900 || day.year == 1970) && day.month == 1 && day.day == 1)
		return true;	/* see dates.h */
	if (!dates_from_days(n + days, &day.year, &day.month, &day.day))
		return false;
	d->year = day.year;
	if (d->month != 0)
		d->month = day.month;
	if (d->day != 0)
		d->day = day.day;
	return true;
}

/* HH[MM[SS[.F]]], as it will be written, into TO; an old form has colons. */
static bool
take_time(struct text *t, bool old_forms, char to[16])
{
	static const int limits[] = { 23, 59, 60 };	/* 60: a leap second */
	int i, n, len = 0, digits = 0;
	bool colons = false;

	for (i = 0; i < 3; i++) {
		if (i == 1)
			colons = old_forms && take_char(t, ':');
		else if (i == 2 && colons && !take_char(t, ':'))
			break;
		if (!take_number(t, 2, &n)) {
			if (i == 0 || colons)
				return false;
			break;
		}
		if (n > limits[i])
			return false;
		len += snprintf(to + len, 3, "%02d", n);
	}
	if (i < 3 || !take_char(t, '.'))
		return true;
	if (t->p == t->end || !is_digit(*t->p))
		return false;
	to[len++] = '.';
	for (; t->p < t->end && is_digit(*t->p); t->p++)
		if (digits++ < 6)
			to[len++] = *t->p;
	to[len] = '\0';
	return true;
}

/* &ZZXX, -1200 to +1400, of which -0000 is not legal and becomes +0000. */
static bool
take_zone(struct text *t, char to[6])
{
	struct text zone = *t;
	bool west = take_char(&zone, '-');
	int hours, minutes, all;

	if (!west && !take_char(&zone, '+'))
		return false;
	if (!take_number(&zone, 2, &hours) || !take_number(&zone, 2, &minutes) ||
	    minutes > 59 || (zone.p < zone.end && is_digit(*zone.p)))
		return false;
	all = hours * 60 + minutes;
	if (all > (west ? 12 : 14) * 60)
		return false;
	snprintf(to, 6, "%c%04d", west && all != 0 ? '-' : '+', hours * 100 + minutes);
	*t = zone;
	return true;
}

/* ---- values of each VR; they write at most 31 characters */

typedef bool reader(struct text *t, int days, char to[32]);

static bool
read_da(struct text *t, int days, char to[32])
{
	struct date d;

	if (!take_date(t, true, &d))
		return false;
	d = day_of(d);
	if (!move(&d, days))
		return false;
	snprintf(to, 32, "%04d%02d%02d", d.year, d.month, d.day);
	return true;
}

static bool
read_dt(struct text *t, int days, char to[32])
{
	char time[16] = "", zone[6] = "";
	struct date d;
	int len;

	if (!take_date(t, false, &d) || !move(&d, days))
		return false;
	if (d.day != 0 && t->p < t->end && is_digit(*t->p) &&
	    !take_time(t, false, time))
		return false;
	take_zone(t, zone);
	len = snprintf(to, 32, "%04d", d.year);
	if (d.month != 0)
		len += snprintf(to + len, 3, "%02d", d.month);
	if (d.day != 0)
		len += snprintf(to + len, 3, "%02d", d.day);
	snprintf(to + len, (size_t)(32 - len), "%s%s", time, zone);
	return true;
}

static bool
read_tm(struct text *t, int days, char to[32])
{
	(void)days;
	return take_time(t, true, to);
}

/* One value, a range perhaps: 1, 0 if it is not understood, -1 out of memory. */
static int
add_value(reader *read, struct text t, int days, struct buf *out, struct err *e)
{
	char first[32] = "", last[32] = "";
	bool range = take_char(&t, '-');

	if (!range) {
		if (!read(&t, days, first))
			return 0;
		range = take_char(&t, '-');
	}
	if (range && (t.p < t.end || first[0] == '\0') && !read(&t, days, last))
		return 0;
	if (t.p != t.end)
		return 0;
	if (buf_add(out, first, strlen(first), e) < 0 ||
	    (range && buf_add(out, "-", 1, e) < 0) ||
	    buf_add(out, last, strlen(last), e) < 0)
		return -1;
	return 1;
}

static bool
is_padding(char c)
{
	return c == ' ' || c == '\0';
}

static int
add_values(reader *read, const char *p, const char *end, int days,
    struct buf *out, struct err *e)
{
	const char *stop;
	struct text t;
	int got;

	for (;; p = stop + 1) {
		if ((stop = memchr(p, '\\', (size_t)(end - p))) == NULL)
			stop = end;
		t = (struct text){ p, stop };
		while (t.p < t.end && is_padding(*t.p))
			t.p++;
		while (t.p < t.end && is_padding(t.end[-1]))
			t.end--;
		if (t.p < t.end && (got = add_value(read, t, days, out, e)) <= 0)
			return got;
		if (stop == end)
			return 1;
		if (buf_add(out, "\\", 1, e) < 0)
			return -1;
	}
}

int
dates_shift(const char vr[3], const char *text, size_t len, int days,
    struct buf *out, struct err *e)
{
	reader *read = strcmp(vr, "DA") == 0 ? read_da :
	    strcmp(vr, "DT") == 0 ? read_dt :
	    strcmp(vr, "TM") == 0 ? read_tm : NULL;
	size_t was = out->len;
	int got;

	if (read == NULL)
		return 0;
	if (len == 0)
		return 1;
	got = add_values(read, text, text + len, days, out, e);
	if (got <= 0 && out->len > was) {
		out->len = was;
		out->data[was] = '\0';
	}
	return got;
}

/* ---- ages */

/* Of one value, without padding. Of "095", which has no unit, years. */
static bool
is_over_89(struct text t)
{
	static const struct {
		char unit;
		int most;	/* of it, in 90 years */
	} units[] = { { 'Y', 90 }, { 'M', 1080 }, { 'W', 4696 }, { 'D', 32872 } };
	char unit = 'Y';
	long n = 0;
	size_t i;

	for (; t.p < t.end && is_digit(*t.p); t.p++)
		if (n < 100000)
			n = n * 10 + (*t.p - '0');
	while (t.p < t.end && is_padding(*t.p))
		t.p++;
	if (t.p < t.end)
		unit = *t.p >= 'a' && *t.p <= 'z' ? (char)(*t.p - 'a' + 'A') : *t.p;
	for (i = 0; i < sizeof units / sizeof units[0]; i++)
		if (units[i].unit == unit)
			return n >= units[i].most;
	return n >= 90;	/* of no unit that there is */
}

bool
dates_age_is_over_89(const char *text, size_t len)
{
	const char *p = text, *end = text + len, *stop;

	for (; len > 0; p = stop + 1) {
		if ((stop = memchr(p, '\\', (size_t)(end - p))) == NULL)
			stop = end;
		while (p < stop && is_padding(*p))
			p++;
		if (is_over_89((struct text){ p, stop }))
			return true;
		if (stop == end)
			return false;
	}
	return false;
}
