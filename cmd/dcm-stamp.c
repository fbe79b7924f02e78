/* dcm-stamp: burn invented text into images, and tell where; see dcm-stamp(1). */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cli.h"
#include "base/outfile.h"
#include "base/outpath.h"
#include "image/redact.h"
#include "text/invent.h"
#include "text/stamp.h"

#define ANGLES_MAX 16
#define COLOURS_MAX 16

static const char options_help[] =
"  -o, --output FILE  write the one output here; without -o and -O: stdout\n"
"  -O, --outdir DIR   write each output under DIR, by its input's path below\n"
"                     the folder that holds all inputs\n"
"  -t, --text [KIND=]TEXT  stamp this line; may be given again; without: invented\n"
"  -k, --kinds LIST   invent only lines of these kinds: name, date, id,\n"
"                     institution, place, time, technical\n"
"  -n, --lines N[-M]  how many invented lines a frame gets (default 1-6)\n"
"  -F, --font NAME    a family, a font's file or a folder of fonts; may be given\n"
"                     again (default sans-serif)\n"
"  -z, --size N[-M]   of an em, in pixels, or with % of the shorter side\n"
"                     (default 2-5%)\n"
"  -p, --at LIST      corners (the default), random, or X:Y in per cent of the\n"
"                     way from the upper left to the lower right\n"
"  -i, --ink HOW      auto (the default: by what is beneath), light or dark\n"
"  -c, --contrast N[-M]  levels of 255 that ink and ground differ by (default:\n"
"                     all there is)\n"
"  -a, --angle LIST   turn lines by that many degrees (default 0)\n"
"      --style LIST   plain (the default), outline, box, shadow\n"
"      --edges LIST   soft (the default), hard\n"
"      --opacity P[-Q]  of ink and of what is around it, 0.1 to 1 (default 1)\n"
"      --colour LIST  ink of these colours, by name or as #RRGGBB\n"
"  -f, --frames LIST  stamp these frames alone: 1,3-5,9-\n"
"      --per-frame    other lines on each frame\n"
"  -s, --seed N       of all that is left to chance (default 1)\n"
"      --truth FILE   write what was stamped where, as a box list\n"
"      --mask FILE    write which pixels were stamped, as PGM images\n"
"  -h, --help         show this help\n"
"  -V, --version      show the version\n";

enum {
	OPT_STYLE = 256, OPT_EDGES, OPT_OPACITY, OPT_COLOUR, OPT_PER_FRAME,
	OPT_TRUTH, OPT_MASK
};

static const struct option longopts[] = {
	{ "output", required_argument, NULL, 'o' },
	{ "outdir", required_argument, NULL, 'O' },
	{ "text", required_argument, NULL, 't' },
	{ "kinds", required_argument, NULL, 'k' },
	{ "lines", required_argument, NULL, 'n' },
	{ "font", required_argument, NULL, 'F' },
	{ "size", required_argument, NULL, 'z' },
	{ "at", required_argument, NULL, 'p' },
	{ "ink", required_argument, NULL, 'i' },
	{ "contrast", required_argument, NULL, 'c' },
	{ "angle", required_argument, NULL, 'a' },
	{ "style", required_argument, NULL, OPT_STYLE },
	{ "edges", required_argument, NULL, OPT_EDGES },
	{ "opacity", required_argument, NULL, OPT_OPACITY },
	{ "colour", required_argument, NULL, OPT_COLOUR },
	{ "frames", required_argument, NULL, 'f' },
	{ "per-frame", no_argument, NULL, OPT_PER_FRAME },
	{ "seed", required_argument, NULL, 's' },
	{ "truth", required_argument, NULL, OPT_TRUTH },
	{ "mask", required_argument, NULL, OPT_MASK },
	CLI_LONG
};

static struct stamp_text texts[STAMP_LINES_MAX];
static int angles[ANGLES_MAX];
static uint8_t colours[COLOURS_MAX][3];
static bool lines_given;
static struct stamp_options options = {
	.seed = 1, .texts = texts, .kinds = (1u << INVENT_KINDS) - 1, .lines_min = 1,
	.lines_max = 6, .size_min = 2, .size_max = 5, .relative = true,
	.places = 1u << STAMP_CORNERS, .opacity_min = 1, .opacity_max = 1,
	.angles = angles, .nangles = 1, .styles = 1u << STAMP_PLAIN, .soft = true,
	.colours = (const uint8_t (*)[3])colours
};
static const char *out_file, *out_dir, *truth_file, *mask_file;
static struct outfile *truth, *mask;

