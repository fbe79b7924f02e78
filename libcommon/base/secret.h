/*
 * secret.h - files that nobody but their owner may read
 */
#ifndef UNPHI_BASE_SECRET_H
#define UNPHI_BASE_SECRET_H

#include <stdio.h>

#include "base/err.h"

/*
 * Opens PATH to be read. Refused: a file that others than its owner can read or
 * write. What is no regular file, a pipe, has no such rights and is read. Returns the
 * stream, to be closed, or NULL with E filled.
 */
FILE *secret_open(const char *path, struct err *e);

#endif
