/* policy: what a site wants of attributes; see policy.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/utf8.h"
#include "deid/policy_internal.h"
#include "dicom/charset.h"
#include "dicom/dictionary.h"
#include "dicom/scan.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* A SOP Class of PS3.6, by the names that people write. */
struct sop_class {
	const char *keyword, *name, *uid;
};

/* In some IOD, TAG in the sequence PARENT is Type 1 or 2, perhaps on a condition. */
struct demand {
	uint32_t parent, tag;
	int type;
};

#include "deid/policy.inc"

enum {
	MEMO_SIZE = 1 << 14,	/* a power of two; tags that are remembered: half of it */
	MATCH_LIMIT = 100000,	/* steps of a pattern in one value */
	DEPTH_MAX = SCAN_NESTING_MAX + 1
};

const char *
policy_sop_class(const char *name)
{
	size_t i;

	for (i = 0; i < COUNT(sop_classes); i++)
		if (strcmp(sop_classes[i].keyword, name) == 0 ||
		    strcmp(sop_classes[i].name, name) == 0)
			return sop_classes[i].uid;
	return NULL;
}

/* ---- opening */

static int
read_all(const char *path, struct buf *b, struct err *e)
{
	bool is_stdin = strcmp(path, "-") == 0;
	FILE *f = is_stdin ? stdin : fopen(path, "rb");
	int got;

	if (f == NULL)
		return err_set(e, "%s", strerror(errno));
	got = buf_read(b, f, POLICY_BYTES_MAX, e);
	if (!is_stdin)
		fclose(f);
	if (got == 0 && b->len > 0 && (memchr(b->data, '\0', b->len) != NULL ||
	    !utf8_is_valid(b->data, b->len)))
		got = err_set(e, "is no UTF-8 text");
	return got;
}

static int
compare_findings(const void *a, const void *b)
{
	const struct policy_finding *x = a, *y = b;

	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	return x->level != y->level ? (x->level > y->level) - (x->level < y->level) :
	    strcmp(x->text, y->text);
}

int
policy_open(const char *path, struct policy **out, struct err *e)
{
	struct policy *p = calloc(1, sizeof *p);
	struct buf text = { 0 };
	int got = -1;

	if (p == NULL)
		return err_set(e, "out of memory");
	p->memos = calloc(MEMO_SIZE, sizeof *p->memos);
	p->match = pcre2_match_data_create(1, NULL);
	p->limits = pcre2_match_context_create(NULL);
	if (p->memos == NULL || p->match == NULL || p->limits == NULL) {
		err_set(e, "out of memory");
		goto out;
	}
	pcre2_set_match_limit(p->limits, MATCH_LIMIT);
	pcre2_set_depth_limit(p->limits, MATCH_LIMIT);
	if (read_all(path, &text, e) < 0 ||
	    policy_parse(p, text.data, text.len, e) < 0 || policy_lint(p, e) < 0)
		goto out;
	if (p->nfindings > 0)
		qsort(p->findings, p->nfindings, sizeof *p->findings,
		    compare_findings);
	*out = p;
	p = NULL;
	got = 0;
out:
	policy_close(p);
	buf_free(&text);
	return got;
}

const struct policy_finding *
policy_findings(const struct policy *p, size_t *n)
{
	*n = p->nfindings;
	return p->findings;
}

size_t
policy_count(const struct policy *p, enum policy_level level)
{
	size_t i, n = 0;

	for (i = 0; i < p->nfindings; i++)
		n += p->findings[i].level == level;
	return n;
}

/* ---- conditions */

int
policy_search(struct policy *p, const struct term *t, const char *text, size_t len)
{
	int got = pcre2_match(t->regex, (PCRE2_SPTR)text, len, 0, 0, p->match,
	    p->limits);

	return got >= 0 ? 1 : got == PCRE2_ERROR_NOMATCH ? 0 : -1;
}

