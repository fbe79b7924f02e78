/* scrub: the Basic Profile, applied to a file; see scrub.h. */
#include "deid/scrub.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "deid/identity.h"
#include "deid/pseudonym.h"
#include "dicom/edit.h"

#define SOP_CLASS	DCM_TAG(0x0008, 0x0016)
#define SOP_INSTANCE	DCM_TAG(0x0008, 0x0018)
#define ACCESSION	DCM_TAG(0x0008, 0x0050)
#define PATIENT_NAME	DCM_TAG(0x0010, 0x0010)
#define PATIENT_ID	DCM_TAG(0x0010, 0x0020)
#define REMOVED		DCM_TAG(0x0012, 0x0062)
#define METHOD		DCM_TAG(0x0012, 0x0063)
#define METHOD_CODES	DCM_TAG(0x0012, 0x0064)
#define DIRECTORY	DCM_TAG(0x0004, 0x1220)
#define TEMPORAL	DCM_TAG(0x0028, 0x0303)
#define CODE_VALUE	DCM_TAG(0x0008, 0x0100)
#define CODE_SCHEME	DCM_TAG(0x0008, 0x0102)
#define CONTENT_LABEL	DCM_TAG(0x0070, 0x0080)	/* CS, and typed in freely */
#define DOCUMENT	DCM_TAG(0x0042, 0x0011)

#define METHOD_TEXT "unphi: PS3.15 2026d Basic Profile"

/* Marks of sequences, for what is inside of them. */
enum { PLAIN, DUMMIED };

struct work {
	const struct scrub *s;
	struct profile profile;
	struct identity identity;	/* what the profile takes away */
	char patient[SCRUB_PREFIX_MAX + PSEUDONYM_ID_DIGITS + 1];
};

static size_t
trimmed(const char *text, size_t len)
{
	while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\0'))
		len--;
	return len;
}

/* ---- the log and the crosswalk */

static int
add_path(struct buf *b, uint32_t tag, const char *after, struct err *e)
{
	char text[16];
	int n = snprintf(text, sizeof text, "(%04X,%04X)%s", tag >> 16,
	    tag & 0xffff, after);

	return buf_add(b, text, (size_t)n, e);
}

static int
log_action(const struct work *w, const struct edit_element *el,
    const char *rule, const char *action, struct err *e)
{
	struct buf path = { 0 };
	char tag[16];
	json_t *line;
	size_t i;
	int got = -1;

	if (w->s->actions == NULL)
		return 0;
	for (i = 0; i < el->depth; i++)
		if (add_path(&path, el->path[i], "/", e) < 0)
			goto out;
	if (add_path(&path, el->tag, "", e) < 0)
		goto out;
	snprintf(tag, sizeof tag, "(%04X,%04X)", el->tag >> 16, el->tag & 0xffff);
	line = json_pack("{s:s, s:s, s:s, s:s}", "tag", tag, "path", path.data,
	    "rule", rule, "action", action);
	if (line == NULL || json_array_append_new(w->s->actions, line) < 0)
		err_set(e, "out of memory");
	else
		got = 0;
out:
	buf_free(&path);
	return got;
}

/* Bytes of any character set as a JSON string: above 7 bits as Latin-1. */
static json_t *
json_bytes(const char *text, size_t len)
{
	struct buf b = { 0 };
	json_t *v = NULL;
	unsigned char c;
	char two[2];
	size_t i;

	for (i = 0; i < len; i++) {
		c = (unsigned char)text[i];
		two[0] = (char)(c < 0x80 ? c : 0xc0 | c >> 6);
		two[1] = (char)(0x80 | (c & 0x3f));
		if (buf_add(&b, two, c < 0x80 ? 1 : 2, NULL) < 0)
			goto out;
	}
	v = json_stringn(b.data != NULL ? b.data : "", b.len);
out:
	buf_free(&b);
	return v;
}

static int
map_pair(const struct work *w, const char *kind, const char *from, size_t len,
    const char *to, struct err *e)
{
	json_t *line;

	if (w->s->map == NULL || (strlen(to) == len && memcmp(from, to, len) == 0))
		return 0;
	line = json_pack("{s:s, s:o, s:s}", "kind", kind, "from",
	    json_bytes(from, len), "to", to);
	if (line == NULL || json_array_append_new(w->s->map, line) < 0)
		return err_set(e, "out of memory");
	return 0;
}

/* ---- replacements */

