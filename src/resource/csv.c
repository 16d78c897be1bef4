/* SPDX-License-Identifier: MIT */
#include "resource/csv.h"

#include "resource/body_value.h"

struct csv csv_make(struct slice text, struct arena *arena)
{
    return (struct csv){.text = body_without_mark(text), .arena = arena};
}

static bool ends_field(char c)
{
    return c == ',' || c == '\n' || c == '\r';
}

/* True if the next byte is `wanted`. */
static bool is_next(const struct csv *c, char wanted)
{
    return c->at < c->text.len && c->text.data[c->at] == wanted;
}

static enum csv_end field_end(struct csv *c)
{
    if (is_next(c, ',')) {
        c->at++;
        return CSV_COMMA;
    }
    if (is_next(c, '\r'))
        c->at++;
    if (is_next(c, '\n'))
        c->at++;
    return CSV_LINE;
}

static enum csv_end csv_fail(struct error *e, enum error_code code, const char *what)
{
    error_set(e, code, "%s", what);
    return CSV_FAILED;
}

/* Where the quoted field's closing quote is, at the text's end if there is none; *doubled: how many
 * quotes are within. */
static size_t closing_quote(const struct csv *c, size_t at, size_t *doubled)
{
    size_t len = c->text.len;

    *doubled = 0;
    while (at < len) {
        bool is_doubled;

        at += slice_find(slice_after(c->text, at), '"');
        is_doubled = at + 1 < len && c->text.data[at + 1] == '"';
        if (!is_doubled)
            break;
        (*doubled)++;
        at += 2;
    }
    return at;
}

static char *without_doubles(struct arena *arena, struct slice in, size_t doubled)
{
    char *text = arena_alloc(arena, in.len - doubled), *to = text;

    for (size_t i = 0; text && i < in.len; i++) {
        *to++ = in.data[i];
        i += in.data[i] == '"';
    }
    return text;
}

/* At a comma, a line's end or the text's. */
static bool is_at_field_end(const struct csv *c)
{
    return c->at == c->text.len || ends_field(c->text.data[c->at]);
}

static enum csv_end quoted_field(struct csv *c, struct slice *out, struct error *e)
{
    size_t start = c->at + 1, doubled, end = closing_quote(c, start, &doubled);

    if (end == c->text.len)
        return csv_fail(e, ERROR_BODY, "a quoted field of the CSV is not closed");
    *out = slice_make(c->text.data + start, end - start);
    c->at = end + 1;
    if (!is_at_field_end(c))
        return csv_fail(e, ERROR_BODY, "text after a quoted field of the CSV");
    if (doubled) {
        const char *text = without_doubles(c->arena, *out, doubled);

        if (!text)
            return csv_fail(e, ERROR_MEMORY, "out of memory");
        *out = slice_make(text, out->len - doubled);
    }
    return field_end(c);
}

enum csv_end csv_next(struct csv *c, struct csv_field *out, struct error *e)
{
    size_t start = c->at;

    out->is_null = false;
    out->quoted = is_next(c, '"');
    if (out->quoted)
        return quoted_field(c, &out->text, e);
    while (!is_at_field_end(c))
        c->at++;
    out->text = slice_make(c->text.data + start, c->at - start);
    out->is_null = out->text.len == 0 || slice_is(out->text, "NULL");
    return field_end(c);
}

/* The length of a line of nothing but blanks, with its end; 0 if there is more in it. */
static size_t blank_line(const struct csv *c)
{
    struct csv line = *c;

    while (is_next(&line, ' ') || is_next(&line, '\t'))
        line.at++;
    if (is_next(&line, '\n') || is_next(&line, '\r'))
        line.at++;
    else if (line.at < line.text.len)
        return 0;
    return line.at - c->at;
}

bool csv_more(struct csv *c, size_t fields)
{
    size_t blank = fields > 1 ? blank_line(c) : 0;

    while (blank > 0) {
        c->at += blank;
        blank = blank_line(c);
    }
    return c->at < c->text.len;
}

size_t csv_skip_line(struct csv *c)
{
    size_t commas = 0, doubled;
    bool begins = true; /* a field: only there a quote opens */

    while (c->at < c->text.len) {
        char byte = c->text.data[c->at];

        if (byte == '"' && begins) {
            c->at = closing_quote(c, c->at + 1, &doubled);
            c->at += c->at < c->text.len;
            begins = false;
            continue;
        }
        begins = byte == ',';
        commas += begins;
        if (!begins && ends_field(byte)) {
            field_end(c);
            break;
        }
        c->at++;
    }
    return commas;
}

size_t csv_count_fields(const struct csv *c)
{
    struct csv copy = *c;

    return csv_skip_line(&copy) + 1;
}

size_t csv_count_lines(const struct csv *c, size_t fields)
{
    struct csv copy = *c;
    size_t n = 0;

    for (; csv_more(&copy, fields); n++)
        csv_skip_line(&copy);
    return n;
}
