/*
 * A value on its way into a statement: one of SQLite's five storage classes
 * (sqlite.org/datatype3.html §2). Text and blobs are borrowed: they must live until
 * the statement is released.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_DB_VALUE_H
#define THIMBLE_STORE_DB_VALUE_H

#include <stdint.h>

#include "base/slice.h"

enum value_type {
    VALUE_NULL,
    VALUE_INTEGER,
    VALUE_REAL,
    VALUE_TEXT,
    VALUE_BLOB,
    VALUE_SHAPE, /* bound only: how rows are written, see store/db/rows.h */
};

/* The type of the pointer (sqlite.org/bindptr.html). */
#define VALUE_SHAPE_TYPE "thimble-shape"

struct value {
    enum value_type type;
    union {
        int64_t integer;
        double real;
        struct slice bytes; /* VALUE_TEXT (UTF-8, may hold NUL) and VALUE_BLOB */
        const void *shape;
    } as;
};

static inline struct value value_null(void)
{
    return (struct value){.type = VALUE_NULL};
}

static inline struct value value_integer(int64_t integer)
{
    return (struct value){.type = VALUE_INTEGER, .as.integer = integer};
}

static inline struct value value_real(double real)
{
    return (struct value){.type = VALUE_REAL, .as.real = real};
}

static inline struct value value_text(struct slice bytes)
{
    return (struct value){.type = VALUE_TEXT, .as.bytes = bytes};
}

static inline struct value value_blob(struct slice bytes)
{
    return (struct value){.type = VALUE_BLOB, .as.bytes = bytes};
}

static inline struct value value_shape(const void *shape)
{
    return (struct value){.type = VALUE_SHAPE, .as.shape = shape};
}

#endif
