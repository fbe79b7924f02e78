/* marks: does the file say how it was de-identified? PS3.15 E.1.1, E.3. */
#include <string.h>

#include "check/check.h"

#define REMOVED 0x00120062
#define METHOD 0x00120063
#define CODES 0x00120064
#define LONGITUDINAL 0x00280303

static uint32_t
items_of(const struct dataset *d, int64_t seq)
{
	uint32_t n = 0;
	size_t i;

	if (seq < 0)
		return 0;
	for (i = (size_t)seq + 1; i < dataset_count(d); i++)
		if (dataset_at(d, i)->parent == (uint32_t)seq &&
		    dataset_at(d, i)->item > n)
			n = dataset_at(d, i)->item;
	return n;
}

int
check_claims(const struct dataset *d, unsigned *claims, struct err *e)
{
	int64_t seq = dataset_find(d, CODES);
	uint32_t item, items = items_of(d, seq);
	struct buf scheme = { 0 }, code = { 0 };
	unsigned found = 0;
	int o, got = -1;

	for (item = 1; item <= items; item++) {
		if (dataset_text(d, dataset_in_item(d, seq, item, 0x00080102), &scheme, e) < 0 ||
		    dataset_text(d, dataset_in_item(d, seq, item, 0x00080100), &code, e) < 0)
			goto out;
		if (strcmp(scheme.data, "DCM") == 0 &&
		    (o = option_of_code(code.data)) >= 0)
			found |= CLAIM(o);
	}
	*claims = found;
	got = 0;
out:
	buf_free(&scheme);
	buf_free(&code);
	return got;
}

static int
says(const struct dataset *d, uint32_t tag, const char *want, bool *yes,
    struct err *e)
{
	struct buf b = { 0 };
	int got = d == NULL ? 0 : dataset_text(d, dataset_find(d, tag), &b, e);

	*yes = d != NULL && got == 0 && strcmp(b.data, want) == 0;
	buf_free(&b);
	return got;
}

int
check_says_clean(const struct dataset *d, bool *clean, struct err *e)
{
	unsigned claims;

	if (says(d, REMOVED, "YES", clean, e) < 0 || check_claims(d, &claims, e) < 0)
		return -1;
	*clean = *clean && (claims & CLAIM(OPTION_BASIC)) != 0;
	return 0;
}

int
check_says_weakened(const struct dataset *d, bool *weakened, struct err *e)
{
	struct buf b = { 0 };
	int got = dataset_text(d, dataset_find(d, METHOD), &b, e);

	*weakened = got == 0 &&
	    strstr(b.data, "unphi: PS3.15 Basic Profile, weakened by a site policy") != NULL;
	buf_free(&b);
	return got;
}

/* Reports unless the top-level element TAG is exactly WANT. */
static int
expect(const struct subject *s, uint32_t tag, const char *want,
    const char *why, struct err *e)
{
	int64_t i = dataset_find(s->set, tag);
	struct buf b = { 0 };
	int got = dataset_text(s->set, i, &b, e);

	if (got == 0 && strcmp(b.data, want) != 0)
		got = check_say_tag(s, "marks", LEVEL_ERROR, tag, e, "%s, not %s%s",
		    i < 0 ? "absent" : b.len == 0 ? "empty" : "has another value",
		    want, why);
	buf_free(&b);
	return got;
}

/* Each item needs a value, its scheme and its meaning: PS3.3 8.8. */
static int
whole_items(const struct subject *s, int64_t seq, struct err *e)
{
	static const uint32_t wanted[] = { 0x00080100, 0x00080102, 0x00080104 };
	uint32_t item, items = items_of(s->set, seq);
	int64_t i;
	size_t k;

	for (item = 1; item <= items; item++)
		for (k = 0; k < 3; k++) {
			i = dataset_in_item(s->set, seq, item, wanted[k]);
			if ((i < 0 || dataset_at(s->set, (size_t)i)->length == 0) &&
			    check_say(s, "marks", LEVEL_ERROR, seq, e,
			    "item %u has no (%04X,%04X)", item, wanted[k] >> 16,
			    wanted[k] & 0xffff) < 0)
				return -1;
		}
	return 0;
}

static int
check_method(const struct subject *s, struct err *e)
{
	int64_t method = dataset_find(s->set, METHOD);
	int64_t seq = dataset_find(s->set, CODES);
	bool has_method = method >= 0 &&
	    dataset_at(s->set, (size_t)method)->length > 0;
	bool has_codes = items_of(s->set, seq) > 0;

	if (!has_method && !has_codes)
		return check_say_tag(s, "marks", LEVEL_ERROR, CODES, e,
		    "neither (0012,0063) nor (0012,0064) says how it was "
		    "de-identified");
	if (!has_codes)
		return check_say_tag(s, "marks", LEVEL_WARNING, CODES, e,
		    "no codes, so no option is known to be claimed");
	if (whole_items(s, seq, e) < 0)
		return -1;
	if ((s->claims & CLAIM(OPTION_BASIC)) == 0)
		return check_say(s, "marks", LEVEL_ERROR, seq, e,
		    "113100, the basic profile, is not listed");
	return 0;
}

static int
check_longitudinal(const struct subject *s, struct err *e)
{
	bool full = (s->claims & CLAIM(OPTION_FULL_DATES)) != 0;
	bool modified = (s->claims & CLAIM(OPTION_MODIFIED_DATES)) != 0;
	bool before = false, changed = false;

	if (full && modified)
		return check_say_tag(s, "marks", LEVEL_ERROR, CODES, e,
		    "113106 and 113107 exclude each other (PS3.15 E.3.6)");
	/* Dates that somebody has moved or removed before are not the full ones. */
	if (full && (says(s->original, REMOVED, "YES", &before, e) < 0 ||
	    says(s->set, LONGITUDINAL, "MODIFIED", &changed, e) < 0))
		return -1;
	if (full && before && changed)
		return 0;
	return expect(s, LONGITUDINAL,
	    full ? "UNMODIFIED" : modified ? "MODIFIED" : "REMOVED",
	    full ? ", as 113106 is claimed" : modified ?
	    ", as 113107 is claimed" : ", as no date option is claimed", e);
}

/* What says of itself that text is burned in, and claims no cleaning. */
static int
warn_of_burned_in(const struct subject *s, struct err *e)
{
	int64_t i = dataset_find(s->set, 0x00280301);
	struct buf b = { 0 };
	int got = dataset_text(s->set, i, &b, e);

	if (got == 0 && strcmp(b.data, "YES") == 0)
		got = check_say(s, "marks", LEVEL_WARNING, i, e,
		    "says that text is burned in, and 113101 is not claimed");
	buf_free(&b);
	return got;
}

int
check_marks(const struct subject *s, struct err *e)
{
	if (expect(s, REMOVED, "YES", "", e) < 0 ||
	    check_method(s, e) < 0 || check_longitudinal(s, e) < 0)
		return -1;
	if (s->claims & CLAIM(OPTION_PIXELS)) {
		if (expect(s, 0x00280301, "NO", ", as 113101 is claimed", e) < 0)
			return -1;
	} else if (warn_of_burned_in(s, e) < 0)
		return -1;
	if (s->claims & CLAIM(OPTION_FEATURES))
		return expect(s, 0x00280302, "NO", ", as 113102 is claimed", e);
	return 0;
}
