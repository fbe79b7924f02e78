/* text: the report as plain text; see report.h. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "report/report.h"

const char *
report_number(uint64_t n, char *out)
{
	char digits[24];
	int len = snprintf(digits, sizeof digits, "%" PRIu64, n), i;
	char *p = out;

	for (i = 0; i < len; i++) {
		if (i > 0 && (len - i) % 3 == 0)
			*p++ = ',';
		*p++ = digits[i];
	}
	*p = '\0';
	return out;
}

/* Control bytes cannot fake a line or move a cursor. */
static void
put(FILE *out, const char *s)
{
	for (; *s != '\0'; s++)
		putc((unsigned char)*s < 0x20 || *s == 0x7f ? '?' : *s, out);
}

static void
sum(FILE *out, const char *what, uint64_t n)
{
	char number[32];

	fprintf(out, "  %-34s %14s\n", what, report_number(n, number));
}

static void
heading(FILE *out, const char *text)
{
	size_t n = strlen(text);

	fprintf(out, "\n%s\n", text);
	while (n-- > 0)
		putc('-', out);
	putc('\n', out);
}

static void
questions(FILE *out, const struct records *r, const struct records_sums *s)
{
	const struct records_file *f;
	const struct records_count *c;
	struct err why;
	size_t i;
	int n = 0;

	heading(out, "Open questions");
	for (i = 0; i < r->problems.n; i++, n++) {
		fputs("  a record was not understood: ", out);
		put(out, r->problems.at[i].key[0]);
		fputs(": ", out);
		put(out, r->problems.at[i].key[1]);
		putc('\n', out);
	}
	for (i = 0; i < r->nfiles; i++) {
		f = &r->files[i];
		if (f->refused != NULL) {
			fputs("  refused: ", out);
			put(out, f->name);
			fputs(": ", out);
			put(out, f->refused_by);
			fputs(": ", out);
			put(out, f->refused);
			putc('\n', out);
			n++;
			continue;
		}
		if (f->output == NULL) {
			fputs("  no outcome is told: ", out);
			put(out, f->name);
			putc('\n', out);
			n++;
		}
		if (f->examined != NULL && complete_check(f->examined, &why) < 0) {
			fputs("  not all frames were examined: ", out);
			put(out, f->name);
			fprintf(out, ": %s\n", why.text);
			n++;
		}
	}
	for (i = 0; i < r->findings.n; i++) {
		c = &r->findings.at[i];
		if (strcmp(c->key[0], "info") == 0)
			continue;
		fprintf(out, "  %s, %" PRIu64 " times in %" PRIu64 " files: ",
		    c->key[0], c->n, c->files);
		put(out, c->key[1]);
		fputs(c->key[2][0] != '\0' ? " " : "", out);
		put(out, c->key[2]);
		fputs(": ", out);
		put(out, c->example);
		fputs(" (", out);
		put(out, c->example_file);
		fputs(")\n", out);
		n++;
	}
	if (s->unvalidated > 0) {
		fprintf(out, "  not checked by dcm-validate: %" PRIu64 " files\n",
		    s->unvalidated);
		n++;
	}
	if (n == 0)
		fputs("  none\n", out);
}

static void
counts(FILE *out, const char *title, const struct records_list *l)
{
	char number[32];
	size_t i;

	if (l->n == 0)
		return;
	heading(out, title);
	for (i = 0; i < l->n; i++) {
		fprintf(out, "  %14s  ", report_number(l->at[i].n, number));
		put(out, l->at[i].key[0]);
		fputs(l->at[i].key[1][0] != '\0' ? ", " : "", out);
		put(out, l->at[i].key[1]);
		fprintf(out, "  (%s files)\n", report_number(l->at[i].files, number));
	}
}

int
report_text(FILE *out, const struct records *r, const struct report_look *look,
    struct err *e)
{
	struct records_sums s;

	(void)look;
	records_sum(r, &s);
	fputs("De-identification report\n========================\n", out);
	questions(out, r, &s);
	heading(out, "In all");
	sum(out, "files", s.files);
	sum(out, "files done", s.done);
	sum(out, "files refused", s.refused);
	sum(out, "files without a told outcome", s.unknown);
	sum(out, "frames", s.frames);
	sum(out, "frames examined", s.frames_examined);
	sum(out, "boxes found", s.boxes_found);
	sum(out, "boxes filled", s.boxes_filled);
	sum(out, "frames changed", s.frames_changed);
	sum(out, "pixels changed", s.pixels);
	sum(out, "attributes removed or replaced", s.attributes);
	sum(out, "errors found", s.findings[SEVERITY_ERROR]);
	sum(out, "warnings found", s.findings[SEVERITY_WARNING]);
	counts(out, "Images examined, by program and view", &r->sources);
	counts(out, "Other carriers of pictures, by action", &r->carriers);
	counts(out, "Attributes, by action and rule", &r->rules);
	counts(out, "Findings, by check and level", &r->checks);
	if (fflush(out) != 0 || ferror(out))
		return err_set(e, "write: %s", strerror(errno));
	return 0;
}
