/* mcu: sampling factors from a JPEG's frame header; see mcu.h. */
#include "check/mcu.h"

#include <stdbool.h>

enum { BLOCK = 8, SOI = 0xd8, SOS = 0xda, EOI = 0xd9 };

static uint32_t
two(const uint8_t *p)
{
	return (uint32_t)(p[0] << 8 | p[1]);
}

/* Baseline, extended, progressive, by Huffman or arithmetic codes: Table B.1. */
static bool
is_dct_frame(uint8_t marker)
{
	return marker == 0xc0 || marker == 0xc1 || marker == 0xc2 ||
	    marker == 0xc9 || marker == 0xca;
}

/* S: what follows the length of a frame header, N bytes of it. */
static int
read_frame(const uint8_t *s, size_t n, struct mcu *m)
{
	uint32_t h, v, hmax = 1, vmax = 1, hmin = MCU_FACTOR_MAX, vmin = hmin;
	size_t i, parts;

	if (n < 6 || (parts = s[5]) == 0 || n < 6 + 3 * parts)
		return -1;
	for (i = 0; i < parts; i++) {
		h = s[7 + 3 * i] >> 4;
		v = s[7 + 3 * i] & 15;
		if (h == 0 || h > MCU_FACTOR_MAX || v == 0 || v > MCU_FACTOR_MAX)
			return -1;
		hmax = h > hmax ? h : hmax;
		vmax = v > vmax ? v : vmax;
		hmin = h < hmin ? h : hmin;
		vmin = v < vmin ? v : vmin;
	}
	if (parts == 1)	/* of one component a unit is a block: A.2.2 */
		hmax = vmax = hmin = vmin = 1;
	m->width = BLOCK * hmax;
	m->height = BLOCK * vmax;
	m->reach = 0;
	if (hmax > hmin || vmax > vmin)
		m->reach = hmax > vmax ? hmax : vmax;
	return 0;
}

int
mcu_of_jpeg(const uint8_t *code, size_t len, struct mcu *m)
{
	size_t at = 2, n;
	uint8_t marker;

	if (len < 4 || code[0] != 0xff || code[1] != SOI)
		return -1;
	while (len - at >= 4) {
		if (code[at] != 0xff)
			return -1;
		marker = code[at + 1];
		if (marker == 0xff) {	/* fill: B.1.1.2 */
			at++;
			continue;
		}
		n = two(code + at + 2);
		if (marker == SOS || marker == EOI || n < 2 || n > len - at - 2)
			return -1;
		if (is_dct_frame(marker))
			return read_frame(code + at + 4, n - 2, m);
		at += 2 + n;
	}
	return -1;
}
