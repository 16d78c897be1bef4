/* SPDX-License-Identifier: MIT */
#include "resource/prefer.h"

#include "base/text.h"

static const struct {
    const char *text;
    enum prefer_return returns;
    enum prefer_count count;
} words[] = {
    {"return=minimal", PREFER_RETURN_MINIMAL, PREFER_COUNT_NONE},
    {"return=headers-only", PREFER_RETURN_HEADERS_ONLY, PREFER_COUNT_NONE},
    {"return=representation", PREFER_RETURN_REPRESENTATION, PREFER_COUNT_NONE},
    {"count=exact", PREFER_RETURN_DEFAULT, PREFER_COUNT_EXACT},
    {"count=planned", PREFER_RETURN_DEFAULT, PREFER_COUNT_PLANNED},
    {"count=estimated", PREFER_RETURN_DEFAULT, PREFER_COUNT_ESTIMATED},
};

static void take(struct prefer *p, struct slice word)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (!text_equal_nocase(word, slice_from(words[i].text)))
            continue;
        if (p->returns == PREFER_RETURN_DEFAULT)
            p->returns = words[i].returns;
        if (p->count == PREFER_COUNT_NONE)
            p->count = words[i].count;
    }
}

void prefer_parse(struct prefer *p, struct slice header)
{
    for (size_t at = 0; at < header.len;) {
        const char *comma = memchr(header.data + at, ',', header.len - at);
        size_t len = comma ? (size_t)(comma - header.data) - at : header.len - at;

        take(p, text_trim(slice_make(header.data + at, len)));
        at += len + 1;
    }
}
