/* base32: numbers in digits that nobody mixes up; see base32.h. */
#include "base/base32.h"

#include <string.h>

static const char digit[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

void
base32_write(unsigned __int128 n, unsigned digits, char *out)
{
	out[digits] = '\0';
	for (; digits-- > 0; n >>= 5)
		out[digits] = digit[(unsigned)n & 31];
}

bool
base32_read(const char *text, unsigned digits, unsigned __int128 *n)
{
	unsigned __int128 value = 0;
	const char *at;
	unsigned i;

	for (i = 0; i < digits; i++) {
		if (text[i] == '\0' || (at = strchr(digit, text[i])) == NULL)
			return false;
		value = value << 5 | (unsigned __int128)(at - digit);
	}
	*n = value;
	return true;
}
