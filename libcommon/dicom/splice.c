/* splice: a DICOM file written again as its own bytes; see splice.h. */
#define _GNU_SOURCE	/* copy_file_range: not POSIX, but the speed of cp */
#include "dicom/splice.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "base/buf.h"

#define PIXEL_DATA 0x7fe00010u
#define META_LENGTH 0x00020000u
#define EDITS_MAX ((size_t)4096)	/* distinct tags */
#define BLOCK ((size_t)1 << 20)	/* bytes copied at a time */
#define UNDEFINED 0xffffffffu
#define ITEM 0xfffee000u
#define SEQUENCE_END 0xfffee0ddu

struct edit {
	uint32_t tag;
	bool drop;		/* no element of that tag */
	struct buf bytes;	/* header and value */
	size_t value;		/* where the value begins in them */
	uint64_t where;		/* of the value in the output; 0: not written */
};

/* Bytes of the original that become zero. */
struct blank {
	uint64_t offset, n;
};

struct splice {
	const struct scan *s;
	struct edit *edits;	/* by tag */
	size_t nedits, edits_cap;
	struct blank *blanks;
	size_t nblanks;
	size_t pixels;		/* index of Pixel Data, or s->n */
	int fd;
	uint64_t at;		/* of the next byte in FD */
	uint64_t from;		/* of the next byte of the original */
	uint64_t set;		/* where the data set begins in FD */
};

struct splice *
splice_new(const struct scan *s, struct err *e)
{
	struct splice *p = calloc(1, sizeof *p);
	const struct scan_element *el = scan_find(s, PIXEL_DATA, NULL);

	if (p == NULL) {
		err_set(e, "out of memory");
		return NULL;
	}
	p->s = s;
	p->pixels = el == NULL ? s->n : (size_t)(el - s->elements);
	p->fd = -1;
	return p;
}

void
splice_free(struct splice *p)
{
	size_t i;

	if (p == NULL)
		return;
	for (i = 0; i < p->nedits; i++)
		buf_free(&p->edits[i].bytes);
	free(p->edits);
	free(p->blanks);
	free(p);
}

/* The edit of TAG, made anew or emptied; or NULL. */
static struct edit *
edit_of(struct splice *p, uint32_t tag, struct err *e)
{
	struct edit *d;
	size_t i, cap;

	for (i = 0; i < p->nedits && p->edits[i].tag < tag; i++)
		;
	if (i < p->nedits && p->edits[i].tag == tag) {
		d = &p->edits[i];
		buf_clear(&d->bytes);
		d->drop = false;
		return d;
	}
	if (p->nedits == EDITS_MAX) {
		err_set(e, "too many edits of one file");
		return NULL;
	}
	if (p->nedits == p->edits_cap) {
		cap = p->edits_cap == 0 ? 32 : 2 * p->edits_cap;
		if ((d = realloc(p->edits, cap * sizeof *d)) == NULL) {
			err_set(e, "out of memory");
			return NULL;
		}
		p->edits = d;
		p->edits_cap = cap;
	}
	d = &p->edits[i];
	memmove(d + 1, d, (p->nedits - i) * sizeof *d);
	memset(d, 0, sizeof *d);
	d->tag = tag;
	p->nedits++;
	return d;
}

static struct edit *
edit_find(struct splice *p, uint32_t tag)
{
	size_t i;

	for (i = 0; i < p->nedits; i++)
		if (p->edits[i].tag == tag)
			return &p->edits[i];
	return NULL;
}

static void
put16(uint8_t *p, uint32_t v, enum scan_coding c)
{
	p[c == SCAN_BIG] = (uint8_t)(v & 0xff);
	p[c != SCAN_BIG] = (uint8_t)(v >> 8 & 0xff);
}

static void
put32(uint8_t *p, uint32_t v, enum scan_coding c)
{
	put16(p + (c == SCAN_BIG ? 2 : 0), v & 0xffff, c);
	put16(p + (c == SCAN_BIG ? 0 : 2), v >> 16, c);
}

/* PS3.5 7.1. */
static int
add_head(struct buf *b, uint32_t tag, const char vr[2], uint32_t length,
    enum scan_coding c, struct err *e)
{
	uint8_t h[12] = { 0 };
	size_t n = 8;

