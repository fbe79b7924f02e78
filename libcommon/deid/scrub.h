/*
 * scrub.h - PS3.15 Annex E, applied to an object
 *
 * Every element to any depth by profile.h, identifiers replaced by keyed
 * pseudonyms, free text cleaned word by word, and the marks that say what was done.
 */
#ifndef UNPHI_DEID_SCRUB_H
#define UNPHI_DEID_SCRUB_H

#include <jansson.h>

#include "base/buf.h"
#include "base/err.h"
#include "deid/clean.h"
#include "deid/envelope.h"
#include "deid/graphics.h"
#include "deid/ids.h"
#include "deid/key.h"
#include "deid/memo.h"
#include "deid/policy.h"
#include "deid/profile.h"
#include "dicom/object.h"

/* What becomes of an object with an encapsulated document (0042,0011). */
enum scrub_documents { SCRUB_DOCUMENTS_REFUSE, SCRUB_DOCUMENTS_DUMMY, SCRUB_DOCUMENTS_DROP };

/* What is asked for, the same for all objects of a run. */
struct scrub {
	struct profile profile;	/* its options; iod is set for each object */
	struct key key;
	struct ids ids;		/* with that key */
	struct policy *policy;	/* the site's, or NULL */
	struct clean *clean;
	struct memo *memo;	/* of the objects before */
	graphics_find_fn *find_text;	/* in overlays; NULL: they go */
	void *find_arg;
	enum scrub_documents documents;
	const struct envelope_to *recipients;	/* of the originals; NULL for none */
	/* Optional sinks, the caller's; NULL when not wanted: */
	struct buf *actions;	/* JSON objects {"tag","path","rule","action"}, with
				   commas between them; no values */
	json_t *map;		/* array: {"kind","from","to"}: the crosswalk */
};

/*
 * De-identifies O in memory, what the policy says first; object_write then writes it.
 * A policy that lets through what the profile does not takes the claim of the Basic
 * Profile (113100) out of the marks, and says so in (0012,0063). What this key replaced
 * before (pseudonym.h), and what it proves to have moved and mapped (seal.h), stays,
 * so that doing a file again changes nothing.
 * Refused: a DICOMDIR, an encapsulated document unless S says otherwise, a voice, an
 * object without SOP Class or Instance UID. Returns 0; 1 when O is to be dropped; or
 * -1 with E filled. In both O must not be written.
 */
int scrub_apply(const struct scrub *s, struct object *o, struct err *e);

#endif