/* -- options ----------------------------------------------------------------- */

/* A number from *S on, which moves behind it. */
static double
number(const char **s, const char *option, double min, double max)
{
	size_t plain = strspn(*s, "-.0123456789");
	char *end;
	double v;

	v = strtod(*s, &end);
	if (end == *s || end > *s + plain || !(v >= min && v <= max))
		cli_usage("--%s wants numbers from %g to %g", option, min, max);
	*s = end;
	return v;
}

/* N or N-M; the rest of TEXT is returned. */
static const char *
range(const char *text, const char *option, double min, double max, double *low,
    double *high)
{
	*low = *high = number(&text, option, min, max);
	if (*text == '-') {
		text++;
		*high = number(&text, option, min, max);
	}
	if (*high < *low)
		cli_usage("--%s wants the lesser number first", option);
	return text;
}

/* The same in whole numbers and nothing behind them. */
static void
whole_range(const char *text, const char *option, uint32_t min, uint32_t max,
    uint32_t *low, uint32_t *high)
{
	double a, b;

	if (*range(text, option, min, max, &a, &b) != '\0' || a != floor(a) ||
	    b != floor(b))
		cli_usage("--%s wants whole numbers", option);
	*low = (uint32_t)a;
	*high = (uint32_t)b;
}

/* The next word of the list *S, which moves behind it; NULL at the end. */
static const char *
word(const char **s, size_t *n)
{
	const char *w = *s;

	if (w == NULL)
		return NULL;
	*n = strcspn(w, ",");
	*s = w[*n] == ',' ? w + *n + 1 : NULL;
	return w;
}

static bool
is_word(const char *w, size_t n, const char *name)
{
	return strlen(name) == n && memcmp(w, name, n) == 0;
}

static void
take_text(const char *text)
{
	const char *equals = strchr(text, '=');
	enum invent_kind kind;
	struct stamp_text *t;

	if (options.ntexts == STAMP_LINES_MAX)
		cli_usage("more than %u lines of text", STAMP_LINES_MAX);
	t = &texts[options.ntexts++];
	*t = (struct stamp_text){ text, NULL };
	if (equals != NULL && invent_parse(text, (size_t)(equals - text), &kind))
		*t = (struct stamp_text){ equals + 1, invent_phi(kind) };
	if (*t->text == '\0' || strlen(t->text) > FONTS_TEXT_MAX)
		cli_usage("--text wants 1 to %u bytes", FONTS_TEXT_MAX);
}

static void
take_kinds(const char *s)
{
	enum invent_kind kind;
	const char *w;
	size_t n;

	options.kinds = 0;
	while ((w = word(&s, &n)) != NULL) {
		if (!invent_parse(w, n, &kind))
			cli_usage("--kinds does not know that word; see -h");
		options.kinds |= 1u << kind;
	}
}

static void
take_font(const char *name)
{
	struct err e;

	if (options.fonts == NULL && (options.fonts = fonts_new(&e)) == NULL)
		cli_usage("--font %s: %s", name, e.text);
	if (fonts_add(options.fonts, name, &e) < 0)
		cli_usage("--font %s: %s", name, e.text);
}

static void
take_size(const char *text)
{
	const char *rest = range(text, "size", 0.1, FONTS_EM_MAX,
	    &options.size_min, &options.size_max);

	options.relative = *rest == '%';
	if (options.relative)
		rest++;
	if (*rest != '\0' || (options.relative ? options.size_max > 100 :
	    options.size_min < FONTS_EM_MIN))
		cli_usage("--size wants pixels from %u on, or per cent",
		    FONTS_EM_MIN);
}

