/* SPDX-License-Identifier: MIT */
#include "serve/accounts.h"

#include <string.h>

#include "access/key/key_watch.h"
#include "access/account/password_worker.h"
#include "access/key/token_keys.h"
#include "base/random.h"
#include "base/text.h"
#include "config/config.h"
#include "store/access/access.h"
#include "store/db/db.h"
#include "store/db/statement.h"
#include "store/store.h"

/* Symbols of 5 bits. */
#define MADE_LENGTH 64

bool accounts_are_on(const struct config *config)
{
    return strcmp(config->accounts, "off") != 0;
}

static void keep_secret(struct served_accounts *a, struct slice secret)
{
    secret = slice_first(secret, SERVED_SECRET_MAX);
    memcpy(a->secret, secret.data, secret.len);
    a->secret[secret.len] = '\0';
}

/* Made once, kept, and the same for all processes that serve the database. */
static bool read_secret(struct served_accounts *a, struct db *db, struct error *e)
{
    static const struct slice sql =
        SLICE_LITERAL("INSERT INTO thimble_secrets(name,value)VALUES('accounts',?1)"
                      "ON CONFLICT(name)DO UPDATE SET name=name RETURNING value");
    char made[MADE_LENGTH + 1];
    struct statement *st;
    enum step step = STEP_FAILED;

    if (!random_text(made, MADE_LENGTH, e))
        return false;
    const struct value value = value_text(slice_from(made));
    const struct query query = {.sql = sql, .values = &value, .n_values = 1};

    st = statement_begin(db, &query, e);
    if (st)
        step = statement_step(st, e);
    if (step == STEP_ROW) {
        keep_secret(a, statement_bytes(st, 0));
        step = statement_step(st, e);
    }
    statement_release(st);
    return step == STEP_DONE;
}

/* A secret that is given signs, so that others may verify; not a set of keys, or what is no text. */
static bool signs(const struct config *config)
{
    struct slice given = text_trim(slice_from(config->jwt_secret));

    if (given.len < TOKEN_SECRET_MIN || given.len > SERVED_SECRET_MAX)
        return false;
    return !config->jwt_secret_is_base64 && given.data[0] != '{';
}

static bool check_settings(const struct config *config, bool read_only, struct error *e)
{
    if (read_only)
        return error_set(e, ERROR_USAGE,
                         "--accounts %s needs a database that can be written: sessions are in it",
                         config->accounts);
    if (strcmp(config->jwt_role_claim, ".role") != 0)
        return error_set(e, ERROR_USAGE,
                         "--accounts %s: the role of our tokens is their claim \"role\", and "
                         "--jwt-role-claim is %s",
                         config->accounts, config->jwt_role_claim);
    return true;
}

bool accounts_prepare(struct served_accounts *a, const struct config *config, struct db *db,
                      bool read_only, struct error *e)
{
    if (!accounts_are_on(config))
        return true;
    if (!check_settings(config, read_only, e))
        return false;
    if (!db_begin_immediate(db, e) || !db_exec(db, ACCOUNT_TABLES, e))
        return false;
    a->is_given = config->jwt_secret && signs(config);
    if (a->is_given)
        keep_secret(a, slice_from(config->jwt_secret));
    else if (!read_secret(a, db, e))
        return false;
    return db_commit(db, e);
}

bool accounts_know(const struct config *config, const struct access *access, struct error *e)
{
    if (!accounts_are_on(config) || access_role(access, slice_from(config->accounts_role)) >= 0)
        return true;
    return error_set(e, ERROR_USAGE, "--accounts-role: the access files create no role \"%s\"",
                     config->accounts_role);
}

static bool check_role(const struct config *config, const struct store *store, struct error *e)
{
    const struct access *access = atomic_load(&store->access);

    if (access)
        return accounts_know(config, access, e);
    return error_set(e, ERROR_USAGE,
                     "--accounts %s needs access files, which say what accounts may do: --access",
                     config->accounts);
}

bool accounts_start(struct served_accounts *a, const struct config *config,
                    const struct store *store, struct key_watch *keys, const _Atomic bool *stopping,
                    struct error *e)
{
    static const struct slice kid = SLICE_LITERAL(ACCOUNT_KEY_ID);
    const char *audience = "authenticated";

    if (!accounts_are_on(config))
        return true;
    if (!check_role(config, store, e))
        return false;
    if (!a->is_given && !key_watch_own(keys, slice_from(a->secret), kid, e))
        return false;
    if (config->jwt_aud[0])
        audience = config->jwt_aud;
    a->accounts = (struct accounts){
        .open = strcmp(config->accounts, "open") == 0,
        .role = slice_from(config->accounts_role),
        .secret = slice_from(a->secret),
        .audience = slice_from(audience),
        .issuer = slice_from(config->jwt_iss),
        .access_s = config->access_token_lifetime_ms / 1000,
        .session_s = config->session_lifetime_ms / 1000,
        .worker = password_worker_start((size_t)config->password_queue, stopping, e),
    };
    return a->accounts.worker != NULL;
}

void accounts_stop(struct served_accounts *a)
{
    password_worker_stop(a->accounts.worker);
    a->accounts.worker = NULL;
}
