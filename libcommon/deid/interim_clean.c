/* interim_clean: what identifies is emptied whole, until clean.h is implemented. */
#include <stdlib.h>
#include <string.h>

#include "deid/clean.h"
#include "deid/identity.h"
#include "deid/names.h"

struct names {
	struct identity d;
};

int
clean_open(const char *patterns, const char *lists, struct clean **out,
    struct err *e)
{
	(void)patterns;
	(void)lists;
	(void)e;
	*out = NULL;
	return 0;
}

void
clean_close(struct clean *c)
{
	(void)c;
}

int
clean_text(struct clean *c, const struct names *d,
    const struct clean_settings *s, const char *text, size_t len,
    struct buf *out, struct err *e)
{
	(void)c;
	(void)s;
	(void)e;
	buf_clear(out);
	return identity_in(&d->d, text, len);
}

bool
clean_is_in_bytes(const struct clean *c, const struct names *d,
    const struct clean_settings *s, const void *bytes, size_t n)
{
	(void)c;
	(void)s;
	return identity_in(&d->d, bytes, n);
}

struct names *
names_new(struct err *e)
{
	struct names *d = calloc(1, sizeof *d);

	if (d == NULL)
		err_set(e, "out of memory");
	return d;
}

void
names_clear(struct names *d)
{
	identity_free(&d->d);
}

void
names_free(struct names *d)
{
	if (d != NULL)
		identity_free(&d->d);
	free(d);
}

int
names_add(struct names *d, enum names_kind kind, const char *text, size_t len,
    struct err *e)
{
	if (kind == NAMES_PLACE || kind == NAMES_DEVICE)
		return 0;
	return identity_add(&d->d, text, len, kind == NAMES_PATIENT ||
	    kind == NAMES_PERSON, e);
}
