/*
 * How many connections there are, in all and from each address. One instance for the
 * process; any thread.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_ACCESS_ADDRESS_LIMIT_H
#define THIMBLE_ACCESS_ADDRESS_LIMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct limit;

/* An address as it is counted: IPv4 whole, IPv6 by its /64 (one host owns at least that,
 * RFC 6177 §2), all unix-socket peers uncounted (access/address/address.h makes it). */
struct limit_key {
    uint64_t high, low; /* both 0: not counted by address */
};

enum limit_verdict {
    LIMIT_OK,
    LIMIT_TOTAL,   /* over the limit of all connections */
    LIMIT_ADDRESS, /* over the limit of this address */
};

/* Connections over a limit that are accepted at a time, to be told so: of all, and of one address that
 * is over its own limit. */
#define LIMIT_TOLD         ((size_t)256)
#define LIMIT_TOLD_ADDRESS ((size_t)32)

/* At most `total` connections, `per_address` from one address (0: no such limit). NULL when
 * memory is out. */
struct limit *limit_new(size_t total, size_t per_address);
void limit_free(struct limit *limit); /* takes NULL */

/* A key as one number, of which few addresses share one; 0: not counted by address. */
static inline uint64_t limit_key_number(struct limit_key key)
{
    return key.high * 0x9e3779b97f4a7c15ULL ^ key.low;
}

/* Whether one more connection is accepted: false if it would be over a limit, and as many as may be
 * told so are there already. Counts nothing. */
bool limit_accepts(struct limit *limit, struct limit_key key);

/* Counts a connection, whatever the verdict: each limit_enter has one limit_leave, with its verdict.
 * Those over a limit take no place of the others. */
enum limit_verdict limit_enter(struct limit *limit, struct limit_key key);
void limit_leave(struct limit *limit, struct limit_key key, enum limit_verdict verdict);

/* Connections counted now, those over a limit included. */
size_t limit_count(const struct limit *limit);

#endif
