/* txt-detect: find burned-in text in frames, and read it; see txt-detect(1). */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cli.h"
#include "stream/box.h"
#include "stream/pnm.h"
#include "text/conv.h"
#include "text/detect.h"
#include "text/ocr.h"

#define JOBS_MAX 64u

static const char options_help[] =
"  -j, --jobs N       work on N frames at a time (default 1)\n"
"  -l, --lang L       language of the text, as tesseract names it (default eng)\n"
"  -m, --min-conf P   leave out boxes of a confidence below P, 0 to 1\n"
"  -n, --no-text      do not read the text that was found\n"
"  -k, --kernel K     auto, plain or avx2; each finds the same boxes\n"
"  -h, --help         show this help\n"
"  -V, --version      show the version\n";

static const struct option longopts[] = {
	{ "jobs", required_argument, NULL, 'j' },
	{ "lang", required_argument, NULL, 'l' },
	{ "min-conf", required_argument, NULL, 'm' },
	{ "no-text", no_argument, NULL, 'n' },
	{ "kernel", required_argument, NULL, 'k' },
	CLI_LONG
};

/* One place of the queue goes around: read into, worked on, written, free again. */
struct slot {
	enum { FREE, READ, TAKEN, DONE } state;
	enum { FRAME, REPEAT, END } kind;	/* REPEAT: the frame before, pixel for pixel */
	struct pnm image;
	struct box_record record;
	const char *name;	/* of the input */
	bool whole;	/* END: the input was read to its end */
	int got;	/* of the work */
	struct err e;
};

/* The reader, the workers and the writer share this; each slot belongs to whom its state says. */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct slot *slots;
	size_t count;
	size_t read, taken, written;	/* slots gone past each, ever */
	bool closed;	/* no more will be read */
	atomic_bool broken;	/* stdout: nothing more can be written */
	int status;
} queue = { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };

static struct ocr_options reading = { .lang = "eng" };
static bool no_text;
static double conf_min;
static struct ocr_memory *memory;

static void
queue_move(struct slot *s, int state, size_t *past)
{
	pthread_mutex_lock(&queue.lock);
	s->state = state;
	if (past != NULL)
		(*past)++;
	pthread_cond_broadcast(&queue.changed);
	pthread_mutex_unlock(&queue.lock);
}

static void
trouble(const char *name, const struct err *e)
{
	pthread_mutex_lock(&queue.lock);
	queue.status = cli_worst(queue.status, cli_trouble(name, e));
	pthread_mutex_unlock(&queue.lock);
}

/* ---- the workers ---- */

/* What a worker owns; the engine is loaded when the first line wants reading. */
struct worker {
	pthread_t thread;
	struct detect *detect;
	struct ocr *ocr;
	struct picture picture;
};

static int
frame_examine(struct worker *w, struct slot *s)
{
	struct box_record *r = &s->record;

	box_clear(r);
	if (picture_fill(&w->picture, &s->image, &s->e) < 0 ||
	    detect_find(w->detect, &w->picture, r, &s->e) < 0)
		return -1;
	if (!no_text && r->nboxes > 0 && w->ocr == NULL && (w->ocr = ocr_new(&reading, memory, &s->e)) == NULL)
		return -1;
	for (size_t i = 0; i < r->nboxes; i++)
		if (!no_text && ocr_read(w->ocr, picture_best(&w->picture, &r->boxes[i]), &r->boxes[i], &s->e) < 0)
			return -1;
	for (size_t i = r->nboxes; i-- > 0;)
		if (r->boxes[i].conf < conf_min)
			box_drop(r, i);
	box_sort(r);
	return 0;
}

static void *
work(void *arg)
{
	struct worker *w = arg;
	struct slot *s;

	for (;;) {
		pthread_mutex_lock(&queue.lock);
		while (queue.taken == queue.read && !queue.closed)
			pthread_cond_wait(&queue.changed, &queue.lock);
		if (queue.taken == queue.read) {
			pthread_mutex_unlock(&queue.lock);
			return NULL;
		}
		s = &queue.slots[queue.taken++ % queue.count];
		s->state = TAKEN;
		pthread_mutex_unlock(&queue.lock);
		if (s->kind == FRAME)
			s->got = frame_examine(w, s);
		queue_move(s, DONE, NULL);
	}
}

/* ---- the writer ---- */

/* Records of a plain stream wait for its end, which alone tells how many images there are. */
struct held {
	struct box_record *records;
	size_t count, room;
};

