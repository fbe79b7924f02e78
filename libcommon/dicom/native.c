/* native: native Pixel Data changed where it lies; see native.h. */
#include "dicom/native.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"

#define RUN_MAX ((size_t)65535 * 3 * 4 + 4)	/* bytes of one row, and a pair */

uint64_t
native_used(const struct pixels *p)
{
	uint64_t bits;

	if (p->bits_allocated != 1)
		return (uint64_t)p->frame_bytes * p->frames;
	bits = (uint64_t)p->rows * p->columns * p->frames;
	return bits / 8 + (bits % 8 != 0);
}

static void
pack_bits(const uint8_t *frame, size_t n, uint8_t *out, size_t bit)
{
	size_t i;

	for (i = 0; i < n; i++, bit++) {
		if (bit % 8 == 0)
			out[bit / 8] = 0;
		out[bit / 8] = (uint8_t)(out[bit / 8] | (frame[i] & 1) << bit % 8);
	}
}

/* RGB RGB RGB to RRR GGG BBB, words of W bytes. */
static void
separate(const uint8_t *frame, size_t n, size_t w, uint8_t *out)
{
	size_t i, k;

	for (k = 0; k < 3; k++)
		for (i = 0; i < n; i++)
			memcpy(out + (k * n + i) * w, frame + (3 * i + k) * w, w);
}

int
native_pack(const struct pixels *p, const uint8_t *frame, struct buf *out,
    size_t *bit, struct err *e)
{
	size_t pixels = (size_t)p->rows * p->columns, from = *bit % 8, n;
	uint8_t *to;

	n = p->bits_allocated == 1 ? (from + pixels + 7) / 8 - (from > 0) :
	    p->frame_bytes;
	if (buf_reserve(out, n, e) < 0)
		return -1;
	to = (uint8_t *)out->data + out->len;
	out->len += n;
	if (p->bits_allocated == 1) {
		pack_bits(frame, pixels, to - (from > 0), from);
		*bit = (from + pixels) % 8;
	} else if (p->planar)
		separate(frame, pixels, p->bytes, to);
	else
		memcpy(to, frame, n);
	return 0;
}

/* PS3.5 7.3; GE's own syntax is little endian but for pixels. */
static bool
is_swapped(const struct scan *s, const struct scan_element *el)
{
	return (s->coding == SCAN_BIG ||
	    strcmp(s->syntax, "1.2.840.113619.5.2") == 0) &&
	    memcmp(el->vr, "OB", 2) != 0;
}

int
native_open(struct native *n, int fd, uint64_t value, const struct scan *s,
    const struct scan_element *el, const struct pixels *p, struct err *e)
{
	n->fd = fd;
	n->value = value;
	n->length = el->length;
	n->p = p;
	n->swapped = is_swapped(s, el);
	if (n->swapped && p->bits_allocated > 16)
		return err_set(e, "words of %u bits in big endian are not supported",
		    p->bits_allocated);
	return 0;
}

int
native_read(const struct scan *s, const struct scan_element *el, uint64_t at,
    void *out, size_t n, struct err *e)
{
	uint8_t *b = out, pair[2];
	size_t i = 0;

	if (at > el->length || n > el->length - at)
		return err_set(e, "pixel data ends before byte %" PRIu64, at + n);
	if (!is_swapped(s, el))
		return scan_read(s, el->value + at, out, n, e);
	if (n > 0 && at % 2 != 0) {	/* the second of a pair comes first */
		if (scan_read(s, el->value + at - 1, b, 1, e) < 0)
			return -1;
		i = 1;
	}
	if (scan_read(s, el->value + at + i, b + i, (n - i) & ~(size_t)1, e) < 0)
		return -1;
	bytes_swap_pairs(b + i, n - i);
	i += (n - i) & ~(size_t)1;
	if (i == n)
		return 0;
	if (at + i + 2 > el->length)
		return err_set(e, "pixel data of odd length in big endian");
	if (scan_read(s, el->value + at + i, pair, 2, e) < 0)
		return -1;
	b[i] = pair[1];
	return 0;
}

static int
transfer(const struct native *n, uint64_t at, uint8_t *b, size_t len, bool out,
    struct err *e)
{
	ssize_t done;

	at += n->value;
	while (len > 0) {
		done = out ? pwrite(n->fd, b, len, (off_t)at) :
		    pread(n->fd, b, len, (off_t)at);
		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return err_set(e, "%s: %s", out ? "write" : "read back",
			    done < 0 ? strerror(errno) : "ends too early");
		b += done;
		at += (uint64_t)done;
		len -= (size_t)done;
	}
	return 0;
}

/* Changes LEN bytes at AT, counted as if bytes were never swapped. */
static int
put(const struct native *n, uint64_t at, const uint8_t *bytes, size_t len,
    uint8_t *scratch, struct err *e)
{
	uint64_t from = at & ~(uint64_t)1, to = (at + len + 1) & ~(uint64_t)1;
	size_t i;

	if (!n->swapped) {
		memcpy(scratch, bytes, len);
		return transfer(n, at, scratch, len, true, e);
	}
	if (to > n->length)
		return err_set(e, "pixel data of odd length in big endian");
	if (transfer(n, from, scratch, (size_t)(to - from), false, e) < 0)
		return -1;
	for (i = 0; i < len; i++)
		scratch[(size_t)(at - from + i) ^ 1] = bytes[i];
	return transfer(n, from, scratch, (size_t)(to - from), true, e);
}

