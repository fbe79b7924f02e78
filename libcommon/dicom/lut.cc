/* lut: how stored values become grey or colour; see lut.h. */
#include "dicom/lut.h"

#include <cstdlib>
#include <cstring>

#include "base/bytes.h"
#include "dicom/dcm_internal.hh"

static const size_t max_segments_bytes = 1 << 20;	/* of 65536 entries */

/* -- elements of an item -------------------------------------------------- */

static DcmElement *
element(DcmItem *item, const DcmTagKey &key)
{
	DcmElement *el = NULL;

	if (item == NULL || item->findAndGetElement(key, el).bad())
		return NULL;
	return el;
}

static bool
number(DcmItem *item, const DcmTagKey &key, double *out)
{
	DcmElement *el = element(item, key);
	OFString s;
	char *end;
	double v;

	if (el == NULL || !el->isLeaf() || el->getOFString(s, 0, OFTrue).bad())
		return false;
	v = strtod(s.c_str(), &end);
	while (*end == ' ')
		end++;
	if (end == s.c_str() || *end != '\0' || !(v - v == 0))
		return false;
	*out = v;
	return true;
}

/* Item INDEX of a sequence in ITEM; NULL when there is none. */
static DcmItem *
item_of(DcmItem *item, const DcmTagKey &key, long index = 0)
{
	DcmItem *found = NULL;

	if (item == NULL || item->findAndGetSequenceItem(key, found, index).bad())
		return NULL;
	return found;
}

/* The first item of a sequence of tables; NULL when it says nothing. */
static DcmItem *
table_of(DcmItem *item, const DcmTagKey &key)
{
	DcmItem *table = item_of(item, key, 0);
	DcmElement *el = element(table, DCM_LUTDescriptor);

	return el == NULL || el->getLengthField() == 0 ? NULL : table;
}

/* -- tables --------------------------------------------------------------- */

static void
lut_free(struct lut *l)
{
	free(l->data);
	memset(l, 0, sizeof *l);
}

/* All bytes of an element, words as little-endian. */
static int
read_all(struct dcm *d, DcmElement *el, size_t max, std::vector<uint8_t> &out,
    struct err *e)
{
	if (!el->isLeaf() || el->getLengthField() > max)
		return err_set(e, "a lookup table is too long");
	out.resize(el->getLengthField());
	if (!out.empty() && el->getPartialValue(out.data(), 0,
	    static_cast<Uint32>(out.size()), &d->cache, EBO_LittleEndian).bad())
		return err_set(e, "a lookup table cannot be read");
	return 0;
}

/* PS3.3 C.11.1.1.1, C.11.2.1.1, C.7.6.3.1.5: entries, first, bits. */
static int
read_descriptor(struct dcm *d, DcmItem *item, const DcmTagKey &key,
    bool is_signed, struct lut *l, struct err *e)
{
	DcmElement *el = element(item, key);
	std::vector<uint8_t> b;

	if (el == NULL)
		return err_set(e, "a lookup table's descriptor is missing");
	if (read_all(d, el, 64, b, e) < 0)
		return -1;
	if (b.size() < 6)
		return err_set(e, "a lookup table's descriptor is too short");
	l->entries = bytes_le16(&b[0]);
	if (l->entries == 0)
		l->entries = 65536;
	l->first = static_cast<int32_t>(bytes_le16(&b[2]));
	if ((is_signed || el->getVR() == EVR_SS) && l->first > 0x7fff)
		l->first -= 0x10000;
	l->bits = bytes_le16(&b[4]);
	if (l->bits < 1 || l->bits > 16)
		return err_set(e, "a lookup table has entries of %u bits", l->bits);
	return 0;
}

static int
lut_room(struct lut *l, struct err *e)
{
	l->data = static_cast<uint16_t *>(calloc(l->entries, sizeof *l->data));
	return l->data == NULL ? err_set(e, "out of memory") : 0;
}

/* One entry a word, or two a word when they have 8 bits. */
static int
read_entries(struct dcm *d, DcmElement *el, struct lut *l, struct err *e)
{
	std::vector<uint8_t> b;
	uint32_t i;

	if (read_all(d, el, 2 * 65536 + 2, b, e) < 0)
		return -1;
	bool words = b.size() >= 2 * static_cast<size_t>(l->entries);
	if (!words && (l->bits > 8 || b.size() < l->entries))
		return err_set(e, "a lookup table is shorter than its descriptor says");
	if (lut_room(l, e) < 0)
		return -1;
	for (i = 0; i < l->entries; i++)
		l->data[i] = static_cast<uint16_t>(words ? bytes_le16(&b[2 * i]) : b[i]);
	return 0;
}

/* Descriptors understate their bits; then the entries are the truth. */
static uint32_t
largest(const struct lut *l)
{
	uint32_t i, max = 0;

	for (i = 0; i < l->entries; i++)
		if (l->data[i] > max)
			max = l->data[i];
	return max;
}

static int
read_table(struct dcm *d, DcmItem *item, bool is_signed, struct lut *l,
    struct err *e)
{
	DcmElement *el = element(item, DCM_LUTData);

