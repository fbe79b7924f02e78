/*
 * dictionary: the elements that DCMTK's own dictionary lacks, so that a value
 * in implicit VR or of VR UN is known for what it is. A sequence that nobody
 * recognizes as one would keep what is in it.
 */
#include "dicom/dcm_internal.hh"

namespace {

struct element {
	Uint16 group, number;
	DcmEVR vr;
	const char *keyword;
};

#include "dicom/dictionary.inc"

} // namespace

void
dcm_dictionary_start()
{
	DcmDataDictionary &d = dcmDataDict.wrlock();

	for (const auto &el : elements)
		if (d.findEntry(DcmTagKey(el.group, el.number), NULL) == NULL)
			d.addEntry(new DcmDictEntry(el.group, el.number,
			    DcmVR(el.vr), el.keyword, 1, DcmVariableVM, "DICOM",
			    OFFalse, NULL));
	dcmDataDict.wrunlock();
}
