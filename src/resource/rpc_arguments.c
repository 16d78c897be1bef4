/*
 * The parameters of a named query as texts, from the query string above all.
 *
 * SPDX-License-Identifier: MIT
 */
#include "query/literal.h"
#include "resource/rpc.h"

bool rpc_text_value(struct call *call, const struct routine_param *param, struct slice text,
                    struct value *out)
{
    return literal_value(&call->arena, &param->column, text, out, &call->error);
}

/* The texts of one parameter, in their order: the last counts, or all do. */
static bool take_texts(struct call *call, struct rpc *r, int i, const struct parameter *texts)
{
    const struct routine_param *param = &r->routine->source->params[i];

    if (!texts)
        return true;
    r->given[i] = true;
    if (param->is_array)
        return rpc_array_texts(call, param, texts, &r->values[i]);
    while (texts->next)
        texts = texts->next;
    return rpc_text_value(call, param, texts->value, &r->values[i]);
}

/* Sorts the list by parameter; those that are none stay in it. */
static bool sort_out(struct call *call, struct rpc *r, struct parameter **list,
                     struct parameter **texts)
{
    size_t n = r->routine->source->n_params;
    struct parameter ***tails = arena_alloc(&call->arena, (n + 1) * sizeof *tails);

    if (!tails)
        return error_set(&call->error, ERROR_MEMORY, "out of memory");
    for (size_t i = 0; i < n; i++)
        tails[i] = &texts[i];
    for (struct parameter **p = list; *p;) {
        int i = rpc_find_argument(r, *p);

        if (i < 0) {
            p = &(*p)->next;
            continue;
        }
        *tails[i] = *p;
        tails[i] = &(*p)->next;
        *p = (*p)->next;
        *tails[i] = NULL;
    }
    return true;
}

bool rpc_take_list(struct call *call, struct rpc *r, struct parameter **list)
{
    size_t n = r->routine->source->n_params;
    struct parameter **texts = arena_zeroed(&call->arena, n + 1, sizeof *texts);

    if (!texts)
        return error_set(&call->error, ERROR_MEMORY, "out of memory");
    if (!sort_out(call, r, list, texts))
        return false;
    for (size_t i = 0; i < n; i++) {
        if (!take_texts(call, r, (int)i, texts[i]))
            return false;
    }
    return true;
}

bool rpc_take_parameters(struct call *call, struct rpc *r)
{
    if (!rpc_take_list(call, r, &call->parameters))
        return false;
    for (const struct parameter *p = call->parameters; p; p = p->next) {
        if (!rpc_is_of_result(r, p->name))
            return rpc_wrong_parameters(call, r, p->name);
    }
    return true;
}

bool rpc_fill_in(struct call *call, struct rpc *r)
{
    const struct routine_source *s = r->routine->source;

    for (size_t i = 0; i < s->n_params; i++) {
        const struct routine_param *p = &s->params[i];
        const struct parameter text = {.value = p->fallback};

        if (r->given[i])
            continue;
        if (!p->optional)
            return rpc_wrong_parameters(call, r, p->column.name);
        r->values[i] = value_null();
        if (!p->default_null && !take_texts(call, r, (int)i, &text))
            return false;
    }
    return true;
}
