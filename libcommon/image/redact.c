/* redact: a DICOM image again, with boxes filled; see redact.h. */
#include "image/redact.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/size.h"
#include "base/temp.h"
#include "dicom/encode.h"
#include "image/crop.h"
#include "image/redact_internal.h"

int
redact_boxes(struct job *j, uint32_t frame, struct err *e)
{
	const struct pixels *p = j->p;
	struct rects rest = { 0 };
	int got = 0;

	j->boxes.n = 0;
	if (j->r->boxes(j->r->arg, frame, &j->boxes, e) < 0)
		return -1;
	rects_clip(&j->boxes, p->columns, p->rows);
	if (j->r->keep) {
		got = rects_complement(&j->boxes, p->columns, p->rows, &rest, e);
		rects_free(&j->boxes);
		j->boxes = rest;
	}
	if (pixels_is_422(p))
		rects_even(&j->boxes, p->columns);
	return got;
}

static int
count(struct job *j, struct err *e)
{
	uint64_t area;
	uint32_t f;

	for (f = 1; f <= j->p->frames; f++) {
		if (redact_boxes(j, f, e) < 0 || rects_area(&j->boxes, &area, e) < 0)
			return -1;
		j->report->boxes += j->boxes.n;
		j->report->pixels += area;
		j->report->changed += j->boxes.n > 0 || j->r->crop != NULL;
	}
	return 0;
}

static int
mark(struct job *j, struct err *e)
{
	/* An image that nothing is drawn on may be clean or not. */
	if (j->r->draw != NULL && j->report->changed == 0)
		return 0;
	/* Boxes that only show where they are hide nothing. */
	if (j->r->fill.mode == FILL_TEST || j->r->draw != NULL)
		return splice_text(j->sp, DCM_TAG(0x0028, 0x0301), "CS", "YES", e);
	if (splice_text(j->sp, DCM_TAG(0x0028, 0x0301), "CS", "NO", e) < 0)
		return -1;
	return splice_code(j->sp, DCM_TAG(0x0012, 0x0064), "113101", "DCM",
	    "Clean Pixel Data Option", e);
}

/* -- what the files of redact share ---------------------------------------- */

static const char *
term_of(enum pixels_photometric p)
{
	switch (p) {
	case PHOTO_MONOCHROME1:
		return "MONOCHROME1";
	case PHOTO_MONOCHROME2:
		return "MONOCHROME2";
	case PHOTO_PALETTE:
		return "PALETTE COLOR";
	case PHOTO_RGB:
		return "RGB";
	case PHOTO_YBR_FULL:
		return "YBR_FULL";
	case PHOTO_YBR_FULL_422:
		return "YBR_FULL_422";
	case PHOTO_YBR_PARTIAL_422:
		return "YBR_PARTIAL_422";
	}
	return "";
}

/*
 * What was lossy stays lossy, and its code no longer says so once it is coded
 * anew: PS3.3 C.7.6.1.1.5.
 */
static int
mark_lossy(struct job *j, struct err *e)
{
	const char *lossy = dcm_string(j->d, DCM_TAG(0x0028, 0x2110), 0);

	if (!j->p->lossy || (lossy != NULL && strcmp(lossy, "01") == 0))
		return 0;
	return splice_text(j->sp, DCM_TAG(0x0028, 0x2110), "CS", "01", e);
}

/*
 * Everything that describes Pixel Data, together, for frames that now are in
 * another syntax: PS3.3 C.7.6.3.
 */
int
redact_describe(struct job *j, const char *uid, struct err *e)
{
	const struct pixels *q = &j->q;

	if (splice_syntax(j->sp, uid, e) < 0 ||
	    splice_text(j->sp, DCM_TAG(0x0028, 0x0004), "CS",
	    term_of(q->photometric), e) < 0 ||
	    splice_us(j->sp, DCM_TAG(0x0028, 0x0100), (uint16_t)q->bits_allocated,
	    e) < 0 ||
	    splice_us(j->sp, DCM_TAG(0x0028, 0x0101), (uint16_t)q->bits_stored,
	    e) < 0 ||
	    splice_us(j->sp, DCM_TAG(0x0028, 0x0102), (uint16_t)q->high_bit,
	    e) < 0)
		return -1;
	if (q->samples == 3 &&
	    splice_us(j->sp, DCM_TAG(0x0028, 0x0006), 0, e) < 0)
		return -1;
	return mark_lossy(j, e);
}

int
redact_note(struct job *j, const char *carrier, const char *action,
    const char *unit, uint64_t n, struct err *e)
{
	struct carrier_line line = { carrier, PIXEL_DATA, action, unit, n };

	return n == 0 ? 0 : carrier_add(&j->report->carriers, &line, e);
}