	if (el == NULL)
		return err_set(e, "a lookup table has no data");
	if (read_descriptor(d, item, DCM_LUTDescriptor, is_signed, l, e) < 0 ||
	    read_entries(d, el, l, e) < 0) {
		lut_free(l);
		return -1;
	}
	if (largest(l) >> l->bits != 0)
		l->bits = 16;
	return 0;
}

/* -- grey ----------------------------------------------------------------- */

/* The functional group macro KEY of FRAME: its own, else the shared one. */
static DcmItem *
group_of(DcmDataset *set, const DcmTagKey &key, uint32_t frame)
{
	DcmItem *item = item_of(item_of(set,
	    DCM_PerFrameFunctionalGroupsSequence, static_cast<long>(frame) - 1), key);

	if (item == NULL)
		item = item_of(item_of(set, DCM_SharedFunctionalGroupsSequence), key);
	return item;
}

static int
read_modality(struct dcm *d, const struct pixels *p, uint32_t frame,
    struct lut_grey *g, struct err *e)
{
	DcmDataset *set = d->file.getDataset();
	DcmItem *item = group_of(set, DCM_PixelValueTransformationSequence, frame);
	DcmItem *table;

	g->slope = 1;
	g->intercept = 0;
	if (item == NULL) {
		item = set;
		if ((table = table_of(set, DCM_ModalityLUTSequence)) != NULL)
			return read_table(d, table, p->is_signed, &g->modality, e);
	}
	(void)number(item, DCM_RescaleSlope, &g->slope);
	(void)number(item, DCM_RescaleIntercept, &g->intercept);
	return g->slope == 0 ? err_set(e, "Rescale Slope is 0") : 0;
}

static void
read_function(DcmItem *item, struct lut_grey *g)
{
	OFString s;

	g->function = LUT_LINEAR;
	if (item->findAndGetOFString(DCM_VOILUTFunction, s).good()) {
		if (s == "LINEAR_EXACT")
			g->function = LUT_LINEAR_EXACT;
		else if (s == "SIGMOID")
			g->function = LUT_SIGMOID;
	}
}

static int
read_voi(struct dcm *d, const struct pixels *p, uint32_t frame,
    struct lut_grey *g, struct err *e)
{
	DcmDataset *set = d->file.getDataset();
	DcmItem *item = group_of(set, DCM_FrameVOILUTSequence, frame);
	DcmItem *table;

	if (item == NULL)
		item = set;
	if ((table = table_of(item, DCM_VOILUTSequence)) != NULL)
		return read_table(d, table, g->modality.entries == 0 &&
		    (p->is_signed || g->intercept < 0), &g->voi, e);
	g->windowed = number(item, DCM_WindowCenter, &g->centre) &&
	    number(item, DCM_WindowWidth, &g->width) && g->width > 0;
	if (g->windowed)
		read_function(item, g);
	return 0;
}

void
lut_grey_free(struct lut_grey *g)
{
	lut_free(&g->modality);
	lut_free(&g->voi);
	*g = lut_grey();
}

int
lut_grey_read(struct dcm *d, const struct pixels *p, uint32_t frame,
    struct lut_grey *out, struct err *e)
{
	lut_grey_free(out);
	if (guarded(e, [&] {
		return read_modality(d, p, frame, out, e) < 0 ||
		    read_voi(d, p, frame, out, e) < 0 ? -1 : 0;
	}) < 0) {
		lut_grey_free(out);
		return -1;
	}
	return 0;
}

bool
lut_padding(struct dcm *d, const struct pixels *p, int32_t *low, int32_t *high)
{
	double v[2];
	int i;

	if (!dcm_number(d, DCM_TAG(0x0028, 0x0120), 0, &v[0]))
		return false;
	if (!dcm_number(d, DCM_TAG(0x0028, 0x0121), 0, &v[1]))
		v[1] = v[0];
	for (i = 0; i < 2; i++) {
		if (!(v[i] >= -32768 && v[i] <= 65535))
			return false;
		/* US or SS, and implicit VR does not say which. */
		if (p->is_signed && v[i] > 32767)
			v[i] -= 65536;
	}
	*low = static_cast<int32_t>(v[0] < v[1] ? v[0] : v[1]);
	*high = static_cast<int32_t>(v[0] < v[1] ? v[1] : v[0]);
	return true;
}

/* -- palette -------------------------------------------------------------- */

/*
 * PS3.3 C.7.9.2: opcode, length, then: 0 discrete, that many entries; 1 linear,
 * that many steps to the one entry that follows; 2 indirect, that many segments
 * from the byte offset in the two words that follow, none of them indirect.
 */
struct segments {
	const std::vector<uint8_t> &b;
	struct lut *l;
	uint32_t filled;
};

