/* SPDX-License-Identifier: MIT */
#include "query/sql.h"

#include "query/rights.h"

void sql_init(struct sql *q, struct arena *arena, const struct plan_options *options,
              struct error *e)
{
    *q = (struct sql){.arena = arena, .options = options, .error = e};
}

bool sql_give_up(struct sql *q)
{
    q->failed = true;
    return false;
}

bool sql_fail(struct sql *q)
{
    error_set(q->error, ERROR_MEMORY, "out of memory");
    return sql_give_up(q);
}

void *sql_alloc(struct sql *q, size_t count, size_t size)
{
    void *memory = q->failed ? NULL : arena_zeroed(q->arena, count ? count : 1, size);

    if (!memory)
        sql_fail(q);
    return memory;
}

static bool grow(struct sql *q, size_t need)
{
    size_t cap = q->cap ? q->cap * 2 : 256;
    char *text;

    while (cap < need)
        cap *= 2;
    if (cap > SQL_TEXT_MAX) {
        error_set(q->error, ERROR_SYNTAX, "the request makes a statement of more than %zu bytes",
                  SQL_TEXT_MAX);
        return sql_give_up(q);
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

void sql_number(struct sql *q, size_t number)
{
    char text[20]; /* as many digits as the largest has */
    size_t at = sizeof text;

    do {
        text[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    sql_add(q, text + at, sizeof text - at);
}

static bool grow_values(struct sql *q)
{
    size_t cap = q->values_cap ? q->values_cap * 2 : 8;
    bool with_sources = q->options && q->options->sources;
    struct value_source *sources = NULL;
    struct value *values;

    if (q->values_cap == SQL_VALUES_MAX) {
        error_set(q->error, ERROR_SYNTAX, "the request has more than %d values", SQL_VALUES_MAX);
        return sql_give_up(q);
    }
    if (cap > SQL_VALUES_MAX)
        cap = SQL_VALUES_MAX;
    values = arena_alloc(q->arena, cap * sizeof *values);
    if (with_sources)
        sources = arena_alloc(q->arena, cap * sizeof *sources);
    if (!values || (with_sources && !sources))
        return sql_fail(q);
    if (q->n_values)
        memcpy(values, q->values, q->n_values * sizeof *values);
    if (with_sources && q->n_values)
        memcpy(sources, q->sources, q->n_values * sizeof *sources);
    q->values = values;
    q->sources = sources;
    q->values_cap = cap;
    return true;
}

void sql_value_of(struct sql *q, struct value value, const struct value_source *source)
{
    if (q->failed || (q->n_values == q->values_cap && !grow_values(q)))
        return;
    if (q->sources)
        q->sources[q->n_values] = *source;
    q->values[q->n_values++] = value;
    SQL(q, "?");
}

void sql_value(struct sql *q, struct value value)
{
    static const struct value_source fixed = {.origin = ORIGIN_FIXED};

    sql_value_of(q, value, &fixed);
}

/* The nearest name of a column that may be read, or NULL. */
static const char *suggest_readable(const struct table *table, struct slice name)
{
    struct table readable = *table;

    readable.n_columns = table->n_readable;
    return table_suggest_column(&readable, name);
}

const struct column *sql_column(struct sql *q, const struct table *table, struct slice name)
{
    int index = table_column(table, name);
    const struct unserved *there;
    const char *near;

    if (index >= 0 && rights_may_read(table, index))
        return &table->columns[index];
    if (q->failed)
        return NULL;
    if (index >= 0 || rights_hide_column(table, name)) {
        rights_refuse(table, q->error);
        sql_give_up(q);
        return NULL;
    }
    there = table_unserved(table, name);
    if (there) {
        error_set(q->error, there->code, "column %s.%s cannot be served: %s", table->name.data,
                  there->name.data, there->reason);
        sql_give_up(q);
        return NULL;
    }
    error_set(q->error, ERROR_NO_COLUMN, "column %.*s.%.*s does not exist", SLICE_ARG(table->name),
              SLICE_SHOWN(name));
    near = suggest_readable(table, name);
    if (near)
        error_hint(q->error, "Perhaps you meant the column \"%s\".", near);
    sql_give_up(q);
    return NULL;
}

void sql_name(struct sql *q, const struct node *node, const struct column *column)
{
    if (node->alias >= 0) {
        SQL(q, "t");
        sql_number(q, (size_t)node->alias);
        SQL(q, ".");
    }
    sql_column_name(q, column);
}

void sql_column_name(struct sql *q, const struct column *column)
{
    sql_text(q, column->quoted);
    if (column->missing_collation)
        SQL(q, " COLLATE BINARY");
}

void sql_rowid(struct sql *q, const struct node *node)
{
    const struct table *table = node->table;
    const struct column rowid = {.quoted = table->rowid};

    if (table->rowid) {
        sql_name(q, node, &rowid);
        return;
    }
    if (!q->failed)
        error_set(
            q->error, ERROR_UNSUPPORTED,
            "the rows of %.*s cannot be told apart: it has no rowid, or columns have all of its "
            "names",
            SLICE_ARG(table->name));
    sql_give_up(q);
}

bool sql_finish(struct sql *q, struct plan *out)
{
    sql_add(q, "", 1); /* the NUL */
    if (q->failed)
        return false;
    out->sql = slice_make(q->text, q->len - 1);
    out->values = q->values;
    out->n_values = q->n_values;
    out->sources = q->sources;
    return true;
}
