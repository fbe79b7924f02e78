/* scrub_act: what becomes of a value; see work.h. */
#include "deid/work.h"

#include <stdio.h>
#include <string.h>

#include "base/slice.h"
#include "deid/dates.h"
#include "deid/private.h"
#include "dicom/charset.h"

#define MANUFACTURER	OBJECT_TAG(0x0008, 0x0070)

static bool
is_vr(const struct element *el, const char *vr)
{
	return strcmp(el->vr, vr) == 0;
}

static int
set_value(struct work *w, struct element *el, const struct buf *b, struct err *e)
{
	return element_set(w->o, el, b->len > 0 ? b->data : "", b->len, e);
}

/* ---- dummies */

/* A text that is valid for the VR and says nothing (PS3.5 6.2), or NULL. */
static const char *
dummy_of(const char *vr)
{
	static const struct {
		char vr[3];
		const char *value;
	} list[] = {
		{ "AS", "000D" }, { "DA", "19000101" }, { "TM", "000000" },
		{ "DT", "19000101000000" }, { "UR", "urn:anon" },
		{ "AE", "ANON" }, { "CS", "ANON" }, { "LO", "ANON" },
		{ "LT", "ANON" }, { "PN", "ANON" }, { "SH", "ANON" },
		{ "ST", "ANON" }, { "UC", "ANON" }, { "UT", "ANON" },
	};
	size_t i;

	for (i = 0; i < sizeof list / sizeof list[0]; i++)
		if (strcmp(list[i].vr, vr) == 0)
			return list[i].value;
	return NULL;	/* a number or bytes */
}

bool
scrub_is_replacement(const struct work *w, const struct element *el)
{
	const char *dummy = dummy_of(el->vr), *text;
	size_t len;

	if ((text = element_text(el, &len)) == NULL)
		return false;
	if (dummy != NULL && len == strlen(dummy) && memcmp(text, dummy, len) == 0)
		return true;
	return pseudonym_id_in(&w->s->key, text, len) != NULL;
}

/*
 * As many zero bytes as there were of numbers, for a VM of 2-n must stay one; of
 * bytes and words, whose number says nothing, the fewest that are not none.
 */
static int
set_zeros(struct work *w, struct element *el, struct err *e)
{
	static const char zeros[8];
	size_t n = el->len;

	if (el->vr[0] == 'O' || is_vr(el, "UN") || n == 0)
		n = is_vr(el, "OD") || is_vr(el, "OV") || is_vr(el, "FD") ||
		    is_vr(el, "SV") || is_vr(el, "UV") ? 8 : is_vr(el, "OL") ||
		    is_vr(el, "OF") || is_vr(el, "FL") || is_vr(el, "UL") ||
		    is_vr(el, "SL") || is_vr(el, "AT") ? 4 : 2;
	for (buf_clear(&w->value); w->value.len < n; )
		if (buf_add(&w->value, zeros, n - w->value.len < sizeof zeros ?
		    n - w->value.len : sizeof zeros, e) < 0)
			return -1;
	return set_value(w, el, &w->value, e);
}

/* ---- identifiers */

/* What the standard defined names no instance. */
static bool
is_standard_uid(const char *uid, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if ((uid[i] < '0' || uid[i] > '9') && uid[i] != '.')
			return false;
	return len > 14 && len <= 64 && memcmp(uid, "1.2.840.10008.", 14) == 0;
}

/* Adds to W's value what comes in the place of one value. Returns 0 or -1. */
typedef int value_fn(struct work *w, struct slice old, struct err *e);

/* Replaces each value of EL, without the padding around it. Returns 0 or -1. */
static int
replace_values(struct work *w, struct element *el, value_fn *fn, struct err *e)
{
	struct slice rest, value;

	buf_clear(&w->value);
	rest.p = element_text(el, &rest.len);
	while (slice_next(&rest, '\\', &value)) {
		while (value.len > 0 && (value.p[value.len - 1] == ' ' ||
		    value.p[value.len - 1] == '\0'))
			value.len--;
		if ((value.len > 0 && fn(w, value, e) < 0) ||
		    (rest.p != NULL && buf_add(&w->value, "\\", 1, e) < 0))
			return -1;
	}
	return w->value.len > 0 ? set_value(w, el, &w->value, e) : 0;
}

static int
add_uid(struct work *w, struct slice old, struct err *e)
{
	char uid[PSEUDONYM_UID_SIZE];

	if (is_standard_uid(old.p, old.len))
		return buf_add(&w->value, old.p, old.len, e);
	pseudonym_uid(&w->s->key, old.p, old.len, uid);
	return scrub_pair(w, "uid", old.p, old.len, uid, e) < 0 ? -1 :
	    buf_add(&w->value, uid, strlen(uid), e);
}

static int
add_id(struct work *w, struct slice old, struct err *e)
{
	char id[PSEUDONYM_ID_DIGITS + 1];

	pseudonym_id(&w->s->key, "id", old.p, old.len, id);
	return scrub_pair(w, "id", old.p, old.len, id, e) < 0 ? -1 :
	    buf_add(&w->value, id, PSEUDONYM_ID_DIGITS, e);
}

