/* SPDX-License-Identifier: MIT */
#include "store/files/migrate.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/parse.h"
#include "base/text.h"
#include "store/db/db.h"
#include "store/db/statement.h"
#include "store/files/migrate_apply.h"

static bool have_table(struct db *db, bool *have, struct error *e)
{
    int64_t count = 0;
    bool ok = db_integer(
        db, "SELECT count(*) FROM sqlite_schema WHERE type='table' AND name='thimble_migrations'",
        &count, e);

    *have = count > 0;
    return ok;
}

bool applied_read(struct db *db, struct applied_list *list, struct error *e)
{
    static const struct slice sql =
        SLICE_LITERAL("SELECT version,name,sha256,applied_at,duration_ms FROM thimble_migrations "
                      "ORDER BY version");
    struct statement *st;
    enum step step = STEP_FAILED;
    bool have;

    list->count = 0;
    if (!have_table(db, &have, e))
        return false;
    if (!have)
        return true;
    st = statement_get(db, sql, e);
    while (st && (step = statement_step(st, e)) == STEP_ROW) {
        struct applied *at;

        if (list->count == MIGRATIONS_MAX) {
            error_set(e, ERROR_FAILURE, "there are more than %d migrations", MIGRATIONS_MAX);
            break;
        }
        at = &list->items[list->count++];
        at->version = statement_integer(st, 0);
        at->duration_ms = statement_real(st, 4);
        slice_copy(at->name, sizeof at->name, statement_bytes(st, 1));
        slice_copy(at->sha256, sizeof at->sha256, statement_bytes(st, 2));
        slice_copy(at->applied_at, sizeof at->applied_at, statement_bytes(st, 3));
    }
    statement_release(st);
    return step == STEP_DONE;
}

static const struct migration *find_migration(const struct migration_set *set, int64_t version)
{
    for (size_t i = 0; i < set->count; i++) {
        if (set->items[i].version == version)
            return &set->items[i];
    }
    return NULL;
}

const struct applied *applied_find(const struct applied_list *list, int64_t version)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i].version == version)
            return &list->items[i];
    }
    return NULL;
}

/* What was applied must still be there, and unchanged. */
static bool check_applied(const struct applied_list *list, const struct migration_set *set,
                          struct error *e)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct applied *a = &list->items[i];
        const struct migration *m = find_migration(set, a->version);

        if (!m)
            return error_set(e, ERROR_FAILURE,
                             "migration %lld (%s, sha256 %s) was applied to the database but is "
                             "not among the %zu given",
                             (long long)a->version, a->name, a->sha256, set->count);
        if (strcmp(a->sha256, m->sha256) != 0)
            return error_set(e, ERROR_FAILURE,
                             "%s was changed after it was applied: sha256 %s then, %s now; put it "
                             "back and add a new migration",
                             m->file, a->sha256, m->sha256);
    }
    return true;
}

/* A migration that is older than one applied would meet a schema it was not written for. */
static bool check_order(const struct applied_list *list, const struct migration_set *set,
                        struct error *e)
{
    const struct applied *newest;

    if (list->count == 0)
        return true;
    newest = &list->items[list->count - 1];
    for (size_t i = 0; i < set->count; i++) {
        const struct migration *m = &set->items[i];

        if (m->version >= newest->version || applied_find(list, m->version))
            continue;
        return error_set(e, ERROR_FAILURE,
                         "%s is out of order: %lld (%s) is applied already; give it a higher "
                         "number",
                         m->file, (long long)newest->version, newest->name);
    }
    return true;
}

static bool read_and_check(struct db *db, const struct migration_set *set,
                           struct applied_list *list, struct error *e)
{
    if (!applied_read(db, list, e))
        return false;
    if (!check_applied(list, set, e))
        return false;
    return check_order(list, set, e);
}

static struct applied_list *new_list(struct error *e)
{
    struct applied_list *list = calloc(1, sizeof *list);

    if (!list)
        error_set(e, ERROR_MEMORY, "out of memory");
    return list;
}

/* Applies the migration if it is not among those of the list; *applied counts it. */
static bool apply_new(struct db *db, const struct applied_list *list, const struct migration *m,
                      size_t *applied,
                      void (*progress)(void *context, const struct migration *m, int64_t us),
                      void *context, struct error *e)
{
    int64_t before = clock_us();
    bool done = false;

    if (applied_find(list, m->version))
        return true;
    if (!apply_one(db, m, &done, e))
        return false;
    if (!done)
        return true;
    ++*applied;
    if (progress)
        progress(context, m, clock_us() - before);
    return true;
}

bool migrate_up(struct db *db, const struct migration_set *set, size_t *applied,
                void (*progress)(void *context, const struct migration *m, int64_t us),
                void *context, struct error *e)
{
    struct applied_list *list = new_list(e);
    bool ok = list && read_and_check(db, set, list, e);

    *applied = 0;
    for (size_t i = 0; ok && i < set->count; i++)
        ok = apply_new(db, list, &set->items[i], applied, progress, context, e);
    /* Another process may have applied some of them meanwhile: look at the whole again. */
    if (ok)
        ok = read_and_check(db, set, list, e);
    free(list);
    return ok;
}

bool migrate_current(struct db *db, const struct migration_set *set, struct error *e)
{
    struct applied_list *list = new_list(e);
    bool ok = list && read_and_check(db, set, list, e);

    if (ok && list->count != set->count)
        ok = error_set(e, ERROR_FAILURE, "%zu of %zu migrations are applied", list->count,
                       set->count);
    free(list);
    return ok;
}

bool migrate_known(struct db *db, const struct migration_set *set, struct error *e)
{
    struct applied_list *list = new_list(e);
    bool ok = list && read_and_check(db, set, list, e);

    free(list);
    return ok;
}

static void add_status(struct buf *out, const struct migration_set *set,
                       const struct applied_list *list)
{
    for (size_t i = 0; i < set->count; i++) {
        const struct migration *m = &set->items[i];
        const struct applied *a = applied_find(list, m->version);

        if (!a)
            buf_addf(out, "%-40s pending\n", m->file);
        else
            buf_addf(out, "%-40s applied %s in %.1f ms%s\n", m->file, a->applied_at, a->duration_ms,
                     text_if(strcmp(a->sha256, m->sha256), ", changed since"));
    }
    for (size_t i = 0; i < list->count; i++) {
        const struct applied *a = &list->items[i];

        if (!find_migration(set, a->version))
            buf_addf(out, "%04lld_%-35s applied %s, file missing\n", (long long)a->version, a->name,
                     a->applied_at);
    }
}

bool migrate_status(struct db *db, const struct migration_set *set, struct buf *out,
                    struct error *e)
{
    struct applied_list *list = new_list(e);
    bool ok = list && applied_read(db, list, e);

    if (ok)
        add_status(out, set, list);
    free(list);
    if (ok && out->failed)
        return error_set(e, ERROR_MEMORY, "out of memory");
    return ok;
}
