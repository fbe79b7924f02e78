/* check: the table of checks, and how they report; see check.h. */
#include "check/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const struct check checks[] = {
	{ "structure", "PS3.5 7, PS3.10 7.2",
	    "the bytes are a data set and nothing else", false, false, check_structure },
	{ "meta", "PS3.10 7.1, PS3.15 E.1.1",
	    "the preamble and group 0002 carry nothing over", false, false, check_meta },
	{ "reader", "",
	    "another reader (gdcmdump) can read the file", false, false, check_reader },
	{ "marks", "PS3.15 E.1.1, PS3.3 C.7.1.1, C.12.1",
	    "the file says how it was de-identified", false, true, check_marks },
	{ "profile", "PS3.15 Table E.1-1",
	    "no row of the profile is violated, at any depth", false, true,
	    check_profile },
	{ "private", "PS3.15 E.3.10",
	    "no private attributes but by a claimed option", false, true,
	    check_private },
	{ "encrypted", "PS3.15 E.1.2",
	    "what is encrypted is an envelope of CMS", false, false, check_encrypted },
	{ "dates", "PS3.15 E.3.6, 45 CFR 164.514",
	    "dates moved by one number of days, and ages end at 90 years", false, true,
	    check_dates },
	{ "uids", "PS3.15 E.3.9",
	    "no UID of the original is left in the bytes", true, true, check_uids },
	{ "values", "PS3.15 E.1.1",
	    "no identifying value of the original is left in the bytes", true, true,
	    check_values },
	{ "pixels", "PS3.3 C.7.6.3",
	    "pixels changed inside the boxes and nowhere else", true, false,
	    check_pixels },
};
const size_t checks_count = sizeof checks / sizeof checks[0];

/* What a site's policy may have wanted is no error of a file that owns up to it. */
static enum level
level_for(const struct subject *s, const char *check, enum level level)
{
	size_t i;

	for (i = 0; i < checks_count && s->weakened && level == LEVEL_ERROR; i++)
		if (checks[i].policy && strcmp(checks[i].name, check) == 0)
			level = LEVEL_WARNING;
	return level;
}

static int
say(const struct subject *s, const char *check, enum level level,
    const char *tag, const char *path, struct err *e, const char *fmt,
    va_list ap)
{
	struct finding f = { check, level_for(s, check, level), tag, path, NULL };
	char message[512];

	vsnprintf(message, sizeof message, fmt, ap);
	f.message = message;
	return s->found(&f, s->arg, e);
}

int
check_say(const struct subject *s, const char *check, enum level level,
    int64_t i, struct err *e, const char *fmt, ...)
{
	char tag[16], path[DATASET_PATH_MAX];
	uint32_t t;
	va_list ap;
	int got;

	va_start(ap, fmt);
	if (i >= 0) {
		t = dataset_at(s->set, (size_t)i)->tag;
		snprintf(tag, sizeof tag, "(%04X,%04X)", t >> 16, t & 0xffff);
		dataset_path(s->set, (size_t)i, path);
		got = say(s, check, level, tag, path, e, fmt, ap);
	} else
		got = say(s, check, level, NULL, NULL, e, fmt, ap);
	va_end(ap);
	return got;
}

int
check_say_tag(const struct subject *s, const char *check, enum level level,
    uint32_t t, struct err *e, const char *fmt, ...)
{
	char tag[16];
	va_list ap;
	int got;

	snprintf(tag, sizeof tag, "(%04X,%04X)", t >> 16, t & 0xffff);
	va_start(ap, fmt);
	got = say(s, check, level, tag, tag, e, fmt, ap);
	va_end(ap);
	return got;
}

/* Zeros, separators, and words that de-identifiers write. */
bool
check_is_dummy(const char *v, size_t len)
{
	static const char *const words[] = {
		"ANON", "ANONYMOUS", "ANONYMIZED", "ANONYMISED", "NONE", "UNKNOWN",
		"REMOVED", "DUMMY", "DEIDENTIFIED", "urn:anon", "19000101",
		"19000101000000", "00010101", "000D", "000Y", "OTHER"
	};
	size_t i;

	for (i = 0; i < len; i++)
		if (strchr("0.:- ^", v[i]) == NULL && v[i] != '\0')
			break;
	if (i == len)
		return true;
	for (i = 0; i < sizeof words / sizeof words[0]; i++)
		if (strlen(words[i]) == len && memcmp(words[i], v, len) == 0)
			return true;
	return false;
}

const char *
check_vr(const struct element *x)
{
	const struct row *r;

	if (x->vr[0] != '\0' && strcmp(x->vr, "UN") != 0)
		return x->vr;
	r = row_find(x->tag);
	return r != NULL ? r->vr : x->vr;
}
