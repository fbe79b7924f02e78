/* redact: video, which has no code for each frame; see redact.h. */
#include "image/redact_internal.h"

/*
 * The bytes of a video that stays as it is are given away with all that they
 * hold: every frame must decode, there must be no more of them than the header
 * says, and no track that no record can be about.
 */
int
redact_check_video(struct job *j, struct err *e)
{
	if (pixels_frame(j->d, j->p, j->p->frames, NULL, e) < 0)
		return -1;
	if (pixels_has_sound(j->d))
		return err_set(e, "its video has a sound track, which nobody has "
		    "examined");
	if (pixels_has_data(j->d))
		return err_set(e, "its video has a track of text or data, which "
		    "nobody has examined");
	if (j->report->changed > 0)
		return err_set(e, "a video cannot be redacted in place");
	return 0;
}
