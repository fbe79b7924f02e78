/* envelope: CMS EnvelopedData without chance; see envelope.h. */
#include "deid/envelope.h"

#include <errno.h>
#include <limits.h>
#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CONTENT_KEY_BYTES = 32, BLOCK_BYTES = 16 };

/* Tags of DER (X.690 8). */
enum {
	DER_INTEGER = 0x02,
	DER_OCTETS = 0x04,
	DER_SEQUENCE = 0x30,
	DER_SET = 0x31,
	DER_CONTEXT_0 = 0x80,	/* [0] of a primitive */
	DER_CONTEXT_0_OF = 0xa0,	/* [0] around something */
	DER_CONTEXT_1_OF = 0xa1
};

static const unsigned char version_0[] = { DER_INTEGER, 1, 0 };
static const unsigned char version_2[] = { DER_INTEGER, 1, 2 };

/* 1.2.840.113549.1.7.3 and .1, 2.16.840.1.101.3.4.1.42 */
static const unsigned char enveloped_data_oid[] = {
	0x06, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x03
};
static const unsigned char data_oid[] = {
	0x06, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01
};
static const unsigned char aes256_cbc_oid[] = {
	0x06, 9, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x2a
};
/* AlgorithmIdentifier { rsaEncryption 1.2.840.113549.1.1.1, NULL } */
static const unsigned char rsa_algorithm[] = {
	DER_SEQUENCE, 13, 0x06, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01,
	0x01, 0x05, 0
};

/* 2.25.322747834348988315816227533307746337529: the attribute that is our check, made once */
static const unsigned char check_oid[] = {
	0x06, 0x14, 0x69, 0x83, 0xe5, 0xce, 0xfc, 0xb3, 0x86, 0xbd, 0xfa, 0x8b,
	0xa9, 0xaa, 0xb3, 0xa4, 0x99, 0xc3, 0xc3, 0xa9, 0x85, 0x79
};

struct recipient {
	struct buf head;	/* its KeyTransRecipientInfo but for the encrypted key */
	size_t key_bytes;	/* of the encrypted key, and of the modulus */
	EVP_PKEY_CTX *rsa;	/* ready to encrypt without padding */
	unsigned char certificate[KEY_MAC_BYTES];	/* SHA-256 of it */
};

struct envelope_to {
	struct recipient list[ENVELOPE_RECIPIENTS_MAX];	/* by their heads */
	size_t n;
	EVP_CIPHER_CTX *aes;
};

struct envelope_key {
	EVP_PKEY *pkey;
};

/* No file of settings, which could name other code and other algorithms. */
static void
start_library(void)
{
	OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
}

/* What libcrypto noted of the failure may quote its input: it goes. */
static int
fail(struct err *e, const char *why)
{
	ERR_clear_error();
	return err_set(e, "%s", why);
}

/* ---- DER */

/*
 * Makes all of B from offset FROM on, and MORE bytes that will follow, the content
 * of a TAG.
 */
static int
der_wrap(struct buf *b, size_t from, size_t more, unsigned char tag,
    struct err *e)
{
	size_t n = b->len - from + more, octets = 0, head_len, i;
	unsigned char head[2 + sizeof n];

	head[0] = tag;
	if (n < 0x80) {
		head[1] = (unsigned char)n;
	} else {
		while (octets < sizeof n && n >> 8 * octets != 0)
			octets++;
		head[1] = (unsigned char)(0x80 | octets);
		for (i = 0; i < octets; i++)
			head[2 + i] = (unsigned char)(n >> 8 * (octets - 1 - i));
	}
	head_len = 2 + octets;
	if (buf_reserve(b, head_len, e) < 0)
		return -1;
	memmove(b->data + from + head_len, b->data + from, b->len - from);
	memcpy(b->data + from, head, head_len);
	b->len += head_len;
	return 0;
}

/* ---- recipients */

struct envelope_to *
envelope_to_new(struct err *e)
{
	struct envelope_to *to = calloc(1, sizeof *to);

	start_library();
	if (to == NULL || (to->aes = EVP_CIPHER_CTX_new()) == NULL) {
		free(to);
		fail(e, "out of memory");
		return NULL;
	}
	return to;
}

