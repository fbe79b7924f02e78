/*
 * edit.h - change the elements of a data set, to any depth, and write it
 *
 * The caller decides, element by element; this module walks, changes and
 * writes. Values that nobody changes keep their bytes: pixel data is copied from
 * the input in blocks, fragments and offset tables included, in the same
 * transfer syntax. File meta and preamble are made anew (PS3.10 7.1).
 */
#ifndef UNPHI_DICOM_EDIT_H
#define UNPHI_DICOM_EDIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/err.h"
#include "dicom/dcm.h"

#ifdef __cplusplus
extern "C" {
#endif

#define EDIT_DEPTH_MAX 64	/* sequences within sequences; more is an attack */

struct edit_element {
	uint32_t tag;
	char vr[3];		/* of the file, or of the dictionary where it is UN */
	bool known;		/* in the dictionary; private elements never are */
	bool is_private;	/* the group is odd */
	bool is_sequence;
	uint32_t length;	/* of the value in bytes; 0 for sequences */
	/* The value of a VR that holds text, padding included; else NULL. */
	const char *text;
	size_t text_len;
	const uint32_t *path;	/* the sequences around it, outermost first */
	size_t depth;		/* of path */
	int mark;		/* what the visitor set for the enclosing sequence */
};

enum edit_verdict {
	EDIT_KEEP,		/* a sequence is walked into */
	EDIT_REMOVE,
	EDIT_EMPTY,
	EDIT_REPLACE,		/* by the text in the buffer; not for sequences */
	EDIT_ZERO,		/* of a VR of numbers or bytes: by zeros */
	EDIT_FIRST_ITEM		/* a sequence: keep one item, made if need be */
};

/*
 * Decides on one element: sets *VERDICT; for EDIT_REPLACE adds the new text,
 * without padding, to VALUE, which comes empty; for sequences may set *MARK,
 * which its elements will carry. Returns 0, or -1 with E filled to give the file
 * up.
 */
typedef int edit_visitor(const struct edit_element *el, void *arg,
    enum edit_verdict *verdict, int *mark, struct buf *value, struct err *e);

/* Walks all elements of the data set, in order. Returns 0 or -1. */
int edit_walk(struct dcm *d, edit_visitor *visit, void *arg, struct err *e);

/*
 * Sets a top-level element to VALUES, which a backslash separates; VR by the
 * dictionary. Returns 0 or -1.
 */
int edit_set(struct dcm *d, uint32_t tag, const char *values, struct err *e);

/*
 * Adds an item with this code (PS3.3 8.8) to the top-level sequence TAG unless
 * it holds an item with that value and scheme. Returns 0 or -1.
 */
int edit_add_code(struct dcm *d, uint32_t tag, const char *value,
    const char *scheme, const char *meaning, struct err *e);

/*
 * Writes the file to OUT, in the transfer syntax that it has, with a file meta
 * group of ours alone, an empty preamble, no group lengths and no padding. D is
 * spent: it can only be closed. Returns 0, or -1 with E filled.
 */
int edit_write(struct dcm *d, FILE *out, struct err *e);

#ifdef __cplusplus
}
#endif
#endif
