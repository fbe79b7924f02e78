/*
 * reader.h - many files shown to another reader (gdcmdump) at once
 *
 * Starting a process takes GDCM fifty times as long as reading a small file.
 * Given a folder it reads all files in it, but follows no symbolic links: so the
 * files get second names (hard links) in a folder of ours below $TMPDIR, or /tmp,
 * which goes again before the call returns.
 */
#ifndef UNPHI_CHECK_READER_H
#define UNPHI_CHECK_READER_H

#include <stdbool.h>
#include <stddef.h>

enum {
	READER_SECONDS = 60,	/* a hostile file may keep a reader busy */
	READER_BYTES = 96 << 20,	/* it holds the whole file in memory */
	READER_BATCH = 256	/* files a call */
};

/*
 * Sets READS[i] where it is proven that gdcmdump read PATHS[i], N of them up to
 * READER_BATCH. Otherwise nothing is said: it may have refused the file, or had
 * no look at it, for another file system takes no links, one that was large or
 * not regular was left out, or it died on the way.
 */
void reader_ask(char *const *paths, size_t n, bool *reads);

#endif
