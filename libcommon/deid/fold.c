/* fold: case and accents; see fold.h. */
#include "deid/fold.h"

#include <string.h>

#include "base/utf8.h"

#include "deid/fold.inc"

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
	return fold_class(code) == FOLD_MARK ? 0 : utf8_write(out, code);
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
