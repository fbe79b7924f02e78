/* records: what all the logs of a run say together; see records.h. */
#include "report/records.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/size.h"

enum { CHAIN_MAX = 16 };	/* programs that one file went through */

struct records *
records_new(struct err *e)
{
	struct records *r = calloc(1, sizeof *r);

	if (r == NULL || (r->index = json_object()) == NULL ||
	    (r->boxes = complete_new(e)) == NULL) {
		records_free(r);
		err_set(e, "out of memory");
		return NULL;
	}
	return r;
}

static void
list_free(struct records_list *l)
{
	size_t i, k;

	for (i = 0; i < l->n; i++) {
		for (k = 0; k < 3; k++)
			free(l->at[i].key[k]);
		free(l->at[i].example);
		free(l->at[i].example_file);
		free(l->at[i].last);
	}
	free(l->at);
	json_decref(l->index);
}

void
records_free(struct records *r)
{
	struct records_file *f;
	size_t i;

	if (r == NULL)
		return;
	for (i = 0; i < r->nfiles; i++) {
		f = &r->files[i];
		free(f->name);
		free(f->output);
		free(f->redacted);
		free(f->refused);
		free(f->refused_by);
	}
	free(r->files);
	json_decref(r->index);
	complete_free(r->boxes);
	list_free(&r->sources);
	list_free(&r->rules);
	list_free(&r->carriers);
	list_free(&r->checks);
	list_free(&r->findings);
	list_free(&r->refusals);
	list_free(&r->problems);
	free(r);
}

/* Makes room for one more of SIZE bytes each. */
static int
grow(void **at, size_t n, size_t *cap, size_t size, struct err *e)
{
	size_t more, bytes;
	void *p;

	if (n < *cap)
		return 0;
	more = *cap == 0 ? 64 : *cap * 2;
	if (!size_mul(more, size, &bytes) || (p = realloc(*at, bytes)) == NULL)
		return err_set(e, "out of memory");
	memset((char *)p + n * size, 0, (more - n) * size);
	*at = p;
	*cap = more;
	return 0;
}

/* The place of KEY in INDEX, or NEXT, which it then gets. -1: out of memory. */
static json_int_t
place(json_t *index, const char *key, size_t next)
{
	json_t *at = json_object_get(index, key);

	if (at != NULL)
		return json_integer_value(at);
	if (json_object_set_new(index, key, json_integer((json_int_t)next)) < 0)
		return -1;
	return (json_int_t)next;
}

static struct records_file *
file_of(struct records *r, const char *name, struct err *e)
{
	void *files = r->files;
	json_int_t i;

	if (grow(&files, r->nfiles, &r->capfiles, sizeof *r->files, e) < 0)
		return NULL;
	r->files = files;
	if ((i = place(r->index, name, r->nfiles)) < 0) {
		err_set(e, "out of memory");
		return NULL;
	}
	if ((size_t)i == r->nfiles) {
		if (box_set(&r->files[i].name, name, e) < 0)
			return NULL;
		r->nfiles++;
	}
	return &r->files[i];
}

/* Counts one under the keys; FILE, unless NULL, is counted where it is new. */
static struct records_count *
count(struct records_list *l, const char *a, const char *b, const char *c,
    const char *file, struct err *e)
{
	struct buf key = { 0 };
	struct records_count *x = NULL;
	void *at = l->at;
	json_int_t i = -1;

	if (l->index == NULL && (l->index = json_object()) == NULL)
		goto out;
	if (grow(&at, l->n, &l->cap, sizeof *l->at, e) < 0)
		return NULL;
	l->at = at;
	if (buf_add(&key, a, strlen(a), e) == 0 && buf_add(&key, "\n", 1, e) == 0 &&
	    buf_add(&key, b, strlen(b), e) == 0 && buf_add(&key, "\n", 1, e) == 0 &&
	    buf_add(&key, c, strlen(c), e) == 0)
		i = place(l->index, key.data, l->n);
	if (i < 0)
		goto out;
	x = &l->at[i];
	if ((size_t)i == l->n) {
		l->n++;
		if (box_set(&x->key[0], a, e) < 0 || box_set(&x->key[1], b, e) < 0 ||
		    box_set(&x->key[2], c, e) < 0) {
			x = NULL;
			goto out;
		}
	}
	x->n++;
	if (file != NULL && (x->last == NULL || strcmp(x->last, file) != 0)) {
		x->files++;
		if (box_set(&x->last, file, e) < 0)
			x = NULL;
	}
out:
	if (x == NULL)
		err_set(e, "out of memory");
	buf_free(&key);
	return x;
}

