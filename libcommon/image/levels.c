/* levels: levels of a frame, spread from where text may hide; see levels.h. */
#include "image/levels.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* A ground has one part in so many; among neighbours that have more, text has less. */
#define GROUND_SHARE 16u
#define GROUND_SHARE_BESIDE 6u
#define NEAR 16u		/* levels */
#define FLOOR_SHARE 4u		/* a noisy floor has one part in so many */
#define FAR UINT32_MAX		/* of a distance: not known yet */

struct levels {
	int32_t least;
	size_t range;		/* of values, from LEAST; 0: too many for a table */
	uint32_t *table;	/* how often each value was added */
	int32_t *values;	/* without a table: all of them, then each once */
	size_t n, room;
	uint8_t *shade;		/* by value, from LEAST, or as VALUES */
};

/* A level that occurs. */
struct one {
	uint32_t count;
	uint32_t distance;	/* from the nearest ground, in levels */
};

int
levels_new(int32_t least, uint32_t bits, struct levels **out, struct err *e)
{
	struct levels *l = calloc(1, sizeof *l);

	if (l == NULL)
		return err_set(e, "out of memory");
	l->least = least;
	if (bits <= 16) {
		l->range = (size_t)1 << bits;
		l->table = calloc(l->range, sizeof *l->table);
		l->shade = malloc(l->range);
		if (l->table == NULL || l->shade == NULL) {
			levels_free(l);
			return err_set(e, "out of memory");
		}
	}
	*out = l;
	return 0;
}

void
levels_free(struct levels *l)
{
	if (l == NULL)
		return;
	free(l->table);
	free(l->values);
	free(l->shade);
	free(l);
}

void
levels_clear(struct levels *l)
{
	if (l->range != 0)
		memset(l->table, 0, l->range * sizeof *l->table);
	l->n = 0;
}

static int
make_room(struct levels *l, size_t n, struct err *e)
{
	size_t room = l->room < n ? n : l->room;
	int32_t *p;

	if (l->n + n <= l->room)
		return 0;
	if (room > SIZE_MAX / 2 / sizeof *p ||
	    (p = realloc(l->values, 2 * room * sizeof *p)) == NULL)
		return err_set(e, "out of memory");
	l->values = p;
	l->room = 2 * room;
	return 0;
}

int
levels_add(struct levels *l, const int32_t *v, size_t n, size_t step,
    struct err *e)
{
	size_t i;

	if (l->range == 0 && make_room(l, n, e) < 0)
		return -1;
	for (i = 0; i < n; i++, v += step)
		if (l->range != 0)
			l->table[*v - l->least]++;
		else
			l->values[l->n++] = *v;
	return 0;
}

static int
by_value(const void *a, const void *b)
{
	const int32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* The values that occur, ascending: how often each does. Returns how many. */
static size_t
count_all(struct levels *l, struct one *ones)
{
	size_t n = 0, i;

	if (l->range != 0) {
		for (i = 0; i < l->range; i++)
			if (l->table[i] != 0)
				ones[n++].count = l->table[i];
		return n;
	}
	qsort(l->values, l->n, sizeof l->values[0], by_value);
	for (i = 0; i < l->n; i++) {
		if (n == 0 || l->values[n - 1] != l->values[i]) {
			ones[n].count = 0;
			l->values[n++] = l->values[i];
		}
		ones[n - 1].count++;
	}
	l->n = n;
	return n;
}

static bool
is_ground(const struct one *ones, size_t n, size_t i, uint64_t all)
{
	uint64_t count = ones[i].count;

	if ((i > 0 && ones[i - 1].count > count) ||
	    (i + 1 < n && ones[i + 1].count > count))
		return count * GROUND_SHARE_BESIDE >= all;
	return count * GROUND_SHARE >= all;
}

/* The lowest levels that are a floor, where none is a ground by its share. */
static size_t
floor_levels(const struct one *ones, size_t n, uint64_t all)
{
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < n && i + 1 < NEAR; i++)
		if ((sum += ones[i].count) * FLOOR_SHARE >= all)
			break;
	return i + 1;
}

/*
 * Sets the distance of N levels to 0 where there is a ground, else to FAR. Returns
 * the unit of distances: within noise, which would look like text, steps are small.
 */
static size_t
find_grounds(struct one *ones, size_t n)
{
	uint64_t all = 0;
	size_t i, first = n, last = 0;

	for (i = 0; i < n; i++)
		all += ones[i].count;
	for (i = 0; i < n; i++) {
		ones[i].distance = FAR;
		if (!is_ground(ones, n, i, all))
			continue;
		ones[i].distance = 0;
		first = first == n ? i : first;
		last = i;
	}
	if (first >= NEAR)
		ones[0].distance = 0;
	if (last + NEAR < n)
		ones[n - 1].distance = 0;
	return first < n ? 1 : floor_levels(ones, n, all);
}

/* Returns the greatest distance; *UNIT is that of all. */
static uint32_t
measure(struct one *ones, size_t n, size_t *unit)
{
	uint32_t d, most = 0;
	size_t i;

	*unit = find_grounds(ones, n);
	for (i = 0, d = FAR; i < n; i++) {
		d = ones[i].distance == 0 ? 0 : d == FAR ? FAR : d + 1;
		ones[i].distance = d;
	}
	for (i = n, d = FAR; i-- > 0;) {
		d = ones[i].distance == 0 ? 0 : d == FAR ? FAR : d + 1;
		if (d < ones[i].distance)
			ones[i].distance = d;
		if (ones[i].distance > most)
			most = ones[i].distance;
	}
	return most;
}

static uint8_t
shade_of(uint32_t distance, uint32_t most, size_t unit)
{
	double u = (double)unit;

	return most == 0 ? 0 :
	    (uint8_t)(255 * log2(1 + distance / u) / log2(1 + most / u) + 0.5);
}

int
levels_spread(struct levels *l, struct err *e)
{
	size_t n = l->range != 0 ? l->range : l->n, i, k = 0, unit;
	struct one *ones = malloc((n > 0 ? n : 1) * sizeof *ones);
	uint8_t *shade = l->range != 0 ? l->shade :
	    realloc(l->shade, n > 0 ? n : 1);
	uint32_t most;

	if (shade != NULL)
		l->shade = shade;
	if (ones == NULL || shade == NULL) {
		free(ones);
		return err_set(e, "out of memory");
	}
	n = count_all(l, ones);
	most = measure(ones, n, &unit);
	if (l->range == 0)
		for (i = 0; i < n; i++)
			shade[i] = shade_of(ones[i].distance, most, unit);
	for (i = 0; i < l->range; i++)
		if (l->table[i] != 0)
			shade[i] = shade_of(ones[k++].distance, most,
			    unit);
	free(ones);
	return 0;
}

uint8_t
levels_shade(const struct levels *l, int32_t v)
{
	const int32_t *at;

	if (l->range != 0)
		return l->shade[v - l->least];
	at = bsearch(&v, l->values, l->n, sizeof v, by_value);
	return at != NULL ? l->shade[at - l->values] : 0;
}
