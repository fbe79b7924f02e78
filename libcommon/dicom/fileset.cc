/* fileset: the directory of a DICOM File-set, by DCMTK; see fileset.h. */
#include "dicom/fileset.h"

#include <memory>
#include <set>
#include <string>

#include <dcmtk/dcmdata/dcddirif.h>

#include "dicom/dcm_internal.hh"

struct fileset {
	DicomDirInterface directory;
	std::string root, path;
	std::set<std::string> instances;
};

/* All of a file that stands before its pixels. */
static bool
read_header(DcmFileFormat &file, const std::string &path)
{
	return file.loadFileUntilTag(path.c_str(), EXS_Unknown, EGL_noChange,
	    DCM_MaxReadLength, ERM_autoDetect, DCM_PixelData).good();
}

int
fileset_open(const char *root, const char *path, const char *id,
    struct fileset **out, struct err *e)
{
	return guarded(e, [&] {
		auto f = std::make_unique<fileset>();
		DicomDirInterface &d = f->directory;

		dcm_library_start();
		f->root = root;
		f->path = path;
		/* Which syntaxes a medium may have is its maker's affair. */
		d.disableTransferSyntaxCheck();
		d.disableEncodingCheck();
		d.disableResolutionCheck();
		d.enableRetiredSOPClassSupport();
		d.disableBackupMode();
		d.enableInventMode();
		if (d.createNewDicomDir(DicomDirInterface::AP_GeneralPurpose, path,
		    id).bad())
			return err_set(e, "a DICOMDIR cannot be begun");
		*out = f.release();
		return 0;
	});
}

void
fileset_close(struct fileset *f)
{
	delete f;
}

int
fileset_add(struct fileset *f, const char *name, struct err *e)
{
	return guarded(e, [&] {
		DcmFileFormat file;
		OFString uid;

		if (!read_header(file, f->root + "/" + name) ||
		    file.getDataset()->findAndGetOFString(DCM_SOPInstanceUID, uid).bad())
			return err_set(e, "is no DICOM file, or not a whole one");
		/* DCMTK would keep the first one, and say nothing. */
		if (f->instances.count(uid.c_str()) > 0)
			return err_set(e, "has the SOP Instance UID of an earlier file");
		if (f->directory.addDicomFile(name, f->root.c_str()).bad())
			return err_set(e, "lacks what its record in a DICOMDIR demands: "
			    "PS3.3 F.5");
		f->instances.insert(uid.c_str());
		return 0;
	});
}

/* The first file below RECORD, or its own: its path, or "". */
static std::string
file_of(const fileset &f, DcmDirectoryRecord &record)
{
	std::string path = f.root;
	OFString part;
	unsigned long i;

	if (record.cardSub() > 0)
		return file_of(f, *record.getSub(0));
	for (i = 0; record.findAndGetOFString(DCM_ReferencedFileID, part, i).good() &&
	    !part.empty(); i++)
		path += "/" + std::string(part.c_str(), part.length());
	return i > 0 ? path : "";
}

/*
 * What DCMTK put where a file has no date is that of today: a dummy is the same
 * every day, and cannot be mistaken for the study's. Those of dcm-scrub.
 */
static int
undo_today(const fileset &f, DcmDirectoryRecord &record, struct err *e)
{
	std::string path = file_of(f, record);
	DcmFileFormat file;
	DcmElement *el;
	OFString was;

	if (!path.empty() && !read_header(file, path))
		return err_set(e, "a file of the File-set cannot be read again");
	for (unsigned long i = 0; !path.empty() && i < record.card(); i++) {
		el = record.getElement(i);
		if ((el->ident() != EVR_DA && el->ident() != EVR_TM) ||
		    (file.getDataset()->findAndGetOFString(el->getTag(), was).good() &&
		    !was.empty()))
			continue;
		if (el->putString(el->ident() == EVR_DA ? "19000101" : "000000").bad())
			return err_set(e, "out of memory");
	}
	for (unsigned long i = 0; i < record.cardSub(); i++)
		if (undo_today(f, *record.getSub(i), e) < 0)
			return -1;
	return 0;
}

int
fileset_write(struct fileset *f, const char *uid, struct err *e)
{
	return guarded(e, [&] {
		if (f->directory.writeDicomDir(EET_ExplicitLength, EGL_withoutGL).bad())
			return err_set(e, "the DICOMDIR cannot be written");

		DcmDicomDir again(f->path.c_str());
		if (again.error().bad())
			return err_set(e, "the DICOMDIR cannot be read back");
		if (undo_today(*f, again.getRootRecord(), e) < 0)
			return -1;
		/* DCMTK's UID tells of the machine and of the time. */
		DcmMetaInfo *meta = again.getDirFileFormat().getMetaInfo();
		if (meta->putAndInsertString(DCM_MediaStorageSOPInstanceUID, uid).bad() ||
		    again.write(EXS_LittleEndianExplicit, EET_ExplicitLength,
		    EGL_withoutGL).bad())
			return err_set(e, "the DICOMDIR cannot be written");
		return 0;
	});
}
