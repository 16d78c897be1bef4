/*
 * A hash of bytes, for tables and validators; not a digest: who wants two texts with the same can
 * make them, unless the seed is a secret.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_BASE_HASH_H
#define THIMBLE_BASE_HASH_H

#include <stdint.h>

#include "base/slice.h"

/* 64 bits of `s`; the same on every machine of the same byte order. */
uint64_t hash_bytes(struct slice s, uint64_t seed);

#endif
