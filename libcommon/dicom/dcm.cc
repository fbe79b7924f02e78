/* dcm: a DICOM file through DCMTK; see dcm.h. */
#include "dicom/dcm_internal.hh"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <mutex>

#include <unistd.h>

#include <dcmtk/dcmdata/dcistrmf.h>
#include <dcmtk/oflog/oflog.h>

#include "base/temp.h"

/*
 * Values above this stay on disk until asked for. It is low because it holds
 * for fragments of pixel data too: 10,000 small frames must not fill memory.
 */
static const Uint32 in_memory_max = 4096;

void
dcm_library_start()
{
	static std::once_flag once;

	std::call_once(once, [] {
		/* Its messages may quote values. */
		OFLog::configure(OFLogger::OFF_LOG_LEVEL);
		dcmEnableGenerationOfNewVRs();
		dcm_dictionary_start();
		/* What a gateway made UN is read as what it is. */
		dcmEnableUnknownVRConversion.set(OFTrue);
	});
}

/*
 * Loads a file whose meta header names a syntax that DCMTK does not know. It
 * takes those for explicit little endian, which they are (PS3.5 Annex A), but
 * then stumbles over encapsulated pixel data; so it is told one that it knows.
 */
static OFCondition
load_unknown(struct dcm *d)
{
	DcmInputFileStream in(d->path.c_str());
	DcmMetaInfo *meta;
	DcmDataset *set;
	OFCondition c;

	d->file.clear();
	meta = d->file.getMetaInfo();
	set = d->file.getDataset();
	if ((c = in.status()).bad())
		return c;
	meta->transferInit();
	c = meta->read(in, EXS_Unknown, EGL_noChange, in_memory_max);
	meta->transferEnd();
	if (c.bad())
		return c;
	set->transferInit();
	c = set->read(in, EXS_JPEG2000, EGL_noChange, in_memory_max);
	set->transferEnd();
	return c;
}

static OFCondition
load(struct dcm *d)
{
	OFString uid;
	OFCondition c;

	c = d->file.loadFile(d->path.c_str(), EXS_Unknown, EGL_noChange,
	    in_memory_max, ERM_autoDetect);
	d->file.getMetaInfo()->findAndGetOFString(DCM_TransferSyntaxUID, uid);
	if (!uid.empty() && DcmXfer(uid.c_str()).getXfer() == EXS_Unknown) {
		c = load_unknown(d);
		d->syntax = uid.c_str();
	} else if (c.good())
		d->syntax = DcmXfer(d->file.getDataset()->getOriginalXfer())
		    .getXferID();
	return c;
}

int
dcm_open(const char *path, struct dcm **out, struct err *e)
{
	return guarded(e, [&] {
		auto d = std::unique_ptr<struct dcm, void (*)(struct dcm *)>(
		    new struct dcm, dcm_close);

		dcm_library_start();
		d->path = path;
		if (strcmp(path, "-") == 0) {
			if ((d->spool = temp_spool(stdin, e)) < 0)
				return -1;
			d->path = "/dev/fd/" + std::to_string(d->spool);
		}
		switch (dcm_probe(d->path.c_str(), e)) {
		case -1:
			return -1;
		case 0:
			return err_set(e, "not a DICOM file");
		}
		/* DCMTK recurses, and takes some cut files for whole ones. */
		if (scan_open(d->path.c_str(), &d->scan, e) < 0)
			return -1;
		OFCondition c = load(d.get());
		if (c.bad())	/* its text names tags and offsets, no values */
			return err_set(e, "cannot be parsed: %s", c.text());
		DcmDataset *set = d->file.getDataset();
		if (set->card() == 0)
			return err_set(e, "holds no data set");
		*out = d.release();
		return 0;
	});
}

void
dcm_close(struct dcm *d)
{
	if (d == NULL)
		return;
	if (d->spool >= 0)
		close(d->spool);
	if (d->video != NULL)
		d->video_close(d->video);
	scan_close(d->scan);
	buf_free(&d->code);
	delete d;
}

const char *
dcm_path(const struct dcm *d)
{
	return d->path.c_str();
}

const struct scan *
dcm_scan(const struct dcm *d)
{
	return d->scan;
}

const char *
dcm_syntax(const struct dcm *d)
{
	return d->syntax.c_str();
}

