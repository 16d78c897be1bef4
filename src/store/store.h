/*
 * What the loops' readers and the one writer share: where the database is, how many
 * commits there were, and the current catalogue. This is the one place of the cache
 * coherence rule: a commit bumps the generation before anyone is told of it, and a
 * reader whose generation is older renews its snapshot before it answers.
 * Any thread.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_STORE_H
#define THIMBLE_STORE_STORE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#include "store/catalog/catalog.h"
#include "store/db/db_files.h"
#include "store/db/db_options.h"

struct access;

/* What is beside the database, and is over its schema. */
struct store_sources {
    struct routine_set *routines; /* the named queries; NULL: none */
    struct access *access;        /* who may do what; NULL: everybody everything */
};

struct store {
    const char *path; /* borrowed; outlives the store */
    struct db_options options;
    struct db_files files;                  /* as the writer opened them; read-only while serving */
    _Atomic uint64_t generation;            /* commits of this process */
    _Atomic bool log_is_long;               /* the write-ahead log waits for readers to leave it */
    pthread_mutex_t lock;                   /* guards catalog, and changes of the two below */
    struct catalog *catalog;                /* the newest that was read; one reference */
    pthread_mutex_t reading;                /* held by who reads a newer one */
    _Atomic(struct routine_set *) routines; /* the named queries; one reference, or NULL */
    _Atomic(struct access *)
        access; /* who may do what; one reference, or NULL: everybody everything */
};

/*
 * Loads the first catalogue, with these sources (NULL: none; it takes a reference to each). False with
 * the reason if the database cannot be read, a query does not compile, or access files name what is not
 * there.
 */
bool store_open(struct store *store, const char *path, const struct db_options *options,
                const struct store_sources *sources, struct error *e)
    __attribute__((warn_unused_result));
void store_close(struct store *store);

/* The generation now; read it before the snapshot that it is to describe. */
static inline uint64_t store_generation(const struct store *store)
{
    return atomic_load_explicit(&store->generation, memory_order_acquire);
}

/* Called by the writer after each COMMIT and before its jobs are handed back. */
static inline void store_committed(struct store *store)
{
    atomic_fetch_add_explicit(&store->generation, 1, memory_order_acq_rel);
}

/* Are there access files? */
static inline bool store_has_access(const struct store *store)
{
    return atomic_load_explicit(&store->access, memory_order_relaxed) != NULL;
}

/* Bytes of the database's file and of its WAL (0: there is none); -1: cannot be known. */
void store_sizes(const struct store *store, int64_t *database, int64_t *wal);
/*
 * From now on these are the sources (it takes a reference to each), over the schema as `db` sees it.
 * False with ERROR_FAILURE as store_open: then all stays as it was. The caller calls store_committed
 * after it, so that the readers look.
 */
bool store_set_sources(struct store *store, struct db *db, const struct store_sources *sources,
                       struct error *e) __attribute__((warn_unused_result));

/* The newest catalogue, with a reference that the caller drops. */
struct catalog *store_catalog(struct store *store);

/* Is it of this schema, and of the queries and access files of now? */
static inline bool store_catalog_fits(struct store *store, const struct catalog *catalog,
                                      int64_t schema_version)
{
    /* Addresses will do: a set cannot be freed, and its address used anew, while `catalog` holds it. */
    return catalog->schema_version == schema_version &&
           catalog->set == atomic_load_explicit(&store->routines, memory_order_acquire) &&
           catalog->access == atomic_load_explicit(&store->access, memory_order_acquire);
}

/* What is large, can be made again, and was not asked for since then is given back. */
void store_forget(struct store *store, int64_t since_us);

/* Must one for `schema_version` be read, and is that much: more than a loop has time for? */
bool store_catalog_takes_long(struct store *store, int64_t schema_version);

/*
 * The catalogue for `schema_version` as `db` sees it: the shared one if it fits, else
 * read anew, by one thread at a time, and shared. NULL with an error. The caller drops the reference.
 */
struct catalog *store_catalog_at(struct store *store, struct db *db, int64_t schema_version,
                                 struct error *e);

#endif
