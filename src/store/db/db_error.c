/*
 * SQLite's result codes and messages as errors of the program
 * (sqlite.org/rescode.html). The wording follows PostgreSQL's, because that is what
 * the clients of this grammar know.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>
#include <string.h>

#include <sqlite3.h>

#include "base/slice.h"
#include "store/access/role_view_text.h"
#include "store/db/db.h"
#include "store/db/db_fault.h"
#include "store/db/db_memory.h"
#include "store/db/identity.h"

/* "… failed: REST" → REST, or the whole message. */
static const char *after_colon(const char *message)
{
    const char *colon = strstr(message, ": ");

    if (colon)
        return colon + 2;
    return message;
}

/* Splits the first "table.column" of a constraint message. */
static void split_column(const char *list, struct slice *table, struct slice *column)
{
    const char *dot = strchr(list, '.');
    size_t end;

    *table = slice_make(list, dot ? (size_t)(dot - list) : 0);
    list = dot ? dot + 1 : list;
    end = strcspn(list, ",");
    *column = slice_make(list, end);
}

/* Appends the columns of "t.a, t.b" to `out`, joined by `separator`. */
static void join_columns(const char *list, const char *separator, char *out, size_t size)
{
    size_t used = 0;

    for (const char *at = list; at && *at && used + 1 < size;) {
        const char *dot = strchr(at, '.');
        const char *name = dot ? dot + 1 : at;
        size_t len = strcspn(name, ",");
        int n = snprintf(out + used, size - used, "%s%.*s", used ? separator : "", (int)len, name);

        used = n < 0 ? size : used + (size_t)n;
        at = name[len] == ',' ? name + len + 2 : NULL;
    }
}

/* "UNIQUE constraint failed: t.a, t.b" or "…: index 'name'". */
static bool unique_error(const char *message, bool primary, struct error *e)
{
    const char *list = after_colon(message);
    struct slice table, column;
    char joined[160] = "", listed[200] = "", name[192];

    if (list == message) /* a virtual table's: it names none */
        return error_set(e, ERROR_UNIQUE, "duplicate key value violates unique constraint");
    if (strncmp(list, "index '", 7) == 0) {
        snprintf(name, sizeof name, "%.*s", (int)strcspn(list + 7, "'"), list + 7);
    } else {
        split_column(list, &table, &column);
        join_columns(list, "_", joined, sizeof joined);
        join_columns(list, ", ", listed, sizeof listed);
        snprintf(name, sizeof name, primary ? "%.*s_pkey" : "%.*s_%s_key", (int)table.len,
                 table.data, joined);
        snprintf(e->column, sizeof e->column, "%.*s", SLICE_ARG(column));
    }
    error_constraint(e, name);
    error_set(e, ERROR_UNIQUE, "duplicate key value violates unique constraint \"%s\"", name);
    if (listed[0])
        error_details(e, "Key (%s) already exists.", listed);
    return false;
}

static bool not_null_error(const char *message, struct error *e)
{
    struct slice table, column;

    split_column(after_colon(message), &table, &column);
    snprintf(e->column, sizeof e->column, "%.*s", SLICE_ARG(column));
    return error_set(e, ERROR_NOT_NULL,
                     "null value in column \"%.*s\" of relation \"%.*s\" violates not-null "
                     "constraint",
                     SLICE_ARG(column), SLICE_ARG(table));
}

static bool constraint_error(int code, const char *message, struct error *e)
{
    switch (code) {
    case SQLITE_CONSTRAINT_UNIQUE: return unique_error(message, false, e);
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID: return unique_error(message, true, e);
    case SQLITE_CONSTRAINT_NOTNULL: return not_null_error(message, e);
    case SQLITE_CONSTRAINT_CHECK:
        error_constraint(e, after_colon(message));
        return error_set(e, ERROR_CHECK, "new row violates check constraint \"%s\"",
                         after_colon(message));
    case SQLITE_CONSTRAINT_FOREIGNKEY:
        return error_set(e, ERROR_FOREIGN_KEY,
                         "insert, update or delete violates a foreign key constraint");
    case SQLITE_CONSTRAINT_DATATYPE:
        error_column(e, strrchr(message, '.') ? strrchr(message, '.') + 1 : "");
        return error_set(e, ERROR_VALUE, "%s", message);
    default: /* RAISE() in a trigger, a virtual table's refusal */
        return error_set(e, ERROR_RAISED, "%s", message);
    }
}

