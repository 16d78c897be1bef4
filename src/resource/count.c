/* SPDX-License-Identifier: MIT */
#include "resource/count.h"

#include <inttypes.h>

#include "resource/target.h"
#include "store/catalog/catalog.h"
#include "store/run/reader.h"

/* A count that is read. */
struct counted {
    int64_t rows;
    bool known;
};

static enum row_verdict take_count(void *context, const struct row *row, struct error *e)
{
    struct counted *counted = context;
    (void)e;

    counted->rows = row_integer(row, 0);
    counted->known = true;
    return ROW_ENOUGH;
}

/* All that match; at_most: no more than these are looked for, 0: no limit. */
static bool count_matches(struct call *call, const struct plan_source *source, int64_t at_most,
                          int64_t *total)
{
    struct plan_options options = call->options;
    struct counted counted = {.known = false};
    struct plan plan;

    options.count_at_most = at_most;
    if (!plan_count(&call->arena, source, &call->tree, &options, &plan, &call->error))
        return false;
    if (!target_read(call, &plan, take_count, &counted))
        return false;
    *total = counted.rows;
    return counted.known;
}

/* An aggregate makes one row of several. */
static bool is_aggregate(const struct select_item *item)
{
    if (item->aggregate || item->kind == SELECT_COUNT)
        return true;
    return item->kind == SELECT_FIELD && slice_is(item->field.name, "count");
}

static bool leaves_rows_out(const struct query_node *node)
{
    for (const struct select_item *item = node->select; item; item = item->next) {
        if (is_aggregate(item) || item->inner)
            return true;
        if (item->node && leaves_rows_out(item->node))
            return true;
    }
    return false;
}

/* Is every row of a table asked for? */
static bool is_whole_table(const struct call *call, const struct plan_source *source)
{
    if (source->routine || source->table->kind != TABLE_TABLE || source->table->has_policies)
        return false;
    if (call->tree.root.filter)
        return false;
    return !leaves_rows_out(&call->tree.root);
}

/* The statistics are of whole tables: -1 for anything else, and without any. */
static bool guess(struct call *call, const struct plan_source *source, int64_t *rows)
{
    *rows = -1;
    if (!is_whole_table(call, source))
        return true;
    return reader_statistics(call->reader, source->table->name, rows, &call->error);
}

static bool count_planned(struct call *call, const struct plan_source *source, struct count *c)
{
    if (!guess(call, source, &c->total))
        return false;
    c->guessed = c->total >= 0;
    if (c->guessed)
        return true;
    return count_matches(call, source, 0, &c->total);
}

/* As PostgREST: exact up to max-rows, above it what is planned, if that is more. */
static bool count_estimated(struct call *call, const struct plan_source *source, struct count *c)
{
    int64_t exact_to = call->service->max_rows;

    if (exact_to == 0)
        return count_planned(call, source, c);
    if (!count_matches(call, source, exact_to + 1, &c->total))
        return false;
    if (c->total <= exact_to)
        return true;
    if (!count_planned(call, source, c))
        return false;
    if (c->guessed && c->total <= exact_to)
        c->total = exact_to + 1;
    return true;
}

static bool check_offset(struct call *call, int64_t total)
{
    int64_t offset = call->tree.root.offset;

    if (offset <= total)
        return true;
    target_range(call, 0, 0, total);
    error_set(&call->error, ERROR_RANGE, "Requested range not satisfiable");
    return error_details(&call->error,
                         "An offset of %" PRId64 " was requested, but there are only %" PRId64
                         " rows.",
                         offset, total);
}

/* What the client prefers; not called for PREFER_COUNT_NONE. */
static bool count_preferred(struct call *call, const struct plan_source *source, struct count *out)
{
    switch (call->prefer.count) {
    case PREFER_COUNT_PLANNED: return count_planned(call, source, out);
    case PREFER_COUNT_ESTIMATED: return count_estimated(call, source, out);
    default: return count_matches(call, source, 0, &out->total);
    }
}

bool count_rows(struct call *call, const struct plan_source *source, struct count *out)
{
    *out = (struct count){.total = -1};
    if (call->prefer.count == PREFER_COUNT_NONE)
        return true;
    if (!count_preferred(call, source, out))
        return false;
    if (out->guessed)
        return true;
    return check_offset(call, out->total);
}

bool count_after(struct call *call, int64_t rows, int64_t page, struct count *c)
{
    int64_t offset = call->tree.root.offset;

    if (!c->guessed)
        return true;
    if (rows == 0 && offset > 0)
        return check_offset(call, c->total);
    if (rows < page || offset + rows > c->total) /* the last page, or past what was guessed */
        c->total = offset + rows;
    return true;
}
