/*
 * spare.h - bits of pixel words that hold no sample, and what hides in them
 *
 * Above High Bit and below the lowest stored bit there may be nothing but the
 * sign of signed data, or a word that as a whole is Pixel Padding Value. Retired
 * overlays lay there (PS3.5-2004 8.1.2), also where the elements that told of
 * them are gone: no view shows these bits, so nobody has examined them.
 */
#ifndef UNPHI_IMAGE_SPARE_H
#define UNPHI_IMAGE_SPARE_H

#include <stdbool.h>
#include <stdint.h>

#include "dicom/dcm.h"
#include "dicom/pixels.h"

struct spare {
	unsigned bits;		/* of a word: 8, 16, 32; 0: no word has spare bits */
	uint32_t sample;	/* the bits that hold one */
	uint32_t sign;		/* the highest of them in signed data, else 0 */
	uint32_t above;		/* the bits above */
	bool has_padding;
	uint32_t padding;	/* Pixel Padding Value (0028,0120) as a word */
};

/* That of the frames of D, which P describes. */
struct spare spare_of(struct dcm *d, const struct pixels *p);

/*
 * Clears the spare bits of N bytes of FRAME, which is as pixels.h delivers it,
 * or sets them to the sign where the frame's other words have it there. Returns
 * how many words that changed.
 */
uint64_t spare_clear(const struct spare *s, uint8_t *frame, size_t n);

#endif
