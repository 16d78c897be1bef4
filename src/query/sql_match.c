/*
 * Patterns: like, ilike, match and imatch as SQL.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/regexp.h"
#include "query/sql.h"
#include "store/db/rows.h"

static bool check_pattern(struct sql *q, struct slice pattern)
{
    if (pattern.len <= ROWS_PATTERN_MAX)
        return true;
    error_set(q->error, ERROR_SYNTAX, "a pattern of %zu bytes: %d are allowed", pattern.len,
              ROWS_PATTERN_MAX);
    return sql_give_up(q);
}

static bool count_regexp(struct sql *q, const struct regexp *regexp)
{
    q->regexp_size += regexp_size(regexp);
    if (q->regexp_size <= REGEXP_STATEMENT_MAX)
        return true;
    error_set(q->error, ERROR_PATTERN,
              "the regular expressions of one request are more than %d instructions",
              REGEXP_STATEMENT_MAX);
    error_hint(q->error, "A character, a class or a repetition is one, and {n} repeats what it is "
                         "about: ask for fewer, or shorter ones.");
    return sql_give_up(q);
}

/* Said before it runs, and whether there are rows or not. */
static bool check_regexp(struct sql *q, struct slice pattern)
{
    const char *why;
    struct regexp *regexp = regexp_compile(pattern, false, &why);

    if (regexp) {
        bool ok = count_regexp(q, regexp);

        regexp_free(regexp);
        return ok;
    }
    if (why)
        error_set(q->error, ERROR_PATTERN, "invalid regular expression: %s", why);
    else
        error_set(q->error, ERROR_MEMORY, "out of memory");
    return sql_give_up(q);
}

bool literal_pattern(struct arena *arena, struct slice pattern, struct value *value)
{
    char *out = pattern.len <= ROWS_PATTERN_MAX ? arena_copy(arena, pattern) : NULL;

    if (!out)
        return false;
    for (size_t i = 0; i < pattern.len; i++) {
        if (out[i] == '\\' && i + 1 < pattern.len)
            i++;
        else if (out[i] == '*')
            out[i] = '%';
    }
    *value = value_text(slice_make(out, pattern.len));
    return true;
}

static void add_pattern(struct sql *q, struct slice pattern)
{
    const struct value_source source = {.origin = ORIGIN_PATTERN, .text = pattern};
    struct value value;

    if (literal_pattern(q->arena, pattern, &value))
        sql_value_of(q, value, &source);
    else
        sql_fail(q);
}

static const char *function_of(enum tree_operator op)
{
    switch (op) {
    case OPERATOR_LIKE: return "thimble_like(";
    case OPERATOR_ILIKE: return "thimble_ilike(";
    case OPERATOR_MATCH: return "regexp(";
    default: return "regexpi(";
    }
}

void sql_match(struct sql *q, const struct node *node, const struct condition *c, struct slice text)
{
    bool is_regexp = c->op == OPERATOR_MATCH || c->op == OPERATOR_IMATCH;

    if (!check_pattern(q, text))
        return;
    if (is_regexp && !check_regexp(q, text))
        return;
    sql_text(q, function_of(c->op));
    if (is_regexp)
        sql_value(q, value_text(text));
    else
        add_pattern(q, text);
    SQL(q, ",");
    sql_compared(q, node, c);
    SQL(q, ")");
}
