/*
 * err.h - why something failed, in a fixed buffer that serves out of memory
 *
 * The text is a reason in lower case without a full stop, fit to follow
 * "prog: file: ". It never holds the value of an element, recognized text, or
 * any other string decoded from a file: logs outlive consent.
 */
#ifndef UNPHI_BASE_ERR_H
#define UNPHI_BASE_ERR_H

#ifdef __cplusplus
extern "C" {
#endif

struct err {
	char text[256];
};

/* Formats the reason into E, which may be NULL. Always returns -1. */
int err_set(struct err *e, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#ifdef __cplusplus
}
#endif
#endif