/* A text that is valid for the VR and says nothing (PS3.5 6.2), or NULL. */
static const char *
dummy_of(const char *vr)
{
	static const struct {
		char vr[3];
		const char *value;
	} list[] = {
		{ "AS", "000D" }, { "DA", "19000101" }, { "TM", "000000" },
		{ "DT", "19000101000000" }, { "DS", "0" }, { "IS", "0" },
		{ "UR", "urn:anon" }, { "AE", "ANON" }, { "CS", "ANON" },
		{ "LO", "ANON" }, { "LT", "ANON" }, { "PN", "ANON" },
		{ "SH", "ANON" }, { "ST", "ANON" }, { "UC", "ANON" },
		{ "UT", "ANON" },
	};
	size_t i;

	for (i = 0; i < sizeof list / sizeof list[0]; i++)
		if (strcmp(list[i].vr, vr) == 0)
			return list[i].value;
	return NULL;	/* a number or bytes */
}

static int
replace_uids(const struct work *w, const struct edit_element *el,
    struct buf *value, struct err *e)
{
	const char *p = el->text, *end = p + trimmed(p, el->text_len), *stop;
	char uid[PSEUDONYM_UID_SIZE];
	size_t len;

	for (;; p = stop + 1) {
		if ((stop = memchr(p, '\\', (size_t)(end - p))) == NULL)
			stop = end;
		len = trimmed(p, (size_t)(stop - p));
		/* What the standard defined names no instance. */
		if (len == 0 || (len > 14 && memcmp(p, "1.2.840.10008.", 14) == 0)) {
			if (buf_add(value, p, len, e) < 0)
				return -1;
		} else {
			pseudonym_uid(&w->s->key, p, len, uid);
			if (buf_add(value, uid, strlen(uid), e) < 0 ||
			    map_pair(w, "uid", p, len, uid, e) < 0)
				return -1;
		}
		if (stop == end)
			return 0;
		if (buf_add(value, "\\", 1, e) < 0)
			return -1;
	}
}

/*
 * The values that a pseudonym replaces instead of nothing or a dummy, so that
 * a patient's objects still belong together. Returns 1 when VALUE was set.
 */
static int
replace_identity(const struct work *w, const struct edit_element *el,
    struct buf *value, struct err *e)
{
	char id[PSEUDONYM_ID_DIGITS + 1];
	size_t len = el->text == NULL ? 0 : trimmed(el->text, el->text_len);
	const char *kind;

	if (len == 0)
		return 0;
	switch (el->tag) {
	case PATIENT_NAME:
		/* Of the object's own patient, whose id decides. */
		if (el->depth == 0 && w->patient[0] != '\0')
			return buf_add(value, w->patient, strlen(w->patient), e) < 0 ?
			    -1 : 1;
		kind = "patient name";
		break;
	case PATIENT_ID:
		kind = "patient";
		break;
	case ACCESSION:
		kind = "accession";
		break;
	default:
		return 0;
	}
	pseudonym_id(&w->s->key, kind, el->text, len, id);
	if (el->tag != ACCESSION &&
	    buf_add(value, w->s->prefix, strlen(w->s->prefix), e) < 0)
		return -1;
	if (buf_add(value, id, strlen(id), e) < 0)
		return -1;
	if (el->tag != PATIENT_NAME &&
	    map_pair(w, kind, el->text, len, value->data, e) < 0)
		return -1;
	return 1;
}

/* ---- decisions */

/*
 * Within a sequence that D replaces, what the profile would keep becomes a dummy
 * too, but its structure.
 */
static struct profile_verdict
decide_dummied(const struct edit_element *el)
{
	if (el->is_sequence)
		return (struct profile_verdict){ .action = ACTION_KEEP, .rule = "D" };
	/* Defined terms and counts hold the item together, and name nobody. */
	if (strcmp(el->vr, "CS") == 0 || strcmp(el->vr, "US") == 0 ||
	    strcmp(el->vr, "UL") == 0)
		return (struct profile_verdict){ .action = ACTION_KEEP, .rule = "D" };
	if (strcmp(el->vr, "UI") == 0)
		return (struct profile_verdict){ .action = ACTION_UID, .rule = "D" };
	return (struct profile_verdict){
	    .action = el->length == 0 ? ACTION_KEEP : ACTION_DUMMY, .rule = "D" };
}

