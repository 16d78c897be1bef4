/*
 * The Prefer header (RFC 7240) with PostgREST's preferences.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_RESOURCE_PREFER_H
#define THIMBLE_RESOURCE_PREFER_H

#include <stdbool.h>
#include <stdint.h>

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

enum prefer_resolution { PREFER_RESOLUTION_NONE, PREFER_MERGE, PREFER_IGNORE };
enum prefer_missing { PREFER_MISSING_NONE, PREFER_MISSING_DEFAULT, PREFER_MISSING_NULL };
enum prefer_handling { PREFER_HANDLING_NONE, PREFER_STRICT, PREFER_LENIENT };
enum prefer_tx { PREFER_TX_NONE, PREFER_TX_COMMIT, PREFER_TX_ROLLBACK };

struct prefer {
    enum prefer_return returns;
    enum prefer_count count;
    enum prefer_resolution resolution;
    enum prefer_missing missing;
    enum prefer_handling handling;
    enum prefer_tx tx;
    bool has_max_affected;
    int64_t max_affected;
    char unknown[128]; /* those that are not known, as they came, cut to fit; or "" */
};

/* Empties `p`: nothing is preferred. */
void prefer_clear(struct prefer *p);

/* Adds one header's preferences to `p`; the first of a kind wins, unknown ones are noted and
 * otherwise ignored (RFC 7240 §2). */
void prefer_parse(struct prefer *p, struct slice header);

/* True if max-affected is to be held to: with handling=strict. */
static inline bool prefer_limits_affected(const struct prefer *p)
{
    return p->has_max_affected && p->handling == PREFER_STRICT;
}

/* Which of the preferences a verb follows. */
#define PREFER_FOLLOWS_RESOLUTION (1U << 0)
#define PREFER_FOLLOWS_MISSING    (1U << 1)
#define PREFER_FOLLOWS_RETURN     (1U << 2)
#define PREFER_FOLLOWS_COUNT      (1U << 3)
#define PREFER_FOLLOWS_TX         (1U << 4)
#define PREFER_FOLLOWS_AFFECTED   (1U << 5)

/* Room for the longest Preference-Applied. */
#define PREFER_APPLIED_MAX 256

/* Preference-Applied: those that were given and are followed, as PostgREST orders them. */
void prefer_applied(const struct prefer *p, unsigned follows, char out[PREFER_APPLIED_MAX]);

#endif
