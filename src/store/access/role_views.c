/* SPDX-License-Identifier: MIT */
#include "store/access/role_views.h"

#include <sqlite3.h>

#include "store/access/role_view_text.h"
#include "store/db/db.h"

/* Bytes of the statements that take away a role's views. */
#define DROPS_MAX ((size_t)16 << 20)

static void add_drop(struct buf *b, const char *type, struct slice name)
{
    buf_addf(b, "DROP %s temp.\"", type);
    for (size_t i = 0; i < name.len; i++) {
        if (name.data[i] == '"')
            buf_add_char(b, '"');
        buf_add_char(b, name.data[i]);
    }
    buf_add_text(b, "\";\n");
}

/* What the role has on the connection: of which catalogue may be forgotten. */
static bool list_views(struct db *db, size_t role, struct buf *drops, struct error *e)
{
    static const char sql[] = "SELECT type,name FROM sqlite_temp_schema ORDER BY type";
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(db_handle(db), sql, sizeof sql, &stmt, NULL);

    while (rc == SQLITE_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        struct slice name = slice_from((const char *)sqlite3_column_text(stmt, 1));
        struct role_name read;

        if (role_name_read(name, &read) && read.role == role)
            add_drop(drops, (const char *)sqlite3_column_text(stmt, 0), name);
        rc = SQLITE_OK;
    }
    sqlite3_finalize(stmt);
    if (drops->failed)
        return error_set(e, ERROR_MEMORY, "out of memory");
    return rc == SQLITE_DONE || db_error(db, rc, e);
}

static bool drop_views(struct db *db, size_t role, struct error *e)
{
    struct buf drops;
    bool ok;

    buf_init(&drops, DROPS_MAX);
    ok = list_views(db, role, &drops, e);
    buf_add_char(&drops, '\0');
    ok = ok && !drops.failed && db_exec(db, drops.data, e);
    buf_finish(&drops);
    return ok || error_set(e, ERROR_MEMORY, "out of memory");
}

static bool make_views(struct db *db, const struct catalog *role, struct error *e)
{
    if (!drop_views(db, role->role, e) || !db_exec(db, role->views, e))
        return false;
    return db_only_reads(db) || db_exec(db, role->triggers, e);
}

/* Not stopped on its way: it is as much as the schema is, whoever waits. */
bool role_views_attach(struct db *db, const struct catalog *role, struct error *e)
{
    struct interruptions *it = db_interruptions(db);
    bool before;
    bool ok;

    if (db_has_views(db, role))
        return true;
    if (!db_change_views(db, role, e))
        return false;
    before = it->looking_away;
    it->looking_away = true;
    db_allow_prepare(db, true);
    ok = make_views(db, role, e);
    db_allow_prepare(db, false);
    it->looking_away = before;
    if (ok)
        db_note_views(db, role);
    return ok;
}
