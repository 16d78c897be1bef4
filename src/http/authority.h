/*
 * host[:port], as in Host and behind the :// of an origin (RFC 3986 §3.2). Slices of what is given.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_HTTP_AUTHORITY_H
#define THIMBLE_HTTP_AUTHORITY_H

#include <stdbool.h>

#include "base/slice.h"

struct authority {
    struct slice
        host; /* a name without the dot that may end it, or an address, [v6] with its brackets */
    struct slice port; /* digits; empty: none is said */
};

struct origin {
    struct slice scheme;
    struct authority authority;
};

/* False if the text is none; a name has letters, digits, '-', '_' and dots between its labels. */
bool authority_parse(struct slice text, struct authority *a);

/* The host is an IPv4 or an IPv6 address. */
bool authority_is_address(const struct authority *a);

/* scheme://host[:port] and nothing else (RFC 6454 §7). False if the text is none. */
bool origin_parse(struct slice text, struct origin *o);

/* The port of the origin, which its scheme says if it does not; empty: of a scheme that has none. */
struct slice origin_port(const struct origin *o);

#endif
