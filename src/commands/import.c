/*
 * import TABLE FILE: a file of CSV or NDJSON into a table.
 *
 * SPDX-License-Identifier: MIT
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/progress.h"
#include "base/records.h"
#include "base/text.h"
#include "commands/commands.h"
#include "commands/database.h"
#include "commands/file_format.h"
#include "commands/rejects.h"
#include "resource/row_in.h"
#include "store/diagnose.h"
#include "store/loader.h"
#include "store/statement.h"

/* Bytes of one INSERT's text and what it is made from. */
#define PLAN_MAX ((size_t)4 << 20)

struct import {
    const struct config *config;
    const char *path; /* "-": stdin */
    const char *name; /* …as people read it */
    enum file_format format;
    int fd;
    struct records records;
    struct rejects rejects;
    struct db *db;
    struct catalog *catalog;
    const struct table *table;
    struct row_in row;
    struct loader loader;
    struct arena arena; /* of the plan */
    struct statement *insert;
    struct progress_bar bar;
    int64_t begun_us;
    int64_t committed_line; /* where the last record of the last commit began */
    bool stopped;           /* the error is about the record at hand */
};

static bool check_words(const struct import *im, int n_words, struct error *e)
{
    if (n_words < 2)
        return error_set(e, ERROR_USAGE,
                         "import needs a table and a file: thimble import TABLE "
                         "FILE; - is stdin");
    if (im->format == FORMAT_UNKNOWN)
        return error_set(e, ERROR_USAGE,
                         "is %s CSV or NDJSON? The name does not end in .csv, .ndjson or .jsonl: "
                         "say --format csv or --format ndjson",
                         im->name);
    if (im->config->max_rejects && !im->config->rejects[0])
        return error_set(e, ERROR_USAGE, "--max-rejects needs --rejects FILE");
    return true;
}

static enum conflict conflict_of(const struct config *config)
{
    if (strcmp(config->on_conflict, "ignore") == 0)
        return CONFLICT_IGNORED;
    return strcmp(config->on_conflict, "merge") == 0 ? CONFLICT_MERGED : CONFLICT_FAILS;
}

static bool open_input(struct import *im, struct error *e)
{
    struct stat st;

    im->fd = file_is_stdio(im->path) ? STDIN_FILENO : open(im->path, O_RDONLY | O_CLOEXEC);
    if (im->fd < 0 || fstat(im->fd, &st) != 0)
        return error_set(e, ERROR_FAILURE, "cannot read %s: %s", im->name, strerror(errno));
    if (S_ISDIR(st.st_mode))
        return error_set(e, ERROR_FAILURE, "cannot read %s: it is a folder", im->name);
    records_init(&im->records, im->fd, im->format == FORMAT_CSV ? RECORDS_CSV : RECORDS_LINES,
                 (size_t)im->config->max_body);
    progress_begin(&im->bar, im->name, S_ISREG(st.st_mode) ? st.st_size : 0, PROGRESS_BYTES);
    return true;
}

static bool open_table(struct import *im, const char *name, struct error *e)
{
    im->db = database_open(im->config, false, e);
    im->catalog = im->db ? catalog_load(im->db, NULL, e) : NULL;
    im->table = im->catalog ? file_table(im->config, im->catalog, name, e) : NULL;
    if (!im->table)
        return false;
    if (!im->table->insertable)
        return error_set(e, ERROR_FAILURE, "%s is a view that takes no rows", name);
    if (conflict_of(im->config) == CONFLICT_MERGED && im->table->n_key == 0)
        return error_set(e, ERROR_FAILURE,
                         "--on-conflict merge needs a primary key, and %s has none", name);
    loader_init(&im->loader, im->db, im->table, im->config->atomic ? 0 : im->config->batch_max);
    return row_in_init(&im->row, im->table, (size_t)im->config->max_body, im->config->max_depth, e);
}

