/*
 * nested.h - numbers inside of a top-level sequence, changed
 *
 * For coordinates that move with the pixels. The sequence is encoded again, as
 * the data set is, with explicit lengths; D itself stays as it was read.
 */
#ifndef UNPHI_DICOM_NESTED_H
#define UNPHI_DICOM_NESTED_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "dicom/dcm.h"

#ifdef __cplusplus
extern "C" {
#endif

/* An item, for the time of a call. */
struct nested {
	void *item;		/* of nested.cc alone */
	bool *changed;
};

enum nested_verdict { NESTED_KEEP, NESTED_DROP };

/*
 * Called for each item, at any depth, outer ones first. Sets *VERDICT, which is
 * NESTED_KEEP before; a dropped item is not entered. Returns 0, or -1 with E
 * filled.
 */
typedef int nested_fn(void *arg, struct nested *item,
    enum nested_verdict *verdict, struct err *e);

/* As dcm_number: value VALUE, from 0, of an element of the item. */
bool nested_number(const struct nested *item, uint32_t tag, uint32_t value,
    double *out);

/* The first item of the sequence TAG of ITEM into CHILD; false: there is none. */
bool nested_child(const struct nested *item, uint32_t tag, struct nested *child);

/*
 * Replaces the N values of an element, in the VR that it has (DS, IS, US, SS,
 * UL, SL, FL, FD). Refused: a value that the VR cannot hold. Returns 0 or -1.
 */
int nested_set(const struct nested *item, uint32_t tag, const double *v, uint32_t n,
    struct err *e);

/* The same for a sequence of the data set: to be read, not set. */
bool nested_top(struct dcm *d, uint32_t tag, struct nested *child);

/*
 * Calls FN for the items of the top-level sequence TAG. Returns 1 with the
 * sequence's new value in OUT, replacing what that held; 0 when nothing was
 * changed or there is no such sequence; -1 with E filled.
 */
int nested_edit(struct dcm *d, uint32_t tag, nested_fn *fn, void *arg,
    struct buf *out, struct err *e);

#ifdef __cplusplus
}
#endif
#endif
