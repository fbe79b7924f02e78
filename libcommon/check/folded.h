/*
 * folded.h - text of a data set as the validator compares it
 *
 * UTF-8 out of any character set, without accents, in upper case: of "Müller", "MULLER"
 * and "Mu\u0308ller" the same. Characters are decoded by the common code
 * (dicom/charset.h, which the tests hold against iconv); the rest is done here.
 */
#ifndef UNPHI_CHECK_FOLDED_H
#define UNPHI_CHECK_FOLDED_H

#include "base/buf.h"
#include "check/dataset.h"

struct charset;

/* The character sets that hold as a pass over a data set goes from item to item. */
struct scopes {
	struct scope {
		uint32_t parent, item;
		const struct charset *set;
	} at[DATASET_DEPTH_MAX + 2];
	unsigned n;
};

/*
 * The character set of element I of D; a pass begins with a zeroed S and takes each
 * element in its order. Returns 0, or -1 with E filled.
 */
int scopes_enter(struct scopes *s, const struct dataset *d, size_t i,
    const struct charset **out, struct err *e);

/*
 * The text of element I, of VR, without padding, into OUT, which is emptied.
 * *PLAIN: it was all ASCII. Returns 0, or -1 with E filled.
 */
int folded_text(const struct dataset *d, size_t i, const char *vr,
    const struct charset *set, struct buf *out, bool *plain, struct err *e);

#endif
