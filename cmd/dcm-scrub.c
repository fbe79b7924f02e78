/* dcm-scrub: de-identify metadata by PS3.15 Annex E; see dcm-scrub(1). */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cli.h"
#include "base/outfile.h"
#include "base/outpath.h"
#include "deid/dates.h"
#include "deid/envelope.h"
#include "deid/originals.h"
#include "deid/scrub.h"
#include "dicom/object.h"
#include "text/detect.h"

static struct detect *detect;	/* NULL until find_text wants it */

/* Where text is in an overlay. The net is loaded for the first one that there is. */
static int
find_text(void *arg, const uint8_t *gray, uint32_t width, uint32_t height,
    struct rects *out, struct err *e)
{
	struct box_record found = { 0 };
	struct picture p = { 0 };
	size_t i;
	int got = -1;

	(void)arg;
	if ((detect == NULL && (detect = detect_new(e)) == NULL) ||
	    gray_shape(&p.luma, width, height, e) < 0)
		goto out;
	memcpy(p.luma.pixels, gray, (size_t)width * height);
	got = detect_find(detect, &p, &found, e);
	for (i = 0; got == 0 && i < found.nboxes; i++)
		got = rects_add(out, (struct rect){ found.boxes[i].x,
		    found.boxes[i].y, found.boxes[i].w, found.boxes[i].h }, e);
out:
	box_record_free(&found);
	picture_free(&p);
	return got;
}

static struct scrub scrub = {
	.ids = { .key = &scrub.key, .prefix = "" }, .find_text = find_text
};
static const char *output, *folder;
static FILE *log_file, *map_file;
static struct buf actions;	/* of one file, for the log */
static struct envelope_to *recipients;
static struct envelope_key *private_key;	/* to re-identify by, not to scrub */

static const char options_help[] =
"  -o, --output FILE    write the one input's result to FILE\n"
"  -O, --outdir DIR     write each result below DIR, at its input's path\n"
"  -k, --key FILE       the secret key of all pseudonyms; wanted\n"
"      --retain LIST    uids, safe-private, device, institution, patient,\n"
"                       full-dates, modified-dates\n"
"      --clean LIST     descriptors, structured, graphics\n"
"      --dates HOW      remove, the default, keep, shift, or shift=DAYS\n"
"      --documents HOW  refuse files with a document, the default, drop, or dummy\n"
"      --profile FILE   another edition of Table E.1-1, as share/ has it\n"
"      --words FILE     another edition of the words that free text is judged by\n"
"      --patterns FILE  another edition of the patterns that identify in it\n"
"      --policy FILE    a site's rules, which come before the profile\n"
"      --check-policy FILE  say what is wrong with such a file, and end\n"
"      --prefix TEXT    what new patient ids and accession numbers begin with\n"
"      --id-table FILE  new ids that a trial has assigned, the only ones allowed\n"
"      --map FILE       append the crosswalk of old and new names and ids\n"
"      --encrypt-to CERT  put the originals in, for the holder of a certificate\n"
"      --re-identify KEY  restore the originals by a private key, do nothing else\n"
"  -l, --log FILE       append what was done, by tag and rule\n"
"  -h, --help           show this help\n"
"  -V, --version        show the version\n";

enum { OPT_RETAIN = 256, OPT_CLEAN, OPT_DATES, OPT_DOCUMENTS, OPT_PROFILE,
	OPT_WORDS, OPT_PATTERNS, OPT_POLICY, OPT_CHECK_POLICY, OPT_PREFIX, OPT_ID_TABLE, OPT_MAP,
	OPT_ENCRYPT_TO, OPT_RE_IDENTIFY };

static const struct option longopts[] = {
	{ "output", required_argument, NULL, 'o' },
	{ "outdir", required_argument, NULL, 'O' },
	{ "key", required_argument, NULL, 'k' },
	{ "retain", required_argument, NULL, OPT_RETAIN },
	{ "clean", required_argument, NULL, OPT_CLEAN },
	{ "dates", required_argument, NULL, OPT_DATES },
	{ "documents", required_argument, NULL, OPT_DOCUMENTS },
	{ "profile", required_argument, NULL, OPT_PROFILE },
	{ "words", required_argument, NULL, OPT_WORDS },
	{ "patterns", required_argument, NULL, OPT_PATTERNS },
	{ "policy", required_argument, NULL, OPT_POLICY },
	{ "check-policy", required_argument, NULL, OPT_CHECK_POLICY },
	{ "prefix", required_argument, NULL, OPT_PREFIX },
	{ "id-table", required_argument, NULL, OPT_ID_TABLE },
	{ "map", required_argument, NULL, OPT_MAP },
	{ "encrypt-to", required_argument, NULL, OPT_ENCRYPT_TO },
	{ "re-identify", required_argument, NULL, OPT_RE_IDENTIFY },
	{ "log", required_argument, NULL, 'l' },
	CLI_LONG
};

