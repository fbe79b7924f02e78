/* policy_condition: what must hold in a file for a rule; see policy_internal.h. */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "deid/policy_internal.h"
#include "dicom/dictionary.h"
#include "dicom/vr.h"

void
policy_free_condition(struct condition *c)
{
	while (c->n > 0) {
		c->n--;
		policy_free_part(&c->terms[c->n].what);
		free(c->terms[c->n].value);
		pcre2_code_free(c->terms[c->n].regex);
	}
}

static int
take_attribute(struct line *l, struct term *t)
{
	const struct dictionary_entry *d;
	const char *word;
	size_t len;
	int got;

	word = policy_word(l, "=!~", &len);
	if (len == 0)
		return POLICY_BAD(l, "a condition wants an attribute");
	if ((got = policy_take_part(l, word, len, &t->what)) != 0)
		return got;
	if (t->what.kind == PART_PRIVATE)
		return (t->what.mask == 0xffff00ff && !policy_is_glob(t->what.text)) ? 0 :
		    POLICY_BAD(l, "a condition wants one attribute, not several");
	if (t->what.kind != PART_TAG || t->what.mask != 0xffffffff)
		return POLICY_BAD(l, "a condition wants one attribute, not several");
	if (t->what.tag >> 16 < 8 && t->what.tag >> 16 != 4)
		return POLICY_BAD(l, "group %04X is in no data set", t->what.tag >> 16);
	if ((d = dictionary_find(t->what.tag)) != NULL) {
		memcpy(t->vr, d->vr, sizeof t->vr);
		t->single = strcmp(d->vm, "1") == 0;
	}
	return 0;
}

static int
take_regex(struct line *l, struct term *t)
{
	PCRE2_UCHAR why[100];
	PCRE2_SIZE at;
	int code;

	t->regex = pcre2_compile((PCRE2_SPTR)t->value, t->len, PCRE2_UTF, &code, &at,
	    NULL);
	if (t->regex != NULL)
		return 0;
	pcre2_get_error_message(code, why, sizeof why);
	return POLICY_BAD(l, "the pattern is wrong at character %zu: %s", (size_t)at + 1,
	    (char *)why);
}

/* A SOP Class may be named. */
static int
name_to_uid(struct line *l, struct term *t)
{
	const char *found;
	char *uid;

	if (strspn(t->value, "0123456789.") == t->len)
		return 0;
	if ((found = policy_sop_class(t->value)) == NULL)
		return POLICY_BAD(l, "\"%.*s\" is no UID, and no SOP Class of PS3.6",
		    POLICY_SHOWN(t->value, t->len));
	if ((uid = strdup(found)) == NULL)
		return err_set(l->e, "out of memory");
	free(t->value);
	t->value = uid;
	t->len = strlen(uid);
	return 0;
}

bool
policy_vr_is_in(const char vr[3], const char *list)
{
	return vr[0] != '\0' && strstr(list, vr) != NULL;
}

/* What VALUE must be so that the comparison can ever hold. */
static int
check_comparison(struct line *l, struct term *t)
{
	const char *fault;
	int got;

	if (policy_vr_is_in(t->vr, "SQ OB OD OF OL OV OW UN AT"))
		return POLICY_BAD(l, "an attribute of VR %s can be tested by exists and "
		    "absent alone", t->vr);
	if (t->test == TERM_MATCH)
		return policy_vr_is_in(t->vr, "US SS UL SL FL FD SV UV") ?
		    POLICY_BAD(l, "an attribute of VR %s has no text for a pattern", t->vr) :
		    take_regex(l, t);
	if (t->len == 0)
		return POLICY_BAD(l, "no value is empty; say absent");
	if (strcmp(t->vr, "UI") == 0 && (got = name_to_uid(l, t)) != 0)
		return got;
	if (t->vr[0] == '\0')
		return 0;
	if (!policy_vr_is_in(t->vr, "LT ST UT UR") && strchr(t->value, '\\') != NULL)
		return POLICY_BAD(l, "values are compared one by one; no value has a "
		    "backslash");
	fault = vr_fault(vr_is_binary(t->vr) ? "DS" : t->vr, t->value, t->len);
	return fault == NULL ? 0 :
	    POLICY_BAD(l, "the comparison can never hold: a value of VR %s %s", t->vr, fault);
}

