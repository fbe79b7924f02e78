/*
 * policy_internal.h - what the parts of policy.h share
 *
 * policy_parse.c makes rules of lines, policy_lint.c judges rules among each
 * other, policy.c matches elements.
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

/* Reads TEXT, a whole file, into rules and findings. Returns 0, or -1 with E. */
int policy_parse(struct policy *p, const char *text, size_t len, struct err *e);

/* Findings of rules among each other and beside the profile. */
int policy_lint(struct policy *p, struct err *e);

/* A finding on LINE; too many are dropped but for one that says so. */
int policy_say(struct policy *p, unsigned line, enum policy_level level,
    struct err *e, const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* Does * and ? of GLOB make it TEXT? A * of TEXT is matched by * alone. */
bool policy_glob(const char *glob, const char *text, size_t len);

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
