/*
 * names.h - what identifies, of one object: names, ids, dates, places
 *
 * The header's own values, taken apart and folded (deid/fold), so that clean_text finds
 * them in any order, case, accent, separator or abbreviation. All text is UTF-8.
 */
#ifndef UNPHI_DEID_NAMES_H
#define UNPHI_DEID_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum {
	NAMES_MAX = 16384,	/* words of one object that are noted */
	NAMES_TEXT_MAX = 1024	/* bytes of a value that are looked at */
};

enum names_kind {
	NAMES_PATIENT,		/* PN of the patient: its initials count, too */
	NAMES_PERSON,		/* PN of anybody else */
	NAMES_ID,		/* patient id, accession number, SSN, ... */
	NAMES_BIRTH,		/* DA: the patient's birth date, which is never kept */
	NAMES_DATE,		/* DA or DT, as in the file: YYYYMMDD... */
	NAMES_UID,
	NAMES_PLACE,		/* institution, department, address */
	NAMES_DEVICE,		/* station name, serial number */
	NAMES_OTHER		/* an address, a telephone, mail: parts, words, groupings */
};

struct names;

struct names *names_new(struct err *e);
void names_free(struct names *d);
void names_clear(struct names *d);	/* for the next object; keeps memory */

/*
 * Notes TEXT, all values that backslashes separate. A PN is taken apart here, into
 * groups, components and words. What has no letter or digit is left out. Returns 0, or
 * -1 with E filled: out of memory, or an object with more than NAMES_MAX words.
 */
int names_add(struct names *d, enum names_kind kind, const char *text, size_t len,
    struct err *e);

/* ---- for deid/clean */

/* What a term is of its value. A word can be several: family and given of two people. */
enum {
	NAMES_FAMILY = 1u << 0,
	NAMES_GIVEN = 1u << 1,
	NAMES_INITIAL = 1u << 2,	/* one letter that begins a name, or is it */
	NAMES_INITIALS = 1u << 3,	/* all of a patient's, in one of the usual orders */
	NAMES_JOINED = 1u << 4,		/* several words of a name */
	NAMES_WHOLE = 1u << 5,		/* a whole value that is no name */
	NAMES_WORD = 1u << 6,		/* a word of a place or an address */
	NAMES_LOGIN = 1u << 7		/* an initial and a name in one word: jsmith */
};

/* Words written together, folded: "O'Bannion" is "obannion", "PH-12" is "ph12". */
struct names_term {
	uint32_t hash, len;	/* TOKEN_HASH and length of the folded bytes */
	uint32_t text;		/* where they are in the arena */
	uint32_t kinds;		/* 1 << enum names_kind of all values that have it */
	uint32_t parts;		/* NAMES_FAMILY ... of all of them */
	uint64_t persons;	/* a bit for each PN value; PNs beyond 64 share bits */
};

struct names_date {
	int year, month, day;
	bool is_birth;
};

/* Can a term begin with the bytes FIRST and SECOND (0: it ends), by a filter? */
bool names_may_begin(const struct names *d, unsigned char first, unsigned char second);
/* The term that is these folded bytes, or NULL. */
const struct names_term *names_find(const struct names *d, uint32_t hash,
    const char *folded, size_t len);
/* All terms, and the folded bytes of one. */
const struct names_term *names_terms(const struct names *d, size_t *n);
const char *names_text(const struct names *d, const struct names_term *t);
size_t names_longest(const struct names *d);	/* bytes of the longest term, folded */
bool names_are_empty(const struct names *d);
const struct names_date *names_dates(const struct names *d, size_t *n);

#endif
