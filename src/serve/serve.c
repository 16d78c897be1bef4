/*
 * Serving: migrate, open the store, start the writer and the loops, supervise them until a
 * signal, and take it all down in the opposite order.
 *
 * SPDX-License-Identifier: MIT
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "commands/command_output.h"
#include "commands/command_run.h"
#include "http/route.h"
#include "http/server.h"
#include "serve/ceiling.h"
#include "serve/machine.h"
#include "serve/reload.h"
#include "serve/supervise.h"
#include "serve/surroundings.h"
#include "sources/database.h"
#include "sources/migrations.h"
#include "store/files/backup_scheduler.h"
#include "store/run/lane.h"
#include "store/run/reader.h"
#include "store/run/writer.h"
#include "store/store.h"

/* The fewest threads of the reader lane, if not chosen: two for one address, and one for another. */
#define READERS_MIN 3

/* What the last log lines may take when the process ends. */
#define LOG_LAST_US 200000

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
    struct lane *lane;                /* NULL: --loop-budget 0 */
    struct backup_scheduler *backups; /* NULL: no --backup-dir */
    struct reload reload;
    struct surroundings around;
    struct ceiling ceiling;
    struct service service;
    struct server_options options;
    struct server *server;
    _Atomic bool draining;
};

/* Nothing is written: what is to be served must be there already. */
static bool is_migrated_already(struct run *r, struct error *e)
{
    struct error cause = error_none();

    if (r->migrations.none || migrate_current(r->first, &r->migrations.set, &cause))
        return true;
    return error_set(e, cause.code,
                     "%s is served read-only, and %s; run thimble migrate where it can be written, "
                     "or serve it as it is: --migrations none",
                     r->config->db, cause.message);
}

static bool migrate(struct run *r, struct error *e)
{
    char why[256];
    size_t applied;

    if (!migrations_load(&r->migrations, r->config->migrations, e) ||
        !database_look(r->config, !r->migrations.none, &r->read_only, why, e))
        return false;
    if (r->read_only) {
        if (!r->config->read_only)
            log_say(LOG_WARN, "%s: the database is served read-only", why);
        r->first = database_open_read_only(r->config, e);
        return r->first && is_migrated_already(r, e);
    }
    r->first = database_open(r->config, !r->migrations.none, e);
    return r->first && (r->migrations.none || migrate_up(r->first, &r->migrations.set, &applied,
                                                         reload_log_applied, NULL, e));
}

/* For readiness: what the loop's reader sees. */
static bool is_migrated(const struct service *service, struct reader *reader, struct error *e)
{
    return reload_is_current((struct reload *)service->migrations, reader_db(reader), e);
}

static bool open_store(struct run *r, struct error *e)
{
    const struct config *c = r->config;
    struct db_options db_options = database_options(c);
    struct routine_set *queries;
    const struct writer_options writer_options = {
        .queue_max = (size_t)c->queue_length,
        .slow_max = (size_t)c->slow_queue_length,
        .share_us = c->write_timeout_ms * 1000,
        .batch_max = (size_t)c->batch_max,
        .checkpoint_pages = c->checkpoint_pages,
    };

    db_options.cache_bytes = r->ceiling.cache_size;
    db_options.answer_bytes = r->ceiling.max_answer;
    db_options.read_only = r->read_only;
    queries = reload_queries(c, e);
    if (!queries)
        return false;
    r->store_is_open = store_open(&r->store, c->db, &db_options, queries, e);
    routine_set_drop(queries);
    if (!r->store_is_open)
        return false;
    r->writer = writer_start(&r->store, &writer_options, e);
    if (!r->read_only) { /* else there is no writer's connection that the log would stay for */
        db_close(r->first);
        r->first = NULL;
    }
    return r->writer && reload_init(&r->reload, c, &r->store, r->writer, &r->migrations, e);
}

static size_t readers(const struct run *r)
{
    size_t processors = machine_processors();

    if (r->config->readers)
        return (size_t)r->config->readers;
    return processors + 1 > READERS_MIN ? processors + 1 : READERS_MIN;
}

static bool start_lane(struct run *r, struct error *e)
{
    const struct lane_options options = {
        .threads = readers(r),
        .queue_max = (size_t)r->config->reader_queue,
        .budget_us = r->config->loop_budget_ms * 1000,
    };

    if (r->config->loop_budget_ms == 0)
        return true;
    r->lane = lane_start(&r->store, &options, e);
    return r->lane != NULL;
}

static bool start_keeper(struct run *r, struct error *e)
{
    const struct config *c = r->config;
    const struct backup_scheduler_options options = {
        .database = c->db,
        .db = &r->store.options,
        .dir = c->backup_dir,
        .interval_us = c->backup_interval_ms * 1000,
        .timeout_us = c->backup_timeout_ms * 1000,
        .keep = (size_t)c->backup_keep,
    };

    if (!c->backup_dir[0])
        return true;
    r->backups = backup_scheduler_start(&options, e);
    return r->backups != NULL;
}

/* Each socket that was passed needs a loop. */
static size_t loops(const struct run *r)
{
    size_t n = r->config->threads ? (size_t)r->config->threads : machine_processors();

    return n < r->around.inherited.count ? r->around.inherited.count : n;
}

/* Loops, the operators' one among them, and the lane read; the writer writes; backups and checks are
 * one more. */
