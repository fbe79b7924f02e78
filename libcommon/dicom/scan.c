/* scan: where every byte of a DICOM file belongs; see scan.h. */
#include "dicom/scan.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/bytes.h"
#include "base/size.h"
#include "base/temp.h"

#define UNDEFINED 0xffffffffu
#define ITEM 0xfffee000u
#define ITEM_END 0xfffee00du
#define SEQUENCE_END 0xfffee0ddu
#define PIXEL_DATA 0x7fe00010u
#define WINDOW 4096	/* bytes read ahead of the parser: headers are near each other */

struct reader {
	struct scan *s;
	uint8_t window[WINDOW];
	uint64_t at;		/* offset of the window */
	size_t len;
	scan_fn *fn;		/* told of nested elements, or NULL */
	void *arg;
	uint32_t path[SCAN_NESTING_MAX + 1];	/* from 1: item numbers */
	bool too_deep;		/* refused for its nesting, even when guessing */
	bool stopped;		/* by fn, which is no sign of a wrong guess */
};

static uint32_t
get16(const uint8_t *p, enum scan_coding c)
{
	return c == SCAN_BIG ? bytes_be16(p) : bytes_le16(p);
}

static uint32_t
get32(const uint8_t *p, enum scan_coding c)
{
	return c == SCAN_BIG ? bytes_be32(p) : bytes_le32(p);
}

static int
read_at(int fd, uint64_t offset, void *out, size_t n, struct err *e)
{
	uint8_t *p = out;
	ssize_t got;

	while (n > 0) {
		if ((got = pread(fd, p, n, (off_t)offset)) < 0) {
			if (errno == EINTR)
				continue;
			return err_set(e, "read: %s", strerror(errno));
		}
		if (got == 0)
			return err_set(e, "stops at byte %" PRIu64, offset);
		p += got;
		n -= (size_t)got;
		offset += (uint64_t)got;
	}
	return 0;
}

int
scan_read(const struct scan *s, uint64_t offset, void *out, size_t n,
    struct err *e)
{
	if (offset > s->size || n > s->size - offset)
		return err_set(e, "stops at byte %" PRIu64, s->size);
	return read_at(s->fd, offset, out, n, e);
}

/* The N bytes at OFFSET, N at most 12, through the window; or NULL. */
static const uint8_t *
peek(struct reader *r, uint64_t offset, size_t n, struct err *e)
{
	uint64_t size = r->s->size;

	if (offset > size || n > size - offset) {
		err_set(e, "stops at byte %" PRIu64, size);
		return NULL;
	}
	if (offset < r->at || offset - r->at > r->len ||
	    n > r->len - (offset - r->at)) {
		r->at = offset;
		r->len = size - offset < WINDOW ? (size_t)(size - offset) : WINDOW;
		if (read_at(r->s->fd, offset, r->window, r->len, e) < 0) {
			r->len = 0;
			return NULL;
		}
	}
	return r->window + (offset - r->at);
}

bool
scan_vr_is_long(const char vr[2])
{
	static const char lengths16[] =
	    "AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US ";
	const char *p;

	if (vr[0] < 'A' || vr[0] > 'Z' || vr[1] < 'A' || vr[1] > 'Z')
		return false;
	for (p = lengths16; *p != '\0'; p += 3)
		if (p[0] == vr[0] && p[1] == vr[1])
			return false;
	return true;
}

/*
 * Reads the header at POS and checks its length against END. On return
 * el->length is what the header says: 0 if undefined.
 */
static int
read_head(struct reader *r, uint64_t pos, uint64_t end, enum scan_coding c,
    struct scan_element *el, struct err *e)
{
	const uint8_t *p;
	uint32_t length;
	size_t bytes = 8;

