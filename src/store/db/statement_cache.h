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

/* What a role's statement writes itself, not by triggers and foreign keys. */
struct statement_write {
    size_t table;    /* its place in the whole database's catalogue, from 1; 0: nothing */
    unsigned rights; /* RIGHT_INSERT, _UPDATE, _DELETE */
    unsigned chosen; /* …of these: the rows come from the role's view of what it may change so */
    bool tells_rows; /* an UPDATE says which row it is at */
};

struct statement {
    struct row row;
    struct db *db;
    struct collations *collations;    /* the connection's */
    const struct statement **running; /* …and which one of its statements runs */
    struct slice sql;                 /* the key, in the same allocation, */
    uint64_t serial; /* …with whose it is: the role's catalogue's; 0: the owner's */
    uint64_t hash;
    struct statement_write write;
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
    uint64_t
        moment; /* another after each statement that goes; no two caches of this process have the same */
    struct counter hits, misses;
    struct statement *newest, *oldest;
    struct statement *buckets[];
};

struct statement *statement_cache_find(struct statement_cache *cache, struct slice sql,
                                       uint64_t serial, uint64_t hash);
void statement_cache_add(struct statement_cache *cache, struct statement *st);
/* Makes it the most recently used. */
void statement_cache_touch(struct statement_cache *cache, struct statement *st);
/* Drops the least recently used that are idle until one more fits. */
void statement_cache_make_room(struct statement_cache *cache);
void statement_free(struct statement *st);

#endif
