/* profile: rows of Table E.1-1 that are violated. */
#include <stdlib.h>
#include <string.h>

#include "check/check.h"

static const char was_clean[] = "; the original says that it is de-identified";

static int
same_value(const struct subject *s, size_t i, int64_t original, bool *same,
    struct err *e)
{
	struct buf a = { 0 }, b = { 0 };
	int got = -1;

	*same = false;
	if (dataset_text(s->set, (int64_t)i, &a, e) < 0 ||
	    dataset_text(s->original, original, &b, e) < 0)
		goto out;
	/* The standard's own UIDs, such as well-known frames of reference, stay. */
	*same = a.len == b.len && memcmp(a.data, b.data, a.len) == 0 &&
	    !check_is_dummy(a.data, a.len) &&
	    strncmp(a.data, "1.2.840.10008.", 14) != 0;
	got = 0;
out:
	buf_free(&a);
	buf_free(&b);
	return got;
}

/* A date that is nobody's dummy, or a name of several parts. */
static int
looks_real(const struct subject *s, size_t i, const struct row *r,
    const char **why, struct err *e)
{
	struct buf b = { 0 };
	size_t digits;

	*why = NULL;
	if (dataset_text(s->set, (int64_t)i, &b, e) < 0)
		return -1;
	if (!check_is_dummy(b.data, b.len)) {
		digits = strspn(b.data, "0123456789");
		if (strcmp(r->vr, "PN") == 0 && strchr(b.data, '^') != NULL)
			*why = "a name of several parts: is it a dummy?";
		else if ((strcmp(r->vr, "DA") == 0 || strcmp(r->vr, "DT") == 0) &&
		    digits >= 8 && strncmp(b.data, "19010101", 8) > 0)
			*why = "a date, and no option retains dates: is it a dummy?";
	}
	buf_free(&b);
	return 0;
}

static int
tells_nothing(const struct subject *s, size_t i, bool *nothing, struct err *e)
{
	struct buf b = { 0 };
	int got = 0;

	*nothing = dataset_at(s->set, i)->length == 0;
	if (!*nothing && !dataset_at(s->set, i)->sequence &&
	    dataset_at(s->set, i)->length <= 64 &&
	    (got = dataset_text(s->set, (int64_t)i, &b, e)) == 0)
		*nothing = b.len > 0 && check_is_dummy(b.data, b.len);
	buf_free(&b);
	return got;
}

/* A content item's UID stays with its concept, such as Device Observer UID: Table E.3.4-1. */
static bool
is_kept_item(const struct subject *s, uint32_t tag)
{
	return tag == 0x0040a124 && (s->claims & CLAIM(OPTION_STRUCTURED)) != 0 &&
	    (s->claims & (CLAIM(OPTION_DEVICE) | CLAIM(OPTION_UIDS))) != 0;
}

static int
check_row(const struct subject *s, size_t i, const struct row *r,
    int64_t original, struct err *e)
{
	const struct element *x = dataset_at(s->set, i);
	enum action a = row_action(r, s->claims);
	const char *why = NULL;
	bool same = false;

	if (a == ACTION_KEEP || a == ACTION_CLEAN || is_kept_item(s, x->tag))
		return 0;
	/* What an object must have is sometimes there, and tells nothing. */
	if (a == ACTION_REMOVE && tells_nothing(s, i, &same, e) < 0)
		return -1;
	if (a == ACTION_REMOVE && same)
		return check_say(s, "profile", LEVEL_INFO, (int64_t)i, e,
		    "is empty or holds a dummy; the profile removes it (X)");
	if (a == ACTION_REMOVE)
		return check_say(s, "profile", LEVEL_ERROR, (int64_t)i, e,
		    "is there, and the profile removes it (X)");
	if (x->sequence || x->length == 0)
		return 0;
	if (original >= 0 && same_value(s, i, original, &same, e) < 0)
		return -1;
	if (same)
		return check_say(s, "profile", s->was_clean ? LEVEL_WARNING :
		    LEVEL_ERROR, (int64_t)i, e,
		    "holds the original's value, and the profile replaces it (%s)%s",
		    r->basic, s->was_clean ? was_clean : "");
	if (a == ACTION_REPLACE && looks_real(s, i, r, &why, e) < 0)
		return -1;
	if (why != NULL)
		return check_say(s, "profile", LEVEL_WARNING, (int64_t)i, e,
		    "holds %s", why);
	return 0;
}

int
check_profile(const struct subject *s, struct err *e)
{
	int64_t *of = NULL;
	const struct row *r;
	size_t i;
	int got = 0;

	if (s->original != NULL && check_match(s, &of, e) < 0)
		return -1;
	for (i = 0; got == 0 && i < dataset_count(s->set); i++)
		if ((r = row_find(dataset_at(s->set, i)->tag)) != NULL)
			got = check_row(s, i, r, of != NULL ? of[i] : -1, e);
	free(of);
	return got;
}
