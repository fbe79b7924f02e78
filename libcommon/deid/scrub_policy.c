/* scrub_policy: a site's policy comes before the profile; see work.h. */
#include "deid/work.h"

#include <stdio.h>
#include <string.h>

#include "deid/private.h"

static bool
is_empty(const struct element *el)
{
	return el->len == 0 && el->disk == 0 && el->nitems == 0;
}

/* ---- what the policy does to the claims of the profile */

static bool
is_date(const struct element *el)
{
	return strcmp(el->vr, "DA") == 0 || strcmp(el->vr, "DT") == 0 ||
	    strcmp(el->vr, "TM") == 0;
}

/* Does the profile keep no more of the value than the policy does? */
static bool
is_weaker(enum policy_action a, const struct profile_verdict *v)
{
	if (!policy_lets_through(a) || v->action == ACTION_KEEP)
		return false;
	/* Words are cleaned beyond what the standard asks for. */
	if (a == POLICY_KEEP)
		return v->rule == NULL || strcmp(v->rule, "words") != 0;
	return v->action <= ACTION_UID;
}

static void
note_claims(struct work *w, const struct element *el, enum policy_action a,
    const struct profile_verdict *v)
{
	/* Whether a sequence that is opened stays, scrub_close knows. */
	if (is_empty(el) || a == POLICY_OPEN)
		return;
	w->weakened |= is_weaker(a, v);
	if (!is_date(el) || !policy_lets_through(a))
		return;
	w->dates_moved |= a == POLICY_KEEP ? v->action != ACTION_KEEP :
	    v->action != ACTION_SHIFT;
	w->dates_shifted |= a == POLICY_SHIFT;
}

/* ---- actions that the profile does not have, or does in its own way */

static int
replace(struct work *w, struct item *set, struct element *el,
    const struct policy_verdict *pv, struct err *e)
{
	const char *text;
	size_t len;
	int got;

	if (pv->action == POLICY_EMPTY)
		return element_set(w->o, el, "", 0, e);
	if (pv->action == POLICY_REPLACE) {
		got = scrub_set_utf8(w, set, el, pv->value, pv->len, e);
		return got > 0 ? err_set(e, "its character set cannot hold what line "
		    "%u of the policy puts into (%04X,%04X)", pv->line,
		    el->tag >> 16, el->tag & 0xffff) : got;
	}
	text = element_text(el, &len);
	if (pv->action == POLICY_DUMMY || (text == NULL && (el->len > 0 ||
	    el->disk != 0)))	/* what cannot be read is not let through */
		return scrub_dummy(w, el, e);
	if (text == NULL)
		return 0;
	if (pv->action == POLICY_HASH)
		return scrub_hash(w, set, el, e);
	buf_clear(&w->value);
	return round_values(&pv->rounding, el->vr, text, len, &w->value, e) < 0 ?
	    -1 : element_set(w->o, el, w->value.len > 0 ? w->value.data : "",
	    w->value.len, e);
}

static bool
is_replaced(const struct element *el, enum policy_action a)
{
	return a == POLICY_EMPTY || a == POLICY_REPLACE || a == POLICY_HASH ||
	    a == POLICY_ROUND || (a == POLICY_DUMMY && strcmp(el->vr, "SQ") != 0);
}

/* ---- an element */

static bool
is_creator(uint32_t tag)
{
	return (tag & 0x10000) != 0 && (tag & 0xffff) >= 0x10 &&
	    (tag & 0xffff) <= 0xff;
}

/* What the profile has a word for, too. */
static struct profile_verdict
as_profile(enum policy_action a, const char *rule)
{
	switch (a) {
	case POLICY_KEEP:
	case POLICY_OPEN:
		return (struct profile_verdict){ ACTION_KEEP, rule, ACTION_KEEP };
	case POLICY_DUMMY:
		return (struct profile_verdict){ ACTION_DUMMY, rule, ACTION_DUMMY };
	case POLICY_UID:
		return (struct profile_verdict){ ACTION_UID, rule, ACTION_UID };
	case POLICY_SHIFT:
		return (struct profile_verdict){ ACTION_SHIFT, rule, ACTION_DUMMY };
	case POLICY_CLEAN:
		return (struct profile_verdict){ ACTION_CLEAN, rule, ACTION_DUMMY };
	default:
		return (struct profile_verdict){ ACTION_REMOVE, rule, ACTION_REMOVE };
	}
}

