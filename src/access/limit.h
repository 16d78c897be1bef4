/*
 * How many connections there are, in all and from each address. One instance for the
 * process; any thread.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_ACCESS_LIMIT_H
#define THIMBLE_ACCESS_LIMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sockaddr;
struct limit;

/* An address as it is counted: IPv4 whole, IPv6 by its /64 (one host owns at least that,
 * RFC 6177 §2), all unix-socket peers uncounted. */
struct limit_key {
    uint64_t high, low; /* both 0: not counted by address */
};

enum limit_verdict {
    LIMIT_OK,
    LIMIT_TOTAL,   /* over the limit of all connections */
    LIMIT_ADDRESS, /* over the limit of this address */
};

/* At most `total` connections, `per_address` from one address (0: no such limit). NULL when
 * memory is out. */
struct limit *limit_new(size_t total, size_t per_address);
void limit_free(struct limit *limit); /* takes NULL */

struct limit_key limit_key_of(const struct sockaddr *address);

/* The same as one number, of which few addresses share one; 0: not counted by address. */
static inline uint64_t limit_key_number(struct limit_key key)
{
    return key.high * 0x9e3779b97f4a7c15ULL ^ key.low;
}

/* Counts a connection, whatever the verdict: each limit_enter has one limit_leave. */
enum limit_verdict limit_enter(struct limit *limit, struct limit_key key);
void limit_leave(struct limit *limit, struct limit_key key);

/* Connections counted now. */
size_t limit_count(const struct limit *limit);

#endif
