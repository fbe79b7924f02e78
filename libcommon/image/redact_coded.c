/* redact: encapsulated Pixel Data, frames copied or coded again; see redact.h. */
#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/inorder.h"
#include "dicom/encode.h"
#include "image/jpeg.h"
#include "image/redact_internal.h"

#define UNDEFINED 0xffffffffu

/* A frame on its way. */
struct task {
	const struct job *j;
	uint32_t frame;
	bool again;		/* to be coded again; else its fragments stay */
	uint64_t words;		/* whose spare bits were cleared */
	struct rects boxes;
	struct buf like, code;
	struct comments comments;	/* of LIKE */
	uint64_t kept;		/* bytes of those that CODE has too */
	uint8_t *pixels;
};

/* The file's offset tables as they will be; NULL for one that it has not. */
struct offsets {
	uint8_t *basic;		/* entries of 4 bytes */
	uint8_t *extended;	/* of 8 bytes */
	uint8_t *lengths;
	uint64_t base;		/* where the first fragment's tag lies */
};

struct writer {
	struct job *j;
	struct offsets o;
	uint32_t next;		/* frame to be fetched */
	uint64_t value;		/* AS_IT_IS: where Pixel Data lies in the output */
};

/* -- one frame: fetched, worked on, written -------------------------------- */

static int
fetch(void *arg, void *slot, struct err *e)
{
	struct writer *w = arg;
	struct task *t = slot;
	struct job *j = w->j;

	if (w->next > j->p->frames)
		return 0;
	t->frame = w->next++;
	if (redact_boxes(j, t->frame, e) < 0 ||
	    rects_copy(&t->boxes, &j->boxes, e) < 0)
		return -1;
	t->again = j->all || t->boxes.n > 0;
	t->words = 0;
	if (j->p->coding == CODING_VIDEO) {	/* each needs the one before */
		buf_clear(&t->like);
		if (pixels_frame(j->d, j->p, t->frame, t->pixels, e) < 0 ||
		    buf_add(&t->like, j->like.data, j->like.len, e) < 0)
			return -1;
		return 1;
	}
	return pixels_code(j->d, j->p, t->frame, &t->like, e) < 0 ? -1 : 1;
}

/* t->boxes grow to whole blocks, which then are filled and replaced. */
static int
replace_blocks(struct task *t, struct err *e)
{
	const uint8_t *code = (uint8_t *)t->like.data;
	size_t len = t->like.len;

	if (jpeg_align(code, len, &t->boxes, e) < 0 ||
	    redact_apply(t->j, t->frame, &t->boxes, t->pixels, e) < 0)
		return -1;
	return jpeg_replace(code, len, &t->boxes, t->pixels, &t->code, e);
}

static int
encode_again(struct task *t, struct err *e)
{
	const struct job *j = t->j;

	if (redact_apply(j, t->frame, &t->boxes, t->pixels, e) < 0)
		return -1;
	encode_normalise(&j->q, t->pixels);
	crypto_generichash(j->seals[t->frame - 1], SEAL_BYTES, t->pixels,
	    j->q.frame_bytes, NULL, 0);
	return encode_frame(&j->q, (uint8_t *)t->like.data, t->like.len, t->pixels,
	    &t->code, e);
}

/* The frame in t->pixels, and whether it has to be coded again. */
static int
decode(struct task *t, struct err *e)
{
	const struct job *j = t->j;

	/* fetch has decoded a video's frame: each needs the one before. */
	if (j->p->coding != CODING_VIDEO && pixels_decode(j->p,
	    (uint8_t *)t->like.data, t->like.len, t->pixels, e) < 0)
		return -1;
	t->words = spare_clear(&j->spare, t->pixels, j->p->frame_bytes);
	t->again = t->again || t->words > 0;
	j->touched[t->frame - 1] = t->again;
	return 0;
}

/* What is beside the picture; an encoder follows the code that is left. */
static int
look_beside(struct task *t, struct err *e)
{
	const struct job *j = t->j;
	uint8_t *code = (uint8_t *)t->like.data;

	/* Without markers the check is a decoding, which may come anyway. */
	bool decoded = !pixels_has_markers(j->p) && (t->again || j->spare.bits != 0);

	t->kept = 0;
	if ((!decoded && pixels_check(j->p, code, t->like.len, e) < 0) ||
	    comments_find(j->p, code, t->like.len, &t->comments, e) < 0)
		return -1;
	if (j->r->clear_comments)
		comments_clear(&t->comments, code);
	else
		t->kept = t->comments.bytes;
	return 0;
}

