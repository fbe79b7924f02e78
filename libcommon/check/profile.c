/* profile: rows of Table E.1-1 that are violated, and private attributes. */
#include <stdlib.h>
#include <string.h>

#include "base/size.h"
#include "check/check.h"

/* Where each element of the file is in the original: index, or -1. */
struct same {
	int64_t *of;
};

struct place {
	uint32_t parent, item, tag, index;
};

static int
by_place(const void *p, const void *q)
{
	const struct place *a = p, *b = q;

	if (a->parent != b->parent)
		return a->parent < b->parent ? -1 : 1;
	if (a->item != b->item)
		return a->item < b->item ? -1 : 1;
	return a->tag < b->tag ? -1 : a->tag > b->tag;
}

/* An element stands where its original stood when its whole path is the same. */
static int
match(const struct subject *s, struct same *same, struct err *e)
{
	size_t n = dataset_count(s->set), m = dataset_count(s->original);
	size_t i, bytes;
	const struct element *x;
	struct place *places, *hit, want;

	if (!size_mul(n, sizeof *same->of, &bytes) ||
	    (same->of = malloc(bytes)) == NULL ||
	    (places = calloc(m, sizeof *places)) == NULL)
		return err_set(e, "out of memory");
	for (i = 0; i < m; i++) {
		x = dataset_at(s->original, i);
		places[i] = (struct place){ x->parent, x->item, x->tag, (uint32_t)i };
	}
	qsort(places, m, sizeof *places, by_place);
	for (i = 0; i < n; i++) {
		x = dataset_at(s->set, i);
		want = (struct place){ x->parent, x->item, x->tag, 0 };
		same->of[i] = -1;
		if (x->parent != DATASET_TOP) {
			if (same->of[x->parent] < 0)
				continue;
			want.parent = (uint32_t)same->of[x->parent];
		}
		hit = bsearch(&want, places, m, sizeof *places, by_place);
		if (hit != NULL)
			same->of[i] = hit->index;
	}
	free(places);
	return 0;
}

static int
same_value(const struct subject *s, size_t i, int64_t original, bool *same,
    struct err *e)
{
	struct buf a = { 0 }, b = { 0 };
	int got = -1;

	*same = false;
	if (dataset_text(s->set, (int64_t)i, &a, e) < 0 ||
	    dataset_text(s->original, original, &b, e) < 0)
		goto out;
	/* The standard's own UIDs, such as well-known frames of reference, stay. */
	*same = a.len == b.len && memcmp(a.data, b.data, a.len) == 0 &&
	    !check_is_dummy(a.data, a.len) &&
	    strncmp(a.data, "1.2.840.10008.", 14) != 0;
	got = 0;
out:
	buf_free(&a);
	buf_free(&b);
	return got;
}

/* A date that is nobody's dummy, or a name of several parts. */
static int
looks_real(const struct subject *s, size_t i, const struct row *r,
    const char **why, struct err *e)
{
	struct buf b = { 0 };
	size_t digits;

	*why = NULL;
	if (dataset_text(s->set, (int64_t)i, &b, e) < 0)
		return -1;
	if (!check_is_dummy(b.data, b.len)) {
		digits = strspn(b.data, "0123456789");
		if (strcmp(r->vr, "PN") == 0 && strchr(b.data, '^') != NULL)
			*why = "a name of several parts: is it a dummy?";
		else if ((strcmp(r->vr, "DA") == 0 || strcmp(r->vr, "DT") == 0) &&
		    digits >= 8 && strncmp(b.data, "19010101", 8) > 0)
			*why = "a date, and no option retains dates: is it a dummy?";
	}
	buf_free(&b);
	return 0;
}

