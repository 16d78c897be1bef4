/* SPDX-License-Identifier: MIT */
#include "store/db/identity.h"

#include <string.h>

#include <sqlite3.h>

#include "base/ascii.h"
#include "base/json.h"
#include "base/parse.h"
#include "base/text.h"
#include "store/db/claim.h"
#include "store/db/db.h"

static struct identity *who_asks(sqlite3_context *context)
{
    return db_identity(sqlite3_user_data(context));
}

/* Bytes that are no text stay bytes: a column would keep them so, too. */
static void give(sqlite3_context *context, struct slice value)
{
    const char *bytes = value.data ? value.data : "";

    if (text_utf8_valid(value))
        sqlite3_result_text64(context, bytes, value.len, SQLITE_TRANSIENT, SQLITE_UTF8);
    else
        sqlite3_result_blob64(context, bytes, value.len, SQLITE_TRANSIENT);
}

static void header(sqlite3_context *context, int n, sqlite3_value **values)
{
    struct identity *who = who_asks(context);
    const char *text = (const char *)sqlite3_value_text(values[0]);
    struct slice name = slice_make(text, (size_t)sqlite3_value_bytes(values[0])), value;
    (void)n;

    if (!who || !who->header || !text || name.len > IDENTITY_NAME_MAX)
        return;
    if (who->header(who, name, &value))
        give(context, value);
}

static void method(sqlite3_context *context, int n, sqlite3_value **values)
{
    const struct identity *who = who_asks(context);
    (void)n, (void)values;

    if (who)
        give(context, who->method);
}

static void path(sqlite3_context *context, int n, sqlite3_value **values)
{
    const struct identity *who = who_asks(context);
    (void)n, (void)values;

    if (who)
        give(context, who->path);
}

static void give_number(sqlite3_context *context, struct slice text)
{
    int64_t whole;
    double real;

    if (parse_int64(text, &whole))
        sqlite3_result_int64(context, whole);
    else if (parse_double(text, &real))
        sqlite3_result_double(context, real);
}

static void give_string(sqlite3_context *context, const struct json_item *item)
{
    char *text = sqlite3_malloc64(item->text.len);
    long len;

    if (!text) {
        sqlite3_result_error_nomem(context);
        return;
    }
    len = json_decode(item, text);
    if (len >= 0)
        sqlite3_result_text64(context, text, (sqlite3_uint64)len, sqlite3_free, SQLITE_UTF8);
    else
        sqlite3_free(text);
}

/* NULL where there is none: a comparison with it holds for no row. */
static void claim(sqlite3_context *context, int n, sqlite3_value **values)
{
    const struct identity *who = who_asks(context);
    const char *path = (const char *)sqlite3_value_text(values[0]);
    size_t len = (size_t)sqlite3_value_bytes(values[0]);
    struct json_item item;
    (void)n;

    if (!who || !path || !claim_find(who->claims, slice_make(path, len), &item))
        return;
    switch (item.kind) {
    case JSON_IS_NULL: return;
    case JSON_IS_BOOLEAN: sqlite3_result_int(context, slice_is(item.text, "true")); return;
    case JSON_IS_NUMBER: give_number(context, item.text); return;
    case JSON_IS_STRING: give_string(context, &item); return;
    case JSON_IS_ARRAY:
    case JSON_IS_OBJECT: give(context, item.text); return;
    }
}

static void role(sqlite3_context *context, int n, sqlite3_value **values)
{
    const struct identity *who = who_asks(context);
    (void)n, (void)values;

    if (who && who->role.len > 0)
        give(context, who->role);
}

static const char *argument(int n, sqlite3_value **values, int i)
{
    const char *text = i < n ? (const char *)sqlite3_value_text(values[i]) : NULL;

    if (text)
        return text;
    return "";
}

/* The message is what identity_failure reads. */
static void fail(sqlite3_context *context, int n, sqlite3_value **values)
{
    int status = n > 0 ? sqlite3_value_int(values[0]) : 0;
    char *message;

    if (n < 2 || n > 4) {
        sqlite3_result_error(context, "fail() takes a status, a message, details and a hint", -1);
        return;
    }
    if (status < 400 || status > 599)
        message = sqlite3_mprintf("PT500 fail(): the status is 400 to 599, not %d", status);
    else
        message = sqlite3_mprintf("PT%d %s\n%s\n%s", status, argument(n, values, 1),
                                  argument(n, values, 2), argument(n, values, 3));
    if (message)
        sqlite3_result_error(context, message, -1);
    else
        sqlite3_result_error_nomem(context);
    sqlite3_free(message);
}

bool identity_register(struct db *db, struct error *e)
{
    static const struct {
        const char *name;
        void (*function)(sqlite3_context *context, int n, sqlite3_value **values);
        int arguments;
        int flags;
    } functions[] = {
        /*
         * INNOCUOUS: a schema's views and triggers may call them (PRAGMA trusted_schema). What a request says is
         * not DETERMINISTIC to a schema: an index or generated column would keep what one asker was. In a
         * policy's views, which are temporary, it is, and is asked once for a statement, not for each row; of
         * these no schema can make use.
         */
        {"header", header, 1, SQLITE_INNOCUOUS},
        {"method", method, 0, SQLITE_INNOCUOUS},
        {"path", path, 0, SQLITE_INNOCUOUS},
        {"claim", claim, 1, SQLITE_INNOCUOUS},
        {"role", role, 0, SQLITE_INNOCUOUS},
        {"thimble_claim", claim, 1, SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY},
        {"thimble_role", role, 0, SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY},
        {"fail", fail, -1, SQLITE_INNOCUOUS},
    };

    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        if (sqlite3_create_function_v2(db_handle(db), functions[i].name, functions[i].arguments,
                                       SQLITE_UTF8 | functions[i].flags, db, functions[i].function,
                                       NULL, NULL, NULL) != SQLITE_OK)
            return error_set(e, ERROR_MEMORY, "out of memory");
    }
    return true;
}

/* "PT402 …": the status; 0 if the message is none. */
static int chosen_status(const char *m)
{
    bool ends;

    if (!ascii_has_shape(m, "PT000"))
        return 0;
    ends = m[5] == ' ' || m[5] == '\0';
    if (!ends)
        return 0;
    if (m[2] != '4' && m[2] != '5')
        return 0;
    return (m[2] - '0') * 100 + (m[3] - '0') * 10 + (m[4] - '0');
}

/* The line at *text, which goes on to the next. */
static struct slice next_line(const char **text)
{
    size_t len = strcspn(*text, "\n");
    struct slice line = slice_make(*text, len);

    *text += len + ((*text)[len] == '\n');
    return line;
}

bool identity_failure(const char *message, struct error *e)
{
    static const struct slice no_words = SLICE_LITERAL("the query says no more than that");
    int status = chosen_status(message);
    struct slice line;

    if (!status)
        return false;
    message += message[5] ? 6 : 5;
    line = next_line(&message);
    if (line.len == 0)
        line = no_words;
    error_record(e, ERROR_RAISED, "%.*s", SLICE_ARG(line));
    e->status = status;
    line = next_line(&message);
    error_record_details(e, "%.*s", SLICE_ARG(line));
    error_record_hint(e, "%s", message);
    return true;
}
