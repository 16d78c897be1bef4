/*
 * The Accept header (RFC 9110 §12.5.1): in which form an answer is asked for (resource/sink.h writes it).
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_RESOURCE_MEDIA_H
#define THIMBLE_RESOURCE_MEDIA_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

struct call;

enum media {
    MEDIA_JSON,      /* application/json */
    MEDIA_OBJECT,    /* application/vnd.pgrst.object+json: exactly one row */
    MEDIA_CSV,       /* text/csv */
    MEDIA_NDJSON,    /* application/x-ndjson: a row a line */
    MEDIA_PLAN_JSON, /* application/vnd.pgrst.plan+json: how SQLite would do it */
    MEDIA_PLAN_TEXT, /* application/vnd.pgrst.plan */
};

/*
 * Chooses by quality, then by place. False with ERROR_NOT_ACCEPTABLE if none of the types can
 * be had. Sets call->media, call->media_said, and of call->options strip_nulls, all_rows and one_line.
 */
bool media_choose(struct call *call) __attribute__((warn_unused_result));

/* True if Accept (empty: any) takes the media type; the most specific range decides
 * (RFC 9110 §12.5.1). */
bool media_accepts(struct slice accept, struct slice type);

/* True if Accept takes the API's description; false with ERROR_NOT_ACCEPTABLE. */
bool media_accepts_description(struct call *call) __attribute__((warn_unused_result));

/* True, or false with ERROR_NOT_SINGULAR when one object was asked for and there are not as
 * many rows. */
bool media_check_rows(struct call *call, size_t rows) __attribute__((warn_unused_result));

/* What Content-Type says. Static. */
const char *media_type(const struct call *call);

/* True if it is a list without an end of its own: --max-rows does not hold for it. */
static inline bool media_is_endless(enum media media)
{
    return media == MEDIA_CSV || media == MEDIA_NDJSON;
}

/* True if the answer is to be the plan of the statement. */
bool media_is_plan(const struct call *call);

#endif
