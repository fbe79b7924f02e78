/* inorder: parallel work, handed over in order; see inorder.h. */
#include "base/inorder.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

struct place {
	bool done;
	int got;
	struct err e;
};

/* Items are numbered from 0; number I lies in slot I % n. */
struct run {
	const struct inorder *o;
	void **slots;
	struct place *places;
	size_t n;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	size_t fetched, taken, handed;	/* how many */
	unsigned workers;	/* that have taken their number */
	bool closed;
	bool handing;	/* AT_ONCE: a worker is about it */
	bool failed;	/* so did work or hand, and nothing is handed over any more */
	struct err e;	/* why */
};

static int
hand_over(struct run *r, size_t i, struct err *e)
{
	struct place *p = &r->places[i];

	if (p->got < 0) {
		*e = p->e;
		return -1;
	}
	return r->o->hand(r->o->arg, r->slots[i], e);
}

/* AT_ONCE: hands over all that is done and next in order. The lock is held, but for the while of each. */
static void
hand_done(struct run *r)
{
	if (r->handing)
		return;
	r->handing = true;
	while (!r->failed && r->handed < r->fetched && r->places[r->handed % r->n].done) {
		bool bad;

		pthread_mutex_unlock(&r->lock);
		bad = hand_over(r, r->handed % r->n, &r->e) < 0;
		pthread_mutex_lock(&r->lock);
		r->failed = bad;
		r->handed++;
		pthread_cond_broadcast(&r->changed);
	}
	r->handing = false;
}

static void *
work_all(void *arg)
{
	struct run *r = arg;
	struct place *p;
	unsigned worker;
	size_t i;

	pthread_mutex_lock(&r->lock);
	worker = r->workers++;
	for (;;) {
		while (r->taken == r->fetched && !r->closed)
			pthread_cond_wait(&r->changed, &r->lock);
		if (r->taken == r->fetched)
			break;
		i = r->taken++ % r->n;
		p = &r->places[i];
		pthread_mutex_unlock(&r->lock);
		p->got = r->o->work(r->slots[i], worker, &p->e);
		pthread_mutex_lock(&r->lock);
		p->done = true;
		if (r->o->at_once)
			hand_done(r);
		pthread_cond_broadcast(&r->changed);
	}
	pthread_mutex_unlock(&r->lock);
	return NULL;
}

/* Hands over the next items in order, or waits while workers do, until COUNT ever were. */
static int
hand_until(struct run *r, size_t count, struct err *e)
{
	bool failed = false;

	pthread_mutex_lock(&r->lock);
	while (!failed && !r->failed && r->handed < count) {
		if (r->o->at_once || !r->places[r->handed % r->n].done) {
			pthread_cond_wait(&r->changed, &r->lock);
			continue;
		}
		pthread_mutex_unlock(&r->lock);
		failed = hand_over(r, r->handed++ % r->n, e) < 0;
		pthread_mutex_lock(&r->lock);
	}
	if (r->failed)
		*e = r->e;
	failed |= r->failed;
	pthread_mutex_unlock(&r->lock);
	return failed ? -1 : 0;
}

static int
feed(struct run *r, struct err *e)
{
	struct err earlier;
	int got;

	for (;;) {
		if (hand_until(r, r->fetched < r->n ? 0 : r->fetched - r->n + 1, e) < 0)
			return -1;
		got = r->o->fetch(r->o->arg, r->slots[r->fetched % r->n], e);
		if (got <= 0)
			break;
		pthread_mutex_lock(&r->lock);
		r->places[r->fetched++ % r->n].done = false;
		pthread_cond_broadcast(&r->changed);
		pthread_mutex_unlock(&r->lock);
	}
	/* What was fetched before a failure comes first. */
	if (hand_until(r, r->fetched, &earlier) < 0) {
		*e = earlier;
		return -1;
	}
	return got;
}

static int
run_alone(const struct inorder *o, void *slot, struct err *e)
{
	int got;

	while ((got = o->fetch(o->arg, slot, e)) > 0)
		if (o->work(slot, 0, e) < 0 || o->hand(o->arg, slot, e) < 0)
			return -1;
	return got;
}

int
inorder_run(const struct inorder *o, unsigned threads, void *slots[], size_t n,
    struct err *e)
{
	struct run r = { .o = o, .slots = slots, .n = n };
	pthread_t workers[INORDER_THREADS_MAX];
	unsigned started = 0;
	int got = -1;

	if (threads <= 1 && !o->at_once)
		return run_alone(o, slots[0], e);
	if (threads > INORDER_THREADS_MAX)
		threads = INORDER_THREADS_MAX;
	if ((r.places = calloc(n, sizeof *r.places)) == NULL)
		return err_set(e, "out of memory");
	pthread_mutex_init(&r.lock, NULL);
	pthread_cond_init(&r.changed, NULL);
	while (started < threads && pthread_create(&workers[started], NULL, work_all,
	    &r) == 0)
		started++;
	if (started == 0)
		err_set(e, "cannot start a thread");
	else
		got = feed(&r, e);
	pthread_mutex_lock(&r.lock);
	r.closed = true;
	r.taken = r.fetched;	/* of no use to anybody after a failure */
	pthread_cond_broadcast(&r.changed);
	pthread_mutex_unlock(&r.lock);
	while (started > 0)
		pthread_join(workers[--started], NULL);
	pthread_cond_destroy(&r.changed);
	pthread_mutex_destroy(&r.lock);
	free(r.places);
	return got;
}
