/* dcm-find: find DICOM files by their content; see dcm-find(1). */
#include <errno.h>
#include <ftw.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cli.h"
#include "deid/key.h"
#include "dicom/dcm.h"

enum { ID_BYTES = 10, ID_SIZE = 2 * ID_BYTES + 1, FOLDERS_OPEN = 64 };

struct found {
	char *path;
	off_t size;
	struct timespec changed;
};

static struct found *list;	/* what the walk has found so far */
static size_t nlist, caplist, others;
static int status = STATUS_OK;

static const char options_help[] =
"  -0, --null         end names with a NUL instead of a newline\n"
"  -k, --key FILE     write a JSON line a file, with a keyed id instead of a name\n"
"  -l, --link DIR     with -k: make a link DIR/ID.dcm to each file\n"
"  -s, --seed TEXT    with -k: text that goes into the ids\n"
"  -h, --help         show this help\n"
"  -V, --version      show the version\n";

static const struct option longopts[] = {
	{ "null", no_argument, NULL, '0' },
	{ "key", required_argument, NULL, 'k' },
	{ "link", required_argument, NULL, 'l' },
	{ "seed", required_argument, NULL, 's' },
	CLI_LONG
};

static void
trouble(const char *name, const char *what)
{
	struct err e;

	err_set(&e, "%s: %s", what, strerror(errno));
	status = cli_trouble(name, &e);
}

static int
remember(const char *path, const struct stat *st)
{
	struct found *f;

	if (nlist == caplist) {
		caplist = caplist == 0 ? 256 : caplist * 2;
		if ((f = realloc(list, caplist * sizeof *f)) == NULL)
			return -1;
		list = f;
	}
	f = &list[nlist];
	if ((f->path = strdup(path)) == NULL)
		return -1;
	f->size = st->st_size;
	f->changed = st->st_mtim;
	nlist++;
	return 0;
}

/* nftw's visitor: what cannot be looked at is trouble, never passed over. */
static int
visit(const char *path, const struct stat *st, int type, struct FTW *where)
{
	struct err e;

	(void)where;
	switch (type) {
	case FTW_D:
		return 0;
	case FTW_DNR:
		errno = EACCES;
		trouble(path, "open folder");
		return 0;
	case FTW_NS:
	case FTW_SLN:
		errno = ENOENT;
		trouble(path, "open");
		return 0;
	}
	if (!S_ISREG(st->st_mode)) {
		others++;
		return 0;
	}
	switch (dcm_probe(path, &e)) {
	case 1:
		return remember(path, st);
	case 0:
		others++;
		return 0;
	default:
		status = cli_trouble(path, &e);
		return 0;
	}
}

static int
by_path(const void *p, const void *q)
{
	return strcmp(((const struct found *)p)->path,
	    ((const struct found *)q)->path);
}

/* The keyed hash of N bytes, shortened; without the key it says nothing. */
static void
make_hash(const struct key *k, const char *purpose, const void *bytes, size_t n,
    char id[ID_SIZE])
{
	unsigned char mac[KEY_MAC_BYTES];
	size_t i;

	key_mac(k, purpose, bytes, n, mac);
	for (i = 0; i < ID_BYTES; i++)
		snprintf(id + 2 * i, 3, "%02x", mac[i]);
}

/* The same file, unchanged, has the same id. */
static int
make_id(const struct key *k, const char *seed, const char *absolute,
    const struct found *f, char id[ID_SIZE], struct err *e)
{
	struct buf b = { 0 };
	char facts[128];
	int n;

	n = snprintf(facts, sizeof facts, "%" PRIdMAX " %" PRIdMAX ".%09ld",
	    (intmax_t)f->size, (intmax_t)f->changed.tv_sec, f->changed.tv_nsec);
	if (buf_add(&b, seed, strlen(seed) + 1, e) < 0 ||
	    buf_add(&b, absolute, strlen(absolute) + 1, e) < 0 ||
	    buf_add(&b, facts, (size_t)n, e) < 0) {
		buf_free(&b);
		return -1;
	}
	make_hash(k, "file", b.data, b.len, id);
	buf_free(&b);
	return 0;
}

/* A DICOMDIR; what is an instance is none, whatever is put into it. */
static bool
is_directory(struct dcm *d)
{
	return dcm_has(d, DCM_TAG(0x0004, 0x1220)) &&
	    !dcm_has(d, DCM_TAG(0x0008, 0x0018));
}