static void
recipient_free(struct recipient *r)
{
	buf_free(&r->head);
	EVP_PKEY_CTX_free(r->rsa);
}

void
envelope_to_free(struct envelope_to *to)
{
	size_t i;

	if (to == NULL)
		return;
	for (i = 0; i < to->n; i++)
		recipient_free(&to->list[i]);
	EVP_CIPHER_CTX_free(to->aes);
	free(to);
}

static X509 *
certificate_read(const char *path, struct err *e)
{
	char bytes[ENVELOPE_FILE_MAX];
	const unsigned char *p = (const unsigned char *)bytes;
	X509 *x = NULL;
	BIO *pem;
	size_t n;
	FILE *f;

	if ((f = fopen(path, "rb")) == NULL) {
		err_set(e, "certificate: %s", strerror(errno));
		return NULL;
	}
	n = fread(bytes, 1, sizeof bytes, f);
	if (ferror(f) || n == sizeof bytes) {
		err_set(e, "certificate: %s", ferror(f) ? strerror(errno) :
		    "is too large for one");
		fclose(f);
		return NULL;
	}
	fclose(f);
	if ((pem = BIO_new_mem_buf(bytes, (int)n)) != NULL)
		x = PEM_read_bio_X509(pem, NULL, NULL, NULL);
	BIO_free(pem);
	if (x == NULL)
		x = d2i_X509(NULL, &p, (long)n);
	if (x == NULL)
		fail(e, "certificate: is no X.509 in PEM or DER");
	ERR_clear_error();
	return x;
}

/* version, issuerAndSerialNumber, keyEncryptionAlgorithm: RFC 5652 6.2.1. */
static int
make_head(struct recipient *r, const X509 *x, struct err *e)
{
	unsigned char *issuer = NULL, *serial = NULL;
	struct buf *b = &r->head;
	int ni, ns, got = -1;

	ni = i2d_X509_NAME(X509_get_issuer_name(x), &issuer);
	ns = i2d_ASN1_INTEGER(X509_get0_serialNumber(x), &serial);
	if (ni < 0 || ns < 0)
		fail(e, "certificate: its issuer and number cannot be encoded");
	else if (buf_add(b, version_0, sizeof version_0, e) == 0 &&
	    buf_add(b, issuer, (size_t)ni, e) == 0 &&
	    buf_add(b, serial, (size_t)ns, e) == 0 &&
	    der_wrap(b, sizeof version_0, 0, DER_SEQUENCE, e) == 0 &&
	    buf_add(b, rsa_algorithm, sizeof rsa_algorithm, e) == 0 &&
	    der_wrap(b, b->len, r->key_bytes, DER_OCTETS, e) == 0 &&
	    der_wrap(b, 0, r->key_bytes, DER_SEQUENCE, e) == 0)
		got = 0;
	OPENSSL_free(issuer);
	OPENSSL_free(serial);
	return got;
}

static int
recipient_init(struct recipient *r, X509 *x, struct err *e)
{
	EVP_PKEY *pkey = X509_get0_pubkey(x);

	if (pkey == NULL || EVP_PKEY_get_base_id(pkey) != EVP_PKEY_RSA)
		return fail(e, "certificate: its key is not RSA (PS3.15 E.1.1)");
	if (EVP_PKEY_get_bits(pkey) < ENVELOPE_RSA_MIN ||
	    EVP_PKEY_get_bits(pkey) > ENVELOPE_RSA_MAX)
		return err_set(e, "certificate: its key has not %d to %d bits",
		    ENVELOPE_RSA_MIN, ENVELOPE_RSA_MAX);
	/* All bits are set when it does not say. */
	if ((X509_get_key_usage(x) & KU_KEY_ENCIPHERMENT) == 0)
		return fail(e, "certificate: does not allow to encipher keys "
		    "(RFC 5280 4.2.1.3)");
	r->key_bytes = (size_t)EVP_PKEY_get_size(pkey);
	if ((r->rsa = EVP_PKEY_CTX_new(pkey, NULL)) == NULL ||
	    EVP_PKEY_encrypt_init(r->rsa) <= 0 ||
	    EVP_PKEY_CTX_set_rsa_padding(r->rsa, RSA_NO_PADDING) <= 0 ||
	    X509_digest(x, EVP_sha256(), r->certificate, NULL) <= 0)
		return fail(e, "certificate: its key cannot be used");
	return make_head(r, x, e);
}

