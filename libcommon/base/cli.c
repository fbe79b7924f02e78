/* cli: what every program's main shares; see cli.h. */
#include "base/cli.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/outfile.h"
#include "base/version.h"

static const char *prog = "unphi";
static const char *synopsis = "";
static const char *options_help = "";

void
cli_start(const char *argv0, const char *syn, const char *help)
{
	const char *slash;

	/* An empty argv is legal; it must not end us. */
	if (argv0 != NULL) {
		slash = strrchr(argv0, '/');
		prog = slash != NULL ? slash + 1 : argv0;
	}
	synopsis = syn;
	options_help = help;
	signal(SIGPIPE, SIG_DFL);
}

void
cli_common(int c)
{
	switch (c) {
	case 'h':
		printf("usage: %s %s\n%s", prog, synopsis, options_help);
		exit(cli_finish(STATUS_OK));
	case 'V':
		printf("%s (unphi) %s\n", prog, UNPHI_VERSION);
		exit(cli_finish(STATUS_OK));
	default:	/* getopt has said what was wrong */
		fprintf(stderr, "usage: %s %s\n", prog, synopsis);
		exit(STATUS_TROUBLE);
	}
}

void
cli_usage(const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "%s: ", prog);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "\nusage: %s %s\n", prog, synopsis);
	exit(STATUS_TROUBLE);
}

static _Noreturn void
bad_number(int c, double min, double max)
{
	if (isgraph(c))
		cli_usage("option -%c wants a number from %g to %g", c, min, max);
	cli_usage("an option wants a number from %g to %g", min, max);
}

uint32_t
cli_u32(int c, const char *arg, uint32_t min, uint32_t max)
{
	unsigned long long v;
	char *end;

	errno = 0;
	v = strtoull(arg, &end, 10);
	if (!isdigit((unsigned char)arg[0]) || *end != '\0' || errno != 0 ||
	    v < min || v > max)
		bad_number(c, min, max);
	return (uint32_t)v;
}

double
cli_real(int c, const char *arg, double min, double max)
{
	double v;
	char *end;

	errno = 0;
	v = strtod(arg, &end);
	if (arg[0] == '\0' || isspace((unsigned char)arg[0]) || *end != '\0' ||
	    errno != 0 || !isfinite(v) || v < min || v > max)
		bad_number(c, min, max);
	return v;
}

const char *
cli_input(int argc, char *argv[])
{
	static int given;

	if (optind < argc) {
		given = 1;
		return argv[optind++];
	}
	return given++ ? NULL : "-";
}

const char *
cli_input0(void)
{
	static char *name;
	static size_t cap;
	ssize_t n = getdelim(&name, &cap, '\0', stdin);

	return n <= 0 ? NULL : name;
}

/* File names are shown, but cannot move a terminal's cursor or fake a line. */
static void
put_masked(const char *s)
{
	for (; *s != '\0'; s++)
		putc(iscntrl((unsigned char)*s) ? '?' : *s, stderr);
}

static void
put_prefix(const char *name)
{
	fflush(stdout);
	fprintf(stderr, "%s: ", prog);
	if (name != NULL) {
		put_masked(strcmp(name, "-") == 0 ? "(stdin)" : name);
		fputs(": ", stderr);
	}
}

int
cli_trouble(const char *name, const struct err *e)
{
	put_prefix(name);
	put_masked(e->text);
	putc('\n', stderr);
	return STATUS_TROUBLE;
}

void
cli_note(const char *name, const char *fmt, ...)
{
	va_list ap;

	put_prefix(name);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	putc('\n', stderr);
}

int
cli_worst(int a, int b)
{
	return a > b ? a : b;
}

int
cli_finish(int status)
{
	struct err e;
	int failed;

	if (outfile_sync(&e) < 0)
		status = cli_trouble(NULL, &e);

	errno = 0;
	failed = ferror(stdout) | (fflush(stdout) != 0);
	if (fclose(stdout) != 0)
		failed = 1;
	if (failed) {
		if (errno == EPIPE) {
			signal(SIGPIPE, SIG_DFL);
			raise(SIGPIPE);
		}
		fprintf(stderr, "%s: (stdout): write: %s\n", prog,
		    errno != 0 ? strerror(errno) : "failed");
		return STATUS_TROUBLE;
	}
	return status;
}
