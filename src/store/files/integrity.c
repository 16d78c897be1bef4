/* SPDX-License-Identifier: MIT */
#include "store/files/integrity.h"

#include <string.h>

#include "base/buf.h"
#include "store/db/db.h"
#include "store/db/statement.h"

/* What is wrong is listed up to this many lines: one that is damage is looked for among them. */
#define LINES "100"

#define SQL_MAX ((size_t)1 << 20)

/* How a look at the file, or at one table of it, ends. */
enum look {
    LOOK_DONE,      /* whatever was found */
    LOOK_ENOUGH,    /* whoever is told has enough */
    LOOK_STOPPED,   /* the error says why: the connection was told to stop, or memory is out */
    LOOK_IMPOSSIBLE /* the error says what of the schema is not there */
};

static const struct slice whole_file = {"", 0};

static bool begins_with(struct slice line, const char *text)
{
    struct slice head = slice_from(text);

    return line.len > head.len && slice_begins(line, head);
}

/* Of constraints, NOT NULL alone is looked at: SQLite forgets those of CHECK where it may only read. */
static bool is_a_rows_own(struct slice line)
{
    return begins_with(line, "NULL value in ");
}

/* A check that ended before it was through. A schema that calls what this program has not is the reason
 * that it cannot run; anything else is in the file. */
static enum look interrupted(const struct integrity *to, struct slice table, struct error *cause)
{
    if (error_is_broken(cause->code))
        return LOOK_IMPOSSIBLE;
    if (cause->code == ERROR_TIMEOUT || cause->code == ERROR_MEMORY)
        return LOOK_STOPPED;
    if (!to->tell(to->context, FINDING_DAMAGE, table, slice_from(cause->message)))
        return LOOK_ENOUGH;
    error_clear(cause);
    return LOOK_DONE;
}

/* A row of the check's answer: headings, and what is wrong below them. */
static bool tell_lines(const struct integrity *to, struct slice table, struct slice lines)
{
    while (lines.len > 0) {
        const char *end = memchr(lines.data, '\n', lines.len);
        struct slice line = end ? slice_first(lines, (size_t)(end - lines.data)) : lines;
        bool is_heading = line.len == 0 || begins_with(line, "*** in database ");

        lines = slice_after(lines, line.len + (end != NULL));
        if (is_heading || slice_is(line, "ok"))
            continue;
        if (!to->tell(to->context, is_a_rows_own(line) ? FINDING_ROW : FINDING_DAMAGE, table, line))
            return false;
    }
    return true;
}

static enum look run_check(const struct integrity *to, struct slice pragma, struct slice table,
                           struct error *cause)
{
    struct statement *st = statement_get(to->db, pragma, cause);
    enum step step = STEP_FAILED;
    bool more = true;

    while (st && more && (step = statement_step(st, cause)) == STEP_ROW)
        more = tell_lines(to, table, statement_bytes(st, 0));
    statement_release(st);
    if (!more)
        return LOOK_ENOUGH;
    if (step == STEP_DONE)
        return LOOK_DONE;
    return interrupted(to, table, cause);
}

/* "…" of a name, as a PRAGMA takes it. */
static void add_quoted(struct buf *sql, struct slice name)
{
    buf_add_char(sql, '"');
    for (size_t i = 0; i < name.len; i++) {
        if (name.data[i] == '"')
            buf_add_char(sql, '"');
        buf_add_char(sql, name.data[i]);
    }
    buf_add_char(sql, '"');
}

/* One table with its indexes. */
static enum look check_table(const struct integrity *to, struct slice table, struct error *cause)
{
    enum look look = LOOK_STOPPED;
    struct buf sql;

    buf_init(&sql, SQL_MAX);
    buf_add_text(&sql, "PRAGMA integrity_check(");
    add_quoted(&sql, table);
    buf_add_char(&sql, ')');
    if (sql.failed)
        error_set(cause, ERROR_MEMORY, "the name of a table does not fit in memory");
    else
        look = run_check(to, buf_slice(&sql), table, cause);
    buf_finish(&sql);
    if (look != LOOK_IMPOSSIBLE)
        return look;
    if (!to->tell(to->context, FINDING_UNCHECKED, table, slice_from(cause->message)))
        return LOOK_ENOUGH;
    error_clear(cause);
    return LOOK_DONE;
}

static enum step keep_name(struct buf *name, struct slice found, struct error *e)
{
    struct buf next;

    buf_init(&next, SQL_MAX);
    buf_add_slice(&next, found);
    buf_finish(name);
    *name = next;
    if (name->data)
        return STEP_ROW;
    error_set(e, ERROR_MEMORY, "the name of a table does not fit in memory");
    return STEP_FAILED;
}

/* The name after `name` in their order. No statement stays open over a check: one that meets a
 * collation which is not there interrupts all. */
