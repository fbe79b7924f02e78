/*
 * patterns.h - regular expressions that find identifying text: share/clean-patterns.txt
 *
 * A line has four fields, separated by tabs; # begins a comment:
 *
 *	kind	when	check	expression
 *
 * KIND says what becomes of a match, or of its first group where it has one:
 *	keep	no "form" may touch it: a code of a register, a version
 *	id	goes, whatever else it may be: it has a label
 *	numbered	likewise, but not if its number is nothing but a date
 *	form	goes, unless "keep" or a date that is kept covers it
 *	place	goes, unless institutions are kept
 *	age	its number becomes "over 89" if it is more than 89
 * WHEN is what a text must have for the expression to be tried, separated by commas, or -;
 * all must hold, and this is what makes cleaning fast:
 *	digits=N	N digits or more
 *	run=N		N or more of them in a row
 *	char=C		an ASCII character
 *	word=LIST	a word of a list of deid/lists.h
 *	solid		a script without spaces
 *	old		a number from 90 to 150
 *	house		a capital word of five letters or more, and a number behind it
 * CHECK is a test of deid/checkdigit.h; or of words of three letters and more: "unknown", when
 * none up to a comma is of science, "named", when one is not; or -. EXPRESSION is PCRE2 with
 * Unicode properties; {LIST} in it is any word of a list.
 */
#ifndef UNPHI_DEID_PATTERNS_H
#define UNPHI_DEID_PATTERNS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "deid/lists.h"

enum pattern_kind {
	PATTERN_KEEP, PATTERN_ID, PATTERN_NUMBERED, PATTERN_FORM, PATTERN_PLACE, PATTERN_AGE
};

struct patterns;

/* What a text has, for WHEN. */
struct patterns_seen {
	size_t digits;
	uint32_t classes;	/* of all its tokens */
	uint64_t chars[2];	/* a bit for each ASCII character */
	size_t run;		/* digits of its longest number */
	bool solid;
	bool old;		/* a number from 90 to 150 */
	bool house;		/* a capital word of five letters and a number behind it */
};

struct patterns_match {
	enum pattern_kind kind;
	size_t from, to;
};

/* Compiles the text of NAME. LISTS must outlive it. Returns 0, or -1 with E: the line. */
int patterns_read(const char *name, const char *text, size_t len,
    const struct lists *lists, struct patterns **out, struct err *e);
void patterns_free(struct patterns *p);

/*
 * The first expression at or after I, of kind "keep" or of all others, that a text may
 * match; PATTERNS_END when there is none.
 */
#define PATTERNS_END SIZE_MAX
size_t patterns_worth(const struct patterns *p, size_t i, bool that_keep,
    const struct patterns_seen *seen);

/*
 * The first match of the I-th expression at or after *AT in TEXT, which is UTF-8; *AT moves
 * behind it. Returns 1, 0 when there is none, or -1: it ran out of its limits.
 */
int patterns_next(struct patterns *p, size_t i, const char *text, size_t len,
    size_t *at, struct patterns_match *m);

#endif