static bool read_header(struct import *im, struct error *e)
{
    struct slice text;
    enum record record = records_next(&im->records, &text, e);

    if (record == RECORD_FAILED)
        return false;
    if (record == RECORD_END)
        return error_set(e, ERROR_FAILURE, "%s is empty: the first line of CSV names the columns",
                         im->name);
    im->stopped = true;
    if (record == RECORD_TOO_LONG)
        return error_set(e, ERROR_TOO_LARGE, "the line is longer than --max-body");
    if (!row_in_header(&im->row, text, e))
        return false;
    im->stopped = false;
    return true;
}

/* The INSERT for the columns that the row gives. */
static bool plan(struct import *im, struct error *e)
{
    static const struct query_tree tree = {.root.limit = -1};
    const struct insert insert = {
        .set = im->row.set,
        .n_set = im->row.n_set,
        .conflict = conflict_of(im->config),
    };
    struct plan plan;

    statement_release(im->insert);
    im->insert = NULL;
    arena_reset(&im->arena);
    if (!plan_insert(&im->arena, im->table, &insert, &tree, RETURNING_NOTHING, &plan, e))
        return false;
    im->insert = statement_get(im->db, plan.sql, e);
    im->row.reshaped = !im->insert;
    return im->insert != NULL;
}

static void explain_foreign_key(struct import *im, struct error *e)
{
    int *columns = arena_alloc(&im->arena, (im->row.n_set + 1) * sizeof *columns);

    for (size_t i = 0; columns && i < im->row.n_set; i++)
        columns[i] = im->row.set[i].column;
    if (columns)
        diagnose_missing_parent(im->db, im->table, columns, im->row.values, im->row.n_set, e);
}

static enum loaded load(struct import *im, enum record record, struct slice text, struct error *e)
{
    enum loaded loaded;

    if (record == RECORD_TOO_LONG) {
        error_set(e, ERROR_TOO_LARGE, "the row is longer than --max-body, %lld bytes%s",
                  (long long)im->config->max_body,
                  im->format == FORMAT_CSV ? "; or a quote is not closed" : "");
        return LOADED_REFUSED;
    }
    if (!(im->format == FORMAT_CSV ? row_in_csv : row_in_json)(&im->row, text, e))
        return e->code == ERROR_MEMORY ? LOADED_FAILED : LOADED_REFUSED;
    if (im->row.reshaped && !plan(im, e))
        return LOADED_FAILED;
    loaded = loader_row(&im->loader, im->insert, im->row.values, im->row.n_set, e);
    if (loaded == LOADED_REFUSED && e->code == ERROR_FOREIGN_KEY)
        explain_foreign_key(im, e);
    return loaded;
}

/* False: the import stops here, `e` says why. */
static bool refuse(struct import *im, const struct error *cause, enum record record,
                   struct slice text, struct error *e)
{
    int64_t max = im->config->max_rejects;
    const struct slice none = {NULL, 0};

    if (!im->rejects.file) {
        *e = *cause;
        im->stopped = true;
        return false;
    }
    if (!rejects_add(&im->rejects, im->records.line, cause, record == RECORD_TOO_LONG ? none : text,
                     e))
        return false;
    if (max && im->rejects.n > max)
        return error_set(e, ERROR_FAILURE, "more than %lld rows are rejected, see %s",
                         (long long)max, im->rejects.path);
    return true;
}

/* A row that is neither in the table nor in the file of rejects is never lost: the file is first. */
static bool commit(struct import *im, struct error *e)
{
    struct error cause = error_none();

    if (!rejects_flush(&im->rejects, e))
        return false;
    if (loader_commit(&im->loader, &cause)) {
        im->committed_line = im->records.line;
        return true;
    }
    if (cause.code == ERROR_FOREIGN_KEY) /* only what is deferred is looked at so late */
        return error_set(e, cause.code,
                         "a foreign key of a row between line %lld and line %lld leads nowhere; it "
                         "is deferred, so the row that has it is not known",
                         (long long)im->committed_line + 1, (long long)im->records.line);
    *e = cause;
    return false;
}

/* An empty line is nothing, but for CSV of one column: there it is a NULL. */
static bool is_blank(const struct import *im, enum record record, struct slice text)
{
    if (record != RECORD_GIVEN || (im->format == FORMAT_CSV && im->row.n_fields == 1))
        return false;
    return text_trim(text).len == 0;
}

