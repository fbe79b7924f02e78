/* scrub: PS3.15 Annex E, applied to an object; see scrub.h. */
#include "deid/scrub.h"

#include <stdio.h>
#include <string.h>

#include "deid/content.h"
#include "deid/documents.h"
#include "deid/graphics.h"
#include "deid/originals.h"
#include "deid/private.h"
#include "deid/work.h"
#include "dicom/charset.h"

#define CHARACTER_SET	OBJECT_TAG(0x0008, 0x0005)
#define SOP_CLASS	OBJECT_TAG(0x0008, 0x0016)
#define SOP_INSTANCE	OBJECT_TAG(0x0008, 0x0018)
#define CODE_VALUE	OBJECT_TAG(0x0008, 0x0100)
#define CODE_SCHEME	OBJECT_TAG(0x0008, 0x0102)
#define CODE_MEANING	OBJECT_TAG(0x0008, 0x0104)
#define SOFTWARE	OBJECT_TAG(0x0018, 0x1020)	/* Software Versions */
#define CONTENT_LABEL	OBJECT_TAG(0x0070, 0x0080)	/* CS, and typed in freely */
#define REFERENCES	OBJECT_TAG(0x0008, 0x1115)
#define DOCUMENT	OBJECT_TAG(0x0042, 0x0011)
#define ENCRYPTED	OBJECT_TAG(0x0400, 0x0500)
#define ID_DIGITS_MIN 6	/* shorter numbers are found everywhere by chance */
#define DIRECTORY	OBJECT_TAG(0x0004, 0x1220)

static bool
is_one_of(const char *vr, const char *list)
{
	return strstr(list, vr) != NULL;
}

/* ---- decisions */

/*
 * Within a sequence that D replaces, what the profile would keep becomes a dummy
 * too, but its structure.
 */
static struct profile_verdict
decide_dummied(const struct element *el)
{
	/* Defined terms and counts hold the item together, and name nobody. */
	if (is_one_of(el->vr, "SQ CS US UL") || (el->len == 0 && el->disk == 0))
		return (struct profile_verdict){ ACTION_KEEP, "D", ACTION_KEEP };
	return (struct profile_verdict){ strcmp(el->vr, "UI") == 0 ? ACTION_UID :
	    ACTION_DUMMY, "D", ACTION_KEEP };
}

/* Has it letters that no value of its VR has (PS3.5 6.2)? Someone typed it in. */
static bool
is_misused(const struct element *el)
{
	static const struct {
		char vr[3];
		const char *legal;
	} strict[] = {
		{ "AS", "0123456789DWMY \\" },
		{ "CS", "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_ \\" },
		{ "DA", "0123456789.-/ \\" },
		{ "DS", "0123456789+-.eE \\" },
		{ "DT", "0123456789+-. \\" },
		{ "IS", "0123456789+- \\" },
		{ "TM", "0123456789.:- \\" },
		{ "UI", "0123456789. \\" },
	};
	size_t i, j, len;
	const char *text;

	if ((text = element_text(el, &len)) == NULL)
		return false;
	for (i = 0; i < sizeof strict / sizeof strict[0]; i++)
		if (strcmp(strict[i].vr, el->vr) == 0)
			for (j = 0; j < len; j++)
				if (text[j] == '\0' ||
				    strchr(strict[i].legal, text[j]) == NULL)
					return true;
	return false;
}

/*
 * Does it name no character set that exists? Without it the default repertoire
 * holds; text that is not of that refuses the object.
 */
static bool
is_unknown_charset(const struct element *el)
{
	struct err unused;
	const char *text;
	size_t len;

	return el->tag == CHARACTER_SET &&
	    (text = element_text(el, &len)) != NULL &&
	    charset_find(text, len, &unused) == NULL;
}

bool
scrub_is_term(const struct element *el)
{
	return el->tag == CODE_VALUE || el->tag == CODE_SCHEME ||
	    el->tag == SOFTWARE || (el->tag != CONTENT_LABEL &&
	    strcmp(el->vr, "CS") == 0 && !is_misused(el));
}

/*
 * Is it a term by which readers know what an item is, and that the standard lists whole?
 * Somebody is called Point, and Text is a word of many a PN; no reader knows ANON.
 */
static bool
is_structure(uint32_t tag)
{
	static const uint32_t tags[] = {
		0x00080060,	/* Modality */
		0x00280004,	/* Photometric Interpretation */
		0x0040a010,	/* Relationship Type */
		0x0040a040,	/* Value Type */
		0x0040a050,	/* Continuity of Content */
		0x0040a130,	/* Temporal Range Type */
		0x0040a491,	/* Completion Flag */
		0x0040a493,	/* Verification Flag */
		0x00620001,	/* Segmentation Type */
		0x00700003,	/* Bounding Box Annotation Units */
		0x00700004,	/* Anchor Point Annotation Units */
		0x00700005,	/* Graphic Annotation Units */
		0x00700023,	/* Graphic Type */
		0x30060036,	/* ROI Generation Algorithm */
		0x30060042,	/* Contour Geometric Type */
		0x54001006,	/* Waveform Sample Interpretation */
	};
	size_t i;

	for (i = 0; i < sizeof tags / sizeof tags[0]; i++)
		if (tags[i] == tag)
			return true;
	return false;
}

