/* conv.c - see conv.h */
#include "text/conv.h"

#include <string.h>

/*
 * The kernel is compiled once for each instruction set from the same text. A function inlined into differently targeted
 * callers would not do: gcc lowers generic vectors to the callee's own instruction set before it inlines.
 */
#define KERNEL conv_plain
#define WIDTH 4
#include "text/conv_kernel.h"
#undef KERNEL
#undef WIDTH

#if defined(__x86_64__)
#pragma GCC push_options
#pragma GCC target("avx2")
#define KERNEL conv_avx2
#define WIDTH 8
#include "text/conv_kernel.h"
#undef KERNEL
#undef WIDTH
#pragma GCC pop_options
#endif

static void (*chosen)(const struct conv *);

bool
conv_choose(const char *name)
{
	bool any = strcmp(name, "auto") == 0;

#if defined(__x86_64__)
	if ((any || strcmp(name, "avx2") == 0) && __builtin_cpu_supports("avx2")) {
		chosen = conv_avx2;
		return true;
	}
#endif
	if (!any && strcmp(name, "plain") != 0)
		return false;
	chosen = conv_plain;
	return true;
}

void
conv_run(const struct conv *c)
{
	if (chosen == NULL)
		conv_choose("auto");
	chosen(c);
}
