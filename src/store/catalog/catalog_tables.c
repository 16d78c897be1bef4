/*
 * Every table and view, as SQLite's table_list tells them (sqlite.org/pragma.html#pragma_table_list).
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/log.h"
#include "base/text.h"
#include "store/catalog/catalog_load.h"
#include "store/db/db.h"

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
    if (!load_key(l, table, without_rowid))
        return false;
    return load_rights(l, table);
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
    if (step != STEP_DONE)
        return false;
    return !error_is_set(l->error);
}
