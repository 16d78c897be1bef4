/*
 * GET / and /openapi.json: the API's description, made once for each catalogue, on a thread of the
 * reader lane where there is one, and kept with it.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdlib.h>

#include "resource/openapi.h"
#include "resource/precondition.h"
#include "resource/target.h"
#include "resource/verbs.h"
#include "store/catalog/catalog.h"

struct description {
    struct catalog_extra extra; /* first */
    struct buf text;
    uint64_t tag;
};

static void release(struct catalog_extra *extra)
{
    struct description *d = (struct description *)extra;

    buf_finish(&d->text);
    free(d);
}

/* What is not needed of the last doubling is given back; without memory for that it stays. */
static void trim(struct buf *b)
{
    char *data = b->len ? memory_realloc(b->data, b->len) : NULL;

    if (!data)
        return;
    b->data = data;
    b->cap = b->len;
}

static void say_why(struct call *call, const struct buf *text)
{
    bool never = text->full || memory_is_never();

    if (!never) {
        error_set(&call->error, ERROR_MEMORY, "out of memory");
        return;
    }
    error_set(&call->error, ERROR_ANSWER_TOO_LARGE,
              "the description of %zu tables has more bytes than an answer may have",
              call->catalog->n_tables);
    error_hint(&call->error, "Raise --max-answer, or --memory.");
}

static struct description *make(struct call *call)
{
    struct description *d = calloc(1, sizeof *d);

    if (!d) {
        error_set(&call->error, ERROR_MEMORY, "out of memory");
        return NULL;
    }
    d->extra.release = release;
    buf_init(&d->text, (size_t)call->service->max_answer);
    buf_use(&d->text, MEMORY_ANSWERS);
    if (!openapi_write(call, &d->text)) {
        say_why(call, &d->text);
        release(&d->extra);
        return NULL;
    }
    trim(&d->text);
    d->extra.bytes = d->text.len;
    d->tag = precondition_tag(buf_slice(&d->text), slice_from(""));
    return d;
}

/* The catalogue's, made if it is not there, and held; NULL: it cannot be. */
static struct description *find(struct call *call)
{
    struct catalog_extra *extra;
    struct description *d;

    catalog_begin_extra(call->catalog); /* two at once would each need the memory of one */
    extra = catalog_extra(call->catalog);
    d = extra ? (struct description *)extra : make(call);
    catalog_end_extra(call->catalog, d && !extra ? &d->extra : NULL);
    return d;
}

enum progress openapi_read(struct call *call)
{
    struct description *d;

    if (!media_accepts_description(call))
        return call_fail(call);
    if (!call_read(call))
        return call_fail(call);
    if (!call_choose_catalog(call))
        return call_fail(call);
    d = (struct description *)catalog_extra(call->catalog);
    if (!d && call_moves(call, LANE_DESCRIPTION))
        return call_fail(call);
    if (!d)
        d = find(call);
    if (!d)
        return call_fail(call);
    call->lender = &d->extra;
    (void)target_json(call, OUTCOME_OK);
    call->lent = buf_slice(&d->text);
    call->tag = d->tag;
    if (media_accepts(call->accept, slice_from("application/openapi+json")))
        call->content_type_out = "application/openapi+json; charset=utf-8";
    return CALL_DONE;
}
