/*
 * What serving is made of, and its start, part after part.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_SERVE_START_H
#define THIMBLE_SERVE_START_H

#include <stdatomic.h>
#include <stdbool.h>

#include "base/error.h"
#include "http/server.h"
#include "serve/accounts.h"
#include "serve/ceiling.h"
#include "serve/ending.h"
#include "serve/reload.h"
#include "serve/surroundings.h"
#include "serve/tokens.h"
#include "sources/migrations.h"
#include "store/store.h"

struct api_key_uses;
struct backup_scheduler;
struct db;
struct lane;
struct writer;

struct run {
    const struct config *config;
    bool read_only;
    struct migrations migrations;
    /* The first connection, until the writer has its own: the last to close would take the log and
     * its index away, for the next to make anew. */
    struct db *first;
    struct store store;
    bool store_is_open;
    struct writer *writer;
    struct served_accounts accounts;
    struct api_key_uses *key_uses;    /* NULL: nothing is written */
    struct lane *lane;                /* NULL: --loop-budget 0 */
    struct backup_scheduler *backups; /* NULL: no --backup-dir */
    struct reload reload;
    struct surroundings around;
    struct ceiling ceiling;
    struct tokens tokens;
    struct service service;
    struct server_options options;
    struct server *server;
    _Atomic bool draining;
    struct ending ending;
};

/*
 * Sets the ceiling of memory, migrates, opens the store, starts the writer, the lane, the backups and the loops. False with the reason,
 * ERROR_DRAINING if the end was asked for meanwhile; what was started is the caller's to stop.
 */
bool start_all(struct run *r, struct error *e) __attribute__((warn_unused_result));

#endif