/* The names that --retain, or --clean, has, for a usage error. */
static const char *
option_names(bool cleans)
{
	static char names[128];
	const char *name;
	int i;

	names[0] = '\0';
	for (i = 0; i < PROFILE_OPTIONS; i++) {
		name = profile_option_name((enum profile_option)i);
		if (profile_option_named(name, strlen(name), cleans) < PROFILE_OPTIONS)
			snprintf(names + strlen(names), sizeof names - strlen(names),
			    "%s%s", names[0] != '\0' ? ", " : "", name);
	}
	return names;
}

/* Turns on what LIST names, words with commas between them. */
static void
take_options(const char *list, bool cleans)
{
	enum profile_option o;
	size_t len;

	for (;; list += len + 1) {
		len = strcspn(list, ",");
		o = profile_option_named(list, len, cleans);
		if (o < PROFILE_OPTIONS)
			scrub.profile.option[o] = true;
		else
			cli_usage("--%s has no \"%.*s\"; it has %s",
			    cleans ? "clean" : "retain", (int)len, list,
			    option_names(cleans));
		if (list[len] == '\0')
			return;
	}
}

/* Whole days, with a sign if to the past; 0 would be no shift. */
static int
take_days(const char *text)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (strchr("+-0123456789", text[0]) == NULL || *end != '\0' || n == 0 || n < -DATES_SHIFT_LIMIT || n > DATES_SHIFT_LIMIT)
		cli_usage("--dates shift wants days from 1 to %d, or from -1 to -%d",
		    DATES_SHIFT_LIMIT, DATES_SHIFT_LIMIT);
	return (int)n;
}

static void
take_dates(const char *how)
{
	if (strcmp(how, "keep") == 0)
		scrub.profile.option[RETAIN_FULL_DATES] = true;
	else if (strncmp(how, "shift", 5) == 0 && (how[5] == '\0' || how[5] == '=')) {
		scrub.profile.option[RETAIN_MODIFIED_DATES] = true;
		scrub.ids.days = how[5] == '=' ? take_days(how + 6) : 0;
	} else if (strcmp(how, "remove") != 0)
		cli_usage("--dates has no \"%s\"; it has remove, keep, shift, shift=DAYS",
		    how);
}

/* What is wrong with a policy, on stdout; ends the program. */
static _Noreturn void
check_policy(const char *name)
{
	static const char *levels[] = { "error", "warning", "note" };
	const struct policy_finding *f;
	struct policy *p;
	struct err e;
	size_t n, i;
	int status;

	if (policy_open(name, &p, &e) < 0)
		exit(cli_finish(cli_trouble(name, &e)));
	f = policy_findings(p, &n);
	for (i = 0; i < n; i++)
		printf("%s:%u: %s: %s\n", strcmp(name, "-") == 0 ? "(stdin)" : name,
		    f[i].line, levels[f[i].level], f[i].text);
	status = policy_count(p, POLICY_ERROR) + policy_count(p, POLICY_WARNING) > 0 ?
	    STATUS_NO : STATUS_OK;
	policy_close(p);
	exit(cli_finish(status));
}

/* Errors forbid its use: nobody knows what was meant. */
static struct policy *
take_policy(const char *name)
{
	const struct policy_finding *f;
	struct policy *p;
	struct err e;
	size_t n, i;
	int status = STATUS_OK;

	if (policy_open(name, &p, &e) < 0)
		exit(cli_finish(cli_trouble(name, &e)));
	f = policy_findings(p, &n);
	for (i = 0; i < n; i++)
		if (f[i].level == POLICY_ERROR) {
			err_set(&e, "line %u: %s", f[i].line, f[i].text);
			status = cli_trouble(name, &e);
		} else if (f[i].level == POLICY_WARNING)
			cli_note(name, "line %u: %s", f[i].line, f[i].text);
	if (status != STATUS_OK)
		exit(cli_finish(status));
	return p;
}

