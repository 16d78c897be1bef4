/*
 * Collations that a schema names and this program has not. A reading connection gets a stand-in for
 * each: rows are read that SQLite alone would not read, as those of a table whose key has one, but
 * whoever compares by it is stopped and told its name. A guess at the order would find too little in
 * an index that was made with the real one.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_DB_COLLATION_H
#define THIMBLE_STORE_DB_COLLATION_H

#include <stdbool.h>

#include "base/error.h"

struct sqlite3;
struct stand_in;

struct collations {
    struct sqlite3 *handle; /* NULL: there are no stand-ins */
    struct stand_in *list;
    bool asked;     /* a statement compared by one that is not there: it is being stopped */
    char name[128]; /* …which */
};

/* True of those that SQLite brings (sqlite.org/datatype3.html §7); this program adds none. */
bool collation_is_known(const char *name);

/* From here the connection has a stand-in for each that is not there. */
void collations_stand_in(struct collations *c, struct sqlite3 *handle);

/* The connection is as it was before collations_stand_in; no statement may be running. */
void collations_withdraw(struct collations *c);

/* The same when the connection is closed already. */
void collations_finish(struct collations *c);

/* Records that the statement was stopped, and forgets it. Returns false. */
bool collations_refuse(struct collations *c, struct error *e);

#endif
