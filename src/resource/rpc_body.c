/*
 * The body of a call as the parameters of a named query: a form, CSV, or as it is.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/text.h"
#include "query/grammar.h"
#include "resource/body_value.h"
#include "resource/csv.h"
#include "resource/rpc.h"

/* What is left of a body's fields is a mistake. */
static bool check_left(struct call *call, const struct rpc *r, const struct parameter *left)
{
    return !left || rpc_wrong_parameters(call, r, left->name);
}

/* Without the fields that columns= leaves out. */
static struct parameter *wanted(struct call *call, struct rpc *r, struct parameter *list)
{
    for (struct parameter **p = &list; *p;) {
        if (body_is_wanted(call, &r->wanted, (*p)->name))
            p = &(*p)->next;
        else
            *p = (*p)->next;
    }
    return list;
}

static bool take_form(struct call *call, struct rpc *r)
{
    struct parameter *fields;

    if (!grammar_split(&call->arena, buf_slice(&call->body), &fields, &call->error)) {
        call->error.code = call->error.code == ERROR_SYNTAX ? ERROR_BODY : call->error.code;
        return body_hint_json(call);
    }
    fields = wanted(call, r, fields);
    return rpc_take_list(call, r, &fields) && check_left(call, r, fields);
}

/* One line of CSV as a list; *n is how many fields it has. */
static bool read_line(struct call *call, struct csv *csv, struct parameter **out, size_t *n)
{
    enum csv_end end;

    *n = 0;
    do {
        struct parameter *field = arena_zeroed(&call->arena, 1, sizeof *field);
        struct csv_field text;

        if (!field)
            return error_set(&call->error, ERROR_MEMORY, "out of memory");
        end = csv_next(csv, &text, &call->error);
        if (end == CSV_FAILED)
            return false;
        field->value = text.text;
        if (text.is_null)
            field->value.data = NULL; /* NULL: told from an empty text by having no address */
        *out = field;
        out = &field->next;
        ++*n;
    } while (end == CSV_COMMA);
    return true;
}

/* Fields that are NULL are given, and no text. */
static bool take_nulls(struct call *call, struct rpc *r, struct parameter **list)
{
    for (struct parameter **p = list; *p;) {
        int i = routine_find_param(r->routine->source, (*p)->name);

        if ((*p)->value.data) {
            p = &(*p)->next;
            continue;
        }
        if (i < 0)
            return rpc_wrong_parameters(call, r, (*p)->name);
        r->values[i] = value_null();
        r->given[i] = true;
        *p = (*p)->next;
    }
    return true;
}

/* A line of names and one of values. */
static bool take_csv(struct call *call, struct rpc *r)
{
    struct csv csv = csv_make(buf_slice(&call->body), &call->arena);
    struct parameter *names = NULL, *fields = NULL;
    size_t n_names, n_fields;

    if (!text_utf8_valid(csv.text))
        return error_set(&call->error, ERROR_BODY, "the body is not UTF-8");
    if (!read_line(call, &csv, &names, &n_names) || !csv_more(&csv, n_names) ||
        !read_line(call, &csv, &fields, &n_fields) || csv_more(&csv, n_names) ||
        n_names != n_fields)
        return error_set(&call->error, ERROR_BODY,
                         "the parameters are a line of names and one line of values");
    for (struct parameter *field = fields; field; field = field->next, names = names->next)
        field->name = names->value;
    fields = wanted(call, r, fields);
    return take_nulls(call, r, &fields) && rpc_take_list(call, r, &fields) &&
           check_left(call, r, fields);
}

/* The body as it is: bytes for a BLOB, JSON for JSON, text for all others. */
static bool take_whole(struct call *call, struct rpc *r, int i)
{
    const struct routine_param *param = &r->routine->source->params[i];
    struct slice body = buf_slice(&call->body);
    bool json = param->column.kind == KIND_JSON || param->column.kind == KIND_JSONB;
    bool bytes = param->column.kind == KIND_BLOB;

    if (!body.data)
        body = slice_make("", 0);
    if (!bytes && !text_utf8_valid(body))
        return error_set(&call->error, ERROR_BODY, "the body is not UTF-8");
    if (json && !body_check_json(body, call->service->max_depth, &call->error))
        return false;
    r->given[i] = true;
    if (bytes)
        r->values[i] = value_blob(body);
    else if (json)
        r->values[i] = value_text(body);
    else
        return rpc_text_value(call, param, body, &r->values[i]);
    return true;
}

/* text/plain, text/xml and application/octet-stream go to the only parameter that there is. */
static bool take_raw(struct call *call, struct rpc *r)
{
    struct slice type = body_media_type(call);
    bool octets = text_equal_nocase(type, slice_from("application/octet-stream"));
    bool text = text_equal_nocase(type, slice_from("text/plain")) ||
                text_equal_nocase(type, slice_from("text/xml"));
    static const char types[] = "Send the parameters as application/json, text/csv or "
                                "application/x-www-form-urlencoded; text/plain to a query with "
                                "one parameter, application/octet-stream if it is a blob.";
    const struct routine_source *s = r->routine->source;
    bool blob = s->n_params == 1 && s->params[0].column.kind == KIND_BLOB;

    if (s->n_params == 1 && !s->params[0].is_array && ((octets && blob) || (text && !blob)))
        return take_whole(call, r, 0);
    if (octets || text) {
        rpc_wrong_parameters(call, r, slice_from(""));
        return error_hint(&call->error, "%s", types);
    }
    return body_refuse_type(call, types);
}

/* Every name of columns= is a parameter's, and there once: the list is looked at for each field. */
static bool check_columns(struct call *call, const struct rpc *r)
{
    const struct routine_source *source = r->routine->source;
    bool *seen = arena_zeroed(&call->arena, source->n_params + 1, sizeof *seen);

    if (!seen)
        return error_set(&call->error, ERROR_MEMORY, "out of memory");
    for (struct name_item **item = &call->tree.columns; *item;) {
        int i = routine_find_param(source, (*item)->name);

        if (i < 0)
            return rpc_wrong_parameters(call, r, (*item)->name);
        if (seen[i])
            *item = (*item)->next;
        else
            item = &(*item)->next;
        seen[i] = true;
    }
    return true;
}

bool rpc_take_body(struct call *call, struct rpc *r)
{
    if (r->routine->source->body >= 0)
        return take_whole(call, r, r->routine->source->body);
    if (!check_columns(call, r) || !body_check_type(call))
        return false;
    switch (body_form(call)) {
    case FORM_JSON:
    case FORM_NDJSON: return body_arguments(call, r); /* an object alone is either */
    case FORM_FIELDS: return take_form(call, r);
    case FORM_CSV: return call->body.len == 0 || take_csv(call, r);
    case FORM_UNKNOWN: break;
    }
    return take_raw(call, r);
}