static enum step next_table(struct db *db, struct buf *name, struct error *e)
{
    static const struct slice sql = SLICE_LITERAL(
        "SELECT name FROM sqlite_schema WHERE type='table' AND name>?1 ORDER BY name LIMIT 1");
    const struct value after = value_text(buf_slice(name));
    struct statement *st = statement_get(db, sql, e);
    enum step step = STEP_FAILED;

    if (st && statement_bind(st, &after, 1, e))
        step = statement_step(st, e);
    if (step == STEP_ROW)
        step = keep_name(name, statement_bytes(st, 0), e);
    statement_release(st);
    return step;
}

static enum look check_tables(const struct integrity *to, struct error *e)
{
    enum look look = LOOK_DONE;
    enum step step = STEP_DONE;
    struct buf name;

    buf_init(&name, SQL_MAX);
    while (look == LOOK_DONE && (step = next_table(to->db, &name, e)) == STEP_ROW)
        look = check_table(to, buf_slice(&name), e);
    buf_finish(&name);
    if (look == LOOK_DONE && step == STEP_FAILED)
        return LOOK_STOPPED;
    return look;
}

bool integrity_of_file(const struct integrity *to, struct error *e)
{
    static const struct slice all = SLICE_LITERAL("PRAGMA integrity_check(" LINES ")"),
                              quick = SLICE_LITERAL("PRAGMA quick_check(" LINES ")");
    struct error again = error_none();
    enum look look = run_check(to, all, whole_file, e);

    if (look != LOOK_IMPOSSIBLE)
        return look == LOOK_DONE;
    /* The whole file's pages; then each table's rows and indexes, as far as that goes. */
    error_clear(e);
    look = run_check(to, quick, whole_file, &again);
    if (look == LOOK_STOPPED)
        *e = again;
    if (look == LOOK_STOPPED || look == LOOK_ENOUGH)
        return false;
    return check_tables(to, e) == LOOK_DONE;
}

/* ---- foreign keys */

/* A row without a rowid is not known by one. */
static bool tell_orphan(const struct integrity *to, struct statement *st)
{
    struct buf text;
    bool more;

    buf_init(&text, SQL_MAX);
    if (statement_type(st, 1) == VALUE_INTEGER)
        buf_addf(&text, "the row with rowid %lld", (long long)statement_integer(st, 1));
    else
        buf_add_text(&text, "a row");
    buf_add_text(&text, " has no row in ");
    buf_add_slice(&text, statement_bytes(st, 2));
    more = to->tell(to->context, FINDING_ORPHAN, statement_bytes(st, 0), buf_slice(&text));
    buf_finish(&text);
    return more;
}

static bool check_foreign_keys(const struct integrity *to, struct error *e)
{
    static const struct slice sql = SLICE_LITERAL("PRAGMA foreign_key_check");
    struct error cause = error_none();
    struct statement *st = statement_get(to->db, sql, &cause);
    enum step step = STEP_FAILED;
    bool more = true;

    while (st && more && (step = statement_step(st, &cause)) == STEP_ROW)
        more = tell_orphan(to, st);
    statement_release(st);
    if (!more || step == STEP_DONE)
        return more;
    if (cause.code == ERROR_TIMEOUT || cause.code == ERROR_MEMORY) {
        *e = cause;
        return false;
    }
    return to->tell(to->context, FINDING_UNCHECKED, whole_file, slice_from(cause.message));
}

struct rest {
    const struct integrity *to;
};

/* Of the whole file's findings those that are of no table: lists of free pages, pages that are nobody's, and
 * the schema's own tree, whose root is page 1. All others were told with their table before. */
static bool tell_rest(void *context, enum finding kind, struct slice table, struct slice text)
{
    const struct rest *rest = context;
    const struct integrity *to = rest->to;
    bool is_of_the_file =
        begins_with(text, "Freelist") || begins_with(text, "Page ") || begins_with(text, "Tree 1 ");

    if (kind != FINDING_DAMAGE || !is_of_the_file)
        return true;
    return to->tell(to->context, kind, table, text);
}

static enum look check_rest(const struct integrity *to, struct error *e)
{
    static const struct slice pages = SLICE_LITERAL("PRAGMA quick_check(" LINES ")");
    struct rest rest = {to};
    const struct integrity filter = {to->db, tell_rest, &rest};
    enum look look = run_check(&filter, pages, whole_file, e);

    if (look != LOOK_IMPOSSIBLE) /* each table has told what of the schema is not there */
        return look;
    error_clear(e);
    return LOOK_DONE;
}

bool integrity_of_tables(const struct integrity *to, struct error *e)
{
    if (check_tables(to, e) != LOOK_DONE)
        return false;
    if (check_rest(to, e) != LOOK_DONE)
        return false;
    return check_foreign_keys(to, e);
}
