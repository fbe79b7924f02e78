/* dcm_probe: is it DICOM, judged by its first bytes; see dcm.h. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "dicom/dcm.h"

int
dcm_probe(const char *path, struct err *e)
{
	bool little, big, vr, length;
	unsigned char b[132];
	size_t n;
	FILE *f;

	if ((f = fopen(path, "rb")) == NULL)
		return err_set(e, "open: %s", strerror(errno));
	n = fread(b, 1, sizeof b, f);
	if (ferror(f)) {
		err_set(e, "read: %s", strerror(errno));
		fclose(f);
		return -1;
	}
	fclose(f);
	if (n == sizeof b && memcmp(b + 128, "DICM", 4) == 0)
		return 1;
	/*
	 * A bare data set begins with group 0002 or 0008, little or big endian,
	 * a low element number, and a VR or the upper half of a short length.
	 */
	if (n < 16)
		return 0;
	little = (b[0] == 2 || b[0] == 8) && b[1] == 0;
	big = b[0] == 0 && b[1] == 8;
	if (!little && !big)
		return 0;
	if ((little ? b[3] : b[2]) != 0)
		return 0;
	vr = b[4] >= 'A' && b[4] <= 'Z' && b[5] >= 'A' && b[5] <= 'Z';
	length = little && b[6] == 0 && b[7] == 0 && b[5] <= 1;
	return vr || length;
}
