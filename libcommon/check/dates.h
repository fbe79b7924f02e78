/*
 * dates.h - the dates of a file beside those of its original
 *
 * Counted here and not by the code that moves dates.
 */
#ifndef UNPHI_CHECK_DATES_H
#define UNPHI_CHECK_DATES_H

#include <stdbool.h>
#include <stddef.h>

#include "check/check.h"

struct date {
	int year, month, day;
	long days;		/* from 1970-01-01 */
};

/* The date that DA or DT text of LEN bytes begins with; false: there is no whole one. */
bool dates_read(const char *p, size_t len, struct date *d);

/*
 * The dates of the original, and the number of days by which most of those that
 * moved did. Returns 0 with *OUT to be freed, or -1 with E filled.
 */
struct moved;
int moved_new(const struct subject *s, struct moved **out, struct err *e);
void moved_free(struct moved *m);

/* Is a date what one of the original has become? */
bool moved_explains(const struct moved *m, long days);

#endif
