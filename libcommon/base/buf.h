/*
 * buf.h - a growing run of bytes
 *
 * Start with a zeroed struct; the owner frees it with buf_free. DATA is always
 * followed by a NUL that LEN does not count, once anything was added.
 */
#ifndef UNPHI_BASE_BUF_H
#define UNPHI_BASE_BUF_H

#include <stddef.h>
#include <stdio.h>

#include "base/err.h"

#ifdef __cplusplus
extern "C" {
#endif

struct buf {
	char *data;
	size_t len, cap;
};

/* Makes room for MORE bytes beyond LEN. Returns 0, or -1 out of memory. */
int buf_reserve(struct buf *b, size_t more, struct err *e);

/* Appends N bytes. Returns 0, or -1 out of memory with B unchanged. */
int buf_add(struct buf *b, const void *bytes, size_t n, struct err *e);

/*
 * Appends what is left of IN, MAX bytes at most. Returns 0, or -1 with E filled: there
 * are more, or reading failed.
 */
int buf_read(struct buf *b, FILE *in, size_t max, struct err *e);

/* Empties B but keeps its memory. */
void buf_clear(struct buf *b);

void buf_free(struct buf *b);

#ifdef __cplusplus
}
#endif

#endif
