/*
 * The text of a body before it is any column's value: its byte order mark, whether it is JSON and where
 * it is not, and what a string of it says.
 *
 * SPDX-License-Identifier: MIT
 */
#include "resource/body_value.h"

struct slice body_without_mark(struct slice text)
{
    static const struct slice mark = SLICE_LITERAL("\xef\xbb\xbf");

    if (slice_begins(text, mark))
        return slice_after(text, mark.len);
    return text;
}

static const struct body_place beginning = {1, 1};

bool body_json_fault(const struct json_reader *reader, int64_t max_depth, struct error *e)
{
    return body_part_fault(reader, &beginning, max_depth, e);
}

bool body_part_fault(const struct json_reader *reader, const struct body_place *begins,
                     int64_t max_depth, struct error *e)
{
    size_t line = begins->line, column = begins->column;

    if (reader->too_deep) {
        error_set(e, ERROR_BODY, "the body is nested more than %lld deep", (long long)max_depth);
        return error_hint(e, "Nest it less, or raise --max-depth.");
    }
    for (const char *at = reader->start; at < reader->at; at++) {
        column++;
        if (*at == '\n') {
            line++;
            column = 1;
        }
    }
    error_set(e, ERROR_BODY, "Empty or invalid json");
    return error_details(e, "%s (line %zu, column %zu)", reader->fault, line, column);
}

bool body_check_json(struct slice text, int64_t max_depth, struct error *e)
{
    return body_check_part(text, &beginning, max_depth, e);
}

bool body_check_part(struct slice text, const struct body_place *begins, int64_t max_depth,
                     struct error *e)
{
    struct json_reader reader = json_reader_make(text, (int)max_depth);
    struct json_item item;

    if (json_read(&reader, &item) && json_at_end(&reader))
        return !error_is_set(e);
    error_clear(e);
    return body_part_fault(&reader, begins, max_depth, e);
}

bool body_string(struct arena *arena, const struct json_item *string, struct slice *out,
                 struct error *e)
{
    char *text;
    long len;

    *out = slice_make(string->text.data + 1, string->text.len - 2);
    if (string->plain)
        return true;
    text = arena_alloc(arena, out->len);
    if (!text)
        return error_set(e, ERROR_MEMORY, "out of memory");
    len = json_decode(string, text);
    if (len < 0) {
        error_set(e, ERROR_BODY, "Empty or invalid json");
        return error_details(e, "half of a surrogate pair is no character: %.*s",
                             SLICE_SHOWN(string->text));
    }
    *out = slice_make(text, (size_t)len);
    return true;
}
