/*
 * Text that arrives from and leaves to the wire: percent-encoding (RFC 3986 §2.1),
 * UTF-8 (RFC 3629), base64 (RFC 4648 §4), JSON string escaping (RFC 8259 §7).
 * Pure functions; the caller owns all memory.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_BASE_TEXT_H
#define THIMBLE_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/slice.h"

/*
 * Decodes %XX from `in` to `out`, which has room for in.len bytes and may be in.data itself.
 * Returns the number of bytes written, or -1 if a '%' is not followed by two hex digits.
 */
long text_percent_decode(struct slice in, char *out);

/*
 * The same for a query string or a form: '+' is a space, and a '%' without two hex digits is itself,
 * as browsers and PostgREST have it (url.spec.whatwg.org, "percent-decode"). Cannot fail.
 */
size_t text_query_decode(struct slice in, char *out);

/* Appends `in` with every byte outside RFC 3986's unreserved set as %XX. */
void text_percent_encode(struct buf *b, struct slice in);

/*
 * How many bytes the well-formed UTF-8 character has that `s` begins with, which is not empty; 0: none
 * is there, and its first byte stands alone.
 */
size_t text_utf8_length(struct slice s);

/* True if `s` is well-formed UTF-8: no overlong forms, no surrogates, at most U+10FFFF. */
bool text_utf8_valid(struct slice s);

/* Appends the base64 of `in`, padded. */
void text_base64_encode(struct buf *b, struct slice in);

/*
 * Decodes base64 (standard alphabet, padding required) to `out`, which has room for
 * in.len / 4 * 3 bytes. Returns the number of bytes written, or -1 if malformed.
 */
long text_base64_decode(struct slice in, unsigned char *out);

/*
 * The same with '-' and '_' for '+' and '/', and no padding (RFC 4648 §5, RFC 7515 appendix C):
 * appended; decoded to `out`, which has room for in.len / 4 * 3 + 2 bytes. -1 if malformed, also where
 * bits that belong to no byte are set: one value has one text.
 */
void text_base64url_encode(struct buf *b, struct slice in);
long text_base64url_decode(struct slice in, unsigned char *out);

/*
 * Appends `s` as a JSON string with its quotes. Control characters, '"' and '\' are
 * escaped, NUL included; bytes that are not UTF-8 become U+FFFD, so the result is
 * always valid JSON.
 */
void text_json_string(struct buf *b, struct slice s);

/* Appends the character that `s` begins with, which is not empty, or U+FFFD for a byte that is none.
 * Returns how many bytes of `s` that was. */
size_t text_add_character(struct buf *b, struct slice s);

/* Appends `s`; bytes that are not UTF-8 become U+FFFD. */
void text_add_utf8(struct buf *b, struct slice s);

/* How many bytes at the start stand for themselves within a JSON string: ASCII, but no quote,
 * backslash or control character. */
size_t text_plain_run(struct slice s);

/* …within a field of CSV without quotes: ASCII, but no quote, comma or control character. */
size_t text_bare_run(struct slice s);

/* A number of bytes at the start that are ASCII: more may be. */
size_t text_ascii_run(struct slice s);

/* The text if there is a reason for it, else "": for what stands between others, or at the end. */
static inline const char *text_if(bool reason, const char *text)
{
    if (reason)
        return text;
    return "";
}

/* ASCII only: case-insensitive equality. */
bool text_equal_nocase(struct slice a, struct slice b);

/* `s` without leading and trailing spaces and tabs. */
struct slice text_trim(struct slice s);

/* Takes the next of a list separated by commas from *rest, trimmed; false at its end. One that is
 * empty counts. */
bool text_next_item(struct slice *rest, struct slice *item);

/*
 * Levenshtein distance of two ASCII-folded names, at most `limit` + 1 (so that a far
 * pair costs little). Used for "did you mean".
 */
size_t text_distance(struct slice a, struct slice b, size_t limit);

#endif
