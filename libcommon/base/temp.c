/* temp: unnamed temporary files; see temp.h. */
#include "base/temp.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int
temp_open(struct err *e)
{
	const char *dir = getenv("TMPDIR");
	char name[4096];
	int fd, n;

	n = snprintf(name, sizeof name, "%s/unphi-XXXXXX",
	    dir != NULL && *dir != '\0' ? dir : "/tmp");
	if (n < 0 || (size_t)n >= sizeof name)
		return err_set(e, "temporary file: %s", strerror(ENAMETOOLONG));
	if ((fd = mkstemp(name)) < 0)
		return err_set(e, "temporary file: %s", strerror(errno));
	unlink(name);
	return fd;
}

int
temp_spool(FILE *in, struct err *e)
{
	char block[65536], *p;
	int fd = temp_open(e);
	ssize_t put = 0;
	size_t n;

	if (fd < 0)
		return -1;
	while ((n = fread(block, 1, sizeof block, in)) > 0)
		for (p = block; n > 0; p += put, n -= (size_t)put)
			if ((put = write(fd, p, n)) < 0)
				goto fail;
	if (!ferror(in))
		return fd;
fail:
	err_set(e, "%s: %s", put < 0 ? "temporary file" : "read", strerror(errno));
	close(fd);
	return -1;
}
