/* edit: change the elements of a data set, and write it; see edit.h. */
#include "dicom/edit.h"
#include "dicom/dcm_internal.hh"

#include <cerrno>
#include <cstring>
#include <new>
#include <vector>

#include <unistd.h>

#include <dcmtk/dcmdata/dcostrmf.h>
#include <dcmtk/dcmdata/dcwcache.h>

#include "base/version.h"

namespace {

struct walk {
	edit_visitor *visit;
	void *arg;
	struct err *e;
	std::vector<uint32_t> path;
	struct buf value;

	~walk() { buf_free(&value); }

	int item(DcmItem *set, int mark);
	int sequence(DcmSequenceOfItems *seq, int mark);
	enum edit_verdict ask(DcmElement *el, int mark, int *inner, int *status);
};

uint32_t
tag_of(const DcmObject *o)
{
	return DCM_TAG(o->getGTag(), o->getETag());
}

bool
is_text(DcmEVR vr)
{
	switch (vr) {
	case EVR_AE: case EVR_AS: case EVR_CS: case EVR_DA: case EVR_DS:
	case EVR_DT: case EVR_IS: case EVR_LO: case EVR_LT: case EVR_PN:
	case EVR_SH: case EVR_ST: case EVR_TM: case EVR_UC: case EVR_UI:
	case EVR_UR: case EVR_UT:
		return true;
	default:
		return false;
	}
}

bool
in_dictionary(const DcmTagKey &tag)
{
	bool found = dcmDataDict.rdlock().findEntry(tag, NULL) != NULL;

	dcmDataDict.rdunlock();
	return found;
}

enum edit_verdict
walk::ask(DcmElement *el, int mark, int *inner, int *status)
{
	struct edit_element out = {};
	enum edit_verdict verdict = EDIT_REMOVE;
	char *text = NULL;

	out.tag = tag_of(el);
	DcmVR vr(el->ident());
	/* Sequences of pixel fragments and the like have names of DCMTK's own. */
	memcpy(out.vr, DcmVR(vr.getValidEVR()).getVRName(), 2);
	out.is_private = el->getGTag() & 1;
	out.known = !out.is_private && in_dictionary(el->getTag());
	out.is_sequence = el->ident() == EVR_SQ;
	out.length = out.is_sequence ? 0 : el->getLengthField();
	out.path = path.data();
	out.depth = path.size();
	out.mark = mark;
	if (is_text(el->ident()) && el->getLengthField() > 0) {
		Uint32 len = 0;
		if (el->getString(text, len).bad()) {
			*status = err_set(e, "a value of (%04x,%04x) cannot be read",
			    el->getGTag(), el->getETag());
			return verdict;
		}
		out.text = text != NULL ? text : "";
		out.text_len = text != NULL ? len : 0;
	}
	buf_clear(&value);
	*inner = mark;
	*status = visit(&out, arg, &verdict, inner, &value, e);
	return verdict;
}

/*
 * As many zeros as there were values, for a VM of 2-n must stay one, in the form
 * that putString reads; of bytes and words, whose number says nothing, the
 * fewest that are not none.
 */
void
zeros(DcmElement *el, struct buf &out)
{
	const char *zero = "0";
	unsigned long n = 1;

	switch (DcmVR(el->ident()).getValidEVR()) {
	case EVR_OB:
	case EVR_UN:
		zero = "00\\00";
		break;
	case EVR_OW:
		zero = "0000";
		break;
	case EVR_AT:
		zero = "(0000,0000)";
		n = el->getVM();
		break;
	case EVR_OD: case EVR_OF: case EVR_OL: case EVR_OV:
		break;
	default:
		n = el->getVM();
	}
	buf_clear(&out);
	for (unsigned long i = 0; i < (n > 0 ? n : 1); i++)
		if ((i > 0 && buf_add(&out, "\\", 1, NULL) < 0) ||
		    buf_add(&out, zero, strlen(zero), NULL) < 0)
			throw std::bad_alloc();
}

int
walk::sequence(DcmSequenceOfItems *seq, int mark)
{
	int got = 0;

	if (path.size() >= EDIT_DEPTH_MAX)
		return err_set(e, "sequences are nested more than %d deep",
		    EDIT_DEPTH_MAX);
	path.push_back(tag_of(seq));
	for (unsigned long i = 0; got == 0 && i < seq->card(); i++)
		got = item(seq->getItem(i), mark);
	path.pop_back();
	return got;
}

int
walk::item(DcmItem *set, int mark)
{
	/* In two steps: what is removed must not disturb the order of the walk. */
	std::vector<DcmElement *> all;

	for (DcmObject *o = set->nextInContainer(NULL); o != NULL;
	    o = set->nextInContainer(o))
		all.push_back(static_cast<DcmElement *>(o));
	for (DcmElement *el : all) {
		int status = 0, inner = mark;
		enum edit_verdict v = ask(el, mark, &inner, &status);

		if (status < 0)
			return -1;
		auto *seq = el->ident() == EVR_SQ ?
		    static_cast<DcmSequenceOfItems *>(el) : NULL;
		switch (v) {
		case EDIT_KEEP:
			if (seq != NULL && sequence(seq, inner) < 0)
				return -1;
			break;
		case EDIT_REMOVE:
			delete set->remove(el);
			break;
		case EDIT_EMPTY:
			el->clear();
			break;
		case EDIT_FIRST_ITEM:
			if (seq == NULL)
				return err_set(e, "(%04x,%04x) is not a sequence",
				    el->getGTag(), el->getETag());
			while (seq->card() > 1)
				delete seq->remove(seq->card() - 1);
			if (seq->card() == 0 && seq->append(new DcmItem).bad())
				return err_set(e, "out of memory");
			if (sequence(seq, inner) < 0)
				return -1;
			break;
		case EDIT_ZERO:
			zeros(el, value);
			/* FALLTHROUGH */
		case EDIT_REPLACE:
			if (el->putString(value.data != NULL ? value.data : "").bad())
				return err_set(e, "(%04x,%04x) cannot be replaced",
				    el->getGTag(), el->getETag());
			break;
		}
	}
	return 0;
}

DcmTag
tag_from(uint32_t tag)
{
	return DcmTag(static_cast<Uint16>(tag >> 16),
	    static_cast<Uint16>(tag & 0xffff));
}

/* The file meta group that PS3.10 7.1 demands. */
OFCondition
fill_meta(DcmMetaInfo *meta, DcmDataset *set, const char *syntax)
{
	OFString class_uid, instance_uid;
	OFCondition c;

	set->findAndGetOFString(DCM_SOPClassUID, class_uid);
	set->findAndGetOFString(DCM_SOPInstanceUID, instance_uid);
	const struct {
		DcmTagKey tag;
		const char *value;
	} elements[] = {
		{ DCM_MediaStorageSOPClassUID, class_uid.c_str() },
		{ DCM_MediaStorageSOPInstanceUID, instance_uid.c_str() },
		{ DCM_TransferSyntaxUID, syntax },
		{ DCM_ImplementationClassUID, UNPHI_CLASS_UID },
		{ DCM_ImplementationVersionName, UNPHI_CLASS_NAME },
	};
	for (const auto &el : elements)
		if ((c = meta->putAndInsertString(el.tag, el.value)).bad())
			return c;
	if ((c = meta->putAndInsertUint8Array(DCM_FileMetaInformationVersion,
	    reinterpret_cast<const Uint8 *>("\0\1"), 2)).bad())
		return c;
	if ((c = meta->putAndInsertUint32(DCM_FileMetaInformationGroupLength,
	    0)).bad())
		return c;
	return meta->computeGroupLengthAndPadding(EGL_recalcGL, EPD_noChange,
	    META_HEADER_DEFAULT_TRANSFERSYNTAX, EET_UndefinedLength);
}

} // namespace

