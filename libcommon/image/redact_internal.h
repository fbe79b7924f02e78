/* redact_internal.h - what the files of redact share; nobody else includes it */
#ifndef UNPHI_IMAGE_REDACT_INTERNAL_H
#define UNPHI_IMAGE_REDACT_INTERNAL_H

#include "base/buf.h"
#include "dicom/comments.h"
#include "dicom/scan.h"
#include "dicom/splice.h"
#include "image/redact.h"
#include "image/spare.h"

#define PIXEL_DATA 0x7fe00010u
#define EXTENDED_OFFSETS 0x7fe00001u
#define EXTENDED_LENGTHS 0x7fe00002u

#define SEAL_BYTES 32		/* BLAKE2b */

/* How Pixel Data is written. */
enum how {
	NATIVE,		/* the file's bytes, those of the boxes overwritten */
	AS_IT_IS,	/* encapsulated, nothing to fill */
	CODED,		/* encapsulated: frames coded again */
	ANEW,		/* native, of another size */
	VIDEO		/* a video, by a lossy coder once more */
};

/* Bytes of the input that are zeros in the output, of frames that are copied. */
struct blanks {
	struct { uint64_t offset, n; } *list;	/* in their order */
	size_t n, cap;
};

struct job {
	struct dcm *d;
	const struct scan *s;
	const struct scan_element *el;	/* Pixel Data */
	const struct pixels *p;		/* of the input */
	struct pixels q;		/* of the output */
	const struct redact *r;
	struct redact_report *report;
	struct fill *fill;		/* NULL where something is drawn */
	struct splice *sp;
	enum how how;
	bool all;		/* CODED: every frame, for the syntax changes */
	bool blocks;		/* CODED: of JPEG, only blocks that touch boxes */
	struct spare spare;
	uint64_t spare_words;	/* that held something there */
	/* Bytes of comments in Pixel Data, by what became of them. */
	uint64_t kept, zeroed, removed;
	struct blanks blanks;
	uint8_t *frame, *other;	/* room for a frame each */
	struct rects boxes;	/* of the frame at hand */
	struct buf like;	/* CODED of a video: what its frames are like */
	/* Of each frame: is it other than the input's? */
	uint8_t *touched;
	/* CODED, not blocks: what those frames have to decode to. */
	uint8_t (*seals)[SEAL_BYTES];
};

/* What is filled on FRAME, into j->boxes: within the image, edges right. */
int redact_boxes(struct job *j, uint32_t frame, struct err *e);

/* Adds what became of something in Pixel Data to the report, unless N is 0. */
int redact_note(struct job *j, const char *carrier, const char *action,
    const char *unit, uint64_t n, struct err *e);

/* Does what goes into boxes look at the frame? Is it one value for each box? */
bool redact_needs_frame(const struct job *j);
bool redact_is_flat(const struct job *j);

/* Makes PIXELS, FRAME of the input, what the output has to have, with BOXES. */
int redact_apply(const struct job *j, uint32_t frame, const struct rects *boxes,
    uint8_t *pixels, struct err *e);

/* The same in j->frame for FRAME and j->boxes. */
int redact_frame(struct job *j, uint32_t frame, struct err *e);

/* Every attribute that describes Pixel Data, as j->q says, in UID's syntax. */
int redact_describe(struct job *j, const char *uid, struct err *e);

/* How the video is written, by j->r->video: sets j->how and what goes with it. */
int redact_choose_video(struct job *j, struct err *e);

/*
 * Makes the comments C of FRAME zeros in the output, where what the input has at
 * FROM lies at TO. Frames come in their order.
 */
int redact_blank(struct job *j, uint32_t frame, const struct comments *c,
    uint64_t from, uint64_t to, struct err *e);

/* Makes N bytes of the input, those from AT on, what they became by that. */
void redact_blanked(const struct job *j, uint64_t at, uint8_t *bytes, size_t n);

/* Writes the file by splice from byte 0 of FD on. */
int redact_write_as_it_is(struct job *j, int fd, struct err *e);
int redact_write_native(struct job *j, int fd, struct err *e);
int redact_write_coded(struct job *j, int fd, struct err *e);
int redact_write_anew(struct job *j, int fd, struct err *e);
int redact_write_video(struct job *j, int fd, struct err *e);

/* Is the video OUT black where it has to be? 0, or -1 with E filled. */
int redact_compare_video(struct job *j, struct dcm *out, const struct pixels *q,
    struct err *e);

/* Reads what was written at PATH and compares it with what had to be. */
int redact_read_back(struct job *j, const char *path, struct err *e);

#endif