bool
redact_needs_frame(const struct job *j)
{
	return j->r->draw != NULL || fill_needs_frame(j->fill);
}

bool
redact_is_flat(const struct job *j)
{
	return j->r->draw == NULL && fill_is_flat(j->fill);
}

static int
draw(const struct job *j, uint32_t frame, const struct rects *boxes,
    uint8_t *pixels, struct err *e)
{
	return j->r->draw != NULL ? j->r->draw(j->r->arg, frame, pixels, e) :
	    fill_apply(j->fill, frame, pixels, boxes, e);
}

int
redact_apply(const struct job *j, uint32_t frame, const struct rects *boxes,
    uint8_t *pixels, struct err *e)
{
	if (boxes->n > 0 && draw(j, frame, boxes, pixels, e) < 0)
		return -1;
	if (j->r->crop != NULL)
		crop_frame(j->p, j->r->crop, pixels);
	return 0;
}

int
redact_frame(struct job *j, uint32_t frame, struct err *e)
{
	if (pixels_frame(j->d, j->p, frame, j->frame, e) < 0)
		return -1;
	spare_clear(&j->spare, j->frame, j->p->frame_bytes);
	return redact_apply(j, frame, &j->boxes, j->frame, e);
}

/* -- all of it ------------------------------------------------------------- */

static int
write_one(struct job *j, int fd, struct err *e)
{
	switch (j->how) {
	case NATIVE:
		return redact_write_native(j, fd, e);
	case AS_IT_IS:
		return redact_write_as_it_is(j, fd, e);
	case CODED:
		return redact_write_coded(j, fd, e);
	case ANEW:
		return redact_write_anew(j, fd, e);
	case VIDEO:
		return redact_write_video(j, fd, e);
	}
	return -1;
}

/* A deflated data set is edited before it is deflated again. */
static int
write_file(struct job *j, struct outfile *o, struct err *e)
{
	int plain, got, fd = fileno(outfile_stream(o));

	if (!j->s->deflated)
		return write_one(j, fd, e);
	if ((plain = temp_open(e)) < 0)
		return -1;
	got = write_one(j, plain, e);
	if (got == 0)
		got = splice_deflate(j->sp, plain, fd, e);
	close(plain);
	return got;
}

/* Of two Rows, DCMTK believes the first and others the last: PS3.5 7.1. */
static int
refuse_repeats(const struct scan *s, struct err *e)
{
	uint32_t tag;
	size_t i, n;

	for (i = s->nmeta; !s->ordered && i < s->n; i++) {
		tag = s->elements[i].tag;
		if (tag >> 16 != 0x0028 && tag >> 16 != 0x7fe0)
			continue;
		scan_find(s, tag, &n);
		if (n > 1)
			return err_set(e, "holds (%04x,%04x) twice", tag >> 16,
			    tag & 0xffff);
	}
	return 0;
}

/* A DCT that jpeg.h can keep. */
static bool
has_blocks(const struct pixels *p)
{
	return p->coding == CODING_JPEG && p->stream.process != JPEG_SOF3 &&
	    p->stream.precision == 8 && p->bytes == 1;
}

/*
 * What the three samples of the frames that are coded again are called: PS3.5
 * 8.2.1 and 8.2.4.
 */
static const char *
colour_term(const struct job *j)
{
	const struct pixels *p = j->p;
	bool ybr = p->photometric == PHOTO_YBR_FULL;

	if (j->blocks && ybr)
		return "YBR_FULL_422";
	if (p->coding != CODING_J2K || !p->stream.transformed)
		return ybr ? "YBR_FULL" : "RGB";
	/* Frames that stay may have the irreversible transform. */
	return p->stream.lossless || j->report->changed == p->frames ? "YBR_RCT" :
	    "YBR_ICT";
}

/*
 * Boxes are filled in the colour that the codestream proves. A header that says
 * another would have readers who believe it show something else than black.
 */
static int
mark_colour(struct job *j, struct err *e)
{
	const char *said = dcm_string(j->d, DCM_TAG(0x0028, 0x0004), 0);
	const char *is = colour_term(j);
	bool j2k = strcmp(is, "YBR_RCT") == 0 || strcmp(is, "YBR_ICT") == 0;

	if (j->p->samples != 3 || (j->p->coding != CODING_JPEG &&
	    j->p->coding != CODING_J2K))
		return 0;
	/* Of the other terms for YCbCr readers make the same. */
	if (said != NULL && (strcmp(said, is) == 0 || (!j2k &&
	    strcmp(is, "RGB") != 0 && strncmp(said, "YBR_FULL", 8) == 0)))
		return 0;
	return splice_text(j->sp, DCM_TAG(0x0028, 0x0004), "CS", is, e);
}

