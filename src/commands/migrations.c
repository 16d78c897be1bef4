/* SPDX-License-Identifier: MIT */
#include "commands/migrations.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "access/digest.h"
#include "commands/builtin.h"

#define FILE_MAX  ((size_t)16 << 20)
#define ARENA_MAX ((size_t)256 << 20)
#define FILES_MAX 4096

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
        const struct builtin_migration *b = &builtin_migrations[i];

        items[i].file = b->file;
        items[i].sql = slice_make(b->sql, b->sql_len);
        items[i].sha256 = b->sha256;
        if (!name_migration(m, &items[i], e))
            return false;
    }
    return order(m, items, n, e);
}

static bool read_sql(struct migrations *m, const char *path, struct migration *item,
                     struct error *e)
{
    FILE *file = fopen(path, "re");
    struct buf text;
    char chunk[8192], *sha256 = arena_alloc(&m->arena, DIGEST_SHA256_SIZE);
    size_t n;
    bool ok;

    if (!file)
        return error_set(e, ERROR_FAILURE, "cannot read %s: %s", path, strerror(errno));
    buf_init(&text, FILE_MAX);
    while ((n = fread(chunk, 1, sizeof chunk, file)) > 0)
        buf_add(&text, chunk, n);
    ok = !ferror(file);
    fclose(file);
    item->sql = slice_make(arena_copy(&m->arena, buf_slice(&text)), text.len);
    if (!ok)
        error_set(e, ERROR_FAILURE, "cannot read %s: %s", path, strerror(errno));
    else if (text.full)
        ok = error_set(e, ERROR_FAILURE, "%s is over %zu bytes", path, FILE_MAX);
    else if (text.failed || !item->sql.data || !sha256)
        ok = no_memory(e);
    else if (strlen(item->sql.data) != item->sql.len)
        ok = error_set(e, ERROR_FAILURE, "%s has a NUL byte in it", path);
    else
        digest_sha256(item->sql, sha256);
    item->sha256 = sha256;
    buf_finish(&text);
    return ok;
}

static bool load_file(struct migrations *m, const char *dir, const char *name,
                      struct migration *item, struct error *e)
{
    char path[4096];

    item->file = arena_copy(&m->arena, slice_from(name));
    if (!item->file)
        return no_memory(e);
    if (snprintf(path, sizeof path, "%s/%s", dir, name) >= (int)sizeof path)
        return error_set(e, ERROR_FAILURE, "the path %s is too long", dir);
    return name_migration(m, item, e) && read_sql(m, path, item, e);
}

static bool ends_in_sql(const char *name)
{
    size_t len = strlen(name);

    return name[0] != '.' && len > 4 && strcmp(name + len - 4, ".sql") == 0;
}

static bool load_folder(struct migrations *m, const char *dir, struct error *e)
{
    struct migration *items = arena_zeroed(&m->arena, FILES_MAX, sizeof *items);
    DIR *folder = opendir(dir);
    size_t n = 0;
    bool ok = items != NULL || no_memory(e);

    if (!folder)
        return error_set(e, ERROR_FAILURE, "cannot read the migrations in %s: %s", dir,
                         strerror(errno));
    for (struct dirent *entry; ok && (entry = readdir(folder)) != NULL;) {
        if (!ends_in_sql(entry->d_name))
            continue;
        if (n == FILES_MAX)
            ok = error_set(e, ERROR_FAILURE, "%s holds more than %d migrations", dir, FILES_MAX);
        else
            ok = load_file(m, dir, entry->d_name, &items[n++], e);
    }
    closedir(folder);
    if (ok && n == 0)
        ok = error_set(e, ERROR_FAILURE,
                       "%s holds no NNNN_name.sql file; --migrations none serves the database as "
                       "it is",
                       dir);
    return ok && order(m, items, n, e);
}

bool migrations_load(struct migrations *m, const char *source, struct error *e)
{
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
