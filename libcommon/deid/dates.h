/*
 * dates.h - DA, DT and TM moved by days, and ages
 *
 * A patient's dates all move by one number of whole days, a keyed function of the
 * patient's id, so that order and intervals stay, within a study and between
 * studies, and times of day stay what they are (PS3.15 E.3.6).
 */
#ifndef UNPHI_DEID_DATES_H
#define UNPHI_DEID_DATES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "deid/key.h"

#define DATES_SHIFT_MIN 366	/* days into the past, so that no shift is none */
#define DATES_SHIFT_MAX 3652

/* Days from 1970-01-01 in the proleptic Gregorian calendar, and back. */
bool dates_to_days(int year, int month, int day, long *days);	/* false: no such day */
void dates_from_days(long days, int *year, int *month, int *day);

/* The shift of PATIENT: -DATES_SHIFT_MAX to -DATES_SHIFT_MIN days. */
int dates_patient_shift(const struct key *k, const char *patient, size_t len);

/*
 * Appends the values of an element of VR DA, DT or TM to OUT, each moved by DAYS:
 * old forms of DA (YYYY.MM.DD), ranges, partial DT (year, year and month), fractions and
 * zones are understood and kept. What is no date is left out. Returns 1 when every
 * value was understood, 0 when one was not (OUT is then as it was), -1 out of memory.
 */
int dates_shift(const char vr[3], const char *text, size_t len, int days,
    struct buf *out, struct err *e);

/* Is AS text (PS3.5 6.2) an age over 89 years? */
bool dates_age_is_over_89(const char *text, size_t len);

#endif
