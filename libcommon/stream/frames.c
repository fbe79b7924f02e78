/* frames.c - see frames.h */
#include "stream/frames.h"

#include <stdlib.h>
#include <string.h>

struct frames {
	uint32_t count;	/* of plain images in this stream */
	char *file;	/* of the frame before, or NULL */
	struct {
		bool used;	/* by a view of this file */
		char *view;
		struct pnm last;
	} lanes[FRAMES_LANES];
};

void
frame_free(struct frame *f)
{
	pnm_free(&f->image);
}

struct frames *
frames_new(struct err *e)
{
	struct frames *s = calloc(1, sizeof *s);

	if (s == NULL)
		err_set(e, "out of memory");
	return s;
}

void
frames_free(struct frames *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < FRAMES_LANES; i++) {
		free(s->lanes[i].view);
		pnm_free(&s->lanes[i].last);
	}
	free(s->file);
	free(s);
}

void
frames_start(struct frames *s)
{
	s->count = 0;
	free(s->file);
	s->file = NULL;
}

static int
key_plain(struct frames *s, struct pnm *p, const char *name, struct err *e)
{
	if (s->count == UINT32_MAX)
		return err_set(e, "too many images");
	box_record_free(&p->key);
	p->key.image = p->key.frame = ++s->count;
	p->key.width = p->width;
	p->key.height = p->height;
	return box_set(&p->key.file, name, e);
}

static int
lane_find(struct frames *s, struct frame *f, struct err *e)
{
	const struct box_record *k = &f->image.key;
	const char *view = k->view != NULL ? k->view : "";
	size_t i = 0;

	f->first = s->file == NULL || strcmp(s->file, k->file) != 0;
	if (f->first) {
		if (box_set(&s->file, k->file, e) < 0)
			return -1;
		for (size_t lane = 0; lane < FRAMES_LANES; lane++)
			s->lanes[lane].used = false;
	}
	while (i + 1 < FRAMES_LANES && s->lanes[i].used && strcmp(s->lanes[i].view, view) != 0)
		i++;
	f->lane = i;
	return s->lanes[i].used ? 0 : box_set(&s->lanes[i].view, view, e);
}

/* Is F that of before? If not, it is what the next one is held against. */
static int
compare(struct frames *s, struct frame *f, struct err *e)
{
	struct pnm *b = &s->lanes[f->lane].last, *p = &f->image;
	bool used = s->lanes[f->lane].used;

	f->repeat = used && b->width == p->width && b->height == p->height && b->channels == p->channels &&
	    b->maxval == p->maxval && memcmp(b->samples, p->samples, p->bytes) == 0;
	if (f->repeat || p->key.frames == 1)	/* no other will come */
		return 0;
	s->lanes[f->lane].used = false;
	if (pnm_shape(b, p->width, p->height, p->channels, p->maxval, e) < 0)
		return -1;
	memcpy(b->samples, p->samples, p->bytes);
	s->lanes[f->lane].used = true;
	return 0;
}

int
frames_read(struct frames *s, FILE *in, const char *name, struct frame *f, struct err *e)
{
	struct pnm *p = &f->image;
	int got = pnm_read(in, p, e);

	if (got <= 0)
		return got;
	if (p->plain && key_plain(s, p, name, e) < 0)
		return -1;
	if (p->key.width != p->width || p->key.height != p->height)
		return err_set(e, "an image of another size than its comment says");
	return lane_find(s, f, e) < 0 || compare(s, f, e) < 0 ? -1 : 1;
}
