/* txt-detect: find burned-in text in frames, and read it; see txt-detect(1). */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cli.h"
#include "base/inorder.h"
#include "stream/box.h"
#include "stream/frames.h"
#include "stream/plain.h"
#include "text/cine.h"
#include "text/conv.h"
#include "text/engine.h"
#include "text/examine.h"
#include "text/ocr.h"

#define JOBS_MAX 64u

static const struct option longopts[] = {
	{ "jobs", required_argument, NULL, 'j' },
	{ "engine", required_argument, NULL, 'e' },
	{ "strict", no_argument, NULL, 's' },
	{ "lang", required_argument, NULL, 'l' },
	{ "whitelist", required_argument, NULL, 'w' },
	{ "psm", required_argument, NULL, 'p' },
	{ "min-conf", required_argument, NULL, 'm' },
	{ "no-text", no_argument, NULL, 'n' },
	{ "kernel", required_argument, NULL, 'k' },
	CLI_LONG
};

/* What -h shows: the engines are those of the table. */
static const char *
help(void)
{
	static char text[2048];
	size_t n = (size_t)snprintf(text, sizeof text,
"  -j, --jobs N       work on N frames at a time (default 1)\n"
"  -e, --engine LIST  find text by these, and unite what they find:\n");

	for (size_t i = 0; i < ENGINES; i++)
		n += (size_t)snprintf(text + n, sizeof text - n, "                       %-9s  %s\n",
		    engine_table[i].name, engine_table[i].does);
	snprintf(text + n, sizeof text - n,
"  -s, --strict       refuse a frame when one of several engines fails\n"
"  -l, --lang L       language of the text, as tesseract names it (default eng)\n"
"  -w, --whitelist S  read no other characters than these\n"
"  -p, --psm N        page segmentation mode of tesseract, 3 to 13\n"
"  -m, --min-conf P   leave out boxes of a confidence below P, 0 to 1\n"
"  -n, --no-text      do not read the text that was found\n"
"  -k, --kernel K     auto, plain, sse2, avx2 or neon; the same boxes\n"
"  -h, --help         show this help\n"
"  -V, --version      show the version\n");
	return text;
}

static struct examine_options options = { .engines = { .count = 1 }, .reading = { .lang = "eng" } };
static struct examiner *examiners[JOBS_MAX + 1];	/* one a job, and one for what stood still */
static struct examiner **const still_examiner = &examiners[JOBS_MAX];
static struct cine *cine;
static struct plain plain;
static int status;

/* A frame, or the end of an input. */
struct slot {
	const char *name;	/* of the input */
	struct frame frame;
	bool end;
	struct box_record record;
	struct engine_failures failures;
	int got;	/* -1: not examined, or the input not read to its end */
	struct err e;
};

/* The operands, and the input that is open. */
struct inputs {
	int argc;
	char **argv;
	FILE *in;
	const char *name;
	struct frames *frames;
};

static int
fetch(void *arg, void *slot, struct err *unused)
{
	struct inputs *i = arg;
	struct slot *s = slot;

	(void)unused;
	s->end = true;
	if (i->in == NULL) {
		if ((i->name = cli_input(i->argc, i->argv)) == NULL)
			return 0;
		s->name = i->name;
		if ((i->in = strcmp(i->name, "-") == 0 ? stdin : fopen(i->name, "rb")) == NULL) {
			s->got = err_set(&s->e, "open: %s", strerror(errno));
			return 1;
		}
		frames_start(i->frames);
	}
	s->name = i->name;
	s->got = frames_read(i->frames, i->in, i->name, &s->frame, &s->e);
	if (s->got > 0) {
		s->end = false;
	} else {
		if (i->in != stdin)
			fclose(i->in);
		i->in = NULL;
	}
	return 1;
}

static int
work(void *slot, unsigned worker, struct err *unused)
{
	struct slot *s = slot;

	(void)unused;
	if (!s->end && !s->frame.repeat)
		s->got = examine(examiners[worker], &s->frame.image, &s->record, &s->failures, &s->e);
	return 0;
}

/* That an engine fails is said once. */
static void
tell_failures(const struct slot *s)
{
	static bool told[ENGINES];

	for (size_t i = 0; i < ENGINES && !s->frame.repeat; i++)
		if (s->failures.failed[i] && !told[i]) {
			cli_note(s->name, "engine %s: %s; the others go on without it", engine_table[i].name,
			    s->failures.why[i].text);
			told[i] = true;
		}
}

/* Writes the boxes of R, which is empty then, with key K; the record of a plain image waits for the end. */
static int
put(struct box_record *r, const struct box_record *k, const char *by, bool is_plain, struct err *e)
{
	struct box_record out = { 0 };
	int got = -1;

	if (box_record_copy_keys(&out, k, e) == 0 && box_set(&out.by, by, e) == 0) {
		out.boxes = r->boxes;
		out.nboxes = r->nboxes;
		out.capboxes = r->capboxes;
		memset(r, 0, sizeof *r);
		got = is_plain ? plain_add(&plain, &out, e) : box_write(stdout, &out, e);
	}
	box_record_free(&out);
	return got;
}

static int
examine_still(void *unused, const struct pnm *p, struct box_record *r, struct err *e)
{
	struct engine_failures f;

	(void)unused;
	return examine(*still_examiner, p, r, &f, e);
}

/*
 * The frames of a file are over, the last of which has record R with key K; there are FRAMES. Text that stood still is on
 * every frame, also on those where it was not found. But a record for every frame may not speak for frames that nobody
 * looked at: if there are such, it goes to R, whose frame shows it too.
 */
