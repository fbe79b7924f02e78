/* rng.c - random numbers that are the same on every machine: splitmix64 */
#include "train.h"

uint64_t
rng_next(struct rng *r)
{
	uint64_t z = r->state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

double
rng_unit(struct rng *r)
{
	return (double)(rng_next(r) >> 11) * 0x1p-53;
}

double
rng_real(struct rng *r, double from, double to)
{
	return from + (to - from) * rng_unit(r);
}

int
rng_int(struct rng *r, int from, int to)
{
	return to <= from ? from : from + (int)(rng_next(r) % (uint64_t)(to - from + 1));
}

/* The sum of eight 16-bit uniforms: close enough to normal, and the same everywhere. */
double
rng_normal(struct rng *r)
{
	uint64_t a = rng_next(r), b = rng_next(r);
	int sum = 0;

	for (int i = 0; i < 64; i += 16)
		sum += (int)(a >> i & 0xffff) + (int)(b >> i & 0xffff);
	return (sum - 4 * 65535) / (65536 * .8165);
}

int
rng_chance(struct rng *r, double p)
{
	return rng_unit(r) < p;
}

int
rng_pick(struct rng *r, const int *weights, int n)
{
	int sum = 0, at;

	for (int i = 0; i < n; i++)
		sum += weights[i];
	at = rng_int(r, 0, sum - 1);
	for (int i = 0; i < n; i++)
		if ((at -= weights[i]) < 0)
			return i;
	return n - 1;
}
