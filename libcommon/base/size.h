/*
 * size.h - sizes that come from a file, added and multiplied with care
 *
 * Each returns false, with *OUT unchanged, when the result does not fit.
 */
#ifndef UNPHI_BASE_SIZE_H
#define UNPHI_BASE_SIZE_H

#include <stdbool.h>
#include <stddef.h>

static inline bool
size_mul(size_t a, size_t b, size_t *out)
{
	size_t r;

	if (__builtin_mul_overflow(a, b, &r))
		return false;
	*out = r;
	return true;
}

static inline bool
size_add(size_t a, size_t b, size_t *out)
{
	size_t r;

	if (__builtin_add_overflow(a, b, &r))
		return false;
	*out = r;
	return true;
}

#endif
