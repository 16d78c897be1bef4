/* SPDX-License-Identifier: MIT */
#include "store/access/role_catalog_make.h"

#include <stdarg.h>
#include <stdio.h>

void *making_alloc(struct making *m, size_t count, size_t size)
{
    void *memory = arena_zeroed(&m->part->arena, count ? count : 1, size);

    if (!memory)
        error_set(m->error, ERROR_MEMORY, "the schema does not fit in memory");
    return memory;
}

const char *making_text(struct making *m, const char *format, ...)
{
    va_list args, again;
    char *text;
    int len;

    va_start(args, format);
    va_copy(again, args);
    len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    text = len < 0 ? NULL : making_alloc(m, (size_t)len + 1, 1);
    if (text)
        vsnprintf(text, (size_t)len + 1, format, again);
    va_end(again);
    return text ? text : "";
}

int *role_columns(struct making *m, const struct table *whole, const int *columns, size_t n,
                  bool *all)
{
    const struct role_table_map *map = &m->map[whole->index];
    int *own = making_alloc(m, n, sizeof *own);

    *all = own && map->table;
    for (size_t i = 0; *all && i < n; i++) {
        own[i] = map->column[columns[i]];
        *all = own[i] >= 0 && (size_t)own[i] < map->table->n_readable;
    }
    return own;
}
