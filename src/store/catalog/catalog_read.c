/*
 * A catalogue, read step by step.
 *
 * SPDX-License-Identifier: MIT
 */
#include "store/catalog/catalog_load.h"
#include "store/catalog/routine.h"
#include "store/db/collation.h"
#include "store/db/db.h"

static bool load_all(struct load *l, const struct routine_set *set, struct catalog *catalog)
{
    struct routine *routines;

    if (!db_integer(l->db, "PRAGMA schema_version", &catalog->schema_version, l->error))
        return false;
    if (!load_virtuals(l))
        return false;
    if (!load_tables(l))
        return false;
    if (!load_triggers(l, catalog))
        return false;
    if (!load_unique_keys(l))
        return false;
    if (!load_foreign_keys(l))
        return false;
    if (!load_view_keys(l))
        return false;
    if (!load_fts(l))
        return false;
    if (!load_routines(l, set, &routines, &catalog->n_routines))
        return false;
    catalog->tables = l->tables;
    catalog->n_tables = l->n_tables;
    catalog->unserved = l->unserved;
    catalog->n_unserved = l->n_unserved;
    catalog->routines = routines;
    return true;
}

static struct catalog *load_catalog(struct db *db, struct routine_set *routines, bool strict,
                                    struct error *e)
{
    struct catalog *catalog = catalog_new(CATALOG_MAX);
    bool own_snapshot = !db_in_transaction(db);
    struct collations *collations = db_collations(db);
    bool stand_in = collations->handle == NULL;
    struct log_some warnings = {0};
    struct load l = {.db = db, .strict = strict, .warnings = &warnings, .error = e};
    bool ok;

    if (!catalog) {
        error_set(e, ERROR_MEMORY, "out of memory");
        return NULL;
    }
    catalog->set = routine_set_hold(routines);
    l.arena = &catalog->arena;
    if (stand_in)
        collations_stand_in(collations, db_handle(db));
    ok = (!own_snapshot || db_exec(db, "BEGIN", e)) && load_all(&l, routines, catalog);
    log_some_end(&warnings, LOG_WARN,
                 "they cannot be served as they are either; a request says why");
    if (own_snapshot)
        db_rollback(db);
    if (stand_in)
        collations_withdraw(collations);
    if (ok)
        return catalog;
    catalog_drop(catalog);
    return NULL;
}

struct catalog *catalog_load(struct db *db, struct routine_set *routines, struct error *e)
{
    return load_catalog(db, routines, false, e);
}

struct catalog *catalog_load_strict(struct db *db, struct routine_set *routines, struct error *e)
{
    return load_catalog(db, routines, true, e);
}
