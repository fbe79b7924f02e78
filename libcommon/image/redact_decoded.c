/* redact: frames decoded, where there is no encoder; see redact.h. */
#include <string.h>

#include "dicom/native.h"
#include "image/redact_internal.h"

#define EXPLICIT_LITTLE "1.2.840.10008.1.2.1"

/*
 * Packs a frame of one byte a pixel into bits from BIT of OUT on (PS3.5 8.1.1),
 * whose first byte holds the bits before that. Returns the bit after the last.
 */
static size_t
pack_bits(const struct pixels *p, const uint8_t *frame, uint8_t *out, size_t bit)
{
	size_t i, n = p->frame_bytes;

	for (i = 0; i < n; i++, bit++) {
		if (bit % 8 == 0)
			out[bit / 8] = 0;
		out[bit / 8] = (uint8_t)(out[bit / 8] | frame[i] << bit % 8);
	}
	return bit;
}

int
redact_write_decoded(struct job *j, int fd, struct err *e)
{
	const struct pixels *p = j->p;
	uint64_t bytes = native_used(p);
	size_t n, bit = 0;
	uint32_t f;

	if (bytes > 0xffffffffu - 2)
		return err_set(e, "the decoded frames are longer than an element "
		    "can be: PS3.5 7.1");
	if (redact_describe(j, EXPLICIT_LITTLE, e) < 0 || splice_front(j->sp, fd, e) < 0 ||
	    splice_pixels_head(j->sp, p->bits_allocated > 8 ? "OW" : "OB",
	    (uint32_t)(bytes + bytes % 2), e) < 0)
		return -1;
	for (f = 1; f <= p->frames; f++) {
		if (redact_boxes(j, f, e) < 0 || redact_frame(j, f, e) < 0)
			return -1;
		if (p->bits_allocated != 1) {
			if (splice_put(j->sp, j->frame, p->frame_bytes, e) < 0)
				return -1;
			continue;
		}
		/* Frames follow without a gap: the last bits wait for the next. */
		bit = pack_bits(p, j->frame, j->other, bit);
		n = f == p->frames ? (bit + 7) / 8 : bit / 8;
		if (splice_put(j->sp, j->other, n, e) < 0)
			return -1;
		if (f < p->frames)
			j->other[0] = j->other[n];
		bit %= 8;
	}
	if (bytes % 2 != 0 && splice_put(j->sp, "", 1, e) < 0)
		return -1;
	return splice_back(j->sp, e);
}
