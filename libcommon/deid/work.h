/* work.h - one object that is being scrubbed, for the files of scrub alone */
#ifndef UNPHI_DEID_WORK_H
#define UNPHI_DEID_WORK_H

#include "base/buf.h"
#include "deid/clean.h"
#include "deid/ids.h"
#include "deid/profile.h"
#include "deid/pseudonym.h"
#include "deid/scrub.h"
#include "dicom/object.h"

#define WORK_DEPTH_MAX 65	/* sequences in sequences: one more than scan.h allows */

struct work {
	const struct scrub *s;
	struct object *o;
	struct profile profile;
	struct clean_settings settings;
	const struct names *names;	/* what the profile takes away */
	struct ids_object ids;	/* what its ids become, and its shift */
	struct buf ids_text;	/* what IDS was found in */
	bool replaced_patient, replaced_accession;	/* of the object itself, by IDS */
	uint32_t path[WORK_DEPTH_MAX];	/* the sequences around, outermost first */
	size_t depth;
	bool closed;		/* the top level, of policy.h */
	size_t named;		/* elements that rules of the policy name and let stay */
	bool weakened;		/* the policy let through what the profile does not */
	bool dates_moved;	/* or dates, not as (0028,0303) would say */
	bool dates_shifted;	/* by the policy, some of them */
	/* Memory for one element at a time: */
	char rule[24];
	struct buf utf8, cleaned, value;
};

/*
 * Where an element is: in SET, and DUMMIED: within a sequence of which nothing but
 * the structure stays.
 */
struct place {
	struct item *set;
	bool dummied;
	bool closed;		/* of policy.h */
	unsigned opened;	/* the line of the policy that opened the sequence, or 0 */
	size_t named;		/* work's, when it did */
};

/* What is to become of EL. */
struct profile_verdict scrub_decide(const struct work *w, const struct place *p,
    const struct element *el);

/*
 * Does what V says, and notes it in the log. Returns 0, or -1 with E filled. What is
 * in a sequence is the caller's business; *DUMMIED is set if nothing but its
 * structure is to stay.
 */
int scrub_act(struct work *w, struct item *set, struct element *el,
    const struct profile_verdict *v, bool *dummied, struct err *e);

/*
 * Asks the policy about EL, of which the profile says *V. Returns 1 when all is done;
 * 0 when *V, which may be another one now, is to be done; -1 with E filled. INNER is
 * what the items of EL are to be.
 */
int scrub_by_policy(struct work *w, const struct place *p, struct element *el,
    struct profile_verdict *v, struct place *inner, struct err *e);

/*
 * Removes EL, a sequence that the policy opened, if nothing that its rules name stayed
 * in its items, which were INNER.
 */
int scrub_close(struct work *w, struct element *el, const struct place *inner,
    struct err *e);

/* Puts into EL, no sequence, a constant that is valid for its VR, or new UIDs. */
int scrub_dummy(struct work *w, struct element *el, struct err *e);

/* Replaces each value of EL, text, by a pseudonym. Returns 0, or -1 with E filled. */
int scrub_hash(struct work *w, const struct item *set, struct element *el,
    struct err *e);

/*
 * TEXT, UTF-8, as the value of EL in the character set that holds there. Returns 0, 1
 * when a character is not in it, which is a question mark then, or -1 with E filled.
 */
int scrub_set_utf8(struct work *w, const struct item *set, struct element *el,
    const char *text, size_t len, struct err *e);

/* Notes in W's names what identifies in SET and in all sets within. */
int scrub_gather(struct work *w, struct item *set, struct err *e);

/*
 * The text of EL, N bytes of it at TEXT, as UTF-8: *OUT and *LEN, which live until the
 * next call. Returns 0, or -1 with E filled.
 */
int scrub_utf8(struct work *w, const struct item *set, const struct element *el,
    const char *text, size_t n, const char **out, size_t *len, struct err *e);

/*
 * Finds out what becomes of the object's ids, and notes it in W; before anything is
 * changed. Returns 0, or -1 with E filled.
 */
int scrub_know_ids(struct work *w, struct err *e);

/*
 * Puts the new id in the place of a patient's name or id, or an accession number, so
 * that a patient's objects still belong together. Returns 1 when EL was set, 0 when it
 * is none of these or empty, -1 with E filled.
 */
int scrub_replace_id(struct work *w, const struct item *set, struct element *el,
    struct err *e);

/* Is TEXT, the UTF-8 of EL, a name or id that was put there before? */
bool scrub_is_new_id(const struct work *w, const struct element *el,
    struct slice text);

/* Notes in the crosswalk by how many days its dates have moved. Returns 0 or -1. */
int scrub_map_shift(struct work *w, struct err *e);

/* The seal of the object as it is now. Returns 0 or -1. */
int scrub_make_seal(struct work *w, char out[SEAL_SIZE], struct err *e);

/* Is EL a term or a code, which others look up: is there nothing typed in it? */
bool scrub_is_term(const struct element *el);

/* Is the text of EL what dcm-scrub with this key puts in its place? */
bool scrub_is_replacement(const struct work *w, const struct element *el);

/*
 * Takes out of De-identification Method (0012,0063) what unphi put there, so that
 * the rest is cleaned like all text; and marks what was done (PS3.15 E.1.1). Return 0,
 * or -1 with E filled.
 */
int scrub_unmark(struct work *w, struct err *e);
int scrub_mark(struct work *w, struct err *e);

/* An action of the log, and a pair of the crosswalk; none if nobody asked. */
int scrub_log(struct work *w, const struct element *el, const char *rule,
    const char *action, struct err *e);
/* The same for who knows the set alone: struct audit, ARG is W. */
int scrub_log_at(void *arg, const struct item *set, uint32_t tag,
    const char *rule, const char *action, struct err *e);
int scrub_pair(struct work *w, const char *kind, const char *from, size_t len,
    const char *to, struct err *e);

#endif
