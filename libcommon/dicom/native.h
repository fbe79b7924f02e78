/*
 * native.h - native Pixel Data changed where it lies, PS3.5 8
 *
 * Words of any size from 1 bit up, interleaved or planar, 4:2:2, and in big
 * endian files; only the bytes of the rectangle are written.
 */
#ifndef UNPHI_DICOM_NATIVE_H
#define UNPHI_DICOM_NATIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "dicom/pixels.h"
#include "dicom/scan.h"

#ifdef __cplusplus
extern "C" {
#endif

struct native {
	int fd;			/* readable and writable */
	uint64_t value;		/* where in it Pixel Data begins */
	uint64_t length;	/* bytes of its value */
	const struct pixels *p;
	bool swapped;		/* bytes of each pair change places */
};

/*
 * Describes the Pixel Data element EL of S as it lies at VALUE of FD. Refused:
 * words of 32 bits in big endian, whose order readers do not agree on.
 */
int native_open(struct native *n, int fd, uint64_t value, const struct scan *s,
    const struct scan_element *el, const struct pixels *p, struct err *e);

/*
 * Fills W by H pixels at (X, Y) of FRAME, from 1, with the words V, one a sample
 * (4:2:2: luma and the two chroma; X and W are even). Returns 0 or -1.
 */
int native_fill(const struct native *n, uint32_t frame, uint32_t x, uint32_t y,
    uint32_t w, uint32_t h, const uint32_t v[3], struct err *e);

/* The same with what PIXELS, a whole frame as in pixels.h, holds there. */
int native_write(const struct native *n, uint32_t frame, uint32_t x, uint32_t y,
    uint32_t w, uint32_t h, const uint8_t *pixels, struct err *e);

/*
 * Appends FRAME, as pixels.h delivers it, to OUT as it lies in native Pixel Data
 * in little endian: planar where P is. Frames of 1 bit follow without a gap
 * (PS3.5 8.1.1): of the last byte of OUT *BIT bits, from 0 to 7, are taken, 0
 * for all of them, before and after. Returns 0 or -1.
 */
int native_pack(const struct pixels *p, const uint8_t *frame, struct buf *out,
    size_t *bit, struct err *e);

/* Bytes that the frames take up. */
uint64_t native_used(const struct pixels *p);

/*
 * Reads N bytes from AT of the value of EL, Pixel Data of S, as if the file were
 * little endian. Returns 0 or -1.
 */
int native_read(const struct scan *s, const struct scan_element *el,
    uint64_t at, void *out, size_t n, struct err *e);

#ifdef __cplusplus
}
#endif

#endif