/* In the order that DER wants of a SET OF (X.690 11.6). */
static int
compare_recipients(const struct recipient *a, const struct recipient *b)
{
	size_t n = a->head.len < b->head.len ? a->head.len : b->head.len;
	int c = memcmp(a->head.data, b->head.data, n);

	/* Of one issuer and number twice, certificates decide. */
	return c != 0 ? c :
	    memcmp(a->certificate, b->certificate, sizeof a->certificate);
}

int
envelope_to_add(struct envelope_to *to, const char *path, struct err *e)
{
	struct recipient r = { 0 };
	X509 *x;
	size_t i;
	int c = 1, got;

	if (to->n == ENVELOPE_RECIPIENTS_MAX)
		return err_set(e, "more than %d recipients", ENVELOPE_RECIPIENTS_MAX);
	if ((x = certificate_read(path, e)) == NULL)
		return -1;
	got = recipient_init(&r, x, e);
	X509_free(x);
	for (i = 0; got == 0 && i < to->n; i++)
		if ((c = compare_recipients(&r, &to->list[i])) <= 0)
			break;
	if (got < 0 || c == 0) {
		recipient_free(&r);
		return got;
	}
	memmove(&to->list[i + 1], &to->list[i], (to->n - i) * sizeof r);
	to->list[i] = r;
	to->n++;
	return 0;
}

/* ---- sealing */

/* What all that is secret in an envelope comes from, as a key. */
static void
make_seed(const struct envelope_to *to, const struct key *k, const void *bytes,
    size_t n, struct key *seed)
{
	unsigned char all[ENVELOPE_RECIPIENTS_MAX + 1][KEY_MAC_BYTES];
	size_t i;

	for (i = 0; i < to->n; i++)
		memcpy(all[i], to->list[i].certificate, sizeof all[i]);
	key_mac(k, "envelope content", bytes, n, all[to->n]);
	key_mac(k, "envelope", all, (to->n + 1) * sizeof all[0], seed->bytes);
	sodium_memzero(all, sizeof all);
}

/* EME-PKCS1-v1_5 (RFC 8017 7.2.1), its nonzero octets from the seed. */
static void
pad_key(const struct key *seed, size_t recipient, const unsigned char *key,
    unsigned char *em, size_t n)
{
	unsigned char mac[KEY_MAC_BYTES], index[2] = { (unsigned char)recipient, 0 };
	size_t end = n - CONTENT_KEY_BYTES - 1, at = 2, i;

	em[0] = 0;
	em[1] = 2;
	for (; at < end; index[1]++) {
		key_mac(seed, "padding", index, sizeof index, mac);
		for (i = 0; i < sizeof mac && at < end; i++)
			if (mac[i] != 0)
				em[at++] = mac[i];
	}
	em[end] = 0;
	memcpy(em + end + 1, key, CONTENT_KEY_BYTES);
}

static int
add_recipient(const struct envelope_to *to, size_t i, const struct key *seed,
    const unsigned char *key, struct buf *out, struct err *e)
{
	const struct recipient *r = &to->list[i];
	unsigned char em[ENVELOPE_RSA_MAX / 8];
	size_t n = r->key_bytes;
	int got = -1;

	pad_key(seed, i, key, em, n);
	if (buf_add(out, r->head.data, r->head.len, e) == 0 &&
	    buf_reserve(out, n, e) == 0) {
		if (EVP_PKEY_encrypt(r->rsa, (unsigned char *)out->data + out->len,
		    &n, em, n) <= 0 || n != r->key_bytes)
			fail(e, "a content key cannot be encrypted");
		else
			got = 0;
		out->len += n;
	}
	sodium_memzero(em, sizeof em);
	return got;
}

/* AlgorithmIdentifier and [0] encryptedContent of RFC 5652 6.1. */
static int
add_content(const struct envelope_to *to, const unsigned char *key,
    const unsigned char iv[BLOCK_BYTES], const void *bytes, size_t n,
    struct buf *out, struct err *e)
{
	size_t padded = n - n % BLOCK_BYTES + BLOCK_BYTES, from = out->len;
	int some = 0, last = 0;
	unsigned char *p;

