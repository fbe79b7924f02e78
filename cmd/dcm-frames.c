/* dcm-frames: decode and render frames of DICOM images; see dcm-frames(1). */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cli.h"
#include "dicom/dcm.h"
#include "dicom/pixels.h"
#include "image/render.h"
#include "stream/framelist.h"
#include "stream/pnm.h"

#define MAX_VIEWS 5

static struct framelist frames;
static uint32_t sample;			/* that many of them; 0: all */
static enum render_view views[MAX_VIEWS] = { VIEW_VOI };
static size_t nviews = 1;

static const char options_help[] =
"  -0, --null         read the names from standard input, each ended by a NUL\n"
"  -f, --frames LIST  only these frames: 1,3-5,9-\n"
"  -s, --sample N     at most N frames, spread evenly from the first to the last\n"
"      --view LIST    the renderings of each frame, of voi, full, low, overlay and\n"
"                     raw; the default is voi\n"
"  -h, --help         show this help\n"
"  -V, --version      show the version\n";

enum { OPT_VIEW = 256 };

static const struct option longopts[] = {
	{ "null", no_argument, NULL, '0' },
	{ "frames", required_argument, NULL, 'f' },
	{ "sample", required_argument, NULL, 's' },
	{ "view", required_argument, NULL, OPT_VIEW },
	CLI_LONG
};

static void
parse_views(const char *s)
{
	enum render_view v;
	size_t i, n;

	for (nviews = 0;; s += n + 1) {
		n = strcspn(s, ",");
		if (!render_view_parse(s, n, &v))
			cli_usage("option --view wants voi, full, low, overlay or raw");
		for (i = 0; i < nviews; i++)
			if (views[i] == v)
				cli_usage("option --view names a view twice");
		views[nviews++] = v;
		if (s[n] == '\0')
			return;
	}
}

/* The K-th of N samples of COUNT: the first is 0, the last COUNT - 1. */
static uint32_t
spread(uint32_t k, uint32_t n, uint32_t count)
{
	if (n < 2)
		return 0;
	return (uint32_t)(((uint64_t)k * (count - 1) + (n - 1) / 2) / (n - 1));
}

/* All images of one file, decoding each frame once for all its views. */
static int
emit(struct dcm *d, const struct pixels *p, struct render *r, void *stored,
    struct pnm *out, struct err *e)
{
	struct box_record *key = &out->key;
	uint32_t count = framelist_count(&frames, p->frames, e), n, k;
	size_t i;

	if (count == 0)
		return -1;
	n = sample != 0 && sample < count ? sample : count;
	if ((uint64_t)n * nviews > UINT32_MAX)
		return err_set(e, "has too many frames for that many views");
	for (i = 0; i < nviews; i++)
		if (render_check(r, views[i], e) < 0)
			return -1;
	key->image = 0;
	key->images = n * (uint32_t)nviews;
	for (k = 0; k < n; k++) {
		key->frame = framelist_nth(&frames, spread(k, n, count));
		if (pixels_frame(d, p, key->frame, stored, e) < 0)
			return -1;
		for (i = 0; i < nviews; i++) {
			key->image++;
			if (box_set(&key->view, render_view_name(views[i]), e) < 0 ||
			    render_frame(r, stored, key->frame, views[i], 255, out,
			    e) < 0 || pnm_write(stdout, out, e) < 0)
				return -1;
		}
	}
	return 0;
}

static int
frames_of(const char *name, struct pnm *out, struct err *e)
{
	struct dcm *d = NULL;
	struct pixels p;
	struct render *r = NULL;
	void *stored = NULL;
	int got = -1;

	if (dcm_open(name, &d, e) < 0 || pixels_describe(d, &p, e) < 0 ||
	    render_new(d, &p, &r, e) < 0 ||
	    box_set(&out->key.file, name, e) < 0 ||
	    box_set(&out->key.by, "dcm-frames", e) < 0)
		goto out;
	out->key.frames = p.frames;
	out->key.width = p.columns;
	out->key.height = p.rows;
	if ((stored = malloc(p.frame_bytes)) == NULL) {
		err_set(e, "out of memory");
		goto out;
	}
	got = emit(d, &p, r, stored, out, e);
out:
	free(stored);
	render_free(r);
	dcm_close(d);
	return got;
}

int
main(int argc, char *argv[])
{
	struct pnm out = { .plain = false };
	int c, status = STATUS_OK;
	bool names = false;
	const char *name;
	struct err e;

	cli_start(argv[0], "[-0hV] [-f list] [-s n] [--view list] [file ...]",
	    options_help);
	while ((c = getopt_long(argc, argv, "0f:s:" CLI_SHORT, longopts,
	    NULL)) != -1)
		switch (c) {
		case '0':
			names = true;
			break;
		case 'f':
			if (!framelist_parse(optarg, &frames))
				cli_usage("option -f wants frames, from 1 on, like 1,3-5");
			break;
		case 's':
			sample = cli_u32(c, optarg, 1, UINT32_MAX);
			break;
		case OPT_VIEW:
			parse_views(optarg);
			break;
		default:
			cli_common(c);
		}
	if (names && optind < argc)
		cli_usage("option -0 takes no files");
	while ((name = names ? cli_input0() : cli_input(argc, argv)) != NULL)
		if (frames_of(name, &out, &e) < 0) {
			status = cli_worst(status, cli_trouble(name, &e));
			/* An image that was cut must end the stream. */
			if (ferror(stdout))
				break;
		}
	pnm_free(&out);
	return cli_finish(status);
}