	put16(h, tag >> 16, c);
	put16(h + 2, tag & 0xffff, c);
	if (c == SCAN_IMPLICIT || tag >> 16 == 0xfffe)
		put32(h + 4, length, c);
	else {
		memcpy(h + 4, vr, 2);
		if (scan_vr_is_long(vr)) {
			put32(h + 8, length, c);
			n = 12;
		} else if (length > 0xffff)
			return err_set(e, "(%04x,%04x) would be too long for its VR",
			    tag >> 16, tag & 0xffff);
		else
			put16(h + 6, length, c);
	}
	return buf_add(b, h, n, e);
}

static enum scan_coding
coding_of(const struct splice *p, uint32_t tag)
{
	return tag >> 16 == 2 ? p->s->meta_coding : p->s->coding;
}

/* The one element of that tag, NULL when absent; -1 when it occurs again. */
static int
single(const struct splice *p, uint32_t tag, const struct scan_element **el,
    struct err *e)
{
	size_t count;

	*el = scan_find(p->s, tag, &count);
	if (count > 1)
		return err_set(e, "holds (%04x,%04x) twice", tag >> 16, tag & 0xffff);
	return 0;
}

int
splice_bytes(struct splice *p, uint32_t tag, const char vr[2],
    const void *bytes, size_t n, struct err *e)
{
	const struct scan_element *el;
	struct edit *d;

	if (single(p, tag, &el, e) < 0 || (d = edit_of(p, tag, e)) == NULL)
		return -1;
	if (n > UNDEFINED - 1)
		return err_set(e, "(%04x,%04x) would be too long", tag >> 16,
		    tag & 0xffff);
	if (add_head(&d->bytes, tag, vr, (uint32_t)n, coding_of(p, tag), e) < 0)
		return -1;
	d->value = d->bytes.len;
	return buf_add(&d->bytes, bytes, n, e);
}

int
splice_text(struct splice *p, uint32_t tag, const char vr[2],
    const char *text, struct err *e)
{
	const struct scan_element *el;
	char value[66] = { 0 }, now[66];
	size_t n = strlen(text);

	if (n > 64)
		return err_set(e, "(%04x,%04x) would be too long", tag >> 16,
		    tag & 0xffff);
	memcpy(value, text, n);
	if (n % 2 != 0)
		value[n++] = memcmp(vr, "UI", 2) == 0 ? '\0' : ' ';
	if (single(p, tag, &el, e) < 0)
		return -1;
	if (el != NULL && el->length == n) {
		if (scan_read(p->s, el->value, now, n, e) < 0)
			return -1;
		if (memcmp(now, value, n) == 0)
			return 0;
	}
	return splice_bytes(p, tag, vr, value, n, e);
}

int
splice_us(struct splice *p, uint32_t tag, uint16_t value, struct err *e)
{
	const struct scan_element *el;
	uint8_t v[2], now[2];

	put16(v, value, coding_of(p, tag));
	if (single(p, tag, &el, e) < 0)
		return -1;
	if (el != NULL && el->length == 2) {
		if (scan_read(p->s, el->value, now, 2, e) < 0)
			return -1;
		if (memcmp(now, v, 2) == 0)
			return 0;
	}
	return splice_bytes(p, tag, "US", v, 2, e);
}

int
splice_ss(struct splice *p, uint32_t tag, int16_t a, int16_t b, struct err *e)
{
	uint8_t v[4];

	put16(v, (uint16_t)a, coding_of(p, tag));
	put16(v + 2, (uint16_t)b, coding_of(p, tag));
	return splice_bytes(p, tag, "SS", v, sizeof v, e);
}

int
splice_remove(struct splice *p, uint32_t tag, struct err *e)
{
	struct edit *d;

	if (scan_find(p->s, tag, NULL) == NULL)
		return 0;
	if ((d = edit_of(p, tag, e)) == NULL)
		return -1;
	d->drop = true;
	return 0;
}

