/* SPDX-License-Identifier: MIT */
#include "resource/media.h"

#include <stdlib.h>

#include "base/parse.h"
#include "base/text.h"
#include "resource/call.h"

/* What Content-Type says, without and with nulls=stripped. */
struct media_names {
    const char *plain, *stripped;
};

#define NAMES(type)                                                                                \
    {                                                                                              \
        type "; charset=utf-8", type ";nulls=stripped; charset=utf-8"                              \
    }

/* Three names of one form: nobody registered any, and clients know their own alone. */
static const struct media_names x_ndjson = NAMES("application/x-ndjson");
static const struct media_names ndjson = NAMES("application/ndjson");
static const struct media_names jsonl = NAMES("application/jsonl");

/* A range of Accept, what it means, whether it may say nulls=stripped, its name if it is one of several
 * of the form. */
static const struct media_range {
    const char *range;
    enum media media;
    bool strips;
    const struct media_names *names;
} ranges[] = {
    {"application/json", MEDIA_JSON, false, NULL},
    {"*/*", MEDIA_JSON, false, NULL},
    {"application/*", MEDIA_JSON, false, NULL},
    {"application/vnd.pgrst.object+json", MEDIA_OBJECT, true, NULL},
    {"application/vnd.pgrst.object", MEDIA_OBJECT, true, NULL},
    {"application/vnd.pgrst.array+json", MEDIA_JSON, true, NULL},
    {"application/vnd.pgrst.array", MEDIA_JSON, true, NULL},
    {"text/csv", MEDIA_CSV, false, NULL},
    {"text/*", MEDIA_CSV, false, NULL},
    {"application/x-ndjson", MEDIA_NDJSON, true, &x_ndjson},
    {"application/ndjson", MEDIA_NDJSON, true, &ndjson},
    {"application/jsonl", MEDIA_NDJSON, true, &jsonl},
    {"application/vnd.pgrst.plan+json", MEDIA_PLAN_JSON, false, NULL},
    {"application/vnd.pgrst.plan+text", MEDIA_PLAN_TEXT, false, NULL},
    {"application/vnd.pgrst.plan", MEDIA_PLAN_TEXT, false, NULL},
};

/* The next piece up to `separator`, trimmed; quoted strings are not looked into. */
static struct slice next_piece(struct slice *rest, char separator)
{
    bool quoted = false;
    struct slice piece;
    size_t i = 0;

    for (; i < rest->len; i++) {
        char c = rest->data[i];

        if (c == separator && !quoted)
            break;
        if (c == '"')
            quoted = !quoted;
    }
    piece = text_trim(slice_first(*rest, i));
    i += i < rest->len;
    *rest = slice_after(*rest, i);
    return piece;
}

/* q=0.5: the quality; false for another parameter. */
static bool take_quality(struct slice parameter, double *quality)
{
    static const struct slice name = SLICE_LITERAL("q=");

    if (parameter.len <= name.len)
        return false;
    if (!text_equal_nocase(slice_first(parameter, name.len), name))
        return false;
    parse_double(slice_after(parameter, name.len), quality);
    return true;
}

/* The row of what the range asks for, if it can be had; else NULL. */
static const struct media_range *find_range(const struct call *call, struct slice type)
{
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        if (!text_equal_nocase(type, slice_from(ranges[i].range)))
            continue;
        if (ranges[i].media >= MEDIA_PLAN_JSON && !call_may_see_plan(call))
            return NULL;
        return &ranges[i];
    }
    return NULL;
}

/* One range: 0 if it cannot be had, else its quality. */
static double weigh(const struct call *call, struct slice range, const struct media_range **out,
                    bool *strip)
{
    struct slice rest = range;
    const struct media_range *row = find_range(call, next_piece(&rest, ';'));
    double quality = 1;

    if (!row)
        return 0;
    *out = row;
    *strip = false;
    while (rest.len > 0) {
        struct slice parameter = next_piece(&rest, ';');

        if (take_quality(parameter, &quality))
            continue;
        if (row->strips && text_equal_nocase(parameter, slice_from("nulls=stripped")))
            *strip = true;
    }
    return quality;
}

