/* rows: PS3.15 Table E.1-1 for the validator; see rows.h. */
#include "check/rows.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const struct row rows[] = {
#include "check/rows.inc"
};

/* PS3.15 Table E.3.10-1: xx of (gggg,xxee) is the block. */
static const struct {
	uint32_t tag;		/* gggg00ee */
	const char *creator;
	bool version;		/* a UID of a format, and of no instance */
} safe_private[] = {
#include "check/safe_private.inc"
};

/* Words of medicine, which somebody may be called too. */
static const char *const terms[] = {
#include "check/terms.inc"
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

bool
row_same_creator(const char *a, const char *b)
{
	a += strspn(a, " ");
	b += strspn(b, " ");
	for (;; a++, b++) {
		for (; a[0] == ' ' && a[1] == ' '; a++)
			;
		for (; b[0] == ' ' && b[1] == ' '; b++)
			;
		if (toupper((unsigned char)*a) != toupper((unsigned char)*b))
			return false;
		if (*a == '\0')
			return true;
	}
}

bool
row_is_safe_private(uint32_t tag, const char *creator, bool *version)
{
	for (size_t i = 0; i < sizeof safe_private / sizeof safe_private[0]; i++)
		if (safe_private[i].tag == (tag & 0xffff00ff) &&
		    row_same_creator(safe_private[i].creator, creator)) {
			*version = safe_private[i].version;
			return true;
		}
	return false;
}

bool
row_is_term(const char *word, size_t len)
{
	size_t low = 0, high = sizeof terms / sizeof terms[0], mid;
	int order;

	while (low < high) {
		mid = low + (high - low) / 2;
		order = strncmp(terms[mid], word, len);
		if (order == 0 && terms[mid][len] == '\0')
			return true;
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return false;
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
