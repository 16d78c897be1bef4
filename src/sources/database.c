/* SPDX-License-Identifier: MIT */
#include "sources/database.h"

#include <string.h>

#include "query/json_out.h"
#include "store/db/db_files.h"

struct db_options database_options(const struct config *config)
{
    struct db_options options = db_options_default();

    options.synchronous =
        strcmp(config->synchronous, "normal") == 0 ? DB_SYNCHRONOUS_NORMAL : DB_SYNCHRONOUS_FULL;
    options.cache_bytes = config->cache_size;
    options.mmap_bytes = config->mmap_size;
    options.busy_ms = (int)config->busy_timeout_ms;
    options.no_checkpoints = strcmp(config->checkpoint, "off") == 0;
    options.statement_cache = (int)config->statement_cache;
    options.write_row = json_out_cells;
    options.answer_bytes = config->max_answer;
    return options;
}

static struct db *open_with(const struct config *config, enum db_mode mode,
                            const struct db_options *options, struct error *e)
{
    struct db *db = db_open(config->db, mode, options, e);
    int64_t version;

    /* Opening reads nothing: only now is a file that is no database found out. */
    if (db && !db_integer(db, "PRAGMA schema_version", &version, e)) {
        db_close(db);
        return NULL;
    }
    return db;
}

static struct db *open_as(const struct config *config, enum db_mode mode, bool read_only,
                          struct error *e)
{
    struct db_options options = database_options(config);

    options.read_only = read_only;
    return open_with(config, mode, &options, e);
}

static bool is_there(const struct config *config, enum db_access access, struct error *e)
{
    if (access != DB_ABSENT)
        return true;
    return error_set(e, ERROR_FAILURE,
                     "there is no database %s: No such file or directory; "
                     "name one with --db",
                     config->db);
}

bool database_look(const struct config *config, bool create, bool *read_only, char why[256],
                   struct error *e)
{
    enum db_access access;

    *read_only = config->read_only;
    if (!db_look(config->db, &access, why, e))
        return false;
    if (((!create || *read_only) && !is_there(config, access, e)))
        return false;
    *read_only = *read_only || access == DB_UNWRITABLE;
    return true;
}

struct db *database_open_to_serve(const struct config *config, const struct database_use *use,
                                  struct error *e)
{
    struct db_options options = database_options(config);
    enum db_mode mode = use->create ? DB_WRITE : DB_CHECK;

    options.read_only = use->read_only;
    options.stopping = use->stopping;
    return open_with(config, use->read_only ? DB_READ : mode, &options, e);
}

struct db *database_open(const struct config *config, bool create, struct error *e)
{
    enum db_access access;
    char why[256];

    if (!db_look(config->db, &access, why, e))
        return NULL;
    if (!create && !is_there(config, access, e))
        return NULL;
    if (access == DB_UNWRITABLE) {
        error_set(e, ERROR_FAILURE, "%s; database %s can only be read", why, config->db);
        return NULL;
    }
    return open_as(config, create ? DB_WRITE : DB_CHECK, false, e);
}

struct db *database_open_reading(const struct config *config, struct error *e)
{
    enum db_access access;
    char why[256];

    if (!db_look(config->db, &access, why, e))
        return NULL;
    if (!is_there(config, access, e))
        return NULL;
    return open_as(config, DB_READ, false, e);
}

struct db *database_open_or_none(const struct config *config, struct error *e)
{
    struct config none = *config;
    enum db_access access;
    char why[256];

    if (!db_look(config->db, &access, why, e))
        return NULL;
    if (access != DB_ABSENT)
        return open_as(config, DB_READ, access == DB_UNWRITABLE, e);
    none.db = ":memory:";
    return open_as(&none, DB_WRITE, false, e);
}
