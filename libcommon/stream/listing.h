/*
 * listing.h - two box lists side by side: records by file and frame, without texts
 *
 * Records come in any order and in several for a frame. When all are there they are
 * sorted, and the files of two listings are matched.
 */
#ifndef UNPHI_STREAM_LISTING_H
#define UNPHI_STREAM_LISTING_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "stream/box.h"

struct listing_place {
	uint32_t x, y, w, h;	/* cut to the image: w or h is 0 if it lies outside */
	bool optional, phi;	/* the caller's */
};

/* A record: N of the list's places, from FIRST on. */
struct listing_entry {
	size_t file, order;	/* of its list; order of arrival */
	uint32_t frame, frames, width, height;
	size_t first, n;
};

struct listing_file {
	char *name;
	size_t first, n;	/* its entries, once they are sorted */
	struct listing_file *partner;	/* in the other list, or NULL */
};

/* A box list; start with listing_new. */
struct listing {
	struct listing_file *files;
	size_t nfiles, capfiles;
	struct listing_entry *entries;
	size_t nentries, capentries;
	struct listing_place *places;
	size_t nplaces, capplaces;
	json_t *names;		/* to the number of the file */
};

int listing_new(struct listing *l, struct err *e);
void listing_free(struct listing *l);

/* The name after the last slash. */
const char *listing_base(const char *file);

/*
 * Adds the keys of R as an entry, *OUT, which holds until the next call and whose N
 * is the caller's; then its boxes, one by one. Return 0, or -1 out of memory.
 */
int listing_add(struct listing *l, const struct box_record *r,
    struct listing_entry **out, struct err *e);
int listing_add_place(struct listing *l, const struct box *b, const struct box_record *r,
    struct listing_place **out, struct err *e);

/* Sorts entries by file, frame and arrival. */
void listing_sort(struct listing *l);

/*
 * Makes files of A and B partners: those of one full name, and of what is left
 * those whose base name just one file in each list has. Adds to AMBIGUOUS the files
 * of A that were left because of others. Returns 0, or -1 out of memory.
 */
int listing_match(struct listing *a, struct listing *b, uint64_t *ambiguous, struct err *e);

/* The entries of one frame of a file, with those of frame 0. */
struct listing_part {
	const struct listing *list;
	const struct listing_entry *every, *own;	/* of frame 0, and of the frame */
	size_t nevery, nown;
	const struct listing_entry *next;	/* of frames after it */
	size_t nnext;
};

/* Begins with frame 0 alone of file F, NULL for none, of a sorted listing. */
void listing_part_start(struct listing_part *p, const struct listing *l,
    const struct listing_file *f);

/* Moves on to FRAME, which is greater than the one before. */
void listing_part_move(struct listing_part *p, uint32_t frame);

/* The boxes of all its entries; and entry I, NULL past the last. */
size_t listing_part_places(const struct listing_part *p);
const struct listing_entry *listing_part_entry(const struct listing_part *p, size_t i);

#endif
