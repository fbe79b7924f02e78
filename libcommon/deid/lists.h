/*
 * lists.h - the words that free text is judged by: share/clean-lists.txt
 *
 * A line is the name of a list and words, in any case and accents; # begins a comment.
 * A word is one token (deid/tokens.h). Lines of "months" have twelve words and those of
 * "weekdays" seven, from January and Monday on, in one language and style.
 */
#ifndef UNPHI_DEID_LISTS_H
#define UNPHI_DEID_LISTS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "deid/tokens.h"

/* The lists that a word is in: token.classes. Their names are in lists.c. */
#define WORD_SCIENCE	(1u << 0)	/* of the trade; never a name unless beside one */
#define WORD_EITHER	(1u << 1)	/* a usual surname and a usual word: Brown */
#define WORD_EPONYM	(1u << 2)	/* people who are diseases, signs, methods */
#define WORD_STOP	(1u << 3)	/* function words */
#define WORD_TITLE	(1u << 4)	/* Dr, Prof, Mrs: a name follows */
#define WORD_KIN	(1u << 5)	/* wife, mother */
#define WORD_ROLE	(1u << 6)	/* patient, operator, tech: a name may follow */
#define WORD_BY		(1u << 7)	/* by, von, par */
#define WORD_NAME	(1u << 8)	/* name, surname: a colon and a name */
#define WORD_GIVEN	(1u << 9)	/* given names that are nothing else */
#define WORD_PARTICLE	(1u << 10)	/* van, de, al: within a name */
#define WORD_BORN	(1u << 11)	/* born, dob */
#define WORD_AGE	(1u << 12)	/* aged: a number follows */
#define WORD_YEARS	(1u << 13)	/* years, yo, ans: a number precedes */
#define WORD_UNIT	(1u << 14)	/* mm, kg: a number precedes, no date and no id */
#define WORD_DISEASE	(1u << 15)	/* what an eponym stands before: disease, sign */
#define WORD_OF_DISEASE	(1u << 16)	/* what stands before an eponym: morbus */
#define WORD_VERSION	(1u << 17)	/* a number that looks like a date follows */
#define WORD_LABEL	(1u << 18)	/* mrn, accession: an id follows */
#define WORD_NUMBERED	(1u << 19)	/* case, visit: a long number that follows is an id */
#define WORD_PHONE	(1u << 20)
#define WORD_LIVES	(1u << 21)	/* lives, address: an address follows */
#define WORD_STREET	(1u << 22)	/* what is in most addresses */
#define WORD_HOSPITAL	(1u << 23)
#define WORD_CODE	(1u << 24)	/* lot, catalog: a number that follows is no id */
#define WORD_CREDENTIAL	(1u << 25)	/* md, phd: after a name and a comma */
#define WORD_WEB	(1u << 26)	/* http, www */
#define WORD_SUFFIX	(1u << 27)	/* what names end in when declined */
#define WORD_MONTH	(1u << 28)
#define WORD_WEEKDAY	(1u << 29)
#define WORD_ABBREVIATION	(1u << 30)	/* written with dots as initials are: i.v. */
#define WORD_SIGNED	(1u << 31)	/* dictated, referred: "by" and a name follow */

struct lists;

/* Reads the text of NAME, LEN bytes. Returns 0 with *OUT, or -1 with E: file and line. */
int lists_read(const char *name, const char *text, size_t len, struct lists **out,
    struct err *e);
void lists_free(struct lists *l);

/* The lists that a folded word is in; 0 for one that is in none. */
uint32_t lists_find(const struct lists *l, uint32_t hash, const char *word, size_t len);

/* The list called NAME, LEN bytes, as its bit; 0 when there is none. */
uint32_t lists_class(const char *name, size_t len);

/* Appends the words of a list to OUT, as they are in the file, as a regular expression. */
int lists_alternatives(const struct lists *l, uint32_t class, struct buf *out,
    struct err *e);

/* The words of WORD_SUFFIX, folded, each with a NUL; *N of them. */
const char *const *lists_suffixes(const struct lists *l, size_t *n);

/*
 * The N-th row, from 0, of months (WORD_MONTH) or weekdays (WORD_WEEKDAY) that has the
 * folded WORD. Returns its place in the row, from 0, with *FORMS set to all words of the
 * row as they are written in the file; or -1 when there are no more.
 */
int lists_calendar(const struct lists *l, uint32_t class, const char *word, size_t len,
    size_t n, const char *const **forms);

#endif
