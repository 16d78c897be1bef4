/*
 * check: whether the database is sound, its rows fit its schema, and its schema the migrations. Nothing is
 * written; it may be served meanwhile.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>

#include "base/buf.h"
#include "commands/command_output.h"
#include "commands/command_run.h"
#include "sources/database.h"
#include "sources/migrations.h"
#include "store/files/integrity.h"

#define PAGE_MAX ((size_t)8 << 20)

/* Lines about rows of one table; more are counted. */
#define ROWS_TOLD 10

struct report {
    struct buf *out;
    size_t damaged, misfits, unchecked; /* lines of each kind */
    bool behind;                        /* the schema is not the migrations' */
    char table[128];                    /* the one that the rows told last are of */
    size_t n_told;                      /* …and how many they are */
};

static void tell_more(struct report *r)
{
    if (r->n_told > ROWS_TOLD)
        buf_addf(r->out, "%s: %zu more like it\n", r->table, r->n_told - ROWS_TOLD);
    r->n_told = 0;
}

/* False: it is the eleventh of its table, and is counted only. */
static bool is_told(struct report *r, struct slice table)
{
    if (!slice_is(slice_first(table, sizeof r->table - 1), r->table)) {
        tell_more(r);
        snprintf(r->table, sizeof r->table, "%.*s", SLICE_ARG(table));
    }
    return r->n_told++ < ROWS_TOLD;
}

static void add_line(struct report *r, struct slice table, struct slice text, const char *after)
{
    buf_add_slice(r->out, table.len > 0 ? table : slice_from("the file"));
    buf_add_text(r->out, ": ");
    buf_add_slice(r->out, text);
    buf_add_text(r->out, after);
    buf_add_char(r->out, '\n');
}

static bool take_finding(void *context, enum finding kind, struct slice table, struct slice text)
{
    struct report *r = context;

    switch (kind) {
    case FINDING_DAMAGE:
        r->damaged++;
        add_line(r, table, text, "");
        break;
    case FINDING_ROW:
    case FINDING_ORPHAN:
        r->misfits++;
        if (is_told(r, table))
            add_line(r, table, text, "");
        break;
    case FINDING_UNCHECKED:
        r->unchecked++;
        add_line(r, table, text, ", so it was not looked at");
        break;
    }
    return !r->out->failed;
}

static bool look(struct db *db, struct report *r, struct error *e)
{
    const struct integrity to = {db, take_finding, r};

    db_allow_prepare(db, true); /* an FTS5 table's own check prepares more than it runs */
    if (!integrity_of_tables(&to, e) && !r->out->failed)
        return false;
    tell_more(r);
    return true;
}

static bool compare(const struct config *config, struct db *db, struct report *r, struct error *e)
{
    struct error why = error_none();
    struct migrations m;
    bool ok = migrations_load(&m, config->migrations, e);

    if (ok && !m.none && !migrate_current(db, &m.set, &why)) {
        r->behind = true;
        buf_addf(r->out, "migrations: %s\n", why.message);
    }
    migrations_finish(&m);
    return ok;
}

static int say(const struct config *config, const struct report *r)
{
    struct error e = error_none();

    if (r->damaged > 0)
        error_set(&e, ERROR_CORRUPT,
                  "%s is damaged: stop serving it, and thimble restore puts a backup in its place",
                  config->db);
    else if (r->misfits > 0)
        error_set(&e, ERROR_FAILURE, "%s is sound, but has rows that its schema would not take",
                  config->db);
    else if (r->behind)
        error_set(&e, ERROR_FAILURE, "%s is sound, but its schema is not that of the migrations",
                  config->db);
    else
        return EXIT_DONE;
    return command_fail(&e);
}

int command_check(const struct config *config, int n_words, char **words)
{
    struct error e = error_none();
    struct report r = {.table = ""};
    struct db *db = database_open_reading(config, &e);
    struct buf out;
    int code;
    bool ok;
    (void)n_words, (void)words;

    buf_init(&out, PAGE_MAX);
    r.out = &out;
    ok = db && look(db, &r, &e) && compare(config, db, &r, &e);
    db_close(db);
    if (ok && r.damaged + r.misfits + r.behind == 0)
        buf_addf(&out, "%s is sound%s\n", config->db,
                 r.unchecked > 0 ? ", as far as it was looked at" : "");
    code = command_print(&out);
    if (!ok)
        return command_fail(&e);
    return code == EXIT_DONE ? say(config, &r) : code;
}
