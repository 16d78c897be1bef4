/*
 * How near a caller is, by its address: on this machine, on a network of one's own, or anywhere.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_ACCESS_ADDRESS_NEARNESS_H
#define THIMBLE_ACCESS_ADDRESS_NEARNESS_H

#include "access/address/address.h"

enum nearness {
    NEAR_LOOPBACK, /* 127/8, ::1, and the peer of a unix socket */
    NEAR_PRIVATE,  /* RFC 1918, RFC 6598 (100.64/10), link-local, RFC 4193 (ULA) */
    NEAR_ANY,
};

/* The narrowest that the address is in; one that is not known is of NEAR_ANY. */
enum nearness nearness_of(const struct address *address);

#endif