bool
policy_equal(const struct term *t, const char vr[3], const char *value, size_t len)
{
	char mine[40], theirs[40], *end, *other;
	double a, b;

	if (len == t->len && memcmp(value, t->value, len) == 0)
		return true;
	if ((strcmp(vr, "DS") != 0 && strcmp(vr, "IS") != 0) || len == 0 ||
	    len >= sizeof mine || t->len >= sizeof theirs)
		return false;
	memcpy(mine, value, len);
	mine[len] = '\0';
	memcpy(theirs, t->value, t->len);
	theirs[t->len] = '\0';
	a = strtod(mine, &end);
	b = strtod(theirs, &other);
	return *end == '\0' && *other == '\0' && a == b;
}

/* The element that a condition speaks of, with a value, or NULL. */
static const struct element *
find_attribute(const struct item *set, const struct part *what)
{
	const struct element *el = NULL;
	const char *creator;
	size_t i, len;

	if (what->kind == PART_TAG) {
		el = item_find(set, what->tag);
	} else {
		for (i = 0; i < set->n && el == NULL; i++) {
			if ((set->elements[i].tag & 0xffff00ff) != what->tag ||
			    set->elements[i].gone)
				continue;
			creator = item_creator(set, set->elements[i].tag, &len);
			if (creator != NULL && strlen(what->text) == len &&
			    memcmp(creator, what->text, len) == 0)
				el = &set->elements[i];
		}
	}
	if (el == NULL || (el->len == 0 && el->disk == 0 && el->nitems == 0))
		return NULL;
	return el;
}

/* TEXT of EL in UTF-8; it may be P's, until the next call. */
static int
to_utf8(struct policy *p, const struct item *set, const struct element *el,
    const char **text, size_t *len, struct err *e)
{
	const struct charset *c;
	const char *declared;
	size_t n, i;

	for (i = 0; i < *len && *text != NULL; i++)
		if ((unsigned char)(*text)[i] >= 0x80 || (*text)[i] == '\033')
			break;
	if (*text == NULL || i == *len)
		return 0;
	declared = item_charset(set, &n);
	if ((c = charset_find(declared, n, e)) == NULL)
		return -1;
	buf_clear(&p->decoded);
	if (charset_decode(c, el->vr, *text, *len, &p->decoded, e) < 0)
		return -1;
	*text = p->decoded.data;
	*len = p->decoded.len;
	return 0;
}

static bool
number_is(const struct object *o, const struct element *el, const struct term *t)
{
	double n, want = strtod(t->value, NULL);
	size_t i;

	for (i = 0; element_number(o, el, i, &n); i++)
		if (n == want)
			return true;
	return false;
}

/* Is one of the values that backslashes separate what T compares with? */
static bool
any_is(const struct term *t, const char *vr, const char *text, size_t len)
{
	const char *end = text + len, *stop, *p;
	bool one = strcmp(vr, "LT") == 0 || strcmp(vr, "ST") == 0 ||
	    strcmp(vr, "UT") == 0 || strcmp(vr, "UR") == 0;
	size_t n;

	for (p = text;; p = stop + 1) {
		stop = one ? NULL : memchr(p, '\\', (size_t)(end - p));
		if (stop == NULL)
			stop = end;
		while (!one && p < stop && *p == ' ')
			p++;
		for (n = (size_t)(stop - p); n > 0 && (p[n - 1] == ' ' ||
		    p[n - 1] == '\0'); n--)
			;
		if (policy_equal(t, vr, p, n))
			return true;
		if (stop == end)
			return false;
	}
}

