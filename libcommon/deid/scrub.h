/*
 * scrub.h - the Basic Application Confidentiality Profile, applied to a file
 *
 * PS3.15 E.1 to E.3: every element to any depth by profile.h, private
 * attributes and elements that no dictionary knows out, identifiers replaced by
 * keyed pseudonyms, and the marks that say what was done.
 */
#ifndef UNPHI_DEID_SCRUB_H
#define UNPHI_DEID_SCRUB_H

#include <jansson.h>

#include "base/err.h"
#include "deid/key.h"
#include "deid/profile.h"
#include "dicom/dcm.h"

#define SCRUB_PREFIX_MAX 32	/* characters before an id; LO holds 64 */

struct scrub {
	struct profile profile;	/* its options; iod is set for each file */
	struct key key;
	const char *prefix;	/* of patient ids; "" for none */
	/* Optional sinks, the caller's; NULL when not wanted: */
	json_t *actions;	/* array: {"tag","path","rule","action"}, no values */
	json_t *map;		/* array: {"kind","from","to"}: the crosswalk */
};

/*
 * De-identifies D in memory; edit_write then writes it. Replacements that this
 * key made before stay (pseudonym.h), so that doing a file again changes nothing.
 * Refused: a DICOMDIR, an encapsulated document, an object without SOP Class or
 * Instance UID. Returns 0, or -1 with E filled; then D must not be written.
 */
int scrub_apply(const struct scrub *s, struct dcm *d, struct err *e);

#endif
