/*
 * rows.h - the rows of PS3.15 Table E.1-1 as the validator sees them
 *
 * From share/confidentiality-profile.tsv, but decided here and not by the code
 * that de-identifies: one misreading of the table must not pass its own test.
 */
#ifndef UNPHI_CHECK_ROWS_H
#define UNPHI_CHECK_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The options of PS3.15 E.3, in the order of the table's columns. */
enum profile_option {
	OPTION_SAFE_PRIVATE, OPTION_UIDS, OPTION_DEVICE, OPTION_INSTITUTION,
	OPTION_PATIENT, OPTION_FULL_DATES, OPTION_MODIFIED_DATES,
	OPTION_DESCRIPTORS, OPTION_STRUCTURED, OPTION_GRAPHICS,
	OPTION_COLUMNS,			/* those above have a column */
	OPTION_PIXELS = OPTION_COLUMNS, OPTION_FEATURES, OPTION_BASIC,
	OPTIONS
};

#define CLAIM(option) (1u << (option))

/* The code of CID 7050 for an option, and the option of a code, or -1. */
unsigned option_code(enum profile_option o);
int option_of_code(const char *code);

struct row {
	uint32_t tag, mask;		/* matches t when (t & mask) == tag */
	char vr[3];
	char basic[8];			/* "X", "Z/D", ... */
	char option[OPTION_COLUMNS];	/* 'K', 'C', or ' ' for no change */
};

/* The row for TAG, or NULL. Private tags have none here. */
const struct row *row_find(uint32_t tag);

/* Are two Private Creators one, whatever their case and runs of spaces? Vendors vary. */
bool row_same_creator(const char *a, const char *b);

/*
 * Does Table E.3.10-1 have element TAG of a block that CREATOR reserves? *VERSION: as a
 * UID that versions of a format have, and no instance.
 */
bool row_is_safe_private(uint32_t tag, const char *creator, bool *version);

/* Is a word, in upper case, one of medicine (STONE)? */
bool row_is_term(const char *word, size_t len);

enum action {
	ACTION_KEEP,		/* no row, or K */
	ACTION_CLEAN,		/* C: may stay, cleaned */
	ACTION_REMOVE,		/* X and nothing else */
	ACTION_REPLACE,		/* may be there, empty or with a dummy */
	ACTION_UID		/* U */
};

/*
 * What row R, which may be NULL, demands under CLAIMS (bits CLAIM(option)).
 * Where two options differ the stronger protection holds: C before K.
 */
enum action row_action(const struct row *r, unsigned claims);

#endif
