/* box: box lists, one line of JSON an image; see box.h. */
#include "stream/box.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/size.h"

/* Sixteen digits would show 0.97 as 0.96999999999999997. */
#define JSON_FLAGS (JSON_COMPACT | JSON_REAL_PRECISION(15))

static void
box_free(struct box *b)
{
	free(b->text);
	free(b->phi);
	json_decref(b->extra);
}

void
box_clear(struct box_record *r)
{
	size_t i;

	for (i = 0; i < r->nboxes; i++)
		box_free(&r->boxes[i]);
	r->nboxes = 0;
}

void
box_drop(struct box_record *r, size_t i)
{
	box_free(&r->boxes[i]);
	r->boxes[i] = r->boxes[--r->nboxes];
}

void
box_record_free(struct box_record *r)
{
	box_clear(r);
	free(r->boxes);
	free(r->file);
	free(r->by);
	free(r->view);
	json_decref(r->extra);
	memset(r, 0, sizeof *r);
}

int
box_set(char **field, const char *s, struct err *e)
{
	char *copy = NULL;

	if (s != NULL && (copy = strdup(s)) == NULL)
		return err_set(e, "out of memory");
	free(*field);
	*field = copy;
	return 0;
}

int
box_record_copy_keys(struct box_record *dst, const struct box_record *src,
    struct err *e)
{
	struct box_record r = *src;

	r.file = r.by = r.view = NULL;
	r.boxes = NULL;
	r.nboxes = r.capboxes = 0;
	r.extra = NULL;
	if (box_set(&r.file, src->file, e) < 0 ||
	    box_set(&r.by, src->by, e) < 0 ||
	    box_set(&r.view, src->view, e) < 0)
		goto fail;
	if (src->extra != NULL && (r.extra = json_deep_copy(src->extra)) == NULL) {
		err_set(e, "out of memory");
		goto fail;
	}
	box_record_free(dst);
	*dst = r;
	return 0;
fail:
	box_record_free(&r);
	return -1;
}

int
box_add(struct box_record *r, uint32_t x, uint32_t y, uint32_t w, uint32_t h,
    struct box **out, struct err *e)
{
	struct box *b;
	size_t cap, bytes;

	if (r->nboxes == r->capboxes) {
		cap = r->capboxes == 0 ? 8 : r->capboxes * 2;
		if (!size_mul(cap, sizeof *b, &bytes) ||
		    (b = realloc(r->boxes, bytes)) == NULL)
			return err_set(e, "out of memory");
		r->boxes = b;
		r->capboxes = cap;
	}
	b = &r->boxes[r->nboxes++];
	*b = (struct box){ .x = x, .y = y, .w = w, .h = h, .conf = -1 };
	if (out != NULL)
		*out = b;
	return 0;
}

int
box_add_copy(struct box_record *r, const struct box *from, struct err *e)
{
	struct box *b;

	if (box_add(r, from->x, from->y, from->w, from->h, &b, e) < 0)
		return -1;
	b->conf = from->conf;
	b->extra = json_incref(from->extra);
	return box_set(&b->text, from->text, e) < 0 || box_set(&b->phi, from->phi, e) < 0 ? -1 : 0;
}

#define COMPARE(a, b) (((a) > (b)) - ((a) < (b)))

static int
box_compare(const void *p, const void *q)
{
	const struct box *a = p, *b = q;
	int c;

	if ((c = COMPARE(a->y, b->y)) != 0 || (c = COMPARE(a->x, b->x)) != 0 ||
	    (c = COMPARE(a->h, b->h)) != 0 || (c = COMPARE(a->w, b->w)) != 0)
		return c;
	return strcmp(a->text != NULL ? a->text : "", b->text != NULL ? b->text : "");
}

void
box_sort(struct box_record *r)
{
	if (r->nboxes > 1)
		qsort(r->boxes, r->nboxes, sizeof *r->boxes, box_compare);
}

