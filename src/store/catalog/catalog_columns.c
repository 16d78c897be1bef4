/*
 * The columns of a table or view, and its primary key, for the catalogue.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/ascii.h"
#include "store/access/access.h"
#include "store/catalog/catalog_load.h"

#include <sqlite3.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/text.h"
#include "store/catalog/ddl.h"
#include "store/db/collation.h"
#include "store/db/db.h"

/* A column's name, quoted, and its table's. */
#define SQL_MAX ((size_t)1 << 20)

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

void load_column(struct load *l, struct slice name, const char *type, struct column *column)
{
    column->name = slice_make(load_copy(l, name), name.len);
    column->quoted = load_quote(l, column->name);
    column->json_key = json_key(l, column->name);
    column->type = load_copy(l, slice_from(type));
    column->kind = catalog_kind(column->type);
    column->keeps_text = catalog_keeps_text(column->type);
    column->rights = RIGHTS_ALL;
}

void load_column_type(struct load *l, struct column *column, struct slice type)
{
    char *upper = (char *)load_copy(l, type);

    for (char *c = upper; *c; c++)
        *c = ascii_upper(*c);
    column->type = upper;
    column->kind = catalog_kind(upper);
    column->keeps_text = true; /* an expression has no affinity that a type would give it */
    if (column->kind == KIND_OTHER)
        column->kind = KIND_ANY;
}

/* Whether a column that is computed can be: it may call a function that this program has not. */
static bool is_readable(struct load *l, const struct table *table, const struct column *column,
                        struct error *cause)
{
    struct statement *st = NULL;
    struct buf sql;

    buf_init(&sql, SQL_MAX);
    buf_add_text(&sql, "SELECT ");
    buf_add_text(&sql, column->quoted);
    buf_add_text(&sql, " FROM ");
    buf_add_text(&sql, table->quoted);
    if (!sql.failed)
        st = statement_get(l->db, buf_slice(&sql), cause);
    buf_finish(&sql);
    statement_release(st);
    if (st)
        return true;
    return !error_is_set(cause);
}

/* How the column's values are compared; a collation that this program has not cannot
 * (sqlite.org/c3ref/table_column_metadata.html tells its name). */
static bool find_collation(struct load *l, const struct table *table, struct column *column)
{
    const char *name = NULL;
    int rc = sqlite3_table_column_metadata(db_handle(l->db), "main", table->name.data,
                                           column->name.data, NULL, &name, NULL, NULL, NULL);

    column->spells = column->kind == KIND_ANY;
    if (!name)
        return true;
    if (strcasecmp(name, "BINARY") != 0)
        column->spells = true;
    if (rc != SQLITE_OK || collation_is_known(name))
        return true;
    column->missing_collation = load_copy(l, slice_from(name));
    log_some(l->warnings, LOG_WARN,
             "the collation %s of %s.%s is not in this program: it is compared byte by byte, and "
             "what would change an index over it is refused",
             column->missing_collation, table->name.data, column->name.data);
    return !error_is_set(l->error);
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

/* Leaves out what cannot be read, so that the rest can. */
static bool keep_readable(struct load *l, struct table *table)
{
    struct column *columns = (struct column *)table->columns;
    struct unserved *unread = NULL;
    size_t n = 0;

    for (size_t i = 0; i < table->n_columns; i++) {
        struct error cause = error_none();
        bool unreadable = columns[i].generated && !is_readable(l, table, &columns[i], &cause);

        if (unreadable) {
            log_some(l->warnings, LOG_WARN, "the column %s of %s cannot be served: %s",
                     columns[i].name.data, table->name.data, cause.message);
            if (!load_leave_out(l, &unread, &table->n_unserved, columns[i].name, &cause))
                return false;
            continue;
        }
        if (!find_collation(l, table, &columns[i]))
            return false;
        columns[n++] = columns[i];
    }
    table->unserved = unread;
    table->n_columns = n;
    return true;
}

/* A STRICT table's columns hold nothing but their kind. */
static void make_strict(struct column *columns, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        bool is_any = columns[i].kind == KIND_ANY;

        columns[i].rigid = !is_any;
        columns[i].keeps_text |= is_any;
    }
}

/* hidden: 1 is a virtual table's own column, 2 and 3 are generated (pragma_table_xinfo). */
bool load_columns(struct load *l, struct table *table)
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
    table->columns = columns;
    if (step != STEP_DONE || error_is_set(l->error))
        return false;
    if (!columns)
        return true; /* a virtual table with hidden ones alone */
    if (table->strict)
        make_strict(columns, table->n_columns);
    if (table->kind != TABLE_TABLE)
        return true;
    return keep_readable(l, table);
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

/* INTEGER PRIMARY KEY is the rowid, unless it has an index of its own. */
static bool is_rowid_key(struct load *l, const struct table *table, bool without_rowid)
{
    const struct column *column;

    if (table->n_key != 1 || without_rowid)
        return false;
    column = &table->columns[table->key[0]];
    if (!text_equal_nocase(slice_from(column->type), slice_from("INTEGER")))
        return false;
    return !has_key_index(l, table);
}

/* The primary key in its own order; a rowid table's INTEGER PRIMARY KEY is its rowid. */
bool load_key(struct load *l, struct table *table, bool without_rowid)
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
        columns[i].not_null |= without_rowid;
    }
    table->key = key;
    if (is_rowid_key(l, table, without_rowid)) {
        table->rowid_alias = key[0];
        columns[key[0]].not_null = true;
        columns[key[0]].rigid = true;
    }
    table->rowid = rowid_name(table, without_rowid);
    return !error_is_set(l->error);
}
