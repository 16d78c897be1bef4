/*
 * Whether a value is the one that a text means.
 *
 * SPDX-License-Identifier: MIT
 */
#include "query/literal.h"
#include "query/number_text.h"

static bool numbers_equal(const struct value *a, const struct value *b)
{
    if (a->type == VALUE_INTEGER && b->type == VALUE_INTEGER)
        return a->as.integer == b->as.integer;
    if (a->type == VALUE_REAL && b->type == VALUE_REAL)
        return a->as.real == b->as.real;
    if (a->type == VALUE_INTEGER)
        return (double)a->as.integer == b->as.real;
    return a->as.real == (double)b->as.integer;
}

static bool is_number(const struct value *v)
{
    return v->type == VALUE_INTEGER || v->type == VALUE_REAL;
}

static bool is_bytes(const struct value *v)
{
    return v->type == VALUE_TEXT || v->type == VALUE_BLOB;
}

static bool value_equal(const struct value *a, const struct value *b)
{
    if (is_number(a) && is_number(b))
        return numbers_equal(a, b);
    if (a->type != b->type || !is_bytes(a))
        return false;
    return slice_equal(a->as.bytes, b->as.bytes);
}

/* What SQLite's affinity makes of a text that is a number (sqlite.org/datatype3.html §3). */
static struct value as_stored(const struct column *column, const struct value *value)
{
    struct value number;

    if (value->type != VALUE_TEXT || column->keeps_text)
        return *value;
    if (number_text_decimal(value->as.bytes, &number))
        return number;
    return *value;
}

bool literal_is(const struct column *column, const struct literal *literal,
                const struct value *value)
{
    const struct value stored = as_stored(column, value);

    for (size_t i = 0; i < literal->n; i++) {
        const struct value meant = as_stored(column, &literal->values[i]);

        if (value_equal(&meant, &stored))
            return true;
    }
    return false;
}
