/* vr: is a text a valid value of a VR? See vr.h. */
#include "dicom/vr.h"

#include <stdint.h>
#include <string.h>

enum kind { BINARY, STRING, TEXT, TERM, NUMBER, INTEGER, AGE, DATE, TIME, DATETIME, UID,
	NAME, URL };

struct rule {
	char vr[3];
	enum kind kind;
	size_t max;	/* characters of one value; of PN: of a component group */
	bool single;	/* a backslash is a character of the text */
};

#define LONG ((size_t)UINT32_MAX - 1)

static const struct rule rules[] = {
	{ "AE", STRING, 16, false }, { "AS", AGE, 4, false },
	{ "AT", BINARY, 0, false }, { "CS", TERM, 16, false },
	{ "DA", DATE, 8, false }, { "DS", NUMBER, 16, false },
	{ "DT", DATETIME, 26, false }, { "FD", BINARY, 0, false },
	{ "FL", BINARY, 0, false }, { "IS", INTEGER, 12, false },
	{ "LO", STRING, 64, false }, { "LT", TEXT, 10240, true },
	{ "OB", BINARY, 0, false }, { "OD", BINARY, 0, false },
	{ "OF", BINARY, 0, false }, { "OL", BINARY, 0, false },
	{ "OV", BINARY, 0, false }, { "OW", BINARY, 0, false },
	{ "PN", NAME, 64, false }, { "SH", STRING, 16, false },
	{ "SL", BINARY, 0, false }, { "SQ", BINARY, 0, false },
	{ "SS", BINARY, 0, false }, { "ST", TEXT, 1024, true },
	{ "SV", BINARY, 0, false }, { "TM", TIME, 14, false },
	{ "UC", STRING, LONG, false }, { "UI", UID, 64, false },
	{ "UL", BINARY, 0, false }, { "UN", BINARY, 0, false },
	{ "UR", URL, LONG, true }, { "US", BINARY, 0, false },
	{ "UT", TEXT, LONG, true }, { "UV", BINARY, 0, false },
};

static const struct rule *
find(const char vr[3])
{
	size_t i;

	for (i = 0; i < sizeof rules / sizeof rules[0]; i++)
		if (strcmp(rules[i].vr, vr) == 0)
			return &rules[i];
	return NULL;
}

bool
vr_exists(const char vr[3])
{
	return find(vr) != NULL;
}

