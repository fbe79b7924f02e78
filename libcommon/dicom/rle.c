/* rle: frames coded by RLE Lossless; see rle.h. */
#include "dicom/rle.h"

#include <string.h>

#define HEADER_BYTES 64		/* the count and 15 offsets: G.5 */
#define MAX_SEGMENTS 15

static uint32_t
le32(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	    (uint32_t)p[3] << 24;
}

/*
 * G.3.2: a byte n below 128 is followed by n + 1 bytes; above, by one that
 * stands for 257 - n; 128 is nothing. COUNT bytes go to OUT, STEP apart.
 */
static int
segment(const uint8_t *in, size_t len, size_t count, size_t step, uint8_t *out,
    struct err *e)
{
	size_t at = 0, n, i;
	unsigned c;

	while (count > 0) {
		if (at >= len)
			return err_set(e, "an RLE segment is too short");
		c = in[at++];
		if (c == 128)
			continue;
		n = c < 128 ? c + 1 : 257 - c;
		if ((c < 128 ? n : 1) > len - at)
			return err_set(e, "an RLE segment is cut");
		if (c < 128) {
			i = n < count ? n : count;
			count -= i;
			for (; i > 0; i--, out += step)
				*out = in[at++];
		} else {
			i = n < count ? n : count;
			count -= i;
			if (step == 1) {
				memset(out, in[at], i);
				out += i;
			} else
				for (; i > 0; i--, out += step)
					*out = in[at];
			at++;
		}
	}
	return 0;
}

int
rle_decode(const uint8_t *code, size_t len, size_t count, size_t samples,
    size_t bytes, uint8_t *out, struct err *e)
{
	size_t n = samples * bytes, i, begin, end, word;

	if (len < HEADER_BYTES)
		return err_set(e, "the RLE header is cut");
	if (n > MAX_SEGMENTS || le32(code) != n)
		return err_set(e, "there are %lu RLE segments, not %zu",
		    (unsigned long)le32(code), n);
	for (i = 0; i < n; i++) {
		begin = le32(code + 4 + 4 * i);
		end = i + 1 < n ? le32(code + 8 + 4 * i) : len;
		if (begin < HEADER_BYTES || end < begin || end > len)
			return err_set(e, "RLE segment %zu is not where the header "
			    "says", i + 1);
		/* Of each sample the most significant byte comes first: G.2. */
		word = i / bytes * bytes + (bytes - 1 - i % bytes);
		if (segment(code + begin, end - begin, count, n, out + word, e) < 0)
			return -1;
	}
	return 0;
}