void
box_clip(struct box_record *r)
{
	size_t i, kept = 0;
	struct box *b;

	for (i = 0; i < r->nboxes; i++) {
		b = &r->boxes[i];
		if (b->x >= r->width || b->y >= r->height) {
			box_free(b);
			continue;
		}
		if (b->w > r->width - b->x)
			b->w = r->width - b->x;
		if (b->h > r->height - b->y)
			b->h = r->height - b->y;
		r->boxes[kept++] = *b;
	}
	r->nboxes = kept;
}

/* Takes KEY out of OBJECT; *V is NULL when it is absent. The caller's to free. */
static void
take(json_t *object, const char *key, json_t **v)
{
	*v = json_incref(json_object_get(object, key));
	json_object_del(object, key);
}

static int
take_u32(json_t *object, const char *key, uint32_t min, uint32_t max,
    uint32_t *out, struct err *e)
{
	json_t *v;
	json_int_t n;
	bool whole;

	take(object, key, &v);
	n = json_integer_value(v);
	whole = json_is_integer(v);
	json_decref(v);
	if (!whole)
		return err_set(e, "\"%s\" is not a whole number", key);
	if (n < (json_int_t)min || n > (json_int_t)max)
		return err_set(e, "\"%s\" is not in %" PRIu32 "..%" PRIu32, key,
		    min, max);
	*out = (uint32_t)n;
	return 0;
}

static int
take_string(json_t *object, const char *key, bool wanted, char **out,
    struct err *e)
{
	json_t *v;
	int got = 0;

	take(object, key, &v);
	if (v == NULL && !wanted)
		got = box_set(out, NULL, e);
	else if (!json_is_string(v))
		got = err_set(e, "\"%s\" is not a string", key);
	else if (strlen(json_string_value(v)) != json_string_length(v))
		got = err_set(e, "\"%s\" holds a NUL", key);
	else
		got = box_set(out, json_string_value(v), e);
	json_decref(v);
	return got;
}

static int
take_keys(json_t *o, struct box_record *r, struct err *e)
{
	if (take_string(o, "file", true, &r->file, e) < 0 ||
	    take_string(o, "by", true, &r->by, e) < 0 ||
	    take_u32(o, "images", 1, UINT32_MAX, &r->images, e) < 0 ||
	    take_u32(o, "image", 1, r->images, &r->image, e) < 0 ||
	    take_u32(o, "frames", 1, UINT32_MAX, &r->frames, e) < 0 ||
	    take_u32(o, "frame", 0, r->frames, &r->frame, e) < 0 ||
	    take_string(o, "view", false, &r->view, e) < 0 ||
	    take_u32(o, "width", 1, BOX_COORD_MAX, &r->width, e) < 0 ||
	    take_u32(o, "height", 1, BOX_COORD_MAX, &r->height, e) < 0)
		return -1;
	return 0;
}

/* What is left of O after the known keys went, or NULL when nothing is. */
static json_t *
take_rest(json_t *o)
{
	return json_object_size(o) > 0 ? json_incref(o) : NULL;
}

static int
take_box(json_t *o, struct box_record *r, struct err *e)
{
	uint32_t x, y, w, h;
	struct box *b;
	json_t *conf;

	if (!json_is_object(o))
		return err_set(e, "a box is not an object");
	if (take_u32(o, "x", 0, BOX_COORD_MAX, &x, e) < 0 ||
	    take_u32(o, "y", 0, BOX_COORD_MAX, &y, e) < 0 ||
	    take_u32(o, "w", 1, BOX_COORD_MAX + 1 - x, &w, e) < 0 ||
	    take_u32(o, "h", 1, BOX_COORD_MAX + 1 - y, &h, e) < 0 ||
	    box_add(r, x, y, w, h, &b, e) < 0 ||
	    take_string(o, "text", false, &b->text, e) < 0 ||
	    take_string(o, "phi", false, &b->phi, e) < 0)
		return -1;
	take(o, "conf", &conf);
	if (conf != NULL && !json_is_number(conf)) {
		json_decref(conf);
		return err_set(e, "\"conf\" is not a number");
	}
	if (conf != NULL)
		b->conf = json_number_value(conf);
	json_decref(conf);
	if (b->conf > 1 || (conf != NULL && b->conf < 0))
		return err_set(e, "\"conf\" is not in 0..1");
	b->extra = take_rest(o);
	return 0;
}