	if (buf_add(out, aes256_cbc_oid, sizeof aes256_cbc_oid, e) < 0 ||
	    buf_add(out, iv, BLOCK_BYTES, e) < 0 ||
	    der_wrap(out, out->len - BLOCK_BYTES, 0, DER_OCTETS, e) < 0 ||
	    der_wrap(out, from, 0, DER_SEQUENCE, e) < 0 ||
	    der_wrap(out, out->len, padded, DER_CONTEXT_0, e) < 0 ||
	    buf_reserve(out, padded, e) < 0)
		return -1;
	p = (unsigned char *)out->data + out->len;
	if (EVP_EncryptInit_ex(to->aes, EVP_aes_256_cbc(), NULL, key, iv) <= 0 ||
	    EVP_EncryptUpdate(to->aes, p, &some, bytes, (int)n) <= 0 ||
	    EVP_EncryptFinal_ex(to->aes, p + some, &last) <= 0 ||
	    (size_t)some + (size_t)last != padded)
		return fail(e, "the content cannot be encrypted");
	out->len += padded;
	return 0;
}

/*
 * unprotectedAttrs with our check, which is not known yet. Whatever is around it, its
 * octets are the last of the envelope.
 */
static int
add_check(struct buf *out, struct err *e)
{
	static const unsigned char zeros[KEY_MAC_BYTES];
	size_t from = out->len, value;

	if (buf_add(out, check_oid, sizeof check_oid, e) < 0)
		return -1;
	value = out->len;
	return buf_add(out, zeros, sizeof zeros, e) < 0 ||
	    der_wrap(out, value, 0, DER_OCTETS, e) < 0 ||
	    der_wrap(out, value, 0, DER_SET, e) < 0 ||
	    der_wrap(out, from, 0, DER_SEQUENCE, e) < 0 ||
	    der_wrap(out, from, 0, DER_CONTEXT_1_OF, e) < 0 ? -1 : 0;
}

/* EnvelopedData of RFC 5652 6.1, which has version 2 where attributes are. */
static int
add_enveloped(const struct envelope_to *to, const struct key *seed,
    const void *bytes, size_t n, struct buf *out, struct err *e)
{
	unsigned char key[KEY_MAC_BYTES], iv[KEY_MAC_BYTES];
	size_t start = out->len, from, i;
	int got = -1;

	key_mac(seed, "content key", NULL, 0, key);
	key_mac(seed, "initialization vector", NULL, 0, iv);
	if (buf_add(out, version_2, sizeof version_2, e) < 0)
		goto out;
	from = out->len;
	for (i = 0; i < to->n; i++)
		if (add_recipient(to, i, seed, key, out, e) < 0)
			goto out;
	if (der_wrap(out, from, 0, DER_SET, e) < 0)
		goto out;
	from = out->len;
	if (buf_add(out, data_oid, sizeof data_oid, e) == 0 &&
	    add_content(to, key, iv, bytes, n, out, e) == 0 &&
	    der_wrap(out, from, 0, DER_SEQUENCE, e) == 0 && add_check(out, e) == 0)
		got = der_wrap(out, start, 0, DER_SEQUENCE, e);
out:
	sodium_memzero(key, sizeof key);
	return got;
}

/* That of an envelope of N bytes, over all but its own octets. */
static void
make_check(const struct key *k, const void *bytes, size_t n,
    unsigned char check[KEY_MAC_BYTES])
{
	key_mac(k, "envelope check", bytes, n - KEY_MAC_BYTES, check);
}

bool
envelope_is_ours(const struct key *k, const void *bytes, size_t n)
{
	const unsigned char *p = bytes;
	unsigned char check[KEY_MAC_BYTES];
	size_t odd;

	/* As it is, and without the byte that makes a value even (PS3.5 6.2). */
	for (odd = 0; odd < 2 && n - odd > sizeof check && n > odd; odd++) {
		make_check(k, p, n - odd, check);
		if (sodium_memcmp(check, p + n - odd - sizeof check,
		    sizeof check) == 0)
			return true;
		if (p[n - 1] != 0)
			break;
	}
	return false;
}

