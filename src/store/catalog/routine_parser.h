/*
 * The text of a named query while it is taken apart. Private to routine*.c.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_CATALOG_ROUTINE_PARSER_H
#define THIMBLE_STORE_CATALOG_ROUTINE_PARSER_H

#include "base/buf.h"
#include "store/catalog/routine.h"

#define ABOUT_MAX 8192

/* More than these in one query is a mistake. */
#define PARAMS_MAX 100
#define TYPES_MAX  500
#define PIECES_MAX 1000
#define PARTS_MAX  100

struct parser {
    struct arena *arena;
    struct error *error;
    const char *name;
    struct routine_param params[PARAMS_MAX];
    bool used[PARAMS_MAX];
    size_t n_params;
    struct routine_type types[TYPES_MAX];
    size_t n_types;
    struct routine_piece pieces[PIECES_MAX];
    size_t n_pieces;
    struct routine_part parts[PARTS_MAX];
    size_t n_parts;
    struct buf about;
    struct buf returns; /* a "returns" that goes over several lines, as far as it is read */
};

/* Fails, naming the query and the place. Returns false. */
bool parser_fail(struct parser *p, const char *what, struct slice near);

/* Adds a parameter; `type` may be empty. */
bool parser_add_param(struct parser *p, struct slice name, struct slice type);
int parser_find_param(const struct parser *p, struct slice name);

/* The upper-case copy of a type's name; NULL with the error. */
const char *parser_type(struct parser *p, struct slice type);

/* Reads the comment lines at the top; *at is where the SQL begins. */
bool parser_header(struct parser *p, struct slice sql, struct routine_source *out, size_t *at)
    __attribute__((warn_unused_result));

/* "many", "one (a integer, b json)", "scalar boolean", "file text/html": what follows "returns".
 * *taken is false if it is prose. */
bool parser_returns(struct parser *p, struct slice what, struct routine_source *out, bool *taken)
    __attribute__((warn_unused_result));

#endif
