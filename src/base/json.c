/* SPDX-License-Identifier: MIT */
#include "base/json.h"

#include "base/ascii.h"
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

static bool is_blank(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static void skip_blanks(struct json_reader *r)
{
    for (; r->at < r->end && is_blank(*r->at); r->at++)
        r->blanks++;
}

/* True if the next character is `wanted`. */
static bool is_next(const struct json_reader *r, char wanted)
{
    return r->at < r->end && *r->at == wanted;
}

static bool take_char(struct json_reader *r, char wanted)
{
    if (!is_next(r, wanted))
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

static bool is_at_digit(const struct json_reader *r)
{
    return r->at < r->end && ascii_is_digit(*r->at);
}

static size_t skip_digits(struct json_reader *r)
{
    const char *start = r->at;

    while (is_at_digit(r))
        r->at++;
    return (size_t)(r->at - start);
}

static bool skip_fraction(struct json_reader *r, bool *integer)
{
    if (!take_char(r, '.'))
        return true;
    *integer = false;
    return skip_digits(r) > 0;
}

static bool skip_exponent(struct json_reader *r, bool *integer)
{
    if (!take_char(r, 'e') && !take_char(r, 'E'))
        return true;
    *integer = false;
    if (!take_char(r, '+'))
        take_char(r, '-');
    return skip_digits(r) > 0;
}

static bool read_number(struct json_reader *r, struct json_item *out)
{
    const char *start = r->at;

    out->kind = JSON_IS_NUMBER;
    out->integer = true;
    take_char(r, '-');
    if (!take_char(r, '0') && skip_digits(r) == 0)
        return fault(r, r->at == start ? "a value is expected" : "a digit is expected");
    if (!skip_fraction(r, &out->integer))
        return fault(r, "a digit is expected");
    if (!skip_exponent(r, &out->integer))
        return fault(r, "a digit is expected");
    if (is_at_digit(r))
        return fault(r, "a number does not begin with 0");
    out->text = slice_make(start, (size_t)(r->at - start));
    return true;
}

static bool is_hex(char c)
{
    char lower = (char)(c | 0x20);

    return ascii_is_digit(c) || (lower >= 'a' && lower <= 'f');
}

/* Four hexadecimal digits. */
static bool skip_code(struct json_reader *r)
{
    for (int i = 0; i < 4; i++, r->at++) {
        if (r->at == r->end || !is_hex(*r->at))
            return fault(r, "four hexadecimal digits are expected");
    }
    return true;
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
    if (kind == 'u')
        return skip_code(r);
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
    if (ascii || text_utf8_valid(out->text))
        return true;
    return fault(r, "a string is not UTF-8");
}

/* ---- what is nested */

bool json_enter(struct json_reader *r, char open)
{
    skip_blanks(r);
    if (!is_next(r, open))
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
    if (take_char(r, close)) {
        r->depth++;
        return JSON_CLOSED;
    }
    if (was_first || take_char(r, ','))
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
    if (!is_next(r, '"')) {
        fault(r, "a member's name is expected, in double quotes");
        return JSON_FAULT;
    }
    if (!read_string(r, name))
        return JSON_FAULT;
    skip_blanks(r);
    if (take_char(r, ':'))
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
    return is_next(r, '{') || is_next(r, '[');
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
            ok = read_scalar(r, &part);
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
    return read_scalar(r, out);
}

bool json_at_end(struct json_reader *r)
{
    skip_blanks(r);
    if (r->at == r->end)
        return true;
    return fault(r, "nothing is expected after the value");
}

bool json_valid(struct slice text, int depth)
{
    struct json_reader r = json_reader_make(text, depth);
    struct json_item item;

    if (!json_read(&r, &item))
        return false;
    return json_at_end(&r);
}