static void
take_documents(const char *how)
{
	if (strcmp(how, "drop") == 0)
		scrub.documents = SCRUB_DOCUMENTS_DROP;
	else if (strcmp(how, "dummy") == 0)
		scrub.documents = SCRUB_DOCUMENTS_DUMMY;
	else if (strcmp(how, "refuse") == 0)
		scrub.documents = SCRUB_DOCUMENTS_REFUSE;
	else
		cli_usage("--documents has no \"%s\"; it has refuse, drop, dummy", how);
}

/* It goes in front of 16 digits, in the default character set, into an LO. */
static const char *
take_prefix(const char *text)
{
	const char *p;

	for (p = text; *p != '\0'; p++)
		if (strchr("^=\\", *p) != NULL || *p < ' ' || *p > '~')
			cli_usage("the prefix may hold printable ASCII but ^, = and \\");
	if (p - text > IDS_PREFIX_MAX)
		cli_usage("the prefix has %d characters at most", IDS_PREFIX_MAX);
	return text;
}

static void
take_recipient(const char *path)
{
	struct err e;

	if ((recipients == NULL && (recipients = envelope_to_new(&e)) == NULL) ||
	    envelope_to_add(recipients, path, &e) < 0)
		exit(cli_finish(cli_trouble(path, &e)));
	scrub.recipients = recipients;
}

static void
take_private_key(const char *path)
{
	struct err e;

	if (private_key != NULL)
		cli_usage("--re-identify takes one key");
	if (envelope_key_read(path, &private_key, &e) < 0)
		exit(cli_finish(cli_trouble(path, &e)));
}

/* Appends, and keeps others from reading: mode 0600 when new. */
static FILE *
open_append(const char *name)
{
	struct err e;
	FILE *f = NULL;
	int fd = open(name, O_WRONLY | O_CREAT | O_APPEND, 0600);

	if (fd < 0 || (f = fdopen(fd, "a")) == NULL) {
		err_set(&e, "open: %s", strerror(errno));
		exit(cli_finish(cli_trouble(name, &e)));
	}
	return f;
}

/*
 * STUDY/SERIES/INSTANCE.dcm by the new UIDs, for who wants to name outputs so.
 * The UIDs of a file are not to be trusted with a path: what is no UID is "none".
 */
static int
name_by_uid(const struct item *set, struct buf *b, struct err *e)
{
	static const uint32_t tags[] = { OBJECT_TAG(0x0020, 0x000d),
	    OBJECT_TAG(0x0020, 0x000e), OBJECT_TAG(0x0008, 0x0018) };
	const char *uid;
	size_t i, len, j;

	for (i = 0; i < 3; i++) {
		uid = item_text(set, tags[i], &len);
		for (j = 0; j < len && strchr("0123456789.", uid[j]) != NULL; j++)
			;
		if (uid == NULL || uid[0] == '.' || len > 64 || j < len) {
			uid = "none";
			len = 4;
		}
		if (buf_add(b, uid, len, e) < 0 ||
		    buf_add(b, i < 2 ? "/" : ".dcm", i < 2 ? 1 : 4, e) < 0)
			return -1;
	}
	return 0;
}

static int
write_lines(FILE *f, json_t *lines, struct err *e)
{
	json_t *line;
	size_t i;

	if (ferror(f))	/* what it holds back may still be written */
		return err_set(e, "write: an earlier line failed");
	json_array_foreach(lines, i, line)
		if (json_dumpf(line, f, JSON_COMPACT) < 0 || putc('\n', f) == EOF)
			return err_set(e, "write: %s", strerror(errno));
	if (fflush(f) != 0)
		return err_set(e, "write: %s", strerror(errno));
	return 0;
}

/* The original elements back in, and their tags into the log. */
static int
restore(struct object *o, struct err *e)
{
	struct buf tags = { 0 };
	char line[128];
	uint32_t tag;
	size_t i;
	int n, got = originals_restore(o, private_key, &tags, e);

	for (i = 0; got == 0 && i < tags.len; i += sizeof tag) {
		memcpy(&tag, tags.data + i, sizeof tag);
		n = snprintf(line, sizeof line, "%s{\"tag\":\"(%04X,%04X)\","
		    "\"path\":\"(%04X,%04X)\",\"rule\":\"originals\","
		    "\"action\":\"restore\"}", i > 0 ? "," : "", tag >> 16,
		    tag & 0xffff, tag >> 16, tag & 0xffff);
		got = buf_add(&actions, line, (size_t)n, e);
	}
	buf_free(&tags);
	return got;
}

