/* match: which element of the original an element of the file was. */
#include <stdlib.h>

#include "base/size.h"
#include "check/check.h"

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

/* Places of all elements of D, sorted. */
static struct place *
places_of(const struct dataset *d, struct err *e)
{
	size_t n = dataset_count(d), i, bytes;
	const struct element *x;
	struct place *places;

	if (!size_mul(n + 1, sizeof *places, &bytes) ||
	    (places = malloc(bytes)) == NULL) {
		err_set(e, "out of memory");
		return NULL;
	}
	for (i = 0; i < n; i++) {
		x = dataset_at(d, i);
		places[i] = (struct place){ x->parent, x->item, x->tag, (uint32_t)i };
	}
	qsort(places, n, sizeof *places, by_place);
	return places;
}

int
check_match(const struct subject *s, int64_t **out, struct err *e)
{
	size_t n = dataset_count(s->set), m = dataset_count(s->original);
	size_t i, bytes;
	const struct element *x;
	struct place *places, *hit, want;
	int64_t *of;

	if ((places = places_of(s->original, e)) == NULL)
		return -1;
	if (!size_mul(n + 1, sizeof *of, &bytes) || (of = malloc(bytes)) == NULL) {
		free(places);
		return err_set(e, "out of memory");
	}
	for (i = 0; i < n; i++) {
		x = dataset_at(s->set, i);
		want = (struct place){ x->parent, x->item, x->tag, 0 };
		of[i] = -1;
		if (x->parent != DATASET_TOP) {
			if (of[x->parent] < 0)
				continue;
			want.parent = (uint32_t)of[x->parent];
		}
		hit = bsearch(&want, places, m, sizeof *places, by_place);
		if (hit != NULL)
			of[i] = hit->index;
	}
	free(places);
	*out = of;
	return 0;
}
