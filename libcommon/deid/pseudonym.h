/*
 * pseudonym.h - keyed replacements of UIDs and ids
 *
 * The same original and key give the same replacement on every machine, in any
 * order, without any table. Nobody without the key can try out candidates.
 */
#ifndef UNPHI_DEID_PSEUDONYM_H
#define UNPHI_DEID_PSEUDONYM_H

#include <stddef.h>

#include "deid/key.h"

enum {
	PSEUDONYM_UID_SIZE = 45,	/* "2.25." and 39 digits: PS3.5 B.2 */
	PSEUDONYM_ID_DIGITS = 16	/* 64 bits, as many as an SH holds */
};

/*
 * The replacement of UID: 2.25. and a version 8 UUID (RFC 9562) of its keyed
 * hash, as a decimal number.
 */
void pseudonym_uid(const struct key *k, const char *uid, size_t len,
    char out[PSEUDONYM_UID_SIZE]);

/* PSEUDONYM_ID_DIGITS upper-case hex digits of the keyed hash of ID for KIND. */
void pseudonym_id(const struct key *k, const char *kind, const char *id,
    size_t len, char out[PSEUDONYM_ID_DIGITS + 1]);

#endif
