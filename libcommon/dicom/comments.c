/* comments: what a frame's code holds beside the picture; see comments.h. */
#include "dicom/comments.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "dicom/codestream.h"
#include "dicom/j2k_header.h"

enum {
	J2K_COM = 0xff64,
	JFIF_BYTES = 14,	/* APP0 without a thumbnail: T.871 10.1 */
	ADOBE_BYTES = 12,	/* T.872 6.5.3 */
	SPIFF_BYTES = 30,	/* T.84 F.1.1 */
	SIGNATURE_BYTES = 12,	/* of the first box: T.800 I.5.1 */
	FTYP = 0x66747970	/* the one that follows it: I.5.2 */
};

/* N bytes at AT, unless they are zeros. */
static int
add(struct comments *c, const uint8_t *code, size_t at, size_t n, struct err *e)
{
	struct comment *more;
	size_t cap, i;

	for (i = 0; i < n && code[at + i] == 0; i++)
		;
	if (i == n)
		return 0;
	if (c->n == c->cap) {
		cap = c->cap == 0 ? 8 : 2 * c->cap;
		if ((more = realloc(c->list, cap * sizeof *more)) == NULL)
			return err_set(e, "out of memory");
		c->list = more;
		c->cap = cap;
	}
	c->list[c->n++] = (struct comment){ at, n };
	c->bytes += n;
	return 0;
}

/* -- JPEG and JPEG-LS ------------------------------------------------------- */

static bool
begins(const uint8_t *p, size_t n, const char *text, size_t len)
{
	return n >= len && memcmp(p, text, len) == 0;
}

/* How many bytes of an application's segment a decoder needs. */
static size_t
needed(uint8_t marker, const uint8_t *p, size_t n)
{
	if (marker == JPEG_APP0 && begins(p, n, "JFIF", 5))
		return JFIF_BYTES;
	if (marker == JPEG_APP14 && begins(p, n, "Adobe", 5))
		return ADOBE_BYTES;
	if (marker == JPEG_APP8 && begins(p, n, "SPIFF", 6))
		return SPIFF_BYTES;
	/* The end of SPIFF's directory, T.84 F.2.2.1; HP's transform. */
	if (marker == JPEG_APP8 && (begins(p, n, "\0\0\0\1\xff\xd8", 6) ||
	    begins(p, n, "mrfx", 4)))
		return 6;
	return 0;
}

/* COM, APPn, and what T.81 table B.1 reserves, but for T.87's own. */
static bool
is_beside(uint8_t marker)
{
	return (marker >= JPEG_APP0 && marker != JPEG_SOF55 && marker != JPEG_LSE) ||
	    (marker > 0x01 && marker < JPEG_SOF0);
}

static int
find_jpeg(const uint8_t *code, size_t len, struct comments *out, struct err *e)
{
	struct codestream_segment s;
	size_t at = 0, keep;
	int got;

	while ((got = codestream_next(code, len, &at, &s, e)) == 1) {
		if (!is_beside(s.marker))
			continue;
		keep = needed(s.marker, code + s.body, s.len);
		if (keep < s.len &&
		    add(out, code, s.body + keep, s.len - keep, e) < 0)
			return -1;
	}
	return got;
}

/* -- JPEG 2000 -------------------------------------------------------------- */

/* The COM among the marker segments from AT to END, which are well formed. */
static int
find_com(const uint8_t *code, size_t at, size_t end, struct comments *out,
    struct err *e)
{
	size_t n;

	for (; at + 4 <= end; at += 2 + n) {
		n = bytes_be16(code + at + 2);
		if (bytes_be16(code + at) == J2K_COM &&
		    add(out, code, at + 4, n - 2, e) < 0)
			return -1;
	}
	return 0;
}

/* Is a box in jp2h one that tells of samples and colours: T.800 I.5.3? */
static bool
is_description(uint32_t type)
{
	switch (type) {
	case 0x69686472:	/* ihdr */
	case 0x62706363:	/* bpcc */
	case J2K_BOX_COLOUR:
	case 0x70636c72:	/* pclr */
	case 0x636d6170:	/* cmap */
	case 0x63646566:	/* cdef */
	case 0x72657320:	/* res */
		return true;
	default:
		return false;
	}
}

static int
find_boxes(const uint8_t *p, size_t at, size_t end, bool in_header,
    struct comments *out, struct err *e)
{
	size_t from, to;
	uint32_t type;
	bool keep;

	/* What follows the last box is padding, or it is no JP2 wrapper. */
	for (; j2k_box_read(p, at, end, &type, &from, &to); at = to) {
		if (in_header)
			keep = is_description(type);
		else if (type == J2K_BOX_HEADER) {
			keep = true;
			if (find_boxes(p, from, to, true, out, e) < 0)
				return -1;
		} else
			keep = type == J2K_BOX_CODE || at == 0 ||
			    (at == SIGNATURE_BYTES && type == FTYP);
		if (!keep && add(out, p, from, to - from, e) < 0)
			return -1;
	}
	return 0;
}

static int
find_j2k(const uint8_t *code, size_t len, struct comments *out, struct err *e)
{
	struct j2k_header h;
	struct j2k_part part;
	size_t base, start, at = 0;

	if (j2k_header_read(code, len, &h, e) < 0 || (j2k_is_wrapped(code, len) &&
	    find_boxes(code, 0, len, false, out, e) < 0))
		return -1;
	base = (size_t)(h.code - code);
	if (find_com(code, base + 2, base + h.first_part, out, e) < 0)
		return -1;
	for (start = h.first_part; j2k_header_part(&h, &at, &part); start = at)
		if (find_com(code, base + start + 12,
		    (size_t)(part.bytes - code) - 2, out, e) < 0)
			return -1;
	return 0;
}

/* -- both ------------------------------------------------------------------- */

static int
by_place(const void *a, const void *b)
{
	const struct comment *x = a, *y = b;

	return x->at < y->at ? -1 : x->at > y->at;
}

int
comments_find(const struct pixels *p, const uint8_t *code, size_t len,
    struct comments *out, struct err *e)
{
	out->n = 0;
	out->bytes = 0;
	if (!pixels_has_markers(p))
		return 0;
	if ((p->coding == CODING_J2K ? find_j2k : find_jpeg)(code, len, out, e) < 0)
		return -1;
	if (out->n > 1)	/* boxes came before what their codestream holds */
		qsort(out->list, out->n, sizeof *out->list, by_place);
	return 0;
}

void
comments_clear(const struct comments *c, uint8_t *code)
{
	size_t i;

	for (i = 0; i < c->n; i++)
		memset(code + c->list[i].at, 0, c->list[i].n);
}

void
comments_free(struct comments *c)
{
	free(c->list);
	*c = (struct comments){ 0 };
}
