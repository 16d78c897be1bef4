/*
 * Accounts while the database is served: their tables, the secret that signs, the thread for passwords.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_SERVE_ACCOUNTS_H
#define THIMBLE_SERVE_ACCOUNTS_H

#include <stdbool.h>

#include "access/account/account.h"
#include "base/error.h"
#include "config/config.h"

struct access;
struct db;
struct key_watch;
struct store;

#define SERVED_SECRET_MAX 4096

struct served_accounts {
    struct accounts accounts;
    char secret[SERVED_SECRET_MAX + 1];
    bool is_given; /* it is --jwt-secret, which verifies already */
};

/* Are they wanted? */
bool accounts_are_on(const struct config *config);

/* Do the access files create the role that accounts have? False with ERROR_USAGE. */
bool accounts_know(const struct config *config, const struct access *access, struct error *e)
    __attribute__((warn_unused_result));

/* Makes what is missing in the database, whose first connection this is. False with ERROR_USAGE if the
 * settings do not go together, or with what the database says. */
bool accounts_prepare(struct served_accounts *a, const struct config *config, struct db *db,
                      bool read_only, struct error *e) __attribute__((warn_unused_result));

/* Looks at the access files, tells those who verify tokens of the secret, and starts the thread;
 * `stopping` as in store/db/stopping.h. */
bool accounts_start(struct served_accounts *a, const struct config *config,
                    const struct store *store, struct key_watch *keys, const _Atomic bool *stopping,
                    struct error *e) __attribute__((warn_unused_result));

/* After the loops. */
void accounts_stop(struct served_accounts *a);

#endif
