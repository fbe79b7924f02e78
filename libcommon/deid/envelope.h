/*
 * envelope.h - bytes that none but the holders of private keys can read
 *
 * CMS EnvelopedData (RFC 5652 6) as PS3.15 E.1.1 wants it: the content by
 * AES-256-CBC (RFC 3565), its key to each recipient by RSA, PKCS #1 v1.5
 * (RFC 3370 4.2.1), recipients named by issuer and serial number.
 *
 * Nothing in it is random, so that all machines make the same bytes. Content key,
 * initialization vector and padding are keyed hashes of the content and its
 * recipients under the site's key, as in SIV (RFC 5297): who lacks that key learns
 * of two envelopes only whether both content and recipients are the same, and who
 * has it still needs a private key to open one. An attribute (RFC 5652 6.1) that is
 * not encrypted proves to that key that the envelope is its own, and unchanged.
 */
#ifndef UNPHI_DEID_ENVELOPE_H
#define UNPHI_DEID_ENVELOPE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "deid/key.h"

enum {
	ENVELOPE_RSA_MIN = 2048,	/* bits: NIST SP 800-131A 6 */
	ENVELOPE_RSA_MAX = 16384,
	ENVELOPE_FILE_MAX = 65536,	/* bytes of a certificate or a private key */
	ENVELOPE_RECIPIENTS_MAX = 32
};

#define ENVELOPE_CONTENT_MAX ((size_t)1 << 30)	/* bytes: libcrypto counts in int */

struct envelope_to;	/* whom envelopes are for */
struct envelope_key;	/* a private key that opens them */

struct envelope_to *envelope_to_new(struct err *e);
void envelope_to_free(struct envelope_to *to);

/*
 * Adds the holder of the first certificate in the file PATH, PEM or DER; once is
 * enough, and their order does not count. Refused: a key that is not RSA of
 * ENVELOPE_RSA_MIN to _MAX bits, or whose certificate does not allow it to
 * encipher keys (RFC 5280 4.2.1.3). Whom to trust is the caller's affair: neither
 * chain nor dates are looked at. Returns 0, or -1 with E filled.
 */
int envelope_to_add(struct envelope_to *to, const char *path, struct err *e);

/*
 * Appends to OUT the DER of an envelope of N bytes. TO, which has a recipient, is
 * for one thread at a time. Returns 0, or -1 with E filled and OUT as it was.
 */
int envelope_seal(const struct envelope_to *to, const struct key *k,
    const void *bytes, size_t n, struct buf *out, struct err *e);

/* Has K sealed this envelope of N bytes, and did nobody change it? */
bool envelope_is_ours(const struct key *k, const void *bytes, size_t n);

/*
 * Reads an RSA private key, PEM, from the file PATH, which key_file_read must
 * accept. One that a passphrase protects is refused: nobody is asked here. Returns
 * 0 with *OUT, or -1 with E filled.
 */
int envelope_key_read(const char *path, struct envelope_key **out,
    struct err *e);
void envelope_key_free(struct envelope_key *k);

/*
 * Appends to OUT what is in the envelope of N bytes, of ours or of any other
 * maker: every RSA transport and content encryption that libcrypto knows. CMS does
 * not prove that nobody changed it: what comes out is to be checked. Returns 0, or
 * -1 with E filled: it is no envelope, or not one for this key.
 */
int envelope_open(const struct envelope_key *k, const void *bytes, size_t n,
    struct buf *out, struct err *e);

#endif
