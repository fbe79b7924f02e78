/* object_write: a tree as the bytes of a file; see object.h. */
#define _GNU_SOURCE	/* MAP_POPULATE */
#include "dicom/object_internal.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include "base/bytes.h"
#include "base/size.h"
#include "base/version.h"

#define UNDEFINED 0xffffffffu
#define ITEM 0xfffee000u
#define HELD ((size_t)1 << 16)	/* bytes that wait to be written together */
#define MAPPED ((uint64_t)1 << 23)	/* bytes of the original at once */

/* Where encoded bytes go: into a buffer, or through it to a file. */
struct sink {
	enum scan_coding coding;
	struct buf held;
	int fd;			/* -1: all of it is held */
	z_stream *deflate;	/* or NULL */
	uint64_t written;	/* to fd, when deflating */
};

static void
put16(uint8_t *p, uint32_t v, enum scan_coding c)
{
	p[0] = (uint8_t)(c == SCAN_BIG ? v >> 8 : v);
	p[1] = (uint8_t)(c == SCAN_BIG ? v : v >> 8);
}

static void
put32(uint8_t *p, uint32_t v, enum scan_coding c)
{
	put16(p, c == SCAN_BIG ? v >> 16 : v & 0xffff, c);
	put16(p + 2, c == SCAN_BIG ? v & 0xffff : v >> 16, c);
}

/* ---- lengths */

/* PS3.5 6.2.2: what is too long for its VR's length word is written as UN. */
static const char *
written_vr(const struct element *el)
{
	return el->len > 0xfffe && !scan_vr_is_long(el->vr) &&
	    strcmp(el->vr, "SQ") != 0 ? "UN" : el->vr;
}

static size_t
head_size(const struct element *el, enum scan_coding c)
{
	return c != SCAN_IMPLICIT && scan_vr_is_long(written_vr(el)) ? 12 : 8;
}

static int lay_out(struct item *set, enum scan_coding c, struct err *e);

static int
lay_out_items(struct element *el, enum scan_coding c, struct err *e)
{
	struct item *in;

	el->len = 0;
	for (in = el->items; in < el->items + el->nitems; in++) {
		if (in->gone)
			continue;
		if (lay_out(in, c, e) < 0)
			return -1;
		if (!size_add(el->len, in->len + 8, &el->len) ||
		    el->len >= UNDEFINED)
			return err_set(e, "(%04x,%04x) is too long to be written",
			    el->tag >> 16, el->tag & 0xffff);
	}
	return 0;
}

/* Sets the lengths of SET and of all sequences in it. */
static int
lay_out(struct item *set, enum scan_coding c, struct err *e)
{
	struct element *el;

	set->len = 0;
	for (el = set->elements; el < set->elements + set->n; el++) {
		if (el->gone)
			continue;
		if (strcmp(el->vr, "SQ") == 0 && lay_out_items(el, c, e) < 0)
			return -1;
		if (el->disk > 0)
			continue;	/* only at the top, whose length nobody asks */
		if (!size_add(set->len, head_size(el, c) + el->len + el->len % 2,
		    &set->len))
			return err_set(e, "is too long to be written");
	}
	return 0;
}

/* ---- bytes out */

static int
write_all(int fd, const void *bytes, size_t n, struct err *e)
{
	const char *p = bytes;
	ssize_t put;

	for (; n > 0; p += put, n -= (size_t)put)
		if ((put = write(fd, p, n)) < 0) {
			if (errno != EINTR)
				return err_set(e, "write: %s", strerror(errno));
			put = 0;
		}
	return 0;
}

static int
write_deflated(struct sink *to, const void *bytes, size_t n, int flush,
    struct err *e)
{
	uint8_t out[65536];
	size_t made;

	to->deflate->next_in = (Bytef *)(uintptr_t)bytes;
	to->deflate->avail_in = (uInt)n;
	do {
		to->deflate->next_out = out;
		to->deflate->avail_out = sizeof out;
		deflate(to->deflate, flush);
		made = sizeof out - to->deflate->avail_out;
		if (write_all(to->fd, out, made, e) < 0)
			return -1;
		to->written += made;
	} while (to->deflate->avail_out == 0);
	return 0;
}

static int
write_out(struct sink *to, const void *bytes, size_t n, struct err *e)
{
	return to->deflate != NULL ?
	    write_deflated(to, bytes, n, Z_NO_FLUSH, e) :
	    write_all(to->fd, bytes, n, e);
}

static int
sink_flush(struct sink *to, struct err *e)
{
	if (to->fd < 0)
		return 0;
	if (write_out(to, to->held.data, to->held.len, e) < 0)
		return -1;
	buf_clear(&to->held);
	return 0;
}

static int
sink_put(struct sink *to, const void *bytes, size_t n, struct err *e)
{
	if (to->fd >= 0 && to->held.len + n > HELD && sink_flush(to, e) < 0)
		return -1;
	return to->fd >= 0 && n > HELD ? write_out(to, bytes, n, e) :
	    buf_add(&to->held, bytes, n, e);
}