static bool set_ceiling(struct run *r, struct error *e)
{
    size_t operators = r->config->metrics_listen[0] != '\0';

    return ceiling_set(r->config, loops(r) + operators + readers(r) + 2, &r->ceiling, e);
}

static bool start_server(struct run *r, struct error *e)
{
    const struct config *c = r->config;

    r->service = (struct service){
        .store = &r->store,
        .writer = r->writer,
        .lane = r->lane,
        .backups = r->backups,
        .version = THIMBLE_VERSION,
        .max_rows = c->max_rows,
        .max_body = r->ceiling.max_body,
        .max_elements = c->max_elements,
        .max_depth = c->max_depth,
        .grammar = &c->grammar,
        .max_answer = r->ceiling.max_answer,
        .read_only = r->read_only,
        .max_url = (size_t)c->max_url,
        .aggregates = c->aggregates,
        .default_minimal = strcmp(c->default_return, "minimal") == 0,
        .allow_tx = c->allow_tx,
        .allow_plan = c->allow_plan,
        .base_path = c->base_path,
        .operators_apart = c->metrics_listen[0] != '\0',
        .draining = &r->draining,
        .migrated = is_migrated,
        .migrations = &r->reload,
    };
    r->options = (struct server_options){
        .listen = c->listen,
        .metrics_listen = c->metrics_listen,
        .max_metrics_connections = (size_t)c->max_metrics_connections,
        .socket_mode = r->around.socket_mode,
        .inherited = &r->around.inherited,
        .loops = loops(r),
        .max_connections = machine_connections(r->ceiling.max_connections),
        .max_per_address = (size_t)c->max_connections_per_address,
        .max_url = (size_t)c->max_url,
        .max_headers = (size_t)c->max_headers,
        .max_body = (size_t)r->ceiling.max_body,
        .idle_timeout_us = c->idle_timeout_ms * 1000,
        .request_timeout_us = c->request_timeout_ms * 1000,
        .loop_budget_us = c->loop_budget_ms * 1000,
        .all_move = strcmp(c->reader_lane, "all") == 0,
        .answer_cache = (size_t)c->answer_cache,
        .slow_us = c->slow_request_ms * 1000,
        .access_log = c->access_log,
        .cors_origins = c->cors_origins,
        .server_timing = c->server_timing,
    };
    r->server = server_start(&r->options, &r->service, &r->draining, e);
    return r->server != NULL;
}

static void block_signals(sigset_t *set)
{
    supervise_signals(set);
    pthread_sigmask(SIG_BLOCK, set, NULL); /* every thread started later inherits it */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file-size limit is a full disk to SQLite, not an end */
}

/* One line, for a person and for a test: it is served from now on. */
static void say_ready(const struct run *r)
{
    struct catalog *catalog = store_catalog((struct store *)&r->store);

    const char *operators = server_metrics_url(r->server);

    route_warn(catalog, r->config->base_path);
    printf("thimble %s serves %zu resources of %s%s at %s%s%s\n", THIMBLE_VERSION,
           catalog->n_tables, r->config->db, r->read_only ? ", read-only," : "",
           server_url(r->server), operators[0] ? " and, for operators, at " : "", operators);
    fflush(stdout);
    catalog_drop(catalog);
}

/* From here a second signal ends the process at once: nothing acknowledged can be lost. */
static void stop(struct run *r, const sigset_t *signals, int number)
{
    log_say(LOG_INFO, "stopping on %s",
            number == SIGINT    ? "SIGINT"
            : number == SIGTERM ? "SIGTERM"
                                : "SIGHUP");
    notify_send(&r->around.notifier, "STOPPING=1\nSTATUS=answering what is in flight");
    signal(SIGHUP, SIG_IGN);
    pthread_sigmask(SIG_UNBLOCK, signals, NULL);
    backup_scheduler_stop(r->backups);
    if (!server_stop(r->server, r->config->drain_timeout_ms * 1000))
        log_say(LOG_WARN, "requests were cut off after the drain timeout");
    r->server = NULL;
}

static bool serve(struct run *r, struct error *e)
{
    sigset_t signals;
    int number;

    block_signals(&signals);
    if (!surroundings_take(&r->around, r->config, e) || !set_ceiling(r, e))
        return false;
    if (!migrate(r, e) || !open_store(r, e) || !start_lane(r, e) || !start_keeper(r, e) ||
        !start_server(r, e))
        return false;
    say_ready(r);
    struct supervisor supervisor = {
        .notifier = &r->around.notifier,
        .reload = &r->reload,
        .server = r->server,
        .store = &r->store,
        .writer = r->writer,
        .db = r->config->db,
        .request_timeout_us = r->config->request_timeout_ms * 1000,
    };
    bool ok = supervise(&supervisor, &number, e);
    stop(r, &signals, ok ? number : SIGTERM);
    return ok;
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
    log_open();
    r->config = config;
    ok = serve(r, &e);
    backup_scheduler_stop(r->backups);
    backup_scheduler_free(r->backups);
    db_close(r->first);
    lane_stop(r->lane);
    writer_stop(r->writer);
    reload_finish(&r->reload);
    if (r->store_is_open)
        store_close(&r->store);
    migrations_finish(&r->migrations);
    surroundings_leave(&r->around);
    free(r);
    log_close(LOG_LAST_US);
    return ok ? EXIT_DONE : command_fail(&e);
}
