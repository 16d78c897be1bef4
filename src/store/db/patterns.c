/* SPDX-License-Identifier: MIT */
#include "store/db/patterns.h"

#include <sqlite3.h>

#include "base/like.h"
#include "base/regexp.h"
#include "store/db/db.h"

static bool past_deadline(void *context)
{
    return db_is_overdue(context);
}

/* ---- a pattern compiled, once for a statement's run (sqlite.org/c3ref/get_auxdata.html) */

static struct slice text_of(sqlite3_value *value)
{
    const char *text = (const char *)sqlite3_value_text(value);

    return slice_make(text, text ? (size_t)sqlite3_value_bytes(value) : 0);
}

/* Hands it to SQLite, which frees it; NULL where there was no memory. */
static void *keep(sqlite3_context *context, void *compiled, void (*release)(void *))
{
    if (!compiled)
        return NULL;
    sqlite3_set_auxdata(context, 0, compiled, release);
    return sqlite3_get_auxdata(context, 0);
}

static const struct like *like_of(sqlite3_context *context, sqlite3_value *pattern, bool fold)
{
    struct like *like = sqlite3_get_auxdata(context, 0);

    if (like)
        return like;
    return keep(context, like_compile(text_of(pattern), fold), like_free);
}

static struct regexp *regexp_of(sqlite3_context *context, sqlite3_value *pattern, bool fold,
                                const char **why)
{
    struct regexp *regexp = sqlite3_get_auxdata(context, 0);

    *why = NULL;
    if (regexp)
        return regexp;
    return keep(context, regexp_compile(text_of(pattern), fold, why), regexp_free);
}

/* ---- the functions */

/* What needs no pattern: NULL of NULL, no match of a blob. */
static bool is_answered(sqlite3_context *context, sqlite3_value **values)
{
    int type = sqlite3_value_type(values[1]);

    if (type == SQLITE_NULL || sqlite3_value_type(values[0]) == SQLITE_NULL)
        return true;
    if (type == SQLITE_BLOB)
        sqlite3_result_int(context, 0);
    return type == SQLITE_BLOB;
}

static void match_like(sqlite3_context *context, sqlite3_value **values, bool fold)
{
    const struct like *like;
    struct slice text;
    enum like_result result;

    if (is_answered(context, values))
        return;
    like = like_of(context, values[0], fold);
    text = text_of(values[1]);
    if (!like || !text.data) {
        sqlite3_result_error_nomem(context);
        return;
    }
    result = like_match(like, text, past_deadline, sqlite3_user_data(context));
    if (result == LIKE_STOPPED)
        sqlite3_result_error_code(context, SQLITE_INTERRUPT);
    else
        sqlite3_result_int(context, result == LIKE_MATCHES);
}

static void match_regexp(sqlite3_context *context, sqlite3_value **values, bool fold)
{
    const char *why;
    struct regexp *regexp;
    struct slice text;
    enum regexp_result result;

    if (is_answered(context, values))
        return;
    regexp = regexp_of(context, values[0], fold, &why);
    text = text_of(values[1]);
    if (why) {
        sqlite3_result_error(context, why, -1);
        return;
    }
    if (!regexp || !text.data) {
        sqlite3_result_error_nomem(context);
        return;
    }
    result = regexp_match(regexp, text, past_deadline, sqlite3_user_data(context));
    if (result == REGEXP_STOPPED)
        sqlite3_result_error_code(context, SQLITE_INTERRUPT);
    else
        sqlite3_result_int(context, result == REGEXP_MATCHES);
}

static void like(sqlite3_context *context, int n, sqlite3_value **values)
{
    (void)n;
    match_like(context, values, false);
}

static void ilike(sqlite3_context *context, int n, sqlite3_value **values)
{
    (void)n;
    match_like(context, values, true);
}

static void regexp(sqlite3_context *context, int n, sqlite3_value **values)
{
    (void)n;
    match_regexp(context, values, false);
}

static void regexpi(sqlite3_context *context, int n, sqlite3_value **values)
{
    (void)n;
    match_regexp(context, values, true);
}

bool patterns_register(struct db *db)
{
    static const struct {
        const char *name;
        int flags; /* sqlite.org/c3ref/c_deterministic.html */
        void (*function)(sqlite3_context *, int, sqlite3_value **);
    } functions[] = {
        {"thimble_like", SQLITE_DIRECTONLY, like},
        {"thimble_ilike", SQLITE_DIRECTONLY, ilike},
        {"regexp", SQLITE_INNOCUOUS, regexp},
        {"regexpi", SQLITE_INNOCUOUS, regexpi},
    };
    bool ok = true;

    for (size_t i = 0; ok && i < sizeof functions / sizeof *functions; i++)
        ok = sqlite3_create_function_v2(db_handle(db), functions[i].name, 2,
                                        SQLITE_UTF8 | SQLITE_DETERMINISTIC | functions[i].flags, db,
                                        functions[i].function, NULL, NULL, NULL) == SQLITE_OK;
    return ok;
}