/* What was asked for: 0, 1 when there will be no output, or -1. */
static int
change(struct object *o, struct err *e)
{
	return private_key != NULL ? restore(o, e) : scrub_apply(&scrub, o, e);
}

/* LINE, whose last brace gives way to the actions, which are many and ASCII. */
static int
write_log(const json_t *line, struct err *e)
{
	char *text = json_dumps(line, JSON_COMPACT);
	int got = 0;

	if (text == NULL)
		return err_set(e, "out of memory");
	if (ferror(log_file))
		got = err_set(e, "write: an earlier line failed");
	else if (fprintf(log_file, "%.*s,\"actions\":[%s]}\n",
	    (int)strlen(text) - 1, text, actions.len > 0 ? actions.data : "") < 0 ||
	    fflush(log_file) != 0)
		got = err_set(e, "write: %s", strerror(errno));
	free(text);
	return got;
}

/* Nobody is to look for the output of NAME. */
static int
report_dropped(const char *name, struct err *e)
{
	json_t *line;
	int got;

	cli_note(name, "dropped: it holds an encapsulated document (0042,0011)");
	if (log_file == NULL)
		return 0;
	/* To a report it is one more that has no output, and why. */
	line = json_pack("{s:s, s:s, s:s, s:s}", "file", name, "by", "dcm-scrub",
	    "refused", "dropped: it holds an encapsulated document (0042,0011)",
	    "dropped", "document");
	got = line == NULL ? err_set(e, "the file's name is not UTF-8") :
	    write_log(line, e);
	json_decref(line);
	return got;
}

/*
 * The audit line, and the crosswalk: no output may appear that they do not tell of.
 * BY_UID, which may be NULL, is its name by new UIDs.
 */
static int
report(const char *name, const char *path, const char *by_uid, json_t *map,
    struct err *e)
{
	json_t *line;
	int got = 0;

	if (log_file != NULL) {
		line = json_pack("{s:s, s:s, s:s, s:s*}", "file", name, "by",
		    "dcm-scrub", "output", path, "name", by_uid);
		got = line == NULL ? err_set(e, "the file's name is not UTF-8") :
		    write_log(line, e);
		json_decref(line);
	}
	if (got == 0 && map_file != NULL) {
		line = json_pack("{s:s, s:s, s:s}", "kind", "file", "from", name,
		    "to", path);
		got = line == NULL || json_array_append_new(map, line) < 0 ?
		    err_set(e, "the file's name is not UTF-8") :
		    write_lines(map_file, map, e);
	}
	return got;
}

static int
scrub_one(const char *name, const struct outpath *paths, size_t index,
    struct err *e)
{
	struct outfile *out = NULL;
	struct buf by_uid = { 0 };
	struct object *o = NULL;
	char *path = NULL;
	int got;

	buf_clear(&actions);
	scrub.actions = log_file != NULL ? &actions : NULL;
	scrub.map = map_file != NULL ? json_array() : NULL;
	if ((got = object_open(name, &o, e)) < 0 || (got = change(o, e)) != 0) {
		if (got > 0)
			got = report_dropped(name, e);
		goto out;
	}
	got = -1;
	/* Original UIDs are not for logs. */
	if (private_key == NULL && name_by_uid(object_set(o), &by_uid, e) < 0)
		goto out;
	path = folder != NULL ? outpath_under(paths, folder, index, e) :
	    strdup(output != NULL ? output : "-");
	if (path == NULL)
		goto out;
	if (outpath_is_input(paths, path)) {
		err_set(e, "the output would replace an input");
		goto out;
	}
	if ((out = outfile_open_deep(path, e)) == NULL ||
	    object_write(o, outfile_stream(out), e) < 0 ||
	    outfile_flush(out, e) < 0 ||
	    report(name, path, by_uid.data, scrub.map, e) < 0)
		goto out;
	got = outfile_commit(out, e);
	out = NULL;
out:
	outfile_abandon(out);
	object_close(o);
	json_decref(scrub.map);
	buf_free(&by_uid);
	free(path);
	return got;
}