	if (pos > end || end - pos < 8)
		return err_set(e, "stops inside the header of an element at byte %"
		    PRIu64, pos);
	if ((p = peek(r, pos, 8, e)) == NULL)
		return -1;
	memset(el, 0, sizeof *el);
	el->tag = get16(p, c) << 16 | get16(p + 2, c);
	el->inner = c;
	if (c == SCAN_IMPLICIT || el->tag >> 16 == 0xfffe)
		length = get32(p + 4, c);
	else {
		memcpy(el->vr, p + 4, 2);
		/* Names that DCMTK uses for itself: nothing else reads them so. */
		if (el->vr[0] >= 'a' && el->vr[0] <= 'z' &&
		    el->vr[1] >= 'a' && el->vr[1] <= 'z')
			return err_set(e, "(%04x,%04x) at byte %" PRIu64
			    " has no VR of PS3.5 6.2", el->tag >> 16,
			    el->tag & 0xffff, pos);
		if (scan_vr_is_long(el->vr)) {
			bytes = 12;
			if (end - pos < bytes)
				return err_set(e, "stops inside the header of an "
				    "element at byte %" PRIu64, pos);
			if ((p = peek(r, pos, bytes, e)) == NULL)
				return -1;
			length = get32(p + 8, c);
		} else
			length = get16(p + 6, c);
	}
	el->head = pos;
	el->value = pos + bytes;
	el->undefined = length == UNDEFINED &&
	    (c == SCAN_IMPLICIT || bytes == 12 || el->tag >> 16 == 0xfffe);
	el->length = el->undefined ? 0 : length;
	if (el->length > end - el->value)
		return err_set(e, "(%04x,%04x) at byte %" PRIu64
		    " is longer than what holds it", el->tag >> 16,
		    el->tag & 0xffff, pos);
	return 0;
}

static int walk_sequence(struct reader *r, const struct scan_element *el,
    uint64_t end, unsigned depth, uint64_t *next, struct err *e);

static int
add_fragment(struct scan *s, size_t *cap, const struct scan_fragment *f,
    struct err *e)
{
	struct scan_fragment *p;
	size_t want;

	if (s->nfragments == SCAN_FRAGMENTS_MAX)
		return err_set(e, "pixel data of more than %zu fragments",
		    SCAN_FRAGMENTS_MAX);
	if (s->nfragments == *cap) {
		want = *cap == 0 ? 16 : *cap * 2;
		if ((p = realloc(s->fragments, want * sizeof *p)) == NULL)
			return err_set(e, "out of memory");
		s->fragments = p;
		*cap = want;
	}
	s->fragments[s->nfragments++] = *f;
	return 0;
}

/* Encapsulated pixel data, PS3.5 A.4: items of bytes. KEEP: in the scan. */
static int
walk_fragments(struct reader *r, const struct scan_element *el, uint64_t end,
    bool keep, uint64_t *next, struct err *e)
{
	struct scan_element item;
	struct scan_fragment f;
	uint64_t pos = el->value;
	size_t cap = 0;
	bool first = true;

	for (;; first = false) {
		if (read_head(r, pos, end, SCAN_EXPLICIT, &item, e) < 0)
			return -1;
		if (item.tag == SEQUENCE_END && !item.undefined) {
			*next = item.value;
			return 0;
		}
		if (item.tag != ITEM || item.undefined)
			return err_set(e, "(%04x,%04x) at byte %" PRIu64
			    " is no fragment: PS3.5 A.4", item.tag >> 16,
			    item.tag & 0xffff, pos);
		f.value = item.value;
		f.length = (uint32_t)item.length;
		if (keep && first)
			r->s->table = f;
		else if (keep && add_fragment(r->s, &cap, &f, e) < 0)
			return -1;
		pos = item.value + item.length;
	}
}

/*
 * Walks what follows the header of EL and sets el->length to the whole of it.
 * DEPTH is that of EL, 0 at the top level.
 */
