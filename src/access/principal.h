/*
 * Who asks, once that is known: by a token, an API key, an account's session, or nobody.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_ACCESS_PRINCIPAL_H
#define THIMBLE_ACCESS_PRINCIPAL_H

#include <stdint.h>

#include "base/slice.h"

enum principal_kind { PRINCIPAL_ANONYMOUS, PRINCIPAL_TOKEN, PRINCIPAL_KEY };

/* Slices live as long as what verified them says. */
struct principal {
    enum principal_kind kind;
    struct slice role;   /* its name; empty: the anonymous one */
    struct slice claims; /* a JSON object, "{}" at least */
    struct slice sub;    /* its claim "sub", decoded; empty: there is none */
    int64_t expires_s;   /* seconds since 1970; 0: never */
    uint64_t id[2];      /* tells principals apart: equal for equal role and claims */
};

#endif
