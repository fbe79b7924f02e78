/* lists: sets of words; see lists.h. */
#include "deid/lists.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"

#define SUFFIXES_MAX 64
#define FORMS_MAX 12

struct word {
	uint32_t hash, classes;
	uint32_t folded, folded_len;	/* of lists.text */
	uint32_t written, written_len;
};

struct calendar {	/* a row of months or weekdays */
	uint32_t class;
	size_t n;
	char *folded[FORMS_MAX], *written[FORMS_MAX];
};

struct lists {
	struct buf text;
	struct word *words;
	size_t n, cap;
	uint32_t *slots;	/* 1 + the number of a word */
	size_t mask;
	struct calendar *calendars;
	size_t ncalendars, calendars_cap;
	const char *suffixes[SUFFIXES_MAX];
	size_t nsuffixes;
};

static const struct {
	const char *name;
	uint32_t class;
} names[] = {
	{ "science", WORD_SCIENCE }, { "either", WORD_EITHER },
	{ "eponym", WORD_EPONYM }, { "stop", WORD_STOP }, { "title", WORD_TITLE },
	{ "kin", WORD_KIN }, { "role", WORD_ROLE }, { "by", WORD_BY },
	{ "name", WORD_NAME }, { "given", WORD_GIVEN },
	{ "particle", WORD_PARTICLE }, { "born", WORD_BORN }, { "age", WORD_AGE },
	{ "years", WORD_YEARS }, { "unit", WORD_UNIT }, { "disease", WORD_DISEASE },
	{ "of-disease", WORD_OF_DISEASE }, { "version", WORD_VERSION },
	{ "label", WORD_LABEL }, { "numbered", WORD_NUMBERED },
	{ "phone", WORD_PHONE }, { "lives", WORD_LIVES },
	{ "street", WORD_STREET }, { "hospital", WORD_HOSPITAL },
	{ "code", WORD_CODE }, { "credential", WORD_CREDENTIAL },
	{ "web", WORD_WEB }, { "suffix", WORD_SUFFIX }, { "months", WORD_MONTH },
	{ "weekdays", WORD_WEEKDAY }, { "abbreviation", WORD_ABBREVIATION },
	{ "signed", WORD_SIGNED },
};

uint32_t
lists_class(const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < sizeof names / sizeof names[0]; i++)
		if (strlen(names[i].name) == len &&
		    memcmp(names[i].name, name, len) == 0)
			return names[i].class;
	return 0;
}

static size_t
slot_of(const struct lists *l, uint32_t hash, const char *word, size_t len)
{
	const struct word *w;
	size_t at;

	for (at = hash & l->mask; l->slots[at] != 0; at = (at + 1) & l->mask) {
		w = &l->words[l->slots[at] - 1];
		if (w->hash == hash && w->folded_len == len &&
		    memcmp(l->text.data + w->folded, word, len) == 0)
			break;
	}
	return at;
}

uint32_t
lists_find(const struct lists *l, uint32_t hash, const char *word, size_t len)
{
	size_t at = slot_of(l, hash, word, len);

	return l->slots[at] == 0 ? 0 : l->words[l->slots[at] - 1].classes;
}

/* Twice the slots, at least four for a word. */
static int
grow_slots(struct lists *l, struct err *e)
{
	size_t n = l->slots == NULL ? 1024 : (l->mask + 1) * 2, i, at;
	uint32_t *slots = calloc(n, sizeof *slots);

	if (slots == NULL)
		return err_set(e, "out of memory");
	free(l->slots);
	l->slots = slots;
	l->mask = n - 1;
	for (i = 0; i < l->n; i++) {
		for (at = l->words[i].hash & l->mask; slots[at] != 0; at = (at + 1) & l->mask)
			;
		slots[at] = (uint32_t)i + 1;
	}
	return 0;
}

static int
add_word(struct lists *l, uint32_t class, const struct token *k, const char *folded,
    const char *written, size_t written_len, struct err *e)
{
	struct word w = { k->hash, class, 0, k->folded_len, 0, (uint32_t)written_len };
	size_t at;

	if ((l->n + 1) * 4 > l->mask && grow_slots(l, e) < 0)
		return -1;
	at = slot_of(l, k->hash, folded, k->folded_len);
	if (l->slots[at] != 0) {
		l->words[l->slots[at] - 1].classes |= class;
		return 0;
	}
	if (array_grow(&l->words, l->n, &l->cap, sizeof *l->words, e) < 0)
		return -1;
	w.folded = (uint32_t)l->text.len;
	if (buf_add(&l->text, folded, k->folded_len, e) < 0)
		return -1;
	w.written = (uint32_t)l->text.len;
	if (buf_add(&l->text, written, written_len, e) < 0)
		return -1;
	l->words[l->n++] = w;
	l->slots[at] = (uint32_t)l->n;
	return 0;
}

static char *
copy(const char *text, size_t len)
{
	char *p = malloc(len + 1);

	if (p != NULL) {
		memcpy(p, text, len);
		p[len] = '\0';
	}
	return p;
}

/* A word of the row that the last of CALENDARS is. */
static int
add_form(struct lists *l, const struct token *k, const char *folded,
    const char *written, size_t written_len, struct err *e)
{
	struct calendar *c = &l->calendars[l->ncalendars - 1];

	if (c->n == FORMS_MAX)
		return err_set(e, "more than %d words", FORMS_MAX);
	c->folded[c->n] = copy(folded, k->folded_len);
	c->written[c->n] = copy(written, written_len);
	c->n++;
	if (c->folded[c->n - 1] == NULL || c->written[c->n - 1] == NULL)
		return err_set(e, "out of memory");
	return 0;
}

