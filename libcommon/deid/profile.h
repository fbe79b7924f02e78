/*
 * profile.h - what PS3.15 Annex E demands of one attribute
 *
 * Table E.1-1 and the attribute types of the IODs are data (share/), compiled
 * in. A code of several letters is resolved by the type that the attribute has
 * in the object's IOD at its place; of options that differ the stronger
 * protection holds (C before K). Where no cleaner exists, C means what the
 * basic profile says.
 *
 * Beyond the table (its rows are a minimum) PROFILE decides by VR: dates, times
 * and names that it does not list go; UIDs that it does not list are replaced
 * unless the standard defined them.
 */
#ifndef UNPHI_DEID_PROFILE_H
#define UNPHI_DEID_PROFILE_H

#include <stdbool.h>
#include <stdint.h>

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
	ACTION_UID		/* the keyed replacement of each UID */
};

struct profile {
	bool option[PROFILE_OPTIONS];
	int iod;		/* of profile_iod */
	bool lists_references;	/* Referenced Series Sequence (0008,1115) is there */
};

/* What was decided, and by which rule, for the audit log. */
struct profile_verdict {
	enum profile_action action;
	const char *rule;	/* the table's code, or "date", "name", "uid", ... */
};

enum { IOD_UNKNOWN = -1 };

/* A concept of CID 7050 De-identification Method; the scheme is DCM. */
struct profile_code {
	const char *value, *meaning;
};

/* The code that claims the Basic Profile, and the one that claims an option. */
const struct profile_code *profile_basic_code(void);
const struct profile_code *profile_option_code(enum profile_option o);

/* The IOD of a SOP Class UID, which may be NULL. */
int profile_iod(const char *sop_class);

/*
 * Decides on the attribute TAG of VR (two letters) whose immediately enclosing
 * sequence is PARENT, 0 at the top level. Not for private attributes: those
 * have no row.
 */
struct profile_verdict profile_decide(const struct profile *p, uint32_t parent,
    uint32_t tag, const char *vr);

#endif
