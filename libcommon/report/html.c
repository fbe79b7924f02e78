/* html: the report as one page; see report.h. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "dicom/pixels.h"
#include "image/png.h"
#include "image/render.h"
#include "report/report.h"

enum { FOLD_ABOVE = 12 };	/* refused files, of which the reasons say enough */

static const char head[] =
#include "report/style.inc"
;

/*
 * Text for an element or a quoted attribute. Control characters, and those that
 * change the direction of what follows (Unicode UAX 9), become visible codes.
 */
static void
put(FILE *out, const char *s)
{
	const unsigned char *p = (const unsigned char *)s;

	for (; *p != '\0'; p++)
		switch (*p) {
		case '&': fputs("&amp;", out); break;
		case '<': fputs("&lt;", out); break;
		case '>': fputs("&gt;", out); break;
		case '"': fputs("&quot;", out); break;
		case '\'': fputs("&#39;", out); break;
		default:
			if (*p < 0x20 || *p == 0x7f)
				fprintf(out, "\\x%02x", *p);
			else if (*p == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0)
				fprintf(out, "\\x%02x", *++p);
			else if (*p == 0xd8 && p[1] == 0x9c) {
				fputs("\\u061c", out);
				p++;
			} else if (*p == 0xe2 && ((p[1] == 0x80 && (p[2] == 0x8e ||
			    p[2] == 0x8f || (p[2] >= 0xa8 && p[2] <= 0xae))) ||
			    (p[1] == 0x81 && p[2] >= 0xa6 && p[2] <= 0xa9))) {
				fprintf(out, "\\u20%02x",
				    (p[1] & 1) << 6 | (p[2] & 0x3f));
				p += 2;
			} else
				putc(*p, out);
		}
}

static void
number(FILE *out, uint64_t n)
{
	char text[32];

	fprintf(out, "<data value=\"%" PRIu64 "\">%s</data>", n,
	    report_number(n, text));
}

static void
cell_number(FILE *out, uint64_t n)
{
	fputs("<td class=\"n\">", out);
	number(out, n);
	fputs("</td>", out);
}

static void
cell(FILE *out, const char *s)
{
	fputs("<td>", out);
	put(out, s);
	fputs("</td>", out);
}

/* A word that is not broken. */
static void
cell_word(FILE *out, const char *s)
{
	fputs("<td class=\"word\">", out);
	put(out, s);
	fputs("</td>", out);
}

static void
cell_name(FILE *out, const char *s)
{
	fputs("<td><code>", out);
	put(out, s);
	fputs("</code></td>", out);
}