static bool load_rows(struct import *im, struct error *e)
{
    struct slice text;
    enum record record;

    while ((record = records_next(&im->records, &text, e)) != RECORD_END) {
        struct error cause;
        enum loaded loaded;

        if (record == RECORD_FAILED)
            return false;
        if (is_blank(im, record, text))
            continue;
        error_clear(&cause);
        loaded = load(im, record, text, &cause);
        if (loaded == LOADED_FAILED) {
            *e = cause;
            im->stopped = true;
            return false;
        }
        if (loaded == LOADED_REFUSED && !refuse(im, &cause, record, text, e))
            return false;
        if (loader_is_full(&im->loader) && !commit(im, e))
            return false;
        progress_at(&im->bar, im->records.used);
    }
    return commit(im, e);
}

static bool run(struct import *im, const char *table, struct error *e)
{
    return open_input(im, e) && open_table(im, table, e) &&
           rejects_open(&im->rejects, im->config->rejects, im->fd, (size_t)im->config->max_body,
                        e) &&
           (im->format != FORMAT_CSV || read_header(im, e)) && load_rows(im, e);
}

/* "12,345 rows imported, 3 rejected (see FILE), 1.2 s" */
static int say_done(const struct import *im)
{
    const struct rejects *r = &im->rejects;
    struct buf out;

    buf_init(&out, 16384);
    file_add_rows(&out, im->loader.committed, im->loader.committed == 1 ? " row" : " rows");
    buf_add_text(&out, " imported");
    if (im->loader.present) {
        buf_add_text(&out, ", ");
        file_add_rows(&out, im->loader.present, " left as they were");
    }
    if (r->file) {
        buf_add_text(&out, ", ");
        file_add_rows(&out, r->n, " rejected");
        if (r->n)
            buf_addf(&out, " (see %s)", r->path);
    }
    file_add_time(&out, im->begun_us);
    return command_print(&out);
}

/* What went wrong, where, and what is in the table all the same. */
static int say_failed(const struct import *im, const struct error *cause)
{
    struct error e = error_none();
    const char *name = im->stopped ? im->name : "";
    char line[64] = "", kept[128] = "", reason[ERROR_SENTENCE_MAX];
    size_t room = sizeof e.message - sizeof ": ";

    if (im->stopped)
        snprintf(line, sizeof line, ", line %lld", (long long)im->records.line);
    if (im->loader.committed)
        snprintf(kept, sizeof kept, "; the %lld rows up to line %lld are imported, none after it",
                 (long long)im->loader.committed, (long long)im->committed_line);
    else if (im->table && im->table->insertable)
        snprintf(kept, sizeof kept, "; nothing is imported");
    error_sentence(cause, reason);
    /* What is in the table is told to the end, however long the rest is. */
    room -= strnlen(name, 80) + strlen(line) + strlen(kept);
    error_set(&e, cause->code, "%.80s%s%s%.*s%s", name, line, im->stopped ? ": " : "", (int)room,
              reason, kept);
    return command_fail(&e);
}

static void finish(struct import *im)
{
    statement_release(im->insert);
    rejects_close(&im->rejects);
    records_finish(&im->records);
    row_in_finish(&im->row);
    arena_finish(&im->arena);
    catalog_drop(im->catalog);
    db_close(im->db);
    if (im->fd > STDIN_FILENO)
        close(im->fd);
}

int command_import(const struct config *config, int n_words, char **words)
{
    struct import im = {.config = config, .fd = -1, .begun_us = clock_us()};
    struct error e = error_none();
    int code;
    bool ok;

    im.path = n_words > 1 ? words[1] : "";
    im.name = file_is_stdio(im.path) ? "stdin" : im.path;
    im.format = file_format_of(config, im.path);
    if (!check_words(&im, n_words, &e))
        return command_fail(&e);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file-size limit is a full disk, not an end */
    arena_init(&im.arena, PLAN_MAX);
    ok = run(&im, words[0], &e);
    if (im.loader.db && !ok)
        loader_abandon(&im.loader);
    progress_end(&im.bar);
    code = ok ? say_done(&im) : say_failed(&im, &e);
    finish(&im);
    return code;
}
