/*
 * access check, explain: what in the access files looks like a mistake, and what applies to a request.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>
#include <string.h>

#include "commands/access_explain.h"
#include "commands/command_output.h"
#include "commands/command_run.h"
#include "sources/database.h"
#include "sources/migrations.h"
#include "sources/sources.h"
#include "store/access/access.h"
#include "store/access/access_check.h"

#define PAGE_MAX ((size_t)8 << 20)

/* A database that is not there has the schema that the migrations make. */
static bool make_schema(const struct config *config, struct db *db, struct error *e)
{
    struct migrations m;
    size_t applied;
    bool ok = migrations_load(&m, config->migrations, e);

    if (ok && !m.none)
        ok = migrate_up(db, &m.set, &applied, NULL, NULL, e);
    migrations_finish(&m);
    return ok;
}

static struct db *open_schema(const struct config *config, struct error *e)
{
    struct db *db = database_open_or_none(config, e);
    int64_t version = 0;

    if (!db || !db_integer(db, "PRAGMA schema_version", &version, e))
        return db;
    if (version == 0 && !db_is_read_only(db))
        (void)make_schema(config, db, e);
    return db;
}

/* The whole catalogue with the access files, which must fit. */
static struct catalog *load(struct db *db, const struct store_sources *sources, struct error *e)
{
    struct catalog *catalog = catalog_load_strict(db, sources->routines, e);
    bool ok = catalog && catalog_set_access(catalog, sources->access, e) &&
              access_fits(sources->access, catalog, e);

    if (ok)
        return catalog;
    catalog_drop(catalog);
    return NULL;
}

static bool has_files(const struct store_sources *sources, struct error *e)
{
    return sources->access ||
           error_set(e, ERROR_USAGE, "--access none: there are no access files to look at");
}

static bool fit(const struct config *config, struct db *db, struct store_sources *sources,
                struct error *e)
{
    bool left_out;

    if (!sources_fit(config, db, sources, &left_out, e))
        return false;
    if (left_out)
        fprintf(stderr, "thimble: the built-in queries are left out: the database is not of the "
                        "built-in migrations\n");
    return true;
}

static bool check(const struct config *config, struct access_check *found, struct error *e)
{
    struct store_sources sources;
    struct catalog *catalog = NULL;
    struct db *db = NULL;
    bool ok = sources_load(config, &sources, e);

    if (ok && has_files(&sources, e))
        db = open_schema(config, e);
    if (db && !error_is_set(e) && fit(config, db, &sources, e))
        catalog = load(db, &sources, e);
    ok = catalog && access_check(db, catalog, found, e);
    catalog_drop(catalog);
    db_close(db);
    sources_drop(&sources);
    return ok;
}

static int run_check(const struct config *config)
{
    struct error e = error_none();
    struct access_check found = {0};
    struct buf out;
    int code;
    bool ok;

    buf_init(&out, PAGE_MAX);
    found.out = &out;
    ok = check(config, &found, &e);
    if (ok && found.faults == 0)
        buf_add_text(&out, "nothing is wrong\n");
    code = command_print(&out);
    if (!ok)
        return command_fail(&e);
    return found.faults > 0 ? EXIT_FAILED : code;
}

/* For a request: a database that is there. */
static bool fit_served(const struct config *config, struct store_sources *sources, struct error *e)
{
    struct db *db = database_open_reading(config, e);
    bool ok = db && fit(config, db, sources, e);

    db_close(db);
    return ok;
}

static int run_explain(const struct config *config, const char *request, const char *body)
{
    struct error e = error_none();
    struct store_sources sources;
    struct buf out;
    bool ok;

    buf_init(&out, PAGE_MAX);
    ok = sources_load(config, &sources, &e) && has_files(&sources, &e) &&
         fit_served(config, &sources, &e) &&
         access_explain(config, &sources, request, body, &out, &e);
    sources_drop(&sources);
    if (ok)
        return command_print(&out);
    buf_finish(&out);
    return command_fail(&e);
}

int command_access(const struct config *config, int n_words, char **words)
{
    struct error e = error_none();

    if (n_words == 1 && strcmp(words[0], "check") == 0)
        return run_check(config);
    if (n_words >= 2 && strcmp(words[0], "explain") == 0)
        return run_explain(config, words[1], n_words == 3 ? words[2] : NULL);
    error_set(&e, ERROR_USAGE,
              "access takes check, or explain and a request, as 'GET /tasks?select=*'");
    return command_fail(&e);
}
