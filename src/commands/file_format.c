/* SPDX-License-Identifier: MIT */
#include "commands/file_format.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"

static const struct {
    const char *ending;
    enum file_format format;
} endings[] = {
    {".csv", FORMAT_CSV},
    {".ndjson", FORMAT_NDJSON},
    {".jsonl", FORMAT_NDJSON},
};

/* What the settings say; FORMAT_UNKNOWN: the file's name is to say it. */
static enum file_format format_setting(const struct config *config)
{
    if (strcmp(config->format, "auto") == 0)
        return FORMAT_UNKNOWN;
    if (strcmp(config->format, "csv") == 0)
        return FORMAT_CSV;
    return FORMAT_NDJSON;
}

enum file_format file_format_of(const struct config *config, const char *file)
{
    enum file_format said = format_setting(config);
    size_t len = strlen(file);

    if (said != FORMAT_UNKNOWN)
        return said;
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        struct slice ending = slice_from(endings[i].ending);

        if (len <= ending.len)
            continue;
        if (text_equal_nocase(slice_from(file + len - ending.len), ending))
            return endings[i].format;
    }
    return FORMAT_UNKNOWN;
}

bool file_is_stdio(const char *file)
{
    return strcmp(file, "-") == 0;
}

const struct table *file_table(const struct config *config, const struct catalog *catalog,
                               const char *name, struct error *e)
{
    const struct table *table = catalog_table(catalog, slice_from(name));
    const char *near;

    if (table)
        return table;
    near = catalog_suggest_table(catalog, slice_from(name));
    if (near)
        error_set(e, ERROR_FAILURE, "there is no table or view \"%.80s\" in %s; did you mean %s?",
                  name, config->db, near);
    else
        error_set(e, ERROR_FAILURE, "there is no table or view \"%.80s\" in %s", name, config->db);
    return NULL;
}

void file_add_rows(struct buf *out, int64_t n, const char *after)
{
    char digits[24];
    size_t len = (size_t)snprintf(digits, sizeof digits, "%lld", (long long)n);

    for (size_t i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            buf_add_char(out, ',');
        buf_add_char(out, digits[i]);
    }
    buf_add_text(out, after);
}

void file_add_time(struct buf *out, int64_t begun_us)
{
    buf_addf(out, ", %.1f s\n", (double)(clock_us() - begun_us) / 1e6);
}
