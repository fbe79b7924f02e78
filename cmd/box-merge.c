/* box-merge: unite the overlapping boxes of each image; see box-merge(1). */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cli.h"
#include "stream/box.h"
#include "stream/complete.h"

enum scope { EACH_IMAGE, EACH_FILE, EACH_DIR };

static double iou_min;		/* boxes that overlap by this much are united */
static uint32_t pad, expand;	/* pixels on each side, before and after */
static enum scope scope;

static const char options_help[] =
"  -t, --iou T        unite boxes whose intersection over union is T or more;\n"
"                     0, the default: that share a pixel\n"
"  -p, --pad N        grow each box by N pixels on each side before uniting\n"
"  -e, --expand N     grow each united box by N pixels on each side\n"
"  -a, --all-frames   the same as --union file\n"
"  -u, --union SCOPE  one record a file, for all its frames, with the boxes of\n"
"                     all its images (file) or of its folder's files (dir)\n"
"  -h, --help         show this help\n"
"  -V, --version      show the version\n";

static const struct option longopts[] = {
	{ "iou", required_argument, NULL, 't' },
	{ "pad", required_argument, NULL, 'p' },
	{ "expand", required_argument, NULL, 'e' },
	{ "all-frames", no_argument, NULL, 'a' },
	{ "union", required_argument, NULL, 'u' },
	CLI_LONG
};

/* Grows B by N on each side, within the image. */
static void
grow(struct box *b, uint32_t n, const struct box_record *r)
{
	uint64_t right = (uint64_t)b->x + b->w + n;
	uint64_t bottom = (uint64_t)b->y + b->h + n;

	b->x -= b->x < n ? b->x : n;
	b->y -= b->y < n ? b->y : n;
	b->w = (uint32_t)((right < r->width ? right : r->width) - b->x);
	b->h = (uint32_t)((bottom < r->height ? bottom : r->height) - b->y);
}

static bool
belong_together(const struct box *a, const struct box *b)
{
	uint32_t x0 = a->x > b->x ? a->x : b->x, y0 = a->y > b->y ? a->y : b->y;
	uint32_t ax = a->x + a->w, bx = b->x + b->w, x1 = ax < bx ? ax : bx;
	uint32_t ay = a->y + a->h, by = b->y + b->h, y1 = ay < by ? ay : by;
	double both;

	if (x1 <= x0 || y1 <= y0)
		return false;
	both = (double)(x1 - x0) * (y1 - y0);
	return both >= iou_min *
	    ((double)a->w * a->h + (double)b->w * b->h - both);
}

/* A becomes the box around both; texts are joined in the order of the list. */
static int
unite(struct box *a, struct box *b, struct err *e)
{
	uint32_t right = a->x + a->w, bottom = a->y + a->h;
	char *text;

	if (b->x + b->w > right)
		right = b->x + b->w;
	if (b->y + b->h > bottom)
		bottom = b->y + b->h;
	if (b->x < a->x)
		a->x = b->x;
	if (b->y < a->y)
		a->y = b->y;
	a->w = right - a->x;
	a->h = bottom - a->y;
	if (a->text == NULL) {
		a->text = b->text;
		b->text = NULL;
	} else if (b->text != NULL && strcmp(a->text, b->text) != 0) {
		text = realloc(a->text, strlen(a->text) + strlen(b->text) + 2);
		if (text == NULL)
			return err_set(e, "out of memory");
		strcat(strcat(text, " "), b->text);
		a->text = text;
	}
	/* The weaker claim holds for the whole. */
	if (a->conf < 0 || (b->conf >= 0 && b->conf < a->conf))
		a->conf = b->conf;
	if (a->phi == NULL) {
		a->phi = b->phi;
		b->phi = NULL;
	}
	return 0;
}

static bool
same(const struct box *a, const struct box *b)
{
	return a->x == b->x && a->y == b->y && a->w == b->w && a->h == b->h &&
	    (a->text == b->text || (a->text != NULL && b->text != NULL &&
	    strcmp(a->text, b->text) == 0));
}

/* A still overlay comes once a frame; its text is wanted once. */
static void
drop_repeats(struct box_record *r)
{
	size_t i;

	box_sort(r);
	for (i = r->nboxes; i-- > 1; )
		if (same(&r->boxes[i], &r->boxes[i - 1]))
			box_drop(r, i);
}

/*
 * Unites until nothing changes: a union can reach a box that its parts did not,
 * and merging twice must be merging once.
 */
static int
merge(struct box_record *r, struct err *e)
{
	bool changed;
	size_t i, j;

	box_clip(r);
	drop_repeats(r);
	for (i = 0; i < r->nboxes; i++)
		grow(&r->boxes[i], pad, r);
	do {
		changed = false;
		box_sort(r);
		for (i = 0; i < r->nboxes; i++)
			for (j = i + 1; j < r->nboxes; )
				if (belong_together(&r->boxes[i], &r->boxes[j])) {
					if (unite(&r->boxes[i], &r->boxes[j], e) < 0)
						return -1;
					box_drop(r, j);
					changed = true;
				} else
					j++;
	} while (changed);
	for (i = 0; i < r->nboxes; i++)
		grow(&r->boxes[i], expand, r);
	box_sort(r);
	return 0;
}

