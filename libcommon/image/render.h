/*
 * render.h - stored values to the values that a screen shows
 *
 * Grey follows the display pipeline of PS3.3 C.11 and PS3.4 N.2 up to the
 * presentation LUT, which is the identity; MONOCHROME1 is inverted. Colour
 * becomes RGB: C.7.6.3.1.2.
 */
#ifndef UNPHI_IMAGE_RENDER_H
#define UNPHI_IMAGE_RENDER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "dicom/dcm.h"
#include "dicom/pixels.h"
#include "stream/pnm.h"

enum render_view {
	/*
	 * As a viewer shows it: rescale or Modality LUT, then the first VOI LUT,
	 * else the first window, else from the least to the greatest value of
	 * the frame, Pixel Padding Value left out. Palette and colour: as RGB.
	 */
	VIEW_VOI,
	/*
	 * From the least to the greatest stored value of the frame: nothing can
	 * hide beyond a window. Colour: the same stretch for the three, as RGB.
	 * A palette image: its stored values, as grey.
	 */
	VIEW_FULL,
	/*
	 * Stored values unchanged, 8 bits up to Bits Stored 8, else 16; signed
	 * ones with 2^(Bits Stored - 1) added. Colour as stored: YBR stays YBR,
	 * 4:2:2 with each chroma sample twice. More than 16 bits are refused.
	 */
	VIEW_RAW,
	/*
	 * Stored values by their distance from the levels that text may hide
	 * beside: levels.h. Not inverted. Colour: each sample by itself, as RGB,
	 * of YBR as Cb, Y, Cr. A palette image: its stored values.
	 */
	VIEW_LOW,
	/*
	 * What lies beside the samples: overlay planes and bits outside of Bits
	 * Stored, as grey: beside.h. Always of 8 bits.
	 */
	VIEW_OVERLAY
};

/* The name on a command line and in the record key `view`; static. */
const char *render_view_name(enum render_view v);

/* The view of that name, N bytes long. Returns true with *V set. */
bool render_view_parse(const char *name, size_t n, enum render_view *v);

struct render;

/*
 * Prepares to render frames of D, which P describes; both are borrowed until
 * render_free. Refused: a palette that is missing or malformed. Returns 0 with
 * *OUT to be freed by the caller, or -1 with E filled.
 */
int render_new(struct dcm *d, const struct pixels *p, struct render **out,
    struct err *e);
void render_free(struct render *r);

/* Can that view be made of the file? Returns 0, or -1 and why not. */
int render_check(struct render *r, enum render_view v, struct err *e);

/*
 * Renders STORED, frame FRAME as pixels_frame delivers it, into OUT, whose key
 * is left alone. MAXVAL is 255 or 65535, the white of the result; VIEW_RAW and
 * VIEW_OVERLAY have their own. Returns 0, or -1 with E filled.
 */
int render_frame(struct render *r, const void *stored, uint32_t frame,
    enum render_view v, uint32_t maxval, struct pnm *out, struct err *e);

/* What VIEW_VOI shows each stored value as, 0 to 65535. */
struct render_table {
	int32_t least;		/* that Bits Stored can say: the first one */
	uint32_t n;		/* values */
	uint32_t channels;	/* 1, or 3 by a palette, of each value */
	const uint16_t *shown;	/* borrowed until the next call on the render */
};

/*
 * Of frame FRAME, which is STORED: it may depend on what the frame holds. Refused:
 * colour of three samples, more than 16 bits. Returns 0, or -1 with E filled.
 */
int render_table(struct render *r, const void *stored, uint32_t frame,
    struct render_table *out, struct err *e);

#endif