static void
take_places(const char *s)
{
	const char *w, *point;
	size_t n;

	options.places = 0;
	while ((w = word(&s, &n)) != NULL) {
		if (is_word(w, n, "corners"))
			options.places |= 1u << STAMP_CORNERS;
		else if (is_word(w, n, "random"))
			options.places |= 1u << STAMP_RANDOM;
		else {
			point = w;
			options.x = number(&point, "at", 0, 100);
			if (*point++ != ':')
				cli_usage("--at wants corners, random or X:Y");
			options.y = number(&point, "at", 0, 100);
			if (point != w + n)
				cli_usage("--at wants corners, random or X:Y");
			options.places |= 1u << STAMP_POINT;
		}
	}
}

static void
take_ink(const char *how)
{
	if (strcmp(how, "light") == 0)
		options.polarity = STAMP_LIGHT;
	else if (strcmp(how, "dark") == 0)
		options.polarity = STAMP_DARK;
	else if (strcmp(how, "auto") == 0)
		options.polarity = STAMP_AUTO;
	else
		cli_usage("--ink wants auto, light or dark");
}

static void
take_angles(const char *s)
{
	double v;

	for (options.nangles = 0; ; s++) {
		v = number(&s, "angle", -360, 360);
		if (options.nangles == ANGLES_MAX || v != floor(v) ||
		    (*s != '\0' && *s != ','))
			cli_usage("--angle wants up to %d whole degrees", ANGLES_MAX);
		angles[options.nangles++] = (int)v;
		if (*s == '\0')
			break;
	}
}

static void
take_styles(const char *s)
{
	const char *w;
	unsigned i;
	size_t n;

	options.styles = 0;
	while ((w = word(&s, &n)) != NULL) {
		for (i = 0; i < STAMP_STYLES; i++)
			if (is_word(w, n, stamp_style_name((enum stamp_style)i)))
				break;
		if (i == STAMP_STYLES)
			cli_usage("--style does not know that word; see -h");
		options.styles |= 1u << i;
	}
}

static void
take_edges(const char *s)
{
	const char *w;
	size_t n;

	options.soft = options.hard = false;
	while ((w = word(&s, &n)) != NULL) {
		if (is_word(w, n, "soft"))
			options.soft = true;
		else if (is_word(w, n, "hard"))
			options.hard = true;
		else
			cli_usage("--edges wants soft or hard");
	}
}

static void
take_colours(const char *s)
{
	char name[16];
	const char *w;
	size_t n;

	options.ncolours = 0;
	while ((w = word(&s, &n)) != NULL) {
		if (options.ncolours == COLOURS_MAX)
			cli_usage("--colour wants up to %d colours", COLOURS_MAX);
		snprintf(name, sizeof name, "%.*s", (int)n, w);
		if (!fill_colour_parse(name, colours[options.ncolours++]))
			cli_usage("--colour does not know that one");
	}
}

static bool
is_stdout(const char *name)
{
	return name != NULL && strcmp(name, "-") == 0;
}

static bool
is_same(const char *a, const char *b)
{
	return a != NULL && b != NULL && strcmp(a, b) == 0;
}

static void
check_usage(int argc)
{
	int outputs = is_stdout(truth_file) + is_stdout(mask_file) +
	    (out_dir == NULL && (out_file == NULL || is_stdout(out_file)));

	if (optind == argc)
		cli_usage("no file to stamp");
	if (out_file != NULL && out_dir != NULL)
		cli_usage("give -o or -O, not both");
	if (out_dir == NULL && argc - optind > 1)
		cli_usage("more than one file wants -O");
	if (outputs > 1 || is_same(truth_file, mask_file) ||
	    is_same(truth_file, out_file) || is_same(mask_file, out_file))
		cli_usage("two outputs go to one place");
	if (lines_given && options.ntexts > 0)
		cli_usage("--lines is for invented lines, --text is each a line");
}

/* -- truth ------------------------------------------------------------------- */

