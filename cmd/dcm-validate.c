/* dcm-validate: is it de-identified, and did anything else change? dcm-validate(1) */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/cli.h"
#include "check/check.h"
#include "check/reader.h"

static const char *against;	/* a file, or a folder of them */
static bool against_folder, keep, policy, strict;
static struct complete *boxes;
static struct patients *patients;	/* of all files */

static const char options_help[] =
"  -a, --against ORIGINAL  the file as it was, or the folder that has it under\n"
"                          the same name relative to the folder of all FILEs\n"
"  -b, --boxes FILE        box list that px-redact worked from\n"
"  -k, --keep              the boxes were kept and all else was filled\n"
"  -p, --policy            of a file that says so, what a site policy may let through\n"
"                          is a warning\n"
"  -s, --strict            a warning makes a file not conform, too\n"
"  -l, --list              list the checks and end\n"
"  -h, --help              show this help\n"
"  -V, --version           show the version\n";

static const struct option longopts[] = {
	{ "against", required_argument, NULL, 'a' },
	{ "boxes", required_argument, NULL, 'b' },
	{ "keep", no_argument, NULL, 'k' },
	{ "policy", no_argument, NULL, 'p' },
	{ "strict", no_argument, NULL, 's' },
	{ "list", no_argument, NULL, 'l' },
	CLI_LONG
};

/* What was found in one file. */
struct tally {
	const char *file;
	unsigned ran, count[LEVEL_INFO + 1];
};

static const char *const level_names[] = { "error", "warning", "info" };

static int
write_line(const struct tally *t, const struct finding *f, struct err *e)
{
	json_t *o = json_pack("{s:s, s:s, s:s, s:s*, s:s*, s:s}", "file", t->file,
	    "check", f->check, "level", level_names[f->level], "tag", f->tag,
	    "path", f->path, "message", f->message);
	char *line = o != NULL ? json_dumps(o, JSON_COMPACT) : NULL;
	int got = 0;

	json_decref(o);
	if (line == NULL)
		return err_set(e, "the name is not UTF-8, or out of memory");
	if (printf("%s\n", line) < 0 || fflush(stdout) != 0)
		got = err_set(e, "write: %s", strerror(errno));
	free(line);
	return got;
}

static int
found(const struct finding *f, void *arg, struct err *e)
{
	struct tally *t = arg;

	t->count[f->level]++;
	return write_line(t, f, e);
}

/* The line that says that somebody looked, also when nothing was found. */
static int
write_summary(const struct tally *t, struct err *e)
{
	char text[128];
	struct finding f = { "summary", LEVEL_INFO, NULL, NULL, text };

	snprintf(text, sizeof text, "%u of %zu checks: %u errors, %u warnings",
	    t->ran, checks_count, t->count[LEVEL_ERROR],
	    t->count[LEVEL_WARNING]);
	return write_line(t, &f, e);
}

static int
run_checks(const struct subject *s, struct tally *t, struct err *e)
{
	size_t i;

	for (i = 0; i < checks_count; i++) {
		if (checks[i].needs_original && s->original == NULL)
			continue;
		t->ran++;
		if (checks[i].run(s, e) < 0)
			return -1;
	}
	return 0;
}

/* The box list speaks of the original, or of the file itself. */
static const struct complete_file *
boxes_of(const struct subject *s)
{
	const struct complete_file *f = NULL;

	if (boxes != NULL && s->original_path != NULL)
		f = complete_find(boxes, s->original_path);
	if (boxes != NULL && f == NULL)
		f = complete_find(boxes, s->path);
	return f;
}

static int
validate(const char *path, const char *original, bool read_by_another)
{
	struct tally t = { .file = path };
	struct subject s = { .path = path, .original_path = original,
	    .boxes_given = boxes != NULL, .keep = keep,
	    .read_by_another = read_by_another, .patients = patients, .found = found, .arg = &t };
	struct err e, why;
	int status = STATUS_OK;

	s.boxes = boxes_of(&s);
	if (original != NULL && dataset_open(original, &s.original, &why) < 0)
		err_set(&e, "the original: %.200s", why.text);
	else if (dataset_open(path, &s.set, &e) == 0 &&
	    check_claims(s.set, &s.claims, &e) == 0 &&
	    (!policy || check_says_weakened(s.set, &s.weakened, &e) == 0) &&
	    (s.original == NULL ||
	    check_says_clean(s.original, &s.was_clean, &e) == 0) &&
	    run_checks(&s, &t, &e) == 0 && write_summary(&t, &e) == 0) {
		if (t.count[LEVEL_ERROR] > 0 ||
		    (strict && t.count[LEVEL_WARNING] > 0))
			status = STATUS_NO;
		goto out;
	}
	status = cli_trouble(path, &e);
out:
	dataset_close(s.set);
	dataset_close(s.original);
	return status;
}

