/* secret: files that nobody but their owner may read; see secret.h. */
#include "base/secret.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

FILE *
secret_open(const char *path, struct err *e)
{
	FILE *f = fopen(path, "rb");
	struct stat st;

	if (f == NULL || fstat(fileno(f), &st) < 0)
		err_set(e, "%s", strerror(errno));
	else if (S_ISREG(st.st_mode) && (st.st_mode & 077) != 0)
		err_set(e, "others than its owner can read it; chmod 600");
	else
		return f;
	if (f != NULL)
		fclose(f);
	return NULL;
}
