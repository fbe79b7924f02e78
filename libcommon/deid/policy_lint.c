/* policy_lint: rules judged beside each other, and beside the profile. */
#include <string.h>

#include "deid/policy_internal.h"
#include "deid/profile.h"
#include "dicom/dictionary.h"
#include "dicom/vr.h"

/* ---- does one selector name all that another one does? */

static bool
is_ambiguous(const char vr[3])
{
	return vr[0] == '\0' || strstr("US SS OB OW UN", vr) != NULL;
}

/* Under MASK_A a tag of A is every tag of B. */
static bool
tag_covers(const struct part *a, const struct part *b)
{
	return (a->mask & b->mask) == a->mask && (b->tag & a->mask) == a->tag;
}

static bool
tag_part_covers(const struct part *a, const struct part *b)
{
	const struct dictionary_entry *d;

	if (b->kind == PART_PRIVATE)
		return tag_covers(a, b) && !a->even && (a->mask & 0xff00) == 0;
	if (b->kind == PART_KEYWORD)
		return (d = dictionary_keyword(b->text)) != NULL &&
		    a->even && (d->tag & a->mask) == a->tag &&
		    (a->mask & 0x00ff0000) == 0;
	return b->kind == PART_TAG && tag_covers(a, b) &&
	    (!a->even || b->even || ((b->mask >> 16 & 1) != 0 &&
	    (b->tag >> 16 & 1) == 0));
}

static bool
part_covers(const struct part *a, const struct part *b)
{
	const struct dictionary_entry *d;

	switch (a->kind) {
	case PART_ANY:
		return b->kind != PART_DEEP;
	case PART_DEEP:
		return true;
	case PART_TAG:
		return tag_part_covers(a, b);
	case PART_KEYWORD:
		if (b->kind == PART_KEYWORD)
			return policy_glob(a->text, b->text, strlen(b->text));
		return b->kind == PART_TAG && b->mask == 0xffffffff &&
		    policy_part_names(a, b->tag, "");
	case PART_VR:
		if (b->kind == PART_VR)
			return strcmp(a->vr, b->vr) == 0;
		d = b->kind == PART_TAG && b->mask == 0xffffffff ?
		    dictionary_find(b->tag) : NULL;
		return d != NULL && !is_ambiguous(d->vr) && strcmp(a->vr, d->vr) == 0;
	case PART_PRIVATE:
		return b->kind == PART_PRIVATE && tag_covers(a, b) &&
		    policy_glob(a->text, b->text, strlen(b->text));
	}
	return false;
}

/* As a glob that is matched with another glob, ** being the star. */
static bool
selector_covers(const struct selector *a, const struct selector *b)
{
	size_t i = 0, k = 0, star = SIZE_MAX, from = 0;

	while (k < b->n) {
		if (i < a->n && a->parts[i].kind == PART_DEEP) {
			star = ++i;
			from = k;
		} else if (i < a->n && b->parts[k].kind != PART_DEEP &&
		    part_covers(&a->parts[i], &b->parts[k])) {
			i++;
			k++;
		} else if (star != SIZE_MAX) {
			i = star;
			k = ++from;
		} else {
			return false;
		}
	}
	while (i < a->n && a->parts[i].kind == PART_DEEP)
		i++;
	return i == a->n;
}

static bool
term_is_in(const struct term *t, const struct condition *c)
{
	size_t i;

	for (i = 0; i < c->n; i++)
		if (policy_same_term(t, &c->terms[i]))
			return true;
	return false;
}

/* Does A hold in every file in which B does? */
static bool
condition_covers(const struct policy *p, size_t a, size_t b)
{
	size_t i;

	if (a == NO_CONDITION || a == b)
		return true;
	if (b == NO_CONDITION)
		return false;
	for (i = 0; i < p->conditions[a].n; i++)
		if (!term_is_in(&p->conditions[a].terms[i], &p->conditions[b]))
			return false;
	return true;
}

/* Can A be carried out on all VRs on which B can? */
static bool
action_covers(const struct rule *a, const struct rule *b)
{
	const struct dictionary_entry *d = NULL;
	const struct part *last;

	if (b->is_default || a->action <= POLICY_KEEP || a->action == b->action)
		return a->action != POLICY_ROUND && a->action != POLICY_REPLACE;
	last = &b->selector.parts[b->selector.n - 1];
	if (last->kind == PART_VR)
		return policy_fits(a, 0, last->vr);
	if (last->kind == PART_TAG && last->mask == 0xffffffff)
		d = dictionary_find(last->tag);
	if (d != NULL && !is_ambiguous(d->vr))
		return policy_fits(a, last->tag, d->vr);
	/* The UIDs that find an object are not taken away: a line for them stays. */
	return a->action == POLICY_REMOVE || a->action == POLICY_EMPTY ||
	    a->action == POLICY_DUMMY;
}

static bool
same_selector(const struct rule *a, const struct rule *b)
{
	return selector_covers(&a->selector, &b->selector) &&
	    selector_covers(&b->selector, &a->selector);
}

