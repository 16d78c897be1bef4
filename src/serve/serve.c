/*
 * Serving: start in order, supervise until a signal, and take it all down in the opposite order.
 *
 * SPDX-License-Identifier: MIT
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "access/api_key_uses.h"
#include "base/log.h"
#include "commands/command_output.h"
#include "commands/command_run.h"
#include "http/route.h"
#include "serve/openness.h"
#include "serve/start.h"
#include "serve/supervise.h"
#include "store/db/db.h"
#include "store/files/backup_scheduler.h"
#include "store/run/lane.h"
#include "store/run/writer.h"

/* What the last log lines may take when the process ends. */
#define LOG_LAST_US 200000

static void block_signals(void)
{
    sigset_t signals;

    supervise_signals(&signals);
    ending_signals(&signals);
    pthread_sigmask(SIG_BLOCK, &signals, NULL); /* every thread started later inherits it */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file-size limit is a full disk to SQLite, not an end */
}

/* One line, for a person and for a test: it is served from now on. */
static void say_ready(const struct run *r)
{
    struct catalog *catalog = store_catalog((struct store *)&r->store);

    const char *operators = server_metrics_url(r->server);

    route_warn(catalog, r->config->base_path);
    openness_warn_of_callers(r);
    printf("thimble %s serves %zu resources of %s%s at %s%s%s\n", THIMBLE_VERSION,
           catalog->n_tables, r->config->db, r->read_only ? ", read-only," : "",
           server_url(r->server), operators[0] ? " and, for operators, at " : "", operators);
    fflush(stdout);
    catalog_drop(catalog);
}

static void stop_server(struct run *r)
{
    notify_send(&r->around.notifier, "STOPPING=1\nSTATUS=answering what is in flight");
    signal(SIGHUP, SIG_IGN);
    ending_while(&r->ending, "answering what is in flight");
    backup_scheduler_break(r->backups);
    if (!server_stop(r->server, ending_left_us(&r->ending)))
        log_say(LOG_WARN, "requests were cut off after the drain timeout");
    r->server = NULL;
}

/* The end was asked for before there was anybody to answer: that is no failure. */
static bool ends_early(struct run *r, const struct error *e)
{
    if (!ending_number(&r->ending) || e->code != ERROR_DRAINING)
        return false;
    log_say(LOG_INFO, "stopped before it served: %s", e->message);
    return true;
}

static bool serve(struct run *r, struct error *e)
{
    bool ok;

    block_signals();
    if (!surroundings_take(&r->around, r->config, e))
        return false;
    log_open(); /* not before: it has a descriptor, and the first ones may be sockets that were passed */
    if (!ending_start(&r->ending, r->config->drain_timeout_ms * 1000, e))
        return false;
    if (!start_all(r, e))
        return ends_early(r, e);
    say_ready(r);
    struct supervisor supervisor = {
        .ending = &r->ending,
        .notifier = &r->around.notifier,
        .reload = &r->reload,
        .keys = r->tokens.watch,
        .server = r->server,
        .store = &r->store,
        .writer = r->writer,
        .db = r->config->db,
        .request_timeout_us = r->config->request_timeout_ms * 1000,
        .write_timeout_us = r->config->write_timeout_ms * 1000,
        .read_only = r->read_only,
        .reads_move = r->config->loop_budget_ms > 0,
    };
    ok = supervise(&supervisor, e);
    ending_ask(&r->ending, SIGTERM); /* if nobody did */
    stop_server(r);
    return ok;
}

/* In the opposite order of the start, as far as that came. */
static void stop_all(struct run *r)
{
    ending_while(&r->ending, "stopping a backup");
    backup_scheduler_stop(r->backups);
    backup_scheduler_free(r->backups);
    accounts_stop(&r->accounts);
    tokens_stop(&r->tokens);
    db_close(r->first);
    ending_while(&r->ending, "stopping what reads");
    lane_stop(r->lane);
    ending_while(&r->ending, "moving the write-ahead log into the database");
    writer_stop(r->writer);
    api_key_uses_free(r->key_uses);
    ending_while(&r->ending, "closing the database");
    reload_finish(&r->reload);
    if (r->store_is_open)
        store_close(&r->store);
    migrations_finish(&r->migrations);
    surroundings_leave(&r->around);
}

int command_serve(const struct config *config, int n_words, char **words)
{
    struct run *r = calloc(1, sizeof *r);
    struct error e = error_none();
    enum log_level level = LOG_INFO;
    bool ok;
    (void)n_words, (void)words;

    if (!r) {
        error_set(&e, ERROR_MEMORY, "out of memory");
        return command_fail(&e);
    }
    log_level_parse(slice_from(config->log_level), &level);
    log_set_level(level);
    r->config = config;
    ok = serve(r, &e);
    stop_all(r);
    log_close(LOG_LAST_US);
    ending_finish(&r->ending);
    free(r);
    return ok ? EXIT_DONE : command_fail(&e);
}
