/*
 * From a URL to SQL: whatever a client asks for, there is no crash, SQLite prepares what comes
 * out, and nothing of the request is in its text. An input is "table?query string". Built with
 * libFuzzer (make fuzz).
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "query/grammar.h"
#include "query/json_out.h"
#include "query/plan.h"
#include "store/catalog/catalog.h"
#include "store/catalog/lexer.h"
#include "store/db/db.h"
#include "store/db/statement.h"

/* Rows and microseconds that one SELECT may take: the values are run, too. */
#define ROWS_MAX 20
#define RUN_US   20000

static struct db *db;
static struct catalog *catalog;

/* Where the schema is: the fuzzer is run from the top of the tree. */
static const char *const files[] = {"tests/schema/0001_library.sql", "tests/schema/0002_rows.sql",
                                    "tests/schema/0003_relations.sql"};

static void die(const char *what, const char *detail, struct slice sql)
{
    fprintf(stderr, "%s: %s\n%.*s\n", what, detail, SLICE_ARG(sql));
    abort();
}

static void run_file(const char *path)
{
    static char text[1 << 20];
    struct error e = error_none();
    FILE *file = fopen(path, "r");
    size_t n = file ? fread(text, 1, sizeof text - 1, file) : 0;

    if (file)
        fclose(file);
    text[n] = '\0';
    if (n == 0 || !db_exec(db, text, &e))
        die(path, e.message, slice_from(""));
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    struct db_options options = db_options_default();
    struct error e = error_none();
    (void)argc, (void)argv;

    options.write_row = json_out_cells;
    db = db_open(":memory:", DB_WRITE, &options, &e);
    if (!db)
        die("open", e.message, slice_from(""));
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        run_file(files[i]);
    catalog = catalog_load(db, NULL, &e);
    if (!catalog)
        die("catalogue", e.message, slice_from(""));
    return 0;
}

static bool is_keyword(struct slice word)
{
    static const char words[] =
        " AND AS ASC BINARY BY CASE CAST COLLATE CONFLICT COUNT DEFAULT DELETE DESC DO ELSE END "
        "EXISTS "
        "FALSE FIRST FROM GROUP IN INSERT INTEGER INTO IS JOIN LAST LEFT LIMIT MATCH NOT "
        "NOTHING NULL NULLS NUMERIC OFFSET ON OR ORDER REAL RETURNING SELECT SET TEXT THEN TRUE "
        "UPDATE VALUES WHEN WHERE avg coalesce count date datetime excluded json json_patch "
        "json_type "
        "json_valid jsonb jsonb_patch lower ltrim max min regexp regexpi round rowid substr sum "
        "thimble_ilike thimble_json thimble_like thimble_row thimble_rows time x ";
    char padded[40];

    if (word.len > 36)
        return false;
    snprintf(padded, sizeof padded, " %.*s ", SLICE_ARG(word));
    return strstr(words, padded) || (strcmp(padded, " count ") == 0);
}

/* Aliases of ours, places and small numbers: t12, c0, j3, 10. */
static bool is_ours(struct slice word)
{
    size_t i = strchr("tcj", word.data[0]) != NULL;

    if (word.len == i || word.len > 4)
        return false;
    for (; i < word.len; i++) {
        if (word.data[i] < '0' || word.data[i] > '9')
            return false;
    }
    return true;
}

static bool is_literal(struct slice text)
{
    static const char *const literals[] = {"object", "{}",  "true", "false", "null",   "text",
                                           "no",     "now", "off",  "on",    "subsec", "yes",
                                           "0",      "1",   "\\",   ""};

    for (size_t i = 0; i < sizeof literals / sizeof *literals; i++) {
        if (slice_is(text, literals[i]))
            return true;
    }
    return false;
}

/* Default values are the schema's text, not the request's: they are taken out before. */
static bool is_name(struct slice quoted)
{
    for (size_t t = 0; t < catalog->n_tables; t++) {
        const struct table *table = &catalog->tables[t];

        if (slice_is(quoted, table->quoted))
            return true;
        for (size_t c = 0; c < table->n_columns; c++) {
            if (slice_is(quoted, table->columns[c].quoted))
                return true;
        }
    }
    return false;
}

