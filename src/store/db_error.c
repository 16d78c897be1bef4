/*
 * SQLite's result codes and messages as errors of the program
 * (sqlite.org/rescode.html). The wording follows PostgreSQL's, because that is what
 * the clients of this grammar know.
 *
 * SPDX-License-Identifier: MIT
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <sqlite3.h>

#include "base/slice.h"
#include "store/db.h"

static const struct {
    int code;
    const char *name;
} result_names[] = {
/* clang-format off */
#define NAME(code) {code, #code}
    /* clang-format on */
    NAME(SQLITE_ERROR),
    NAME(SQLITE_INTERNAL),
    NAME(SQLITE_PERM),
    NAME(SQLITE_ABORT),
    NAME(SQLITE_BUSY),
    NAME(SQLITE_BUSY_RECOVERY),
    NAME(SQLITE_BUSY_SNAPSHOT),
    NAME(SQLITE_BUSY_TIMEOUT),
    NAME(SQLITE_LOCKED),
    NAME(SQLITE_NOMEM),
    NAME(SQLITE_READONLY),
    NAME(SQLITE_READONLY_DBMOVED),
    NAME(SQLITE_READONLY_DIRECTORY),
    NAME(SQLITE_READONLY_CANTINIT),
    NAME(SQLITE_INTERRUPT),
    NAME(SQLITE_IOERR),
    NAME(SQLITE_IOERR_READ),
    NAME(SQLITE_IOERR_SHORT_READ),
    NAME(SQLITE_IOERR_WRITE),
    NAME(SQLITE_IOERR_FSYNC),
    NAME(SQLITE_IOERR_DIR_FSYNC),
    NAME(SQLITE_IOERR_TRUNCATE),
    NAME(SQLITE_IOERR_FSTAT),
    NAME(SQLITE_IOERR_LOCK),
    NAME(SQLITE_IOERR_SHMOPEN),
    NAME(SQLITE_IOERR_SHMSIZE),
    NAME(SQLITE_IOERR_SHMMAP),
    NAME(SQLITE_CORRUPT),
    NAME(SQLITE_CORRUPT_INDEX),
    NAME(SQLITE_CORRUPT_VTAB),
    NAME(SQLITE_FULL),
    NAME(SQLITE_CANTOPEN),
    NAME(SQLITE_CANTOPEN_ISDIR),
    NAME(SQLITE_PROTOCOL),
    NAME(SQLITE_SCHEMA),
    NAME(SQLITE_TOOBIG),
    NAME(SQLITE_MISMATCH),
    NAME(SQLITE_MISUSE),
    NAME(SQLITE_AUTH),
    NAME(SQLITE_RANGE),
    NAME(SQLITE_NOTADB),
    NAME(SQLITE_CONSTRAINT),
    NAME(SQLITE_CONSTRAINT_CHECK),
    NAME(SQLITE_CONSTRAINT_FOREIGNKEY),
    NAME(SQLITE_CONSTRAINT_FUNCTION),
    NAME(SQLITE_CONSTRAINT_NOTNULL),
    NAME(SQLITE_CONSTRAINT_PRIMARYKEY),
    NAME(SQLITE_CONSTRAINT_ROWID),
    NAME(SQLITE_CONSTRAINT_TRIGGER),
    NAME(SQLITE_CONSTRAINT_UNIQUE),
    NAME(SQLITE_CONSTRAINT_VTAB),
    NAME(SQLITE_CONSTRAINT_DATATYPE),
#undef NAME
};

static const char *result_name(int code)
{
    for (size_t i = 0; i < sizeof result_names / sizeof *result_names; i++) {
        if (result_names[i].code == code)
            return result_names[i].name;
    }
    return code == (code & 0xff) ? NULL : result_name(code & 0xff);
}

/* "… failed: REST" → REST, or the whole message. */
static const char *after_colon(const char *message)
{
    const char *colon = strstr(message, ": ");

    return colon ? colon + 2 : message;
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

/* What a failure of the machine or the file is, whatever statement met it. */
static enum error_code environment_error(int code, int system_errno)
{
    switch (code & 0xff) {
    case SQLITE_NOMEM: return ERROR_MEMORY;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL: return ERROR_LOCKED;
    case SQLITE_INTERRUPT: return ERROR_TIMEOUT;
    case SQLITE_FULL: return ERROR_FULL;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
        return system_errno == ENOSPC || system_errno == EDQUOT ? ERROR_FULL : ERROR_IO;
    case SQLITE_READONLY:
    case SQLITE_PERM: return ERROR_READ_ONLY;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return ERROR_CORRUPT;
    default: return ERROR_NONE;
    }
}

static bool statement_error(int code, const char *message, struct error *e)
{
    if (strncmp(message, "no such ", 8) == 0 || (code & 0xff) == SQLITE_SCHEMA) {
        error_set(e, ERROR_BUSY, "the schema changed while the request was on its way: %s",
                  message);
        return error_hint(e, "Send the request again.");
    }
    switch (code & 0xff) {
    case SQLITE_ERROR: /* a function refused its argument, an integer overflowed */
    case SQLITE_MISMATCH: return error_set(e, ERROR_VALUE, "%s", message);
    case SQLITE_TOOBIG:
        error_set(e, ERROR_ANSWER_TOO_LARGE, "the answer would be too large: %s", message);
        return error_hint(e, "Ask for fewer rows with limit= or fewer columns with select=.");
    default: return error_set(e, ERROR_INTERNAL, "SQLite: %s", message);
    }
}

bool db_error(struct db *db, int result, struct error *e)
{
    sqlite3 *handle = db_handle(db);
    int code = handle ? sqlite3_extended_errcode(handle) : result;
    const char *message = handle ? sqlite3_errmsg(handle) : sqlite3_errstr(result);
    enum error_code environment;

    if (error_is_set(e))
        return false;
    if ((code & 0xff) != (result & 0xff)) { /* a later call has moved on: trust the result */
        code = result;
        message = sqlite3_errstr(result);
    }
    e->sqlite_code = code;
    e->sqlite_name = result_name(code);
    environment = environment_error(code, handle ? sqlite3_system_errno(handle) : 0);
    if (environment == ERROR_TIMEOUT)
        return error_set(e, ERROR_TIMEOUT, "canceling statement due to statement timeout");
    if (environment != ERROR_NONE)
        return error_set(e, environment, "%s", message);
    if ((code & 0xff) == SQLITE_CONSTRAINT)
        return constraint_error(code, message, e);
    return statement_error(code, message, e);
}
