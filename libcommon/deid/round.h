/*
 * round.h - values made coarse
 *
 * Always down: dates to the first day of their month or year, ages to years that
 * a step divides, numbers to a multiple of a step.
 */
#ifndef UNPHI_DEID_ROUND_H
#define UNPHI_DEID_ROUND_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

#define ROUND_STEP_MIN 1e-6
#define ROUND_STEP_MAX 1e9

enum round_unit {
	ROUND_STEP,	/* AS (in years), DS, IS */
	ROUND_MONTH,	/* DA, DT */
	ROUND_YEAR
};

struct rounding {
	enum round_unit unit;
	double step;	/* for ROUND_STEP: a whole number for AS and IS */
};

/* Can values of VR be rounded so? */
bool round_fits(const struct rounding *r, const char vr[3]);

/*
 * Appends the values of an element of VR to OUT, each rounded; ages over 89 years
 * as 090Y, days, weeks and months as years. A value that is not understood becomes
 * empty. Returns 0, or -1 with E filled, out of memory.
 */
int round_values(const struct rounding *r, const char vr[3], const char *text,
    size_t len, struct buf *out, struct err *e);

#endif
