/* pseudonym: keyed replacements of UIDs and ids; see pseudonym.h. */
#include "deid/pseudonym.h"

#include <stdio.h>
#include <string.h>

void
pseudonym_uid(const struct key *k, const char *uid, size_t len,
    char out[PSEUDONYM_UID_SIZE])
{
	unsigned char mac[KEY_MAC_BYTES];
	unsigned __int128 n = 0;
	char digits[40], *p = digits + sizeof digits;
	int i;

	key_mac(k, "uid", uid, len, mac);
	mac[6] = (unsigned char)((mac[6] & 0x0f) | 0x80);	/* version 8 */
	mac[8] = (unsigned char)((mac[8] & 0x3f) | 0x80);	/* variant 10 */
	for (i = 0; i < 16; i++)
		n = n << 8 | mac[i];
	*--p = '\0';
	do
		*--p = (char)('0' + (int)(n % 10));
	while ((n /= 10) != 0);
	snprintf(out, PSEUDONYM_UID_SIZE, "2.25.%s", p);
}

void
pseudonym_id(const struct key *k, const char *kind, const char *id, size_t len,
    char out[PSEUDONYM_ID_DIGITS + 1])
{
	unsigned char mac[KEY_MAC_BYTES];
	int i;

	key_mac(k, kind, id, len, mac);
	for (i = 0; i < PSEUDONYM_ID_DIGITS / 2; i++)
		snprintf(out + 2 * i, 3, "%02X", mac[i]);
}
