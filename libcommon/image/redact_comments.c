/* redact: comments in frames that are copied; see redact.h, comments.h. */
#include <stdlib.h>
#include <string.h>

#include "image/redact_internal.h"

static int
remember(struct blanks *b, uint64_t offset, uint64_t n, struct err *e)
{
	void *more;
	size_t cap;

	if (b->n == b->cap) {
		cap = b->cap == 0 ? 64 : 2 * b->cap;
		if ((more = realloc(b->list, cap * sizeof *b->list)) == NULL)
			return err_set(e, "out of memory");
		b->list = more;
		b->cap = cap;
	}
	b->list[b->n].offset = offset;
	b->list[b->n++].n = n;
	return 0;
}

/* That of C which lies in F, whose bytes are those of the code from START on. */
static int
blank_part(struct job *j, const struct comment *c,
    const struct scan_fragment *f, size_t start, uint64_t from, uint64_t to,
    struct err *e)
{
	size_t first = c->at < start ? start : c->at, end = c->at + c->n;
	uint64_t at;

	if (end > start + f->length)
		end = start + f->length;
	if (first >= end)
		return 0;
	at = f->value + (first - start);
	if (remember(&j->blanks, at, end - first, e) < 0)
		return -1;
	return splice_zero(j->sp, at - from + to, end - first, e);
}

int
redact_blank(struct job *j, uint32_t frame, const struct comments *c,
    uint64_t from, uint64_t to, struct err *e)
{
	const struct scan_fragment *f = j->s->fragments;
	size_t i, k, end, start;

	for (k = 0; k < c->n; k++) {
		start = 0;
		pixels_fragments(j->d, frame, &i, &end);
		for (; i < end; start += f[i++].length)
			if (blank_part(j, &c->list[k], &f[i], start, from, to, e) < 0)
				return -1;
	}
	return 0;
}

void
redact_blanked(const struct job *j, uint64_t at, uint8_t *bytes, size_t n)
{
	const struct blanks *b = &j->blanks;
	size_t low = 0, high = b->n, i;

	while (low < high) {	/* the first one that ends behind AT */
		i = low + (high - low) / 2;
		if (b->list[i].offset + b->list[i].n <= at)
			low = i + 1;
		else
			high = i;
	}
	for (; low < b->n && b->list[low].offset < at + n; low++) {
		uint64_t from = b->list[low].offset, to = from + b->list[low].n;

		from = from < at ? at : from;
		to = to > at + n ? at + n : to;
		memset(bytes + (from - at), 0, (size_t)(to - from));
	}
}
