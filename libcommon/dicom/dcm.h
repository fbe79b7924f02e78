/*
 * dcm.h - a DICOM file through DCMTK, behind a C interface
 *
 * The header is in memory, large values (pixel data) stay on disk until they
 * are asked for. Nothing here changes the file. Strings are bytes in the
 * file's own character set unless said otherwise; they are values: never to be
 * shown in a diagnostic.
 */
#ifndef UNPHI_DICOM_DCM_H
#define UNPHI_DICOM_DCM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#ifdef __cplusplus
extern "C" {
#endif

struct dcm;
struct scan;

#define DCM_TAG(group, element) \
	((uint32_t)(group) << 16 | (uint32_t)(element))

/*
 * Opens PATH, a DICOM file (PS3.10) or a bare data set; "-" reads standard
 * input into a temporary first. Refused: what is not DICOM, what ends inside an
 * element or nests deeper than scan.h allows. Returns 0 with *OUT to be closed
 * by the caller, or -1 with E filled.
 */
int dcm_open(const char *path, struct dcm **out, struct err *e);
void dcm_close(struct dcm *d);

/*
 * Does PATH hold DICOM, judged by content: "DICM" after the preamble, or a
 * plausible first element of group 0002 or 0008? 1 yes, 0 no, -1 unreadable.
 */
int dcm_probe(const char *path, struct err *e);

/* The path of a file that holds the bytes: PATH, or the spool of "-". */
const char *dcm_path(const struct dcm *d);

/* Where every byte of it belongs, scan.h; borrowed. */
const struct scan *dcm_scan(const struct dcm *d);

/*
 * Transfer syntax UID, as the data set is encoded. DCMTK knows none after 2017:
 * it holds such a file (HTJ2K, ...) as JPEG 2000, so the truth is here alone.
 */
const char *dcm_syntax(const struct dcm *d);

/* Its name in PS3.6 Annex A, fit for a diagnostic; static. */
const char *dcm_syntax_name(struct dcm *d);

/*
 * The first (value 0), second, ... value of a top-level element as a string
 * without padding; NULL when absent or empty. Borrowed until the next call.
 */
const char *dcm_string(struct dcm *d, uint32_t tag, uint32_t value);

/*
 * A top-level element that holds a number (US, SS, UL, IS, DS, ...). Returns
 * true with *OUT set; false when it is absent, empty or not a number.
 */
bool dcm_number(struct dcm *d, uint32_t tag, uint32_t value, double *out);

bool dcm_has(struct dcm *d, uint32_t tag);	/* top level */

enum dcm_pixels {
	DCM_PIXELS_NONE,	/* no pixel data of any kind */
	DCM_PIXELS_INT,		/* Pixel Data (7FE0,0010) */
	DCM_PIXELS_FLOAT	/* Float or Double Float: (7FE0,0008), (7FE0,0009) */
};

enum dcm_pixels dcm_pixels(struct dcm *d);

#ifdef __cplusplus
}
#endif
#endif
