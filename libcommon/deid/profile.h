/*
 * profile.h - what PS3.15 Annex E demands of one attribute, with all ten options
 *
 * Table E.1-1 and the attribute types of the IODs are data (share/), compiled
 * in; another edition of the table can be read from a file. A code of several
 * letters is resolved by the type that the attribute has in the object's IOD at
 * its place. An option's code overrides the basic one; of options that differ the
 * stronger protection holds (C before K: the dates of devices under Retain Device
 * Identity and Modified Dates). C of a VR that nothing can clean is the basic code.
 *
 * Beyond the table (its rows are a minimum) PROFILE decides by VR: dates and
 * times that it does not list go, stay or move as the rows do; names go; UIDs are
 * replaced unless the standard defined them; bytes (OB) are searched, but for pixels
 * and waveforms. The birth date is never kept.
 */
#ifndef UNPHI_DEID_PROFILE_H
#define UNPHI_DEID_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* The options of PS3.15 E.3 that have a column in Table E.1-1, in its order. */
enum profile_option {
	RETAIN_SAFE_PRIVATE,
	RETAIN_UIDS,
	RETAIN_DEVICE,
	RETAIN_INSTITUTION,
	RETAIN_PATIENT,
	RETAIN_FULL_DATES,
	RETAIN_MODIFIED_DATES,
	CLEAN_DESCRIPTORS,
	CLEAN_STRUCTURED,
	CLEAN_GRAPHICS,
	PROFILE_OPTIONS
};

enum profile_action {
	ACTION_KEEP,		/* a sequence: apply the profile inside */
	ACTION_REMOVE,
	ACTION_EMPTY,
	ACTION_DUMMY,		/* a value that is valid for the VR */
	ACTION_UID,		/* the keyed replacement of each UID */
	/*
	 * These look at the value, and where they fail (what is no date, text that
	 * cannot be cleaned, an option that is not there yet) the verdict's
	 * OTHERWISE holds, which is one of those above:
	 */
	ACTION_CLEAN,		/* text: the words that identify go, clean.h; a
				   sequence: as KEEP, by who knows what it means;
				   Overlay Data, Curve Data: what is drawn */
	ACTION_SHIFT,		/* DA, DT, TM: by the patient's days, dates.h */
	ACTION_ZONE,		/* keep what profile_is_zone; no other word */
	ACTION_AGE,		/* keep AS values, but over 89 years as 090Y */
	ACTION_SEARCH		/* keep bytes in which is no identity, clean.h */
};

struct profile_table;	/* an edition of Table E.1-1 */

struct profile {
	const struct profile_table *table;	/* NULL: the one compiled in */
	bool option[PROFILE_OPTIONS];
	int iod;		/* of profile_iod */
	bool lists_references;	/* Referenced Series Sequence (0008,1115) is there */
};

/* What was decided, and by which rule, for the audit log. */
struct profile_verdict {
	enum profile_action action;
	const char *rule;	/* the table's code, or "date", "name", "uid", ...;
				   NULL: nothing speaks of it, so it stays */
	enum profile_action otherwise;	/* of the actions that look at the value, and
				   of text that nothing speaks of and that identifies */
};

enum { IOD_UNKNOWN = -1 };

/* A concept of CID 7050 De-identification Method; the scheme is DCM. */
struct profile_code {
	const char *value, *meaning;
};

/* The code that claims the Basic Profile, and the one that claims an option. */
const struct profile_code *profile_basic_code(void);
const struct profile_code *profile_option_code(enum profile_option o);

/* Is TEXT the meaning of a code of CID 7050, so that it needs no cleaning? */
bool profile_is_method(const char *text, size_t len);

/* How command lines name an option: "uids", "descriptors". */
const char *profile_option_name(enum profile_option o);

/*
 * The option that WORD, LEN characters, names among those that clean, or those that
 * retain; PROFILE_OPTIONS if there is none.
 */
enum profile_option profile_option_named(const char *word, size_t len,
    bool cleans);

/* Options that exclude each other (full and modified dates): -1 with E filled. */
int profile_check(const struct profile *p, struct err *e);

/*
 * Reads an edition of the table in the format of share/confidentiality-profile.tsv:
 * lines of "#", one of them with "edition WORD"; the names of the columns; a row a line.
 * Wanted are the columns tag, basic, and one for each option; others are passed over.
 * Refused: a code that PS3.15 E.1 does not have, a tag twice. Returns 0 with *OUT to
 * be freed, or -1 with E filled ("line 7: ...").
 */
int profile_table_read(const char *path, struct profile_table **out,
    struct err *e);
void profile_table_free(struct profile_table *t);

/* What De-identification Method (0012,0063) says: an LO value, without an end. */
#define PROFILE_METHOD_SIZE 65
void profile_method(const struct profile *p, char out[PROFILE_METHOD_SIZE]);

/* Longitudinal Temporal Information Modified (0028,0303) (PS3.15 E.3.6). */
const char *profile_temporal(const struct profile *p);

/* The IOD of a SOP Class UID, which may be NULL. */
int profile_iod(const char *sop_class);

/*
 * Decides on the attribute TAG of VR (two letters) whose immediately enclosing
 * sequence is PARENT, 0 at the top level. Not for private attributes: those
 * have no row, but private.h.
 */
struct profile_verdict profile_decide(const struct profile *p, uint32_t parent,
    uint32_t tag, const char *vr);

/*
 * Decides by VR alone on an element that says nothing of the site and that no row
 * speaks of: dates and times, names, UIDs, ages; all else stays, with rule NULL.
 */
struct profile_verdict profile_decide_vr(const struct profile *p, const char *vr);

/* Is TEXT an offset from UTC, as -0530 (PS3.3 C.12.1.1.8)? */
bool profile_is_zone(const char *text, size_t len);

#endif
