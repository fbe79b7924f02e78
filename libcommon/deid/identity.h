/*
 * identity.h - what of a file's identity must not be found in its free text
 *
 * The profile keeps text that it does not name, so a patient's name typed into a
 * device's description would stay. What the profile takes away from the same file
 * is known, and can be looked for.
 */
#ifndef UNPHI_DEID_IDENTITY_H
#define UNPHI_DEID_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

enum {
	IDENTITY_MIN = 4,	/* bytes; shorter ones are in every text */
	IDENTITIES_MAX = 4096	/* different ones in one file */
};

struct identity {
	struct identity_term *terms;
	size_t n, cap;
};

/*
 * Adds each value of TEXT, which a backslash separates, as one term; if it
 * IS_NAME (VR PN, PS3.5 6.2.1) each word of its components, too. Too short ones
 * are left out. Returns 0, or -1 with E filled.
 */
int identity_add(struct identity *d, const char *text, size_t len, bool is_name,
    struct err *e);

/*
 * Is one of the terms in TEXT, with no letter or digit beside it? The case of
 * ASCII letters does not count; bytes are compared, not characters.
 */
bool identity_in(const struct identity *d, const char *text, size_t len);

void identity_free(struct identity *d);

#endif