/*
 * N bytes of the original at OFFSET. They go from its pages into those of the
 * output, and this program never looks at them: so a file that someone cuts
 * meanwhile is an error of write, not a signal.
 */
static int
copy_mapped(struct sink *to, const struct scan *s, uint64_t offset, uint64_t n,
    struct err *e)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), skip = offset % page;
	size_t len;
	char *map;
	int got;

	for (; n > 0; n -= len - skip, offset += len - skip, skip = 0) {
		len = (size_t)(n + skip < MAPPED ? n + skip : MAPPED);
		map = mmap(NULL, len, PROT_READ, MAP_SHARED | MAP_POPULATE, s->fd,
		    (off_t)(offset - skip));
		if (map == MAP_FAILED)
			return err_set(e, "read: %s", strerror(errno));
		got = write_all(to->fd, map + skip, len - (size_t)skip, e);
		munmap(map, len);
		if (got < 0)
			return -1;
	}
	return 0;
}

static int
copy_from_disk(struct sink *to, const struct scan *s, uint64_t offset,
    uint64_t n, struct err *e)
{
	char block[65536];
	size_t part;

	if (to->deflate == NULL)
		return copy_mapped(to, s, offset, n, e);
	for (; n > 0; n -= part, offset += part) {
		part = n < sizeof block ? (size_t)n : sizeof block;
		if (scan_read(s, offset, block, part, e) < 0 ||
		    write_out(to, block, part, e) < 0)
			return -1;
	}
	return 0;
}

/* ---- elements */

static int
put_head(struct sink *to, uint32_t tag, const char *vr, size_t len,
    struct err *e)
{
	uint8_t head[12] = { 0 };
	size_t n = 8;

	put16(head, tag >> 16, to->coding);
	put16(head + 2, tag & 0xffff, to->coding);
	if (to->coding == SCAN_IMPLICIT || tag >> 16 == 0xfffe)
		put32(head + 4, (uint32_t)len, to->coding);
	else {
		memcpy(head + 4, vr, 2);
		if (scan_vr_is_long(vr)) {
			put32(head + 8, (uint32_t)len, to->coding);
			n = 12;
		} else
			put16(head + 6, (uint32_t)len, to->coding);
	}
	return sink_put(to, head, n, e);
}

/* Bytes of numbers from the order of the file into that of the sink. */
static int
put_value(struct sink *to, const struct element *el, bool swap, struct err *e)
{
	size_t unit = swap ? vr_unit(el->vr) : 1, i, j;
	char number[8];

	if (unit == 1 || el->fragments) {
		if (sink_put(to, el->value, el->len, e) < 0)
			return -1;
	} else
		for (i = 0; i + unit <= el->len; i += unit) {
			for (j = 0; j < unit; j++)
				number[j] = el->value[i + unit - 1 - j];
			if (sink_put(to, number, unit, e) < 0)
				return -1;
		}
	return el->len % 2 == 0 ? 0 : sink_put(to, vr_is_text(el->vr) &&
	    strcmp(el->vr, "UI") != 0 ? " " : "", 1, e);
}

static int put_set(struct sink *to, const struct object *o,
    const struct item *set, struct err *e);

static int
put_element(struct sink *to, const struct object *o, const struct element *el,
    struct err *e)
{
	bool swap = (to->coding == SCAN_BIG) != (o->scan->coding == SCAN_BIG);
	const char *vr = written_vr(el);
	const struct item *in;

	if (el->disk > 0) {	/* as it is, header and all */
		const struct scan_element *s = scan_find(o->scan, el->tag, NULL);
		if (to->fd < 0)
			return err_set(e, "(%04x,%04x) is too large", el->tag >> 16,
			    el->tag & 0xffff);
		return sink_flush(to, e) < 0 ? -1 : copy_from_disk(to, o->scan,
		    s->head, s->value + s->length - s->head, e);
	}
	if (put_head(to, el->tag, vr, el->fragments ? UNDEFINED :
	    el->len + el->len % 2, e) < 0)
		return -1;
	if (strcmp(el->vr, "SQ") != 0)
		return put_value(to, el, swap, e);
	for (in = el->items; in < el->items + el->nitems; in++)
		if (!in->gone && (put_head(to, ITEM, "", in->len, e) < 0 ||
		    put_set(to, o, in, e) < 0))
			return -1;
	return 0;
}

static int
put_set(struct sink *to, const struct object *o, const struct item *set,
    struct err *e)
{
	const struct element *el;

	for (el = set->elements; el < set->elements + set->n; el++)
		if (!el->gone && put_element(to, o, el, e) < 0)
			return -1;
	return 0;
}

int
item_encode(const struct object *o, struct item *set, struct buf *out,
    struct err *e)
{
	struct sink to = { .coding = SCAN_EXPLICIT, .fd = -1, .held = *out };
	int got = lay_out(set, SCAN_EXPLICIT, e);

	if (got == 0)
		got = put_set(&to, o, set, e);
	*out = to.held;
	return got;
}