int
scrub_hash(struct work *w, const struct item *set, struct element *el,
    struct err *e)
{
	int got = scrub_replace_id(w, set, el, e);

	return got == 0 ? replace_values(w, el, add_id, e) : got < 0 ? -1 : 0;
}

/* ---- what looks at the value: each returns 1 done, 0 not possible, -1 */

int
scrub_utf8(struct work *w, const struct item *set, const struct element *el,
    const char *text, size_t n, const char **out, size_t *len, struct err *e)
{
	const struct charset *c;
	const char *declared;
	size_t i, declared_len;

	*out = text;
	*len = n;
	for (i = 0; i < n && text[i] > 0 && text[i] != 0x1b; i++)
		;
	if (i == n)
		return 0;	/* ASCII, which is itself in all of them */
	declared = item_charset(set, &declared_len);
	buf_clear(&w->utf8);
	if ((c = charset_find(declared, declared_len, e)) == NULL ||
	    charset_decode(c, el->vr, text, n, &w->utf8, e) < 0)
		return -1;
	*out = w->utf8.data;
	*len = w->utf8.len;
	return 0;
}

/*
 * TEXT as the value of EL in the character set that holds there; by FIT cut to what
 * the VR allows. Returns 1 when a character is in none of its sets, or 0, or -1.
 */
static int
set_utf8(struct work *w, const struct item *set, struct element *el,
    const char *text, size_t len, bool fit, struct err *e)
{
	const struct charset *c;
	const char *declared;
	size_t declared_len;
	int lost;

	declared = item_charset(set, &declared_len);
	buf_clear(&w->value);
	if ((c = charset_find(declared, declared_len, e)) == NULL ||
	    (lost = (fit ? charset_fit : charset_encode)(c, el->vr, text, len,
	    &w->value, e)) < 0)
		return -1;
	return set_value(w, el, &w->value, e) < 0 ? -1 : lost;
}

int
scrub_set_utf8(struct work *w, const struct item *set, struct element *el,
    const char *text, size_t len, struct err *e)
{
	return set_utf8(w, set, el, text, len, false, e);
}

/* W's cleaned text, cut to what the VR allows if it GREW: what was too long stays so. */
static int
set_cleaned(struct work *w, const struct item *set, struct element *el, bool grew,
    struct err *e)
{
	const char *text = w->cleaned.data;
	size_t len = w->cleaned.len;

	while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\0'))
		len--;
	return set_utf8(w, set, el, text, len, grew, e);
}

/* Several values are cleaned one by one, so that each stays where it was. */
static bool
is_single(const struct element *el)
{
	return is_vr(el, "LT") || is_vr(el, "ST") || is_vr(el, "UT") ||
	    is_vr(el, "UR");
}

static int
clean_values(struct work *w, const struct element *el, const char *text,
    size_t len, struct err *e)
{
	struct clean_settings settings = w->settings;
	const char *end = text + len, *stop;
	struct buf one = { 0 };
	int changed = 0, got;

	settings.own_only = scrub_is_term(el);
	/* Many a phantom was scanned at its maker's. */
	settings.keep_places |= el->tag == MANUFACTURER;
	buf_clear(&w->cleaned);
	for (;; text = stop + 1) {
		if (is_single(el) ||
		    (stop = memchr(text, '\\', (size_t)(end - text))) == NULL)
			stop = end;
		got = memo_clean(w->s->memo, w->s->clean, &settings, text,
		    (size_t)(stop - text), &one, e);
		if (got < 0 || (got > 0 ? buf_add(&w->cleaned, one.data, one.len, e) :
		    buf_add(&w->cleaned, text, (size_t)(stop - text), e)) < 0 ||
		    (stop < end && buf_add(&w->cleaned, "\\", 1, e) < 0)) {
			changed = -1;
			break;
		}
		changed |= got;
		if (stop == end)
			break;
	}
	buf_free(&one);
	return changed;
}

static bool
is_blank(const struct buf *b)
{
	size_t i;

	for (i = 0; i < b->len; i++)
		if (b->data[i] != ' ' && b->data[i] != '\\')
			return false;
	return true;
}

static int
clean(struct work *w, const struct item *set, struct element *el, bool *changed,
    struct err *e)
{
	const char *text, *utf8;
	size_t len;
	int got;

	*changed = false;
	if (el->value == NULL || !vr_is_text(el->vr))
		return is_vr(el, "SQ");
	if ((text = element_text(el, &len)) == NULL)
		return 1;
	if (scrub_utf8(w, set, el, text, len, &utf8, &len, e) < 0 ||
	    (got = clean_values(w, el, utf8, len, e)) < 0)
		return -1;
	if (got == 0)
		return 1;
	*changed = true;
	if (is_blank(&w->cleaned))
		return 0;
	return set_cleaned(w, set, el, w->cleaned.len > len, e) < 0 ? -1 : 1;
}

