/*
 * array.h - arrays that grow
 */
#ifndef UNPHI_BASE_ARRAY_H
#define UNPHI_BASE_ARRAY_H

#include <stddef.h>

#include "base/err.h"

/*
 * Makes room for one more item in the array at P, the address of a pointer from
 * malloc or NULL, which has N items of SIZE bytes and room for *CAP. Returns 0, or
 * -1 out of memory with all as it was.
 */
int array_grow(void *p, size_t n, size_t *cap, size_t size, struct err *e);

#endif
