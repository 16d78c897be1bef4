/* SPDX-License-Identifier: MIT */
#include "store/patterns.h"

#include <sqlite3.h>

#include "base/like.h"
#include "store/db.h"

static bool past_deadline(void *context)
{
    return db_is_overdue(context);
}

/* The pattern compiled, once for a statement's run (sqlite.org/c3ref/get_auxdata.html). */
static const struct like *compiled(sqlite3_context *context, sqlite3_value *pattern, bool fold)
{
    struct like *like = sqlite3_get_auxdata(context, 0);
    const char *text;

    if (like)
        return like;
    text = (const char *)sqlite3_value_text(pattern);
    if (!text)
        return NULL;
    like = like_compile(slice_make(text, (size_t)sqlite3_value_bytes(pattern)), fold);
    sqlite3_set_auxdata(context, 0, like, like_free);
    return sqlite3_get_auxdata(context, 0); /* NULL where there was no memory: it is freed then */
}

static void match(sqlite3_context *context, sqlite3_value **values, bool fold)
{
    struct db *db = sqlite3_user_data(context);
    int type = sqlite3_value_type(values[1]);
    const struct like *like;
    const char *text;
    enum like_result result;

    if (type == SQLITE_NULL || sqlite3_value_type(values[0]) == SQLITE_NULL)
        return;
    like = compiled(context, values[0], fold);
    text = type == SQLITE_BLOB ? "" : (const char *)sqlite3_value_text(values[1]);
    if (!like || !text) {
        sqlite3_result_error_nomem(context);
        return;
    }
    if (type == SQLITE_BLOB) {
        sqlite3_result_int(context, 0);
        return;
    }
    result = like_match(like, slice_make(text, (size_t)sqlite3_value_bytes(values[1])),
                        past_deadline, db);
    if (result == LIKE_STOPPED)
        sqlite3_result_error_code(context, SQLITE_INTERRUPT);
    else
        sqlite3_result_int(context, result == LIKE_MATCHES);
}

static void like(sqlite3_context *context, int n, sqlite3_value **values)
{
    (void)n;
    match(context, values, false);
}

static void ilike(sqlite3_context *context, int n, sqlite3_value **values)
{
    (void)n;
    match(context, values, true);
}

bool patterns_register(struct db *db)
{
    const int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY;
    sqlite3 *handle = db_handle(db);

    return sqlite3_create_function_v2(handle, "thimble_like", 2, flags, db, like, NULL, NULL,
                                      NULL) == SQLITE_OK &&
           sqlite3_create_function_v2(handle, "thimble_ilike", 2, flags, db, ilike, NULL, NULL,
                                      NULL) == SQLITE_OK;
}
