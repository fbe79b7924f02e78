/* rows: PS3.15 Table E.1-1 for the validator; see rows.h. */
#include "check/rows.h"

#include <stdlib.h>
#include <string.h>

static const struct row rows[] = {
#include "check/rows.inc"
};

static const unsigned codes[OPTIONS] = {
	113111, 113110, 113109, 113112, 113108, 113106, 113107, 113105, 113104,
	113103, 113101, 113102, 113100
};

unsigned
option_code(enum profile_option o)
{
	return codes[o];
}

int
option_of_code(const char *code)
{
	char *end;
	unsigned long n = strtoul(code, &end, 10);
	int i;

	if (*end == '\0')
		for (i = 0; i < OPTIONS; i++)
			if (codes[i] == n)
				return i;
	return -1;
}

const struct row *
row_find(uint32_t tag)
{
	uint32_t group = tag >> 16;
	size_t low = 0, high = sizeof rows / sizeof rows[0], mid, i;

	if (group % 2 != 0)
		return NULL;
	/* Rows with a wildcard are few and come first. */
	for (i = 0; i < high && rows[i].mask != 0xffffffffu; i++)
		if ((tag & rows[i].mask) == rows[i].tag && (group & 0xff) <= 0x1e)
			return &rows[i];
	for (low = i; low < high; ) {
		mid = low + (high - low) / 2;
		if (rows[mid].tag == tag)
			return &rows[mid];
		if (rows[mid].tag < tag)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

enum action
row_action(const struct row *r, unsigned claims)
{
	bool keep = false;
	int i;

	if (r == NULL)
		return ACTION_KEEP;
	for (i = 0; i < OPTION_COLUMNS; i++) {
		if ((claims & CLAIM(i)) == 0)
			continue;
		if (r->option[i] == 'C')
			return ACTION_CLEAN;
		keep |= r->option[i] == 'K';
	}
	if (keep)
		return ACTION_KEEP;
	if (strcmp(r->basic, "X") == 0)
		return ACTION_REMOVE;
	return strcmp(r->basic, "U") == 0 ? ACTION_UID : ACTION_REPLACE;
}
