/*
 * The form of rows: a JSON array, NDJSON, CSV or one object, a row at a time into a buffer. Whoever owns
 * the buffer may empty it between two rows.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_RESOURCE_SINK_H
#define THIMBLE_RESOURCE_SINK_H

#include <stddef.h>

#include "base/slice.h"
#include "resource/media.h"

struct buf;
struct row;
struct shape;

struct sink {
    struct buf *out; /* its sticky failure says that there was no room */
    enum media media;
    const struct shape *shape;
    size_t rows; /* so far: of MEDIA_OBJECT the first alone is written */
};

/*
 * What is before the rows, and what is after them. CSV is its header, and each row after the end of a
 * line: none ends the last. Each row of NDJSON is one line, and ends it. Begins to count anew.
 */
void sink_begin(struct sink *sink);
void sink_end(struct sink *sink);

/* One row. */
void sink_row(struct sink *sink, const struct row *row);

/* A row as sink_row writes it, but for what is between two, into another buffer; and such a row into
 * this one. */
void sink_alone(const struct sink *sink, struct buf *out, const struct row *row);
void sink_piece(struct sink *sink, struct slice row);

#endif
