/* fragments: which fragments make which frame; see fragments.h. */
#include "dicom/fragments.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define EXTENDED_OFFSETS 0x7fe00001u

/* An offset table's entries: 4 bytes (PS3.5 A.4) or 8 (extended). */
static uint64_t
offset_at(const uint8_t *table, size_t i, unsigned width)
{
	uint64_t v = 0;
	unsigned k;

	for (k = width; k-- > 0;)
		v = v << 8 | table[i * width + k];
	return v;
}

/*
 * Frames begin where the table of LENGTH bytes at AT says, counted from the first
 * fragment's item tag; each entry must be the start of a fragment, and they
 * must ascend.
 */
static int
index_by_table(const struct scan *s, uint64_t at, uint64_t length,
    unsigned width, uint32_t frames, size_t *first, struct err *e)
{
	size_t i, frame = 0;
	uint8_t *table;
	uint64_t where = 0;
	int got = -1;

	if (length / width != frames)
		return err_set(e, "the offset table has %" PRIu64 " entries for %"
		    PRIu32 " frames", length / width, frames);
	if ((table = malloc((size_t)frames * width)) == NULL)
		return err_set(e, "out of memory");
	if (scan_read(s, at, table, (size_t)frames * width, e) < 0)
		goto out;
	for (i = 0; i < s->nfragments; i++) {
		if (frame < frames && offset_at(table, frame, width) == where)
			first[frame++] = i;
		where += 8 + (uint64_t)s->fragments[i].length;
	}
	if (frame != frames || first[0] != 0)
		err_set(e, "the offset table points between fragments");
	else
		got = 0;
out:
	free(table);
	return got;
}

/* Does fragment I begin a codestream? 1 yes, 0 no, -1 failure. */
static int
begins(const struct scan *s, size_t i, enum pixels_coding coding, struct err *e)
{
	static const uint8_t jpeg[] = { 0xff, 0xd8, 0xff };
	static const uint8_t j2k[] = { 0xff, 0x4f, 0xff, 0x51 };
	const uint8_t *magic = coding == CODING_J2K ? j2k : jpeg;
	size_t n = coding == CODING_J2K ? sizeof j2k : sizeof jpeg;
	uint8_t b[sizeof j2k];

	if (s->fragments[i].length < n)
		return 0;
	if (scan_read(s, s->fragments[i].value, b, n, e) < 0)
		return -1;
	return memcmp(b, magic, n) == 0;
}

/* Without a table: a frame begins where a codestream does. */
static int
index_by_content(const struct scan *s, enum pixels_coding coding,
    uint32_t frames, size_t *first, struct err *e)
{
	size_t i, n = 0;
	int got;

	for (i = 0; i < s->nfragments; i++) {
		if ((got = begins(s, i, coding, e)) < 0)
			return -1;
		if (got == 1 && n < frames)
			first[n] = i;
		n += (size_t)got;
	}
	if (n != frames || first[0] != 0)
		return err_set(e, "holds %zu fragments that begin a frame, for %"
		    PRIu32 " frames", n, frames);
	return 0;
}

static int
check_hidden(const struct scan *s, enum pixels_coding coding, uint32_t frames,
    const size_t *first, struct err *e)
{
	size_t i, frame = 0;
	int got;

	for (i = 0; i < s->nfragments; i++)
		if (frame < frames && first[frame] == i)
			frame++;
		else if ((got = begins(s, i, coding, e)) != 0)
			return got < 0 ? -1 : err_set(e, "fragment %zu begins a frame "
			    "that the header does not count", i + 1);
	return 0;
}

/* More fragments than frames, and more than one frame. */
static int
index_groups(const struct scan *s, enum pixels_coding coding, uint32_t frames,
    size_t *first, struct err *e)
{
	const struct scan_element *extended = scan_find(s, EXTENDED_OFFSETS, NULL);

	if (s->table.length > 0)
		return index_by_table(s, s->table.value, s->table.length, 4, frames,
		    first, e);
	if (extended != NULL && extended->length > 0)
		return index_by_table(s, extended->value, extended->length, 8, frames,
		    first, e);
	if (coding == CODING_PLAIN)
		return err_set(e, "holds %zu fragments for %" PRIu32 " frames and no "
		    "offset table", s->nfragments, frames);
	return index_by_content(s, coding, frames, first, e);
}

int
fragments_index(const struct scan *s, enum pixels_coding coding,
    uint32_t frames, size_t *first, struct err *e)
{
	uint32_t i;

	if (frames == 0 || s->nfragments < frames || (s->nfragments > frames &&
	    (coding == CODING_RLE || coding == CODING_DEFLATE)))	/* PS3.5 A.4.2 */
		return err_set(e, "holds %zu fragments for %" PRIu32 " frames",
		    s->nfragments, frames);
	first[frames] = s->nfragments;
	if (s->nfragments == frames) {
		for (i = 0; i < frames; i++)
			first[i] = i;
		return 0;
	}
	if (frames == 1)
		first[0] = 0;
	else if (index_groups(s, coding, frames, first, e) < 0)
		return -1;
	return coding == CODING_PLAIN ? 0 :
	    check_hidden(s, coding, frames, first, e);
}
