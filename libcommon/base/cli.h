/*
 * cli.h - what every program's main shares: options, diagnostics, status
 *
 * For cmd/ alone: the only module that prints diagnostics or calls exit.
 * A program's own options are described once, in the text that -h shows.
 */
#ifndef UNPHI_BASE_CLI_H
#define UNPHI_BASE_CLI_H

#include <getopt.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"

enum {
	STATUS_OK = 0,		/* all of it is done */
	STATUS_NO = 1,		/* ran fine, and the answer is no */
	STATUS_TROUBLE = 2	/* usage, I/O, refused input */
};

/* The short options that all programs have, for the end of getopt's string. */
#define CLI_SHORT "hV"

/* The long options that all programs have, for the end of the table. */
#define CLI_LONG \
	{ "help", no_argument, NULL, 'h' }, \
	{ "version", no_argument, NULL, 'V' }, \
	{ NULL, 0, NULL, 0 }

/*
 * Call first. SYNOPSIS follows the name on the usage line; OPTIONS_HELP, one
 * line an option, is what -h shows below it. Restores SIGPIPE's default.
 */
void cli_start(const char *argv0, const char *synopsis,
    const char *options_help);

/* Handles -h, -V (both exit 0) and anything unknown (usage, exit 2). */
_Noreturn void cli_common(int c);

/* Prints "prog: ..." and the usage line; exits 2. */
_Noreturn void cli_usage(const char *fmt, ...)
    __attribute__((format(printf, 1, 2)));

/*
 * The argument of option C as a decimal number, the whole string, in
 * [MIN, MAX]; anything else is a usage error.
 */
uint32_t cli_u32(int c, const char *arg, uint32_t min, uint32_t max);
double cli_real(int c, const char *arg, double min, double max);

/*
 * The next operand, from getopt's optind on; "-" once when there are none;
 * NULL at the end.
 */
const char *cli_input(int argc, char *argv[]);

/* As cli_input, but the names come NUL-terminated from standard input. */
const char *cli_input0(void);

/*
 * Prints "prog: NAME: reason" on stderr, control bytes masked, "-" shown as
 * "(stdin)". NAME may be NULL. Returns STATUS_TROUBLE.
 */
int cli_trouble(const char *name, const struct err *e);

/* The same for something worth saying that is not a failure. */
void cli_note(const char *name, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* The worse of two statuses. */
int cli_worst(int a, int b);

/*
 * Puts the outputs on disk, ends the program's use of stdout and returns the
 * status for main. A write that failed is trouble; after EPIPE the process ends
 * by SIGPIPE.
 */
int cli_finish(int status);

#endif
