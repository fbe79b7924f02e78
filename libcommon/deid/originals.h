/*
 * originals.h - what a file said before, encrypted inside of it
 *
 * PS3.15 E.1.1 and E.1.2, PS3.3 C.12.1.1.4: an item of Encrypted Attributes Sequence
 * (0400,0500) holds an envelope, in which a data set with the one item of Modified
 * Attributes Sequence (0400,0550) holds elements as they were.
 */
#ifndef UNPHI_DEID_ORIGINALS_H
#define UNPHI_DEID_ORIGINALS_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "deid/envelope.h"
#include "deid/key.h"
#include "dicom/object.h"

struct originals;

/*
 * Notes all that O's data set says, before anything is changed. Left out are values
 * on disk, pixel data among them, and what no data set may have (groups below 0008,
 * group lengths, padding). Returns 0 with *OUT, or -1 with E filled.
 */
int originals_note(struct object *o, struct originals **out, struct err *e);
void originals_free(struct originals *was);

/*
 * Puts those elements of the data set, with all that is in them, that O does not
 * have any more as they were into an envelope, and that into O behind those that it
 * has. Returns 1; 0 when there are none, and O stays as it is; or -1 with E filled.
 */
int originals_seal(const struct originals *was, struct object *o,
    const struct envelope_to *to, const struct key *k, struct err *e);

/*
 * Marks those items of EL, (0400,0500), as gone that K has not sealed: nobody knows
 * who opens them. Returns whether there are others.
 */
bool originals_are_ours(struct element *el, const struct key *k);

/*
 * Puts the elements of every envelope in O that K opens in the place of what O has,
 * and takes away the envelopes and what says that O is de-identified: Patient
 * Identity Removed becomes NO (PS3.15 E.1.2); (0012,0063), (0012,0064) and (0028,0303)
 * go. What an earlier envelope holds is older, and counts. Appends the tags to TAGS, as
 * uint32_t. Returns 0; or -1 with E filled, when K
 * opens none, or O is not to be used.
 */
int originals_restore(struct object *o, const struct envelope_key *k,
    struct buf *tags, struct err *e);

#endif
