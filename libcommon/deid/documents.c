/* documents: encapsulated documents, which nobody can clean; see documents.h. */
#include "deid/documents.h"

#include <string.h>
#include <strings.h>

#define BURNED_IN	OBJECT_TAG(0x0028, 0x0301)
#define HL7_INSTANCE	OBJECT_TAG(0x0040, 0xe001)
#define TITLE		OBJECT_TAG(0x0042, 0x0010)
#define DOCUMENT	OBJECT_TAG(0x0042, 0x0011)
#define MIME_TYPE	OBJECT_TAG(0x0042, 0x0012)
#define MIME_TYPES	OBJECT_TAG(0x0042, 0x0014)
#define LENGTH		OBJECT_TAG(0x0042, 0x0015)

/* What the dummy of CDA calls itself. */
#define CDA_INSTANCE	"2.25.147696107626582359709305043971517271184"

/* A file of share/documents, inside of the program. */
#define FILE_INSIDE(name, path) \
	__asm__(".pushsection .rodata\n" \
	    #name ": .incbin \"" path "\"\n" \
	    #name "_end: .byte 0\n" \
	    ".popsection\n"); \
	extern const char name[] __attribute__((visibility("hidden"))); \
	extern const char name##_end[] __attribute__((visibility("hidden")))

FILE_INSIDE(removed_pdf, "share/documents/removed.pdf");
FILE_INSIDE(removed_cda, "share/documents/removed.xml");
FILE_INSIDE(removed_stl, "share/documents/removed.stl");
FILE_INSIDE(removed_obj, "share/documents/removed.obj");
FILE_INSIDE(removed_mtl, "share/documents/removed.mtl");

static const struct dummy {
	const char *mime, *bytes, *end;
} dummies[] = {
	{ "application/pdf", removed_pdf, removed_pdf_end },
	{ "text/XML", removed_cda, removed_cda_end },
	{ "model/stl", removed_stl, removed_stl_end },
	{ "model/obj", removed_obj, removed_obj_end },
	{ "model/mtl", removed_mtl, removed_mtl_end },
};

/* That of the MIME type in SET (RFC 2045 5.1: whatever the case), or NULL. */
static const struct dummy *
dummy_of(const struct item *set)
{
	const char *text, *stop;
	size_t len, i;

	if ((text = item_text(set, MIME_TYPE, &len)) == NULL)
		return NULL;
	if ((stop = memchr(text, ';', len)) != NULL)	/* its parameters */
		len = (size_t)(stop - text);
	for (i = 0; i < sizeof dummies / sizeof dummies[0]; i++)
		if (strlen(dummies[i].mime) == len &&
		    strncasecmp(dummies[i].mime, text, len) == 0)
			return &dummies[i];
	return NULL;
}

/* What SET says of a document that it does not have any more. */
static int
change_text(struct object *o, struct item *set, uint32_t tag, const char *to,
    struct err *e)
{
	struct element *el = item_find(set, tag);

	return el == NULL ? 0 : element_set(o, el, to, strlen(to), e);
}

static int
put_length(struct object *o, struct item *set, size_t n, struct err *e)
{
	bool big = strcmp(object_syntax(o), "1.2.840.10008.1.2.2") == 0;
	char bytes[4];
	int i;

	for (i = 0; i < 4; i++)
		bytes[i] = (char)(n >> 8 * (big ? 3 - i : i));
	return item_put(o, set, LENGTH, "UL", bytes, 4, e) == NULL ? -1 : 0;
}

static int
replace(struct object *o, struct item *set, struct err *e)
{
	const struct dummy *d = dummy_of(set);
	struct element *el;
	size_t n;

	if (d == NULL)
		return err_set(e, "an encapsulated document (0042,0011) of a MIME type "
		    "(0042,0012) that has no dummy");
	n = (size_t)(d->end - d->bytes);
	if ((el = item_find(set, MIME_TYPES)) != NULL)
		el->gone = true;
	if (item_put(o, set, DOCUMENT, "OB", d->bytes, n, e) == NULL ||
	    item_put(o, set, MIME_TYPE, "LO", d->mime, strlen(d->mime), e) == NULL ||
	    item_put(o, set, BURNED_IN, "CS", "NO", 2, e) == NULL ||
	    put_length(o, set, n, e) < 0 || change_text(o, set, TITLE, "", e) < 0)
		return -1;
	return change_text(o, set, HL7_INSTANCE, CDA_INSTANCE, e);
}

bool
documents_in(const struct item *set)
{
	const struct element *el;
	size_t i;

	if (item_find(set, DOCUMENT) != NULL)
		return true;
	for (el = set->elements; el < set->elements + set->n; el++)
		for (i = 0; !el->gone && i < el->nitems; i++)
			if (documents_in(&el->items[i]))
				return true;
	return false;
}

int
documents_replace(struct object *o, struct item *set, struct err *e)
{
	const struct element *el;
	size_t i;

	if (item_find(set, DOCUMENT) != NULL && replace(o, set, e) < 0)
		return -1;
	for (el = set->elements; el < set->elements + set->n; el++)
		for (i = 0; !el->gone && i < el->nitems; i++)
			if (documents_replace(o, &el->items[i], e) < 0)
				return -1;
	return 0;
}
