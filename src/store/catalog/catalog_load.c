/*
 * The catalogue from SQLite's own words: its PRAGMA functions
 * (sqlite.org/pragma.html#pragfunc).
 *
 * SPDX-License-Identifier: MIT
 */
#include "store/catalog/catalog_load.h"

#include "base/buf.h"
#include "base/log.h"
#include "base/text.h"
#include "store/db/db.h"

void *load_alloc(struct load *l, size_t count, size_t size)
{
    void *memory = arena_zeroed(l->arena, count ? count : 1, size);

    if (!memory)
        error_set(l->error, ERROR_MEMORY, "the schema does not fit in memory");
    return memory;
}

void *load_grow(struct load *l, void *items, size_t n, size_t size)
{
    void *larger;

    if (n > 0 && (n & (n - 1)) != 0) /* room is made at powers of two */
        return items;
    larger = load_alloc(l, n ? n * 2 : 1, size);
    if (larger && n > 0)
        memcpy(larger, items, n * size);
    return larger;
}

const char *load_copy(struct load *l, struct slice text)
{
    char *copy = arena_copy(l->arena, text);

    if (!copy)
        error_set(l->error, ERROR_MEMORY, "the schema does not fit in memory");
    if (copy)
        return copy;
    return "";
}

const char *load_text(struct load *l, struct statement *st, int column)
{
    return load_copy(l, statement_bytes(st, column));
}

struct statement *load_query(struct load *l, const char *sql, struct slice name)
{
    const struct value value = value_text(name);
    struct statement *st = statement_get(l->db, slice_from(sql), l->error);

    if (st && statement_bind(st, &value, 1, l->error))
        return st;
    statement_release(st);
    return NULL;
}

struct table *load_find_table(struct load *l, struct slice name)
{
    for (size_t i = 0; i < l->n_tables; i++) {
        if (text_equal_nocase(l->tables[i].name, name))
            return &l->tables[i];
    }
    return NULL;
}

int load_find_column(const struct table *table, struct slice name)
{
    for (size_t i = 0; i < table->n_columns; i++) {
        if (text_equal_nocase(table->columns[i].name, name))
            return (int)i;
    }
    return -1;
}

const char *load_quote(struct load *l, struct slice name)
{
    char *out = load_alloc(l, name.len * 2 + 3, 1);
    size_t n = 0;

    if (!out)
        return "";
    out[n++] = '"';
    for (size_t i = 0; i < name.len; i++) {
        if (name.data[i] == '"')
            out[n++] = '"';
        out[n++] = name.data[i];
    }
    out[n] = '"';
    return out;
}

struct statement *load_select_all(struct load *l, const char *quoted)
{
    struct statement *st = NULL;
    struct buf sql;

    buf_init(&sql, 4096);
    buf_add_text(&sql, "SELECT * FROM ");
    buf_add_text(&sql, quoted);
    if (!sql.failed)
        st = statement_get(l->db, buf_slice(&sql), l->error);
    buf_finish(&sql);
    return st;
}

bool load_leave_out(struct load *l, struct unserved **list, size_t *n, struct slice name,
                    const struct error *cause)
{
    struct unserved *item;

    *list = load_grow(l, *list, *n, sizeof **list);
    if (!*list)
        return false;
    item = &(*list)[(*n)++];
    item->name = name;
    item->code = cause->code;
    item->reason = load_copy(l, slice_from(cause->message));
    return !error_is_set(l->error);
}