/* What SQLite says, and for a failed system call what the system says. */
static void describe(struct error *e, const struct fault *fault, const char *message, int number)
{
    const char *words = fault->words ? fault->words : "";
    bool machine = fault->error == ERROR_IO || fault->error == ERROR_FULL;

    if (machine && number != 0)
        error_record(e, fault->error, "%s%s: %s", words, message, strerror(number));
    else
        error_record(e, fault->error, "%s%s", words, message);
    if (fault->hint)
        error_record_hint(e, "%s", fault->hint);
}

/* SQLite says FULL, too, when AUTOINCREMENT has given its largest key
 * (sqlite.org/autoinc.html). */
static bool sequence_error(sqlite3 *handle, struct error *e)
{
    static const char sql[] = "SELECT name FROM sqlite_sequence WHERE seq = 9223372036854775807";
    sqlite3_stmt *stmt = NULL;
    bool ended = handle && sqlite3_prepare_v2(handle, sql, sizeof sql, &stmt, NULL) == SQLITE_OK &&
                 sqlite3_step(stmt) == SQLITE_ROW;

    if (ended) {
        error_record(e, ERROR_SEQUENCE,
                     "nextval: reached maximum value of sequence \"%s\" (9223372036854775807)",
                     (const char *)sqlite3_column_text(stmt, 0));
        error_record_hint(e, "Send the key: one that is free.");
    }
    sqlite3_finalize(stmt);
    return ended;
}

/* A wait for a lock that is interrupted ends as one that took too long. */
static bool may_be_interrupted(int code)
{
    return code == SQLITE_INTERRUPT || code == SQLITE_BUSY;
}

/* What a role's trigger says is no failure of SQLite's. */
static bool role_refusal(const char *message, struct error *e)
{
    static const struct slice refusal = SLICE_LITERAL(ROLE_REFUSAL);

    if (!slice_begins(slice_from(message), refusal))
        return false;
    error_record(e, ERROR_FORBIDDEN, "%s", message + refusal.len);
    e->sqlite_code = 0;
    e->sqlite_name = NULL;
    return true;
}

static bool record(struct db *db, int result, bool compiling, struct error *e)
{
    sqlite3 *handle = db_handle(db);
    int code = handle ? sqlite3_extended_errcode(handle) : result;
    int number = handle ? sqlite3_system_errno(handle) : 0;
    const char *message = handle ? sqlite3_errmsg(handle) : sqlite3_errstr(result);

    if (error_is_set(e))
        return false;
    if ((code & 0xff) != (result & 0xff)) { /* a later call has moved on: trust the result */
        code = result;
        message = sqlite3_errstr(result);
    }
    e->sqlite_code = code;
    e->sqlite_name = fault_code_name(code);
    if (may_be_interrupted(code & 0xff) && interruptions_tell(db_interruptions(db), e))
        return false;
    if ((code & 0xff) == SQLITE_NOMEM && db_memory_failure(e))
        return false;
    if (identity_failure(message, e))
        return false;
    if (role_refusal(message, e))
        return false;
    if ((code & 0xff) == SQLITE_CONSTRAINT)
        return constraint_error(code, message, e);
    if ((code & 0xff) == SQLITE_FULL && sequence_error(handle, e))
        return false;
    describe(e, fault_find(code, message, compiling, number), message, number);
    return false;
}

bool db_error(struct db *db, int result, struct error *e)
{
    return record(db, result, false, e);
}

bool db_compile_error(struct db *db, int result, struct error *e)
{
    return record(db, result, true, e);
}
