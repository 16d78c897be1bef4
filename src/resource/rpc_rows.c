/*
 * Rows that RETURNING gives, looked at as a table: they are kept as a JSON array of arrays, and a
 * SELECT over it has the select list, filters, order and related resources of the request. SQLite
 * lets no INSERT, UPDATE or DELETE stand in a FROM clause.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/text.h"
#include "query/json_out.h"
#include "resource/rpc.h"

/* A cell of the nth column: of a blob its hexadecimal digits, in an array of their own. */
static void add_cell_sql(struct buf *sql, size_t n, const struct column *column)
{
    buf_addf(sql,
             "%sCASE json_type(value,'$[%zu]') WHEN 'array' THEN unhex(value->>'$[%zu][0]') "
             "ELSE value->>'$[%zu]' END AS ",
             n ? "," : "", n, n, n);
    buf_add_text(sql, column->quoted);
}

/* The routine's columns as a query with one parameter: the kept rows. */
static bool make_query(struct call *call, const struct routine *from, struct routine *out)
{
    struct routine_source *source = arena_zeroed(&call->arena, 1, sizeof *source);
    struct routine_part *part = arena_zeroed(&call->arena, 1, sizeof *part);
    struct routine_piece *pieces = arena_zeroed(&call->arena, 2, sizeof *pieces);
    struct buf sql;
    char *text;

    buf_init(&sql, 1 << 20);
    buf_add_text(&sql, "SELECT ");
    for (size_t i = 0; i < from->result.n_columns; i++)
        add_cell_sql(&sql, i, &from->result.columns[i]);
    buf_add_text(&sql, " FROM json_each(");
    text = sql.failed ? NULL : arena_copy(&call->arena, buf_slice(&sql));
    buf_finish(&sql);
    if (!source || !part || !pieces || !text)
        return error_set(&call->error, ERROR_MEMORY, "out of memory");
    pieces[0] = (struct routine_piece){slice_from(text), 0};
    pieces[1] = (struct routine_piece){slice_from(")"), -1};
    *part = (struct routine_part){pieces, 2};
    *source = *from->source;
    source->parts = part;
    source->n_parts = 1;
    *out = *from;
    out->source = source;
    return true;
}

bool rpc_rows_source(struct call *call, struct rpc *r)
{
    struct routine *query = arena_alloc(&call->arena, sizeof *query);
    struct value *rows = arena_alloc(&call->arena, sizeof *rows);

    if (!query || !rows)
        return error_set(&call->error, ERROR_MEMORY, "out of memory");
    if (!make_query(call, r->routine, query))
        return false;
    /* Bound when the rows are there: known by its address until then. */
    *rows = value_text(slice_make((const char *)rows, 0));
    r->rows = rows;
    r->source = (struct routine_call){query, rows};
    buf_init(&r->kept, (size_t)call->service->max_answer);
    return true;
}

static void add_hex(struct buf *b, struct slice bytes)
{
    static const char digits[] = "0123456789abcdef";

    buf_add_text(b, "[\"");
    for (size_t i = 0; i < bytes.len; i++) {
        unsigned char c = (unsigned char)bytes.data[i];

        buf_add_char(b, digits[c >> 4]);
        buf_add_char(b, digits[c & 15]);
    }
    buf_add_text(b, "\"]");
}

void rpc_rows_keep(struct rpc *r, const struct row *row)
{
    struct buf *b = &r->kept;

    buf_add_text(b, b->len ? ",[" : "[[");
    for (size_t i = 0; i < r->routine->result.n_columns; i++) {
        struct value v = row_value(row, i);

        if (i > 0)
            buf_add_char(b, ',');
        if (v.type == VALUE_BLOB)
            add_hex(b, v.as.bytes);
        else
            json_out_value(b, &v, KIND_NUMERIC);
    }
    buf_add_char(b, ']');
}

bool rpc_rows_bind(struct call *call, struct rpc_over *over)
{
    const struct plan *plan = &over->plan;

    over->values = arena_alloc(&call->arena, (plan->n_values + 1) * sizeof *over->values);
    if (!over->values)
        return error_set(&call->error, ERROR_MEMORY, "out of memory");
    if (plan->n_values)
        memcpy(over->values, plan->values, plan->n_values * sizeof *over->values);
    return true;
}

void rpc_rows_fill(const struct rpc *r, struct rpc_over *over)
{
    for (size_t i = 0; i < over->plan.n_values; i++) {
        const struct value *v = &over->plan.values[i];
        bool rows = v->type == VALUE_TEXT && v->as.bytes.data == (const char *)r->rows;

        if (rows)
            over->values[i] = value_text(buf_slice(&r->kept));
    }
}

bool rpc_rows_end(struct call *call, struct rpc *r)
{
    buf_add_text(&r->kept, r->kept.len ? "]" : "[]");
    if (!r->kept.failed)
        return true;
    return error_set(&call->error, r->kept.full ? ERROR_ANSWER_TOO_LARGE : ERROR_MEMORY,
                     "the answer does not fit");
}
