/*
 * The elements of a JSON array as records: where each ends, whatever is in it.
 *
 * SPDX-License-Identifier: MIT
 */
#include <string.h>

#include "base/records_scan.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

/* A line begins after the byte at `at`. */
static void note_line(struct records *r, size_t at)
{
    r->lines++;
    r->json.line_start = r->used + (int64_t)(at + 1 - r->start);
}

bool records_skip_blanks(struct records *r, struct error *e)
{
    for (;;) {
        size_t at = r->start;

        for (; at < r->end && is_blank(r->data[at]); at++) {
            if (r->data[at] == '\n')
                note_line(r, at);
        }
        records_drop(r, at - r->start);
        if (r->start < r->end || r->eof)
            return true;
        if (!records_fill(r, e))
            return false;
    }
}

/* What is wrong where the next byte is. */
static bool fault(struct records *r, enum record *around, const char *what)
{
    r->fault = what;
    r->line = r->lines + 1;
    r->column = r->used - r->json.line_start + 1;
    *around = RECORD_FAULT;
    return false;
}

static bool is_next(const struct records *r, char wanted)
{
    return r->start < r->end && r->data[r->start] == wanted;
}

/* The first element, if there is one. */
static bool open_array(struct records *r, enum record *around, struct error *e)
{
    if (!is_next(r, '['))
        return fault(r, around, "an array is expected");
    r->json.opened = true;
    records_drop(r, 1);
    if (!records_skip_blanks(r, e)) {
        *around = RECORD_FAILED;
        return false;
    }
    if (!is_next(r, ']'))
        return true;
    r->json.closed = true;
    records_drop(r, 1);
    if (records_skip_blanks(r, e))
        return true;
    *around = RECORD_FAILED;
    return false;
}

bool records_enter_element(struct records *r, enum record *around, struct error *e)
{
    if (!r->json.opened && !open_array(r, around, e))
        return false;
    r->json.depth = 0;
    r->json.in_string = r->json.escaped = false;
    if (r->json.closed && r->start < r->end)
        return fault(r, around, "nothing is expected after the value");
    if (!r->json.closed && r->start == r->end)
        return fault(r, around, "a comma or ] is expected");
    *around = RECORD_END;
    return !r->json.closed;
}

/* Within a string, from `at`: where it ends, or the end of what is read. */
static size_t scan_string(struct records *r, size_t at)
{
    for (; at < r->end; at++) {
        char c = r->data[at];

        if (r->json.escaped) {
            r->json.escaped = false;
        } else if (c == '\\') {
            r->json.escaped = true;
        } else if (c == '"') {
            r->json.in_string = false;
            return at + 1;
        }
    }
    return at;
}

/* A byte outside of strings: true if the element ends before it. */
static bool take_byte(struct records *r, size_t at)
{
    switch (r->data[at]) {
    case '"': r->json.in_string = true; break;
    case '{':
    case '[': r->json.depth++; break;
    case '\n': note_line(r, at); break;
    case ',': return r->json.depth == 0;
    case '}':
    case ']':
        if (r->json.depth == 0)
            return r->data[at] == ']';
        r->json.depth--;
        break;
    default: break;
    }
    return false;
}

bool records_scan_element(struct records *r)
{
    size_t at = r->scan;

    while (at < r->end) {
        if (r->json.in_string) {
            at = scan_string(r, at);
            continue;
        }
        if (take_byte(r, at)) {
            r->scan = at;
            return true;
        }
        at++;
    }
    r->scan = at;
    return false;
}

void records_leave_element(struct records *r, bool ended)
{
    if (ended && r->data[r->scan] == ']')
        r->json.closed = true;
    records_drop(r, r->scan - r->start + ended);
}