/* Record I of N of D's stamps: FRAME, or 0 for all of them. */
static int
write_record(struct stamp *s, const char *output, const struct pixels *p,
    uint32_t i, uint32_t n, uint32_t frame, struct err *e)
{
	struct box_record r = { .image = i, .images = n, .frame = frame,
	    .frames = p->frames, .width = p->columns, .height = p->rows };
	struct pnm picture = { 0 };
	int got = -1;

	if (box_set(&r.file, output, e) < 0 ||
	    box_set(&r.by, "dcm-stamp", e) < 0)
		goto out;
	if (mask != NULL) {
		if (box_record_copy_keys(&picture.key, &r, e) < 0 ||
		    stamp_mask(s, frame == 0 ? 1 : frame, &picture, e) < 0 ||
		    pnm_write(outfile_stream(mask), &picture, e) < 0)
			goto out;
	}
	if (truth != NULL && (stamp_truth(s, frame == 0 ? 1 : frame, &r, e) < 0 ||
	    box_write(outfile_stream(truth), &r, e) < 0))
		goto out;
	got = 0;
out:
	pnm_free(&picture);
	box_record_free(&r);
	return got;
}

static int
write_records(struct stamp *s, const char *output, const struct pixels *p,
    struct err *e)
{
	uint32_t f;

	if (truth == NULL && mask == NULL)
		return 0;
	if (!options.per_frame && (options.frames.n == 0 || p->frames == 1))
		return write_record(s, output, p, 1, 1, p->frames > 1 ? 0 : 1, e);
	for (f = 1; f <= p->frames; f++)
		if (write_record(s, output, p, f, p->frames, f, e) < 0)
			return -1;
	return 0;
}

/* Where O ends, to come back to. */
static off_t
end_of(struct outfile *o)
{
	return o == NULL ? 0 : ftello(outfile_stream(o));
}

/* Takes back what was written to O since END. */
static void
take_back(struct outfile *o, off_t end)
{
	FILE *f;

	if (o == NULL)
		return;
	f = outfile_stream(o);
	if (fflush(f) != 0 || ftruncate(fileno(f), end) < 0 ||
	    fseeko(f, end, SEEK_SET) < 0)
		cli_note(NULL, "what was written of a failed file stays");
}

/* -- one file ---------------------------------------------------------------- */

static int
stamp_image(struct dcm *d, const char *output, struct outfile *o, struct err *e)
{
	struct redact r = { .draw = stamp_draw, .boxes = stamp_boxes, .verify = true,
	    .jobs = 1 };
	struct redact_report t = { .dropped = false };
	struct stamp *s = NULL;
	struct pixels p;
	int got = -1;

	if (dcm_pixels(d) == DCM_PIXELS_FLOAT)
		return err_set(e, "float pixel data cannot be stamped");
	if (pixels_describe(d, &p, e) < 0)
		return -1;
	if (p.coding == CODING_VIDEO)
		return err_set(e, "a video cannot be stamped");
	if (stamp_new(d, &p, &options, &s, e) < 0)
		return -1;
	r.arg = s;
	if (redact_dicom(d, &p, &r, o, &t, e) == 0)
		got = write_records(s, output, &p, e);
	stamp_free(s);
	carrier_report_free(&t.carriers);
	return got;
}

static int
stamp_file(const char *name, const char *output)
{
	off_t truth_end = end_of(truth), mask_end = end_of(mask);
	struct dcm *d = NULL;
	struct outfile *o;
	struct err e;
	int got = -1;

	o = out_dir != NULL ? outfile_open_deep(output, &e) :
	    outfile_open(output, &e);
	if (o == NULL)
		return cli_trouble(name, &e);
	if (dcm_open(name, &d, &e) == 0)
		got = stamp_image(d, output, o, &e);
	dcm_close(d);
	if (got < 0)
		outfile_abandon(o);
	else
		got = outfile_commit(o, &e);
	if (got == 0)
		return STATUS_OK;
	take_back(truth, truth_end);
	take_back(mask, mask_end);
	return cli_trouble(name, &e);
}

static int
stamp_all(char *names[], size_t n)
{
	struct outpath *paths;
	const char *output;
	char *under;
	int status = STATUS_OK;
	struct err e;
	size_t i;

	if ((paths = outpath_new(names, n, &e)) == NULL)
		return cli_trouble(NULL, &e);
	if ((truth_file != NULL && outpath_is_input(paths, truth_file)) ||
	    (mask_file != NULL && outpath_is_input(paths, mask_file)))
		cli_usage("an output is an input: inputs are never replaced");
	for (i = 0; i < n; i++) {
		under = NULL;
		output = out_file != NULL ? out_file : "-";
		if (out_dir != NULL &&
		    (output = under = outpath_under(paths, out_dir, i, &e)) == NULL)
			status = cli_trouble(names[i], &e);
		else if (outpath_is_input(paths, output)) {
			err_set(&e, "its output is an input: inputs are never replaced");
			status = cli_trouble(names[i], &e);
		} else
			status = cli_worst(status, stamp_file(names[i], output));
		free(under);
	}
	outpath_free(paths);
	return status;
}