static int
walk_value(struct reader *r, struct scan_element *el, uint64_t end,
    unsigned depth, struct err *e)
{
	bool bytes = el->vr[0] == 'O' || el->tag == PIXEL_DATA;
	bool unknown = memcmp(el->vr, "UN", 2) == 0;
	const uint8_t *p;
	struct err unused;
	uint64_t next = el->value + el->length;

	if (unknown)
		el->inner = SCAN_IMPLICIT;	/* PS3.5 6.2.2 note 2 */
	if (el->undefined && bytes) {
		if (walk_fragments(r, el, end, depth == 0 && el->tag == PIXEL_DATA,
		    &next, e) < 0)
			return -1;
		if (depth == 0 && el->tag == PIXEL_DATA)
			r->s->encapsulated = true;
	} else if (el->undefined || memcmp(el->vr, "SQ", 2) == 0) {
		if (el->vr[0] != '\0' && memcmp(el->vr, "SQ", 2) != 0 &&
		    memcmp(el->vr, "UN", 2) != 0)
			return err_set(e, "(%04x,%04x) at byte %" PRIu64
			    " is no sequence but has undefined length",
			    el->tag >> 16, el->tag & 0xffff, el->head);
		if (walk_sequence(r, el, el->undefined ? end : next, depth + 1,
		    &next, e) < 0)
			return -1;
	} else if ((el->vr[0] == '\0' || unknown) && el->length >= 8 && !bytes &&
	    (p = peek(r, el->value, 8, &unused)) != NULL &&
	    (bytes_le16(p) << 16 | bytes_le16(p + 2)) == ITEM) {
		/*
		 * Without a dictionary this may be a sequence. If it is not, no
		 * harm: its bytes are its own. If it is, its depth counts.
		 */
		if (walk_sequence(r, el, next, depth + 1, &next, e) < 0) {
			if (r->too_deep || r->stopped)
				return -1;
			next = el->value + el->length;
		}
	}
	el->length = next - el->value;
	return 0;
}

/* Elements of one item, to END or (END unknown) to its delimiter. */
static int
walk_item(struct reader *r, uint64_t pos, uint64_t end, bool undefined,
    enum scan_coding c, unsigned depth, uint64_t *next, struct err *e)
{
	struct scan_element el;

	for (;;) {
		if (!undefined && pos == end)
			break;
		if (read_head(r, pos, end, c, &el, e) < 0)
			return -1;
		if (el.tag == ITEM_END) {
			if (!undefined)
				return err_set(e, "an item ends twice at byte %"
				    PRIu64, pos);
			pos = el.value;
			break;
		}
		if (el.tag >> 16 == 0xfffe)
			return err_set(e, "(%04x,%04x) at byte %" PRIu64
			    " where an element belongs", el.tag >> 16,
			    el.tag & 0xffff, pos);
		if (walk_value(r, &el, end, depth, e) < 0)
			return -1;
		if (r->fn != NULL && r->fn(r->arg, &el, r->path + 1, depth, e) < 0) {
			r->stopped = true;
			return -1;
		}
		pos = el.value + el.length;
	}
	*next = pos;
	return 0;
}

/* Items of EL, which end by END; DEPTH is that of what the items hold. */
static int
walk_sequence(struct reader *r, const struct scan_element *el, uint64_t end,
    unsigned depth, uint64_t *next, struct err *e)
{
	struct scan_element item;
	uint64_t pos = el->value;

	if (depth > SCAN_NESTING_MAX) {
		r->too_deep = true;
		return err_set(e, "sequences are nested more than %d deep",
		    SCAN_NESTING_MAX);
	}
	for (r->path[depth] = 0; ; r->path[depth]++) {
		if (!el->undefined && pos == end)
			break;
		if (read_head(r, pos, end, el->inner, &item, e) < 0)
			return -1;
		if (item.tag == SEQUENCE_END && el->undefined) {
			pos = item.value;
			break;
		}
		if (item.tag != ITEM)
			return err_set(e, "(%04x,%04x) at byte %" PRIu64
			    " where an item belongs", item.tag >> 16,
			    item.tag & 0xffff, pos);
		if (walk_item(r, item.value,
		    item.undefined ? end : item.value + item.length,
		    item.undefined, el->inner, depth, &pos, e) < 0)
			return -1;
	}
	*next = pos;
	return 0;
}

