/* px-redact: fill the boxes, change no other pixel; see px-redact(1). */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cli.h"
#include "base/inorder.h"
#include "base/outfile.h"
#include "base/outpath.h"
#include "base/temp.h"
#include "dicom/splice.h"
#include "image/redact.h"
#include "image/redact_pnm.h"
#include "stream/complete.h"

static struct fill_style fill = { .mode = FILL_BLACK };
static bool test;		/* show the boxes, in place of a fill */
static bool keep;		/* fill what is outside of the boxes */
static struct rect crop;	/* w is 0: none */
static struct carrier_options carriers;
static bool clear_comments;	/* of frames' code */
static bool drop_labels;	/* of whole slides: no output, no refusal */
static bool verify = true;
static enum redact_video video = REDACT_VIDEO_REFUSE;
static bool lossy_video;
static unsigned jobs = 1;
static const char *out_file, *out_dir, *boxes_file, *log_file;
static struct complete *records;
static FILE *audit;

static const char options_help[] =
"  -o, --output FILE  write the one output here; without -o and -O: stdout\n"
"  -O, --outdir DIR   write each output under DIR, by its input's path below\n"
"                     the folder that holds all inputs\n"
"  -b, --boxes FILE   read the box list from FILE, not from standard input\n"
"  -f, --fill MODE    black (the default), white, min, max, background, contrast,\n"
"                     mean, telea, ns, noise or text\n"
"      --bold         write that text in bold\n"
"      --test-fill COLOUR  show the boxes, for review: what is in them stays\n"
"  -k, --keep         keep the boxes, fill everything outside of them\n"
"      --crop X,Y,W,H cut the image to this rectangle, after filling\n"
"      --overlays HOW remove (the default), redact by box, or keep them\n"
"      --graphics HOW remove (the default) or keep graphic annotations\n"
"      --nested HOW   blank (the default) or remove images inside of sequences\n"
"      --comments HOW keep (the default) or clear text in frames' code\n"
"      --wsi-labels HOW  refuse (the default) or drop images of slide labels\n"
"      --video HOW    of a video that has to change: refuse (the default), or\n"
"                     frames: write its frames without loss, as JPEG-LS\n"
"      --allow-lossy-video  code it again as a video, which loses quality\n"
"  -j, --jobs N       decode and code frames with N threads (default 1)\n"
"      --no-verify    do not read the output back and compare it\n"
"  -l, --log FILE     write what was done, one line of JSON a file\n"
"  -h, --help         show this help\n"
"  -V, --version      show the version\n";

enum {
	OPT_BOLD = 256, OPT_TEST_FILL, OPT_CROP, OPT_OVERLAYS, OPT_GRAPHICS,
	OPT_NESTED, OPT_COMMENTS, OPT_WSI_LABELS, OPT_VIDEO, OPT_LOSSY_VIDEO,
	OPT_NO_VERIFY
};

static const struct option longopts[] = {
	{ "output", required_argument, NULL, 'o' },
	{ "outdir", required_argument, NULL, 'O' },
	{ "boxes", required_argument, NULL, 'b' },
	{ "fill", required_argument, NULL, 'f' },
	{ "bold", no_argument, NULL, OPT_BOLD },
	{ "test-fill", required_argument, NULL, OPT_TEST_FILL },
	{ "keep", no_argument, NULL, 'k' },
	{ "crop", required_argument, NULL, OPT_CROP },
	{ "overlays", required_argument, NULL, OPT_OVERLAYS },
	{ "graphics", required_argument, NULL, OPT_GRAPHICS },
	{ "nested", required_argument, NULL, OPT_NESTED },
	{ "comments", required_argument, NULL, OPT_COMMENTS },
	{ "wsi-labels", required_argument, NULL, OPT_WSI_LABELS },
	{ "video", required_argument, NULL, OPT_VIDEO },
	{ "allow-lossy-video", no_argument, NULL, OPT_LOSSY_VIDEO },
	{ "jobs", required_argument, NULL, 'j' },
	{ "no-verify", no_argument, NULL, OPT_NO_VERIFY },
	{ "log", required_argument, NULL, 'l' },
	CLI_LONG
};

