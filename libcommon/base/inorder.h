/*
 * inorder.h - items worked on in parallel, handed over in the order they came
 *
 * The caller's thread fetches an item into a slot and hands over what was done;
 * in between any of several threads works on it. Slots are the caller's, and
 * bound how many items are under way, so memory does not grow with their number.
 * What is handed over does not depend on the number of threads.
 *
 * Where items come slowly, one may not wait for the next before it is handed
 * over: with AT_ONCE a worker hands over what is done, one at a time and in
 * order, while the caller's thread fetches.
 */
#ifndef UNPHI_BASE_INORDER_H
#define UNPHI_BASE_INORDER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define INORDER_THREADS_MAX 256u

struct inorder {
	/* Fills SLOT: 1 an item, 0 there are no more, -1 with E filled. */
	int (*fetch)(void *arg, void *slot, struct err *e);
	/*
	 * In another thread, on SLOT and what belongs to that thread, whose
	 * number, from 0, is WORKER: 0, or -1 with E filled.
	 */
	int (*work)(void *slot, unsigned worker, struct err *e);
	/* In the order of fetch: 0, or -1 with E filled. */
	int (*hand)(void *arg, void *slot, struct err *e);
	void *arg;
	bool at_once;	/* hand shares nothing with fetch that changes */
};

/*
 * Runs it with THREADS workers (1 to INORDER_THREADS_MAX; of 1 none is started,
 * but AT_ONCE) over N slots, at least 1. The first failure in order of the items ends the
 * run: nothing that came later is handed over. Returns 0, or -1 with E filled.
 */
int inorder_run(const struct inorder *o, unsigned threads, void *slots[],
    size_t n, struct err *e);

#endif
