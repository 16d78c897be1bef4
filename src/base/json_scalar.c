/* SPDX-License-Identifier: MIT */
#include "base/json_scalar.h"

#include "base/ascii.h"
#include "base/text.h"

static bool read_word(struct json_reader *r, struct slice word, enum json_kind kind,
                      struct json_item *out)
{
    if ((size_t)(r->end - r->at) < word.len || memcmp(r->at, word.data, word.len) != 0)
        return json_fault(r, "a value is expected");
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
    if (!json_take(r, '.'))
        return true;
    *integer = false;
    return skip_digits(r) > 0;
}

static bool skip_exponent(struct json_reader *r, bool *integer)
{
    if (!json_take(r, 'e') && !json_take(r, 'E'))
        return true;
    *integer = false;
    if (!json_take(r, '+'))
        json_take(r, '-');
    return skip_digits(r) > 0;
}

static bool read_number(struct json_reader *r, struct json_item *out)
{
    const char *start = r->at;

    out->kind = JSON_IS_NUMBER;
    out->integer = true;
    json_take(r, '-');
    if (!json_take(r, '0') && skip_digits(r) == 0)
        return json_fault(r, r->at == start ? "a value is expected" : "a digit is expected");
    if (!skip_fraction(r, &out->integer))
        return json_fault(r, "a digit is expected");
    if (!skip_exponent(r, &out->integer))
        return json_fault(r, "a digit is expected");
    if (is_at_digit(r))
        return json_fault(r, "a number does not begin with 0");
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
            return json_fault(r, "four hexadecimal digits are expected");
    }
    return true;
}

static bool skip_escape(struct json_reader *r)
{
    static const char kinds[] = {'"', '\\', '/', 'b', 'f', 'n', 'r', 't', 'u'};
    char kind;

    if (++r->at == r->end)
        return json_fault(r, "a string is not closed");
    kind = *r->at;
    if (!memchr(kinds, kind, sizeof kinds))
        return json_fault(r, "an escape is expected that JSON has");
    r->at++;
    if (kind == 'u')
        return skip_code(r);
    return true;
}

bool json_read_string(struct json_reader *r, struct json_item *out)
{
    const char *start = r->at++;
    bool ascii = true;

    out->kind = JSON_IS_STRING;
    out->plain = true;
    for (;;) {
        r->at += text_plain_run(slice_make(r->at, (size_t)(r->end - r->at)));
        if (r->at == r->end)
            return json_fault(r, "a string is not closed");
        if (*r->at == '"')
            break;
        if ((unsigned char)*r->at < 0x20)
            return json_fault(r, "a control character stands in a string");
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
    return json_fault(r, "a string is not UTF-8");
}

bool json_read_scalar(struct json_reader *r, struct json_item *out)
{
    switch (r->at < r->end ? *r->at : '\0') {
    case '"': return json_read_string(r, out);
    case 't': return read_word(r, (struct slice)SLICE_LITERAL("true"), JSON_IS_BOOLEAN, out);
    case 'f': return read_word(r, (struct slice)SLICE_LITERAL("false"), JSON_IS_BOOLEAN, out);
    case 'n': return read_word(r, (struct slice)SLICE_LITERAL("null"), JSON_IS_NULL, out);
    default: return read_number(r, out);
    }
}
