/* dcm-media: a folder for media, with a DICOMDIR; see dcm-media(1). */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cli.h"
#include "base/outfile.h"
#include "deid/key.h"
#include "deid/pseudonym.h"
#include "dicom/fileset.h"

enum {
	FILES_A_FOLDER = 1000,	/* more are slow to list on many a medium */
	FILES_MAX = 9999999,
	NAME_SIZE = 18		/* DIR00001/FILE0001 and its NUL */
};

static const char *folder;
static size_t nfiles;		/* that are in the file-set */

static const char options_help[] =
"  -o, --output FOLDER  a folder that does not exist yet; wanted\n"
"  -i, --id NAME        its File-set ID: 1 to 16 of A-Z, 0-9 and _\n"
"  -0, --null           names come NUL-terminated from standard input\n"
"  -h, --help           show this help\n"
"  -V, --version        show the version\n";

static const struct option longopts[] = {
	{ "output", required_argument, NULL, 'o' },
	{ "id", required_argument, NULL, 'i' },
	{ "null", no_argument, NULL, '0' },
	CLI_LONG
};

/* PS3.10 8.2: what a File-set ID may hold. */
static const char *
take_id(const char *id)
{
	if (*id == '\0' || strlen(id) > 16 ||
	    strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != strlen(id))
		cli_usage("the id has 1 to 16 of A-Z, 0-9 and _");
	return id;
}

static int
path_in_folder(struct buf *b, const char *name, struct err *e)
{
	buf_clear(b);
	return buf_add(b, folder, strlen(folder), e) < 0 ||
	    buf_add(b, "/", 1, e) < 0 || buf_add(b, name, strlen(name), e) < 0 ? -1 : 0;
}

static int
copy_file(const char *from, const char *to, struct err *e)
{
	struct outfile *out = NULL;
	char block[65536];
	size_t n;
	FILE *in;

	if ((in = fopen(from, "rb")) == NULL)
		return err_set(e, "open: %s", strerror(errno));
	if ((out = outfile_open(to, e)) == NULL) {
		fclose(in);
		return -1;
	}
	while ((n = fread(block, 1, sizeof block, in)) > 0)
		if (fwrite(block, 1, n, outfile_stream(out)) != n)
			break;
	if (ferror(in) || ferror(outfile_stream(out))) {
		err_set(e, "copy: %s", strerror(errno));
		fclose(in);
		outfile_abandon(out);
		return -1;
	}
	fclose(in);
	return outfile_commit(out, e);
}

/* On one file system a second name costs nothing. */
static int
place(const char *from, const char *to, struct err *e)
{
	if (linkat(AT_FDCWD, from, AT_FDCWD, to, AT_SYMLINK_FOLLOW) == 0)
		return 0;
	if (errno == EXDEV || errno == EPERM || errno == EMLINK || errno == ENOTSUP)
		return copy_file(from, to, e);
	return err_set(e, "link: %s", strerror(errno));
}

/* The name of the next file, whose folder is made if it is the first there. */
static int
next_name(char name[NAME_SIZE], struct buf *path, struct err *e)
{
	unsigned group = (unsigned)(nfiles / FILES_A_FOLDER) + 1;

	if (nfiles == FILES_MAX)
		return err_set(e, "more than %d files", FILES_MAX);
	snprintf(name, NAME_SIZE, "DIR%05u", group);
	if (path_in_folder(path, name, e) < 0)
		return -1;
	if (mkdir(path->data, 0777) < 0 && errno != EEXIST)
		return err_set(e, "create folder: %s", strerror(errno));
	snprintf(name, NAME_SIZE, "DIR%05u/FILE%04u", group,
	    (unsigned)(nfiles % FILES_A_FOLDER) + 1);
	return path_in_folder(path, name, e);
}

static int
add_file(struct fileset *f, const char *from, struct err *e)
{
	struct buf path = { 0 };
	char name[NAME_SIZE];
	int got = -1;

	if (next_name(name, &path, e) < 0 || place(from, path.data, e) < 0)
		goto out;
	if (fileset_add(f, name, e) < 0) {
		unlink(path.data);
		goto out;
	}
	nfiles++;
	got = 0;
out:
	buf_free(&path);
	return got;
}

/* A UID for the file PATH by what is in it, as long as no secret is wanted. */
static int
uid_of(const char *path, char uid[PSEUDONYM_UID_SIZE], struct err *e)
{
	static const struct key nobody;
	unsigned char mac[KEY_MAC_BYTES];
	struct buf all = { 0 };
	char block[65536];
	size_t n;
	FILE *in;
	int got = -1;

	if ((in = fopen(path, "rb")) == NULL)
		return err_set(e, "open: %s", strerror(errno));
	while ((n = fread(block, 1, sizeof block, in)) > 0)
		if (buf_add(&all, block, n, e) < 0)
			goto out;
	if (ferror(in)) {
		err_set(e, "read: %s", strerror(errno));
		goto out;
	}
	key_mac(&nobody, "file-set", all.data, all.len, mac);
	pseudonym_uid(&nobody, (const char *)mac, sizeof mac, uid);
	got = 0;
out:
	fclose(in);
	buf_free(&all);
	return got;
}

/* Twice: the first time shows which UID the same File-set always has. */
static int
write_directory(struct fileset *f, const char *path, struct err *e)
{
	char uid[PSEUDONYM_UID_SIZE];

	if (nfiles == 0)
		return err_set(e, "no file has a place in it");
	return fileset_write(f, "2.25.0", e) < 0 || uid_of(path, uid, e) < 0 ? -1 :
	    fileset_write(f, uid, e);
}

int
main(int argc, char *argv[])
{
	const char *id = "UNPHI", *name;
	struct fileset *f = NULL;
	struct outfile *out = NULL;
	struct buf path = { 0 };
	bool null = false;
	struct err e;
	int c, status = STATUS_OK;

	cli_start(argv[0], "[-0hV] [-i id] -o folder [file ...]", options_help);
	while ((c = getopt_long(argc, argv, "o:i:0" CLI_SHORT, longopts, NULL)) != -1)
		switch (c) {
		case 'o':
			folder = optarg;
			break;
		case 'i':
			id = take_id(optarg);
			break;
		case '0':
			null = true;
			break;
		default:	/* -h, -V, or a usage error */
			cli_common(c);
		}
	if (folder == NULL)
		cli_usage("name a folder with -o");
	if (null == (optind < argc))
		cli_usage("name files, or -0 for names on standard input");
	if (mkdir(folder, 0777) < 0) {
		err_set(&e, "create folder: %s", strerror(errno));
		return cli_finish(cli_trouble(folder, &e));
	}
	if (path_in_folder(&path, "DICOMDIR", &e) < 0 ||
	    (out = outfile_open(path.data, &e)) == NULL ||
	    fileset_open(folder, outfile_temp(out), id, &f, &e) < 0)
		return cli_finish(cli_trouble(folder, &e));
	while ((name = null ? cli_input0() : cli_input(argc, argv)) != NULL)
		if (add_file(f, name, &e) < 0)
			status = cli_trouble(name, &e);
	if (write_directory(f, outfile_temp(out), &e) < 0) {
		outfile_abandon(out);
		status = cli_trouble(path.data, &e);
	} else if (outfile_commit(out, &e) < 0)
		status = cli_trouble(path.data, &e);
	fileset_close(f);
	buf_free(&path);
	return cli_finish(status);
}
