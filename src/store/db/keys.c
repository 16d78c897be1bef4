/*
 * An eponymous virtual table over a list (sqlite.org/vtab.html §2.1.2), as SQLite's own carray is
 * over an array.
 *
 * SPDX-License-Identifier: MIT
 */
#include "store/db/keys.h"

#include <stdio.h>
#include <stdlib.h>

#include <sqlite3.h>

#include "store/db/db.h"

void keys_init(struct keys *k, size_t width, size_t max)
{
    *k = (struct keys){.width = width};
    buf_init(&k->bytes, max);
}

void keys_finish(struct keys *k)
{
    buf_finish(&k->bytes);
    k->n = 0;
}

void keys_clear(struct keys *k)
{
    buf_clear(&k->bytes);
    k->n = 0;
}

static void add(struct buf *b, struct value v)
{
    char type = (char)v.type;

    buf_add_char(b, type);
    switch (v.type) {
    case VALUE_INTEGER: buf_add(b, &v.as.integer, sizeof v.as.integer); break;
    case VALUE_REAL: buf_add(b, &v.as.real, sizeof v.as.real); break;
    case VALUE_TEXT:
    case VALUE_BLOB:
        buf_add(b, &v.as.bytes.len, sizeof v.as.bytes.len);
        buf_add_slice(b, v.as.bytes);
        break;
    case VALUE_NULL:
    case VALUE_SHAPE: break;
    }
}

bool keys_add(struct keys *k, const struct row *row, size_t first, struct error *e)
{
    for (size_t i = 0; i < k->width; i++)
        add(&k->bytes, row_value(row, first + i));
    k->n++;
    if (!k->bytes.failed)
        return true;
    error_set(e, k->bytes.full ? ERROR_ANSWER_TOO_LARGE : ERROR_MEMORY,
              "there are too many rows to answer with");
    return error_hint(e, "Use Prefer: return=minimal.");
}

/* The value at *at, which moves past it. Bytes are borrowed from the list. */
static struct value take(const struct keys *k, size_t *at)
{
    struct value v = {.type = (enum value_type)k->bytes.data[(*at)++]};

    switch (v.type) {
    case VALUE_INTEGER:
        memcpy(&v.as.integer, k->bytes.data + *at, sizeof v.as.integer);
        *at += sizeof v.as.integer;
        break;
    case VALUE_REAL:
        memcpy(&v.as.real, k->bytes.data + *at, sizeof v.as.real);
        *at += sizeof v.as.real;
        break;
    case VALUE_TEXT:
    case VALUE_BLOB:
        memcpy(&v.as.bytes.len, k->bytes.data + *at, sizeof v.as.bytes.len);
        *at += sizeof v.as.bytes.len;
        v.as.bytes.data = k->bytes.data + *at;
        *at += v.as.bytes.len;
        break;
    case VALUE_NULL:
    case VALUE_SHAPE: break;
    }
    return v;
}

/* ---- the virtual table (sqlite.org/vtab.html §2) */

struct cursor {
    sqlite3_vtab_cursor base; /* first member */
    const struct keys *keys;  /* NULL: no list was given */
    size_t at, row;           /* where the row after this one begins; this one's number, from 1 */
    struct value values[ROW_KEYS_MAX];
};

static int connect_table(sqlite3 *handle, void *context, int argc, const char *const *argv,
                         sqlite3_vtab **out, char **message)
{
    char sql[64 + ROW_KEYS_MAX * 5] = "CREATE TABLE k(list HIDDEN";
    size_t used = strlen(sql);
    int rc;
    (void)context, (void)argc, (void)argv, (void)message;

    for (int i = 0; i < ROW_KEYS_MAX; i++)
        used += (size_t)snprintf(sql + used, sizeof sql - used, ",c%d", i);
    snprintf(sql + used, sizeof sql - used, ")");
    rc = sqlite3_declare_vtab(handle, sql);
    if (rc != SQLITE_OK)
        return rc;
    sqlite3_vtab_config(handle, SQLITE_VTAB_DIRECTONLY);
    *out = calloc(1, sizeof **out);
    if (*out)
        return SQLITE_OK;
    return SQLITE_NOMEM;
}

