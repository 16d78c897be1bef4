/*
 * user add, list, password, disable, enable, delete: accounts, by whoever runs the service, whether it is served
 * meanwhile or not.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>
#include <string.h>

#include "access/account/account.h"
#include "base/clock.h"
#include "base/random.h"
#include "commands/account_words.h"
#include "commands/command_output.h"
#include "commands/command_run.h"
#include "sources/database.h"
#include "store/db/statement.h"

/* A password that is made has so many symbols of 5 bits. */
#define MADE_LENGTH 20

struct user_change {
    const struct config *config;
    char email[ACCOUNT_EMAIL_MAX + 1];
    char made[MADE_LENGTH + 1]; /* a password, or "" */
    char phc[PASSWORD_PHC_SIZE];
    char now[CLOCK_WALL_SIZE];
};

static bool take_email(struct user_change *c, const char *word, const char *verb, struct error *e)
{
    if (!word)
        return error_set(e, ERROR_USAGE, "user %s needs an address: thimble user %s EMAIL", verb,
                         verb);
    if (account_email(slice_from(word), c->email))
        return true;
    return error_set(e, ERROR_USAGE, "\"%s\" is no email address", word);
}

static bool check_password(struct slice password, struct error *e)
{
    if (password.len >= PASSWORD_MIN && password.len <= PASSWORD_MAX)
        return true;
    return error_set(e, ERROR_USAGE, "--password: a password has %d to %d bytes", PASSWORD_MIN,
                     PASSWORD_MAX);
}

/* The one that is given, or a new one. */
static bool take_password(struct user_change *c, struct error *e)
{
    const char *password = c->config->password;

    if (!password[0]) {
        if (!random_text(c->made, MADE_LENGTH, e))
            return false;
        password = c->made;
    }
    return check_password(slice_from(password), e) &&
           password_hash(slice_from(password), c->phc, e);
}

static bool run(struct db *db, struct slice sql, const struct value *values, size_t n,
                struct error *e)
{
    const struct query query = {.sql = sql, .values = values, .n_values = n};
    struct statement *st = statement_begin(db, &query, e);
    bool ok = st && statement_run(st, e);

    statement_release(st);
    return ok;
}

static void say_made(const struct user_change *c, struct buf *out)
{
    if (!c->made[0])
        return;
    fprintf(stderr, "thimble: the password of %s, which is not shown again:\n", c->email);
    buf_addf(out, "%s\n", c->made);
}

static bool insert(struct db *db, const struct user_change *c, struct error *e)
{
    static const struct slice sql =
        SLICE_LITERAL("INSERT INTO thimble_users(id,email,password,role,app_metadata,created_at,"
                      "updated_at)VALUES(?1,?2,?3,nullif(?4,''),json(?5),?6,?6)");
    char id[ACCOUNT_ID_SIZE];

    if (!account_id(id, e))
        return false;
    const struct value values[] = {value_text(slice_from(id)),
                                   value_text(slice_from(c->email)),
                                   value_text(slice_from(c->phc)),
                                   value_text(slice_from(c->config->role)),
                                   value_text(slice_from(c->config->claims)),
                                   value_text(slice_from(c->now))};

    if (run(db, sql, values, sizeof values / sizeof *values, e))
        return true;
    if (e->code != ERROR_UNIQUE)
        return false;
    error_clear(e);
    return error_set(e, ERROR_FAILURE, "there is an account of %s already", c->email);
}

static bool add(const struct config *config, const char *word, struct buf *out, struct error *e)
{
    struct user_change c = {.config = config};
    struct db *db;
    bool ok;

    if (!take_email(&c, word, "add", e) || !words_check_role(config, e) || !take_password(&c, e))
        return false;
    clock_wall(c.now);
    db = database_open(config, false, e);
    if (!db)
        return false;
    ok = words_check_claims(db, config->claims, e) && db_begin_immediate(db, e) &&
         db_exec(db, ACCOUNT_TABLES, e) && insert(db, &c, e) && db_commit(db, e);
    db_close(db);
    if (ok)
        say_made(&c, out);
    return ok;
}

/* ---- list */

