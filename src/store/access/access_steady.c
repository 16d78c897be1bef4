/* SPDX-License-Identifier: MIT */
#include "store/access/access_steady.h"

#include "base/text.h"
#include "store/access/access.h"
#include "store/catalog/catalog.h"
#include "store/catalog/lexer.h"

/* What may stand before a parenthesis: keywords, and functions of their arguments alone; claim() and
 * role() are of who asks. Any other function is taken for one that looks elsewhere. */
static const char *const steady[] = {
    "and",
    "or",
    "not",
    "in",
    "exists",
    "is",
    "between",
    "like",
    "glob",
    "case",
    "when",
    "then",
    "else",
    "select",
    "from",
    "where",
    "on",
    "using",
    "as",
    "join",
    "union",
    "all",
    "except",
    "intersect",
    "values",
    "having",
    "by",
    "cast",
    "distinct",
    "limit",
    "offset",
    "claim",
    "role",
    "coalesce",
    "ifnull",
    "nullif",
    "iif",
    "if",
    "abs",
    "lower",
    "upper",
    "length",
    "substr",
    "substring",
    "instr",
    "trim",
    "ltrim",
    "rtrim",
    "replace",
    "hex",
    "unicode",
    "char",
    "typeof",
    "min",
    "max",
    "count",
    "sum",
    "total",
    "json",
    "json_extract",
    "json_each",
    "json_tree",
    "json_type",
    "json_valid",
    "json_array",
    "json_object",
    "json_array_length",
};

static const char *const clocks[] = {"current_date", "current_time", "current_timestamp"};

static bool is_view(const struct catalog *catalog, struct slice name)
{
    for (size_t i = 0; i < catalog->n_tables; i++) {
        const struct table *table = &catalog->tables[i];

        if (table->kind == TABLE_VIEW && text_equal_nocase(table->name, name))
            return true;
    }
    return false;
}

static bool is_steady(const char *condition, const struct catalog *catalog)
{
    struct lexer x = {.sql = slice_from(condition)};
    struct token before = {.kind = TOKEN_END}, token = lexer_next(&x);

    for (; token.kind != TOKEN_END; before = token, token = lexer_next(&x)) {
        bool named = before.kind == TOKEN_WORD || before.kind == TOKEN_QUOTED;
        bool calls = named && token_is_char(token, '(');

        if (calls && !token_is_any(before, steady, sizeof steady / sizeof *steady))
            return false;
        if (token_is_any(token, clocks, sizeof clocks / sizeof *clocks))
            return false;
        if (token.kind != TOKEN_OTHER && is_view(catalog, token.text))
            return false;
        if (token.kind == TOKEN_QUOTED && slice_has(token.text, '"'))
            return false; /* a name with a quote in it is not looked up here */
    }
    return true;
}

bool access_is_steady(const struct access *access, const struct catalog *catalog)
{
    for (size_t i = 0; i < access->n_policies; i++) {
        const char *condition = access->policies[i].using;

        if (condition && !is_steady(condition, catalog))
            return false;
    }
    return true;
}