/* Bytes of the folder that all names share, with its slash. */
static size_t
common_folder(char *const *names, int n)
{
	size_t len, i, slash;
	int k;

	len = strlen(names[0]);
	for (k = 0; k < n; k++) {
		for (i = slash = 0; i < len && names[k][i] == names[0][i] &&
		    names[k][i] != '\0'; i++)
			if (names[k][i] == '/')
				slash = i + 1;
		len = slash;
	}
	return len;
}

/* FOLDER/NAME in B. */
static int
join(struct buf *b, const char *folder, const char *name, struct err *e)
{
	buf_clear(b);
	if (buf_add(b, folder, strlen(folder), e) < 0)
		return -1;
	if ((b->len == 0 || b->data[b->len - 1] != '/') &&
	    buf_add(b, "/", 1, e) < 0)
		return -1;
	return buf_add(b, name, strlen(name), e);
}

static int
read_boxes(const char *path, struct err *e)
{
	FILE *in = strcmp(path, "-") == 0 ? stdin : fopen(path, "r");
	int got;

	if (in == NULL)
		return err_set(e, "open: %s", strerror(errno));
	if (boxes == NULL && (boxes = complete_new(e)) == NULL)
		got = -1;
	else
		got = complete_read(boxes, in, e);
	if (in != stdin)
		fclose(in);
	return got;
}

static int
list_checks(void)
{
	size_t i;

	for (i = 0; i < checks_count; i++)
		printf("%-10s %s%s%s%s%s\n", checks[i].name, checks[i].proves,
		    checks[i].section[0] != '\0' ? " (" : "", checks[i].section,
		    checks[i].section[0] != '\0' ? ")" : "",
		    checks[i].needs_original ? "; needs --against" : "");
	return cli_finish(STATUS_OK);
}

int
main(int argc, char *argv[])
{
	struct buf original = { 0 };
	bool reads[READER_BATCH];
	struct stat st;
	size_t common, n, left;
	struct err e;
	int c, status = STATUS_OK;

	cli_start(argv[0], "[-hklpsV] [-a original] [-b boxes] file ...",
	    options_help);
	while ((c = getopt_long(argc, argv, "a:b:kpsl" CLI_SHORT, longopts,
	    NULL)) != -1)
		switch (c) {
		case 'a':
			against = optarg;
			break;
		case 'b':
			if (read_boxes(optarg, &e) < 0)
				return cli_finish(cli_trouble(optarg, &e));
			break;
		case 'k':
			keep = true;
			break;
		case 'p':
			policy = true;
			break;
		case 's':
			strict = true;
			break;
		case 'l':
			return list_checks();
		default:	/* -h, -V, or a usage error */
			cli_common(c);
		}
	if (optind == argc)
		cli_usage("which files?");
	if (keep && boxes == NULL)
		cli_usage("--keep is about the boxes of a list");
	if (against != NULL) {
		if (stat(against, &st) < 0) {
			err_set(&e, "open: %s", strerror(errno));
			return cli_finish(cli_trouble(against, &e));
		}
		against_folder = S_ISDIR(st.st_mode);
		if (!against_folder && argc - optind > 1)
			cli_usage("several files want a folder of originals");
	}
	if ((patients = patients_new(&e)) == NULL)
		return cli_finish(cli_trouble("memory", &e));
	common = common_folder(argv + optind, argc - optind);
	for (n = 0; optind < argc; optind++, n = (n + 1) % READER_BATCH) {
		left = (size_t)(argc - optind);
		if (n == 0)
			reader_ask(argv + optind,
			    left < READER_BATCH ? left : READER_BATCH, reads);
		if (against_folder && join(&original, against,
		    argv[optind] + common, &e) < 0) {
			status = cli_trouble(argv[optind], &e);
			break;
		}
		status = cli_worst(status, validate(argv[optind],
		    against_folder ? original.data : against, reads[n]));
	}
	buf_free(&original);
	complete_free(boxes);
	patients_free(patients);
	return cli_finish(status);
}