static int
add_element(struct scan *s, size_t *cap, const struct scan_element *el,
    struct err *e)
{
	struct scan_element *p;
	size_t want;

	if (s->n == SCAN_ELEMENTS_MAX)
		return err_set(e, "a data set of more than %zu elements",
		    SCAN_ELEMENTS_MAX);
	if (s->n == *cap) {
		want = *cap == 0 ? 128 : *cap * 2;
		if ((p = realloc(s->elements, want * sizeof *p)) == NULL)
			return err_set(e, "out of memory");
		s->elements = p;
		*cap = want;
	}
	s->elements[s->n++] = *el;
	return 0;
}

/*
 * Are there only zero bytes from POS to the end? One alone is not taken for
 * padding: it is also how the tag of a cut element can begin.
 */
static int
only_zeros(struct reader *r, uint64_t pos, struct err *e)
{
	uint8_t block[WINDOW];
	size_t n, i;

	if (r->s->size - pos == 1)
		return 0;
	for (; pos < r->s->size; pos += n) {
		n = r->s->size - pos < sizeof block ? (size_t)(r->s->size - pos) :
		    sizeof block;
		if (read_at(r->s->fd, pos, block, n, e) < 0)
			return -1;
		for (i = 0; i < n; i++)
			if (block[i] != 0)
				return 0;
	}
	return 1;
}

static int
walk_set(struct reader *r, size_t *cap, struct err *e)
{
	struct scan *s = r->s;
	struct scan_element el;
	uint64_t pos = s->set;
	uint32_t last = 0;
	const uint8_t *p;
	int zeros;

	s->ordered = true;
	for (; pos < s->size; pos = el.value + el.length) {
		p = s->size - pos < 4 ? NULL : peek(r, pos, 4, e);
		if (p == NULL || bytes_le32(p) == 0) {
			if ((zeros = only_zeros(r, pos, e)) < 0)
				return -1;
			if (zeros)
				break;
		}
		if (read_head(r, pos, s->size, s->coding, &el, e) < 0)
			return -1;
		if (el.tag >> 16 == 0xfffe || el.tag >> 16 == 0)
			return err_set(e, "(%04x,%04x) at byte %" PRIu64
			    " where an element belongs", el.tag >> 16,
			    el.tag & 0xffff, pos);
		if (el.tag == PIXEL_DATA && scan_find(s, PIXEL_DATA, NULL) != NULL)
			return err_set(e, "holds Pixel Data twice");
		if (walk_value(r, &el, s->size, 0, e) < 0 ||
		    add_element(s, cap, &el, e) < 0)
			return -1;
		if (el.tag <= last && s->n > s->nmeta + 1)
			s->ordered = false;
		last = el.tag;
	}
	s->end = pos;
	return 0;
}

/* Both letters of a VR that exists, where implicit VR has the length. */
static bool
looks_explicit(const uint8_t *head)
{
	static const char vrs[] = "AE AS AT CS DA DS DT FD FL IS LO LT OB OD OF "
	    "OL OV OW PN SH SL SQ SS ST SV TM UC UI UL UN UR US UT UV ";
	const char *p;

	for (p = vrs; *p != '\0'; p += 3)
		if (p[0] == (char)head[4] && p[1] == (char)head[5])
			return true;
	return false;
}

/* A first group is small, so its bytes tell the order. */
static enum scan_coding
guess_coding(const uint8_t *head)
{
	if (!looks_explicit(head))
		return SCAN_IMPLICIT;
	return bytes_be16(head) < bytes_le16(head) ? SCAN_BIG : SCAN_EXPLICIT;
}

