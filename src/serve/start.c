/* SPDX-License-Identifier: MIT */
#include "serve/start.h"

#include <string.h>

#include "access/api_key_uses.h"
#include "base/log.h"
#include "config/config.h"
#include "serve/machine.h"
#include "serve/openness.h"
#include "sources/database.h"
#include "sources/sources.h"
#include "store/files/backup_scheduler.h"
#include "store/run/lane.h"
#include "store/run/reader.h"
#include "store/run/writer.h"

/* The fewest threads of the reader lane, if not chosen: two for one address, and one for another. */
#define READERS_MIN 3

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
    }
    const struct database_use use = {
        .create = !r->migrations.none,
        .read_only = r->read_only,
        .stopping = &r->ending.stopping.raised,
    };
    r->first = database_open_to_serve(r->config, &use, e);
    if (!r->first)
        return false;
    if (r->read_only)
        return is_migrated_already(r, e);
    return r->migrations.none ||
           migrate_up(r->first, &r->migrations.set, &applied, reload_log_applied, NULL, e);
}

static bool prepare_accounts(struct run *r, struct error *e)
{
    return accounts_prepare(&r->accounts, r->config, r->first, r->read_only, e);
}

static bool start_accounts(struct run *r, struct error *e)
{
    return accounts_start(&r->accounts, r->config, &r->store, r->tokens.watch,
                          &r->ending.stopping.raised, e);
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
    struct store_sources sources;
    const struct writer_options writer_options = {
        .queue_max = (size_t)c->queue_length,
        .slow_max = (size_t)c->slow_queue_length,
        .share_us = c->write_timeout_ms * 1000,
        .batch_max = (size_t)c->batch_max,
        .checkpoint_pages = c->checkpoint_pages,
        .stopping = &r->ending.stopping,
    };

    db_options.cache_bytes = r->ceiling.cache_size;
    db_options.answer_bytes = r->ceiling.max_answer;
    db_options.read_only = r->read_only;
    db_options.value_bytes = ceiling_value(c);
    db_options.stopping = &r->ending.stopping.raised;
    if (!sources_load(c, &sources, e))
        return false;
    r->store_is_open = store_open(&r->store, c->db, &db_options, &sources, e);
    sources_drop(&sources);
    if (!r->store_is_open)
        return false;
    r->writer = writer_start(&r->store, &writer_options, e);
    if (!r->read_only) { /* else there is no writer's connection that the log would stay for */
        db_close(r->first);
        r->first = NULL;
    }
    return r->writer && reload_init(&r->reload, c, &r->store, r->writer, &r->migrations, e);
}

/* Uses of API keys are noted by the writer. */
static bool start_notes(struct run *r, struct error *e)
{
    if (r->read_only)
        return true;
    r->key_uses = api_key_uses_new(r->writer, e);
    return r->key_uses != NULL;
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
        .streams = (size_t)r->config->max_streams,
        .budget_us = r->config->loop_budget_ms * 1000,
    };

    if (r->config->loop_budget_ms == 0 && options.streams == 0)
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

static bool start_tokens(struct run *r, struct error *e)
{
    return tokens_start(&r->tokens, r->config, store_has_access(&r->store), e);
}

static void set_service(struct run *r)
{
    const struct config *c = r->config;

    r->service = (struct service){
        .store = &r->store,
        .writer = r->writer,
        .lane = r->lane,
        .backups = r->backups,
        .key_uses = r->key_uses,
        .accounts = r->accounts.accounts.worker ? &r->accounts.accounts : NULL,
        .version = THIMBLE_VERSION,
        .max_rows = c->max_rows,
        .max_body = r->ceiling.max_body,
        .max_upload = c->max_upload,
        .upload_timeout_us = c->upload_timeout_ms * 1000,
        .max_elements = c->max_elements,
        .max_depth = c->max_depth,
        .grammar = &c->grammar,
        .max_answer = r->ceiling.max_answer,
        .max_streams = (size_t)c->max_streams,
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
}

static void set_options(struct run *r)
{
    const struct config *c = r->config;

    r->options = (struct server_options){
        .listen = c->listen,
        .metrics_listen = c->metrics_listen,
        .max_metrics_connections = (size_t)c->max_metrics_connections,
        .socket_mode = r->around.socket_mode,
        .inherited = &r->around.inherited,
        .loops = loops(r),
        .max_connections = machine_connections(r->ceiling.max_connections, (size_t)c->max_streams),
        .trusted_proxies = &r->around.trusted_proxies,
        .rates = &r->around.rates,
        .rate_clients = (size_t)c->rate_limit_clients,
        .max_url = (size_t)c->max_url,
        .max_headers = (size_t)c->max_headers,
        .max_body = (size_t)r->ceiling.max_body,
        .max_uploads = (size_t)c->max_uploads,
        .database = c->db,
        .idle_timeout_us = c->idle_timeout_ms * 1000,
        .request_timeout_us = c->request_timeout_ms * 1000,
        .stream_timeout_us = c->stream_timeout_ms * 1000,
        .loop_budget_us = c->loop_budget_ms * 1000,
        .all_move = strcmp(c->reader_lane, "all") == 0,
        .answer_cache = (size_t)c->answer_cache,
        .plan_cache = (size_t)c->plan_cache,
        .slow_us = c->slow_request_ms * 1000,
        .access_log = c->access_log,
        .open_to = openness_of(c),
        .anonymous = c->anon_role,
        .tokens = r->tokens.gates,
        .cors_origins = c->cors_origins,
        .allowed_hosts = c->allowed_hosts,
        .server_timing = c->server_timing,
    };
    r->options.max_per_address = openness_per_address(c, r->options.max_connections);
}

static bool start_server(struct run *r, struct error *e)
{
    set_service(r);
    set_options(r);
    if (!openness_check(r, e))
        return false;
    openness_warn_of_pages(r);
    r->server = server_start(&r->options, &r->service, &r->draining, e);
    return r->server != NULL;
}

/* clang-format off */
/* In their order; what the process does meanwhile, for a log line. */
static const struct {
    const char *doing;
    bool (*start)(struct run *r, struct error *e);
} parts[] = {
    {"starting", set_ceiling},
    {"migrating", migrate},
    {"opening the database", prepare_accounts},
    {"opening the database", open_store},
    {"starting", start_notes},
    {"starting", start_lane},
    {"starting", start_keeper},
    {"starting", start_tokens},
    {"starting", start_accounts},
    {"starting", start_server},
};
/* clang-format on */

bool start_all(struct run *r, struct error *e)
{
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (ending_number(&r->ending))
            return error_set(e, ERROR_DRAINING, "the process is to end");
        ending_while(&r->ending, parts[i].doing);
        if (!parts[i].start(r, e))
            return false;
    }
    return true;
}
