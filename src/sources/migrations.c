/* SPDX-License-Identifier: MIT */
#include "sources/migrations.h"

#include <stdlib.h>
#include <string.h>

#include "access/digest.h"
#include "sources/builtin.h"
#include "sources/sql_files.h"
#include "store/files/migrate_file.h"

#define ARENA_MAX ((size_t)256 << 20)

/* A file on its way to being a migration. */
struct half {
    struct migration item;
    bool undoes; /* the way down: looked at, never run */
};

static bool no_memory(struct error *e)
{
    return error_set(e, ERROR_MEMORY, "out of memory");
}

/* What the file's name and its text say: version, name, the way up. */
static bool read_half(struct migrations *m, struct half *half, struct error *e)
{
    struct migration *item = &half->item;
    struct migration_file file;

    if (!migrate_parse_file(item->file, &file, e))
        return false;
    half->undoes = file.undoes;
    item->version = file.version;
    item->name = arena_copy(&m->arena, slice_from(file.name));
    if (!item->name)
        return no_memory(e);
    return half->undoes || migrate_way_up(&m->arena, item->file, item->sql, &item->sql, e);
}

/* By version, then by name. */
static int compare_halves(const void *a, const void *b)
{
    const struct half *x = a, *y = b;

    if (x->item.version != y->item.version)
        return x->item.version > y->item.version ? 1 : -1;
    return strcmp(x->item.file, y->item.file);
}

/* "lists" of lists_up and lists-up: the name without its last word, if that is `word`. */
static struct slice without_word(const char *name, const char *word)
{
    size_t len = strlen(name), end = strlen(word);

    if (len <= end + 1 || strcmp(name + len - end, word) != 0 || !strchr("_-", name[len - end - 1]))
        return (struct slice){NULL, 0};
    return slice_make(name, len - end - 1);
}

/* 0001_lists_down.sql and 0001_lists_up.sql are a pair, too; the first comes first. */
static void mark_named_pairs(struct half *halves, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        const struct migration *a = &halves[i - 1].item, *b = &halves[i].item;
        struct slice down = without_word(a->name, "down");
        struct slice up = without_word(b->name, "up");

        if (a->version == b->version && up.len && slice_equal(down, up))
            halves[i - 1].undoes = true;
    }
}

static const struct half *find_way_up(const struct half *halves, size_t n, int64_t version)
{
    for (size_t i = 0; i < n; i++) {
        if (!halves[i].undoes && halves[i].item.version == version)
            return &halves[i];
    }
    return NULL;
}

/* Appends the ways up to `items`; each way down must be the other half of one. */
static bool keep_ways_up(const struct half *halves, size_t n, struct migration *items, size_t *kept,
                         struct error *e)
{
    for (size_t i = 0; i < n; i++) {
        const struct migration *item = &halves[i].item;
        const struct half *up = find_way_up(halves, n, item->version);

        if (!up)
            return error_set(e, ERROR_FAILURE,
                             "%s undoes, and what it undoes is not there; a way down is never run",
                             item->file);
        if (halves[i].undoes)
            continue;
        if (up != &halves[i])
            return error_set(e, ERROR_FAILURE, "%s and %s have the same number", up->item.file,
                             item->file);
        items[(*kept)++] = *item;
    }
    return true;
}

static bool order(struct migrations *m, struct half *halves, size_t n, struct error *e)
{
    struct migration *items = arena_zeroed(&m->arena, n + 1, sizeof *items);
    size_t kept = 0;

    if (!items)
        return no_memory(e);
    for (size_t i = 0; i < n; i++) {
        if (!read_half(m, &halves[i], e))
            return false;
    }
    qsort(halves, n, sizeof *halves, compare_halves);
    mark_named_pairs(halves, n);
    if (!keep_ways_up(halves, n, items, &kept, e))
        return false;
    m->set = (struct migration_set){items, kept};
    return true;
}

static bool load_builtin(struct migrations *m, struct error *e)
{
    size_t n = builtin_migrations_count;
    struct half *halves = arena_zeroed(&m->arena, n + 1, sizeof *halves);

    if (!halves)
        return no_memory(e);
    for (size_t i = 0; i < n; i++) {
        const struct builtin_file *b = &builtin_migrations[i];

        halves[i].item = (struct migration){
            .file = b->file, .sql = slice_make(b->sql, b->sql_len), .sha256 = b->sha256};
    }
    return order(m, halves, n, e);
}

static bool load_folder(struct migrations *m, const char *dir, struct error *e)
{
    struct sql_file *files;
    struct half *halves;
    size_t n;

    if (!sql_files_read(&m->arena, dir, "migrations", &files, &n, e))
        return false;
    if (n == 0)
        return error_set(e, ERROR_FAILURE,
                         "%s holds no NNNN_name.sql file (folders within it are not looked into); "
                         "--migrations none serves the database as it is",
                         dir);
    halves = arena_zeroed(&m->arena, n, sizeof *halves);
    for (size_t i = 0; halves && i < n; i++) {
        char *sha256 = arena_alloc(&m->arena, DIGEST_SHA256_SIZE);

        if (!sha256)
            return no_memory(e);
        digest_sha256(files[i].text, sha256);
        halves[i].item =
            (struct migration){.file = files[i].name, .sql = files[i].text, .sha256 = sha256};
    }
    if (halves)
        return order(m, halves, n, e);
    return no_memory(e);
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
