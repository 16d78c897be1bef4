/*
 * What a body's content type says.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/text.h"
#include "resource/body.h"
#include "resource/call.h"

/* The media type without its parameters. */
struct slice body_media_type(const struct call *call)
{
    return text_trim(slice_first(call->content_type, slice_find(call->content_type, ';')));
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
    {"application/x-ndjson", FORM_NDJSON},
    {"application/ndjson", FORM_NDJSON},
    {"application/jsonl", FORM_NDJSON},
    {"text/csv", FORM_CSV},
    {"application/x-www-form-urlencoded", FORM_FIELDS},
};

enum body_form body_form(const struct call *call)
{
    struct slice type = body_media_type(call);

    if (slice_is(type, "application/json")) /* as most are */
        return FORM_JSON;
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

    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        if (text_equal_nocase(parameter, slice_from(good[i])))
            return true;
    }
    if (text_equal_nocase(slice_first(parameter, charset.len), charset))
        return refuse_part(call, parameter, "Send the body as UTF-8.");
    if (form != FORM_CSV)
        return true;
    if (text_equal_nocase(parameter, slice_from("header=present")))
        return true;
    return refuse_part(call, parameter,
                       "CSV has commas between its fields, and its first line names the columns.");
}

bool body_check_type(struct call *call)
{
    struct slice rest = call->content_type;
    size_t at = slice_find(rest, ';');

    while (at < rest.len) {
        rest = slice_after(rest, at + 1);
        at = slice_find(rest, ';');
        if (!check_parameter(call, body_form(call), text_trim(slice_first(rest, at))))
            return false;
    }
    return true;
}
