/* outfile: output files that appear complete or not at all; see outfile.h. */
#define _GNU_SOURCE	/* syncfs */
#include "base/outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct outfile {
	FILE *f;
	char *path;	/* NULL for standard output */
	char *temp;	/* NULL for standard output */
	struct outfile *prev, *next;
};

/* What to remove when a signal ends the process between open and commit. */
static struct outfile *pending;

static void
remove_pending(int sig)
{
	const struct outfile *o;

	for (o = pending; o != NULL; o = o->next)
		if (o->temp != NULL)
			unlink(o->temp);
	signal(sig, SIG_DFL);
	raise(sig);
}

static void
catch_signals(void)
{
	static const int sigs[] = { SIGHUP, SIGINT, SIGTERM, SIGPIPE };
	static int done;
	struct sigaction sa, old;
	size_t i;

	if (done++)
		return;
	for (i = 0; i < sizeof sigs / sizeof sigs[0]; i++) {
		memset(&sa, 0, sizeof sa);
		sa.sa_handler = remove_pending;
		sigemptyset(&sa.sa_mask);
		if (sigaction(sigs[i], NULL, &old) == 0 &&
		    old.sa_handler == SIG_DFL)
			sigaction(sigs[i], &sa, NULL);
	}
}

static void
outfile_free(struct outfile *o)
{
	if (o->f != NULL)
		fclose(o->f);
	if (o->prev != NULL)
		o->prev->next = o->next;
	else if (pending == o)
		pending = o->next;
	if (o->next != NULL)
		o->next->prev = o->prev;
	free(o->path);
	free(o->temp);
	free(o);
}

/*
 * mkstemp makes the file 0600; a finished output gets the mode that a plain
 * open would have given it.
 */
static mode_t
usual_mode(void)
{
	mode_t mask = umask(0);

	umask(mask);
	return 0666 & ~mask;
}

struct outfile *
outfile_open(const char *path, struct err *e)
{
	struct outfile *o;
	size_t len = strlen(path);
	int fd;

	if ((o = calloc(1, sizeof *o)) == NULL) {
		err_set(e, "out of memory");
		return NULL;
	}
	if (strcmp(path, "-") == 0) {
		if ((o->f = tmpfile()) == NULL) {
			err_set(e, "temporary file: %s", strerror(errno));
			outfile_free(o);
			return NULL;
		}
		return o;
	}
	o->path = strdup(path);
	o->temp = malloc(len + sizeof ".XXXXXX.part");
	if (o->path == NULL || o->temp == NULL) {
		err_set(e, "out of memory");
		outfile_free(o);
		return NULL;
	}
	memcpy(o->temp, path, len);
	strcpy(o->temp + len, ".XXXXXX.part");
	catch_signals();
	if ((fd = mkstemps(o->temp, 5)) < 0) {
		err_set(e, "create output: %s", strerror(errno));
		free(o->temp);
		o->temp = NULL;
		outfile_free(o);
		return NULL;
	}
	if ((o->f = fdopen(fd, "w+b")) == NULL) {
		err_set(e, "create output: %s", strerror(errno));
		close(fd);
		unlink(o->temp);
		outfile_free(o);
		return NULL;
	}
	o->next = pending;
	if (pending != NULL)
		pending->prev = o;
	pending = o;
	return o;
}

struct outfile *
outfile_open_deep(const char *path, struct err *e)
{
	char *dir, *p;

	if ((dir = strdup(path)) == NULL) {
		err_set(e, "out of memory");
		return NULL;
	}
	for (p = dir + 1; *dir != '\0' && (p = strchr(p, '/')) != NULL; p++) {
		*p = '\0';
		if (mkdir(dir, 0777) < 0 && errno != EEXIST) {
			err_set(e, "create folder: %s", strerror(errno));
			free(dir);
			return NULL;
		}
		*p = '/';
	}
	free(dir);
	return outfile_open(path, e);
}

FILE *
outfile_stream(struct outfile *o)
{
	return o->f;
}

const char *
outfile_temp(const struct outfile *o)
{
	return o->temp;
}

static int
copy_to_stdout(FILE *f, struct err *e)
{
	char block[65536];
	size_t n;

	rewind(f);
	while ((n = fread(block, 1, sizeof block, f)) > 0)
		if (fwrite(block, 1, n, stdout) != n)
			return err_set(e, "write: %s", strerror(errno));
	if (ferror(f))
		return err_set(e, "read back: %s", strerror(errno));
	if (fflush(stdout) != 0)
		return err_set(e, "write: %s", strerror(errno));
	return 0;
}

/* One open folder on each file system that holds outputs of ours. */
static struct {
	dev_t device;
	int fd;
} synced[16];
static size_t nsynced;

/* Notes the file system of F, for outfile_sync; one too many is synced now. */
static int
note_device(FILE *f, struct err *e)
{
	struct stat st;
	size_t i;
	int fd;

	if (fstat(fileno(f), &st) < 0)
		return err_set(e, "write: %s", strerror(errno));
	for (i = 0; i < nsynced; i++)
		if (synced[i].device == st.st_dev)
			return 0;
	if (nsynced == sizeof synced / sizeof synced[0]) {
		if (fdatasync(fileno(f)) < 0)
			return err_set(e, "write: %s", strerror(errno));
		return 0;
	}
	if ((fd = dup(fileno(f))) < 0)
		return err_set(e, "write: %s", strerror(errno));
	synced[nsynced].device = st.st_dev;
	synced[nsynced++].fd = fd;
	return 0;
}

int
outfile_sync(struct err *e)
{
	int got = 0;

	while (nsynced > 0) {
		nsynced--;
		if (syncfs(synced[nsynced].fd) < 0)
			got = err_set(e, "sync: %s", strerror(errno));
		close(synced[nsynced].fd);
	}
	return got;
}

int
outfile_flush(struct outfile *o, struct err *e)
{
	if (fflush(o->f) != 0 || ferror(o->f))
		return err_set(e, "write: %s", strerror(errno));
	return 0;
}

int
outfile_commit(struct outfile *o, struct err *e)
{
	FILE *f = o->f;

	if (outfile_flush(o, e) < 0)
		goto fail;
	if (o->path == NULL) {
		if (copy_to_stdout(f, e) < 0)
			goto fail;
		outfile_free(o);
		return 0;
	}
	if (fchmod(fileno(f), usual_mode()) < 0) {
		err_set(e, "write: %s", strerror(errno));
		goto fail;
	}
	if (note_device(f, e) < 0)
		goto fail;
	o->f = NULL;
	if (fclose(f) != 0 || rename(o->temp, o->path) < 0) {
		err_set(e, "write: %s", strerror(errno));
		goto fail;
	}
	free(o->temp);
	o->temp = NULL;
	outfile_free(o);
	return 0;
fail:
	outfile_abandon(o);
	return -1;
}

void
outfile_abandon(struct outfile *o)
{
	if (o == NULL)
		return;
	if (o->temp != NULL)
		unlink(o->temp);
	outfile_free(o);
}
