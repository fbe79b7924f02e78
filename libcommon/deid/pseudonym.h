/*
 * pseudonym.h - keyed replacements of UIDs and ids
 *
 * The same original and key give the same replacement on every machine, in any
 * order, without any table. Nobody without the key can try out candidates.
 *
 * A replacement proves itself: part of its bits are a keyed check of the rest.
 * So whoever holds the key tells its own replacements from originals, value by
 * value, and replaces none a second time: doing a file again changes nothing,
 * and what was put into a clean file later is still replaced.
 */
#ifndef UNPHI_DEID_PSEUDONYM_H
#define UNPHI_DEID_PSEUDONYM_H

#include <stdbool.h>
#include <stddef.h>

#include "deid/key.h"

enum {
	PSEUDONYM_UID_SIZE = 45,	/* "2.25." and 39 digits: PS3.5 B.2 */
	PSEUDONYM_ID_DIGITS = 16,	/* as many as an SH holds */
	PSEUDONYM_ACCESSION_PREFIX = 6	/* characters, so that ten digits remain */
};

/*
 * The replacement of UID: 2.25. and a version 8 UUID (RFC 9562) as a decimal
 * number; 82 bits are the keyed hash, 40 its check. A replacement by this key
 * stays what it is.
 */
void pseudonym_uid(const struct key *k, const char *uid, size_t len,
    char out[PSEUDONYM_UID_SIZE]);

/*
 * PSEUDONYM_ID_DIGITS digits in base 32 (0-9, A-Z less I, L, O, U) for ID; 52
 * bits are the keyed hash for KIND, 28 its check. Of an ID that ends in a
 * replacement by this key the result is that end, so that another prefix can be
 * put before it.
 */
void pseudonym_id(const struct key *k, const char *kind, const char *id,
    size_t len, char out[PSEUDONYM_ID_DIGITS + 1]);

/* The PSEUDONYM_ID_DIGITS by this key that ID ends in, or NULL. */
const char *pseudonym_id_in(const struct key *k, const char *id, size_t len);

/*
 * The same of an accession number, which has PSEUDONYM_ID_DIGITS characters in all
 * and begins with as much of PREFIX as PSEUDONYM_ACCESSION_PREFIX allows; of n digits
 * n bits are the check. A replacement by this key with that prefix stays.
 */
void pseudonym_accession(const struct key *k, const char *prefix, const char *id,
    size_t len, char out[PSEUDONYM_ID_DIGITS + 1]);

#endif
