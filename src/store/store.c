/* SPDX-License-Identifier: MIT */
#include "store/store.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/log.h"
#include "store/access/access.h"
#include "store/access/access_presets.h"
#include "store/access/role_catalog.h"
#include "store/access/role_views_check.h"
#include "store/catalog/blame.h"
#include "store/catalog/routine.h"
#include "store/db/db.h"

/* Tables of a catalogue that takes long to read: some 0.1 ms each. */
#define LARGE_CATALOG 50

/* Bytes of what is made of a catalogue that are not kept for nothing. */
#define LARGE_EXTRA ((size_t)1 << 20)

/* Do its policies and presets compile? On a connection of its own: a role's views take memory as long as it
 * is open. */
static bool role_fits(const struct store *store, struct catalog *part, struct error *e)
{
    struct db *db = db_open(store->path, DB_READ, &store->options, e);
    bool ok = db && role_views_check(db, part, e) && access_presets_fit(db, part, e);

    db_close(db);
    return ok;
}

static bool roles_fit(const struct store *store, struct catalog *catalog, struct error *e)
{
    bool ok = true;

    for (size_t i = 0; ok && i < catalog->access->n_roles; i++) {
        struct catalog *part = catalog_of_role(catalog, i, e);

        ok = part && role_fits(store, part, e);
        catalog_drop(part);
        catalog_forget_parts(catalog); /* nobody else has it yet, and most are never asked for */
    }
    return ok;
}

/* All of it must be good. */
static struct catalog *load_strict(const struct store *store, struct db *db,
                                   const struct store_sources *sources, struct error *e)
{
    struct catalog *catalog = catalog_load_strict(db, sources->routines, e);
    bool ok = catalog != NULL;

    if (ok && sources->access)
        ok = catalog_set_access(catalog, sources->access, e) &&
             access_fits(sources->access, catalog, e) && roles_fit(store, catalog, e);
    if (ok)
        return catalog;
    catalog_drop(catalog);
    return NULL;
}

bool store_open(struct store *store, const char *path, const struct db_options *options,
                const struct store_sources *sources, struct error *e)
{
    static const struct store_sources none = {0};
    struct db *db = db_open(path, options->read_only ? DB_READ : DB_CHECK, options, e);

    *store = (struct store){.path = path, .options = *options};
    pthread_mutex_init(&store->lock, NULL);
    pthread_mutex_init(&store->reading, NULL);
    if (!sources)
        sources = &none;
    atomic_init(&store->routines, routine_set_hold(sources->routines));
    atomic_init(&store->access, access_hold(sources->access));
    if (db)
        store->catalog = load_strict(store, db, sources, e);
    if (store->catalog)
        blame_at_start(db, store->catalog);
    db_close(db);
    if (store->catalog)
        return true;
    store_close(store);
    return false;
}

void store_close(struct store *store)
{
    catalog_drop(store->catalog);
    store->catalog = NULL;
    routine_set_drop(atomic_exchange(&store->routines, NULL));
    access_drop(atomic_exchange(&store->access, NULL));
    pthread_mutex_destroy(&store->lock);
    pthread_mutex_destroy(&store->reading);
}

bool store_set_sources(struct store *store, struct db *db, const struct store_sources *sources,
                       struct error *e)
{
    struct catalog *catalog = load_strict(store, db, sources, e);
    struct store_sources old;

    if (!catalog)
        return false;
    blame_at_start(db, catalog);
    pthread_mutex_lock(&store->lock);
    catalog_drop(store->catalog);
    store->catalog = catalog;
    old.routines = atomic_exchange(&store->routines, routine_set_hold(sources->routines));
    old.access = atomic_exchange(&store->access, access_hold(sources->access));
    pthread_mutex_unlock(&store->lock);
    routine_set_drop(old.routines);
    access_drop(old.access);
    return true;
}

struct catalog *store_catalog(struct store *store)
{
    pthread_mutex_lock(&store->lock);
    struct catalog *catalog = catalog_hold(store->catalog);
    pthread_mutex_unlock(&store->lock);
    return catalog;
}

