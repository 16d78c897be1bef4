/* SPDX-License-Identifier: MIT */
#include "resource/csv.h"

#include <string.h>

static enum csv_end field_end(struct csv *c)
{
    if (c->at == c->text.len)
        return CSV_LINE;
    if (c->text.data[c->at] == ',') {
        c->at++;
        return CSV_COMMA;
    }
    c->at += c->text.data[c->at] == '\r';
    if (c->at < c->text.len && c->text.data[c->at] == '\n')
        c->at++;
    return CSV_LINE;
}

/* A field in quotes: they are doubled within. */
static enum csv_end quoted_field(struct csv *c, struct slice *out, struct error *e)
{
    char *to = c->copy;
    size_t n = 0;

    for (c->at++; c->at < c->text.len; c->at++) {
        if (c->text.data[c->at] == '"') {
            if (c->at + 1 == c->text.len || c->text.data[c->at + 1] != '"')
                break;
            c->at++;
        }
        to[n++] = c->text.data[c->at];
    }
    if (c->at == c->text.len) {
        error_set(e, ERROR_BODY, "a quoted field of the CSV is not closed");
        return CSV_FAILED;
    }
    c->at++;
    c->copy += n;
    *out = slice_make(to, n);
    if (c->at < c->text.len && !memchr(",\r\n", c->text.data[c->at], 3)) {
        error_set(e, ERROR_BODY, "text after a quoted field of the CSV");
        return CSV_FAILED;
    }
    return field_end(c);
}

enum csv_end csv_next(struct csv *c, struct slice *out, bool *quoted, struct error *e)
{
    size_t start = c->at;

    *quoted = c->at < c->text.len && c->text.data[c->at] == '"';
    if (*quoted)
        return quoted_field(c, out, e);
    while (c->at < c->text.len && !memchr(",\r\n", c->text.data[c->at], 3))
        c->at++;
    *out = slice_make(c->text.data + start, c->at - start);
    return field_end(c);
}
