/*
 * dictionary_dcmtk: the elements that DCMTK's own dictionary lacks, so that a value
 * in implicit VR or of VR UN is known for what it is. A sequence that nobody
 * recognizes as one would keep what is in it.
 */
#include "dicom/dcm_internal.hh"
#include "dicom/dictionary.h"

void
dcm_dictionary_start()
{
	DcmDataDictionary &d = dcmDataDict.wrlock();

	for (auto *el = dictionary_next(NULL); el != NULL; el = dictionary_next(el)) {
		DcmTagKey key(static_cast<Uint16>(el->tag >> 16),
		    static_cast<Uint16>(el->tag & 0xffff));
		if (el->vr[0] != '\0' && d.findEntry(key, NULL) == NULL)
			d.addEntry(new DcmDictEntry(key.getGroup(), key.getElement(),
			    DcmVR(el->vr), el->keyword, 1, DcmVariableVM, "DICOM",
			    OFFalse, NULL));
	}
	dcmDataDict.wrunlock();
}
