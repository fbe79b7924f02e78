/* dataset: the elements of a DICOM file; see dataset.h. */
#include "check/dataset.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <zlib.h>

#include "base/size.h"

#define UNDEFINED 0xffffffffu
#define ITEM 0xfffee000u
#define ITEM_END 0xfffee00du
#define SEQUENCE_END 0xfffee0ddu
#define FAULTS_MAX 200u		/* more say nothing new */

struct dataset {
	FILE *f;
	uint64_t size;
	struct element *e;
	size_t n, cap;
	struct dataset_fault faults[FAULTS_MAX];
	size_t nfaults;
	bool preamble, encapsulated;
};

struct encoding {
	bool explicit_vr, big;
};

/* Where a set of elements is, and in what. */
struct place {
	uint64_t end;		/* not beyond this */
	bool open;		/* ends at an item delimiter */
	uint32_t parent, item;
	unsigned depth;
};

struct head {
	uint32_t tag, length;
	char vr[3];
	unsigned bytes;		/* of the header */
};

int64_t
dataset_bytes(const struct dataset *d, uint64_t from, void *out, size_t n,
    struct err *e)
{
	size_t got;

	if (from >= d->size)
		return 0;
	if (fseeko(d->f, (off_t)from, SEEK_SET) < 0)
		return err_set(e, "seek: %s", strerror(errno));
	got = fread(out, 1, n, d->f);
	if (got < n && ferror(d->f)) {
		clearerr(d->f);
		return err_set(e, "read: %s", strerror(errno));
	}
	return (int64_t)got;
}

static uint32_t
number(const unsigned char *b, unsigned n, bool big)
{
	uint32_t v = 0;
	unsigned i;

	for (i = 0; i < n; i++)
		v = v << 8 | b[big ? i : n - 1 - i];
	return v;
}

static uint32_t
tag_at(const unsigned char *b, bool big)
{
	return number(b, 2, big) << 16 | number(b + 2, 2, big);
}

static void
fault(struct dataset *d, uint32_t tag, uint32_t index, uint64_t offset,
    const char *what)
{
	if (d->nfaults < FAULTS_MAX)
		d->faults[d->nfaults++] =
		    (struct dataset_fault){ tag, index, offset, what };
}

/* The VRs whose length field has 32 bits: PS3.5 7.1.2. */
static bool
long_vr(const char *vr)
{
	static const char list[] = "OB OD OF OL OV OW SQ SV UC UN UR UT UV";
	const char *p;

	for (p = list; *p != '\0'; p += p[2] == '\0' ? 2 : 3)
		if (memcmp(p, vr, 2) == 0)
			return true;
	return false;
}

/*
 * The header of the element at AT. Returns 1; 0 when the bytes there are no
 * header or reach beyond END; -1 with E filled.
 */
static int
read_head(const struct dataset *d, uint64_t at, uint64_t end,
    const struct encoding *enc, struct head *h, struct err *e)
{
	unsigned char b[12] = { 0 };
	int64_t got;

	if (at > end || end - at < 8)
		return 0;
	if ((got = dataset_bytes(d, at, b, sizeof b, e)) < 0)
		return -1;
	if (got < 8)
		return 0;
	h->tag = tag_at(b, enc->big);
	h->vr[0] = '\0';
	h->bytes = 8;
	if (h->tag >> 16 == 0xfffe || !enc->explicit_vr) {
		h->length = number(b + 4, 4, enc->big);
		return 1;
	}
	if (b[4] < 'A' || b[4] > 'Z' || b[5] < 'A' || b[5] > 'Z')
		return 0;
	h->vr[0] = (char)b[4];
	h->vr[1] = (char)b[5];
	h->vr[2] = '\0';
	if (!long_vr(h->vr)) {
		h->length = number(b + 6, 2, enc->big);
		return 1;
	}
	if (got < 12 || end - at < 12)
		return 0;
	h->length = number(b + 8, 4, enc->big);
	h->bytes = 12;
	return 1;
}

