/* SPDX-License-Identifier: MIT */
#include "store/files/migrate_statement.h"

#include <stdio.h>

#include "store/catalog/lexer.h"

#define OWN_TRANSACTION "a migration runs in a transaction of its own"

static const struct refusal {
    const char *keyword;
    const char *why;
} refusals[] = {
    {"BEGIN", OWN_TRANSACTION ": take BEGIN, and the COMMIT or END that goes with it, out"},
    {"COMMIT", OWN_TRANSACTION " and must not end it: take COMMIT out"},
    {"END", OWN_TRANSACTION " and must not end it: take END out"},
    {"ROLLBACK", OWN_TRANSACTION " and is rolled back whole if it fails: take ROLLBACK out"},
    {"VACUUM", "VACUUM cannot be in a transaction, and " OWN_TRANSACTION
               ": run it on its own, while nothing serves the file"},
    {"ATTACH", "a migration changes the database that is served and no other: take ATTACH out"},
    {"DETACH", "a migration changes the database that is served and no other: take DETACH out"},
};

/* What a pragma may do here: be part of the transaction, only look, or ask for what is so anyway:
 * foreign keys are not enforced while a migration runs, and are checked when it has. */
static const char *const pragmas[] = {
    "foreign_keys",   "defer_foreign_keys", "foreign_key_check", "foreign_key_list", "user_version",
    "application_id", "integrity_check",    "quick_check",       "table_info",       "table_xinfo",
    "table_list",     "index_list",         "index_info",        "index_xinfo",      "optimize",
    "analysis_limit", "compile_options",    "encoding",          "schema_version",   "data_version",
};

/* May the pragma be there, that assigns a value or only reads? */
static bool is_allowed(struct token name, bool assigns)
{
    bool only_read = token_is(name, "encoding") || token_is(name, "schema_version");

    if (assigns && only_read)
        return false;
    return token_is_any(name, pragmas, sizeof pragmas / sizeof *pragmas);
}

static bool pragma_allowed(struct lexer *x, char *why, size_t size)
{
    struct token name = lexer_next(x);
    struct token next = lexer_next(x);
    struct slice shown;

    if (token_is_char(next, '.')) { /* PRAGMA main.user_version */
        name = lexer_next(x);
        next = lexer_next(x);
    }
    if (is_allowed(name, token_is_char(next, '=') || token_is_char(next, '(')))
        return true;
    shown = slice_first(name.text, 40);
    if (!shown.data)
        shown = slice_make("", 0);
    snprintf(why, size,
             "PRAGMA %.*s is not for a migration: take it out (thimble sets up its own "
             "connections; what a file is like from its start, the sqlite3 shell sets)",
             SLICE_ARG(shown));
    return false;
}

bool migrate_statement_allowed(const char *sql, char *why, size_t size)
{
    struct lexer x = {.sql = slice_from(sql)};
    struct token first = lexer_next(&x);

    if (token_is_char(first, '.') || token_is_char(first, '\\')) {
        snprintf(why, size,
                 "a line that begins with %c is a command of a shell, not SQL: "
                 "take it out",
                 first.text.data[0]);
        return false;
    }
    if (token_is(first, "PRAGMA"))
        return pragma_allowed(&x, why, size);
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        if (token_is(first, refusals[i].keyword)) {
            snprintf(why, size, "%s", refusals[i].why);
            return false;
        }
    }
    return true;
}