static bool
same_action(const struct rule *a, const struct rule *b)
{
	return a->action == b->action && a->len == b->len &&
	    (a->len == 0 || memcmp(a->value, b->value, a->len) == 0) &&
	    a->rounding.unit == b->rounding.unit &&
	    a->rounding.step == b->rounding.step;
}

/* What a LATER line makes of R. */
static int
judge_pair(struct policy *p, const struct rule *r, const struct rule *later,
    bool *done, struct err *e)
{
	if (r->is_default != later->is_default ||
	    !condition_covers(p, later->condition, r->condition) ||
	    !selector_covers(&later->selector, &r->selector))
		return 0;
	if (same_selector(r, later) && r->condition == later->condition) {
		*done = true;
		return same_action(r, later) ?
		    policy_say(p, r->line, POLICY_WARNING, e,
		    "line %u says the same again", later->line) :
		    policy_say(p, r->line, POLICY_ERROR, e,
		    "line %u says something else of the same elements",
		    later->line);
	}
	if (!action_covers(later, r))
		return 0;
	*done = true;
	return policy_say(p, r->line, POLICY_WARNING, e,
	    "never applies: line %u comes later and names as much or more",
	    later->line);
}

static int
judge_pairs(struct policy *p, struct err *e)
{
	size_t i, k;
	bool done;

	for (i = 0; i < p->nrules; i++)
		for (done = false, k = i + 1; k < p->nrules && !done; k++)
			if (judge_pair(p, &p->rules[i], &p->rules[k], &done, e) < 0)
				return -1;
	return 0;
}

/* ---- conditions that can never hold */

/* Can A and B not both be true of one attribute? */
static bool
excludes(struct policy *p, const struct term *a, const struct term *b)
{
	bool same = a->len == b->len &&
	    (a->len == 0 || memcmp(a->value, b->value, a->len) == 0);

	if (a->test == b->test && a->negated != b->negated && same)
		return true;
	/* What has no value is equal to none, and is like none. */
	if (a->test == TERM_EXISTS && a->negated && b->test != TERM_EXISTS)
		return !b->negated;
	if (a->test != TERM_EQUAL || a->negated || !a->single)
		return false;
	if (b->test == TERM_EQUAL && !b->negated)
		return !policy_equal(b, a->vr, a->value, a->len);
	if (b->test == TERM_MATCH)
		return policy_search(p, b, a->value, a->len) == (b->negated ? 1 : 0);
	return false;
}

static bool
can_hold(struct policy *p, const struct condition *c)
{
	const struct term *a, *b;
	size_t i, k;

	for (i = 0; i < c->n; i++)
		for (k = 0; k < c->n; k++) {
			a = &c->terms[i];
			b = &c->terms[k];
			if (i != k && a->what.kind == b->what.kind &&
			    a->what.tag == b->what.tag &&
			    (a->what.kind != PART_PRIVATE ||
			    strcmp(a->what.text, b->what.text) == 0) &&
			    excludes(p, a, b))
				return false;
		}
	return true;
}

static int
judge_conditions(struct policy *p, struct err *e)
{
	const struct rule *r;
	size_t i;

	for (i = 0; i < p->nrules; i++) {
		r = &p->rules[i];
		if (r->condition != NO_CONDITION &&
		    !can_hold(p, &p->conditions[r->condition]) &&
		    policy_say(p, r->line, POLICY_ERROR, e,
		    "never applies: its conditions exclude each other") < 0)
			return -1;
	}
	return 0;
}

/* ---- what the Basic Profile would not let through */

static bool
basic_keeps(const struct dictionary_entry *d)
{
	struct profile basic = { .iod = IOD_UNKNOWN };

	return profile_decide(&basic, 0, d->tag, d->vr).action == ACTION_KEEP;
}

static int
judge_beside_profile(struct policy *p, const struct rule *r, struct err *e)
{
	const struct part *last = &r->selector.parts[r->selector.n - 1];
	const struct dictionary_entry *d, *first = NULL;
	unsigned n = 0;

	if (last->kind == PART_PRIVATE || ((last->kind == PART_TAG) &&
	    !last->even && (last->tag >> 16 & 1) != 0))
		return policy_say(p, r->line, POLICY_NOTE, e,
		    "lets private elements through, which the Basic Profile removes");
	for (d = dictionary_next(NULL); d != NULL; d = dictionary_next(d))
		if (policy_part_names(last, d->tag, d->vr) &&
		    !policy_is_protected(d->tag) &&
		    policy_fits(r, d->tag, d->vr) && !basic_keeps(d)) {
			n++;
			if (first == NULL)
				first = d;
		}
	if (n == 0)
		return 0;
	return policy_say(p, r->line, POLICY_NOTE, e, "lets through what the Basic "
	    "Profile does not: %s%s", first->keyword, n == 1 ? "" : " and others");
}

int
policy_lint(struct policy *p, struct err *e)
{
	size_t i;

	if (judge_pairs(p, e) < 0 || judge_conditions(p, e) < 0)
		return -1;
	for (i = 0; i < p->nrules; i++)
		if (!p->rules[i].is_default &&
		    policy_lets_through(p->rules[i].action) &&
		    judge_beside_profile(p, &p->rules[i], e) < 0)
			return -1;
	return 0;
}
