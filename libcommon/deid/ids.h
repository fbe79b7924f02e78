/*
 * ids.h - what an object's ids become, and by how many days its dates move
 *
 * One answer to who decides: a seal of this key, the id table, the keyed pseudonym. What
 * a seal proves to be done is not done again. All text is UTF-8, without padding.
 */
#ifndef UNPHI_DEID_IDS_H
#define UNPHI_DEID_IDS_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"
#include "deid/idtable.h"
#include "deid/key.h"
#include "deid/seal.h"

#define IDS_PREFIX_MAX 32	/* characters; an LO holds 64 */
#define IDS_SIZE 257		/* an id and its NUL: LO, 64 characters of UTF-8 */

/* Of the whole run. */
struct ids {
	const struct key *key;
	const char *prefix;		/* of pseudonyms; "" for none */
	const struct idtable *table;	/* NULL for none */
	int days;			/* that dates move; 0: the patient's */
};

/* Of one object, as it comes; the slices are the caller's, and must outlive it. */
struct ids_object {
	struct seal_facts facts;	/* as they are now */
	struct slice issuer;		/* Issuer of Patient ID (0010,0021) */
	struct slice study;		/* Study Instance UID (0020,000D) */
	struct slice method;		/* the values of (0012,0063) */
	/* What ids_begin found: */
	struct seal_proof proof;
	char patient[IDS_SIZE];		/* the new Patient ID; "" where there is none */
	bool shifted;			/* its dates have moved: (0028,0303) stays MODIFIED */
	int shift;			/* days that they are to move, now */
};

/*
 * Fills in what becomes of object O. Without Patient ID the study decides by how many
 * days its dates move, without study the instance. Refused: a patient that the table
 * does not know. Returns 0, or -1 with E filled.
 */
int ids_begin(const struct ids *s, struct ids_object *o, struct err *e);

/*
 * Appends to OUT what Patient ID (0010,0020) or Accession Number (0008,0050) ID of
 * object O becomes, at the top level or in a sequence. ISSUER is that of the same data
 * set. Of an empty one, nothing. Return 0, or -1 with E filled: the table lacks it.
 */
int ids_patient(const struct ids *s, const struct ids_object *o, struct slice id,
    struct slice issuer, struct buf *out, struct err *e);
int ids_accession(const struct ids *s, const struct ids_object *o, struct slice id,
    struct buf *out, struct err *e);

/*
 * Is ID, of a patient or a study, what this key or the table put there? Then it does
 * not identify, and text that holds it needs no cleaning.
 */
bool ids_are_ours(const struct ids *s, const struct ids_object *o, struct slice id);

#endif
