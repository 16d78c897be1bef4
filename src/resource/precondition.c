/* SPDX-License-Identifier: MIT */
#include "resource/precondition.h"

#include "base/hash.h"
#include "base/text.h"
#include "resource/call.h"

uint64_t precondition_tag(struct slice body, struct slice content_range)
{
    uint64_t tag = hash_bytes(body, hash_bytes(content_range, 0));

    if (tag)
        return tag;
    return 1;
}

void precondition_text(uint64_t tag, char out[ENTITY_TAG_SIZE])
{
    static const char digits[] = "0123456789abcdef";

    out[0] = out[17] = '"';
    out[18] = '\0';
    for (int i = 16; i > 0; i--, tag >>= 4)
        out[i] = digits[tag & 15];
}

/* A quoted text at the list's beginning, and the list behind it; false: its quote is not closed. */
static bool take_quoted(struct slice *list, struct slice *tag)
{
    size_t close = 1 + slice_find(slice_after(*list, 1), '"');

    if (close == list->len)
        return false;
    *tag = slice_make(list->data, close + 1);
    *list = slice_after(*list, close + 1);
    return true;
}

/* Takes the next member off a list of entity tags; false at its end. What is none is passed over:
 * no tag of ours is equal to it. */
static bool next_tag(struct slice *list, struct slice *tag, bool *weak)
{
    static const struct slice mark = SLICE_LITERAL("W/");

    while (list->len > 0) {
        struct slice at = *list;

        *weak = slice_begins(at, mark) && at.len > mark.len;
        if (*weak)
            at = slice_after(at, mark.len);
        if (at.data[0] == '"') {
            *list = at;
            return take_quoted(list, tag);
        }
        *list = slice_after(*list, 1);
    }
    return false;
}

/* Whether the field names the tag, or with "*" any; 0 is none, which nothing names. */
static bool names(struct slice field, uint64_t tag, bool weak_too)
{
    char own[ENTITY_TAG_SIZE];
    struct slice one;
    bool weak;

    if (!tag)
        return false;
    if (slice_is(text_trim(field), "*"))
        return true;
    precondition_text(tag, own);
    while (next_tag(&field, &one, &weak)) {
        if (weak && !weak_too)
            continue;
        if (slice_is(one, own))
            return true;
    }
    return false;
}

bool precondition_none_match_names(const struct call *call, uint64_t tag)
{
    if (!call->if_none_match.data)
        return false;
    return names(call->if_none_match, tag, true);
}

bool precondition_is_given(const struct call *call)
{
    return call->if_match.data || call->if_none_match.data;
}

bool precondition_holds(struct call *call, uint64_t tag)
{
    bool reads = call->method == METHOD_GET || call->method == METHOD_HEAD;

    if (call->if_match.data && !names(call->if_match, tag, false)) {
        error_set(&call->error, ERROR_PRECONDITION,
                  tag ? "what is there now is not what If-Match names"
                      : "there is nothing that If-Match could name");
        return error_hint(&call->error, "Read it again, and send its new ETag.");
    }
    if (!reads && precondition_none_match_names(call, tag)) {
        error_set(&call->error, ERROR_PRECONDITION, "If-None-Match names what is there");
        return error_hint(&call->error, "Leave If-None-Match out to replace it.");
    }
    return true;
}

void precondition_answer(struct call *call)
{
    if (!call->tag)
        call->tag = precondition_tag(call_body(call), slice_from(call->content_range));
    if (!precondition_holds(call, call->tag))
        (void)call_fail(call);
    else if (precondition_none_match_names(call, call->tag))
        call->outcome = OUTCOME_NOT_MODIFIED;
}

bool precondition_none(struct call *call)
{
    if (!precondition_is_given(call))
        return true;
    error_set(&call->error, ERROR_UNSUPPORTED,
              "If-Match and If-None-Match of a change go with the path of one row");
    return error_hint(&call->error, "Use /{resource}/{key}, or leave the field out.");
}
