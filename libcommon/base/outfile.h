/*
 * outfile.h - output files that appear complete or not at all
 *
 * The bytes go to a temporary beside the target, which outfile_commit renames
 * onto it. Until then, and for ever if it is not reached, the target is what it
 * was before. outfile_sync, which cli_finish calls, puts all that was committed
 * on disk before the program reports success; to sync each file by itself would
 * take longer than to make it. For the target "-" the bytes are held in
 * an unnamed temporary and copied to standard output on commit, so that a
 * reader of the pipe gets all of it or nothing.
 */
#ifndef UNPHI_BASE_OUTFILE_H
#define UNPHI_BASE_OUTFILE_H

#include <stdio.h>

#include "base/err.h"

struct outfile;

/* Opens a temporary for PATH. Returns it, or NULL with E filled. */
struct outfile *outfile_open(const char *path, struct err *e);

/* As outfile_open, but makes the missing folders on the way to PATH first. */
struct outfile *outfile_open_deep(const char *path, struct err *e);

/* The stream to write to, and to seek in; borrowed, never closed by the caller. */
FILE *outfile_stream(struct outfile *o);

/* Path of the temporary, for a library that wants a name; NULL for "-". */
const char *outfile_temp(const struct outfile *o);

/*
 * Hands all that was written to the system, so that of a commit nothing but its
 * last step is left to fail: for who writes a log in between. Returns 0, or -1
 * with E filled and O still to be abandoned.
 */
int outfile_flush(struct outfile *o, struct err *e);

/*
 * Completes and frees O. Returns 0 when the whole output is under its final
 * name; -1 with E filled, the temporary removed, when anything failed.
 */
int outfile_commit(struct outfile *o, struct err *e);

/*
 * Waits until every output that this process committed is on disk. Returns 0,
 * or -1 with E filled.
 */
int outfile_sync(struct err *e);

/* Removes the temporary and frees O, which may be NULL. */
void outfile_abandon(struct outfile *o);

#endif
