/* SPDX-License-Identifier: MIT */
#include "commands/queries.h"

#include <stdlib.h>
#include <string.h>

#include "commands/builtin.h"
#include "commands/sql_files.h"

#define ARENA_MAX ((size_t)256 << 20)

/* The name of a query is its file's, without .sql: it goes into a path. */
static bool add(struct queries *q, struct routine_source *item, const char *file, struct slice sql,
                struct error *e)
{
    char *name = arena_copy(&q->arena, slice_make(file, strlen(file) - 4));

    if (!name)
        return error_set(e, ERROR_MEMORY, "out of memory");
    if (strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") !=
        strlen(name))
        return error_set(e, ERROR_FAILURE,
                         "%s: a query is called name.sql, of letters, digits, _ and -", file);
    return routine_parse(&q->arena, name, sql, item, e);
}

static bool load_builtin(struct queries *q, struct error *e)
{
    struct routine_source *items =
        arena_zeroed(&q->arena, builtin_queries_count + 1, sizeof *items);

    if (!items)
        return error_set(e, ERROR_MEMORY, "out of memory");
    for (size_t i = 0; i < builtin_queries_count; i++) {
        const struct builtin_file *b = &builtin_queries[i];

        if (!add(q, &items[i], b->file, slice_make(b->sql, b->sql_len), e))
            return false;
    }
    q->set = (struct routine_set){.items = items, .n = builtin_queries_count};
    return true;
}

static bool load_folder(struct queries *q, const char *dir, struct error *e)
{
    struct routine_source *items;
    struct sql_file *files;
    size_t n;

    if (!sql_files_read(&q->arena, dir, "queries", &files, &n, e))
        return false;
    items = arena_zeroed(&q->arena, n + 1, sizeof *items);
    if (!items)
        return error_set(e, ERROR_MEMORY, "out of memory");
    for (size_t i = 0; i < n; i++) {
        if (!add(q, &items[i], files[i].name, files[i].text, e))
            return false;
    }
    q->set = (struct routine_set){.items = items, .n = n};
    return true;
}

bool queries_load(struct queries *q, const char *source, struct error *e)
{
    *q = (struct queries){.set = {.n = 0}};
    arena_init(&q->arena, ARENA_MAX);
    if (strcmp(source, "none") == 0)
        return true;
    return strcmp(source, "builtin") == 0 ? load_builtin(q, e) : load_folder(q, source, e);
}

void queries_finish(struct queries *q)
{
    arena_finish(&q->arena);
    q->set = (struct routine_set){.n = 0};
}
