/*
 * What a named query returns: its columns, their types, whether it may, and what its rows are related
 * to.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/buf.h"
#include "store/catalog/catalog_load.h"
#include "store/catalog/routine.h"

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
    result->n_readable = result->n_columns;
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

    buf_init(&sql, ROUTINE_SQL_MAX);
    routine_part_sql(&sql, &s->parts[s->n_parts - 1]);
    if (!sql.failed)
        load_inferred(l, st, buf_slice(&sql), result);
    buf_finish(&sql);
}

/* Rows that UNION and its like put together have no relations, as those of a view. */
static void check_compound(const struct routine_source *s, struct origins *origins)
{
    struct buf sql;
    bool compound;

    buf_init(&sql, ROUTINE_SQL_MAX);
    routine_part_sql(&sql, &s->parts[s->n_parts - 1]);
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

bool load_routine_result(struct load *l, const struct routine_source *s, struct statement *st,
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
