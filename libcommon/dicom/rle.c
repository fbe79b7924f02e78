/* rle: frames coded by RLE Lossless; see rle.h. */
#include "dicom/rle.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

#define HEADER_BYTES 64		/* the count and 15 offsets: G.5 */
#define MAX_SEGMENTS 15

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
	for (; at < len; at++)
		if (in[at] != 0 && in[at] != 128)
			return err_set(e, "bytes that are not padding follow the end "
			    "of an RLE segment");
	return 0;
}

int
rle_decode(const uint8_t *code, size_t len, size_t count, size_t samples,
    size_t bytes, uint8_t *out, struct err *e)
{
	size_t n = samples * bytes, i, begin, end, word;

	if (len < HEADER_BYTES)
		return err_set(e, "the RLE header is cut");
	if (n > MAX_SEGMENTS || bytes_le32(code) != n)
		return err_set(e, "there are %lu RLE segments, not %zu",
		    (unsigned long)bytes_le32(code), n);
	begin = bytes_le32(code + 4);
	for (i = 4 + 4 * n; i < HEADER_BYTES || (i < begin && i < len); i++)
		if (code[i] != 0)
			return err_set(e, "bytes that belong to no RLE segment come "
			    "before the first");
	for (i = 0; i < n; i++) {
		begin = bytes_le32(code + 4 + 4 * i);
		end = i + 1 < n ? bytes_le32(code + 8 + 4 * i) : len;
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

/* G.3.1: one row of one segment; OUT has room for N + N / 128 + 1 bytes. */
static size_t
pack(const uint8_t *row, size_t n, uint8_t *out)
{
	size_t i = 0, o = 0, run, start;

	while (i < n) {
		for (run = 1; i + run < n && run < 128 && row[i + run] == row[i]; )
			run++;
		if (run > 1) {
			out[o++] = (uint8_t)(257 - run);
			out[o++] = row[i];
			i += run;
			continue;
		}
		/* Literals, up to a run of three: two would gain nothing. */
		for (start = i++; i < n && i - start < 128 &&
		    !(i + 2 < n && row[i] == row[i + 1] && row[i] == row[i + 2]); )
			i++;
		out[o++] = (uint8_t)(i - start - 1);
		for (; start < i; start++)
			out[o++] = row[start];
	}
	return o;
}

int
rle_encode(const uint8_t *frame, uint32_t rows, uint32_t columns,
    uint32_t samples, size_t bytes, struct buf *out, struct err *e)
{
	size_t segments = samples * bytes, base = out->len, stride, s, b, x, len;
	uint8_t *row, *packed;
	uint32_t y;
	int got = -1;

	if (segments == 0 || segments > MAX_SEGMENTS)
		return err_set(e, "RLE cannot hold words of this size: PS3.5 G.2");
	row = malloc(columns);
	packed = malloc((size_t)columns + columns / 128 + 2);
	if (row == NULL || packed == NULL) {
		err_set(e, "out of memory");
		goto out;
	}
	stride = (size_t)columns * segments;
	for (s = 0; s < 16; s++)
		if (buf_add(out, "\0\0\0", 4, e) < 0)
			goto out;
	bytes_put_le((uint8_t *)out->data + base, segments, 4);
	for (s = 0; s < segments; s++) {
		if (out->len - base > UINT32_MAX) {
			err_set(e, "a frame is too large for RLE: PS3.5 G.5");
			goto out;
		}
		bytes_put_le((uint8_t *)out->data + base + 4 * (s + 1),
		    out->len - base, 4);
		b = s / bytes * bytes + (bytes - 1 - s % bytes);
		for (y = 0; y < rows; y++) {
			for (x = 0; x < columns; x++)
				row[x] = frame[y * stride + x * segments + b];
			len = pack(row, columns, packed);
			if (buf_add(out, packed, len, e) < 0)
				goto out;
		}
		if ((out->len - base) % 2 != 0 && buf_add(out, "", 1, e) < 0)
			goto out;
	}
	got = 0;
out:
	free(row);
	free(packed);
	return got;
}