/* -- all of it --------------------------------------------------------------- */

/* The output NAME, if it was asked for. */
static struct outfile *
open_output(const char *name, int *status)
{
	struct outfile *o = NULL;
	struct err e;

	if (name != NULL && (o = outfile_open(name, &e)) == NULL)
		*status = cli_trouble(name, &e);
	return o;
}

static int
commit(struct outfile *o, const char *name)
{
	struct err e;

	return o != NULL && outfile_commit(o, &e) < 0 ? cli_trouble(name, &e) :
	    STATUS_OK;
}

static int
run(char *names[], size_t n)
{
	int status = STATUS_OK;

	truth = open_output(truth_file, &status);
	mask = open_output(mask_file, &status);
	if (status != STATUS_OK) {
		outfile_abandon(truth);
		outfile_abandon(mask);
		return status;
	}
	status = stamp_all(names, n);
	status = cli_worst(status, commit(truth, truth_file));
	return cli_worst(status, commit(mask, mask_file));
}

int
main(int argc, char *argv[])
{
	int c, status;
	double low;

	cli_start(argv[0], "[-hV] [-o file | -O dir] [-t [kind=]text] [-k kinds] "
	    "[-n n[-m]] [-F font] [-z n[-m][%]] [-p where] [-i how] [-c n[-m]] "
	    "[-a angles] [--style list] [--edges list] [--opacity p[-q]] "
	    "[--colour list] [-f frames] [--per-frame] [-s seed] [--truth file] [--mask file] "
	    "file ...", options_help);
	while ((c = getopt_long(argc, argv, "o:O:t:k:n:F:z:p:i:c:a:f:s:" CLI_SHORT,
	    longopts, NULL)) != -1)
		switch (c) {
		case 'o':
			out_file = optarg;
			break;
		case 'O':
			out_dir = optarg;
			break;
		case 't':
			take_text(optarg);
			break;
		case 'k':
			take_kinds(optarg);
			break;
		case 'n':
			lines_given = true;
			whole_range(optarg, "lines", 0, STAMP_LINES_MAX,
			    &options.lines_min, &options.lines_max);
			break;
		case 'F':
			take_font(optarg);
			break;
		case 'z':
			take_size(optarg);
			break;
		case 'p':
			take_places(optarg);
			break;
		case 'i':
			take_ink(optarg);
			break;
		case 'c':
			whole_range(optarg, "contrast", 1, 255,
			    &options.contrast_min, &options.contrast_max);
			break;
		case 'a':
			take_angles(optarg);
			break;
		case OPT_STYLE:
			take_styles(optarg);
			break;
		case OPT_EDGES:
			take_edges(optarg);
			break;
		case OPT_OPACITY:
			if (*range(optarg, "opacity", 0.1, 1, &low,
			    &options.opacity_max) != '\0')
				cli_usage("--opacity wants numbers from 0.1 to 1");
			options.opacity_min = low;
			break;
		case OPT_COLOUR:
			take_colours(optarg);
			break;
		case 'f':
			if (!framelist_parse(optarg, &options.frames))
				cli_usage("option -f wants frames, from 1 on, like 1,3-5");
			break;
		case OPT_PER_FRAME:
			options.per_frame = true;
			break;
		case 's':
			options.seed = cli_u32(c, optarg, 0, UINT32_MAX);
			break;
		case OPT_TRUTH:
			truth_file = optarg;
			break;
		case OPT_MASK:
			mask_file = optarg;
			break;
		default:	/* -h, -V, or a usage error */
			cli_common(c);
		}
	check_usage(argc);
	if (options.fonts == NULL)
		take_font("sans-serif");
	status = run(argv + optind, (size_t)(argc - optind));
	fonts_free(options.fonts);
	return cli_finish(status);
}