/* 1 it holds, 0 it does not, -1 with E filled. */
static int
term_holds(struct policy *p, const struct term *t, const struct object *o,
    const struct item *set, struct err *e)
{
	const struct element *el = find_attribute(set, &t->what);
	const char *text;
	size_t len;
	int got;

	if (el == NULL || t->test == TERM_EXISTS)
		return (el != NULL) != t->negated;
	if (el->disk != 0)
		return err_set(e, "(%04X,%04X), of %llu bytes, is too large for a "
		    "condition of the policy", el->tag >> 16, el->tag & 0xffff,
		    (unsigned long long)el->disk);
	text = element_text(el, &len);
	if (text == NULL)
		return (t->test == TERM_EQUAL && number_is(o, el, t)) != t->negated;
	if (to_utf8(p, set, el, &text, &len, e) < 0)
		return -1;
	if (t->test == TERM_EQUAL)
		return any_is(t, el->vr, text, len) != t->negated;
	if ((got = policy_search(p, t, text, len)) < 0)
		return err_set(e, "(%04X,%04X) cannot be searched by the pattern of "
		    "the policy", el->tag >> 16, el->tag & 0xffff);
	return (got == 1) != t->negated;
}

static bool
holds(const struct policy *p, const struct rule *r)
{
	return r->condition == NO_CONDITION || p->conditions[r->condition].holds;
}

static bool
is_covered(const struct item *set)
{
	size_t i, len;
	const char *uid = item_text(set, OBJECT_TAG(0x0008, 0x0016), &len);

	for (i = 0; uid != NULL && i < COUNT(covered); i++)
		if (strlen(covered[i]) == len && memcmp(covered[i], uid, len) == 0)
			return true;
	return false;
}

int
policy_begin(struct policy *p, const struct object *o, bool *closed,
    struct err *e)
{
	/* Nothing is changed: object.h has no set for those who only read. */
	const struct item *set = object_set((struct object *)(uintptr_t)o);
	struct condition *c;
	size_t i, k;
	int got;

	for (i = 0; i < p->nconditions; i++) {
		c = &p->conditions[i];
		for (got = 1, k = 0; k < c->n && got == 1; k++)
			got = term_holds(p, &c->terms[k], o, set, e);
		if (got < 0)
			return -1;
		c->holds = got == 1;
	}
	p->covered = is_covered(set);
	p->fallback = NULL;
	for (i = 0; i < p->nrules; i++)
		if (p->rules[i].is_default && holds(p, &p->rules[i]))
			p->fallback = &p->rules[i];
	*closed = p->fallback != NULL && p->fallback->action == POLICY_REMOVE;
	return 0;
}

/* ---- matching */

/* An element and where it is. */
struct node {
	const struct item *set;
	uint32_t tag;
	const char *vr;
};

struct path {
	struct node nodes[DEPTH_MAX];
	size_t n;
};

/* False: deeper than anything that can be read. */
static bool
path_of(const struct item *set, const struct element *el, struct path *out)
{
	const struct item *s;
	size_t n = 1;

	for (s = set; s->parent != NULL; s = s->parent)
		n++;
	if (n > DEPTH_MAX)
		return false;
	out->n = n;
	out->nodes[--n] = (struct node){ set, el->tag, el->vr };
	for (s = set; s->parent != NULL; s = s->parent)
		out->nodes[--n] = (struct node){ s->parent, s->sequence, "SQ" };
	return true;
}

static bool
names_private(const struct part *part, const struct node *node)
{
	const char *creator;
	size_t len;

	if ((node->tag & 0x10000) == 0 || (node->tag & part->mask) != part->tag)
		return false;
	creator = item_creator(node->set, node->tag, &len);
	return policy_glob(part->text, creator != NULL ? creator : "", len);
}

static bool
names(const struct part *part, const struct node *node)
{
	return part->kind == PART_PRIVATE ? names_private(part, node) :
	    policy_part_names(part, node->tag, node->vr);
}

