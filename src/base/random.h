/*
 * Bytes that nobody can guess, from the kernel (getrandom(2)).
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_BASE_RANDOM_H
#define THIMBLE_BASE_RANDOM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* Fills `out`, at most 256 bytes. False with ERROR_INTERNAL if the kernel has none to give. */
bool random_fill(void *out, size_t size, struct error *e) __attribute__((warn_unused_result));

#endif