static int
put_still(struct box_record *r, const struct box_record *k, uint32_t frames, bool is_plain, struct err *e)
{
	struct box_record still = { 0 }, key = *k;
	int got = cine_still(cine, examine_still, NULL, &still, e);

	if (got == 0 && still.nboxes > 0 && cine_whole(cine, frames)) {
		key.image = key.images = 1;	/* a source of its own: it stands for no image's record */
		key.frame = 0;
		key.view = NULL;
		got = put(&still, &key, "txt-detect still", is_plain, e);
	} else if (got == 0) {
		for (size_t i = 0; i < still.nboxes && got == 0; i++)
			got = box_add_copy(r, &still.boxes[i], e);
		box_sort(r);
	}
	box_record_free(&still);
	return got;
}

/* Returns 0; -1 when the frame is refused, -2 when nothing can be written any more; E is filled then. */
static int
hand_frame(struct slot *s, struct err *e)
{
	const struct box_record *k = &s->frame.image.key;
	bool is_plain = s->frame.image.plain;

	if (s->got < 0) {
		*e = s->e;
		cine_failed(cine, &s->frame);
		return -1;
	}
	tell_failures(s);
	if (cine_frame(cine, &s->frame, &s->record, e) < 0)
		return -1;
	if (!is_plain && k->image == k->images && put_still(&s->record, k, k->frames, false, e) < 0)
		return -1;
	return put(&s->record, k, "txt-detect", is_plain, e) < 0 ? -2 : 0;
}

/* Of a plain stream that was cut, or of which an image was refused, nothing is written. */
static int
hand_end(bool whole, struct err *e)
{
	uint32_t n = (uint32_t)plain.count;
	struct box_record last, key;

	if (whole && n > 0) {	/* what stood still comes before the last record */
		key = last = plain.records[--plain.count];
		if (put_still(&last, &key, n, true, e) < 0 || plain_add(&plain, &last, e) < 0) {
			box_record_free(&last);
			plain_end(&plain, stdout, n, false, e);
			return -1;
		}
	}
	return plain_end(&plain, stdout, n, whole, e) < 0 ? -2 : 0;
}

static int
hand(void *unused, void *slot, struct err *e)
{
	static bool refused;	/* an image of this input */
	struct slot *s = slot;
	struct err why;
	int got;

	(void)unused;
	if (s->end && s->got < 0)
		status = cli_worst(status, cli_trouble(s->name, &s->e));
	got = s->end ? hand_end(s->got == 0 && !refused, &why) : hand_frame(s, &why);
	refused = !s->end && (refused || got < 0);
	if (got == -1)
		status = cli_worst(status, cli_trouble(s->name, &why));
	if (got == -2)
		*e = why;
	return got == -2 ? -1 : 0;
}

static int
run(uint32_t jobs, struct inputs *i, struct err *e)
{
	static struct slot slots[JOBS_MAX + 1];
	void *places[JOBS_MAX + 1];
	struct inorder o = { .fetch = fetch, .work = work, .hand = hand, .arg = i, .at_once = true };
	uint32_t n;
	int got;

	if ((options.memory = ocr_memory_new(e)) == NULL || (cine = cine_new(e)) == NULL ||
	    (i->frames = frames_new(e)) == NULL || (*still_examiner = examiner_new(&options, e)) == NULL)
		return -1;
	for (n = 0; n < jobs; n++)
		if ((examiners[n] = examiner_new(&options, e)) == NULL)
			return -1;
	for (n = 0; n < jobs + 1; n++)	/* one is being read */
		places[n] = &slots[n];
	got = inorder_run(&o, jobs, places, n, e);
	for (n = 0; n < jobs + 1; n++) {
		frame_free(&slots[n].frame);
		box_record_free(&slots[n].record);
	}
	return got;
}

int
main(int argc, char *argv[])
{
	struct inputs inputs = { .argc = argc, .argv = argv };
	const char *kernel = "auto";
	uint32_t jobs = 1;
	struct err e;
	int c;

	cli_start(argv[0], "[-hnsV] [-e engines] [-j jobs] [-k kernel] [-l lang] [-m confidence] [-p mode] [-w characters] "
	    "[file ...]", help());
	while ((c = getopt_long(argc, argv, "j:e:sl:w:p:m:nk:" CLI_SHORT, longopts, NULL)) != -1)
		switch (c) {
		case 'j':
			jobs = cli_u32(c, optarg, 1, JOBS_MAX);
			break;
		case 'e':
			if (engine_parse(optarg, &options.engines, &e) < 0)
				cli_usage("option -e: %s", e.text);
			break;
		case 's':
			options.strict = true;
			break;
		case 'l':
			options.reading.lang = optarg;
			break;
		case 'w':
			options.reading.whitelist = optarg;
			break;
		case 'p':
			options.reading.psm = (int)cli_u32(c, optarg, 3, 13);
			break;
		case 'm':
			options.conf_min = cli_real(c, optarg, 0, 1);
			break;
		case 'n':
			options.no_text = true;
			break;
		case 'k':
			kernel = optarg;
			break;
		default:	/* -h, -V, or a usage error */
			cli_common(c);
		}
	if (!conv_choose(kernel))
		cli_usage("no such kernel on this machine");
	if (run(jobs, &inputs, &e) < 0)
		status = cli_trouble(NULL, &e);
	for (size_t i = 0; i <= JOBS_MAX; i++)
		examiner_free(examiners[i]);
	plain_free(&plain);
	cine_free(cine);
	frames_free(inputs.frames);
	ocr_memory_free(options.memory);
	return cli_finish(status);
}