static void check_text(struct slice sql)
{
    struct lexer x = {.sql = sql};

    for (struct token t = lexer_next(&x); t.kind != TOKEN_END; t = lexer_next(&x)) {
        struct slice whole = slice_make(sql.data + t.start, t.end - t.start);
        bool ok = false;

        if (t.kind == TOKEN_WORD)
            ok = is_keyword(t.text) || is_ours(t.text);
        else if (t.kind == TOKEN_OTHER)
            ok = strchr("()=<>,.?-#*", t.text.data[0]) != NULL;
        else
            ok =
                whole.data[0] == '"' ? is_name(whole) : whole.data[0] == '\'' && is_literal(t.text);
        if (!ok)
            die("not ours in the SQL", "", whole);
    }
}

static void run(const struct plan *plan, struct statement *st)
{
    struct error e = error_none();
    struct buf out;

    buf_init(&out, 1 << 20);
    db_deadline(db, clock_us() + RUN_US);
    if (statement_bind(st, plan->values, plan->n_values, &e)) {
        for (int i = 0; i < ROWS_MAX && statement_step(st, &e) == STEP_ROW; i++) {
            buf_clear(&out);
            json_out_row(&out, statement_row(st), &plan->shape);
            if (!out.failed && !json_valid(buf_slice(&out), 1000))
                die("not JSON", "", buf_slice(&out));
        }
    }
    db_deadline(db, 0);
    buf_finish(&out);
    if (e.code == ERROR_INTERNAL)
        die("run", e.message, plan->sql);
}

static void check(bool made, const struct plan *plan, bool reads, struct error *e)
{
    struct statement *st;

    if (made == error_is_set(e))
        die("plan", made ? "made, with an error" : "failed, without an error", slice_from(""));
    if (made) {
        check_text(plan->sql);
        st = statement_get(db, plan->sql, e);
        if (!st)
            die("SQLite refuses", e->message, plan->sql);
        if (reads && plan->n_leading == 0 && plan->n_trailing == 0)
            run(plan, st);
        statement_release(st);
    }
    error_clear(e);
}

static void check_writes(struct arena *arena, const struct table *table,
                         const struct query_tree *tree, struct error *e)
{
    const struct assignment set = {.column = 0};
    const struct insert insert = {
        .set = &set, .n_set = 1, .conflict = table->n_key ? CONFLICT_MERGED : CONFLICT_FAILS};
    struct plan plan;

    if (table->kind != TABLE_TABLE || table->columns[0].kind == KIND_JSONB)
        return;
    check(plan_update(arena, table, &set, 1, tree, RETURNING_IDENTITY, &plan, e), &plan, false, e);
    check(plan_delete(arena, table, tree, RETURNING_NOTHING, &plan, e), &plan, false, e);
    if (!plan_needs_select(table, tree))
        check(plan_insert(arena, table, &insert, tree, RETURNING_SELECT, &plan, e), &plan, false,
              e);
}

static void check_tree(struct arena *arena, const struct table *table,
                       const struct query_tree *tree, struct error *e)
{
    const struct plan_source source = {table, NULL};
    const struct plan_options options = {.max_rows = 100, .aggregates = true};
    const struct plan_written written = {.table = table, .tree = tree, .with_key = true};
    struct plan plan;

    check(plan_select(arena, &source, tree, &options, &plan, e), &plan, true, e);
    check(plan_count(arena, &source, tree, &options, &plan, e), &plan, false, e);
    if (table->rowid)
        check(plan_select_written(arena, &written, &options, &plan, e), &plan, false, e);
    check_writes(arena, table, tree, e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *mark = memchr(data, '?', size);
    const struct table *table;
    struct parameter *parameters;
    struct query_tree tree;
    struct error e = error_none();
    struct arena arena;
    char *copy;

    if (!mark || size > 8192)
        return 0;
    copy = malloc(size);
    memcpy(copy, data, size);
    table = catalog_table(catalog, slice_make(copy, (size_t)(mark - data)));
    arena_init(&arena, 16 << 20);
    if (table) {
        struct slice query = slice_make(copy + (mark - data) + 1, size - (size_t)(mark - data) - 1);
        bool ok = grammar_split(&arena, query, &parameters, &e) &&
                  grammar_parse(&arena, parameters, NULL, &tree, &e);

        if (ok == error_is_set(&e))
            die("grammar", ok ? "parsed, with an error" : "failed, without an error", query);
        if (ok)
            check_tree(&arena, table, &tree, &e);
    }
    arena_finish(&arena);
    free(copy);
    return 0;
}
