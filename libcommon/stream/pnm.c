/* pnm: frames as concatenated PNM images; see pnm.h. */
#include "stream/pnm.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/size.h"

#define HEADER_MAX 65536	/* bytes of comments and numbers before the samples */
#define MARK "# unphi "

void
pnm_free(struct pnm *p)
{
	free(p->samples);
	box_record_free(&p->key);
	memset(p, 0, sizeof *p);
}

int
pnm_shape(struct pnm *p, uint32_t width, uint32_t height, uint32_t channels,
    uint32_t maxval, struct err *e)
{
	size_t bytes;
	uint8_t *s;

	/* The sizes come from a stream: bound them before they reach malloc. */
	if (width == 0 || width > BOX_COORD_MAX || height == 0 ||
	    height > BOX_COORD_MAX)
		return err_set(e, "an image of %" PRIu32 "x%" PRIu32
		    " is out of range", width, height);
	if (maxval == 0 || maxval > 65535)
		return err_set(e, "a maxval of %" PRIu32 " is out of range", maxval);
	if (!size_mul(width, height, &bytes) ||
	    !size_mul(bytes, channels, &bytes) ||
	    !size_mul(bytes, maxval > 255 ? 2 : 1, &bytes) ||
	    bytes > PNM_MAX_BYTES)
		return err_set(e, "an image of %" PRIu32 "x%" PRIu32
		    " is too large", width, height);
	if (bytes > p->cap) {
		if ((s = realloc(p->samples, bytes)) == NULL)
			return err_set(e, "out of memory");
		p->samples = s;
		p->cap = bytes;
	}
	p->width = width;
	p->height = height;
	p->channels = channels;
	p->maxval = maxval;
	p->bytes = bytes;
	return 0;
}

struct head {
	FILE *in;
	size_t left;		/* of HEADER_MAX */
	struct buf comment;	/* our comment's JSON */
	bool ours;
};

/* The next byte of the header, or -1 with E filled. */
static int
head_byte(struct head *h, struct err *e)
{
	int c;

	if (h->left-- == 0)
		return err_set(e, "the header is too long");
	if ((c = getc(h->in)) == EOF)
		return err_set(e, "%s", ferror(h->in) ? strerror(errno) :
		    "stops inside a header");
	return c;
}

/* Reads a comment to its newline; the '#' is read already. */
static int
head_comment(struct head *h, struct err *e)
{
	const size_t mark = sizeof MARK - 1;
	struct buf line = { 0 };
	char byte = '#';
	int c = '#', got = -1;

	do {
		byte = (char)c;
		if (buf_add(&line, &byte, 1, e) < 0)
			goto out;
		if ((c = head_byte(h, e)) < 0)
			goto out;
	} while (c != '\n' && c != '\r');
	if (line.len > mark && memcmp(line.data, MARK, mark) == 0) {
		if (h->ours) {
			err_set(e, "two unphi comments in one header");
			goto out;
		}
		h->ours = true;
		if (buf_add(&h->comment, line.data + mark, line.len - mark, e) < 0)
			goto out;
	}
	got = c;
out:
	buf_free(&line);
	return got;
}

/* White space, with comments, then a number and the one byte that ends it. */
static int
head_number(struct head *h, int *end, uint32_t *out, struct err *e)
{
	uint32_t v = 0;
	int c = *end, digits = 0;

	while (isspace(c) || c == '#') {
		if (c == '#' && head_comment(h, e) < 0)
			return -1;
		if ((c = head_byte(h, e)) < 0)
			return -1;
	}
	for (; isdigit(c); digits++) {
		if (v > 99999)
			return err_set(e, "a number in the header is too large");
		v = v * 10 + (uint32_t)(c - '0');
		if ((c = head_byte(h, e)) < 0)
			return -1;
	}
	if (digits == 0)
		return err_set(e, "the header wants a number");
	*end = c;
	*out = v;
	return 0;
}

int
pnm_read(FILE *in, struct pnm *p, struct err *e)
{
	struct head h = { .in = in, .left = HEADER_MAX };
	uint32_t width, height, maxval, channels;
	int c, got = -1;

	if ((c = getc(in)) == EOF)
		return ferror(in) ? err_set(e, "%s", strerror(errno)) : 0;
	if (c != 'P')
		return err_set(e, "not a PNM image");
	if ((c = head_byte(&h, e)) < 0)
		return -1;
	if (c != '5' && c != '6')
		return err_set(e, "a PNM image that is not P5 or P6");
	channels = c == '6' ? 3 : 1;
	if ((c = head_byte(&h, e)) < 0)
		return -1;
	if (!isspace(c) && c != '#')
		return err_set(e, "not a PNM image");
	if (head_number(&h, &c, &width, e) < 0 ||
	    head_number(&h, &c, &height, e) < 0 ||
	    head_number(&h, &c, &maxval, e) < 0)
		goto out;
	if (c == '#')	/* the comment's newline is then the one white space */
		c = head_comment(&h, e);
	if (c < 0)
		goto out;
	if (!isspace(c)) {
		err_set(e, "the header does not end in white space");
		goto out;
	}
	if (pnm_shape(p, width, height, channels, maxval, e) < 0)
		goto out;
	p->plain = !h.ours;
	if (h.ours && box_keys_parse(h.comment.data, h.comment.len, &p->key, e) < 0)
		goto out;
	if (fread(p->samples, 1, p->bytes, in) != p->bytes) {
		err_set(e, "%s", ferror(in) ? strerror(errno) :
		    "stops inside an image");
		goto out;
	}
	got = 1;
out:
	buf_free(&h.comment);
	return got;
}

int
pnm_write(FILE *out, const struct pnm *p, struct err *e)
{
	struct buf key = { 0 };
	int got = -1;

	if (!p->plain && box_keys_format(&p->key, &key, e) < 0)
		goto out;
	if (fprintf(out, "P%c\n%s%s%s%" PRIu32 " %" PRIu32 "\n%" PRIu32 "\n",
	    p->channels == 3 ? '6' : '5', p->plain ? "" : MARK,
	    p->plain ? "" : key.data, p->plain ? "" : "\n", p->width, p->height,
	    p->maxval) < 0 ||
	    fwrite(p->samples, 1, p->bytes, out) != p->bytes ||
	    fflush(out) != 0)
		err_set(e, "write: %s", strerror(errno));
	else
		got = 0;
out:
	buf_free(&key);
	return got;
}
