/* framelist: which frames of a file are wanted; see framelist.h. */
#include "stream/framelist.h"

#include <stdlib.h>

/* A frame number at *S, which moves behind it; 0 when there is none. */
static uint32_t
number(const char **s)
{
	uint32_t v = 0;
	const char *at = *s;

	for (; *at >= '0' && *at <= '9'; at++) {
		if (v > (UINT32_MAX - 10) / 10)
			return 0;
		v = v * 10 + (uint32_t)(*at - '0');
	}
	*s = at;
	return v;
}

static int
by_first(const void *a, const void *b)
{
	const struct framelist_range *x = a, *y = b;

	return (x->first > y->first) - (x->first < y->first);
}

/* Sorts the ranges and joins those that touch: a frame is there once. */
static void
tidy(struct framelist *f)
{
	size_t i, n = 0;

	qsort(f->range, f->n, sizeof f->range[0], by_first);
	for (i = 1; i < f->n; i++)
		if (f->range[n].last == UINT32_MAX ||
		    f->range[i].first <= f->range[n].last + 1) {
			if (f->range[i].last > f->range[n].last)
				f->range[n].last = f->range[i].last;
		} else
			f->range[++n] = f->range[i];
	f->n = n + 1;
}

bool
framelist_parse(const char *list, struct framelist *f)
{
	struct framelist_range r;

	for (f->n = 0;; list++) {
		r.first = r.last = number(&list);
		if (*list == '-') {
			list++;
			r.last = *list == ',' || *list == '\0' ? UINT32_MAX :
			    number(&list);
		}
		if (r.first == 0 || r.last < r.first || f->n == FRAMELIST_MAX ||
		    (*list != ',' && *list != '\0'))
			return false;
		f->range[f->n++] = r;
		if (*list == '\0')
			break;
	}
	tidy(f);
	return true;
}

uint32_t
framelist_count(const struct framelist *f, uint32_t count, struct err *e)
{
	uint32_t n = 0, first, last;
	size_t i;

	if (f->n == 0)
		return count;
	for (i = 0; i < f->n; i++) {
		first = f->range[i].first;
		last = f->range[i].last == UINT32_MAX ? count : f->range[i].last;
		if (last > count || first > count) {
			err_set(e, "has %u frames, not a frame %u", count,
			    first > count ? first : last);
			return 0;
		}
		n += last - first + 1;
	}
	return n;
}

uint32_t
framelist_nth(const struct framelist *f, uint32_t k)
{
	size_t i;

	for (i = 0; i < f->n; i++) {
		if (f->range[i].last == UINT32_MAX ||
		    k <= f->range[i].last - f->range[i].first)
			return f->range[i].first + k;
		k -= f->range[i].last - f->range[i].first + 1;
	}
	return k + 1;
}

bool
framelist_has(const struct framelist *f, uint32_t frame)
{
	size_t i;

	for (i = 0; i < f->n; i++)
		if (frame >= f->range[i].first && frame <= f->range[i].last)
			return true;
	return f->n == 0;
}