/* A value, in quotes or one word. */
static int
take_value(struct line *l, struct term *t)
{
	const char *word;
	size_t len;

	if (policy_at_end(l))
		return POLICY_BAD(l, "a condition wants a value");
	if (*l->at == '"')
		return policy_quoted(l, &t->value, &t->len);
	word = policy_word(l, "", &len);
	if ((t->value = strndup(word, len)) == NULL)
		return err_set(l->e, "out of memory");
	t->len = len;
	return 0;
}

static int
take_term(struct line *l, struct term *t)
{
	const char *word;
	size_t len;
	int got;

	if ((got = take_attribute(l, t)) != 0)
		return got;
	if (policy_at_end(l))
		return POLICY_BAD(l, "a condition wants =, !=, ~, !~, exists or absent");
	t->negated = *l->at == '!';
	if (t->negated)
		l->at++;
	if (l->at < l->end && (*l->at == '=' || *l->at == '~')) {
		t->test = *l->at++ == '=' ? TERM_EQUAL : TERM_MATCH;
		if ((got = take_value(l, t)) != 0)
			return got;
		return check_comparison(l, t);
	}
	word = policy_word(l, "", &len);
	t->test = TERM_EXISTS;
	if (t->negated || (!policy_is_word(word, len, "exists") &&
	    !policy_is_word(word, len, "absent")))
		return POLICY_BAD(l, "a condition wants =, !=, ~, !~, exists or absent");
	t->negated = policy_is_word(word, len, "absent");
	return 0;
}

static int
take_terms(struct line *l, struct condition *c)
{
	const char *word;
	size_t len;
	int got;

	for (;;) {
		if (c->n == POLICY_TERMS_MAX)
			return POLICY_BAD(l, "more than %d conditions", POLICY_TERMS_MAX);
		if ((got = take_term(l, &c->terms[c->n++])) != 0)
			return got;
		word = policy_word(l, "", &len);
		if (len == 0)
			return 0;
		if (!policy_is_word(word, len, "and"))
			return POLICY_BAD(l, "\"%.*s\" follows the condition",
			    POLICY_SHOWN(word, len));
	}
}

bool
policy_same_term(const struct term *a, const struct term *b)
{
	return a->test == b->test && a->negated == b->negated &&
	    a->what.kind == b->what.kind && a->what.tag == b->what.tag &&
	    a->len == b->len &&
	    (a->len == 0 || memcmp(a->value, b->value, a->len) == 0) &&
	    (a->what.kind != PART_PRIVATE ||
	    strcmp(a->what.text, b->what.text) == 0);
}

/* The index of the condition, which is P's then; one that is there already serves. */
static int
add_condition(struct line *l, struct condition *c, size_t *out)
{
	struct policy *p = l->p;
	size_t i, k;

	for (i = 0; i < p->nconditions; i++) {
		for (k = 0; k < c->n && c->n == p->conditions[i].n; k++)
			if (!policy_same_term(&c->terms[k], &p->conditions[i].terms[k]))
				break;
		if (k == c->n) {
			*out = i;
			policy_free_condition(c);
			return 0;
		}
	}
	if (array_grow(&p->conditions, p->nconditions, &p->conditions_cap, sizeof *c,
	    l->e) < 0) {
		policy_free_condition(c);
		return -1;
	}
	p->conditions[p->nconditions] = *c;
	*out = p->nconditions++;
	return 0;
}

int
policy_take_condition(struct line *l, size_t *out)
{
	struct condition c = { 0 };
	int got = take_terms(l, &c);

	if (got == 0)
		return add_condition(l, &c, out);
	policy_free_condition(&c);
	return got;
}
