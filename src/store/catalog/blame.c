/* SPDX-License-Identifier: MIT */
#include "store/catalog/blame.h"

#include <stdio.h>
#include <string.h>

#include <sqlite3.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/text.h"
#include "store/catalog/lexer.h"
#include "store/db/db.h"
#include "store/db/statement.h"

#define SQL_MAX ((size_t)1 << 20)

/* What SQLite says before the name of what is missing. */
static const char *const before_name[] = {
    "no such table: ",       "no such view: ",     "no such column: ",
    "no such function: ",    "no such module: ",   "no such collation sequence: ",
    "no such tokenizer: ",   "no such index: ",    "no such trigger: ",
    "unknown tokenizer: ",   "unknown function: ", "wrong number of arguments to function ",
    " has no column named ", "unsafe use of ",     "unsafe use of virtual table ",
};

/* "… no such table: main.x", "… has no column named x" → x; empty if it names nothing. */
static struct slice missing_name(const char *message)
{
    const char *at = NULL, *dot;
    size_t len;

    for (size_t i = 0; i < sizeof before_name / sizeof *before_name; i++) {
        const char *found = strstr(message, before_name[i]);

        at = found ? found + strlen(before_name[i]) : at;
    }
    if (!at)
        return slice_make(NULL, 0);
    if (*at == '"') /* SQLite's advice about quotes follows */
        return slice_make(at + 1, strcspn(at + 1, "\""));
    len = strcspn(at, "(");
    dot = memrchr(at, '.', len);
    if (dot)
        return slice_make(dot + 1, len - (size_t)(dot + 1 - at));
    return slice_make(at, len);
}

static bool mentions(struct slice sql, struct slice name)
{
    struct lexer x = {.sql = sql};

    for (;;) {
        struct token t = lexer_next(&x);

        if (t.kind == TOKEN_END)
            return false;
        if (t.kind != TOKEN_OTHER && text_equal_nocase(t.text, name))
            return true;
    }
}

/* The column of a foreign key of `table` that refers to the missing table; false: there is none. */
static bool find_foreign_key(struct db *db, struct slice table, struct slice missing,
                             struct error *e)
{
    static const struct slice sql = SLICE_LITERAL(
        "SELECT \"from\" FROM pragma_foreign_key_list(?1) WHERE \"table\"=?2 COLLATE NOCASE");
    const struct value values[] = {value_text(table), value_text(missing)};
    struct error ignored = error_none();
    struct statement *st = statement_get(db, sql, &ignored);
    bool found =
        st && statement_bind(st, values, 2, &ignored) && statement_step(st, &ignored) == STEP_ROW;

    if (found) {
        struct slice column = statement_bytes(st, 0);

        error_details(e, "The foreign key of \"%.*s\" in the table \"%.*s\" refers to it.",
                      SLICE_ARG(column), SLICE_ARG(table));
    }
    statement_release(st);
    return found;
}

/* Columns: 0 type, 1 name, 2 tbl_name, 3 sql. */
static bool blame_object(struct db *db, struct statement *st, struct slice missing, struct error *e)
{
    struct slice type = statement_bytes(st, 0), name = statement_bytes(st, 1);
    struct slice table = statement_bytes(st, 2);

    if (!mentions(statement_bytes(st, 3), missing))
        return false;
    if (slice_is(type, "table") && e->code == ERROR_BROKEN_TABLE)
        return find_foreign_key(db, name, missing, e);
    if (slice_is(type, "trigger") || slice_is(type, "index"))
        error_details(e, "The %.*s \"%.*s\" of \"%.*s\" uses it.", SLICE_ARG(type), SLICE_ARG(name),
                      SLICE_ARG(table));
    else
        error_details(e, "The %.*s \"%.*s\" uses it.", SLICE_ARG(type), SLICE_ARG(name));
    return true;
}

