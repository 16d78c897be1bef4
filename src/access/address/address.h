/*
 * Where a request comes from: an IP address, or the peer of a unix socket. No allocation, no I/O, no
 * locale; any thread.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_ACCESS_ADDRESS_ADDRESS_H
#define THIMBLE_ACCESS_ADDRESS_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "access/address/limit.h"
#include "base/slice.h"

struct sockaddr;

enum address_kind {
    ADDRESS_UNKNOWN, /* it cannot be told; nobody's in particular */
    ADDRESS_UNIX,    /* the peer of a unix socket */
    ADDRESS_IP,
};

struct address {
    unsigned char kind;      /* enum address_kind */
    unsigned char bytes[16]; /* IPv6, or IPv4 as ::ffff:a.b.c.d (RFC 4291 §2.5.5.2); else 0 */
};

/* Room for an address's text and its NUL. */
#define ADDRESS_TEXT 46

struct address address_of(const struct sockaddr *address);

/* "192.0.2.1", "2001:db8::1". False, *out untouched, for anything else: a zone, a port, a name. */
bool address_parse(struct slice text, struct address *out);

/* The same for what proxies write: also "192.0.2.1:4711", "[2001:db8::1]", "[2001:db8::1]:4711". */
bool address_parse_hop(struct slice text, struct address *out);

/* "192.0.2.1", "2001:db8::1", "unix" or "unknown"; returns out. */
const char *address_write(const struct address *address, char out[ADDRESS_TEXT]);

bool address_equal(const struct address *a, const struct address *b);
bool address_is_ipv4(const struct address *address);

/* As connections and requests are counted by it: unknown ones are one address. */
struct limit_key address_key(const struct address *address);

#endif