/* Where boxes of one image go; the first failure stays. */
struct gather {
	struct rects *out;
	struct err *e;
	int got;
};

static void
gather_box(const struct box *b, void *arg)
{
	struct gather *g = arg;
	struct rect r = { b->x, b->y, b->w, b->h };

	if (g->got == 0)
		g->got = rects_add(g->out, r, g->e);
}

static int
boxes_of_frame(void *arg, uint32_t frame, struct rects *out, struct err *e)
{
	struct gather g = { out, e, 0 };

	complete_boxes(arg, frame, gather_box, &g);
	return g.got;
}

/* The records of FILE, if they prove that all of it was examined; or NULL. */
static const struct complete_file *
proof(const char *file, uint32_t frames, uint32_t width, uint32_t height,
    struct err *e)
{
	const struct complete_file *f = complete_find(records, file);

	if (f == NULL) {
		err_set(e, "no record of the box list is about it");
		return NULL;
	}
	if (complete_check(f, e) < 0)
		return NULL;
	if (complete_frames(f) != frames || complete_width(f) != width ||
	    complete_height(f) != height) {
		err_set(e, "is %" PRIu32 " frames of %" PRIu32 "x%" PRIu32
		    ", its records speak of %" PRIu32 " of %" PRIu32 "x%" PRIu32,
		    frames, width, height, complete_frames(f),
		    complete_width(f), complete_height(f));
		return NULL;
	}
	return f;
}

static int
boxes_of_image(void *arg, const struct pnm *p, uint32_t number, uint32_t count,
    struct rects *out, struct err *e)
{
	const struct box_record *k = &p->key;
	const struct complete_file *f;
	struct gather g = { out, e, 0 };
	uint32_t i;

	if (p->plain) {		/* image n of N is frame n of N */
		f = proof(arg, count, p->width, p->height, e);
		return f == NULL ? -1 : boxes_of_frame((void *)f, number, out, e);
	}
	if (k->width != p->width || k->height != p->height)
		return err_set(e, "image %" PRIu32 " shows only a part of its frame",
		    number);
	if ((f = proof(k->file, k->frames, p->width, p->height, e)) == NULL)
		return -1;
	if (k->frame != 0)
		return boxes_of_frame((void *)f, k->frame, out, e);
	for (i = 0; i < complete_nrecords(f); i++) {	/* it shows all frames */
		const struct box_record *r = complete_record(f, i);
		size_t b;

		for (b = 0; b < r->nboxes; b++)
			gather_box(&r->boxes[b], &g);
	}
	return g.got;
}

static int
drop_label(struct redact_report *t, struct err *e)
{
	struct carrier_line line = { "slide label", 0x7fe00010, "dropped", "files",
	    1 };

	if (!drop_labels)
		return err_set(e, "shows a slide's label; --wsi-labels drop leaves "
		    "such files out");
	t->dropped = true;
	return carrier_add(&t->carriers, &line, e);
}

static int
redact_image(const char *name, const char *path, struct outfile *o,
    struct redact_report *t, struct err *e)
{
	struct redact r = { .fill = fill, .keep = keep, .verify = verify, .video = video,
	    .jobs = jobs, .crop = crop.w > 0 ? &crop : NULL,
	    .carriers = carriers, .clear_comments = clear_comments,
	    .boxes = boxes_of_frame };
	const struct complete_file *f;
	struct dcm *d = NULL;
	struct pixels p;
	int got = -1;

	/* Before any decoding; what is dropped needs no record. */
	if (!drop_labels && complete_find(records, name) == NULL)
		return err_set(e, "no record of the box list is about it");
	if (dcm_open(path, &d, e) < 0)
		return -1;
	if (carriers_is_label(d))
		got = drop_label(t, e);
	else if (dcm_pixels(d) == DCM_PIXELS_FLOAT)
		err_set(e, "float pixel data cannot be redacted");
	else if (pixels_describe(d, &p, e) == 0 &&
	    (f = proof(name, p.frames, p.columns, p.rows, e)) != NULL) {
		r.arg = (void *)f;
		got = redact_dicom(d, &p, &r, o, t, e);
	}
	dcm_close(d);
	return got;
}