int
splice_syntax(struct splice *p, const char *uid, struct err *e)
{
	if (!p->s->has_meta)
		return err_set(e, "has no file meta information to name another "
		    "transfer syntax in: PS3.10 7.1");
	return splice_text(p, 0x00020010, "UI", uid, e);
}

struct code_search {
	const struct scan *s;
	const char *value, *scheme;
	uint32_t item;		/* whose elements these flags are of */
	bool has_value, has_scheme, found;
};

/* Is the string value of EL equal to TEXT, padding aside? */
static int
equals(const struct scan *s, const struct scan_element *el, const char *text,
    bool *out, struct err *e)
{
	char now[64];
	size_t n = (size_t)el->length;

	*out = false;
	if (el->length >= sizeof now)
		return 0;
	if (scan_read(s, el->value, now, n, e) < 0)
		return -1;
	while (n > 0 && (now[n - 1] == ' ' || now[n - 1] == '\0'))
		n--;
	*out = n == strlen(text) && memcmp(now, text, n) == 0;
	return 0;
}

static int
code_element(void *arg, const struct scan_element *el, const uint32_t *path,
    unsigned depth, struct err *e)
{
	struct code_search *c = arg;

	if (depth != 1)
		return 0;
	if (path[0] != c->item) {
		c->item = path[0];
		c->has_value = c->has_scheme = false;
	}
	if (el->tag == 0x00080100 &&
	    equals(c->s, el, c->value, &c->has_value, e) < 0)
		return -1;
	if (el->tag == 0x00080102 &&
	    equals(c->s, el, c->scheme, &c->has_scheme, e) < 0)
		return -1;
	if (c->has_value && c->has_scheme)
		c->found = true;
	return 0;
}

static int
add_text(struct buf *b, uint32_t tag, const char vr[2], const char *text,
    enum scan_coding c, struct err *e)
{
	size_t n = strlen(text);

	if (add_head(b, tag, vr, (uint32_t)(n + n % 2), c, e) < 0 ||
	    buf_add(b, text, n, e) < 0)
		return -1;
	return n % 2 == 0 ? 0 : buf_add(b, " ", 1, e);
}

/* One item of defined length, PS3.5 7.5. */
static int
add_code_item(struct buf *b, const char *value, const char *scheme,
    const char *meaning, enum scan_coding c, struct err *e)
{
	struct buf item = { 0 };
	int got = -1;

	if (add_text(&item, 0x00080100, "SH", value, c, e) == 0 &&
	    add_text(&item, 0x00080102, "SH", scheme, c, e) == 0 &&
	    add_text(&item, 0x00080104, "LO", meaning, c, e) == 0 &&
	    add_head(b, ITEM, "--", (uint32_t)item.len, c, e) == 0)
		got = buf_add(b, item.data, item.len, e);
	buf_free(&item);
	return got;
}

int
splice_code(struct splice *p, uint32_t tag, const char *value,
    const char *scheme, const char *meaning, struct err *e)
{
	struct code_search c = { .s = p->s, .value = value, .scheme = scheme,
	    .item = UINT32_MAX };
	const struct scan_element *el;
	enum scan_coding inner = p->s->coding;
	struct buf items = { 0 };
	size_t old = 0;
	struct edit *d;
	int got = -1;

	if (single(p, tag, &el, e) < 0)
		return -1;
	if ((d = edit_find(p, tag)) != NULL && d->drop)
		el = NULL;	/* what it held is not to come back */
	if (el != NULL) {
		if (scan_sequence(p->s, el, code_element, &c, e) < 0)
			return -1;
		if (c.found)
			return 0;
		if (el->length > SPLICE_SEQUENCE_MAX)
			return err_set(e, "(%04x,%04x) is too long to be added to",
			    tag >> 16, tag & 0xffff);
		old = (size_t)el->length - (el->undefined ? 8 : 0);
		inner = el->inner;
		if (buf_reserve(&items, old, e) < 0 ||
		    scan_read(p->s, el->value, items.data, old, e) < 0)
			goto out;
		items.len = old;
	}
	if (add_code_item(&items, value, scheme, meaning, inner, e) < 0)
		goto out;
	if (el == NULL || !el->undefined) {
		got = splice_bytes(p, tag, "SQ", items.data, items.len, e);
		goto out;
	}
	if ((d = edit_of(p, tag, e)) != NULL &&
	    add_head(&d->bytes, tag, el->vr, UNDEFINED, coding_of(p, tag), e) == 0 &&
	    buf_add(&d->bytes, items.data, items.len, e) == 0)
		got = add_head(&d->bytes, SEQUENCE_END, "--", 0, inner, e);
out:
	buf_free(&items);
	return got;
}