static struct profile_verdict
decide(const struct work *w, const struct edit_element *el)
{
	uint32_t parent = el->depth > 0 ? el->path[el->depth - 1] : 0;
	struct profile_verdict v;

	if (el->is_private)
		return (struct profile_verdict){ .action = ACTION_REMOVE, .rule = "private" };
	/* A meaning that nobody knows cannot be judged. */
	if (!el->known || strcmp(el->vr, "UN") == 0)
		return (struct profile_verdict){ .action = ACTION_REMOVE, .rule = "unknown" };
	v = profile_decide(&w->profile, parent, el->tag, el->vr);
	if (v.action > ACTION_UID)	/* no cleaner is called here yet */
		v.action = v.action == ACTION_AGE ? ACTION_KEEP : v.otherwise;
	if (el->mark == DUMMIED && v.action == ACTION_KEEP)
		return decide_dummied(el);
	return v;
}

static bool
is_one_of(const char *vr, const char *list)
{
	return strstr(list, vr) != NULL;
}

/* Is it what we put there in an earlier run? */
static bool
is_replacement(const struct work *w, const struct edit_element *el)
{
	size_t len = trimmed(el->text, el->text_len);
	const char *dummy = dummy_of(el->vr);
	char id[PSEUDONYM_ID_DIGITS + 1];

	if (dummy != NULL && len == strlen(dummy) &&
	    memcmp(el->text, dummy, len) == 0)
		return true;
	pseudonym_id(&w->s->key, "", el->text, len, id);
	return len >= PSEUDONYM_ID_DIGITS && memcmp(el->text + len -
	    PSEUDONYM_ID_DIGITS, id, PSEUDONYM_ID_DIGITS) == 0;
}

/*
 * Notes the identifiers that will go: names, ids, dates, own UIDs. Institutions
 * are not among them: many a phantom was scanned at its maker's.
 */
static int
gather(const struct edit_element *el, void *arg, enum edit_verdict *verdict,
    int *mark, struct buf *value, struct err *e)
{
	static const uint32_t ids[] = { PATIENT_ID, ACCESSION,
	    DCM_TAG(0x0010, 0x1000),	/* Other Patient IDs */
	    DCM_TAG(0x0010, 0x1090),	/* Medical Record Locator */
	    DCM_TAG(0x0038, 0x0010),	/* Admission ID */
	};
	struct work *w = arg;
	struct profile_verdict v;
	bool is_name, found;
	size_t i;

	(void)mark;
	(void)value;
	*verdict = EDIT_KEEP;
	if (el->text == NULL || el->text_len < IDENTITY_MIN)
		return 0;
	is_name = strcmp(el->vr, "PN") == 0;
	found = is_name || strcmp(el->vr, "DA") == 0 ||
	    (el->depth == 0 && strcmp(el->vr, "UI") == 0);
	for (i = 0; i < sizeof ids / sizeof ids[0]; i++)
		found |= el->tag == ids[i];
	if (!found || is_replacement(w, el))
		return 0;
	v = decide(w, el);
	if (v.action == ACTION_KEEP || (v.action == ACTION_UID &&
	    strncmp(el->text, "1.2.840.10008.", 14) == 0))
		return 0;
	return identity_add(&w->identity, el->text, trimmed(el->text,
	    el->text_len), is_name, e);
}

/*
 * Free text that the profile keeps, and that holds what it takes away. Terms are
 * left alone, codes too: many a phantom is called HEAD.
 */
static bool
tells(const struct work *w, const struct edit_element *el)
{
	return el->text != NULL && !el->is_sequence &&
	    (is_one_of(el->vr, "AE LO LT SH ST UC UR UT") ||
	    el->tag == CONTENT_LABEL) &&
	    el->tag != CODE_VALUE && el->tag != CODE_SCHEME &&
	    el->tag != METHOD &&
	    identity_in(&w->identity, el->text, trimmed(el->text, el->text_len));
}

