/*
 * tokens.h - a text taken apart into words and numbers
 *
 * A token is a run of letters, of digits, or of letters of a script without spaces. A
 * change from lower to upper case ends one too, so that SmithJohn and t1Tra2 are
 * taken apart as smith_john and t1_tra_2 are. What lies between tokens is separators.
 */
#ifndef UNPHI_DEID_TOKENS_H
#define UNPHI_DEID_TOKENS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

enum token_kind { TOKEN_WORD, TOKEN_NUMBER, TOKEN_SOLID };
enum token_look { LOOK_LOWER, LOOK_TITLE, LOOK_UPPER };	/* one capital is LOOK_UPPER */

struct token {
	uint32_t from, to;		/* bytes of the text */
	uint32_t folded, folded_len;	/* bytes of tokens.folded */
	uint32_t hash;			/* of the folded bytes, TOKEN_HASH */
	uint32_t classes;		/* sets of words that it is in: deid/lists.h */
	uint32_t letters;		/* characters, or digits */
	uint8_t kind, look;
	bool joined;			/* nothing between it and the token before */
};

/* Start with a zeroed struct; the owner frees it with tokens_free. */
struct tokens {
	struct token *items;
	size_t n, cap;
	struct buf folded;
	size_t digits;		/* in the text, all together */
	size_t longest_number;	/* digits */
};

/* FNV-1a, which runs on over tokens: the hash of "ab" is that of "b" from that of "a". */
#define TOKEN_HASH 2166136261u
static inline uint32_t
token_hash(uint32_t hash, const char *bytes, size_t n)
{
	while (n-- > 0)
		hash = (hash ^ (unsigned char)*bytes++) * 16777619u;
	return hash;
}

/*
 * Takes TEXT apart into T, replacing what it held; classes are 0. Returns 1, or 0 when
 * TEXT is not UTF-8, or -1 out of memory. LEN must fit 32 bits.
 */
int tokens_read(struct tokens *t, const char *text, size_t len, struct err *e);
void tokens_free(struct tokens *t);

static inline const char *
token_text(const struct tokens *t, const struct token *k)
{
	return t->folded.data + k->folded;
}

#endif
