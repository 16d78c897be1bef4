/*
 * The catalogue from SQLite's own words: its PRAGMA functions
 * (sqlite.org/pragma.html#pragfunc).
 *
 * SPDX-License-Identifier: MIT
 */
#include "store/catalog/catalog_load.h"

#include <stdlib.h>

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
    return copy ? copy : "";
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

static bool is_internal(struct slice name)
{
    static const char *const prefixes[] = {"sqlite_", "thimble_"};

    for (size_t i = 0; i < 2; i++) {
        size_t len = strlen(prefixes[i]);

        if (name.len >= len &&
            text_equal_nocase(slice_make(name.data, len), slice_make(prefixes[i], len)))
            return true;
    }
    return false;
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

/* What cannot be read is left out: the rest of the schema is still good. */
static bool read_table(struct load *l, struct table *table, bool without_rowid)
{
    struct error cause = error_none();
    struct load inner = {.db = l->db, .arena = l->arena, .warnings = l->warnings, .error = &cause};

    table->quoted = load_quote(l, table->name);
    if (!load_columns(&inner, table)) {
        table->n_columns = 0;
        if (table->kind == TABLE_TABLE)
            return error_set(l->error, cause.code, "%s", cause.message);
        log_some(l->warnings, LOG_WARN, "%s cannot be served: %s", table->name.data, cause.message);
        return load_leave_out(l, &l->unserved, &l->n_unserved, table->name, &cause);
    }
    return load_key(l, table, without_rowid) && load_rights(l, table);
}

/* A name that no path can have. */
static bool is_nameless(struct slice name)
{
    if (name.len == 0)
        log_say(LOG_WARN, "the table with the empty name cannot be served: it has no path");
    return name.len == 0;
}

static enum table_kind kind_of(struct slice type)
{
    return slice_is(type, "view")      ? TABLE_VIEW
           : slice_is(type, "virtual") ? TABLE_VIRTUAL
                                       : TABLE_TABLE;
}

/* Columns: 0 name, 1 type, 2 wr, 3 strict. */
bool load_tables(struct load *l)
{
    static const struct slice sql =
        SLICE_LITERAL("SELECT name,type,wr,strict FROM pragma_table_list WHERE schema='main' AND "
                      "type IN('table','view','virtual') ORDER BY name");
    struct statement *st = statement_get(l->db, sql, l->error);
    enum step step = STEP_FAILED;

    while (st && (step = statement_step(st, l->error)) == STEP_ROW) {
        struct table table = {.kind = kind_of(statement_bytes(st, 1))};

        table.name = slice_from(load_text(l, st, 0));
        table.strict = statement_integer(st, 3) != 0;
        if (is_internal(table.name) || is_nameless(table.name) ||
            (table.kind == TABLE_TABLE && load_is_shadow(l, table.name)))
            continue;
        if (!read_table(l, &table, statement_integer(st, 2) != 0))
            break;
        if (table.n_columns == 0)
            continue;
        table.index = l->n_tables;
        l->tables = load_grow(l, l->tables, l->n_tables, sizeof table);
        if (!l->tables)
            break;
        l->tables[l->n_tables++] = table;
    }
    statement_release(st);
    return step == STEP_DONE && !error_is_set(l->error);
}