static int
start_calendar(struct lists *l, uint32_t class, struct err *e)
{
	if (array_grow(&l->calendars, l->ncalendars, &l->calendars_cap,
	    sizeof *l->calendars, e) < 0)
		return -1;
	l->calendars[l->ncalendars++] = (struct calendar){ .class = class };
	return 0;
}

static size_t
word_length(const char *p, const char *end)
{
	const char *from = p;

	while (p < end && *p != ' ' && *p != '\t')
		p++;
	return (size_t)(p - from);
}

static int
read_word(struct lists *l, struct tokens *t, uint32_t class, const char *p, size_t n,
    struct err *e)
{
	int got = tokens_read(t, p, n, e);

	if (got < 0)
		return -1;
	if (got == 0)
		return err_set(e, "not UTF-8");
	if (t->n != 1 || t->items[0].from != 0 || t->items[0].to != n)
		return err_set(e, "an entry is not one word");
	if ((class & (WORD_MONTH | WORD_WEEKDAY)) != 0 && add_form(l, t->items,
	    t->folded.data, p, n, e) < 0)
		return -1;
	if (add_word(l, class, t->items, t->folded.data, p, n, e) < 0)
		return -1;
	if (class != WORD_SUFFIX)
		return 0;
	if (l->nsuffixes == SUFFIXES_MAX)
		return err_set(e, "more than %d suffixes", SUFFIXES_MAX);
	if ((l->suffixes[l->nsuffixes] = copy(t->folded.data, t->folded.len)) == NULL)
		return err_set(e, "out of memory");
	l->nsuffixes++;
	return 0;
}

static int
read_line(struct lists *l, struct tokens *t, const char *p, const char *end,
    struct err *e)
{
	size_t n = word_length(p, end), wanted;
	uint32_t class;

	if (n == 0 || *p == '#')
		return n == 0 && p < end ? err_set(e, "begins with a space") : 0;
	if ((class = lists_class(p, n)) == 0)
		return err_set(e, "no such list");
	if ((class & (WORD_MONTH | WORD_WEEKDAY)) != 0 && start_calendar(l, class, e) < 0)
		return -1;
	for (p += n; p < end; p += n) {
		if ((n = word_length(p, end)) == 0)
			n = 1;
		else if (read_word(l, t, class, p, n, e) < 0)
			return -1;
	}
	wanted = class == WORD_MONTH ? 12 : class == WORD_WEEKDAY ? 7 : 0;
	if (wanted != 0 && l->calendars[l->ncalendars - 1].n != wanted)
		return err_set(e, "not %zu words", wanted);
	return 0;
}

int
lists_read(const char *name, const char *text, size_t len, struct lists **out,
    struct err *e)
{
	struct lists *l = calloc(1, sizeof *l);
	const char *p = text, *end = text + len, *stop;
	struct tokens t = { 0 };
	struct err why;
	size_t line;
	int got = -1;

	if (l == NULL)
		return err_set(e, "out of memory");
	if (grow_slots(l, e) < 0)
		goto out;
	for (line = 1; p < end; p = stop + 1, line++) {
		if ((stop = memchr(p, '\n', (size_t)(end - p))) == NULL)
			stop = end;
		if (read_line(l, &t, p, stop, &why) < 0) {
			err_set(e, "%s:%zu: %s", name, line, why.text);
			goto out;
		}
	}
	*out = l;
	l = NULL;
	got = 0;
out:
	tokens_free(&t);
	lists_free(l);
	return got;
}

void
lists_free(struct lists *l)
{
	size_t i, j;

	if (l == NULL)
		return;
	for (i = 0; i < l->ncalendars; i++)
		for (j = 0; j < l->calendars[i].n; j++) {
			free(l->calendars[i].folded[j]);
			free(l->calendars[i].written[j]);
		}
	for (i = 0; i < l->nsuffixes; i++)
		free((char *)l->suffixes[i]);
	free(l->calendars);
	free(l->words);
	free(l->slots);
	buf_free(&l->text);
	free(l);
}

int
lists_alternatives(const struct lists *l, uint32_t class, struct buf *out,
    struct err *e)
{
	const char *before = "(?:\\Q";
	size_t i;

	for (i = 0; i < l->n; i++)
		if ((l->words[i].classes & class) != 0) {
			if (buf_add(out, before, strlen(before), e) < 0 ||
			    buf_add(out, l->text.data + l->words[i].written,
			    l->words[i].written_len, e) < 0)
				return -1;
			before = "\\E|\\Q";
		}
	/* A list without words matches nothing. */
	return before[0] == '(' ? buf_add(out, "(?!)", 4, e) : buf_add(out, "\\E)", 3, e);
}

const char *const *
lists_suffixes(const struct lists *l, size_t *n)
{
	*n = l->nsuffixes;
	return l->suffixes;
}

int
lists_calendar(const struct lists *l, uint32_t class, const char *word, size_t len,
    size_t n, const char *const **forms)
{
	const struct calendar *c;
	size_t i, j;

	for (i = 0; i < l->ncalendars; i++) {
		c = &l->calendars[i];
		for (j = 0; j < c->n && c->class == class; j++)
			if (strlen(c->folded[j]) == len &&
			    memcmp(c->folded[j], word, len) == 0) {
				if (n-- == 0) {
					*forms = (const char *const *)c->written;
					return (int)j;
				}
				break;
			}
	}
	return -1;
}
