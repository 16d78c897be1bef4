/*
 * export TABLE [FILE [QUERY]]: a table, a view or what a query asks of it, as CSV or NDJSON.
 *
 * SPDX-License-Identifier: MIT
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/atomic_file.h"
#include "base/clock.h"
#include "base/progress.h"
#include "commands/command_output.h"
#include "commands/command_run.h"
#include "commands/file_format.h"
#include "query/grammar.h"
#include "query/plan.h"
#include "resource/sink.h"
#include "sources/database.h"
#include "store/db/statement.h"

/* Written at once; memory of the query's text and its plan. */
#define CHUNK     ((size_t)64 << 10)
#define ARENA_MAX ((size_t)16 << 20)

struct export
{
    const struct config *config;
    const char *path;  /* "-": stdout */
    const char *query; /* as after the '?' of a URL */
    enum file_format format;
    struct atomic_file part;
    int fd;
    struct db *db;
    struct catalog *catalog;
    struct arena arena;
    struct query_tree tree;
    struct plan plan;
    struct buf out;
    struct sink sink;
    struct progress_bar bar;
};

static const char *output_name(const struct export *ex)
{
    if (ex->fd == STDOUT_FILENO)
        return "stdout";
    return ex->part.path;
}

static bool write_out(struct export *ex, struct error *e)
{
    const char *at = ex->out.data;
    size_t left = ex->out.len;

    while (left > 0) {
        ssize_t n = write(ex->fd, at, left);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return atomic_file_error(e, "write", output_name(ex));
        at += n;
        left -= (size_t)n;
    }
    buf_clear(&ex->out);
    return true;
}

static bool no_room(const struct export *ex, struct error *e)
{
    if (!ex->out.full)
        return error_set(e, ERROR_MEMORY, "out of memory");
    return error_set(e, ERROR_ANSWER_TOO_LARGE, "row %zu is longer than --max-answer, %lld bytes",
                     ex->sink.rows, (long long)ex->config->max_answer);
}

static bool write_row(struct export *ex, struct statement *st, struct error *e)
{
    sink_row(&ex->sink, statement_row(st));
    if (ex->out.failed)
        return no_room(ex, e);
    if (ex->out.len < CHUNK)
        return true;
    return write_out(ex, e);
}

/* The plan's statement with its values; NULL with the error. */
static struct statement *open_statement(struct export *ex, const struct plan *plan, struct error *e)
{
    struct statement *st = statement_get(ex->db, plan->sql, e);

    if (st && statement_bind(st, plan->values, plan->n_values, e))
        return st;
    statement_release(st);
    return NULL;
}

/* The last line of a file has an end, too. */
static void end_rows(struct export *ex)
{
    sink_end(&ex->sink);
    if (ex->format == FORMAT_CSV)
        buf_add_char(&ex->out, '\n');
}

static bool write_rows(struct export *ex, struct error *e)
{
    struct statement *st = open_statement(ex, &ex->plan, e);
    enum step step = STEP_FAILED;
    bool ok = true;

    if (!st)
        return false;
    ex->sink = (struct sink){
        .out = &ex->out,
        .media = ex->format == FORMAT_CSV ? MEDIA_CSV : MEDIA_NDJSON,
        .shape = &ex->plan.shape,
    };
    sink_begin(&ex->sink);
    while (ok && (step = statement_step(st, e)) == STEP_ROW) {
        ok = write_row(ex, st, e);
        progress_at(&ex->bar, (int64_t)ex->sink.rows);
    }
    statement_release(st);
    if (!ok || step != STEP_DONE)
        return false;
    end_rows(ex);
    return write_out(ex, e);
}

static bool count_rows(struct export *ex, const struct plan_source *source,
                       const struct plan_options *options, int64_t *total, struct error *e)
{
    struct plan plan;
    struct statement *st;
    bool ok;

    if (!plan_count(&ex->arena, source, &ex->tree, options, &plan, e))
        return false;
    st = open_statement(ex, &plan, e);
    ok = st && statement_step(st, e) == STEP_ROW;
    if (ok)
        *total = statement_integer(st, 0);
    statement_release(st);
    return ok;
}

