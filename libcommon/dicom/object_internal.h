/* object_internal.h - what the files of object share; no other includes it */
#ifndef UNPHI_DICOM_OBJECT_INTERNAL_H
#define UNPHI_DICOM_OBJECT_INTERNAL_H

#include "dicom/object.h"
#include "dicom/scan.h"

struct object {
	struct scan *scan;
	struct item set;
	struct chunk *chunks;	/* all memory of the tree; goes at once */
	/* While a set is read: what was read of it and of those around it. */
	struct element *pending;
	size_t npending, pending_cap;
};

/* N bytes that live as long as O, aligned for any type; or NULL with E filled. */
void *object_alloc(struct object *o, size_t n, struct err *e);

/* A copy of N bytes; of none, a pointer that is not NULL. */
char *object_dup(struct object *o, const void *bytes, size_t n, struct err *e);

/* Tells the items of EL, which is in SET, where they are. */
void object_link(const struct item *set, const struct element *el);

/* Puts EL into SET by its tag. Returns it, or NULL with E filled. */
struct element *object_insert(struct object *o, struct item *set,
    const struct element *el, struct err *e);

/*
 * Reads the data set in the N bytes, which live as long as O, coded as CODING, into
 * SET; DEPTH sequences are around it. Returns 0, or -1 with E filled.
 */
int object_parse(struct object *o, struct item *set, const char *bytes, size_t n,
    enum scan_coding coding, unsigned depth, struct err *e);

/* Bytes of one number of that VR: 1, 2, 4 or 8. */
size_t vr_unit(const char vr[3]);

/* Turns round the bytes of each number in the LEN bytes of VALUE. */
void vr_swap(const char vr[3], char *value, size_t len);

#endif
