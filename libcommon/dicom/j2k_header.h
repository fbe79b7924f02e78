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
#include "base/bytes.h"
#include "base/err.h"
#include "dicom/codestream.h"

#ifdef __cplusplus
extern "C" {
#endif

#define J2K_MAX_LEVELS 32	/* of decomposition: T.800 Table A.15 */
#define J2K_MAX_COMPONENTS 3	/* of a DICOM image */

/* T.800 Table A.19, bits of the code-block style. */
enum {
	J2K_STYLE_BYPASS = 0x01, J2K_STYLE_TERMINATE = 0x04,
	J2K_STYLE_PART_1 = 0x3f,
	J2K_STYLE_HT = 0xc0	/* T.814 */
};

enum { J2K_LRCP, J2K_RLCP, J2K_RPCL, J2K_PCRL, J2K_CPRL };	/* Table A.16 */

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
	uint8_t progression;	/* J2K_LRCP to J2K_CPRL */
	uint16_t layers;
	bool transformed;	/* RCT or ICT, by the wavelet */
	struct j2k_coding coding;
	/*
	 * Bit-planes of each band, Mb of E.1: LL, then HL, LH, HH of each level,
	 * the lowest resolution first.
	 */
	uint8_t planes[3 * J2K_MAX_LEVELS + 1];
	bool tlm, plt;		/* lengths of tile-parts, of packets */
	size_t first_part;	/* offset of the first tile-part in CODE */
	/*
	 * COD and QCD are true of every tile and component, and packets are in
	 * one order with their headers.
	 */
	bool uniform;
	/*
	 * All tiles and components have the 5/3 wavelet without quantisation.
	 * An encoder could still have left out the last coding passes to meet a
	 * rate: see j2k_packets.h.
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

/* Boxes of a JP2 wrapper: T.800 Annex I. */
enum {
	J2K_BOX_HEADER = 0x6a703268, J2K_BOX_CODE = 0x6a703263,	/* jp2h, jp2c */
	J2K_BOX_COLOUR = 0x636f6c72	/* colr, in jp2h */
};
bool j2k_is_wrapped(const uint8_t *code, size_t len);

/*
 * The box at AT of P, which ends at END: its type, and its contents from *FROM
 * to *TO, where the next one begins. False: it is cut or malformed.
 */
bool j2k_box_read(const uint8_t *p, size_t at, size_t end, uint32_t *type,
    size_t *from, size_t *to);

/* A tile's part of the image, on the reference grid: B.3. */
struct j2k_rect {
	uint64_t x0, y0, x1, y1;
};
struct j2k_rect j2k_header_tile(const struct j2k_header *h, uint32_t tile);

/* The packets of a tile-part: borrowed. */
struct j2k_part {
	uint32_t tile;
	const uint8_t *bytes;
	size_t len;
};

/*
 * Steps over the tile-parts of H, which j2k_header_read has filled. Begin with
 * *AT = 0. Returns false at the end.
 */
bool j2k_header_part(const struct j2k_header *h, size_t *at,
    struct j2k_part *part);

/* Is H the header of a frame that C describes? */
bool j2k_header_is_of(const struct j2k_header *h, const struct codestream *c);

/*
 * The levels of decomposition of H that an encoder can use: as many as halve the
 * smaller side of a tile down to one sample. OpenJPEG makes no more, and OpenJPH
 * 0.9 makes code of them that its own decoder cannot read.
 */
unsigned j2k_header_levels(const struct j2k_header *h);

/*
 * The low C->precision bits of the little-endian word at P, of WORD bytes (1, 2,
 * 4): the sample that they are.
 */
static inline int32_t
j2k_sample(const uint8_t *p, size_t word, const struct codestream *c)
{
	uint32_t top = (uint32_t)1 << (c->precision - 1);
	uint32_t v = bytes_word(p, word) & (top | (top - 1));

	return (int32_t)(c->is_signed ? (v ^ top) - top : v);
}

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
