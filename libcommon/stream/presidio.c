/* presidio: the rule of its evaluator; see presidio.h. */
#include "stream/presidio.h"

#include <stdbool.h>
#include <string.h>

static uint32_t
apart(uint32_t a, uint32_t b)
{
	return a > b ? a - b : b - a;
}

/* Whether all four of left, top, width and height differ by no more than TOLERANCE. */
static bool
alike(const struct overlap_box *a, const struct overlap_box *b, uint32_t tolerance)
{
	return apart(a->x, b->x) <= tolerance && apart(a->y, b->y) <= tolerance &&
	    apart(a->w, b->w) <= tolerance && apart(a->h, b->h) <= tolerance;
}

/* Marks those of N boxes from FIRST on that are like B; returns whether there are any. */
static bool
mark_alike(const struct overlap_box *boxes, size_t first, size_t n,
    const struct overlap_box *b, unsigned char *mark)
{
	bool any = false;
	size_t i;

	for (i = first; i < first + n; i++)
		if (alike(&boxes[i], b, PRESIDIO_TOLERANCE)) {
			mark[i] |= PRESIDIO_POSITIVE;
			any = true;
		}
	return any;
}

void
presidio_mark(const struct overlap_box *boxes, size_t nlines, size_t noptional,
    size_t nfound, unsigned char *mark)
{
	size_t found = nlines + noptional, end = found + nfound, i, j;

	memset(mark, 0, end);
	for (i = found; i < end; i++) {
		for (j = found; j < i && (mark[i] & PRESIDIO_DUPLICATE) == 0; j++)
			if ((mark[j] & PRESIDIO_DUPLICATE) == 0 &&
			    alike(&boxes[i], &boxes[j], PRESIDIO_SAME))
				mark[i] |= PRESIDIO_DUPLICATE;
		if ((mark[i] & PRESIDIO_DUPLICATE) == 0 &&
		    !mark_alike(boxes, 0, nlines, &boxes[i], mark) &&
		    !mark_alike(boxes, nlines, noptional, &boxes[i], mark))
			mark_alike(boxes, found, nfound, &boxes[i], mark);
	}
	memset(mark + nlines, 0, noptional);
	/* Positives of one place and size are one. */
	for (i = 0; i < end; i++)
		for (j = 0; j < i && (mark[i] & PRESIDIO_POSITIVE) != 0; j++)
			if ((mark[j] & PRESIDIO_POSITIVE) != 0 && alike(&boxes[i], &boxes[j], 0))
				mark[i] &= (unsigned char)~PRESIDIO_POSITIVE;
}