/* A table that scrolls by itself where the page is narrow. */
static void
table_start(FILE *out, const char *label, const char *const *columns)
{
	fputs("<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"", out);
	put(out, label);
	fputs("\"><table>\n<thead><tr>", out);
	for (; *columns != NULL; columns++)	/* a leading # is a number */
		fprintf(out, "<th scope=\"col\"%s>%s</th>",
		    **columns == '#' ? " class=\"n\"" : "",
		    *columns + (**columns == '#'));
	fputs("</tr></thead>\n<tbody>\n", out);
}

static void
table_end(FILE *out)
{
	fputs("</tbody></table></div>\n", out);
}

static void
more_rows(FILE *out, uint64_t shown, uint64_t all)
{
	if (all > shown) {
		fputs("<p class=\"more\">and ", out);
		number(out, all - shown);
		fputs(" more, which are in the logs</p>\n", out);
	}
}

static void
card(FILE *out, const char *level, const char *title, uint64_t n)
{
	fprintf(out, "<section class=\"card %s\"><h3><span class=\"tag\">%s</span> ",
	    level, level);
	fprintf(out, "%s <span class=\"count\">", title);
	number(out, n);
	fputs("</span></h3>\n", out);
}

/* Reasons first; the files of a long list are folded away. */
static void
refused(FILE *out, const struct records *r, uint64_t n)
{
	static const char *const reasons[] = { "Refused by", "Reason", "#Files",
	    NULL };
	static const char *const columns[] = { "File", "Refused by", "Reason", NULL };
	bool fold = n > FOLD_ABOVE;
	uint64_t shown = 0;
	size_t i;

	card(out, "refused", "Files that were refused and have no output", n);
	if (fold) {
		table_start(out, "Reasons for which files were refused", reasons);
		for (i = 0; i < r->refusals.n && i < REPORT_ROWS_MAX; i++) {
			fputs("<tr>", out);
			cell_word(out, r->refusals.at[i].key[0]);
			cell(out, r->refusals.at[i].key[1]);
			cell_number(out, r->refusals.at[i].n);
			fputs("</tr>\n", out);
		}
		table_end(out);
		more_rows(out, i, r->refusals.n);
		fputs("<details><summary>Each file</summary>\n", out);
	}
	table_start(out, "Files that were refused", columns);
	for (i = 0; i < r->nfiles && shown < REPORT_ROWS_MAX; i++) {
		const struct records_file *f = &r->files[i];

		if (f->refused == NULL)
			continue;
		fputs("<tr>", out);
		cell_name(out, f->name);
		cell_word(out, f->refused_by);
		cell(out, f->refused);
		fputs("</tr>\n", out);
		shown++;
	}
	table_end(out);
	more_rows(out, shown, n);
	fputs(fold ? "</details></section>\n" : "</section>\n", out);
}

static void
findings(FILE *out, const struct records *r, const char *level,
    const char *title, uint64_t n)
{
	static const char *const columns[] = { "Check", "Attribute", "#Found",
	    "#Files", "For example", NULL };
	size_t i;

	card(out, level, title, n);
	table_start(out, title, columns);
	for (i = 0; i < r->findings.n; i++) {
		const struct records_count *c = &r->findings.at[i];

		if (strcmp(c->key[0], level) != 0)
			continue;
		fputs("<tr>", out);
		cell_word(out, c->key[1]);
		cell_word(out, c->key[2]);
		cell_number(out, c->n);
		cell_number(out, c->files);
		fputs("<td>", out);
		put(out, c->example);
		fputs("<br><code>", out);
		put(out, c->example_file);
		fputs("</code></td></tr>\n", out);
	}
	table_end(out);
	fputs("</section>\n", out);
}

static void
not_examined(FILE *out, const struct records *r, uint64_t n)
{
	static const char *const columns[] = { "File", "#Frames", "#Examined",
	    "Why", NULL };
	struct err why;
	uint64_t shown = 0;
	size_t i;

	card(out, "warning", "Files of which not every frame was examined", n);
	table_start(out, "Files of which not every frame was examined", columns);
	for (i = 0; i < r->nfiles && shown < REPORT_ROWS_MAX; i++) {
		const struct complete_file *f = r->files[i].examined;

		if (f == NULL || complete_check(f, &why) == 0)
			continue;
		fputs("<tr>", out);
		cell_name(out, r->files[i].name);
		cell_number(out, complete_frames(f));
		cell_number(out, records_frames_examined(f));
		cell(out, why.text);
		fputs("</tr>\n", out);
		shown++;
	}
	table_end(out);
	more_rows(out, shown, n);
	fputs("</section>\n", out);
}

static void
problems(FILE *out, const struct records *r)
{
	static const char *const columns[] = { "Input", "Problem", NULL };
	size_t i;

	card(out, "error", "Records that could not be understood, so this page lacks "
	    "what they said", r->problems.n);
	table_start(out, "Records that could not be understood", columns);
	for (i = 0; i < r->problems.n && i < REPORT_ROWS_MAX; i++) {
		fputs("<tr>", out);
		cell_name(out, r->problems.at[i].key[0]);
		cell(out, r->problems.at[i].key[1]);
		fputs("</tr>\n", out);
	}
	table_end(out);
	more_rows(out, i, r->problems.n);
	fputs("</section>\n", out);
}

/* Files for which TEST holds, by name. */
static void
named(FILE *out, const struct records *r, const char *title, uint64_t n,
    bool (*test)(const struct records_file *))
{
	uint64_t shown = 0;
	size_t i;

	card(out, "warning", title, n);
	fputs("<ul class=\"names\">\n", out);
	for (i = 0; i < r->nfiles && shown < REPORT_ROWS_MAX; i++)
		if (test(&r->files[i])) {
			fputs("<li><code>", out);
			put(out, r->files[i].name);
			fputs("</code></li>\n", out);
			shown++;
		}
	fputs("</ul>\n", out);
	more_rows(out, shown, n);
	fputs("</section>\n", out);
}

static bool
has_no_outcome(const struct records_file *f)
{
	return f->refused == NULL && f->output == NULL;
}

static bool
is_unvalidated(const struct records_file *f)
{
	return f->refused == NULL && f->output != NULL && !f->validated;
}

static void
questions(FILE *out, const struct records *r, const struct records_sums *s)
{
	bool none = true;

	fputs("<section id=\"questions\"><h2>Open questions</h2>\n", out);
	if (r->problems.n > 0 && !(none = false))
		problems(out, r);
	if (s->refused > 0 && !(none = false))
		refused(out, r, s->refused);
	if (s->findings[SEVERITY_ERROR] > 0 && !(none = false))
		findings(out, r, "error", "What dcm-validate found wrong",
		    s->findings[SEVERITY_ERROR]);
	if (s->incomplete > 0 && !(none = false))
		not_examined(out, r, s->incomplete);
	if (s->unknown > 0 && !(none = false))
		named(out, r, "Files without an output or a refusal", s->unknown,
		    has_no_outcome);
	if (s->unvalidated > 0 && !(none = false))
		named(out, r, "Outputs that dcm-validate did not look at",
		    s->unvalidated, is_unvalidated);
	if (s->findings[SEVERITY_WARNING] > 0 && !(none = false))
		findings(out, r, "warning", "What a person should look at",
		    s->findings[SEVERITY_WARNING]);
	if (none)
		fputs("<p class=\"none\">None. Every file has an output, every frame was "
		    "examined, and the checks found nothing.</p>\n", out);
	fputs("</section>\n", out);
}

static void
tile(FILE *out, const char *what, uint64_t n, const char *of, uint64_t all)
{
	fputs("<div><dt>", out);
	fputs(what, out);
	fputs("</dt><dd>", out);
	number(out, n);
	if (of != NULL) {
		fprintf(out, " <small>%s ", of);
		number(out, all);
		fputs("</small>", out);
	}
	fputs("</dd></div>\n", out);
}

static void
sums(FILE *out, const struct records_sums *s)
{
	fputs("<section id=\"sums\" aria-label=\"In all\"><dl class=\"tiles\">\n", out);
	tile(out, "Files done", s->done, "of", s->files);
	tile(out, "Files refused", s->refused, NULL, 0);
	tile(out, "Frames examined", s->frames_examined, "of", s->frames);
	tile(out, "Frames changed", s->frames_changed, NULL, 0);
	tile(out, "Boxes found", s->boxes_found, NULL, 0);
	tile(out, "Boxes filled, in all frames", s->boxes_filled, NULL, 0);
	tile(out, "Pixels filled", s->pixels, NULL, 0);
	tile(out, "Attributes changed", s->attributes, NULL, 0);
	fputs("</dl></section>\n", out);
}

static void
counts(FILE *out, const struct records_list *l, const char *id,
    const char *title, const char *const *columns, bool boxes)
{
	size_t i;

	if (l->n == 0)
		return;
	fprintf(out, "<section id=\"%s\"><h2>%s</h2>\n", id, title);
	table_start(out, title, columns);
	for (i = 0; i < l->n && i < REPORT_ROWS_MAX; i++) {
		fputs("<tr>", out);
		cell_word(out, l->at[i].key[0]);
		cell(out, l->at[i].key[1]);
		cell_number(out, l->at[i].n);
		if (boxes)
			cell_number(out, l->at[i].boxes);
		cell_number(out, l->at[i].files);
		fputs("</tr>\n", out);
	}
	table_end(out);
	more_rows(out, i, l->n);
	fputs("</section>\n", out);
}

static void
all_files(FILE *out, const struct records *r)
{
	static const char *const columns[] = { "File", "Outcome", "#Frames",
	    "#Examined", "#Boxes", "#Pixels", "#Attributes", "#Errors",
	    "#Warnings", NULL };
	const struct records_file *f;
	size_t i;

	fputs("<section id=\"files\"><h2>Files</h2>\n", out);
	table_start(out, "Files", columns);
	for (i = 0; i < r->nfiles && i < REPORT_ROWS_MAX; i++) {
		f = &r->files[i];
		fputs("<tr>", out);
		fputs("<td><code>", out);
		put(out, f->name);
		fputs("</code>", out);
		if (f->output != NULL && f->refused == NULL) {
			fputs("<br><code class=\"to\">", out);
			put(out, f->output);
			fputs("</code>", out);
		}
		fputs("</td>", out);
		fputs(f->refused != NULL ? "<td class=\"bad\">refused</td>" :
		    f->output != NULL ? "<td>done</td>" :
		    "<td class=\"bad\">not told</td>", out);
		if (f->examined != NULL) {
			cell_number(out, complete_frames(f->examined));
			cell_number(out, records_frames_examined(f->examined));
		} else
			fputs("<td class=\"n\">–</td><td class=\"n\">–</td>", out);
		cell_number(out, f->boxes);
		cell_number(out, f->pixels);
		cell_number(out, f->attributes);
		cell_number(out, f->findings[SEVERITY_ERROR]);
		cell_number(out, f->findings[SEVERITY_WARNING]);
		fputs("</tr>\n", out);
	}
	table_end(out);
	more_rows(out, i, r->nfiles);
	fputs("</section>\n", out);
}

/* Frame FRAME of PATH as a viewer shows it, made small, into P. */
static int
picture(const char *path, uint32_t frame, uint32_t side, struct pnm *p,
    struct err *e)
{
	struct dcm *d = NULL;
	struct pixels px;
	struct render *r = NULL;
	void *stored = NULL;
	int got = -1;

	if (dcm_open(path, &d, e) == 0 && pixels_describe(d, &px, e) == 0) {
		if (frame > px.frames)
			err_set(e, "has no frame %" PRIu32, frame);
		else if ((stored = malloc(px.frame_bytes)) == NULL)
			err_set(e, "out of memory");
		else if (render_new(d, &px, &r, e) == 0 &&
		    pixels_frame(d, &px, frame, stored, e) == 0)
			got = render_frame(r, stored, frame, VIEW_VOI, 255, p, e);
	}
	if (got == 0)
		png_shrink(p, side);
	render_free(r);
	free(stored);
	dcm_close(d);
	return got;
}

static void
base64(FILE *out, const unsigned char *b, size_t n)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	uint32_t v;
	size_t i;

	for (i = 0; i < n; i += 3) {
		v = (uint32_t)b[i] << 16 | (i + 1 < n ? (uint32_t)b[i + 1] << 8 : 0) |
		    (i + 2 < n ? b[i + 2] : 0u);
		putc(digits[v >> 18], out);
		putc(digits[v >> 12 & 63], out);
		putc(i + 1 < n ? digits[v >> 6 & 63] : '=', out);
		putc(i + 2 < n ? digits[v & 63] : '=', out);
	}
}

