/* idtable: ids that a trial has assigned; see idtable.h. */
#include "deid/idtable.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/buf.h"
#include "base/secret.h"
#include "base/utf8.h"

/* The first KEYS of them tell rows apart, and sort them. */
enum column { PATIENT, ISSUER, ACCESSION, NEW_PATIENT, NEW_ACCESSION, COLUMNS };
enum { KEYS = ACCESSION + 1 };

static const struct {
	const char *name;
	size_t most;		/* characters; 0: as many as there are */
} columns[COLUMNS] = {
	[PATIENT] = { "patient", 0 },
	[ISSUER] = { "issuer", 0 },
	[ACCESSION] = { "accession", 0 },
	[NEW_PATIENT] = { "new-patient", 64 },		/* LO */
	[NEW_ACCESSION] = { "new-accession", 16 },	/* SH */
};

struct row {
	struct slice field[COLUMNS];	/* each has a NUL behind it */
	size_t line;
};

struct idtable {
	struct buf text;	/* of the file; fields point into it */
	struct row *rows;	/* sorted by the keys */
	size_t n, cap;
	const struct row **by[COLUMNS];	/* sorted by that column, of new ids */
	bool has_accessions;
};

static int
compare_text(struct slice a, struct slice b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int order = n == 0 ? 0 : memcmp(a.p, b.p, n);

	return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

/* ---- reading */

struct reader {
	char *p, *end;		/* the rest of the file */
	size_t line;		/* number of the current one */
	char separator;
	enum column column[COLUMNS];	/* of each field */
	size_t nfields;
};

/* The next line, with a NUL at its end; or NULL. Skips what says nothing. */
static char *
next_line(struct reader *r, const char *nothing)
{
	char *line, *stop;

	while (r->p < r->end) {
		line = r->p;
		if ((stop = memchr(line, '\n', (size_t)(r->end - line))) == NULL)
			stop = r->end;
		r->p = stop + (stop < r->end);
		r->line++;
		if (stop > line && stop[-1] == '\r')
			stop--;
		*stop = '\0';
		if (*line != '#' && strspn(line, nothing) != (size_t)(stop - line))
			return line;
	}
	return NULL;
}

/*
 * The field at *P, which moves behind its separator, or to NULL behind the last one.
 * Takes quotes away in place. False: a quote is not closed, or text follows it.
 */
static bool
take_field(char **p, char separator, struct slice *field)
{
	char *from = *p, *to, *stop;

	from += strspn(from, " ");
	if (*from != '"') {
		if ((stop = strchr(from, separator)) == NULL)
			stop = strchr(from, '\0');
		to = stop;
	} else {
		for (stop = to = ++from; *stop != '"' || stop[1] == '"'; stop++) {
			if (*stop == '\0')
				return false;
			stop += *stop == '"';
			*to++ = *stop;
		}
		stop++;
		stop += strspn(stop, " ");
		if (*stop != separator && *stop != '\0')
			return false;
	}
	*p = *stop == '\0' ? NULL : stop + 1;
	while (from < to && *from == ' ')
		from++;
	while (from < to && to[-1] == ' ')
		to--;
	*to = '\0';
	*field = (struct slice){ from, (size_t)(to - from) };
	return true;
}

static int
read_header(struct reader *r, struct err *e)
{
	struct slice field;
	bool has[COLUMNS] = { false };
	char *line = next_line(r, " ");
	enum column c;

	if (line == NULL)
		return err_set(e, "has no line that names columns");
	r->separator = line[strcspn(line, "\t;,")];
	while (line != NULL) {
		if (!take_field(&line, r->separator, &field))
			return err_set(e, "line %zu: a quote is wrong", r->line);
		for (c = 0; c < COLUMNS; c++)
			if (strcmp(field.p, columns[c].name) == 0)
				break;
		if (c == COLUMNS || has[c])
			return err_set(e, "line %zu: column %zu must be one of patient, "
			    "new-patient, issuer, accession, new-accession, and each "
			    "once", r->line, r->nfields + 1);
		has[c] = true;
		r->column[r->nfields++] = c;
	}
	if (!has[PATIENT] || !has[NEW_PATIENT])
		return err_set(e, "line %zu: columns patient and new-patient must be "
		    "there", r->line);
	if (has[ACCESSION] != has[NEW_ACCESSION])
		return err_set(e, "line %zu: of accession and new-accession one is "
		    "missing", r->line);
	return 0;
}

/* May an element hold this text? A new id may be a name (PN), too. */
static int
check_field(struct slice text, enum column c, size_t line, struct err *e)
{
	size_t at, len, count = 0;
	uint32_t u;

	for (at = 0; at < text.len; at += len, count++) {
		if ((len = utf8_read(text.p + at, text.len - at, &u)) == 0)
			return err_set(e, "line %zu: %s is not UTF-8", line,
			    columns[c].name);
		if (u < 0x20 || (u >= 0x7f && u < 0xa0) || u == '\\')
			return err_set(e, "line %zu: %s holds a control character or a "
			    "backslash", line, columns[c].name);
		if (columns[c].most != 0 && (u == '^' || u == '='))
			return err_set(e, "line %zu: %s holds ^ or =", line,
			    columns[c].name);
	}
	if (columns[c].most != 0 && count > columns[c].most)
		return err_set(e, "line %zu: %s holds more than %zu characters", line,
		    columns[c].name, columns[c].most);
	return 0;
}

static int
read_row(const struct reader *r, char *line, struct row *row, struct err *e)
{
	struct slice *field = row->field;
	size_t i;
	int c;

	*row = (struct row){ .line = r->line };
	for (c = 0; c < COLUMNS; c++)
		field[c] = (struct slice){ "", 0 };
	for (i = 0; i < r->nfields && line != NULL; i++)
		if (!take_field(&line, r->separator, &field[r->column[i]]))
			return err_set(e, "line %zu: a quote is wrong", r->line);
	if (i < r->nfields || line != NULL)
		return err_set(e, "line %zu: does not have %zu fields", r->line,
		    r->nfields);
	for (c = 0; c < COLUMNS; c++)
		if (check_field(field[c], (enum column)c, r->line, e) < 0)
			return -1;
	if (field[PATIENT].len == 0 || field[NEW_PATIENT].len == 0)
		return err_set(e, "line %zu: patient or new-patient is empty", r->line);
	if ((field[ACCESSION].len == 0) != (field[NEW_ACCESSION].len == 0))
		return err_set(e, "line %zu: of accession and new-accession one is "
		    "empty", r->line);
	return 0;
}

static int
read_rows(struct idtable *t, struct err *e)
{
	struct reader r = { .p = t->text.data, .end = t->text.data + t->text.len };
	char nothing[] = " ,", *line;

	if (t->text.len >= 3 && memcmp(r.p, "\xef\xbb\xbf", 3) == 0)
		r.p += 3;
	if (read_header(&r, e) < 0)
		return -1;
	nothing[1] = r.separator;
	while ((line = next_line(&r, nothing)) != NULL) {
		if (array_grow(&t->rows, t->n, &t->cap, sizeof *t->rows, e) < 0 ||
		    read_row(&r, line, &t->rows[t->n], e) < 0)
			return -1;
		t->has_accessions |= t->rows[t->n++].field[ACCESSION].len > 0;
	}
	if (t->n == 0)
		return err_set(e, "has no ids");
	return 0;
}

static int
read_text(const char *path, struct buf *text, struct err *e)
{
	FILE *f = secret_open(path, e);
	char block[65536];
	size_t n;
	int got = f == NULL ? -1 : 0;

	while (got == 0 && (n = fread(block, 1, sizeof block, f)) > 0)
		got = text->len + n > IDTABLE_BYTES_MAX ?
		    err_set(e, "is larger than %zu bytes", IDTABLE_BYTES_MAX) :
		    buf_add(text, block, n, e);
	if (got == 0 && ferror(f))
		got = err_set(e, "read: %s", strerror(errno));
	if (f != NULL)
		fclose(f);
	if (got == 0 && buf_add(text, "", 0, e) < 0)
		return -1;
	if (got == 0 && memchr(text->data, '\0', text->len) != NULL)
		return err_set(e, "is not UTF-8 text");
	return got;
}

/* ---- order */

static int
compare_keys(const struct row *row, const struct slice *want, int keys)
{
	int c, order = 0;

	for (c = 0; c < keys && order == 0; c++)
		order = compare_text(row->field[c], want[c]);
	return order;
}

static int
compare_rows(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	int order = compare_keys(x, y->field, KEYS);

	return order != 0 ? order : (x->line > y->line) - (x->line < y->line);
}

/* Neighbours in order must not speak of the same otherwise. */
static int
check_rows(const struct idtable *t, struct err *e)
{
	const struct row *x, *y;
	size_t i;

	for (i = 1; i < t->n; i++) {
		x = &t->rows[i - 1];
		y = &t->rows[i];
		if (compare_keys(x, y->field, ISSUER + 1) != 0)
			continue;
		if (compare_text(x->field[NEW_PATIENT], y->field[NEW_PATIENT]) != 0)
			return err_set(e, "line %zu: the patient of line %zu gets another "
			    "id", y->line, x->line);
		if (compare_text(x->field[ACCESSION], y->field[ACCESSION]) != 0)
			continue;
		if (compare_text(x->field[NEW_ACCESSION], y->field[NEW_ACCESSION]) != 0)
			return err_set(e, "line %zu: the accession number of line %zu "
			    "gets another", y->line, x->line);
		return err_set(e, "line %zu: says again what line %zu says", y->line,
		    x->line);
	}
	return 0;
}

static int
compare_new_patient(const void *a, const void *b)
{
	const struct row *const *x = a, *const *y = b;

	return compare_text((*x)->field[NEW_PATIENT], (*y)->field[NEW_PATIENT]);
}

static int
compare_new_accession(const void *a, const void *b)
{
	const struct row *const *x = a, *const *y = b;

	return compare_text((*x)->field[NEW_ACCESSION], (*y)->field[NEW_ACCESSION]);
}

static int
sort_by(struct idtable *t, enum column c, int (*compare)(const void *, const void *),
    struct err *e)
{
	size_t i;

	if ((t->by[c] = calloc(t->n, sizeof *t->by[c])) == NULL)
		return err_set(e, "out of memory");
	for (i = 0; i < t->n; i++)
		t->by[c][i] = &t->rows[i];
	qsort(t->by[c], t->n, sizeof *t->by[c], compare);
	return 0;
}

int
idtable_read(const char *path, struct idtable **out, struct err *e)
{
	struct idtable *t = calloc(1, sizeof *t);

	if (t == NULL)
		return err_set(e, "out of memory");
	if (read_text(path, &t->text, e) < 0 || read_rows(t, e) < 0)
		goto failed;
	qsort(t->rows, t->n, sizeof *t->rows, compare_rows);
	if (check_rows(t, e) < 0 ||
	    sort_by(t, NEW_PATIENT, compare_new_patient, e) < 0 ||
	    sort_by(t, NEW_ACCESSION, compare_new_accession, e) < 0)
		goto failed;
	*out = t;
	return 0;
failed:
	idtable_free(t);
	return -1;
}

void
idtable_free(struct idtable *t)
{
	if (t == NULL)
		return;
	buf_free(&t->text);
	free(t->rows);
	free(t->by[NEW_PATIENT]);
	free(t->by[NEW_ACCESSION]);
	free(t);
}

/* ---- looking up */

/* The first row with these keys, or NULL. */
static const struct row *
find(const struct idtable *t, const struct slice *want, int keys)
{
	size_t low = 0, high = t->n, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (compare_keys(&t->rows[middle], want, keys) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < t->n && compare_keys(&t->rows[low], want, keys) == 0 ?
	    &t->rows[low] : NULL;
}

/* The same, with the issuer or, if there is no such row, without. */
static const struct row *
find_either(const struct idtable *t, struct slice *want, int keys)
{
	const struct row *row = find(t, want, keys);

	if (row == NULL && want[ISSUER].len > 0) {
		want[ISSUER] = (struct slice){ "", 0 };
		row = find(t, want, keys);
	}
	return row;
}

const char *
idtable_patient(const struct idtable *t, struct slice id,
    struct slice issuer)
{
	struct slice want[KEYS] = { [PATIENT] = id, [ISSUER] = issuer };
	const struct row *row = find_either(t, want, ISSUER + 1);

	return row == NULL ? NULL : row->field[NEW_PATIENT].p;
}

bool
idtable_has_accessions(const struct idtable *t)
{
	return t->has_accessions;
}

const char *
idtable_accession(const struct idtable *t, struct slice patient,
    struct slice issuer, struct slice accession)
{
	struct slice want[KEYS] = { [PATIENT] = patient, [ISSUER] = issuer,
	    [ACCESSION] = accession };
	const struct row *row = find_either(t, want, KEYS);

	return row == NULL ? NULL : row->field[NEW_ACCESSION].p;
}

static bool
assigns(const struct idtable *t, enum column c, struct slice id)
{
	size_t low = 0, high = t->n, middle;
	int order;

	while (low < high) {
		middle = low + (high - low) / 2;
		order = compare_text(t->by[c][middle]->field[c], id);
		if (order == 0)
			return id.len > 0;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

bool
idtable_assigns_patient(const struct idtable *t, struct slice id)
{
	return assigns(t, NEW_PATIENT, id);
}

bool
idtable_assigns_accession(const struct idtable *t, struct slice id)
{
	return assigns(t, NEW_ACCESSION, id);
}
