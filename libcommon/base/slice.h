/*
 * slice.h - a run of bytes that somebody else owns
 */
#ifndef UNPHI_BASE_SLICE_H
#define UNPHI_BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct slice {
	const char *p;		/* may be NULL where there is none */
	size_t len;
};

static inline bool
slice_equal(struct slice a, struct slice b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

static inline bool
slice_is(struct slice a, const char *text)
{
	return slice_equal(a, (struct slice){ text, strlen(text) });
}

/*
 * Takes from REST what comes before the next SEPARATOR, and that; after the last part
 * REST->p is NULL. False: there is no part left.
 */
static inline bool
slice_next(struct slice *rest, char separator, struct slice *part)
{
	const char *stop;

	if (rest->p == NULL)
		return false;
	part->p = rest->p;
	stop = rest->len > 0 ? memchr(rest->p, separator, rest->len) : NULL;
	part->len = stop != NULL ? (size_t)(stop - rest->p) : rest->len;
	rest->p = stop != NULL ? stop + 1 : NULL;
	rest->len = stop != NULL ? rest->len - part->len - 1 : 0;
	return true;
}

#endif
