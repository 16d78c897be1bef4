/*
 * A request without its values: what requests have in common that the same statement answers. The values
 * are what comes after a filter's operator (of in, each member), after limit= and offset=, and the key of
 * a row's path. What is not understood here is no value: it stays in the shape, letter by letter.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_RESOURCE_REQUEST_SHAPE_H
#define THIMBLE_RESOURCE_REQUEST_SHAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "query/plan_kept.h"

struct call;

/* A longer shape has no plan that is kept, nor has one of more values. */
#define REQUEST_SHAPE_MAX    1024
#define REQUEST_SHAPE_VALUES 32

enum request_kind { REQUEST_OF_LIST, REQUEST_OF_ROW };

struct request_value {
    struct slice text;    /* decoded: a piece of the request, or in the call's arena */
    unsigned short pair;  /* which name=value of the query string it is in, from 0, */
    unsigned short after; /* …and how many bytes of the value come before the first of its texts */
    unsigned short nth;   /* …of several, which */
};

struct request_shape {
    size_t len; /* of text */
    size_t n_values;
    struct plan_texts texts; /* the values, but for their places in the tree */
    struct slice value_texts[REQUEST_SHAPE_VALUES];
    struct request_value values[REQUEST_SHAPE_VALUES];
    char text[REQUEST_SHAPE_MAX]; /* two shapes are the same if all of it is */
};

/* Takes a request apart. False if it has none that is known: whatever is the reason, which whoever
 * answers the request finds. */
bool request_shape_read(struct call *call, enum request_kind kind, struct request_shape *out)
    __attribute__((warn_unused_result));

/* Once the request is parsed: where its tree has the values. False if that cannot be said. */
bool request_shape_places(const struct call *call, enum request_kind kind,
                          const struct request_shape *shape,
                          struct slice texts[REQUEST_SHAPE_VALUES])
    __attribute__((warn_unused_result));

#endif
