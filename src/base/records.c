/* SPDX-License-Identifier: MIT */
#include "base/records.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHUNK ((size_t)64 << 10)

void records_init(struct records *r, int fd, enum records_kind kind, size_t max)
{
    *r = (struct records){.fd = fd, .kind = kind, .max = max};
}

void records_finish(struct records *r)
{
    free(r->data);
    *r = (struct records){0};
}

/* Room for a chunk after what is not given yet: it moves to the front, or the memory grows. */
static bool make_chunk_room(struct records *r, struct error *e)
{
    size_t kept = r->end - r->start, cap = r->cap ? r->cap : 2 * CHUNK;
    char *data;

    if (kept && r->start)
        memmove(r->data, r->data + r->start, kept);
    r->scan -= r->start;
    r->start = 0;
    r->end = kept;
    while (cap - kept < CHUNK)
        cap *= 2;
    if (cap == r->cap)
        return true;
    data = realloc(r->data, cap);
    if (!data)
        return error_set(e, ERROR_MEMORY, "out of memory");
    r->data = data;
    r->cap = cap;
    return true;
}

static bool fill_chunk(struct records *r, struct error *e)
{
    ssize_t n;

    if (!make_chunk_room(r, e))
        return false;
    do {
        n = read(r->fd, r->data + r->end, CHUNK);
    } while (n < 0 && errno == EINTR);
    if (n < 0)
        return error_set(e, ERROR_IO, "cannot read: %s", strerror(errno));
    r->end += (size_t)n;
    r->eof = n == 0;
    return true;
}

/* Reads until there are `n` bytes, or no more come. */
static bool want(struct records *r, size_t n, struct error *e)
{
    while (!r->eof && r->end - r->start < n) {
        if (!fill_chunk(r, e))
            return false;
    }
    return true;
}

static void drop(struct records *r, size_t n)
{
    r->start += n;
    r->scan = r->start;
    r->used += (int64_t)n;
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
            drop(r, 3);
    }
    if (r->after_cr) {
        r->after_cr = false;
        if (!want(r, 1, e))
            return false;
        if (r->end > r->start && r->data[r->start] == '\n')
            drop(r, 1);
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

    r->lines += ended;
    r->after_cr = ended && r->data[r->scan] == '\r';
    drop(r, text.len + ended);
    if (r->kind == RECORDS_LINES && text.len && text.data[text.len - 1] == '\r')
        text.len--;
    return text;
}

/* Goes to the record's end; false if more must be read. */
static bool scan_record(struct records *r)
{
    if (r->kind == RECORDS_CSV)
        return scan_csv(r);
    return scan_line(r);
}

enum record records_next(struct records *r, struct slice *out, struct error *e)
{
    bool ended, too_long = false, nothing;
    int64_t line;

    if (!skip_to_record(r, e))
        return RECORD_FAILED;
    line = r->lines + 1;
    for (;;) {
        ended = scan_record(r);
        too_long |= r->scan - r->start > r->max;
        if (ended || r->eof)
            break;
        if (too_long)
            drop(r, r->scan - r->start);
        if (!fill_chunk(r, e))
            return RECORD_FAILED;
    }
    nothing = r->scan == r->start;
    if (nothing && !ended && !too_long)
        return RECORD_END;
    r->line = line;
    *out = take_record(r, ended);
    if (too_long)
        return RECORD_TOO_LONG;
    return RECORD_GIVEN;
}
