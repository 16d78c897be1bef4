/*
 * Lists of values: in.(…).
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/json.h"
#include "base/text.h"
#include "query/number_text.h"
#include "query/sql.h"

/* Nesting of a JSON value in a filter. */
#define VALUE_DEPTH 100

/* What the list's members may stand for: values, and JSON apart. */
struct members {
    struct sql_items values, json;
};

static bool make_room(struct sql *q, size_t n, size_t values_of_each, struct members *m)
{
    size_t n_values = n * values_of_each;

    *m = (struct members){0};
    m->values.values = sql_alloc(q, n_values, sizeof *m->values.values);
    m->json.values = sql_alloc(q, n, sizeof *m->json.values);
    if (q->options && q->options->sources)
        m->values.sources = sql_alloc(q, n_values, sizeof *m->values.sources);
    return !q->failed;
}

static void add_member(struct sql_items *items, const struct literal *literal, size_t nth)
{
    if (items->sources)
        items->sources[items->n] = sql_source(literal, nth);
    items->values[items->n++] = literal->values[nth];
}

static bool read_members(struct sql *q, const struct column *column, const struct condition *c,
                         struct members *m)
{
    if (!make_room(q, c->n_list, LITERAL_VALUES, m))
        return false;
    for (size_t i = 0; i < c->n_list && !q->failed; i++) {
        struct literal literal;

        if (!sql_literal(q, column, c->list[i], &literal))
            return false;
        if (literal.is_json) {
            m->json.values[m->json.n++] = literal.values[0];
            continue;
        }
        for (size_t k = 0; k < literal.n; k++)
            add_member(&m->values, &literal, k);
    }
    return !q->failed;
}

/* Of X->path: numbers and words are looked for in what ->> gives, other JSON in its text. */
static bool read_path_members(struct sql *q, const struct condition *c, struct members *m)
{
    if (!make_room(q, c->n_list, 1, m))
        return false;
    m->values.sources = NULL; /* what they are decides what the statement is */
    for (size_t i = 0; i < c->n_list && !q->failed; i++) {
        struct value value = value_text(c->list[i]);
        bool number = number_text_json(c->list[i], &value);
        bool is_json = !number && json_valid(c->list[i], VALUE_DEPTH);
        struct sql_items *items = is_json ? &m->json : &m->values;

        items->values[items->n++] = value;
    }
    return !q->failed;
}

/* The JSON among the members, as text. */
static void json_members(struct sql *q, const struct node *node, const struct condition *c,
                         const struct column *column, const struct members *m)
{
    bool of_path = c->field.path != NULL;
    enum column_kind kind;

    if (of_path)
        sql_field(q, node, &c->field, FIELD_SHOWN, &kind);
    else
        sql_plain_json(q, node, column);
    SQL(q, " IN ");
    sql_list(q, &m->json, !of_path);
}

void sql_member(struct sql *q, const struct node *node, const struct condition *c)
{
    const struct column *column = sql_compared_column(q, node, &c->field);
    bool is_json_path = c->field.path && !c->field.as_text, ok;
    struct members m;

    if (!column)
        return;
    if (is_json_path)
        ok = read_path_members(q, c, &m);
    else
        ok = read_members(q, column, c, &m);
    if (!ok)
        return;
    if (m.json.n > 0) {
        json_members(q, node, c, column, &m);
        if (m.values.n == 0)
            return;
        SQL(q, " OR ");
    }
    sql_compared(q, node, c);
    SQL(q, " IN ");
    sql_list(q, &m.values, false);
}
