/*
 * object.h - a DICOM object in memory, to be changed to any depth and written
 *
 * All of its elements as a tree; large values, pixel data among them, stay on
 * disk and are copied from there, fragments and offset tables included, in the
 * transfer syntax that the file has. What nobody changes keeps its very bytes.
 *
 * Text is bytes in the file's own character set (charset.h). Numbers are in the
 * byte order of the file: read them by element_number.
 */
#ifndef UNPHI_DICOM_OBJECT_H
#define UNPHI_DICOM_OBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/err.h"

#define OBJECT_VALUE_MAX ((size_t)1 << 20)	/* bytes; larger ones stay on disk but for: */
#define OBJECT_SEQUENCE_MAX ((size_t)1 << 30)	/* bytes of a sequence, or a text */

#define OBJECT_TAG(group, element) \
	((uint32_t)(group) << 16 | (uint32_t)(element))

struct object;
struct scan;

struct element {
	uint32_t tag;
	char vr[3];		/* the file's; the dictionary's where that is UN or not there */
	bool known;		/* a row of PS3.6, whose VR it may have; private ones never */
	bool gone;		/* will not be written: set it to remove */
	bool fragments;		/* encapsulated: VALUE is its items, to their delimiter */
	const char *value;	/* LEN bytes, padding included; NULL of a sequence, and on disk */
	size_t len;		/* of a sequence: for object_write alone */
	uint64_t disk;		/* bytes of a value on disk, else 0 */
	uint64_t head;		/* on disk: where the element begins, header included */
	struct item *items;	/* of a sequence (SQ) */
	size_t nitems;
};

/* A data set: the object's own, or that of a sequence's item (PS3.5 7.5). */
struct item {
	struct element *elements;	/* by ascending tag */
	size_t n, cap;
	const struct item *parent;	/* the set that the sequence is in; NULL at the top */
	uint32_t sequence;	/* its tag; 0 at the top */
	bool gone;		/* will not be written: set it to remove */
	size_t len;		/* for object_write alone */
};

/*
 * Reads PATH, "-" for standard input. Refused: what is not DICOM, is cut, or
 * nests deeper than scan.h allows. Returns 0 with *OUT to be closed, or -1 with E
 * filled.
 */
int object_open(const char *path, struct object **out, struct err *e);
void object_close(struct object *o);

/* The data set; it lives as long as O. */
struct item *object_set(struct object *o);

/* Where every byte of the file belongs; borrowed. */
const struct scan *object_scan(const struct object *o);

/* Transfer Syntax UID, that which the data set has if nothing names one. */
const char *object_syntax(const struct object *o);

/* The element TAG of SET that is not gone, or NULL. Valid until SET is changed. */
struct element *item_find(const struct item *set, uint32_t tag);

/*
 * The text of an element of SET without padding at its end, all values of it;
 * NULL and *LEN 0 when it is absent, gone, empty, on disk or no text.
 */
const char *item_text(const struct item *set, uint32_t tag, size_t *len);

/*
 * The Private Creator (gggg,00bb) that reserves the block of the private
 * element TAG in SET (PS3.5 7.8.1), without padding; or NULL.
 */
const char *item_creator(const struct item *set, uint32_t tag, size_t *len);

/* The Specific Character Set (0008,0005) that holds for SET: its own or that of
 * the nearest set around it. NULL and *LEN 0: the default repertoire. */
const char *item_charset(const struct item *set, size_t *len);

/* Does an element of that VR hold text (PS3.5 6.2)? UN does not. */
bool vr_is_text(const char vr[3]);

/* As item_text, of an element. */
const char *element_text(const struct element *el, size_t *len);

/*
 * Number INDEX, from 0, of US, SS, UL, SL, FL, FD, AT (its 32-bit tag), DS or
 * IS. False: there is none.
 */
bool element_number(const struct object *o, const struct element *el,
    size_t index, double *out);

/*
 * Reads the value of EL of SET, which the file calls UN, as the sequence that it is:
 * in implicit VR, as PS3.5 6.2.2 says. False: it is none, and EL is as it was.
 */
bool element_read_items(struct object *o, const struct item *set,
    struct element *el);

/*
 * Sets the value: N bytes, which are copied, text in the character set that
 * holds, padded here to even length. The element stays what it is and where it is;
 * of a sequence all items go. Return 0, or -1 with E filled.
 */
int element_set(struct object *o, struct element *el, const void *bytes,
    size_t n, struct err *e);

/*
 * The same for TAG of SET, which is put in, with that VR, if absent. Pointers to
 * elements of SET are no longer valid. Returns the element, or NULL with E filled.
 */
struct element *item_put(struct object *o, struct item *set, uint32_t tag,
    const char *vr, const void *bytes, size_t n, struct err *e);

/*
 * Appends an empty item to the sequence TAG of SET, which is put in if absent.
 * Returns it, or NULL with E filled; pointers to earlier items of the sequence and
 * to elements of SET are no longer valid.
 */
struct item *item_add(struct object *o, struct item *set, uint32_t tag,
    struct err *e);

/*
 * Copies EL with all that is in it into SET, replacing the element of that tag.
 * FROM is the object of EL; it may be O. Refused: a value on disk. Returns 0 or -1.
 */
int item_copy(struct object *o, struct item *set, const struct object *from,
    const struct element *el, struct err *e);

/*
 * Appends SET to OUT as explicit VR little endian. Refused: a value on disk. Returns
 * 0, or -1 with E filled.
 */
int item_encode(const struct object *o, struct item *set, struct buf *out,
    struct err *e);

/*
 * The reverse: the data set in the N bytes into SET, which is empty, from the
 * transfer syntax of that UID: implicit or explicit VR little endian, or explicit VR
 * big endian. Returns 0, or -1 with E filled.
 */
int item_decode(struct object *o, struct item *set, const char *syntax,
    const void *bytes, size_t n, struct err *e);

/*
 * Writes the file to OUT, from its current offset on, in the transfer syntax that
 * it has, with a file meta group of ours alone (PS3.10 7.1), an empty preamble, no
 * trailing padding. O stays as it is. Returns 0, or -1 with E filled.
 */
int object_write(struct object *o, FILE *out, struct err *e);

#endif
