/* private: only private elements that are known to be safe (PS3.15 E.3.10). */
#include <stdlib.h>
#include <string.h>

#include "check/check.h"

/* Private Data Element Characteristics Sequence and what is in its items. */
#define CHARACTERISTICS 0x00080300u
#define GROUP 0x00080301u
#define CREATOR 0x00080302u
#define STATUS 0x00080303u
#define NONIDENTIFYING 0x00080304u
#define ACTIONS 0x00080305u
#define IDENTIFYING 0x00080306u
#define ACTION 0x00080307u

enum {
	LIST_MAX = 512,		/* bytes of a US list: low bytes of elements are 256 */
	DECLARATIONS_MAX = 64	/* real files have one */
};

/* Does the list of US numbers at I, or of the low bytes of them, hold N? -1 on failure. */
static int
lists(const struct dataset *d, int64_t i, uint32_t n, struct err *e)
{
	struct buf b = { 0 };
	const unsigned char *p;
	size_t k;
	int got = 0;

	if (i < 0)
		return 0;
	if (dataset_value(d, (size_t)i, LIST_MAX, &b, e) < 0)
		return -1;
	for (k = 0; k + 2 <= b.len; k += 2) {
		p = (const unsigned char *)b.data + k;
		/* Either byte order: what it lists must be one of these. */
		if ((uint32_t)(p[0] | p[1] << 8) == n || (uint32_t)(p[0] << 8 | p[1]) == n)
			got = 1;
	}
	buf_free(&b);
	return got;
}

static int
text_is(const struct dataset *d, int64_t i, const char *want, struct err *e)
{
	struct buf b = { 0 };
	int got = dataset_text(d, i, &b, e) < 0 ? -1 : row_same_creator(b.data, want);

	buf_free(&b);
	return got;
}

/* A block of (GROUP,xx00-xxFF) that CREATOR reserved. */
struct block {
	uint32_t group;
	const char *creator;
};

enum safety { UNKNOWN, SAFE, REPLACED };

/* The sequences (0008,0300) of a file. */
struct declarations {
	const struct dataset *d;
	size_t at[DECLARATIONS_MAX], n;
};

/* What item ITEM of SEQ, in D, says of the element with low byte LOW of BLOCK; or -1. */
static int
item_says(const struct dataset *d, int64_t seq, uint32_t item,
    const struct block *block, uint32_t low, struct err *e)
{
	int64_t actions;
	uint32_t k;
	int got;

	if ((got = lists(d, dataset_in_item(d, seq, item, GROUP), block->group, e)) <= 0 ||
	    (got = text_is(d, dataset_in_item(d, seq, item, CREATOR), block->creator, e)) <= 0)
		return got;
	actions = dataset_in_item(d, seq, item, ACTIONS);
	for (k = 1; actions >= 0 && dataset_in_item(d, actions, k, ACTION) >= 0; k++)
		if ((got = lists(d, dataset_in_item(d, actions, k, IDENTIFYING), low, e)) != 0) {
			if (got > 0)
				got = text_is(d, dataset_in_item(d, actions, k, ACTION), "X", e);
			return got < 0 ? -1 : got > 0 ? UNKNOWN : REPLACED;
		}
	if ((got = text_is(d, dataset_in_item(d, seq, item, STATUS), "SAFE", e)) != 0)
		return got < 0 ? -1 : SAFE;
	got = lists(d, dataset_in_item(d, seq, item, NONIDENTIFYING), low, e);
	return got < 0 ? -1 : got > 0 ? SAFE : UNKNOWN;
}

static void
find_declarations(const struct dataset *d, struct declarations *out)
{
	size_t i;

	*out = (struct declarations){ .d = d };
	for (i = 0; i < dataset_count(d) && out->n < DECLARATIONS_MAX; i++)
		if (dataset_at(d, i)->tag == CHARACTERISTICS)
			out->at[out->n++] = i;
}

static int
declared(const struct declarations *all, const struct block *block, uint32_t low,
    struct err *e)
{
	size_t i;
	uint32_t item;
	int got = UNKNOWN;

	for (i = 0; got == UNKNOWN && i < all->n; i++)
		for (item = 1; got == UNKNOWN &&
		    dataset_in_item(all->d, (int64_t)all->at[i], item, CREATOR) >= 0; item++)
			got = item_says(all->d, (int64_t)all->at[i], item, block, low, e);
	return got;
}

