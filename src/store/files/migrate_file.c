/* SPDX-License-Identifier: MIT */
#include "store/files/migrate_file.h"

#include <string.h>

#include "base/ascii.h"
#include "base/parse.h"

/* What a migration's name may hold. */
#define NAME_BYTES "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"
#define DIGITS     "0123456789"
/* Digits of a version: they fit 64 bits. */
#define VERSION_DIGITS_MAX 18

static bool take_suffix(struct slice *s, const char *suffix)
{
    struct slice end = slice_from(suffix);

    if (!slice_ends(*s, end))
        return false;
    s->len -= end.len;
    return true;
}

static size_t count_digits(struct slice text)
{
    size_t n = 0;

    while (n < text.len && ascii_is_digit(text.data[n]))
        n++;
    return n;
}

/* Takes `digits separator name`, the name being the rest. */
static bool take_version_and_name(struct slice text, const char *separator,
                                  struct migration_file *out)
{
    struct slice gap = slice_from(separator), name;
    size_t digits = count_digits(text);

    if (digits == 0 || digits > VERSION_DIGITS_MAX)
        return false;
    name = slice_after(text, digits);
    if (!slice_begins(name, gap))
        return false;
    name = slice_after(name, gap.len);
    if (name.len == 0 || name.len >= sizeof out->name)
        return false;
    memcpy(out->name, name.data, name.len);
    out->name[name.len] = '\0';
    if (strspn(out->name, NAME_BYTES) != name.len)
        return false;
    return parse_int64(slice_first(text, digits), &out->version);
}

static bool parse_own(struct slice stem, struct migration_file *out)
{
    out->undoes = take_suffix(&stem, ".down");
    if (!out->undoes)
        take_suffix(&stem, ".up");
    return take_version_and_name(stem, "_", out);
}

/* Flyway: V and a version, two underlines, a name; U undoes. */
static bool parse_flyway(struct slice stem, struct migration_file *out)
{
    if (stem.len == 0)
        return false;
    if (stem.data[0] != 'V' && stem.data[0] != 'U')
        return false;
    out->undoes = stem.data[0] == 'U';
    return take_version_and_name(slice_after(stem, 1), "__", out);
}

static bool is_flyway(struct slice stem)
{
    if (stem.len <= 1)
        return false;
    if (!strchr("VUBR", stem.data[0]))
        return false;
    if (!strstr(stem.data + 1, "__"))
        return false;
    return ascii_is_digit(stem.data[1]) || stem.data[1] == '_';
}

bool migrate_parse_file(const char *file, struct migration_file *out, struct error *e)
{
    const char *why = "a migration is called NNNN_name.sql, as 0001_lists.sql";
    struct slice stem = slice_from(file);

    *out = (struct migration_file){.version = 0};
    if (take_suffix(&stem, ".sql")) {
        if (parse_own(stem, out))
            return true;
        if (parse_flyway(stem, out))
            return true;
        if (is_flyway(stem)) {
            why = "a version is one whole number here: V12__name.sql, or 0012_name.sql";
            if (stem.data[0] == 'R')
                why = "a repeatable migration is not understood; put it into a numbered one";
        }
    }
    return error_set(e, ERROR_FAILURE, "%s: %s", file, why);
}
