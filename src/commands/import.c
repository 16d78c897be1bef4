/*
 * import TABLE FILE: a file of CSV or NDJSON into a table.
 *
 * SPDX-License-Identifier: MIT
 */
#include "commands/import.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "commands/command_output.h"
#include "commands/command_run.h"
#include "sources/database.h"

/* Bytes of one INSERT's text and what it is made from. */
#define PLAN_MAX ((size_t)4 << 20)

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

static bool open_input(struct import *im, struct error *e)
{
    enum records_kind kind = RECORDS_LINES;
    int64_t size = 0;
    struct stat st;

    im->fd = STDIN_FILENO;
    if (!file_is_stdio(im->path))
        im->fd = open(im->path, O_RDONLY | O_CLOEXEC);
    if (im->fd < 0 || fstat(im->fd, &st) != 0)
        return error_set(e, ERROR_FAILURE, "cannot read %s: %s", im->name, strerror(errno));
    if (S_ISDIR(st.st_mode))
        return error_set(e, ERROR_FAILURE, "cannot read %s: it is a folder", im->name);
    if (im->format == FORMAT_CSV)
        kind = RECORDS_CSV;
    if (S_ISREG(st.st_mode))
        size = st.st_size;
    records_init(&im->records, im->fd, kind, (size_t)im->config->max_body);
    progress_begin(&im->bar, im->name, size, PROGRESS_BYTES);
    return true;
}

static bool find_table(struct import *im, const char *name, struct error *e)
{
    im->db = database_open(im->config, false, e);
    if (!im->db)
        return false;
    im->catalog = catalog_load(im->db, NULL, e);
    if (!im->catalog)
        return false;
    im->table = file_table(im->config, im->catalog, name, e);
    return im->table != NULL;
}

static bool open_table(struct import *im, const char *name, struct error *e)
{
    int64_t per_commit = im->config->batch_max;

    if (!find_table(im, name, e))
        return false;
    if (!im->table->insertable)
        return error_set(e, ERROR_FAILURE, "%s is a view that takes no rows", name);
    if (import_conflict(im->config) == CONFLICT_MERGED && im->table->n_key == 0)
        return error_set(e, ERROR_FAILURE,
                         "--on-conflict merge needs a primary key, and %s has none", name);
    if (im->config->atomic)
        per_commit = 0;
    loader_init(&im->loader, im->db, im->table, per_commit);
    return row_in_init(&im->row, im->table, (size_t)im->config->max_body, im->config->max_depth, e);
}

/* "12,345 rows imported, 3 rejected (see FILE), 1.2 s" */
static int say_imported(const struct import *im)
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
static int say_not_imported(const struct import *im, const struct error *cause)
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
    error_set(&e, cause->code, "%.80s%s%s%.*s%s", name, line, text_if(im->stopped, ": "), (int)room,
              reason, kept);
    return command_fail(&e);
}

static void finish_import(struct import *im)
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

static bool import_file(struct import *im, const char *table, struct error *e)
{
    if (!open_input(im, e))
        return false;
    if (!open_table(im, table, e))
        return false;
    if (!rejects_open(&im->rejects, im->config->rejects, im->fd, (size_t)im->config->max_body, e))
        return false;
    if (im->format == FORMAT_CSV && !import_header(im, e))
        return false;
    return import_rows(im, e);
}

static void take_words(struct import *im, int n_words, char **words)
{
    im->path = "";
    if (n_words > 1)
        im->path = words[1];
    im->name = im->path;
    if (file_is_stdio(im->path))
        im->name = "stdin";
    im->format = file_format_of(im->config, im->path);
}

int command_import(const struct config *config, int n_words, char **words)
{
    struct import im = {.config = config, .fd = -1, .begun_us = clock_us()};
    struct error e = error_none();
    int code;

    take_words(&im, n_words, words);
    if (!check_words(&im, n_words, &e))
        return command_fail(&e);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file-size limit is a full disk, not an end */
    arena_init(&im.arena, PLAN_MAX);
    if (import_file(&im, words[0], &e)) {
        progress_end(&im.bar);
        code = say_imported(&im);
    } else {
        if (im.loader.db)
            loader_abandon(&im.loader);
        progress_end(&im.bar);
        code = say_not_imported(&im, &e);
    }
    finish_import(&im);
    return code;
}
