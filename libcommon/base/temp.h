/*
 * temp.h - unnamed temporary files, for data that wants seeking
 */
#ifndef UNPHI_BASE_TEMP_H
#define UNPHI_BASE_TEMP_H

#include <stdio.h>

#include "base/err.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Makes a file in $TMPDIR, or /tmp, open for reading and writing, mode 0600, and
 * takes its name away: it goes with its last descriptor, however the process
 * ends. Returns the descriptor, the caller's to close, or -1 with E filled.
 */
int temp_open(struct err *e);

/*
 * The same, holding all that is left of IN, a stream, for libraries that want to
 * seek: its path is /dev/fd/ and the number.
 */
int temp_spool(FILE *in, struct err *e);

#ifdef __cplusplus
}
#endif
#endif
