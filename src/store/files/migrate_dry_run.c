/*
 * What would a migration change? Tried on a copy in memory, and told as resources and
 * columns that come and go.
 *
 * SPDX-License-Identifier: MIT
 */
#include "store/files/migrate.h"

#include <sqlite3.h>

#include "store/access/access.h"
#include "store/catalog/catalog.h"
#include "store/db/db.h"
#include "store/files/migrate_rights.h"
#include "store/store.h"

static bool copy(struct db *from, struct db *to, struct error *e)
{
    sqlite3_backup *backup = sqlite3_backup_init(db_handle(to), "main", db_handle(from), "main");
    int rc;

    if (!backup)
        return db_error(to, sqlite3_errcode(db_handle(to)), e);
    rc = sqlite3_backup_step(backup, -1);
    sqlite3_backup_finish(backup);
    if (rc == SQLITE_DONE)
        return true;
    return db_error(to, rc, e);
}

static void list_table(struct buf *out, char sign, const struct table *t)
{
    buf_addf(out, "%c %s\n", sign, t->name.data);
    for (size_t i = 0; i < t->n_columns; i++)
        buf_addf(out, "%c %s.%s %s\n", sign, t->name.data, t->columns[i].name.data,
                 t->columns[i].type);
}

static void list_columns(struct buf *out, char sign, const struct table *with,
                         const struct table *without)
{
    for (size_t i = 0; i < with->n_columns; i++) {
        const struct column *column = &with->columns[i];
        int other = table_column(without, column->name);

        if (other < 0 || strcmp(without->columns[other].type, column->type) != 0)
            buf_addf(out, "%c %s.%s %s\n", sign, with->name.data, column->name.data, column->type);
    }
}

static void list_changes(struct buf *out, const struct catalog *before, const struct catalog *after)
{
    for (size_t i = 0; i < before->n_tables; i++) {
        const struct table *was = &before->tables[i];
        const struct table *now = catalog_table(after, was->name);

        if (!now)
            list_table(out, '-', was);
        else
            list_columns(out, '-', was, now);
    }
    for (size_t i = 0; i < after->n_tables; i++) {
        const struct table *now = &after->tables[i];
        const struct table *was = catalog_table(before, now->name);

        if (!was)
            list_table(out, '+', now);
        else
            list_columns(out, '+', now, was);
    }
}

/* The catalogue as it is, with the access files if there are any. */
static struct catalog *look(struct db *memory, const struct store_sources *sources, struct error *e)
{
    struct catalog *catalog = catalog_load(memory, sources->routines, e);
    bool ok = catalog && (!sources->access || catalog_set_access(catalog, sources->access, e));

    if (ok)
        return catalog;
    catalog_drop(catalog);
    return NULL;
}

static bool list_all(const struct store_sources *sources, struct catalog *before,
                     struct catalog *after, struct buf *out, struct error *e)
{
    list_changes(out, before, after);
    if (!sources->access)
        return true;
    return migrate_rights(before, after, out, e) && access_fits(sources->access, after, e);
}

static bool try_on(struct db *memory, const struct migration_set *set,
                   const struct store_sources *sources, struct buf *out, struct error *e)
{
    struct catalog *before = look(memory, sources, e), *after = NULL;
    size_t applied = 0;
    bool ok = before && migrate_up(memory, set, &applied, NULL, NULL, e);

    if (ok)
        after = look(memory, sources, e);
    ok = after != NULL;
    if (ok && applied == 0)
        buf_add_text(out, "nothing to apply\n");
    else if (ok)
        ok = list_all(sources, before, after, out, e);
    catalog_drop(before);
    catalog_drop(after);
    return ok && (!out->failed || error_set(e, ERROR_MEMORY, "out of memory"));
}

bool migrate_dry_run(struct db *db, const struct migration_set *set,
                     const struct store_sources *sources, struct buf *out, struct error *e)
{
    static const struct store_sources none = {0};
    struct db_options options = db_options_default();
    struct db *memory = db_open(":memory:", DB_WRITE, &options, e);
    bool ok =
        memory && copy(db, memory, e) && try_on(memory, set, sources ? sources : &none, out, e);

    db_close(memory);
    return ok;
}
