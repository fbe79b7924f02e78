/* spare: bits that hold no sample; see spare.h. */
#include "image/spare.h"

#include <string.h>

#include "base/bytes.h"

#define PIXEL_PADDING DCM_TAG(0x0028, 0x0120)
#define BLOCK ((size_t)4096)	/* bytes looked at before a decision */

/* Do coded frames hold all bits of the words, as native ones do? */
static bool
has_whole_words(const struct pixels *p)
{
	switch (p->coding) {
	case CODING_NATIVE:
	case CODING_PLAIN:
	case CODING_DEFLATE:
	case CODING_RLE:
		return true;
	case CODING_JPEG:
		return p->stream.process == JPEG_SOF3 &&
		    p->stream.precision > p->bits_stored;
	case CODING_JPEG_LS:
	case CODING_J2K:
		return p->stream.precision > p->bits_stored;
	case CODING_VIDEO:
		break;
	}
	return false;
}

struct spare
spare_of(struct dcm *d, const struct pixels *p)
{
	struct spare s = { 0 };
	unsigned low = p->high_bit + 1 - p->bits_stored;
	double v;

	if (p->bits_allocated == 1 || p->bits_stored == p->bits_allocated ||
	    !has_whole_words(p))
		return s;
	s.bits = (unsigned)(8 * p->bytes);
	s.sample = (UINT32_MAX >> (32 - p->bits_stored)) << low;
	s.sign = p->is_signed ? (uint32_t)1 << p->high_bit : 0;
	s.above = UINT32_MAX >> (32 - s.bits) &
	    ~(UINT32_MAX >> (31 - p->high_bit));
	s.has_padding = dcm_number(d, PIXEL_PADDING, 0, &v);
	if (s.has_padding)
		s.padding = (uint32_t)(int64_t)v & UINT32_MAX >> (32 - s.bits);
	return s;
}

/*
 * Is no spare bit set in N bytes? Words of 16 bits are nearly all there are: four
 * at a time, for this looks at every pixel that is copied.
 */
static bool
is_zero(const struct spare *s, const uint8_t *frame, size_t n)
{
	uint64_t v, any = 0;
	uint8_t all[8];
	size_t i;

	if (s->bits != 16)
		return false;
	for (i = 0; i + 8 <= n; i += 8) {
		memcpy(&v, frame + i, 8);
		any |= v;
	}
	memcpy(all, &any, 8);	/* any byte order */
	for (; i < n; i++)
		all[i % 8] |= frame[i];
	for (v = 0, i = 0; i < 8; i += 2)
		v |= bytes_le16(all + i);
	return (v & ~s->sample) == 0;
}

/* How the negative words of a frame have their sign repeated. */
struct signs {
	bool zeros, ones;
};

static bool
is_clean(const struct spare *s, uint32_t v, struct signs *seen)
{
	uint32_t rest = v & ~s->sample;

	if (s->has_padding && v == s->padding)
		return true;
	if ((v & s->sign) != 0 && (rest == 0 || rest == s->above)) {
		*(rest == 0 ? &seen->zeros : &seen->ones) = true;
		return true;
	}
	return rest == 0;
}

uint64_t
spare_clear(const struct spare *s, uint8_t *frame, size_t n)
{
	struct signs seen = { false, false };
	size_t at, len, i, step = s->bits / 8;
	bool clean = true;
	uint64_t changed = 0;
	uint32_t v, now;

	if (s->bits == 0)
		return 0;
	for (at = 0; at < n; at += len) {
		len = n - at < BLOCK ? n - at : BLOCK;
		if (s->sign == 0 && is_zero(s, frame + at, len))
			continue;
		for (i = at; i + step <= at + len; i += step)
			clean = is_clean(s, bytes_word(frame + i, step), &seen) &&
			    clean;
	}
	/*
	 * Of two ways to write one value the choice is a bit to hide in, where
	 * the sign takes one bit. Where it takes more, only bad writers mix them.
	 */
	if (clean && !(seen.zeros && seen.ones && (s->above & (s->above - 1)) == 0))
		return 0;
	for (i = 0; i + step <= n; i += step) {
		v = bytes_word(frame + i, step);
		if (s->has_padding && v == s->padding)
			continue;
		now = v & s->sample;
		if ((v & s->sign) != 0 && (seen.ones || !seen.zeros))
			now |= s->above;
		if (now != v) {
			bytes_put_le(frame + i, now, step);
			changed++;
		}
	}
	return changed;
}