/* An encoder may have left comments out. */
static int
count_kept(struct task *t, struct err *e)
{
	struct comments left = { 0 };

	if (t->comments.n == 0)
		return 0;
	if (comments_find(&t->j->q, (uint8_t *)t->code.data, t->code.len, &left,
	    e) < 0)
		return -1;
	t->kept = left.bytes;
	comments_free(&left);
	return 0;
}

static int
work_on(struct task *t, struct err *e)
{
	const struct job *j = t->j;

	if (look_beside(t, e) < 0)
		return -1;
	if (!t->again && j->spare.bits == 0)
		return 0;
	if (decode(t, e) < 0)
		return -1;
	if (!t->again)
		return 0;
	if ((j->blocks ? replace_blocks : encode_again)(t, e) < 0)
		return -1;
	return count_kept(t, e);
}

static int
work(void *slot, unsigned worker, struct err *e)
{
	struct task *t = slot;
	struct err why;

	(void)worker;
	if (work_on(t, &why) < 0)
		return err_set(e, "frame %" PRIu32 ": %s", t->frame, why.text);
	return 0;
}

/* In one fragment, padded to an even length: PS3.5 A.4. */
static int
write_code(struct job *j, const struct task *t, struct err *e)
{
	size_t n = t->code.len;

	if (n >= UNDEFINED - 1)
		return err_set(e, "frame %" PRIu32 " is too long for a fragment",
		    t->frame);
	if (splice_item(j->sp, (uint32_t)(n + n % 2), e) < 0 ||
	    splice_put(j->sp, t->code.data, n, e) < 0)
		return -1;
	return n % 2 == 0 ? 0 : splice_put(j->sp, "", 1, e);
}

static int
copy_fragments(struct job *j, const struct task *t, struct err *e)
{
	const struct scan_fragment *last;
	uint64_t from, at = splice_at(j->sp);
	size_t first, end;

	pixels_fragments(j->d, t->frame, &first, &end);
	from = j->s->fragments[first].value - 8;
	last = &j->s->fragments[end - 1];
	if (splice_copy(j->sp, from, last->value + last->length - from, e) < 0)
		return -1;
	return j->r->clear_comments ?
	    redact_blank(j, t->frame, &t->comments, from, at, e) : 0;
}

static void
count_comments(struct job *j, const struct task *t)
{
	j->kept += t->kept;
	if (j->r->clear_comments)
		j->zeroed += t->comments.bytes;
	else if (t->comments.bytes > t->kept)
		j->removed += t->comments.bytes - t->kept;
}

static int
hand(void *arg, void *slot, struct err *e)
{
	struct writer *w = arg;
	struct task *t = slot;
	struct job *j = w->j;
	size_t i = t->frame - 1;
	uint64_t at = splice_at(j->sp) - w->o.base;

	j->spare_words += t->words;
	count_comments(j, t);
	if (w->o.basic != NULL) {
		if (at > UINT32_MAX)
			return err_set(e, "the frames are too long for their offset "
			    "table");
		bytes_put_le(w->o.basic + 4 * i, at, 4);
	}
	if ((t->again ? write_code(j, t, e) : copy_fragments(j, t, e)) < 0)
		return -1;
	if (w->o.extended != NULL) {
		bytes_put_le(w->o.extended + 8 * i, at, 8);
		bytes_put_le(w->o.lengths + 8 * i,
		    splice_at(j->sp) - w->o.base - at - 8, 8);
	}
	return 0;
}

/* The frame was copied with all of Pixel Data. */
static int
hand_copied(void *arg, void *slot, struct err *e)
{
	struct writer *w = arg;
	struct task *t = slot;
	struct job *j = w->j;

	count_comments(j, t);
	return j->r->clear_comments ? redact_blank(j, t->frame, &t->comments,
	    j->el->value, w->value, e) : 0;
}

/* -- all frames ------------------------------------------------------------ */

static void
free_tasks(struct task *t, size_t n)
{
	size_t i;

	for (i = 0; t != NULL && i < n; i++) {
		rects_free(&t[i].boxes);
		buf_free(&t[i].like);
		buf_free(&t[i].code);
		comments_free(&t[i].comments);
		free(t[i].pixels);
	}
	free(t);
}

