/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "commands/command_output.h"
#include "commands/command_run.h"
#include "sources/database.h"
#include "sources/migrations.h"
#include "sources/sources.h"

#define PAGE_MAX ((size_t)8 << 20)

static void say_applied(void *context, const struct migration *m, int64_t us)
{
    buf_addf(context, "applied %s in %lld.%03lld ms\n", m->file, (long long)(us / 1000),
             (long long)(us % 1000));
}

static bool up(struct db *db, const struct migration_set *set, struct buf *out, struct error *e)
{
    size_t applied;

    if (!migrate_up(db, set, &applied, say_applied, out, e))
        return false;
    buf_addf(out, "%zu applied, %zu in all\n", applied, set->count);
    return true;
}

/* A look makes no database; applying makes one. */
static struct db *open_for(const struct config *config, bool status, struct error *e)
{
    if (status || config->dry_run)
        return database_open_or_none(config, e);
    return database_open(config, true, e);
}

/* Also what it does to the rights that the access files give. */
static bool dry_run(const struct config *config, struct db *db, const struct migration_set *set,
                    struct buf *out, struct error *e)
{
    struct store_sources sources;
    bool ok;

    if (!sources_load(config, &sources, e))
        return false;
    ok = migrate_dry_run(db, set, &sources, out, e);
    sources_drop(&sources);
    return ok;
}

static bool migrate(const struct config *config, const struct migrations *m, bool status,
                    struct buf *out, struct error *e)
{
    struct db *db;
    bool ok;

    if (m->none)
        return error_set(e, ERROR_USAGE, "--migrations none: there is nothing to migrate with");
    db = open_for(config, status, e);
    if (!db)
        return false;
    if (status)
        ok = migrate_status(db, &m->set, out, e);
    else if (config->dry_run)
        ok = dry_run(config, db, &m->set, out, e);
    else
        ok = up(db, &m->set, out, e);
    db_close(db);
    return ok;
}

static bool load_and_migrate(const struct config *config, bool status, struct buf *out,
                             struct error *e)
{
    struct migrations m;
    bool ok = migrations_load(&m, config->migrations, e);

    if (ok)
        ok = migrate(config, &m, status, out, e);
    migrations_finish(&m);
    return ok;
}

int command_migrate(const struct config *config, int n_words, char **words)
{
    const char *what = "up";
    struct error e = error_none();
    bool ok, status;
    struct buf out;
    int code;

    if (n_words > 0)
        what = words[0];
    status = strcmp(what, "status") == 0;
    if (!status && strcmp(what, "up") != 0) {
        error_set(&e, ERROR_USAGE, "migrate takes up, status or --dry-run, not %s", what);
        return command_fail(&e);
    }
    buf_init(&out, PAGE_MAX);
    ok = load_and_migrate(config, status, &out, &e);
    code = command_print(&out); /* what was applied before a failure stays applied */
    if (ok)
        return code;
    return command_fail(&e);
}
