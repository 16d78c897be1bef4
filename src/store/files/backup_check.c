/* SPDX-License-Identifier: MIT */
#include "store/files/backup_check.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "store/db/db.h"
#include "store/db/statement.h"

/* What is wrong is listed up to this many lines: one that is damage is looked for among them. */
#define LINES "100"

#define SQL_MAX ((size_t)1 << 20)

enum verdict { SOUND, DAMAGED /* or stopped */, UNCHECKED };

struct check {
    struct db *copy;
    const char *name;
    struct backup_made *out;
    struct error *error;
};

static struct slice last_line(struct slice text)
{
    const char *end = NULL;

    if (text.len > 0)
        end = memrchr(text.data, '\n', text.len);
    if (!end)
        return text;
    return slice_after(text, (size_t)(end + 1 - text.data));
}

/* A row that its own schema would not take today: nothing is lost by copying it. */
static bool is_a_rows_own(struct slice line)
{
    static const struct slice null = SLICE_LITERAL("NULL value in ");

    return line.len > null.len && slice_begins(line, null);
}

/* A check that ended before it was through. */
static enum verdict interrupted(struct check *c, const struct error *cause)
{
    enum error_code code = cause->code;

    if (error_is_broken(code))
        return UNCHECKED;
    if (code == ERROR_TIMEOUT) /* whoever watches has stopped it */
        return DAMAGED;
    if (code == ERROR_NONE)
        code = ERROR_CORRUPT;
    error_set(c->error, code, "%s is damaged: %s", c->name, cause->message);
    return DAMAGED;
}

/* The check answers "ok", or what is wrong below headings. A schema that calls what this program has
 * not is the reason that a check cannot run. */
static enum verdict run_check(struct check *c, struct slice pragma, struct error *cause)
{
    struct statement *st = statement_get(c->copy, pragma, cause);
    enum verdict verdict = SOUND;
    enum step step = STEP_FAILED;

    while (st && verdict == SOUND && (step = statement_step(st, cause)) == STEP_ROW) {
        struct slice line = last_line(statement_bytes(st, 0));

        if (slice_is(line, "ok") || is_a_rows_own(line))
            continue;
        verdict = DAMAGED;
        error_set(c->error, ERROR_CORRUPT, "%s is damaged: %.*s", c->name, SLICE_ARG(line));
    }
    statement_release(st);
    if (verdict == DAMAGED || step == STEP_DONE)
        return verdict;
    return interrupted(c, cause);
}

static void note_unchecked(struct check *c, struct slice table, const struct error *cause)
{
    if (c->out->unchecked++ > 0)
        return;
    snprintf(c->out->unchecked_why, sizeof c->out->unchecked_why, "%.*s: %.180s",
             SLICE_ARG(slice_first(table, 60)), cause->message);
}

/* One table with its indexes: "…" of the name, as a PRAGMA takes it. */
static enum verdict check_table(struct check *c, struct slice table)
{
    struct error cause = error_none();
    enum verdict verdict = UNCHECKED;
    struct buf sql;

    buf_init(&sql, SQL_MAX);
    buf_add_text(&sql, "PRAGMA integrity_check(\"");
    for (size_t i = 0; i < table.len; i++) {
        if (table.data[i] == '"')
            buf_add_char(&sql, '"');
        buf_add_char(&sql, table.data[i]);
    }
    buf_add_text(&sql, "\")");
    if (!sql.failed)
        verdict = run_check(c, buf_slice(&sql), &cause);
    buf_finish(&sql);
    if (verdict == UNCHECKED)
        note_unchecked(c, table, &cause);
    return verdict;
}

static enum step keep_name(struct check *c, struct buf *name, struct slice found)
{
    struct buf next;

    buf_init(&next, SQL_MAX);
    buf_add_slice(&next, found);
    buf_finish(name);
    *name = next;
    if (name->data)
        return STEP_ROW;
    error_set(c->error, ERROR_MEMORY, "%s: the name of a table does not fit in memory", c->name);
    return STEP_FAILED;
}

/* The name after `name` in their order. No statement stays open over a check: one that meets a
 * collation which is not there interrupts all. */
static enum step next_table(struct check *c, struct buf *name)
{
    static const struct slice sql = SLICE_LITERAL(
        "SELECT name FROM sqlite_schema WHERE type='table' AND name>?1 ORDER BY name LIMIT 1");
    const struct value after = value_text(buf_slice(name));
    struct statement *st = statement_get(c->copy, sql, c->error);
    enum step step = STEP_FAILED;

    if (st && statement_bind(st, &after, 1, c->error))
        step = statement_step(st, c->error);
    if (step == STEP_ROW)
        step = keep_name(c, name, statement_bytes(st, 0));
    statement_release(st);
    return step;
}

static bool check_tables(struct check *c)
{
    enum step step;
    struct buf name;
    bool sound = true;

    buf_init(&name, SQL_MAX);
    while (sound && (step = next_table(c, &name)) == STEP_ROW)
        sound = check_table(c, buf_slice(&name)) != DAMAGED;
    buf_finish(&name);
    return sound && step == STEP_DONE;
}

bool backup_check(struct db *copy, const char *name, struct backup_made *out, struct error *e)
{
    static const struct slice all = SLICE_LITERAL("PRAGMA integrity_check(" LINES ")"),
                              quick = SLICE_LITERAL("PRAGMA quick_check(" LINES ")");
    struct check c = {copy, name, out, e};
    struct error cause = error_none(), again = error_none();
    enum verdict verdict;

    /* Rows that a CHECK would not take today, as one that looks at the time, are no damage. */
    if (!db_exec(copy, "PRAGMA ignore_check_constraints=ON", e))
        return false;
    verdict = run_check(&c, all, &cause);
    if (verdict != UNCHECKED)
        return verdict == SOUND;
    /* The whole file's pages; then each table's rows and indexes, as far as that goes. */
    if (run_check(&c, quick, &again) == DAMAGED)
        return false;
    return check_tables(&c);
}
