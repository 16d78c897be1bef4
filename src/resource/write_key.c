/*
 * Keys that a path cannot tell apart: of a column without a type 7 and '7' are two, and /table/7 is the
 * number's, if it is there.
 *
 * SPDX-License-Identifier: MIT
 */
#include "query/number_text.h"
#include "resource/write.h"
#include "store/catalog/catalog.h"

/* What the text stands for in the storage class of what is stored. */
static struct value in_class(const struct meant_key *key, enum value_type class)
{
    bool number = class == VALUE_INTEGER || class == VALUE_REAL;

    for (size_t i = 0; i < key->literal.n; i++) {
        const struct value *v = &key->literal.values[i];

        if (v->type == class || (number && (v->type == VALUE_INTEGER || v->type == VALUE_REAL)))
            return *v;
    }
    return key->typed;
}

static enum row_verdict take_key(void *context, const struct row *row, struct error *e)
{
    const struct call *call = context;
    struct write *w = call->state;
    (void)e;

    for (size_t i = 0; i < w->n_meant; i++) {
        const struct meant_key *key = &w->meant[i];

        w->body.values[key->at] = in_class(key, row_type(row, key->nth));
    }
    return ROW_ENOUGH;
}

void write_forget_stored_key(struct write *w)
{
    for (size_t i = 0; i < w->n_meant; i++)
        w->body.values[w->meant[i].at] = w->meant[i].typed;
}

static bool plan_stored_key(struct call *call, struct write *w)
{
    struct operation *op;
    struct plan plan;

    if (!plan_select_columns(&call->arena, call->table, call->table->key, call->table->n_key,
                             &call->tree, &plan, &call->error))
        return false;
    op = write_add(call, w, PART_STORED_KEY, &plan);
    if (!op)
        return false;
    op->sink = take_key;
    return true;
}

bool write_key_may_be(struct call *call, struct write *w, size_t at, size_t nth,
                      const struct literal *literal)
{
    if (literal->n == 1)
        return true;
    if (!w->meant)
        w->meant = arena_zeroed(&call->arena, call->table->n_key, sizeof *w->meant);
    if (!w->meant)
        return error_set(&call->error, ERROR_MEMORY, "out of memory");
    w->meant[w->n_meant++] =
        (struct meant_key){.at = at, .nth = nth, .typed = w->body.values[at], .literal = *literal};
    return w->parts[PART_STORED_KEY] || plan_stored_key(call, w);
}

/* True with the key in which texts of columns without a type are the numbers that they spell. */
static bool numbers_for_texts(const struct call *call, const struct write *w, struct value *key)
{
    const struct table *t = call->table;
    bool any = false;

    for (size_t i = 0; i < t->n_key; i++) {
        const struct value *v = &w->body.values[body_column(&w->body, t->key[i])];
        bool may_be = t->columns[t->key[i]].kind == KIND_ANY && v->type == VALUE_TEXT;

        key[i] = *v;
        any |= may_be && number_text_json(v->as.bytes, &key[i]);
    }
    return any;
}

static bool has_untyped_key(const struct table *t)
{
    for (size_t i = 0; i < t->n_key; i++) {
        if (t->columns[t->key[i]].kind == KIND_ANY)
            return true;
    }
    return false;
}

static enum row_verdict take_rival(void *context, const struct row *row, struct error *e)
{
    const struct call *call = context;
    struct write *w = call->state;
    (void)e;

    w->has_rival = row_integer(row, 0) > 0;
    return ROW_ENOUGH;
}

bool write_plan_rival(struct call *call, struct write *w)
{
    const struct table *t = call->table;
    struct operation *op;
    struct value *key;
    struct plan plan;

    if (!has_untyped_key(t))
        return true;
    if (!write_names_key(call, w))
        return true;
    if (!write_key_is_given(call, w))
        return true;
    key = arena_zeroed(&call->arena, t->n_key, sizeof *key);
    if (!key)
        return error_set(&call->error, ERROR_MEMORY, "out of memory");
    if (!numbers_for_texts(call, w, key))
        return true;
    if (!plan_exists(&call->arena, t, t->key, t->n_key, &plan, &call->error))
        return false;
    op = write_add(call, w, PART_RIVAL, &plan);
    if (!op)
        return false;
    op->rows = key;
    op->width = t->n_key;
    op->sink = take_rival;
    return true;
}
