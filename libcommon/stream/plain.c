/* plain.c - see plain.h */
#include "stream/plain.h"

#include <stdlib.h>
#include <string.h>

#include "base/size.h"

void
plain_free(struct plain *p)
{
	for (size_t i = 0; i < p->count; i++)
		box_record_free(&p->records[i]);
	free(p->records);
	memset(p, 0, sizeof *p);
}

int
plain_add(struct plain *p, struct box_record *r, struct err *e)
{
	struct box_record *records;

	if (p->count == p->room) {
		size_t room = p->room ? 2 * p->room : 16, bytes;

		if (!size_mul(room, sizeof *records, &bytes) || (records = realloc(p->records, bytes)) == NULL)
			return err_set(e, "out of memory");
		p->records = records;
		p->room = room;
	}
	p->records[p->count++] = *r;
	memset(r, 0, sizeof *r);
	return 0;
}

int
plain_end(struct plain *p, FILE *out, uint32_t n, bool whole, struct err *e)
{
	int got = 0;

	for (size_t i = 0; i < p->count; i++) {
		p->records[i].frames = n;
		if (p->records[i].images == 0)
			p->records[i].images = n;
		if (whole && got == 0)
			got = box_write(out, &p->records[i], e);
		box_record_free(&p->records[i]);
	}
	p->count = 0;
	return got;
}
