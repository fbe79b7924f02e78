/* scrub_gather: what of an object's identity must not be found in it; see work.h. */
#include "deid/content.h"
#include "deid/work.h"

#include <stdlib.h>
#include <string.h>

#define UID_BY_FORM 20	/* characters of a UID that no version or number has */
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Elements that identify, but persons' names (PN), dates (DA) and UIDs. */
static const struct source {
	uint32_t tag;
	enum names_kind kind;
} sources[] = {
	{ 0x00080050, NAMES_ID },	/* Accession Number */
	{ 0x00080080, NAMES_PLACE },	/* Institution Name */
	{ 0x00080081, NAMES_PLACE },	/* Institution Address */
	{ 0x00080092, NAMES_OTHER },	/* Referring Physician's Address */
	{ 0x00080094, NAMES_OTHER },	/* Referring Physician's Telephone Numbers */
	{ 0x00081010, NAMES_DEVICE },	/* Station Name */
	{ 0x00081040, NAMES_PLACE },	/* Institutional Department Name */
	{ 0x00100020, NAMES_ID },	/* Patient ID */
	{ 0x00101000, NAMES_ID },	/* Other Patient IDs */
	{ 0x00101040, NAMES_OTHER },	/* Patient's Address */
	{ 0x00101050, NAMES_ID },	/* Insurance Plan Identification */
	{ 0x00101090, NAMES_ID },	/* Medical Record Locator */
	{ 0x00102154, NAMES_OTHER },	/* Patient's Telephone Numbers */
	{ 0x00102155, NAMES_OTHER },	/* Patient's Telecom Information */
	{ 0x00120030, NAMES_ID },	/* Clinical Trial Site ID */
	{ 0x00120031, NAMES_PLACE },	/* Clinical Trial Site Name */
	{ 0x00120040, NAMES_ID },	/* Clinical Trial Subject ID */
	{ 0x00120042, NAMES_ID },	/* Clinical Trial Subject Reading ID */
	{ 0x00181000, NAMES_DEVICE },	/* Device Serial Number */
	{ 0x00200010, NAMES_ID },	/* Study ID */
	{ 0x00321021, NAMES_DEVICE },	/* Scheduled Study Location AE Title */
	{ 0x00380010, NAMES_ID },	/* Admission ID */
	{ 0x00380060, NAMES_ID },	/* Service Episode ID */
	{ 0x00400009, NAMES_ID },	/* Scheduled Procedure Step ID */
	{ 0x00400010, NAMES_DEVICE },	/* Scheduled Station Name */
	{ 0x00400242, NAMES_DEVICE },	/* Performed Station Name */
	{ 0x00400253, NAMES_ID },	/* Performed Procedure Step ID */
	{ 0x00401001, NAMES_ID },	/* Requested Procedure ID */
	{ 0x00401102, NAMES_OTHER },	/* Person's Address */
	{ 0x00401103, NAMES_OTHER },	/* Person's Telephone Numbers */
	{ 0x00401104, NAMES_OTHER },	/* Person's Telecom Information */
	{ 0x00402016, NAMES_ID },	/* Placer Order Number */
	{ 0x00402017, NAMES_ID },	/* Filler Order Number */
};

static int
compare(const void *key, const void *member)
{
	uint32_t a = *(const uint32_t *)key;
	uint32_t b = ((const struct source *)member)->tag;

	return (a > b) - (a < b);
}

/* What of EL identifies. False: nothing that is looked for in text. */
static bool
kind_of(const struct item *set, const struct element *el, size_t depth,
    enum names_kind *kind)
{
	const struct source *s;

	if (content_identifies(set, el, kind))
		return true;
	if (strcmp(el->vr, "PN") == 0)	/* Name, Other Names, Birth Name */
		*kind = el->tag == 0x00100010 || el->tag == 0x00101001 ||
		    el->tag == 0x00101005 ? NAMES_PATIENT : NAMES_PERSON;
	else if (el->tag == 0x00100030)
		*kind = NAMES_BIRTH;
	else if (strcmp(el->vr, "DA") == 0)
		*kind = NAMES_DATE;
	else if (strcmp(el->vr, "UI") == 0)
		*kind = NAMES_UID;
	else if ((s = bsearch(&el->tag, sources, COUNT(sources),
	    sizeof sources[0], compare)) != NULL)
		*kind = s->kind;
	else
		return false;
	/* UIDs of the object itself; those of classes and instances are many. */
	return *kind != NAMES_UID || depth == 0;
}

/*
 * Does it stay, for the profile and for the policy? What is only cleaned stays: its
 * text must not be what others are searched for, or the next run would find it.
 */
static bool
is_kept(struct work *w, struct item *set, const struct element *el,
    enum names_kind kind)
{
	struct place p = { .set = set };
	enum profile_action does = scrub_decide(w, &p, el).action;
	enum policy_action a;

	/* Dates that stay tell how old the patient is; text that has them keeps them. */
	if (kind == NAMES_DATE && w->settings.dates == CLEAN_DATES_KEEP)
		return false;
	if (does != ACTION_KEEP && (does != ACTION_CLEAN || kind == NAMES_PATIENT ||
	    kind == NAMES_PERSON || kind == NAMES_BIRTH))
		return false;
	if (w->s->policy == NULL)
		return true;
	a = policy_decide(w->s->policy, set, el, w->closed).action;
	return a == POLICY_NONE || a == POLICY_KEEP;
}

/*
 * Is it a UID that is in each slice another? As long as it is, any text that has it
 * loses it by its form, and the memo may keep the patient.
 */
static bool
is_slice_uid(const struct element *el, size_t len)
{
	return el->tag == OBJECT_TAG(0x0008, 0x0018) && len >= UID_BY_FORM;
}

static int
gather_one(struct work *w, struct item *set, const struct element *el,
    struct err *e)
{
	enum names_kind kind;
	const char *text, *utf8;
	size_t len;

	if (!kind_of(set, el, w->depth, &kind) ||
	    (text = element_text(el, &len)) == NULL ||
	    scrub_is_replacement(w, el) || is_slice_uid(el, len) ||
	    (kind == NAMES_UID && strncmp(text, "1.2.840.10008.", 14) == 0) ||
	    is_kept(w, set, el, kind))
		return 0;
	if (scrub_utf8(w, set, el, text, len, &utf8, &len, e) < 0)
		return -1;
	return scrub_is_new_id(w, el, (struct slice){ utf8, len }) ? 0 :
	    memo_note(w->s->memo, kind, utf8, len, e);
}

static int
gather_set(struct work *w, struct item *set, struct err *e)
{
	struct element *el;
	size_t i;

	for (el = set->elements; el < set->elements + set->n; el++) {
		if (gather_one(w, set, el, e) < 0)
			return -1;
		if (el->nitems == 0)
			continue;
		w->path[w->depth++] = el->tag;
		for (i = 0; i < el->nitems; i++)
			if (gather_set(w, &el->items[i], e) < 0)
				return -1;
		w->depth--;
	}
	return 0;
}

int
scrub_gather(struct work *w, struct item *set, struct err *e)
{
	memo_begin(w->s->memo);
	return gather_set(w, set, e) < 0 ? -1 : memo_learn(w->s->memo, e);
}
