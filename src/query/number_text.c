/* SPDX-License-Identifier: MIT */
#include "query/number_text.h"

#include <math.h>

#include "base/json.h"
#include "base/parse.h"
#include "base/text.h"

bool number_text_infinity(struct slice text, struct value *out)
{
    bool negative = text.len > 0 && text.data[0] == '-';
    bool is_signed = negative || (text.len > 0 && text.data[0] == '+');
    struct slice word = slice_make(text.data + is_signed, text.len - is_signed);

    if (!text_equal_nocase(word, (struct slice)SLICE_LITERAL("infinity")) &&
        !text_equal_nocase(word, (struct slice)SLICE_LITERAL("inf")))
        return false;
    *out = value_real(negative ? -INFINITY : INFINITY);
    return true;
}

bool number_text_decimal(struct slice text, struct value *out)
{
    int64_t integer;
    double real;

    if (parse_int64(text, &integer))
        *out = value_integer(integer);
    else if (parse_double(text, &real))
        *out = value_real(real);
    else
        return number_text_infinity(text, out);
    return true;
}

static bool is_json_number(struct slice text, bool *whole)
{
    struct json_reader reader = json_reader_make(text, 1);
    struct json_item item;

    if (!json_read(&reader, &item))
        return false;
    if (!json_at_end(&reader))
        return false;
    *whole = item.integer;
    return item.kind == JSON_IS_NUMBER && item.text.len == text.len;
}

/* What is too large for a double is infinite, as SQLite reads it. */
static void take_number(struct slice text, struct value *out)
{
    if (!number_text_decimal(text, out))
        *out = value_real(text.data[0] == '-' ? -INFINITY : INFINITY);
}

bool number_text_json(struct slice text, struct value *out)
{
    bool whole;

    if (!is_json_number(text, &whole))
        return (slice_is(text, "Infinity") || slice_is(text, "-Infinity")) &&
               number_text_infinity(text, out);
    take_number(text, out);
    return true;
}

bool number_text_whole(struct slice text, struct value *out)
{
    bool whole;

    if (!is_json_number(text, &whole) || !whole)
        return false;
    take_number(text, out);
    return true;
}