/* What the header tells: the kind of pixels, or that it is a DICOMDIR, and the hash of the instance. */
static const char *
look_inside(const char *path, const struct key *k, char instance[ID_SIZE])
{
	static const char *const kinds[] = {
		[DCM_PIXELS_NONE] = "none",
		[DCM_PIXELS_INT] = "int",
		[DCM_PIXELS_FLOAT] = "float"
	};
	const char *kind, *uid;
	struct dcm *d;
	struct err e;

	instance[0] = '\0';
	if (dcm_open(path, &d, &e) < 0)
		return "unreadable";
	if ((uid = dcm_string(d, DCM_TAG(0x0008, 0x0018), 0)) != NULL)
		make_hash(k, "instance", uid, strlen(uid), instance);
	kind = is_directory(d) ? "directory" : kinds[dcm_pixels(d)];
	dcm_close(d);
	return kind;
}

static int
link_to(const char *dir, const char *id, const char *absolute, struct err *e)
{
	struct buf b = { 0 };
	int got = -1;

	if (buf_add(&b, dir, strlen(dir), e) == 0 &&
	    buf_add(&b, "/", 1, e) == 0 && buf_add(&b, id, strlen(id), e) == 0 &&
	    buf_add(&b, ".dcm", 4, e) == 0) {
		if (symlink(absolute, b.data) < 0 && errno != EEXIST)
			err_set(e, "link: %s", strerror(errno));
		else
			got = 0;
	}
	buf_free(&b);
	return got;
}

static int
print_id(const struct found *f, const struct key *k, const char *seed,
    const char *dir, struct err *e)
{
	char id[ID_SIZE], instance[ID_SIZE], *absolute;
	const char *kind;
	int got = -1;

	if ((absolute = realpath(f->path, NULL)) == NULL)
		return err_set(e, "%s", strerror(errno));
	if (make_id(k, seed, absolute, f, id, e) == 0 &&
	    (dir == NULL || link_to(dir, id, absolute, e) == 0)) {
		kind = look_inside(f->path, k, instance);
		printf("{\"id\":\"%s\",\"bytes\":%" PRIdMAX ",\"pixels\":\"%s\","
		    "\"instance\":\"%s\"}\n", id, (intmax_t)f->size, kind, instance);
		got = 0;
	}
	free(absolute);
	return got;
}

int
main(int argc, char *argv[])
{
	const char *keyfile = NULL, *dir = NULL, *seed = "", *last = NULL;
	struct key key;
	struct err e;
	char end = '\n';
	size_t i;
	int c;

	cli_start(argv[0], "[-0hV] [-k keyfile [-l folder] [-s text]] path ...",
	    options_help);
	while ((c = getopt_long(argc, argv, "0k:l:s:" CLI_SHORT, longopts,
	    NULL)) != -1)
		switch (c) {
		case '0':
			end = '\0';
			break;
		case 'k':
			keyfile = optarg;
			break;
		case 'l':
			dir = optarg;
			break;
		case 's':
			seed = optarg;
			break;
		default:	/* -h, -V, or a usage error */
			cli_common(c);
		}
	if (optind == argc)
		cli_usage("name the files and folders to search");
	if (keyfile == NULL && (dir != NULL || *seed != '\0'))
		cli_usage("-l and -s go with -k");
	if (keyfile != NULL && key_read(keyfile, &key, &e) < 0)
		return cli_finish(cli_trouble(keyfile, &e));
	for (; optind < argc; optind++) {
		errno = 0;
		if (nftw(argv[optind], visit, FOLDERS_OPEN, 0) < 0)
			trouble(argv[optind], "search");
	}
	if (nlist > 1)
		qsort(list, nlist, sizeof *list, by_path);
	for (i = 0; i < nlist; i++) {
		/* A file may be reached twice, by its name and by its folder's. */
		if (last != NULL && strcmp(last, list[i].path) == 0)
			continue;
		last = list[i].path;
		if (keyfile == NULL)
			printf("%s%c", list[i].path, end);
		else if (print_id(&list[i], &key, seed, dir, &e) < 0)
			status = cli_trouble(list[i].path, &e);
	}
	if (others > 0)
		cli_note(NULL, "%zu other files are not DICOM", others);
	return cli_finish(status);
}