static int
write_frames(struct writer *w, struct err *e)
{
	bool copied = w->j->how == AS_IT_IS;
	struct inorder o = { .fetch = fetch, .work = work,
	    .hand = copied ? hand_copied : hand, .arg = w };
	unsigned jobs = w->j->r->jobs;
	size_t n = jobs > 1 ? 2 * (size_t)jobs : 1, i;
	struct task *tasks = calloc(n, sizeof *tasks);
	void **slots = calloc(n, sizeof *slots);
	int got = -1;

	if (tasks == NULL || slots == NULL) {
		err_set(e, "out of memory");
		goto out;
	}
	for (i = 0; i < n; i++) {
		slots[i] = &tasks[i];
		tasks[i].j = w->j;
		if ((tasks[i].pixels = malloc(w->j->p->frame_bytes)) == NULL) {
			err_set(e, "out of memory");
			goto out;
		}
	}
	got = inorder_run(&o, jobs, slots, n, e);
out:
	free_tasks(tasks, n);
	free(slots);
	return got;
}

/* -- offset tables: PS3.5 A.4, PS3.3 C.7.6.3.1.8 --------------------------- */

/*
 * Which tables there will be: those that the file has. A video that becomes
 * frames gets the basic one unless it could be too long for that.
 */
static void
choose_tables(const struct job *j, bool *basic, bool *extended)
{
	*basic = j->s->table.length > 0;
	*extended = scan_find(j->s, EXTENDED_OFFSETS, NULL) != NULL;
	if (j->p->coding == CODING_VIDEO) {
		*extended = (uint64_t)j->p->frames * j->q.frame_bytes >
		    UINT32_MAX / 2;
		*basic = !*extended;
	}
}

/* Room for the tables that the file has, until the frames are written. */
static int
reserve_tables(struct job *j, struct offsets *o, struct err *e)
{
	size_t n = j->p->frames;
	bool basic, extended;

	choose_tables(j, &basic, &extended);
	if (basic && (o->basic = calloc(n, 4)) == NULL)
		return err_set(e, "out of memory");
	if (!extended && splice_remove(j->sp, EXTENDED_OFFSETS, e) < 0)
		return -1;
	if (!extended)
		return splice_remove(j->sp, EXTENDED_LENGTHS, e);
	o->extended = calloc(n, 8);
	o->lengths = calloc(n, 8);
	if (o->extended == NULL || o->lengths == NULL)
		return err_set(e, "out of memory");
	if (splice_bytes(j->sp, EXTENDED_OFFSETS, "OV", o->extended, n * 8, e) < 0)
		return -1;
	return splice_bytes(j->sp, EXTENDED_LENGTHS, "OV", o->lengths, n * 8, e);
}

static int
patch_tables(struct job *j, const struct offsets *o, uint64_t basic,
    struct err *e)
{
	size_t n = j->p->frames;

	if (o->basic != NULL && splice_patch(j->sp, basic, o->basic, n * 4, e) < 0)
		return -1;
	if (o->extended == NULL)
		return 0;
	if (splice_patch(j->sp, splice_where(j->sp, EXTENDED_OFFSETS), o->extended,
	    n * 8, e) < 0)
		return -1;
	return splice_patch(j->sp, splice_where(j->sp, EXTENDED_LENGTHS),
	    o->lengths, n * 8, e);
}

int
redact_write_coded(struct job *j, int fd, struct err *e)
{
	struct writer w = { .j = j, .next = 1 };
	uint32_t basic_bytes;
	uint64_t basic;
	int got = -1;

	if (sodium_init() < 0)
		return err_set(e, "libsodium does not start");
	if ((j->seals = calloc(j->p->frames, SEAL_BYTES)) == NULL)
		return err_set(e, "out of memory");
	if (reserve_tables(j, &w.o, e) < 0)
		goto out;
	basic_bytes = w.o.basic == NULL ? 0 : 4 * j->p->frames;
	if (splice_front(j->sp, fd, e) < 0 ||
	    splice_pixels_head(j->sp, "OB", UNDEFINED, e) < 0 ||
	    splice_item(j->sp, basic_bytes, e) < 0)
		goto out;
	basic = splice_at(j->sp);
	if (splice_put(j->sp, w.o.basic, basic_bytes, e) < 0)
		goto out;
	w.o.base = splice_at(j->sp);
	if (write_frames(&w, e) == 0 &&
	    splice_items_end(j->sp, e) == 0 &&
	    splice_back(j->sp, e) == 0)
		got = patch_tables(j, &w.o, basic, e);
out:
	free(w.o.basic);
	free(w.o.extended);
	free(w.o.lengths);
	return got;
}

int
redact_write_as_it_is(struct job *j, int fd, struct err *e)
{
	struct writer w = { .j = j, .next = 1 };

	if (splice_front(j->sp, fd, e) < 0 ||
	    splice_pixels(j->sp, &w.value, e) < 0)
		return -1;
	if (j->p->coding != CODING_VIDEO && write_frames(&w, e) < 0)
		return -1;
	return splice_back(j->sp, e);
}