static bool refuse_media(struct call *call)
{
    const char *plan = "";

    if (call_may_see_plan(call))
        plan = ", and application/vnd.pgrst.plan+json";
    error_set(&call->error, ERROR_NOT_ACCEPTABLE, "None of these media types are available: %.*s",
              SLICE_ARG(slice_first(call->accept, 200)));
    return error_hint(&call->error,
                      "There are application/json, application/x-ndjson, text/csv, "
                      "application/vnd.pgrst.object+json and application/vnd.pgrst.array+json%s.",
                      plan);
}

/* Whatever there is, or what there is without asking. */
static bool is_default(struct slice accept)
{
    return accept.len == 0 || slice_is(accept, "*/*") || slice_is(accept, "application/json");
}

bool media_choose(struct call *call)
{
    struct slice rest = call->accept;
    double best = 0;

    if (is_default(rest))
        return true;
    while (rest.len > 0) {
        struct slice range = next_piece(&rest, ',');
        const struct media_range *row = NULL;
        bool strip = false;
        double quality = weigh(call, range, &row, &strip);

        if (!row || quality <= best)
            continue;
        best = quality;
        call->media = row->media;
        call->media_said = row->names;
        call->options.strip_nulls = strip;
    }
    call->options.all_rows = media_is_endless(call->media) && call->service->max_streams > 0;
    call->options.one_line = call->media == MEDIA_NDJSON;
    if (best > 0)
        return true;
    return refuse_media(call);
}

/* The "text/" of "text/…", with * or a type of its own; empty: it has none. */
static struct slice family_of(struct slice range)
{
    size_t star = range.len - 1;

    if (range.len < 3 || range.data[star] != '*')
        return slice_make(NULL, 0);
    return slice_first(range, star);
}

/* How specific a range is that takes the type; 0: it does not. */
static int specificity(struct slice range, struct slice type)
{
    struct slice family;

    if (slice_is(range, "*/*"))
        return 1;
    if (text_equal_nocase(range, type))
        return 3;
    family = family_of(range);
    if (family.len > 0 && text_equal_nocase(family, slice_first(type, family.len)))
        return 2;
    return 0;
}

/* The quality among the parameters; 1 if none says it. */
static double quality_of(struct slice parameters)
{
    double quality = 1;

    while (parameters.len > 0)
        take_quality(next_piece(&parameters, ';'), &quality);
    return quality;
}

bool media_accepts(struct slice accept, struct slice type)
{
    struct slice rest = accept, parameters = type, own = next_piece(&parameters, ';');
    double quality = accept.len == 0;
    int best = 0;

    while (rest.len > 0) {
        struct slice range = next_piece(&rest, ','), name = next_piece(&range, ';');
        int how = specificity(name, own);

        if (how > best) {
            best = how;
            quality = quality_of(range);
        }
    }
    return quality > 0;
}

bool media_accepts_description(struct call *call)
{
    if (media_accepts(call->accept, slice_from("application/openapi+json")))
        return true;
    if (media_accepts(call->accept, slice_from("application/json")))
        return true;
    error_set(&call->error, ERROR_NOT_ACCEPTABLE, "None of these media types are available: %.*s",
              SLICE_ARG(slice_first(call->accept, 200)));
    return error_hint(&call->error,
                      "The description is application/openapi+json or application/json.");
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
    static const struct media_names types[] = {
        [MEDIA_JSON] = {"application/json; charset=utf-8",
                        "application/vnd.pgrst.array+json;nulls=stripped; charset=utf-8"},
        [MEDIA_OBJECT] = NAMES("application/vnd.pgrst.object+json"),
        [MEDIA_CSV] = NAMES("text/csv"), /* it is never asked to strip */
        [MEDIA_NDJSON] = NAMES("application/x-ndjson"),
        [MEDIA_PLAN_JSON] = NAMES("application/vnd.pgrst.plan+json"),
        [MEDIA_PLAN_TEXT] = NAMES("application/vnd.pgrst.plan+text"),
    };
    const struct media_names *names = &types[call->media];

    if (call->media_said)
        names = call->media_said;
    if (call->options.strip_nulls)
        return names->stripped;
    return names->plain;
}

bool media_is_plan(const struct call *call)
{
    return call->media == MEDIA_PLAN_JSON || call->media == MEDIA_PLAN_TEXT;
}
