/* SPDX-License-Identifier: MIT */
#include "base/json.h"

#include "base/json_scalar.h"

struct json_reader json_reader_make(struct slice text, int depth)
{
    const char *start = text.data ? text.data : "";

    if (depth > JSON_DEPTH_MAX)
        depth = JSON_DEPTH_MAX;
    return (struct json_reader){
        .start = start, .at = start, .end = start + text.len, .depth = depth};
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static void skip_all_blanks(struct json_reader *r)
{
    for (; r->at < r->end && is_blank(*r->at); r->at++)
        r->blanks++;
}

/* Nearly always there are none. */
static inline void skip_blanks(struct json_reader *r)
{
    if (r->at < r->end && (unsigned char)*r->at <= ' ')
        skip_all_blanks(r);
}

bool json_enter(struct json_reader *r, char open)
{
    skip_blanks(r);
    if (!json_is_next(r, open))
        return false;
    if (r->depth == 0) {
        r->too_deep = true;
        return json_fault(r, "it is nested too deep");
    }
    r->depth--;
    r->at++;
    return true;
}

/* What comes between, before and after the parts: the closing bracket, a comma, nothing at first. */
static enum json_next next(struct json_reader *r, bool *first, char close)
{
    bool was_first = *first;

    *first = false;
    skip_blanks(r);
    if (json_take(r, close)) {
        r->depth++;
        return JSON_CLOSED;
    }
    if (was_first || json_take(r, ','))
        return JSON_NEXT;
    json_fault(r, close == '}' ? "a comma or } is expected" : "a comma or ] is expected");
    return JSON_FAULT;
}

enum json_next json_next_element(struct json_reader *r, bool *first)
{
    return next(r, first, ']');
}

enum json_next json_next_member(struct json_reader *r, bool *first, struct json_item *name)
{
    enum json_next step = next(r, first, '}');

    if (step != JSON_NEXT)
        return step;
    skip_blanks(r);
    if (!json_is_next(r, '"')) {
        json_fault(r, "a member's name is expected, in double quotes");
        return JSON_FAULT;
    }
    if (!json_read_string(r, name))
        return JSON_FAULT;
    skip_blanks(r);
    if (json_take(r, ':'))
        return JSON_NEXT;
    json_fault(r, "a colon is expected");
    return JSON_FAULT;
}

bool json_take_name(struct json_reader *r, bool *first, struct slice spelled)
{
    const char *at = r->at;
    size_t left;

    if (!*first) {
        if (!json_is_next(r, ','))
            return false;
        at++;
    }
    left = (size_t)(r->end - at);
    if (spelled.len == 0 || left < spelled.len || memcmp(at, spelled.data, spelled.len) != 0)
        return false;
    *first = false;
    r->at = at + spelled.len;
    return true;
}

/* What is open, outermost first: a bit for each level, set for an object. No call for each level: a
 * thread's stack is small under musl. */
struct levels {
    unsigned char objects[JSON_DEPTH_MAX / 8];
    size_t n;
};

static bool opens(const struct json_reader *r)
{
    return json_is_next(r, '{') || json_is_next(r, '[');
}

static bool open_level(struct json_reader *r, struct levels *levels)
{
    unsigned char *at = &levels->objects[levels->n / 8];
    unsigned bit = 1U << levels->n % 8;
    bool object = *r->at == '{';

    if (!json_enter(r, *r->at))
        return false;
    *at = (unsigned char)(*at & ~bit);
    if (object)
        *at = (unsigned char)(*at | bit);
    levels->n++;
    return true;
}

static bool in_object(const struct levels *levels)
{
    size_t level = levels->n - 1;

    return (levels->objects[level / 8] >> level % 8 & 1) != 0;
}

/* The next part of what is open innermost. */
static enum json_next next_part(struct json_reader *r, const struct levels *levels, bool *first,
                                struct json_item *part)
{
    if (in_object(levels))
        return json_next_member(r, first, part);
    return json_next_element(r, first);
}

static bool read_nested(struct json_reader *r, struct json_item *out)
{
    const char *start = r->at;
    size_t blanks = r->blanks;
    bool object = *start == '{', first = true;
    struct levels levels = {.n = 0};
    struct json_item part;

    if (!open_level(r, &levels))
        return false;
    while (levels.n > 0) {
        enum json_next step = next_part(r, &levels, &first, &part);
        bool ok;

        if (step == JSON_FAULT)
            return false;
        if (step == JSON_CLOSED) {
            levels.n--;
            continue;
        }
        skip_blanks(r);
        first = opens(r);
        if (first)
            ok = open_level(r, &levels);
        else
            ok = json_read_scalar(r, &part);
        if (!ok)
            return false;
    }
    out->kind = object ? JSON_IS_OBJECT : JSON_IS_ARRAY;
    out->text = slice_make(start, (size_t)(r->at - start));
    out->plain = r->blanks == blanks;
    return true;
}

bool json_read(struct json_reader *r, struct json_item *out)
{
    skip_blanks(r);
    out->plain = out->integer = false;
    if (opens(r))
        return read_nested(r, out);
    return json_read_scalar(r, out);
}

bool json_at_end(struct json_reader *r)
{
    skip_blanks(r);
    if (r->at == r->end)
        return true;
    return json_fault(r, "nothing is expected after the value");
}

bool json_valid(struct slice text, int depth)
{
    struct json_reader r = json_reader_make(text, depth);
    struct json_item item;

    if (!json_read(&r, &item))
        return false;
    return json_at_end(&r);
}
