/*
 * Patterns: like, ilike, match and imatch as SQL.
 *
 * SPDX-License-Identifier: MIT
 */
#include "query/sql.h"
#include "store/rows.h"

static bool check_pattern(struct sql *q, struct slice pattern)
{
    if (pattern.len <= ROWS_PATTERN_MAX)
        return true;
    error_set(q->error, ERROR_SYNTAX, "a pattern of %zu bytes: %d are allowed", pattern.len,
              ROWS_PATTERN_MAX);
    return sql_give_up(q);
}

/*
 * LIKE with case is GLOB in SQLite (sqlite.org/lang_expr.html §5): % and * become *, _
 * becomes ?, a backslash takes the next character as it is, and GLOB's own specials are
 * put in brackets.
 */
static struct value glob_pattern(struct sql *q, struct slice pattern)
{
    char *out = sql_alloc(q, pattern.len * 3 + 1, 1);
    size_t n = 0;

    if (!out)
        return value_null();
    for (size_t i = 0; i < pattern.len; i++) {
        char c = pattern.data[i];
        bool literal = c == '\\' && i + 1 < pattern.len;

        if (literal)
            c = pattern.data[++i];
        if (!literal && (c == '%' || c == '*')) {
            out[n++] = '*';
        } else if (!literal && c == '_') {
            out[n++] = '?';
        } else if (c == '*' || c == '?' || c == '[') {
            out[n++] = '[';
            out[n++] = c;
            out[n++] = ']';
        } else {
            out[n++] = c;
        }
    }
    return value_text(slice_make(out, n));
}

/* LIKE without case: * stands for %, and the backslash is SQLite's escape too. */
static struct value like_pattern(struct sql *q, struct slice pattern)
{
    char *out = arena_copy(q->arena, pattern);

    if (!out) {
        sql_fail(q);
        return value_null();
    }
    for (size_t i = 0; i < pattern.len; i++) {
        if (out[i] == '\\' && i + 1 < pattern.len)
            i++;
        else if (out[i] == '*')
            out[i] = '%';
    }
    return value_text(slice_make(out, pattern.len));
}

void sql_match(struct sql *q, const struct node *node, const struct condition *c, struct slice text)
{
    bool regexp = c->op == OPERATOR_MATCH || c->op == OPERATOR_IMATCH;
    enum column_kind kind;
    struct value pattern;

    if (!check_pattern(q, text))
        return;
    if (regexp) {
        sql_text(q, c->op == OPERATOR_MATCH ? "regexp(" : "regexpi(");
        sql_value(q, value_text(text));
        SQL(q, ",");
    }
    sql_field(q, node, &c->field, FIELD_COMPARED, &kind);
    if (regexp) {
        SQL(q, ")");
        return;
    }
    pattern = c->op == OPERATOR_LIKE ? glob_pattern(q, text) : like_pattern(q, text);
    if (pattern.as.bytes.len > ROWS_PATTERN_MAX) /* GLOB's brackets made it longer */
        pattern.as.bytes.len = check_pattern(q, pattern.as.bytes) ? pattern.as.bytes.len : 0;
    sql_text(q, c->op == OPERATOR_LIKE ? " GLOB " : " LIKE ");
    sql_value(q, pattern);
    if (c->op == OPERATOR_ILIKE)
        SQL(q, " ESCAPE '\\'");
}
