/* SPDX-License-Identifier: MIT */
#include "commands/import.h"

#include <string.h>

#include "base/text.h"
#include "store/catalog/diagnose.h"

enum conflict import_conflict(const struct config *config)
{
    if (strcmp(config->on_conflict, "ignore") == 0)
        return CONFLICT_IGNORED;
    if (strcmp(config->on_conflict, "merge") == 0)
        return CONFLICT_MERGED;
    return CONFLICT_FAILS;
}

bool import_header(struct import *im, struct error *e)
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
static bool plan_row(struct import *im, struct error *e)
{
    static const struct query_tree tree = {.root.limit = -1};
    const struct insert insert = {
        .set = im->row.set,
        .n_set = im->row.n_set,
        .conflict = import_conflict(im->config),
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

static enum loaded load_row(struct import *im, enum record record, struct slice text,
                            struct error *e)
{
    enum loaded loaded;

    if (record == RECORD_TOO_LONG) {
        error_set(e, ERROR_TOO_LARGE, "the row is longer than --max-body, %lld bytes%s",
                  (long long)im->config->max_body,
                  text_if(im->format == FORMAT_CSV, "; or a quote is not closed"));
        return LOADED_REFUSED;
    }
    if (!(im->format == FORMAT_CSV ? row_in_csv : row_in_json)(&im->row, text, e))
        return e->code == ERROR_MEMORY ? LOADED_FAILED : LOADED_REFUSED;
    if (im->row.reshaped && !plan_row(im, e))
        return LOADED_FAILED;
    loaded = loader_row(&im->loader, im->insert, im->row.values, im->row.n_set, e);
    if (loaded == LOADED_REFUSED && e->code == ERROR_FOREIGN_KEY)
        explain_foreign_key(im, e);
    return loaded;
}

/* False: the import stops here, `e` says why. */
static bool refuse_row(struct import *im, const struct error *cause, enum record record,
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
static bool commit_rows(struct import *im, struct error *e)
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

bool import_rows(struct import *im, struct error *e)
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
        loaded = load_row(im, record, text, &cause);
        if (loaded == LOADED_FAILED) {
            *e = cause;
            im->stopped = true;
            return false;
        }
        if (loaded == LOADED_REFUSED && !refuse_row(im, &cause, record, text, e))
            return false;
        if (loader_is_full(&im->loader) && !commit_rows(im, e))
            return false;
        progress_at(&im->bar, im->records.used);
    }
    return commit_rows(im, e);
}
