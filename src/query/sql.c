/* SPDX-License-Identifier: MIT */
#include "query/sql.h"

#include "base/buf.h"
#include "base/text.h"

void sql_init(struct sql *q, struct arena *arena, const struct table *table, struct error *e)
{
    *q = (struct sql){.arena = arena, .table = table, .error = e};
}

bool sql_fail(struct sql *q)
{
    q->failed = true;
    return error_set(q->error, ERROR_MEMORY, "out of memory");
}

static bool grow(struct sql *q, size_t need)
{
    size_t cap = q->cap ? q->cap * 2 : 512;
    char *text;

    while (cap < need)
        cap *= 2;
    if (cap > SQL_TEXT_MAX) {
        error_set(q->error, ERROR_SYNTAX, "the request makes a statement of more than %zu bytes",
                  SQL_TEXT_MAX);
        return sql_fail(q);
    }
    text = arena_alloc(q->arena, cap);
    if (!text)
        return sql_fail(q);
    if (q->len)
        memcpy(text, q->text, q->len);
    q->text = text;
    q->cap = cap;
    return true;
}

void sql_add(struct sql *q, const char *text, size_t len)
{
    if (q->failed || (q->len + len + 1 > q->cap && !grow(q, q->len + len + 1)))
        return;
    memcpy(q->text + q->len, text, len);
    q->len += len;
}

void sql_text(struct sql *q, const char *text)
{
    sql_add(q, text, strlen(text));
}

static bool grow_values(struct sql *q)
{
    size_t cap = q->values_cap ? q->values_cap * 2 : 8;
    struct value *values;

    if (cap > SQL_VALUES_MAX) {
        error_set(q->error, ERROR_SYNTAX, "the request has more than %d values",
                  SQL_VALUES_MAX / 2);
        return sql_fail(q);
    }
    values = arena_alloc(q->arena, cap * sizeof *values);
    if (!values)
        return sql_fail(q);
    if (q->n_values)
        memcpy(values, q->values, q->n_values * sizeof *values);
    q->values = values;
    q->values_cap = cap;
    return true;
}

void sql_value(struct sql *q, struct value value)
{
    if (q->failed || (q->n_values == q->values_cap && !grow_values(q)))
        return;
    q->values[q->n_values++] = value;
    SQL(q, "?");
}

const struct column *sql_column(struct sql *q, struct slice name)
{
    int index = table_column(q->table, name);
    const char *near;

    if (index >= 0)
        return &q->table->columns[index];
    if (q->failed)
        return NULL;
    error_set(q->error, ERROR_NO_COLUMN, "column %.*s.%.*s does not exist",
              SLICE_ARG(q->table->name), (int)(name.len > 80 ? 80 : name.len), name.data);
    near = table_suggest_column(q->table, name);
    if (near)
        error_hint(q->error, "Perhaps you meant the column \"%s\".", near);
    q->failed = true;
    return NULL;
}

/* "name": as it stands in a JSON object. */
static struct slice json_key(struct sql *q, struct slice name)
{
    struct buf text;
    char *copy;

    buf_init(&text, name.len * 6 + 3);
    text_json_string(&text, name);
    buf_add_char(&text, ':');
    copy = text.failed ? NULL : arena_copy(q->arena, buf_slice(&text));
    size_t len = text.len;
    buf_finish(&text);
    if (!copy)
        sql_fail(q);
    return slice_make(copy, copy ? len : 0);
}

/* JSONB comes out as text; a damaged one as the blob it is (sqlite.org/json1.html §4.13). */
static void column_expression(struct sql *q, const struct column *column)
{
    if (column->kind != KIND_JSONB) {
        sql_text(q, column->quoted);
        return;
    }
    SQL(q, "CASE WHEN json_valid(");
    sql_text(q, column->quoted);
    SQL(q, ",10) THEN json(");
    sql_text(q, column->quoted);
    SQL(q, ") ELSE ");
    sql_text(q, column->quoted);
    SQL(q, " END");
}

static void add_output(struct sql *q, const struct column *column, struct slice alias,
                       struct output *outputs, size_t *n)
{
    if (*n > 0)
        SQL(q, ",");
    column_expression(q, column);
    outputs[*n] = (struct output){.key = alias.len ? json_key(q, alias) : column->json_key,
                                  .kind = column->kind};
    (*n)++;
}

static size_t count_outputs(const struct sql *q, const struct select_item *items)
{
    size_t n = items ? 0 : q->table->n_columns;

    for (const struct select_item *item = items; item; item = item->next)
        n += item->star ? q->table->n_columns : 1;
    return n;
}

void sql_outputs(struct sql *q, const struct query_tree *tree, struct plan *out)
{
    static const struct select_item everything = {.star = true};
    const struct select_item *item = tree->select ? tree->select : &everything;
    const struct slice none = {NULL, 0};
    struct output *outputs =
        arena_alloc(q->arena, count_outputs(q, tree->select) * sizeof *outputs);
    size_t n = 0;

    if (!outputs)
        sql_fail(q);
    for (; item && !q->failed; item = item->next) {
        const struct column *column = item->star ? NULL : sql_column(q, item->column);

        if (column)
            add_output(q, column, item->alias, outputs, &n);
        for (size_t i = 0; item->star && i < q->table->n_columns; i++)
            add_output(q, &q->table->columns[i], none, outputs, &n);
    }
    out->outputs = outputs;
    out->n_outputs = n;
}

static void key_outputs(struct sql *q, struct plan *out)
{
    struct output *outputs = arena_alloc(q->arena, q->table->n_key * sizeof *outputs);

    if (!outputs)
        sql_fail(q);
    for (size_t i = 0; i < q->table->n_key && !q->failed; i++) {
        const struct column *column = &q->table->columns[q->table->key[i]];

        if (i > 0)
            SQL(q, ",");
        sql_text(q, column->quoted);
        outputs[i] = (struct output){.key = column->json_key, .kind = column->kind};
    }
    out->outputs = outputs;
    out->n_outputs = q->table->n_key;
}

void sql_returning(struct sql *q, const struct query_tree *tree, enum returning returning,
                   struct plan *out)
{
    out->outputs = NULL;
    out->n_outputs = 0;
    if (returning == RETURNING_NOTHING)
        return;
    SQL(q, " RETURNING ");
    if (returning == RETURNING_KEY)
        key_outputs(q, out);
    else
        sql_outputs(q, tree, out);
}

bool sql_finish(struct sql *q, struct plan *out)
{
    sql_add(q, "", 1); /* the NUL */
    if (q->failed)
        return false;
    out->sql = slice_make(q->text, q->len - 1);
    out->values = q->values;
    out->n_values = q->n_values;
    return true;
}
