/* SPDX-License-Identifier: MIT */
#include "sources/access.h"

#include <string.h>

#include "sources/builtin.h"
#include "sources/sql_files.h"
#include "store/access/access.h"

#define ARENA_MAX ((size_t)256 << 20)

/* Files on their way: what is read of them outlives them. */
struct texts {
    struct access_file *files;
    size_t n;
    struct arena arena;
};

static bool make_room(struct texts *t, size_t n, struct error *e)
{
    t->n = n;
    t->files = arena_zeroed(&t->arena, n + 1, sizeof *t->files);
    return t->files || error_set(e, ERROR_MEMORY, "out of memory");
}

static bool read_builtin(struct texts *t, struct error *e)
{
    if (builtin_access_count == 0)
        return error_set(e, ERROR_FAILURE, "--access builtin: there are none in this binary");
    if (!make_room(t, builtin_access_count, e))
        return false;
    for (size_t i = 0; i < t->n; i++) {
        const struct builtin_file *b = &builtin_access[i];

        t->files[i] = (struct access_file){b->file, slice_make(b->sql, b->sql_len)};
    }
    return true;
}

static bool read_folder(struct texts *t, const char *dir, struct error *e)
{
    struct sql_file *files;
    size_t n;

    if (!sql_files_read(&t->arena, dir, "access files", &files, &n, e))
        return false;
    if (n == 0)
        return error_set(
            e, ERROR_FAILURE,
            "%s holds no .sql file (folders within it are not looked into); --access none "
            "lets everybody do everything",
            dir);
    if (!make_room(t, n, e))
        return false;
    for (size_t i = 0; i < n; i++)
        t->files[i] = (struct access_file){files[i].name, files[i].text};
    return true;
}

bool access_files_load(const char *setting, struct access **out, struct error *e)
{
    char dir[SQL_FILES_DIR_MAX];
    const char *source = sql_files_source(setting, dir);
    struct texts t = {0};
    bool ok;

    *out = NULL;
    if (strcmp(source, "none") == 0)
        return true;
    arena_init(&t.arena, ARENA_MAX);
    ok = strcmp(source, "builtin") == 0 ? read_builtin(&t, e) : read_folder(&t, source, e);
    if (ok)
        *out = access_parse(t.files, t.n, e);
    arena_finish(&t.arena);
    return *out != NULL;
}