bool
policy_part_names(const struct part *part, uint32_t tag, const char *vr)
{
	const struct dictionary_entry *d;

	switch (part->kind) {
	case PART_TAG:
		return (tag & part->mask) == part->tag &&
		    !(part->even && (tag >> 16 & 1) != 0);
	case PART_KEYWORD:
		return (tag >> 16 & 1) == 0 && (d = dictionary_find(tag)) != NULL &&
		    policy_glob(part->text, d->keyword, strlen(d->keyword));
	case PART_VR:
		return strcmp(part->vr, vr) == 0;
	case PART_PRIVATE:
		return false;
	default:
		return true;
	}
}

/* Do the first N of PARTS name the whole path? As a glob, ** being its star. */
static bool
matches(const struct part *parts, size_t n, const struct path *path)
{
	size_t i = 0, k = 0, star = SIZE_MAX, from = 0;

	while (k < path->n) {
		if (i < n && parts[i].kind == PART_DEEP) {
			star = ++i;
			from = k;
		} else if (i < n && names(&parts[i], &path->nodes[k])) {
			i++;
			k++;
		} else if (star != SIZE_MAX) {
			i = star;
			k = ++from;
		} else {
			return false;
		}
	}
	while (i < n && parts[i].kind == PART_DEEP)
		i++;
	return i == n;
}

/* The rule that, to let something through, goes by the sequence at PATH's end. */
static const struct rule *
opens(const struct policy *p, const struct path *path)
{
	const struct selector *s;
	const struct rule *r;
	size_t i, k;
	bool named;

	for (i = 0; i < p->nrules; i++) {
		r = &p->rules[i];
		s = &r->selector;
		if (r->is_default || r->action == POLICY_REMOVE ||
		    r->action == POLICY_EMPTY || r->action == POLICY_DUMMY ||
		    !holds(p, r))
			continue;
		named = false;
		for (k = 1; k < s->n; k++) {
			named |= s->parts[k - 1].kind != PART_DEEP;
			if (named && matches(s->parts, k, path))
				return r;
		}
	}
	return NULL;
}

/* ---- which rules may name a tag, remembered for the run */

static bool
may_name(const struct rule *r, uint32_t tag)
{
	const struct part *last;

	if (r->is_default)
		return false;
	last = &r->selector.parts[r->selector.n - 1];
	if (last->kind == PART_PRIVATE)
		return (tag & last->mask) == last->tag && (tag & 0x10000) != 0;
	return last->kind == PART_VR || policy_part_names(last, tag, "");
}

static const struct memo *
candidates_of(struct policy *p, uint32_t tag)
{
	size_t slot = (tag * 2654435761u) >> 8 & (MEMO_SIZE - 1), i;
	struct memo *m;

	for (; p->memos[slot].used; slot = (slot + 1) & (MEMO_SIZE - 1))
		if (p->memos[slot].tag == tag)
			return &p->memos[slot];
	if (p->nmemos == MEMO_SIZE / 2) {	/* whoever has so many tags pays for it */
		memset(p->memos, 0, MEMO_SIZE * sizeof *p->memos);
		p->nmemos = p->ncandidates = 0;
		slot = (tag * 2654435761u) >> 8 & (MEMO_SIZE - 1);
	}
	m = &p->memos[slot];
	*m = (struct memo){ .tag = tag, .first = (uint32_t)p->ncandidates };
	for (i = p->nrules; i-- > 0;) {
		if (!may_name(&p->rules[i], tag))
			continue;
		if (array_grow(&p->candidates, p->ncandidates, &p->candidates_cap,
		    sizeof *p->candidates, NULL) < 0)
			return NULL;
		p->candidates[p->ncandidates++] = (uint32_t)i;
		m->n++;
	}
	m->used = true;
	p->nmemos++;
	return m;
}