/* Is what the profile says as good as what PV, of an element in CLOSED, does? */
static bool
leaves_it(const struct policy_verdict *pv, const struct profile_verdict *v,
    bool closed)
{
	switch (pv->action) {
	case POLICY_NONE:
		return true;
	case POLICY_OPEN:
		return !closed && (v->action == ACTION_KEEP ||
		    v->action == ACTION_CLEAN);
	case POLICY_EMPTY:
	case POLICY_DUMMY:
		/* No rule names it: of what its IOD demands the profile knows more. */
		return pv->closed && (v->action == ACTION_REMOVE ||
		    v->action == ACTION_EMPTY || v->action == ACTION_DUMMY);
	default:
		return false;
	}
}

/* The action on EL, of which the profile says *V; as scrub_by_policy. */
static int
act(struct work *w, struct item *set, struct element *el,
    const struct policy_verdict *pv, struct profile_verdict *v, struct err *e)
{
	bool kept = v->action == ACTION_KEEP;

	if (is_empty(el) && pv->action != POLICY_REPLACE &&
	    pv->action != POLICY_REMOVE && pv->action != POLICY_DUMMY)
		return 1;
	if (is_replaced(el, pv->action))
		return replace(w, set, el, pv, e) < 0 || scrub_log(w, el, w->rule,
		    policy_action_word(pv->action), e) < 0 ? -1 : 1;
	*v = as_profile(pv->action, w->rule);
	/* What nobody sees in a vendor's bytes, nobody can want: a name in a CSA header. */
	if (v->action == ACTION_KEEP && (el->tag & 0x10000) != 0 &&
	    private_by_vr(&w->profile, el).action == ACTION_SEARCH)
		*v = (struct profile_verdict){ ACTION_SEARCH, w->rule, ACTION_REMOVE };
	/* The log tells of what stays though the profile would not let it. */
	return v->action == ACTION_KEEP && !kept ?
	    scrub_log(w, el, w->rule, "keep", e) : 0;
}

int
scrub_by_policy(struct work *w, const struct place *p, struct element *el,
    struct profile_verdict *v, struct place *inner, struct err *e)
{
	struct policy_verdict pv;
	size_t len;

	inner->opened = 0;
	if (is_creator(el->tag)) {	/* private_settle has the last word */
		*v = private_decide(&w->profile, w->o, p->set, el);
		return 0;
	}
	/* Whose block is nobody's, or whose creator tells of the patient, goes. */
	if ((el->tag & 0x10000) != 0 && item_creator(p->set, el->tag, &len) == NULL)
		return 0;
	pv = policy_decide(w->s->policy, p->set, el, p->closed);
	if (leaves_it(&pv, v, p->closed)) {
		inner->closed = pv.action == POLICY_OPEN ? p->closed : pv.closed;
		return 0;
	}
	w->named += !pv.closed && pv.action != POLICY_REMOVE;
	inner->named = w->named;
	inner->closed = pv.closed;
	inner->dummied = false;
	inner->opened = pv.action == POLICY_OPEN ? pv.line : 0;
	snprintf(w->rule, sizeof w->rule, "policy:%u", pv.line);
	note_claims(w, el, pv.action, v);
	return act(w, p->set, el, &pv, v, e);
}

int
scrub_close(struct work *w, struct element *el, const struct place *inner,
    struct err *e)
{
	if (w->named != inner->named) {
		w->weakened = true;
		return 0;
	}
	el->gone = true;
	snprintf(w->rule, sizeof w->rule, "policy:%u", inner->opened);
	return scrub_log(w, el, w->rule, "remove", e);
}
