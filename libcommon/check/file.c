/* file: the file as a whole: its structure, its meta group, another reader. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check/check.h"
#include "check/reader.h"

enum { NOT_FOUND = 127 };	/* as a shell says it */

int
check_structure(const struct subject *s, struct err *e)
{
	const struct dataset_fault *f;
	size_t i, n = dataset_faults(s->set, &f);
	int got = 0;

	for (i = 0; got == 0 && i < n; i++)
		got = check_say(s, "structure", LEVEL_ERROR,
		    f[i].index == DATASET_TOP ? -1 : (int64_t)f[i].index, e,
		    "byte %" PRIu64 ": %s", f[i].offset, f[i].what);
	for (i = 0; got == 0 && i < dataset_count(s->set); i++) {
		uint32_t group = dataset_at(s->set, i)->tag >> 16;

		/* Commands and directories are no part of an instance. */
		if (group == 0 || group == 4)
			got = check_say(s, "structure", LEVEL_ERROR, (int64_t)i, e,
			    "group %04X does not belong into a data set "
			    "(PS3.15 E.1.1)", group);
	}
	return got;
}

static int
check_preamble(const struct subject *s, struct err *e)
{
	unsigned char b[128];
	size_t i;

	if (!dataset_has_preamble(s->set))
		return check_say(s, "meta", LEVEL_ERROR, -1, e,
		    "no preamble and DICM prefix");
	if (dataset_bytes(s->set, 0, b, sizeof b, e) != sizeof b)
		return err_set(e, "the preamble cannot be read");
	for (i = 0; i < sizeof b; i++)
		if (b[i] != 0)
			return check_say(s, "meta", LEVEL_ERROR, -1, e,
			    "byte %zu of the preamble is not zero", i);
	return 0;
}

/* Reports unless the elements A and B are there with the same value. */
static int
expect_equal(const struct subject *s, uint32_t a, uint32_t b, struct err *e)
{
	struct buf x = { 0 }, y = { 0 };
	int got = -1;

	if (dataset_text(s->set, dataset_find(s->set, a), &x, e) == 0 &&
	    dataset_text(s->set, dataset_find(s->set, b), &y, e) == 0) {
		got = 0;
		if (dataset_find(s->set, a) >= 0 && strcmp(x.data, y.data) != 0)
			got = check_say_tag(s, "meta", LEVEL_ERROR, a, e,
			    "is not equal to (%04X,%04X)", b >> 16, b & 0xffff);
	}
	buf_free(&x);
	buf_free(&y);
	return got;
}

int
check_meta(const struct subject *s, struct err *e)
{
	/* The required ones and the version name: PS3.10 Table 7.1-1. */
	static const uint32_t allowed[] = { 0x00020000, 0x00020001, 0x00020002,
	    0x00020003, 0x00020010, 0x00020012, 0x00020013 };
	const struct element *x;
	size_t i, k;

	if (check_preamble(s, e) < 0)
		return -1;
	for (i = 0; i < dataset_count(s->set); i++) {
		x = dataset_at(s->set, i);
		if (x->tag >> 16 != 2)
			continue;
		for (k = 0; k < sizeof allowed / sizeof allowed[0]; k++)
			if (allowed[k] == x->tag && x->parent == DATASET_TOP)
				break;
		if (k == sizeof allowed / sizeof allowed[0] &&
		    check_say(s, "meta", LEVEL_ERROR, (int64_t)i, e,
		    "does not belong into a de-identified file") < 0)
			return -1;
	}
	for (k = 0; k < 6; k++)	/* all but the version name are Type 1 */
		if (dataset_find(s->set, allowed[k]) < 0 &&
		    check_say_tag(s, "meta", LEVEL_ERROR, allowed[k], e,
		    "absent, and required") < 0)
			return -1;
	if (expect_equal(s, 0x00020002, 0x00080016, e) < 0)
		return -1;
	return expect_equal(s, 0x00020003, 0x00080018, e);
}

/* Runs gdcmdump on PATH, silently. Its status, NOT_FOUND, or -1. */
static int
run_reader(const char *path, struct err *e)
{
	struct rlimit limit = { READER_SECONDS, READER_SECONDS };
	char *name;
	int fd, status;
	pid_t pid;

	/* A name that looks like an option is none behind "./". */
	if ((name = malloc(strlen(path) + 3)) == NULL)
		return err_set(e, "out of memory");
	sprintf(name, "%s%s", path[0] == '-' ? "./" : "", path);
	fflush(NULL);
	if ((pid = fork()) < 0) {
		free(name);
		return err_set(e, "fork: %s", strerror(errno));
	}
	if (pid == 0) {
		setrlimit(RLIMIT_CPU, &limit);
		if ((fd = open("/dev/null", O_RDWR)) >= 0) {
			dup2(fd, 0);
			dup2(fd, 1);
			dup2(fd, 2);
		}
		execlp("gdcmdump", "gdcmdump", name, (char *)NULL);
		_exit(NOT_FOUND);
	}
	free(name);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return err_set(e, "wait: %s", strerror(errno));
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int
check_reader(const struct subject *s, struct err *e)
{
	int got;

	if (dataset_size(s->set) > READER_BYTES)
		return check_say(s, "reader", LEVEL_INFO, -1, e,
		    "not checked: gdcmdump would take more than %d MiB of memory",
		    READER_BYTES >> 20);
	if (s->read_by_another)
		return 0;
	if ((got = run_reader(s->path, e)) <= 0)
		return got;
	if (got == NOT_FOUND)
		return check_say(s, "reader", LEVEL_INFO, -1, e,
		    "not checked: gdcmdump is not installed");
	/* What it could not read before is no fault of ours. */
	if (s->original_path != NULL && run_reader(s->original_path, e) > 0)
		return check_say(s, "reader", LEVEL_WARNING, -1, e,
		    "gdcmdump reads neither this file nor the original");
	return check_say(s, "reader", LEVEL_ERROR, -1, e,
	    "gdcmdump cannot read the file");
}
