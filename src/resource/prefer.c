/* SPDX-License-Identifier: MIT */
#include "resource/prefer.h"

#include <stddef.h>
#include <stdio.h>

#include "base/parse.h"
#include "base/text.h"

/* X: the preference, the member of struct prefer that holds it, its value, who follows it. The
 * order is that of Preference-Applied. */
static const struct word {
    const char *text;
    size_t member;
    int value;
    unsigned follows; /* 0: everybody */
} words[] = {
#define AT(member) offsetof(struct prefer, member)
    {"resolution=merge-duplicates", AT(resolution), PREFER_MERGE, PREFER_FOLLOWS_RESOLUTION},
    {"resolution=ignore-duplicates", AT(resolution), PREFER_IGNORE, PREFER_FOLLOWS_RESOLUTION},
    {"missing=default", AT(missing), PREFER_MISSING_DEFAULT, PREFER_FOLLOWS_MISSING},
    {"missing=null", AT(missing), PREFER_MISSING_NULL, PREFER_FOLLOWS_MISSING},
    {"return=minimal", AT(returns), PREFER_RETURN_MINIMAL, PREFER_FOLLOWS_RETURN},
    {"return=headers-only", AT(returns), PREFER_RETURN_HEADERS_ONLY, PREFER_FOLLOWS_RETURN},
    {"return=representation", AT(returns), PREFER_RETURN_REPRESENTATION, PREFER_FOLLOWS_RETURN},
    {"count=exact", AT(count), PREFER_COUNT_EXACT, PREFER_FOLLOWS_COUNT},
    {"count=planned", AT(count), PREFER_COUNT_PLANNED, PREFER_FOLLOWS_COUNT},
    {"count=estimated", AT(count), PREFER_COUNT_ESTIMATED, PREFER_FOLLOWS_COUNT},
    {"tx=commit", AT(tx), PREFER_TX_COMMIT, PREFER_FOLLOWS_TX},
    {"tx=rollback", AT(tx), PREFER_TX_ROLLBACK, PREFER_FOLLOWS_TX},
    {"handling=strict", AT(handling), PREFER_STRICT, 0},
    {"handling=lenient", AT(handling), PREFER_LENIENT, 0},
#undef AT
};

#define WORDS (sizeof words / sizeof *words)

void prefer_clear(struct prefer *p)
{
    p->returns = PREFER_RETURN_DEFAULT;
    p->count = PREFER_COUNT_NONE;
    p->resolution = PREFER_RESOLUTION_NONE;
    p->missing = PREFER_MISSING_NONE;
    p->handling = PREFER_HANDLING_NONE;
    p->tx = PREFER_TX_NONE;
    p->has_max_affected = false;
    p->max_affected = 0;
    p->unknown[0] = '\0';
}

/* The enums are read and written as the ints that they are. */
static int get(const struct prefer *p, const struct word *w)
{
    int value;

    memcpy(&value, (const char *)p + w->member, sizeof value);
    return value;
}

static void set(struct prefer *p, const struct word *w)
{
    memcpy((char *)p + w->member, &w->value, sizeof w->value);
}

static bool take_max_affected(struct prefer *p, struct slice word)
{
    static const struct slice name = SLICE_LITERAL("max-affected=");
    int64_t value;

    if (!text_equal_nocase(slice_first(word, name.len), name))
        return false;
    if (!parse_int64(slice_after(word, name.len), &value))
        return false;
    if (value < 0)
        return false;
    if (!p->has_max_affected)
        p->max_affected = value;
    p->has_max_affected = true;
    return true;
}

/* A value in quotes is the same value (RFC 7240 §2): return="minimal". */
static struct slice unquote(struct slice word, char copy[64])
{
    size_t n = 0;

    if (word.len >= 64 || !slice_has(word, '"'))
        return word;
    for (size_t i = 0; i < word.len; i++) {
        if (word.data[i] != '"')
            copy[n++] = word.data[i];
    }
    return slice_make(copy, n);
}

static void note_unknown(struct prefer *p, struct slice word)
{
    size_t used = strlen(p->unknown);

    snprintf(p->unknown + used, sizeof p->unknown - used, "%s%.*s", text_if(used > 0, ", "),
             SLICE_ARG(word));
}

/* The first of several that contradict each other counts. */
static void take_preference(struct prefer *p, struct slice word)
{
    char copy[64];

    word = unquote(word, copy);
    if (word.len == 0)
        return;
    for (size_t i = 0; i < WORDS; i++) {
        if (!text_equal_nocase(word, slice_from(words[i].text)))
            continue;
        if (get(p, &words[i]) == 0)
            set(p, &words[i]);
        return;
    }
    if (!take_max_affected(p, word))
        note_unknown(p, word);
}

void prefer_parse(struct prefer *p, struct slice header)
{
    for (size_t at = 0; at < header.len;) {
        struct slice rest = slice_after(header, at);
        size_t len = slice_find(rest, ',');

        take_preference(p, text_trim(slice_make(rest.data, len)));
        at += len + 1;
    }
}

/* Was it asked for, and is it followed here? */
static bool is_applied(const struct prefer *p, const struct word *w, unsigned follows)
{
    if (get(p, w) != w->value)
        return false;
    return w->follows == 0 || (w->follows & follows) != 0;
}

void prefer_applied(const struct prefer *p, unsigned follows, char out[PREFER_APPLIED_MAX])
{
    bool is_limit_followed = p->handling == PREFER_STRICT && (follows & PREFER_FOLLOWS_AFFECTED);
    size_t used = 0;

    out[0] = '\0';
    for (size_t i = 0; i < WORDS; i++) {
        if (is_applied(p, &words[i], follows))
            used += (size_t)snprintf(out + used, PREFER_APPLIED_MAX - used, "%s%s",
                                     text_if(used > 0, ", "), words[i].text);
    }
    if (p->has_max_affected && is_limit_followed)
        snprintf(out + used, PREFER_APPLIED_MAX - used, "%smax-affected=%lld",
                 text_if(used > 0, ", "), (long long)p->max_affected);
}
