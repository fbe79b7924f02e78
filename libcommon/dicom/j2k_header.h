/*
 * j2k_header.h - how a JPEG 2000 frame is coded, from its markers
 *
 * ITU-T T.800 Annex A, T.814 for HTJ2K. All markers of the codestream are
 * walked, those of the tile-parts too, before any library sees them: what is
 * cut between packets, hides bytes, or asks for more memory than its length
 * can account for is refused here. The packets' own bytes are not read.
 */
#ifndef UNPHI_DICOM_J2K_HEADER_H
#define UNPHI_DICOM_J2K_HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

#ifdef __cplusplus
extern "C" {
#endif

#define J2K_MAX_LEVELS 32	/* of decomposition: T.800 Table A.15 */
#define J2K_MAX_COMPONENTS 3	/* of a DICOM image */

/* T.800 Table A.19, bits of the code-block style. */
enum {
	J2K_STYLE_ALL = 0x3f,	/* those of Part 1 */
	J2K_STYLE_HT = 0x40,	/* T.814: high throughput */
	J2K_STYLE_HT_MIXED = 0x80
};

/* How the samples of a component are coded: COD, COC (T.800 A.6.1, A.6.2). */
struct j2k_coding {
	uint8_t levels;		/* 0 to 32; resolutions are one more */
	uint8_t block_w, block_h;	/* exponents of 2: 2 to 10, 12 in sum */
	uint8_t style;
	bool reversible;	/* the 5/3 wavelet */
	bool precincts;		/* sizes are given, and not all 2^15 */
	/* Exponents of 2 of the sizes, lowest resolution first. */
	uint8_t precinct_w[J2K_MAX_LEVELS + 1], precinct_h[J2K_MAX_LEVELS + 1];
};

struct j2k_header {
	/* The codestream, SOC to EOC, within what was read: borrowed. */
	const uint8_t *code;
	size_t len;
	bool sycc;		/* a JP2 wrapper calls the components YCbCr */
	/* SIZ, on the reference grid: */
	uint16_t profile;	/* Rsiz */
	uint32_t x0, y0, x1, y1;
	uint32_t tile_x0, tile_y0, tile_w, tile_h;
	uint32_t tiles;
	uint32_t components, precision;
	bool is_signed;
	/* COD of the main header: */
	bool sop, eph;		/* markers of packets */
	uint8_t progression;	/* 0 to 4: LRCP, RLCP, RPCL, PCRL, CPRL */
	uint16_t layers;
	bool transformed;	/* RCT or ICT, by the wavelet */
	struct j2k_coding coding;
	bool tlm, plt;		/* lengths of tile-parts, of packets */
	/*
	 * All tiles and components have the 5/3 wavelet without quantisation.
	 * An encoder could still have left out the last coding passes to meet a
	 * rate: only the packets know.
	 */
	bool reversible;
};

/*
 * Reads all markers of a raw codestream, or of the one in a JP2 wrapper. What
 * follows EOC may be padding, of 00 or ff, only. Refused, beside what is cut or
 * malformed: 2 or more than 3 components, unlike or subsampled ones, markers
 * that are not of Part 1 or 15, tiles or tile-parts that are missing. Returns 0
 * or -1 with E filled.
 */
int j2k_header_read(const uint8_t *code, size_t len, struct j2k_header *h,
    struct err *e);

/*
 * Appends the codestream CODE, which an encoder made, to OUT without its COM
 * markers (they name software) and with TLM for its tile-parts (T.800 A.7.1) if
 * TLM is set. Returns 0, or -1 with E filled.
 */
int j2k_header_finish(const uint8_t *code, size_t len, bool tlm, struct buf *out,
    struct err *e);

#ifdef __cplusplus
}
#endif
#endif
