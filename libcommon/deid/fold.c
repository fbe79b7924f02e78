/* fold: case and accents; see fold.h. */
#include "deid/fold.h"

#include <string.h>

#include "deid/fold.inc"

size_t
fold_read(const char *p, size_t n, uint32_t *code)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *u = (const unsigned char *)p;
	uint32_t c;
	size_t len, i;

	if (n == 0)
		return 0;
	if (u[0] < 0x80) {
		*code = u[0];
		return 1;
	}
	len = u[0] >= 0xf0 ? 4 : u[0] >= 0xe0 ? 3 : 2;
	if (u[0] < 0xc2 || u[0] > 0xf4 || len > n)
		return 0;
	c = u[0] & (0x7fu >> len);
	for (i = 1; i < len; i++) {
		if ((u[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (u[i] & 0x3f);
	}
	if (c < least[len] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*code = c;
	return len;
}

enum fold_class
fold_class(uint32_t code)
{
	static const enum fold_class classes[] = { FOLD_OTHER, FOLD_UPPER,
	    FOLD_LETTER, FOLD_SOLID, FOLD_MARK, FOLD_DIGIT };

	if (code < 0x10000)
		return classes[class_pages[class_page_of[code >> 8]][code & 0xff]];
	/* Beyond the basic plane: rarer ideographs; the rest names nobody. */
	return code >= 0x20000 && code < 0x40000 ? FOLD_SOLID : FOLD_OTHER;
}

size_t
fold_write(uint32_t code, char out[FOLD_BYTES_MAX])
{
	if (code < 0x80) {
		out[0] = (char)code;
		return 1;
	}
	if (code < 0x800) {
		out[0] = (char)(0xc0 | code >> 6);
		out[1] = (char)(0x80 | (code & 0x3f));
		return 2;
	}
	if (code < 0x10000) {
		out[0] = (char)(0xe0 | code >> 12);
		out[1] = (char)(0x80 | (code >> 6 & 0x3f));
		out[2] = (char)(0x80 | (code & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | code >> 18);
	out[1] = (char)(0x80 | (code >> 12 & 0x3f));
	out[2] = (char)(0x80 | (code >> 6 & 0x3f));
	out[3] = (char)(0x80 | (code & 0x3f));
	return 4;
}

size_t
fold_char(uint32_t code, char out[FOLD_BYTES_MAX])
{
	const char *text;
	size_t n;

	if (code < 0x10000) {
		text = folded_text[folded_pages[folded_page_of[code >> 8]][code & 0xff]];
		if ((n = strlen(text)) > 0) {
			memcpy(out, text, n);
			return n;
		}
	}
	return fold_class(code) == FOLD_MARK ? 0 : fold_write(code, out);
}

uint32_t
fold_upper(uint32_t code)
{
	if ((code >= 'a' && code <= 'z') || (code >= 0xe0 && code <= 0xfe && code != 0xf7) ||
	    (code >= 0x3b1 && code <= 0x3c9 && code != 0x3c2) ||
	    (code >= 0x430 && code <= 0x44f))
		return code - 0x20;
	if (code >= 0x450 && code <= 0x45f)
		return code - 0x50;
	if (code == 0x3c2)
		return 0x3a3;
	if ((code >= 0x100 && code <= 0x137) || (code >= 0x14a && code <= 0x177))
		return code & ~1u;
	if ((code >= 0x139 && code <= 0x148) || (code >= 0x179 && code <= 0x17e))
		return (code & 1) != 0 ? code : code - 1;
	return code;
}
