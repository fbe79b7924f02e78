/* tokens: a text taken apart; see tokens.h. */
#include "deid/tokens.h"

#include <stdlib.h>

#include "base/array.h"
#include "base/utf8.h"
#include "deid/fold.h"

static enum token_kind
kind_of(enum fold_class class)
{
	return class == FOLD_DIGIT ? TOKEN_NUMBER :
	    class == FOLD_SOLID ? TOKEN_SOLID : TOKEN_WORD;
}

/* Letters so far, their case, and whether the last was of lower case. */
struct run {
	uint32_t uppers, lowers;
	bool first_is_upper, last_is_lower;
};

static void
end_token(struct tokens *t, const struct run *r, uint32_t to)
{
	struct token *k = &t->items[t->n];

	k->to = to;
	k->folded_len = (uint32_t)t->folded.len - k->folded;
	k->look = r->uppers > 0 && r->lowers == 0 ? LOOK_UPPER :
	    r->first_is_upper ? LOOK_TITLE : LOOK_LOWER;
	t->n++;
}

static int
start_token(struct tokens *t, enum token_kind kind, uint32_t from, struct err *e)
{
	struct token *k;

	if (array_grow(&t->items, t->n, &t->cap, sizeof *t->items, e) < 0)
		return -1;
	k = &t->items[t->n];
	*k = (struct token){ .from = from, .folded = (uint32_t)t->folded.len,
	    .hash = TOKEN_HASH, .kind = (uint8_t)kind,
	    .joined = t->n > 0 && t->items[t->n - 1].to == from };
	return 0;
}

static inline enum fold_class
ascii_class(char c)
{
	return c >= 'a' && c <= 'z' ? FOLD_LETTER : c >= 'A' && c <= 'Z' ? FOLD_UPPER :
	    c >= '0' && c <= '9' ? FOLD_DIGIT : FOLD_OTHER;
}

int
tokens_read(struct tokens *t, const char *text, size_t len, struct err *e)
{
	struct run r = { 0 };
	bool open = false;
	size_t i, n, folded;
	enum fold_class class;
	struct token *k;
	uint32_t code;
	char *out;

	t->n = 0;
	t->digits = t->longest_number = 0;
	buf_clear(&t->folded);
	for (i = 0; i < len; i += n) {
		if ((signed char)text[i] >= 0) {
			n = 1;
			code = (unsigned char)text[i];
			class = ascii_class(text[i]);
		} else {
			if ((n = utf8_read(text + i, len - i, &code)) == 0)
				return 0;
			class = fold_class(code);
		}
		if (class == FOLD_MARK && open)
			continue;
		if (open && (class == FOLD_OTHER || class == FOLD_MARK ||
		    kind_of(class) != t->items[t->n].kind ||
		    (class == FOLD_UPPER && r.last_is_lower))) {
			end_token(t, &r, (uint32_t)i);
			open = false;
		}
		if (class == FOLD_OTHER || class == FOLD_MARK)
			continue;
		if (!open) {
			if (start_token(t, kind_of(class), (uint32_t)i, e) < 0)
				return -1;
			r = (struct run){ .first_is_upper = class == FOLD_UPPER };
			open = true;
		}
		if (buf_reserve(&t->folded, FOLD_BYTES_MAX, e) < 0)
			return -1;
		out = t->folded.data + t->folded.len;
		if (n == 1) {
			folded = 1;
			*out = (char)(class == FOLD_UPPER ? code + ('a' - 'A') : code);
		} else {
			folded = fold_char(code, out);
		}
		t->folded.len += folded;
		k = &t->items[t->n];
		k->hash = token_hash(k->hash, out, folded);
		k->letters++;
		r.uppers += class == FOLD_UPPER;
		r.lowers += class == FOLD_LETTER;
		r.last_is_lower = class == FOLD_LETTER;
		if (class == FOLD_DIGIT) {
			t->digits++;
			if (k->letters > t->longest_number)
				t->longest_number = k->letters;
		}
	}
	if (open)
		end_token(t, &r, (uint32_t)len);
	return 1;
}

void
tokens_free(struct tokens *t)
{
	free(t->items);
	buf_free(&t->folded);
	*t = (struct tokens){ 0 };
}
