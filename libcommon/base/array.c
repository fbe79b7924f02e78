/* array: arrays that grow; see array.h. */
#include "base/array.h"

#include <stdlib.h>

#include "base/size.h"

int
array_grow(void *p, size_t n, size_t *cap, size_t size, struct err *e)
{
	void **array = p, *new;
	size_t more, bytes;

	if (n < *cap)
		return 0;
	if (!size_add(n, n / 2 + 16, &more) || !size_mul(more, size, &bytes) ||
	    (new = realloc(*array, bytes)) == NULL)
		return err_set(e, "out of memory");
	*array = new;
	*cap = more;
	return 0;
}
