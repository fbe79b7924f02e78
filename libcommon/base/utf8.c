/* utf8: UTF-8, read and written one character at a time; see utf8.h. */
#include "base/utf8.h"

size_t
utf8_read(const char *text, size_t n, uint32_t *u)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *p = (const unsigned char *)text;
	uint32_t v;
	size_t len, i;

	if (n == 0)
		return 0;
	if (p[0] < 0x80) {
		*u = p[0];
		return 1;
	}
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 0;
	len = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	if (n < len)
		return 0;
	v = p[0] & (0x7fu >> len);
	for (i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		v = v << 6 | (p[i] & 0x3f);
	}
	if (v < least[len] || v > 0x10ffff || (v >= 0xd800 && v <= 0xdfff))
		return 0;
	*u = v;
	return len;
}

bool
utf8_is_valid(const char *p, size_t n)
{
	size_t len;
	uint32_t u;

	for (; n > 0; p += len, n -= len)
		if ((len = utf8_read(p, n, &u)) == 0)
			return false;
	return true;
}

size_t
utf8_write(char *p, uint32_t u)
{
	static const unsigned char lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	size_t len = u < 0x80 ? 1 : u < 0x800 ? 2 : u < 0x10000 ? 3 : 4, i;

	if (len == 1) {
		p[0] = (char)u;
		return 1;
	}
	for (i = len; --i > 0; u >>= 6)
		p[i] = (char)(0x80 | (u & 0x3f));
	p[0] = (char)(lead[len] | u);
	return len;
}