static int
write_at(int fd, uint64_t at, const void *bytes, size_t n, struct err *e)
{
	const char *b = bytes;
	ssize_t put;

	while (n > 0) {
		if ((put = pwrite(fd, b, n, (off_t)at)) < 0) {
			if (errno == EINTR)
				continue;
			return err_set(e, "write: %s", strerror(errno));
		}
		b += put;
		at += (uint64_t)put;
		n -= (size_t)put;
	}
	return 0;
}

static int
copy_by_hand(int in, uint64_t from, int out, uint64_t to, uint64_t n,
    struct err *e)
{
	char *block = malloc(BLOCK);
	ssize_t got;

	if (block == NULL)
		return err_set(e, "out of memory");
	while (n > 0) {
		got = pread(in, block, n < BLOCK ? (size_t)n : BLOCK, (off_t)from);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			err_set(e, "read: %s", got < 0 ? strerror(errno) :
			    "the file has become shorter");
			goto fail;
		}
		if (write_at(out, to, block, (size_t)got, e) < 0)
			goto fail;
		from += (uint64_t)got;
		to += (uint64_t)got;
		n -= (uint64_t)got;
	}
	free(block);
	return 0;
fail:
	free(block);
	return -1;
}

int
splice_blank(struct splice *p, uint64_t offset, uint64_t n, struct err *e)
{
	struct blank *b;

	if (p->nblanks == SPLICE_BLANKS_MAX)
		return err_set(e, "too many places to be made zero");
	if ((b = realloc(p->blanks, (p->nblanks + 1) * sizeof *b)) == NULL)
		return err_set(e, "out of memory");
	p->blanks = b;
	b[p->nblanks].offset = offset;
	b[p->nblanks++].n = n;
	return 0;
}

/* Those of the N bytes at OFFSET, which have just been copied to AT. */
static int
apply_blanks(struct splice *p, uint64_t offset, uint64_t n, uint64_t at,
    struct err *e)
{
	uint64_t from, to;
	size_t i;

	for (i = 0; i < p->nblanks; i++) {
		from = p->blanks[i].offset;
		to = from + p->blanks[i].n;
		from = from < offset ? offset : from;
		to = to > offset + n ? offset + n : to;
		if (from < to &&
		    splice_zero(p, at + (from - offset), to - from, e) < 0)
			return -1;
	}
	return 0;
}

int
splice_copy(struct splice *p, uint64_t offset, uint64_t n, struct err *e)
{
	off_t from = (off_t)offset, to = (off_t)p->at;
	uint64_t left = n;
	ssize_t got;

	while (left > BLOCK) {	/* small ranges are not worth the question */
		got = copy_file_range(p->s->fd, &from, p->fd, &to,
		    left < (1u << 30) ? (size_t)left : 1u << 30, 0);
		if (got < 0 && errno == ENOSPC)
			return err_set(e, "write: %s", strerror(errno));
		if (got <= 0)	/* other file systems, old kernels */
			break;
		left -= (uint64_t)got;
	}
	if (left > 0 && copy_by_hand(p->s->fd, (uint64_t)from, p->fd,
	    (uint64_t)to, left, e) < 0)
		return -1;
	if (apply_blanks(p, offset, n, p->at, e) < 0)
		return -1;
	p->at += n;
	return 0;
}

int
splice_patch(struct splice *p, uint64_t at, const void *bytes, size_t n,
    struct err *e)
{
	return write_at(p->fd, at, bytes, n, e);
}

int
splice_zero(struct splice *p, uint64_t at, uint64_t n, struct err *e)
{
	static const uint8_t zeros[4096];
	size_t len;

	for (; n > 0; n -= len, at += len) {
		len = n < sizeof zeros ? (size_t)n : sizeof zeros;
		if (write_at(p->fd, at, zeros, len, e) < 0)
			return -1;
	}
	return 0;
}

