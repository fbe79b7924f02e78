/*
 * inorder.h - items worked on in parallel, handed over in the order they came
 *
 * The caller's thread fetches an item into a slot and hands over what was done;
 * in between any of several threads works on it. Slots are the caller's, and
 * bound how many items are under way, so memory does not grow with their number.
 * What is handed over does not depend on the number of threads.
 */
#ifndef UNPHI_BASE_INORDER_H
#define UNPHI_BASE_INORDER_H

#include <stddef.h>

#include "base/err.h"

#define INORDER_THREADS_MAX 256u

struct inorder {
	/* Fills SLOT: 1 an item, 0 there are no more, -1 with E filled. */
	int (*fetch)(void *arg, void *slot, struct err *e);
	/* In another thread, on SLOT alone: 0, or -1 with E filled. */
	int (*work)(void *slot, struct err *e);
	/* In the order of fetch: 0, or -1 with E filled. */
	int (*hand)(void *arg, void *slot, struct err *e);
	void *arg;
};

/*
 * Runs it with THREADS workers (1 to INORDER_THREADS_MAX; of 1 none is started)
 * over N slots, at least 1. The first failure in order of the items ends the
 * run: nothing that came later is handed over. Returns 0, or -1 with E filled.
 */
int inorder_run(const struct inorder *o, unsigned threads, void *slots[],
    size_t n, struct err *e);

#endif
