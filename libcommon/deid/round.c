/* round: values made coarse; see round.h. */
#include "deid/round.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dicom/vr.h"

enum { AGE_MAX = 90, VALUE_MAX = 32 };	/* years; bytes of a value that can be rounded */

bool
round_fits(const struct rounding *r, const char vr[3])
{
	bool whole = floor(r->step) == r->step;

	if (r->unit != ROUND_STEP)
		return strcmp(vr, "DA") == 0 || strcmp(vr, "DT") == 0;
	if (strcmp(vr, "AS") == 0)
		return whole && r->step < AGE_MAX;
	return strcmp(vr, "DS") == 0 || (strcmp(vr, "IS") == 0 && whole);
}

/* The digits of VALUE that count, YYYY or YYYYMM; a DA is filled up. */
static void
round_date(const struct rounding *r, const char vr[3], const char *value,
    char out[VALUE_MAX])
{
	size_t digits = strspn(value, "0123456789");
	bool month = r->unit == ROUND_MONTH && digits >= 6;

	snprintf(out, VALUE_MAX, "%.*s%s", month ? 6 : 4, value,
	    strcmp(vr, "DA") != 0 ? "" : month ? "01" : "0101");
}

static void
round_age(const struct rounding *r, const char *value, char out[VALUE_MAX])
{
	static const struct {
		char unit;
		double years;
	} units[] = {
		{ 'D', 1 / 365.25 }, { 'W', 7 / 365.25 }, { 'M', 1 / 12. },
		{ 'Y', 1 },
	};
	double years = 0;
	size_t i;

	for (i = 0; i < sizeof units / sizeof units[0]; i++)
		if (units[i].unit == value[3])
			years = atoi(value) * units[i].years;
	years = years >= AGE_MAX ? AGE_MAX :
	    floor(floor(years + 1e-9) / r->step) * r->step;
	snprintf(out, VALUE_MAX, "%03dY", (int)years);
}

static void
round_number(const struct rounding *r, const char vr[3], const char *value,
    char out[VALUE_MAX])
{
	/* A bit more than nothing, for 0.3 / 0.1 is less than 3. */
	double v = floor(strtod(value, NULL) / r->step + 1e-9) * r->step;

	snprintf(out, VALUE_MAX, strcmp(vr, "IS") == 0 ? "%.0f" : "%.9g",
	    v == 0 ? 0 : v);
}

/* VALUE, of VR and without padding, rounded; "" if it is none. */
static void
round_one(const struct rounding *r, const char vr[3], const char *value,
    char out[VALUE_MAX])
{
	out[0] = '\0';
	if (vr_fault(vr, value, strlen(value)) != NULL || value[0] == '\0')
		return;
	if (r->unit != ROUND_STEP)
		round_date(r, vr, value, out);
	else if (strcmp(vr, "AS") == 0)
		round_age(r, value, out);
	else
		round_number(r, vr, value, out);
	if (vr_fault(vr, out, strlen(out)) != NULL)
		out[0] = '\0';
}

int
round_values(const struct rounding *r, const char vr[3], const char *text,
    size_t len, struct buf *out, struct err *e)
{
	const char *p = text, *end = text + len, *stop;
	char value[VALUE_MAX], rounded[VALUE_MAX];
	size_t n;

	for (;; p = stop + 1) {
		if ((stop = memchr(p, '\\', (size_t)(end - p))) == NULL)
			stop = end;
		while (p < stop && *p == ' ')
			p++;
		n = (size_t)(stop - p);
		while (n > 0 && (p[n - 1] == ' ' || p[n - 1] == '\0'))
			n--;
		if (n >= sizeof value)
			n = 0;
		memcpy(value, p, n);
		value[n] = '\0';
		round_one(r, vr, value, rounded);
		if (buf_add(out, rounded, strlen(rounded), e) < 0)
			return -1;
		if (stop == end)
			return 0;
		if (buf_add(out, "\\", 1, e) < 0)
			return -1;
	}
}
