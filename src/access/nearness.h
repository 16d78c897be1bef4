/*
 * How near a caller is, by its address: on this machine, on a network of one's own, or anywhere.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_ACCESS_NEARNESS_H
#define THIMBLE_ACCESS_NEARNESS_H

struct sockaddr;

enum nearness {
    NEAR_LOOPBACK, /* 127/8, ::1, and the peer of a unix socket */
    NEAR_PRIVATE,  /* RFC 1918, RFC 6598 (100.64/10), link-local, RFC 4193 (ULA) */
    NEAR_ANY,
};

/* The narrowest that the address is in; an IPv4 address within IPv6 (RFC 4291 §2.5.5.2) counts
 * as IPv4. NULL, or a family that is none of these: NEAR_ANY. */
enum nearness nearness_of(const struct sockaddr *address);

#endif
