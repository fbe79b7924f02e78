/*
 * dataset.h - the elements of a DICOM file, read for the validator alone
 *
 * A second reader, written from PS3.5 chapter 7 and PS3.10 chapter 7, that
 * shares no code with the library that wrote the file: a fault in that library
 * cannot hide from it. It keeps a list of all elements at all depths, by
 * offset; values stay on disk until they are asked for, so that a file of any
 * size costs the memory of its header.
 *
 * It needs no dictionary. Under an implicit VR a value is taken for a sequence
 * when it has an undefined length, or is a chain of items that ends exactly at
 * its end (PS3.5 7.5): no value of another VR looks so.
 */
#ifndef UNPHI_CHECK_DATASET_H
#define UNPHI_CHECK_DATASET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

#define DATASET_DEPTH_MAX 64u	/* nested sequences; real files have below 10 */
#define DATASET_ELEMENTS_MAX 8000000u	/* of 48 bytes each in memory */
#define DATASET_INFLATED_MAX ((uint64_t)16 << 30)	/* bytes of a deflated one */
#define DATASET_PATH_MAX 512u	/* bytes of a path, longer ones are cut */

enum { DATASET_TOP = UINT32_MAX };	/* "parent" of what is in no sequence */

struct element {
	uint32_t tag;		/* group << 16 | element */
	uint32_t parent;	/* index of the sequence that holds it, or TOP */
	uint32_t item;		/* its item there, from 1 */
	char vr[3];		/* "" where the file does not say */
	bool sequence;		/* its items' elements follow in the list */
	bool undefined;		/* the length was not stated */
	bool fragments;		/* encapsulated pixel data */
	uint64_t header;	/* offset of its tag */
	uint64_t value;		/* offset of its value */
	uint64_t length;		/* bytes of it, delimiters included if undefined */
};

/* What PS3.5 or PS3.10 forbids but does not stop a reader. */
struct dataset_fault {
	uint32_t tag;		/* 0 when it is not about an element */
	uint32_t index;		/* of the element, or TOP */
	uint64_t offset;
	const char *what;	/* with the section; static */
};

struct dataset;

/*
 * Reads the elements of PATH. Refused: what is not DICOM, what ends inside an
 * element, what exceeds the limits above. Returns 0 with *OUT the caller's, or
 * -1 with E filled.
 */
int dataset_open(const char *path, struct dataset **out, struct err *e);
void dataset_close(struct dataset *d);

/* Elements in the order of the file; group 0002 first. */
size_t dataset_count(const struct dataset *d);
const struct element *dataset_at(const struct dataset *d, size_t i);

/* Index of the first top-level element of that tag, or -1. */
int64_t dataset_find(const struct dataset *d, uint32_t tag);

/* The same of item ITEM, from 1, of the sequence at index SEQ. */
int64_t dataset_in_item(const struct dataset *d, int64_t seq, uint32_t item,
    uint32_t tag);

/*
 * The value of element I, MAX bytes of it at most, into B, which is emptied
 * first; a NUL follows it. Returns 0 or -1.
 */
int dataset_value(const struct dataset *d, size_t i, size_t max, struct buf *b,
    struct err *e);

/* The same without the spaces and NULs that pad it; "" when I is negative. */
int dataset_text(const struct dataset *d, int64_t i, struct buf *b,
    struct err *e);

/* "(0008,1140)[1](0008,1155)" into OUT of DATASET_PATH_MAX bytes. Returns OUT. */
const char *dataset_path(const struct dataset *d, size_t i, char *out);

/* Index of the innermost element at byte OFFSET, or -1 outside of all. */
int64_t dataset_at_offset(const struct dataset *d, uint64_t offset);

/*
 * Bytes FROM.. of the file, N at most, into OUT. A deflated data set is read
 * inflated, and so are all offsets here. Returns how many there were, or -1.
 */
int64_t dataset_bytes(const struct dataset *d, uint64_t from, void *out,
    size_t n, struct err *e);

uint64_t dataset_size(const struct dataset *d);
bool dataset_has_preamble(const struct dataset *d);	/* 128 bytes and DICM */
bool dataset_encapsulated(const struct dataset *d);

size_t dataset_faults(const struct dataset *d, const struct dataset_fault **f);

#endif
