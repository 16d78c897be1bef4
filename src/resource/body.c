/* SPDX-License-Identifier: MIT */
#include "resource/body.h"

#include "base/text.h"
#include "resource/body_value.h"
#include "resource/call.h"

/* The media type without its parameters. */
struct slice body_media_type(const struct call *call)
{
    struct slice type = call->content_type;
    const char *semicolon = type.len ? memchr(type.data, ';', type.len) : NULL;

    if (semicolon)
        type.len = (size_t)(semicolon - type.data);
    return text_trim(type);
}

bool body_is_merge_patch(const struct call *call)
{
    return text_equal_nocase(body_media_type(call), slice_from("application/merge-patch+json"));
}

static const struct {
    const char *type;
    enum body_form form;
} forms[] = {
    {"", FORM_JSON},
    {"application/json", FORM_JSON},
    {"application/merge-patch+json", FORM_JSON},
    {"application/vnd.pgrst.object+json", FORM_JSON},
    {"application/vnd.pgrst.array+json", FORM_JSON},
    {"text/csv", FORM_CSV},
    {"application/x-www-form-urlencoded", FORM_FIELDS},
};

enum body_form body_form(const struct call *call)
{
    struct slice type = body_media_type(call);

    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        if (text_equal_nocase(type, slice_from(forms[i].type)))
            return forms[i].form;
    }
    return FORM_UNKNOWN;
}

static bool refuse_part(struct call *call, struct slice part, const char *hint)
{
    error_set(&call->error, ERROR_MEDIA_TYPE, "the content type \"%.*s\" is not understood",
              SLICE_SHOWN(part));
    return error_hint(&call->error, "%s", hint);
}

bool body_refuse_type(struct call *call, const char *hint)
{
    return refuse_part(call, body_media_type(call), hint);
}

/* charset= and CSV's header= (RFC 4180 §3). Of JSON and forms nothing else has a meaning. */
static bool check_parameter(struct call *call, enum body_form form, struct slice parameter)
{
    static const char *const good[] = {"charset=utf-8",    "charset=\"utf-8\"",    "charset=utf8",
                                       "charset=us-ascii", "charset=\"us-ascii\"", ""};
    static const struct slice charset = SLICE_LITERAL("charset=");
    bool is_charset = parameter.len >= charset.len &&
                      text_equal_nocase(slice_make(parameter.data, charset.len), charset);

    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        if (text_equal_nocase(parameter, slice_from(good[i])))
            return true;
    }
    if (is_charset)
        return refuse_part(call, parameter, "Send the body as UTF-8.");
    if (form != FORM_CSV || text_equal_nocase(parameter, slice_from("header=present")))
        return true;
    return refuse_part(call, parameter,
                       "CSV has commas between its fields, and its first line names the columns.");
}

bool body_check_type(struct call *call)
{
    const char *at = call->content_type.data, *end;

    if (!at)
        return true;
    end = at + call->content_type.len;
    while (at < end && (at = memchr(at, ';', (size_t)(end - at)))) {
        const char *next = memchr(at + 1, ';', (size_t)(end - at - 1));
        size_t len = (size_t)((next ? next : end) - at - 1);

        if (!check_parameter(call, body_form(call), text_trim(slice_make(at + 1, len))))
            return false;
        at = next ? next : end;
    }
    return true;
}

bool body_is_wanted(const struct call *call, struct slice name)
{
    const struct name_item *item = call->tree.columns;

    while (item && !slice_equal(item->name, name))
        item = item->next;
    return !call->tree.columns || item;
}

bool body_check_rows(struct call *call, size_t rows)
{
    if ((int64_t)rows <= call->service->max_elements)
        return true;
    error_set(&call->error, ERROR_TOO_LARGE, "the body has %zu rows, %lld are allowed", rows,
              (long long)call->service->max_elements);
    return error_hint(&call->error, "Send several requests, or raise --max-elements.");
}

bool body_unknown_column(struct call *call, struct slice name)
{
    return body_no_column(call->table, name, &call->error);
}

bool body_make_room(struct call *call, struct body *body, size_t n)
{
    /* A column may take two places, and the key of the path joins them. */
    body->set = arena_alloc(&call->arena, (2 * n + call->table->n_columns + 1) * sizeof *body->set);
    return body->set || error_set(&call->error, ERROR_MEMORY, "out of memory");
}

