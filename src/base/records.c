/* SPDX-License-Identifier: MIT */
#include "base/records.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/records_scan.h"

static ssize_t read_file(void *context, void *to, size_t n, struct error *e)
{
    const struct records *r = context;
    ssize_t got;

    do {
        got = read(r->fd, to, n);
    } while (got < 0 && errno == EINTR);
    if (got < 0)
        (void)error_set(e, ERROR_IO, "cannot read: %s", strerror(errno));
    return got;
}

void records_init(struct records *r, int fd, enum records_kind kind, size_t max)
{
    records_init_from(r, read_file, r, kind, max);
    r->fd = fd;
}

void records_init_from(struct records *r, records_read *read, void *context, enum records_kind kind,
                       size_t max)
{
    *r = (struct records){.fd = -1, .read = read, .context = context, .kind = kind, .max = max};
}

void records_rewind(struct records *r)
{
    const struct records before = *r;

    records_init_from(r, r->read, r->context, r->kind, r->max);
    r->fd = before.fd;
    r->use = before.use;
    r->data = before.data;
    r->cap = before.cap;
}

void records_finish(struct records *r)
{
    memory_free(r->data);
    *r = (struct records){0};
}

/* Reads until there are `n` bytes, or no more come. */
static bool want(struct records *r, size_t n, struct error *e)
{
    while (!r->eof && r->end - r->start < n) {
        if (!records_fill(r, e))
            return false;
    }
    return true;
}

static bool begins_with_mark(const struct records *r)
{
    return r->end >= 3 && memcmp(r->data, "\xef\xbb\xbf", 3) == 0;
}

/* What comes before a record and is none of it: a byte order mark, the \n of a \r\n. */
static bool skip_to_record(struct records *r, struct error *e)
{
    r->scan = r->start;
    r->state = STATE_FIELD;
    if (r->used == 0) {
        if (!want(r, 3, e))
            return false;
        if (begins_with_mark(r))
            records_drop(r, 3);
    }
    if (r->kind == RECORDS_ELEMENTS)
        return records_skip_blanks(r, e);
    if (r->after_cr) {
        r->after_cr = false;
        if (!want(r, 1, e))
            return false;
        if (r->end > r->start && r->data[r->start] == '\n')
            records_drop(r, 1);
    }
    return true;
}

static bool scan_line(struct records *r)
{
    const char *at = NULL;

    if (r->end > r->scan)
        at = memchr(r->data + r->scan, '\n', r->end - r->scan);
    if (!at) {
        r->scan = r->end;
        return false;
    }
    r->scan = (size_t)(at - r->data);
    return true;
}

/* Quotes mean something at the beginning of a field alone, and are doubled within. */
static enum records_state csv_state_after(enum records_state state, char c)
{
    if (c == '"') {
        switch (state) {
        case STATE_QUOTED: return STATE_QUOTE;
        case STATE_QUOTE:
        case STATE_FIELD: return STATE_QUOTED;
        case STATE_BARE: return STATE_BARE;
        }
    }
    if (state == STATE_QUOTED)
        return STATE_QUOTED;
    if (c == ',')
        return STATE_FIELD;
    return STATE_BARE;
}

static bool is_line_end(char c)
{
    return c == '\n' || c == '\r';
}

static bool scan_csv(struct records *r)
{
    enum records_state state = r->state;
    size_t at = r->scan;

    for (; at < r->end; at++) {
        char c = r->data[at];

        if (state != STATE_QUOTED && is_line_end(c))
            break;
        r->lines += c == '\n';
        state = csv_state_after(state, c);
    }
    r->state = state;
    r->scan = at;
    return at < r->end;
}

/* The record that ends at scan: out of the buffer, its line's end after it. */
static struct slice take_record(struct records *r, bool ended)
{
    struct slice text = slice_make(r->data + r->start, r->scan - r->start);

    if (r->kind == RECORDS_ELEMENTS) {
        records_leave_element(r, ended);
        return text;
    }
    r->lines += ended;
    r->after_cr = ended && r->data[r->scan] == '\r';
    records_drop(r, text.len + ended);
    if (r->kind == RECORDS_LINES && text.len && text.data[text.len - 1] == '\r')
        text.len--;
    return text;
}

/* Goes to the record's end; false if more must be read. */
static bool scan_record(struct records *r)
{
    switch (r->kind) {
    case RECORDS_CSV: return scan_csv(r);
    case RECORDS_ELEMENTS: return records_scan_element(r);
    case RECORDS_LINES: break;
    }
    return scan_line(r);
}

/* The record begins at `start`: to its end, as far as its bytes are wanted. */
static bool read_record(struct records *r, bool *ended, bool *too_long, struct error *e)
{
    *too_long = false;
    for (;;) {
        *ended = scan_record(r);
        *too_long |= r->scan - r->start > r->max;
        if (*ended || r->eof)
            return true;
        if (*too_long)
            records_drop(r, r->scan - r->start);
        if (!records_fill(r, e))
            return false;
    }
}

enum record records_next(struct records *r, struct slice *out, struct error *e)
{
    bool ended, too_long;
    enum record around;
    int64_t line;

    if (!skip_to_record(r, e))
        return RECORD_FAILED;
    if (r->kind == RECORDS_ELEMENTS && !records_enter_element(r, &around, e))
        return around;
    line = r->lines + 1;
    r->column = 1;
    if (r->kind == RECORDS_ELEMENTS)
        r->column = r->used - r->json.line_start + 1;
    if (!read_record(r, &ended, &too_long, e))
        return RECORD_FAILED;
    if (r->scan == r->start && !ended && !too_long)
        return RECORD_END;
    r->line = line;
    *out = take_record(r, ended);
    if (too_long)
        return RECORD_TOO_LONG;
    return RECORD_GIVEN;
}
