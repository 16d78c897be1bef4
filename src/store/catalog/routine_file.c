/*
 * The columns of a query that returns a file.
 *
 * SPDX-License-Identifier: MIT
 */
#include <string.h>

#include "base/ascii.h"
#include "base/text.h"
#include "store/catalog/routine.h"

static const struct slice header_prefix = SLICE_LITERAL("header_");

enum file_role routine_file_role(struct slice column)
{
    if (text_equal_nocase(column, slice_from("status")))
        return FILE_STATUS;
    if (text_equal_nocase(column, slice_from("content_type")))
        return FILE_TYPE;
    if (column.len > header_prefix.len &&
        text_equal_nocase(slice_make(column.data, header_prefix.len), header_prefix))
        return FILE_HEADER;
    return FILE_BODY;
}

/* A header field's name is a token (RFC 9110 §5.6.2). */
static bool is_token_char(char c)
{
    static const struct slice marks = SLICE_LITERAL("!#$%&'*+-.^_`|~");

    return ascii_is_letter_or_digit(c) || slice_has(marks, c);
}

/* What says how the message is framed, and what the service itself says. A '-' at the end: all that
 * begin so. */
static bool is_reserved(struct slice name)
{
    static const char *const reserved[] = {
        "access-control-",
        "connection",
        "content-encoding",
        "content-length",
        "content-range",
        "content-type",
        "date",
        "etag",
        "keep-alive",
        "proxy-",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "x-content-type-options",
    };

    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++) {
        struct slice word = slice_from(reserved[i]), begin = name;

        if (word.data[word.len - 1] == '-' && begin.len > word.len)
            begin.len = word.len;
        if (text_equal_nocase(begin, word))
            return true;
    }
    return false;
}

bool routine_header_name(struct slice column, char out[ROUTINE_HEADER_MAX])
{
    size_t n = column.len - header_prefix.len;

    if (n == 0 || n >= ROUTINE_HEADER_MAX)
        return false;
    for (size_t i = 0; i < n; i++) {
        char c = column.data[header_prefix.len + i];

        if (!is_token_char(c))
            return false;
        out[i] = c == '_' ? '-' : c;
    }
    out[n] = '\0';
    return !is_reserved(slice_make(out, n));
}

bool routine_media_type(struct slice s)
{
    const char *slash = s.len ? memchr(s.data, '/', s.len) : NULL;
    size_t at = slash ? (size_t)(slash - s.data) : 0;
    bool parameters = false;

    if (!slash || at == 0 || at + 1 == s.len)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        parameters |= s.data[i] == ';';
        if (parameters ? s.data[i] < ' ' || s.data[i] > '~' : i != at && !is_token_char(s.data[i]))
            return false;
    }
    return true;
}
