/*
 * graphics.h - overlays and curves that stay, without what is written in them
 *
 * What Clean Graphics (PS3.15 E.3.3) makes of overlay planes (60xx, PS3.3 C.9.2) and
 * of curves (50xx, retired: PS3.3-2004 C.10.2). Where text is in a plane the program
 * says, for this room knows no detector.
 */
#ifndef UNPHI_DEID_GRAPHICS_H
#define UNPHI_DEID_GRAPHICS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "deid/audit.h"
#include "dicom/object.h"
#include "image/rects.h"

/*
 * Adds to OUT where text is in WIDTH by HEIGHT gray pixels, row by row. Returns 0,
 * or -1 with E filled.
 */
typedef int graphics_find_fn(void *arg, const uint8_t *gray, uint32_t width,
    uint32_t height, struct rects *out, struct err *e);

struct graphics {
	graphics_find_fn *find;	/* NULL: nobody can look, overlays go */
	void *find_arg;
	const struct audit *log;
};

/*
 * Clears in each plane of each overlay of O the lines of text that FIND finds, and
 * what follows the last plane; every other bit stays. Takes out, with all of their group,
 * overlays that cannot be read, are larger than 256 MiB or 64 Mi points a plane, lie in
 * Pixel Data or in a sequence, and curves that are not lists of numbers. The elements beside the data are
 * the profile's.
 * Returns 0, or -1 with E filled.
 */
int graphics_clean(struct object *o, const struct graphics *g, struct err *e);

/* Is TAG Overlay Data or Curve Data, which graphics_clean has seen? */
bool graphics_is_data(uint32_t tag);

#endif
