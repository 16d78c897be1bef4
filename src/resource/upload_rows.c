/* SPDX-License-Identifier: MIT */
#include "resource/upload_rows.h"

#include "base/clock.h"
#include "base/text.h"
#include "resource/call.h"
#include "store/files/spool.h"

/* Rows between two looks at how far it is. */
#define PROGRESS_ROWS 1024

/* For its columns a body is looked at on the event loop: at so many bytes, beside two rows of the longest. */
#define LOOK_BYTES ((size_t)256 << 10)

/* ---- bytes */

/* A body may begin with blanks for as long as it is, or with a row that does not end. */
static ssize_t no_first_row(const struct upload *u, struct error *e)
{
    error_set(e, ERROR_TOO_LARGE,
              "there is no row of %zu bytes or less at the beginning of the body", u->records.max);
    error_hint(e, "Send its rows from the beginning, smaller ones, or raise --max-body.");
    return -1;
}

/* Between two rows there may be blanks of any length, which SQLite's own look at the time does not see. */
static bool is_late(const struct upload *u)
{
    int64_t deadline = u->call->deadline_us;

    return deadline && clock_us() >= deadline;
}

static ssize_t read_spool(void *context, void *to, size_t n, struct error *e)
{
    struct upload *u = context;
    ssize_t got;

    if (is_late(u)) {
        error_set(e, ERROR_TIMEOUT, "canceling statement due to statement timeout");
        return -1;
    }
    if (u->looks && u->look_left == 0)
        return no_first_row(u, e);
    if (u->looks && n > u->look_left)
        n = u->look_left;
    got = spool_read(u->call->spool, to, n, e);
    if (u->looks && got > 0)
        u->look_left -= (size_t)got;
    return got;
}

static ssize_t read_memory(void *context, void *to, size_t n, struct error *e)
{
    struct upload *u = context;
    struct slice rest = slice_after(buf_slice(&u->call->body), u->at);
    (void)e;

    rest = slice_first(rest, n);
    if (rest.len > 0)
        memcpy(to, rest.data, rest.len);
    u->at += rest.len;
    return (ssize_t)rest.len;
}

static enum records_kind kind_of(enum body_form form)
{
    switch (form) {
    case FORM_CSV: return RECORDS_CSV;
    case FORM_JSON: return RECORDS_ELEMENTS;
    default: return RECORDS_LINES;
    }
}

void upload_rows_init(struct upload *u)
{
    struct call *call = u->call;
    records_read *read = call->spool ? read_spool : read_memory;

    records_init_from(&u->records, read, u, kind_of(u->form), (size_t)call->service->max_body);
    u->records.use = MEMORY_BODIES;
}

static void to_first_byte(struct upload *u)
{
    if (u->call->spool)
        spool_rewind(u->call->spool);
    u->at = 0;
    u->n = 0;
    records_rewind(&u->records);
}

/* An empty line is no row, but of CSV with one column: there it is a NULL. */
static bool is_blank(const struct upload *u, enum record record, struct slice text)
{
    if (record != RECORD_GIVEN || u->form == FORM_JSON)
        return false;
    if (u->form == FORM_CSV && u->fields.n == 1)
        return false;
    return text_trim(text).len == 0;
}

static enum record next_record(struct upload *u, struct slice *text, struct error *e)
{
    enum record record;

    do
        record = records_next(&u->records, text, e);
    while (is_blank(u, record, *text));
    return record;
}

/* The first, which is no blank line in any case. */
static enum record first_record(struct upload *u, struct slice *text, struct error *e)
{
    enum record record;

    to_first_byte(u);
    do
        record = records_next(&u->records, text, e);
    while (record == RECORD_GIVEN && u->form != FORM_JSON && text_trim(*text).len == 0);
    return record;
}

/* Says in the error that it is of the nth row, the one at hand. */
static void place(const struct upload *u, struct error *e, size_t nth)
{
    e->row = (long)nth;
    if (u->form != FORM_JSON)
        e->line = u->records.line;
}

bool upload_rows_columns(struct upload *u)
{
    struct error *e = &u->call->error;
    struct slice text = {NULL, 0};
    enum record record;

    u->looks = true;
    u->look_left = 2 * u->records.max + LOOK_BYTES;
    record = first_record(u, &text, e);
    u->looks = false;
    if (upload_read_columns(u, record, text))
        return true;
    if (u->form != FORM_CSV && (record == RECORD_GIVEN || record == RECORD_TOO_LONG))
        place(u, e, 0);
    return false;
}

/* ---- the rows, on the writer's thread */

bool upload_rows_begin(void *upload, struct error *e)
{
    struct upload *u = upload;
    struct slice text;

    u->rejected = 0;
    buf_clear(&u->rejects);
    u->begun_us = clock_us();
    if (u->json.seen)
        memset(u->json.seen, 0, (u->body->n_set + 1) * sizeof *u->json.seen);
    if (u->form == FORM_CSV) /* the header is known */
        return first_record(u, &text, e) != RECORD_FAILED;
    to_first_byte(u);
    return true;
}

void upload_rows_place(void *upload, struct error *e)
{
    const struct upload *u = upload;

    place(u, e, u->n - 1);
}

/* By how much of it is done so far: when all will be. */
static void note_progress(struct upload *u)
{
    int64_t now, took, all = (int64_t)spool_size(u->call->spool);

    now = clock_us();
    took = now - u->begun_us;
    atomic_store_explicit(&u->call->job.ends_us,
                          u->begun_us +
                              (int64_t)((double)took * (double)all / (double)(u->records.used + 1)),
                          memory_order_relaxed);
}

/* Fails with what the call's error says, which is the job's own, or is to be told apart. */
static enum source_step refuse(struct upload *u, struct error *e)
{
    struct error *own = &u->call->error;

    if (e != own && error_is_set(own)) {
        *e = *own;
        error_clear(own);
    }
    if (!u->records.fault)
        upload_rows_place(u, e);
    return e->code == ERROR_MEMORY ? SOURCE_FAILED : SOURCE_REFUSED;
}

enum source_step upload_rows_next(void *upload, const struct value **row, struct error *e)
{
    struct upload *u = upload;
    struct slice text = {NULL, 0};
    enum record record;

    arena_rewind(&u->call->arena, u->mark);
    record = next_record(u, &text, e);
    if (record == RECORD_END)
        return SOURCE_END;
    if (record == RECORD_FAILED)
        return SOURCE_FAILED;
    u->n++;
    if (u->n % PROGRESS_ROWS == 0 && u->call->spool)
        note_progress(u);
    *row = u->body->values;
    if (upload_read_row(u, record, text, e))
        return SOURCE_ROW;
    return refuse(u, e);
}
