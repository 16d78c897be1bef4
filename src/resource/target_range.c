/*
 * Range and Content-Range: which rows of a list, as the header fields say it.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/ascii.h"
#include "base/parse.h"
#include "base/text.h"
#include "query/grammar.h"
#include "resource/target.h"

static bool digits(struct slice *rest, int64_t *out)
{
    size_t n = 0;
    struct slice number;

    while (n < rest->len && ascii_is_digit(rest->data[n]))
        n++;
    number = slice_make(rest->data, n);
    *rest = slice_make(rest->data + n, rest->len - n);
    if (n == 0)
        return false;
    return parse_int64(number, out);
}

/* "first-last" or "first-", counted in rows, with an optional "items=" before; one that is not
 * understood is ignored (RFC 9110 §14.2). */
static bool parse_range(struct slice range, int64_t *first, int64_t *last)
{
    static const struct slice unit = SLICE_LITERAL("items=");

    if (range.len > unit.len && text_equal_nocase(slice_make(range.data, unit.len), unit))
        range = slice_make(range.data + unit.len, range.len - unit.len);
    range = text_trim(range);
    if (!digits(&range, first))
        return false;
    if (range.len == 0 || range.data[0] != '-')
        return false;
    range = slice_make(range.data + 1, range.len - 1);
    *last = INT64_MAX - 1;
    return range.len == 0 || (digits(&range, last) && range.len == 0);
}

static bool bad_range(struct call *call, const char *details)
{
    error_set(&call->error, ERROR_RANGE, "Requested range not satisfiable");
    return error_details(&call->error, "%s", details);
}

bool target_take_range(struct call *call)
{
    struct query_node *root = &call->tree.root;
    int64_t first, last, end = INT64_MAX - 1;

    if (call->range.len == 0)
        return true;
    if (!parse_range(call->range, &first, &last))
        return true;
    if (last < first)
        return bad_range(call, "The lower boundary must be lower than or equal to the upper "
                               "boundary in the Range header.");
    if (root->limit >= 0 && root->offset < INT64_MAX - 1 - root->limit)
        end = root->offset + root->limit - 1;
    if (last < end)
        end = last;
    if (first > root->offset)
        root->offset = first;
    if (!grammar_check_offset(call->service->grammar, root->offset, &call->error))
        return false;
    if (end < root->offset)
        return bad_range(call, "The Range header and limit= and offset= have no row in common.");
    if (end < INT64_MAX - 1)
        root->limit = end - root->offset + 1;
    return true;
}

void target_range(struct call *call, int64_t first, int64_t rows, int64_t total)
{
    /* Three numbers of at most 19 digits, two marks and the end: they fit, and b never grows. */
    const size_t size = sizeof call->content_range;
    struct buf b = {.data = call->content_range, .cap = size, .max = size};

    if (rows > 0) {
        buf_add_int64(&b, first);
        buf_add_char(&b, '-');
        buf_add_int64(&b, first + rows - 1);
    } else {
        buf_add_char(&b, '*');
    }
    buf_add_char(&b, '/');
    if (total < 0)
        buf_add_char(&b, '*');
    else
        buf_add_int64(&b, total);
    buf_add_char(&b, '\0');
}
