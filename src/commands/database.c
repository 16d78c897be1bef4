/* SPDX-License-Identifier: MIT */
#include "commands/database.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "query/json_out.h"

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

static struct db *open_as(const struct config *config, enum db_mode mode, struct error *e)
{
    struct db_options options = database_options(config);
    struct db *db;
    int64_t version;

    if (mode != DB_WRITE && access(config->db, F_OK) != 0) {
        error_set(e, ERROR_FAILURE, "there is no database %s: %s; name one with --db", config->db,
                  strerror(errno));
        return NULL;
    }
    db = db_open(config->db, mode, &options, e);
    /* Opening reads nothing: only now is a file that is no database found out. */
    if (db && !db_integer(db, "PRAGMA schema_version", &version, e)) {
        db_close(db);
        return NULL;
    }
    return db;
}

struct db *database_open(const struct config *config, bool create, struct error *e)
{
    return open_as(config, create ? DB_WRITE : DB_CHECK, e);
}

struct db *database_open_reading(const struct config *config, struct error *e)
{
    return open_as(config, DB_READ, e);
}
