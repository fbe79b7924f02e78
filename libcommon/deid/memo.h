/*
 * memo.h - what is remembered from one object to the next
 *
 * The slices of a series have one patient, the same dates and the same texts. So the
 * names of an object are taken apart only where they differ from those of the one
 * before, and as long as they do not, a text that was cleaned once is not cleaned
 * again. Everything is compared byte by byte: what comes out does not depend on what is
 * remembered.
 */
#ifndef UNPHI_DEID_MEMO_H
#define UNPHI_DEID_MEMO_H

#include "base/buf.h"
#include "base/err.h"
#include "deid/clean.h"
#include "deid/names.h"

#define MEMO_TEXT_MAX 1024	/* bytes; a longer text is not remembered */
#define MEMO_TEXTS_MAX 1024	/* of one patient; then it begins anew */

struct memo;

struct memo *memo_new(struct err *e);	/* NULL out of memory */
void memo_free(struct memo *m);

/*
 * Of another object: begin, note all that identifies (as names_add), and learn. Until
 * then memo_names are those of the object before. Return 0, or -1 with E filled.
 */
void memo_begin(struct memo *m);
int memo_note(struct memo *m, enum names_kind kind, const char *text, size_t len,
    struct err *e);
int memo_learn(struct memo *m, struct err *e);
const struct names *memo_names(const struct memo *m);

/* As clean_text, with memo_names; C is the same in all calls. */
int memo_clean(struct memo *m, struct clean *c, const struct clean_settings *s,
    const char *text, size_t len, struct buf *out, struct err *e);

#endif
