/* SPDX-License-Identifier: MIT */
#include "resource/media.h"

#include <stdlib.h>

#include "base/parse.h"
#include "base/text.h"
#include "query/json_out.h"
#include "resource/call.h"

/* X: a range of Accept, what it means, whether it may say nulls=stripped */
static const struct {
    const char *range;
    enum media media;
    bool strips;
} ranges[] = {
    {"application/json", MEDIA_JSON, false},
    {"*/*", MEDIA_JSON, false},
    {"application/*", MEDIA_JSON, false},
    {"application/vnd.pgrst.object+json", MEDIA_OBJECT, true},
    {"application/vnd.pgrst.object", MEDIA_OBJECT, true},
    {"application/vnd.pgrst.array+json", MEDIA_JSON, true},
    {"application/vnd.pgrst.array", MEDIA_JSON, true},
    {"text/csv", MEDIA_CSV, false},
    {"text/*", MEDIA_CSV, false},
    {"application/vnd.pgrst.plan+json", MEDIA_PLAN_JSON, false},
    {"application/vnd.pgrst.plan+text", MEDIA_PLAN_TEXT, false},
    {"application/vnd.pgrst.plan", MEDIA_PLAN_TEXT, false},
};

/* The next piece up to `separator`, trimmed; quoted strings are not looked into. */
static struct slice next_piece(struct slice *rest, char separator)
{
    bool quoted = false;
    struct slice piece;
    size_t i = 0;

    for (; i < rest->len && (quoted || rest->data[i] != separator); i++)
        quoted = (rest->data[i] == '"') != quoted;
    piece = text_trim(slice_make(rest->data, i));
    i += i < rest->len;
    *rest = slice_make(rest->data + i, rest->len - i);
    return piece;
}

/* One range: 0 if it cannot be had, else its quality. */
static double weigh(const struct call *call, struct slice range, enum media *media, bool *strip)
{
    struct slice rest = range, type = next_piece(&rest, ';');
    double quality = 1;
    size_t i = 0;

    while (i < sizeof ranges / sizeof *ranges &&
           !text_equal_nocase(type, slice_from(ranges[i].range)))
        i++;
    if (i == sizeof ranges / sizeof *ranges ||
        (ranges[i].media >= MEDIA_PLAN_JSON && !call->service->allow_plan))
        return 0;
    *media = ranges[i].media;
    *strip = false;
    while (rest.len > 0) {
        struct slice param = next_piece(&rest, ';');

        if (text_equal_nocase(param, slice_from("nulls=stripped")) && ranges[i].strips)
            *strip = true;
        else if (param.len > 2 && (param.data[0] | 32) == 'q' && param.data[1] == '=')
            parse_double(slice_make(param.data + 2, param.len - 2), &quality);
    }
    return quality;
}

static bool refuse(struct call *call)
{
    struct slice accept = call->accept;

    error_set(&call->error, ERROR_NOT_ACCEPTABLE, "None of these media types are available: %.*s",
              (int)(accept.len > 200 ? 200 : accept.len), accept.data);
    return error_hint(&call->error,
                      "There are application/json, text/csv, application/vnd.pgrst.object+json and "
                      "application/vnd.pgrst.array+json%s.",
                      call->service->allow_plan ? ", and application/vnd.pgrst.plan+json" : "");
}

bool media_choose(struct call *call)
{
    struct slice rest = call->accept;
    double best = 0;

    if (rest.len == 0 || slice_is(rest, "*/*") || slice_is(rest, "application/json"))
        return true;
    while (rest.len > 0) {
        struct slice range = next_piece(&rest, ',');
        enum media media = MEDIA_JSON;
        bool strip = false;
        double quality = weigh(call, range, &media, &strip);

        if (quality > best) {
            best = quality;
            call->media = media;
            call->options.strip_nulls = strip;
        }
    }
    return best > 0 || refuse(call);
}

/* How specific a range is that takes the type; 0: it does not. */
static int specificity(struct slice range, struct slice type)
{
    struct slice family;

    if (slice_is(range, "*/*"))
        return 1;
    if (text_equal_nocase(range, type))
        return 3;
    if (range.len < 3 || range.data[range.len - 1] != '*' || range.len - 1 > type.len)
        return 0;
    family = slice_make(range.data, range.len - 1); /* "text/" */
    return text_equal_nocase(family, slice_make(type.data, family.len)) ? 2 : 0;
}