static int
take_boxes(json_t *o, struct box_record *r, struct err *e)
{
	json_t *list;
	size_t i;
	int got = 0;

	take(o, "boxes", &list);
	if (!json_is_array(list))
		got = err_set(e, "\"boxes\" is not a list");
	for (i = 0; got == 0 && i < json_array_size(list); i++)
		got = take_box(json_array_get(list, i), r, e);
	json_decref(list);
	return got;
}

static json_t *
parse_object(const char *text, size_t len, struct err *e)
{
	json_error_t why;
	json_t *o;

	/* The parser's own message would quote the text. */
	if ((o = json_loadb(text, len, JSON_REJECT_DUPLICATES, &why)) == NULL) {
		err_set(e, "not JSON at byte %d", why.position);
		return NULL;
	}
	if (!json_is_object(o)) {
		json_decref(o);
		err_set(e, "not a JSON object");
		return NULL;
	}
	return o;
}

/* Parses one object into R: the keys, and the boxes where they are WANTED. */
static int
parse(const char *text, size_t len, bool wanted, struct box_record *r,
    struct err *e)
{
	struct box_record new = { 0 };
	json_t *o;
	int got;

	if ((o = parse_object(text, len, e)) == NULL)
		return -1;
	if ((got = take_keys(o, &new, e)) == 0 && wanted)
		got = take_boxes(o, &new, e);
	if (got == 0) {
		new.extra = take_rest(o);
		box_record_free(r);
		*r = new;
	} else
		box_record_free(&new);
	json_decref(o);
	return got;
}

int
box_keys_parse(const char *text, size_t len, struct box_record *r,
    struct err *e)
{
	return parse(text, len, false, r, e);
}

/*
 * One line with its newline, at most BOX_LINE_MAX bytes; getline would take
 * memory without an end from a stream without newlines.
 */
static int
read_line(FILE *in, struct buf *line, struct err *e)
{
	char piece[8192], *end;
	size_t n;

	buf_clear(line);
	for (;;) {
		/* fgets stops at a newline; a NUL would hide what follows it. */
		memset(piece, '\n', sizeof piece);
		if (fgets(piece, sizeof piece, in) == NULL) {
			if (ferror(in))
				return err_set(e, "read: %s", strerror(errno));
			if (line->len > 0)
				return err_set(e, "the last line is cut");
			return 0;
		}
		/* The NUL that fgets wrote is after a newline that it read, or before one of ours. */
		end = memchr(piece, '\n', sizeof piece);
		if (end == NULL)
			n = sizeof piece - 1;
		else if (end < piece + sizeof piece - 1 && end[1] == '\0')
			n = (size_t)(end - piece) + 1;
		else
			n = (size_t)(end - piece) - 1;
		if (memchr(piece, '\0', n) != NULL)
			return err_set(e, "holds a NUL");
		if (buf_add(line, piece, n, e) < 0)
			return -1;
		if (n > 0 && piece[n - 1] == '\n')
			return 1;
		if (line->len > BOX_LINE_MAX)
			return err_set(e, "the line is too long");
	}
}

int
box_read(FILE *in, struct box_record *r, uint64_t *line, struct err *e)
{
	struct buf b = { 0 };
	struct err why;
	int got;

	if ((got = read_line(in, &b, &why)) > 0) {
		++*line;
		got = parse(b.data, b.len, true, r, &why) < 0 ? -1 : 1;
	} else if (got < 0)
		++*line;
	if (got < 0)
		err_set(e, "line %" PRIu64 ": %.200s", *line, why.text);
	buf_free(&b);
	return got;
}

/* Puts KEY into O unless V is NULL, which is out of memory. Steals V. */
static int
put(json_t *o, const char *key, json_t *v, struct err *e)
{
	if (v == NULL || json_object_set_new(o, key, v) < 0)
		return err_set(e, "out of memory, or a string is not UTF-8");
	return 0;
}

