/*
 * dates.h - DA, DT and TM moved by days, and ages
 *
 * A patient's dates all move by one number of whole days, a keyed function of the
 * patient's id, so that order and intervals stay, within a study and between
 * studies, and times of day stay what they are (PS3.15 E.3.6).
 *
 * Two dates never move: 1900-01-01, which is our dummy, and 1970-01-01, what a
 * clock says that was never set. Who knows what stood there would know the shift.
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
#define DATES_SHIFT_LIMIT 36525	/* either way, of a shift that a person names */

/*
 * Days from 1970-01-01 in the proleptic Gregorian calendar, of years 1 to 9999, and
 * back. Return false, with what they point to unchanged: there is no such day.
 */
bool dates_to_days(int year, int month, int day, long *days);
bool dates_from_days(long days, int *year, int *month, int *day);

/*
 * The shift of PATIENT: -DATES_SHIFT_MAX to -DATES_SHIFT_MIN days. PATIENT is the
 * new id without a prefix (pseudonym.h, or the id table's), not the old one: so the
 * key and a clean file alone tell its shift, and two ids of one person that a table
 * joins have one. Of a file without Patient ID it is pseudonym_uid of its Study
 * Instance UID or, without, SOP Instance UID, whatever becomes of them.
 */
int dates_patient_shift(const struct key *k, const char *patient, size_t len);

/*
 * Appends the values of an element of VR DA, DT or TM to OUT, dates moved by DAYS,
 * in the forms that PS3.5 6.2 allows. Understood are values that backslashes
 * separate, empty ones, padding around them, ranges (PS3.4 C.2.2.2.5), and:
 *
 *	DA	YYYYMMDD, and the older YYYY.MM.DD, also with - and /
 *	DT	YYYY[MM[DD[HH[MM[SS[.F]]]]]][+ZZXX]; what is there stays, a month or year
 *		alone moves as its middle does, so that order stays. A sign and four
 *		digits are a zone if they can be, else a range
 *	TM	HH[MM[SS[.F]]], and the older HH:MM:SS; its time stays
 *
 * A DA of a year or a month alone, which is not legal, becomes a day, its middle.
 * Digits of a fraction after the sixth go. Dates before 1900 and after 9998, which
 * are no patient's, are not understood, nor those that would leave years 1 to 9999.
 *
 * Returns 1 when every value was understood; 0 when one was not, or -1 out of
 * memory with E filled: OUT is then as it was.
 */
int dates_shift(const char vr[3], const char *text, size_t len, int days,
    struct buf *out, struct err *e);

/* Does AS text (PS3.5 6.2) hold an age over 89 years? Also one without its unit
 * or leading zeros. */
bool dates_age_is_over_89(const char *text, size_t len);

#endif