int
splice_put(struct splice *p, const void *bytes, size_t n, struct err *e)
{
	if (splice_patch(p, p->at, bytes, n, e) < 0)
		return -1;
	p->at += n;
	return 0;
}

/* The original up to OFFSET. */
static int
catch_up(struct splice *p, uint64_t offset, struct err *e)
{
	uint64_t from = p->from;

	p->from = offset;
	return splice_copy(p, from, offset - from, e);
}

static int
write_edit(struct splice *p, struct edit *d, struct err *e)
{
	d->where = p->at + d->value;
	return splice_put(p, d->bytes.data, d->bytes.len, e);
}

/* Edits whose tag lies below TAG and that replace nothing are due before it. */
static int
write_due(struct splice *p, uint32_t tag, struct err *e)
{
	struct edit *d;
	size_t i;

	for (i = 0; i < p->nedits; i++) {
		d = &p->edits[i];
		if (d->tag >= tag || d->drop || d->where != 0 ||
		    scan_find(p->s, d->tag, NULL) != NULL)
			continue;
		if (write_edit(p, d, e) < 0)
			return -1;
	}
	return 0;
}

static int
write_elements(struct splice *p, size_t i, size_t end, struct err *e)
{
	const struct scan_element *el;
	struct edit *d;
	bool due;
	size_t k;

	for (; i < end; i++) {
		el = &p->s->elements[i];
		for (due = false, k = 0; k < p->nedits; k++)
			due = due || (p->edits[k].tag < el->tag &&
			    !p->edits[k].drop && p->edits[k].where == 0);
		if ((due || el->head == p->s->set) &&
		    catch_up(p, el->head, e) < 0)
			return -1;
		if (i == p->s->nmeta) {	/* group 0002 ends here, its edits too */
			if (write_due(p, 0x00030000, e) < 0)
				return -1;
			p->set = p->at;
		}
		if (due && write_due(p, el->tag, e) < 0)
			return -1;
		if ((d = edit_find(p, el->tag)) == NULL)
			continue;
		if (catch_up(p, el->head, e) < 0)
			return -1;
		p->from = el->value + el->length;
		if (!d->drop && write_edit(p, d, e) < 0)
			return -1;
	}
	return 0;
}

/* Drops the group lengths that the edits make wrong; counts group 0002 anew. */
static int
fix_group_lengths(struct splice *p, struct err *e)
{
	const struct scan_element *el;
	uint32_t length = 0, group = 0;
	bool meta = false;
	struct edit *d;
	uint8_t v[4];
	size_t i;

	/* Removing one puts it before the edits of its group, which come again. */
	for (i = 0; i < p->nedits; i++) {
		if (p->edits[i].tag >> 16 == group)
			continue;
		group = p->edits[i].tag >> 16;
		if (group == 2)
			meta = true;
		else if (splice_remove(p, group << 16, e) < 0)
			return -1;
	}
	if (!meta)
		return 0;
	for (i = 0; i < p->s->nmeta; i++) {
		el = &p->s->elements[i];
		if (el->tag != META_LENGTH && edit_find(p, el->tag) == NULL)
			length += (uint32_t)(el->value + el->length - el->head);
	}
	for (i = 0; i < p->nedits; i++) {
		d = &p->edits[i];
		if (d->tag >> 16 == 2 && d->tag != META_LENGTH && !d->drop)
			length += (uint32_t)d->bytes.len;
	}
	put32(v, length, p->s->meta_coding);
	return splice_bytes(p, META_LENGTH, "UL", v, 4, e);
}

/* An element that is written anew has its own bytes, which no blank reaches. */
static int
check_blanks(struct splice *p, struct err *e)
{
	const struct scan_element *el;
	struct edit *d;
	size_t i, k;

	for (i = 0; p->nblanks > 0 && i < p->s->n; i++) {
		el = &p->s->elements[i];
		if ((d = edit_find(p, el->tag)) == NULL || d->drop)
			continue;
		for (k = 0; k < p->nblanks; k++)
			if (p->blanks[k].offset >= el->head &&
			    p->blanks[k].offset < el->value + el->length)
				return err_set(e, "(%04x,%04x) holds what is to become "
				    "zero and has to change otherwise too",
				    el->tag >> 16, el->tag & 0xffff);
	}
	return 0;
}

