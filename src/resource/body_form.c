/*
 * Bodies that are forms, application/x-www-form-urlencoded: one row, all of it text; there is no NULL.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/text.h"
#include "query/grammar.h"
#include "resource/body.h"
#include "resource/body_fields.h"
#include "resource/body_value.h"
#include "resource/call.h"

static bool read_form(struct body_fields *f, const struct parameter *fields)
{
    size_t n = 0;

    for (const struct parameter *p = fields; p; p = p->next)
        n++;
    if (!body_fields_begin(f, n))
        return false;
    for (const struct parameter *p = fields; p; p = p->next) {
        if (!body_fields_name(f, p->name))
            return false;
    }
    if (!body_fields_end(f, 1))
        return false;
    n = 0;
    for (const struct parameter *p = fields; p; p = p->next) {
        if (!body_fields_value(f, f->places_of_fields[n++], p->value, false, f->body->values))
            return false;
    }
    return true;
}

/* curl -d says that what it sends is a form. */
static bool looks_like_json(struct slice text)
{
    static const struct slice opening = SLICE_LITERAL("{[");

    text = text_trim(body_without_mark(text));
    return text.len > 0 && slice_has(opening, text.data[0]);
}

bool body_hint_json(struct call *call)
{
    if (call->error.code == ERROR_MEMORY)
        return false;
    if (!looks_like_json(buf_slice(&call->body)))
        return false;
    return error_hint(&call->error,
                      "The body looks like JSON, and its Content-Type says that it is a form: send "
                      "Content-Type: application/json.");
}

bool body_parse_form(struct call *call, struct body *body)
{
    struct body_fields f = {.call = call, .body = body};
    struct parameter *fields;
    bool split = grammar_split(&call->arena, buf_slice(&call->body), &fields, &call->error);

    body->n_rows = 1;
    if (split && read_form(&f, fields))
        return true;
    if (call->error.code == ERROR_SYNTAX)
        call->error.code = ERROR_BODY;
    return body_hint_json(call);
}
