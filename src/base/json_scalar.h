/*
 * The parts of a JSON text that have none themselves, and the steps of its reader. Private to json*.c.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_BASE_JSON_SCALAR_H
#define THIMBLE_BASE_JSON_SCALAR_H

#include "base/json.h"

/* Notes what is wrong: static words. Always false. */
static inline bool json_fault(struct json_reader *r, const char *what)
{
    r->fault = what;
    return false;
}

/* True if the next character is `wanted`. */
static inline bool json_is_next(const struct json_reader *r, char wanted)
{
    return r->at < r->end && *r->at == wanted;
}

static inline bool json_take(struct json_reader *r, char wanted)
{
    if (!json_is_next(r, wanted))
        return false;
    r->at++;
    return true;
}

/* A string, at its first quote. False with the fault. */
bool json_read_string(struct json_reader *r, struct json_item *out);

/* A string, a number, true, false or null, without blanks before it. False with the fault. */
bool json_read_scalar(struct json_reader *r, struct json_item *out);

#endif
