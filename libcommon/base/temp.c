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
