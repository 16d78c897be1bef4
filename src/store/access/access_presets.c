/* SPDX-License-Identifier: MIT */
#include "store/access/access_presets.h"

#include <sqlite3.h>

#include "base/buf.h"
#include "store/access/access.h"
#include "store/access/access_record.h"
#include "store/db/db.h"
#include "store/db/identity.h"
#include "store/db/statement.h"

/* Bytes of one statement. */
#define SQL_MAX ((size_t)1 << 18)

/* Where the column stands that has this preset: the text is the record's own. */
static struct access_place place_of(const struct access *access, const char *preset)
{
    for (size_t i = 0; i < access->record->n_grants; i++) {
        const struct access_grant *g = &access->record->grants[i];

        for (size_t k = 0; k < g->n_columns; k++) {
            const struct access_column_rights *c = &g->columns[k].column;

            if (c->preset_insert == preset || c->preset_update == preset)
                return g->columns[k].place;
        }
    }
    return (struct access_place){"", 0, 0};
}

static bool tell(struct db *db, const struct catalog *role, const struct table *table,
                 const struct column *column, const char *preset, const struct error *cause,
                 struct error *e)
{
    struct access_place place = place_of(role->access, preset);
    const char *words = cause->message;

    if (cause->code == ERROR_MEMORY)
        return error_set(e, ERROR_MEMORY, "out of memory");
    if (cause->code != ERROR_FORBIDDEN)
        words = sqlite3_errmsg(db_handle(db));
    return error_set(e, ERROR_FAILURE, "%s:%d:%d: the preset of %s.%s: %s", place.file, place.line,
                     place.column, table->name.data, column->name.data, words);
}

/* The statement, as the role. */
static bool compiles(struct db *db, const struct catalog *role, struct slice sql,
                     struct error *cause)
{
    struct identity who = {.role = role->access->roles[role->role].name, .catalog = role};
    struct statement *st;

    db_identify(db, &who);
    db_allow_prepare(db, true);
    st = statement_get(db, sql, cause);
    db_allow_prepare(db, false);
    db_identify(db, NULL);
    statement_release(st);
    return st != NULL;
}

static bool preset_fits(struct db *db, const struct catalog *role, const struct table *table,
                        const struct column *column, bool updates, struct error *e)
{
    const char *preset = updates ? column->preset_update : column->preset_insert;
    struct error cause = error_none();
    struct buf sql;
    bool ok;

    if (!preset)
        return true;
    buf_init(&sql, SQL_MAX);
    if (updates)
        buf_addf(&sql, "EXPLAIN UPDATE %s SET %s=(%s)", table->target, column->quoted, preset);
    else
        buf_addf(&sql, "EXPLAIN INSERT INTO %s(%s)VALUES((%s))", table->target, column->quoted,
                 preset);
    ok = !sql.failed && compiles(db, role, buf_slice(&sql), &cause);
    buf_finish(&sql);
    return ok || tell(db, role, table, column, preset, &cause, e);
}

bool access_presets_fit(struct db *db, const struct catalog *role, struct error *e)
{
    for (size_t i = 0; i < role->n_tables; i++) {
        const struct table *table = &role->tables[i];

        for (size_t k = 0; k < table->n_columns; k++) {
            const struct column *column = &table->columns[k];

            if (!preset_fits(db, role, table, column, false, e) ||
                !preset_fits(db, role, table, column, true, e))
                return false;
        }
    }
    return true;
}
