/*
 * Prefer: count=exact, planned, estimated: how many rows a list has.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_RESOURCE_COUNT_H
#define THIMBLE_RESOURCE_COUNT_H

#include <stdbool.h>
#include <stdint.h>

#include "resource/call.h"

struct count {
    int64_t total; /* -1: not asked for */
    bool guessed;  /* from ANALYZE's statistics: the rows themselves know better */
};

/* Counts before the rows are read; false with an error, ERROR_RANGE for an offset past the end. */
bool count_rows(struct call *call, const struct plan_source *source, struct count *out)
    __attribute__((warn_unused_result));

/* What is known once `rows` were read of the `page` that was asked for. False as above. */
bool count_after(struct call *call, int64_t rows, int64_t page, struct count *c)
    __attribute__((warn_unused_result));

#endif