static int
visit(const struct edit_element *el, void *arg, enum edit_verdict *verdict,
    int *mark, struct buf *value, struct err *e)
{
	const struct work *w = arg;
	struct profile_verdict v = decide(w, el);
	const char *dummy;
	int got;

	if (el->tag == DOCUMENT)
		return err_set(e, "an encapsulated document (0042,0011) cannot be "
		    "cleaned; take it out, or leave the file out");
	*verdict = EDIT_KEEP;
	/* What an option retains, a row, is wanted as it is. */
	if (v.action == ACTION_KEEP && v.rule == NULL && tells(w, el))
		v = (struct profile_verdict){ .action = ACTION_DUMMY, .rule = "identity" };
	if (v.action == ACTION_KEEP)
		return 0;
	if (v.action == ACTION_REMOVE) {
		*verdict = EDIT_REMOVE;
		return log_action(w, el, v.rule, "remove", e);
	}
	if (v.action == ACTION_UID) {
		if (el->text == NULL)
			return 0;
		*verdict = EDIT_REPLACE;
		if (replace_uids(w, el, value, e) < 0)
			return -1;
		return log_action(w, el, v.rule, "uid", e);
	}
	if (el->is_sequence) {
		*mark = DUMMIED;
		*verdict = v.action == ACTION_EMPTY ? EDIT_EMPTY : EDIT_FIRST_ITEM;
		return log_action(w, el, v.rule,
		    v.action == ACTION_EMPTY ? "empty" : "dummy", e);
	}
	if ((got = replace_identity(w, el, value, e)) < 0)
		return -1;
	if (got > 0) {
		*verdict = EDIT_REPLACE;
		return log_action(w, el, v.rule, "pseudonym", e);
	}
	if (v.action == ACTION_EMPTY) {
		*verdict = EDIT_EMPTY;
		return log_action(w, el, v.rule, "empty", e);
	}
	/* The value of a UI is never a dummy: it must be a UID of its own. */
	if (strcmp(el->vr, "UI") == 0 && el->text != NULL) {
		*verdict = EDIT_REPLACE;
		if (replace_uids(w, el, value, e) < 0)
			return -1;
	} else if ((dummy = dummy_of(el->vr)) == NULL) {
		*verdict = EDIT_ZERO;
	} else {
		*verdict = EDIT_REPLACE;
		if (buf_add(value, dummy, strlen(dummy), e) < 0)
			return -1;
	}
	return log_action(w, el, v.rule, "dummy", e);
}

/* ---- marks */

/* (0012,0063) with our value behind those that others put there. */
static int
set_method(struct dcm *d, struct err *e)
{
	struct buf b = { 0 };
	const char *v;
	uint32_t i;
	int got = -1;

	for (i = 0; (v = dcm_string(d, METHOD, i)) != NULL; i++)
		if (strcmp(v, METHOD_TEXT) != 0 &&
		    (buf_add(&b, v, strlen(v), e) < 0 ||
		    buf_add(&b, "\\", 1, e) < 0))
			goto out;
	if (buf_add(&b, METHOD_TEXT, strlen(METHOD_TEXT), e) == 0)
		got = edit_set(d, METHOD, b.data, e);
out:
	buf_free(&b);
	return got;
}

static int
add_code(struct dcm *d, const struct profile_code *c, struct err *e)
{
	return edit_add_code(d, METHOD_CODES, c->value, "DCM", c->meaning, e);
}

static int
set_marks(const struct scrub *s, struct dcm *d, struct err *e)
{
	int i;

	if (edit_set(d, REMOVED, "YES", e) < 0 || set_method(d, e) < 0 ||
	    add_code(d, profile_basic_code(), e) < 0)
		return -1;
	for (i = 0; i < PROFILE_OPTIONS; i++)
		if (s->profile.option[i] &&
		    add_code(d, profile_option_code((enum profile_option)i), e) < 0)
			return -1;
	return edit_set(d, TEMPORAL, s->profile.option[RETAIN_FULL_DATES] ?
	    "UNMODIFIED" : "REMOVED", e);
}

static void
name_patient(struct work *w, struct dcm *d)
{
	char id[PSEUDONYM_ID_DIGITS + 1];
	const char *v = dcm_string(d, PATIENT_ID, 0);

	if (v == NULL)
		return;
	pseudonym_id(&w->s->key, "patient", v, strlen(v), id);
	snprintf(w->patient, sizeof w->patient, "%s%s", w->s->prefix, id);
}

int
scrub_apply(const struct scrub *s, struct dcm *d, struct err *e)
{
	struct work w = { .s = s, .profile = s->profile };
	const char *sop_class;
	int got = -1;

	if (dcm_has(d, DIRECTORY))
		return err_set(e, "a DICOMDIR names its files' patients; make a new "
		    "one of the clean files, as dcmmkdir does");
	if (dcm_string(d, SOP_INSTANCE, 0) == NULL)
		return err_set(e, "has no SOP Instance UID (0008,0018)");
	if ((sop_class = dcm_string(d, SOP_CLASS, 0)) == NULL)
		return err_set(e, "has no SOP Class UID (0008,0016)");
	w.profile.iod = profile_iod(sop_class);
	w.profile.lists_references = dcm_has(d, DCM_TAG(0x0008, 0x1115));
	name_patient(&w, d);
	if (edit_walk(d, gather, &w, e) == 0 && edit_walk(d, visit, &w, e) == 0)
		got = set_marks(s, d, e);
	identity_free(&w.identity);
	return got;
}