/* How it is written, and what is changed with it. */
static int
choose(struct job *j, struct err *e)
{
	struct redact_report *t = j->report;
	const struct rect *crop = j->r->crop;
	const char *uid = t->syntax_in;

	j->q = *j->p;
	if (j->r->draw == NULL)
		j->spare = spare_of(j->d, j->p);
	if (crop != NULL && (crop_pixels(j->p, crop, &j->q, e) < 0 ||
	    crop_header(j->d, crop, j->sp, e) < 0))
		return -1;
	if (j->p->coding == CODING_VIDEO)
		return redact_choose_video(j, e);
	if (!j->p->encapsulated)
		j->how = crop != NULL ? ANEW : NATIVE;
	else if (t->changed == 0 && j->spare.bits == 0)
		j->how = AS_IT_IS;
	else if (crop == NULL && has_blocks(j->p)) {
		j->how = CODED;
		j->blocks = true;
	} else if ((uid = encode_syntax(j->p)) == NULL)
		return err_set(e, "transfer syntax %s has no encoder",
		    dcm_syntax_name(j->d));
	else
		j->how = CODED;
	snprintf(t->syntax_out, sizeof t->syntax_out, "%s", uid);
	if (strcmp(uid, t->syntax_in) == 0) {
		if (j->how == CODED && mark_colour(j, e) < 0)
			return -1;
		j->all = crop != NULL;
		return j->how == CODED ? mark_lossy(j, e) : 0;
	}
	j->all = true;
	j->q.planar = false;
	return redact_describe(j, uid, e);
}

/* What an overlay loses: that which the frame that it shows over does. */
static int
boxes_over(void *arg, uint32_t frame, struct rects *out, struct err *e)
{
	struct job *j = arg;

	if (redact_boxes(j, frame, e) < 0)
		return -1;
	return rects_copy(out, &j->boxes, e);
}

static int
prepare(struct job *j, struct err *e)
{
	struct rect area = { 0, 0, j->p->columns, j->p->rows };
	struct redact_report *t = j->report;
	size_t n;

	if (j->r->crop != NULL)
		area = *j->r->crop;
	if ((j->el = scan_find(j->s, PIXEL_DATA, NULL)) == NULL)
		return err_set(e, "has no pixel data");
	if (refuse_repeats(j->s, e) < 0)
		return -1;
	strncpy(t->syntax_in, dcm_syntax(j->d), sizeof t->syntax_in - 1);
	t->frames = j->p->frames;
	if (count(j, e) < 0)
		return -1;
	if (!size_mul(j->p->frame_bytes, 2, &n) ||
	    (j->frame = malloc(n)) == NULL ||
	    (j->touched = calloc(j->p->frames, 1)) == NULL)
		return err_set(e, "out of memory");
	j->other = j->frame + j->p->frame_bytes;
	if ((j->sp = splice_new(j->s, e)) == NULL || choose(j, e) < 0)
		return -1;
	if (j->r->draw != NULL)
		return mark(j, e);
	if (carriers_sweep(j->d, j->p, &area, &j->r->carriers, boxes_over, j, j->sp,
	    &t->carriers, e) < 0)
		return -1;
	if (t->changed > 0 &&
	    (j->fill = fill_new(&j->r->fill, j->d, j->p, e)) == NULL)
		return -1;
	return mark(j, e);
}

static int
read_back(struct job *j, struct outfile *o, struct err *e)
{
	const char *path = outfile_temp(o);
	char by_fd[64];

	if (path == NULL) {
		snprintf(by_fd, sizeof by_fd, "/proc/self/fd/%d",
		    fileno(outfile_stream(o)));
		path = by_fd;
	}
	return redact_read_back(j, path, e);
}

/* What was found in frames, and what became of it. */
static int
note_frames(struct job *j, struct err *e)
{
	if (redact_note(j, "unused bits", "cleared", "words", j->spare_words,
	    e) < 0 ||
	    redact_note(j, "comment", "kept", "bytes", j->kept, e) < 0 ||
	    redact_note(j, "comment", "zeroed", "bytes", j->zeroed, e) < 0)
		return -1;
	return redact_note(j, "comment", "removed", "bytes", j->removed, e);
}

int
redact_dicom(struct dcm *d, const struct pixels *p, const struct redact *r,
    struct outfile *o, struct redact_report *report, struct err *e)
{
	struct job j = { .d = d, .s = dcm_scan(d), .p = p, .r = r,
	    .report = report };
	int got = -1;

	if (prepare(&j, e) == 0 && write_file(&j, o, e) == 0)
		got = r->verify ? read_back(&j, o, e) : 0;
	if (got == 0)
		got = note_frames(&j, e);
	fill_free(j.fill);
	splice_free(j.sp);
	rects_free(&j.boxes);
	free(j.frame);
	free(j.touched);
	free(j.seals);
	free(j.blanks.list);
	buf_free(&j.like);
	return got;
}