/* PS3.6 Annex A: those that this DCMTK has no name for. */
static const struct {
	const char *uid, *name;
} syntax_names[] = {
	{ "1.2.840.10008.1.2.1.98", "Encapsulated Uncompressed Explicit VR Little Endian" },
	{ "1.2.840.10008.1.2.4.100.1", "Fragmentable MPEG2 Main Profile / Main Level" },
	{ "1.2.840.10008.1.2.4.101.1", "Fragmentable MPEG2 Main Profile / High Level" },
	{ "1.2.840.10008.1.2.4.102.1", "Fragmentable MPEG-4 High Profile / Level 4.1" },
	{ "1.2.840.10008.1.2.4.103.1", "Fragmentable MPEG-4 BD-compatible High Profile / Level 4.1" },
	{ "1.2.840.10008.1.2.4.104.1", "Fragmentable MPEG-4 High Profile / Level 4.2 For 2D Video" },
	{ "1.2.840.10008.1.2.4.105.1", "Fragmentable MPEG-4 High Profile / Level 4.2 For 3D Video" },
	{ "1.2.840.10008.1.2.4.106.1", "Fragmentable MPEG-4 Stereo High Profile / Level 4.2" },
	{ "1.2.840.10008.1.2.4.110", "JPEG XL Lossless" },
	{ "1.2.840.10008.1.2.4.111", "JPEG XL JPEG Recompression" },
	{ "1.2.840.10008.1.2.4.112", "JPEG XL" },
	{ "1.2.840.10008.1.2.4.201", "High-Throughput JPEG 2000 (Lossless Only)" },
	{ "1.2.840.10008.1.2.4.202", "High-Throughput JPEG 2000 with RPCL Options (Lossless Only)" },
	{ "1.2.840.10008.1.2.4.203", "High-Throughput JPEG 2000" },
	{ "1.2.840.10008.1.2.4.204", "JPIP HTJ2K Referenced" },
	{ "1.2.840.10008.1.2.4.205", "JPIP HTJ2K Referenced Deflate" },
	{ "1.2.840.10008.1.2.7.1", "SMPTE ST 2110-20 Uncompressed Progressive Active Video" },
	{ "1.2.840.10008.1.2.7.2", "SMPTE ST 2110-20 Uncompressed Interlaced Active Video" },
	{ "1.2.840.10008.1.2.7.3", "SMPTE ST 2110-30 PCM Digital Audio" },
	{ "1.2.840.10008.1.2.8.1", "Deflated Image Frame Compression" },
};

const char *
dcm_syntax_name(struct dcm *d)
{
	for (const auto &s : syntax_names)
		if (d->syntax == s.uid)
			return s.name;
	DcmXfer x(d->syntax.c_str());
	return x.getXfer() == EXS_Unknown ? "that is not of the standard" :
	    x.getXferName();
}

static DcmTagKey
key_of(uint32_t tag)
{
	return DcmTagKey(static_cast<Uint16>(tag >> 16),
	    static_cast<Uint16>(tag & 0xffff));
}

static bool
get_string(struct dcm *d, uint32_t tag, uint32_t value)
{
	DcmElement *el = NULL;

	if (d->file.getDataset()->findAndGetElement(key_of(tag), el).bad() ||
	    el == NULL || el->isNested() ||
	    el->getOFString(d->value, value, OFTrue).bad())
		return false;
	while (!d->value.empty() && (d->value.back() == ' ' || d->value.back() == '\0'))
		d->value.erase(d->value.size() - 1);
	return !d->value.empty();
}

const char *
dcm_string(struct dcm *d, uint32_t tag, uint32_t value)
{
	const char *s = NULL;

	guarded(NULL, [&] {
		if (get_string(d, tag, value))
			s = d->value.c_str();
		return 0;
	});
	return s;
}

bool
dcm_number(struct dcm *d, uint32_t tag, uint32_t value, double *out)
{
	return guarded(NULL, [&] {
		char *end;

		if (!get_string(d, tag, value))
			return -1;
		double v = strtod(d->value.c_str(), &end);
		while (*end == ' ')
			end++;
		if (*end != '\0' || end == d->value.c_str() || !(v - v == 0))
			return -1;
		*out = v;
		return 0;
	}) == 0;
}

bool
dcm_has(struct dcm *d, uint32_t tag)
{
	return guarded(NULL, [&] {
		return d->file.getDataset()->tagExists(key_of(tag)) ? 0 : -1;
	}) == 0;
}

enum dcm_pixels
dcm_pixels(struct dcm *d)
{
	if (dcm_has(d, DCM_TAG(0x7fe0, 0x0010)))
		return DCM_PIXELS_INT;
	if (dcm_has(d, DCM_TAG(0x7fe0, 0x0008)) ||
	    dcm_has(d, DCM_TAG(0x7fe0, 0x0009)))
		return DCM_PIXELS_FLOAT;
	return DCM_PIXELS_NONE;
}
