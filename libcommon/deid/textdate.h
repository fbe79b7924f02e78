/*
 * textdate.h - dates as people write them: found in text, and moved
 *
 * 20210514, 2021-05-14, 14.5.21, 5/14/2021, 14 May 2021, May 14th, 14-MAY-21, 05/2021, mai
 * 2021, 2021年5月14日, 令和3年5月14日, with a time before or after, which is left alone. Not
 * dates: fractions, decimals, versions, a number with a unit, a year alone.
 */
#ifndef UNPHI_DEID_TEXTDATE_H
#define UNPHI_DEID_TEXTDATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "deid/lists.h"
#include "deid/names.h"
#include "deid/tokens.h"

/* A text and what helps to read its dates: day first or month first, which century. */
struct textdate_source {
	const char *text;
	size_t len;
	const struct tokens *tokens;	/* of TEXT, with their classes */
	const struct lists *lists;
	const struct names_date *known;	/* the object's own */
	size_t nknown;
	bool has_words, has_signs;	/* months' names; Han, kana, Hangul: else not looked for */
};

struct textdate_part {
	uint32_t from, to;		/* bytes; to 0: it has none */
	const char *const *forms;	/* its word is forms[i]; NULL for a number */
};

struct textdate {
	uint32_t from, to;	/* bytes that are the date, weekday and era included */
	uint32_t bare_to;	/* to, with a T of a time or a "г." that is nothing alone */
	size_t next;		/* the first token after it */
	struct textdate_part year, month, day, weekday, ordinal;
	int y, m, d;		/* 0 where it has none */
	int until;		/* day that ends a range of days that D begins, or 0 */
	bool is_birth;		/* the patient's, or a birth date by its label */
};

/* The date that begins with token I, if any. */
bool textdate_find(const struct textdate_source *s, size_t i, struct textdate *out);

/*
 * Appends the text of D moved by DAYS to OUT, in the form that it has. A date without
 * a day moves as its 15th does, one without a year as in the year of the object's
 * latest date. Returns 1; 0 with OUT as it was when that is no date; -1 out of memory.
 */
int textdate_shift(const struct textdate_source *s, const struct textdate *d, int days,
    struct buf *out, struct err *e);

#endif
