/* SPDX-License-Identifier: MIT */
#include "base/random.h"

#include <sys/random.h>
#include <sys/types.h>

/* No l, no o, no 0 and no 1. */
static const char symbols[] = "abcdefghijkmnpqrstuvwxyz23456789";

/* So few come whole, whatever signals there are. */
bool random_fill(void *out, size_t size, struct error *e)
{
    if (getrandom(out, size, 0) == (ssize_t)size)
        return true;
    return error_set(e, ERROR_INTERNAL, "the system gives no random bytes");
}

char random_symbol(unsigned bits)
{
    return symbols[bits & 31];
}

bool random_text(char *out, size_t n, struct error *e)
{
    if (!random_fill(out, n, e))
        return false;
    for (size_t i = 0; i < n; i++)
        out[i] = random_symbol((unsigned char)out[i]);
    out[n] = '\0';
    return true;
}