int
edit_walk(struct dcm *d, edit_visitor *visit, void *arg, struct err *e)
{
	return guarded(e, [&] {
		walk w{ visit, arg, e, {}, {} };

		return w.item(d->file.getDataset(), 0);
	});
}

int
edit_set(struct dcm *d, uint32_t tag, const char *values, struct err *e)
{
	return guarded(e, [&] {
		if (d->file.getDataset()->putAndInsertString(tag_from(tag),
		    values).bad())
			return err_set(e, "(%04x,%04x) cannot be set", tag >> 16,
			    tag & 0xffff);
		return 0;
	});
}

int
edit_add_code(struct dcm *d, uint32_t tag, const char *value,
    const char *scheme, const char *meaning, struct err *e)
{
	return guarded(e, [&] {
		DcmDataset *set = d->file.getDataset();
		DcmSequenceOfItems *seq = NULL;
		DcmItem *item = NULL;

		if (set->findAndGetSequence(tag_from(tag), seq).good() &&
		    seq != NULL)
			for (unsigned long i = 0; i < seq->card(); i++) {
				OFString v, s;
				seq->getItem(i)->findAndGetOFString(DCM_CodeValue, v);
				seq->getItem(i)->findAndGetOFString(
				    DCM_CodingSchemeDesignator, s);
				if (v == value && s == scheme)
					return 0;
			}
		if (set->findOrCreateSequenceItem(tag_from(tag), item, -2).bad() ||
		    item->putAndInsertString(DCM_CodeValue, value).bad() ||
		    item->putAndInsertString(DCM_CodingSchemeDesignator,
		    scheme).bad() ||
		    item->putAndInsertString(DCM_CodeMeaning, meaning).bad())
			return err_set(e, "(%04x,%04x) cannot be set", tag >> 16,
			    tag & 0xffff);
		return 0;
	});
}

int
edit_write(struct dcm *d, FILE *out, struct err *e)
{
	return guarded(e, [&] {
		E_TransferSyntax xfer = d->file.getDataset()->getOriginalXfer();
		DcmWriteCache cache;
		OFCondition c;
		FILE *f;
		int fd;

		/* A new file around the data set has no old preamble or meta. */
		DcmFileFormat fresh(d->file.getAndRemoveDataset(), OFFalse);
		if ((c = fill_meta(fresh.getMetaInfo(), fresh.getDataset(),
		    d->syntax.c_str())).bad())
			return err_set(e, "file meta: %s", c.text());
		/* The stream closes what it is given. */
		if (fflush(out) != 0 || (fd = dup(fileno(out))) < 0)
			return err_set(e, "write: %s", strerror(errno));
		if ((f = fdopen(fd, "wb")) == NULL) {
			close(fd);
			return err_set(e, "write: %s", strerror(errno));
		}
		DcmOutputFileStream stream(f);
		fresh.transferInit();
		c = fresh.write(stream, xfer, EET_ExplicitLength, &cache,
		    EGL_withoutGL, EPD_withoutPadding, 0, 0, 0, EWM_dontUpdateMeta);
		fresh.transferEnd();
		if (c.good())
			stream.flush();
		if (c.bad() || stream.status().bad())
			return err_set(e, "write: %s", c.bad() ? c.text() :
			    stream.status().text());
		if (fseek(out, 0, SEEK_END) != 0)
			return err_set(e, "write: %s", strerror(errno));
		return 0;
	});
}
