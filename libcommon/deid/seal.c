/* seal: what a key proves to have done to an object; see seal.h. */
#include "deid/seal.h"

#include <sodium.h>
#include <stdint.h>
#include <stdio.h>

#include "base/base32.h"

enum { DATES, PATIENT, ACCESSION, PARTS };
enum { DIGITS = 16, MAC_BYTES = DIGITS * 5 / 8 };

#define START "unphi seal"
#define START_LEN (sizeof START - 1)
#define SEAL_LEN (START_LEN + PARTS * (1 + DIGITS))

static const char *const purposes[PARTS] = {
	"seal dates", "seal patient", "seal accession"
};

/*
 * The digits that prove VALUE of INSTANCE. What is hashed is of one length, so that
 * no instance and value run into one another.
 */
static void
prove(const struct key *k, int part, struct slice instance, struct slice value,
    char out[DIGITS + 1])
{
	unsigned char macs[2][KEY_MAC_BYTES], mac[KEY_MAC_BYTES];
	unsigned __int128 n = 0;
	int i;

	key_mac(k, "seal instance", instance.p, instance.len, macs[0]);
	key_mac(k, "seal value", value.p, value.len, macs[1]);
	key_mac(k, purposes[part], macs, sizeof macs, mac);
	for (i = 0; i < MAC_BYTES; i++)
		n = n << 8 | mac[i];
	base32_write(n, DIGITS, out);
}

static void
prove_all(const struct key *k, const struct seal_facts *f,
    char out[PARTS][DIGITS + 1])
{
	prove(k, DATES, f->instance, f->temporal, out[DATES]);
	prove(k, PATIENT, f->instance, f->patient, out[PATIENT]);
	prove(k, ACCESSION, f->instance, f->accession, out[ACCESSION]);
}

void
seal_make(const struct key *k, const struct seal_facts *f, char out[SEAL_SIZE])
{
	char digits[PARTS][DIGITS + 1];

	prove_all(k, f, digits);
	snprintf(out, SEAL_SIZE, START " %s %s %s", digits[DATES], digits[PATIENT],
	    digits[ACCESSION]);
}

bool
seal_is(struct slice value)
{
	return value.len >= START_LEN && memcmp(value.p, START, START_LEN) == 0;
}

/* The next of the values that backslashes separate. False: there is none. */
static bool
next_value(struct slice *rest, struct slice *value)
{
	const char *stop;

	if (rest->p == NULL)
		return false;
	*value = *rest;
	if ((stop = memchr(rest->p, '\\', rest->len)) == NULL) {
		rest->p = NULL;
	} else {
		value->len = (size_t)(stop - rest->p);
		*rest = (struct slice){ stop + 1, rest->len - value->len - 1 };
	}
	while (value->len > 0 && *value->p == ' ') {
		value->p++;
		value->len--;
	}
	while (value->len > 0 && (value->p[value->len - 1] == ' ' ||
	    value->p[value->len - 1] == '\0'))
		value->len--;
	return true;
}

struct seal_proof
seal_prove(const struct key *k, const struct seal_facts *f, struct slice method)
{
	bool proven[PARTS] = { false }, ready = false;
	char digits[PARTS][DIGITS + 1];
	struct slice value;
	const char *at;
	int i;

	while (next_value(&method, &value)) {
		if (value.len != SEAL_LEN || !seal_is(value))
			continue;
		if (!ready)
			prove_all(k, f, digits);
		ready = true;
		for (i = 0; i < PARTS; i++) {
			at = value.p + START_LEN + i * (1 + DIGITS);
			proven[i] |= at[0] == ' ' &&
			    sodium_memcmp(at + 1, digits[i], DIGITS) == 0;
		}
	}
	return (struct seal_proof){ proven[DATES], proven[PATIENT],
	    proven[ACCESSION] };
}
