/* dcm_internal.hh - what the .cc files of this room share; no C includes it */
#ifndef UNPHI_DICOM_DCM_INTERNAL_HH
#define UNPHI_DICOM_DCM_INTERNAL_HH

#include <string>
#include <vector>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>
#include <dcmtk/dcmdata/dcfcache.h>

#include "base/buf.h"
#include "base/err.h"
#include "dicom/dcm.h"
#include "dicom/scan.h"
#include "dicom/video.h"

struct dcm {
	DcmFileFormat file;
	struct scan *scan = NULL;	/* of the same bytes */
	std::string path;	/* of the bytes */
	int spool = -1;		/* path is of this temporary */
	std::string syntax;
	OFString value;		/* what dcm_string lent last */
	DcmFileCache cache;	/* keeps the file open between frames */
	/* Of pixels.cc, between its calls: */
	std::vector<size_t> first;	/* frame k's fragments: first[k-1] to first[k] */
	struct buf code = {};	/* of one frame */
	struct video *video = NULL;	/* decoded as far as the last frame asked for */
	/* Closes it. So programs that decode nothing do not load FFmpeg. */
	void (*video_close)(struct video *) = NULL;
};

/* Every exported function that can fail is one call of this. */
template <class F> static int
guarded(struct err *e, F body) noexcept
{
	try {
		return body();
	} catch (...) {	/* what() may quote the data, so it is not shown */
		return err_set(e, "internal error in the DICOM library");
	}
}

/* Silences DCMTK's logger, registers its codecs, once; see dcm.cc. */
void dcm_library_start();

/* Adds what DCMTK's dictionary lacks; called by dcm_library_start alone. */
void dcm_dictionary_start();

#endif
