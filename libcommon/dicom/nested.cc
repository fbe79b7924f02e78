/* nested: numbers inside of a sequence, changed; see nested.h. */
#include "dicom/nested.h"

#include <cmath>
#include <cstdio>
#include <memory>

#include <dcmtk/dcmdata/dcostrmb.h>

#include "dicom/dcm_internal.hh"

static const Uint32 block = 1 << 16;

static DcmTagKey
key_of(uint32_t tag)
{
	return DcmTagKey(static_cast<Uint16>(tag >> 16),
	    static_cast<Uint16>(tag & 0xffff));
}

static DcmItem *
item_of(const struct nested *n)
{
	return static_cast<DcmItem *>(n->item);
}

static bool
first_item(DcmItem *in, uint32_t tag, struct nested *child)
{
	struct err unused;

	return guarded(&unused, [&] {
		DcmItem *found = NULL;

		if (in->findAndGetSequenceItem(key_of(tag), found, 0).bad() ||
		    found == NULL)
			return -1;
		child->item = found;
		return 0;
	}) == 0;
}

bool
nested_child(const struct nested *item, uint32_t tag, struct nested *child)
{
	child->changed = item->changed;
	return first_item(item_of(item), tag, child);
}

bool
nested_top(struct dcm *d, uint32_t tag, struct nested *child)
{
	child->changed = NULL;
	return first_item(d->file.getDataset(), tag, child);
}

bool
nested_number(const struct nested *item, uint32_t tag, uint32_t value, double *out)
{
	DcmElement *el = NULL;
	struct err unused;

	return guarded(&unused, [&] {
		OFString s;

		if (item_of(item)->findAndGetElement(key_of(tag), el).bad() || el == NULL ||
		    el->getOFString(s, value).bad() || s.empty())
			return -1;
		char *end = NULL;
		*out = strtod(s.c_str(), &end);
		return *end == '\0' || *end == ' ' ? 0 : -1;
	}) == 0;
}

/* As text, in the 16 characters of a DS: PS3.5 6.2. */
static std::string
decimal(double v)
{
	char s[32];

	for (int digits = 16; digits > 0; digits--) {
		snprintf(s, sizeof s, "%.*g", digits, v);
		if (strlen(s) <= 16)
			break;
	}
	return s;
}

int
nested_set(const struct nested *item, uint32_t tag, const double *v, uint32_t n,
    struct err *e)
{
	return guarded(e, [&] {
		DcmElement *el = NULL;
		std::string all;
		uint32_t i;

		if (item_of(item)->findAndGetElement(key_of(tag), el).bad() || el == NULL)
			return err_set(e, "(%04x,%04x) is missing", tag >> 16,
			    tag & 0xffff);
		bool whole = el->getVR() != EVR_DS && el->getVR() != EVR_FL &&
		    el->getVR() != EVR_FD;
		for (i = 0; i < n; i++) {
			if (whole && v[i] != std::floor(v[i]))
				return err_set(e, "(%04x,%04x) holds whole numbers",
				    tag >> 16, tag & 0xffff);
			all += (i > 0 ? "\\" : "") + decimal(v[i]);
		}
		/* DCMTK checks the range of the VR. */
		if (el->putString(all.c_str()).bad())
			return err_set(e, "(%04x,%04x) cannot hold what it has to",
			    tag >> 16, tag & 0xffff);
		*item->changed = true;
		return 0;
	});
}

static int
visit(DcmSequenceOfItems *seq, nested_fn *fn, void *arg,
    bool *changed, struct err *e)
{
	for (unsigned long i = 0; i < seq->card();) {
		struct nested n = { seq->getItem(i), changed };
		enum nested_verdict verdict = NESTED_KEEP;

		if (fn(arg, &n, &verdict, e) < 0)
			return -1;
		if (verdict == NESTED_DROP) {
			*changed = true;
			delete seq->remove(i);
			continue;
		}
		/* The scan has bounded how deep this can go. */
		for (DcmObject *o = NULL; (o = item_of(&n)->nextInContainer(o)) != NULL;)
			if (o->ident() == EVR_SQ && visit(static_cast<DcmSequenceOfItems *>(o),
			    fn, arg, changed, e) < 0)
				return -1;
		i++;
	}
	return 0;
}

/* The value alone: what was written less its header. */
static int
encode(DcmSequenceOfItems *seq, E_TransferSyntax xfer, struct buf *out,
    struct err *e)
{
	std::vector<char> room(block);
	DcmOutputBufferStream stream(room.data(), block);
	size_t head = DcmXfer(xfer).isExplicitVR() ? 12 : 8;
	OFCondition c = EC_StreamNotifyClient;
	void *bytes;
	offile_off_t n;

	buf_clear(out);
	seq->transferInit();
	while (c == EC_StreamNotifyClient) {
		c = seq->write(stream, xfer, EET_ExplicitLength, NULL);
		stream.flushBuffer(bytes, n);
		if (buf_add(out, bytes, static_cast<size_t>(n), e) < 0)
			return -1;
	}
	seq->transferEnd();
	if (c.bad() || out->len < head)
		return err_set(e, "a sequence cannot be encoded again");
	memmove(out->data, out->data + head, out->len - head);
	out->len -= head;
	return 0;
}

int
nested_edit(struct dcm *d, uint32_t tag, nested_fn *fn, void *arg,
    struct buf *out, struct err *e)
{
	return guarded(e, [&] {
		DcmSequenceOfItems *found = NULL;
		bool changed = false;

		if (d->file.getDataset()->findAndGetSequence(key_of(tag), found).bad() ||
		    found == NULL)
			return 0;
		auto seq = std::make_unique<DcmSequenceOfItems>(*found);
		if (visit(seq.get(), fn, arg, &changed, e) < 0)
			return -1;
		if (!changed)
			return 0;
		return encode(seq.get(), d->file.getDataset()->getOriginalXfer(), out,
		    e) < 0 ? -1 : 1;
	});
}
