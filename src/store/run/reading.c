/*
 * A reading that can be left between two rows, and its reader on the way between threads.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdlib.h>

#include "base/memory.h"
#include "store/db/db.h"
#include "store/db/statement.h"
#include "store/run/reader_private.h"
#include "store/store.h"

struct reading {
    struct statement *st;
};

/* The statement is left where it is; if there is no memory to say so, it is ended. */
static enum reading_state leave(struct statement *st, struct reading **out, struct error *e)
{
    struct reading *reading = malloc(sizeof *reading);

    if (reading) {
        reading->st = st;
        *out = reading;
        return READING_PAUSED;
    }
    statement_release(st);
    error_set(e, ERROR_MEMORY, "out of memory");
    return READING_FAILED;
}

enum reading_state reader_read(struct reader *reader, const struct query *query, row_sink *sink,
                               void *context, struct reading **out, struct error *e)
{
    struct statement *st = statement_begin(reader->db, query, e);
    enum reading_state state = READING_FAILED;

    *out = NULL;
    if (st)
        state = statement_rows(st, sink, context, e);
    if (state == READING_PAUSED)
        return leave(st, out, e);
    statement_release(st);
    return state;
}

enum reading_state reading_go_on(struct reading *reading, row_sink *sink, void *context,
                                 struct error *e)
{
    return statement_rows(reading->st, sink, context, e);
}

void reading_end(struct reading *reading)
{
    if (!reading)
        return;
    statement_release(reading->st);
    free(reading);
}

void reader_deadline(struct reader *reader, int64_t deadline_us)
{
    db_deadline(reader->db, deadline_us);
}

bool reader_make_small(struct reader *reader, struct error *e)
{
    int64_t full = reader->store->options.cache_bytes;

    return db_cache(reader->db, full < READER_SMALL_CACHE ? full : READER_SMALL_CACHE, e);
}

bool reader_make_full(struct reader *reader, struct error *e)
{
    return db_cache(reader->db, reader->store->options.cache_bytes, e);
}

void reader_trim(struct reader *reader)
{
    db_rest(reader->db);
}

void reader_take_up(struct reader *reader)
{
    reader->memory = memory_own(MEMORY_SQLITE, reader->memory);
}

/* The same exchange: the thread has again what it had before. */
void reader_put_down(struct reader *reader)
{
    reader->memory = memory_own(MEMORY_SQLITE, reader->memory);
}
