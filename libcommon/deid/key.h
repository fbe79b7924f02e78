/*
 * key.h - the site's secret key, and keyed hashes by purpose
 *
 * Everything that replaces an identifier is a keyed function of it, HMAC-SHA-256
 * (RFC 2104, libsodium), so that machines agree without talking and nobody
 * without the key can try out candidates. PURPOSE separates uses: the same text
 * as a UID and as a file name gives unrelated results.
 */
#ifndef UNPHI_DEID_KEY_H
#define UNPHI_DEID_KEY_H

#include <stddef.h>

#include "base/err.h"

enum {
	KEY_FILE_MIN = 32,	/* bytes: as many as the hash has */
	KEY_FILE_MAX = 4096,
	KEY_MAC_BYTES = 32
};

struct key {
	unsigned char bytes[32];	/* SHA-256 of the file's bytes */
};

/*
 * Reads the bytes of a file that nobody but its owner may have: at most MAX, into
 * BYTES, their number into N. Refused: one that others can read or write, and a
 * longer one. What is no regular file, a pipe, has no such rights and is read.
 * Returns 0, or -1 with E filled.
 */
int key_file_read(const char *path, void *bytes, size_t max, size_t *n,
    struct err *e);

/*
 * Reads the key from a file of KEY_FILE_MIN to KEY_FILE_MAX bytes, all of which
 * count. Refused: a file that others than its owner can read or write. Returns
 * 0, or -1 with E filled.
 */
int key_read(const char *path, struct key *k, struct err *e);

/* The hash of N bytes for PURPOSE, a word of ours. Cannot fail. */
void key_mac(const struct key *k, const char *purpose, const void *bytes,
    size_t n, unsigned char out[KEY_MAC_BYTES]);

#endif
