/*
 * Which line of a body a row is.
 *
 * SPDX-License-Identifier: MIT
 */
#include "resource/body.h"
#include "resource/body_value.h"
#include "resource/call.h"
#include "resource/csv.h"
#include "resource/json_rows.h"

/* Where the nth line with a row begins, counted from 0. */
static const char *find_json(struct slice text, long nth)
{
    struct slice line = json_rows_line(&text);

    for (long i = 0; i < nth; i++)
        line = json_rows_line(&text);
    return line.data;
}

/* …after the line of names. */
static const char *find_csv(struct slice text, long nth)
{
    struct csv csv = csv_make(text, NULL);
    size_t fields = csv_count_fields(&csv);

    for (long i = 0; i <= nth; i++) {
        csv_skip_line(&csv);
        if (!csv_more(&csv, fields))
            return NULL;
    }
    return csv.text.data + csv.at;
}

static const char *find_row(const struct call *call, long nth)
{
    struct slice text = body_without_mark(buf_slice(&call->body));

    switch (body_form(call)) {
    case FORM_NDJSON: return find_json(text, nth);
    case FORM_CSV: return find_csv(text, nth);
    case FORM_JSON:
    case FORM_FIELDS:
    case FORM_UNKNOWN: break;
    }
    return NULL;
}

/* The line of a place, from 1. CSV's may end in \r alone. */
static int64_t line_of(const char *begin, const char *place, bool is_csv)
{
    int64_t line = 1;

    for (const char *at = begin; at < place; at++) {
        bool is_end = *at == '\r' && at[1] != '\n';

        line += *at == '\n' || (is_csv && is_end);
    }
    return line;
}

void body_name_line(struct call *call)
{
    const char *begin;

    if (call->error.row < 0 || call->error.line > 0 || call->body.len == 0)
        return;
    begin = find_row(call, call->error.row);
    if (!begin)
        return;
    call->error.line = line_of(call->body.data, begin, body_form(call) == FORM_CSV);
}