/* SET was read in one order of bytes, and belongs into the other. */
static void
swap_set(struct item *set)
{
	struct element *el;
	size_t i;

	for (el = set->elements; el < set->elements + set->n; el++) {
		if (el->value != NULL && !el->fragments)
			vr_swap(el->vr, (char *)(uintptr_t)el->value, el->len);
		for (i = 0; i < el->nitems; i++)
			swap_set(&el->items[i]);
	}
}

int
item_decode(struct object *o, struct item *set, const char *syntax,
    const void *bytes, size_t n, struct err *e)
{
	enum scan_coding coding;
	char *copy;

	if (strcmp(syntax, "1.2.840.10008.1.2") == 0)
		coding = SCAN_IMPLICIT;
	else if (strcmp(syntax, "1.2.840.10008.1.2.1") == 0)
		coding = SCAN_EXPLICIT;
	else if (strcmp(syntax, "1.2.840.10008.1.2.2") == 0)
		coding = SCAN_BIG;
	else
		return err_set(e, "a data set in a transfer syntax that is not read");
	if ((copy = object_dup(o, bytes, n, e)) == NULL ||
	    object_parse(o, set, copy, n, coding, 0, e) < 0)
		return -1;
	if ((coding == SCAN_BIG) != (o->scan->coding == SCAN_BIG))
		swap_set(set);
	return 0;
}

/* ---- the file */

static int
put_meta(struct sink *to, uint32_t element, const char *vr, const char *value,
    size_t n, struct err *e)
{
	return put_head(to, 0x00020000u | element, vr, n + n % 2, e) < 0 ||
	    sink_put(to, value, n, e) < 0 ||
	    (n % 2 == 1 && sink_put(to, vr[0] == 'U' ? "" : " ", 1, e) < 0) ? -1 : 0;
}

/* The preamble and the file meta group that PS3.10 7.1 demands. */
static int
put_front(struct sink *to, const struct object *o, struct err *e)
{
	struct sink meta = { .coding = SCAN_EXPLICIT, .fd = -1 };
	const char *class_uid, *instance, *syntax = object_syntax(o);
	char length[4], zeros[128] = { 0 };
	size_t nclass, ninstance;
	int got = -1;

	class_uid = item_text(&o->set, OBJECT_TAG(0x0008, 0x0016), &nclass);
	instance = item_text(&o->set, OBJECT_TAG(0x0008, 0x0018), &ninstance);
	if (class_uid == NULL || instance == NULL)
		return err_set(e, "has no SOP Class or Instance UID");
	if (put_meta(&meta, 1, "OB", "\0\1", 2, e) < 0 ||
	    put_meta(&meta, 2, "UI", class_uid, nclass, e) < 0 ||
	    put_meta(&meta, 3, "UI", instance, ninstance, e) < 0 ||
	    put_meta(&meta, 0x10, "UI", syntax, strlen(syntax), e) < 0 ||
	    put_meta(&meta, 0x12, "UI", UNPHI_CLASS_UID,
	    strlen(UNPHI_CLASS_UID), e) < 0 ||
	    put_meta(&meta, 0x13, "SH", UNPHI_CLASS_NAME,
	    strlen(UNPHI_CLASS_NAME), e) < 0)
		goto out;
	put32((uint8_t *)length, (uint32_t)meta.held.len, SCAN_EXPLICIT);
	if (sink_put(to, zeros, sizeof zeros, e) == 0 &&
	    sink_put(to, "DICM", 4, e) == 0 &&
	    put_meta(to, 0, "UL", length, sizeof length, e) == 0 &&
	    sink_put(to, meta.held.data, meta.held.len, e) == 0)
		got = 0;
out:
	buf_free(&meta.held);
	return got;
}

/* PS3.5 A.5: the data set alone is deflated, and its end padded. */
static int
put_deflated(struct sink *to, const struct object *o, struct err *e)
{
	z_stream z = { 0 };
	int got = -1;

	if (deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -15, 8,
	    Z_DEFAULT_STRATEGY) != Z_OK)
		return err_set(e, "out of memory");
	to->deflate = &z;
	if (put_set(to, o, &o->set, e) == 0 && sink_flush(to, e) == 0 &&
	    write_deflated(to, "", 0, Z_FINISH, e) == 0)
		got = to->written % 2 == 0 ? 0 : write_all(to->fd, "", 1, e);
	to->deflate = NULL;
	deflateEnd(&z);
	return got;
}

int
object_write(struct object *o, FILE *out, struct err *e)
{
	struct sink to = { .coding = SCAN_EXPLICIT, .fd = fileno(out) };
	int got = -1;

	if (fflush(out) != 0)
		return err_set(e, "write: %s", strerror(errno));
	if (lay_out(&o->set, o->scan->coding, e) < 0 || put_front(&to, o, e) < 0)
		goto out;
	to.coding = o->scan->coding;
	if (o->scan->deflated)
		got = sink_flush(&to, e) < 0 ? -1 : put_deflated(&to, o, e);
	else
		got = put_set(&to, o, &o->set, e) < 0 ? -1 : sink_flush(&to, e);
	if (got == 0 && fseek(out, 0, SEEK_END) != 0)
		got = err_set(e, "write: %s", strerror(errno));
out:
	buf_free(&to.held);
	return got;
}