/* One outline on top of the picture, in units of its pixels. */
static void
outline(const struct box *b, void *arg)
{
	fprintf(arg, "<rect x=\"%" PRIu32 "\" y=\"%" PRIu32 "\" width=\"%" PRIu32
	    "\" height=\"%" PRIu32 "\"/>", b->x, b->y, b->w, b->h);
}

static void
text_of(const struct box *b, void *arg)
{
	if (b->text != NULL && b->text[0] != '\0') {
		fputs("<li>", arg);
		put(arg, b->text);
		fputs("</li>", arg);
	}
}

static void
count_box(const struct box *b, void *arg)
{
	(void)b;
	++*(uint64_t *)arg;
}

/* One picture of a pair. A picture that cannot be made says why. */
static int
half(FILE *out, const char *path, uint32_t frame, const char *which,
    const struct complete_file *boxes, const struct report_look *look,
    struct err *e)
{
	struct pnm p = { 0 };
	struct buf png = { 0 };
	struct err why;
	int got = 0;

	fprintf(out, "<div class=\"half\"><p class=\"which\">%s</p>", which);
	if (picture(path, frame, look->side, &p, &why) < 0) {
		fputs("<p class=\"nopic\">cannot be shown: ", out);
		put(out, why.text);
		fputs("</p>", out);
	} else if ((got = png_encode(&p, &png, e)) == 0) {
		fprintf(out, "<div class=\"pic\"><img width=\"%" PRIu32 "\" height=\"%"
		    PRIu32 "\" alt=\"%s: frame %" PRIu32 " of ", p.width, p.height,
		    which, frame);
		put(out, path);
		fputs("\" src=\"data:image/png;base64,", out);
		base64(out, (unsigned char *)png.data, png.len);
		fputs("\">", out);
		if (boxes != NULL) {
			fprintf(out, "<svg aria-hidden=\"true\" viewBox=\"0 0 %" PRIu32
			    " %" PRIu32 "\" preserveAspectRatio=\"none\"><g class=\"halo\">",
			    complete_width(boxes), complete_height(boxes));
			complete_boxes(boxes, frame, outline, out);
			fputs("</g><g class=\"line\">", out);
			complete_boxes(boxes, frame, outline, out);
			fputs("</g></svg>", out);
		}
		fputs("</div>", out);
	}
	fputs("</div>\n", out);
	buf_free(&png);
	pnm_free(&p);
	return got;
}

