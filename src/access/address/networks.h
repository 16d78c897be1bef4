/*
 * Networks in CIDR notation, as a setting lists them.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_ACCESS_ADDRESS_NETWORKS_H
#define THIMBLE_ACCESS_ADDRESS_NETWORKS_H

#include <stdbool.h>
#include <stddef.h>

#include "access/address/address.h"
#include "base/error.h"

struct network {
    struct address address; /* of kind ADDRESS_UNIX: all peers of unix sockets */
    unsigned bits;          /* of IPv4 96 more than are written */
};

#define NETWORKS_MAX 64

struct networks {
    size_t n;
    struct network list[NETWORKS_MAX];
};

bool network_holds(const struct network *network, const struct address *address);

/* Is the address in one of them? */
bool networks_hold(const struct networks *networks, const struct address *address);

/*
 * "10.0.0.0/8, 2001:db8::/32, 192.0.2.1, unix": networks, single addresses, and the word. "": none.
 * False with ERROR_USAGE, which says what is wrong with which; the flag is for the caller to name.
 */
bool networks_parse(struct networks *networks, struct slice list, struct error *e)
    __attribute__((warn_unused_result));

#endif
