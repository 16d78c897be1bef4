/* SPDX-License-Identifier: MIT */
#include "serve/reload.h"

#include <string.h>
#include <unistd.h>

#include "access/authenticate.h"
#include "base/log.h"
#include "serve/accounts.h"
#include "sources/sources.h"
#include "store/db/db.h"
#include "store/run/reader.h"

bool reload_init(struct reload *r, const struct config *config, struct store *store,
                 struct writer *writer, struct migrations *current, struct error *e)
{
    *r = (struct reload){.config = config, .store = store, .writer = writer};
    if (!completion_queue_init(&r->completions, e))
        return false;
    pthread_mutex_init(&r->lock, NULL);
    r->current = *current;
    *current = (struct migrations){.none = true};
    return true;
}

void reload_finish(struct reload *r)
{
    if (!r->config)
        return; /* it never began */
    migrations_finish(&r->current);
    if (r->changing)
        migrations_finish(&r->next);
    sources_drop(&r->sources);
    completion_queue_finish(&r->completions);
    pthread_mutex_destroy(&r->lock);
}

void reload_log_applied(void *context, const struct migration *m, int64_t us)
{
    struct log_line line;
    (void)context;

    log_begin(&line, LOG_INFO, "migration applied");
    log_text(&line, "file", slice_from(m->file));
    log_ms(&line, "duration_ms", us);
    log_end(&line);
}

/* Whether there are access files decides much at the start; and nothing may open everything by a folder
 * that is gone for a moment. */
static bool check_access(const struct reload *r, struct error *e)
{
    if (store_has_access(r->store) != (r->sources.access != NULL))
        return error_set(e, ERROR_FAILURE,
                         "--access %s: access files come and go with a restart alone",
                         r->config->access);
    if (!r->sources.access)
        return true;
    return authenticate_knows(r->sources.access, r->config->anon_role, e) &&
           accounts_know(r->config, r->sources.access, e);
}

/* After a failure the longest beginning of the set that is applied is what is in force. */
static void cut_to_applied(struct migration_set *set, struct db *db)
{
    for (; set->count > 0; set->count--) {
        struct error ignored = error_none();

        if (migrate_current(db, set, &ignored))
            return;
    }
}

/* On the writer's thread, between batches, with its connection. */
static bool run(struct job *job, struct db *db)
{
    struct reload *r = (struct reload *)job;
    struct migration_set set = r->next.set;

    r->migrated =
        r->next.none || migrate_up(db, &set, &r->applied, reload_log_applied, NULL, job->error);
    if (r->migrated)
        return store_set_sources(r->store, db, &r->sources, job->error);
    cut_to_applied(&set, db);
    pthread_mutex_lock(&r->lock);
    r->next.set = set;
    pthread_mutex_unlock(&r->lock);
    return false;
}

/* Without a writer: at once, on a connection that reads. The queries and access files may have changed,
 * and the migrations must be applied already. */
static bool run_reading(struct reload *r, struct error *e)
{
    struct db *db = db_open(r->store->path, DB_READ, &r->store->options, e);

    if (!db)
        return false;
    error_clear(&r->error);
    if (r->next.none || migrate_current(db, &r->next.set, &r->error))
        (void)!run(&r->job, db);
    store_committed(r->store);
    db_close(db);
    completion_queue_post(&r->completions, &r->job.completion, &r->job.completion);
    return true;
}

static bool submit(struct reload *r, struct error *e)
{
    if (r->store->options.read_only)
        return run_reading(r, e);
    if (writer_submit(r->writer, &r->job))
        return true;
    *e = r->error;
    return false;
}

bool reload_begin(struct reload *r, struct error *e)
{
    struct migrations next;
    bool ok = migrations_load(&next, r->config->migrations, e) &&
              sources_load(r->config, &r->sources, e) && check_access(r, e);

    if (!ok) {
        sources_drop(&r->sources);
        migrations_finish(&next);
        return false;
    }
    pthread_mutex_lock(&r->lock);
    r->next = next;
    r->changing = true;
    pthread_mutex_unlock(&r->lock);
    r->applied = 0;
    r->job =
        (struct job){.run = run, .completions = &r->completions, .alone = true, .error = &r->error};
    r->running = submit(r, e);
    if (r->running)
        return true;
    pthread_mutex_lock(&r->lock);
    r->changing = false;
    pthread_mutex_unlock(&r->lock);
    migrations_finish(&next);
    sources_drop(&r->sources);
    return false;
}

/* With what is in force now; the other set goes. */
static void adopt(struct reload *r)
{
    bool adopted = r->next.none || r->next.set.count > 0;
    struct migrations old;

    pthread_mutex_lock(&r->lock);
    old = adopted ? r->current : r->next;
    if (adopted)
        r->current = r->next;
    r->changing = false;
    pthread_mutex_unlock(&r->lock);
    migrations_finish(&old);
}

static void log_done(const struct reload *r)
{
    struct catalog *catalog = store_catalog(r->store);
    struct log_line line;

    log_begin(&line, LOG_INFO, "reloaded");
    log_int(&line, "migrations_applied", (int64_t)r->applied);
    log_int(&line, "migrations", (int64_t)r->current.set.count);
    log_int(&line, "resources", (int64_t)catalog->n_tables);
    log_int(&line, "queries", (int64_t)catalog->n_routines);
    log_end(&line);
    catalog_drop(catalog);
}

static const char *what_stays(const struct reload *r)
{
    if (!r->migrated)
        return "";
    if (store_has_access(r->store))
        return "; the queries and access files stay as they were";
    return "; the queries stay as they were";
}

bool reload_end(struct reload *r, struct error *e)
{
    bool ok;

    if (!completion_queue_take(&r->completions))
        return true; /* woken for nothing */
    ok = !error_is_set(&r->error);
    /* A loop may still keep a snapshot of before, and its readiness is to pass meanwhile. */
    usleep(2 * READER_KEEP_US);
    adopt(r);
    r->running = false;
    sources_drop(&r->sources);
    if (ok) {
        log_done(r);
        return true;
    }
    return error_set(e, r->error.code, "%s%s", r->error.message, what_stays(r));
}

bool reload_is_current(struct reload *r, struct db *db, struct error *e)
{
    struct error unknown = error_none();
    bool ok;

    pthread_mutex_lock(&r->lock);
    ok = r->current.none || migrate_current(db, &r->current.set, e) ||
         (r->changing && migrate_known(db, &r->next.set, &unknown));
    pthread_mutex_unlock(&r->lock);
    if (ok)
        error_clear(e);
    return ok;
}