/* Is it text that someone may have typed in? */
static bool
is_words(const struct element *el)
{
	const char *text;
	size_t len;

	if (el->tag == CODE_MEANING && (text = element_text(el, &len)) != NULL &&
	    profile_is_method(text, len))
		return false;
	if (strcmp(el->vr, "CS") == 0 && is_structure(el->tag) && !is_misused(el))
		return false;
	return el->tag != CHARACTER_SET &&
	    (is_one_of(el->vr, "AE CS LO LT SH ST UC UR UT") || is_misused(el));
}

/* Is one of its values a whole number as long as an id, which it then may be? */
static bool
has_long_number(const struct element *el)
{
	size_t i, digits = 0;
	bool whole = true;
	char c;

	if (el->value == NULL || !is_one_of(el->vr, "DS IS"))
		return false;
	for (i = 0; i <= el->len; i++) {
		c = i < el->len ? el->value[i] : '\\';
		if (c >= '0' && c <= '9')
			digits++;
		else if (c != '\\')
			whole = whole && (c == ' ' || c == '\0');
		else if (whole && digits >= ID_DIGITS_MIN)
			return true;
		else
			digits = 0, whole = true;
	}
	return false;
}

struct profile_verdict
scrub_decide(const struct work *w, const struct place *p,
    const struct element *el)
{
	struct profile_verdict v;

	if ((el->tag & 0x10000) != 0 && (p->dummied ||
	    !w->profile.option[RETAIN_SAFE_PRIVATE]))
		return (struct profile_verdict){ ACTION_REMOVE, "private", 0 };
	if ((el->tag & 0x10000) != 0)
		return private_decide(&w->profile, w->o, p->set, el);
	/* A meaning that nobody knows cannot be judged. */
	if (!el->known || strcmp(el->vr, "UN") == 0 || is_unknown_charset(el))
		return (struct profile_verdict){ ACTION_REMOVE, "unknown", 0 };
	if (w->profile.option[CLEAN_STRUCTURED] && !p->dummied &&
	    content_decide(w->profile.option, p->set, el, &v))
		return v;
	v = profile_decide(&w->profile, p->set->sequence, el->tag, el->vr);
	if (v.action == ACTION_CLEAN && graphics_is_data(el->tag))
		return (struct profile_verdict){ ACTION_KEEP, v.rule, 0 };
	if (p->dummied && (v.action == ACTION_KEEP || v.action > ACTION_UID))
		return decide_dummied(el);
	if (v.action == ACTION_KEEP && v.rule == NULL && is_words(el))
		return (struct profile_verdict){ ACTION_CLEAN, "words", v.otherwise };
	if (v.action == ACTION_KEEP && v.rule == NULL && has_long_number(el))
		return (struct profile_verdict){ ACTION_SEARCH, "words", v.otherwise };
	/* An option keeps dates, ages and UIDs, not what is none. */
	if (!is_one_of(el->vr, "CS DS IS") && is_misused(el) &&
	    (v.action == ACTION_KEEP || v.action == ACTION_AGE))
		return (struct profile_verdict){ ACTION_DUMMY, "value", 0 };
	return v;
}

/* Is it what we have put there: a dummy document, an envelope of this key? */
static bool
is_ours(const struct work *w, const struct place *p, struct element *el)
{
	return el->tag == DOCUMENT ||
	    (el->tag == ENCRYPTED && p->set->parent == NULL &&
	    originals_are_ours(el, &w->s->key));
}

static int
log_removed(const struct element *el, void *w, struct err *e)
{
	return scrub_log(w, el, "private", "remove", e);
}

static int
scrub_set(struct work *w, const struct place *p, struct err *e)
{
	struct profile_verdict v;
	struct place inner;
	struct element *el;
	size_t i, j;
	int got;

	for (i = 0; i < p->set->n; i++) {
		el = &p->set->elements[i];
		if (el->gone)
			continue;
		if (is_ours(w, p, el)) {
			if (el->tag == DOCUMENT && scrub_log(w, el, "document",
			    "dummy", e) < 0)
				return -1;
			continue;
		}
		v = scrub_decide(w, p, el);
		inner = *p;
		got = w->s->policy == NULL ? 0 :
		    scrub_by_policy(w, p, el, &v, &inner, e);
		if (got < 0 || (got == 0 &&
		    scrub_act(w, p->set, el, &v, &inner.dummied, e) < 0))
			return -1;
		if (el->gone || el->nitems == 0)
			continue;
		w->path[w->depth++] = el->tag;
		for (j = 0; j < el->nitems; j++) {
			inner.set = &el->items[j];
			if (!inner.set->gone && scrub_set(w, &inner, e) < 0)
				return -1;
		}
		w->depth--;
		if (inner.opened != 0 && scrub_close(w, el, &inner, e) < 0)
			return -1;
	}
	return w->profile.option[RETAIN_SAFE_PRIVATE] || w->s->policy != NULL ?
	    private_settle(w->o, p->set, log_removed, w, e) : 0;
}

