/* SPDX-License-Identifier: MIT */
#include "sources/sql_files.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"

static bool read_file(struct arena *arena, const char *path, struct slice *out, struct error *e)
{
    FILE *file = fopen(path, "re");
    char chunk[8192], *copy;
    struct buf text;
    size_t n;
    bool ok;

    if (!file)
        return error_set(e, ERROR_FAILURE, "cannot read %s: %s", path, strerror(errno));
    buf_init(&text, SQL_FILE_MAX);
    while ((n = fread(chunk, 1, sizeof chunk, file)) > 0)
        buf_add(&text, chunk, n);
    ok = !ferror(file) || error_set(e, ERROR_FAILURE, "cannot read %s: %s", path, strerror(errno));
    fclose(file);
    copy = arena_copy(arena, buf_slice(&text));
    *out = slice_make(copy, text.len);
    if (ok && text.full)
        ok = error_set(e, ERROR_FAILURE, "%s is over %zu bytes", path, SQL_FILE_MAX);
    else if (ok && (text.failed || !copy))
        ok = error_set(e, ERROR_MEMORY, "out of memory");
    else if (ok && strlen(copy) != text.len)
        ok = error_set(e, ERROR_FAILURE, "%s has a NUL byte in it", path);
    buf_finish(&text);
    return ok;
}

static bool load_file(struct arena *arena, const char *dir, const char *name, struct sql_file *file,
                      struct error *e)
{
    char path[4096];

    file->name = arena_copy(arena, slice_from(name));
    if (!file->name)
        return error_set(e, ERROR_MEMORY, "out of memory");
    if (snprintf(path, sizeof path, "%s/%s", dir, name) >= (int)sizeof path)
        return error_set(e, ERROR_FAILURE, "the path %s is too long", dir);
    return read_file(arena, path, &file->text, e);
}

static bool ends_in_sql(const char *name)
{
    size_t len = strlen(name);

    return name[0] != '.' && len > 4 && strcmp(name + len - 4, ".sql") == 0;
}

static int compare(const void *a, const void *b)
{
    return strcmp(((const struct sql_file *)a)->name, ((const struct sql_file *)b)->name);
}

bool sql_files_read(struct arena *arena, const char *dir, const char *what, struct sql_file **out,
                    size_t *n, struct error *e)
{
    struct sql_file *files = arena_zeroed(arena, SQL_FILES_MAX, sizeof *files);
    DIR *folder = opendir(dir);
    bool ok = files != NULL || error_set(e, ERROR_MEMORY, "out of memory");

    *n = 0;
    *out = files;
    if (!folder)
        return error_set(e, ERROR_FAILURE, "cannot read the %s in %s: %s", what, dir,
                         strerror(errno));
    for (struct dirent *entry; ok && (entry = readdir(folder)) != NULL;) {
        if (!ends_in_sql(entry->d_name))
            continue;
        if (*n == SQL_FILES_MAX)
            ok = error_set(e, ERROR_FAILURE, "%s holds more than %d %s", dir, SQL_FILES_MAX, what);
        else
            ok = load_file(arena, dir, entry->d_name, &files[(*n)++], e);
    }
    closedir(folder);
    if (ok)
        qsort(files, *n, sizeof *files, compare);
    return ok;
}

const char *sql_files_source(const char *setting, char dir[SQL_FILES_DIR_MAX])
{
    const char *comma = strrchr(setting, ',');
    struct stat st;

    if (!comma || (strcmp(comma, ",builtin") != 0 && strcmp(comma, ",none") != 0))
        return setting;
    if (snprintf(dir, SQL_FILES_DIR_MAX, "%.*s", (int)(comma - setting), setting) >=
        SQL_FILES_DIR_MAX)
        return setting;
    /* Only what is not there is passed over: a folder that cannot be read is a mistake. */
    return stat(dir, &st) == 0 || errno != ENOENT ? dir : comma + 1;
}
