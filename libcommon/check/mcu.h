/*
 * mcu.h - which pixels a coder ties together, read by the validator alone
 *
 * Where a box covers a pixel of one unit, all of that unit may differ; a decoder
 * that smooths chroma carries it some pixels further. Written from ITU-T T.81
 * A.1, A.2 and B.2.2, and shares nothing with the code that redacts JPEG.
 */
#ifndef UNPHI_CHECK_MCU_H
#define UNPHI_CHECK_MCU_H

#include <stddef.h>
#include <stdint.h>

#define MCU_FACTOR_MAX 4u	/* of sampling: T.81 B.2.2 */

struct mcu {
	uint32_t width, height;	/* pixels; 1 by 1 where each stands for itself */
	uint32_t reach;		/* pixels beyond it that smoothing changes */
};

/*
 * The minimum coded unit of a JPEG frame with a DCT. Returns 0, or -1 with M as
 * it was: no frame header, a lossless one, or factors out of range.
 */
int mcu_of_jpeg(const uint8_t *code, size_t len, struct mcu *m);

#endif
