/*
 * dictionary.h - the data elements of PS3.6, and their keywords
 *
 * From share/data-elements.tsv, compiled in. Repeating groups (50xx, 60xx) are
 * known in all of their even groups; in the row their tag has zeros.
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
	const char *vm;		/* as printed: "1", "1-n", "2-2n" */
};

/* The row of TAG, or NULL. */
const struct dictionary_entry *dictionary_find(uint32_t tag);

/*
 * The rows but those of repeating groups, in order of their tags: the first one
 * after PREVIOUS, of all if that is NULL; NULL after the last.
 */
const struct dictionary_entry *dictionary_next(
    const struct dictionary_entry *previous);

/* The row of a keyword, in its own case, or NULL. */
const struct dictionary_entry *dictionary_keyword(const char *keyword);

#ifdef __cplusplus
}
#endif
#endif
