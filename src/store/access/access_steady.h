/*
 * Whether the same rows are shown to the same caller for as long as the database is the same.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_ACCESS_ACCESS_STEADY_H
#define THIMBLE_STORE_ACCESS_ACCESS_STEADY_H

#include <stdbool.h>

struct access;
struct catalog;

/*
 * True if no policy's USING looks at a clock, at chance, or at the request but for who asks: it calls
 * only functions that are known to look at nothing else, and mentions no view, whose text may.
 */
bool access_is_steady(const struct access *access, const struct catalog *catalog);

#endif
