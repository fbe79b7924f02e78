/* key: the site's secret key; see key.h. */
#include "deid/key.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/secret.h"

int
key_file_read(const char *path, void *bytes, size_t max, size_t *n,
    struct err *e)
{
	struct err why;
	FILE *f;
	int got = -1;

	if ((f = secret_open(path, &why)) == NULL)
		return err_set(e, "key: %s", why.text);
	setvbuf(f, NULL, _IONBF, 0);	/* no copy of the key elsewhere */
	*n = fread(bytes, 1, max, f);
	if (ferror(f))
		err_set(e, "key: %s", strerror(errno));
	else if (*n == max && getc(f) != EOF)
		err_set(e, "key: is larger than %zu bytes", max);
	else
		got = 0;
	fclose(f);
	return got;
}

int
key_read(const char *path, struct key *k, struct err *e)
{
	unsigned char bytes[KEY_FILE_MAX];
	size_t n;
	int got;

	if (sodium_init() < 0)
		return err_set(e, "libsodium does not start");
	got = key_file_read(path, bytes, sizeof bytes, &n, e);
	if (got == 0 && n < KEY_FILE_MIN)
		got = err_set(e, "key: wants %d to %d bytes", KEY_FILE_MIN,
		    KEY_FILE_MAX);
	if (got == 0)
		crypto_hash_sha256(k->bytes, bytes, n);
	sodium_memzero(bytes, sizeof bytes);
	return got;
}

void
key_mac(const struct key *k, const char *purpose, const void *bytes, size_t n,
    unsigned char out[KEY_MAC_BYTES])
{
	crypto_auth_hmacsha256_state s;

	crypto_auth_hmacsha256_init(&s, k->bytes, sizeof k->bytes);
	/* With its NUL, so that no purpose is the beginning of another. */
	crypto_auth_hmacsha256_update(&s, (const unsigned char *)purpose,
	    strlen(purpose) + 1);
	crypto_auth_hmacsha256_update(&s, bytes, n);
	crypto_auth_hmacsha256_final(&s, out);
}