static int
segment(struct segments *s, size_t *at, bool indirect, struct err *e)
{
	const std::vector<uint8_t> &b = s->b;
	uint32_t op, n, i, from, to;
	size_t words = b.size() / 2, target;

	if (*at + 2 > words)
		return err_set(e, "a palette's segment is cut");
	op = bytes_le16(&b[2 * *at]);
	n = bytes_le16(&b[2 * *at + 2]);
	*at += 2;
	if (op <= 1 && n > s->l->entries - s->filled)
		return err_set(e, "a palette's segments have too many entries");
	switch (op) {
	case 0:
		if (n > words - *at)
			return err_set(e, "a palette's segment is cut");
		for (i = 0; i < n; i++)
			s->l->data[s->filled++] = static_cast<uint16_t>(
			    bytes_le16(&b[2 * (*at)++]));
		return 0;
	case 1:
		if (*at + 1 > words || s->filled == 0)
			return err_set(e, "a palette's segment is cut");
		from = s->l->data[s->filled - 1];
		to = bytes_le16(&b[2 * (*at)++]);
		for (i = 1; i <= n; i++)
			s->l->data[s->filled++] = static_cast<uint16_t>(from +
			    (static_cast<double>(to) - from) * i / n + 0.5);
		return 0;
	case 2:
		if (!indirect || *at + 2 > words)
			return err_set(e, "a palette's segment is malformed");
		target = (bytes_le16(&b[2 * *at]) | static_cast<size_t>(
		    bytes_le16(&b[2 * *at + 2])) << 16) / 2;
		*at += 2;
		for (i = 0; i < n; i++)
			if (segment(s, &target, false, e) < 0)
				return -1;
		return 0;
	default:
		return err_set(e, "a palette's segment is of an unknown kind");
	}
}

static int
read_segments(struct dcm *d, DcmElement *el, struct lut *l, struct err *e)
{
	std::vector<uint8_t> b;
	struct segments s = { b, l, 0 };
	size_t at = 0;

	if (read_all(d, el, max_segments_bytes, b, e) < 0 || lut_room(l, e) < 0)
		return -1;
	if (l->bits <= 8)	/* PS3.3 leaves their packing open */
		return err_set(e, "a segmented palette of 8 bits is not supported");
	while (at < b.size() / 2 && s.filled < l->entries)
		if (segment(&s, &at, true, e) < 0)
			return -1;
	if (s.filled != l->entries)
		return err_set(e, "a palette's segments have too few entries");
	return 0;
}

static int
read_channel(struct dcm *d, const struct pixels *p, Uint16 element_offset,
    struct lut *l, struct err *e)
{
	DcmDataset *set = d->file.getDataset();
	DcmElement *el;

	if (read_descriptor(d, set, DcmTagKey(0x0028,
	    static_cast<Uint16>(0x1101 + element_offset)), p->is_signed, l, e) < 0)
		return -1;
	if ((el = element(set, DcmTagKey(0x0028,
	    static_cast<Uint16>(0x1201 + element_offset)))) != NULL)
		return read_entries(d, el, l, e);
	if ((el = element(set, DcmTagKey(0x0028,
	    static_cast<Uint16>(0x1221 + element_offset)))) != NULL)
		return read_segments(d, el, l, e);
	return err_set(e, "the palette has no data");
}

static bool
is_supplemental(struct dcm *d, const struct pixels *p)
{
	const char *s = dcm_string(d, DCM_TAG(0x0008, 0x9205), 0);

	return p->photometric == PHOTO_MONOCHROME2 && s != NULL &&
	    (strcmp(s, "COLOR") == 0 || strcmp(s, "MIXED") == 0) &&
	    dcm_has(d, DCM_TAG(0x0028, 0x1101));
}

static int
read_palette(struct dcm *d, const struct pixels *p, struct lut_palette *l,
    struct err *e)
{
	struct lut *c[3] = { &l->red, &l->green, &l->blue };
	uint32_t max = 0;
	Uint16 i;

	if (p->bits_stored > 16)
		return err_set(e, "a palette of %u bits is not supported",
		    p->bits_stored);
	for (i = 0; i < 3; i++) {
		if (read_channel(d, p, i, c[i], e) < 0)
			return -1;
		if (c[i]->entries != c[0]->entries || c[i]->first != c[0]->first)
			return err_set(e, "the palette's descriptors differ");
		if (largest(c[i]) > max)
			max = largest(c[i]);
	}
	/*
	 * Both lies are met: 16 bits that are 8, which would be all but black,
	 * and 8 bits that are 16.
	 */
	for (i = 0; i < 3; i++)
		c[i]->bits = max > 255 ? 16 : 8;
	return 1;
}

void
lut_palette_free(struct lut_palette *l)
{
	lut_free(&l->red);
	lut_free(&l->green);
	lut_free(&l->blue);
	l->supplemental = false;
}

int
lut_palette_read(struct dcm *d, const struct pixels *p, struct lut_palette *out,
    struct err *e)
{
	int got;

	lut_palette_free(out);
	got = guarded(e, [&] {
		out->supplemental = is_supplemental(d, p);
		if (p->photometric != PHOTO_PALETTE && !out->supplemental)
			return 0;
		return read_palette(d, p, out, e);
	});
	if (got <= 0)
		lut_palette_free(out);
	return got;
}