int
envelope_seal(const struct envelope_to *to, const struct key *k,
    const void *bytes, size_t n, struct buf *out, struct err *e)
{
	size_t start = out->len, from;
	struct key seed;
	int got = -1;

	if (n > ENVELOPE_CONTENT_MAX)
		return err_set(e, "more than %zu bytes to encrypt",
		    ENVELOPE_CONTENT_MAX);
	make_seed(to, k, bytes, n, &seed);
	if (buf_add(out, enveloped_data_oid, sizeof enveloped_data_oid, e) == 0) {
		from = out->len;
		if (add_enveloped(to, &seed, bytes, n, out, e) == 0 &&
		    der_wrap(out, from, 0, DER_CONTEXT_0_OF, e) == 0)
			got = der_wrap(out, start, 0, DER_SEQUENCE, e);
	}
	if (got == 0)
		make_check(k, out->data + start, out->len - start,
		    (unsigned char *)out->data + out->len - KEY_MAC_BYTES);
	else
		out->len = start;
	sodium_memzero(&seed, sizeof seed);
	return got;
}

/* ---- opening */

/* A key that a passphrase protects stays closed. */
static int
no_passphrase(char *buf, int size, int writes, void *arg)
{
	(void)buf;
	(void)size;
	(void)writes;
	*(int *)arg = 1;
	return -1;
}

int
envelope_key_read(const char *path, struct envelope_key **out, struct err *e)
{
	char bytes[ENVELOPE_FILE_MAX];
	EVP_PKEY *pkey = NULL;
	int asked = 0, got = -1;
	BIO *in;
	size_t n;

	start_library();
	if (key_file_read(path, bytes, sizeof bytes, &n, e) < 0)
		return -1;
	if ((in = BIO_new_mem_buf(bytes, (int)n)) != NULL)
		pkey = PEM_read_bio_PrivateKey(in, NULL, no_passphrase, &asked);
	BIO_free(in);
	sodium_memzero(bytes, sizeof bytes);
	if (pkey == NULL)
		fail(e, asked ? "key: a passphrase protects it; hand over what "
		    "'openssl pkey' makes of it" : "key: is no private key in PEM");
	else if (EVP_PKEY_get_base_id(pkey) != EVP_PKEY_RSA)
		fail(e, "key: is not RSA (PS3.15 E.1.2)");
	else if ((*out = malloc(sizeof **out)) == NULL)
		fail(e, "out of memory");
	else
		got = 0;
	if (got == 0)
		(*out)->pkey = pkey;
	else
		EVP_PKEY_free(pkey);
	return got;
}

void
envelope_key_free(struct envelope_key *k)
{
	if (k == NULL)
		return;
	EVP_PKEY_free(k->pkey);
	free(k);
}

/* DER or BER, with the byte that makes a value even (PS3.5 6.2). */
static CMS_ContentInfo *
envelope_parse(const void *bytes, size_t n, struct err *e)
{
	const unsigned char *p = bytes, *end = p + n;
	CMS_ContentInfo *cms = NULL;

	if (n <= LONG_MAX)
		cms = d2i_CMS_ContentInfo(NULL, &p, (long)n);
	if (cms == NULL || end - p > 1 ||
	    OBJ_obj2nid(CMS_get0_type(cms)) != NID_pkcs7_enveloped) {
		fail(e, "encrypted content is no CMS EnvelopedData (RFC 5652 6)");
		CMS_ContentInfo_free(cms);
		return NULL;
	}
	return cms;
}

int
envelope_open(const struct envelope_key *k, const void *bytes, size_t n,
    struct buf *out, struct err *e)
{
	CMS_ContentInfo *cms = envelope_parse(bytes, n, e);
	BIO *plain = BIO_new(BIO_s_mem());
	char *data;
	long len;
	int got = -1;

	/*
	 * Without a certificate each recipient is tried, and failures all look the
	 * same (CMS_decrypt(3)): as content that is not padded rightly.
	 */
	if (cms == NULL)
		goto out;
	if (plain == NULL || CMS_decrypt(cms, k->pkey, NULL, NULL, plain, 0) <= 0) {
		fail(e, "encrypted content cannot be opened by this key");
		goto out;
	}
	len = BIO_get_mem_data(plain, &data);
	got = buf_add(out, data, len > 0 ? (size_t)len : 0, e);
out:
	BIO_free(plain);
	CMS_ContentInfo_free(cms);
	ERR_clear_error();
	return got;
}