bool media_accepts(struct slice accept, struct slice type)
{
    struct slice rest = accept, parameters = type, own = next_piece(&parameters, ';');
    double quality = accept.len == 0;
    int best = 0;

    while (rest.len > 0) {
        struct slice range = next_piece(&rest, ','), name = next_piece(&range, ';');
        int how = specificity(name, own);
        double q = 1;

        while (range.len > 0) {
            struct slice param = next_piece(&range, ';');

            if (param.len > 2 && (param.data[0] | 32) == 'q' && param.data[1] == '=')
                parse_double(slice_make(param.data + 2, param.len - 2), &q);
        }
        if (how > best) {
            best = how;
            quality = q;
        }
    }
    return quality > 0;
}

bool media_accepts_description(struct call *call)
{
    if (media_accepts(call->accept, slice_from("application/openapi+json")) ||
        media_accepts(call->accept, slice_from("application/json")))
        return true;
    error_set(&call->error, ERROR_NOT_ACCEPTABLE, "None of these media types are available: %.*s",
              (int)(call->accept.len > 200 ? 200 : call->accept.len), call->accept.data);
    return error_hint(&call->error,
                      "The description is application/openapi+json or application/json.");
}

void media_begin(struct call *call, const struct shape *shape)
{
    if (call->media == MEDIA_CSV)
        csv_out_header(&call->reply, shape);
    else if (call->media == MEDIA_JSON)
        buf_add_char(&call->reply, '[');
}

/* What is before a row; false if the row is counted, not shown: media_check_rows refuses it. */
static bool separate(struct call *call, size_t nth)
{
    if (call->media == MEDIA_CSV)
        buf_add_char(&call->reply, '\n');
    else if (nth > 0 && call->media == MEDIA_OBJECT)
        return false;
    else if (nth > 0)
        buf_add_char(&call->reply, ',');
    return true;
}

void media_one(const struct call *call, struct buf *out, const struct row *row,
               const struct shape *shape)
{
    if (call->media == MEDIA_CSV)
        csv_out_row(out, row, shape);
    else if (shape->bare)
        json_out_only(out, row, shape);
    else
        json_out_row(out, row, shape);
}

void media_row(struct call *call, const struct row *row, const struct shape *shape, size_t nth)
{
    if (separate(call, nth))
        media_one(call, &call->reply, row, shape);
}

void media_piece(struct call *call, struct slice row, size_t nth)
{
    if (separate(call, nth))
        buf_add_slice(&call->reply, row);
}

void media_end(struct call *call)
{
    if (call->media == MEDIA_JSON)
        buf_add_char(&call->reply, ']');
}

bool media_check_rows(struct call *call, size_t rows)
{
    if (call->media != MEDIA_OBJECT || rows == 1)
        return true;
    error_set(&call->error, ERROR_NOT_SINGULAR, "Cannot coerce the result to a single JSON object");
    return error_details(&call->error, "The result contains %zu rows", rows);
}

const char *media_type(const struct call *call)
{
    bool strip = call->options.strip_nulls;

    switch (call->media) {
    case MEDIA_OBJECT:
        return strip ? "application/vnd.pgrst.object+json;nulls=stripped; charset=utf-8"
                     : "application/vnd.pgrst.object+json; charset=utf-8";
    case MEDIA_CSV: return "text/csv; charset=utf-8";
    case MEDIA_PLAN_JSON: return "application/vnd.pgrst.plan+json; charset=utf-8";
    case MEDIA_PLAN_TEXT: return "application/vnd.pgrst.plan+text; charset=utf-8";
    case MEDIA_JSON: break;
    }
    return strip ? "application/vnd.pgrst.array+json;nulls=stripped; charset=utf-8"
                 : "application/json; charset=utf-8";
}

bool media_is_plan(const struct call *call)
{
    return call->media == MEDIA_PLAN_JSON || call->media == MEDIA_PLAN_TEXT;
}
