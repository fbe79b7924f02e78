/* box-score: how well boxes that were found cover the lines that there are; see box-score(1). */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/cli.h"
#include "stream/score.h"

static const char *by;
static double min_recall = -1, max_false = -1;
static bool as_json, verbose;

static const char options_help[] =
"  -b, --by KEYS          group lines by these, as size,style,phi; KEY:STEP for\n"
"                         numbers in classes of that width\n"
"  -r, --min-recall R     status 1 when the recall is less, 0 to 1\n"
"  -f, --max-false F      status 1 when the mean false area is more, 0 to 1\n"
"  -j, --json             write lines of JSON\n"
"  -v, --verbose          list each line that was missed, each box with false area\n"
"  -h, --help             show this help\n"
"  -V, --version          show the version\n";

static const struct option longopts[] = {
	{ "by", required_argument, NULL, 'b' },
	{ "min-recall", required_argument, NULL, 'r' },
	{ "max-false", required_argument, NULL, 'f' },
	{ "json", no_argument, NULL, 'j' },
	{ "verbose", no_argument, NULL, 'v' },
	CLI_LONG
};

/* A share of nothing is not 0. */
static json_t *
ratio(double part, double whole)
{
	return whole > 0 ? json_real(part / whole) : json_null();
}

/* Steals O. */
static int
write_json(json_t *o, struct err *e)
{
	char *line = o != NULL ? json_dumps(o, JSON_COMPACT | JSON_REAL_PRECISION(10)) : NULL;
	int got = 0;

	json_decref(o);
	if (line == NULL)
		return err_set(e, "out of memory, or a string is not UTF-8");
	if (printf("%s\n", line) < 0)
		got = err_set(e, "write: %s", strerror(errno));
	free(line);
	return got;
}

/* A name goes to a person's screen without its control bytes. */
static void
print_name(const char *name)
{
	for (; *name != '\0'; name++)
		putchar((unsigned char)*name < ' ' || *name == 0x7f ? '?' : *name);
}

static int
write_place(const char *kind, const char *of_it, const struct score_place *p, struct err *e)
{
	if (as_json)
		return write_json(json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:f}", "kind", kind,
		    "file", p->file, "frame", (json_int_t)p->frame, "x", (json_int_t)p->x,
		    "y", (json_int_t)p->y, "w", (json_int_t)p->w, "h", (json_int_t)p->h,
		    of_it, p->share), e);
	printf("%-7s %5.1f %% %-7s  frame %" PRIu32 "  x %" PRIu32 "  y %" PRIu32 "  w %" PRIu32
	    "  h %" PRIu32 "  ", kind, 100 * p->share, of_it, p->frame, p->x, p->y, p->w, p->h);
	print_name(p->file);
	putchar('\n');
	return ferror(stdout) ? err_set(e, "write: %s", strerror(errno)) : 0;
}

static int
write_missed(void *arg, const struct score_place *p, struct err *e)
{
	(void)arg;
	return write_place("missed", "covered", p, e);
}

static int
write_wrong(void *arg, const struct score_place *p, struct err *e)
{
	(void)arg;
	return write_place("wrong", "false", p, e);
}

static json_t *
lines_json(const struct score_lines *l)
{
	return json_pack("{s:I, s:I, s:o, s:o, s:o}", "lines", (json_int_t)l->lines,
	    "found", (json_int_t)l->found, "recall", ratio((double)l->found, (double)l->lines),
	    "area_recall", ratio(l->covered, l->area),
	    "presidio_recall", ratio((double)l->matched, (double)l->lines));
}

static int
write_result_json(const struct score *s, const struct score_result *r, struct err *e)
{
	const struct score_group *g;
	size_t i;

	if (write_json(json_pack("{s:s, s:I, s:I, s:I, s:I, s:o, s:o, s:o, s:f, s:f, s:f, s:o}",
	    "kind", "score", "images", (json_int_t)r->images, "absent", (json_int_t)r->absent,
	    "ambiguous", (json_int_t)r->ambiguous, "strangers", (json_int_t)r->strangers,
	    "all", lines_json(&r->all), "phi", lines_json(&r->phi),
	    "area_precision", ratio(r->right, r->right + r->wrong), "false_mean", r->false_mean,
	    "false_p90", r->false_p90, "false_max", r->false_max, "presidio_precision",
	    ratio((double)r->true_positives, (double)r->positives)), e) < 0)
		return -1;
	for (i = 0; (g = score_group(s, i)) != NULL; i++)
		if (write_json(json_pack("{s:s, s:s, s:s, s:o}", "kind", "group", "by", g->key,
		    "value", g->value, "all", lines_json(&g->lines)), e) < 0)
			return -1;
	return 0;
}

static void
print_ratio(double part, double whole)
{
	if (whole > 0)
		printf("  %8.4f", part / whole);
	else
		printf("  %8s", "-");
}