static int
boxes_copy(struct box_record *to, const struct box_record *from, struct err *e)
{
	struct box *b;

	box_clear(to);
	for (size_t i = 0; i < from->nboxes; i++) {
		const struct box *f = &from->boxes[i];

		if (box_add(to, f->x, f->y, f->w, f->h, &b, e) < 0 || box_set(&b->text, f->text, e) < 0)
			return -1;
		b->conf = f->conf;
	}
	return 0;
}

static int
held_add(struct held *h, const struct slot *s, const struct box_record *boxes, struct err *e)
{
	struct box_record *r;

	if (h->count == UINT32_MAX)
		return err_set(e, "too many images");
	if (h->count == h->room) {
		size_t room = h->room ? 2 * h->room : 16;

		if ((r = realloc(h->records, room * sizeof *r)) == NULL)
			return err_set(e, "out of memory");
		h->records = r;
		h->room = room;
	}
	r = &h->records[h->count];
	memset(r, 0, sizeof *r);
	h->count++;
	r->image = r->frame = (uint32_t)h->count;
	r->width = s->image.width;
	r->height = s->image.height;
	return box_set(&r->file, s->name, e) < 0 || box_set(&r->by, "txt-detect", e) < 0 ? -1 : boxes_copy(r, boxes, e);
}

/* Writes what is held when the input came to its end, or forgets it: a cut stream must not look complete. */
static int
held_end(struct held *h, bool whole, struct err *e)
{
	int got = 0;

	for (size_t i = 0; i < h->count; i++) {
		h->records[i].images = h->records[i].frames = (uint32_t)h->count;
		if (whole && got == 0)
			got = box_write(stdout, &h->records[i], e);
		box_record_free(&h->records[i]);
	}
	h->count = 0;
	return got;
}

static int
keyed_write(const struct slot *s, const struct box_record *boxes, struct err *e)
{
	struct box_record r = { 0 };
	int got = -1;

	if (box_record_copy_keys(&r, &s->image.key, e) == 0 && box_set(&r.by, "txt-detect", e) == 0 &&
	    boxes_copy(&r, boxes, e) == 0)
		got = box_write(stdout, &r, e);
	box_record_free(&r);
	return got;
}

struct writer {
	struct box_record last;	/* boxes of the last frame that was examined */
	int last_got;
	struct held held;
	bool lost;	/* an image of this input has no record */
};

/* Writes what slot S has to say. Returns 0, -1 when the work failed, -2 when stdout did; E is filled then. */
static int
slot_write(struct writer *w, struct slot *s, struct err *e)
{
	if (s->kind == END) {
		bool whole = s->whole && !w->lost;

		w->lost = false;
		return held_end(&w->held, whole, e) < 0 ? -2 : 0;
	}
	if (s->kind == FRAME) {
		*e = s->e;
		if ((w->last_got = s->got) == 0)
			w->last_got = boxes_copy(&w->last, &s->record, e);
	} else if (w->last_got < 0) {
		err_set(e, "the same image as one that could not be examined");
	}
	if (w->last_got < 0) {
		w->lost = true;
		return -1;
	}
	if (s->image.plain)
		return held_add(&w->held, s, &w->last, e) < 0 ? -2 : 0;
	return keyed_write(s, &w->last, e) < 0 ? -2 : 0;
}

static void *
write_all(void *unused)
{
	struct writer w = { 0 };
	struct slot *s;
	struct err e;
	int got;

	(void)unused;
	for (;;) {
		pthread_mutex_lock(&queue.lock);
		s = &queue.slots[queue.written % queue.count];
		while (queue.written == queue.read ? !queue.closed : s->state != DONE)
			pthread_cond_wait(&queue.changed, &queue.lock);
		if (queue.written == queue.read)
			break;
		pthread_mutex_unlock(&queue.lock);
		got = queue.broken ? 0 : slot_write(&w, s, &e);
		if (got < 0)
			trouble(got == -2 ? NULL : s->name, &e);
		if (got == -2)
			queue.broken = true;
		queue_move(s, FREE, &queue.written);
	}
	pthread_mutex_unlock(&queue.lock);
	held_end(&w.held, false, &e);
	free(w.held.records);
	box_record_free(&w.last);
	return NULL;
}

/* ---- the reader ---- */

