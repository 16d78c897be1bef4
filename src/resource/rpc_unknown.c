/*
 * A named query that is not there, or not with the parameters of the request, in PostgREST's words
 * (PGRST202).
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>

#include "base/text.h"
#include "query/grammar.h"
#include "resource/body_value.h"
#include "resource/csv.h"
#include "resource/rpc.h"

/* Of more names the first are told. */
#define NAMES_MAX 32
#define LIST_MAX  240

/* Names, each once, in the order of their bytes. */
struct names {
    struct slice items[NAMES_MAX];
    size_t n;
};

static void add_name(struct names *names, struct slice name)
{
    size_t at = names->n;

    while (at > 0 && slice_compare(name, names->items[at - 1]) <= 0)
        at--;
    if (names->n == NAMES_MAX || (at < names->n && slice_equal(names->items[at], name)))
        return;
    memmove(names->items + at + 1, names->items + at, (names->n - at) * sizeof *names->items);
    names->items[at] = name;
    names->n++;
}

/* "a, b" */
static void list_names(const struct names *names, char out[LIST_MAX])
{
    size_t used = 0;

    out[0] = '\0';
    for (size_t i = 0; i < names->n; i++) {
        if (used + names->items[i].len + 8 > LIST_MAX) {
            snprintf(out + used, LIST_MAX - used, "%s…", used ? ", " : "");
            return;
        }
        used += (size_t)snprintf(out + used, LIST_MAX - used, "%s%.*s", used ? ", " : "",
                                 SLICE_ARG(names->items[i]));
    }
}

/* ---- what the request gives */

static void names_of_query(struct call *call, const struct rpc *r, struct names *names)
{
    struct parameter *list = NULL;
    struct error ignored = error_none();

    if (!grammar_split(&call->arena, call->query, &list, &ignored))
        return;
    for (const struct parameter *p = list; p; p = p->next) {
        if (r ? rpc_is_argument(r, p) : rpc_may_be_argument(p))
            add_name(names, p->name);
    }
}

static void names_of_json(struct call *call, struct names *names)
{
    struct json_reader reader =
        json_reader_make(body_without_mark(buf_slice(&call->body)), (int)call->service->max_depth);
    struct error ignored = error_none();
    struct json_item name, value;
    bool first_element = true, first = true;
    bool in_array = json_enter(&reader, '[');
    struct slice text;

    if (in_array && json_next_element(&reader, &first_element) != JSON_NEXT)
        return;
    if (!json_enter(&reader, '{'))
        return;
    while (json_next_member(&reader, &first, &name) == JSON_NEXT && json_read(&reader, &value)) {
        if (body_string(&call->arena, &name, &text, &ignored))
            add_name(names, text);
    }
}

static void names_of_form(struct call *call, struct names *names)
{
    struct parameter *list = NULL;
    struct error ignored = error_none();

    if (!grammar_split(&call->arena, buf_slice(&call->body), &list, &ignored))
        return;
    for (; list; list = list->next)
        add_name(names, list->name);
}

static void names_of_csv(struct call *call, struct names *names)
{
    struct csv csv = csv_make(buf_slice(&call->body), &call->arena);
    struct error ignored = error_none();
    enum csv_end end = CSV_COMMA;
    struct csv_field name;

    while (csv.text.len > 0 && end == CSV_COMMA) {
        end = csv_next(&csv, &name, &ignored);
        if (end != CSV_FAILED)
            add_name(names, name.text);
    }
}

static void names_of_body(struct call *call, struct names *names)
{
    for (const struct name_item *item = call->tree.columns; item; item = item->next)
        add_name(names, item->name);
    if (call->tree.columns)
        return;
    switch (body_form(call)) {
    case FORM_JSON:
    case FORM_NDJSON: names_of_json(call, names); break;
    case FORM_FIELDS: names_of_form(call, names); break;
    case FORM_CSV: names_of_csv(call, names); break;
    case FORM_UNKNOWN: break;
    }
}

/* ---- the words */

/* A body that is a value by itself, of this type; NULL: it holds parameters. */
static const char *single_type(const struct call *call)
{
    static const struct {
        const char *media, *type;
    } singles[] = {
        {"text/plain", "text"}, {"text/xml", "xml"}, {"application/octet-stream", "bytea"}};

    for (size_t i = 0; call->method == METHOD_POST && i < sizeof singles / sizeof *singles; i++) {
        if (text_equal_nocase(body_media_type(call), slice_from(singles[i].media)))
            return singles[i].type;
    }
    return NULL;
}

static bool not_found(struct call *call, struct slice function, const struct names *names)
{
    bool json = call->method == METHOD_POST && body_form(call) == FORM_JSON;
    const char *single = single_type(call), *without = names->n ? "" : " without parameters";
    char list[LIST_MAX], given[LIST_MAX + 32];

    list_names(names, list);
    if (single) {
        error_set(&call->error, ERROR_NO_ROUTINE,
                  "Could not find the function public.%.*s in the schema cache",
                  SLICE_SHOWN(function));
        return error_details(&call->error,
                             "Searched for the function public.%.*s with a single unnamed %s "
                             "parameter, but no matches were found in the schema cache.",
                             SLICE_SHOWN(function), single);
    }
    error_set(&call->error, ERROR_NO_ROUTINE,
              "Could not find the function public.%.*s%s%s%s%s in the schema cache",
              SLICE_SHOWN(function), without, names->n ? "(" : "", list, names->n ? ")" : "");
    snprintf(given, sizeof given, " with parameter%s %s", names->n > 1 ? "s" : "", list);
    return error_details(&call->error,
                         "Searched for the function public.%.*s%s%s, but no matches were found in "
                         "the schema cache.",
                         SLICE_SHOWN(function), names->n ? given : without,
                         json ? " or with a single unnamed json/jsonb parameter" : "");
}

bool rpc_unknown(struct call *call)
{
    struct slice name = call->table_name;
    const char *near = catalog_suggest_routine(call->catalog, name);
    struct names names = {.n = 0};

    if (!call_check_profile(call))
        return false;
    if (call->catalog->base && catalog_routine(call->catalog->base, name))
        return error_set(&call->error, ERROR_FORBIDDEN, "permission denied for function %.*s",
                         SLICE_SHOWN(name));
    if (call->method == METHOD_POST)
        names_of_body(call, &names);
    else
        names_of_query(call, NULL, &names);
    not_found(call, name, &names);
    if (!near)
        return false;
    return error_hint(&call->error, "Perhaps you meant to call the function public.%s", near);
}

bool rpc_wrong_parameters(struct call *call, const struct rpc *r, struct slice name)
{
    const struct routine_source *s = r->routine->source;
    struct names given = {.n = 0}, taken = {.n = 0};
    bool in_query = call->method != METHOD_POST || s->body >= 0;
    char list[LIST_MAX];

    if (in_query)
        names_of_query(call, r, &given);
    else
        names_of_body(call, &given);
    snprintf(call->error.column, sizeof call->error.column, "%.*s", SLICE_SHOWN(name));
    not_found(call, s->name, &given);
    for (size_t i = 0; i < s->n_params; i++)
        add_name(&taken, s->params[i].column.name);
    list_names(&taken, list);
    return error_hint(&call->error, "Perhaps you meant to call the function public.%s(%s)",
                      s->name.data, list);
}
