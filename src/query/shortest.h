/*
 * Doubles as decimals.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_QUERY_SHORTEST_H
#define THIMBLE_QUERY_SHORTEST_H

#include <stdbool.h>
#include <stdint.h>

struct decimal {
    uint64_t digits; /* 17 at most, the last is not 0 */
    int exponent;    /* of ten, that they are multiplied by */
};

/* The decimal with the fewest digits that reads back as the same double, and of these the nearest; the
 * sign is left out. False for what this way does not do: magnitudes below 1e-38 or above 2^53, and powers
 * of two. */
bool shortest_decimal(double value, struct decimal *out);

#endif
