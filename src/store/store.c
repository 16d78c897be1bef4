/* SPDX-License-Identifier: MIT */
#include "store/store.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

#include "store/catalog/blame.h"
#include "store/catalog/routine.h"
#include "store/db/db.h"

/* Tables of a catalogue that takes long to read: some 0.1 ms each. */
#define LARGE_CATALOG 50

/* Bytes of what is made of a catalogue that are not kept for nothing. */
#define LARGE_EXTRA ((size_t)1 << 20)

bool store_open(struct store *store, const char *path, const struct db_options *options,
                struct routine_set *routines, struct error *e)
{
    struct db *db = db_open(path, options->read_only ? DB_READ : DB_CHECK, options, e);

    *store = (struct store){.path = path, .options = *options};
    pthread_mutex_init(&store->lock, NULL);
    pthread_mutex_init(&store->reading, NULL);
    atomic_init(&store->routines, routine_set_hold(routines));
    if (db)
        store->catalog = catalog_load_strict(db, routines, e);
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
    pthread_mutex_destroy(&store->lock);
    pthread_mutex_destroy(&store->reading);
}

bool store_set_routines(struct store *store, struct db *db, struct routine_set *routines,
                        struct error *e)
{
    struct catalog *catalog = catalog_load_strict(db, routines, e);
    struct routine_set *old;

    if (!catalog)
        return false;
    blame_at_start(db, catalog);
    pthread_mutex_lock(&store->lock);
    catalog_drop(store->catalog);
    store->catalog = catalog;
    old = atomic_exchange(&store->routines, routine_set_hold(routines));
    pthread_mutex_unlock(&store->lock);
    routine_set_drop(old);
    return true;
}

struct catalog *store_catalog(struct store *store)
{
    pthread_mutex_lock(&store->lock);
    struct catalog *catalog = catalog_hold(store->catalog);
    pthread_mutex_unlock(&store->lock);
    return catalog;
}

static struct routine_set *hold_routines(struct store *store)
{
    pthread_mutex_lock(&store->lock);
    struct routine_set *set = routine_set_hold(atomic_load(&store->routines));
    pthread_mutex_unlock(&store->lock);
    return set;
}

/*
 * A loop with an older snapshot may come after one with a newer: it gets a catalogue of
 * its own and the shared one stays the newer (schema_version only grows, except when a
 * file is replaced, and then the next renewal settles it).
 */
static struct catalog *read_catalog(struct store *store, struct db *db, struct error *e)
{
    struct routine_set *set = hold_routines(store);
    struct catalog *catalog = catalog_load(db, set, e);

    routine_set_drop(set);
    if (!catalog)
        return NULL;
    pthread_mutex_lock(&store->lock);
    if (catalog->schema_version > store->catalog->schema_version &&
        catalog->set == atomic_load(&store->routines)) {
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
