/*
 * Sizes and durations with their units, and the words for yes and no.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/ascii.h"
#include "base/parse.h"
#include "base/parse_decimal.h"
#include "base/text.h"

bool parse_size(struct slice s, int64_t *out)
{
    static const struct {
        const char *name;
        int64_t factor;
    } units[] = {
        {"", 1},          {"B", 1},       {"KB", 1000},   {"MB", 1000000},  {"GB", 1000000000},
        {"K", 1 << 10},   {"M", 1 << 20}, {"G", 1 << 30}, {"KiB", 1 << 10}, {"MiB", 1 << 20},
        {"GiB", 1 << 30},
    };
    size_t digits = decimal_skip_digits(s, 0);
    struct slice unit = slice_make(s.data + digits, s.len - digits);
    int64_t number;

    if (!parse_int64(slice_make(s.data, digits), &number))
        return false;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (text_equal_nocase(unit, slice_from(units[i].name)))
            return !__builtin_mul_overflow(number, units[i].factor, out);
    }
    return false;
}

static int64_t duration_factor(struct slice unit)
{
    static const struct {
        const char *name;
        int64_t milliseconds;
    } units[] = {{"ms", 1}, {"", 1000}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}};

    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (slice_is(unit, units[i].name))
            return units[i].milliseconds;
    }
    return 0;
}

/* One number and its unit, from *at on; *total grows by it. */
static bool add_duration(struct slice s, size_t *at, int64_t *total)
{
    size_t start = *at, digits = decimal_skip_digits(s, start), end = digits;
    int64_t factor, number;
    bool alone;

    while (end < s.len && ascii_is_lower(s.data[end]))
        end++;
    factor = duration_factor(slice_make(s.data + digits, end - digits));
    if (factor == 0)
        return false;
    alone = start == 0 && end == s.len;
    if (end == digits && !alone)
        return false; /* only one number may be without a unit: seconds */
    if (!parse_int64(slice_make(s.data + start, digits - start), &number))
        return false;
    if (__builtin_mul_overflow(number, factor, &number))
        return false;
    *at = end;
    return !__builtin_add_overflow(*total, number, total);
}

bool parse_duration_ms(struct slice s, int64_t *out)
{
    int64_t total = 0;
    size_t at = 0;

    do {
        if (!add_duration(s, &at, &total))
            return false;
    } while (at < s.len);
    *out = total;
    return true;
}

bool parse_bool(struct slice s, bool *out)
{
    static const char *const words[][2] = {
        {"off", "on"}, {"false", "true"}, {"no", "yes"}, {"0", "1"}};

    for (size_t i = 0; i < 4; i++) {
        for (int value = 0; value < 2; value++) {
            if (text_equal_nocase(s, slice_from(words[i][value]))) {
                *out = value == 1;
                return true;
            }
        }
    }
    return false;
}
