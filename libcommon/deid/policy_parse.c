/* policy_parse: lines made rules, each judged on its own; see policy_internal.h. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "deid/policy_internal.h"
#include "dicom/dictionary.h"
#include "dicom/vr.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct {
	const char *word;
	enum policy_action action;
} actions[] = {
	{ "profile", POLICY_NONE }, { "keep", POLICY_KEEP },
	{ "remove", POLICY_REMOVE }, { "empty", POLICY_EMPTY },
	{ "dummy", POLICY_DUMMY }, { "replace", POLICY_REPLACE },
	{ "hash", POLICY_HASH }, { "uid", POLICY_UID },
	{ "shift", POLICY_SHIFT }, { "clean", POLICY_CLEAN },
	{ "round", POLICY_ROUND },
};

const char *
policy_action_word(enum policy_action a)
{
	size_t i;

	for (i = 0; i < COUNT(actions); i++)
		if (actions[i].action == a)
			return actions[i].word;
	return "keep";	/* POLICY_OPEN */
}

int
policy_say(struct policy *p, unsigned line, enum policy_level level,
    struct err *e, const char *fmt, ...)
{
	struct policy_finding *f;
	va_list ap;

	if (p->nfindings >= POLICY_FINDINGS_MAX)
		return 0;
	if (array_grow(&p->findings, p->nfindings, &p->findings_cap, sizeof *f,
	    e) < 0)
		return -1;
	f = &p->findings[p->nfindings++];
	f->line = line;
	f->level = level;
	va_start(ap, fmt);
	vsnprintf(f->text, sizeof f->text, fmt, ap);
	va_end(ap);
	if (p->nfindings == POLICY_FINDINGS_MAX) {
		f->level = POLICY_ERROR;
		snprintf(f->text, sizeof f->text,
		    "too many findings; later ones are not shown");
	}
	return 0;
}

/* ---- words */

bool
policy_is_space(char c)
{
	return c == ' ' || c == '\t';
}

bool
policy_at_end(struct line *l)
{
	while (l->at < l->end && policy_is_space(*l->at))
		l->at++;
	return l->at == l->end || *l->at == '#';
}

/*
 * The next word, to a space that no quotes and no parentheses hold, or to one of
 * the characters STOP. *LEN 0: there is none.
 */
const char *
policy_word(struct line *l, const char *stop, size_t *len)
{
	bool quoted = false, inside = false;
	const char *from;

	*len = 0;
	if (policy_at_end(l))
		return l->at;
	for (from = l->at; l->at < l->end; l->at++) {
		if (*l->at == '"')
			quoted = !quoted;
		else if (quoted)
			continue;
		else if (*l->at == '(')
			inside = true;
		else if (*l->at == ')')
			inside = false;
		else if (!inside && (policy_is_space(*l->at) || strchr(stop, *l->at)))
			break;
	}
	*len = (size_t)(l->at - from);
	return from;
}

bool
policy_is_word(const char *word, size_t len, const char *want)
{
	return strlen(want) == len && memcmp(word, want, len) == 0;
}

/* The string in quotes, in which \" stands for one; *OUT is to be freed. */
int
policy_quoted(struct line *l, char **out, size_t *len)
{
	char *copy;
	size_t n = 0;

	if (policy_at_end(l) || *l->at != '"')
		return POLICY_BAD(l, "a value in double quotes is wanted");
	if ((copy = malloc((size_t)(l->end - l->at))) == NULL)
		return err_set(l->e, "out of memory");
	for (l->at++; l->at < l->end && *l->at != '"'; l->at++) {
		if (*l->at == '\\' && l->at + 1 < l->end && l->at[1] == '"')
			l->at++;
		copy[n++] = *l->at;
	}
	copy[n] = '\0';
	if (l->at == l->end) {
		free(copy);
		return POLICY_BAD(l, "a quote is not closed");
	}
	l->at++;
	*out = copy;
	*len = n;
	return 0;
}

/* ---- actions */

static int
take_rounding(struct line *l, struct rounding *out)
{
	const char *word;
	char text[32], *end;
	size_t len;

	word = policy_word(l, "", &len);
	*out = (struct rounding){ ROUND_STEP, 1 };
	if (policy_is_word(word, len, "year"))
		out->unit = ROUND_YEAR;
	else if (policy_is_word(word, len, "month"))
		out->unit = ROUND_MONTH;
	else {
		snprintf(text, sizeof text, "%.*s", (int)(len < 31 ? len : 31), word);
		out->step = strtod(text, &end);
		if (len == 0 || len > 31 || *end != '\0' ||
		    strspn(text, "0123456789.") != len ||
		    !(out->step >= ROUND_STEP_MIN && out->step <= ROUND_STEP_MAX))
			return POLICY_BAD(l, "round wants year, month or a step");
	}
	return 0;
}

