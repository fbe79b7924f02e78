/*
 * codec: the frame coders alone, for the tests.
 *
 *	codec CODING decode WORD <code >frame
 *	codec CODING encode WORD LIKE <frame >code	coded as the file LIKE is
 *	codec CODING describe <code		WxH, components, bits, flags
 *	codec jpeg segments <code			marker, offset, length
 *	codec jpeg-dct align X,Y,W,H/... <code		boxes aligned, a line each
 *	codec jpeg-dct replace X,Y,W,H/... FRAME <code >code	boxes aligned before
 *	codec jpeg-dct compare X,Y,W,H/... CODE [FRAME] <code	status 2 if they
 *	differ; the tolerance of each component
 *
 * A frame is as pixels.h delivers it, in words of WORD bytes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "dicom/codestream.h"
#include "dicom/htj2k.h"
#include "dicom/j2k.h"
#include "dicom/jpeg.h"
#include "dicom/jpeg_lossless.h"
#include "dicom/jpeg_ls.h"
#include "image/jpeg.h"

static int
decode_j2k(const uint8_t *code, size_t len, const struct codestream *c,
    size_t word, void *out, struct err *e)
{
	return j2k_decode(code, len, c, word, false, out, e);
}

static const struct coding {
	const char *name;
	int (*describe)(const uint8_t *code, size_t len, struct codestream *c,
	    struct err *e);
	int (*decode)(const uint8_t *code, size_t len, const struct codestream *c,
	    size_t word, void *out, struct err *e);
	int (*encode)(const uint8_t *like, size_t like_len,
	    const struct codestream *c, const uint8_t *frame, size_t word,
	    struct buf *code, struct err *e);
} codings[] = {
	{ "jpeg", codestream_jpeg, jpeg_decode, NULL },
	{ "jpeg-lossless", codestream_jpeg, jpeg_decode, jpeg_lossless_encode },
	{ "jpeg-ls", codestream_jpeg, jpeg_ls_decode, jpeg_ls_encode },
	{ "j2k", j2k_describe, decode_j2k, j2k_encode },
	{ "htj2k", j2k_describe, decode_j2k, htj2k_encode },
};

static void
die(const char *why)
{
	fprintf(stderr, "codec: %s\n", why);
	exit(2);
}

static void
read_all(FILE *in, struct buf *b)
{
	char block[65536];
	struct err e;
	size_t n;

	if (in == NULL)
		die("cannot be opened");
	while ((n = fread(block, 1, sizeof block, in)) > 0)
		if (buf_add(b, block, n, &e) < 0)
			die(e.text);
	/* To the byte, so that a sanitizer sees who reads beyond. */
	if (b->len > 0 && (b->data = realloc(b->data, b->len)) == NULL)
		die("out of memory");
	b->cap = b->len;
}

static void
write_all(const void *p, size_t n)
{
	if (fwrite(p, 1, n, stdout) != n || fflush(stdout) != 0)
		die("cannot write");
}

static const uint8_t *
bytes(const struct buf *b)
{
	return (const uint8_t *)b->data;
}

static void
list_segments(const struct buf *code)
{
	struct codestream_segment s;
	struct err e;
	size_t at = 0;
	int got;

	while ((got = codestream_next(bytes(code), code->len, &at, &s, &e)) == 1)
		printf("%02x %zu %zu\n", s.marker, s.body, s.len);
	if (got < 0)
		die(e.text);
	printf("end %zu\n", at);
}

static void
describe(const struct coding *k)
{
	struct buf code = { 0 };
	struct codestream c;
	struct err e;

	read_all(stdin, &code);
	if (k->describe(bytes(&code), code.len, &c, &e) < 0)
		die(e.text);
	printf("%ux%u %u %u%s%s%s%s\n", (unsigned)c.width, (unsigned)c.height,
	    (unsigned)c.components, (unsigned)c.precision,
	    c.is_signed ? " signed" : "", c.transformed ? " transformed" : "",
	    c.sycc ? " sycc" : "", c.lossless ? " lossless" : "");
	buf_free(&code);
}

static void
read_file(const char *name, struct buf *b)
{
	FILE *f = fopen(name, "rb");

	read_all(f, b);
	fclose(f);
}

static void
parse_boxes(const char *text, struct rects *boxes)
{
	struct rect r;
	struct err e;
	int n;

	for (; *text != '\0'; text += n + (text[n] == '/')) {
		if (sscanf(text, "%u,%u,%u,%u%n", &r.x, &r.y, &r.w, &r.h, &n) != 4)
			die("boxes are X,Y,W,H/...");
		if (rects_add(boxes, r, &e) < 0)
			die(e.text);
	}
}