static void
print_lines(const char *name, const struct score_lines *l)
{
	print_name(name);
	printf("%*s  %8" PRIu64 "  %8" PRIu64, strlen(name) < 16 ? (int)(16 - strlen(name)) : 0, "",
	    l->lines, l->found);
	print_ratio((double)l->found, (double)l->lines);
	print_ratio(l->covered, l->area);
	print_ratio((double)l->matched, (double)l->lines);
	putchar('\n');
}

static void
print_head(const char *key)
{
	print_name(key);
	printf("%*s  %8s  %8s  %8s  %8s  %8s\n", strlen(key) < 16 ? (int)(16 - strlen(key)) : 0, "",
	    "lines", "found", "recall", "by area", "presidio");
}

static void
print_result(const struct score *s, const struct score_result *r)
{
	const struct score_group *g, *before = NULL;
	size_t i;

	print_head("");
	print_lines("all", &r->all);
	print_lines("PHI", &r->phi);
	for (i = 0; (g = score_group(s, i)) != NULL; before = g, i++) {
		if (before == NULL || before->key != g->key) {
			putchar('\n');
			print_head(g->key);
		}
		print_lines(g->value, &g->lines);
	}
	printf("\nimages      %" PRIu64 ", %" PRIu64 " of them without a record of findings\n", r->images,
	    r->absent);
	printf("false area  mean %.4f, p90 %.4f, max %.4f\n", r->false_mean, r->false_p90, r->false_max);
	printf("precision ");
	print_ratio(r->right, r->right + r->wrong);
	printf(" by area, presidio");
	print_ratio((double)r->true_positives, (double)r->positives);
	putchar('\n');
}

/* What the truth and the findings do not share is worth saying, but decides nothing. */
static void
note_mismatch(const char *found, const struct score_result *r)
{
	if (r->absent > 0)
		cli_note(found, "no record of %" PRIu64 " of %" PRIu64 " images: nothing found in them",
		    r->absent, r->images);
	if (r->ambiguous > 0)
		cli_note(found, "%" PRIu64 " files could be more than one by their base name: not matched",
		    r->ambiguous);
	if (r->strangers > 0)
		cli_note(found, "%" PRIu64 " records of files that are not in the truth", r->strangers);
}

static int
read_from(const char *name, struct score *s,
    int (*reader)(struct score *s, FILE *in, struct err *e), struct err *e)
{
	FILE *in = strcmp(name, "-") == 0 ? stdin : fopen(name, "r");
	int got;

	if (in == NULL)
		return err_set(e, "open: %s", strerror(errno));
	got = reader(s, in, e);
	if (in != stdin)
		fclose(in);
	return got;
}

/* Without a line there is no recall, so none that is asked for is reached. */
static int
judge(const struct score_result *r)
{
	if (min_recall >= 0 && (r->all.lines == 0 ||
	    (double)r->all.found / (double)r->all.lines < min_recall))
		return STATUS_NO;
	if (max_false >= 0 && (r->images == 0 || r->false_mean > max_false))
		return STATUS_NO;
	return STATUS_OK;
}

static int
score(const char *truth, const char *found)
{
	const struct score_watch watch = { .missed = write_missed, .wrong = write_wrong };
	struct score_result r = { 0 };
	struct score *s;
	struct err e;
	int status;

	if ((s = score_new(by, &e)) == NULL)
		cli_usage("%s", e.text);
	if (read_from(truth, s, score_truth, &e) < 0)
		status = cli_trouble(truth, &e);
	else if (read_from(found, s, score_found, &e) < 0)
		status = cli_trouble(found, &e);
	else if (score_sum(s, verbose ? &watch : NULL, &r, &e) < 0)
		status = cli_trouble(r.file, &e);
	else if (as_json && write_result_json(s, &r, &e) < 0)
		status = cli_trouble("(stdout)", &e);
	else {
		if (!as_json) {
			if (verbose)
				putchar('\n');
			print_result(s, &r);
		}
		note_mismatch(found, &r);
		status = judge(&r);
	}
	score_free(s);
	return status;
}

int
main(int argc, char *argv[])
{
	const char *truth, *found;
	int c;

	cli_start(argv[0], "[-hjvV] [-b keys] [-r recall] [-f share] truth [found]", options_help);
	while ((c = getopt_long(argc, argv, "b:r:f:jv" CLI_SHORT, longopts, NULL)) != -1)
		switch (c) {
		case 'b':
			by = optarg;
			break;
		case 'r':
			min_recall = cli_real(c, optarg, 0, 1);
			break;
		case 'f':
			max_false = cli_real(c, optarg, 0, 1);
			break;
		case 'j':
			as_json = true;
			break;
		case 'v':
			verbose = true;
			break;
		default:	/* -h, -V, or a usage error */
			cli_common(c);
		}
	if (argc - optind < 1 || argc - optind > 2)
		cli_usage("a truth is wanted, and at most one list of what was found");
	truth = argv[optind];
	found = optind + 1 < argc ? argv[optind + 1] : "-";
	if (strcmp(truth, "-") == 0 && strcmp(found, "-") == 0)
		cli_usage("truth and findings cannot both be standard input");
	return cli_finish(score(truth, found));
}
