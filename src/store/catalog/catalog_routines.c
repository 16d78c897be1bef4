/*
 * Named queries, compiled against the schema.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>

#include <sqlite3.h>

#include "base/buf.h"
#include "base/log.h"
#include "store/access/access.h"
#include "store/catalog/catalog_load.h"
#include "store/catalog/routine.h"
#include "store/db/db.h"

/* The statement, or within a FROM clause. */
static void compiled_sql(struct buf *sql, const struct routine_part *part, bool wrapped)
{
    if (wrapped)
        buf_add_text(sql, "SELECT * FROM (");
    routine_part_sql(sql, part);
    if (wrapped)
        buf_add_char(sql, ')');
}

/* To the query's author: SQLite's own words. */
static void tell_author(struct load *l)
{
    if (!error_is_set(l->error) || l->error->code == ERROR_MEMORY)
        return;
    snprintf(l->error->message, sizeof l->error->message, "%s", sqlite3_errmsg(db_handle(l->db)));
}

/* The statement, or within a FROM clause; NULL with the error if it does not compile. */
static struct statement *compile_part(struct load *l, const struct routine_part *part, bool wrapped)
{
    struct statement *st = NULL;
    struct buf sql;

    buf_init(&sql, ROUTINE_SQL_MAX);
    compiled_sql(&sql, part, wrapped);
    db_allow_prepare(l->db, true);
    if (!sql.failed)
        st = statement_get(l->db, buf_slice(&sql), l->error);
    db_allow_prepare(l->db, false);
    buf_finish(&sql);
    if (!st)
        tell_author(l);
    return st;
}

/* Compiled within a FROM clause, which a SELECT can be, or as it is; NULL with the error. */
static struct statement *compile_last_part(struct load *l, struct routine *r)
{
    const struct routine_part *part = &r->source->parts[r->source->n_parts - 1];
    struct error ignored = error_none();
    struct load quiet = *l;
    struct statement *st;

    quiet.error = &ignored;
    st = compile_part(&quiet, part, true);
    r->is_select = st != NULL;
    if (st)
        return st;
    return compile_part(l, part, false);
}

static bool compile_result(struct load *l, struct routine *r)
{
    struct statement *st = compile_last_part(l, r);
    bool ok = st && load_routine_result(l, r->source, st, &r->result);

    statement_release(st);
    return ok;
}

/* Two of one name would be one member of an object; within FROM SQLite renames the second. */
static bool check_names(struct load *l, struct statement *st)
{
    for (size_t i = 0; i < statement_columns(st); i++) {
        for (size_t k = 0; k < i; k++) {
            const char *name = statement_column_name(st, (int)i);

            if (strcmp(name, statement_column_name(st, (int)k)) == 0)
                return error_set(l->error, ERROR_FAILURE, "two columns are called \"%s\"", name);
        }
    }
    return true;
}

static bool check_part(struct load *l, const struct routine_source *s, size_t part)
{
    struct statement *st = compile_part(l, &s->parts[part], false);
    bool ok = st && check_names(l, st);

    if (ok && !s->writes && !statement_reads_only(st))
        ok = error_set(l->error, ERROR_FAILURE, "it writes, and does not say -- write");
    statement_release(st);
    return ok;
}

static bool compile_routine(struct load *l, struct routine *r)
{
    const struct routine_source *s = r->source;

    r->result = (struct table){
        .name = s->name, .kind = TABLE_VIEW, .rowid_alias = -1, .quoted = "", .rights = RIGHTS_ALL};
    for (size_t i = 0; i < s->n_parts; i++) {
        if (!check_part(l, s, i))
            return false;
    }
    return compile_result(l, r);
}

/* A query that does not compile: an error for a strict catalogue, else a warning. */
static bool leave_out_routine(struct load *l, const struct routine_source *s,
                              const struct error *cause)
{
    if (cause->code == ERROR_MEMORY)
        return error_set(l->error, ERROR_MEMORY, "the query %s: %s", s->name.data, cause->message);
    if (l->strict)
        return error_set(l->error, ERROR_FAILURE, "the query %s: %s", s->name.data, cause->message);
    log_some(l->warnings, LOG_WARN, "the query %s cannot be served: %s", s->name.data,
             cause->message);
    return true;
}

bool load_routines(struct load *l, const struct routine_set *set, struct routine **out, size_t *n)
{
    size_t count = set ? set->n : 0;
    struct routine *routines = load_alloc(l, count, sizeof *routines);

    *out = routines;
    *n = 0;
    if (!routines)
        return false;
    for (size_t i = 0; i < count; i++) {
        struct error cause = error_none();
        struct load inner = *l;
        struct routine *r = &routines[*n];

        inner.error = &cause;
        r->source = &set->items[i];
        if (compile_routine(&inner, r))
            ++*n;
        else if (!leave_out_routine(l, r->source, &cause))
            return false;
    }
    return true;
}
