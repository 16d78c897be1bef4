/*
 * The prepared statements of one connection. Private to statement*.c.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_DB_STATEMENT_CACHE_H
#define THIMBLE_STORE_DB_STATEMENT_CACHE_H

#include "base/metrics.h"
#include "store/db/statement.h"
#include "store/row.h"

struct sqlite3_stmt;

/* What others see of a statement (store/row.h). */
struct row {
    struct sqlite3_stmt *stmt;
};

struct statement {
    struct row row;
    struct db *db;
    struct collations *collations; /* the connection's */
    struct slice sql;              /* the key, in the same allocation */
    uint64_t hash;
    bool in_use;
    bool cached;
    struct statement *chain;         /* next in the hash bucket */
    struct statement *newer, *older; /* by last use */
};

/* A chained hash table of statements, all of them also on a list by last use. */
struct statement_cache {
    size_t max;
    size_t count;
    size_t mask; /* buckets - 1 */
    struct counter hits, misses;
    struct statement *newest, *oldest;
    struct statement *buckets[];
};

struct statement *statement_cache_find(struct statement_cache *cache, struct slice sql,
                                       uint64_t hash);
void statement_cache_add(struct statement_cache *cache, struct statement *st);
/* Makes it the most recently used. */
void statement_cache_touch(struct statement_cache *cache, struct statement *st);
/* Drops the least recently used that are idle until one more fits. */
void statement_cache_make_room(struct statement_cache *cache);
void statement_free(struct statement *st);

#endif