static int
add(struct dataset *d, const struct element *x, struct err *e)
{
	struct element *grown;
	size_t cap, bytes;

	if (d->n == d->cap) {
		cap = d->cap == 0 ? 256 : d->cap * 2;
		if (d->n >= DATASET_ELEMENTS_MAX)
			return err_set(e, "more than %u elements", DATASET_ELEMENTS_MAX);
		if (!size_mul(cap, sizeof *grown, &bytes) ||
		    (grown = realloc(d->e, bytes)) == NULL)
			return err_set(e, "out of memory");
		d->e = grown;
		d->cap = cap;
	}
	d->e[d->n++] = *x;
	return 0;
}

/* Is [AT, END) a chain of items? At least one, and of whole ones. */
static bool
is_items(const struct dataset *d, uint64_t at, uint64_t end, bool big)
{
	unsigned char b[8];
	struct err unused;
	uint32_t length;

	if (end - at < 8)
		return false;
	while (at < end) {
		if (end - at < 8 || dataset_bytes(d, at, b, 8, &unused) != 8 ||
		    tag_at(b, big) != ITEM)
			return false;
		length = number(b + 4, 4, big);
		if (length == UNDEFINED)	/* its end is found by parsing */
			return true;
		if (length > end - at - 8)
			return false;
		at += 8 + length;
	}
	return true;
}

static int parse_set(struct dataset *d, uint64_t at, const struct place *where,
    const struct encoding *enc, uint64_t *after, struct err *e);

/*
 * The items of sequence INDEX from AT; up to END when its length was stated,
 * else to its delimiter.
 */
static int
parse_items(struct dataset *d, uint64_t at, uint64_t end, bool open,
    uint32_t index, unsigned depth, const struct encoding *enc,
    uint64_t *after, struct err *e)
{
	struct place where = { .parent = index, .depth = depth + 1 };
	struct head h;
	int got;

	if (depth + 1 > DATASET_DEPTH_MAX)
		return err_set(e, "byte %" PRIu64 ": more than %u nested sequences",
		    at, DATASET_DEPTH_MAX);
	while (open || at < end) {
		if ((got = read_head(d, at, end, enc, &h, e)) < 0)
			return -1;
		if (got == 0)
			return err_set(e, "byte %" PRIu64 ": ends inside a sequence", at);
		if (open && h.tag == SEQUENCE_END) {
			*after = at + 8;
			return 0;
		}
		if (h.tag != ITEM)
			return err_set(e, "byte %" PRIu64 ": not an item (PS3.5 7.5)", at);
		at += 8;
		where.item++;
		where.open = h.length == UNDEFINED;
		if (!where.open && h.length > end - at)
			return err_set(e, "byte %" PRIu64 ": an item ends beyond its "
			    "sequence", at);
		where.end = where.open ? end : at + h.length;
		if (parse_set(d, at, &where, enc, &at, e) < 0)
			return -1;
	}
	*after = at;
	return 0;
}

/* Fragments: PS3.5 A.4. Only their frame is of interest. */
static int
skip_fragments(const struct dataset *d, uint64_t at, uint64_t end,
    const struct encoding *enc, uint64_t *after, struct err *e)
{
	struct head h;
	int got;

	for (;;) {
		if ((got = read_head(d, at, end, enc, &h, e)) < 0)
			return -1;
		if (got == 0 || (h.tag != ITEM && h.tag != SEQUENCE_END) ||
		    h.length > end - at - 8)
			return err_set(e, "byte %" PRIu64 ": ends inside encapsulated "
			    "data (PS3.5 A.4)", at);
		at += 8 + (uint64_t)h.length;
		if (h.tag == SEQUENCE_END) {
			*after = at;
			return 0;
		}
	}
}

/*
 * Tries the value of element INDEX, of stated length, as items. A value that
 * merely looks like items stays one value.
 */
