/*
 * framelist.h - which frames of a file are wanted: lists like 1,3-5,9-
 *
 * Frames count from 1; a range without an end goes to the last frame.
 */
#ifndef UNPHI_STREAM_FRAMELIST_H
#define UNPHI_STREAM_FRAMELIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define FRAMELIST_MAX 1000	/* more is a mistake */

struct framelist_range {
	uint32_t first, last;	/* both included; UINT32_MAX: to the end */
};

/* Zeroed: all frames. */
struct framelist {
	struct framelist_range range[FRAMELIST_MAX];	/* ascending, apart */
	size_t n;
};

/* Makes F what LIST says. Returns false when LIST is malformed or too long. */
bool framelist_parse(const char *list, struct framelist *f);

/*
 * How many of a file's COUNT frames are in F; 0 with E filled when one that F
 * names is not there.
 */
uint32_t framelist_count(const struct framelist *f, uint32_t count, struct err *e);

/* The number of the K-th of them, K from 0. */
uint32_t framelist_nth(const struct framelist *f, uint32_t k);

bool framelist_has(const struct framelist *f, uint32_t frame);

#endif