/* PNM and DICOM are told apart by content. */
static int
redact_any(const char *name, const char *path, struct outfile *o,
    struct redact_report *t, struct err *e)
{
	char magic[2] = "";
	FILE *in;
	int got;

	if ((in = fopen(path, "rb")) == NULL)
		return err_set(e, "open: %s", strerror(errno));
	if (fread(magic, 1, 2, in) == 2 && magic[0] == 'P' &&
	    (magic[1] == '5' || magic[1] == '6'))
		got = crop.w > 0 ? err_set(e, "a PNM image cannot be cropped") :
		    redact_pnm(in, &fill, keep, boxes_of_image, (void *)name, o, t, e);
	else
		got = redact_image(name, path, o, t, e);
	fclose(in);
	return got;
}

/* One line of the log; takes J, which may be NULL. */
static int
write_line(json_t *j, struct err *e)
{
	int got = -1;

	if (j == NULL)
		err_set(e, "not UTF-8, so the log cannot name it");
	else if (ferror(audit))	/* what it holds back may still be written */
		err_set(e, "log: an earlier line failed");
	else if (json_dumpf(j, audit, JSON_COMPACT) < 0 ||
	    putc('\n', audit) == EOF || fflush(audit) != 0)
		err_set(e, "log: %s", strerror(errno));
	else
		got = 0;
	json_decref(j);
	return got;
}

static int
write_carrier(const char *name, const struct carrier_line *l, struct err *e)
{
	char tag[16];

	snprintf(tag, sizeof tag, "(%04x,%04x)", (unsigned)(l->tag >> 16),
	    (unsigned)(l->tag & 0xffff));
	return write_line(json_pack("{s:s s:s s:s s:s s:s s:I}", "file", name, "by",
	    "px-redact", "carrier", l->carrier, "tag", tag, "action", l->action,
	    l->unit, (json_int_t)l->n), e);
}

static int
write_audit(const char *name, const char *output, const struct redact_report *t,
    struct err *e)
{
	size_t i;

	if (audit == NULL)
		return 0;
	for (i = 0; i < t->carriers.n; i++)
		if (write_carrier(name, &t->carriers.lines[i], e) < 0)
			return -1;
	if (t->dropped)
		return 0;
	return write_line(json_pack(
	    "{s:s s:s s:s s:s s:s s:I s:I s:I s:I s:s s:b}",
	    "file", name, "by", "px-redact", "output", output,
	    "syntax_in", t->syntax_in, "syntax_out", t->syntax_out,
	    "frames", (json_int_t)t->frames,
	    "frames_changed", (json_int_t)t->changed,
	    "boxes", (json_int_t)t->boxes, "pixels", (json_int_t)t->pixels,
	    "fill", fill_mode_name(fill.mode), "keep", keep), e);
}

static int
write_output(const char *name, const char *path, const char *output,
    struct redact_report *t)
{
	struct outfile *o;
	struct err e;
	size_t i;

	o = out_dir != NULL ? outfile_open_deep(output, &e) :
	    outfile_open(output, &e);
	if (o == NULL)
		return cli_trouble(name, &e);
	/* First the log: no output may appear that it does not tell of. */
	if (redact_any(name, path, o, t, &e) < 0 || outfile_flush(o, &e) < 0 ||
	    write_audit(name, output, t, &e) < 0) {
		outfile_abandon(o);
		return cli_trouble(name, &e);
	}
	if (t->dropped) {
		outfile_abandon(o);
		cli_note(name, "shows a slide's label: left out");
	} else if (outfile_commit(o, &e) < 0)
		return cli_trouble(name, &e);
	for (i = 0; i < t->carriers.n; i++)	/* a person would miss it */
		if (strcmp(t->carriers.lines[i].unit, "tracks") == 0)
			cli_note(name, "its track of %s is removed",
			    t->carriers.lines[i].carrier);
	return STATUS_OK;
}

static int
redact_file(const char *name, const char *path, const char *output)
{
	struct redact_report t = { .dropped = false };
	int status = write_output(name, path, output, &t);

	carrier_report_free(&t.carriers);
	return status;
}

