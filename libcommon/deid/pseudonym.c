/* pseudonym: keyed replacements of UIDs and ids; see pseudonym.h. */
#include "deid/pseudonym.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/base32.h"

/* ---- UIDs: 16 bytes, of which the last CHECK_BYTES prove the first */

enum { UUID_BYTES = 16, CHECK_BYTES = 5, HASH_BYTES = UUID_BYTES - CHECK_BYTES };

static void
uuid_check(const struct key *k, const unsigned char *uuid,
    unsigned char mac[KEY_MAC_BYTES])
{
	key_mac(k, "uid check", uuid, HASH_BYTES, mac);
}

/* Is it "2.25." and the number of a UUID that this key made? */
static bool
uid_is_ours(const struct key *k, const char *uid, size_t len)
{
	unsigned char uuid[UUID_BYTES], mac[KEY_MAC_BYTES];
	unsigned __int128 n = 0, digit;
	size_t i;

	if (len < 6 || len >= PSEUDONYM_UID_SIZE || memcmp(uid, "2.25.", 5) != 0 ||
	    uid[5] == '0')
		return false;
	for (i = 5; i < len; i++) {
		if (uid[i] < '0' || uid[i] > '9')
			return false;
		digit = (unsigned __int128)(uid[i] - '0');
		if (n > (~(unsigned __int128)0 - digit) / 10)
			return false;
		n = n * 10 + digit;
	}
	for (i = UUID_BYTES; i-- > 0; n >>= 8)
		uuid[i] = (unsigned char)n;
	uuid_check(k, uuid, mac);
	return (uuid[6] & 0xf0) == 0x80 && (uuid[8] & 0xc0) == 0x80 &&
	    memcmp(uuid + HASH_BYTES, mac, CHECK_BYTES) == 0;
}

void
pseudonym_uid(const struct key *k, const char *uid, size_t len,
    char out[PSEUDONYM_UID_SIZE])
{
	unsigned char mac[KEY_MAC_BYTES], check[KEY_MAC_BYTES];
	unsigned __int128 n = 0;
	char digits[40], *p = digits + sizeof digits;
	int i;

	if (uid_is_ours(k, uid, len)) {
		memcpy(out, uid, len);
		out[len] = '\0';
		return;
	}
	key_mac(k, "uid", uid, len, mac);
	mac[6] = (unsigned char)((mac[6] & 0x0f) | 0x80);	/* version 8 */
	mac[8] = (unsigned char)((mac[8] & 0x3f) | 0x80);	/* variant 10 */
	uuid_check(k, mac, check);
	memcpy(mac + HASH_BYTES, check, CHECK_BYTES);
	for (i = 0; i < UUID_BYTES; i++)
		n = n << 8 | mac[i];
	*--p = '\0';
	do
		*--p = (char)('0' + (int)(n % 10));
	while ((n /= 10) != 0);
	snprintf(out, PSEUDONYM_UID_SIZE, "2.25.%s", p);
}

/* ---- ids: 5 bits a digit, of which the last prove the first */

static unsigned
hash_bits(unsigned digits)
{
	return digits * 4 < 52 ? digits * 4 : 52;
}

static uint64_t
first_bits(const unsigned char *mac, unsigned bits)
{
	uint64_t n = 0;
	int i;

	for (i = 0; i < 8; i++)
		n = n << 8 | mac[i];
	return n >> (64 - bits);
}

static uint64_t
id_check(const struct key *k, uint64_t hash, unsigned bits)
{
	unsigned char bytes[8], mac[KEY_MAC_BYTES];
	size_t i;

	for (i = 0; i < sizeof bytes; i++)
		bytes[i] = (unsigned char)(hash >> (56 - 8 * i));
	key_mac(k, "id check", bytes, sizeof bytes, mac);
	return first_bits(mac, bits);
}

/* Are the DIGITS at P those of an id that this key made? */
static bool
id_is_ours(const struct key *k, const char *p, unsigned digits)
{
	unsigned bits = digits * 5 - hash_bits(digits);
	unsigned __int128 n;

	return base32_read(p, digits, &n) &&
	    id_check(k, (uint64_t)(n >> bits), bits) ==
	    ((uint64_t)n & (((uint64_t)1 << bits) - 1));
}

static void
id_make(const struct key *k, const char *kind, const char *id, size_t len,
    unsigned digits, char *out)
{
	unsigned bits = digits * 5 - hash_bits(digits);
	unsigned char mac[KEY_MAC_BYTES];
	uint64_t hash;

	key_mac(k, kind, id, len, mac);
	hash = first_bits(mac, hash_bits(digits));
	base32_write((unsigned __int128)hash << bits | id_check(k, hash, bits),
	    digits, out);
}

const char *
pseudonym_id_in(const struct key *k, const char *id, size_t len)
{
	const char *end;

	if (len < PSEUDONYM_ID_DIGITS)
		return NULL;
	end = id + len - PSEUDONYM_ID_DIGITS;
	return id_is_ours(k, end, PSEUDONYM_ID_DIGITS) ? end : NULL;
}

void
pseudonym_id(const struct key *k, const char *kind, const char *id, size_t len,
    char out[PSEUDONYM_ID_DIGITS + 1])
{
	const char *end = pseudonym_id_in(k, id, len);

	if (end != NULL) {
		memcpy(out, end, PSEUDONYM_ID_DIGITS);
		out[PSEUDONYM_ID_DIGITS] = '\0';
	} else {
		id_make(k, kind, id, len, PSEUDONYM_ID_DIGITS, out);
	}
}

void
pseudonym_accession(const struct key *k, const char *prefix, const char *id,
    size_t len, char out[PSEUDONYM_ID_DIGITS + 1])
{
	size_t kept = strnlen(prefix, PSEUDONYM_ACCESSION_PREFIX);
	unsigned digits = (unsigned)(PSEUDONYM_ID_DIGITS - kept);
	char made[PSEUDONYM_ID_DIGITS + 1];

	if (len == PSEUDONYM_ID_DIGITS && memcmp(id, prefix, kept) == 0 &&
	    id_is_ours(k, id + kept, digits))
		memcpy(made, id + kept, digits);
	else
		id_make(k, "accession", id, len, digits, made);
	memcpy(out, prefix, kept);
	memcpy(out + kept, made, digits);
	out[PSEUDONYM_ID_DIGITS] = '\0';
}
