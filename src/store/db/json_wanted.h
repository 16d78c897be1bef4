/*
 * JSON that documents are compared with: parsed once, its members sorted, so that a document is read
 * once from left to right. Private to json_contains.c.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_DB_JSON_WANTED_H
#define THIMBLE_STORE_DB_JSON_WANTED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/slice.h"

/* A string, number, boolean or null that can be compared. */
struct scalar {
    enum json_kind kind;
    struct slice text; /* a string's value; a boolean as it is spelled */
    bool whole;        /* a number that is exact in `integer` */
    int64_t integer;
    double real;
};

/* One value; `mark` is the comparison's own: what the document has shown of it so far. */
struct wanted {
    enum json_kind kind;
    struct scalar scalar; /* JSON_IS_STRING and so on */
    struct slice name;    /* in an object */
    size_t n;             /* members */
    struct wanted *members;
    size_t n_sorted; /* in an array: its scalars, in their order; a literal's may mean several */
    struct sorted {
        struct scalar scalar;
        struct wanted *member;
    } * sorted;
    struct wanted **by_name; /* in an object: each name once, its last member, in their order */
    size_t n_names;
    int mark;
};

/* What is wanted, in `arena`; NULL if the text is no JSON or memory is out. */
struct wanted *wanted_parse(struct arena *arena, struct slice text, bool literal);

/* The scalar that an item is; a string with escapes is decoded to `scratch`, which has room for its
 * text. False for an array, an object, and what is no text. */
bool scalar_of(const struct json_item *item, char *scratch, struct scalar *out);

int scalar_compare(const struct scalar *a, const struct scalar *b);

/* The first of the array's scalars that equals, all others follow it; NULL if there is none. */
struct sorted *wanted_find(const struct wanted *array, const struct scalar *scalar);

/* The object's member of that name, or NULL. */
struct wanted *wanted_member(const struct wanted *object, struct slice name);

static inline bool wanted_is_scalar(const struct wanted *w)
{
    return w->kind != JSON_IS_ARRAY && w->kind != JSON_IS_OBJECT;
}

#endif
