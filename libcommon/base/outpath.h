/*
 * outpath.h - where each output of a run goes, and that no input is replaced
 *
 * Under a folder DIR each output keeps its input's path relative to the deepest
 * folder that holds all inputs (an only input: its own folder). Paths are
 * resolved first, so "..", links and repeated slashes cannot lead out of DIR.
 */
#ifndef UNPHI_BASE_OUTPATH_H
#define UNPHI_BASE_OUTPATH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct outpath;

/*
 * Prepares for the N inputs NAMES, borrowed until outpath_free. A name that
 * cannot be resolved is no failure here: opening it will be. "-" is the file
 * "stdin". Returns NULL with E filled out of memory.
 */
struct outpath *outpath_new(char *const *names, size_t n, struct err *e);
void outpath_free(struct outpath *o);

/*
 * The output path of input I under DIR: malloc'd, or NULL with E filled when
 * another input has the same.
 */
char *outpath_under(const struct outpath *o, const char *dir, size_t i,
    struct err *e);

/* Is PATH, if it exists, one of the inputs by device and inode? */
bool outpath_is_input(const struct outpath *o, const char *path);

#endif