int *body_make_places(struct call *call)
{
    size_t n = call->table->n_columns;
    int *places = arena_alloc(&call->arena, (n + 1) * sizeof *places);

    if (!places) {
        error_set(&call->error, ERROR_MEMORY, "out of memory");
        return NULL;
    }
    for (size_t i = 0; i < n; i++)
        places[i] = -1;
    return places;
}

int *body_asked_columns(struct call *call, struct body *body)
{
    int *places = body_make_places(call);
    size_t n = 0;

    for (const struct name_item *item = call->tree.columns; item; item = item->next)
        n++;
    if (!places || !body_make_room(call, body, n))
        return NULL;
    for (const struct name_item *item = call->tree.columns; item; item = item->next) {
        int column = table_column(call->table, item->name);

        if (column < 0) {
            body_unknown_column(call, item->name);
            return NULL;
        }
        if (places[column] >= 0)
            continue;
        places[column] = (int)body->n_set;
        body->set[body->n_set++] = (struct assignment){.column = column};
    }
    return places;
}

bool body_parse(struct call *call, enum body_use use, struct body *body)
{
    enum body_form form = body_form(call);
    bool ok = false, may_be_none;

    *body = (struct body){.is_change = use != BODY_CREATE ||
                                       call->prefer.resolution != PREFER_RESOLUTION_NONE};
    if (!body_check_type(call))
        return false;
    switch (form) {
    case FORM_JSON: ok = body_parse_json(call, body); break;
    case FORM_CSV: ok = body_parse_csv(call, body); break;
    case FORM_FIELDS: ok = body_parse_form(call, body); break;
    case FORM_UNKNOWN:
        return body_refuse_type(call, "Send application/json, text/csv or "
                                      "application/x-www-form-urlencoded.");
    }
    may_be_none = use == BODY_CHANGE || use == BODY_MERGE;
    if (ok && use != BODY_CREATE && body->n_rows != 1 && !(may_be_none && body->n_rows == 0))
        return error_set(&call->error, ERROR_BODY, "the body must be one object");
    if (ok && use != BODY_CREATE)
        body->is_array = false;
    if (ok && body->n_rows == 0)
        body->n_set = 0;
    if (ok && use == BODY_MERGE && form == FORM_JSON)
        body_mark_merges(call->table, body);
    return ok;
}

bool body_may_put_off(const struct call *call, const struct body *body, int column)
{
    const struct column *of = &call->table->columns[column];

    return call->error.code == ERROR_VALUE && body->is_change && !of->rigid && !of->generated;
}

bool body_put_off(struct call *call, struct body *body, const struct misfit *what,
                  struct value *out)
{
    static const struct column any = {.name = SLICE_LITERAL(""), .kind = KIND_ANY};
    struct misfit *misfit = arena_alloc(&call->arena, sizeof *misfit);
    long row = call->error.row;

    call->error = error_none();
    call->error.row = row;
    if (!misfit)
        return error_set(&call->error, ERROR_MEMORY, "out of memory");
    *misfit = *what;
    misfit->row = row < 0 ? 0 : (size_t)row;
    if (!literal_read(&call->arena, &any, what->text, &misfit->literal, &call->error))
        return false;
    if (body->last_misfit)
        body->last_misfit->next = misfit;
    else
        body->misfits = misfit;
    body->last_misfit = misfit;
    *out = misfit->literal.values[0];
    return true;
}

bool body_refuse_misfit(struct call *call, const struct body *body, const struct misfit *misfit)
{
    const struct column *column = &call->table->columns[misfit->column];
    struct json_reader reader = json_reader_make(misfit->text, 1);
    struct json_item number;
    struct value ignored;

    if (body->is_array)
        call->error.row = (long)misfit->row;
    if (misfit->is_number && json_read(&reader, &number))
        return body_value(&call->arena, column, &number, &ignored, &call->error);
    return body_text_value(&call->arena, column, misfit->text, false, &ignored, &call->error);
}

long body_column(const struct body *body, int column)
{
    for (size_t i = 0; i < body->n_set; i++) {
        if (body->set[i].column == column && !body->set[i].given)
            return (long)i;
    }
    return -1;
}