static int
merge_stream(FILE *in, struct err *e)
{
	struct box_record r = { 0 };
	uint64_t line = 0;
	int got;

	while ((got = box_read(in, &r, &line, e)) > 0)
		if (merge(&r, e) < 0 || box_write(stdout, &r, e) < 0) {
			got = -1;
			break;
		}
	box_record_free(&r);
	return got;
}

static int
add_boxes_of(struct box_record *out, const struct complete_file *f,
    struct err *e)
{
	const struct box_record *r;
	const struct box *from;
	struct box *b;
	size_t i, j;

	for (i = 0; i < complete_nrecords(f); i++) {
		r = complete_record(f, i);
		for (j = 0; j < r->nboxes; j++) {
			from = &r->boxes[j];
			if (box_add(out, from->x, from->y, from->w, from->h, &b, e) < 0 ||
			    box_set(&b->text, from->text, e) < 0 ||
			    box_set(&b->phi, from->phi, e) < 0)
				return -1;
			b->conf = from->conf;
		}
	}
	return 0;
}

static bool
same_folder_and_size(const struct complete_file *a,
    const struct complete_file *b)
{
	const char *p = complete_name(a), *q = complete_name(b);
	const char *ps = strrchr(p, '/'), *qs = strrchr(q, '/');
	size_t pn = ps == NULL ? 0 : (size_t)(ps - p) + 1;
	size_t qn = qs == NULL ? 0 : (size_t)(qs - q) + 1;

	return pn == qn && memcmp(p, q, pn) == 0 &&
	    complete_width(a) == complete_width(b) &&
	    complete_height(a) == complete_height(b);
}

/* One record for all frames of F, with its group's boxes united. */
static int
write_union(const struct complete *all, const struct complete_file *f,
    struct err *e)
{
	struct box_record r = {
		.image = 1, .images = 1, .frame = 0,
		.frames = complete_frames(f),
		.width = complete_width(f), .height = complete_height(f)
	};
	const struct complete_file *g;
	struct err unused;
	size_t i;
	int got = -1;

	if (box_set(&r.file, complete_name(f), e) < 0 ||
	    box_set(&r.by, "box-merge", e) < 0)
		goto out;
	if (scope == EACH_FILE) {
		if (add_boxes_of(&r, f, e) < 0)
			goto out;
	} else
		for (i = 0; i < complete_count(all); i++) {
			g = complete_at(all, i);
			if (same_folder_and_size(f, g) &&
			    complete_arrived(g, &unused) == 0 &&
			    add_boxes_of(&r, g, e) < 0)
				goto out;
		}
	if (merge(&r, e) == 0 && box_write(stdout, &r, e) == 0)
		got = 0;
out:
	box_record_free(&r);
	return got;
}

/*
 * A file of which an image is missing gets no record, so that no sink can take
 * the union for the whole.
 */
static int
write_unions(const struct complete *all)
{
	const struct complete_file *f;
	int status = STATUS_OK;
	struct err e;
	size_t i;

	for (i = 0; i < complete_count(all); i++) {
		f = complete_at(all, i);
		if (complete_arrived(f, &e) < 0 || write_union(all, f, &e) < 0)
			status = cli_trouble(complete_name(f), &e);
	}
	return status;
}

int
main(int argc, char *argv[])
{
	struct complete *all = NULL;
	const char *name;
	struct err e;
	FILE *in;
	int c, got, status = STATUS_OK;

	cli_start(argv[0], "[-ahV] [-t iou] [-p pixels] [-e pixels] [-u scope] "
	    "[file ...]", options_help);
	while ((c = getopt_long(argc, argv, "t:p:e:au:" CLI_SHORT, longopts,
	    NULL)) != -1)
		switch (c) {
		case 't':
			iou_min = cli_real(c, optarg, 0, 1);
			break;
		case 'p':
			pad = cli_u32(c, optarg, 0, BOX_COORD_MAX);
			break;
		case 'e':
			expand = cli_u32(c, optarg, 0, BOX_COORD_MAX);
			break;
		case 'a':
			scope = EACH_FILE;
			break;
		case 'u':
			if (strcmp(optarg, "file") == 0)
				scope = EACH_FILE;
			else if (strcmp(optarg, "dir") == 0)
				scope = EACH_DIR;
			else
				cli_usage("the scope is file or dir");
			break;
		default:	/* -h, -V, or a usage error */
			cli_common(c);
		}
	if (scope != EACH_IMAGE && (all = complete_new(&e)) == NULL)
		return cli_finish(cli_trouble(NULL, &e));
	while ((name = cli_input(argc, argv)) != NULL) {
		in = strcmp(name, "-") == 0 ? stdin : fopen(name, "r");
		if (in == NULL)
			got = err_set(&e, "open: %s", strerror(errno));
		else
			got = all != NULL ? complete_read(all, in, &e) :
			    merge_stream(in, &e);
		if (in != NULL && in != stdin)
			fclose(in);
		if (got < 0)
			status = cli_trouble(name, &e);
	}
	/* A list that was cut may lack boxes of any file. */
	if (all != NULL && status == STATUS_OK)
		status = write_unions(all);
	complete_free(all);
	return cli_finish(status);
}
