/* SPDX-License-Identifier: MIT */
#include "sources/queries.h"

#include <stdlib.h>
#include <string.h>

#include "sources/builtin.h"
#include "sources/sql_files.h"

#define ARENA_MAX ((size_t)256 << 20)

/* The name of a query is its file's, without .sql: it goes into a path. */
static bool add_query(struct routine_set *set, struct routine_source *item, const char *file,
                      struct slice sql, struct error *e)
{
    char *name = arena_copy(&set->arena, slice_make(file, strlen(file) - 4));

    if (!name)
        return error_set(e, ERROR_MEMORY, "out of memory");
    if (strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") !=
        strlen(name))
        return error_set(e, ERROR_FAILURE,
                         "%s: a query is called name.sql, of letters, digits, _ and -", file);
    return routine_parse(&set->arena, name, sql, item, e);
}

static bool load_builtin(struct routine_set *set, struct error *e)
{
    struct routine_source *items =
        arena_zeroed(&set->arena, builtin_queries_count + 1, sizeof *items);

    if (!items)
        return error_set(e, ERROR_MEMORY, "out of memory");
    for (size_t i = 0; i < builtin_queries_count; i++) {
        const struct builtin_file *b = &builtin_queries[i];

        if (!add_query(set, &items[i], b->file, slice_make(b->sql, b->sql_len), e))
            return false;
    }
    set->items = items;
    set->n = builtin_queries_count;
    return true;
}

static bool load_folder(struct routine_set *set, const char *dir, struct error *e)
{
    struct routine_source *items;
    struct sql_file *files;
    size_t n;

    if (!sql_files_read(&set->arena, dir, "queries", &files, &n, e))
        return false;
    items = arena_zeroed(&set->arena, n + 1, sizeof *items);
    if (!items)
        return error_set(e, ERROR_MEMORY, "out of memory");
    for (size_t i = 0; i < n; i++) {
        if (!add_query(set, &items[i], files[i].name, files[i].text, e))
            return false;
    }
    set->items = items;
    set->n = n;
    return true;
}

struct routine_set *queries_load(const char *source, struct error *e)
{
    struct routine_set *set = routine_set_new(ARENA_MAX);
    bool ok;

    if (!set) {
        error_set(e, ERROR_MEMORY, "out of memory");
        return NULL;
    }
    if (strcmp(source, "none") == 0)
        return set;
    ok = strcmp(source, "builtin") == 0 ? load_builtin(set, e) : load_folder(set, source, e);
    if (ok)
        return set;
    routine_set_drop(set);
    return NULL;
}
