/*
 * Where among a token's claims the role is: PostgREST's JSPath, `.roles[0]`, `."https://x/role"`,
 * `.roles[?(@ ^== "app_")]`, `.groups[0][1:]`, and the singular queries of RFC 9535, `$.a['b'][-1]`.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_ACCESS_TOKEN_CLAIM_PATH_H
#define THIMBLE_ACCESS_TOKEN_CLAIM_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/slice.h"

#define CLAIM_PATH_STEPS 16
#define CLAIM_PATH_MAX   ((size_t)512)

enum claim_step_kind {
    STEP_MEMBER,
    STEP_ELEMENT,
    /* the first of an array's strings that … */
    STEP_EQUAL,
    STEP_NOT_EQUAL,
    STEP_BEGINS,
    STEP_ENDS,
    STEP_CONTAINS,
    STEP_CUT, /* the string's characters from `from` to before `to` */
};

struct claim_step {
    enum claim_step_kind kind;
    struct slice text; /* a name, or what is compared with; within the path's */
    int64_t from, to;  /* negative: counted from the end; STEP_ELEMENT: `from` */
};

struct claim_path {
    size_t n;
    struct claim_step steps[CLAIM_PATH_STEPS];
    char text[CLAIM_PATH_MAX]; /* names and texts without their escapes: not to be moved */
    size_t used;
};

/* Reads a path. False with ERROR_USAGE, what is expected, and where. */
bool claim_path_read(struct claim_path *path, struct slice text, struct error *e)
    __attribute__((warn_unused_result));

/*
 * What the path finds in an object that json_text_is_object has seen: a string's value, another
 * value as it is spelled; in the arena or the object. Empty: it finds nothing, null, or an empty text.
 */
struct slice claim_path_find(const struct claim_path *path, struct slice object,
                             struct arena *arena);

#endif