static void
try_items(struct dataset *d, uint32_t index, const struct place *in,
    const struct encoding *enc)
{
	struct element *x = &d->e[index];
	uint64_t at = x->value, end = x->value + x->length, after;
	size_t n = d->n, faults = d->nfaults;
	struct err unused;

	if (!is_items(d, at, end, enc->big))
		return;
	x->sequence = true;
	if (parse_items(d, at, end, false, index, in->depth, enc, &after,
	    &unused) < 0 || after != end) {
		d->n = n;
		d->nfaults = faults;
		d->e[index].sequence = false;
	}
}

/* The value of the element that was just added. */
static int
parse_value(struct dataset *d, const struct place *in,
    const struct encoding *enc, uint64_t *after, struct err *e)
{
	/* UN of undefined length is in implicit VR little endian: PS3.5 6.2.2. */
	static const struct encoding implicit_little = { false, false };
	uint32_t index = (uint32_t)(d->n - 1);
	struct element x = d->e[index];
	bool un = strcmp(x.vr, "UN") == 0;

	if (x.undefined) {
		if (x.vr[0] == 'O' || (x.vr[0] == '\0' && x.tag == 0x7fe00010)) {
			d->e[index].fragments = true;
			if (x.tag == 0x7fe00010 && in->parent == DATASET_TOP)
				d->encapsulated = true;
			if (skip_fragments(d, x.value, in->end, enc, after, e) < 0)
				return -1;
		} else {
			if (x.vr[0] != '\0' && !un && strcmp(x.vr, "SQ") != 0)
				return err_set(e, "byte %" PRIu64 ": (%04x,%04x) may not "
				    "have an undefined length", x.header,
				    x.tag >> 16, x.tag & 0xffff);
			d->e[index].sequence = true;
			if (parse_items(d, x.value, in->end, true, index, in->depth,
			    un ? &implicit_little : enc, after, e) < 0)
				return -1;
		}
		d->e[index].length = *after - x.value;
		return 0;
	}
	*after = x.value + x.length;
	if (x.length == 0) {
		d->e[index].sequence = strcmp(x.vr, "SQ") == 0;
		return 0;
	}
	if (strcmp(x.vr, "SQ") == 0) {
		d->e[index].sequence = true;
		return parse_items(d, x.value, *after, false, index, in->depth, enc,
		    &x.length, e);
	}
	if (un) {
		try_items(d, index, in, &implicit_little);
		if (!d->e[index].sequence)
			try_items(d, index, in, enc);
	} else if (x.vr[0] == '\0')
		try_items(d, index, in, enc);
	return 0;
}

static int
parse_set(struct dataset *d, uint64_t at, const struct place *where,
    const struct encoding *enc, uint64_t *after, struct err *e)
{
	uint32_t last = 0;
	struct element x;
	struct head h;
	bool top = where->parent == DATASET_TOP;
	int got;

	while (where->open || at < where->end) {
		if ((got = read_head(d, at, where->end, enc, &h, e)) < 0)
			return -1;
		if (got == 1 && where->open && h.tag == ITEM_END) {
			*after = at + 8;
			return 0;
		}
		if (got == 1 && h.length != UNDEFINED &&
		    h.length > where->end - at - h.bytes)
			got = 0;
		/* After the pixel data, what is no element is not part of it. */
		if (top && last >= 0x7fe00000 && (got == 0 ||
		    h.tag >> 16 == 0xfffe || h.tag <= last)) {
			fault(d, 0, DATASET_TOP, at,
			    "bytes after the last element (PS3.10 7.2)");
			break;
		}
		if (got == 0)
			return err_set(e, "byte %" PRIu64 ": ends inside an element", at);
		if (h.tag >> 16 == 0xfffe)
			return err_set(e, "byte %" PRIu64 ": an item outside of a "
			    "sequence", at);
		x = (struct element){ .tag = h.tag, .parent = where->parent,
		    .item = where->item, .header = at, .value = at + h.bytes,
		    .undefined = h.length == UNDEFINED,
		    .length = h.length == UNDEFINED ? 0 : h.length };
		memcpy(x.vr, h.vr, sizeof x.vr);
		if (add(d, &x, e) < 0)
			return -1;
		if (h.tag <= last)
			fault(d, h.tag, (uint32_t)(d->n - 1), at,
			    "not in ascending order of tags (PS3.5 7.1)");
		if ((h.tag & 0xffff) == 0 && h.tag != 0x00020000)
			fault(d, h.tag, (uint32_t)(d->n - 1), at,
			    "a group length, which is retired (PS3.5 7.2)");
		if (h.length != UNDEFINED && h.length % 2 != 0)
			fault(d, h.tag, (uint32_t)(d->n - 1), at,
			    "a value of odd length (PS3.5 7.1.1)");
		last = h.tag > last ? h.tag : last;
		if (parse_value(d, where, enc, &at, e) < 0)
			return -1;
	}
	*after = at;
	return 0;
}

