/* SPDX-License-Identifier: MIT */
#include "resource/target.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "query/grammar.h"
#include "resource/verbs.h"
#include "store/catalog.h"

bool target_list(struct call *call)
{
    return call_resolve(call) &&
           grammar_parse(&call->arena, call->query, &call->tree, &call->error);
}

/* Splits at commas first, so that %2C is a comma within a value. */
static bool split_keys(struct call *call, struct slice *keys, size_t *n)
{
    struct slice raw = call->keys_text;

    *n = 0;
    for (size_t at = 0; at <= raw.len; (*n)++) {
        const char *comma = at < raw.len ? memchr(raw.data + at, ',', raw.len - at) : NULL;
        size_t len = comma ? (size_t)(comma - raw.data) - at : raw.len - at;
        char *text;
        long decoded;

        if (*n == call->table->n_key) /* too many: plan_key_filter says so */
            return ++*n;
        text = arena_alloc(&call->arena, len + 1);
        if (!text)
            return error_set(&call->error, ERROR_MEMORY, "out of memory");
        decoded = text_percent_decode(slice_make(raw.data + at, len), text, false);
        if (decoded < 0 || !text_utf8_valid(slice_make(text, (size_t)decoded)))
            return error_set(&call->error, ERROR_SYNTAX,
                             "the key in the path is not percent-encoded UTF-8");
        keys[*n] = slice_make(text, (size_t)decoded);
        at += len + 1;
    }
    return true;
}

bool target_row(struct call *call)
{
    struct slice *keys;
    size_t n;

    if (!target_list(call))
        return false;
    if (call->tree.filter || call->tree.order || call->tree.limit >= 0 || call->tree.offset) {
        error_set(&call->error, ERROR_SYNTAX,
                  "a row's path takes no filter, order, limit or offset");
        return error_hint(&call->error, "Use /%.*s with a filter, or the path alone.",
                          SLICE_ARG(call->table_name));
    }
    keys = arena_alloc(&call->arena, (call->table->n_key + 1) * sizeof *keys);
    if (!keys)
        return error_set(&call->error, ERROR_MEMORY, "out of memory");
    return split_keys(call, keys, &n) &&
           plan_key_filter(&call->arena, call->table, keys, n, &call->tree.filter, &call->error);
}

enum progress target_not_allowed(struct call *call, unsigned methods)
{
    call->allow = methods;
    error_set(&call->error, ERROR_METHOD, "%s does not take this method", call->table->name.data);
    error_hint(&call->error, "The Allow header lists those it takes.");
    return call_fail(call);
}

void target_range(struct call *call, int64_t first, int64_t rows, int64_t total)
{
    char *out = call->content_range;
    size_t size = sizeof call->content_range;
    int n = rows > 0 ? snprintf(out, size, "%" PRId64 "-%" PRId64 "/", first, first + rows - 1)
                     : snprintf(out, size, "*/");

    if (total < 0)
        snprintf(out + n, size - (size_t)n, "*");
    else
        snprintf(out + n, size - (size_t)n, "%" PRId64, total);
}

void target_applied(struct call *call, const char *preference)
{
    size_t used = strlen(call->preference_applied);

    snprintf(call->preference_applied + used, sizeof call->preference_applied - used, "%s%s",
             used ? ", " : "", preference);
}

enum progress target_json(struct call *call, enum outcome outcome)
{
    if (call->reply.failed) {
        if (call->reply.full) {
            error_set(&call->error, ERROR_ANSWER_TOO_LARGE, "the answer would pass %lld bytes",
                      (long long)call->service->max_answer);
            error_hint(&call->error,
                       "Ask for fewer rows with limit= or fewer columns with select=.");
        } else {
            error_set(&call->error, ERROR_MEMORY, "out of memory");
        }
        return call_fail(call);
    }
    call->outcome = outcome;
    call->content_type_out = "application/json; charset=utf-8";
    return CALL_DONE;
}

unsigned resource_list_methods(const struct table *table)
{
    unsigned methods =
        METHOD_BIT(METHOD_GET) | METHOD_BIT(METHOD_HEAD) | METHOD_BIT(METHOD_OPTIONS);

    methods |= table->insertable ? METHOD_BIT(METHOD_POST) : 0;
    methods |= table->updatable ? METHOD_BIT(METHOD_PATCH) : 0;
    methods |= table->deletable ? METHOD_BIT(METHOD_DELETE) : 0;
    return methods;
}

unsigned resource_row_methods(const struct table *table)
{
    unsigned methods = resource_list_methods(table) & ~METHOD_BIT(METHOD_POST);

    return methods | (table->kind == TABLE_TABLE ? METHOD_BIT(METHOD_PUT) : 0);
}
