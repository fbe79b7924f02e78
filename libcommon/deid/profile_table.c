/* profile_table: an edition of Table E.1-1 read from a file; see profile.h. */
#include "deid/profile_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"

#define ROWS_MAX 8192		/* the standard has some 650 */
#define FIELDS_MAX 64
#define LINE_MAX_BYTES 65536
#define ALL_ONES 0xffffffffu

/* The columns that are read. */
enum { COLUMN_TAG, COLUMN_BASIC, COLUMN_OPTIONS, COLUMNS = COLUMN_OPTIONS + PROFILE_OPTIONS };

static const char *const column_names[COLUMNS] = {
	[COLUMN_TAG] = "tag",
	[COLUMN_BASIC] = "basic",
	[COLUMN_OPTIONS + RETAIN_SAFE_PRIVATE] = "retain_safe_private",
	[COLUMN_OPTIONS + RETAIN_UIDS] = "retain_uids",
	[COLUMN_OPTIONS + RETAIN_DEVICE] = "retain_device_identity",
	[COLUMN_OPTIONS + RETAIN_INSTITUTION] = "retain_institution_identity",
	[COLUMN_OPTIONS + RETAIN_PATIENT] = "retain_patient_characteristics",
	[COLUMN_OPTIONS + RETAIN_FULL_DATES] = "retain_long_full_dates",
	[COLUMN_OPTIONS + RETAIN_MODIFIED_DATES] = "retain_long_modified_dates",
	[COLUMN_OPTIONS + CLEAN_DESCRIPTORS] = "clean_descriptors",
	[COLUMN_OPTIONS + CLEAN_STRUCTURED] = "clean_structured_content",
	[COLUMN_OPTIONS + CLEAN_GRAPHICS] = "clean_graphics",
};

struct reading {
	struct profile_table *table;
	size_t cap;
	bool named;		/* the line of names was read */
	size_t column[COLUMNS];	/* its field */
};

/* The first "edition WORD" of the comments. */
static int
read_comment(struct profile_table *t, const char *line, struct err *e)
{
	static const char letters[] = "0123456789.-"
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
	const char *p = strstr(line, "edition ");
	size_t n;

	if (p == NULL || t->edition[0] != '\0')
		return 0;
	p += strlen("edition ");
	n = strspn(p, letters);
	if (n >= sizeof t->edition)
		return err_set(e, "an edition has %zu characters at most",
		    sizeof t->edition - 1);
	memcpy(t->edition, p, n);
	return 0;
}

/* Cuts LINE at its tabs. Returns how many fields, at most FIELDS_MAX. */
static size_t
split(char *line, char *fields[FIELDS_MAX])
{
	size_t n = 0;

	while (n < FIELDS_MAX) {
		fields[n++] = line;
		if ((line = strchr(line, '\t')) == NULL)
			break;
		*line++ = '\0';
	}
	return n;
}

static int
read_names(struct reading *r, char *fields[], size_t n, struct err *e)
{
	size_t i, c;

	for (c = 0; c < COLUMNS; c++) {
		for (i = 0; i < n; i++)
			if (strcmp(fields[i], column_names[c]) == 0)
				break;
		if (i == n)
			return err_set(e, "has no column %s", column_names[c]);
		r->column[c] = i;
	}
	r->named = true;
	return 0;
}

/* Eight hex digits, an x for any. */
static int
read_tag(const char *text, struct row *row, struct err *e)
{
	static const char digits[] = "0123456789abcdef";
	const char *d;
	char c;
	int i;

	for (i = 0; i < 8; i++) {
		c = text[i];
		c = (char)(c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c);
		d = c != '\0' ? strchr(digits, c) : NULL;
		if (d == NULL && c != 'x')
			break;
		row->tag = row->tag << 4 | (uint32_t)(d != NULL ? d - digits : 0);
		row->mask = row->mask << 4 | (d != NULL ? 15u : 0);
	}
	return i == 8 && text[i] == '\0' ? 0 :
	    err_set(e, "the tag is not eight hex digits or x");
}

