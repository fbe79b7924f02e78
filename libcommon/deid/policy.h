/*
 * policy.h - what a site wants of attributes, against what the profile says
 *
 * One text file, a rule a line, later lines before earlier ones: unphi-policy(5)
 * is its reference. It is read and judged once, then asked for each element. A
 * policy holds the state of the file at hand: one thread a policy.
 */
#ifndef UNPHI_DEID_POLICY_H
#define UNPHI_DEID_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/err.h"
#include "deid/round.h"
#include "dicom/object.h"

enum {
	POLICY_BYTES_MAX = 1 << 20,	/* of a file: nobody writes more by hand */
	POLICY_RULES_MAX = 4096,
	POLICY_FINDINGS_MAX = 1000
};

struct policy;

/* A finding of the lint; errors forbid the use of the policy. */
enum policy_level {
	POLICY_ERROR,	/* means nothing, or not one thing */
	POLICY_WARNING,	/* means nothing in any file */
	POLICY_NOTE	/* lets through what the Basic Profile does not */
};

struct policy_finding {
	unsigned line;		/* from 1 */
	enum policy_level level;
	char text[200];		/* without the values that the policy puts in */
};

enum policy_action {
	POLICY_NONE,		/* as if there were no policy */
	POLICY_KEEP,		/* a sequence: and go on within its items */
	POLICY_REMOVE,
	POLICY_EMPTY,
	POLICY_DUMMY,
	POLICY_REPLACE,		/* by VALUE */
	POLICY_HASH,		/* a keyed pseudonym */
	POLICY_UID,
	POLICY_SHIFT,		/* by the patient's days; of TM: stays */
	POLICY_CLEAN,
	POLICY_ROUND,		/* by ROUNDING */
	POLICY_OPEN		/* a sequence that only the path of a rule names */
};

struct policy_verdict {
	enum policy_action action;
	unsigned line;		/* of the rule, for the log; 0: none */
	bool closed;		/* of a sequence that stays: what is in it is closed */
	const char *value;	/* LEN bytes, UTF-8; the policy's */
	size_t len;
	struct rounding rounding;
};

/*
 * Reads the file at PATH, "-" for standard input. What is wrong with its lines are
 * findings, not failures. Returns 0 with *OUT to be closed, or -1 with E filled: it
 * cannot be read, is no UTF-8 text, or is larger than the limits above.
 */
int policy_open(const char *path, struct policy **out, struct err *e);
void policy_close(struct policy *p);

/* *N findings by ascending line; they live as long as P. */
const struct policy_finding *policy_findings(const struct policy *p, size_t *n);

/* How many of them are LEVEL. */
size_t policy_count(const struct policy *p, enum policy_level level);

/*
 * Call for each object, before anything in it is changed: its attributes decide
 * which rules hold. *CLOSED is what the top level is: in a closed set goes what
 * no rule names. Returns 0, or -1 with E filled: a condition cannot be decided.
 */
int policy_begin(struct policy *p, const struct object *o, bool *closed,
    struct err *e);

/*
 * The verdict on EL of SET, which is CLOSED or not. In a closed set an element
 * that no rule names is removed, emptied or made a dummy as the types of the IODs
 * demand (share/structure.tsv), never kept but where it says how the object is
 * built: there, and of elements that no policy decides on (marks, group lengths,
 * private creators, the structure of pixels, signatures), POLICY_NONE.
 *
 * POLICY_OPEN: leave the sequence as it is where it would stay without a policy;
 * else keep it closed, and remove it if nothing is left in it.
 */
struct policy_verdict policy_decide(struct policy *p, const struct item *set,
    const struct element *el, bool closed);

/* Does something of the old value stay, so that the profile may forbid it? */
bool policy_lets_through(enum policy_action a);

/* The action's word, as in the file and for the log. */
const char *policy_action_word(enum policy_action a);

#endif
