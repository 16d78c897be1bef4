/*
 * JSON text (RFC 8259), read in place from left to right: no tree, no memory. Values are slices of
 * the text, as they are spelled. What a body, a line of a file and a column of JSON are is decided
 * here alone.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_BASE_JSON_H
#define THIMBLE_BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

/* No text is read that is nested deeper: as deep as SQLite's JSON functions go, and some. */
#define JSON_DEPTH_MAX 1024

enum json_kind {
    JSON_IS_NULL,
    JSON_IS_BOOLEAN,
    JSON_IS_NUMBER,
    JSON_IS_STRING,
    JSON_IS_ARRAY,
    JSON_IS_OBJECT
};

struct json_item {
    enum json_kind kind;
    struct slice text; /* as it is spelled; a string with its quotes */
    bool plain;        /* a string without escapes: its value is what is between the quotes;
                        * an array or object without blanks between its parts */
    bool integer;      /* a number with neither fraction nor exponent */
};

struct json_reader {
    const char *start, *at, *end; /* borrowed */
    int depth;                    /* levels that may be opened yet */
    size_t blanks;                /* passed over */
    bool too_deep;                /* the fault is this */
    const char *fault;            /* what is wrong at `at`: static; NULL: nothing */
};

/* A reader of `text` that opens `depth` levels at most, JSON_DEPTH_MAX of them. */
struct json_reader json_reader_make(struct slice text, int depth);

/* One value, whatever is in it, and the blanks before it. False with the fault. */
bool json_read(struct json_reader *r, struct json_item *out);

/* Passes over '{' or '[' and the blanks before it, if that is what comes: a level down. False, with
 * a fault only if that is too deep. */
bool json_enter(struct json_reader *r, char open);

enum json_next { JSON_NEXT, JSON_CLOSED, JSON_FAULT };

/*
 * Within an object: the next member's name, its value is then to be read. Within an array: whether
 * there is another element. *first is true after json_enter, and kept from call to call.
 */
enum json_next json_next_member(struct json_reader *r, bool *first, struct json_item *name);
enum json_next json_next_element(struct json_reader *r, bool *first);

/* Passes over the next member's name and its colon, if they stand there spelled so, without blanks, a name
 * of JSON in its quotes: its value is then to be read. False: json_next_member is to be asked. */
bool json_take_name(struct json_reader *r, bool *first, struct slice spelled);

/* True if nothing but blanks is left. False with the fault. */
bool json_at_end(struct json_reader *r);

/* True if `text` is one JSON value nested at most `depth` deep. */
bool json_valid(struct slice text, int depth);

/*
 * The value of a string: `out` has room for its text. Returns the number of bytes; -1 if half of a
 * surrogate pair stands alone, which is JSON's grammar and no character (RFC 8259 §8.2).
 */
long json_decode(const struct json_item *string, char *out);

/* An array or object without the blanks between its parts, else as it is spelled: `out` has room for
 * its text. Returns the number of bytes. */
size_t json_compact(const struct json_item *item, char *out);

#endif
