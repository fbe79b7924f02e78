/* outpath: where each output of a run goes; see outpath.h. */
#include "base/outpath.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct input {
	char *path;		/* resolved, or NULL */
	bool repeated;		/* an earlier input has this path */
	bool known;		/* dev and ino are set */
	dev_t dev;
	ino_t ino;
};

struct outpath {
	struct input *inputs;	/* as given */
	size_t *by_inode;	/* indices of the known ones, sorted */
	size_t n, nknown;
	size_t common;		/* bytes of path that all share, with the slash */
};

/* The folder is resolved, the last name is not: a link keeps its name. */
static char *
resolve(const char *name)
{
	const char *slash = strrchr(name, '/'), *base;
	char *dir, *real, *path;

	if (strcmp(name, "-") == 0)
		return strdup("/stdin");
	base = slash == NULL ? name : slash + 1;
	if (*base == '\0' || strcmp(base, "..") == 0 || strcmp(base, ".") == 0)
		return NULL;
	dir = slash == NULL ? strdup(".") : slash == name ? strdup("/") :
	    strndup(name, (size_t)(slash - name));
	if (dir == NULL)
		return NULL;
	real = realpath(dir, NULL);
	free(dir);
	if (real == NULL)
		return NULL;
	if ((path = malloc(strlen(real) + strlen(base) + 2)) != NULL)
		sprintf(path, "%s/%s", strcmp(real, "/") == 0 ? "" : real, base);
	free(real);
	return path;
}

static const struct outpath *sorting;	/* qsort has no argument of its own */

static int
inode_compare(const void *p, const void *q)
{
	const struct input *a = &sorting->inputs[*(const size_t *)p];
	const struct input *b = &sorting->inputs[*(const size_t *)q];

	if (a->dev != b->dev)
		return a->dev < b->dev ? -1 : 1;
	return (a->ino > b->ino) - (a->ino < b->ino);
}

static int
path_compare(const void *p, const void *q)
{
	size_t i = *(const size_t *)p, k = *(const size_t *)q;
	const char *a = sorting->inputs[i].path, *b = sorting->inputs[k].path;
	int c;

	if (a == NULL || b == NULL)
		c = (a != NULL) - (b != NULL);
	else
		c = strcmp(a, b);
	return c != 0 ? c : (i > k) - (i < k);
}

static void
mark_repeats(struct outpath *o, size_t *order)
{
	struct input *a, *b;
	size_t i;

	for (i = 0; i < o->n; i++)
		order[i] = i;
	sorting = o;
	qsort(order, o->n, sizeof *order, path_compare);
	for (i = 1; i < o->n; i++) {
		a = &o->inputs[order[i - 1]];
		b = &o->inputs[order[i]];
		b->repeated = a->path != NULL && b->path != NULL &&
		    strcmp(a->path, b->path) == 0;
	}
}

static void
find_common(struct outpath *o)
{
	const char *first = NULL, *slash;
	size_t i, n = 0;

	for (i = 0; i < o->n; i++) {
		if (o->inputs[i].path == NULL ||
		    strcmp(o->inputs[i].path, "/stdin") == 0)
			continue;
		if (first == NULL) {
			first = o->inputs[i].path;
			slash = strrchr(first, '/');
			n = (size_t)(slash - first) + 1;
			continue;
		}
		while (strncmp(first, o->inputs[i].path, n) != 0)
			for (n--; n > 0 && first[n - 1] != '/'; n--)
				;
	}
	o->common = n == 0 ? 1 : n;
}

struct outpath *
outpath_new(char *const *names, size_t n, struct err *e)
{
	struct outpath *o = calloc(1, sizeof *o);
	struct stat st;
	size_t i;

	if (o == NULL || (o->inputs = calloc(n + 1, sizeof *o->inputs)) == NULL ||
	    (o->by_inode = calloc(n + 1, sizeof *o->by_inode)) == NULL) {
		err_set(e, "out of memory");
		outpath_free(o);
		return NULL;
	}
	o->n = n;
	for (i = 0; i < n; i++) {
		o->inputs[i].path = resolve(names[i]);
		if (strcmp(names[i], "-") != 0 && stat(names[i], &st) == 0) {
			o->inputs[i].known = true;
			o->inputs[i].dev = st.st_dev;
			o->inputs[i].ino = st.st_ino;
		}
	}
	find_common(o);
	mark_repeats(o, o->by_inode);
	for (i = 0; i < n; i++)
		if (o->inputs[i].known)
			o->by_inode[o->nknown++] = i;
	sorting = o;
	qsort(o->by_inode, o->nknown, sizeof *o->by_inode, inode_compare);
	return o;
}

void
outpath_free(struct outpath *o)
{
	size_t i;

	if (o == NULL)
		return;
	for (i = 0; i < o->n; i++)
		free(o->inputs[i].path);
	free(o->inputs);
	free(o->by_inode);
	free(o);
}

char *
outpath_under(const struct outpath *o, const char *dir, size_t i,
    struct err *e)
{
	const struct input *in = &o->inputs[i];
	const char *rest;
	char *path;

	if (in->path == NULL) {
		err_set(e, "no such folder, or not the name of a file");
		return NULL;
	}
	if (in->repeated) {
		err_set(e, "named twice: its output would replace the first");
		return NULL;
	}
	rest = strcmp(in->path, "/stdin") == 0 ? in->path + 1 :
	    in->path + o->common;
	if ((path = malloc(strlen(dir) + strlen(rest) + 2)) == NULL) {
		err_set(e, "out of memory");
		return NULL;
	}
	sprintf(path, "%s/%s", dir, rest);
	return path;
}

bool
outpath_is_input(const struct outpath *o, const char *path)
{
	const struct input *in;
	size_t low = 0, high = o->nknown, mid;
	struct stat st;

	if (stat(path, &st) < 0)
		return false;
	while (low < high) {
		mid = (low + high) / 2;
		in = &o->inputs[o->by_inode[mid]];
		if (in->dev == st.st_dev && in->ino == st.st_ino)
			return true;
		if (in->dev < st.st_dev ||
		    (in->dev == st.st_dev && in->ino < st.st_ino))
			low = mid + 1;
		else
			high = mid;
	}
	return false;
}
