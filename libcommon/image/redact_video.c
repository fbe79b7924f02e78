/* redact: video, which has no code for each frame; see redact.h. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/temp.h"
#include "dicom/encode.h"
#include "dicom/video.h"
#include "image/redact_internal.h"

#define UNDEFINED 0xffffffffu

#define RATIO DCM_TAG(0x0028, 0x2112)
#define METHOD DCM_TAG(0x0028, 0x2114)
#define VALUES_MAX 1024		/* bytes of an attribute that gets one more */

/* -- which way ------------------------------------------------------------- */

static int
keep_bytes(struct job *j)
{
	j->how = AS_IT_IS;
	strcpy(j->report->syntax_out, j->report->syntax_in);
	return 0;
}

static int
to_frames(struct job *j, struct err *e)
{
	j->how = CODED;
	j->all = true;
	if (encode_jpeg_ls(&j->q, &j->like, e) < 0)
		return -1;
	snprintf(j->report->syntax_out, sizeof j->report->syntax_out, "%s",
	    j->q.syntax);
	return redact_describe(j, j->q.syntax, e);
}

static int
to_video(struct job *j, struct err *e)
{
	if (j->r->crop != NULL)
		return err_set(e, "a video is cropped only as frames");
	if (j->r->fill.mode != FILL_BLACK)
		return err_set(e, "a video that stays one is filled with black only");
	j->how = VIDEO;
	strcpy(j->report->syntax_out, j->report->syntax_in);
	if (splice_remove(j->sp, EXTENDED_OFFSETS, e) < 0)
		return -1;
	return splice_remove(j->sp, EXTENDED_LENGTHS, e);
}

/*
 * The bytes of a video that stays as it is are given away with all that they
 * hold: every frame must decode, there must be no more of them than the header
 * says, and no track that no record can be about.
 */
int
redact_choose_video(struct job *j, struct err *e)
{
	const struct video *v = pixels_video(j->d);
	bool sound, data;

	if (pixels_frame(j->d, j->p, j->p->frames, NULL, e) < 0)
		return -1;
	sound = video_has_sound(v);
	data = video_has_data(v);
	if (j->report->changed == 0 && !sound && !data)
		return keep_bytes(j);
	if (redact_note(j, "sound", "removed", "tracks", sound, e) < 0 ||
	    redact_note(j, "text or data", "removed", "tracks", data, e) < 0)
		return -1;
	switch (j->r->video) {
	case REDACT_VIDEO_FRAMES:
		return to_frames(j, e);
	case REDACT_VIDEO_LOSSY:
		return to_video(j, e);
	case REDACT_VIDEO_REFUSE:
		break;
	}
	return err_set(e, "a video with %s is written only by --video frames or "
	    "--allow-lossy-video", j->report->changed > 0 ? "boxes" :
	    sound ? "a sound track, which nobody has examined," :
	    "a track of text or data, which nobody has examined,");
}

/* -- coded again ----------------------------------------------------------- */

static int
paint(void *arg, uint32_t frame, struct AVFrame *picture, struct err *e)
{
	struct job *j = arg;
	const struct rect *r;
	size_t i;

	if (redact_boxes(j, frame, e) < 0)
		return -1;
	for (i = 0; i < j->boxes.n; i++) {
		r = &j->boxes.r[i];
		video_black(picture, r->x, r->y, r->w, r->h);
	}
	return 0;
}

/* One more value of TAG, after those that are there: PS3.3 C.7.6.1.1.5. */
static int
append(struct job *j, uint32_t tag, const char vr[2], const char *value,
    struct err *e)
{
	char text[VALUES_MAX];
	const char *old;
	size_t n = 0, len;
	uint32_t i;

	for (i = 0; (old = dcm_string(j->d, tag, i)) != NULL; i++) {
		len = strlen(old);
		if (len + 1 >= sizeof text - n)
			return err_set(e, "(%04x,%04x) is too long", tag >> 16,
			    tag & 0xffff);
		memcpy(text + n, old, len);
		n += len;
		text[n++] = '\\';
	}
	if ((size_t)snprintf(text + n, sizeof text - n, "%s", value) >=
	    sizeof text - n)
		return err_set(e, "(%04x,%04x) is too long", tag >> 16, tag & 0xffff);
	return splice_text(j->sp, tag, vr, text, e);
}

static int
describe_loss(struct job *j, uint64_t bytes, struct err *e)
{
	const struct pixels *p = j->p;
	char ratio[24];

	snprintf(ratio, sizeof ratio, "%.2f",
	    (double)p->frame_bytes * p->frames / (double)bytes);
	if (splice_text(j->sp, DCM_TAG(0x0028, 0x2110), "CS", "01", e) < 0 ||
	    append(j, RATIO, "DS", ratio, e) < 0)
		return -1;
	return append(j, METHOD, "CS", video_method(pixels_video(j->d)), e);
}

static int
put_stream(struct splice *sp, int from, uint64_t bytes, struct err *e)
{
	uint8_t block[65536];
	uint64_t at;
	ssize_t n;

	for (at = 0; at < bytes; at += (uint64_t)n) {
		n = pread(from, block, sizeof block, (off_t)at);
		if (n <= 0)
			return err_set(e, "the temporary file cannot be read");
		if (splice_put(sp, block, (size_t)n, e) < 0)
			return -1;
	}
	return bytes % 2 == 0 ? 0 : splice_put(sp, "", 1, e);
}

int
redact_write_video(struct job *j, int fd, struct err *e)
{
	uint64_t bytes = 0;
	int got = -1, stream;

	if ((stream = temp_open(e)) < 0)
		return -1;
	if (video_encode(pixels_video(j->d), stream, paint, j, &bytes, e) < 0)
		goto out;
	if (bytes >= UNDEFINED - 1) {
		err_set(e, "the video is too long for a fragment");
		goto out;
	}
	if (describe_loss(j, bytes, e) == 0 && splice_front(j->sp, fd, e) == 0 &&
	    splice_pixels_head(j->sp, "OB", UNDEFINED, e) == 0 &&
	    splice_item(j->sp, 0, e) == 0 &&
	    splice_item(j->sp, (uint32_t)(bytes + bytes % 2), e) == 0 &&
	    put_stream(j->sp, stream, bytes, e) == 0 &&
	    splice_items_end(j->sp, e) == 0)
		got = splice_back(j->sp, e);
out:
	close(stream);
	return got;
}

int
redact_compare_video(struct job *j, struct dcm *out, const struct pixels *q,
    struct err *e)
{
	const struct rect *r;
	uint32_t f;
	size_t i;

	for (f = 1; f <= q->frames; f++) {
		if (redact_boxes(j, f, e) < 0 ||
		    pixels_frame(out, q, f, NULL, e) < 0)
			return -1;
		for (i = 0; i < j->boxes.n; i++) {
			r = &j->boxes.r[i];
			if (!video_is_black(pixels_video(out), r->x, r->y, r->w, r->h))
				return err_set(e, "frame %" PRIu32 " does not read back "
				    "as it was written", f);
		}
	}
	if (video_has_sound(pixels_video(out)) || video_has_data(pixels_video(out)))
		return err_set(e, "the output holds more than pictures");
	return 0;
}
