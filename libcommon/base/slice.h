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

#endif
