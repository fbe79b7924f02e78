/*
 * fileset.h - the directory of a DICOM File-set (PS3.10 8, PS3.3 F), by DCMTK
 *
 * Of files that are there already, under names that media allow: components of a
 * File ID have 1 to 8 characters of A-Z, 0-9 and _ (PS3.10 8.2, 8.5).
 */
#ifndef UNPHI_DICOM_FILESET_H
#define UNPHI_DICOM_FILESET_H

#include "base/err.h"

#ifdef __cplusplus
extern "C" {
#endif

struct fileset;

/*
 * Begins the directory of the files below ROOT, which will be the file PATH, and gets
 * ID as File-set ID (0004,1130): up to 16 characters as those of names. Returns 0
 * with *OUT to be closed, or -1 with E filled.
 */
int fileset_open(const char *root, const char *path, const char *id,
    struct fileset **out, struct err *e);
void fileset_close(struct fileset *f);

/*
 * Adds the file NAME, components separated by "/", below ROOT. What its records
 * demand and it does not have, such as a date that is empty, gets a dummy. Returns 0, or
 * -1 with E filled: it is no DICOM file, has not even what makes a record, or the SOP
 * Instance UID of an earlier one.
 */
int fileset_add(struct fileset *f, const char *name, struct err *e);

/*
 * Writes the directory, with UID in its file meta group. It is the same
 * for the same files in the same order. Returns 0, or -1 with E filled.
 */
int fileset_write(struct fileset *f, const char *uid, struct err *e);

#ifdef __cplusplus
}
#endif
#endif
