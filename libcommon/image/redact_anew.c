/* redact: native Pixel Data of another size, written anew; see redact.h. */
#include <string.h>

#include "base/bytes.h"
#include "dicom/native.h"
#include "image/redact_internal.h"

/* What is not yet written: bits of the last byte, a byte of the last pair. */
struct sink {
	struct job *j;
	const struct native *n;
	struct buf bytes;
	size_t bit;		/* frames of 1 bit follow without a gap */
};

/* Writes the first N bytes of the sink, and keeps the others. */
static int
drain(struct sink *s, size_t n, struct err *e)
{
	if (s->n->swapped)
		bytes_swap_pairs((uint8_t *)s->bytes.data, n);
	if (splice_put(s->j->sp, s->bytes.data, n, e) < 0)
		return -1;
	memmove(s->bytes.data, s->bytes.data + n, s->bytes.len - n);
	s->bytes.len -= n;
	return 0;
}

static int
add_frame(struct sink *s, const uint8_t *frame, struct err *e)
{
	size_t whole;

	if (native_pack(&s->j->q, frame, &s->bytes, &s->bit, e) < 0)
		return -1;
	whole = s->bytes.len - (s->bit % 8 != 0);
	return drain(s, whole & ~(size_t)1, e);
}

static int
write_frames(struct sink *s, struct err *e)
{
	struct job *j = s->j;
	uint32_t f;

	for (f = 1; f <= j->q.frames; f++)
		if (redact_boxes(j, f, e) < 0 || redact_frame(j, f, e) < 0 ||
		    add_frame(s, j->frame, e) < 0)
			return -1;
	if (s->bytes.len % 2 != 0 && buf_add(&s->bytes, "", 1, e) < 0)
		return -1;
	return drain(s, s->bytes.len, e);
}

int
redact_write_anew(struct job *j, int fd, struct err *e)
{
	uint64_t bytes = native_used(&j->q);
	struct native n;
	struct sink s = { .j = j, .n = &n };
	int got = -1;

	if (native_open(&n, fd, 0, j->s, j->el, &j->q, e) == 0 &&
	    splice_front(j->sp, fd, e) == 0 &&
	    splice_pixels_head(j->sp, j->el->vr, (uint32_t)(bytes + bytes % 2),
	    e) == 0 && write_frames(&s, e) == 0)
		got = splice_back(j->sp, e);
	buf_free(&s.bytes);
	return got;
}
