/* SPDX-License-Identifier: MIT */
#include "resource/problem.h"

#include "base/text.h"

static void problem_member(struct buf *b, const char *key, const char *value)
{
    buf_addf(b, ",\"%s\":", key);
    if (value[0])
        text_json_string(b, slice_from(value));
    else
        buf_add_text(b, "null");
}

/* A JSON pointer (RFC 6901) to the member of the body at fault. */
static void pointer(struct buf *b, const struct error *e)
{
    struct buf text;

    buf_init(&text, 512);
    if (e->row >= 0)
        buf_addf(&text, "/%ld", e->row);
    if (e->column[0])
        buf_add_char(&text, '/');
    for (const char *c = e->column; *c; c++) {
        if (*c == '~')
            buf_add_text(&text, "~0");
        else if (*c == '/')
            buf_add_text(&text, "~1");
        else
            buf_add_char(&text, *c);
    }
    text_json_string(b, buf_slice(&text));
    buf_finish(&text);
}

static void errors(struct buf *b, const struct error *e)
{
    buf_add_text(b, ",\"errors\":[{\"pointer\":");
    pointer(b, e);
    if (e->line > 0)
        buf_addf(b, ",\"line\":%lld", (long long)e->line);
    if (e->column[0])
        problem_member(b, "column", e->column);
    if (e->constraint[0])
        problem_member(b, "constraint", e->constraint);
    buf_add_text(b, "}]");
}

void problem_write(struct buf *b, const struct error *e, int status, const char *title,
                   struct slice instance)
{
    buf_addf(b, "{\"type\":\"about:blank\",\"title\":\"%s\",\"status\":%d", title, status);
    problem_member(b, "detail", e->message);
    buf_add_text(b, ",\"instance\":");
    text_json_string(b, instance);
    if (e->status)
        buf_addf(b, ",\"code\":\"PT%d\"", e->status);
    else
        problem_member(b, "code", error_code_text(e->code));
    problem_member(b, "message", e->message);
    if (e->json_details) {
        buf_add_text(b, ",\"details\":");
        buf_add_text(b, e->json_details);
    } else {
        problem_member(b, "details", e->details);
    }
    problem_member(b, "hint", e->hint);
    if (e->column[0] || e->constraint[0] || e->row >= 0 || e->line > 0)
        errors(b, e);
    if (e->sqlite_code) {
        buf_addf(b, ",\"sqlite\":{\"code\":%d", e->sqlite_code);
        problem_member(b, "name", e->sqlite_name ? e->sqlite_name : "");
        buf_add_char(b, '}');
    }
    buf_add_char(b, '}');
}
