/*
 * documents.h - encapsulated documents, which nobody can clean
 *
 * Encapsulated Document (0042,0011) is a file of another kind in an element: PDF,
 * CDA, STL, OBJ or MTL (PS3.3 A.45, A.85). Table E.1-1 wants a dummy for it, and no
 * option cleans it. The dummies, share/documents/, are valid files of their kinds.
 */
#ifndef UNPHI_DEID_DOCUMENTS_H
#define UNPHI_DEID_DOCUMENTS_H

#include <stdbool.h>

#include "base/err.h"
#include "dicom/object.h"

/* Is there a document in SET, or in any sequence within? */
bool documents_in(const struct item *set);

/*
 * Puts in the place of each document in SET, and in all sequences within, a dummy of
 * the same MIME type (0042,0012), and makes what speaks of it true: its length
 * (0042,0015), its HL7 Instance Identifier (0040,E001), no burned in annotation
 * (0028,0301), an empty title (0042,0010), no list of MIME types (0042,0014). Returns 0, or -1 with E filled: the MIME type is another one.
 */
int documents_replace(struct object *o, struct item *set, struct err *e);

#endif
