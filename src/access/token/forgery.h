/*
 * What forged tokens may cost: a public key's arithmetic takes from a tenth of a millisecond to some,
 * for a token that was made up in a microsecond. Each address has so many a second that fail, and all
 * together have a share of the loop's time. What succeeds costs nothing. One for each event loop.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_ACCESS_TOKEN_FORGERY_H
#define THIMBLE_ACCESS_TOKEN_FORGERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "access/address/limit.h"

/* Addresses that are remembered; the one that failed the longest ago makes room. */
#define FORGERY_ADDRESSES 512

/* Failures that an address may have at once, in seconds of its rate. */
#define FORGERY_BURST_S 2

/* All failures together: one part in so many of the loop's time, and so much of it at once. */
#define FORGERY_SHARE      50
#define FORGERY_AT_ONCE_US ((int64_t)20000)

struct forgery_address {
    struct limit_key key;
    int64_t clear_us; /* when all is forgotten; 0: never used */
};

struct forgery {
    int64_t interval_us;               /* of one failure; 0: no limit */
    int64_t clear_us;                  /* when what all cost is forgotten */
    struct forgery_address *addresses; /* NULL: none has failed */
};

/* With so many failures for each address and second; 0: no limit, of all together neither. */
void forgery_init(struct forgery *f, int64_t per_second);
void forgery_finish(struct forgery *f);

/* May this address have a token checked? If not, in how many seconds. */
bool forgery_allows(const struct forgery *f, struct limit_key key, int64_t now_us, int *retry_s);

/* It failed with n keys, and took so long. */
void forgery_note(struct forgery *f, struct limit_key key, int64_t now_us, int64_t n,
                  int64_t took_us);

#endif