static int
put_rest(json_t *o, json_t *extra, struct err *e)
{
	if (extra != NULL && json_object_update_missing(o, extra) < 0)
		return err_set(e, "out of memory");
	return 0;
}

static int
put_keys(json_t *o, const struct box_record *r, struct err *e)
{
	if (put(o, "file", json_string(r->file), e) < 0 ||
	    put(o, "by", json_string(r->by), e) < 0 ||
	    put(o, "image", json_integer(r->image), e) < 0 ||
	    put(o, "images", json_integer(r->images), e) < 0 ||
	    put(o, "frame", json_integer(r->frame), e) < 0 ||
	    put(o, "frames", json_integer(r->frames), e) < 0 ||
	    (r->view != NULL && put(o, "view", json_string(r->view), e) < 0) ||
	    put(o, "width", json_integer(r->width), e) < 0 ||
	    put(o, "height", json_integer(r->height), e) < 0)
		return -1;
	return 0;
}

static int
put_boxes(json_t *o, const struct box_record *r, struct err *e)
{
	json_t *list = json_array(), *one;
	const struct box *b;
	size_t i;

	if (put(o, "boxes", list, e) < 0)
		return -1;
	for (i = 0; i < r->nboxes; i++) {
		b = &r->boxes[i];
		one = json_object();
		if (one == NULL || json_array_append_new(list, one) < 0)
			return err_set(e, "out of memory");
		if (put(one, "x", json_integer(b->x), e) < 0 ||
		    put(one, "y", json_integer(b->y), e) < 0 ||
		    put(one, "w", json_integer(b->w), e) < 0 ||
		    put(one, "h", json_integer(b->h), e) < 0 ||
		    (b->text != NULL &&
		    put(one, "text", json_string(b->text), e) < 0) ||
		    (b->conf >= 0 &&
		    put(one, "conf", json_real(round(b->conf * 1e3) / 1e3), e) < 0) ||
		    (b->phi != NULL &&
		    put(one, "phi", json_string(b->phi), e) < 0) ||
		    put_rest(one, b->extra, e) < 0)
			return -1;
	}
	return 0;
}

int
box_keys_format(const struct box_record *r, struct buf *out, struct err *e)
{
	json_t *o = json_object();
	char *text = NULL;
	int got = -1;

	if (o == NULL)
		return err_set(e, "out of memory");
	if (put_keys(o, r, e) == 0 && put_rest(o, r->extra, e) == 0) {
		if ((text = json_dumps(o, JSON_FLAGS)) == NULL)
			err_set(e, "out of memory");
		else
			got = buf_add(out, text, strlen(text), e);
	}
	free(text);
	json_decref(o);
	return got;
}

int
box_write(FILE *out, const struct box_record *r, struct err *e)
{
	json_t *o = json_object();
	struct buf line = { 0 };
	struct stat st;
	char *text = NULL;
	int got = -1;

	if (o == NULL)
		return err_set(e, "out of memory");
	if (put_keys(o, r, e) < 0 || put_boxes(o, r, e) < 0 ||
	    put_rest(o, r->extra, e) < 0)
		goto out;
	if ((text = json_dumps(o, JSON_FLAGS)) == NULL) {
		err_set(e, "out of memory");
		goto out;
	}
	if (buf_add(&line, text, strlen(text), e) < 0 ||
	    buf_add(&line, "\n", 1, e) < 0)
		goto out;
	if (fwrite(line.data, 1, line.len, out) != line.len)
		goto write_failed;
	/* A reader at the other end of a pipe waits for this line. */
	if ((fstat(fileno(out), &st) < 0 || !S_ISREG(st.st_mode)) &&
	    fflush(out) != 0)
		goto write_failed;
	got = 0;
	goto out;
write_failed:
	err_set(e, "write: %s", strerror(errno));
out:
	buf_free(&line);
	free(text);
	json_decref(o);
	return got;
}