static struct slot *
slot_wait(void)
{
	struct slot *s = &queue.slots[queue.read % queue.count];

	pthread_mutex_lock(&queue.lock);
	while (s->state != FREE)
		pthread_cond_wait(&queue.changed, &queue.lock);
	pthread_mutex_unlock(&queue.lock);
	return s;
}

static bool
same_image(const struct pnm *a, const struct pnm *b)
{
	return a->width == b->width && a->height == b->height && a->channels == b->channels && a->maxval == b->maxval &&
	    memcmp(a->samples, b->samples, a->bytes) == 0;
}

static void
read_stream(FILE *in, const char *name)
{
	const struct slot *before = NULL;	/* stays readable: only we overwrite slots, and not that one next */
	struct slot *s;
	int got;

	do {
		s = slot_wait();
		s->name = name;
		s->got = 0;
		if ((got = pnm_read(in, &s->image, &s->e)) > 0) {
			s->kind = before != NULL && same_image(&before->image, &s->image) ? REPEAT : FRAME;
			if (!s->image.plain && (s->image.key.width != s->image.width ||
			    s->image.key.height != s->image.height)) {
				s->kind = END;
				got = err_set(&s->e, "an image of another size than its comment says");
			}
		}
		if (got <= 0) {
			s->kind = END;
			s->whole = got == 0;
			if (got < 0)
				trouble(name, &s->e);
		}
		before = s;
		queue_move(s, READ, &queue.read);
	} while (got > 0 && !queue.broken);
}

int
main(int argc, char *argv[])
{
	struct worker workers[JOBS_MAX];
	pthread_t writer;
	const char *kernel = "auto", *name;
	uint32_t jobs = 1;
	struct err e;
	FILE *in;
	int c;

	cli_start(argv[0], "[-hnV] [-j jobs] [-k kernel] [-l lang] [-m confidence] [file ...]", options_help);
	while ((c = getopt_long(argc, argv, "j:l:m:nk:" CLI_SHORT, longopts, NULL)) != -1)
		switch (c) {
		case 'j':
			jobs = cli_u32(c, optarg, 1, JOBS_MAX);
			break;
		case 'l':
			reading.lang = optarg;
			break;
		case 'm':
			conf_min = cli_real(c, optarg, 0, 1);
			break;
		case 'n':
			no_text = true;
			break;
		case 'k':
			kernel = optarg;
			break;
		default:	/* -h, -V, or a usage error */
			cli_common(c);
		}
	if (!conv_choose(kernel))
		cli_usage("no such kernel on this machine");
	memset(workers, 0, sizeof workers);
	queue.count = jobs + 2;	/* one being read, one being written */
	if ((queue.slots = calloc(queue.count, sizeof *queue.slots)) == NULL || (memory = ocr_memory_new(&e)) == NULL) {
		err_set(&e, "out of memory");
		return cli_finish(cli_trouble(NULL, &e));
	}
	for (uint32_t i = 0; i < jobs; i++)
		if ((workers[i].detect = detect_new(&e)) == NULL)
			return cli_finish(cli_trouble(NULL, &e));
	for (uint32_t i = 0; i <= jobs; i++)
		if (pthread_create(i < jobs ? &workers[i].thread : &writer, NULL, i < jobs ? work : write_all,
		    i < jobs ? &workers[i] : NULL) != 0) {
			err_set(&e, "cannot start a thread");
			return cli_finish(cli_trouble(NULL, &e));
		}
	while (!queue.broken && (name = cli_input(argc, argv)) != NULL) {
		if ((in = strcmp(name, "-") == 0 ? stdin : fopen(name, "rb")) == NULL) {
			err_set(&e, "open: %s", strerror(errno));
			trouble(name, &e);
			continue;
		}
		read_stream(in, name);
		if (in != stdin)
			fclose(in);
	}
	pthread_mutex_lock(&queue.lock);
	queue.closed = true;
	pthread_cond_broadcast(&queue.changed);
	pthread_mutex_unlock(&queue.lock);
	pthread_join(writer, NULL);
	for (uint32_t i = 0; i < jobs; i++) {
		pthread_join(workers[i].thread, NULL);
		detect_free(workers[i].detect);
		ocr_free(workers[i].ocr);
		picture_free(&workers[i].picture);
	}
	for (size_t i = 0; i < queue.count; i++) {
		pnm_free(&queue.slots[i].image);
		box_record_free(&queue.slots[i].record);
	}
	free(queue.slots);
	ocr_memory_free(memory);
	return cli_finish(queue.status);
}
