/* SPDX-License-Identifier: MIT */
#include "store/db/statement.h"

#include <assert.h>
#include <stdlib.h>

#include <sqlite3.h>

#include "store/access/fence.h"
#include "store/db/collation.h"
#include "store/db/db.h"
#include "store/db/identity.h"
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

static int prepare_as_owner(struct statement *st)
{
    return sqlite3_prepare_v3(db_handle(st->db), st->sql.data, (int)st->sql.len + 1,
                              SQLITE_PREPARE_PERSISTENT, &st->row.stmt, NULL);
}

/* What the role may not mention is refused here, whatever made the statement. */
static int prepare_for_role(struct statement *st, struct error *e)
{
    struct fence fence = {.role = db_identity(st->db)->catalog};
    int rc;

    db_fence(st->db, &fence);
    rc = prepare_as_owner(st);
    db_fence(st->db, NULL);
    if (rc == SQLITE_OK && !fence_passes(&fence, st->sql)) {
        sqlite3_finalize(st->row.stmt);
        rc = SQLITE_AUTH;
    }
    if (rc == SQLITE_ERROR && !fence.denied[0])
        (void)fence_hides(&fence, sqlite3_errmsg(db_handle(st->db)));
    if (rc != SQLITE_OK && fence.denied[0])
        error_set(e, ERROR_FORBIDDEN, "permission denied for table %s", fence.denied);
    if (fence.target)
        st->write = (struct statement_write){fence.target->index + 1, fence.writes, fence.chosen,
                                             fence.tells_rows};
    return rc;
}

static struct statement *new_statement(struct db *db, struct slice sql, uint64_t serial,
                                       uint64_t hash, struct error *e)
{
    struct statement *st = calloc(1, sizeof *st + sql.len + 1);
    char *copy;

    if (!st) {
        error_set(e, ERROR_MEMORY, "out of memory");
        return NULL;
    }
    copy = (char *)(st + 1);
    memcpy(copy, sql.data, sql.len);
    st->db = db;
    st->collations = db_collations(db);
    st->running = db_running(db);
    st->sql = slice_make(copy, sql.len);
    st->serial = serial;
    st->hash = hash;
    return st;
}

static struct statement *prepare(struct db *db, struct slice sql, uint64_t serial, uint64_t hash,
                                 struct error *e)
{
    struct statement *st = new_statement(db, sql, serial, hash, e);
    int rc;

    if (!st)
        return NULL;
    rc = serial ? prepare_for_role(st, e) : prepare_as_owner(st);
    if (rc != SQLITE_OK || !st->row.stmt) {
        db_compile_error(db, rc == SQLITE_OK ? SQLITE_MISUSE : rc, e);
        free(st);
        return NULL;
    }
    if (!db_may_prepare(db, st->row.stmt)) {
        sqlite3_finalize(st->row.stmt);
        free(st);
        error_set(e, ERROR_INTERNAL, "a reading connection was asked to write");
        return NULL;
    }
    return st;
}

struct statement *statement_get(struct db *db, struct slice sql, struct error *e)
{
    struct statement_cache *cache = db_statements(db);
    uint64_t serial = db_role_serial(db), hash = hash_text(sql) ^ serial;
    struct statement *st = statement_cache_find(cache, sql, serial, hash);

    if (st && !st->in_use) {
        statement_cache_touch(cache, st);
        counter_add(&cache->hits, 1);
        st->in_use = true;
        return st;
    }
    bool second = st != NULL;
    counter_add(&cache->misses, 1);
    st = prepare(db, sql, serial, hash, e);
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
        sqlite3_reset(st->row.stmt);
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

size_t statement_parameters(const struct statement *st)
{
    return (size_t)sqlite3_bind_parameter_count(st->row.stmt);
}

bool statement_bind(struct statement *st, const struct value *values, size_t n, struct error *e)
{
    assert(n == statement_parameters(st));
    return statement_bind_more(st, 0, values, n, e);
}

bool statement_bind_more(struct statement *st, size_t bound, const struct value *values, size_t n,
                         struct error *e)
{
    for (size_t i = 0; i < n; i++) { /* SQLite refuses one that is too many */
        int rc = bind_one(st->row.stmt, (int)(bound + i) + 1, &values[i]);

        if (rc != SQLITE_OK)
            return db_error(st->db, rc, e);
    }
    return true;
}

enum step statement_step(struct statement *st, struct error *e)
{
    int rc;

    *st->running = st;
    rc = sqlite3_step(st->row.stmt);
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
    sqlite3_reset(st->row.stmt);
}

/* The statement of the reference, if it is there and idle; else NULL. */
static struct statement *find_again(struct db *db, const struct statement_ref *ref)
{
    struct statement_cache *cache = db_statements(db);
    struct statement *st = ref->statement;

    if (ref->moment != cache->moment || st->in_use || st->serial != db_role_serial(db))
        return NULL;
    statement_cache_touch(cache, st);
    counter_add(&cache->hits, 1);
    st->in_use = true;
    return st;
}

static struct statement *get_by_ref(struct db *db, const struct query *query, struct error *e)
{
    struct statement *st = find_again(db, query->ref);

    if (st)
        return st;
    st = statement_get(db, query->sql, e);
    if (st && st->cached)
        *query->ref = (struct statement_ref){st, db_statements(db)->moment};
    return st;
}

struct statement *statement_begin(struct db *db, const struct query *query, struct error *e)
{
    struct statement *st = query->ref ? get_by_ref(db, query, e) : statement_get(db, query->sql, e);

    if (st && statement_bind(st, query->values, query->n_values, e))
        return st;
    statement_release(st);
    return NULL;
}

enum reading_state statement_rows(struct statement *st, row_sink *sink, void *context,
                                  struct error *e)
{
    enum row_verdict verdict = ROW_MORE;
    enum step step = STEP_DONE;

    while (verdict == ROW_MORE && (step = statement_step(st, e)) == STEP_ROW)
        verdict = sink(context, &st->row, e);
    if (verdict == ROW_PAUSE)
        return READING_PAUSED;
    return step == STEP_FAILED || verdict == ROW_FAILED ? READING_FAILED : READING_ENDED;
}

bool statement_run(struct statement *st, struct error *e)
{
    enum step step;

    do {
        step = statement_step(st, e);
    } while (step == STEP_ROW);
    return step == STEP_DONE;
}
