/*
 * policy_internal.h - what the parts of policy.h share
 *
 * policy_parse.c makes rules of lines, with policy_selector.c and
 * policy_condition.c; policy_lint.c judges rules among each other; policy.c matches
 * elements.
 */
#ifndef UNPHI_DEID_POLICY_INTERNAL_H
#define UNPHI_DEID_POLICY_INTERNAL_H

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdint.h>

#include "deid/policy.h"

enum {
	POLICY_PARTS_MAX = 16,	/* sequences in a selector */
	POLICY_TERMS_MAX = 16,	/* that "and" joins */
	POLICY_WORD_MAX = 256	/* bytes of a selector, a keyword */
};

/* What one element of a path is like. */
struct part {
	enum {
		PART_TAG,	/* TAG under MASK; EVEN: of standard groups alone */
		PART_KEYWORD,	/* a keyword or a glob: TEXT */
		PART_VR,
		PART_PRIVATE,	/* group and last byte under MASK; creator: TEXT */
		PART_ANY,
		PART_DEEP	/* any number of sequences */
	} kind;
	uint32_t tag, mask;
	bool even;
	char vr[3];
	char *text;		/* the part's own, or NULL */
};

/* The last one is the element, those before it the sequences around. */
struct selector {
	struct part parts[POLICY_PARTS_MAX + 2];
	size_t n;		/* PART_DEEP first, unless anchored at the top */
};

struct term {
	struct part what;	/* PART_TAG or PART_PRIVATE, exact */
	char vr[3];		/* the dictionary's, or "" */
	bool single;		/* the standard gives it one value at most */
	enum { TERM_EQUAL, TERM_MATCH, TERM_EXISTS } test;
	bool negated;		/* !=, !~, absent */
	char *value;
	size_t len;
	pcre2_code *regex;
};

struct condition {
	struct term terms[POLICY_TERMS_MAX];
	size_t n;
	bool holds;		/* in the file at hand */
};

struct rule {
	unsigned line;
	bool is_default;
	struct selector selector;
	enum policy_action action;	/* POLICY_NONE: the profile decides */
	char *value;
	size_t len;
	struct rounding rounding;
	size_t condition;	/* index; NO_CONDITION */
};

#define NO_CONDITION SIZE_MAX

/* Which rules may name a tag: N of CANDIDATES from FIRST on, the last line first. */
struct memo {
	uint32_t tag;
	bool used;
	uint32_t first, n;
};

struct policy {
	struct rule *rules;	/* by ascending line */
	size_t nrules, rules_cap;
	struct condition *conditions;
	size_t nconditions, conditions_cap;
	struct policy_finding *findings;
	size_t nfindings, findings_cap;
	bool has_paths;		/* a rule names sequences */

	/* Of the run: */
	struct memo *memos;	/* MEMO_SIZE of them, by hash */
	size_t nmemos;
	uint32_t *candidates;
	size_t ncandidates, candidates_cap;
	/* Of the file: */
	const struct rule *fallback;	/* the "default" line that holds, or NULL */
	bool covered;			/* share/structure.tsv knows the SOP Class's IOD */
	pcre2_match_data *match;
	pcre2_match_context *limits;
	struct buf decoded;
};

/* A line being read. What reads of it returns 0, 1 after a finding, or -1 with E filled. */
struct line {
	struct policy *p;
	unsigned number;
	const char *at, *end;
	struct err *e;
};

#define POLICY_BAD(l, ...) \
	(policy_say((l)->p, (l)->number, POLICY_ERROR, (l)->e, __VA_ARGS__) < 0 ? -1 : 1)

/* What a finding may show of a word. */
#define POLICY_SHOWN(word, len) (int)((len) < 40 ? (len) : 40), (word)

/*
 * The next word, to a space that no quotes and no parentheses hold, or to one of
 * the characters STOP. *LEN 0: there is none, and policy_at_end.
 */
const char *policy_word(struct line *l, const char *stop, size_t *len);
bool policy_at_end(struct line *l);
bool policy_is_word(const char *word, size_t len, const char *want);
bool policy_is_space(char c);

/* The string in quotes, in which \" stands for one; *OUT is to be freed. */
int policy_quoted(struct line *l, char **out, size_t *len);

/* The selector in the LEN bytes of WORD, or one part of it; to be freed also if wrong. */
int policy_take_selector(struct line *l, const char *word, size_t len,
    struct selector *out);
int policy_take_part(struct line *l, const char *word, size_t len, struct part *out);
void policy_free_selector(struct selector *s);
void policy_free_part(struct part *part);

/* The condition after "if" to the end of the line: *OUT is its index in the policy. */
int policy_take_condition(struct line *l, size_t *out);
void policy_free_condition(struct condition *c);
bool policy_same_term(const struct term *a, const struct term *b);

/* Is VR, not "", in LIST? */
bool policy_vr_is_in(const char vr[3], const char *list);

/* Reads TEXT, a whole file, into rules and findings. Returns 0, or -1 with E. */
int policy_parse(struct policy *p, const char *text, size_t len, struct err *e);

/* Findings of rules among each other and beside the profile. */
int policy_lint(struct policy *p, struct err *e);

/* A finding on LINE; too many are dropped but for one that says so. */
int policy_say(struct policy *p, unsigned line, enum policy_level level,
    struct err *e, const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* Does * and ? of GLOB make it TEXT? A * of TEXT is matched by * alone. */
bool policy_glob(const char *glob, const char *text, size_t len);
bool policy_is_glob(const char *text);

/* Elements that no policy decides on; see unphi-policy(5). */
bool policy_is_protected(uint32_t tag);

/* Can the rule's action be carried out on an element of VR and TAG? */
bool policy_fits(const struct rule *r, uint32_t tag, const char *vr);

/* Does the part name the element of the data dictionary's TAG, of VR? */
bool policy_part_names(const struct part *part, uint32_t tag, const char *vr);

/* Is the term's pattern in TEXT, UTF-8? -1: it ran out of its limits. */
int policy_search(struct policy *p, const struct term *t, const char *text,
    size_t len);

/* Is VALUE, one value of VR without padding, the one that the term compares with? */
bool policy_equal(const struct term *t, const char vr[3], const char *value,
    size_t len);

/* The UID of a SOP Class, by its keyword or name in PS3.6; or NULL. */
const char *policy_sop_class(const char *name);

#endif
