/*
 * "Perhaps you meant …": the nearest of the names that are offered.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_ACCESS_ACCESS_NEAREST_H
#define THIMBLE_STORE_ACCESS_ACCESS_NEAREST_H

#include <stddef.h>

#include "base/slice.h"

#define ACCESS_NEAREST_MAX 128
struct access_nearest {
    struct slice name;
    size_t distance;
    struct slice best;
    char text[ACCESS_NEAREST_MAX];
};
void access_nearest_begin(struct access_nearest *nearest, struct slice name);
void access_nearest_offer(struct access_nearest *nearest, struct slice name);
/* ", perhaps you meant NAME"; empty: none is near. */
const char *access_nearest_end(struct access_nearest *nearest);

#endif
