/*
 * PUT: create or replace the row of a path, or of a filter by the primary key.
 *
 * SPDX-License-Identifier: MIT
 */
#include "query/literal.h"
#include "query/rights.h"
#include "resource/target.h"
#include "resource/verbs.h"
#include "resource/write.h"
#include "store/catalog/catalog.h"

static bool key_differs(struct call *call, const struct column *column)
{
    error_column(&call->error, column->name.data);
    return error_set(&call->error, ERROR_PUT_KEY,
                     "Payload values do not match URL in primary key column(s)");
}

/* The key of the path is the row's: it joins the body's columns, or equals them. */
static bool take_key(struct call *call, struct write *w)
{
    struct body *body = &w->body;
    const struct table *table = call->table;
    struct value *values = arena_alloc(&call->arena, (body->n_set + table->n_key) * sizeof *values);
    const struct condition *c = call->tree.root.filter;

    if (!values)
        return error_set(&call->error, ERROR_MEMORY, "out of memory");
    memcpy(values, body->values, body->n_set * sizeof *values);
    body->values = values;
    for (size_t i = 0; i < table->n_key; i++, c = c->next) {
        const struct column *column = &table->columns[table->key[i]];
        long at = body_column(body, table->key[i]);
        struct literal key;

        if (!literal_read(&call->arena, column, c->value, &key, &call->error))
            return false;
        if (at >= 0 && !literal_is(column, &key, &values[at]))
            return key_differs(call, column);
        if (at >= 0)
            continue;
        const struct misfit what = {.column = table->key[i], .text = c->value};
        bool fits =
            literal_value(&call->arena, column, c->value, &values[body->n_set], &call->error);
        if (fits ? !write_key_may_be(call, w, body->n_set, i, &key)
                 : call->error.code != ERROR_VALUE ||
                       !body_put_off(call, body, &what, &values[body->n_set]))
            return false;
        body->set[body->n_set++] = (struct assignment){.column = table->key[i]};
    }
    return true;
}

/* The role's own: others are left as they are. */
static bool is_filled(const struct column *column)
{
    return (column->rights & RIGHT_INSERT) && !column->preset_insert;
}

/* What a view's row is given besides: its table's defaults are not known, NULL it is. */
static bool fill_view_row(struct call *call, struct body *body)
{
    const struct table *t = call->table;
    struct value *values = arena_zeroed(&call->arena, t->n_columns + 1, sizeof *values);
    struct assignment *set = arena_zeroed(&call->arena, t->n_columns + 1, sizeof *set);
    size_t n = body->n_set;

    if (t->kind != TABLE_VIEW)
        return true;
    if (!values || !set)
        return error_set(&call->error, ERROR_MEMORY, "out of memory");
    memcpy(values, body->values, n * sizeof *values);
    memcpy(set, body->set, n * sizeof *set);
    for (size_t i = 0; i < t->n_columns; i++) {
        if (body_column(body, (int)i) >= 0 || !is_filled(&t->columns[i]))
            continue;
        values[n] = value_null();
        set[n++] = (struct assignment){.column = (int)i};
    }
    body->values = values;
    body->set = set;
    body->n_set = n;
    return true;
}

static enum progress replace(struct call *call, bool one_row)
{
    struct write *w = write_new(call, WRITE_REPLACE);

    if (!w || !body_parse(call, BODY_ROW, &w->body) || !take_key(call, w) ||
        !write_take_generated(call, w) || !fill_view_row(call, &w->body))
        return call_fail(call);
    w->one_row = one_row;
    w->conflict = CONFLICT_REPLACED;
    w->target = call->table->key;
    w->n_target = call->table->n_key;
    w->answer = write_choose_answer(call, true);
    return write_plan_and_submit(call, w);
}

enum progress row_replace(struct call *call)
{
    if (!target_row(call))
        return call_fail(call);
    if (!(resource_row_methods(call->table) & METHOD_BIT(METHOD_PUT)))
        return target_not_allowed(call, resource_row_methods(call->table));
    return replace(call, true);
}

/* The filter of a PUT is the whole primary key, each column once, by eq; put in key order. */
static bool key_filters(struct call *call)
{
    struct condition **tail = &call->tree.root.filter, *filters = *tail;
    const struct table *t = call->table;
    size_t n = 0, found = 0;

    for (const struct condition *c = filters; c; c = c->next)
        n++;
    for (size_t i = 0; i < t->n_key; i++) {
        struct condition *c = filters;

        while (c && !(c->kind == CONDITION_COMPARE && c->op == OPERATOR_EQ && !c->negated &&
                      c->quantifier == QUANTIFIER_NONE && !c->field.path &&
                      slice_equal(c->field.name, t->columns[t->key[i]].name)))
            c = c->next;
        if (!c)
            break;
        found++;
        struct condition *copy = arena_alloc(&call->arena, sizeof *copy);
        if (!copy)
            return error_set(&call->error, ERROR_MEMORY, "out of memory");
        *copy = *c;
        copy->next = NULL;
        *tail = copy;
        tail = &copy->next;
    }
    if (t->n_key > 0 && found == n && found == t->n_key)
        return true;
    if (rights_hide_key(t))
        return rights_refuse(t, &call->error);
    call->allow = resource_list_methods(t) & ~METHOD_BIT(METHOD_PUT); /* as it was asked for */
    error_set(&call->error, ERROR_PUT_FILTER,
              "Filters must include all and only primary key columns with 'eq' operators");
    if (t->n_key == 0)
        return error_hint(&call->error, "%s has no primary key: POST a row, or PATCH some.",
                          t->name.data);
    return error_hint(&call->error, "Or put to the row's path, /%.*s/{key}.",
                      SLICE_ARG(call->table_name));
}

enum progress list_replace(struct call *call)
{
    const struct query_node *root = &call->tree.root;

    if (!target_list(call))
        return call_fail(call);
    bool keyless = call->table->kind == TABLE_TABLE && call->table->n_key == 0;
    if (!keyless && !(resource_list_methods(call->table) & METHOD_BIT(METHOD_PUT)))
        return target_not_allowed(call, resource_list_methods(call->table));
    if (root->limit >= 0 || root->offset > 0) {
        error_set(&call->error, ERROR_PUT_LIMIT,
                  "limit/offset querystring parameters are not allowed for PUT");
        return call_fail(call);
    }
    return key_filters(call) ? replace(call, false) : call_fail(call);
}