/* Standard input, as a file that can be opened by name. */
static int
spool(char *path, size_t n, struct err *e)
{
	char block[65536];
	ssize_t got, at, put = 0;
	int fd;

	if ((fd = temp_open(e)) < 0)
		return -1;
	while ((got = read(STDIN_FILENO, block, sizeof block)) > 0)
		for (at = 0; at < got; at += put)
			if ((put = write(fd, block + at, (size_t)(got - at))) < 0) {
				err_set(e, "temporary file: %s", strerror(errno));
				goto fail;
			}
	if (got < 0) {
		err_set(e, "read: %s", strerror(errno));
		goto fail;
	}
	snprintf(path, n, "/proc/self/fd/%d", fd);
	return 0;
fail:
	close(fd);
	return -1;
}

static int
redact_all(char *names[], size_t n)
{
	struct outpath *paths;
	char *under, spooled[64];
	const char *output, *path;
	int status = STATUS_OK;
	struct err e;
	size_t i;

	if ((paths = outpath_new(names, n, &e)) == NULL)
		return cli_trouble(NULL, &e);
	if (log_file != NULL) {
		if (outpath_is_input(paths, log_file))
			cli_usage("the log is an input: inputs are never replaced");
		if ((audit = strcmp(log_file, "-") == 0 ? stdout :
		    fopen(log_file, "w")) == NULL) {
			err_set(&e, "open: %s", strerror(errno));
			return cli_trouble(log_file, &e);
		}
	}
	for (i = 0; i < n; i++) {
		under = NULL;
		path = names[i];
		output = out_file != NULL ? out_file : "-";
		if ((strcmp(path, "-") == 0 && spool(spooled, sizeof spooled,
		    &e) < 0) || (out_dir != NULL &&
		    (output = under = outpath_under(paths, out_dir, i, &e)) == NULL))
			status = cli_trouble(names[i], &e);
		else if (outpath_is_input(paths, output)) {
			err_set(&e, "its output is an input: inputs are never replaced");
			status = cli_trouble(names[i], &e);
		} else {
			if (strcmp(path, "-") == 0)
				path = spooled;
			status = cli_worst(status, redact_file(names[i], path, output));
		}
		free(under);
	}
	outpath_free(paths);
	if (audit != NULL && audit != stdout && fclose(audit) != 0) {
		err_set(&e, "write: %s", strerror(errno));
		status = cli_trouble(log_file, &e);
	}
	return status;
}

static void
check_fill(void)
{
	if (fill.bold && fill.mode != FILL_TEXT)
		cli_usage("--bold is for the fill text");
	if (test && fill.mode != FILL_BLACK)
		cli_usage("--test-fill fills nothing: give it or --fill");
	if (test)
		fill.mode = FILL_TEST;
}

static void
check_usage(int argc, char *argv[])
{
	bool stdin_is_boxes = boxes_file == NULL || strcmp(boxes_file, "-") == 0;
	int i;

	if (optind == argc)
		cli_usage("no file to redact");
	if (out_file != NULL && out_dir != NULL)
		cli_usage("give -o or -O, not both");
	if (out_dir == NULL && argc - optind > 1)
		cli_usage("more than one file wants -O");
	for (i = optind; i < argc; i++)
		if (strcmp(argv[i], "-") == 0 && stdin_is_boxes)
			cli_usage("standard input is the box list: give that by -b");
	if (log_file != NULL && strcmp(log_file, "-") == 0 && out_dir == NULL &&
	    (out_file == NULL || strcmp(out_file, "-") == 0))
		cli_usage("standard output is the image: log to a file");
}

/* The place of TEXT among WORDS. */
static unsigned
parse_word(const char *text, const char *option, const char *const words[])
{
	unsigned i;

	for (i = 0; words[i] != NULL; i++)
		if (strcmp(text, words[i]) == 0)
			return i;
	cli_usage("--%s does not know that word; see -h", option);
}

static void
parse_crop(const char *text)
{
	char end;

	if (strspn(text, "0123456789,") != strlen(text) || strlen(text) > 32 ||
	    sscanf(text, "%" SCNu32 ",%" SCNu32 ",%" SCNu32 ",%" SCNu32 "%c",
	    &crop.x, &crop.y, &crop.w, &crop.h, &end) != 4 || crop.w == 0 ||
	    crop.h == 0)
		cli_usage("--crop wants X,Y,W,H in whole pixels");
}

