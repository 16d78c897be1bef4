/* SPDX-License-Identifier: MIT */
#include "base/random.h"

#include <sys/random.h>
#include <sys/types.h>

/* So few come whole, whatever signals there are. */
bool random_fill(void *out, size_t size, struct error *e)
{
    if (getrandom(out, size, 0) == (ssize_t)size)
        return true;
    return error_set(e, ERROR_INTERNAL, "the system gives no random bytes");
}
