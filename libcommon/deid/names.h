/*
 * names.h - what identifies, of one object: names, ids, dates, places
 *
 * The header's own values, taken apart and folded (deid/fold), so that clean_text finds
 * them in any order, case, accent, separator or abbreviation. All text is UTF-8.
 */
#ifndef UNPHI_DEID_NAMES_H
#define UNPHI_DEID_NAMES_H

#include <stddef.h>

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
	NAMES_OTHER		/* whole text, as it is: phone, comments of contact */
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

#endif
