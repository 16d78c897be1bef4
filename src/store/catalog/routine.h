/*
 * Named queries: SQL that its owner wrote, called by name with parameters. The text is taken
 * apart once (routine_parse); the catalogue compiles it against each schema it meets.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_CATALOG_ROUTINE_H
#define THIMBLE_STORE_CATALOG_ROUTINE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/slice.h"
#include "store/catalog/catalog.h"

enum routine_returns {
    RETURNS_MANY,    /* rows */
    RETURNS_ONE,     /* the first row */
    RETURNS_SCALAR,  /* the first column of the first row */
    RETURNS_FILE,    /* the first row is an answer: its body, its status, its header fields */
    RETURNS_SCALARS, /* a list of values: the only column of each row */
};

static inline bool routine_is_scalar(enum routine_returns returns)
{
    return returns == RETURNS_SCALAR || returns == RETURNS_SCALARS;
}

/* The name of a scalar's only column, as PostgREST has it. */
#define ROUTINE_SCALAR "pgrst_scalar"

struct buf;

struct routine_param {
    struct column column;  /* its name and type; what query/literal.h needs */
    bool is_array;         /* many values of that type: bound as the text of a JSON array */
    bool optional;         /* has a default */
    bool default_null;     /* …which is NULL */
    struct slice fallback; /* …or this text */
};

/* Text of a statement up to a parameter, and the parameter (-1 at the end). */
struct routine_piece {
    struct slice sql;
    int param;
};

/* One statement. */
struct routine_part {
    const struct routine_piece *pieces;
    size_t n_pieces;
};

/* A column of the result whose type is declared. */
struct routine_type {
    struct slice name; /* empty: a scalar's */
    const char *type;  /* upper case */
};

struct routine_source {
    struct slice name;  /* NUL-terminated */
    struct slice about; /* the comment at its top, or empty; NUL-terminated */
    bool writes;
    bool definer; /* it runs with its owner's rights, not with those of who calls it */
    enum routine_returns returns;
    const char *media; /* RETURNS_FILE: its media type, NULL: a column says it */
    const struct routine_type *types;
    size_t n_types;
    int body; /* the parameter that is the whole body, -1: none is */
    const struct routine_param *params;
    size_t n_params;
    const struct routine_part *parts;
    size_t n_parts;
};

/* Shared by the catalogues that were made with it; the last reference frees it. */
struct routine_set {
    const struct routine_source *items; /* sorted by name */
    size_t n;
    struct arena arena; /* what `items` lies in */
    _Atomic unsigned references;
};

/* A routine that compiles against the catalogue's schema. */
struct routine {
    const struct routine_source *source;
    struct table result; /* the columns of the last statement; none: it gives no rows */
    bool is_select;      /* the last statement can stand in a FROM clause */
};

/* An empty set with one reference and an arena of `max` bytes. NULL without memory. */
struct routine_set *routine_set_new(size_t max);
struct routine_set *routine_set_hold(struct routine_set *set); /* one more; takes NULL */
void routine_set_drop(struct routine_set *set);                /* one less; takes NULL */

/*
 * Takes the text of the query `name` apart. The comment lines at its top are description but
 * for these (docs/api.md, "Named queries"):
 *
 *   -- write
 *   -- security definer|invoker
 *   -- returns many|one [(column type, …)] | [many] scalar [type] | file [media/type]
 *   -- :parameter [type[[]]] [= default]
 *   -- body :parameter [type]
 *
 * False with ERROR_FAILURE in one line that names the query and the line. Everything is in
 * `arena`, `sql` is borrowed.
 */
bool routine_parse(struct arena *arena, const char *name, struct slice sql,
                   struct routine_source *out, struct error *e) __attribute__((warn_unused_result));

/*
 * The same routine for a role, whose catalogue has its tables already: each table that the text
 * mentions is the role's view of it, by a WITH in front; relations lead to the role's tables. In `arena`.
 * False with ERROR_MEMORY.
 */
bool routine_for_role(struct arena *arena, const struct catalog *role,
                      const struct routine *routine, struct routine *out, struct error *e)
    __attribute__((warn_unused_result));

/* The statement as SQLite takes it, a ? for each parameter: no longer than ROUTINE_SQL_MAX. */
#define ROUTINE_SQL_MAX ((size_t)1 << 20)
void routine_part_sql(struct buf *b, const struct routine_part *part);

/* The parameter of that name, or -1. */
int routine_find_param(const struct routine_source *source, struct slice name);

/* ---- routine_file.c: the columns of a query that returns a file */

/* Bytes of a header field's name and its end. */
#define ROUTINE_HEADER_MAX 128

enum file_role {
    FILE_BODY,   /* the one column that is none of the others */
    FILE_STATUS, /* status */
    FILE_TYPE,   /* content_type */
    FILE_HEADER, /* header_cache_control: Cache-Control */
};
enum file_role routine_file_role(struct slice column);

/* The header field that the column is; false if a query may not set it. */
bool routine_header_name(struct slice column, char out[ROUTINE_HEADER_MAX]);

/* True if `s` is type "/" subtype, with parameters or not (RFC 9110 §8.3.1). */
bool routine_media_type(struct slice s);

/* By exact name; NULL if there is none. */
const struct routine *catalog_routine(const struct catalog *catalog, struct slice name);
const char *catalog_suggest_routine(const struct catalog *catalog, struct slice name);

#endif