/* PS3.5 8.1.1: the first pixel is the least significant bit. V: one byte a pixel. */
static int
put_bits(const struct native *n, uint64_t bit, uint32_t w, const uint8_t *v,
    uint8_t *run, struct err *e)
{
	uint64_t at = bit / 8, end = (bit + w + 7) / 8, from, to;
	size_t i, k;

	from = n->swapped ? at & ~(uint64_t)1 : at;
	to = n->swapped ? (end + 1) & ~(uint64_t)1 : end;
	if (to > n->length)
		return err_set(e, "pixel data of odd length in big endian");
	if (transfer(n, from, run, (size_t)(to - from), false, e) < 0)
		return -1;
	for (i = 0; i < w; i++) {
		k = (size_t)((bit + i) / 8 - from);
		if (n->swapped)
			k ^= 1;
		if (v[i] != 0)
			run[k] = (uint8_t)(run[k] | 1u << (bit + i) % 8);
		else
			run[k] = (uint8_t)(run[k] & ~(1u << (bit + i) % 8));
	}
	return transfer(n, from, run, (size_t)(to - from), true, e);
}

/* W pixels of the words V, as pixels.h delivers them. */
static void
make_line(const struct pixels *p, uint32_t w, const uint32_t v[3], uint8_t *line)
{
	uint32_t pair[4] = { v[0], v[0], v[1], v[2] };
	uint32_t i, k, count = p->samples;

	if (pixels_is_422(p)) {
		v = pair;
		count = 4;
		w /= 2;
	}
	for (i = 0; i < w; i++)
		for (k = 0; k < count; k++, line += p->bytes)
			bytes_put_le(line, v[k], p->bytes);
}

/* The samples of one plane out of W interleaved pixels. */
static void
take_plane(const struct pixels *p, const uint8_t *line, uint32_t w,
    uint32_t plane, uint8_t *out)
{
	uint32_t i;

	line += plane * p->bytes;
	for (i = 0; i < w; i++, line += p->samples * p->bytes, out += p->bytes)
		memcpy(out, line, p->bytes);
}

/*
 * Writes the rectangle row by row: all like LINE, W pixels as pixels.h delivers
 * them, or each the next of lines that begin STRIDE bytes apart.
 */
static int
write_rows(const struct native *n, uint32_t frame, uint32_t x, uint32_t y,
    uint32_t w, uint32_t h, const uint8_t *line, size_t stride, struct err *e)
{
	const struct pixels *p = n->p;
	uint32_t planes = p->planar ? p->samples : 1, plane, row;
	uint32_t count = p->planar || p->samples == 1 ? 1 : pixels_is_422(p) ? 2 : 3;
	uint64_t area = (uint64_t)p->rows * p->columns, pixel, at;
	size_t len = (size_t)w * count * p->bytes;
	uint8_t *run, *scratch;
	int got = -1;

	run = malloc(RUN_MAX);
	scratch = malloc(RUN_MAX);
	if (run == NULL || scratch == NULL) {
		err_set(e, "out of memory");
		goto out;
	}
	for (row = y; row < y + h; row++, line += stride) {
		pixel = (uint64_t)row * p->columns + x;
		if (p->bits_allocated == 1) {
			if (put_bits(n, area * (frame - 1) + pixel, w, line, run,
			    e) < 0)
				goto out;
			continue;
		}
		for (plane = 0; plane < planes; plane++) {
			if (p->planar)
				take_plane(p, line, w, plane, run);
			at = (uint64_t)p->frame_bytes * (frame - 1) +
			    (plane * area + pixel * count) * p->bytes;
			if (put(n, at, p->planar ? run : line, len, scratch, e) < 0)
				goto out;
		}
	}
	got = 0;
out:
	free(run);
	free(scratch);
	return got;
}

int
native_fill(const struct native *n, uint32_t frame, uint32_t x, uint32_t y,
    uint32_t w, uint32_t h, const uint32_t v[3], struct err *e)
{
	uint8_t *line = malloc(RUN_MAX);
	int got;

	if (line == NULL)
		return err_set(e, "out of memory");
	make_line(n->p, w, v, line);
	got = write_rows(n, frame, x, y, w, h, line, 0, e);
	free(line);
	return got;
}

int
native_write(const struct native *n, uint32_t frame, uint32_t x, uint32_t y,
    uint32_t w, uint32_t h, const uint8_t *pixels, struct err *e)
{
	size_t pixel = n->p->bytes * (pixels_is_422(n->p) ? 2 : n->p->samples);
	size_t stride = n->p->columns * pixel;

	return write_rows(n, frame, x, y, w, h,
	    pixels + y * stride + x * pixel, stride, e);
}
