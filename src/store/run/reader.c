/* SPDX-License-Identifier: MIT */
#include "store/run/reader.h"

#include <stdlib.h>

#include "store/access/access.h"
#include "store/access/role_views.h"
#include "store/catalog/blame.h"
#include "store/catalog/catalog.h"
#include "store/catalog/statistics.h"
#include "store/db/db.h"
#include "store/db/identity.h"
#include "store/db/statement.h"
#include "store/run/reader_private.h"
#include "store/store.h"

static struct reader *open_with(struct store *store, const struct db_options *options,
                                struct error *e)
{
    struct reader *reader = calloc(1, sizeof *reader);

    if (!reader) {
        error_set(e, ERROR_MEMORY, "out of memory");
        return NULL;
    }
    reader->store = store;
    reader->catalog = store_catalog(store);
    reader->schema_version = reader->catalog->schema_version;
    reader->db = db_open(store->path, DB_READ, options, e);
    if (!reader->db) {
        reader_close(reader);
        return NULL;
    }
    return reader;
}

struct reader *reader_open(struct store *store, struct error *e)
{
    return open_with(store, &store->options, e);
}

struct reader *reader_open_lean(struct store *store, struct error *e)
{
    struct db_options options = store->options;

    options.lean = true;
    return open_with(store, &options, e);
}

void reader_close(struct reader *reader)
{
    if (!reader)
        return;
    if (reader->db)
        reader_release(reader);
    db_close(reader->db);
    catalog_drop(reader->catalog);
    access_drop(reader->access);
    free(reader);
}

static bool follow_schema(struct reader *reader, bool soon, struct error *e)
{
    int64_t version;
    struct catalog *catalog;

    if (!db_integer(reader->db, "PRAGMA schema_version", &version, e))
        return false;
    if (reader->catalog && store_catalog_fits(reader->store, reader->catalog, version))
        return true;
    if (soon && store_catalog_takes_long(reader->store, version))
        return error_set(e, ERROR_OVER_BUDGET, "the schema has changed and is to be read anew");
    catalog = store_catalog_at(reader->store, reader->db, version, e);
    if (!catalog)
        return false;
    catalog_drop(reader->catalog);
    reader->catalog = catalog;
    if (catalog->schema_version != reader->schema_version)
        db_forget_statements(reader->db);
    reader->schema_version = catalog->schema_version;
    return true;
}

static void note_version(struct reader *reader)
{
    uint32_t version = db_data_version(reader->db);
    struct access *access = reader->catalog->access;
    bool same = version == reader->data_version && access == reader->access;

    if (reader->version != 0 && same)
        return;
    if (access != reader->access) {
        access_drop(reader->access);
        reader->access = access_hold(access);
    }
    reader->data_version = version;
    reader->version++;
    reader->version_us = reader->begun_us;
}

static void limit_time(struct reader *reader, int64_t deadline_us)
{
    db_deadline(reader->db, deadline_us);
    db_budget(reader->db, 0);
}

static bool renew(struct reader *reader, int64_t now_us, uint64_t generation, bool soon,
                  struct error *e)
{
    reader_release(reader);
    if (!db_is_unchanged(reader->db, e))
        return false;
    limit_time(reader, 0);
    /* BEGIN takes no lock; reading the schema version starts the snapshot. */
    if (!db_run(reader->db, (struct slice)SLICE_LITERAL("BEGIN"), e))
        return false;
    reader->generation = generation;
    reader->begun_us = now_us;
    if (follow_schema(reader, soon, e)) {
        note_version(reader);
        return true;
    }
    reader_release(reader);
    return false;
}

static bool begin(struct reader *reader, int64_t now_us, int64_t deadline_us, bool soon,
                  struct error *e)
{
    uint64_t generation = store_generation(reader->store);
    bool current = reader->begun_us != 0 && generation == reader->generation &&
                   now_us - reader->begun_us < READER_KEEP_US;

    db_identify(reader->db, NULL); /* the one before is gone, perhaps */
    if (!current && !renew(reader, now_us, generation, soon, e))
        return false;
    limit_time(reader, deadline_us);
    return true;
}

