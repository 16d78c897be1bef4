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

/* Writes `n` symbols of 5 random bits each and a NUL: letters in lower case and digits, none of which
 * is taken for another. At most 256. False as above. */
bool random_text(char *out, size_t n, struct error *e) __attribute__((warn_unused_result));

/* The symbol of the last five bits. */
char random_symbol(unsigned bits);

#endif