int
main(int argc, char *argv[])
{
	static char *stdin_alone[] = { "-", NULL };
	const char *key = NULL, *profile = NULL, *policy = NULL, *id_table = NULL;
	const char *words = NULL, *patterns = NULL;
	struct idtable *ids = NULL;
	struct profile_table *table = NULL;
	struct outpath *paths;
	char **names;
	struct err e;
	size_t n, i;
	int c, status = STATUS_OK;

	cli_start(argv[0], "[-hV] -k keyfile [-o file | -O folder] "
	    "[-l log] [--retain list] [--clean list] [--dates how] "
	    "[--documents how] [--profile file] [--words file] "
	    "[--patterns file] [--policy file] [--check-policy file] [--prefix text] [--id-table file] "
	    "[--map file] [--encrypt-to cert] [file ...]\n       "
	    "dcm-scrub --re-identify key [-o file | -O folder] [-l log] [file ...]",
	    options_help);
	while ((c = getopt_long(argc, argv, "o:O:k:l:" CLI_SHORT, longopts,
	    NULL)) != -1)
		switch (c) {
		case 'o':
			output = optarg;
			break;
		case 'O':
			folder = optarg;
			break;
		case 'k':
			key = optarg;
			break;
		case OPT_RETAIN:
			take_options(optarg, false);
			break;
		case OPT_CLEAN:
			take_options(optarg, true);
			break;
		case OPT_DATES:
			take_dates(optarg);
			break;
		case OPT_DOCUMENTS:
			take_documents(optarg);
			break;
		case OPT_PROFILE:
			profile = optarg;
			break;
		case OPT_WORDS:
			words = optarg;
			break;
		case OPT_PATTERNS:
			patterns = optarg;
			break;
		case OPT_POLICY:
			policy = optarg;
			break;
		case OPT_CHECK_POLICY:
			check_policy(optarg);
		case OPT_PREFIX:
			scrub.ids.prefix = take_prefix(optarg);
			break;
		case OPT_ID_TABLE:
			id_table = optarg;
			break;
		case OPT_MAP:
			map_file = open_append(optarg);
			break;
		case OPT_ENCRYPT_TO:
			take_recipient(optarg);
			break;
		case OPT_RE_IDENTIFY:
			take_private_key(optarg);
			break;
		case 'l':
			log_file = open_append(optarg);
			break;
		default:	/* -h, -V, or a usage error */
			cli_common(c);
		}
	names = optind < argc ? argv + optind : stdin_alone;
	n = optind < argc ? (size_t)(argc - optind) : 1;
	if (private_key != NULL && (key != NULL || map_file != NULL ||
	    recipients != NULL))
		cli_usage("--re-identify goes with -o, -O and -l alone");
	if (key == NULL && private_key == NULL)
		cli_usage("name a key with -k; 'head -c 32 /dev/urandom' makes one");
	if (output != NULL && folder != NULL)
		cli_usage("-o and -O exclude each other");
	if (folder == NULL && n > 1)
		cli_usage("several files want a folder, -O");
	if (profile_check(&scrub.profile, &e) < 0)
		cli_usage("%s", e.text);
	if (profile != NULL && profile_table_read(profile, &table, &e) < 0)
		return cli_finish(cli_trouble(profile, &e));
	scrub.profile.table = table;
	if (policy != NULL)
		scrub.policy = take_policy(policy);
	if (key != NULL && key_read(key, &scrub.key, &e) < 0)
		return cli_finish(cli_trouble(key, &e));
	if (id_table != NULL && idtable_read(id_table, &ids, &e) < 0)
		return cli_finish(cli_trouble(id_table, &e));
	scrub.ids.table = ids;
	if (clean_open(patterns, words, &scrub.clean, &e) < 0 ||
	    (scrub.memo = memo_new(&e)) == NULL)
		return cli_finish(cli_trouble(NULL, &e));
	if ((paths = outpath_new(names, n, &e)) == NULL)
		return cli_finish(cli_trouble(NULL, &e));
	for (i = 0; i < n; i++)
		if (scrub_one(names[i], paths, i, &e) < 0)
			status = cli_worst(status, cli_trouble(names[i], &e));
	outpath_free(paths);
	envelope_to_free(recipients);
	envelope_key_free(private_key);
	memo_free(scrub.memo);
	clean_close(scrub.clean);
	profile_table_free(table);
	policy_close(scrub.policy);
	detect_free(detect);
	idtable_free(ids);
	buf_free(&actions);
	if ((log_file != NULL && fclose(log_file) != 0) ||
	    (map_file != NULL && fclose(map_file) != 0)) {
		err_set(&e, "close log: %s", strerror(errno));
		status = cli_trouble(NULL, &e);
	}
	return cli_finish(status);
}
