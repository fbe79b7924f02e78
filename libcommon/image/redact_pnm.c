/* redact_pnm: a stream of PNM images again; see redact_pnm.h. */
#include "image/redact_pnm.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int
copy(FILE *in, FILE *out, struct err *e)
{
	char block[65536];
	size_t n;

	rewind(in);
	while ((n = fread(block, 1, sizeof block, in)) > 0)
		if (fwrite(block, 1, n, out) != n)
			return err_set(e, "write: %s", strerror(errno));
	if (ferror(in))
		return err_set(e, "read: %s", strerror(errno));
	return fflush(out) == 0 ? 0 : err_set(e, "write: %s", strerror(errno));
}

static int
count_images(FILE *in, struct pnm *p, uint32_t *count, struct err *e)
{
	int got;

	*count = 0;
	rewind(in);
	while ((got = pnm_read(in, p, e)) > 0)
		if (++*count == UINT32_MAX)
			return err_set(e, "too many images");
	if (got == 0 && *count == 0)
		return err_set(e, "holds no image");
	return got;
}

/* Writes the samples at AT, which is also where IN has them, and reads back. */
static int
replace(FILE *out, off_t at, const struct pnm *p, struct err *e)
{
	uint8_t *back;
	int got = -1;

	if (fseeko(out, at, SEEK_SET) != 0 ||
	    fwrite(p->samples, 1, p->bytes, out) != p->bytes ||
	    fflush(out) != 0 || fseeko(out, at, SEEK_SET) != 0)
		return err_set(e, "write: %s", strerror(errno));
	if ((back = malloc(p->bytes)) == NULL)
		return err_set(e, "out of memory");
	if (fread(back, 1, p->bytes, out) != p->bytes ||
	    memcmp(back, p->samples, p->bytes) != 0)
		err_set(e, "the output does not read back as it was written");
	else
		got = 0;
	free(back);
	return got;
}

static int
fill_image(struct pnm *p, uint32_t number, const struct fill_style *fill,
    const struct rects *boxes, struct redact_report *t, struct err *e)
{
	struct fill *f = fill_new_pnm(fill, p, e);
	uint64_t area;
	int got = -1;

	if (f != NULL && rects_area(boxes, &area, e) == 0) {
		got = fill_apply(f, number, p->samples, boxes, e);
		t->changed++;
		t->boxes += boxes->n;
		t->pixels += area;
	}
	fill_free(f);
	return got;
}

int
redact_pnm(FILE *in, const struct fill_style *fill, bool keep,
    redact_pnm_fn *boxes, void *arg, struct outfile *o,
    struct redact_report *report, struct err *e)
{
	FILE *out = outfile_stream(o);
	struct rects given = { 0 }, rest = { 0 };
	struct pnm p = { 0 };
	uint32_t i, count;
	int got = -1;

	memset(report, 0, sizeof *report);
	strcpy(report->syntax_in, "pnm");
	strcpy(report->syntax_out, "pnm");
	if (count_images(in, &p, &count, e) < 0 || copy(in, out, e) < 0)
		goto out;
	report->frames = count;
	rewind(in);
	for (i = 1; i <= count; i++) {
		if (pnm_read(in, &p, e) != 1)
			goto out;
		given.n = 0;
		if (boxes(arg, &p, i, count, &given, e) < 0)
			goto out;
		rects_clip(&given, p.width, p.height);
		if (keep && rects_complement(&given, p.width, p.height, &rest, e) < 0)
			goto out;
		if ((keep ? rest.n : given.n) == 0)
			continue;
		if (fill_image(&p, i, fill, keep ? &rest : &given, report, e) < 0 ||
		    replace(out, ftello(in) - (off_t)p.bytes, &p, e) < 0)
			goto out;
	}
	got = 0;
out:
	rects_free(&given);
	rects_free(&rest);
	pnm_free(&p);
	return got;
}