static int
read_codes(const struct reading *r, char *fields[], struct row *row, struct err *e)
{
	const char *cell = fields[r->column[COLUMN_BASIC]];
	int i;

	for (i = 0; i < CODES && strcmp(profile_code_names[i], cell) != 0; i++)
		;
	if (i == CODES)
		return err_set(e, "(%04X,%04X): PS3.15 E.1 has no such code in column "
		    "basic", row->tag >> 16, row->tag & 0xffff);
	row->basic = (enum code)i;
	for (i = 0; i < PROFILE_OPTIONS; i++) {
		cell = fields[r->column[COLUMN_OPTIONS + i]];
		if (cell[0] != '\0' && strcmp(cell, "K") != 0 && strcmp(cell, "C") != 0)
			return err_set(e, "(%04X,%04X): neither K nor C nor nothing in "
			    "column %s", row->tag >> 16, row->tag & 0xffff,
			    column_names[COLUMN_OPTIONS + i]);
		row->options[i] = cell[0] != '\0' ? cell[0] : ' ';
	}
	return 0;
}

static int
read_row(struct reading *r, char *fields[], size_t n, struct err *e)
{
	struct profile_table *t = r->table;
	struct row row = { 0 };
	size_t i;

	for (i = 0; i < COLUMNS; i++)
		if (r->column[i] >= n)
			return err_set(e, "too few columns");
	/* All private attributes: those are private.h's. */
	if (strcmp(fields[r->column[COLUMN_TAG]], "ggggeeee") == 0)
		return 0;
	if (read_tag(fields[r->column[COLUMN_TAG]], &row, e) < 0 ||
	    read_codes(r, fields, &row, e) < 0)
		return -1;
	for (i = 0; i < t->nrows; i++)
		if (t->own[i].tag == row.tag && t->own[i].mask == row.mask)
			return err_set(e, "(%04X,%04X): the second row of this tag",
			    row.tag >> 16, row.tag & 0xffff);
	if (t->nrows == ROWS_MAX)
		return err_set(e, "more than %d rows", ROWS_MAX);
	if (array_grow(&t->own, t->nrows, &r->cap, sizeof *t->own, e) < 0)
		return -1;
	t->own[t->nrows++] = row;
	return 0;
}

static int
read_line(struct reading *r, char *line, struct err *e)
{
	char *fields[FIELDS_MAX];
	size_t n;

	if (line[0] == '#')
		return read_comment(r->table, line, e);
	n = split(line, fields);
	return r->named ? read_row(r, fields, n, e) : read_names(r, fields, n, e);
}

static int
read_lines(FILE *in, struct reading *r, struct err *e)
{
	char *line = NULL;
	size_t cap = 0, number = 0;
	struct err why;
	ssize_t len;
	int got = 0;

	while (got == 0 && (len = getline(&line, &cap, in)) > 0) {
		number++;
		if (len > LINE_MAX_BYTES || strlen(line) != (size_t)len)
			got = err_set(&why, "too long, or not text");
		line[strcspn(line, "\r\n")] = '\0';
		if (got == 0)
			got = read_line(r, line, &why);
		if (got < 0)
			err_set(e, "line %zu: %s", number, why.text);
	}
	if (got == 0 && ferror(in))
		got = err_set(e, "read: %s", strerror(errno));
	free(line);
	return got;
}

/* By tag, wildcards last. */
static int
compare_rows(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	if ((x->mask == ALL_ONES) != (y->mask == ALL_ONES))
		return x->mask == ALL_ONES ? -1 : 1;
	return (x->tag > y->tag) - (x->tag < y->tag);
}

static int
finish(struct profile_table *t, struct err *e)
{
	size_t plain = 0;

	if (t->edition[0] == '\0')
		return err_set(e, "no line says \"# ... edition WORD\"");
	if (t->nrows == 0)
		return err_set(e, "has no rows");
	qsort(t->own, t->nrows, sizeof *t->own, compare_rows);
	while (plain < t->nrows && t->own[plain].mask == ALL_ONES)
		plain++;
	t->rows = t->own;
	t->wild = t->own + plain;
	t->nwild = t->nrows - plain;
	t->nrows = plain;
	return 0;
}

int
profile_table_read(const char *path, struct profile_table **out, struct err *e)
{
	struct reading r = { 0 };
	FILE *in;
	int got;

	if ((in = fopen(path, "r")) == NULL)
		return err_set(e, "open: %s", strerror(errno));
	if ((r.table = calloc(1, sizeof *r.table)) == NULL)
		got = err_set(e, "out of memory");
	else if ((got = read_lines(in, &r, e)) == 0)
		got = finish(r.table, e);
	fclose(in);
	if (got == 0)
		*out = r.table;
	else
		profile_table_free(r.table);
	return got;
}

void
profile_table_free(struct profile_table *t)
{
	if (t != NULL)
		free(t->own);
	free(t);
}
