/* SPDX-License-Identifier: MIT */
#include "query/number_text.h"

#include <math.h>

#include "base/json.h"
#include "base/parse.h"
#include "base/text.h"

static double infinite(bool negative)
{
    if (negative)
        return -INFINITY;
    return INFINITY;
}

/* The text without its sign. */
static struct slice unsigned_part(struct slice text, bool *negative)
{
    bool has_sign = text.len > 0 && (text.data[0] == '-' || text.data[0] == '+');

    *negative = has_sign && text.data[0] == '-';
    return slice_after(text, has_sign);
}

bool number_text_infinity(struct slice text, struct value *out)
{
    static const struct slice words[] = {SLICE_LITERAL("infinity"), SLICE_LITERAL("inf")};
    bool negative;
    struct slice word = unsigned_part(text, &negative);

    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (!text_equal_nocase(word, words[i]))
            continue;
        *out = value_real(infinite(negative));
        return true;
    }
    return false;
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
static void read_number(struct slice text, struct value *out)
{
    if (!number_text_decimal(text, out))
        *out = value_real(infinite(text.data[0] == '-'));
}

bool number_text_json(struct slice text, struct value *out)
{
    bool whole;

    if (is_json_number(text, &whole)) {
        read_number(text, out);
        return true;
    }
    if (slice_is(text, "Infinity") || slice_is(text, "-Infinity"))
        return number_text_infinity(text, out);
    return false;
}

bool number_text_whole(struct slice text, struct value *out)
{
    bool whole;

    if (!is_json_number(text, &whole) || !whole)
        return false;
    read_number(text, out);
    return true;
}