static void
parse_video(const char *how)
{
	if (strcmp(how, "frames") == 0)
		video = REDACT_VIDEO_FRAMES;
	else if (strcmp(how, "refuse") == 0)
		video = REDACT_VIDEO_REFUSE;
	else
		cli_usage("option --video wants refuse or frames");
}

int
main(int argc, char *argv[])
{
	const char *name;
	struct err e;
	FILE *in;
	int c, status;

	cli_start(argv[0], "[-hkV] [-o file | -O dir] [-b boxes] [-f mode] "
	    "[-j n] [-l log] [--bold] [--test-fill colour] [--crop x,y,w,h] "
	    "[--overlays how] [--graphics how] [--nested how] [--comments how] "
	    "[--wsi-labels how] [--video how] [--allow-lossy-video] [--no-verify] file ...", options_help);
	while ((c = getopt_long(argc, argv, "o:O:b:f:kj:l:" CLI_SHORT, longopts,
	    NULL)) != -1)
		switch (c) {
		case 'o':
			out_file = optarg;
			break;
		case 'O':
			out_dir = optarg;
			break;
		case 'b':
			boxes_file = optarg;
			break;
		case 'f':
			if (!fill_mode_parse(optarg, &fill.mode))
				cli_usage("the fill is black, white, min, max, "
				    "background, contrast, mean, telea, ns, noise or "
				    "text");
			break;
		case OPT_BOLD:
			fill.bold = true;
			break;
		case OPT_TEST_FILL:
			if (!fill_colour_parse(optarg, fill.rgb))
				cli_usage("the colour is red, green, blue, yellow, "
				    "magenta, cyan, white, gray or #RRGGBB");
			test = true;
			break;
		case 'k':
			keep = true;
			break;
		case OPT_CROP:
			parse_crop(optarg);
			break;
		case OPT_OVERLAYS:
			carriers.overlays = parse_word(optarg, "overlays",
			    (const char *[]){ "remove", "redact", "keep", NULL });
			break;
		case OPT_GRAPHICS:
			carriers.keep_graphics = parse_word(optarg, "graphics",
			    (const char *[]){ "remove", "keep", NULL });
			break;
		case OPT_NESTED:
			carriers.nested = parse_word(optarg, "nested",
			    (const char *[]){ "blank", "remove", NULL });
			break;
		case OPT_COMMENTS:
			clear_comments = parse_word(optarg, "comments",
			    (const char *[]){ "keep", "clear", NULL });
			break;
		case OPT_WSI_LABELS:
			drop_labels = parse_word(optarg, "wsi-labels",
			    (const char *[]){ "refuse", "drop", NULL });
			break;
		case OPT_VIDEO:
			parse_video(optarg);
			break;
		case OPT_LOSSY_VIDEO:
			lossy_video = true;
			break;
		case 'j':
			jobs = cli_u32(c, optarg, 1, INORDER_THREADS_MAX);
			break;
		case OPT_NO_VERIFY:
			verify = false;
			break;
		case 'l':
			log_file = optarg;
			break;
		default:	/* -h, -V, or a usage error */
			cli_common(c);
		}
	check_usage(argc, argv);
	check_fill();
	if (lossy_video && video != REDACT_VIDEO_REFUSE)
		cli_usage("give --video frames or --allow-lossy-video, not both");
	if (lossy_video)
		video = REDACT_VIDEO_LOSSY;
	/* All records first: only then is it known who spoke of a file. */
	name = boxes_file != NULL ? boxes_file : "-";
	in = strcmp(name, "-") == 0 ? stdin : fopen(name, "r");
	if (in == NULL) {
		err_set(&e, "open: %s", strerror(errno));
		return cli_finish(cli_trouble(name, &e));
	}
	if ((records = complete_new(&e)) == NULL ||
	    complete_read(records, in, &e) < 0)
		return cli_finish(cli_trouble(name, &e));
	if (in != stdin)
		fclose(in);
	status = redact_all(argv + optind, (size_t)(argc - optind));
	complete_free(records);
	return cli_finish(status);
}
