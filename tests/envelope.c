/*
 * envelope: seals standard input for the holders of certificates, or opens it by a private key.
 *
 *	envelope seal KEYFILE CERTIFICATE...
 *	envelope open PRIVATEKEY
 *	envelope ours KEYFILE		is standard input one that this key has sealed?
 *
 * To standard output; status 0, or 2 with a reason; 1 for no.
 */
#include <stdio.h>
#include <string.h>

#include "deid/envelope.h"

static int
seal(char **args, const struct buf *in, struct buf *out, struct err *e)
{
	struct envelope_to *to = envelope_to_new(e);
	struct key key;
	int got = to == NULL ? -1 : key_read(*args, &key, e);

	while (got == 0 && *++args != NULL)
		got = envelope_to_add(to, *args, e);
	if (got == 0)
		got = envelope_seal(to, &key, in->data, in->len, out, e);
	envelope_to_free(to);
	return got;
}

static int
unseal(const char *path, const struct buf *in, struct buf *out, struct err *e)
{
	struct envelope_key *key = NULL;
	int got = envelope_key_read(path, &key, e);

	if (got == 0)
		got = envelope_open(key, in->data, in->len, out, e);
	envelope_key_free(key);
	return got;
}

/* 0 for yes, 1 for no. */
static int
ours(const char *path, const struct buf *in, struct err *e)
{
	struct key key;

	return key_read(path, &key, e) < 0 ? -1 :
	    !envelope_is_ours(&key, in->data, in->len);
}

int
main(int argc, char *argv[])
{
	struct buf in = { 0 }, out = { 0 };
	struct err e;
	char some[4096];
	size_t n;
	int got = -1;

	if (argc < 3)
		return 2;
	while ((n = fread(some, 1, sizeof some, stdin)) > 0)
		if (buf_add(&in, some, n, &e) < 0)
			return 2;
	if (buf_reserve(&in, 0, &e) == 0)	/* an empty one is bytes too */
		got = strcmp(argv[1], "seal") == 0 ? seal(argv + 2, &in, &out, &e) :
		    strcmp(argv[1], "ours") == 0 ? ours(argv[2], &in, &e) :
		    unseal(argv[2], &in, &out, &e);
	if (got < 0)
		fprintf(stderr, "envelope: %s\n", e.text);
	else if (out.len > 0)
		fwrite(out.data, 1, out.len, stdout);
	buf_free(&in);
	buf_free(&out);
	return got < 0 || fflush(stdout) != 0 ? 2 : got;
}
