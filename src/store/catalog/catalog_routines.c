/*
 * Named queries, compiled against the schema.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>

#include <sqlite3.h>

#include "base/buf.h"
#include "base/log.h"
#include "store/catalog/catalog_load.h"
#include "store/catalog/routine.h"
#include "store/db/db.h"

#define SQL_MAX ((size_t)1 << 20)

static void part_sql(struct buf *b, const struct routine_part *part)
{
    for (size_t i = 0; i < part->n_pieces; i++) {
        buf_add_slice(b, part->pieces[i].sql);
        if (part->pieces[i].param >= 0)
            buf_add_char(b, '?');
    }
}

/* The statement, or within a FROM clause. */
static void compiled_sql(struct buf *sql, const struct routine_part *part, bool wrapped)
{
    if (wrapped)
        buf_add_text(sql, "SELECT * FROM (");
    part_sql(sql, part);
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

    buf_init(&sql, SQL_MAX);
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

static bool result_columns(struct load *l, struct statement *st, struct table *result)
{
    struct column *columns = load_alloc(l, statement_columns(st), sizeof *columns);

    if (!columns)
        return false;
    result->columns = columns;
    for (size_t i = 0; i < statement_columns(st); i++) {
        load_column(l, slice_from(statement_column_name(st, (int)i)),
                    statement_column_type(st, (int)i), &columns[i]);
        result->n_columns++;
    }
    return true;
}

/* What the query declares counts for more than what SQLite knows. */
static bool declared_types(struct load *l, const struct routine_source *s, struct table *result)
{
    struct column *columns = (struct column *)result->columns;

    for (size_t i = 0; i < s->n_types; i++) {
        int at = routine_is_scalar(s->returns) ? 0 : table_column(result, s->types[i].name);

        if (at < 0)
            return error_set(l->error, ERROR_FAILURE,
                             "it declares \"%.*s\", and has no such column",
                             SLICE_ARG(s->types[i].name));
        load_column_type(l, &columns[at], slice_from(s->types[i].type));
    }
    return true;
}

/* The text of the last statement says the types of expressions. */
static void inferred_types(struct load *l, const struct routine_source *s, struct statement *st,
                           struct table *result)
{
    struct buf sql;

    buf_init(&sql, SQL_MAX);
    part_sql(&sql, &s->parts[s->n_parts - 1]);
    if (!sql.failed)
        load_inferred(l, st, buf_slice(&sql), result);
    buf_finish(&sql);
}

/* Rows that UNION and its like put together have no relations, as those of a view. */
static void check_compound(const struct routine_source *s, struct origins *origins)
{
    struct buf sql;
    bool compound;

    buf_init(&sql, SQL_MAX);
    part_sql(&sql, &s->parts[s->n_parts - 1]);
    compound = view_shape_read(buf_slice(&sql)).compound;
    buf_finish(&sql);
    for (size_t i = 0; compound && i < origins->view->n_columns; i++)
        origins->tables[i] = NULL;
}

/* A scalar's column goes by the name that it has in PostgREST. */
static bool name_scalar(struct load *l, struct table *result)
{
    struct column *column = (struct column *)result->columns;
    const char *quoted = column->quoted, *type = column->type;

    load_column(l, slice_from(ROUTINE_SCALAR), type, column);
    column->quoted = quoted;
    return !error_is_set(l->error);
}

/* One column is the body; the others are its status, its type and header fields. */
static bool check_file(struct load *l, const struct table *result)
{
    char name[ROUTINE_HEADER_MAX];
    size_t bodies = 0;

    for (size_t i = 0; i < result->n_columns; i++) {
        struct slice column = result->columns[i].name;
        enum file_role role = routine_file_role(column);

        bodies += role == FILE_BODY;
        if (role == FILE_HEADER && !routine_header_name(column, name))
            return error_set(l->error, ERROR_FAILURE,
                             "it returns a file, and may not set the header field of \"%.*s\"",
                             SLICE_ARG(column));
    }
    return bodies == 1 ||
           error_set(l->error, ERROR_FAILURE,
                     "it returns a file: one column is its body, beside status, content_type and "
                     "header_…, not %zu",
                     bodies);
}

static bool check_result(struct load *l, const struct routine_source *s, const struct table *result)
{
    if (s->returns == RETURNS_FILE)
        return check_file(l, result);
    if (!routine_is_scalar(s->returns) || result->n_columns == 1)
        return true;
    return error_set(l->error, ERROR_FAILURE, "it returns a scalar and has %zu columns",
                     result->n_columns);
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

/* The types of the result's columns: what their text says, then what the query declares. */
static bool result_types(struct load *l, const struct routine_source *s, struct statement *st,
                         struct table *result)
{
    inferred_types(l, s, st, result);
    if (!declared_types(l, s, result))
        return false;
    if (!routine_is_scalar(s->returns))
        return true;
    return name_scalar(l, result);
}

/* What the result's rows are related to: what its columns come straight from. */
static bool result_relations(struct load *l, const struct routine_source *s, struct statement *st,
                             struct table *result)
{
    struct origins origins;

    if (!load_origins(l, st, result, &origins))
        return false;
    origins.one_way = true;
    check_compound(s, &origins);
    if (!load_view_children(l, &origins))
        return false;
    return load_view_parents(l, &origins, NULL);
}

static bool read_result(struct load *l, const struct routine_source *s, struct statement *st,
                        struct table *result)
{
    if (!result_columns(l, st, result))
        return false;
    if (!check_result(l, s, result))
        return false;
    if (!result_types(l, s, st, result))
        return false;
    return result_relations(l, s, st, result);
}

static bool compile_result(struct load *l, struct routine *r)
{
    struct statement *st = compile_last_part(l, r);
    bool ok = st && read_result(l, r->source, st, &r->result);

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

    r->result =
        (struct table){.name = s->name, .kind = TABLE_VIEW, .rowid_alias = -1, .quoted = ""};
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
