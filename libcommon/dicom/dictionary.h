/*
 * dictionary.h - the data elements of PS3.6, and their keywords
 *
 * From share/data-elements.tsv, compiled in. Repeating groups (50xx, 60xx) are
 * known by their first group.
 */
#ifndef UNPHI_DICOM_DICTIONARY_H
#define UNPHI_DICOM_DICTIONARY_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct dictionary_entry {
	uint32_t tag;
	char vr[3];		/* the first, where the standard leaves a choice; "" for none */
	const char *keyword;
};

/* The row of TAG, or NULL. */
const struct dictionary_entry *dictionary_find(uint32_t tag);

/* The row of a keyword, in its own case, or NULL. */
const struct dictionary_entry *dictionary_keyword(const char *keyword);

#ifdef __cplusplus
}
#endif
#endif