bool
vr_is_binary(const char vr[3])
{
	const struct rule *r = find(vr);

	return r == NULL || r->kind == BINARY;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* How many digits P begins with, at most MAX. */
static size_t
digits(const char *p, const char *end, size_t max)
{
	size_t n = 0;

	while (n < max && p + n < end && is_digit(p[n]))
		n++;
	return n;
}

static unsigned
two(const char *p)
{
	return (unsigned)(p[0] - '0') * 10 + (unsigned)(p[1] - '0');
}

static size_t
characters(const char *p, const char *end)
{
	size_t n = 0;

	for (; p < end; p++)
		n += ((unsigned char)*p & 0xc0) != 0x80;
	return n;
}

static bool
is_month_day(const char *p, size_t n)
{
	static const unsigned days[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31,
	    30, 31 };
	unsigned month = n >= 2 ? two(p) : 1;

	return month >= 1 && month <= 12 &&
	    (n < 4 || (two(p + 2) >= 1 && two(p + 2) <= days[month - 1]));
}

static bool
is_time(const char *p, const char *end)
{
	size_t n = digits(p, end, 6);

	if (n < 2 || n % 2 != 0 || two(p) > 23 || (n >= 4 && two(p + 2) > 59) ||
	    (n >= 6 && two(p + 4) > 60))
		return false;
	p += n;
	if (p == end)
		return true;
	return n == 6 && *p == '.' && end - p >= 2 && end - p <= 7 &&
	    digits(p + 1, end, 6) == (size_t)(end - p - 1);
}

static bool
is_datetime(const char *p, const char *end)
{
	const char *zone;
	size_t n;

	for (zone = p; zone < end && *zone != '+' && *zone != '-'; zone++)
		;
	if (zone < end && (end - zone != 5 || digits(zone + 1, end, 4) != 4 ||
	    two(zone + 1) > 14 || two(zone + 3) > 59))
		return false;
	n = digits(p, zone, 14);
	if (n < 4 || n % 2 != 0 || !is_month_day(p + 4, n > 8 ? 4 : n - 4))
		return false;
	return n > 8 ? is_time(p + 8, zone) : p + n == zone;
}

static bool
is_number(const char *p, const char *end)
{
	size_t n, m = 0;

	if (p < end && (*p == '+' || *p == '-'))
		p++;
	n = digits(p, end, 16);
	p += n;
	if (p < end && *p == '.') {
		m = digits(p + 1, end, 16);
		p += 1 + m;
	}
	if (n + m == 0)
		return false;
	if (p < end && (*p == 'e' || *p == 'E')) {
		p++;
		if (p < end && (*p == '+' || *p == '-'))
			p++;
		n = digits(p, end, 16);
		p += n;
		if (n == 0)
			return false;
	}
	return p == end;
}

static bool
is_integer(const char *p, const char *end)
{
	int64_t v = 0;
	bool minus = p < end && *p == '-';

	if (p < end && (*p == '+' || *p == '-'))
		p++;
	if (p == end || digits(p, end, 12) != (size_t)(end - p))
		return false;
	for (; p < end; p++)
		v = v * 10 + (*p - '0');
	return v <= (int64_t)INT32_MAX + (minus ? 1 : 0);
}

static bool
is_uid(const char *p, const char *end)
{
	size_t n;

	for (;; p += n + 1) {
		n = digits(p, end, 64);
		if (n == 0 || (n > 1 && *p == '0'))
			return false;
		if (p + n == end)
			return true;
		if (p[n] != '.')
			return false;
	}
}

static bool
is_name(const char *p, const char *end, size_t max)
{
	const char *group = p;
	unsigned groups = 1, carets = 0;

	for (; p <= end; p++) {
		if (p < end && *p == '^')
			carets++;
		if (p == end || *p == '=') {
			if (carets > 4 || characters(group, p) > max)
				return false;
			groups += p < end;
			carets = 0;
			group = p + 1;
		}
	}
	return groups <= 3;
}

static bool
has_control(const char *p, const char *end, const char *allowed)
{
	for (; p < end; p++)
		if (((unsigned char)*p < ' ' || *p == 0x7f) &&
		    (*p == '\0' || strchr(allowed, *p) == NULL))
			return true;
	return false;
}

static const char *
fault_of_one(const struct rule *r, const char *p, const char *end)
{
	const char *c;

	if (p == end)
		return NULL;
	if (has_control(p, end, r->kind == TEXT ? "\t\n\f\r" : ""))
		return "has a control character";
	if (r->kind != NAME && characters(p, end) > r->max)
		return "is too long";
	switch (r->kind) {
	case TERM:
		for (c = p; c < end; c++)
			if (!is_digit(*c) && !(*c >= 'A' && *c <= 'Z') &&
			    *c != ' ' && *c != '_')
				return "may hold A-Z, 0-9, space and _ alone";
		return NULL;
	case NUMBER:
		return is_number(p, end) ? NULL : "is no number";
	case INTEGER:
		return is_integer(p, end) ? NULL : "is no integer of 32 bits";
	case AGE:
		return end - p == 4 && digits(p, end, 3) == 3 &&
		    strchr("DWMY", p[3]) != NULL ? NULL : "is no age such as 045Y";
	case DATE:
		return end - p == 8 && digits(p, end, 8) == 8 &&
		    is_month_day(p + 4, 4) ? NULL : "is no date such as 20240131";
	case TIME:
		return is_time(p, end) ? NULL : "is no time such as 134500";
	case DATETIME:
		return is_datetime(p, end) ? NULL :
		    "is no date and time such as 20240131134500";
	case UID:
		return is_uid(p, end) ? NULL : "is no UID";
	case NAME:
		return is_name(p, end, r->max) ? NULL :
		    "is no name of up to three groups of five parts, 64 characters each";
	case URL:
		return memchr(p, ' ', (size_t)(end - p)) == NULL ? NULL :
		    "has a space";
	default:
		return NULL;
	}
}

const char *
vr_fault(const char vr[3], const char *text, size_t len)
{
	const struct rule *r = find(vr);
	const char *end = text + len, *stop, *fault;

	if (r == NULL || r->kind == BINARY)
		return "cannot be written as text";
	for (;; text = stop + 1) {
		stop = r->single ? NULL : memchr(text, '\\', (size_t)(end - text));
		if (stop == NULL)
			stop = end;
		if ((fault = fault_of_one(r, text, stop)) != NULL || stop == end)
			return fault;
	}
}
