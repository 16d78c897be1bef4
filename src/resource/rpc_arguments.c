/*
 * The parameters of a named query as texts, from the query string above all.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/text.h"
#include "query/grammar.h"
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

/* "eq.", "not.in.(", "like(any).": what a filter's value begins with. */
static bool is_comparison(struct slice value)
{
    static const char *const words[] = {
#define TREE_WORD(name, word) word,
        TREE_OPERATORS(TREE_WORD)
#undef TREE_WORD
    };
    size_t n = 0;

    if (value.len > 4 && memcmp(value.data, "not.", 4) == 0)
        value = slice_make(value.data + 4, value.len - 4);
    while (n < value.len && value.data[n] != '.' && value.data[n] != '(')
        n++;
    for (size_t i = 0; n < value.len && i < sizeof words / sizeof *words; i++) {
        if (slice_equal(slice_make(value.data, n), slice_from(words[i])))
            return true;
    }
    return false;
}

/* A name that is neither a parameter nor a column of the result is a mistake. */
static bool is_of_result(const struct rpc *r, struct slice name)
{
    const struct table *result = &r->routine->result;

    if (name.len == 0 || r->routine->source->returns == RETURNS_FILE)
        return false;
    return grammar_is_reserved(name) || slice_has(name, '.') || slice_has(name, '>') ||
           name.data[0] == '"' || table_column(result, name) >= 0 ||
           (result->fts && slice_equal(result->fts->index->name, name));
}

/* The parameter that is meant, or -1. */
static int meant(const struct rpc *r, const struct parameter *p)
{
    int i = routine_find_param(r->routine->source, p->name);
    bool filters = i >= 0 && is_of_result(r, p->name) && is_comparison(p->value);

    return filters ? -1 : i;
}

bool rpc_is_argument(const struct rpc *r, const struct parameter *p)
{
    return meant(r, p) >= 0 || !is_of_result(r, p->name);
}

bool rpc_may_be_argument(const struct parameter *p)
{
    bool of_table = grammar_is_reserved(p->name) || slice_has(p->name, '.') ||
                    slice_has(p->name, '>') || slice_has(p->name, '"');

    return p->name.len > 0 && !of_table && !is_comparison(p->value);
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
        int i = meant(r, *p);

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

bool rpc_take_query(struct call *call, struct rpc *r)
{
    if (!rpc_take_list(call, r, &call->parameters))
        return false;
    for (const struct parameter *p = call->parameters; p; p = p->next) {
        if (!is_of_result(r, p->name))
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