/*
 * File Meta Information (PS3.10 7.1), always explicit VR little endian. *AT
 * moves behind it.
 */
static int
parse_meta(struct dataset *d, uint64_t *at, struct err *e)
{
	static const struct encoding meta = { true, false };
	struct place where = { .parent = DATASET_TOP };
	struct head h;
	int got;

	where.end = *at;
	for (;;) {
		if ((got = read_head(d, where.end, d->size, &meta, &h, e)) < 0)
			return -1;
		if (got == 0 || h.tag >> 16 != 2)
			break;
		if (h.length > d->size - where.end - h.bytes)
			return err_set(e, "byte %" PRIu64 ": ends inside the file meta "
			    "information", where.end);
		where.end += h.bytes + (uint64_t)h.length;
	}
	return parse_set(d, *at, &where, &meta, at, e);
}

/* Replaces the bytes from AT on by what they inflate to, in a temporary. */
static int
inflate_rest(struct dataset *d, uint64_t at, struct err *e)
{
	unsigned char in[65536], out[65536];
	uint64_t from = 0, total = at;
	z_stream z = { 0 };
	FILE *t = tmpfile();
	size_t n;
	int64_t got;
	int status = Z_OK;

	if (t == NULL)
		return err_set(e, "temporary file: %s", strerror(errno));
	if (inflateInit2(&z, -MAX_WBITS) != Z_OK) {
		fclose(t);
		return err_set(e, "out of memory");
	}
	for (; from < at; from += (uint64_t)got) {
		n = at - from < sizeof in ? (size_t)(at - from) : sizeof in;
		if ((got = dataset_bytes(d, from, in, n, e)) <= 0 ||
		    fwrite(in, 1, (size_t)got, t) != (size_t)got)
			goto failed;
	}
	while (status != Z_STREAM_END) {
		if ((got = dataset_bytes(d, from, in, sizeof in, e)) < 0)
			goto failed;
		if (got == 0) {
			err_set(e, "ends inside the deflated data set");
			goto out;
		}
		from += (uint64_t)got;
		z.next_in = in;
		z.avail_in = (uInt)got;
		while (z.avail_in > 0 && status != Z_STREAM_END) {
			z.next_out = out;
			z.avail_out = sizeof out;
			status = inflate(&z, Z_NO_FLUSH);
			if (status != Z_OK && status != Z_STREAM_END) {
				err_set(e, "the deflated data set is damaged");
				goto out;
			}
			n = sizeof out - z.avail_out;
			total += n;
			if (total > DATASET_INFLATED_MAX) {
				err_set(e, "the deflated data set is too large");
				goto out;
			}
			if (fwrite(out, 1, n, t) != n)
				goto failed;
		}
	}
	/* One byte may pad it to an even length: PS3.5 A.5. */
	if (d->size - (from - z.avail_in) > 1)
		fault(d, 0, DATASET_TOP, from - z.avail_in,
		    "bytes after the deflated data set (PS3.5 A.5)");
	inflateEnd(&z);
	if (fflush(t) != 0) {
		fclose(t);
		return err_set(e, "temporary file: %s", strerror(errno));
	}
	fclose(d->f);
	d->f = t;
	d->size = total;
	return 0;
failed:
	err_set(e, "temporary file: %s", strerror(errno));
out:
	inflateEnd(&z);
	fclose(t);
	return -1;
}

