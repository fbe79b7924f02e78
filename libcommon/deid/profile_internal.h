/*
 * profile_internal.h - rows of Table E.1-1, as profile.awk and profile_table.c make
 * them; for profile*.c alone
 */
#ifndef UNPHI_DEID_PROFILE_INTERNAL_H
#define UNPHI_DEID_PROFILE_INTERNAL_H

#include "deid/profile.h"

/* Table E.1-1a, and the combinations that the table has. */
enum code {
	CODE_X,
	CODE_Z,
	CODE_D,
	CODE_U,
	CODE_Z_D,
	CODE_X_Z,
	CODE_X_D,
	CODE_X_Z_D,
	CODE_X_Z_U,	/* X/Z/U*: of the two sequences with it, UIDs inside change */
	CODES
};

struct row {
	uint32_t tag, mask;
	enum code basic;
	char options[PROFILE_OPTIONS + 1];	/* a letter for each: K, C, blank */
};

#define PROFILE_EDITION_SIZE 17

struct profile_table {
	const struct row *rows;		/* by tag; MASK is all ones */
	size_t nrows;
	const struct row *wild;		/* those with wildcards, in any order */
	size_t nwild;
	char edition[PROFILE_EDITION_SIZE];
	struct row *own;		/* what profile_table_free frees */
};

/* As the table prints it. */
extern const char *const profile_code_names[CODES];

/* The row of TAG, or NULL. */
const struct row *profile_row(const struct profile_table *t, uint32_t tag);

#endif
