/* dcm-report: what a person reads of a run; see dcm-report(1). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cli.h"
#include "base/outfile.h"
#include "report/report.h"

enum { PICTURES = 50, SIDE = 640, SIDE_MIN = 64, SIDE_MAX = 4096 };
enum { OPT_PICTURES = 256, OPT_NO_PICTURES, OPT_SIDE, OPT_SHOW_TEXT };

typedef int (*writer)(FILE *, const struct records *,
    const struct report_look *, struct err *);

static const char options_help[] =
"  -o, --output FILE    write the report here, as its ending says: .html or .txt\n"
"      --pictures N     show N files before and after; default 50\n"
"      --no-pictures    the same as --pictures 0\n"
"      --side PIXELS    no side of a picture is longer than that; default 640\n"
"      --show-text      show text that was read from the images\n"
"  -h, --help           show this help\n"
"  -V, --version        show the version\n";

static const struct option longopts[] = {
	{ "output", required_argument, NULL, 'o' },
	{ "pictures", required_argument, NULL, OPT_PICTURES },
	{ "no-pictures", no_argument, NULL, OPT_NO_PICTURES },
	{ "side", required_argument, NULL, OPT_SIDE },
	{ "show-text", no_argument, NULL, OPT_SHOW_TEXT },
	CLI_LONG
};

static writer
writer_of(const char *path)
{
	const char *dot = path != NULL ? strrchr(path, '.') : NULL;

	if (path == NULL)
		cli_usage("where to? -o report.html or -o report.txt");
	if (dot != NULL && strcmp(dot, ".html") == 0)
		return report_html;
	if (dot != NULL && strcmp(dot, ".txt") == 0)
		return report_text;
	if (dot != NULL && strcmp(dot, ".pdf") == 0)
		cli_usage("PDF cannot be written yet: print the HTML page");
	cli_usage("the report's name ends in .html or .txt");
}

static int
write_report(const char *path, writer write, const struct records *r,
    const struct report_look *look)
{
	struct outfile *o;
	struct err e;

	if ((o = outfile_open(path, &e)) == NULL)
		return cli_trouble(path, &e);
	if (write(outfile_stream(o), r, look, &e) < 0) {
		outfile_abandon(o);
		return cli_trouble(path, &e);
	}
	if (outfile_commit(o, &e) < 0)
		return cli_trouble(path, &e);
	return STATUS_OK;
}

/* An input that cannot be read is said in the report, and on stderr. */
static int
read_input(struct records *r, const char *name)
{
	FILE *in = strcmp(name, "-") == 0 ? stdin : fopen(name, "r");
	size_t before = r->problems.n, i;
	struct err e, unused;
	int status = STATUS_OK;

	if (in == NULL)
		err_set(&e, "open: %s", strerror(errno));
	if (in == NULL || records_read(r, in, name, &e) < 0) {
		status = cli_trouble(name, &e);
		records_problem(r, name, e.text, &unused);
	} else
		for (i = before; i < r->problems.n; i++) {
			err_set(&e, "%s", r->problems.at[i].key[1]);
			status = cli_trouble(name, &e);
		}
	if (in != NULL && in != stdin)
		fclose(in);
	return status;
}

int
main(int argc, char *argv[])
{
	struct report_look look = { .pictures = PICTURES, .side = SIDE };
	const char *path = NULL, *name;
	struct records *r;
	struct err e;
	writer write;
	int c, status = STATUS_OK;

	cli_start(argv[0], "[-hV] [--pictures n | --no-pictures] [--side pixels] "
	    "[--show-text] -o report.html|report.txt [records ...]", options_help);
	while ((c = getopt_long(argc, argv, "o:" CLI_SHORT, longopts, NULL)) != -1)
		switch (c) {
		case 'o':
			path = optarg;
			break;
		case OPT_PICTURES:
			look.pictures = cli_u32(c, optarg, 0, 100000);
			break;
		case OPT_NO_PICTURES:
			look.pictures = 0;
			break;
		case OPT_SIDE:
			look.side = cli_u32(c, optarg, SIDE_MIN, SIDE_MAX);
			break;
		case OPT_SHOW_TEXT:
			look.show_text = true;
			break;
		default:	/* -h, -V, or a usage error */
			cli_common(c);
		}
	write = writer_of(path);
	umask(077);	/* the report may show what the originals show */
	if ((r = records_new(&e)) == NULL)
		return cli_finish(cli_trouble(NULL, &e));
	while ((name = cli_input(argc, argv)) != NULL)
		status = cli_worst(status, read_input(r, name));
	if (records_finish(r, &e) < 0)
		status = cli_trouble(NULL, &e);
	else
		status = cli_worst(status, write_report(path, write, r, &look));
	records_free(r);
	return cli_finish(status);
}
