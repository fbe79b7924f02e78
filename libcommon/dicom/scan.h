/*
 * scan.h - where every byte of a DICOM file belongs, checked, without values
 *
 * Walks the structure of a file (PS3.10 7.1, PS3.5 7 and Annex A) from disk:
 * preamble, file meta information, the elements of the data set with their
 * offsets, and the fragments of encapsulated Pixel Data. Every length is checked
 * against what holds it, sequences and items are walked to their ends, so a file
 * that was cut inside any element is refused; one that was cut between two
 * top-level elements cannot be told from one that has fewer. Values are read
 * only where the structure needs them, so memory does not grow with pixel data.
 *
 * Ambiguous encodings are taken as DCMTK takes them: an explicit VR that does
 * not exist has a 32-bit length when it is two capital letters, else a 16-bit
 * one; UN of undefined length is implicit VR little endian; file meta
 * information ends with group 0002 whatever its group length says.
 */
#ifndef UNPHI_DICOM_SCAN_H
#define UNPHI_DICOM_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SCAN_NESTING_MAX 64	/* sequences in sequences: parsers recurse */
#define SCAN_ELEMENTS_MAX ((size_t)1 << 20)	/* top level, file meta included */
#define SCAN_FRAGMENTS_MAX ((size_t)1 << 22)
/* Of a deflated data set: this much always, and beyond it this many times the
 * compressed size (deflate itself can reach 1032), but never above the last. */
#define SCAN_INFLATED_FREE ((uint64_t)64 << 20)
#define SCAN_INFLATED_RATIO 256u
#define SCAN_INFLATED_MAX ((uint64_t)16 << 30)

enum scan_coding {
	SCAN_IMPLICIT,		/* implicit VR, little endian */
	SCAN_EXPLICIT,		/* explicit VR, little endian */
	SCAN_BIG		/* explicit VR, big endian */
};

struct scan_element {
	uint32_t tag;		/* group << 16 | element */
	char vr[3];		/* "" in implicit VR */
	bool undefined;		/* of undefined length */
	enum scan_coding inner;	/* of the items, if it is a sequence */
	uint64_t head;		/* offset of the tag */
	uint64_t value;		/* offset of the first byte after the header */
	uint64_t length;	/* to the end of the element, delimiter included */
};

struct scan_fragment {
	uint64_t value;		/* offset of the first byte, past the item header */
	uint32_t length;
};

/* Read it, do not change it. Offsets are into FD. */
struct scan {
	int fd;			/* the file; if deflated, a temporary that holds
				 * the same file with its data set inflated */
	uint64_t size;
	bool deflated;
	bool preamble;		/* 128 bytes and "DICM" come first */
	bool has_meta;
	enum scan_coding meta_coding, coding;
	char syntax[65];	/* Transfer Syntax UID; "" when nothing names it */
	uint64_t meta, set;	/* where group 0002 and the data set begin */
	uint64_t end;		/* of the last element; zero bytes may follow */
	struct scan_element *elements;	/* file meta, then the data set */
	size_t nmeta, n;	/* of file meta; of all */
	bool ordered;		/* the data set's tags ascend strictly */
	/* Encapsulated Pixel Data (7FE0,0010), if there is any: */
	bool encapsulated;
	struct scan_fragment table;	/* Basic Offset Table; length 0 if empty */
	struct scan_fragment *fragments;	/* those after the table */
	size_t nfragments;
};

/* Scans PATH. Returns 0 with *OUT to be closed, or -1 with E filled. */
int scan_open(const char *path, struct scan **out, struct err *e);
void scan_close(struct scan *s);

/*
 * The top-level element of that tag (the first, if it occurs again) or NULL.
 * COUNT may be NULL; else it is set to how many there are.
 */
const struct scan_element *scan_find(const struct scan *s, uint32_t tag,
    size_t *count);

/* Reads N bytes at OFFSET. Returns 0, or -1 with E filled when they are not there. */
int scan_read(const struct scan *s, uint64_t offset, void *out, size_t n,
    struct err *e);

/*
 * Calls FN for each element inside the sequence SEQ, at any depth, in the order
 * of the file. PATH holds the item numbers, from 0, from SEQ inwards; DEPTH of
 * them. FN returns 0 to go on. Returns 0, or -1 with E filled when SEQ is not a
 * sequence or FN failed.
 */
typedef int scan_fn(void *arg, const struct scan_element *el,
    const uint32_t *path, unsigned depth, struct err *e);
int scan_sequence(const struct scan *s, const struct scan_element *seq,
    scan_fn *fn, void *arg, struct err *e);

/* Is TAG's own length word 4 bytes behind 2 reserved ones in explicit VR? */
bool scan_vr_is_long(const char vr[2]);

#ifdef __cplusplus
}
#endif
#endif