bool reader_begin(struct reader *reader, int64_t now_us, int64_t deadline_us, struct error *e)
{
    return begin(reader, now_us, deadline_us, false, e);
}

bool reader_begin_soon(struct reader *reader, int64_t now_us, int64_t deadline_us, struct error *e)
{
    return begin(reader, now_us, deadline_us, true, e);
}

bool reader_begin_schema(struct reader *reader, int64_t now_us, int64_t deadline_us,
                         struct error *e)
{
    bool recent = reader->begun_us != 0 && now_us - reader->begun_us < READER_KEEP_US;

    db_identify(reader->db, NULL);
    if (!recent && !renew(reader, now_us, store_generation(reader->store), false, e))
        return false;
    limit_time(reader, deadline_us);
    return true;
}

bool reader_attach(struct reader *reader, struct catalog *catalog, struct error *e)
{
    return role_views_attach(reader->db, catalog, e);
}

void reader_identify(struct reader *reader, struct identity *who)
{
    db_identify(reader->db, who);
}

static bool read_to_end(struct statement *st, row_sink *sink, void *context, struct error *e)
{
    bool ok = st && statement_rows(st, sink, context, e) != READING_FAILED;

    statement_release(st);
    return ok;
}

bool reader_rows(struct reader *reader, const struct query *query, row_sink *sink, void *context,
                 struct error *e)
{
    return read_to_end(statement_begin(reader->db, query, e), sink, context, e);
}

bool reader_explain(struct reader *reader, const struct query *query, row_sink *sink, void *context,
                    struct error *e)
{
    struct statement *st;

    db_allow_prepare(reader->db, true);
    st = statement_begin(reader->db, query, e);
    db_allow_prepare(reader->db, false);
    return read_to_end(st, sink, context, e);
}

bool reader_statistics(struct reader *reader, struct slice table, int64_t *rows, struct error *e)
{
    bool before = db_as_owner(reader->db, true);
    bool ok = statistics_rows(reader->db, table, rows, e);

    (void)db_as_owner(reader->db, before);
    return ok;
}

void reader_blame(struct reader *reader, const struct table *table, struct error *e)
{
    if (db_role_serial(reader->db) == 0) /* what is in the schema is told its owner */
        blame_schema(reader->db, table, e);
}

bool reader_check(struct reader *reader, struct error *e)
{
    bool before = db_as_owner(reader->db, true);
    int64_t objects;
    bool ok = db_integer(reader->db, "SELECT count(*) FROM sqlite_schema", &objects, e);

    (void)db_as_owner(reader->db, before);
    return ok;
}

void reader_budget(struct reader *reader, int64_t budget_us)
{
    db_budget(reader->db, budget_us);
}

void reader_cancel_by(struct reader *reader, const _Atomic bool *cancelled)
{
    db_cancel_by(reader->db, cancelled);
}

bool reader_stops(struct reader *reader, struct error *e)
{
    return db_stops(reader->db, e);
}

struct db *reader_db(struct reader *reader)
{
    return reader->db;
}

struct catalog *reader_catalog(struct reader *reader)
{
    return reader->catalog;
}

uint64_t reader_version(const struct reader *reader)
{
    return reader->version;
}

int64_t reader_version_since(const struct reader *reader)
{
    return reader->version_us;
}

void reader_collect(const struct reader *reader, struct db_cache_counts *sum)
{
    db_collect_caches(reader->db, sum);
}

int64_t reader_expires_us(const struct reader *reader)
{
    return reader->begun_us ? reader->begun_us + READER_KEEP_US : 0;
}

void reader_release(struct reader *reader)
{
    if (reader->begun_us)
        db_count_pages(reader->db);
    reader->begun_us = 0;
    db_identify(reader->db, NULL); /* whom it was for may be with another thread, or gone */
    db_end_reading(reader->db);
}

void reader_rest(struct reader *reader)
{
    reader_release(reader);
    db_rest(reader->db);
    catalog_drop(reader->catalog);
    reader->catalog = NULL;
}
