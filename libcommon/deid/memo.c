/* memo: what is remembered from one object to the next; see memo.h. */
#include "deid/memo.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS 2048u		/* a power of two, above MEMO_TEXTS_MAX */

/* A text and what clean_text said of it; both lie in the memo's bytes. */
struct memory {
	uint64_t hash;		/* 0: an empty slot */
	struct clean_settings settings;
	size_t text, len;
	size_t cleaned, cleaned_len;
	int got;
};

struct note {
	enum names_kind kind;
	size_t len;
};

struct memo {
	struct names *names;
	struct buf noted, learnt;	/* notes, each followed by its text */
	struct memory slots[SLOTS];
	size_t n;
	struct buf bytes;
};

struct memo *
memo_new(struct err *e)
{
	struct memo *m = calloc(1, sizeof *m);

	if (m == NULL)
		err_set(e, "out of memory");
	else if ((m->names = names_new(e)) == NULL) {
		free(m);
		m = NULL;
	}
	return m;
}

void
memo_free(struct memo *m)
{
	if (m == NULL)
		return;
	names_free(m->names);
	buf_free(&m->noted);
	buf_free(&m->learnt);
	buf_free(&m->bytes);
	free(m);
}

/* ---- names */

void
memo_begin(struct memo *m)
{
	buf_clear(&m->noted);
}

int
memo_note(struct memo *m, enum names_kind kind, const char *text, size_t len,
    struct err *e)
{
	struct note note;

	memset(&note, 0, sizeof note);	/* it is compared as bytes */
	note.kind = kind;
	note.len = len;
	return buf_add(&m->noted, &note, sizeof note, e) < 0 ||
	    buf_add(&m->noted, text, len, e) < 0 ? -1 : 0;
}

static void
forget_texts(struct memo *m)
{
	memset(m->slots, 0, sizeof m->slots);
	m->n = 0;
	buf_clear(&m->bytes);
}

int
memo_learn(struct memo *m, struct err *e)
{
	struct buf swap;
	struct note note;
	size_t at;

	if (m->noted.len == m->learnt.len && (m->noted.len == 0 ||
	    memcmp(m->noted.data, m->learnt.data, m->noted.len) == 0))
		return 0;
	forget_texts(m);
	names_clear(m->names);
	buf_clear(&m->learnt);
	for (at = 0; at < m->noted.len; at += note.len) {
		memcpy(&note, m->noted.data + at, sizeof note);
		at += sizeof note;
		if (names_add(m->names, note.kind, m->noted.data + at, note.len,
		    e) < 0) {
			names_clear(m->names);
			return -1;
		}
	}
	swap = m->learnt;
	m->learnt = m->noted;
	m->noted = swap;
	return 0;
}

const struct names *
memo_names(const struct memo *m)
{
	return m->names;
}

/* ---- texts */

static bool
is_same(const struct clean_settings *a, const struct clean_settings *b)
{
	return a->dates == b->dates && a->shift == b->shift &&
	    a->keep_places == b->keep_places &&
	    a->keep_devices == b->keep_devices && a->own_only == b->own_only;
}

/* FNV-1a, never 0. */
static uint64_t
hash_of(const struct clean_settings *s, const char *text, size_t len)
{
	uint64_t h = 0xcbf29ce484222325u ^ (uint64_t)s->own_only;
	size_t i;

	for (i = 0; i < len; i++)
		h = (h ^ (unsigned char)text[i]) * 0x100000001b3u;
	return h | 1;
}

/* Where the text is, or would be. */
static struct memory *
slot_of(struct memo *m, uint64_t hash, const struct clean_settings *s,
    const char *text, size_t len)
{
	struct memory *k;
	size_t i;

	for (i = hash >> 20;; i++) {
		k = &m->slots[i % SLOTS];
		if (k->hash == 0 || (k->hash == hash && k->len == len &&
		    is_same(&k->settings, s) &&
		    memcmp(m->bytes.data + k->text, text, len) == 0))
			return k;
	}
}

int
memo_clean(struct memo *m, struct clean *c, const struct clean_settings *s,
    const char *text, size_t len, struct buf *out, struct err *e)
{
	uint64_t hash = len > MEMO_TEXT_MAX ? 0 : hash_of(s, text, len);
	struct memory *k;

	if (len == 0 || hash == 0)
		return clean_text(c, m->names, s, text, len, out, e);
	buf_clear(out);
	k = slot_of(m, hash, s, text, len);
	if (k->hash != 0)
		return buf_add(out, m->bytes.data + k->cleaned, k->cleaned_len,
		    e) < 0 ? -1 : k->got;
	if (m->n == MEMO_TEXTS_MAX) {
		forget_texts(m);
		k = slot_of(m, hash, s, text, len);
	}
	k->text = m->bytes.len;
	if (buf_add(&m->bytes, text, len, e) < 0 ||
	    (k->got = clean_text(c, m->names, s, text, len, out, e)) < 0)
		return -1;
	k->settings = *s;
	k->len = len;
	k->cleaned = m->bytes.len;
	k->cleaned_len = out->len;
	if (buf_add(&m->bytes, out->len > 0 ? out->data : "", out->len, e) < 0)
		return -1;
	k->hash = hash;
	m->n++;
	return k->got;
}