int
records_problem(struct records *r, const char *input, const char *what,
    struct err *e)
{
	return count(&r->problems, input, what, "", NULL, e) == NULL ? -1 : 0;
}

static const char *
string(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s != NULL ? s : "";
}

static uint64_t
number(const json_t *o, const char *key)
{
	json_int_t n = json_integer_value(json_object_get(o, key));

	return n > 0 ? (uint64_t)n : 0;
}

static int
take_boxes(struct records *r, const char *line, size_t len, struct err *e)
{
	struct box_record b = { 0 };
	struct records_count *x;
	uint64_t n = 0;
	FILE *in = fmemopen((void *)line, len, "r");
	int got = -1;

	if (in == NULL)
		return err_set(e, "out of memory");
	if (box_read(in, &b, &n, e) > 0 && file_of(r, b.file, e) != NULL &&
	    (x = count(&r->sources, b.by, b.view != NULL ? b.view : "", "",
	    b.file, e)) != NULL) {
		x->boxes += b.nboxes;
		got = complete_add(r->boxes, &b, e);
	}
	box_record_free(&b);
	fclose(in);
	return got;
}

static int
take_finding(struct records *r, struct records_file *f, const json_t *o,
    struct err *e)
{
	static const char *const levels[] = { "error", "warning", "info" };
	const char *level = string(o, "level"), *check = string(o, "check");
	struct records_count *x;
	int i;

	for (i = 0; i < SEVERITIES; i++)
		if (strcmp(level, levels[i]) == 0)
			break;
	if (i == SEVERITIES || check[0] == '\0')
		return err_set(e, "a finding without a known level or check");
	f->validated = true;
	if (strcmp(check, "summary") == 0)
		return 0;
	f->findings[i]++;
	if (count(&r->checks, check, level, "", f->name, e) == NULL ||
	    (x = count(&r->findings, levels[i], check, string(o, "tag"), f->name,
	    e)) == NULL)
		return -1;
	if (x->n == 1 && (box_set(&x->example, string(o, "message"), e) < 0 ||
	    box_set(&x->example_file, f->name, e) < 0))
		return -1;
	return 0;
}

static int
take_actions(struct records *r, struct records_file *f, const json_t *list,
    struct err *e)
{
	const json_t *a;
	size_t i;

	for (i = 0; i < json_array_size(list); i++) {
		a = json_array_get(list, i);
		if (!json_is_object(a) || string(a, "action")[0] == '\0')
			return err_set(e, "an action is not an object with \"action\"");
		f->attributes++;
		if (count(&r->rules, string(a, "action"), string(a, "rule"), "",
		    f->name, e) == NULL)
			return -1;
	}
	return 0;
}

static int
take_audit(struct records *r, struct records_file *f, const json_t *o,
    struct err *e)
{
	if (box_set(&f->output, string(o, "output"), e) < 0)
		return -1;
	if (json_object_get(o, "pixels") != NULL) {
		f->frames += number(o, "frames");
		f->frames_changed += number(o, "frames_changed");
		f->boxes += number(o, "boxes");
		f->pixels += number(o, "pixels");
		return box_set(&f->redacted, string(o, "output"), e);
	}
	f->scrubbed = true;
	return take_actions(r, f, json_object_get(o, "actions"), e);
}

static int
take(struct records *r, const json_t *o, const char *line, size_t len,
    struct err *e)
{
	struct records_file *f;

	if (json_is_array(json_object_get(o, "boxes")))
		return take_boxes(r, line, len, e);
	if (string(o, "file")[0] == '\0')
		return err_set(e, "names no file");
	if ((f = file_of(r, string(o, "file"), e)) == NULL)
		return -1;
	if (json_is_string(json_object_get(o, "refused"))) {
		if (box_set(&f->refused, string(o, "refused"), e) < 0)
			return -1;
		return box_set(&f->refused_by, string(o, "by"), e);
	}
	if (json_is_string(json_object_get(o, "check")))
		return take_finding(r, f, o, e);
	if (json_is_string(json_object_get(o, "carrier")))
		return count(&r->carriers, string(o, "action"),
		    string(o, "carrier"), "", f->name, e) == NULL ? -1 : 0;
	if (json_is_string(json_object_get(o, "output")))
		return take_audit(r, f, o, e);
	if (json_is_array(json_object_get(o, "actions")))
		return take_actions(r, f, json_object_get(o, "actions"), e);
	return err_set(e, "a record of no known kind");
}

