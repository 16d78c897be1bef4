/* SPDX-License-Identifier: MIT */
#include "resource/sink.h"

#include "query/json_out.h"

void sink_begin(struct sink *sink)
{
    sink->rows = 0;
    if (sink->media == MEDIA_CSV)
        csv_out_header(sink->out, sink->shape);
    else if (sink->media == MEDIA_JSON)
        buf_add_char(sink->out, '[');
}

void sink_end(struct sink *sink)
{
    if (sink->media == MEDIA_JSON)
        buf_add_char(sink->out, ']');
}

static void write_json(struct buf *out, const struct row *row, const struct shape *shape)
{
    if (shape->bare)
        json_out_only(out, row, shape);
    else
        json_out_row(out, row, shape);
}

void sink_alone(const struct sink *sink, struct buf *out, const struct row *row)
{
    if (sink->media == MEDIA_CSV)
        csv_out_row(out, row, sink->shape);
    else
        write_json(out, row, sink->shape);
}

/* What is before a row; false if the row is counted, not shown: media_check_rows refuses it. */
static bool separate(struct sink *sink)
{
    bool first = sink->rows++ == 0;

    if (sink->media == MEDIA_CSV)
        buf_add_char(sink->out, '\n');
    else if (first || sink->media == MEDIA_NDJSON)
        return true;
    else if (sink->media == MEDIA_OBJECT)
        return false;
    else
        buf_add_char(sink->out, ',');
    return true;
}

static void end_line(struct sink *sink)
{
    if (sink->media == MEDIA_NDJSON)
        buf_add_char(sink->out, '\n');
}

void sink_row(struct sink *sink, const struct row *row)
{
    if (!separate(sink))
        return;
    sink_alone(sink, sink->out, row);
    end_line(sink);
}

void sink_piece(struct sink *sink, struct slice row)
{
    if (!separate(sink))
        return;
    buf_add_slice(sink->out, row);
    end_line(sink);
}
