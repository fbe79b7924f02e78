/*
 * clean.h - identifying words taken out of free text, and no others
 *
 * All text is UTF-8. What goes: words of this object's own identity in any order,
 * case, separator, accent or abbreviation; what a pattern finds (phones, e-mail,
 * URLs, addresses, SSN and national ids, numbers that are ids); dates in every usual
 * form; ages over 89; persons that a title or a kinship introduces. Every other word
 * stays as it was. Patterns (PCRE2) and lists are data, share/clean-*; both can be
 * replaced by a site.
 */
#ifndef UNPHI_DEID_CLEAN_H
#define UNPHI_DEID_CLEAN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

struct clean;		/* patterns and lists, compiled; for the whole run */
struct identity;	/* what identifies, of one object */

enum identity_kind {
	IDENTITY_NAME,		/* PN: components and groups are taken apart here */
	IDENTITY_ID,		/* patient id, accession number, SSN, ... */
	IDENTITY_DATE,		/* DA, as in the file: YYYYMMDD */
	IDENTITY_UID,
	IDENTITY_PLACE,		/* institution, department, address */
	IDENTITY_DEVICE,	/* station name, serial number */
	IDENTITY_OTHER		/* whole text, as it is: phone, comments of contact */
};

enum clean_dates { CLEAN_DATES_REMOVE, CLEAN_DATES_KEEP, CLEAN_DATES_SHIFT };

struct clean_settings {
	enum clean_dates dates;
	int shift;		/* days, for CLEAN_DATES_SHIFT */
	bool keep_places;	/* institutions stay (Retain Institution Identity) */
	bool keep_devices;
};

/*
 * Compiles patterns and lists: those of PATTERNS and LISTS, files of the site, or
 * ours where NULL. Returns 0 with *OUT, or -1 with E filled (file, line, reason).
 */
int clean_open(const char *patterns, const char *lists, struct clean **out,
    struct err *e);
void clean_close(struct clean *c);

struct identity *identity_new(struct err *e);
void identity_free(struct identity *d);
void identity_clear(struct identity *d);	/* for the next object; keeps memory */

/* Notes TEXT, all values that backslashes separate. Returns 0 or -1. */
int identity_add(struct identity *d, const struct clean *c,
    enum identity_kind kind, const char *text, size_t len, struct err *e);

/*
 * Cleans TEXT into OUT, which is replaced. Returns 1 when it was changed, 0 when
 * nothing identifies (OUT is then empty), -1 with E filled. A text that identifies
 * and cannot be cleaned (a pattern ran out of its limits) becomes empty: 1.
 */
int clean_text(struct clean *c, const struct identity *d,
    const struct clean_settings *s, const char *text, size_t len,
    struct buf *out, struct err *e);

/*
 * Is any of the identity in these BYTES, whose encoding nobody knows: in ASCII,
 * UTF-8, UTF-16 or Latin-1, at any offset, in any case? For vendors' blobs.
 */
bool identity_in_bytes(const struct identity *d, const void *bytes, size_t n);

#endif
