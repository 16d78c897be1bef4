/*
 * Who asks, for SQL: functions of queries, views, triggers and defaults, answered from the request
 * that a connection works for at the moment. So what they give is never part of a statement.
 *
 *   header('x-name')  the request's header field, in any case; NULL if it is not there
 *   method(), path()  'GET', '/rpc/name': as they came
 *   claim('name')     a claim of who asks, 'a.b': of an object in it; a text, a number, 1 and 0 for true
 *                     and false, JSON for an array or object; NULL if it is not there
 *   role()            the role that asks; NULL if nobody does, or where there are no roles
 *   fail(status, message [, details [, hint]])   fails with that status, 400 to 599
 *
 * With no request (a migration, an import) they are NULL.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_DB_IDENTITY_H
#define THIMBLE_STORE_DB_IDENTITY_H

#include <stdbool.h>

#include "base/error.h"
#include "base/slice.h"

struct catalog;
struct db;

/* Bytes of a header field's name that is looked for: no longer one can be sent. */
#define IDENTITY_NAME_MAX 256

/* Lives as long as the request; while a statement runs nobody changes it. */
struct identity {
    struct slice method, path;
    struct slice role;   /* its name, or empty */
    struct slice claims; /* a JSON object, or empty: claim() is NULL */
    const struct catalog
        *catalog; /* the role's (store/access/role_catalog.h); NULL: the owner's rights */
    bool definer; /* …which the statement has, too, beside the role's views: SECURITY DEFINER */
    /* The field of that name, in any case: *value is borrowed from the request. False if it has
     * none. NULL: there are no fields. */
    bool (*header)(struct identity *who, struct slice name, struct slice *value);
};

/* From now on the connection's statements are for `who`; NULL: for nobody. */
void db_identify(struct db *db, struct identity *who);

/* From here on what is compiled has the owner's rights, whoever asks, or has not; returns how it was. */
bool db_as_owner(struct db *db, bool owner);

/* Registers the functions. */
bool identity_register(struct db *db, struct error *e) __attribute__((warn_unused_result));

/*
 * A failure that SQL chose: a message that begins with "PT" and a status of 400 to 599, as
 * PostgREST takes it from SQLSTATE, and a blank; then the message, and on lines of their own the
 * details and the hint. True, with the error recorded, if `message` is one.
 */
bool identity_failure(const char *message, struct error *e);

#endif
