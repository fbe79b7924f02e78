/* dictionary: the data elements of PS3.6; see dictionary.h. */
#include "dicom/dictionary.h"

#include <stdlib.h>
#include <string.h>

struct wild {
	struct dictionary_entry entry;
	uint32_t mask;
};

#include "dicom/dictionary.inc"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static int
compare(const void *key, const void *member)
{
	uint32_t a = *(const uint32_t *)key;
	uint32_t b = ((const struct dictionary_entry *)member)->tag;

	return (a > b) - (a < b);
}

const struct dictionary_entry *
dictionary_find(uint32_t tag)
{
	const struct dictionary_entry *found;
	size_t i;

	found = bsearch(&tag, entries, COUNT(entries), sizeof entries[0], compare);
	for (i = 0; found == NULL && i < COUNT(wilds); i++)
		if ((tag & wilds[i].mask) == wilds[i].entry.tag)
			found = &wilds[i].entry;
	return found;
}

const struct dictionary_entry *
dictionary_keyword(const char *keyword)
{
	size_t i;

	for (i = 0; i < COUNT(entries); i++)
		if (strcmp(entries[i].keyword, keyword) == 0)
			return &entries[i];
	for (i = 0; i < COUNT(wilds); i++)
		if (strcmp(wilds[i].entry.keyword, keyword) == 0)
			return &wilds[i].entry;
	return NULL;
}

const struct dictionary_entry *
dictionary_next(const struct dictionary_entry *previous)
{
	if (previous == NULL)
		return &entries[0];
	return previous + 1 < entries + COUNT(entries) ? previous + 1 : NULL;
}
