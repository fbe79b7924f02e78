/*
 * clean_internal.h - what the finders of deid/clean share: a text at hand, and what goes
 */
#ifndef UNPHI_DEID_CLEAN_INTERNAL_H
#define UNPHI_DEID_CLEAN_INTERNAL_H

#include "deid/clean.h"
#include "deid/lists.h"
#include "deid/patterns.h"
#include "deid/tokens.h"

/* Words that are judged to be something else than a name. */
#define WORDS_NO_NAME (WORD_SCIENCE | WORD_STOP | WORD_MONTH | WORD_WEEKDAY | WORD_DISEASE | \
	WORD_OF_DISEASE | WORD_UNIT | WORD_KIN | WORD_ROLE | WORD_HOSPITAL | WORD_NAME | \
	WORD_LABEL | WORD_NUMBERED | WORD_YEARS | WORD_AGE | WORD_BORN | WORD_CODE | \
	WORD_VERSION | WORD_SIGNED | WORD_PHONE | WORD_LIVES | WORD_TITLE | WORD_BY | \
	WORD_CREDENTIAL | WORD_ABBREVIATION)

/* Bytes of the text that go; FRESH bytes of clean.fresh from FRESH_FROM come instead. */
struct clean_span {
	uint32_t from, to, fresh_from, fresh;
};

/* A word of the object's own identity: tokens FIRST to LAST. */
struct clean_hit {
	size_t first, last;
	const struct names_term *term;
	bool is_weak;	/* goes only beside one that goes */
};

struct clean {
	struct lists *lists;
	struct patterns *patterns;
	/* Of the text at hand; kept for their memory. */
	struct tokens tokens;
	struct patterns_seen seen;
	struct clean_span *spans;
	size_t nspans, spans_cap;
	struct buf kept;	/* empty, or why for each byte that no "form" may touch */
	struct clean_hit *hits;
	size_t nhits, hits_cap;
	struct buf fresh, again;
};

/* The text at hand, in all that looks for something in it. */
struct clean_pass {
	struct clean *c;
	const struct names *names;
	const struct clean_settings *settings;
	enum clean_dates dates;		/* those of SETTINGS; kept the second time */
	const char *text;
	size_t len;
};

/* Bytes FROM to TO go, with the BYTES in their place. */
int clean_mark(struct clean_pass *p, size_t from, size_t to, const char *bytes, size_t n,
    struct err *e);

/* Likewise a name that begins with token FIRST: titles before it go, too. */
int clean_mark_name(struct clean_pass *p, size_t first, size_t to, struct err *e);

/* Are the bytes between token I and the next at most MAX, all separators of words? */
bool clean_is_near(const struct clean_pass *p, size_t i, size_t max);

/* Is it just BYTES that stand right behind token I? */
bool clean_is_followed(const struct clean_pass *p, size_t i, const char *bytes);

/* Is token I a title here, not a modality (MR, DR) or a unit (ms)? */
bool clean_is_title(const struct clean_pass *p, size_t i);

/* The finders. Each returns 0 or -1, out of memory. */
int clean_own(struct clean_pass *p, struct err *e);	/* words of p->names */
int clean_people(struct clean_pass *p, struct err *e);	/* people who are introduced */

#endif