static int
take_action(struct line *l, struct rule *r)
{
	const char *word;
	size_t len, i;

	word = policy_word(l, "", &len);
	for (i = 0; i < COUNT(actions); i++)
		if (policy_is_word(word, len, actions[i].word))
			break;
	if (len == 0)
		return POLICY_BAD(l, "an action is missing");
	if (i == COUNT(actions))
		return POLICY_BAD(l, "\"%.*s\" is no action", POLICY_SHOWN(word, len));
	r->action = actions[i].action;
	if (r->is_default && r->action != POLICY_NONE &&
	    r->action != POLICY_REMOVE)
		return POLICY_BAD(l, "default is remove or profile");
	if (r->action == POLICY_REPLACE)
		return policy_quoted(l, &r->value, &r->len);
	if (r->action == POLICY_ROUND)
		return take_rounding(l, &r->rounding);
	return 0;
}

/* ---- one rule on its own */

bool
policy_is_protected(uint32_t tag)
{
	static const uint32_t list[] = {
		0x00080005,	/* Specific Character Set */
		0x00080016,	/* SOP Class UID */
		0x00120062, 0x00120063, 0x00120064, 0x00280303,	/* our marks */
		/* What PS3.3 C.7.6.3 reads pixels by. */
		0x00280002, 0x00280004, 0x00280006, 0x00280008, 0x00280010,
		0x00280011, 0x00280100, 0x00280101, 0x00280102, 0x00280103,
		0x00420011,	/* Encapsulated Document: not by a rule */
		0x04000500,	/* Encrypted Attributes: not by a rule */
		0x4ffe0001, 0xfffafffa,	/* signatures, of what was */
		0xfffcfffc,	/* trailing padding */
	};
	uint32_t group = tag >> 16, el = tag & 0xffff;
	size_t i;

	for (i = 0; i < COUNT(list); i++)
		if (list[i] == tag)
			return true;
	return group < 8 || group == 0x7fe0 || group == 0xfffe || el == 0 ||
	    ((group & 1) != 0 && el <= 0xff);
}

bool
policy_fits(const struct rule *r, uint32_t tag, const char *vr)
{
	switch (r->action) {
	case POLICY_NONE:
	case POLICY_KEEP:
		return true;
	case POLICY_REMOVE:
	case POLICY_EMPTY:
	case POLICY_DUMMY:
		/* What the object is found by is replaced, not taken away. */
		return tag != 0x00080018 && tag != 0x0020000d && tag != 0x0020000e;
	case POLICY_REPLACE:
		return tag != 0x00080018 && tag != 0x0020000d &&
		    tag != 0x0020000e && vr_fault(vr, r->value, r->len) == NULL;
	case POLICY_HASH:
		return policy_vr_is_in(vr, "AE CS LO LT PN SH ST UC UT");
	case POLICY_UID:
		return strcmp(vr, "UI") == 0;
	case POLICY_SHIFT:
		return policy_vr_is_in(vr, "DA DT TM");
	case POLICY_CLEAN:
		return policy_vr_is_in(vr, "LO LT SH ST UC UT");
	case POLICY_ROUND:
		return round_fits(&r->rounding, vr);
	default:
		return false;
	}
}

bool
policy_lets_through(enum policy_action a)
{
	return a == POLICY_KEEP || a == POLICY_SHIFT || a == POLICY_CLEAN ||
	    a == POLICY_ROUND || a == POLICY_OPEN;
}

/* The rule's action on an attribute whose VR, and tag or 0, the line tells. */
static int
check_action(struct line *l, const struct rule *r, uint32_t tag, const char *vr)
{
	if (policy_fits(r, tag, vr))
		return 0;
	if (r->action == POLICY_REPLACE && !vr_is_binary(vr) &&
	    vr_fault(vr, r->value, r->len) != NULL)
		return POLICY_BAD(l, "the value is none of VR %s: it %s", vr,
		    vr_fault(vr, r->value, r->len));
	if (tag == 0x00080018 || tag == 0x0020000d || tag == 0x0020000e)
		return POLICY_BAD(l, "what the object is found by can be kept or replaced "
		    "by uid alone");
	return POLICY_BAD(l, "%s is not for VR %s", policy_action_word(r->action), vr);
}

