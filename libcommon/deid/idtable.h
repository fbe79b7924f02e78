/*
 * idtable.h - ids that a trial has assigned
 *
 * A text file in UTF-8 that only its owner can read. The first line names the
 * columns, in any order; it decides what separates fields, the first tab, semicolon
 * or comma in it:
 *
 *	patient		Patient ID (0010,0020) as it is in the files
 *	new-patient	what it becomes
 *	issuer		Issuer of Patient ID (0010,0021); empty: any, or none
 *	accession	Accession Number (0008,0050) of a study of that patient
 *	new-accession	what it becomes
 *
 * The first two must be there. A patient may have several lines, one an accession
 * number. A field in double quotes may hold the separator, and "" for a quote;
 * spaces around fields do not count. Empty lines, and those that begin with # or hold
 * nothing but separators, say nothing. A byte order mark and CR LF are taken.
 *
 * Refused, with the number of the line: a column of another name, a line with fewer
 * or more fields, an empty id, two lines for one patient or accession number that
 * differ, a line twice, a new id that its element cannot hold (LO, SH: PS3.5 6.2).
 * Two patients may get one id: they are one person, with two numbers.
 */
#ifndef UNPHI_DEID_IDTABLE_H
#define UNPHI_DEID_IDTABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/slice.h"

#define IDTABLE_BYTES_MAX ((size_t)1 << 28)	/* of the file: some million lines */

struct idtable;

/* Reads the table in PATH. Returns 0 with *OUT to be freed, or -1 with E filled. */
int idtable_read(const char *path, struct idtable **out, struct err *e);
void idtable_free(struct idtable *t);

/*
 * The new id of a patient; that of this ISSUER before that of any. NULL: it is not in
 * the table. Ids are UTF-8 and compared byte by byte. Borrowed from T.
 */
const char *idtable_patient(const struct idtable *t, struct slice id,
    struct slice issuer);

/* Does the table say anything of accession numbers? */
bool idtable_has_accessions(const struct idtable *t);

/* The new accession number of a study of that patient, or NULL. */
const char *idtable_accession(const struct idtable *t, struct slice patient,
    struct slice issuer, struct slice accession);

/* Is ID one that the table assigns to a patient? To a study? */
bool idtable_assigns_patient(const struct idtable *t, struct slice id);
bool idtable_assigns_accession(const struct idtable *t, struct slice id);

#endif