static const struct slice list_users = SLICE_LITERAL(
    "SELECT email,coalesce(role,'(default)'),id,substr(replace(created_at,'T',' '),1,16),"
    "coalesce(substr(replace(last_sign_in_at,'T',' '),1,16),'never'),"
    "iif(disabled_at IS NULL,'enabled','disabled') FROM thimble_users ORDER BY email");

static const struct words_column list_columns[] = {{"EMAIL", 32},   {"ROLE", 16},    {"ID", 37},
                                                   {"CREATED", 17}, {"LAST IN", 17}, {"STATE", 0}};

static bool list(const struct config *config, const char *word, struct buf *out, struct error *e)
{
    (void)word;

    return words_table(config, list_users, list_columns, sizeof list_columns / sizeof *list_columns,
                       out, e);
}

/* ---- changes of one account, which end its sessions */

static const struct slice set_password =
                              SLICE_LITERAL("UPDATE thimble_users SET password=?3,updated_at=?2 "
                                            "WHERE email=?1 RETURNING 1"),
                          set_disabled =
                              SLICE_LITERAL("UPDATE thimble_users SET disabled_at=?2,updated_at=?2 "
                                            "WHERE email=?1 AND ?3 IS ?3 RETURNING 1"),
                          set_enabled = SLICE_LITERAL(
                              "UPDATE thimble_users SET disabled_at=NULL,updated_at=?2 "
                              "WHERE email=?1 AND ?3 IS ?3 RETURNING 1"),
                          delete_user = SLICE_LITERAL("DELETE FROM thimble_users WHERE email=?1 "
                                                      "AND ?2 IS ?2 AND ?3 IS ?3 RETURNING 1");

static bool no_account(const struct user_change *c, struct error *e)
{
    if (e->code != ERROR_NO_ROW && e->code != ERROR_BROKEN_TABLE)
        return false;
    error_clear(e);
    return error_set(e, ERROR_FAILURE, "there is no account of %s", c->email);
}

static bool write_change(struct db *db, const struct user_change *c, struct slice sql,
                         struct error *e)
{
    static const struct slice end = SLICE_LITERAL("DELETE FROM thimble_sessions WHERE user_id="
                                                  "(SELECT id FROM thimble_users WHERE email=?1)");
    const struct value values[] = {value_text(slice_from(c->email)), value_text(slice_from(c->now)),
                                   value_text(slice_from(c->phc))};
    const struct query query = {.sql = sql, .values = values, .n_values = 3};
    int64_t one;

    if (!db_begin_immediate(db, e))
        return false;
    if (!run(db, end, values, 1, e) || !words_integer(db, &query, &one, e))
        return no_account(c, e);
    return db_commit(db, e);
}

static bool change(struct user_change *c, struct slice sql, struct error *e)
{
    struct db *db = database_open(c->config, false, e);
    bool ok;

    if (!db)
        return false;
    clock_wall(c->now);
    ok = write_change(db, c, sql, e);
    db_close(db);
    return ok;
}

static bool password(const struct config *config, const char *word, struct buf *out,
                     struct error *e)
{
    struct user_change c = {.config = config};

    if (!take_email(&c, word, "password", e) || !take_password(&c, e) ||
        !change(&c, set_password, e))
        return false;
    say_made(&c, out);
    return true;
}

static bool disable(const struct config *config, const char *word, struct buf *out, struct error *e)
{
    struct user_change c = {.config = config};
    (void)out;

    return take_email(&c, word, "disable", e) && change(&c, set_disabled, e);
}

static bool enable(const struct config *config, const char *word, struct buf *out, struct error *e)
{
    struct user_change c = {.config = config};
    (void)out;

    return take_email(&c, word, "enable", e) && change(&c, set_enabled, e);
}

/* Rows that say whose they are by the account's id stay: they are the schema's. */
static bool delete (const struct config *config, const char *word, struct buf *out, struct error *e)
{
    struct user_change c = {.config = config};
    (void)out;

    return take_email(&c, word, "delete", e) && change(&c, delete_user, e);
}

int command_user(const struct config *config, int n_words, char **words)
{
    static const struct words_verb verbs[] = {
        {"add", add, true},         {"list", list, false},    {"password", password, true},
        {"disable", disable, true}, {"enable", enable, true}, {"delete", delete, true},
        {NULL, NULL, false}};

    return words_run(verbs, "user", config, n_words, words);
}