/*
 * One line with its newline into LINE. 1 a line, 0 the end, -1 when it is cut,
 * too long or cannot be read, with WHY filled; what was read of it is lost.
 */
static int
read_line(FILE *in, struct buf *line, struct err *why)
{
	char c;
	int got;

	buf_clear(line);
	while ((got = getc_unlocked(in)) != EOF) {
		c = (char)got;
		if (line->len < BOX_LINE_MAX && buf_add(line, &c, 1, why) < 0)
			return -1;
		if (c == '\n')
			return line->len < BOX_LINE_MAX ? 1 :
			    err_set(why, "the line is too long");
	}
	if (ferror(in))
		return err_set(why, "read: %s", strerror(errno));
	return line->len == 0 ? 0 : err_set(why, "the last line is cut");
}

int
records_read(struct records *r, FILE *in, const char *name, struct err *e)
{
	struct buf line = { 0 };
	char what[400];
	uint64_t n = 0;
	struct err why;
	json_t *o;
	int more, got = 0;

	while (got == 0 && (more = read_line(in, &line, &why)) != 0) {
		n++;
		r->lines++;
		o = NULL;
		if (more > 0 && ((o = json_loadb(line.data, line.len,
		    JSON_REJECT_DUPLICATES, NULL)) == NULL || !json_is_object(o)))
			more = err_set(&why, "not a JSON object");
		if (more > 0 && take(r, o, line.data, line.len, &why) < 0)
			more = -1;
		json_decref(o);
		if (more > 0)
			continue;
		/* A box record was read as a stream of one line. */
		snprintf(what, sizeof what, "line %" PRIu64 ": %s", n,
		    why.text + (strncmp(why.text, "line 1: ", 8) == 0 ? 8 : 0));
		got = records_problem(r, name, what, e);
		if (feof(in) || ferror(in))
			break;
	}
	buf_free(&line);
	return got;
}

static void
move_string(char **to, char **from)
{
	if (*from == NULL)
		return;
	free(*to);
	*to = *from;
	*from = NULL;
}

/* FROM was made from TO by a program of the chain: they are one file. */
static void
merge(struct records_file *to, struct records_file *from)
{
	int i;

	from->merged = true;
	move_string(&to->output, &from->output);
	move_string(&to->redacted, &from->redacted);
	move_string(&to->refused, &from->refused);
	move_string(&to->refused_by, &from->refused_by);
	to->scrubbed |= from->scrubbed;
	to->validated |= from->validated;
	to->frames += from->frames;
	to->frames_changed += from->frames_changed;
	to->boxes += from->boxes;
	to->pixels += from->pixels;
	to->attributes += from->attributes;
	for (i = 0; i < SEVERITIES; i++)
		to->findings[i] += from->findings[i];
}

static int
by_name(const void *p, const void *q)
{
	return strcmp(((const struct records_file *)p)->name,
	    ((const struct records_file *)q)->name);
}

static int
by_keys(const void *p, const void *q)
{
	const struct records_count *a = p, *b = q;
	int i, c = 0;

	for (i = 0; i < 3 && c == 0; i++)
		c = strcmp(a->key[i], b->key[i]);
	return c;
}

static void
list_sort(struct records_list *l)
{
	if (l->n > 1)
		qsort(l->at, l->n, sizeof *l->at, by_keys);
	json_decref(l->index);	/* its places are no longer true */
	l->index = NULL;
}

/* Who wrote the file of that name: its index, or -1. */
static json_int_t
writer(const json_t *outputs, const char *name)
{
	const json_t *at = json_object_get(outputs, name);

	return at != NULL ? json_integer_value(at) : -1;
}

/* The example of a finding gets the name that its file has here. */
static int
rename_examples(struct records *r, const json_t *outputs, struct err *e)
{
	struct records_count *c;
	json_int_t at;
	size_t i;
	int hops;

	for (i = 0; i < r->findings.n; i++) {
		c = &r->findings.at[i];
		for (hops = 0; hops < CHAIN_MAX &&
		    (at = writer(outputs, c->example_file)) >= 0; hops++)
			if (box_set(&c->example_file, r->files[at].name, e) < 0)
				return -1;
	}
	return 0;
}

