/*
 * Keys that a path cannot tell apart: of a column without a type 7 and '7' are two, and /table/7 is the
 * number's, if it is there.
 *
 * SPDX-License-Identifier: MIT
 */
#include "query/number_text.h"
#include "resource/write.h"
#include "store/catalog/catalog.h"
#include "store/db/db.h"
#include "store/db/statement.h"

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
    return w->stored.sql.len ||
           plan_select_columns(&call->arena, call->table, call->table->key, call->table->n_key,
                               &call->tree, &w->stored, &call->error);
}

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

bool write_take_stored_key(struct call *call, struct db *db, struct write *w)
{
    const struct plan *plan = &w->stored;
    enum step step = STEP_FAILED;
    struct statement *st;

    if (!plan->sql.len)
        return true;
    st = statement_get(db, plan->sql, &call->error);
    if (st && statement_bind(st, plan->values, plan->n_values, &call->error))
        step = statement_step(st, &call->error);
    for (size_t i = 0; i < w->n_meant; i++) {
        const struct meant_key *key = &w->meant[i];

        w->body.values[key->at] =
            step == STEP_ROW ? in_class(key, statement_type(st, (int)key->nth)) : key->typed;
    }
    statement_release(st);
    return step != STEP_FAILED;
}

/* True with the key in which texts of columns without a type are the numbers that they spell. */
static bool numbers_for_texts(const struct call *call, struct write *w)
{
    const struct table *t = call->table;
    bool any = false;

    for (size_t i = 0; i < t->n_key; i++) {
        const struct value *v = &w->body.values[body_column(&w->body, t->key[i])];
        bool may_be = t->columns[t->key[i]].kind == KIND_ANY && v->type == VALUE_TEXT;

        w->rival_key[i] = *v;
        any |= may_be && number_text_json(v->as.bytes, &w->rival_key[i]);
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

bool write_plan_rival(struct call *call, struct write *w)
{
    const struct table *t = call->table;

    if (!has_untyped_key(t) || !write_names_key(call, w) || !write_key_is_given(call, w))
        return true;
    w->rival_key = arena_zeroed(&call->arena, t->n_key, sizeof *w->rival_key);
    if (!w->rival_key)
        return error_set(&call->error, ERROR_MEMORY, "out of memory");
    return !numbers_for_texts(call, w) ||
           plan_exists(&call->arena, t, t->key, t->n_key, &w->rival, &call->error);
}

bool write_look_for_rival(struct call *call, struct db *db, struct write *w)
{
    struct statement *st;
    bool ok;

    if (!w->rival.sql.len)
        return true;
    st = statement_get(db, w->rival.sql, &call->error);
    ok = st && statement_bind(st, w->rival_key, call->table->n_key, &call->error) &&
         statement_step(st, &call->error) == STEP_ROW;
    w->has_rival = ok && statement_integer(st, 0) > 0;
    statement_release(st);
    return ok;
}
