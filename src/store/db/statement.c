/* SPDX-License-Identifier: MIT */
#include "store/db/statement.h"

#include <assert.h>
#include <stdlib.h>

#include <sqlite3.h>

#include "store/db/collation.h"
#include "store/db/db.h"
#include "store/db/statement_cache.h"

/* Eight bytes at a time; the texts are ours and long, an attacker does not choose them. */
static uint64_t hash_text(struct slice text)
{
    const uint64_t k = 0x9e3779b97f4a7c15ULL;
    uint64_t h = text.len * k;
    size_t i = 0;

    for (uint64_t word; i + 8 <= text.len; i += 8) {
        memcpy(&word, text.data + i, 8);
        h = (h ^ word) * k;
        h ^= h >> 29;
    }
    for (; i < text.len; i++)
        h = (h ^ (unsigned char)text.data[i]) * k;
    return h ^ (h >> 32);
}

static struct statement *prepare(struct db *db, struct slice sql, uint64_t hash, struct error *e)
{
    struct statement *st = calloc(1, sizeof *st + sql.len + 1);
    char *copy;
    int rc;

    if (!st) {
        error_set(e, ERROR_MEMORY, "out of memory");
        return NULL;
    }
    copy = (char *)(st + 1);
    memcpy(copy, sql.data, sql.len);
    st->db = db;
    st->collations = db_collations(db);
    st->sql = slice_make(copy, sql.len);
    st->hash = hash;
    rc = sqlite3_prepare_v3(db_handle(db), copy, (int)sql.len + 1, SQLITE_PREPARE_PERSISTENT,
                            &st->stmt, NULL);
    if (rc != SQLITE_OK || !st->stmt) {
        db_compile_error(db, rc == SQLITE_OK ? SQLITE_MISUSE : rc, e);
        free(st);
        return NULL;
    }
    if (!db_may_prepare(db, st->stmt)) {
        sqlite3_finalize(st->stmt);
        free(st);
        error_set(e, ERROR_INTERNAL, "a reading connection was asked to write");
        return NULL;
    }
    return st;
}

struct statement *statement_get(struct db *db, struct slice sql, struct error *e)
{
    struct statement_cache *cache = db_statements(db);
    uint64_t hash = hash_text(sql);
    struct statement *st = statement_cache_find(cache, sql, hash);

    if (st && !st->in_use) {
        statement_cache_touch(cache, st);
        counter_add(&cache->hits, 1);
        st->in_use = true;
        return st;
    }
    bool second = st != NULL;
    counter_add(&cache->misses, 1);
    st = prepare(db, sql, hash, e);
    if (!st)
        return NULL;
    st->in_use = true;
    if (!second && cache->max > 0) {
        statement_cache_make_room(cache);
        statement_cache_add(cache, st);
    }
    return st;
}

void statement_release(struct statement *st)
{
    if (!st)
        return;
    st->in_use = false;
    if (st->cached)
        sqlite3_reset(st->stmt);
    else
        statement_free(st);
}

static int bind_one(sqlite3_stmt *stmt, int at, const struct value *v)
{
    /* SQLite takes a NULL pointer for NULL: an empty text or blob needs an address. */
    bool has_bytes = (v->type == VALUE_TEXT || v->type == VALUE_BLOB) && v->as.bytes.data;
    const char *bytes = has_bytes ? v->as.bytes.data : "";

    switch (v->type) {
    case VALUE_NULL: return sqlite3_bind_null(stmt, at);
    case VALUE_INTEGER: return sqlite3_bind_int64(stmt, at, v->as.integer);
    case VALUE_REAL: return sqlite3_bind_double(stmt, at, v->as.real);
    case VALUE_TEXT:
        return sqlite3_bind_text64(stmt, at, bytes, v->as.bytes.len, SQLITE_STATIC, SQLITE_UTF8);
    case VALUE_BLOB: return sqlite3_bind_blob64(stmt, at, bytes, v->as.bytes.len, SQLITE_STATIC);
    case VALUE_SHAPE:
        return sqlite3_bind_pointer(stmt, at, (void *)v->as.shape, VALUE_SHAPE_TYPE, NULL);
    }
    return SQLITE_MISUSE;
}