/* Counting costs a pass over the table: only for someone who looks. */
static bool begin_bar(struct export *ex, const struct plan_source *source,
                      const struct plan_options *options, struct error *e)
{
    int64_t total = 0, limit = ex->tree.root.limit;

    if (isatty(STDERR_FILENO) != 1 || isatty(ex->fd) == 1)
        return true;
    if (!count_rows(ex, source, options, &total, e))
        return false;
    if (limit >= 0 && total > limit)
        total = limit;
    progress_begin(&ex->bar, source->table->name.data, total, PROGRESS_ROWS);
    return true;
}

/* One read transaction for all of it: one instant of the database. */
static bool open_table(struct export *ex, const char *name, struct plan_source *source,
                       struct error *e)
{
    ex->db = database_open_reading(ex->config, e);
    if (!ex->db)
        return false;
    if (!db_run(ex->db, (struct slice)SLICE_LITERAL("BEGIN"), e))
        return false;
    ex->catalog = catalog_load(ex->db, NULL, e);
    if (!ex->catalog)
        return false;
    source->table = file_table(ex->config, ex->catalog, name, e);
    return source->table != NULL;
}

static bool parse_query(struct export *ex, struct error *e)
{
    struct parameter *parameters;

    if (!grammar_split(&ex->arena, slice_from(ex->query), &parameters, e))
        return false;
    return grammar_parse(&ex->arena, parameters, &ex->config->grammar, &ex->tree, e);
}

static bool open_output(struct export *ex, struct error *e)
{
    if (file_is_stdio(ex->path))
        return true;
    if (!atomic_file_open(&ex->part, ex->path, true, e))
        return false;
    ex->fd = ex->part.fd;
    return true;
}

static bool export_table(struct export *ex, const char *name, struct error *e)
{
    const struct plan_options options = {.aggregates = ex->config->aggregates,
                                         .one_line = ex->format == FORMAT_NDJSON};
    struct plan_source source = {NULL, NULL};

    if (!open_table(ex, name, &source, e))
        return false;
    if (!parse_query(ex, e))
        return false;
    if (!plan_select(&ex->arena, &source, &ex->tree, &options, &ex->plan, e))
        return false;
    if (!open_output(ex, e))
        return false;
    if (!begin_bar(ex, &source, &options, e))
        return false;
    if (!write_rows(ex, e))
        return false;
    if (ex->part.fd < 0)
        return true;
    return atomic_file_commit(&ex->part, e);
}

static int say_exported(const struct export *ex, int64_t begun_us)
{
    const char *rows = " rows";
    struct buf out;

    if (file_is_stdio(ex->path))
        return EXIT_DONE;
    if (ex->sink.rows == 1)
        rows = " row";
    buf_init(&out, 16384);
    file_add_rows(&out, (int64_t)ex->sink.rows, rows);
    buf_addf(&out, " exported to %s", ex->path);
    file_add_time(&out, begun_us);
    return command_print(&out);
}

static int say_not_exported(const struct error *cause)
{
    struct error e = error_none();

    error_set(&e, cause->code, "%s%s%s", cause->message, cause->hint[0] ? ": " : "", cause->hint);
    return command_fail(&e);
}

static void take_words(struct export *ex, int n_words, char **words)
{
    ex->path = "-";
    ex->query = "";
    if (n_words > 1)
        ex->path = words[1];
    if (n_words > 2)
        ex->query = words[2];
    ex->format = file_format_of(ex->config, ex->path);
    if (ex->format != FORMAT_CSV)
        ex->format = FORMAT_NDJSON;
}

int command_export(const struct config *config, int n_words, char **words)
{
    struct export ex = {.config = config, .fd = STDOUT_FILENO, .part.fd = -1};
    struct error e = error_none();
    int64_t begun_us = clock_us();
    bool ok;

    if (n_words < 1) {
        error_set(&e, ERROR_USAGE, "export needs a table: thimble export TABLE [FILE [QUERY]]");
        return command_fail(&e);
    }
    take_words(&ex, n_words, words);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file-size limit is a full disk, not an end */
    arena_init(&ex.arena, ARENA_MAX);
    buf_init(&ex.out, (size_t)config->max_answer + CHUNK);
    ok = export_table(&ex, words[0], &e);
    progress_end(&ex.bar);
    atomic_file_discard(&ex.part);
    catalog_drop(ex.catalog);
    db_close(ex.db);
    arena_finish(&ex.arena);
    buf_finish(&ex.out);
    if (!ok)
        return say_not_exported(&e);
    return say_exported(&ex, begun_us);
}
