/* SPDX-License-Identifier: MIT */
#include "resource/body.h"

#include "resource/call.h"

static bool parse_form(struct call *call, enum body_form form, struct body *body)
{
    switch (form) {
    case FORM_JSON: return body_parse_json(call, body);
    case FORM_NDJSON: return body_parse_lines(call, body);
    case FORM_CSV: return body_parse_csv(call, body);
    case FORM_FIELDS: return body_parse_form(call, body);
    case FORM_UNKNOWN: break;
    }
    return body_refuse_type(call, "Send application/json, application/x-ndjson, text/csv or "
                                  "application/x-www-form-urlencoded.");
}

/* How many objects the use takes: one; of a change an empty array changes nothing. */
static bool check_count(struct call *call, enum body_use use, const struct body *body)
{
    bool may_be_none = use == BODY_CHANGE || use == BODY_MERGE;

    if (use == BODY_CREATE || body->n_rows == 1)
        return true;
    if (may_be_none && body->n_rows == 0)
        return true;
    return error_set(&call->error, ERROR_BODY, "the body must be one object");
}

bool body_parse(struct call *call, enum body_use use, struct body *body)
{
    enum body_form form = body_form(call);
    bool is_upsert = call->prefer.resolution != PREFER_RESOLUTION_NONE;

    *body = (struct body){.is_change = use != BODY_CREATE || is_upsert};
    if (!body_check_type(call))
        return false;
    if (!parse_form(call, form, body)) {
        body_name_line(call);
        return false;
    }
    if (!check_count(call, use, body))
        return false;
    if (use != BODY_CREATE)
        body->is_array = false;
    if (body->n_rows == 0)
        body->n_set = 0;
    if (use == BODY_MERGE && (form == FORM_JSON || form == FORM_NDJSON))
        body_mark_merges(call->table, body);
    return true;
}
