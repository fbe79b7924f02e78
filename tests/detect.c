/*
 * detect: does a detector that remembers the image before find the same as one that does not?
 *
 *	detect WIDTH HEIGHT ROUNDS TEXT.pgm	patches of text, noise and black come and go at random places
 *	detect -c WIDTH HEIGHT ROUNDS TEXT.pgm	a control: the one that remembers is not shown the last patch
 *
 * Status 0 when boxes and confidences are the same in each round, 1 when not, 2 on trouble.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "text/detect.h"

static uint64_t seed = 1;

static void
patch(struct pnm *p, const struct pnm *text)
{
	uint32_t kind = random_below(&seed, 3), w = kind == 0 ? text->width : 8 + random_below(&seed, 90);
	uint32_t h = kind == 0 ? text->height : 8 + random_below(&seed, 60);
	uint32_t x0 = random_below(&seed, p->width - w), y0 = random_below(&seed, p->height - h);

	for (uint32_t y = 0; y < h; y++)
		for (uint32_t x = 0; x < w; x++)
			p->samples[(size_t)(y0 + y) * p->width + x0 + x] = kind == 0 ?
			    text->samples[(size_t)y * w + x] : kind == 1 ? (uint8_t)random_below(&seed, 256) : 0;
}

static void
find(struct detect *d, const struct pnm *p, struct box_record *r)
{
	struct picture picture = {0};
	struct err e;

	box_clear(r);
	if (picture_fill(&picture, p, &e) < 0 || detect_find(d, &picture, r, &e) < 0) {
		fprintf(stderr, "%s\n", e.text);
		exit(2);
	}
	picture_free(&picture);
}

static bool
same(const struct box_record *a, const struct box_record *b)
{
	bool ok = a->nboxes == b->nboxes;

	for (size_t i = 0; ok && i < a->nboxes; i++) {
		const struct box *p = &a->boxes[i], *q = &b->boxes[i];

		ok = p->x == q->x && p->y == q->y && p->w == q->w && p->h == q->h && !(p->conf < q->conf) &&
		    !(p->conf > q->conf);
	}
	return ok;
}

int
main(int argc, char *argv[])
{
	bool control = argc > 1 && strcmp(argv[1], "-c") == 0;
	struct pnm image = {0}, text = {0};
	struct box_record a = {0}, b = {0};
	struct detect *remembers, *fresh;
	size_t found = 0;
	int status = 0;
	struct err e;
	FILE *in;

	argv += control;
	if (argc - control != 5 || (in = fopen(argv[4], "rb")) == NULL || pnm_read(in, &text, &e) != 1 ||
	    pnm_shape(&image, (uint32_t)atoi(argv[1]), (uint32_t)atoi(argv[2]), 1, 255, &e) < 0 ||
	    text.channels != 1 || text.width >= image.width || text.height >= image.height ||
	    (remembers = detect_new(&e)) == NULL)
		return 2;
	memset(image.samples, 0, image.bytes);
	for (int round = 0; round < atoi(argv[3]) && status == 0; round++) {
		for (uint32_t n = random_below(&seed, 4); n > 0; n--)	/* sometimes nothing changes */
			patch(&image, &text);
		if (control)
			find(remembers, &image, &a);
		if (control)
			patch(&image, &text);
		if ((fresh = detect_new(&e)) == NULL)
			return 2;
		if (!control)
			find(remembers, &image, &a);
		find(fresh, &image, &b);
		detect_free(fresh);
		if (!same(&a, &b)) {
			fprintf(stderr, "round %d: %zu boxes, and %zu without memory\n", round + 1, a.nboxes, b.nboxes);
			status = 1;
		}
		found += a.nboxes;
	}
	fclose(in);
	detect_free(remembers);
	pnm_free(&image);
	pnm_free(&text);
	box_record_free(&a);
	box_record_free(&b);
	return status == 0 && found == 0 ? 2 : status;
}