static void
print_boxes(const struct rects *boxes)
{
	size_t i;

	for (i = 0; i < boxes->n; i++)
		printf("%u,%u,%u,%u\n", boxes->r[i].x, boxes->r[i].y,
		    boxes->r[i].w, boxes->r[i].h);
}

/* Boxes of DCT-coded JPEG: image/jpeg.h. */
static void
work_on_boxes(const char *verb, const char *box_list, const char *name,
    const char *frame_name)
{
	struct buf in = { 0 }, file = { 0 }, frame = { 0 }, out = { 0 };
	struct rects boxes = { 0 };
	uint8_t tolerance[3] = { 0 };
	struct err e;
	int got = -1;

	err_set(&e, "unknown verb");
	read_all(stdin, &in);
	parse_boxes(box_list, &boxes);
	if (name != NULL)
		read_file(name, &file);
	if (name != NULL && frame_name != NULL)
		read_file(frame_name, &frame);
	if (strcmp(verb, "align") == 0)
		got = jpeg_align(bytes(&in), in.len, &boxes, &e);
	else if (strcmp(verb, "replace") == 0 && name != NULL)
		got = jpeg_replace(bytes(&in), in.len, &boxes, bytes(&file), &out, &e);
	else if (strcmp(verb, "compare") == 0 && name != NULL)
		got = jpeg_compare(bytes(&in), in.len, bytes(&file), file.len, &boxes,
		    frame_name == NULL ? NULL : bytes(&frame), tolerance, &e);
	if (got < 0)
		die(e.text);
	if (name == NULL)
		print_boxes(&boxes);
	else if (strcmp(verb, "compare") == 0)
		printf("%d %d %d\n", tolerance[0], tolerance[1], tolerance[2]);
	else
		write_all(out.data, out.len);
	rects_free(&boxes);
	buf_free(&in);
	buf_free(&file);
	buf_free(&frame);
	buf_free(&out);
}

static void
run(const struct coding *k, size_t word, const char *like_name)
{
	struct buf in = { 0 }, like = { 0 }, code = { 0 }, *described = &in;
	struct codestream c;
	size_t frame;
	struct err e;
	void *out;

	read_all(stdin, &in);
	if (like_name != NULL) {
		read_file(like_name, &like);
		described = &like;
	}
	if (k->describe(bytes(described), described->len, &c, &e) < 0)
		die(e.text);
	frame = (size_t)c.width * c.height * c.components * word;
	if (like_name != NULL) {
		if (in.len != frame)
			die("the frame is of another size");
		if (k->encode(bytes(&like), like.len, &c, bytes(&in), word, &code, &e) < 0)
			die(e.text);
		write_all(code.data, code.len);
	} else {
		if ((out = malloc(frame)) == NULL)
			die("out of memory");
		if (k->decode(bytes(&in), in.len, &c, word, out, &e) < 0)
			die(e.text);
		write_all(out, frame);
		free(out);
	}
	buf_free(&in);
	buf_free(&like);
	buf_free(&code);
}

int
main(int argc, char *argv[])
{
	struct buf code = { 0 };
	size_t i;

	if (argc == 3 && strcmp(argv[2], "segments") == 0) {
		read_all(stdin, &code);
		list_segments(&code);
		buf_free(&code);
		return 0;
	}
	if (argc >= 4 && strcmp(argv[1], "jpeg-dct") == 0) {
		work_on_boxes(argv[2], argv[3], argv[4], argc > 5 ? argv[5] : NULL);
		return 0;
	}
	for (i = 0; argc >= 3 && i < sizeof codings / sizeof *codings; i++)
		if (strcmp(argv[1], codings[i].name) == 0) {
			if (argc == 3 && strcmp(argv[2], "describe") == 0)
				describe(&codings[i]);
			else if (argc == 4 && strcmp(argv[2], "decode") == 0)
				run(&codings[i], (size_t)atoi(argv[3]), NULL);
			else if (argc == 5 && strcmp(argv[2], "encode") == 0 &&
			    codings[i].encode != NULL)
				run(&codings[i], (size_t)atoi(argv[3]), argv[4]);
			else
				break;
			return 0;
		}
	die("usage: codec CODING decode WORD | encode WORD LIKE | describe | segments");
}
