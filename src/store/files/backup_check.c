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
    const char *end = text.len ? memrchr(text.data, '\n', text.len) : NULL;

    if (end)
        return slice_make(end + 1, text.len - (size_t)(end + 1 - text.data));
    return text;
}

/* A row that its own schema would not take today: nothing is lost by copying it. */
static bool is_a_rows_own(struct slice line)
{
    static const struct slice null = SLICE_LITERAL("NULL value in ");

    return line.len > null.len && memcmp(line.data, null.data, null.len) == 0;
}

/* The check answers "ok", or what is wrong below headings. A schema that calls what this program has
 * not is the reason that a check cannot run. */
static enum verdict run(struct check *c, struct slice pragma, struct error *cause)
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
    if (error_is_broken(cause->code))
        return UNCHECKED;
    if (cause->code == ERROR_TIMEOUT) /* whoever watches has stopped it */
        return DAMAGED;
    error_set(c->error, cause->code == ERROR_NONE ? ERROR_CORRUPT : cause->code,
              "%s is damaged: %s", c->name, cause->message);
    return DAMAGED;
}

/* One table with its indexes: "…" of the name, as a PRAGMA takes it. */
static enum verdict check_table(struct check *c, struct slice table)
{
    struct error cause = error_none();
    enum verdict verdict;
    struct buf sql;

    buf_init(&sql, SQL_MAX);
    buf_add_text(&sql, "PRAGMA integrity_check(\"");
    for (size_t i = 0; table.data && i < table.len; i++) {
        if (table.data[i] == '"')
            buf_add_char(&sql, '"');
        buf_add_char(&sql, table.data[i]);
    }
    buf_add_text(&sql, "\")");
    verdict = sql.failed ? UNCHECKED : run(c, buf_slice(&sql), &cause);
    buf_finish(&sql);
    if (verdict == UNCHECKED && c->out->unchecked++ == 0)
        snprintf(c->out->unchecked_why, sizeof c->out->unchecked_why, "%.*s: %.180s",
                 (int)(table.len > 60 ? 60 : table.len), table.data, cause.message);
    return verdict;
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
    if (step == STEP_ROW) {
        struct buf next;

        buf_init(&next, SQL_MAX);
        buf_add_slice(&next, statement_bytes(st, 0));
        buf_finish(name);
        *name = next;
    }
    statement_release(st);
    if (name->failed)
        return STEP_FAILED;
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
    verdict = run(&c, all, &cause);
    if (verdict != UNCHECKED)
        return verdict == SOUND;
    /* The whole file's pages; then each table's rows and indexes, as far as that goes. */
    return run(&c, quick, &again) != DAMAGED && check_tables(&c);
}
