/*
 * The catalogue from SQLite's own words: its PRAGMA functions
 * (sqlite.org/pragma.html#pragfunc).
 *
 * SPDX-License-Identifier: MIT
 */
#include "store/catalog_load.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/text.h"
#include "store/db.h"
#include "store/ddl.h"

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

/* "name" with its double quotes doubled (sqlite.org/lang_keywords.html). */
static const char *quote(struct load *l, struct slice name)
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

static struct slice json_key(struct load *l, struct slice name)
{
    struct slice key = {NULL, 0};
    struct buf text;

    buf_init(&text, name.len * 6 + 3);
    text_json_string(&text, name);
    buf_add_char(&text, ':');
    if (!text.failed)
        key = slice_make(arena_copy(l->arena, buf_slice(&text)), text.len);
    buf_finish(&text);
    if (!key.data)
        error_set(l->error, ERROR_MEMORY, "the schema does not fit in memory");
    return key;
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

void load_column(struct load *l, struct slice name, const char *type, struct column *column)
{
    column->name = slice_make(load_copy(l, name), name.len);
    column->quoted = quote(l, column->name);
    column->json_key = json_key(l, column->name);
    column->type = load_copy(l, slice_from(type));
    column->kind = catalog_kind(column->type);
    column->keeps_text = catalog_keeps_text(column->type);
}

void load_column_type(struct load *l, struct column *column, struct slice type)
{
    char *upper = (char *)load_copy(l, type);

    for (size_t i = 0; i < type.len && upper[i]; i++)
        upper[i] = (char)(upper[i] >= 'a' && upper[i] <= 'z' ? upper[i] - 32 : upper[i]);
    column->type = upper;
    column->kind = catalog_kind(upper);
    column->keeps_text = true; /* an expression has no affinity that a type would give it */
    if (column->kind == KIND_OTHER)
        column->kind = KIND_ANY;
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

static const char *load_default(struct load *l, struct slice sql)
{
    const char *text = ddl_default(l->arena, sql);

    if (!text)
        error_set(l->error, ERROR_MEMORY, "the schema does not fit in memory");
    return text;
}

/* Columns: 0 name, 1 type, 2 notnull, 3 dflt_value, 4 pk, 5 hidden. */
static void read_column(struct load *l, struct statement *st, struct column *column)
{
    load_column(l, statement_bytes(st, 0), load_text(l, st, 1), column);
    column->not_null = statement_integer(st, 2) != 0;
    if (statement_type(st, 3) != VALUE_NULL)
        column->default_sql = load_default(l, statement_bytes(st, 3));
    column->key_position = (int)statement_integer(st, 4);
    column->generated = statement_integer(st, 5) >= 2;
}

/* hidden: 1 is a virtual table's own column, 2 and 3 are generated (pragma_table_xinfo). */
static bool read_columns(struct load *l, struct table *table)
{
    struct column *columns = NULL;
    struct statement *st = load_query(l,
                                      "SELECT name,type,\"notnull\",dflt_value,pk,hidden "
                                      "FROM pragma_table_xinfo(?1) WHERE hidden<>1 ORDER BY cid",
                                      table->name);
    enum step step = STEP_FAILED;

    while (st && (step = statement_step(st, l->error)) == STEP_ROW) {
        columns = load_grow(l, columns, table->n_columns, sizeof *columns);
        if (!columns)
            break;
        read_column(l, st, &columns[table->n_columns++]);
    }
    statement_release(st);
    for (size_t i = 0; columns && table->strict && i < table->n_columns; i++) {
        columns[i].rigid = columns[i].kind != KIND_ANY;
        columns[i].keeps_text |= columns[i].kind == KIND_ANY;
    }
    table->columns = columns;
    return step == STEP_DONE && !error_is_set(l->error);
}

/* A key that has an index of its own is no rowid: INTEGER PRIMARY KEY DESC
 * (sqlite.org/lang_createtable.html §5). */
static bool has_key_index(struct load *l, const struct table *table)
{
    struct statement *st =
        load_query(l, "SELECT 1 FROM pragma_index_list(?1) WHERE origin='pk'", table->name);
    bool found = st && statement_step(st, l->error) == STEP_ROW;

    statement_release(st);
    return found;
}

/* By a name of the rowid that no column has (sqlite.org/lang_createtable.html §5). */
static const char *rowid_name(const struct table *table, bool without_rowid)
{
    static const char *const names[] = {"rowid", "_rowid_", "oid"};

    if (table->rowid_alias >= 0)
        return table->columns[table->rowid_alias].quoted;
    if (table->kind == TABLE_VIEW || without_rowid)
        return NULL;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (load_find_column(table, slice_from(names[i])) < 0)
            return names[i];
    }
    return NULL;
}

/* The primary key in its own order; a rowid table's INTEGER PRIMARY KEY is its rowid. */
static bool read_key(struct load *l, struct table *table, bool without_rowid)
{
    struct column *columns = (struct column *)table->columns;
    int *key = load_alloc(l, table->n_columns, sizeof *key);

    table->rowid_alias = -1;
    if (!key)
        return false;
    for (size_t i = 0; i < table->n_columns; i++) {
        if (columns[i].key_position == 0)
            continue;
        key[columns[i].key_position - 1] = (int)i;
        table->n_key++;
        columns[i].not_null = columns[i].not_null || without_rowid;
    }
    table->key = key;
    if (table->n_key == 1 && !without_rowid &&
        text_equal_nocase(slice_from(columns[key[0]].type), slice_from("INTEGER")) &&
        !has_key_index(l, table)) {
        table->rowid_alias = key[0];
        columns[key[0]].not_null = true;
        columns[key[0]].rigid = true;
    }
    table->rowid = rowid_name(table, without_rowid);
    return !error_is_set(l->error);
}

/* A view whose SELECT is broken is left out: the rest of the schema is still good. */
static bool read_table(struct load *l, struct table *table, bool without_rowid)
{
    struct error cause = error_none();
    struct load inner = {.db = l->db, .arena = l->arena, .error = &cause};

    table->quoted = quote(l, table->name);
    if (!read_columns(&inner, table)) {
        if (table->kind == TABLE_TABLE)
            return error_set(l->error, cause.code, "%s", cause.message);
        log_say(LOG_WARN, "%s cannot be served: %s", table->name.data, cause.message);
        table->n_columns = 0;
        return true;
    }
    return read_key(l, table, without_rowid) && load_rights(l, table);
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
        if (is_internal(table.name))
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