static int
tells_nothing(const struct subject *s, size_t i, bool *nothing, struct err *e)
{
	struct buf b = { 0 };
	int got = 0;

	*nothing = dataset_at(s->set, i)->length == 0;
	if (!*nothing && !dataset_at(s->set, i)->sequence &&
	    dataset_at(s->set, i)->length <= 64 &&
	    (got = dataset_text(s->set, (int64_t)i, &b, e)) == 0)
		*nothing = b.len > 0 && check_is_dummy(b.data, b.len);
	buf_free(&b);
	return got;
}

static int
check_row(const struct subject *s, size_t i, const struct row *r,
    int64_t original, struct err *e)
{
	const struct element *x = dataset_at(s->set, i);
	enum action a = row_action(r, s->claims);
	const char *why = NULL;
	bool same = false;

	if (a == ACTION_KEEP || a == ACTION_CLEAN)
		return 0;
	/* What an object must have is sometimes there, and tells nothing. */
	if (a == ACTION_REMOVE && tells_nothing(s, i, &same, e) < 0)
		return -1;
	if (a == ACTION_REMOVE && same)
		return check_say(s, "profile", LEVEL_INFO, (int64_t)i, e,
		    "is empty or holds a dummy; the profile removes it (X)");
	if (a == ACTION_REMOVE)
		return check_say(s, "profile", LEVEL_ERROR, (int64_t)i, e,
		    "is there, and the profile removes it (X)");
	if (x->sequence || x->length == 0)
		return 0;
	if (original >= 0 && same_value(s, i, original, &same, e) < 0)
		return -1;
	if (same)
		return check_say(s, "profile", LEVEL_ERROR, (int64_t)i, e,
		    "holds the original's value, and the profile replaces it (%s)",
		    r->basic);
	if (a == ACTION_REPLACE && looks_real(s, i, r, &why, e) < 0)
		return -1;
	if (why != NULL)
		return check_say(s, "profile", LEVEL_WARNING, (int64_t)i, e,
		    "holds %s", why);
	return 0;
}

int
check_profile(const struct subject *s, struct err *e)
{
	struct same same = { NULL };
	const struct row *r;
	size_t i;
	int got = 0;

	if (s->original != NULL && match(s, &same, e) < 0)
		got = -1;
	for (i = 0; got == 0 && i < dataset_count(s->set); i++)
		if ((r = row_find(dataset_at(s->set, i)->tag)) != NULL)
			got = check_row(s, i, r, same.of != NULL ? same.of[i] : -1, e);
	free(same.of);
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

/* Does a creator (gggg,00bb) in the same item reserve X's block? PS3.5 7.8.1 */
static bool
is_reserved(const struct dataset *d, size_t i)
{
	const struct element *x = dataset_at(d, i), *c;
	uint32_t creator = (x->tag & 0xffff0000) | (x->tag & 0xff00) >> 8;

	while (i-- > 0) {
		c = dataset_at(d, i);
		if (c->parent == x->parent && c->item == x->item && c->tag <= creator)
			return c->tag == creator;
	}
	return false;
}

int
check_private(const struct subject *s, struct err *e)
{
	bool safe = (s->claims & CLAIM(OPTION_SAFE_PRIVATE)) != 0;
	const struct dataset *d = s->set;
	const struct element *x, *last = NULL;
	size_t i;
	int got = 0;

	for (i = 0; got == 0 && i < dataset_count(d); i++) {
		x = dataset_at(d, i);
		if ((x->tag >> 16) % 2 == 0)
			continue;
		if (safe) {
			if ((x->tag & 0xffff) >= 0x1000 && !is_reserved(d, i))
				got = check_say(s, "private", LEVEL_ERROR, (int64_t)i, e,
				    "is private, and no creator reserves its block");
			continue;
		}
		/* One finding for all of a group that stand together. */
		if ((last == NULL || last->parent != x->parent ||
		    last->item != x->item || last->tag >> 16 != x->tag >> 16) &&
		    !within_private(d, i)) {
			got = check_say(s, "private", LEVEL_ERROR, (int64_t)i, e,
			    "group %04X is private, and 113111 is not claimed",
			    x->tag >> 16);
			last = x;
		}
	}
	return got;
}