int
splice_front(struct splice *p, int fd, struct err *e)
{
	p->fd = fd;
	p->at = p->from = 0;
	if (check_blanks(p, e) < 0 || fix_group_lengths(p, e) < 0 ||
	    write_elements(p, 0, p->pixels, e) < 0)
		return -1;
	if (p->pixels == p->s->n)
		return 0;
	if (catch_up(p, p->s->elements[p->pixels].head, e) < 0)
		return -1;
	return write_due(p, PIXEL_DATA, e);
}

int
splice_pixels(struct splice *p, uint64_t *value, struct err *e)
{
	const struct scan_element *el = &p->s->elements[p->pixels];

	*value = p->at + (el->value - el->head);
	return catch_up(p, el->value + el->length, e);
}

static int
put_head(struct splice *p, uint32_t tag, const char vr[2], uint32_t length,
    struct err *e)
{
	struct buf b = { 0 };
	int got = add_head(&b, tag, vr, length, p->s->coding, e);

	if (got == 0)
		got = splice_put(p, b.data, b.len, e);
	buf_free(&b);
	return got;
}

int
splice_pixels_head(struct splice *p, const char vr[2], uint32_t length,
    struct err *e)
{
	const struct scan_element *el = &p->s->elements[p->pixels];

	p->from = el->value + el->length;
	return put_head(p, PIXEL_DATA, vr, length, e);
}

int
splice_item(struct splice *p, uint32_t length, struct err *e)
{
	return put_head(p, ITEM, "--", length, e);
}

int
splice_items_end(struct splice *p, struct err *e)
{
	return put_head(p, SEQUENCE_END, "--", 0, e);
}

int
splice_back(struct splice *p, struct err *e)
{
	if (p->pixels < p->s->n &&
	    write_elements(p, p->pixels + 1, p->s->n, e) < 0)
		return -1;
	if (catch_up(p, p->s->end, e) < 0 || write_due(p, UINT32_MAX, e) < 0)
		return -1;
	return catch_up(p, p->s->size, e);
}

uint64_t
splice_at(const struct splice *p)
{
	return p->at;
}

uint64_t
splice_where(const struct splice *p, uint32_t tag)
{
	size_t i;

	for (i = 0; i < p->nedits; i++)
		if (p->edits[i].tag == tag)
			return p->edits[i].where;
	return 0;
}

static int
deflate_set(const struct splice *p, int plain, struct splice *to, z_stream *z,
    struct err *e)
{
	uint8_t in[65536], out[65536];
	uint64_t from = p->set;
	ssize_t got;
	int end = Z_OK;

	do {
		got = pread(plain, in, sizeof in, (off_t)from);
		if (got < 0)
			return err_set(e, "temporary file: %s", strerror(errno));
		from += (uint64_t)got;
		z->next_in = in;
		z->avail_in = (uInt)got;
		do {
			z->next_out = out;
			z->avail_out = sizeof out;
			end = deflate(z, got == 0 ? Z_FINISH : Z_NO_FLUSH);
			if (splice_put(to, out, sizeof out - z->avail_out, e) < 0)
				return -1;
		} while (z->avail_out == 0);
	} while (end != Z_STREAM_END);
	return to->at % 2 == 0 ? 0 : splice_put(to, "", 1, e);
}

int
splice_deflate(const struct splice *p, int plain, int fd, struct err *e)
{
	struct splice to = { .fd = fd };
	z_stream z = { 0 };
	int got;

	if (copy_by_hand(plain, 0, fd, 0, p->set, e) < 0)
		return -1;
	to.at = p->set;
	if (deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -15, 8,
	    Z_DEFAULT_STRATEGY) != Z_OK)
		return err_set(e, "out of memory");
	got = deflate_set(p, plain, &to, &z, e);
	deflateEnd(&z);
	return got;
}
