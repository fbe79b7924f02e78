/* conv.c - see conv.h */
#include "text/conv.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

/* ---- plain C ---- */

struct plain_sums {
	int32_t s[CONV_LANES];
};

static inline struct plain_sums
plain_load(const int32_t *bias)
{
	struct plain_sums s;

	memcpy(s.s, bias, sizeof s.s);
	return s;
}

static inline struct plain_sums
plain_add(struct plain_sums s, const int16_t *pair, const int16_t *w)
{
	for (size_t i = 0; i < CONV_LANES; i++)
		s.s[i] += pair[0] * w[2 * i] + pair[1] * w[2 * i + 1];
	return s;
}

static inline int16_t
saturated(int32_t v)
{
	return (int16_t)(v > INT16_MAX ? INT16_MAX : v < INT16_MIN ? INT16_MIN : v);
}

static inline void
plain_store(struct plain_sums s, const struct conv *c, const int16_t *add, int16_t *out)
{
	for (size_t i = 0; i < CONV_LANES; i++) {
		int16_t v = saturated(s.s[i] >> c->shift);	/* gcc and clang shift the sign in */

		v = c->relu && v < 0 ? 0 : v;
		out[i] = add ? saturated(v + add[i]) : v;
	}
}

#define KERNEL conv_plain
#define SUMS struct plain_sums
#define SUMS_LOAD plain_load
#define SUMS_ADD plain_add
#define SUMS_STORE plain_store
#define SUMS_MAX 6
#include "text/conv_kernel.h"

#if defined(__x86_64__)

static inline void
sse2_finish(__m128i v, const struct conv *c, const int16_t *add, int16_t *out)
{
	if (c->relu)
		v = _mm_max_epi16(v, _mm_setzero_si128());
	if (add)
		v = _mm_adds_epi16(v, _mm_loadu_si128((const __m128i *)add));
	_mm_storeu_si128((__m128i *)out, v);
}

static inline int32_t
pair_load(const int16_t *pair)
{
	int32_t v;

	memcpy(&v, pair, sizeof v);
	return v;
}

/* ---- SSE2, which every x86-64 has ---- */

struct sse2_sums {
	__m128i low, high;
};

static inline struct sse2_sums
sse2_load(const int32_t *bias)
{
	return (struct sse2_sums){_mm_loadu_si128((const __m128i *)bias), _mm_loadu_si128((const __m128i *)(bias + 4))};
}

static inline struct sse2_sums
sse2_add(struct sse2_sums s, const int16_t *pair, const int16_t *w)
{
	__m128i p = _mm_set1_epi32(pair_load(pair));

	s.low = _mm_add_epi32(s.low, _mm_madd_epi16(p, _mm_loadu_si128((const __m128i *)w)));
	s.high = _mm_add_epi32(s.high, _mm_madd_epi16(p, _mm_loadu_si128((const __m128i *)(w + 8))));
	return s;
}

static inline void
sse2_store(struct sse2_sums s, const struct conv *c, const int16_t *add, int16_t *out)
{
	__m128i shift = _mm_cvtsi32_si128((int)c->shift);

	sse2_finish(_mm_packs_epi32(_mm_sra_epi32(s.low, shift), _mm_sra_epi32(s.high, shift)), c, add, out);
}

#define KERNEL conv_sse2
#define SUMS struct sse2_sums
#define SUMS_LOAD sse2_load
#define SUMS_ADD sse2_add
#define SUMS_STORE sse2_store
#define SUMS_MAX 6
#include "text/conv_kernel.h"

/* ---- AVX2 ---- */

#pragma GCC push_options
#pragma GCC target("avx2")

static inline __m256i
avx2_load(const int32_t *bias)
{
	return _mm256_loadu_si256((const __m256i *)bias);
}

static inline __m256i
avx2_add(__m256i s, const int16_t *pair, const int16_t *w)
{
	return _mm256_add_epi32(s, _mm256_madd_epi16(_mm256_set1_epi32(pair_load(pair)),
	    _mm256_loadu_si256((const __m256i *)w)));
}

static inline void
avx2_store(__m256i s, const struct conv *c, const int16_t *add, int16_t *out)
{
	s = _mm256_sra_epi32(s, _mm_cvtsi32_si128((int)c->shift));
	sse2_finish(_mm_packs_epi32(_mm256_castsi256_si128(s), _mm256_extracti128_si256(s, 1)), c, add, out);
}

#define KERNEL conv_avx2
#define SUMS __m256i
#define SUMS_LOAD avx2_load
#define SUMS_ADD avx2_add
#define SUMS_STORE avx2_store
#define SUMS_MAX 12
#include "text/conv_kernel.h"
#pragma GCC pop_options

#elif defined(__aarch64__)

struct neon_sums {
	int32x4_t low, high;
};

static inline struct neon_sums
neon_load(const int32_t *bias)
{
	return (struct neon_sums){vld1q_s32(bias), vld1q_s32(bias + 4)};
}

static inline struct neon_sums
neon_add(struct neon_sums s, const int16_t *pair, const int16_t *w)
{
	int16x8x2_t both = vld2q_s16(w);

	s.low = vmlal_n_s16(s.low, vget_low_s16(both.val[0]), pair[0]);
	s.high = vmlal_n_s16(s.high, vget_high_s16(both.val[0]), pair[0]);
	s.low = vmlal_n_s16(s.low, vget_low_s16(both.val[1]), pair[1]);
	s.high = vmlal_n_s16(s.high, vget_high_s16(both.val[1]), pair[1]);
	return s;
}

static inline void
neon_store(struct neon_sums s, const struct conv *c, const int16_t *add, int16_t *out)
{
	int32x4_t shift = vdupq_n_s32(-(int32_t)c->shift);
	int16x8_t v = vcombine_s16(vqmovn_s32(vshlq_s32(s.low, shift)), vqmovn_s32(vshlq_s32(s.high, shift)));

	if (c->relu)
		v = vmaxq_s16(v, vdupq_n_s16(0));
	vst1q_s16(out, add ? vqaddq_s16(v, vld1q_s16(add)) : v);
}

#define KERNEL conv_neon
#define SUMS struct neon_sums
#define SUMS_LOAD neon_load
#define SUMS_ADD neon_add
#define SUMS_STORE neon_store
#define SUMS_MAX 12
#include "text/conv_kernel.h"

#endif

/* Best first. */
static const struct kernel {
	const char *name;
	void (*run)(const struct conv *c);
} kernels[] = {
#if defined(__x86_64__)
	{"avx2", conv_avx2},
	{"sse2", conv_sse2},
#elif defined(__aarch64__)
	{"neon", conv_neon},
#endif
	{"plain", conv_plain},
};
static const struct kernel *chosen;

static bool
kernel_works(const struct kernel *k)
{
#if defined(__x86_64__)
	if (k->run == conv_avx2)
		return __builtin_cpu_supports("avx2");
#endif
	return k->run != NULL;
}

bool
conv_choose(const char *name)
{
	for (size_t i = 0; i < sizeof kernels / sizeof *kernels; i++)
		if ((strcmp(name, "auto") == 0 || strcmp(name, kernels[i].name) == 0) && kernel_works(&kernels[i])) {
			chosen = &kernels[i];
			return true;
		}
	return false;
}

void
conv_run(const struct conv *c)
{
	if (chosen == NULL)
		conv_choose("auto");
	chosen->run(c);
}