void blame_schema(struct db *db, const struct table *table, struct error *e)
{
    static const struct slice sql =
        SLICE_LITERAL("SELECT type,name,tbl_name,sql FROM sqlite_schema "
                      "WHERE instr(lower(sql),lower(?2)) "
                      "ORDER BY tbl_name<>?1 COLLATE NOCASE,type='table',type='index'");
    struct slice missing = missing_name(e->message);
    const struct value values[] = {value_text(table ? table->name : slice_make("", 0)),
                                   value_text(missing)};
    struct error ignored = error_none();
    struct statement *st;

    if (!error_is_broken(e->code) || missing.len == 0)
        return;
    st = statement_get(db, sql, &ignored);
    if (st && statement_bind(st, values, 2, &ignored)) {
        while (statement_step(st, &ignored) == STEP_ROW) {
            if (blame_object(db, st, missing, e))
                break;
        }
    }
    statement_release(st);
}

static bool compiles(struct db *db, const struct buf *sql, struct error *e)
{
    sqlite3_stmt *stmt = NULL;
    int rc;

    if (sql->failed)
        return true; /* not looked at */
    rc = sqlite3_prepare_v2(db_handle(db), sql->data, (int)sql->len, &stmt, NULL);
    if (rc != SQLITE_OK)
        db_compile_error(db, rc, e);
    sqlite3_finalize(stmt);
    return rc == SQLITE_OK;
}

/* Every column that can be written, by itself; false: there is none. */
static bool update_sql(struct buf *b, const struct table *table)
{
    size_t n = 0;

    buf_addf(b, "UPDATE %s SET ", table->quoted);
    for (size_t i = 0; i < table->n_columns; i++) {
        const struct column *c = &table->columns[i];

        if (!c->generated)
            buf_addf(b, "%s%s=%s", text_if(n++ > 0, ","), c->quoted, c->quoted);
    }
    return n > 0;
}

enum verb { VERB_SELECT, VERB_INSERT, VERB_UPDATE, VERB_DELETE, VERBS };

static bool computes(const struct table *table)
{
    for (size_t i = 0; i < table->n_columns; i++) {
        if (table->columns[i].generated)
            return true;
    }
    return table->kind == TABLE_VIEW;
}

/* False: the table does not take it, or nothing in it could fail: a start is not to take long. */
static bool verb_sql(struct buf *b, const struct table *table, enum verb verb)
{
    buf_clear(b);
    switch (verb) {
    case VERB_SELECT: buf_addf(b, "SELECT * FROM %s", table->quoted); return computes(table);
    case VERB_INSERT:
        buf_addf(b, "INSERT INTO %s DEFAULT VALUES", table->quoted);
        return table->insertable;
    case VERB_UPDATE: return update_sql(b, table) && table->updatable;
    case VERB_DELETE:
        buf_addf(b, "DELETE FROM %s", table->quoted);
        return table->deletable && (table->has_triggers || table->n_referring);
    case VERBS: break;
    }
    return false;
}

/* One line for all verbs that fail for the same reason: the first's. */
static void check_verbs(struct db *db, const struct table *table, struct buf *sql,
                        struct log_some *warnings)
{
    static const char *const names[] = {"GET", "POST", "PATCH", "DELETE"};
    struct error cause = error_none();
    char verbs[40] = "";
    size_t used = 0;

    for (unsigned v = 0; v < VERBS; v++) {
        struct error e = error_none();

        if (!verb_sql(sql, table, (enum verb)v))
            continue;
        if (compiles(db, sql, &e))
            continue;
        used += (size_t)snprintf(verbs + used, sizeof verbs - used, "%s%s", text_if(used > 0, ", "),
                                 names[v]);
        if (!error_is_set(&cause))
            cause = e;
    }
    if (!error_is_set(&cause))
        return;
    blame_schema(db, table, &cause);
    log_some(warnings, LOG_WARN, "%s of \"%s\" will fail: %s%s%s", verbs, table->name.data,
             cause.message, text_if(cause.details[0], ". "), cause.details);
}

void blame_at_start(struct db *db, const struct catalog *catalog)
{
    struct log_some warnings = {0};
    struct buf sql;

    buf_init(&sql, SQL_MAX);
    db_allow_prepare(db, true);
    for (size_t i = 0; i < catalog->n_tables; i++) {
        if (catalog->tables[i].kind != TABLE_VIRTUAL)
            check_verbs(db, &catalog->tables[i], &sql, &warnings);
    }
    db_allow_prepare(db, false);
    buf_finish(&sql);
    log_some_end(&warnings, LOG_WARN, "requests to them will fail, too, and say why");
}
