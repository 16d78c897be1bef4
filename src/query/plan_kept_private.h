/*
 * A kept plan from inside. Private to plan_kept*.c.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_QUERY_PLAN_KEPT_PRIVATE_H
#define THIMBLE_QUERY_PLAN_KEPT_PRIVATE_H

#include "query/plan_kept.h"

/* How one value is made. */
struct recipe {
    unsigned at;   /* its place among the plan's */
    unsigned text; /* …and that of the text that it is made of */
    enum value_origin origin;
    unsigned char nth, n; /* as in struct value_source */
    bool has_number, is_json;
    const struct column *column; /* the catalogue's */
};

struct kept_plan {
    struct plan plan;       /* its values are those of its own request */
    struct recipe *recipes; /* of those that are made anew */
    size_t n_recipes;
    bool has_offset;
    struct statement_ref ref;
    size_t bytes;
};

/* A copy with all that it points to, but for the catalogue's, to be freed as one: NULL if it is larger than
 * PLAN_KEPT_MAX, or without memory. */
struct kept_plan *kept_plan_in_one_block(const struct kept_plan *from);

#endif
