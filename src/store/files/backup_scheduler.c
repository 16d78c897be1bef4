/* SPDX-License-Identifier: MIT */
#include "store/files/backup_scheduler.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/completion_queue.h"
#include "base/log.h"
#include "store/files/backup_folder.h"
#include "store/run/writer.h"

struct backup_scheduler {
    struct backup_scheduler_options options;
    struct backup_folder folder;
    pthread_t thread;
    bool started;
    time_t last_stamp; /* the thread's own, as what follows */
    int64_t next_us;   /* clock_us; INT64_MAX: never */
    struct backup_scheduler_made own;

    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t wake;
    struct job *job; /* asked for, or NULL */
    struct backup_scheduler_made *out;
    bool running;
    _Atomic bool stopping;
};

static bool not_stopping(void *context, enum backup_phase phase, int64_t done, int64_t total)
{
    struct backup_scheduler *k = context;
    (void)phase, (void)done, (void)total;

    return !atomic_load_explicit(&k->stopping, memory_order_relaxed);
}

static void log_made(const struct backup_scheduler_made *m)
{
    struct log_line line;

    log_begin(&line, LOG_INFO, "backup made");
    log_text(&line, "file", slice_from(m->file));
    log_int(&line, "bytes", m->made.bytes);
    log_ms(&line, "duration_ms", m->made.us);
    log_ms(&line, "wal_pinned_ms", m->made.pinned_us);
    if (m->made.orphans > 0)
        log_int(&line, "foreign_key_violations", m->made.orphans);
    if (m->made.unchecked > 0)
        log_int(&line, "unchecked_tables", m->made.unchecked);
    log_end(&line);
}

static void log_failed(const struct error *cause)
{
    struct log_line line;

    log_begin(&line, cause->code == ERROR_DRAINING ? LOG_WARN : LOG_ERROR, "backup failed");
    log_text(&line, "error", slice_from(cause->message));
    log_end(&line);
}

/* Two within a second get the names of two seconds. */
static void choose_file(struct backup_scheduler *k, char out[PATH_MAX])
{
    time_t now = time(NULL);

    k->last_stamp = now > k->last_stamp ? now : k->last_stamp + 1;
    backup_folder_name(&k->folder, k->last_stamp, out);
}

static void make(struct backup_scheduler *k, struct backup_scheduler_made *out, struct error *e)
{
    const struct backup_options options = {
        .db = k->options.db,
        .timeout_us = k->options.timeout_us,
        .watch = not_stopping,
        .context = k,
    };
    struct error prune_error = error_none();

    choose_file(k, out->file);
    if (!backup_take(k->options.database, out->file, &options, &out->made, e)) {
        log_failed(e);
        return;
    }
    log_made(out);
    if (!backup_folder_prune(&k->folder, k->options.keep, &prune_error))
        log_failed(&prune_error);
}

/* Called, and returns, with the lock held. */
static void run(struct backup_scheduler *k, struct job *job)
{
    struct backup_scheduler_made *out = job ? k->out : &k->own;
    struct error e = error_none();

    k->running = true;
    pthread_mutex_unlock(&k->lock);
    make(k, out, &e);
    pthread_mutex_lock(&k->lock);
    k->running = false;
    if (!job)
        return;
    k->job = NULL;
    *job->error = e;
    completion_queue_post(job->completions, &job->completion, &job->completion);
}

static void wait_until(struct backup_scheduler *k, int64_t us)
{
    const struct timespec until = {.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};

    if (us == INT64_MAX)
        pthread_cond_wait(&k->wake, &k->lock);
    else
        pthread_cond_timedwait(&k->wake, &k->lock, &until);
}

static void *backup_scheduler_main(void *context)
{
    struct backup_scheduler *k = context;

    pthread_mutex_lock(&k->lock);
    while (!atomic_load(&k->stopping)) {
        int64_t now = clock_us();

        if (k->job) {
            run(k, k->job);
        } else if (now >= k->next_us) {
            k->next_us = now + k->options.interval_us;
            run(k, NULL);
        } else {
            wait_until(k, k->next_us);
        }
    }
    if (k->job) { /* asked for in the last moment */
        error_set(k->job->error, ERROR_DRAINING, "the server is shutting down");
        completion_queue_post(k->job->completions, &k->job->completion, &k->job->completion);
        k->job = NULL;
    }
    pthread_mutex_unlock(&k->lock);
    return NULL;
}

/* One interval after the newest backup, whoever was running then. */
static int64_t first_due(const struct backup_scheduler *k)
{
    int64_t interval = k->options.interval_us;
    int64_t age = (int64_t)(time(NULL) - backup_folder_newest(&k->folder)) * 1000000;

    if (interval == 0)
        return INT64_MAX;
    age = age < 0 ? 0 : age > interval ? interval : age;
    return clock_us() + interval - age;
}

static void init_locks(struct backup_scheduler *k)
{
    pthread_condattr_t attributes;

    pthread_mutex_init(&k->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC); /* as clock_us */
    pthread_cond_init(&k->wake, &attributes);
    pthread_condattr_destroy(&attributes);
}

struct backup_scheduler *backup_scheduler_start(const struct backup_scheduler_options *options,
                                                struct error *e)
{
    struct backup_scheduler *k = calloc(1, sizeof *k);

    if (!k) {
        error_set(e, ERROR_MEMORY, "out of memory");
        return NULL;
    }
    k->options = *options;
    init_locks(k);
    if (!backup_folder_open(&k->folder, options->dir, options->database, e)) {
        backup_scheduler_free(k);
        return NULL;
    }
    k->last_stamp = backup_folder_newest(&k->folder);
    k->next_us = first_due(k);
    k->started = pthread_create(&k->thread, NULL, backup_scheduler_main, k) == 0;
    if (!k->started) {
        error_set(e, ERROR_FAILURE, "cannot start the thread for backups");
        backup_scheduler_free(k);
        return NULL;
    }
    return k;
}

bool backup_scheduler_submit(struct backup_scheduler *k, struct job *job,
                             struct backup_scheduler_made *out)
{
    bool stopping, busy;

    error_clear(job->error);
    pthread_mutex_lock(&k->lock);
    stopping = atomic_load(&k->stopping);
    busy = k->running || k->job;
    if (!stopping && !busy) {
        k->job = job;
        k->out = out;
        pthread_cond_signal(&k->wake);
    }
    pthread_mutex_unlock(&k->lock);
    if (stopping)
        return error_set(job->error, ERROR_DRAINING, "the server is shutting down");
    if (!busy)
        return true;
    return error_set(job->error, ERROR_RUNNING, "a backup is being made already");
}

void backup_scheduler_break(struct backup_scheduler *k)
{
    if (!k || !k->started)
        return;
    pthread_mutex_lock(&k->lock);
    atomic_store(&k->stopping, true);
    pthread_cond_signal(&k->wake);
    pthread_mutex_unlock(&k->lock);
}

void backup_scheduler_stop(struct backup_scheduler *k)
{
    if (!k || !k->started)
        return;
    backup_scheduler_break(k);
    pthread_join(k->thread, NULL);
    k->started = false;
}

void backup_scheduler_free(struct backup_scheduler *k)
{
    if (!k)
        return;
    pthread_mutex_destroy(&k->lock);
    pthread_cond_destroy(&k->wake);
    free(k);
}