static int
pair(FILE *out, const struct records_file *f, const struct report_look *look,
    struct err *e)
{
	uint32_t frame = records_first_frame(f->examined);
	uint64_t n = 0;

	fputs("<figure><figcaption><code>", out);
	put(out, f->name);
	complete_boxes(f->examined, frame, count_box, &n);
	fprintf(out, "</code><span>frame %" PRIu32 " of %" PRIu32 ", %" PRIu64
	    " box%s</span></figcaption>\n<div class=\"pair\">", frame,
	    complete_frames(f->examined), n, n == 1 ? "" : "es");
	if (half(out, f->name, frame, "Before", f->examined, look, e) < 0 ||
	    half(out, f->redacted, frame, "After", NULL, look, e) < 0)
		return -1;
	fputs("</div>\n", out);
	if (look->show_text) {
		fputs("<ul class=\"read\" aria-label=\"Text that was read\">", out);
		complete_boxes(f->examined, frame, text_of, out);
		fputs("</ul>\n", out);
	}
	fputs("</figure>\n", out);
	return 0;
}

static bool
has_pictures(const struct records_file *f)
{
	return f->redacted != NULL && f->examined != NULL &&
	    records_first_frame(f->examined) > 0;
}

static int
pictures(FILE *out, const struct records *r, const struct report_look *look,
    struct err *e)
{
	uint64_t all = 0, shown = 0;
	size_t i;

