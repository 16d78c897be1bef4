/* SPDX-License-Identifier: MIT */
#include "base/json.h"

#include "base/text.h"

struct json_reader json_reader_make(struct slice text, int depth)
{
    const char *start = text.data ? text.data : "";

    if (depth > JSON_DEPTH_MAX)
        depth = JSON_DEPTH_MAX;
    return (struct json_reader){
        .start = start, .at = start, .end = start + text.len, .depth = depth};
}

static bool fault(struct json_reader *r, const char *what)
{
    r->fault = what;
    return false;
}

static void skip_blanks(struct json_reader *r)
{
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\n' || *r->at == '\t' || *r->at == '\r'))
        r->at++, r->blanks++;
}

static bool take(struct json_reader *r, char wanted)
{
    if (r->at == r->end || *r->at != wanted)
        return false;
    r->at++;
    return true;
}

/* ---- scalars */

static bool read_word(struct json_reader *r, struct slice word, enum json_kind kind,
                      struct json_item *out)
{
    if ((size_t)(r->end - r->at) < word.len || memcmp(r->at, word.data, word.len) != 0)
        return fault(r, "a value is expected");
    out->kind = kind;
    out->text = slice_make(r->at, word.len);
    r->at += word.len;
    return true;
}

static size_t skip_digits(struct json_reader *r)
{
    const char *start = r->at;

    while (r->at < r->end && *r->at >= '0' && *r->at <= '9')
        r->at++;
    return (size_t)(r->at - start);
}

static bool skip_fraction(struct json_reader *r, bool *integer)
{
    if (!take(r, '.'))
        return true;
    *integer = false;
    return skip_digits(r) > 0;
}

static bool skip_exponent(struct json_reader *r, bool *integer)
{
    if (!take(r, 'e') && !take(r, 'E'))
        return true;
    *integer = false;
    if (!take(r, '+'))
        take(r, '-');
    return skip_digits(r) > 0;
}

static bool read_number(struct json_reader *r, struct json_item *out)
{
    const char *start = r->at;

    out->kind = JSON_IS_NUMBER;
    out->integer = true;
    take(r, '-');
    if (!take(r, '0') && skip_digits(r) == 0)
        return fault(r, r->at == start ? "a value is expected" : "a digit is expected");
    if (!skip_fraction(r, &out->integer) || !skip_exponent(r, &out->integer))
        return fault(r, "a digit is expected");
    if (r->at < r->end && *r->at >= '0' && *r->at <= '9')
        return fault(r, "a number does not begin with 0");
    out->text = slice_make(start, (size_t)(r->at - start));
    return true;
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'f');
}

static bool skip_escape(struct json_reader *r)
{
    static const char kinds[] = {'"', '\\', '/', 'b', 'f', 'n', 'r', 't', 'u'};
    char kind;

    if (++r->at == r->end)
        return fault(r, "a string is not closed");
    kind = *r->at;
    if (!memchr(kinds, kind, sizeof kinds))
        return fault(r, "an escape is expected that JSON has");
    r->at++;
    for (int i = 0; kind == 'u' && i < 4; i++, r->at++) {
        if (r->at == r->end || !is_hex(*r->at))
            return fault(r, "four hexadecimal digits are expected");
    }
    return true;
}

static bool read_string(struct json_reader *r, struct json_item *out)
{
    const char *start = r->at++;
    bool ascii = true;

    out->kind = JSON_IS_STRING;
    out->plain = true;
    for (;;) {
        r->at += text_plain_run(slice_make(r->at, (size_t)(r->end - r->at)));
        if (r->at == r->end)
            return fault(r, "a string is not closed");
        if (*r->at == '"')
            break;
        if ((unsigned char)*r->at < 0x20)
            return fault(r, "a control character stands in a string");
        if (*r->at != '\\') {
            ascii = false;
            r->at++;
            continue;
        }
        out->plain = false;
        if (!skip_escape(r))
            return false;
    }
    r->at++;
    out->text = slice_make(start, (size_t)(r->at - start));
    return ascii || text_utf8_valid(out->text) || fault(r, "a string is not UTF-8");
}

/* ---- what is nested */

bool json_enter(struct json_reader *r, char open)
{
    skip_blanks(r);
    if (r->at == r->end || *r->at != open)
        return false;
    if (r->depth == 0) {
        r->too_deep = true;
        return fault(r, "it is nested too deep");
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
    if (take(r, close)) {
        r->depth++;
        return JSON_CLOSED;
    }
    if (was_first || take(r, ','))
        return JSON_NEXT;
    fault(r, close == '}' ? "a comma or } is expected" : "a comma or ] is expected");
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
    if (r->at == r->end || *r->at != '"') {
        fault(r, "a member's name is expected, in double quotes");
        return JSON_FAULT;
    }
    if (!read_string(r, name))
        return JSON_FAULT;
    skip_blanks(r);
    if (take(r, ':'))
        return JSON_NEXT;
    fault(r, "a colon is expected");
    return JSON_FAULT;
}

static bool read_scalar(struct json_reader *r, struct json_item *out)
{
    switch (r->at < r->end ? *r->at : '\0') {
    case '"': return read_string(r, out);
    case 't': return read_word(r, (struct slice)SLICE_LITERAL("true"), JSON_IS_BOOLEAN, out);
    case 'f': return read_word(r, (struct slice)SLICE_LITERAL("false"), JSON_IS_BOOLEAN, out);
    case 'n': return read_word(r, (struct slice)SLICE_LITERAL("null"), JSON_IS_NULL, out);
    default: return read_number(r, out);
    }
}

/* What is open, outermost first: a bit for each level, set for an object. No call for each level: a
 * thread's stack is small under musl. */
struct levels {
    unsigned char objects[JSON_DEPTH_MAX / 8];
    size_t n;
};

static bool opens(const struct json_reader *r)
{
    return r->at < r->end && (*r->at == '{' || *r->at == '[');
}

static bool open_level(struct json_reader *r, struct levels *levels)
{
    size_t at = levels->n / 8;
    unsigned bit = 1U << levels->n % 8;
    bool object = *r->at == '{';

    if (!json_enter(r, *r->at))
        return false;
    levels->objects[at] =
        (unsigned char)(object ? levels->objects[at] | bit : levels->objects[at] & ~bit);
    levels->n++;
    return true;
}

static bool in_object(const struct levels *levels)
{
    size_t level = levels->n - 1;

    return (levels->objects[level / 8] >> level % 8 & 1) != 0;
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
        enum json_next step =
            in_object(&levels) ? json_next_member(r, &first, &part) : json_next_element(r, &first);

        if (step == JSON_FAULT)
            return false;
        if (step == JSON_CLOSED) {
            levels.n--;
            continue;
        }
        skip_blanks(r);
        first = opens(r);
        if (first ? !open_level(r, &levels) : !read_scalar(r, &part))
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
    return opens(r) ? read_nested(r, out) : read_scalar(r, out);
}

bool json_at_end(struct json_reader *r)
{
    skip_blanks(r);
    return r->at == r->end || fault(r, "nothing is expected after the value");
}

bool json_valid(struct slice text, int depth)
{
    struct json_reader r = json_reader_make(text, depth);
    struct json_item item;

    return json_read(&r, &item) && json_at_end(&r);
}
