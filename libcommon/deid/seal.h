/*
 * seal.h - what a key proves to have done to an object
 *
 * UIDs and ids of pseudonym.h prove themselves. A date that was moved does not, nor
 * does an id that a table gave, nor a UID that was retained. So one value of
 * De-identification Method (0012,0063) proves, for this instance and this key, three
 * things apart: that dates were treated as (0028,0303) says, that Patient ID and
 * Accession Number are those which were put there. What is changed later is
 * proven no more; the other two are. Another key's seal proves nothing, and tells
 * nothing.
 */
#ifndef UNPHI_DEID_SEAL_H
#define UNPHI_DEID_SEAL_H

#include <stdbool.h>

#include "base/slice.h"
#include "deid/key.h"

#define SEAL_SIZE 64		/* with its NUL: an LO holds 64 characters */

/* Of a clean object, UTF-8 without padding; p NULL of what it does not have. */
struct seal_facts {
	struct slice instance;	/* SOP Instance UID (0008,0018) */
	struct slice temporal;	/* (0028,0303) */
	struct slice patient;	/* Patient ID (0010,0020) */
	struct slice accession;	/* (0008,0050) */
};

struct seal_proof {
	bool dates, patient, accession;
};

/* The seal of an object of which F will be true. */
void seal_make(const struct key *k, const struct seal_facts *f,
    char out[SEAL_SIZE]);

/* Is this value of (0012,0063) a seal, by any key? Such are replaced, not kept. */
bool seal_is(struct slice value);

/* What the seals among METHOD, the values of (0012,0063), prove of an object of
 * which F is true. */
struct seal_proof seal_prove(const struct key *k, const struct seal_facts *f,
    struct slice method);

#endif
