/* scrub_ids: an object's ids, its shift and its seal; see work.h. */
#include "deid/work.h"

#include <stdio.h>
#include <string.h>

#define SOP_INSTANCE	OBJECT_TAG(0x0008, 0x0018)
#define ACCESSION	OBJECT_TAG(0x0008, 0x0050)
#define PATIENT_NAME	OBJECT_TAG(0x0010, 0x0010)
#define PATIENT_ID	OBJECT_TAG(0x0010, 0x0020)
#define ISSUER		OBJECT_TAG(0x0010, 0x0021)
#define METHOD		OBJECT_TAG(0x0012, 0x0063)
#define STUDY		OBJECT_TAG(0x0020, 0x000d)
#define TEMPORAL	OBJECT_TAG(0x0028, 0x0303)

/* The text of TAG in SET as UTF-8, without padding on either side; none if absent.
 * It lives until the next call. */
static int
find_text(struct work *w, const struct item *set, uint32_t tag,
    struct slice *out, struct err *e)
{
	const struct element *el = item_find(set, tag);
	const char *text;
	size_t len;

	*out = (struct slice){ NULL, 0 };
	if (el == NULL || (text = element_text(el, &len)) == NULL)
		return 0;
	if (scrub_utf8(w, set, el, text, len, &out->p, &out->len, e) < 0)
		return -1;
	while (out->len > 0 && *out->p == ' ') {
		out->p++;
		out->len--;
	}
	return 0;
}

struct wanted {
	uint32_t tag;
	struct slice *to;
};

/* The texts of N top-level elements, which live in B. */
static int
copy_texts(struct work *w, const struct wanted *wanted, size_t n, struct buf *b,
    struct err *e)
{
	const char *p;
	size_t i;

	buf_clear(b);
	for (i = 0; i < n; i++)
		if (find_text(w, object_set(w->o), wanted[i].tag, wanted[i].to, e) < 0 ||
		    buf_add(b, wanted[i].to->p, wanted[i].to->len, e) < 0)
			return -1;
	for (i = 0, p = b->data; i < n; p += wanted[i++].to->len)
		wanted[i].to->p = p;
	return 0;
}

int
scrub_know_ids(struct work *w, struct err *e)
{
	struct ids_object *o = &w->ids;
	const struct wanted wanted[] = {
		{ SOP_INSTANCE, &o->facts.instance }, { TEMPORAL, &o->facts.temporal },
		{ PATIENT_ID, &o->facts.patient }, { ACCESSION, &o->facts.accession },
		{ ISSUER, &o->issuer }, { STUDY, &o->study }, { METHOD, &o->method },
	};

	if (copy_texts(w, wanted, sizeof wanted / sizeof wanted[0], &w->ids_text,
	    e) < 0 || ids_begin(&w->s->ids, o, e) < 0)
		return -1;
	/* Dates that have moved once stay, and are not the full ones. */
	if (o->shifted && w->profile.option[RETAIN_FULL_DATES]) {
		w->profile.option[RETAIN_FULL_DATES] = false;
		w->profile.option[RETAIN_MODIFIED_DATES] = true;
	}
	return 0;
}

int
scrub_map_shift(struct work *w, struct err *e)
{
	const struct ids_object *o = &w->ids;
	struct slice from = o->facts.patient.len > 0 ? o->facts.patient :
	    o->study.len > 0 ? o->study : o->facts.instance;
	char days[16];

	snprintf(days, sizeof days, "%d", o->shift);
	return o->shifted ? 0 : scrub_pair(w, "shift", from.p, from.len, days, e);
}

/* W's cleaned text, UTF-8, as the value of EL, which must be able to hold it. */
static int
set_id(struct work *w, const struct item *set, struct element *el, struct err *e)
{
	int got = scrub_set_utf8(w, set, el, w->cleaned.data, w->cleaned.len, e);

	return got > 0 ? err_set(e, "its character set cannot hold the new id of "
	    "(%04X,%04X)", el->tag >> 16, el->tag & 0xffff) : got;
}

static int
replace_patient(struct work *w, const struct item *set, struct slice id,
    struct err *e)
{
	struct buf copy = { 0 };
	struct slice issuer;
	int got = -1;

	/* Both may be in the memory of one text. */
	if (buf_add(&copy, id.p, id.len, e) == 0 &&
	    find_text(w, set, ISSUER, &issuer, e) == 0) {
		id.p = copy.data;
		got = ids_patient(&w->s->ids, &w->ids, id, issuer, &w->cleaned, e);
		if (got == 0)
			got = scrub_pair(w, "patient", id.p, id.len, w->cleaned.data, e);
	}
	buf_free(&copy);
	return got;
}

static int
replace_name(struct work *w, struct slice name, struct err *e)
{
	const struct ids *s = &w->s->ids;
	char digits[PSEUDONYM_ID_DIGITS + 1];

	/* Of the object's own patient, whose id decides. */
	if (w->depth == 0 && w->ids.patient[0] != '\0')
		return buf_add(&w->cleaned, w->ids.patient, strlen(w->ids.patient), e);
	pseudonym_id(s->key, "patient name", name.p, name.len, digits);
	return buf_add(&w->cleaned, s->prefix, strlen(s->prefix), e) < 0 ? -1 :
	    buf_add(&w->cleaned, digits, PSEUDONYM_ID_DIGITS, e);
}

static bool
is_id(const struct element *el)
{
	return el->tag == PATIENT_NAME || el->tag == PATIENT_ID ||
	    el->tag == ACCESSION;
}

bool
scrub_is_new_id(const struct work *w, const struct element *el,
    struct slice text)
{
	return is_id(el) && ids_are_ours(&w->s->ids, &w->ids, text);
}

int
scrub_replace_id(struct work *w, const struct item *set, struct element *el,
    struct err *e)
{
	struct slice id;
	int got;

	if (!is_id(el))
		return 0;
	if (find_text(w, set, el->tag, &id, e) < 0)
		return -1;
	if (id.len == 0)
		return 0;
	buf_clear(&w->cleaned);
	if (el->tag == PATIENT_NAME)
		got = replace_name(w, id, e);
	else if (el->tag == PATIENT_ID)
		got = replace_patient(w, set, id, e);
	else if ((got = ids_accession(&w->s->ids, &w->ids, id, &w->cleaned, e)) == 0)
		got = scrub_pair(w, "accession", id.p, id.len, w->cleaned.data, e);
	if (got < 0 || set_id(w, set, el, e) < 0)
		return -1;
	w->replaced_patient |= w->depth == 0 && el->tag == PATIENT_ID;
	w->replaced_accession |= w->depth == 0 && el->tag == ACCESSION;
	return 1;
}

int
scrub_make_seal(struct work *w, char out[SEAL_SIZE], struct err *e)
{
	const struct slice none = { NULL, 0 };
	struct seal_facts f;
	const struct wanted wanted[] = {
		{ SOP_INSTANCE, &f.instance }, { TEMPORAL, &f.temporal },
		{ PATIENT_ID, &f.patient }, { ACCESSION, &f.accession },
	};

	if (copy_texts(w, wanted, sizeof wanted / sizeof wanted[0], &w->value, e) < 0)
		return -1;
	/* Not what a policy kept, or others did: who asks may replace and move it yet. */
	if (!w->replaced_patient)
		f.patient = none;
	if (!w->replaced_accession)
		f.accession = none;
	if (slice_is(f.temporal, "MODIFIED") && !w->ids.shifted && !w->dates_shifted &&
	    w->settings.dates != CLEAN_DATES_SHIFT)
		f.temporal = none;
	seal_make(w->s->ids.key, &f, out);
	return 0;
}
