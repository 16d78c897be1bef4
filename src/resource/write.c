/* SPDX-License-Identifier: MIT */
#include "resource/write.h"

#include "resource/precondition.h"
#include "resource/upload.h"

static void dispose(void *state)
{
    struct write *w = state;

    operations_finish(&w->work);
    upload_finish(w->upload);
    buf_finish(&w->pieces);
    buf_finish(&w->ends);
}

struct write *write_new(struct call *call, enum write_kind kind)
{
    struct write *w;

    if (!call->keys_text.data && !precondition_none(call))
        return NULL;
    w = arena_zeroed(&call->arena, 1, sizeof *w);
    if (!w) {
        error_set(&call->error, ERROR_MEMORY, "out of memory");
        return NULL;
    }
    w->kind = kind;
    w->body.n_rows = 1;
    call->state = w;
    call->dispose = dispose;
    return w;
}

struct operation *write_add(struct call *call, struct write *w, enum write_part part,
                            const struct plan *plan)
{
    struct operation *op = operation_new(&call->arena, plan_query(plan), call);

    w->parts[part] = op;
    if (!op)
        error_set(&call->error, ERROR_MEMORY, "out of memory");
    return op;
}
