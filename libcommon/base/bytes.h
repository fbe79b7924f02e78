/*
 * bytes.h - numbers as they lie in bytes, of either order
 *
 * That the bytes are there is for the caller to check.
 */
#ifndef UNPHI_BASE_BYTES_H
#define UNPHI_BASE_BYTES_H

#include <stddef.h>
#include <stdint.h>

static inline uint32_t
bytes_be16(const uint8_t *p)
{
	return (uint32_t)p[0] << 8 | p[1];
}

static inline uint32_t
bytes_be32(const uint8_t *p)
{
	return bytes_be16(p) << 16 | bytes_be16(p + 2);
}

static inline uint32_t
bytes_le16(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8;
}

static inline uint32_t
bytes_le32(const uint8_t *p)
{
	return bytes_le16(p) | bytes_le16(p + 2) << 16;
}

/* A little-endian word of N bytes: 1, 2, 4. */
static inline uint32_t
bytes_word(const uint8_t *p, size_t n)
{
	return n == 1 ? p[0] : n == 2 ? bytes_le16(p) : bytes_le32(p);
}

/* The low N bytes of V, at most 8, the lowest first. */
static inline void
bytes_put_le(uint8_t *p, uint64_t v, size_t n)
{
	for (; n > 0; n--, v >>= 8)
		*p++ = (uint8_t)(v & 0xff);
}

/* The bytes of each pair change places; the last of an odd N stays. */
static inline void
bytes_swap_pairs(uint8_t *p, size_t n)
{
	uint8_t first;

	for (; n >= 2; n -= 2, p += 2) {
		first = p[0];
		p[0] = p[1];
		p[1] = first;
	}
}

#endif