static int disconnect_table(sqlite3_vtab *table)
{
    free(table);
    return SQLITE_OK;
}

/* The list is asked for by "list = ?"; the rows come by their number. */
static int best_index(sqlite3_vtab *table, sqlite3_index_info *info)
{
    (void)table;

    for (int i = 0; i < info->nConstraint; i++) {
        const struct sqlite3_index_constraint *c = &info->aConstraint[i];

        if (c->iColumn != 0 || c->op != SQLITE_INDEX_CONSTRAINT_EQ)
            continue;
        if (!c->usable)
            return SQLITE_CONSTRAINT;
        info->aConstraintUsage[i].argvIndex = 1;
        info->aConstraintUsage[i].omit = 1;
        info->idxNum = 1;
    }
    info->orderByConsumed =
        info->nOrderBy == 1 && info->aOrderBy[0].iColumn < 0 && !info->aOrderBy[0].desc;
    info->estimatedCost = 100;
    info->estimatedRows = 100;
    return SQLITE_OK;
}

static int open_cursor(sqlite3_vtab *table, sqlite3_vtab_cursor **out)
{
    struct cursor *c = calloc(1, sizeof *c);
    (void)table;

    if (!c)
        return SQLITE_NOMEM;
    *out = &c->base;
    return SQLITE_OK;
}

static int close_cursor(sqlite3_vtab_cursor *cursor)
{
    free(cursor);
    return SQLITE_OK;
}

static int next_row(sqlite3_vtab_cursor *cursor)
{
    struct cursor *c = (struct cursor *)cursor;

    c->row++;
    for (size_t i = 0; c->keys && c->row <= c->keys->n && i < c->keys->width; i++)
        c->values[i] = take(c->keys, &c->at);
    return SQLITE_OK;
}

static int filter(sqlite3_vtab_cursor *cursor, int plan, const char *name, int argc,
                  sqlite3_value **argv)
{
    struct cursor *c = (struct cursor *)cursor;
    (void)plan, (void)name;

    c->keys = argc == 1 ? sqlite3_value_pointer(argv[0], VALUE_SHAPE_TYPE) : NULL;
    c->at = c->row = 0;
    return next_row(cursor);
}

static int is_past_end(sqlite3_vtab_cursor *cursor)
{
    const struct cursor *c = (const struct cursor *)cursor;

    return !c->keys || c->row > c->keys->n;
}

static int give_column(sqlite3_vtab_cursor *cursor, sqlite3_context *context, int column)
{
    const struct cursor *c = (const struct cursor *)cursor;
    const struct value *v = &c->values[column > 0 ? column - 1 : 0];

    if (column == 0 || (size_t)column > c->keys->width)
        return SQLITE_OK; /* NULL */
    switch (v->type) {
    case VALUE_INTEGER: sqlite3_result_int64(context, v->as.integer); break;
    case VALUE_REAL: sqlite3_result_double(context, v->as.real); break;
    case VALUE_TEXT:
        sqlite3_result_text64(context, v->as.bytes.data, v->as.bytes.len, SQLITE_STATIC,
                              SQLITE_UTF8);
        break;
    case VALUE_BLOB:
        sqlite3_result_blob64(context, v->as.bytes.data, v->as.bytes.len, SQLITE_STATIC);
        break;
    case VALUE_NULL:
    case VALUE_SHAPE: break;
    }
    return SQLITE_OK;
}

static int give_rowid(sqlite3_vtab_cursor *cursor, sqlite3_int64 *out)
{
    *out = (sqlite3_int64)((const struct cursor *)cursor)->row;
    return SQLITE_OK;
}

bool keys_register(struct db *db, struct error *e)
{
    static const sqlite3_module module = {
        .xConnect = connect_table,
        .xBestIndex = best_index,
        .xDisconnect = disconnect_table,
        .xOpen = open_cursor,
        .xClose = close_cursor,
        .xFilter = filter,
        .xNext = next_row,
        .xEof = is_past_end,
        .xColumn = give_column,
        .xRowid = give_rowid,
    };

    if (sqlite3_create_module_v2(db_handle(db), "thimble_keys", &module, NULL, NULL) == SQLITE_OK)
        return true;
    return error_set(e, ERROR_MEMORY, "out of memory");
}
