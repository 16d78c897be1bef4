/*
 * What the access files say, statement for statement, in their order: a later REVOKE takes from an
 * earlier GRANT. Private to access*.c, and to who shows where a right comes from.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_ACCESS_ACCESS_RECORD_H
#define THIMBLE_STORE_ACCESS_ACCESS_RECORD_H

#include "store/access/access.h"

#define GRANTEE_PUBLIC (-1)

enum access_object {
    OBJECT_TABLE,
    OBJECT_ROUTINE,
};

struct access_granted_column {
    struct access_column_rights column;
    struct access_place place;
};

/* Rights on one object, or on all of its kind, to one role. */
struct access_grant {
    bool revokes;
    enum access_object kind;
    struct slice object; /* NUL-terminated; empty: all */
    int grantee;         /* a role, or GRANTEE_PUBLIC */
    unsigned rights;     /* on the whole of it; a routine's: 1, to call it */
    size_t n_columns;
    const struct access_granted_column
        *columns; /* in the order of the text; one may be there twice */
    struct access_place place, object_place;
};

/* What is switched on or off: a table's policies, a view that runs with its caller's rights. */
struct access_switch {
    struct slice name; /* NUL-terminated */
    bool is_view;
    bool on;
    struct access_place place;
};

struct access_record {
    size_t n_grants;
    const struct access_grant *grants;
    size_t n_switches;
    const struct access_switch *switches;
    const bool *inherits; /* by role: INHERIT, what it is if nothing is said */
};

/* What is said of it last: 1: on, 0: off, -1: nothing is. */
int access_switched(const struct access *access, bool is_view, struct slice name);

/* Is it of this object? */
bool access_grant_is_of(const struct access_grant *grant, enum access_object kind,
                        struct slice object);

#endif
