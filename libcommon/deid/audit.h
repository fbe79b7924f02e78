/*
 * audit.h - who is told of what was done to an object, for the audit log
 */
#ifndef UNPHI_DEID_AUDIT_H
#define UNPHI_DEID_AUDIT_H

#include <stdint.h>

#include "base/err.h"
#include "dicom/object.h"

/*
 * FN is told that ACTION was done to the element TAG of SET, or to an item of it,
 * by RULE; both are words of ours, and no value. It returns 0, or -1 with E filled.
 */
struct audit {
	int (*fn)(void *arg, const struct item *set, uint32_t tag,
	    const char *rule, const char *action, struct err *e);
	void *arg;
};

static inline int
audit(const struct audit *a, const struct item *set, uint32_t tag,
    const char *rule, const char *action, struct err *e)
{
	return a->fn(a->arg, set, tag, rule, action, e);
}

#endif
