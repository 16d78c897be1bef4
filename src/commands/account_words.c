/* SPDX-License-Identifier: MIT */
#include "commands/account_words.h"

#include <string.h>

#include "base/text.h"
#include "commands/command_output.h"
#include "sources/access.h"
#include "sources/database.h"
#include "store/access/access.h"
#include "store/db/db.h"
#include "store/db/statement.h"

#define PAGE_MAX ((size_t)8 << 20)

/* Of a key or a user, with its name and its role. */
#define CLAIMS_MAX 2048

static const struct words_verb *find_verb(const struct words_verb *verbs, const char *name)
{
    for (; verbs->name; verbs++) {
        if (strcmp(verbs->name, name) == 0)
            return verbs;
    }
    return NULL;
}

static bool unknown_verb(const struct words_verb *verbs, const char *command, struct error *e)
{
    char names[128];
    struct buf list = {.data = names, .cap = sizeof names - 1, .max = sizeof names - 1};

    for (; verbs->name; verbs++)
        buf_addf(&list, "%s%s", text_if(list.len > 0, verbs[1].name ? ", " : " or "), verbs->name);
    names[list.len] = '\0';
    return error_set(e, ERROR_USAGE, "%s takes %s; see thimble help %s", command, names, command);
}

static bool run_verb(const struct words_verb *verbs, const char *command,
                     const struct config *config, int n_words, char **words, struct buf *out,
                     struct error *e)
{
    const struct words_verb *verb = NULL;
    const char *word = NULL;

    if (n_words > 0)
        verb = find_verb(verbs, words[0]);
    if (!verb)
        return unknown_verb(verbs, command, e);
    if (n_words > 1)
        word = words[1];
    if (word && !verb->takes_word)
        return error_set(e, ERROR_USAGE, "%s %s does not take \"%s\"", command, verb->name, word);
    return verb->run(config, word, out, e);
}

int words_run(const struct words_verb *verbs, const char *command, const struct config *config,
              int n_words, char **words)
{
    struct error e = error_none();
    struct buf out;
    bool ok;
    int code;

    buf_init(&out, PAGE_MAX);
    ok = run_verb(verbs, command, config, n_words, words, &out, &e);
    code = command_print(&out);
    if (ok)
        return code;
    return command_fail(&e);
}

bool words_are_plain(const char *text)
{
    for (const char *c = text; *c; c++) {
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            return false;
    }
    return text_utf8_valid(slice_from(text));
}

/* 1: an object without a role; 0: another value, or one with a role. */
static const struct slice look_at_claims =
    SLICE_LITERAL("SELECT json_type(?1)='object' AND json_type(?1,'$.role') IS NULL");

bool words_check_claims(struct db *db, const char *claims, struct error *e)
{
    const struct value text = value_text(slice_from(claims));
    const struct query query = {.sql = look_at_claims, .values = &text, .n_values = 1};
    struct error cause = error_none();
    int64_t fits = 0;

    if (text.as.bytes.len > CLAIMS_MAX)
        return error_set(e, ERROR_USAGE, "--claims: at most %d bytes", CLAIMS_MAX);
    if (!words_integer(db, &query, &fits, &cause) || !fits)
        return error_set(e, ERROR_USAGE,
                         "--claims: a JSON object, as {\"org\": 7}, without \"role\", which --role "
                         "says");
    return true;
}

bool words_check_role(const struct config *config, struct error *e)
{
    struct access *access = NULL;
    bool is_known;

    if (!config->role[0])
        return true;
    if (!access_files_load(config->access, &access, e))
        return false;
    is_known = !access || access_role(access, slice_from(config->role)) >= 0;
    access_drop(access);
    if (is_known)
        return true;
    return error_set(e, ERROR_USAGE, "--role: the access files create no role \"%s\"",
                     config->role);
}

bool words_integer(struct db *db, const struct query *query, int64_t *out, struct error *e)
{
    struct statement *st = statement_begin(db, query, e);
    enum step step = STEP_FAILED;

    if (st)
        step = statement_step(st, e);
    if (step == STEP_ROW) {
        *out = statement_integer(st, 0);
        step = statement_step(st, e);
        statement_release(st);
        return step == STEP_DONE;
    }
    statement_release(st);
    if (step == STEP_DONE)
        error_set(e, ERROR_NO_ROW, "there is no such row");
    return false;
}

static void add_cell(struct buf *out, struct slice text, int width)
{
    buf_add_slice(out, text);
    for (size_t i = text.len; i + 1 < (size_t)width; i++)
        buf_add_char(out, ' ');
    buf_add_char(out, width ? ' ' : '\n');
}

struct table_out {
    const struct words_column *columns;
    size_t n;
    struct buf *out;
};

static enum row_verdict add_row(void *context, const struct row *row, struct error *e)
{
    struct table_out *t = context;
    (void)e;

    for (size_t i = 0; i < t->n; i++)
        add_cell(t->out, row_bytes(row, i), t->columns[i].width);
    return ROW_MORE;
}

static bool add_rows(struct db *db, struct slice sql, const struct words_column *columns, size_t n,
                     struct buf *out, struct error *e)
{
    struct table_out table = {.columns = columns, .n = n, .out = out};
    struct error cause = error_none();
    const struct query query = {.sql = sql};
    struct statement *st = statement_begin(db, &query, &cause);
    bool ok;

    for (size_t i = 0; i < n; i++)
        add_cell(out, slice_from(columns[i].title), columns[i].width);
    ok = st && statement_rows(st, add_row, &table, &cause) != READING_FAILED;
    statement_release(st);
    if (ok || cause.code == ERROR_BROKEN_TABLE)
        return true;
    *e = cause;
    return false;
}

bool words_table(const struct config *config, struct slice sql, const struct words_column *columns,
                 size_t n, struct buf *out, struct error *e)
{
    struct db *db = database_open_reading(config, e);
    bool ok = db && add_rows(db, sql, columns, n, out, e);

    db_close(db);
    return ok;
}