bool statement_bind(struct statement *st, const struct value *values, size_t n, struct error *e)
{
    assert(n == (size_t)sqlite3_bind_parameter_count(st->stmt));
    for (size_t i = 0; i < n; i++) {
        int rc = bind_one(st->stmt, (int)i + 1, &values[i]);

        if (rc != SQLITE_OK)
            return db_error(st->db, rc, e);
    }
    return true;
}

enum step statement_step(struct statement *st, struct error *e)
{
    int rc = sqlite3_step(st->stmt);

    if (st->collations->asked) {
        collations_refuse(st->collations, e);
        return STEP_FAILED;
    }
    if (rc == SQLITE_ROW)
        return STEP_ROW;
    if (rc == SQLITE_DONE)
        return STEP_DONE;
    db_error(st->db, rc, e);
    return STEP_FAILED;
}

void statement_reset(struct statement *st)
{
    sqlite3_reset(st->stmt);
}

bool statement_run(struct statement *st, struct error *e)
{
    enum step step;

    do {
        step = statement_step(st, e);
    } while (step == STEP_ROW);
    return step == STEP_DONE;
}

enum value_type statement_type(struct statement *st, int column)
{
    switch (sqlite3_column_type(st->stmt, column)) {
    case SQLITE_INTEGER: return VALUE_INTEGER;
    case SQLITE_FLOAT: return VALUE_REAL;
    case SQLITE_TEXT: return VALUE_TEXT;
    case SQLITE_BLOB: return VALUE_BLOB;
    default: return VALUE_NULL;
    }
}

int64_t statement_integer(struct statement *st, int column)
{
    return sqlite3_column_int64(st->stmt, column);
}

double statement_real(struct statement *st, int column)
{
    return sqlite3_column_double(st->stmt, column);
}

/*
 * Text in UTF-8, whatever the file is written in (sqlite.org/pragma.html#pragma_encoding).
 * value_blob leaves UTF-8 as it is: no terminator is added, nothing is copied.
 */
static struct slice text_of(sqlite3_value *v)
{
    const char *bytes;

    if (sqlite3_value_encoding(v) != SQLITE_UTF8)
        (void)sqlite3_value_text(v); /* it is UTF-8 in its place from here */
    bytes = sqlite3_value_blob(v);
    return slice_make(bytes, (size_t)sqlite3_value_bytes(v));
}

static struct slice blob_of(sqlite3_value *v)
{
    const char *bytes = sqlite3_value_blob(v);

    return slice_make(bytes, (size_t)sqlite3_value_bytes(v));
}

struct slice statement_bytes(struct statement *st, int column)
{
    sqlite3_value *v = sqlite3_column_value(st->stmt, column);

    return sqlite3_value_type(v) == SQLITE_TEXT ? text_of(v) : blob_of(v);
}

/* The column is looked up once: each sqlite3_column_… does it anew, and looks for a failed
 * allocation after. */
struct value statement_value(struct statement *st, int column)
{
    sqlite3_value *v = sqlite3_column_value(st->stmt, column);

    switch (sqlite3_value_type(v)) {
    case SQLITE_INTEGER: return value_integer(sqlite3_value_int64(v));
    case SQLITE_FLOAT: return value_real(sqlite3_value_double(v));
    case SQLITE_TEXT: return value_text(text_of(v));
    case SQLITE_BLOB: return value_blob(blob_of(v));
    default: return value_null();
    }
}

size_t statement_columns(struct statement *st)
{
    return (size_t)sqlite3_column_count(st->stmt);
}

const char *statement_column_name(struct statement *st, int column)
{
    const char *name = sqlite3_column_name(st->stmt, column);

    return name ? name : "";
}

const char *statement_column_type(struct statement *st, int column)
{
    const char *type = sqlite3_column_decltype(st->stmt, column);

    return type ? type : "";
}

bool statement_origin(struct statement *st, int column, const char **table, const char **name)
{
    *table = sqlite3_column_table_name(st->stmt, column);
    *name = sqlite3_column_origin_name(st->stmt, column);
    return *table && *name;
}

bool statement_reads_only(struct statement *st)
{
    return sqlite3_stmt_readonly(st->stmt);
}
