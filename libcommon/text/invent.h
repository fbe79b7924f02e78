/*
 * invent.h - lines as devices burn them into images, about nobody
 *
 * Names, dates, ids, places and times from lists and from chance, and technical
 * labels, which are no PHI. The same state gives the same lines.
 */
#ifndef UNPHI_TEXT_INVENT_H
#define UNPHI_TEXT_INVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INVENT_TEXT_MAX 128	/* bytes of a line with its NUL */

enum invent_kind {
	INVENT_NAME, INVENT_DATE, INVENT_ID, INVENT_INSTITUTION, INVENT_PLACE,
	INVENT_TIME, INVENT_TECHNICAL,
	INVENT_KINDS
};

/* The kind's name, as the key phi has it but for "technical"; static. */
const char *invent_name(enum invent_kind kind);

/* The kind of that name, N bytes long. Returns true with *KIND set. */
bool invent_parse(const char *name, size_t n, enum invent_kind *kind);

/* As the key phi has it; NULL for what is none. */
const char *invent_phi(enum invent_kind kind);

/*
 * Makes a line of one of the kinds in the bit set KINDS, which holds 1 << kind,
 * names being the most frequent, into TEXT. Advances STATE. Returns its kind.
 */
enum invent_kind invent_line(uint64_t *state, unsigned kinds,
    char text[INVENT_TEXT_MAX]);

#endif
