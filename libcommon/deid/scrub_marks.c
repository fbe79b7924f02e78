/* scrub_marks: what a clean object says of itself; see work.h. */
#include "deid/work.h"

#include <string.h>

#include "base/slice.h"
#include "deid/seal.h"

#define CODE_VALUE	OBJECT_TAG(0x0008, 0x0100)
#define CODE_SCHEME	OBJECT_TAG(0x0008, 0x0102)
#define CODE_MEANING	OBJECT_TAG(0x0008, 0x0104)
#define REMOVED		OBJECT_TAG(0x0012, 0x0062)
#define METHOD		OBJECT_TAG(0x0012, 0x0063)
#define METHOD_CODES	OBJECT_TAG(0x0012, 0x0064)
#define TEMPORAL	OBJECT_TAG(0x0028, 0x0303)

static int
put_text(struct object *o, struct item *set, uint32_t tag, const char *vr,
    const char *text, struct err *e)
{
	return item_put(o, set, tag, vr, text, strlen(text), e) == NULL ? -1 : 0;
}

static const char weakened_text[] =
    "unphi: PS3.15 Basic Profile, weakened by a site policy";

int
scrub_unmark(struct work *w, struct err *e)
{
	struct element *el = item_find(object_set(w->o), METHOD);
	char ours[PROFILE_METHOD_SIZE];
	struct slice rest, value;

	if (el == NULL || (rest.p = element_text(el, &rest.len)) == NULL)
		return 0;
	profile_method(&w->profile, ours);
	buf_clear(&w->value);
	while (slice_next(&rest, '\\', &value))
		if (!slice_is(value, ours) && !slice_is(value, weakened_text) &&
		    !seal_is(value) &&
		    ((w->value.len > 0 && buf_add(&w->value, "\\", 1, e) < 0) ||
		    buf_add(&w->value, value.p, value.len, e) < 0))
			return -1;
	return element_set(w->o, el, w->value.data, w->value.len, e);
}

/* (0012,0063) with our values behind those that others put there. */
static int
set_method(struct work *w, struct err *e)
{
	char ours[PROFILE_METHOD_SIZE], seal[SEAL_SIZE];
	const char *theirs, *method = w->weakened ? weakened_text : ours;
	size_t len;

	if (scrub_make_seal(w, seal, e) < 0)
		return -1;
	profile_method(&w->profile, ours);
	theirs = item_text(object_set(w->o), METHOD, &len);
	buf_clear(&w->value);
	return (theirs != NULL && (buf_add(&w->value, theirs, len, e) < 0 ||
	    buf_add(&w->value, "\\", 1, e) < 0)) ||
	    buf_add(&w->value, method, strlen(method), e) < 0 ||
	    buf_add(&w->value, "\\", 1, e) < 0 ||
	    buf_add(&w->value, seal, strlen(seal), e) < 0 ||
	    put_text(w->o, object_set(w->o), METHOD, "LO", w->value.data, e) < 0 ?
	    -1 : 0;
}

static bool
is_text(const struct item *set, uint32_t tag, const char *text)
{
	size_t len;
	const char *v = item_text(set, tag, &len);

	return v != NULL && len == strlen(text) && memcmp(v, text, len) == 0;
}

/* Adds the code to (0012,0064) unless it is there. */
static int
add_code(struct object *o, const struct profile_code *c, struct err *e)
{
	const struct element *el = item_find(object_set(o), METHOD_CODES);
	struct item *in;
	size_t i;

	for (i = 0; el != NULL && i < el->nitems; i++)
		if (!el->items[i].gone && is_text(&el->items[i], CODE_VALUE, c->value) &&
		    is_text(&el->items[i], CODE_SCHEME, "DCM"))
			return 0;
	if ((in = item_add(o, object_set(o), METHOD_CODES, e)) == NULL)
		return -1;
	return put_text(o, in, CODE_VALUE, "SH", c->value, e) < 0 ||
	    put_text(o, in, CODE_SCHEME, "SH", "DCM", e) < 0 ||
	    put_text(o, in, CODE_MEANING, "LO", c->meaning, e) < 0 ? -1 : 0;
}

/* What was done to dates, by us or by who de-identified the object before us. */
static const char *
temporal(const struct work *w)
{
	const char *ours = w->dates_moved ? "MODIFIED" : profile_temporal(&w->profile);
	const struct item *set = object_set(w->o);

	if (!is_text(set, REMOVED, "YES") || strcmp(ours, "REMOVED") == 0)
		return ours;
	return is_text(set, TEMPORAL, "REMOVED") ? "REMOVED" :
	    is_text(set, TEMPORAL, "MODIFIED") ? "MODIFIED" : ours;
}

int
scrub_mark(struct work *w, struct err *e)
{
	struct item *set = object_set(w->o);
	const char *dates = temporal(w);
	int i;

	if (put_text(w->o, set, REMOVED, "CS", "YES", e) < 0 ||
	    put_text(w->o, set, TEMPORAL, "CS", dates, e) < 0 ||
	    ((w->dates_moved || w->settings.dates == CLEAN_DATES_SHIFT) &&
	    scrub_map_shift(w, e) < 0) ||
	    set_method(w, e) < 0 ||
	    (!w->weakened && add_code(w->o, profile_basic_code(), e) < 0))
		return -1;
	for (i = 0; i < PROFILE_OPTIONS; i++)
		if (w->profile.option[i] && add_code(w->o,
		    profile_option_code((enum profile_option)i), e) < 0)
			return -1;
	return 0;
}
