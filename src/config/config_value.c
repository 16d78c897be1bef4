/* SPDX-License-Identifier: MIT */
#include "config/config_value.h"

#include <string.h>

#include "base/parse.h"
#include "base/text.h"

static bool misfit_integer(const struct setting *s, const char *as, const char *text,
                           struct error *e)
{
    if (s->words)
        return error_set(e, ERROR_USAGE,
                         "%s: \"%s\" is not a whole number from %lld to %lld, or %s", as, text,
                         (long long)s->min, (long long)s->max, s->words);
    if (s->max == INT64_MAX)
        return error_set(e, ERROR_USAGE, "%s: \"%s\" is not a whole number from %lld", as, text,
                         (long long)s->min);
    return error_set(e, ERROR_USAGE, "%s: \"%s\" is not a whole number from %lld to %lld", as, text,
                     (long long)s->min, (long long)s->max);
}

/* The words that it takes beside a number, too. */
static bool misfit_size(const struct setting *s, const char *as, const char *text, struct error *e)
{
    const char *words = "";

    if (s->words)
        words = s->words;
    return error_set(e, ERROR_USAGE,
                     "%s: \"%s\" is not a size from %lld to %lld bytes, as 512KiB or 1MiB%s%s", as,
                     text, (long long)s->min, (long long)s->max, text_if(s->words, ", or "), words);
}

bool config_misfit(const struct setting *s, const char *as, const char *text, struct error *e)
{
    switch (s->type) {
    case SETTING_WORD:
        return error_set(e, ERROR_USAGE, "%s: \"%s\" is none of: %s", as, text, s->words);
    case SETTING_INTEGER: return misfit_integer(s, as, text, e);
    case SETTING_SIZE: return misfit_size(s, as, text, e);
    case SETTING_DURATION:
        return error_set(e, ERROR_USAGE, "%s: \"%s\" is not a time up to %lldh, as 250ms or 1m30s",
                         as, text, (long long)(s->max / 3600000));
    case SETTING_BOOL:
        return error_set(e, ERROR_USAGE, "%s: \"%s\" is neither on nor off", as, text);
    case SETTING_TEXT:
    case SETTING_SECRET: break;
    }
    return error_set(e, ERROR_USAGE, "%s: \"%s\" will not do", as, text);
}

static bool is_word(const char *words, const char *text)
{
    size_t len = strlen(text);

    if (len == 0)
        return false;
    for (const char *at = words; *at;) {
        size_t n = strcspn(at, " ");

        if (n == len && memcmp(at, text, n) == 0)
            return true;
        at += n + (at[n] == ' ');
    }
    return false;
}

/* The number that the text is in the setting's unit; false: it is none. */
static bool read_number(const struct setting *s, struct slice text, int64_t *out)
{
    switch (s->type) {
    case SETTING_INTEGER: return parse_int64(text, out);
    case SETTING_SIZE: return parse_size(text, out);
    default: return parse_duration_ms(text, out);
    }
}

/* A number within its bounds, or a word in its place, which is -1. */
static bool store_number(struct config *config, const struct setting *s, const char *text)
{
    bool has_word = s->words && is_word(s->words, text);
    int64_t number = -1;

    if (!has_word) {
        if (!read_number(s, slice_from(text), &number))
            return false;
        if (number < s->min || number > s->max)
            return false;
    }
    memcpy((char *)config + s->offset, &number, sizeof number);
    return true;
}

bool config_store(struct config *config, const struct setting *s, const char *text)
{
    bool on;

    switch (s->type) {
    case SETTING_TEXT:
    case SETTING_SECRET: break;
    case SETTING_WORD:
        if (!is_word(s->words, text))
            return false;
        break;
    case SETTING_BOOL:
        if (!parse_bool(slice_from(text), &on))
            return false;
        memcpy((char *)config + s->offset, &on, sizeof on);
        return true;
    default: return store_number(config, s, text);
    }
    memcpy((char *)config + s->offset, &text, sizeof text);
    return true;
}
