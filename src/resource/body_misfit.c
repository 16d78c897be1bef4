/*
 * Values that do not fit their column, put off until the rows say whether they hold them already.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/json.h"
#include "query/rights.h"
#include "resource/body.h"
#include "resource/body_value.h"
#include "resource/call.h"

bool body_may_put_off(const struct call *call, const struct body *body, int column)
{
    const struct column *of = &call->table->columns[column];
    bool may_hold = !of->rigid && !of->generated && rights_may_read(call->table, column);

    return call->error.code == ERROR_VALUE && body->is_change && may_hold;
}

bool body_put_off(struct call *call, struct body *body, const struct misfit *what,
                  struct value *out)
{
    static const struct column any = {.name = SLICE_LITERAL(""), .kind = KIND_ANY};
    struct misfit *misfit = arena_alloc(&call->arena, sizeof *misfit);
    long row = call->error.row;

    call->error = error_none();
    call->error.row = row;
    if (!misfit)
        return error_set(&call->error, ERROR_MEMORY, "out of memory");
    *misfit = *what;
    misfit->row = row < 0 ? 0 : (size_t)row;
    if (!literal_read(&call->arena, &any, what->text, &misfit->literal, &call->error))
        return false;
    if (body->last_misfit)
        body->last_misfit->next = misfit;
    else
        body->misfits = misfit;
    body->last_misfit = misfit;
    *out = misfit->literal.values[0];
    return true;
}

bool body_refuse_misfit(struct call *call, const struct body *body, const struct misfit *misfit)
{
    const struct column *column = &call->table->columns[misfit->column];
    struct json_reader reader = json_reader_make(misfit->text, 1);
    struct json_item number;
    struct value ignored;

    if (body->is_array)
        call->error.row = (long)misfit->row;
    if (misfit->is_number && json_read(&reader, &number))
        return body_value(&call->arena, column, &number, &ignored, &call->error);
    return body_text_value(&call->arena, column, misfit->text, false, &ignored, &call->error);
}
