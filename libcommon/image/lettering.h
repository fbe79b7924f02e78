/*
 * lettering.h - lines of filler text that say nothing about anybody
 *
 * The words are "covered", "dummy", "erased", "filler", "hidden", "nonsense",
 * "nothing", "placeholder", "redacted" and "removed": none is a name, a date, a
 * number or a place.
 */
#ifndef UNPHI_IMAGE_LETTERING_H
#define UNPHI_IMAGE_LETTERING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

#define LETTERING_MAX 8192u	/* columns or rows */

/*
 * Draws lines of words on WIDTH by HEIGHT, each 1 to LETTERING_MAX: one line, or
 * as many as give lines of about 28 rows. Each byte of COVER becomes how much of
 * that pixel is ink, 0 to 255. SEED chooses the words; the same one, the same
 * fonts and libraries draw the same. Returns 0 or -1.
 */
int lettering_draw(uint32_t width, uint32_t height, bool bold, uint64_t seed,
    uint8_t *cover, struct err *e);

#endif
