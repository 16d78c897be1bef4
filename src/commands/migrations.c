/* SPDX-License-Identifier: MIT */
#include "commands/migrations.h"

#include <stdlib.h>
#include <string.h>

#include "access/digest.h"
#include "commands/builtin.h"
#include "commands/sql_files.h"

#define ARENA_MAX ((size_t)256 << 20)

static bool no_memory(struct error *e)
{
    return error_set(e, ERROR_MEMORY, "out of memory");
}

/* Fills in version and name from the file's name. */
static bool name_migration(struct migrations *m, struct migration *item, struct error *e)
{
    char name[128];

    if (!migrate_parse_file(item->file, &item->version, name))
        return error_set(e, ERROR_FAILURE, "%s: a migration is called NNNN_name.sql, as 0001_%s",
                         item->file, "lists.sql");
    item->name = arena_copy(&m->arena, slice_from(name));
    return item->name || no_memory(e);
}

static int compare(const void *a, const void *b)
{
    const struct migration *x = a, *y = b;

    return (x->version > y->version) - (x->version < y->version);
}

static bool order(struct migrations *m, struct migration *items, size_t n, struct error *e)
{
    qsort(items, n, sizeof *items, compare);
    for (size_t i = 1; i < n; i++) {
        if (items[i].version == items[i - 1].version)
            return error_set(e, ERROR_FAILURE, "%s and %s have the same number", items[i - 1].file,
                             items[i].file);
    }
    m->set = (struct migration_set){items, n};
    return true;
}

static bool load_builtin(struct migrations *m, struct error *e)
{
    size_t n = builtin_migrations_count;
    struct migration *items = arena_zeroed(&m->arena, n + 1, sizeof *items);

    if (!items)
        return no_memory(e);
    for (size_t i = 0; i < n; i++) {
        const struct builtin_file *b = &builtin_migrations[i];

        items[i].file = b->file;
        items[i].sql = slice_make(b->sql, b->sql_len);
        items[i].sha256 = b->sha256;
        if (!name_migration(m, &items[i], e))
            return false;
    }
    return order(m, items, n, e);
}

static bool load_folder(struct migrations *m, const char *dir, struct error *e)
{
    struct migration *items;
    struct sql_file *files;
    size_t n;

    if (!sql_files_read(&m->arena, dir, "migrations", &files, &n, e))
        return false;
    if (n == 0)
        return error_set(e, ERROR_FAILURE,
                         "%s holds no NNNN_name.sql file; --migrations none serves the database "
                         "as it is",
                         dir);
    items = arena_zeroed(&m->arena, n, sizeof *items);
    for (size_t i = 0; items && i < n; i++) {
        char *sha256 = arena_alloc(&m->arena, DIGEST_SHA256_SIZE);

        if (!sha256)
            return no_memory(e);
        digest_sha256(files[i].text, sha256);
        items[i].file = files[i].name;
        items[i].sql = files[i].text;
        items[i].sha256 = sha256;
        if (!name_migration(m, &items[i], e))
            return false;
    }
    return items ? order(m, items, n, e) : no_memory(e);
}

bool migrations_load(struct migrations *m, const char *setting, struct error *e)
{
    char dir[SQL_FILES_DIR_MAX];
    const char *source = sql_files_source(setting, dir);

    *m = (struct migrations){.none = strcmp(source, "none") == 0};
    arena_init(&m->arena, ARENA_MAX);
    if (m->none)
        return true;
    if (strcmp(source, "builtin") == 0)
        return load_builtin(m, e);
    return load_folder(m, source, e);
}

void migrations_finish(struct migrations *m)
{
    arena_finish(&m->arena);
    m->set = (struct migration_set){NULL, 0};
}
