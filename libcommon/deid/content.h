/*
 * content.h - content items: names and values of structured reports
 *
 * What Clean Structured Content (PS3.15 E.3.4) makes of the items of Content
 * Sequence, Acquisition Context, Specimen Preparation, Waveform Annotation, and
 * whatever else has a Concept Name (0040,A043): by Table E.3.4-1, which is data
 * (share/) and compiled in. A row is found by code value and scheme of the concept
 * and by value type; retired SNOMED codes (SRT, SNM3, 99SDM) are known as what they
 * became; the name of a concept of any other scheme is found by its meaning. Text that
 * no row speaks of, and local codes, are dummies when the name says that they are
 * somebody's or some place's: "Hospital Name".
 *
 * X takes an item out, and puts references to others right; one that has children
 * which stay loses its value alone. X/D is D, since the template may
 * demand the item. What is not in the table stays: numbers, codes, coordinates,
 * references; its text is cleaned, and names, dates and UIDs are the profile's.
 */
#ifndef UNPHI_DEID_CONTENT_H
#define UNPHI_DEID_CONTENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "deid/audit.h"
#include "deid/names.h"
#include "deid/profile.h"
#include "dicom/object.h"

/*
 * Takes the items out of O that the table removes under OPTION, those that refer
 * to them, and sequences that are left without items; makes ages over 89 years
 * 90. To be called once, before content_decide. Returns 0, or -1 with E filled.
 */
int content_prune(struct object *o, const bool option[PROFILE_OPTIONS],
    const struct audit *log, struct err *e);

/*
 * Decides on EL of SET if it is the value of a content item and the table, or what
 * is said above of text, speaks of it. False: it is as any other element.
 */
bool content_decide(const bool option[PROFILE_OPTIONS], const struct item *set,
    const struct element *el, struct profile_verdict *v);

/*
 * Is EL of SET the value of a content item that names somebody, a place or an id, by
 * the table's column identity? Then that must not be found in other text either.
 */
bool content_identifies(const struct item *set, const struct element *el,
    enum names_kind *kind);

/*
 * Refuses an object that holds a voice: audio SOP Classes, modality AU, waveforms in
 * a coding of speech. No option cleans one (PS3.15 E.3). Returns 0, or -1 with E
 * filled.
 */
int content_refuse_voice(const struct object *o, struct err *e);

#endif
