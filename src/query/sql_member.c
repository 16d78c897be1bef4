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
    struct value *values, *json;
    size_t n, n_json;
};

static bool read_members(struct sql *q, const struct column *column, const struct condition *c,
                         struct members *m)
{
    *m = (struct members){0};
    m->values = sql_alloc(q, c->n_list * LITERAL_VALUES, sizeof *m->values);
    m->json = sql_alloc(q, c->n_list, sizeof *m->json);
    for (size_t i = 0; i < c->n_list && !q->failed; i++) {
        struct literal literal;

        if (!sql_literal(q, column, c->list[i], &literal))
            return false;
        if (literal.is_json) {
            m->json[m->n_json++] = literal.values[0];
            continue;
        }
        for (size_t k = 0; k < literal.n; k++)
            m->values[m->n++] = literal.values[k];
    }
    return !q->failed;
}

/* Of X->path: numbers and words are looked for in what ->> gives, other JSON in its text. */
static bool read_path_members(struct sql *q, const struct condition *c, struct members *m)
{
    *m = (struct members){0};
    m->values = sql_alloc(q, c->n_list, sizeof *m->values);
    m->json = sql_alloc(q, c->n_list, sizeof *m->json);
    for (size_t i = 0; i < c->n_list && !q->failed; i++) {
        struct value value = value_text(c->list[i]);
        bool number = number_text_json(c->list[i], &value);

        if (!number && json_valid(c->list[i], VALUE_DEPTH))
            m->json[m->n_json++] = value;
        else
            m->values[m->n++] = value;
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
    sql_list(q, m->json, m->n_json, !of_path);
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
    if (m.n_json > 0) {
        json_members(q, node, c, column, &m);
        if (m.n == 0)
            return;
        SQL(q, " OR ");
    }
    sql_compared(q, node, c);
    SQL(q, " IN ");
    sql_list(q, m.values, m.n, false);
}
