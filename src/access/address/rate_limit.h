/*
 * How many requests each client may send in a time: a token bucket for each, as the generic cell rate
 * algorithm keeps it, in one number (ITU-T I.371 §A.1): when the bucket will be full again. One instance
 * for the process, so that a limit is the same however its requests fall on the loops; any thread. Locks are
 * of a 64th of the clients each, held for a look at eight.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_ACCESS_ADDRESS_RATE_LIMIT_H
#define THIMBLE_ACCESS_ADDRESS_RATE_LIMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/slice.h"

#define RATE_MAX    1000000 /* requests in a unit of time, and at once */
#define RATE_POLICY 64      /* room for a policy's text */

/* "10/s", "600/m", "100/h:20". */
struct rate {
    int64_t interval_ns;      /* from one request to the next; 0: no limit */
    int64_t burst;            /* requests at once, after a rest */
    char text[32];            /* as it was written */
    char policy[RATE_POLICY]; /* RateLimit-Policy */
};

/* Two rates: of callers who say who they are, and of those who do not, by address. */
enum rate_class { RATE_KNOWN, RATE_ANONYMOUS, RATE_CLASSES };

struct rate_rules {
    struct rate of[RATE_CLASSES];
};

/*
 * N/s, N/m or N/h, with :BURST, which is N if it is not there; "off": no limit. False with ERROR_USAGE, in
 * words that follow the flag's name.
 */
bool rate_parse(struct rate *rate, enum rate_class of, struct slice text, struct error *e)
    __attribute__((warn_unused_result));

/* Is there a limit for anybody? */
bool rate_rules_limit(const struct rate_rules *rules);

/* What is left to a client. */
struct rate_quota {
    const struct rate *rate; /* NULL: there is no limit for it, or it was not looked at */
    int64_t remaining;       /* requests at once, from now on */
    int64_t seconds;         /* until there is one more, 1 at least */
};

struct rate_limit;

/* For `clients` at a time: of more, those whose buckets are nearest to full are forgotten, which is as if they
 * were full. The rules outlive it. NULL when memory is out. */
struct rate_limit *rate_limit_new(const struct rate_rules *rules, size_t clients);
void rate_limit_free(struct rate_limit *limit); /* takes NULL */

/* Takes one request from the client's bucket; false if it is empty, and then nothing is taken. */
bool rate_limit_take(struct rate_limit *limit, enum rate_class of, const uint64_t client[2],
                     int64_t now_us, struct rate_quota *out) __attribute__((warn_unused_result));

/* Clients that were forgotten before their buckets were full. */
uint64_t rate_limit_forgotten(const struct rate_limit *limit);

#endif
