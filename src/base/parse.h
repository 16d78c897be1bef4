/*
 * Numbers, sizes and durations from text. Strict: the whole slice must be the value.
 * No locale, no allocation.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_BASE_PARSE_H
#define THIMBLE_BASE_PARSE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

/* A decimal integer with an optional sign, in range. False otherwise, *out untouched. */
bool parse_int64(struct slice s, int64_t *out);

/*
 * A decimal number that is whole, however it is spelled ("12", "1e18", "1200.50e2"), exactly. False
 * if it is not, or not within 64 bits.
 */
bool parse_whole(struct slice s, int64_t *out);

/* A JSON-style or plain decimal number ("1", "-0.5", ".5", "1e-3"), finite. */
bool parse_double(struct slice s, double *out);

/* Bytes: digits with an optional B, KB, MB, GB (powers of 1000), KiB, MiB, GiB, K, M, G (1024). */
bool parse_size(struct slice s, int64_t *out);

/* Milliseconds: digits with ms, s, m, h, d ("30s", "1m30s", "250ms"); a bare number is seconds. */
bool parse_duration_ms(struct slice s, int64_t *out);

/* on/off, true/false, yes/no, 1/0, any case. */
bool parse_bool(struct slice s, bool *out);

#endif