static struct store_sources hold_sources(struct store *store)
{
    struct store_sources sources;

    pthread_mutex_lock(&store->lock);
    sources.routines = routine_set_hold(atomic_load(&store->routines));
    sources.access = access_hold(atomic_load(&store->access));
    pthread_mutex_unlock(&store->lock);
    return sources;
}

/* The schema has changed under the files: what is not there nobody has, and the rest holds. */
static void warn_if_misfit(const struct catalog *catalog)
{
    struct error e = error_none();

    if (catalog->access && !access_fits(catalog->access, catalog, &e))
        log_say(LOG_WARN, "the schema has changed, and the access files do not fit it: %s",
                e.message);
}

static struct catalog *load_lenient(struct store *store, struct db *db, struct error *e)
{
    struct store_sources sources = hold_sources(store);
    struct catalog *catalog = catalog_load(db, sources.routines, e);

    if (catalog && sources.access && !catalog_set_access(catalog, sources.access, e)) {
        catalog_drop(catalog);
        catalog = NULL;
    }
    routine_set_drop(sources.routines);
    access_drop(sources.access);
    return catalog;
}

/*
 * A loop with an older snapshot may come after one with a newer: it gets a catalogue of
 * its own and the shared one stays the newer (schema_version only grows, except when a
 * file is replaced, and then the next renewal settles it).
 */
static struct catalog *read_catalog(struct store *store, struct db *db, struct error *e)
{
    struct catalog *catalog = load_lenient(store, db, e);

    if (!catalog)
        return NULL;
    warn_if_misfit(catalog);
    pthread_mutex_lock(&store->lock);
    if (catalog->schema_version > store->catalog->schema_version &&
        store_catalog_fits(store, catalog, catalog->schema_version)) {
        catalog_drop(store->catalog);
        store->catalog = catalog_hold(catalog);
    }
    pthread_mutex_unlock(&store->lock);
    return catalog;
}

/* The shared one if it fits, else NULL. */
static struct catalog *shared_at(struct store *store, int64_t schema_version)
{
    struct catalog *catalog = store_catalog(store);

    if (store_catalog_fits(store, catalog, schema_version))
        return catalog;
    catalog_drop(catalog);
    return NULL;
}

struct catalog *store_catalog_at(struct store *store, struct db *db, int64_t schema_version,
                                 struct error *e)
{
    struct catalog *catalog = shared_at(store, schema_version);

    if (catalog)
        return catalog;
    pthread_mutex_lock(&store->reading);
    catalog = shared_at(store, schema_version);
    if (!catalog)
        catalog = read_catalog(store, db, e);
    pthread_mutex_unlock(&store->reading);
    return catalog;
}

void store_forget(struct store *store, int64_t since_us)
{
    struct catalog *catalog = store_catalog(store);

    catalog_forget_extra(catalog, LARGE_EXTRA, since_us);
    for (size_t i = 0; i < catalog->n_parts; i++) {
        struct catalog *part = atomic_load_explicit(&catalog->parts[i], memory_order_acquire);

        if (part)
            catalog_forget_extra(part, LARGE_EXTRA, since_us);
    }
    catalog_drop(catalog);
}

bool store_catalog_takes_long(struct store *store, int64_t schema_version)
{
    struct catalog *catalog = store_catalog(store);
    bool fits = store_catalog_fits(store, catalog, schema_version);
    bool is_large = catalog->n_tables > LARGE_CATALOG;

    catalog_drop(catalog);
    return !fits && is_large;
}

static int64_t file_size(const char *path)
{
    struct stat st;

    if (stat(path, &st) == 0)
        return st.st_size;
    if (errno == ENOENT)
        return 0;
    return -1;
}

void store_sizes(const struct store *store, int64_t *database, int64_t *wal)
{
    char path[PATH_MAX];
    int n = snprintf(path, sizeof path, "%s-wal", store->path);

    *database = file_size(store->path);
    *wal = n < (int)sizeof path ? file_size(path) : -1;
}
