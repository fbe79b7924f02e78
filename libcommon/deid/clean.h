/*
 * clean.h - identifying words taken out of free text, and no others
 *
 * All text is UTF-8. What goes: words of this object's own identity in any order,
 * case, separator, accent or abbreviation; what a pattern finds (phones, e-mail,
 * URLs, addresses, SSN and national ids, numbers that are ids); dates in every usual
 * form; ages over 89; persons that a title or a kinship introduces. Every other word
 * stays as it was, byte for byte and in order. Titles and labels (Dr., MRN, DOB) go with
 * what they introduce. Patterns (PCRE2) and lists are data, share/clean-patterns.txt and
 * share/clean-lists.txt; both can be replaced by a site.
 *
 * Cleaning what was cleaned changes nothing, shifted dates excepted.
 */
#ifndef UNPHI_DEID_CLEAN_H
#define UNPHI_DEID_CLEAN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "deid/names.h"

#define CLEAN_TEXT_MAX (16u << 20)	/* bytes; a longer text becomes empty */

struct clean;		/* patterns and lists, compiled; for the whole run */

enum clean_dates { CLEAN_DATES_REMOVE, CLEAN_DATES_KEEP, CLEAN_DATES_SHIFT };

struct clean_settings {
	enum clean_dates dates;	/* the birth date is removed under all of them */
	int shift;		/* days, for CLEAN_DATES_SHIFT */
	bool keep_places;	/* institutions stay (Retain Institution Identity) */
	bool keep_devices;
	bool own_only;		/* a term, a code: only words of the object's own names go */
};

/*
 * Compiles patterns and lists: those of PATTERNS and LISTS, files of the site, or
 * ours where NULL. Returns 0 with *OUT, or -1 with E filled (file, line, reason).
 */
int clean_open(const char *patterns, const char *lists, struct clean **out,
    struct err *e);
void clean_close(struct clean *c);

/*
 * Cleans TEXT, one value, of the object that D is of, into OUT, which is replaced.
 * Returns 1 when it was changed, 0 when nothing identifies (OUT is then empty), -1 with
 * E filled, out of memory. What cannot be cleaned becomes empty, 1: a text that is not
 * UTF-8 or longer than CLEAN_TEXT_MAX, or one in which a pattern ran out of its limits.
 */
int clean_text(struct clean *c, const struct names *d,
    const struct clean_settings *s, const char *text, size_t len,
    struct buf *out, struct err *e);

/*
 * Is any of D in these BYTES, whose encoding nobody knows: in ASCII, UTF-8, UTF-16 or
 * Latin-1, at any offset, in any case? For vendors' blobs. Dates, places and devices
 * that S keeps do not count, nor do words of science that are somebody's name.
 */
bool clean_is_in_bytes(const struct clean *c, const struct names *d,
    const struct clean_settings *s, const void *bytes, size_t n);

#endif