static int
shift(struct work *w, struct element *el, struct err *e)
{
	const char *text;
	size_t len;
	int got;

	if ((text = element_text(el, &len)) == NULL)
		return el->value != NULL;
	buf_clear(&w->value);
	got = dates_shift(el->vr, text, len, w->settings.shift, &w->value, e);
	return got > 0 && set_value(w, el, &w->value, e) < 0 ? -1 : got;
}

static int
cap_age(struct work *w, struct element *el, bool *changed, struct err *e)
{
	const char *text;
	size_t len;

	text = element_text(el, &len);
	*changed = text != NULL && dates_age_is_over_89(text, len);
	if (*changed && element_set(w->o, el, "090Y", 4, e) < 0)
		return -1;
	return 1;
}

/* ---- all of it */

static int act_plainly(struct work *w, const struct item *set,
    struct element *el, enum profile_action action, const char *rule,
    bool *dummied, struct err *e);

/* An action that looks at the value; where it fails the verdict's other one. */
static int
act_on_value(struct work *w, struct item *set, struct element *el,
    const struct profile_verdict *v, bool *dummied, struct err *e)
{
	const char *name = "clean", *text;
	bool changed = true;
	size_t len;
	int got = 0;

	switch (v->action) {
	case ACTION_CLEAN:
		got = clean(w, set, el, &changed, e);
		break;
	case ACTION_SHIFT:
		name = "shift";
		got = shift(w, el, e);
		break;
	case ACTION_AGE:
		name = "age";
		got = cap_age(w, el, &changed, e);
		break;
	case ACTION_ZONE:
		changed = false;
		got = (text = element_text(el, &len)) != NULL &&
		    profile_is_zone(text, len);
		break;
	case ACTION_SEARCH:
		changed = false;
		if ((got = private_search(w->o, el, w->s->clean, w->names,
		    &w->settings, e)) >= 0)
			got = !got;
		break;
	default:
		break;
	}
	if (got < 0)
		return -1;
	if (got == 0)
		return act_plainly(w, set, el, v->otherwise, v->rule, dummied, e);
	return changed ? scrub_log(w, el, v->rule, name, e) : 0;
}

static int
first_item(struct work *w, struct item *set, struct element *el, struct err *e)
{
	size_t i;

	for (i = 1; i < el->nitems; i++)
		el->items[i].gone = true;
	return el->nitems == 0 && item_add(w->o, set, el->tag, e) == NULL ? -1 : 0;
}

/* As many as there were, for orientations have six. */
static int
set_text_zeros(struct work *w, struct element *el, struct err *e)
{
	const char *p = el->value, *end = p == NULL ? p : p + el->len;

	buf_clear(&w->value);
	if (buf_add(&w->value, "0", 1, e) < 0)
		return -1;
	for (; p < end; p++)
		if (*p == '\\' && buf_add(&w->value, "\\0", 2, e) < 0)
			return -1;
	return set_value(w, el, &w->value, e);
}

int
scrub_dummy(struct work *w, struct element *el, struct err *e)
{
	const char *dummy = dummy_of(el->vr);

	/* The value of a UI is never a dummy: it must be a UID of its own. */
	if (is_vr(el, "UI"))
		return replace_values(w, el, add_uid, e);
	if (is_vr(el, "DS") || is_vr(el, "IS"))
		return set_text_zeros(w, el, e);
	return dummy == NULL ? set_zeros(w, el, e) :
	    element_set(w->o, el, dummy, strlen(dummy), e);
}

static int
act_plainly(struct work *w, const struct item *set, struct element *el,
    enum profile_action action, const char *rule, bool *dummied, struct err *e)
{
	int got;

	switch (action) {
	case ACTION_KEEP:
		return 0;
	case ACTION_REMOVE:
		el->gone = true;
		return scrub_log(w, el, rule, "remove", e);
	case ACTION_UID:
		if (el->len == 0)
			return 0;
		return replace_values(w, el, add_uid, e) < 0 ? -1 :
		    scrub_log(w, el, rule, "uid", e);
	default:
		break;
	}
	if (is_vr(el, "SQ")) {
		*dummied = true;
		if (action == ACTION_EMPTY && element_set(w->o, el, "", 0, e) < 0)
			return -1;
		return scrub_log(w, el, rule,
		    action == ACTION_EMPTY ? "empty" : "dummy", e);
	}
	if ((got = scrub_replace_id(w, set, el, e)) != 0)
		return got < 0 ? -1 : scrub_log(w, el, rule, "pseudonym", e);
	if (action == ACTION_EMPTY)
		return element_set(w->o, el, "", 0, e) < 0 ? -1 :
		    scrub_log(w, el, rule, "empty", e);
	return scrub_dummy(w, el, e) < 0 ? -1 : scrub_log(w, el, rule, "dummy", e);
}

int
scrub_act(struct work *w, struct item *set, struct element *el,
    const struct profile_verdict *v, bool *dummied, struct err *e)
{
	if (v->action > ACTION_UID)
		return act_on_value(w, set, el, v, dummied, e);
	if (v->action == ACTION_DUMMY && is_vr(el, "SQ") &&
	    first_item(w, set, el, e) < 0)
		return -1;
	return act_plainly(w, set, el, v->action, v->rule, dummied, e);
}