	for (i = 0; i < r->nfiles; i++)
		all += has_pictures(&r->files[i]);
	if (all == 0)
		return 0;
	fputs("<section id=\"pictures\"><h2>Before and after</h2>\n"
	    "<p>The first frame with a box of each file that was redacted. Outlines "
	    "mark what was filled.</p>\n", out);
	for (i = 0; i < r->nfiles && shown < look->pictures; i++)
		if (has_pictures(&r->files[i])) {
			if (pair(out, &r->files[i], look, e) < 0)
				return -1;
			shown++;
		}
	if (all > shown) {
		fputs("<p class=\"more\">", out);
		number(out, all - shown);
		fputs(" more files with boxes are not shown here</p>\n", out);
	}
	fputs("</section>\n", out);
	return 0;
}

static void
verdict(FILE *out, const struct records *r, const struct records_sums *s,
    bool shows)
{
	bool open = s->refused + s->unknown + s->incomplete + s->unvalidated +
	    s->findings[SEVERITY_ERROR] + r->problems.n > 0;

	fputs("<header><h1>De-identification report</h1>\n", out);
	fprintf(out, "<p class=\"verdict %s\">", open ? "open" : "good");
	number(out, s->done);
	fputs(" of ", out);
	number(out, s->files);
	fprintf(out, " file%s done", s->files == 1 ? "" : "s");
	if (s->refused > 0) {
		fputs(", ", out);
		number(out, s->refused);
		fputs(" refused", out);
	}
	fputs(open ? "; there are open questions." : "; no open questions.", out);
	fputs("</p>\n", out);
	if (shows)
		fputs("<p class=\"phi\" role=\"note\"><strong>This page shows original "
		    "pictures, with the names of people in them.</strong> Keep it where "
		    "the originals are kept; do not send it along with the clean files."
		    "</p>\n", out);
	fputs("</header>\n<main>\n", out);
}

int
report_html(FILE *out, const struct records *r, const struct report_look *look,
    struct err *e)
{
	static const char *const sources[] = { "Program", "View", "#Images",
	    "#Boxes", "#Files", NULL };
	static const char *const carriers[] = { "Action", "Carrier", "#Found",
	    "#Files", NULL };
	static const char *const rules[] = { "Action", "Rule", "#Attributes",
	    "#Files", NULL };
	static const char *const checks[] = { "Check", "Level", "#Findings",
	    "#Files", NULL };
	struct records_sums s;

	records_sum(r, &s);
	fputs(head, out);
	verdict(out, r, &s, look->show_text || (look->pictures > 0 && s.with_boxes > 0));
	sums(out, &s);
	questions(out, r, &s);
	if (look->pictures > 0 && pictures(out, r, look, e) < 0)
		return -1;
	counts(out, &r->sources, "sources", "Who examined the images", sources, true);
	counts(out, &r->carriers, "carriers", "What else showed a picture", carriers,
	    false);
	counts(out, &r->rules, "rules", "What happened to attributes", rules, false);
	counts(out, &r->checks, "checks", "What the checks found", checks, false);
	all_files(out, r);
	fputs("</main>\n<footer><p>Made by dcm-report from the logs of the programs that "
	    "did the work. What no program looked for is not in it.</p></footer>\n"
	    "</body>\n</html>\n", out);
	if (fflush(out) != 0 || ferror(out))
		return err_set(e, "write: %s", strerror(errno));
	return 0;
}
