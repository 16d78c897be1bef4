/*
 * Operators of filters: their words, those that are refused, and any and all behind them.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/ascii.h"
#include "query/scan.h"

static const struct {
    const char *word;
    enum tree_operator op;
} operators[] = {
#define ROW(name, word) {word, OPERATOR_##name},
    TREE_OPERATORS(ROW)
#undef ROW
};

/* PostgREST's operators that are not here, and why. */
static const struct {
    const char *word;
    const char *hint;
} refused[] = {
    {"sl", "SQLite has no ranges: use lt on the upper bound."},
    {"sr", "SQLite has no ranges: use gt on the lower bound."},
    {"nxr", "SQLite has no ranges: use lte on the upper bound."},
    {"nxl", "SQLite has no ranges: use gte on the lower bound."},
    {"adj", "SQLite has no ranges: compare the bounds with eq."},
};

static struct slice operator_word(struct slice text)
{
    size_t n = 0;

    while (n < text.len && ascii_is_lower(text.data[n]))
        n++;
    return slice_make(text.data, n);
}

/* The byte after the operator's word at the value's beginning; '\0' at its end. */
static char byte_after(struct slice value, struct slice word)
{
    if (word.len < value.len)
        return value.data[word.len];
    return '\0';
}

bool scan_is_filter(struct slice value)
{
    struct slice word = operator_word(value);
    char after = byte_after(value, word);

    if (slice_is(word, "not") && after == '.') {
        value = slice_make(value.data + word.len + 1, value.len - word.len - 1);
        word = operator_word(value);
        after = byte_after(value, word);
    }
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
        if (slice_is(word, operators[i].word))
            return after == '.' || after == '(';
    }
    return false;
}

static bool refuse_operator(struct scan *s, struct slice word, size_t start)
{
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        if (slice_is(word, refused[i].word)) {
            error_set(s->error, ERROR_UNSUPPORTED, "the operator \"%s\" is not supported",
                      refused[i].word);
            return error_hint(s->error, "%s", refused[i].hint);
        }
    }
    s->at = start;
    scan_fail(s, "\"not\" or operator (eq, gt, ...)");
    return error_hint(
        s->error,
        "The operators are eq, neq, gt, gte, lt, lte, like, ilike, match, imatch, "
        "isdistinct, in, is, cs, cd, ov, fts, plfts, phfts and wfts, each with an optional "
        "\"not.\" before it.");
}

static bool is_fts(enum tree_operator op)
{
    return op >= OPERATOR_FTS;
}

static bool takes_quantifier(enum tree_operator op)
{
    return op <= OPERATOR_IMATCH && op != OPERATOR_NEQ;
}

/* any) and all), behind the operators that take them. */
static bool quantifier(struct scan *s, struct condition *c)
{
    if (!takes_quantifier(c->op))
        return false;
    if (scan_take_word(s, "any)"))
        c->quantifier = QUANTIFIER_ANY;
    else if (scan_take_word(s, "all)"))
        c->quantifier = QUANTIFIER_ALL;
    return c->quantifier != QUANTIFIER_NONE;
}

/* (any), (all); a full-text search could have a language here. */
static bool operator_modifier(struct scan *s, struct condition *c)
{
    if (!scan_take(s, '('))
        return true;
    if (is_fts(c->op))
        return scan_unsupported(s, "the configuration of a language for full-text search",
                                "The index's own tokenizer decides: see CREATE VIRTUAL TABLE … "
                                "USING fts5(…, tokenize=…).");
    if (quantifier(s, c))
        return true;
    return scan_fail(s, "\".\", or \"any)\" or \"all)\" after eq, gt, gte, lt, lte, like, "
                        "ilike, match or imatch");
}

bool scan_operator(struct scan *s, struct condition *c)
{
    size_t start = s->at;
    struct slice word = operator_word(slice_make(s->text.data + start, s->text.len - start));

    s->at += word.len;
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
        if (!slice_is(word, operators[i].word))
            continue;
        c->op = operators[i].op;
        if (!operator_modifier(s, c))
            return false;
        if (scan_take(s, '.'))
            return true;
        return scan_fail(s, "\".\" and a value");
    }
    return refuse_operator(s, word, start);
}
