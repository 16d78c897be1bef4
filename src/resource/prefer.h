/*
 * The Prefer header (RFC 7240) with PostgREST's preferences.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_RESOURCE_PREFER_H
#define THIMBLE_RESOURCE_PREFER_H

#include <stdbool.h>

#include "base/slice.h"

enum prefer_return {
    PREFER_RETURN_DEFAULT, /* not said */
    PREFER_RETURN_MINIMAL,
    PREFER_RETURN_HEADERS_ONLY,
    PREFER_RETURN_REPRESENTATION,
};

enum prefer_count {
    PREFER_COUNT_NONE,
    PREFER_COUNT_EXACT,
    PREFER_COUNT_PLANNED,
    PREFER_COUNT_ESTIMATED
};

struct prefer {
    enum prefer_return returns;
    enum prefer_count count;
};

/* Adds one header's preferences to `p`; the first of a kind wins, unknown ones are ignored
 * (RFC 7240 §2). Start from a zeroed struct. */
void prefer_parse(struct prefer *p, struct slice header);

#endif
