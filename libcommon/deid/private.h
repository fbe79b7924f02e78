/*
 * private.h - private elements that are known to be safe (PS3.15 E.3.10)
 *
 * A private element is known by its creator, its group and the low byte of its
 * element number. Safe is what Table E.3.10-1 lists (share/safe-private.tsv,
 * compiled in) and what Private Data Element Characteristics Sequence (0008,0300) of
 * its data set, or of one around it, declares so. Creators reserve blocks in their
 * own data set alone (PS3.5 7.8.1); they are compared regardless of case and of spaces at
 * the ends, and a run of spaces is one, for vendors vary.
 *
 * Known to be safe is not believed: values are judged by their VR. Text is cleaned,
 * dates follow the date option, UIDs are replaced, names go, and bytes stay only if
 * nothing of the object's identity is in them.
 */
#ifndef UNPHI_DEID_PRIVATE_H
#define UNPHI_DEID_PRIVATE_H

#include "deid/clean.h"
#include "deid/profile.h"
#include "dicom/object.h"

/*
 * Gives elements of Table E.3.10-1 that the file calls UN, in SET and in all that is in
 * it, the VR of the table, if their bytes can be of it; and reads sequences in UN.
 */
void private_name_vrs(struct object *o, struct item *set);

/*
 * Decides on the private element or creator EL of SET, which is in O, under Retain Safe
 * Private. A creator stays for now; private_settle has the last word.
 */
struct profile_verdict private_decide(const struct profile *p,
    const struct object *o, const struct item *set, const struct element *el);

/* What becomes of a private element that somebody else, a policy, says is safe. */
struct profile_verdict private_by_vr(const struct profile *p,
    const struct element *el);

/*
 * Is anything of NAMES in the value of EL, whatever its VR, also on disk? Text that
 * clean_text would change counts too, but of numbers. Returns 1, 0, or -1 with E filled.
 */
int private_search(const struct object *o, const struct element *el,
    struct clean *c, const struct names *d, const struct clean_settings *s,
    struct err *e);

/*
 * When all of SET and of what is in it was decided: creators go whose block is empty,
 * and so do items of (0008,0300) whose block is. REMOVED, if not NULL, is told of each
 * element that goes. Returns 0, or -1 with E filled.
 */
int private_settle(const struct object *o, struct item *set,
    int (*removed)(const struct element *el, void *arg, struct err *e), void *arg,
    struct err *e);

#endif