/* A bare data set at AT does not say how it is encoded: the first VR does. */
static int
guess_encoding(const struct dataset *d, uint64_t at, struct encoding *enc,
    struct err *e)
{
	unsigned char b[8];

	if (dataset_bytes(d, at, b, 8, e) != 8)
		return err_set(e, "not a DICOM file");
	enc->big = b[0] == 0 && b[1] == 8;
	enc->explicit_vr = b[4] >= 'A' && b[4] <= 'Z' && b[5] >= 'A' && b[5] <= 'Z';
	if (!enc->big && !(b[0] == 8 && b[1] == 0))
		return err_set(e, "not a DICOM file");
	return 0;
}

static int
parse_file(struct dataset *d, struct err *e)
{
	struct encoding enc = { true, false };
	struct place where = { .parent = DATASET_TOP };
	struct buf syntax = { 0 };
	unsigned char b[132];
	uint64_t at = 0;
	int64_t got;
	int status = -1;

	if ((got = dataset_bytes(d, 0, b, sizeof b, e)) < 0)
		return -1;
	d->preamble = got == sizeof b && memcmp(b + 128, "DICM", 4) == 0;
	if (d->preamble)
		at = 132;
	if (d->preamble || (got >= 8 && tag_at(b, false) >> 16 == 2)) {
		if (parse_meta(d, &at, e) < 0)
			return -1;
		if (dataset_text(d, dataset_find(d, 0x00020010), &syntax, e) < 0)
			goto out;
	}
	if (syntax.len > 0) {
		/* GE's private one swaps words of pixels, and nothing else. */
		enc.explicit_vr = strcmp(syntax.data, "1.2.840.10008.1.2") != 0 &&
		    strcmp(syntax.data, "1.2.840.113619.5.2") != 0;
		enc.big = strcmp(syntax.data, "1.2.840.10008.1.2.2") == 0;
		if (strcmp(syntax.data, "1.2.840.10008.1.2.1.99") == 0 &&
		    inflate_rest(d, at, e) < 0)
			goto out;
	} else if (guess_encoding(d, at, &enc, e) < 0)
		goto out;
	where.end = d->size;
	status = parse_set(d, at, &where, &enc, &at, e);
	if (status == 0 && d->n == 0)
		status = err_set(e, "holds no data set");
out:
	buf_free(&syntax);
	return status;
}

int
dataset_open(const char *path, struct dataset **out, struct err *e)
{
	struct dataset *d = calloc(1, sizeof *d);
	struct stat st;

	if (d == NULL)
		return err_set(e, "out of memory");
	if ((d->f = fopen(path, "rb")) == NULL || fstat(fileno(d->f), &st) < 0) {
		err_set(e, "open: %s", strerror(errno));
		goto fail;
	}
	if (!S_ISREG(st.st_mode)) {
		err_set(e, "not a regular file");
		goto fail;
	}
	d->size = (uint64_t)st.st_size;
	if (parse_file(d, e) < 0)
		goto fail;
	*out = d;
	return 0;
fail:
	dataset_close(d);
	return -1;
}

void
dataset_close(struct dataset *d)
{
	if (d == NULL)
		return;
	if (d->f != NULL)
		fclose(d->f);
	free(d->e);
	free(d);
}

size_t
dataset_count(const struct dataset *d)
{
	return d->n;
}

const struct element *
dataset_at(const struct dataset *d, size_t i)
{
	return &d->e[i];
}

