/* charset_tables: the characters of coded character sets; see charset_tables.h. */
#include "dicom/charset_tables.h"

#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

enum { BMP = 0x10000, FOUR_MAX = 39420 };	/* PS3.5 J.3: 81308130 to 8431A439 */

/* Untouched pages of zeros cost nothing, and an index costs no thought. */
static struct table {
	uint16_t to_char[BMP], to_code[BMP];
} *tables[SETS];
static uint16_t four_char[FOUR_MAX], four_index[BMP];	/* the index + 1 */

static const char *const names[SETS] = {
	[SET_100] = "100", [SET_101] = "101", [SET_109] = "109", [SET_110] = "110",
	[SET_144] = "144", [SET_127] = "127", [SET_126] = "126", [SET_138] = "138",
	[SET_148] = "148", [SET_203] = "203", [SET_166] = "166", [SET_13] = "13",
	[SET_87] = "87", [SET_159] = "159", [SET_149] = "149", [SET_58] = "58",
	[SET_18030] = "18030"
};

__asm__(".pushsection .rodata\n"
    "charset_file: .incbin \"share/charsets.txt\"\n"
    ".byte 0\n"
    ".popsection\n");
extern const char charset_file[] __attribute__((visibility("hidden")));

static unsigned
code_of(enum code_set s, unsigned first, unsigned place)
{
	if (s < SET_87)
		return first + place;
	if (s < SET_18030)
		return (first & 0x7f) << 8 | (0x21 + place);
	return first << 8 | (0x40 + place + (place >= 0x7f - 0x40));
}

/* One line: the characters of FIRST. */
static void
row_read(enum code_set s, unsigned first, const char *p, const char *end)
{
	struct table *t = tables[s];
	uint32_t u;
	unsigned place, code;
	size_t len;

	for (place = 0; p < end; place++) {
		if ((len = utf8_read(p, (size_t)(end - p), &u)) == 0)
			break;
		p += len;
		if (u == 0xfffd || u >= BMP)
			continue;
		code = code_of(s, first, place);
		t->to_char[code] = (uint16_t)u;
		if (t->to_code[u] == 0)	/* NEC's rows have some a second time */
			t->to_code[u] = (uint16_t)code;
	}
}

/* Four bytes stand, in order, for what two bytes do not: GB 18030-2005. */
static void
count_four(void)
{
	const struct table *t = tables[SET_18030];
	unsigned n = 0;
	uint32_t u;

	for (u = 0x80; u < BMP && n < FOUR_MAX; u++)
		if ((u < 0xd800 || u > 0xdfff) && t->to_code[u] == 0) {
			four_char[n++] = (uint16_t)u;
			four_index[u] = (uint16_t)n;
		}
}

int
tables_load(enum code_set s, struct err *e)
{
	const char *p, *end;
	size_t len;

	if (names[s] == NULL || tables[s] != NULL)
		return 0;
	if ((tables[s] = calloc(1, sizeof *tables[s])) == NULL)
		return err_set(e, "out of memory");
	len = strlen(names[s]);
	for (p = charset_file; (end = strchr(p, '\n')) != NULL; p = end + 1)
		if (strncmp(p, names[s], len) == 0 && p[len] == ' ')
			row_read(s, (unsigned)strtoul(p + len + 1, NULL, 16),
			    p + len + 4, end);
	if (s == SET_18030)
		count_four();
	return 0;
}

unsigned
tables_char(enum code_set s, unsigned code)
{
	return tables[s]->to_char[code & 0xffff];
}

unsigned
tables_code(enum code_set s, uint32_t u)
{
	return u < BMP ? tables[s]->to_code[u] : 0;
}

bool
tables_four_char(unsigned index, uint32_t *u)
{
	if (index >= FOUR_MAX)
		return false;
	*u = four_char[index];
	return true;
}

bool
tables_four_index(uint32_t u, unsigned *index)
{
	if (u >= BMP || four_index[u] == 0)
		return false;
	*index = four_index[u] - 1u;
	return true;
}
