/*
 * backup FILE and restore FILE, with a progress bar.
 *
 * SPDX-License-Identifier: MIT
 */
#include <signal.h>
#include <stdio.h>

#include "base/progress.h"
#include "commands/command_output.h"
#include "commands/command_run.h"
#include "sources/database.h"
#include "store/files/backup.h"

typedef bool backup_fn(const char *from, const char *to, const struct backup_options *options,
                       struct backup_made *out, struct error *e);

/* One bar for each phase. */
struct screen {
    struct progress_bar bar;
    enum backup_phase phase;
    bool begun;
};

/* The signals that would end the process wait: it has something to tidy up. */
static void hold_signals(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGHUP);
    sigprocmask(SIG_BLOCK, set, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file-size limit is a full disk, not an end */
}

static bool signal_waits(void)
{
    sigset_t pending;

    return sigpending(&pending) == 0 &&
           (sigismember(&pending, SIGINT) || sigismember(&pending, SIGTERM) ||
            sigismember(&pending, SIGHUP));
}

static bool watch(void *context, enum backup_phase phase, int64_t done, int64_t total)
{
    static const char *const names[] = {[BACKUP_COPIES] = "copying ", [BACKUP_CHECKS] = "checking"};
    struct screen *s = context;

    if (!s->begun || s->phase != phase) {
        if (s->begun)
            progress_end(&s->bar);
        progress_begin(&s->bar, names[phase], total, PROGRESS_BYTES);
        s->begun = true;
        s->phase = phase;
    }
    progress_at(&s->bar, done);
    return !signal_waits();
}

static void report(struct buf *out, const char *what, const char *from, const char *to,
                   const struct backup_made *made)
{
    buf_addf(out, "%s %s to %s: %lld bytes in %lld.%03lld s, checked\n", what, from, to,
             (long long)made->bytes, (long long)(made->us / 1000000),
             (long long)(made->us / 1000 % 1000));
    if (made->orphans > 0)
        buf_addf(out, "note: %lld rows have a foreign key that leads nowhere, as in %s\n",
                 (long long)made->orphans, from);
    if (made->unchecked > 0)
        buf_addf(out,
                 "note: of %lld tables the rows were not compared with the indexes, which this "
                 "program cannot: %s\n",
                 (long long)made->unchecked, made->unchecked_why);
}

static int copy_and_report(const struct config *config, const char *what, backup_fn *work,
                           const char *from, const char *to)
{
    const struct db_options db = database_options(config);
    struct screen screen = {.begun = false};
    const struct backup_options options = {
        .db = &db,
        .replace = config->force,
        .timeout_us = work == backup_take ? config->backup_timeout_ms * 1000 : 0,
        .watch = watch,
        .context = &screen,
    };
    struct backup_made made;
    struct error e = error_none();
    struct buf out;
    sigset_t signals;
    bool ok;

    hold_signals(&signals);
    ok = work(from, to, &options, &made, &e);
    if (screen.begun)
        progress_end(&screen.bar);
    if (!ok)
        return command_fail(&e);
    buf_init(&out, 32768);
    report(&out, what, from, to, &made);
    return command_print(&out);
}

static int no_file(const char *name)
{
    struct error e = error_none();

    error_set(&e, ERROR_USAGE, "%s needs the name of a file: thimble %s FILE", name, name);
    return command_fail(&e);
}

int command_backup(const struct config *config, int n_words, char **words)
{
    struct error e = error_none();
    bool read_only;
    char why[256];

    if (n_words < 1)
        return no_file("backup");
    if (!database_look(config, false, &read_only, why, &e))
        return command_fail(&e);
    return copy_and_report(config, "backed up", backup_take, config->db, words[0]);
}

int command_restore(const struct config *config, int n_words, char **words)
{
    if (n_words < 1)
        return no_file("restore");
    return copy_and_report(config, "restored", backup_restore, words[0], config->db);
}
