/*
 * vr.h - is a text a valid value of a VR? (PS3.5 6.2)
 *
 * For values that people write: what a policy puts in, what it compares with.
 * Text is UTF-8; lengths count characters, as the standard does.
 */
#ifndef UNPHI_DICOM_VR_H
#define UNPHI_DICOM_VR_H

#include <stdbool.h>
#include <stddef.h>

/* Is it one of the VRs of PS3.5 Table 6.2-1? */
bool vr_exists(const char vr[3]);

/* Does a value of that VR hold numbers in binary, or bytes, or items? */
bool vr_is_binary(const char vr[3]);

/*
 * Why the LEN bytes of TEXT, values that backslashes separate where the VR has
 * several, are no value of VR: a few words, constant. NULL: they are one. Empty
 * values are valid, values of binary VRs never are.
 */
const char *vr_fault(const char vr[3], const char *text, size_t len);

#endif