static int
check_tag(struct line *l, const struct rule *r, const struct part *part)
{
	const struct dictionary_entry *d;
	uint32_t group = part->tag >> 16;
	bool whole = part->mask == 0xffffffff;

	if ((part->mask >> 16) == 0xffff && group < 8)
		return POLICY_BAD(l, "group %04X is no part of what is given away; no rule "
		    "is for it", group);
	if (whole && policy_is_protected(part->tag))
		return POLICY_BAD(l, "(%04X,%04X) is not for a policy to decide", group,
		    part->tag & 0xffff);
	if ((part->mask >> 16 & 1) != 0 && (group & 1) != 0)
		return policy_lets_through(r->action) && policy_say(l->p, l->number,
		    POLICY_WARNING, l->e, "whose private element that is depends on "
		    "the file; say (%04X,\"creator\",ee)", group) < 0 ? -1 : 0;
	if (!whole)
		return 0;
	if ((d = dictionary_find(part->tag)) == NULL)
		return policy_say(l->p, l->number, POLICY_WARNING, l->e,
		    "(%04X,%04X) is no attribute of PS3.6", group,
		    part->tag & 0xffff);
	return check_action(l, r, part->tag, d->vr);
}

static int
check_rule(struct line *l, const struct rule *r)
{
	const struct dictionary_entry *d;
	const struct part *last;

	if (r->is_default)
		return 0;
	last = &r->selector.parts[r->selector.n - 1];
	if (last->kind == PART_TAG)
		return check_tag(l, r, last);
	if (last->kind == PART_VR)
		return check_action(l, r, 0, last->vr);
	if (last->kind == PART_KEYWORD && (d = dictionary_keyword(last->text)) != NULL)
		return check_action(l, r, 0, d->vr);
	return 0;
}

/* ---- the file */

static void
free_rule(struct rule *r)
{
	policy_free_selector(&r->selector);
	free(r->value);
}

static int
take_rule(struct line *l, struct rule *r)
{
	const char *word;
	size_t len;
	int got;

	r->line = l->number;
	r->condition = NO_CONDITION;
	word = policy_word(l, "", &len);
	r->is_default = policy_is_word(word, len, "default");
	if (!r->is_default &&
	    (got = policy_take_selector(l, word, len, &r->selector)) != 0)
		return got;
	if ((got = take_action(l, r)) != 0)
		return got;
	word = policy_word(l, "", &len);
	if (len > 0) {
		if (!policy_is_word(word, len, "if"))
			return POLICY_BAD(l, "\"%.*s\" follows the action",
			    POLICY_SHOWN(word, len));
		if ((got = policy_take_condition(l, &r->condition)) != 0)
			return got;
	}
	return check_rule(l, r);
}

static int
take_line(struct line *l)
{
	struct policy *p = l->p;
	struct rule r = { 0 };
	const char *c;
	int got;

	for (c = l->at; c < l->end; c++)
		if (((unsigned char)*c < ' ' && *c != '\t') || *c == 0x7f)
			return POLICY_BAD(l, "a control character");
	if (policy_at_end(l))
		return 0;
	got = take_rule(l, &r);
	if (got == 0 && p->nrules == POLICY_RULES_MAX)
		got = POLICY_BAD(l, "more than %d rules", POLICY_RULES_MAX);
	if (got == 0)
		got = array_grow(&p->rules, p->nrules, &p->rules_cap, sizeof r, l->e);
	if (got != 0) {
		free_rule(&r);
		return got;
	}
	p->rules[p->nrules++] = r;
	p->has_paths |= r.selector.n > 2 ||
	    (r.selector.n == 2 && r.selector.parts[0].kind != PART_DEEP);
	return 0;
}

int
policy_parse(struct policy *p, const char *text, size_t len, struct err *e)
{
	const char *end = text + len, *stop;
	struct line l = { .p = p, .e = e };

	for (; text < end; text = stop + 1) {
		if ((stop = memchr(text, '\n', (size_t)(end - text))) == NULL)
			stop = end;
		l.number++;
		l.at = text;
		l.end = stop > text && stop[-1] == '\r' ? stop - 1 : stop;
		if (take_line(&l) < 0)
			return -1;
	}
	return 0;
}

void
policy_close(struct policy *p)
{
	size_t i;

	if (p == NULL)
		return;
	for (i = 0; i < p->nrules; i++)
		free_rule(&p->rules[i]);
	for (i = 0; i < p->nconditions; i++)
		policy_free_condition(&p->conditions[i]);
	free(p->rules);
	free(p->conditions);
	free(p->findings);
	free(p->memos);
	free(p->candidates);
	pcre2_match_data_free(p->match);
	pcre2_match_context_free(p->limits);
	buf_free(&p->decoded);
	free(p);
}
