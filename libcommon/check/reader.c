/* reader: hard links in a folder, one process for all; see reader.h. */
#include "check/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/temp.h"

#define READER_MEMORY ((rlim_t)1 << 30)	/* a deflated file grows inside of it */

enum { NAME_MAX_OURS = 4096, LINE = 8192 };

static const char began[] = "# Dicom-File-Format";	/* once a file, on stdout */
static const char failed[] = "Failed to read: ";	/* on stderr, with the name */

struct batch {
	char folder[NAME_MAX_OURS];
	bool asked[READER_BATCH], refused[READER_BATCH];
	size_t n, asked_count, refused_count, began_count;
	int status;	/* as wait gives it */
};

static bool
name_of(const struct batch *b, size_t i, char name[NAME_MAX_OURS])
{
	int n = snprintf(name, NAME_MAX_OURS, "%s/%06zu", b->folder, i);

	return n > 0 && n < NAME_MAX_OURS;
}

static bool
make_folder(struct batch *b)
{
	const char *dir = getenv("TMPDIR");
	int n = snprintf(b->folder, sizeof b->folder, "%s/unphi-XXXXXX",
	    dir != NULL && *dir != '\0' ? dir : "/tmp");

	return n > 0 && (size_t)n < sizeof b->folder &&
	    mkdtemp(b->folder) != NULL;
}

static void
link_files(struct batch *b, char *const *paths)
{
	char name[NAME_MAX_OURS];
	struct stat st;
	size_t i;

	for (i = 0; i < b->n; i++)
		if (stat(paths[i], &st) == 0 && S_ISREG(st.st_mode) &&
		    st.st_size <= READER_BYTES && name_of(b, i, name) &&
		    linkat(AT_FDCWD, paths[i], AT_FDCWD, name,
		    AT_SYMLINK_FOLLOW) == 0) {
			b->asked[i] = true;
			b->asked_count++;
		}
}

static void
remove_folder(const struct batch *b)
{
	char name[NAME_MAX_OURS];
	size_t i;

	for (i = 0; i < b->n; i++)
		if (b->asked[i] && name_of(b, i, name))
			unlink(name);
	rmdir(b->folder);
}

static void
become_gdcmdump(const char *folder, int out, int err)
{
	struct rlimit seconds = { 2 * READER_SECONDS, 2 * READER_SECONDS };
	struct rlimit memory = { READER_MEMORY, READER_MEMORY };
	struct rlimit none = { 0, 0 };
	int in = open("/dev/null", O_RDONLY);

	setrlimit(RLIMIT_CPU, &seconds);
	setrlimit(RLIMIT_AS, &memory);
	setrlimit(RLIMIT_CORE, &none);
	if (in >= 0 && dup2(in, 0) == 0 && dup2(out, 1) == 1 && dup2(err, 2) == 2)
		execlp("gdcmdump", "gdcmdump", folder, (char *)NULL);
	_exit(127);
}

/* A longer line counts as several: that can spoil the sum, and no more. */
static void
count_began(struct batch *b, FILE *in)
{
	char line[LINE];

	while (fgets(line, sizeof line, in) != NULL)
		if (strncmp(line, began, sizeof began - 1) == 0 &&
		    line[sizeof began - 1] == '\n')
			b->began_count++;
}

static void
note_refused(struct batch *b, FILE *in)
{
	size_t skip = sizeof failed - 1, folder = strlen(b->folder);
	char line[LINE], *end;
	unsigned long i;

	while (fgets(line, sizeof line, in) != NULL) {
		if (strncmp(line, failed, skip) != 0)
			continue;
		b->refused_count++;
		if (strncmp(line + skip, b->folder, folder) != 0 ||
		    line[skip + folder] != '/')
			continue;
		i = strtoul(line + skip + folder + 1, &end, 10);
		if (*end == '\n' && i < b->n)
			b->refused[i] = true;
	}
}

/* Runs it over the folder. False if that could not be done to the end. */
static bool
run(struct batch *b)
{
	struct err e;
	int to[2], err = temp_open(&e);
	FILE *out = NULL, *said = NULL;
	bool done = false;
	pid_t pid = -1;

	if (err < 0 || pipe(to) < 0) {
		if (err >= 0)
			close(err);
		return false;
	}
	fflush(NULL);
	if ((pid = fork()) == 0)
		become_gdcmdump(b->folder, to[1], err);
	close(to[1]);
	if ((out = fdopen(to[0], "r")) != NULL) {
		count_began(b, out);
		fclose(out);
	} else
		close(to[0]);
	if (pid > 0) {
		while ((done = waitpid(pid, &b->status, 0) == pid) == false)
			if (errno != EINTR)
				break;
	}
	if (done && lseek(err, 0, SEEK_SET) == 0 &&
	    (said = fdopen(err, "r")) != NULL) {
		note_refused(b, said);
		fclose(said);
	} else {
		close(err);
		done = false;
	}
	return done && WIFEXITED(b->status);
}

void
reader_ask(char *const *paths, size_t n, bool *reads)
{
	struct batch *b = calloc(1, sizeof *b);
	size_t i;

	memset(reads, 0, n * sizeof *reads);
	if (b == NULL || n > READER_BATCH || !make_folder(b)) {
		free(b);
		return;
	}
	b->n = n;
	link_files(b, paths);
	/* Its status is the number of failures; each file else begins a dump. */
	if (b->asked_count > 1 && run(b) &&
	    (size_t)WEXITSTATUS(b->status) == b->refused_count % 256 &&
	    b->began_count + b->refused_count == b->asked_count)
		for (i = 0; i < n; i++)
			reads[i] = b->asked[i] && !b->refused[i];
	remove_folder(b);
	free(b);
}
