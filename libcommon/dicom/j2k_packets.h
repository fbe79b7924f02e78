/*
 * j2k_packets.h - did an encoder leave anything out?
 *
 * A reversible wavelet alone does not make JPEG 2000 lossless: to meet a rate,
 * encoders leave out the last coding passes of code-blocks. That is to be seen
 * in the headers of the packets: ITU-T T.800 B.9, B.10, B.12; T.814 for HTJ2K.
 */
#ifndef UNPHI_DICOM_J2K_PACKETS_H
#define UNPHI_DICOM_J2K_PACKETS_H

#include "base/err.h"
#include "dicom/j2k_header.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Reads all packet headers of H. Returns 1 when every code-block that is in a
 * packet has all of its bit-planes; 0 when one has not, or it cannot be told as
 * H is not uniform; -1 with E filled when packets are missing, end beyond their
 * tile, or leave bytes over that no decoder reads.
 *
 * A code-block that is in no packet is taken for one of zeros. One that lacks its
 * very last pass is taken for whole: some encoders leave that out when it has
 * nothing to say, and no rate is met by so little. Others leave out more passes
 * of that kind: not all that is lossless is told to be.
 */
int j2k_packets_check(const struct j2k_header *h, struct err *e);

#ifdef __cplusplus
}
#endif
#endif