int64_t
dataset_find(const struct dataset *d, uint32_t tag)
{
	size_t i;

	for (i = 0; i < d->n; i++)
		if (d->e[i].tag == tag && d->e[i].parent == DATASET_TOP)
			return (int64_t)i;
	return -1;
}

int64_t
dataset_in_item(const struct dataset *d, int64_t seq, uint32_t item, uint32_t tag)
{
	const struct element *x;
	size_t i;

	/* What is in a sequence follows it, up to the next element of the top. */
	for (i = (size_t)seq + 1; i < dataset_count(d); i++) {
		x = dataset_at(d, i);
		if (x->parent == DATASET_TOP)
			break;
		if (x->parent == (uint32_t)seq && x->item == item && x->tag == tag)
			return (int64_t)i;
	}
	return -1;
}

int
dataset_value(const struct dataset *d, size_t i, size_t max, struct buf *b,
    struct err *e)
{
	const struct element *x = &d->e[i];
	size_t n = x->length < max ? (size_t)x->length : max;

	buf_clear(b);
	if (buf_reserve(b, n + 1, e) < 0)
		return -1;
	if (n > 0 && dataset_bytes(d, x->value, b->data, n, e) != (int64_t)n)
		return err_set(e, "(%04x,%04x) cannot be read", x->tag >> 16,
		    x->tag & 0xffff);
	b->len = n;
	b->data[n] = '\0';
	return 0;
}

int
dataset_text(const struct dataset *d, int64_t i, struct buf *b, struct err *e)
{
	enum { TEXT_MAX = 65536 };

	buf_clear(b);
	if (i < 0 || d->e[i].sequence) {
		if (buf_reserve(b, 1, e) < 0)
			return -1;
		b->data[0] = '\0';
		return 0;
	}
	if (dataset_value(d, (size_t)i, TEXT_MAX, b, e) < 0)
		return -1;
	while (b->len > 0 &&
	    (b->data[b->len - 1] == ' ' || b->data[b->len - 1] == '\0'))
		b->len--;
	b->data[b->len] = '\0';
	return 0;
}

const char *
dataset_path(const struct dataset *d, size_t i, char *out)
{
	uint32_t chain[DATASET_DEPTH_MAX + 2] = { 0 };
	size_t n = 0, len = 0;
	uint32_t at;
	int wrote;

	for (at = (uint32_t)i; at != DATASET_TOP && n < DATASET_DEPTH_MAX + 2;
	    at = d->e[at].parent)
		chain[n++] = at;
	out[0] = '\0';
	while (n-- > 0) {
		const struct element *x = &d->e[chain[n]];

		if (x->parent != DATASET_TOP)
			wrote = snprintf(out + len, DATASET_PATH_MAX - len,
			    "[%" PRIu32 "](%04X,%04X)", x->item, x->tag >> 16,
			    x->tag & 0xffff);
		else
			wrote = snprintf(out + len, DATASET_PATH_MAX - len,
			    "(%04X,%04X)", x->tag >> 16, x->tag & 0xffff);
		if (wrote < 0 || (size_t)wrote >= DATASET_PATH_MAX - len)
			break;
		len += (size_t)wrote;
	}
	return out;
}

int64_t
dataset_at_offset(const struct dataset *d, uint64_t offset)
{
	int64_t found = -1;
	size_t i;

	/* Children come after their parent, so the last hit is the innermost. */
	for (i = 0; i < d->n && d->e[i].header <= offset; i++)
		if (offset < d->e[i].value + d->e[i].length)
			found = (int64_t)i;
	return found;
}

uint64_t
dataset_size(const struct dataset *d)
{
	return d->size;
}

bool
dataset_has_preamble(const struct dataset *d)
{
	return d->preamble;
}

bool
dataset_encapsulated(const struct dataset *d)
{
	return d->encapsulated;
}

size_t
dataset_faults(const struct dataset *d, const struct dataset_fault **f)
{
	*f = d->faults;
	return d->nfaults;
}