int64_t
check_creator_of(const struct dataset *d, size_t i)
{
	const struct element *x = dataset_at(d, i), *c;
	uint32_t creator = (x->tag & 0xffff0000) | (x->tag & 0xff00) >> 8;

	while (i-- > 0) {
		c = dataset_at(d, i);
		if (c->parent == x->parent && c->item == x->item && c->tag <= creator)
			return c->tag == creator ? (int64_t)i : -1;
	}
	return -1;
}

static int
same_bytes(const struct subject *s, size_t i, int64_t original, bool *same,
    struct err *e)
{
	struct buf a = { 0 }, b = { 0 };
	int got = -1;

	*same = false;
	if (original < 0 || dataset_at(s->set, i)->length == 0)
		return 0;
	if (dataset_text(s->set, (int64_t)i, &a, e) == 0 &&
	    dataset_text(s->original, original, &b, e) == 0) {
		*same = a.len == b.len && memcmp(a.data, b.data, a.len) == 0;
		got = 0;
	}
	buf_free(&a);
	buf_free(&b);
	return got;
}

/* Element I, whose block CREATOR reserves, under Retain Safe Private. */
static int
judge_known(const struct subject *s, const struct declarations *all, size_t i,
    const char *creator, int64_t original, struct err *e)
{
	const struct element *x = dataset_at(s->set, i);
	struct block block = { x->tag >> 16, creator };
	bool same, version;
	int got;

	got = declared(all, &block, x->tag & 0xff, e);
	if (got < 0 || got == SAFE)
		return got < 0 ? -1 : 0;
	if (got == REPLACED) {
		if (same_bytes(s, i, original, &same, e) < 0)
			return -1;
		return !same ? 0 : check_say(s, "private", LEVEL_ERROR, (int64_t)i, e,
		    "holds the original's value, and (0008,0300) says that it identifies");
	}
	if (row_is_safe_private(x->tag, creator, &version))
		return 0;
	return check_say(s, "private", LEVEL_ERROR, (int64_t)i, e,
	    "is private, and neither Table E.3.10-1 nor (0008,0300) knows it as safe");
}

static int
judge_claimed(const struct subject *s, const struct declarations *all, size_t i,
    int64_t original, struct err *e)
{
	const struct element *x = dataset_at(s->set, i);
	uint32_t low = x->tag & 0xffff;
	struct buf creator = { 0 };
	int64_t at;
	int got;

	if (low >= 0x10 && low <= 0xff)
		return 0;
	if (low < 0x1000 || (at = check_creator_of(s->set, i)) < 0)
		return check_say(s, "private", LEVEL_ERROR, (int64_t)i, e,
		    "is private, and no creator reserves its block");
	if ((got = dataset_text(s->set, at, &creator, e)) == 0)
		got = judge_known(s, all, i, creator.data, original, e);
	buf_free(&creator);
	return got;
}

/* Is element I in a sequence that is private itself? */
static bool
within_private(const struct dataset *d, size_t i)
{
	uint32_t at;

	for (at = dataset_at(d, i)->parent; at != DATASET_TOP;
	    at = dataset_at(d, at)->parent)
		if ((dataset_at(d, at)->tag >> 16) % 2 != 0)
			return true;
	return false;
}

/* One finding for all of a group that stand together. */
static int
judge_unclaimed(const struct subject *s, size_t i, const struct element **last,
    struct err *e)
{
	const struct element *x = dataset_at(s->set, i);

	if ((*last != NULL && (*last)->parent == x->parent &&
	    (*last)->item == x->item && (*last)->tag >> 16 == x->tag >> 16) ||
	    within_private(s->set, i))
		return 0;
	*last = x;
	return check_say(s, "private", LEVEL_ERROR, (int64_t)i, e,
	    "group %04X is private, and 113111 is not claimed", x->tag >> 16);
}

int
check_private(const struct subject *s, struct err *e)
{
	bool safe = (s->claims & CLAIM(OPTION_SAFE_PRIVATE)) != 0;
	const struct element *last = NULL;
	struct declarations all;
	int64_t *of = NULL;
	size_t i;
	int got = 0;

	/* What the file says after de-identification may be of what is left alone. */
	find_declarations(s->original != NULL ? s->original : s->set, &all);
	if (safe && s->original != NULL && check_match(s, &of, e) < 0)
		return -1;
	for (i = 0; got == 0 && i < dataset_count(s->set); i++)
		if ((dataset_at(s->set, i)->tag >> 16) % 2 != 0)
			got = safe ? judge_claimed(s, &all, i, of != NULL ? of[i] : -1, e) :
			    judge_unclaimed(s, i, &last, e);
	free(of);
	return got;
}