/* Group 0002, PS3.10 7.1; sets s->set. */
static int
walk_meta(struct reader *r, size_t *cap, struct err *e)
{
	struct scan *s = r->s;
	struct scan_element el;
	uint64_t pos = s->meta;
	const uint8_t *p;
	size_t n;

	for (; s->size - pos >= 8; pos = el.value + el.length) {
		if ((p = peek(r, pos, 8, e)) == NULL)
			return -1;
		if (bytes_le16(p) != 2)
			break;
		if (!s->has_meta)
			s->meta_coding = guess_coding(p);
		s->has_meta = true;
		if (read_head(r, pos, s->size, s->meta_coding, &el, e) < 0 ||
		    walk_value(r, &el, s->size, 0, e) < 0 ||
		    add_element(s, cap, &el, e) < 0)
			return -1;
		if (el.tag == 0x00020010 && s->syntax[0] == '\0') {
			n = el.length < sizeof s->syntax ? (size_t)el.length :
			    sizeof s->syntax - 1;
			if (scan_read(s, el.value, s->syntax, n, e) < 0)
				return -1;
			while (n > 0 && (s->syntax[n - 1] == ' ' ||
			    s->syntax[n - 1] == '\0'))
				s->syntax[--n] = '\0';
		}
	}
	s->nmeta = s->n;
	s->set = pos;
	return 0;
}

static int
choose_coding(struct reader *r, struct err *e)
{
	struct scan *s = r->s;
	const uint8_t *p;

	s->coding = SCAN_EXPLICIT;
	if (strcmp(s->syntax, "1.2.840.10008.1.2") == 0 ||
	    strcmp(s->syntax, "1.2.840.113619.5.2") == 0)
		s->coding = SCAN_IMPLICIT;
	else if (strcmp(s->syntax, "1.2.840.10008.1.2.2") == 0)
		s->coding = SCAN_BIG;
	else if (strncmp(s->syntax, "1.2.840.10008.", 14) != 0 &&
	    s->size - s->set >= 8) {
		if ((p = peek(r, s->set, 8, e)) == NULL)
			return -1;
		s->coding = guess_coding(p);
	}
	return 0;
}

static bool
is_deflated(const char *syntax)
{
	return strcmp(syntax, "1.2.840.10008.1.2.1.99") == 0 ||
	    strcmp(syntax, "1.2.840.10008.1.2.4.95") == 0 ||
	    strcmp(syntax, "1.2.840.10008.1.2.4.205") == 0;
}

static int
write_all(int fd, const void *bytes, size_t n, struct err *e)
{
	const uint8_t *p = bytes;
	ssize_t put;

	while (n > 0) {
		if ((put = write(fd, p, n)) < 0) {
			if (errno == EINTR)
				continue;
			return err_set(e, "temporary file: %s", strerror(errno));
		}
		p += put;
		n -= (size_t)put;
	}
	return 0;
}

static int
inflate_set(struct scan *s, int to, z_stream *z, uint64_t *made, struct err *e)
{
	uint64_t pos = s->set, packed = s->size - s->set, most;
	uint8_t in[16384], out[65536];
	size_t n;
	int got = Z_OK;

	most = packed > SCAN_INFLATED_MAX / SCAN_INFLATED_RATIO ?
	    SCAN_INFLATED_MAX : packed * SCAN_INFLATED_RATIO;
	if (most < SCAN_INFLATED_FREE)
		most = SCAN_INFLATED_FREE;
	for (*made = 0; got != Z_STREAM_END; ) {
		if (z->avail_in == 0 && pos < s->size) {
			n = s->size - pos < sizeof in ? (size_t)(s->size - pos) :
			    sizeof in;
			if (read_at(s->fd, pos, in, n, e) < 0)
				return -1;
			z->next_in = in;
			z->avail_in = (uInt)n;
			pos += n;
		}
		z->next_out = out;
		z->avail_out = sizeof out;
		got = inflate(z, Z_NO_FLUSH);
		if (got == Z_BUF_ERROR && pos == s->size && z->avail_in == 0)
			return err_set(e, "stops inside the deflated data set");
		if (got != Z_OK && got != Z_STREAM_END && got != Z_BUF_ERROR)
			return err_set(e, "the deflated data set is damaged");
		n = sizeof out - z->avail_out;
		if (n > most - *made)
			return err_set(e, "the deflated data set is larger than %"
			    PRIu64 " bytes", most);
		*made += n;
		if (write_all(to, out, n, e) < 0)
			return -1;
	}
	return 0;
}

