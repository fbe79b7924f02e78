/*
 * random.h - numbers that look random, the same ones for the same seed
 *
 * SplitMix64: Steele, Lea and Flood, "Fast splittable pseudorandom number
 * generators", 2014. Nothing secret may rest on it.
 */
#ifndef UNPHI_BASE_RANDOM_H
#define UNPHI_BASE_RANDOM_H

#include <stdint.h>

/* The next number of STATE, which any number may begin. */
static inline uint64_t
random_next(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

/* The next one from 0 to N - 1; 0 for an N of 0. */
static inline uint32_t
random_below(uint64_t *state, uint32_t n)
{
	return (uint32_t)((random_next(state) >> 32) * n >> 32);
}

#endif
