/* scrub_log: what was done, and the crosswalk; see work.h. */
#include "deid/work.h"

#include <stdio.h>
#include <string.h>

static int
add_tag(struct buf *b, uint32_t tag, struct err *e)
{
	char text[16];
	int n = snprintf(text, sizeof text, "(%04X,%04X)", tag >> 16, tag & 0xffff);

	return buf_add(b, text, (size_t)n, e);
}

static int
add(struct buf *b, const char *text, struct err *e)
{
	return buf_add(b, text, strlen(text), e);
}

/* All of it is ours and ASCII, so no JSON library is asked. */
int
scrub_log(struct work *w, const struct element *el, const char *rule,
    const char *action, struct err *e)
{
	struct buf *b = w->s->actions;
	size_t i;

	if (b == NULL)
		return 0;
	if (add(b, b->len > 0 ? ",{\"tag\":\"" : "{\"tag\":\"", e) < 0 ||
	    add_tag(b, el->tag, e) < 0 || add(b, "\",\"path\":\"", e) < 0)
		return -1;
	for (i = 0; i < w->depth; i++)
		if (add_tag(b, w->path[i], e) < 0 || add(b, "/", e) < 0)
			return -1;
	return add_tag(b, el->tag, e) < 0 || add(b, "\",\"rule\":\"", e) < 0 ||
	    add(b, rule, e) < 0 || add(b, "\",\"action\":\"", e) < 0 ||
	    add(b, action, e) < 0 || add(b, "\"}", e) < 0 ? -1 : 0;
}

int
scrub_log_at(void *arg, const struct item *set, uint32_t tag, const char *rule,
    const char *action, struct err *e)
{
	const struct element el = { .tag = tag };
	struct work *w = arg;
	const struct item *s;
	size_t depth;
	int got;

	w->depth = 0;
	for (s = set; s->parent != NULL; s = s->parent)
		w->depth++;
	for (s = set, depth = w->depth; s->parent != NULL; s = s->parent)
		w->path[--depth] = s->sequence;
	got = scrub_log(w, &el, rule, action, e);
	w->depth = 0;
	return got;
}

/* Bytes that are no UTF-8 as a JSON string: above 7 bits as Latin-1. */
static json_t *
json_latin1(const char *text, size_t len)
{
	struct buf b = { 0 };
	json_t *v = NULL;
	unsigned char c;
	char two[2];
	size_t i;

	for (i = 0; i < len; i++) {
		c = (unsigned char)text[i];
		two[0] = (char)(c < 0x80 ? c : 0xc0 | c >> 6);
		two[1] = (char)(0x80 | (c & 0x3f));
		if (buf_add(&b, two, c < 0x80 ? 1 : 2, NULL) < 0)
			goto out;
	}
	v = json_stringn(b.data != NULL ? b.data : "", b.len);
out:
	buf_free(&b);
	return v;
}

int
scrub_pair(struct work *w, const char *kind, const char *from, size_t len,
    const char *to, struct err *e)
{
	json_t *line, *was;

	if (w->s->map == NULL || (strlen(to) == len && memcmp(from, to, len) == 0))
		return 0;
	if ((was = json_stringn(from, len)) == NULL)
		was = json_latin1(from, len);
	line = json_pack("{s:s, s:o, s:s}", "kind", kind, "from", was, "to", to);
	if (line == NULL || json_array_append_new(w->s->map, line) < 0)
		return err_set(e, "out of memory");
	return 0;
}