/* ---- an object */

static void
know_settings(struct work *w)
{
	const bool *option = w->profile.option;

	w->settings.dates = option[RETAIN_FULL_DATES] ? CLEAN_DATES_KEEP :
	    option[RETAIN_MODIFIED_DATES] ? CLEAN_DATES_SHIFT : CLEAN_DATES_REMOVE;
	w->settings.shift = w->ids.shift;
	w->settings.keep_places = option[RETAIN_INSTITUTION];
	w->settings.keep_devices = option[RETAIN_DEVICE];
}

/* What the options clean as a whole, before the elements one by one. */
static int
clean_parts(struct work *w, struct err *e)
{
	struct audit log = { scrub_log_at, w };
	struct graphics g = { w->s->find_text, w->s->find_arg, &log };

	if (w->profile.option[CLEAN_STRUCTURED] &&
	    content_prune(w->o, w->profile.option, &log, e) < 0)
		return -1;
	return w->profile.option[CLEAN_GRAPHICS] ? graphics_clean(w->o, &g, e) : 0;
}

/* Returns 1 when the object is to be dropped. */
static int
treat_documents(struct work *w, struct err *e)
{
	struct item *set = object_set(w->o);

	if (!documents_in(set))
		return 0;
	switch (w->s->documents) {
	case SCRUB_DOCUMENTS_DROP:
		return 1;
	case SCRUB_DOCUMENTS_DUMMY:
		return documents_replace(w->o, set, e);
	default:
		return err_set(e, "an encapsulated document (0042,0011) cannot be "
		    "cleaned; --documents drops such files, or puts a dummy there");
	}
}

/* Returns 1 when the object is to be dropped. */
static int
scrub_all(struct work *w, const struct place *top, struct err *e)
{
	int got;

	if ((got = scrub_unmark(w, e)) != 0 || (got = treat_documents(w, e)) != 0 ||
	    (got = scrub_gather(w, top->set, e)) != 0 ||
	    (got = clean_parts(w, e)) != 0 || (got = scrub_set(w, top, e)) != 0)
		return got;
	return scrub_mark(w, e);
}

/* The same, and what was changed goes into the object for the recipients. */
static int
scrub_and_encrypt(struct work *w, const struct place *top, struct err *e)
{
	const struct element *el;
	struct originals *was;
	int got;

	if (originals_note(w->o, &was, e) < 0)
		return -1;
	if ((got = scrub_all(w, top, e)) != 0)
		goto out;
	got = originals_seal(was, w->o, w->s->recipients, &w->s->key, e);
	if (got > 0 && (el = item_find(top->set, ENCRYPTED)) != NULL)
		got = scrub_log(w, el, "originals", "encrypt", e);
out:
	originals_free(was);
	return got;
}

int
scrub_apply(const struct scrub *s, struct object *o, struct err *e)
{
	struct work w = { .s = s, .o = o, .profile = s->profile, .names = memo_names(s->memo) };
	struct place top = { .set = object_set(o) };
	char sop_class[65];
	const char *v;
	size_t len;
	int got = -1;

	if (item_find(top.set, DIRECTORY) != NULL)
		return err_set(e, "a DICOMDIR names its files' patients; make a new "
		    "one of the clean files, as dcmmkdir does");
	if (item_text(top.set, SOP_INSTANCE, &len) == NULL)
		return err_set(e, "has no SOP Instance UID (0008,0018)");
	if ((v = item_text(top.set, SOP_CLASS, &len)) == NULL)
		return err_set(e, "has no SOP Class UID (0008,0016)");
	if (content_refuse_voice(o, e) < 0)
		return -1;
	snprintf(sop_class, sizeof sop_class, "%.*s", (int)(len < 64 ? len : 64), v);
	w.profile.iod = profile_iod(sop_class);
	w.profile.lists_references = item_find(top.set, REFERENCES) != NULL;
	if (scrub_know_ids(&w, e) < 0)
		goto out;
	know_settings(&w);
	if (w.profile.option[RETAIN_SAFE_PRIVATE] || s->policy != NULL)
		private_name_vrs(o, top.set);
	if (s->policy != NULL && policy_begin(s->policy, o, &top.closed, e) < 0)
		goto out;
	w.closed = top.closed;
	got = s->recipients != NULL ? scrub_and_encrypt(&w, &top, e) :
	    scrub_all(&w, &top, e);
out:
	buf_free(&w.ids_text);
	buf_free(&w.utf8);
	buf_free(&w.cleaned);
	buf_free(&w.value);
	return got;
}
