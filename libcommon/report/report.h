/*
 * report.h - what a person reads of a run: as text, or as one HTML page
 *
 * Both say the same: open questions first, then the sums, then the details.
 * The page needs nothing outside of itself and has no scripts; every string of
 * the records is escaped, and bytes that could change the direction or the
 * look of text are shown as codes. The same records give the same bytes.
 */
#ifndef UNPHI_REPORT_REPORT_H
#define UNPHI_REPORT_REPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"
#include "report/records.h"

#define REPORT_ROWS_MAX 500u	/* of a table that has a row for each file */

struct report_look {
	uint32_t pictures;	/* pairs at most; 0 for none */
	uint32_t side;		/* pixels of a picture's longer side, at most */
	bool show_text;		/* recognized text stands beside the pictures */
};

/* Return 0, or -1 with E filled when OUT cannot be written. */
int report_text(FILE *out, const struct records *r,
    const struct report_look *look, struct err *e);
int report_html(FILE *out, const struct records *r,
    const struct report_look *look, struct err *e);

/* "1,234,567" into OUT of 32 bytes. Returns OUT. */
const char *report_number(uint64_t n, char *out);

#endif
