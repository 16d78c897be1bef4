/* SPDX-License-Identifier: MIT */
#include "resource/body.h"

#include "base/text.h"
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
