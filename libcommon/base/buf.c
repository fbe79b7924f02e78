/* buf: a growing run of bytes; see buf.h. */
#include "base/buf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/size.h"

int
buf_reserve(struct buf *b, size_t more, struct err *e)
{
	size_t need, cap;
	char *p;

	if (!size_add(b->len, more, &need) || !size_add(need, 1, &need))
		return err_set(e, "out of memory");
	if (need <= b->cap)
		return 0;
	if (!size_mul(b->cap, 2, &cap) || cap < need)
		cap = need < 64 ? 64 : need;
	if ((p = realloc(b->data, cap)) == NULL)
		return err_set(e, "out of memory");
	b->data = p;
	b->cap = cap;
	return 0;
}

int
buf_add(struct buf *b, const void *bytes, size_t n, struct err *e)
{
	if (buf_reserve(b, n, e) < 0)
		return -1;
	if (n > 0)
		memcpy(b->data + b->len, bytes, n);
	b->len += n;
	b->data[b->len] = '\0';
	return 0;
}

int
buf_read(struct buf *b, FILE *in, size_t max, struct err *e)
{
	char bytes[1 << 14];
	size_t n, all = 0;

	while ((n = fread(bytes, 1, sizeof bytes, in)) > 0) {
		if (n > max - all)
			return err_set(e, "more than %zu bytes", max);
		all += n;
		if (buf_add(b, bytes, n, e) < 0)
			return -1;
	}
	return ferror(in) ? err_set(e, "read: %s", strerror(errno)) : 0;
}

void
buf_clear(struct buf *b)
{
	b->len = 0;
	if (b->data != NULL)
		b->data[0] = '\0';
}

void
buf_free(struct buf *b)
{
	free(b->data);
	b->data = NULL;
	b->len = b->cap = 0;
}