/* From here on the scan is of a copy whose data set is inflated. */
static int
unfold(struct reader *r, struct err *e)
{
	struct scan *s = r->s;
	z_stream z = { 0 };
	uint8_t *front = NULL;
	uint64_t made;
	int fd, got = -1;

	if (s->set > SCAN_INFLATED_FREE)
		return err_set(e, "file meta information is too large");
	if ((fd = temp_open(e)) < 0)
		return -1;
	if (inflateInit2(&z, -15) != Z_OK) {
		close(fd);
		return err_set(e, "out of memory");
	}
	if ((front = malloc((size_t)s->set + 1)) == NULL)
		err_set(e, "out of memory");
	else if (scan_read(s, 0, front, (size_t)s->set, e) == 0 &&
	    write_all(fd, front, (size_t)s->set, e) == 0 &&
	    inflate_set(s, fd, &z, &made, e) == 0)
		got = 0;
	free(front);
	inflateEnd(&z);
	if (got < 0) {
		close(fd);
		return -1;
	}
	close(s->fd);
	s->fd = fd;
	s->size = s->set + made;
	s->deflated = true;
	r->len = 0;
	return 0;
}

int
scan_open(const char *path, struct scan **out, struct err *e)
{
	struct reader r = { 0 };
	struct scan *s;
	struct stat st;
	const uint8_t *p;
	size_t cap = 0;

	if ((s = calloc(1, sizeof *s)) == NULL)
		return err_set(e, "out of memory");
	r.s = s;
	if ((s->fd = open(path, O_RDONLY | O_CLOEXEC)) < 0) {
		err_set(e, "open: %s", strerror(errno));
		goto fail;
	}
	if (fstat(s->fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		err_set(e, "not a regular file");
		goto fail;
	}
	s->size = (uint64_t)st.st_size;
	if (s->size >= 132) {
		if ((p = peek(&r, 128, 4, e)) == NULL)
			goto fail;
		s->preamble = memcmp(p, "DICM", 4) == 0;
	}
	s->meta = s->preamble ? 132 : 0;
	if (walk_meta(&r, &cap, e) < 0 ||
	    (is_deflated(s->syntax) && unfold(&r, e) < 0) ||
	    choose_coding(&r, e) < 0 || walk_set(&r, &cap, e) < 0)
		goto fail;
	if (s->n == s->nmeta) {
		err_set(e, "holds no data set");
		goto fail;
	}
	*out = s;
	return 0;
fail:
	scan_close(s);
	return -1;
}

void
scan_close(struct scan *s)
{
	if (s == NULL)
		return;
	if (s->fd >= 0)
		close(s->fd);
	free(s->elements);
	free(s->fragments);
	free(s);
}

const struct scan_element *
scan_find(const struct scan *s, uint32_t tag, size_t *count)
{
	const struct scan_element *found = NULL;
	size_t i, n = 0;

	for (i = 0; i < s->n; i++)
		if (s->elements[i].tag == tag) {
			if (found == NULL)
				found = &s->elements[i];
			n++;
		}
	if (count != NULL)
		*count = n;
	return found;
}

int
scan_sequence(const struct scan *s, const struct scan_element *seq,
    scan_fn *fn, void *arg, struct err *e)
{
	struct reader r = { 0 };
	struct scan copy = *s;	/* the walk of a sequence does not change it */
	uint64_t next;

	r.s = &copy;
	r.fn = fn;
	r.arg = arg;
	if (seq->vr[0] != '\0' && memcmp(seq->vr, "SQ", 2) != 0 &&
	    memcmp(seq->vr, "UN", 2) != 0)
		return err_set(e, "(%04x,%04x) is not a sequence", seq->tag >> 16,
		    seq->tag & 0xffff);
	return walk_sequence(&r, seq, seq->value + seq->length, 1, &next, e);
}