static int
join_chains(struct records *r, struct err *e)
{
	json_t *outputs = json_object();
	struct records_file *f;
	json_int_t to, next;
	size_t i, n;
	int hops, k, got = 0;

	for (i = 0; outputs != NULL && got == 0 && i < r->nfiles; i++)
		for (k = 0; k < 2; k++) {
			const char *o = k == 0 ? r->files[i].redacted : r->files[i].output;

			if (o != NULL && strcmp(o, r->files[i].name) != 0 &&
			    json_object_set_new(outputs, o,
			    json_integer((json_int_t)i)) < 0)
				got = err_set(e, "out of memory");
		}
	if (outputs == NULL)
		return err_set(e, "out of memory");
	if (got == 0)
		got = rename_examples(r, outputs, e);
	/* The end of a chain goes first, so that the last output wins. */
	for (hops = CHAIN_MAX; got == 0 && hops > 0; hops--)
		for (i = 0; i < r->nfiles; i++) {
			f = &r->files[i];
			if (f->merged)
				continue;
			n = 0;
			to = next = writer(outputs, f->name);
			while (next >= 0 && n < CHAIN_MAX) {
				n++;
				next = writer(outputs, r->files[next].name);
			}
			if (to >= 0 && (size_t)to != i && n == (size_t)hops &&
			    n < CHAIN_MAX)
				merge(&r->files[to], f);
		}
	json_decref(outputs);
	return got;
}

int
records_finish(struct records *r, struct err *e)
{
	size_t i, kept = 0;
	struct records_file *f;

	if (join_chains(r, e) < 0)
		return -1;
	for (i = 0; i < r->nfiles; i++) {
		f = &r->files[i];
		if (f->merged) {
			free(f->name);
			free(f->output);
			free(f->redacted);
			free(f->refused);
			free(f->refused_by);
			continue;
		}
		f->examined = complete_find(r->boxes, f->name);
		if (f->refused != NULL && count(&r->refusals, f->refused_by,
		    f->refused, "", f->name, e) == NULL)
			return -1;
		r->files[kept++] = *f;
	}
	r->nfiles = kept;
	if (r->nfiles > 1)
		qsort(r->files, r->nfiles, sizeof *r->files, by_name);
	json_object_clear(r->index);
	list_sort(&r->sources);
	list_sort(&r->rules);
	list_sort(&r->carriers);
	list_sort(&r->checks);
	list_sort(&r->findings);
	list_sort(&r->refusals);
	list_sort(&r->problems);
	return 0;
}

static int
by_value(const void *p, const void *q)
{
	uint32_t a = *(const uint32_t *)p, b = *(const uint32_t *)q;

	return a < b ? -1 : a > b;
}

uint64_t
records_frames_examined(const struct complete_file *f)
{
	size_t i, n = complete_nrecords(f);
	uint32_t *frames = calloc(n + 1, sizeof *frames), frame;
	uint64_t distinct = 0;

	for (i = 0; i < n; i++) {
		frame = complete_record(f, i)->frame;
		if (frame == 0) {
			free(frames);
			return complete_frames(f);
		}
		if (frames != NULL)
			frames[i] = frame;
	}
	if (frames != NULL)
		qsort(frames, n, sizeof *frames, by_value);
	for (i = 0; frames != NULL && i < n; i++)
		distinct += i == 0 || frames[i] != frames[i - 1];
	free(frames);
	return distinct;
}

uint32_t
records_first_frame(const struct complete_file *f)
{
	const struct box_record *r;
	uint32_t first = 0, frame;
	size_t i;

	for (i = 0; i < complete_nrecords(f); i++) {
		r = complete_record(f, i);
		frame = r->frame == 0 ? 1 : r->frame;
		if (r->nboxes > 0 && (first == 0 || frame < first))
			first = frame;
	}
	return first;
}

void
records_sum(const struct records *r, struct records_sums *s)
{
	const struct records_file *f;
	struct err unused;
	size_t i, k;

	memset(s, 0, sizeof *s);
	s->files = r->nfiles;
	for (i = 0; i < r->nfiles; i++) {
		f = &r->files[i];
		if (f->refused != NULL)
			s->refused++;
		else if (f->output != NULL)
			s->done++;
		else
			s->unknown++;
		if (f->refused == NULL && f->output != NULL && !f->validated)
			s->unvalidated++;
		s->boxes_filled += f->boxes;
		s->pixels += f->pixels;
		s->frames_changed += f->frames_changed;
		s->attributes += f->attributes;
		for (k = 0; k < SEVERITIES; k++)
			s->findings[k] += f->findings[k];
		if (f->examined == NULL)
			continue;
		s->frames += complete_frames(f->examined);
		s->frames_examined += records_frames_examined(f->examined);
		s->incomplete += complete_check(f->examined, &unused) < 0;
		s->with_boxes += records_first_frame(f->examined) > 0;
	}
	for (i = 0; i < r->sources.n; i++)
		s->boxes_found += r->sources.at[i].boxes;
}
