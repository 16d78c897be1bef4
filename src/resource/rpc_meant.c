/*
 * What a name in a named query's query string is meant as: its parameter, or a filter of its result.
 *
 * SPDX-License-Identifier: MIT
 */
#include "query/grammar.h"
#include "resource/rpc.h"

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

bool rpc_is_of_result(const struct rpc *r, struct slice name)
{
    const struct table *result = &r->routine->result;

    if (name.len == 0 || r->routine->source->returns == RETURNS_FILE)
        return false;
    return grammar_is_reserved(name) || slice_has(name, '.') || slice_has(name, '>') ||
           name.data[0] == '"' || table_column(result, name) >= 0 ||
           (result->fts && slice_equal(result->fts->index->name, name));
}

int rpc_find_argument(const struct rpc *r, const struct parameter *p)
{
    int i = routine_find_param(r->routine->source, p->name);
    bool filters = i >= 0 && rpc_is_of_result(r, p->name) && is_comparison(p->value);

    if (filters)
        return -1;
    return i;
}

bool rpc_is_argument(const struct rpc *r, const struct parameter *p)
{
    return rpc_find_argument(r, p) >= 0 || !rpc_is_of_result(r, p->name);
}

bool rpc_may_be_argument(const struct parameter *p)
{
    bool of_table = grammar_is_reserved(p->name) || slice_has(p->name, '.') ||
                    slice_has(p->name, '>') || slice_has(p->name, '"');

    return p->name.len > 0 && !of_table && !is_comparison(p->value);
}