/* The last rule that holds and names the element; NULL: none. */
static const struct rule *
find_rule(struct policy *p, const struct path *path)
{
	const struct node *node = &path->nodes[path->n - 1];
	const struct memo *m = candidates_of(p, node->tag);
	const struct rule *r;
	size_t i, n = m != NULL ? m->n : p->nrules;

	for (i = 0; i < n; i++) {
		/* Out of memory: all of them. */
		r = &p->rules[m != NULL ? p->candidates[m->first + i] : n - 1 - i];
		if (!r->is_default && holds(p, r) &&
		    policy_fits(r, node->tag, node->vr) &&
		    matches(r->selector.parts, r->selector.n, path))
			return r;
	}
	return NULL;
}

/* ---- what no rule names, where the rest goes */

static int
compare_demand(const void *key, const void *member)
{
	const struct demand *a = key, *b = member;

	if (a->parent != b->parent)
		return a->parent < b->parent ? -1 : 1;
	return (a->tag > b->tag) - (a->tag < b->tag);
}

/* Numbers, bytes, defined terms, UIDs and sequences, not what people write. */
static bool
is_structure(uint32_t tag, const char vr[3])
{
	/* Rescale Type and Modality LUT Type are terms, in an LO. */
	return tag == 0x00281054 || tag == 0x00283004 ||
	    strstr("AE AS DA DT LO LT PN SH ST TM UC UN UR UT", vr) == NULL;
}

/* Of the macros that may be in any sequence: codes, references to instances. */
static bool
is_of_macro(uint32_t tag)
{
	return tag == 0x00080100 || tag == 0x00080102 || tag == 0x00080104 ||
	    tag == 0x00081150 || tag == 0x00081155;
}

/* The type of TAG in PARENT, 0 at the top level. */
static int
demanded(const struct policy *p, uint32_t parent, uint32_t tag, const char vr[3])
{
	struct demand want = { parent, tag, 0 };
	const struct demand *d = bsearch(&want, demands, COUNT(demands), sizeof want,
	    compare_demand);

	if (d != NULL)
		return d->type;
	if (parent != 0 && is_of_macro(tag))
		return 1;
	return !p->covered && (parent != 0 || is_structure(tag, vr)) ? 1 : 3;
}

static struct policy_verdict
by_default(const struct policy *p, const struct item *set,
    const struct element *el)
{
	struct policy_verdict v = { .action = POLICY_REMOVE, .closed = true,
	    .line = p->fallback != NULL ? p->fallback->line : 0 };

	if ((el->tag >> 16 & 1) != 0 || !el->known)
		return v;
	/* The profile puts pseudonyms there, which hold a patient's files together. */
	if (set->parent == NULL && (el->tag == OBJECT_TAG(0x0010, 0x0010) ||
	    el->tag == OBJECT_TAG(0x0010, 0x0020)))
		return (struct policy_verdict){ POLICY_NONE, .closed = true };
	switch (demanded(p, set->sequence, el->tag, el->vr)) {
	case 1:
		if (is_structure(el->tag, el->vr))
			return (struct policy_verdict){ POLICY_NONE, .closed = true };
		v.action = POLICY_DUMMY;
		return v;
	case 2:
		v.action = POLICY_EMPTY;
		return v;
	default:
		return v;
	}
}

struct policy_verdict
policy_decide(struct policy *p, const struct item *set, const struct element *el,
    bool closed)
{
	struct policy_verdict none = { POLICY_NONE };
	const struct rule *r;
	struct path path;
	size_t i;

	/* The same holds for what is in a sequence of those. */
	if (policy_is_protected(el->tag) || !path_of(set, el, &path))
		return none;
	for (i = 0; i + 1 < path.n; i++)
		if (policy_is_protected(path.nodes[i].tag))
			return none;
	none.closed = closed;
	if ((r = find_rule(p, &path)) != NULL)
		return (struct policy_verdict){ r->action, r->line, false, r->value,
		    r->len, r->rounding };
	if (p->has_paths && strcmp(el->vr, "SQ") == 0 &&
	    (r = opens(p, &path)) != NULL)
		return (struct policy_verdict){ POLICY_OPEN, r->line, .closed = true };
	return closed ? by_default(p, set, el) : none;
}
