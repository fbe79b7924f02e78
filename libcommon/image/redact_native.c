/* redact: native Pixel Data, overwritten where it lies; see redact.h. */
#include <stdlib.h>

#include "dicom/native.h"
#include "image/redact_internal.h"

static int
write_constants(struct job *j, const struct native *n, uint32_t frame,
    struct err *e)
{
	uint32_t (*v)[3];
	const struct rect *r;
	size_t i;
	int got = -1;

	if ((v = malloc(j->boxes.n * sizeof *v)) == NULL)
		return err_set(e, "out of memory");
	if (fill_values(j->fill, j->frame, &j->boxes, v, e) < 0)
		goto out;
	for (i = 0; i < j->boxes.n; i++) {
		r = &j->boxes.r[i];
		if (native_fill(n, frame, r->x, r->y, r->w, r->h, v[i], e) < 0)
			goto out;
	}
	got = 0;
out:
	free(v);
	return got;
}

static int
write_pixels(struct job *j, const struct native *n, uint32_t frame,
    struct err *e)
{
	const struct rect *r;
	size_t i;

	if (redact_apply(j, frame, &j->boxes, j->frame, e) < 0)
		return -1;
	for (i = 0; i < j->boxes.n; i++) {
		r = &j->boxes.r[i];
		if (native_write(n, frame, r->x, r->y, r->w, r->h, j->frame, e) < 0)
			return -1;
	}
	return 0;
}

static int
fill_native_frame(struct job *j, const struct native *n, uint32_t frame,
    struct err *e)
{
	/* clear_spare has read it if it looks at frames at all. */
	if (redact_needs_frame(j) && j->spare.bits == 0 &&
	    pixels_frame(j->d, j->p, frame, j->frame, e) < 0)
		return -1;
	return redact_is_flat(j) ? write_constants(j, n, frame, e) :
	    write_pixels(j, n, frame, e);
}

/* Writes FRAME whole if its words hold anything but samples. */
static int
clear_spare(struct job *j, const struct native *n, uint32_t frame, struct err *e)
{
	const struct pixels *p = j->p;
	uint64_t words;

	if (j->spare.bits == 0)
		return 0;
	if (pixels_frame(j->d, p, frame, j->frame, e) < 0)
		return -1;
	if ((words = spare_clear(&j->spare, j->frame, p->frame_bytes)) == 0)
		return 0;
	j->spare_words += words;
	j->touched[frame - 1] = 1;
	return native_write(n, frame, 0, 0, p->columns, p->rows, j->frame, e);
}

/* Makes what follows the last frame zero, and counts what was not. */
static int
clear_tail(struct job *j, const struct native *native, struct err *e)
{
	uint64_t at = native_used(j->p), end = j->el->length;
	static const uint8_t zeros[4096];
	uint8_t block[sizeof zeros];
	uint64_t cleared = 0;
	bool dirty;
	size_t n, i;

	if (native->swapped)	/* the last pixel may be the second of its pair */
		at += at % 2;
	for (; at < end; at += n) {
		n = end - at < sizeof block ? (size_t)(end - at) : sizeof block;
		if (scan_read(j->s, j->el->value + at, block, n, e) < 0)
			return -1;
		for (dirty = false, i = 0; i < n; i++)
			if (block[i] != 0) {
				dirty = true;
				cleared++;
			}
		if (dirty && splice_patch(j->sp, native->value + at, zeros, n, e) < 0)
			return -1;
	}
	return redact_note(j, "bytes after the last frame", "zeroed", "bytes",
	    cleared, e);
}

int
redact_write_native(struct job *j, int fd, struct err *e)
{
	struct native n;
	uint64_t value;
	uint32_t f;

	if (splice_front(j->sp, fd, e) < 0 ||
	    splice_pixels(j->sp, &value, e) < 0 || splice_back(j->sp, e) < 0 ||
	    native_open(&n, fd, value, j->s, j->el, j->p, e) < 0)
		return -1;
	for (f = 1; f <= j->p->frames; f++)
		if (redact_boxes(j, f, e) < 0 || clear_spare(j, &n, f, e) < 0 ||
		    (j->boxes.n > 0 && fill_native_frame(j, &n, f, e) < 0))
			return -1;
	return j->r->draw != NULL ? 0 : clear_tail(j, &n, e);
}
